"""output.csv and output.txt, derived from the journal: how a record looks in them."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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
_MAYBE = frozenset("'=+-@\t\r\uff1d\uff0b\uff0d\uff20")  # what such a cell begins with
_RULE = "-" * 50
_SURROGATE = re.compile("[\ud800-\udfff]")


def guard(cell: str) -> str:
    """`cell` as a spreadsheet shows it and does not run it: one ' in front where it needs one."""
    return "'" + cell if cell[:1] in _MAYBE and _TRIGGER.match(cell) else cell


def unguard(cell: str) -> str:
    """The reverse of `guard`, for every text."""
    return cell[1:] if cell.startswith("'") and _TRIGGER.match(cell) else cell


def _stored(text: str) -> bytes:
    """`text` without what UTF-8 (lone surrogates) and older CSV readers (NUL) cannot hold. output.json keeps both."""
    text = text.replace("\0", "\u2400")
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError:
        return _SURROGATE.sub("\ufffd", text).encode("utf-8")


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
    """The row as csv.writer writes it, which takes five times as long for one row."""
    return _stored(",".join(map(_quoted, cells)) + "\r\n")


def _quoted(cell: str) -> str:
    if '"' in cell:
        return '"' + cell.replace('"', '""') + '"'
    return f'"{cell}"' if "," in cell or "\n" in cell or "\r" in cell else cell


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
    return _stored("\n".join(lines))


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
