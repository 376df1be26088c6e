"""Fields of a record by path: "text", "answer.why", "entities[].text"; [] steps into every item of a list."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from dset.tasks import shown

PATH = re.compile(r"[^\s.\[\]]+(?:\[\])*(?:\.[^\s.\[\]]+(?:\[\])*)*\Z")
_DEPTH = 100  # levels; deeper ones are no record of ours


def values(record: Any, path: str) -> list[tuple[str, Any]]:
    """The values at `path` with their places ("entities[2].text"); none where the record has nothing there."""
    found = [("", record)]
    for step in path.replace("[]", ".[]").split("."):
        found = [inner for place, value in found for inner in _inside(place, value, step)]
    return found


def _inside(place: str, value: Any, step: str) -> list[tuple[str, Any]]:
    if step == "[]":
        return (
            [(f"{place}[{index}]", one) for index, one in enumerate(value)] if isinstance(value, list) else []
        )
    if not isinstance(value, dict) or step not in value:
        return []
    return [(f"{place}.{shown.name(step)}" if place else shown.name(step), value[step])]


def value(record: Any, path: str) -> Any:
    """The one value at `path`; None where there is none, or several."""
    found = values(record, path)
    return found[0][1] if len(found) == 1 else None


def texts_of(record: Any, paths: Iterable[str] = ()) -> list[tuple[str, str]]:
    """(place, text) of every string at these paths, inside lists and objects too; without paths of every string."""
    roots = [found for path in paths for found in values(record, path)]
    if not paths:
        roots = [("", record)]
    return [text for place, value in roots for text in _strings(place, value, _DEPTH)]


def _strings(place: str, value: Any, depth: int) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield place, value
    elif depth and isinstance(value, list):
        for index, one in enumerate(value):
            yield from _strings(f"{place}[{index}]", one, depth - 1)
    elif depth and isinstance(value, dict):
        for key, one in value.items():
            name = shown.name(str(key))
            yield from _strings(f"{place}.{name}" if place else name, one, depth - 1)
