"""output.csv and output.txt, derived from the journal: how a record looks in them, and bringing them level."""

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dset import files
from dset.answers import Record

FIXED = (
    "timestamp",
    "question",
    "thoughts",
    "final_answer",
    "row",
    "id",
    "model",
    "prompt_tokens",
    "completion_tokens",
    "cost_usd",
    "seconds",
)
_BOM = b"\xef\xbb\xbf"  # without it Excel shows every language but the machine's own wrong
# What Excel and LibreOffice take for a formula, after any number of our own guards (OWASP, CSV injection).
_TRIGGER = re.compile("'*[=+\\-@\t\r\uff1d\uff0b\uff0d\uff20]")
_RULE = "-" * 50
_SURROGATE = re.compile("[\ud800-\udfff]")


def guard(cell: str) -> str:
    """`cell` as a spreadsheet shows it and does not run it: one ' in front where it needs one."""
    return "'" + cell if _TRIGGER.match(cell) else cell


def unguard(cell: str) -> str:
    """The reverse of `guard`, for every text."""
    return cell[1:] if cell.startswith("'") and _TRIGGER.match(cell) else cell


def _storable(text: str) -> str:
    """`text` without what UTF-8 (lone surrogates) and older CSV readers (NUL) cannot hold. output.json keeps both."""
    return _SURROGATE.sub("\ufffd", text.replace("\0", "\u2400"))


def columns_of(records: Iterable[Record], first: Sequence[str] = ()) -> list[str]:
    """The user's own columns of all `records`, in order of appearance, after those in `first`."""
    found = dict.fromkeys(first)
    for record in records:
        columns = record["metadata"].get("columns")
        if isinstance(columns, dict):
            found.update(dict.fromkeys(columns))
    return list(found)


def csv_header(columns: Sequence[str]) -> list[str]:
    """The heading of output.csv. A column of the user's whose name is taken gets `q_` before it."""
    heading = list(FIXED)
    for name in columns:
        while name in heading:
            name = "q_" + name  # noqa: PLW2901 - until it is free
        heading.append(name)
    return heading


def _csv_row(cells: Sequence[str]) -> bytes:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\r\n").writerow(cells)
    return _storable(buffer.getvalue()).encode("utf-8")


def _text(value: Any) -> str:
    return value if isinstance(value, str) else "" if value is None else str(value)


def _parts(record: Record) -> tuple[dict[str, Any], str, str]:
    """(metadata, thoughts, answer) of our records and of the original tool's."""
    response = record["response"]
    if not isinstance(response, dict):
        return record["metadata"], "", _text(response)
    return record["metadata"], _text(response.get("reasoning")), _text(response.get("answer"))


def render_csv(record: Record, columns: Sequence[str], *, exact: bool) -> bytes:
    """The record's row in output.csv."""
    safe = _same if exact else guard
    metadata, thoughts, answer = _parts(record)
    own = metadata.get("columns")
    own = own if isinstance(own, dict) else {}
    return _csv_row(
        [
            safe(_text(metadata.get("timestamp"))),
            safe(_text(metadata.get("question"))),
            safe(thoughts),
            safe(answer),
            *(safe(_text(metadata.get(name))) for name in FIXED[4:]),
            *(safe(_text(own.get(name))) for name in columns),
        ]
    )


def _same(cell: str) -> str:
    return cell


def render_txt(record: Record) -> bytes:
    """The record's block in output.txt."""
    metadata, thoughts, answer = _parts(record)
    lines = [f"Timestamp: {_text(metadata.get('timestamp'))}", f"Question: {_text(metadata.get('question'))}"]
    if thoughts:
        lines.append(f"Thought Process: {thoughts}")
    lines += [f"Final Answer: {answer}", _RULE, "", ""]
    return _storable("\n".join(lines)).encode("utf-8")


@dataclass(frozen=True, slots=True)
class View:
    """One derived file: what it begins with and how a record looks in it."""

    name: str
    path: Path
    head: bytes
    render: Callable[[Record], bytes]

    def content(self, records: Iterable[Record]) -> Iterator[bytes]:
        """The whole file, piece by piece."""
        if self.head:
            yield self.head
        for record in records:
            yield self.render(record)


def make(folder: Path, names: Sequence[str], columns: Sequence[str], *, exact: bool) -> list[View]:
    """The views that were asked for, of output.csv and output.txt."""
    made = []
    if "csv" in names:
        own = tuple(columns)
        heading = [name if exact else guard(name) for name in csv_header(own)]
        head = _BOM + _csv_row(heading)
        render: Callable[[Record], bytes] = lambda record: render_csv(record, own, exact=exact)  # noqa: E731
        made.append(View("csv", folder / "output.csv", head, render))
    if "txt" in names:
        made.append(View("txt", folder / "output.txt", b"", render_txt))
    return made


def matches(view: View, records: Iterable[Record]) -> tuple[bool, int]:
    """(is the file a prefix of what it should be, how many bytes of it stand there already).

    A prefix may be torn, or end in NULs that a power cut left: those do not count.
    """
    if not view.path.exists():
        return True, 0
    with view.path.open("rb") as stream:
        at = 0
        for piece in view.content(records):
            found = stream.read(len(piece))
            if found == piece:
                at += len(piece)
                continue
            sound = found.rstrip(b"\0")
            rest_is_nul = not stream.read().strip(b"\0")
            return piece.startswith(sound) and rest_is_nul, at + len(sound)
        return not stream.read().strip(b"\0"), at


def level(view: View, records: Callable[[], Iterable[Record]], *, ours: bool) -> str:
    """Make the file what the journal renders to; returns what was done: '' (nothing), completed, rebuilt, set aside.

    `ours`: nobody touched the file since we wrote it, so that a mismatch is a changed setting and it may be
    replaced. Otherwise what does not match was edited by the user and moves to the next free `.bakN`.
    """
    fits, standing = matches(view, records())
    if not fits:
        outcome = "rebuilt" if ours else "set aside as " + files.set_aside(view.path).name
        files.replace(view.path, view.content(records()))
        return outcome
    if not view.path.exists():
        files.replace(view.path, view.content(records()))
        return "written"
    return "completed" if _complete(view, records(), standing) else ""


def _complete(view: View, records: Iterable[Record], standing: int) -> bool:
    if view.path.stat().st_size > standing:
        files.cut(view.path, standing)
    file = files.AppendFile(view.path)
    try:
        at, missing = 0, False
        for piece in view.content(records):
            if at + len(piece) > standing:
                file.append(piece[max(0, standing - at) :], durable=False)
                missing = True
            at += len(piece)
        return missing
    finally:
        file.close()
