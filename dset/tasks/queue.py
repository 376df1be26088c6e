"""The q.csv of a task: rows that a plan writes, and that a person may open."""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from dset import files
from dset.errors import QuestionsError
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
    heading = ["question", "status", SLOTS, *map(column_of, factors)]
    files.replace(path, [b"\xef\xbb\xbf" + _lines([heading], ",")])


def unreadable(error: QuestionsError) -> QuestionsError:
    """The error with what helps here: nothing stands in the file that is not known from elsewhere."""
    what = re.sub(r"[,;] (or )?try --encoding \S+", "", str(error))  # a plain run's help
    return QuestionsError(f"{what}; or delete the file: it is made anew")


def add(path: Path, rows: Iterable[Row]) -> None:
    """Write further rows behind those that stand, in one step, as somebody may have saved the file since."""
    with Sheet(path) as sheet:
        columns, codec = sheet.columns, sheet.codec
        names = dict(columns.own)
        if SLOTS not in names.values():
            raise QuestionsError(
                f"{path}: its column {SLOTS} is gone; undo that, or delete the file: it is made anew"
            )
        cells = [_cells(row, names, columns.width, columns.question) for row in rows]
        fresh = _lines(cells, columns.delimiter).decode("utf-8")
    old = path.read_bytes()
    end = "" if old.decode(codec, "ignore").endswith(("\n", "\r")) else "\r\n"
    files.replace(path, [old, (end + fresh).encode(codec)])


def _cells(row: Row, names: Mapping[int, str], width: int, question: int) -> list[str]:
    cells = [""] * width
    cells[question] = row.question
    own = {column_of(name): value for name, value in row.cells.items()}
    for index, name in names.items():
        cells[index] = " ".join(map(str, row.slots)) if name == SLOTS else own.get(name, "")
    return cells


def _lines(rows: Iterable[Sequence[str]], delimiter: str) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter, lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode("utf-8", "surrogatepass")
