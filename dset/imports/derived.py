"""The q.csv of a second pass: made of answers anew at each start, with the bookmarks that stood in it."""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, Self

from dset import digests, files
from dset.errors import QuestionsError, UsageError
from dset.folders import Folder
from dset.imports.answered import FIXED, ID, STATUS, Answered, Layout, layout
from dset.imports.writing import Scribe
from dset.questions import Sheet
from dset.state import name_of

NAME = "second.json"
_LINE_END = re.compile("\r\n?|\u2028")
_LONE = re.compile("[\0\ud800-\udfff\u2400\ufffd]")


class Mark(NamedTuple):
    """What second.json says of the q.csv beside it."""

    source: str  # whose answers it is made of, as seen from its folder
    known: tuple[str, ...] = ()  # the seals it may have
    journal: tuple[
        int, ...
    ] = ()  # size and time of the answers that it holds all of; () where that is not sure
    named: tuple[str, ...] = ()  # fields of data that the prompt named
    heading: tuple[str, ...] = ()


def questions_of(folder: Folder) -> Path:
    """The q.csv of the pass in this folder."""
    return folder.path / "q.csv"


def mark_of(folder: Folder) -> Mark | None:
    """What the folder's second.json says; None where there is none. Raises UsageError where it is damaged."""
    path = folder.path / NAME
    try:
        noted = json.loads(path.read_bytes())
        lists = {name: tuple(noted[name]) for name in Mark._fields[1:]}
        return Mark(str(noted["source"]), **lists)
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError, RecursionError):
        raise UsageError(f"{path} is damaged: name a new folder with --output") from None


def _write(folder: Folder, mark: Mark) -> None:
    text = json.dumps(mark._asdict(), ensure_ascii=False)
    files.replace(folder.path / NAME, [text.encode("utf-8", "surrogatepass")])


def derive(
    source: Path, named: tuple[str, ...], folder: Folder, tell: Callable[[str], None]
) -> tuple[str, ...]:
    """Bring the q.csv of the pass up to date with the answers in `source`; its heading. Only under the folder's lock.

    Where nothing came and the same fields are named it stays as it is. Else it is made anew, and one that was edited
    in more than its status cells is set aside. Raises JournalError, OSError.
    """
    path, old = questions_of(folder), mark_of(folder)
    answered = Answered.at(source)
    if old and path.exists() and (old.journal, old.named) == (answered.stamp, named):
        return old.heading
    columns = layout(answered, named)
    before = _Before.read(path, tell)
    known = tuple(seal for seal in (old.known if old else ()) if seal == before.seal)
    if path.exists() and not known:
        aside = files.set_aside(path)
        tell(f"{path} was edited; it is {aside.name} now, and q.csv is made anew from {source}")
    mark = Mark(name_of(source, folder.path), known)
    if old is None:
        _write(folder, mark)
    scribe, seal = Scribe(columns.heading), _Seal()

    def chunks() -> Iterator[bytes]:
        yield from scribe.chunks(_rows(answered, columns, before, seal))
        # Known before it stands there: no end in between makes it look edited.
        _write(folder, mark._replace(known=(*known, seal.hexdigest())))

    files.replace(path, chunks())
    _write(folder, Mark(mark.source, (seal.hexdigest(),), answered.stamp, named, columns.heading))
    for line in [*columns.notes(), *scribe.notes()]:
        tell(line)
    return columns.heading


def _rows(answered: Answered, columns: Layout, before: "_Before", seal: "_Seal") -> Iterator[list[str]]:
    seal.add(columns.heading)
    for entry in answered.entries():
        cells = columns.cells(entry)
        seal.add(cells)
        cells[STATUS] = before.statuses.get(entry.id, "")
        yield cells


class _Seal:
    """What tells whether anything but bookmarks was changed; line ends, as programs change them, do not count."""

    def __init__(self) -> None:
        self._hashed = digests.new()

    def add(self, cells: Sequence[str]) -> None:
        """The next row. What a CSV cannot hold counts as what stands in for it."""
        text = "\x1f".join((*cells[:STATUS], *cells[STATUS + 1 :]))
        text = _LONE.sub("?", _LINE_END.sub("\n", text))
        self._hashed.update(text.encode("utf-8") + b"\x1e")

    def hexdigest(self) -> str:
        """Of all rows so far."""
        return self._hashed.hexdigest()


@dataclass(frozen=True, slots=True)
class _Before:
    """The q.csv of the last start."""

    seal: str = ""
    statuses: dict[str, str] = field(default_factory=dict)  # by id, those that are not empty

    @classmethod
    def read(cls, path: Path, tell: Callable[[str], None]) -> Self:
        if not path.exists():
            return cls()
        try:
            with Sheet(path, column="question") as sheet:
                return cls._of(sheet)
        except QuestionsError as error:
            tell(str(error))
            return cls()

    @classmethod
    def _of(cls, sheet: Sheet) -> Self:
        places = [
            (sheet.columns.question, FIXED[0]),
            (sheet.columns.status, FIXED[STATUS]),
            *sheet.columns.own,
        ]
        seal, statuses = _Seal(), {}
        at = next((place for place, name in places if name == FIXED[ID]), -1)
        seal.add([name for _, name in sorted(places)])
        for _, record in sheet.records():
            cells = record.cells
            seal.add(cells)
            if status := sheet.columns.cell(cells, sheet.columns.status):
                statuses[sheet.columns.cell(cells, at)] = status
        return cls(seal.hexdigest(), statuses)
