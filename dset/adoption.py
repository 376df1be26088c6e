"""The journal made again from output.csv, where output.json was lost: answers that were paid for are not bought twice."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dset import answers, files, views
from dset.answers import Record
from dset.errors import JournalError

_NUMBERS = {"row": int, "prompt_tokens": int, "completion_tokens": int, "cost_usd": float, "seconds": float}


def from_csv(source: Path, journal: Path) -> int:
    """Write `journal` from the answers in `source`, ours or the original tool's; returns how many.

    Raises JournalError where the file cannot be read as an output.csv.
    """
    try:
        text = source.read_bytes().decode("utf-8-sig")
        rows = [row for row in csv.reader(io.StringIO(text, newline="")) if row]
    except (UnicodeDecodeError, csv.Error) as error:
        raise JournalError(
            f"{source} cannot be read ({error}); output.json is missing, so nothing is asked"
        ) from None
    if not rows:
        return 0
    lines = [answers.as_line(record) for record in _records(rows)]
    files.replace(journal, lines)
    return len(lines)


def _records(rows: list[list[str]]) -> Iterator[Record]:
    heading = rows[0]
    ours = tuple(heading[: len(views.FIXED)]) == views.FIXED
    for row in rows[1:]:
        cells = dict(zip(heading, row, strict=False))
        if ours:
            cells = {name: views.unguard(cell) for name, cell in cells.items()}
        question, answer = cells.get("question", ""), cells.get("final_answer", cells.get("answer", ""))
        if not question and not answer:
            continue
        metadata: dict[str, Any] = {"id": cells["id"]} if ours else {}
        for name in (
            "row",
            "timestamp",
            "question",
            "model",
            "prompt_tokens",
            "completion_tokens",
            "cost_usd",
            "seconds",
        ):
            if name in cells:
                metadata[name] = _value(name, cells[name])
        if ours:
            metadata["columns"] = {name: cells.get(name, "") for name in heading[len(views.FIXED) :]}
        thoughts = cells.get("thoughts") or None
        yield {"metadata": metadata, "response": {"reasoning": thoughts, "answer": answer}}


def _value(name: str, cell: str) -> Any:
    convert = _NUMBERS.get(name)
    if convert is None:
        return cell
    try:
        return convert(cell) if cell else None
    except ValueError:
        return None
