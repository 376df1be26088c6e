"""A task, or a record of one, judged in time: what may take long is done in a process of its own, which can be ended."""

import json
import subprocess
import sys
import threading
from dataclasses import astuple
from pathlib import Path
from typing import Any

from dset.errors import UsageError
from dset.pages import task_judging, task_weight
from dset.pages.task_judging import Judged
from dset.pages.task_refusals import Refused
from dset.tasks import catalog, definitions
from dset.tasks.definitions import Task
from dset.tasks.documents import Stated

PATIENCE = 10.0  # seconds, of which its start takes a quarter of one, on a busy machine several
_AT_ONCE = 2
_WAIT = 5.0  # seconds for a place
_START = "import sys; sys.path.insert(0, sys.argv[1]); from dset.pages import task_process as it; it.main()"
_TOO_LONG = (
    f"checking takes longer than {PATIENCE:.0f} seconds: let fewer parts of the schema refer to each other, "
    "above all inside allOf, anyOf and oneOf"
)


class Judges:
    """What `task_judging` says, or a refusal. For any number of threads."""

    def __init__(self, patience: float = PATIENCE) -> None:
        self._patience, self._places = patience, threading.BoundedSemaphore(_AT_ONCE)

    def judge(self, name: str, document: Any) -> Judged:
        """As `task_judging.judge`. Raises Refused (503), ImportError, OSError."""
        schema = document.get("schema") if isinstance(document, dict) else None
        if task_weight.is_light(schema, document):
            return task_judging.judge(name, document)
        try:
            faults, notes = self._asked("judge", name, document)
        except subprocess.TimeoutExpired:
            return Judged((f"the body: {name}: {_TOO_LONG}",), ())
        return Judged(tuple(faults), tuple(notes))

    def faults(self, task: Task, record: Any, lang: str) -> list[tuple[str, str]]:
        """As `task_judging.faults`. Raises Refused (422, 503), UsageError, ImportError, OSError."""
        if task_weight.is_light(task.schema, record):
            return list(task_judging.faults(task, record, lang))
        try:
            found = self._asked("faults", task.name, definitions.as_document(task), record, lang)
        except subprocess.TimeoutExpired:
            raise Refused(422, f"the task {task.name}: {_TOO_LONG}") from None
        return [(path, message) for path, message in found]

    def _asked(self, *words: Any) -> Any:
        if not self._places.acquire(timeout=_WAIT):
            raise Refused(503, "other tasks are being checked that take long; try again")
        try:
            said = _said(json.dumps(words).encode(), self._patience)
        finally:
            self._places.release()
        if "missing" in said:
            raise ImportError("a package is missing", name=said["missing"])
        if "wrong" in said:
            raise UsageError(said["wrong"])
        return said["said"]


def _said(asked: bytes, patience: float) -> dict[str, Any]:
    root = str(Path(__file__).resolve().parents[2])
    done = subprocess.run(  # noqa: S603 - this interpreter; what it is asked comes through a pipe
        [sys.executable, "-c", _START, root],
        input=asked,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        timeout=patience,
        check=False,
    )
    if done.returncode:
        raise Refused(503, "the process that checks tasks was ended; try again")
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def main() -> None:
    """In the process: what is asked from standard input, what is said of it to standard output, as JSON."""
    what, *words = json.loads(sys.stdin.buffer.read())
    sys.stdout.buffer.write(json.dumps(_answered(what, *words)).encode())
    sys.stdout.buffer.flush()


def _answered(what: str, name: str, document: Any, *more: Any) -> dict[str, Any]:
    try:
        if what == "judge":
            return {"said": astuple(task_judging.judge(name, document))}
        task = catalog.examine(Stated(name, document, ()), name).task
        assert task is not None, "it was taken before"
        return {"said": list(task_judging.faults(task, *more))}
    except UsageError as error:
        return {"wrong": str(error)}
    except ImportError as error:
        return {"missing": error.name or "that is needed"}
