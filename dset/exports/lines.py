"""json, jsonl and csv files: bytes of text, nothing but the standard library."""

import csv
import io
from collections.abc import Iterator, Sequence
from typing import Any

from dset import files
from dset.exports import columns
from dset.exports.spool import Rows

_WORDS = {True: "true", False: "false"}


def jsonl(rows: Rows) -> Iterator[bytes]:
    """JSON Lines."""
    return files.in_blocks(rows.lines())


def json_array(rows: Rows) -> Iterator[bytes]:
    """One JSON array, an element a line."""
    return files.in_blocks(_array(rows))


def _array(rows: Rows) -> Iterator[bytes]:
    before = b"[\n"
    for line in rows.lines():
        yield before + line[:-1]
        before = b",\n"
    yield b"[]\n" if before == b"[\n" else b"\n]\n"


def csv_table(rows: Rows) -> Iterator[bytes]:
    """RFC 4180 with a BOM. Nested values and true, false are JSON; null and a missing field are an empty cell."""
    return files.in_blocks(_csv_rows(rows, rows.fields))


def _csv_rows(rows: Rows, names: Sequence[str]) -> Iterator[bytes]:
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(names)
    yield b"\xef\xbb\xbf" + buffer.getvalue().encode()
    for entry in rows:
        buffer.seek(0)
        buffer.truncate()
        writer.writerow([_cell(entry.get(name)) for name in names])
        yield buffer.getvalue().encode()


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return _WORDS[value]
    return columns.as_json(value) if isinstance(value, dict | list) else value
