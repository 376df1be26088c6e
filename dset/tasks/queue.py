"""The q.csv of a task: rows that a plan writes, and that a person may open."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from dset import planned
from dset.questions import Sheet

SLOTS = "slots"  # the column that holds the numbers of a row's records
_NUMBER = re.compile("[0-9]{1,9}")
_TAKEN = {"question", "status", "image", "messages", SLOTS}


@dataclass(frozen=True, slots=True)
class Row:
    """One row to ask."""

    question: str
    slots: tuple[int, ...]
    cells: Mapping[str, str]  # label and parameters


def column_of(name: str) -> str:
    """The column of a label or a parameter: its name, unless that means something in a q.csv."""
    return f"q_{name}" if name.strip().casefold() in _TAKEN else name


def slots_of(cell: str) -> tuple[int, ...]:
    """The numbers in a `slots` cell; () where somebody wrote something else."""
    parts = cell.split()
    return tuple(map(int, parts)) if all(map(_NUMBER.fullmatch, parts)) else ()


def takes(sheet: Sheet) -> Counter[int]:
    """How many rows there are for each slot."""
    at = next((index for index, name in sheet.columns.own if name == SLOTS), -1)
    counted: Counter[int] = Counter()
    for _, record in sheet.records():
        counted.update(slots_of(sheet.columns.cell(record.cells, at)))
    return counted


def create(path: Path, factors: Sequence[str]) -> None:
    """An empty q.csv with its heading, as a spreadsheet opens it right."""
    planned.create(path, ["question", "status", SLOTS, *map(column_of, factors)])


def add(path: Path, rows: Iterable[Row]) -> None:
    """Write further rows behind those that stand. Raises QuestionsError where the column of the slots is gone."""
    planned.add(path, map(_cells, rows), (SLOTS,))


def _cells(row: Row) -> dict[str, str]:
    own = {column_of(name): value for name, value in row.cells.items()}
    return {**own, "question": row.question, SLOTS: " ".join(map(str, row.slots))}
