"""The answers of a run as rows to ask about. Only read: nothing is created, locked or changed in their folder."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from dset import answers, ends, state, tallies
from dset.answers import Record
from dset.contents import identity
from dset.folders import Folder
from dset.imports.cells import text_of
from dset.imports.naming import free

FIXED = ("question", "status", "id", "final_answer", "thoughts")
STATUS, ID = FIXED.index("status"), FIXED.index("id")
DATA = "data"
_RESERVED = frozenset({"question", "status", "image", "messages"})
_SLOTS = "slots"  # a column of a task's own, of which a model knows nothing
_MOST_FIELDS = 500  # of data that become columns: an object may be a whole dictionary
_FIELD = re.compile(r"\{\s*(data(?:\.[^{}\n]*[^{}\s])?)\s*\}")


class Entry(NamedTuple):
    """One answer, or one record of it."""

    id: str
    question: str
    answer: str
    thoughts: str
    data: Any
    own: Mapping[str, Any]


def fields_named(*templates: str) -> tuple[str, ...]:
    """The fields {data.x.y} that the templates name."""
    return tuple(dict.fromkeys(name for text in templates for name in _FIELD.findall(text)))


@dataclass(frozen=True, slots=True)
class Answered:
    """The journal of a folder as far as it stood whole when it was first looked at."""

    folder: Folder
    end: int  # bytes
    stamp: tuple[int, ...]  # the file's size and time then
    is_task: bool

    @classmethod
    def at(cls, path: Path) -> "Answered":
        """The answers in this folder; a torn last line, or one that is being written, is left out. Raises OSError."""
        folder = Folder(path)
        stamp = state.mark(folder.journal) or ()  # before anything is read: what comes meanwhile changes it
        return cls(folder, ends.sound_size(folder.journal), stamp, (path / "plan.json").exists())

    def entries(self) -> Iterator[Entry]:
        """Every answer in the journal's order. Raises JournalError."""
        for record in answers.read(self.folder.journal, self.end):
            yield from self._of(record)

    def _of(self, record: Record) -> Iterator[Entry]:
        plain = _entry(record)
        if not self.is_task:
            yield plain
            return
        from dset.tasks import stock

        plain = plain._replace(own={name: cell for name, cell in plain.own.items() if name != _SLOTS})
        found = [one for _, one in stock.records_in(record)]
        if len(found) < 2:
            yield plain._replace(data=found[0]) if found else plain
            return
        for number, one in enumerate(found, 1):
            name = plain.id if number == 1 else f"{plain.id}-{number}"
            yield plain._replace(id=name, answer=text_of(one), data=one)


def _entry(record: Record) -> Entry:
    metadata, response = record["metadata"], record["response"]
    if not isinstance(response, dict):  # as the original tool wrote it
        response = {"answer": response}
    own = metadata.get("columns")
    asked = (text_of(metadata.get(name)) for name in ("question", "messages", "image"))
    return Entry(
        id=text_of(metadata.get("id")) or identity(*tallies.identify(metadata)),
        question=next((text for text in asked if text.strip()), ""),
        answer=text_of(response.get("answer")),
        thoughts=text_of(response.get("reasoning")),
        data=response.get(DATA),
        own=own if isinstance(own, dict) else {},
    )


@dataclass(frozen=True, slots=True)
class Layout:
    """Which columns the rows have: the fixed ones, the fields of data, the user's own."""

    fields: tuple[tuple[str, tuple[str, ...]], ...]  # (heading, path below data)
    own: tuple[str, ...]
    heading: tuple[str, ...]
    left_out: int  # fields of data beyond what a table can bear

    def cells(self, entry: Entry) -> list[str]:
        """The row, with an empty status."""
        fixed = [entry.question, "", entry.id, entry.answer, entry.thoughts]
        data = [text_of(_at(entry.data, path)) for _, path in self.fields]
        return [*fixed, *data, *(text_of(entry.own.get(name)) for name in self.own)]

    def notes(self) -> list[str]:
        """What a user should know of them."""
        many = f"{self.left_out:,} and more fields of data are no columns: name those that you want in the prompt"
        return [many] if self.left_out else []


def layout(answered: Answered, named: Sequence[str]) -> Layout:
    """The columns that all rows together have.

    Each field of data is one, and so is each deeper field of those `named` that some answer has. Raises JournalError.
    """
    own: dict[str, None] = {}
    fields: dict[str, tuple[str, ...]] = {}
    deeper = {name: tuple(name.split(".")[1:]) for name in named}
    found: set[str] = set()
    left_out: set[str] = set()
    for entry in answered.entries():
        own.update(dict.fromkeys(entry.own))
        for name, path in _fields(entry.data).items():
            if len(fields) < _MOST_FIELDS or name in fields or name in named:
                fields.setdefault(name, path)
            elif len(left_out) < _MOST_FIELDS:
                left_out.add(name)
        found.update(name for name, path in deeper.items() if name not in found and _has(entry.data, path))
    fields |= {name: deeper[name] for name in named if name in found and name not in fields}
    names = free(tuple(fields), _RESERVED, FIXED)
    taken = (*FIXED, *names)
    heading = (*taken, *free(tuple(own), _RESERVED, taken))
    return Layout(tuple(zip(names, fields.values(), strict=True)), tuple(own), heading, len(left_out))


def _fields(data: Any) -> dict[str, tuple[str, ...]]:
    if isinstance(data, dict):
        return {f"{DATA}.{name}": (name,) for name in data}
    return {} if data is None else {DATA: ()}


def _has(data: Any, path: Sequence[str]) -> bool:
    for name in path:
        if not isinstance(data, dict) or name not in data:
            return False
        data = data[name]
    return bool(path) or data is not None  # a field may be null in all of them


def _at(data: Any, path: Sequence[str]) -> Any:
    """What stands there; None where nothing does."""
    for name in path:
        data = data.get(name) if isinstance(data, dict) else None
    return data
