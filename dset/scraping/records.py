"""JSON Lines that only grow: read with the end that a crash tore mended, written a line at a time."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dset import answers, files
from dset.errors import UsageError


def read(path: Path) -> list[dict[str, Any]]:
    """The records of the file, its torn end mended. Raises UsageError that names a damaged line in the middle."""
    lines = list(answers.lines_of(path))
    found = [_parsed(line) for line in lines]
    if lines and not lines[-1].endswith(b"\n"):
        if found[-1] is None:  # torn: what it told of is known to have no line
            files.cut(path, sum(map(len, lines[:-1])))
            del found[-1]
        else:
            files.append(path, b"\n")
    for number, record in enumerate(found, 1):
        if record is None and lines[number - 1].strip():
            raise UsageError(
                f"{path} line {number} is no JSON object: mend or delete that line, then run the same command again"
            )
    return [record for record in found if record is not None]


def add(path: Path, record: Mapping[str, Any]) -> None:
    """Append the record durably."""
    files.append(path, answers.as_line(record))


def replace(path: Path, records: list[dict[str, Any]]) -> None:
    """Write exactly these records, atomically."""
    files.replace(path, map(answers.as_line, records))


def _parsed(line: bytes) -> dict[str, Any] | None:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return record if isinstance(record, dict) else None
