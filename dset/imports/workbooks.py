"""A sheet of an Excel workbook as a table: values as they were last saved, never formulas."""

import itertools
import struct
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, time
from typing import Any

import openpyxl
from openpyxl.utils import get_column_letter

from dset.errors import UsageError
from dset.imports import archives
from dset.imports.cells import text_of
from dset.imports.tables import Asked, Cells, Table
from dset.wording import counted

_AT_ONCE = 500  # rows
_MOST_ROWS = 1_048_576  # that a sheet has
# What openpyxl raises at files that are damaged in one way or another: it looks before it leaps at few places.
_DAMAGED = (
    zipfile.BadZipFile, zlib.error, struct.error, KeyError, IndexError, ValueError, TypeError, AttributeError,
    SyntaxError, OSError, EOFError, NotImplementedError, RuntimeError, OverflowError, RecursionError,
)  # fmt: skip
_FAULTS = frozenset("#N/A #REF! #NAME? #VALUE! #DIV/0! #NULL! #NUM! #SPILL! #CALC! #FIELD! #BLOCKED!".split())


def read(asked: Asked) -> Table:
    """The table in the sheet that was asked for, else in the first that is not hidden. Raises UsageError."""
    archives.check(asked.path)
    with _opened(asked) as book:
        sheet = _chosen(book, asked)
        title, look = sheet.title, archives.look(asked.path, sheet._worksheet_path)  # noqa: SLF001 - told nowhere else
        hidden = sheet.sheet_state != "visible"
        with _quietly(asked):
            heading = next((row for _, row in _values(sheet) if row), [])
    notes = _Notes(look.merged)
    return Table(
        f"{asked.path.name} (sheet {title}{', hidden' if hidden else ''})",
        tuple(heading),
        lambda: notes.watched(_rows(asked, title, has_formulas=look.has_formulas, notes=notes)),
        notes.lines,
    )


@contextmanager
def _quietly(asked: Asked) -> Iterator[None]:
    """What openpyxl warns of (styles, extensions) is nothing to us; what it raises is told in one line."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            yield
        except UsageError:
            raise
        except _DAMAGED as error:
            why = " ".join(f"{type(error).__name__}: {error}".split())[:120]
            raise UsageError(
                f"{asked.path} cannot be read as an Excel workbook: it is damaged ({why})"
            ) from None


@contextmanager
def _opened(asked: Asked, *, values: bool = True) -> Iterator[Any]:
    with asked.path.open("rb") as stream:  # by name openpyxl would go by the file's ending
        with _quietly(asked):
            book = openpyxl.load_workbook(stream, read_only=True, data_only=values, keep_links=False)
        try:
            yield book
        finally:
            book.close()


def _chosen(book: Any, asked: Asked) -> Any:
    sheets = {sheet.title: sheet for sheet in book.worksheets}
    if asked.sheet:
        near = {title.strip().casefold(): title for title in reversed(sheets)}
        found = asked.sheet if asked.sheet in sheets else near.get(asked.sheet.strip().casefold(), "")
    else:
        found = next((title for title, one in sheets.items() if one.sheet_state == "visible"), "")
    if found:
        return sheets[found]
    listed = ", ".join(
        title + ("" if one.sheet_state == "visible" else " (hidden)") for title, one in sheets.items()
    )
    what = (
        f"no sheet is called {asked.sheet!r}" if asked.sheet else "every sheet is hidden; name one by --sheet"
    )
    raise UsageError(f"{asked.path}: {what}; its sheets: {listed or 'none'}")


def _values(sheet: Any) -> Iterator[tuple[int, list[str]]]:
    """(number, cells) of each row; [] for a blank one."""
    sheet.reset_dimensions()  # other programs write wrong ones, and rows would be cut off
    for number, row in enumerate(sheet.iter_rows(values_only=True), 1):
        if number > _MOST_ROWS:
            raise ValueError(f"more than {_MOST_ROWS:,} rows")
        cells = list(map(_text, row))
        while cells and not cells[-1].strip():
            cells.pop()
        yield number, cells


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value.replace("_x000D_\n", "\n").replace("_x000D_", "\n")  # how a workbook spells CR
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"  # as Excel shows it, and saves it in a CSV
    if isinstance(value, float):
        return text_of(float(f"{value:.15g}"))  # Excel shows no more digits: 0.3 for 0.30000000000000004
    if isinstance(value, datetime) and value.time() == time():
        return text_of(value.date())
    return text_of(value)


def _rows(
    asked: Asked, title: str, *, has_formulas: bool, notes: "_Notes"
) -> Iterator[tuple[int, list[str]]]:
    """The rows below the heading."""
    with _opened(asked) as book:
        rows = itertools.dropwhile(lambda row: not row[1], _values(book[title]))
        if not has_formulas:
            yield from itertools.islice(_in_batches(asked, rows), 1, None)
            return
        with _opened(asked, values=False) as written:
            formulas = itertools.dropwhile(lambda row: not row[1], _values(written[title]))
            together = itertools.zip_longest(rows, formulas)
            for (number, cells), (_, texts) in itertools.islice(_in_batches(asked, together), 1, None):
                notes.compare(number, cells, texts)
                yield number, cells


def _in_batches(asked: Asked, rows: Iterator[Any]) -> Iterator[Any]:
    while True:
        with _quietly(asked):
            block = list(itertools.islice(rows, _AT_ONCE))
        if not block:
            return
        yield from block


class _Notes:
    """What is to be told of a sheet's cells."""

    def __init__(self, merged: int) -> None:
        self.lines: list[str] = []
        self._faults: list[str] = []
        self._unsaved: list[str] = []
        if merged:
            cells = counted(merged, "merged cell")
            self.lines.append(
                f"{cells} over several rows: the value stands in the first row of each, the others have none"
            )

    def compare(self, number: int, values: list[str], texts: list[str]) -> None:
        """Note the formulas whose value was never saved."""
        for at, text in enumerate(texts):
            if text and (at >= len(values) or not values[at]):
                self._unsaved.append(f"{get_column_letter(at + 1)}{number}")

    def watched(self, rows: Iterator[tuple[int, list[str]]]) -> Iterator[Cells]:
        """The rows that hold something; the lines are complete behind the last."""
        for number, cells in rows:
            if not cells:
                continue
            for at, cell in enumerate(cells):
                if cell in _FAULTS:
                    self._faults.append(f"{get_column_letter(at + 1)}{number}")
            yield cells
        if self._unsaved:
            what = counted(
                len(self._unsaved), "formula without a saved value", "formulas without a saved value"
            )
            self.lines.append(
                f"{what} (first {self._unsaved[0]}), left empty: open the file in Excel and save it"
            )
        if self._faults:
            what = counted(len(self._faults), "cell")
            self.lines.append(
                f"{what} (first {self._faults[0]}) with an Excel error like #N/A, taken as it stands"
            )
