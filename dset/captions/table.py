"""How many pictures each source folder has of each kind, as lines of a terminal."""

import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from dset.captions.entries import STATES, Entry, by_folder
from dset.cleaning import clean

_ALWAYS = ("captioned", "blocked", "failed", "filtered", "set aside")
_COLUMNS = (*_ALWAYS, *(state for state in STATES if state not in _ALWAYS))
_WIDEST = 50  # cells of a folder's name
_FOLDERS = 60  # that have a line each


def lines(entries: Iterable[Entry]) -> list[str]:
    """The table, with a sum below where there are several folders."""
    counts = by_folder(entries)
    whole = sum(counts.values(), Counter[str]())
    shown = [state for state in _COLUMNS if state in _ALWAYS or whole[state]]
    rows = [(_shortened(clean(name)), count) for name, count in counts.items()]
    if len(rows) > _FOLDERS:
        rest = sum((count for _, count in rows[_FOLDERS:]), Counter[str]())
        rows = [*rows[:_FOLDERS], (f"({len(rows) - _FOLDERS:,} more folders)", rest)]
    if len(rows) != 1:
        rows.append(("all", whole))
    numbers = [[f"{count[state]:,}" for state in shown] + [f"{count.total():,}"] for _, count in rows]
    return list(_aligned(["folder", *(name for name, _ in rows)], [[*shown, "total"], *numbers]))


def _aligned(names: Sequence[str], cells: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    widest = max(map(width, names))
    for name, row in zip(names, cells, strict=True):
        numbers = "".join(f"  {cell:>{wide}}" for cell, wide in zip(row, widths, strict=True))
        yield f"  {name}{' ' * (widest - width(name))}{numbers}"


def width(text: str) -> int:
    """How many cells of a terminal the text takes: wide letters two, marks that stand above or below others none."""
    return sum(map(_cells, text))


def _cells(letter: str) -> int:
    if unicodedata.category(letter) in {"Mn", "Me", "Cf"} or "\u1160" <= letter <= "\u11ff":
        return 0
    return 2 if unicodedata.east_asian_width(letter) in {"W", "F"} else 1


def _shortened(name: str) -> str:
    """Its end: what tells folders apart stands there."""
    if width(name) <= _WIDEST:
        return name
    kept = name
    while width(kept) > _WIDEST - 1:
        kept = kept[1:]
    return f"…{kept}"
