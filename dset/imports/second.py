"""A second pass: `--questions FOLDER` asks about the answers of another run, in a folder of its own.

The answers become the q.csv of this run's own folder, anew at each start, so that it goes on like any other: what is
answered is known by question and named columns, bookmarks are kept by id. Nothing is written where the answers stand.
"""

import contextlib
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from dset import files, templates
from dset.errors import UsageError
from dset.folders import Folder
from dset.imports import derived
from dset.imports.answered import DATA, Answered, fields_named
from dset.imports.naming import folded
from dset.locks import Lock
from dset.questions import Sheet
from dset.settings import Settings
from dset.state import name_of
from dset.wording import counted

_SHOWN = 12  # fields that a message lists
Tell = Callable[[str], None]


def prepare(settings: Settings, tell: Tell) -> Settings:
    """Make the q.csv of this pass and return the settings of a run over it. Raises DsetError, OSError."""
    source = _source(settings)
    folder = Folder(settings.output)
    _check(folder, source)
    files.make_folder(folder.path)
    with _locked(folder):
        _check(folder, source)  # again: what stood there may be another run's by now
        heading = derived.derive(source, fields_named(settings.prompt, settings.system), folder, tell)
    made = _over(settings, heading)
    for line in _notes(made, heading, source):
        tell(line)
    return made


def standing(settings: Settings, tell: Tell) -> Settings:
    """The settings for a look at the pass as it stands. Changes nothing; raises UsageError where it has not begun."""
    source = _source(settings)
    folder = Folder(settings.output)
    _check(folder, source)
    there = sum(1 for _ in Answered.at(source).entries())
    if not derived.questions_of(folder).exists():
        raise UsageError(
            f"{folder.path}: not begun; the first run asks about {counted(there, 'answer')} in {source}"
        )
    with Sheet(derived.questions_of(folder)) as sheet:
        known = len(sheet.rows())
        names = (sheet.columns.heading, *(name for _, name in sheet.columns.own))
    if there > known:
        tell(f"{counted(there - known, 'answer')} came into {source} since: the next run adds them")
    return _over(settings, names)


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


def _check(folder: Folder, source: Path) -> None:
    """Raises UsageError where the folder holds anything but a pass over these answers."""
    if folder.path.exists() and not folder.path.is_dir():
        raise UsageError(f"--output: {folder.path} is a file; name a folder")
    mark = derived.mark_of(folder)
    if mark is None:
        for path in (derived.questions_of(folder), folder.journal, folder.csv):
            if path.exists():
                raise UsageError(f"{path} belongs to another run: name a new folder with --output")
    elif mark.source != name_of(source, folder.path):
        unused = "" if folder.journal.exists() else ", or delete this one, in which nothing is answered yet"
        raise UsageError(
            f"{folder.path} holds a second pass over {mark.source}: name a new folder with --output{unused}"
        )


@contextlib.contextmanager
def _locked(folder: Folder) -> Iterator[None]:
    """Under the locks that a run takes; what they warn of it tells itself."""
    beside = Path(os.path.realpath(folder.path)) / ".q.csv.lock"
    with contextlib.ExitStack() as stack:
        for lock in (
            Lock(folder.lock, f"the folder {folder.path}"),
            Lock(beside, str(derived.questions_of(folder))),
        ):
            lock.acquire()
            stack.callback(lock.release)
        yield


def _over(settings: Settings, names: Sequence[str]) -> Settings:
    """The settings of a run over the pass's q.csv, which has these columns."""
    questions = derived.questions_of(Folder(settings.output))
    # --column where it is one of this pass's: it may stand in .env for the first.
    is_there = folded(settings.column) in {folded(name) for name in names if name != "status"}
    return replace(settings, questions=questions, encoding="", column=settings.column if is_there else "")


def _notes(settings: Settings, heading: Sequence[str], source: Path) -> list[str]:
    names = [name for name in heading if name != "status"]
    texts = (settings.prompt, settings.system)
    used = [name for text in texts for name in templates.parse(text, names).columns] + [settings.column]
    fields = [name for name in heading if name == DATA or name.startswith(f"{DATA}.")]
    lines = []
    if not {"final_answer", "thoughts", *fields} & set(used):
        lines.append(
            f"the prompt names nothing of the answers in {source}: the questions alone are asked again. "
            "--prompt may name {final_answer}, {thoughts} and {data.…}"
        )
    listed = ", ".join(f"{{{name}}}" for name in fields[:_SHOWN]) + (", …" if len(fields) > _SHOWN else "")
    return lines + [
        f"no answer in {source} has {{{name}}}: it is sent as it stands; there is {listed or 'no data at all'}"
        for name in fields_named(*texts)
        if name not in heading
    ]
