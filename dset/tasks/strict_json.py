"""JSON without what Python's parser lets through: NaN, keys given twice, infinite numbers, half characters."""

import json
import re
from collections import Counter
from typing import Any, NoReturn

from dset.tasks import shown

_HALF_PAIR = re.compile(r"[\ud800-\udfff]|\\u[dD][89a-fA-F]")
_LARGE = re.compile(r"(?<![0-9])[0-9]{300}|[0-9][eE]\+?[0-9]{2}")  # a number that is worth a look


def load(body: str) -> Any:
    """The value of `body`. Raises ValueError for what is no JSON, RecursionError for deep nesting.

    ValueError also for a key given twice, a number that no float holds, half of a surrogate pair.
    """
    decoder = _CAREFUL if _LARGE.search(body) else _QUICK
    value = decoder.decode(body)
    if _HALF_PAIR.search(body):
        try:
            json.dumps(value, ensure_ascii=False).encode()
        except UnicodeEncodeError:
            raise ValueError("a string holds half of a surrogate pair, which is no character") from None
    return value


def _no_key_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        twice, _ = Counter(key for key, _ in pairs).most_common(1)[0]
        raise ValueError(f"the key {shown.value(twice)} stands twice in one object")
    return members


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def _finite(digits: str) -> float:
    number = float(digits)
    if number - number != 0:
        raise ValueError(f"the number {digits[:40]} is too large")
    return number


def _whole_number(digits: str) -> int:
    if len(digits) > 400:  # no float holds it, and Python itself refuses 4,300 digits
        raise ValueError(f"the number {digits[:40]}… is too large")
    return int(digits)


# A hook for every number costs as much as the rest: only where one looks large.
_QUICK = json.JSONDecoder(object_pairs_hook=_no_key_twice, parse_constant=_refuse)
_CAREFUL = json.JSONDecoder(
    object_pairs_hook=_no_key_twice, parse_constant=_refuse, parse_float=_finite, parse_int=_whole_number
)
