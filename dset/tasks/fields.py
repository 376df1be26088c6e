"""Fields of a record by path: "text", "answer.why", "entities[].text"; [] steps into every item of a list."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Any

from dset.tasks import shown

PATH = re.compile(r"[^\s.\[\]]+(?:\[\])*(?:\.[^\s.\[\]]+(?:\[\])*)*\Z")
_DEPTH = 100  # levels; deeper ones are no record of ours
_INVISIBLE = re.compile("[\u200b-\u200d\u2060\ufeff]")


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


def normal(text: str) -> str:
    """What texts are compared by: NFC (never NFKC, which breaks Thai), spaces, invisible letters, Thai vowels.

    Case and end marks stay: AA and Aa, 5 and 5! are different choices.
    """
    text = _INVISIBLE.sub("", text).replace("เเ", "แ")
    text = text.replace("\u0e4d\u0e49\u0e32", "\u0e49\u0e33").replace("\u0e49\u0e4d\u0e32", "\u0e49\u0e33")
    return " ".join(unicodedata.normalize("NFC", text.replace("\u0e4d\u0e32", "\u0e33")).split())


def said(text: str) -> str:
    """What a text says: as `normal`, and case and the marks at its end do not count."""
    return normal(text).casefold().rstrip(".。!?…").rstrip()
