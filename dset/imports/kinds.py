"""What kind of table a file is: told by its first bytes, then by its name."""

import importlib
import re
from collections.abc import Callable

from dset.errors import UsageError
from dset.imports.tables import Asked, Table

Reader = Callable[[Asked], Table]
_HEAD = 4096
_BY_NAME = {
    "xlsx": "workbook", "xlsm": "workbook", "parquet": "parquet", "pq": "parquet", "jsonl": "lines", "ndjson": "lines",
    "json": "json", "csv": "csv", "tsv": "csv", "txt": "csv",
}  # fmt: skip


def reader_of(asked: Asked) -> Reader:
    """The reader for the file. Raises UsageError for what is no table, ImportError where its package is missing."""
    path = asked.path
    with path.open("rb") as stream:
        head = stream.read(_HEAD)
    kind = _kind(head, path.suffix[1:].lower())
    if kind == "old":
        raise UsageError(
            f"{path} is an old Excel workbook (.xls), or one with a password: save it as .xlsx without one"
        )
    if kind != "workbook" and asked.sheet:
        raise UsageError(f"--sheet: {path} is no Excel workbook")
    module, name = _READERS[kind]
    reader: Reader = getattr(importlib.import_module(f"dset.imports.{module}"), name)  # only what is needed
    return reader


_READERS = {
    "workbook": ("workbooks", "read"),
    "parquet": ("parquet_files", "read"),
    "lines": ("json_rows", "read_lines"),
    "array": ("json_rows", "read_array"),
    "csv": ("delimited", "read"),
}


def _kind(head: bytes, suffix: str) -> str:
    for magic, kind in ((b"\xd0\xcf\x11\xe0", "old"), (b"PK\x03\x04", "workbook"), (b"PAR1", "parquet")):
        if head.startswith(magic):
            return kind
    named = _BY_NAME.get(suffix, "")
    if named in {"workbook", "parquet", "lines", "csv"}:
        return named
    if match := re.match(rb"(?:\xef\xbb\xbf)?\s*([\[{])", head):
        return "array" if match[1] == b"[" else "lines"  # of a .json too: output.json is one
    return "array" if named else "csv"
