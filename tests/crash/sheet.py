"""The user's q.csv, byte for byte: what the person wrote, around the status cells that are the program's.

Written by hand and matched by hand, so that nothing of the program reads or writes it here.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

FAULTY, BLOCKED = "faulty", "blocked"  # the rows whose bookmarks are expected
_HEADING = ("question", "status", '"topic"')
_END = "\r\n"
_WORDS = ("ERROR", "BLOCKED", "x", "")


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its text as the service sees it, and its cells as the person wrote them."""

    text: str  # '' for a row that asks nothing
    question: str
    topic: str = ""
    own_status: str = ""  # a word of the user's in the status cell, which stays
    is_short: bool = False  # it ends after the question


def _hard(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


_ODD = 'Say "hard", please:\r\na\nb'
ROWS: Mapping[str, Row] = {
    "plain": Row("Why is the sky blue?", "Why is the sky blue?", is_short=True),
    "hard": Row(_ODD, _hard(_ODD), '"odd, ""one"""'),
    FAULTY: Row("This one is never taken", "This one is never taken", "bad"),
    "shaky": Row("This one fails once", "This one fails once", "  spaced "),
    "twin": Row("Ask me twice", "Ask me twice", "a"),
    BLOCKED: Row("A forbidden thing", '"A forbidden thing"', '""'),
    "other twin": Row("Ask me twice", "Ask me twice", "b"),
    "blank": Row("", ""),
    "old": Row("This will be edited", "This will be edited", "late", own_status="x"),
    "last": Row("ข้อสุดท้าย, the last", '"ข้อสุดท้าย, the last"', "end"),
    "new": Row("This was edited", "This was edited", "late", own_status="x"),
    "added": Row("This one was added", "This one was added", '"n"'),
}
AT_FIRST = ("plain", "hard", FAULTY, "shaky", "twin", BLOCKED, "other twin", "blank", "old", "last")


@dataclass(frozen=True, slots=True)
class Sheet:
    """q.csv as the user last saved it."""

    names: tuple[str, ...] = AT_FIRST
    delimiter: str = ","
    codec: str = "utf-8-sig"

    def render(self, statuses: Mapping[str, str]) -> bytes:
        """The file with these words in the status cells; no newline at its end."""
        lines = [self.delimiter.join(_HEADING)]
        for name in self.names:
            head, tail = self._around(ROWS[name])
            lines.append(head if tail is None else head + statuses.get(name, "") + tail)
        return _END.join(lines).encode(self.codec)

    def line(self, name: str) -> str:
        """A row as it stands in the file, with nothing in its status cell."""
        head, tail = self._around(ROWS[name])
        return head + (tail or "")

    def _around(self, row: Row) -> tuple[str, str | None]:
        """What stands before the status cell and after it; None where the row has no such cell."""
        if row.is_short or not row.text:
            return row.question, None
        return row.question + self.delimiter, self.delimiter + row.topic

    def statuses(self, data: bytes) -> dict[str, str] | None:
        """The words in the status cells of `data`; None where any other byte differs from what the user wrote."""
        for found in self._matches(data):
            return found
        return None

    def _matches(self, data: bytes) -> Iterator[dict[str, str]]:
        try:
            text = data.decode(self.codec)
        except UnicodeDecodeError:
            return
        found: dict[str, str] = {}
        at = 0
        for number, name in enumerate(("", *self.names)):
            head, tail = (self.delimiter.join(_HEADING), None) if not number else self._around(ROWS[name])
            end = _END if number < len(self.names) else ""
            word = next(
                (one for one in _WORDS if text.startswith(self._piece(head, one, tail, end), at)), None
            )
            if word is None:
                return
            found[name] = word if tail is not None else ""
            at += len(self._piece(head, word, tail, end))
        if at == len(text):  # and the encoder's one way to write it is what stands there
            yield from [found] if text.encode(self.codec) == data else []

    @staticmethod
    def _piece(head: str, word: str, tail: str | None, end: str) -> str:
        return (head if tail is None else head + word + tail) + end

    def renamed(self, old: str, new: str) -> Self:
        """With another row in the place of one."""
        return replace(self, names=tuple(new if name == old else name for name in self.names))

    def as_line(self) -> str:
        """For the file that remembers what the user saved."""
        return json.dumps([self.names, self.delimiter, self.codec]) + "\n"


def own_words(names: tuple[str, ...]) -> dict[str, str]:
    """The status cells that the user filled in."""
    return {name: ROWS[name].own_status for name in names}


def saved_by_user(*folders: Path) -> list[Sheet]:
    """Every sheet that the user saved so far, the newest last; each folder may hold a file `mine`."""
    sheets = [Sheet()]
    for path in (folder / "mine" for folder in folders):
        for line in path.read_text().splitlines() if path.exists() else ():
            names, delimiter, codec = json.loads(line)
            sheets.append(Sheet(tuple(names), delimiter, codec))
    return sheets


def on_disk(data: bytes, sheets: list[Sheet]) -> tuple[Sheet, dict[str, str]] | None:
    """Which of these sheets the bytes are, and its status cells; None for none of them."""
    for sheet in reversed(sheets):
        if (found := sheet.statuses(data)) is not None:
            return sheet, found
    return None
