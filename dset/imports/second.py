"""A second pass: `--questions FOLDER` asks about the answers of another run, in a folder of its own.

The answers become the q.csv of this run's own folder, anew at each start, so that it goes on like any other: what is
answered is known by question and named columns, bookmarks are kept by id. Nothing is written where the answers stand.
"""

import contextlib
import json
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from dset import digests, files, templates
from dset.errors import QuestionsError, UsageError
from dset.folders import Folder
from dset.imports.answered import FIXED, ID, STATUS, Answered, Layout, fields_named, layout
from dset.imports.naming import folded
from dset.imports.writing import Scribe
from dset.locks import Lock
from dset.questions import Sheet
from dset.settings import Settings
from dset.state import name_of
from dset.wording import counted

NAME = "second.json"  # says that the q.csv beside it is made of answers, and of whose
_SHOWN = 12  # fields that a message lists
_LINE_END = re.compile("\r\n?|\u2028")
_LONE = re.compile("[\0\ud800-\udfff\u2400\ufffd]")
Tell = Callable[[str], None]


def prepare(settings: Settings, tell: Tell) -> Settings:
    """Make the q.csv of this pass and return the settings of a run over it. Raises DsetError, OSError."""
    source = _source(settings)
    folder = Folder(settings.output)
    _check(folder, source, settings)
    files.make_folder(folder.path)
    with _locked(folder):
        mark = _check(folder, source, settings)  # again: what stood there may be another run's by now
        answered = Answered.at(source)
        columns = layout(answered, fields_named(settings.prompt, settings.system))
        derived = _derive(answered, columns, folder, mark, tell)
    made = _settings(settings, columns)
    for line in [*_notes(made, columns, source), *derived.notes()]:
        tell(line)
    return made


def standing(settings: Settings, tell: Tell) -> Settings:
    """The settings for a look at the pass as it stands. Changes nothing; raises UsageError where it has not begun."""
    source = _source(settings)
    folder = Folder(settings.output)
    _check(folder, source, settings)
    there = sum(1 for _ in Answered.at(source).entries())
    if not _questions(folder).exists():
        raise UsageError(
            f"{folder.path}: not begun; the first run asks about {counted(there, 'answer')} in {source}"
        )
    with Sheet(_questions(folder)) as sheet:
        known = len(sheet.rows())
        names = (sheet.columns.heading, *(name for _, name in sheet.columns.own))
    if there > known:
        tell(f"{counted(there - known, 'answer')} came into {source} since: the next run adds them")
    return replace(settings, questions=_questions(folder), encoding="", column=_column(settings, names))


def _questions(folder: Folder) -> Path:
    return folder.path / "q.csv"


def _source(settings: Settings) -> Path:
    source = settings.questions
    if not Folder(source).journal.is_file():
        raise UsageError(
            f"{source}: this is a folder; it must be a CSV file, or the folder of a run that has answers (output.json)"
        )
    if settings.is_default_output:
        raise UsageError(
            f"--questions {source} asks about the answers of another run: name a folder for this one, as in --output second"
        )
    real = Path(os.path.realpath(settings.output))
    if any(one.exists() and os.path.samefile(one, source) for one in (real, *real.parents)):
        raise UsageError(
            f"--output {settings.output} is in {source}, where nothing is written: name another, as in --output second"
        )
    return source


def _check(folder: Folder, source: Path, settings: Settings) -> dict[str, Any]:
    """What the mark in the folder says, {} in a new one. Raises UsageError where the folder holds something else."""
    if folder.path.exists() and not folder.path.is_dir():
        raise UsageError(f"--output: {settings.output} is a file; name a folder")
    mark = folder.path / NAME
    if not mark.exists():
        for path in (_questions(folder), folder.journal, folder.csv):
            if path.exists():
                raise UsageError(f"{path} belongs to another run: name a new folder with --output")
        return {}
    try:
        noted = json.loads(mark.read_bytes())
        of, known = str(noted["source"]), list(noted["known"])
    except (ValueError, KeyError, TypeError, RecursionError):
        raise UsageError(f"{mark} is damaged: name a new folder with --output") from None
    if of != name_of(source, folder.path):
        raise UsageError(f"{folder.path} holds a second pass over {of}: name a new folder with --output")
    return {"source": of, "known": known}


@contextlib.contextmanager
def _locked(folder: Folder) -> Iterator[None]:
    """Under the locks that a run takes; what they warn of it tells itself."""
    beside = Path(os.path.realpath(folder.path)) / ".q.csv.lock"
    with contextlib.ExitStack() as stack:
        for lock in (Lock(folder.lock, f"the folder {folder.path}"), Lock(beside, str(_questions(folder)))):
            lock.acquire()
            stack.callback(lock.release)
        yield


def _settings(settings: Settings, columns: Layout) -> Settings:
    questions = _questions(Folder(settings.output))
    return replace(settings, questions=questions, encoding="", column=_column(settings, columns.heading))


def _column(settings: Settings, names: tuple[str, ...]) -> str:
    """--column where it is one of this pass's: it may stand in .env for the first."""
    is_there = folded(settings.column) in {folded(name) for name in names} - {"status"}
    return settings.column if settings.column and is_there else ""


def _derive(answered: Answered, columns: Layout, folder: Folder, mark: dict[str, Any], tell: Tell) -> Scribe:
    """Write q.csv anew; the mark knows it before it stands there, so that no end in between makes it look edited."""
    path = _questions(folder)
    before = _Before.read(path, tell)
    known = [one for one in mark.get("known", []) if one == before.seal]
    if path.exists() and not known:
        aside = files.set_aside(path)
        tell(f"{path} was edited; it is {aside.name} now, and q.csv is made anew from {answered.folder.path}")
    source = name_of(answered.folder.path, folder.path)
    scribe, seal = Scribe(columns.heading), _Seal()

    def rows() -> Iterator[list[str]]:
        seal.add(columns.heading)
        for entry in answered.entries():
            cells = columns.cells(entry)
            seal.add(cells)
            cells[STATUS] = before.statuses.get(entry.id, "")
            yield cells

    def chunks() -> Iterator[bytes]:
        yield from scribe.chunks(rows())
        _note(folder, source, [*known, seal.hexdigest()])

    if not mark:
        _note(folder, source, [])
    files.replace(path, chunks())
    return scribe


def _note(folder: Folder, source: str, known: list[str]) -> None:
    text = json.dumps({"source": source, "known": known}, ensure_ascii=False)
    files.replace(folder.path / NAME, [text.encode("utf-8", "surrogatepass")])


class _Seal:
    """What tells whether anything but bookmarks was changed; line ends, as programs change them, do not count."""

    def __init__(self) -> None:
        self._hashed = digests.new()

    def add(self, cells: "list[str] | tuple[str, ...]") -> None:
        text = "\x1f".join((*cells[:STATUS], *cells[STATUS + 1 :]))
        text = _LONE.sub(
            "?", _LINE_END.sub("\n", text)
        )  # as one, what a CSV cannot hold and what stands in for it
        self._hashed.update(text.encode("utf-8") + b"\x1e")

    def hexdigest(self) -> str:
        return self._hashed.hexdigest()


@dataclass(frozen=True, slots=True)
class _Before:
    """The q.csv of the last start."""

    seal: str = ""
    statuses: dict[str, str] = field(default_factory=dict)  # by id, those that are not empty

    @classmethod
    def read(cls, path: Path, tell: Tell) -> "_Before":
        if not path.exists():
            return cls()
        try:
            with Sheet(path, column="question") as sheet:
                return cls._of(sheet)
        except QuestionsError as error:
            tell(str(error))
            return cls()

    @classmethod
    def _of(cls, sheet: Sheet) -> "_Before":
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


def _notes(settings: Settings, columns: Layout, source: Path) -> list[str]:
    names = [name for name in columns.heading if name != "status"]
    texts = (settings.prompt, settings.system)
    used = [name for text in texts for name in templates.parse(text, names).columns] + [settings.column]
    lines = []
    if not any(name in {"final_answer", "thoughts"} or name.startswith("data") for name in used):
        lines.append(
            f"the prompt names nothing of the answers in {source}: the questions alone are asked again. "
            "--prompt may name {final_answer}, {thoughts} and {data.…}"
        )
    fields = [f"{{{name}}}" for name, _ in columns.fields]
    listed = ", ".join(fields[:_SHOWN]) + (", …" if len(fields) > _SHOWN else "")
    lines += [
        f"no answer in {source} has {{{name}}}: it is sent as it stands; there is {listed or 'no data at all'}"
        for name in fields_named(*texts)
        if name not in columns.heading
    ]
    if columns.left_out:
        lines.append(
            f"{columns.left_out:,} and more fields of data are no columns: name those that you want in the prompt"
        )
    return lines
