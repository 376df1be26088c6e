"""The parameters of the data routes: taken to the letter, as their OpenAPI has them, and named where they cannot be."""

import math
import re
from collections.abc import Callable, Collection
from typing import Annotated, Any

from fastapi import Path, Query
from pydantic import AfterValidator, BeforeValidator, WithJsonSchema

from dset.browsing.pairs import KINDS
from dset.browsing.query import FARTHEST, MOST, SORTS

_WHOLE = re.compile(r"-?[0-9]{1,18}")
_DECIMAL = re.compile(r"-?[0-9]{1,40}(\.[0-9]{1,40})?([eE][-+]?[0-9]{1,3})?")
# Characters. With twelve bytes for each, as an address has it, all of them together are less than the 64 KB of a
# request's head that are read (h11); no label, model or id is kept longer.
_LONG, _SHORT = 4_000, 200
_EXACT = 1 << 53  # up to which a number in JSON keeps its digits
_KEY = {"pattern": "^[0-9a-f]{12}$"}  # another one is no fault: it is the key of no dataset


def _whole(value: str) -> str:
    if not _WHOLE.fullmatch(value):
        raise ValueError("must be a whole number")
    return value


def _decimal(value: str) -> float:
    if not _DECIMAL.fullmatch(value) or not math.isfinite(number := float(value)):
        raise ValueError("must be a number")
    return number


def _truth(value: str) -> bool:
    if value not in _TRUTHS:
        raise ValueError("must be true or false")
    return value in {"true", "1"}


def _one_of(words: Collection[str]) -> Callable[[str], str]:
    def checked(value: str) -> str:
        if value not in words:
            raise ValueError(f"must be one of {', '.join(words)}")
        return value

    return checked


def _described(**schema: Any) -> Any:
    """Where it may be left out pydantic would say that it may be null, which nothing in an address is."""
    return WithJsonSchema(schema)


def _from_to(least: int, most: int) -> Any:
    return _described(type="integer", minimum=least, maximum=most)


_TRUTHS = ("true", "false", "1", "0")
_ORDERS, _ONLY = ("asc", "desc"), ("both", *KINDS)

Key = Annotated[str, Path(description="a dataset, as /api/datasets has it", json_schema_extra=_KEY)]
KeyAsked = Annotated[str, Query(description="a dataset, as /api/datasets has it", json_schema_extra=_KEY)]
Number = Annotated[
    int,
    BeforeValidator(_whole),
    _from_to(0, _EXACT),
    Path(ge=0, le=_EXACT, description="an answer's `n`", examples=[0]),
]
Text = Annotated[str, Query(max_length=_SHORT)]
Sought = Annotated[
    str, Query(max_length=_LONG, description="what stands in question, answer, thoughts or reason")
]
Length = Annotated[
    int | None,
    BeforeValidator(_whole),
    _from_to(0, _EXACT),
    Query(ge=0, le=_EXACT, description="characters of the answer"),
]
Cost = Annotated[float | None, BeforeValidator(_decimal), _described(type="number"), Query(description="USD")]
Offset = Annotated[
    int,
    BeforeValidator(_whole),
    _from_to(0, FARTHEST),
    Query(ge=0, le=FARTHEST, description="how many come before the page"),
]
Limit = Annotated[
    int,
    BeforeValidator(_whole),
    _from_to(1, MOST),
    Query(ge=1, le=MOST, description="how many are on the page"),
]
Sort = Annotated[
    str,
    AfterValidator(_one_of(SORTS)),
    _described(type="string", enum=list(SORTS)),
    Query(description="what it is sorted by"),
]
Order = Annotated[
    str | None,
    BeforeValidator(_one_of(_ORDERS)),
    _described(type="string", enum=list(_ORDERS)),
    Query(description="unless it is said the newest first, all else from the least on"),
]
Only = Annotated[
    str | None,
    BeforeValidator(_one_of(_ONLY)),
    _described(type="string", enum=list(_ONLY)),
    Query(description="which pairs; all unless it is said"),
]
Again = Annotated[
    bool,
    BeforeValidator(_truth),
    _described(type="string", enum=list(_TRUTHS)),
    Query(description="count anew, though that was a moment ago"),
]
