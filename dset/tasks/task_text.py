"""The text of a tasks.json with one task put in or taken out: every other character stays as it is."""

import json
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from dset.errors import UsageError
from dset.tasks import documents

_SPACES = " \t\r\n"
_LINE_END = re.compile(r"\r\n|\n|\r")
_INDENTED = re.compile(r"[\r\n]([ \t]+)\S")
_NO_SHELF = "must be an object of tasks by name, or a list of them"
_DECODER = json.JSONDecoder()


class _Part(NamedTuple):
    """A member of an object or an item of a list, by where it stands in the text."""

    key: str  # '' in a list
    start: int  # of the key, or of the item
    colon: str  # from the key to the value, blanks included; '' in a list
    value: int
    end: int


class _Shelf(NamedTuple):
    """The object or the list that holds the tasks."""

    is_list: bool
    opens: int  # where its brackets stand
    closes: int
    parts: list[_Part]


class _Style(NamedTuple):
    """How a value is laid out: over lines, or on one where `newline` is ''."""

    newline: str
    base: str  # the indentation of the line on which it stands
    unit: str
    is_tight: bool = False  # no blanks behind : and , on one line


def new(name: str, document: Mapping[str, Any]) -> str:
    """The text of a file with this one task."""
    return json.dumps({name: document}, ensure_ascii=False, indent=2) + "\n"


def with_task(text: str, name: str, document: Mapping[str, Any], stem: str) -> tuple[str, bool]:
    """The text with this task, and whether it is a new one there; of those that stand twice the last is replaced.

    `stem` is the name of a task that stands alone and has none. Raises UsageError where it cannot be put in. The text is
    one that documents.parse takes.
    """
    shelf = _shelf(text)
    if shelf is None:
        return _in_place_of_the_one(text, name, document, stem), False
    if shelf.is_list:
        document = {"name": name, **document}
    there = _named(text, shelf, name)
    if not there:
        return _added(text, shelf, name, document), True
    last = there[-1]
    return _replaced(text, last.value, last.end, document), False


def without_task(text: str, name: str, stem: str) -> tuple[str, bool]:
    """The text without any task of this name, and whether there was one. Raises UsageError as `with_task`."""
    shelf = _shelf(text)
    if shelf is None:
        start = _past(text, 0)
        _, end = _DECODER.raw_decode(text, start)
        is_it = _alone(text, stem) == name
        return (f"{text[:start]}{{}}{text[end:]}" if is_it else text), is_it
    times = len(_named(text, shelf, name))
    for _ in range(times):
        shelf = _shelf(text)
        assert shelf is not None
        text = _cut(text, shelf, _named(text, shelf, name)[-1])
    return text, times > 0


def _past(text: str, at: int) -> int:
    """The first place from `at` on that is no blank."""
    while at < len(text) and text[at] in _SPACES:
        at += 1
    return at


def _shelf(text: str) -> _Shelf | None:
    """Where the tasks stand; None for a file that is one task. Raises UsageError for what holds no tasks."""
    value, at = _DECODER.decode(text), _past(text, 0)
    if documents.is_task(value):
        return None
    if isinstance(value, dict) and "tasks" in value and not documents.is_task(value["tasks"]):
        at = next(one.value for one in reversed(_read(text, at).parts) if one.key == "tasks")
        if text[at] not in "{[":
            raise UsageError(f"tasks: {_NO_SHELF}; no task can be put there")
    elif not isinstance(value, dict | list):
        raise UsageError(f"{_NO_SHELF}; no task can be put there")
    return _read(text, at)


def _read(text: str, opens: int) -> _Shelf:
    parts, at = [], _past(text, opens + 1)
    while text[at] not in "}]":
        start, key, colon = at, "", ""
        if text[opens] == "{":
            key, after = _DECODER.raw_decode(text, at)
            at = _past(text, _past(text, after) + 1)
            colon = text[after:at]
        _, end = _DECODER.raw_decode(text, at)
        parts.append(_Part(key, start, colon, at, end))
        at = _past(text, end)
        at = _past(text, at + 1) if text[at] == "," else at
    return _Shelf(text[opens] == "[", opens, at, parts)


def _named(text: str, shelf: _Shelf, name: str) -> list[_Part]:
    if not shelf.is_list:
        return [one for one in shelf.parts if one.key == name]
    return [one for one in shelf.parts if documents.name_of(json.loads(text[one.value : one.end])) == name]


def _alone(text: str, stem: str) -> str:
    return documents.name_of(json.loads(text)) or stem


def _in_place_of_the_one(text: str, name: str, document: Mapping[str, Any], stem: str) -> str:
    known = _alone(text, stem)
    if known != name:
        raise UsageError(
            f'it is the one task {known} and no more: write {{"{known}": …}} around it, then others can stand beside it'
        )
    start = _past(text, 0)
    _, end = _DECODER.raw_decode(text, start)
    return _replaced(text, start, end, {"name": name, **document})


def _replaced(text: str, start: int, end: int, document: Mapping[str, Any]) -> str:
    return text[:start] + _written(document, _style_of(text[start:end])) + text[end:]


def _added(text: str, shelf: _Shelf, name: str, document: Mapping[str, Any]) -> str:
    key = "" if shelf.is_list else json.dumps(name, ensure_ascii=False)
    if not shelf.parts:
        newline = _line_end(text) or "\n"
        outer = _indentation(text[: shelf.opens])
        found = _INDENTED.search(text)
        unit = found[1] if found else "  "
        colon = "" if shelf.is_list else ": "
        made = key + colon + _written(document, _Style(newline, outer + unit, unit))
        return f"{text[: shelf.opens + 1]}{newline}{outer}{unit}{made}{newline}{outer}{text[shelf.closes :]}"
    last = shelf.parts[-1]
    gap = _blanks_before(text, last.start)
    base, outer = _last_line(gap), _last_line(_blanks_before(text, shelf.closes))
    unit = base.removeprefix(outer) or "  "
    is_tight = _is_tight(text[last.value : last.end]) or last.colon == ":"
    made = key + last.colon + _written(document, _Style(_line_end(gap), base, unit, is_tight))
    return f"{text[: last.end]},{gap or ('' if is_tight else ' ')}{made}{text[last.end :]}"


def _cut(text: str, shelf: _Shelf, part: _Part) -> str:
    """The text without one part and one comma; the blanks around its neighbours stay theirs."""
    at = shelf.parts.index(part)
    if at + 1 < len(shelf.parts):
        return text[: part.start] + text[shelf.parts[at + 1].start :]
    before = shelf.parts[at - 1].end if at else shelf.opens + 1
    return text[:before] + text[part.end :]


def _written(document: Mapping[str, Any], style: _Style) -> str:
    if not style.newline:
        return json.dumps(
            document, ensure_ascii=False, separators=(",", ":") if style.is_tight else (", ", ": ")
        )
    lines = json.dumps(document, ensure_ascii=False, indent=style.unit).split("\n")
    return (style.newline + style.base).join(lines)


def _style_of(old: str) -> _Style:
    """As a value is laid out that is to be replaced."""
    newline = _line_end(old)
    base, found = _last_line(_blanks_before(old, len(old) - 1)), _INDENTED.search(old)
    unit = found[1].removeprefix(base) if found else ""
    return _Style(newline, base, unit or "  ", _is_tight(old))


def _is_tight(old: str) -> bool:
    return '":' in old and '": ' not in old


def _line_end(text: str) -> str:
    found = _LINE_END.search(text)
    return found[0] if found else ""


def _blanks_before(text: str, at: int) -> str:
    return text[len(text[:at].rstrip(_SPACES)) : at]


def _last_line(blanks: str) -> str:
    """The blanks behind the last line end."""
    return _LINE_END.split(blanks)[-1] if _line_end(blanks) else ""


def _indentation(before: str) -> str:
    """The blanks with which the line begins that `before` ends in."""
    line = _LINE_END.split(before)[-1]
    return line[: len(line) - len(line.lstrip(" \t"))]
