"""The journal made again from output.csv, where output.json was lost: answers that were paid for are not bought twice."""

import csv
import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from dset import answers, files, views
from dset.answers import Record
from dset.errors import JournalError

_NUMBERS = {"row": int, "prompt_tokens": int, "completion_tokens": int, "cost_usd": float, "seconds": float}
_KEPT = ("row", "timestamp", "question", "model", "prompt_tokens", "completion_tokens", "cost_usd", "seconds")


def from_csv(source: Path, journal: Path, *, exact: bool = False) -> int:
    """Write `journal` from the answers in `source`, ours or the original tool's; returns how many.

    `exact`: we wrote it without guards. Raises JournalError where the file cannot be read as an output.csv.
    """
    lines = [answers.as_line(record) for record in read(source, exact=exact)]
    files.replace(journal, lines)
    return len(lines)


def read(source: Path, *, exact: bool = False) -> list[Record]:
    """The records that `from_csv` writes."""
    try:
        text = source.read_bytes().decode("utf-8-sig")
        rows = list(csv.reader(io.StringIO(text, newline="")))
    except (UnicodeDecodeError, csv.Error) as error:
        raise _unreadable(source, f"cannot be read ({error})") from None
    # What a power cut left of the last row, or filled with NULs, is not a whole answer.
    if not text.endswith(("\n", "\r")) or text.count('"') % 2:
        rows = rows[:-1]
    rows = [row for row in rows if row]
    if rows and not ({"question"} < set(rows[0]) and {"final_answer", "answer"} & set(rows[0])):
        raise _unreadable(source, "has no columns question and final_answer, with commas between")
    return list(_records(rows, _same if exact else views.unguard)) if rows else []


def _unreadable(source: Path, why: str) -> JournalError:
    return JournalError(
        f"{source} {why}; output.json is missing, so nothing is asked - put output.json back, or move {source.name} "
        "away to ask everything again"
    )


def _same(cell: str) -> str:
    return cell


def _records(rows: list[list[str]], plain: Callable[[str], str]) -> Iterator[Record]:
    heading = rows[0]
    ours = tuple(heading[: len(views.FIXED)]) == views.FIXED
    for row in rows[1:]:
        cells = dict(zip(heading, map(plain, row) if ours else row, strict=False))
        question, answer = cells.get("question", ""), cells.get("final_answer", cells.get("answer", ""))
        if not question and not answer:
            continue
        metadata: dict[str, Any] = {"id": cells.get("id", "")} if ours else {}
        metadata |= {name: _value(name, cells[name]) for name in _KEPT if name in cells}
        if ours:
            own = heading[len(views.FIXED) :]
            metadata["columns"] = {_own_name(plain(name)): cells.get(name, "") for name in own}
        thoughts = cells.get("thoughts") or None
        yield {"metadata": metadata, "response": {"reasoning": thoughts, "answer": answer}}


def _own_name(heading: str) -> str:
    """The user's column of which this is the heading: `q_` stands before a name that is taken."""
    name = heading.removeprefix("q_")
    return name if name in views.FIXED else heading


def _value(name: str, cell: str) -> Any:
    convert = _NUMBERS.get(name)
    if convert is None:
        return cell
    try:
        return convert(cell) if cell else None
    except ValueError:
        return None
