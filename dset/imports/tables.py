"""A table that is read row by row, whatever file it stands in."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

Cells = Sequence[str]


@dataclass(frozen=True, slots=True)
class Table:
    """What a reader found. `rows` may be called once; it raises UsageError where the file is damaged."""

    name: str  # as a message names it: data.xlsx (sheet Data)
    columns: tuple[str, ...]  # as the file has them; two may be called the same
    rows: Callable[[], Iterator[Cells]]  # in the order of the columns; a short row lacks the last ones
    notes: list[str] = field(default_factory=list)  # complete once the rows are read
    question: int = -1  # the column of the questions, where the reader could tell


@dataclass(frozen=True, slots=True)
class Asked:
    """What was said on the command line about a file; '' where nothing was."""

    path: Path
    sheet: str = ""
    column: str = ""
    encoding: str = ""
