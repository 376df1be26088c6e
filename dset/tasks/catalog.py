"""Which tasks there are: those that come with the program, and those of a tasks.json or a server, which go before them."""

import importlib.resources
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from dset.cleaning import clean
from dset.errors import UsageError
from dset.tasks import definitions, documents, older_form
from dset.tasks.definitions import Task, TaskError
from dset.tasks.documents import Stated
from dset.tasks.findings import Finding, Findings, meant, quoted
from dset.tasks.older_fields import Translation

FILE = "tasks.json"


@dataclass(frozen=True, slots=True)
class Examined:
    """A task as it was found: what can be used of it, and a line for each mistake."""

    name: str
    task: Task | None  # None where it cannot be used
    faults: tuple[str, ...]  # file, task and path, what is wrong; why it cannot be used stands first
    fatal: int  # that many of the faults forbid its use
    places: Mapping[str, str] = field(
        default_factory=dict
    )  # of the JSON form in the older one it was made from

    def place(self, path: str) -> str:
        """Where in the file that stands, or comes from, which is at `path` in the JSON form."""
        known = [new for new in self.places if path == new or path.startswith((f"{new}.", f"{new}["))]
        longest = max(known, key=len, default="")
        return self.places.get(longest, longest) + path[len(longest) :]


@dataclass(frozen=True, slots=True)
class Catalog:
    """The tasks by name. A task is looked at when it is asked for: a broken one is in no other one's way."""

    own: Mapping[str, Stated] = field(default_factory=dict)  # of tasks.json, or of a server
    path: Path | str | None = None  # the file, or the server's URL

    def names(self) -> tuple[str, ...]:
        """The built-in tasks in their order, then those that the file adds."""
        return tuple(dict.fromkeys([*builtin(), *self.own]))

    def is_own(self, name: str) -> bool:
        """The task comes from the file or the server, though one of this name may be built in."""
        return name in self.own

    def get(self, name: str) -> Task:
        """The task. Raises UsageError for a name that is none, TaskError for a task that cannot be used."""
        found = self.examined(name)
        if found.task is None:
            raise TaskError(found.faults[: found.fatal])
        return found.task

    def notes(self, name: str) -> tuple[str, ...]:
        """A line for each thing in the task that is not understood, and left out."""
        found = self.examined(name)
        return found.faults[found.fatal :]

    def examined(self, name: str) -> Examined:
        """The task with all that is wrong in it. Raises UsageError for a name that is none."""
        if name in self.own:
            return examine(self.own[name], str(self.path))
        if name not in builtin():
            raise UsageError(f"{quoted(name)} is no task; {self._meant(name)}")
        return examine(_built_in(name), "built in")

    def _meant(self, name: str) -> str:
        hint, listed = clean(meant(name, self.names()), 2000), clean(", ".join(self.names()), 2000)
        return f"{hint} There are {listed}" if hint.startswith("did") else hint


def builtin() -> tuple[str, ...]:
    """The names of the tasks that come with the program, in alphabetical order."""
    folder = importlib.resources.files("dset.tasks") / "builtin"
    if not folder.is_dir():
        return ()
    return tuple(
        sorted(one.name.removesuffix(".json") for one in folder.iterdir() if one.name.endswith(".json"))
    )


def _built_in(name: str) -> Stated:
    file = importlib.resources.files("dset.tasks") / "builtin" / f"{name}.json"
    document, _ = documents.parse(file.read_bytes(), file.name)
    return Stated(name, document, ())


def load(path: Path | None = None) -> Catalog:
    """The built-in tasks and those of `path`, or of tasks.json in the working directory where there is one.

    Raises UsageError for a file that is no JSON, and for a `path` that is not there.
    """
    if path is None:
        path = Path(FILE)
        if not path.exists():
            return Catalog()
    stated, _ = documents.read(path)
    return Catalog({one.name: one for one in stated}, path)


def of_server(url: str) -> Catalog:
    """The built-in tasks and those of the server, which go before them; a tasks.json is not read.

    Nothing is fetched before a task is looked at; then RemoteError may be raised.
    """
    from dset.tasks.remote import RemoteTasks

    tasks = RemoteTasks(url)
    return Catalog(tasks, tasks.url)


def examine(stated: Stated, place: str) -> Examined:
    """The task in either form; `place` is the file, for the lines."""
    document, to = stated.document, Translation()
    if isinstance(document, dict) and older_form.is_older(document):
        document, to = older_form.convert(document)
    task, found = definitions.examine(stated.name, document)
    findings = Findings(to.findings)
    known = Examined(stated.name, task, (), 0, to.places)
    findings += [Finding(known.place(one.path), one.message, one.fatal) for one in found]
    for path in stated.doubled:
        findings.leave_out(path, "stands there twice; the last one counts")
    ordered = sorted(dict.fromkeys(findings), key=lambda one: not one.fatal)
    lines = tuple(one.line(f"{place}: {stated.name}") for one in ordered)
    fatal = sum(one.fatal for one in ordered)
    return Examined(stated.name, None if fatal else task, lines, fatal, to.places)
