"""Texts that a pattern or a format of a schema wants."""

import importlib
import random
import re
import uuid
from collections.abc import Callable
from typing import Any

from dset.rehearsal.demands import UnfitError

_MORE = 8  # repetitions beyond the least, where a pattern sets no upper bound
_PRINTABLE = "".join(map(chr, range(33, 127)))
_CATEGORIES = {
    "CATEGORY_DIGIT": "0123456789",
    "CATEGORY_NOT_DIGIT": "abcxyz-",
    "CATEGORY_SPACE": " ",
    "CATEGORY_NOT_SPACE": "abcxyz019",
    "CATEGORY_WORD": "abcdefghijklmnopqrstuvwxyz0123456789_",
    "CATEGORY_NOT_WORD": " -.,",
}
_PROPERTIES = {  # of Unicode, which `re` has no names for
    "L": "a-zA-Zกขคงจชดตนบปมรลวสหอ",
    "Letter": "a-zA-Z",
    "Lu": "A-Z",
    "Ll": "a-z",
    "N": "0-9",
    "Nd": "0-9",
    "P": ".,!?-",
    "M": "\u0e48\u0e49",
    "Zs": " ",
    "Script=Thai": "ก-ฮ",
    "Thai": "ก-ฮ",
    "Script=Latin": "a-zA-Z",
    "Latin": "a-zA-Z",
}


class Pattern:
    """A regular expression of a schema. UnfitError where it is one that is not understood here."""

    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        try:
            own = _as_python(pattern)
            self._tree = importlib.import_module("re._parser").parse(own)
            self._compiled = re.compile(own)
        except (re.error, KeyError, OverflowError, RecursionError) as error:
            raise UnfitError(f"the pattern {pattern[:80]!r} is not understood: {error}") from None

    def matches(self, text: str) -> bool:
        return bool(self._compiled.search(text))

    def text(self, draw: random.Random, least: int = 0, most: int | None = None) -> str:
        """A text that matches, of `least` to `most` characters as far as a hundred tries find one."""
        said = ""
        for attempt in range(100):
            said = _Writer(draw, max(0, least - len(said)) + attempt % _MORE).write(self._tree)
            said = self._padded(draw, said, least)
            if len(said) >= least and (most is None or len(said) <= most) and self.matches(said):
                break
        return said

    def _padded(self, draw: random.Random, said: str, least: int) -> str:
        missing = "".join(draw.choices("abcdefghij", k=max(0, least - len(said))))
        for longer in (said + missing, missing + said):
            if self.matches(longer):
                return longer
        return said


def _as_python(pattern: str) -> str:
    """ECMA 262 in Python's words: properties, named groups, code points, absolute ends."""

    def of_property(found: re.Match[str]) -> str:
        inside = pattern.rfind("[", 0, found.start()) > pattern.rfind("]", 0, found.start())
        listed = _PROPERTIES[found[2]]
        if found[1] == "P":
            if inside:
                raise KeyError(found[0])
            return f"[^{listed}]"
        return listed if inside else f"[{listed}]"

    pattern = re.sub(r"\(\?<(?![=!])", "(?P<", pattern)
    pattern = re.sub(r"\\k<(\w+)>", r"(?P=\1)", pattern)
    pattern = re.sub(r"\\u\{([0-9a-fA-F]+)\}", lambda found: re.escape(chr(int(found[1], 16))), pattern)
    return re.sub(r"\\([pP])\{([\w=]+)\}", of_property, pattern)


class _Writer:
    """Writes one text along the tree that Python's own parser makes of a pattern."""

    def __init__(self, draw: random.Random, more: int) -> None:
        self._draw, self._more = draw, more
        self._groups: dict[int, str] = {}

    def write(self, tree: Any) -> str:
        return "".join(self._step(str(kind), value) for kind, value in tree)

    def _step(self, kind: str, value: Any) -> str:
        if kind == "LITERAL":
            return chr(value)
        if kind in ("ANY", "NOT_LITERAL", "IN"):
            return self._draw.choice(_allowed(kind, value))
        if kind.endswith("REPEAT"):
            least, most, inner = value
            times = self._draw.randint(int(least), min(int(most), int(least) + self._more))
            return "".join(self.write(inner) for _ in range(times))
        if kind == "SUBPATTERN":
            number, *_, inner = value
            self._groups[number] = self.write(inner)
            return self._groups[number]
        return self._rarer(kind, value)

    def _rarer(self, kind: str, value: Any) -> str:
        if kind == "BRANCH":
            return self.write(self._draw.choice(value[1]))
        if kind == "ATOMIC_GROUP":
            return self.write(value)
        if kind == "GROUPREF":
            return self._groups.get(value, "")
        if kind == "GROUPREF_EXISTS":
            number, yes, no = value
            return self.write(yes if number in self._groups else no or [])
        return ""  # AT, ASSERT, ASSERT_NOT: whether they hold is seen in the whole text


def _allowed(kind: str, value: Any) -> str:
    if kind == "ANY":
        return "abcdefghijklmnopqrstuvwxyz "
    if kind == "NOT_LITERAL":
        return _PRINTABLE.replace(chr(value), "")
    negated = str(value[0][0]) == "NEGATE"
    listed = "".join(_listed(str(part), of) for part, of in value[negated:])
    if negated:
        return "".join(character for character in _PRINTABLE if character not in listed) or "é"
    return listed


def _listed(part: str, of: Any) -> str:
    if part == "RANGE":
        first, last = of
        return "".join(map(chr, range(first, min(last, first + 200) + 1)))
    return _CATEGORIES[str(of)] if part == "CATEGORY" else chr(of)


def _day(draw: random.Random) -> str:
    return f"{draw.randint(1990, 2030)}-{draw.randint(1, 12):02}-{draw.randint(1, 28):02}"


def _time(draw: random.Random) -> str:
    return f"{draw.randint(0, 23):02}:{draw.randint(0, 59):02}:{draw.randint(0, 59):02}Z"


def _name(draw: random.Random) -> str:
    return "".join(draw.choices("abcdefghijklmnopqrstuvwxyz", k=draw.randint(6, 12)))


FORMATS: dict[str, Callable[[random.Random], str]] = {
    "date": _day,
    "time": _time,
    "date-time": lambda draw: f"{_day(draw)}T{_time(draw)}",
    "duration": lambda draw: f"P{draw.randint(1, 30)}DT{draw.randint(1, 23)}H",
    "email": lambda draw: f"{_name(draw)}@example.org",
    "idn-email": lambda draw: f"{_name(draw)}@example.org",
    "hostname": lambda draw: f"{_name(draw)}.example.org",
    "idn-hostname": lambda draw: f"{_name(draw)}.example.org",
    "uri": lambda draw: f"https://example.org/{_name(draw)}",
    "uri-reference": lambda draw: f"/{_name(draw)}/{_name(draw)}",
    "iri": lambda draw: f"https://example.org/{_name(draw)}",
    "iri-reference": lambda draw: f"/{_name(draw)}/{_name(draw)}",
    "uri-template": lambda draw: f"/{_name(draw)}/{{{_name(draw)}}}",
    "uuid": lambda draw: str(uuid.UUID(int=draw.getrandbits(128), version=4)),
    "ipv4": lambda draw: ".".join(str(draw.randint(1, 254)) for _ in range(4)),
    "ipv6": lambda draw: ":".join(f"{draw.randint(1, 0xFFFF):x}" for _ in range(8)),
    "json-pointer": lambda draw: f"/{_name(draw)}/{draw.randint(0, 9)}",
    "relative-json-pointer": lambda draw: f"{draw.randint(0, 3)}/{_name(draw)}",
    "regex": lambda draw: f"^{_name(draw)}[0-9]+$",
}
"""A text of each format that JSON Schema 2020-12 names, and what its checkers take."""
