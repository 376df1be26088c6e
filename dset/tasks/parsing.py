"""The JSON in a model's answer. Tolerated: code fences, text around it, trailing commas; nothing else.

Which value counts where several stand in the text (never a guess):
- equal ones count once; empty ones and lists of plain values (`[1]` is a footnote) do not count beside an object;
- else the only one that has its lines (or its fence) to itself, if it is also the longest: the others are examples
  inside the prose;
- else none: the fault tells how many there are.
What begins like an object and breaks is a fault for the whole answer: no object inside it, or after it, is taken.
"""

import json
import re
from dataclasses import dataclass, field
from typing import Any

from dset.tasks import grammar, shown, strict_json
from dset.wording import counted

_BRACKET = re.compile(r"[\[\]{}]")
_LINE_BEGINS = re.compile(r"[ \t]*(?:```[ \t]*[\w+-]*[ \t]*)?\Z")
_LINE_ENDS = re.compile(r"[ \t]*(?:```[ \t]*)?(?:[\r\n]|\Z)")
_TOO_MANY_CLOSED = re.compile(r"\s*[\]}]")
_STRAYS = 100_000  # brackets of prose that are looked at
_LINE = 200  # characters before a value in which its line must begin, if it is to have it to itself


@dataclass(frozen=True, slots=True)
class Parsed:
    """The value, or why there is none."""

    value: Any
    fault: str  # '' where an object or an array was found; else one line, with its place where it has one


@dataclass(frozen=True, slots=True)
class _Found:
    """An outermost value and where it stands."""

    value: Any
    start: int
    end: int


@dataclass(slots=True)
class _Search:
    """What a walk through the text has met so far."""

    text: str
    found: list[_Found] = field(default_factory=list)
    strays: list[int] = field(default_factory=list)  # places of brackets of prose that are still open
    first: str = ""  # what is wrong with the first bracket that begins no value
    met: int = 0
    reread: int = 0  # characters that are read once more


class _BadJsonError(ValueError):
    """A fault that ends the search."""


def parse(text: str) -> Parsed:
    """The one object or array in `text`, in time linear in its length. Raises nothing."""
    try:
        return Parsed(_whole(text), "")
    except (ValueError, RecursionError):
        pass  # not JSON alone, or not without a fault: now slowly, with places
    try:
        search = _Search(text)
        _walk(search)
        return Parsed(_choose(search).value, "")
    except _BadJsonError as error:
        return Parsed(None, str(error))


def _whole(text: str) -> Any:
    """The value of a text that is JSON and nothing else, a code fence allowed. Raises ValueError, RecursionError."""
    body = text.strip("\ufeff \t\r\n")
    if body.startswith("```"):
        body = body[body.find("\n") + 1 :].removesuffix("```").strip(" \t\r\n")
    if not body.startswith(("{", "[")):
        raise ValueError("no JSON alone")
    # A text within the limit of levels by its brackets alone need not be looked at level by level.
    if body.count("{") + body.count("[") > grammar.DEPTH and grammar.scan(body, 0).fault:
        raise ValueError("deep, or broken")
    return strict_json.load(body)


def _walk(search: _Search) -> None:
    """Every outermost value of the text. Raises _BadJsonError where one begins and breaks."""
    at = 0
    while match := _BRACKET.search(search.text, at):
        at = match.start()
        at = _closed(search, at) if match[0] in "]}" else _opened(search, at)
        search.met += 1
        if search.met > _STRAYS or search.reread > len(search.text):
            raise _BadJsonError("too many brackets stand in it that are no JSON")
    for (
        place
    ) in search.strays:  # a brace that stays open holds the rest; an open [ may be a half-open interval
        if search.text[place] == "{" or _begins_line(search.text, place):
            _check_outside(search, place)
            return


def _closed(search: _Search, at: int) -> int:
    """A closing bracket in the prose: what stands between it and its opening one is no value of its own."""
    text, strays = search.text, search.strays
    if text[at] == "}":
        while strays and text[strays[-1]] == "[":
            strays.pop()
        if not strays:
            raise _BadJsonError(f"{_place(text, at)}: a closing bracket too many")
    elif not strays or text[strays[-1]] == "{":
        return at + 1
    _check_outside(search, strays.pop())
    return at + 1


def _check_outside(search: _Search, opened: int) -> None:
    """Raises _BadJsonError if a value was found behind a bracket of prose that holds it."""
    if search.found and search.found[-1].start > opened:
        raise _BadJsonError(search.first or "the JSON in it stands inside of something that is none")


def _opened(search: _Search, at: int) -> int:
    """The value that begins here is kept; what is a bracket of prose is remembered as one."""
    scan = grammar.scan(search.text, at)
    if not scan.fault:
        search.found.append(_Found(_mended(search.text[at : scan.end], at, scan.commas), at, scan.end))
        if _TOO_MANY_CLOSED.match(search.text, scan.end) and not search.strays:
            raise _BadJsonError(f"{_place(search.text, scan.end)}: a closing bracket too many")
        return scan.end
    like_an_object = search.text[at] == "{" and search.text[at + 1 : scan.end].lstrip()[:1] == '"'
    if scan.keyed or like_an_object:
        raise _BadJsonError(_named(search.text, scan))
    if not search.first or scan.early:
        search.first = _named(search.text, scan)
    search.strays.append(at)
    search.reread += scan.end - at
    return at + 1


def _mended(body: str, start: int, commas: list[int]) -> Any:
    """The value of a text that has the grammar of JSON, but for these trailing commas."""
    pieces, at = [], 0
    for comma in commas:
        pieces.append(body[at : comma - start])
        at = comma - start + 1
    try:
        return strict_json.load("".join((*pieces, body[at:])))
    except (ValueError, RecursionError) as error:
        raise _BadJsonError(str(error)) from None


def _named(text: str, scan: grammar.Scan) -> str:
    if scan.early:
        return f"it ends early: the text stops inside the JSON, after {shown.value(text[-30:].strip())}"
    came = shown.value(text[scan.end : scan.end + 20], 20)
    return f"{_place(text, scan.end)}: {scan.fault}, but {came} stands there"


def _place(text: str, at: int) -> str:
    return f"line {text.count(chr(10), 0, at) + 1}, column {at - text.rfind(chr(10), 0, at)}"


def _choose(search: _Search) -> _Found:
    """The value that is the answer. Raises _BadJsonError for none, and for several that could be."""
    if not search.found:
        begins = f"; it begins {shown.value(search.text.strip()[:40])}" if search.text.strip() else ""
        raise _BadJsonError(search.first or f"no JSON object or array stands in it{begins}")
    if len(search.found) == 1:
        return search.found[0]
    serious = [one for one in search.found if _is_serious(one.value)] or search.found
    distinct = [one for one in serious if json.dumps(one.value) != json.dumps(serious[0].value)]
    if not distinct:
        return serious[0]
    alone = [one for one in serious if _has_its_lines(search.text, one)]
    longest = max(one.end - one.start for one in serious)
    if len(alone) == 1 and alone[0].end - alone[0].start == longest:
        return alone[0]
    raise _BadJsonError(f"{counted(len(serious), 'JSON value')} stand in it, and one is wanted")


def _is_serious(value: Any) -> bool:
    """An object with fields, or a list that holds one."""
    return bool(value) and (isinstance(value, dict) or any(isinstance(one, dict | list) for one in value))


def _has_its_lines(text: str, found: _Found) -> bool:
    """Nothing but spaces and a code fence stands before and behind it on its lines."""
    return _begins_line(text, found.start) and bool(_LINE_ENDS.match(text, found.end))


def _begins_line(text: str, at: int) -> bool:
    line = text.rfind("\n", max(0, at - _LINE), at) + 1
    return (line > 0 or at <= _LINE) and bool(_LINE_BEGINS.match(text[line:at]))
