"""How a CSV is written: its delimiter, its records with the bytes they came from, and one cell put in place.

Pure: UTF-8 lines in, records or new bytes out. Reading is Python's own csv in strict mode, so that a quote that
never closes is refused instead of swallowing, and buying, the rest of the file.
"""

import csv
import itertools
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from dset.errors import QuestionsError

DELIMITERS = ",;\t|"
LONGEST_CELL = 1_000  # lines; a longer cell is a quote that was never closed
csv.field_size_limit(2**31 - 1)  # a question may be a whole document; C long is 32 bits on Windows

_SEP = re.compile(rb"sep=([,;\t|])\r?\n?\Z", re.IGNORECASE)
_OLD_MAC = re.compile(rb"[^\r]*\r(?!\n)|[^\r]+(?:\r\n?)?|\r\n")


class Record(NamedTuple):
    """One row of the file: `number` as a spreadsheet counts it (the header is 1), first physical `line`, `raw` bytes."""

    number: int
    line: int
    raw: bytes
    cells: list[str]


def physical_lines(stream: Iterable[bytes]) -> Iterator[bytes]:
    """Lines with their ends kept, cut at LF, CRLF and the lone CR of old Macs, and at nothing else."""
    for line in stream:
        if b"\r" in line and (b"\r" in line[:-2] or (line[-2:-1] == b"\r" and line[-1:] != b"\n")):
            yield from _OLD_MAC.findall(line)
        else:
            yield line


def separator_line(first: bytes) -> str:
    """The delimiter that Excel's own first line `sep=;` states, or ''."""
    match = _SEP.match(first)
    return match[1].decode() if match else ""


def records(lines: Iterable[bytes], delimiter: str, first_line: int = 1) -> Iterator[Record]:
    """Every record, blank ones included. Raises QuestionsError that names the line."""
    line = first_line
    for number, (raw, cells, count) in enumerate(cells_of(lines, delimiter, first_line), 1):
        yield Record(number, line, raw, cells)
        line += count


def cells_of(
    lines: Iterable[bytes], delimiter: str, first_line: int = 1
) -> Iterator[tuple[bytes, list[str], int]]:
    """(bytes, cells, how many lines) of every record, for the million: nothing here is done twice."""
    line = first_line
    unread = iter(lines)
    for raw in unread:
        if b'"' in raw or b"\0" in raw:
            found = _quoted(raw, unread, delimiter, line)
            yield found
            line += found[2]
        else:  # as csv reads it, in half the time
            text = raw.decode("utf-8").rstrip("\r\n")
            yield raw, text.split(delimiter) if text else [], 1
            line += 1


def _quoted(first: bytes, unread: Iterator[bytes], delimiter: str, line: int) -> tuple[bytes, list[str], int]:
    """(bytes, cells, lines) of the record that begins with the line `first` and may go on in the next ones."""
    taken: list[bytes] = []

    def decoded() -> Iterator[str]:
        for raw in itertools.chain([first], unread):
            taken.append(raw)
            if len(taken) > LONGEST_CELL:
                raise QuestionsError(
                    f"line {line}: a cell spans more than {LONGEST_CELL:,} lines: close its quotation mark"
                )
            if b"\0" in raw:
                raise QuestionsError(
                    f"line {line + len(taken) - 1}: holds a NUL character; save the file again as CSV"
                )
            yield raw.decode("utf-8")

    try:
        cells = next(csv.reader(decoded(), delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise QuestionsError(f"line {line}: {_in_words(str(error))}") from None
    return b"".join(taken), cells, len(taken)


def _in_words(message: str) -> str:
    if "unexpected end of data" in message:
        return "a quotation mark opens here and never closes"
    if "expected after" in message:
        return 'text follows a closing quotation mark; write a quotation mark inside a cell twice: ""'
    return message


def spans(text: str, delimiter: str) -> list[tuple[int, int]]:
    """Where each cell of one record stands in its text, quotes included, line end excluded."""
    rest = f"[^{re.escape(delimiter)}\r\n]*"
    cell = re.compile(f'"[^"]*(?:""[^"]*)*"{rest}|{rest}')
    found, at = [], 0
    while True:
        match = cell.match(text, at)
        if match is None:  # cannot be: `rest` matches nothing
            raise AssertionError(text)
        found.append(match.span())
        at = match.end()
        if text[at : at + 1] != delimiter:
            return found
        at += 1


def with_cell(record: Record, delimiter: str, index: int, value: str) -> bytes:
    """The record's bytes with `value` (a plain word or '') in cell `index`; every other byte as it was."""
    text = record.raw.decode("utf-8")
    cells = spans(text, delimiter)
    if index < len(cells):
        start, end = cells[index]
        quoted = text[start : start + 1] == '"'
        return (text[:start] + (f'"{value}"' if quoted else value) + text[end:]).encode("utf-8")
    end = cells[-1][1]
    return (text[:end] + delimiter * (index - len(cells) + 1) + value + text[end:]).encode("utf-8")
