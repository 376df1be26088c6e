"""Rows as the bytes of a q.csv that the program and a spreadsheet both read right."""

import csv
import io
import itertools
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from dset import dialects, views
from dset.wording import counted

_AT_ONCE = 200  # rows
_LONGEST = 32_767  # characters that a cell of Excel holds
_MOST_LINES = (
    dialects.LONGEST_CELL - 1
)  # of one row: with more, a reader takes it for a quote that never closes
_SURROGATE = re.compile("[\ud800-\udfff]")
_LINE_END = re.compile("\r\n?|\n")
_RUNS = re.compile(
    "'*[=@\uff1d\uff20\t\r]|[^(|]*[(|]"
)  # a call, or one of those that nobody writes by chance


@dataclass(slots=True)
class Scribe:
    """Writes UTF-8 with BOM, commas and CRLF, as the q.csv that we ship; counts what it had to change or to tell of."""

    columns: Sequence[str]
    rows: int = 0
    _told: dict[str, list[int]] = field(default_factory=dict)  # what -> [how many, first row]

    def chunks(self, rows: Iterable[Sequence[str]]) -> Iterator[bytes]:
        """The file, piece by piece. A row may be shorter than the heading."""
        yield b"\xef\xbb\xbf" + self._bytes([self.columns])
        unread = iter(rows)
        while block := list(itertools.islice(unread, _AT_ONCE)):
            yield self._bytes([self._checked(row) for row in block])

    def _checked(self, row: Sequence[str]) -> list[str]:
        self.rows += 1
        cells = [*row, *[""] * (len(self.columns) - len(row))]
        for cell in cells:
            if len(cell) > _LONGEST:
                self._count("long")
            if views.guard(cell) != cell and _RUNS.match(cell):
                self._count("formula")
        if sum(map(len, cells)) > _MOST_LINES and sum(map(_ends, cells)) >= _MOST_LINES:
            self._count("lines")
            return [_LINE_END.sub("\u2028", cell) for cell in cells]
        return cells

    def _bytes(self, rows: Iterable[Sequence[str]]) -> bytes:
        text = io.StringIO(newline="")
        csv.writer(text, lineterminator="\r\n").writerows(rows)
        written = text.getvalue()
        if nuls := written.count("\0"):
            self._count("nul", nuls)
            written = written.replace("\0", "\u2400")
        try:
            return written.encode("utf-8")
        except UnicodeEncodeError:
            written, lone = _SURROGATE.subn("\ufffd", written)
            self._count("surrogate", lone)
            return written.encode("utf-8")

    def _count(self, what: str, number: int = 1) -> None:
        self._told.setdefault(what, [0, self.rows + 1])[0] += number

    def notes(self) -> list[str]:
        """What a user should know of what was written; complete once all chunks are taken."""
        return [
            _WORDS[what].format(counted(number, _THINGS[what]), first)
            for what, (number, first) in self._told.items()
        ]


_THINGS = {
    "long": "cell",
    "formula": "cell",
    "lines": "row",
    "nul": "NUL character",
    "surrogate": "half character",
}
_WORDS = {
    "long": "{} (first in row {}) of more than 32,767 characters: whole in the file, but Excel would cut them",
    "formula": "{} (first in row {}) that a spreadsheet may run as a formula: the texts stand as they came, so look at "
    "them before you open the file in one",
    "lines": "{} (first is row {}) of 1,000 lines or more: their line ends are written as U+2028",
    "nul": "{} (first near row {}) written as \N{SYMBOL FOR NULL}",
    "surrogate": "{} (first near row {}) that no UTF-8 holds, written as \N{REPLACEMENT CHARACTER}",
}


def _ends(cell: str) -> int:
    return cell.count("\n") + cell.count("\r")
