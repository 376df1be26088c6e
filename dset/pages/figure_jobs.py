"""The figures of a dataset, counted in a process of its own: of a million answers that takes minutes, and no page waits."""

import contextlib
import json
import multiprocessing
import os
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from dset.errors import DsetError
from dset.folders import Folder
from dset.runs import utc_now

_NEAR = 0.85  # likeness from which on texts count as near, as `report` has it
_LOOK = 0.25  # seconds
_PATIENCE = 5.0  # seconds for a process to end by itself
_NICENESS = 15  # a run that goes on beside it comes first
_WORTH = 10.0  # counting again begins only when what is known is so many times older than counting takes
Mark = tuple[tuple[int, int] | None, ...]


@dataclass(slots=True)
class _Job:
    """What is known of one dataset."""

    mark: Mark = ()  # of the files that the figures are of
    told: dict[str, Any] | None = None  # {"charts": […]} or {"failed": line}
    as_of: str | None = None
    took: float = 0.0
    ended: float = 0.0
    since: float | None = None  # a count goes on
    lock: threading.Lock = field(default_factory=threading.Lock)


class FigureJobs:
    """One count at a time for each dataset. `closing`: the server ends, and with it what is being counted."""

    def __init__(self, closing: threading.Event) -> None:
        self._closing, self._jobs, self._lock = closing, dict[str, _Job](), threading.Lock()

    def charts(self, key: str, folder: Folder, *, again: bool) -> dict[str, Any]:
        """What is known now, counting where it is not, or is of earlier; `again`: though that was a moment ago."""
        with self._lock:
            job = self._jobs.setdefault(key, _Job())
        mark = _mark(folder)
        with job.lock:
            if job.since is None and _is_due(job, mark, again=again):
                job.since = time.monotonic()
                threading.Thread(target=self._count, args=(job, folder.path, mark), daemon=True).start()
            return _told(job, is_current=mark == job.mark)

    def _count(self, job: _Job, path: Path, mark: Mark) -> None:
        for told in _in_a_process(path, self._closing):
            with job.lock:
                job.told, job.mark, job.as_of = told, mark, utc_now()
        with job.lock:
            job.took, job.ended = time.monotonic() - (job.since or 0), time.monotonic()
            job.since = None


def _is_due(job: _Job, mark: Mark, *, again: bool) -> bool:
    if job.told is None or again:
        return True
    return mark != job.mark and time.monotonic() - job.ended > _WORTH * max(1.0, job.took)


def _told(job: _Job, *, is_current: bool) -> dict[str, Any]:
    known = job.told or {}
    state = "counting" if job.told is None else "failed" if "failed" in known else "ready"
    if state == "ready" and not known.get("charts"):
        state = "empty"
    return {
        "state": state,
        "message": known.get("failed", known.get("message", "")),
        "as_of": job.as_of,
        "is_current": is_current and job.told is not None,
        "is_counting": job.since is not None,
        "counting_s": None if job.since is None else round(time.monotonic() - job.since, 1),
        "charts": known.get("charts", []),
    }


def _mark(folder: Folder) -> Mark:
    return tuple(map(_one, (folder.journal, folder.rejected, folder.plan)))


def _one(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns


def _in_a_process(path: Path, closing: threading.Event) -> Iterator[dict[str, Any]]:
    """The figures without likenesses, which are soon there, then all of them; or why there are none.

    The process ends with the server.
    """
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_work, args=(theirs, str(path)), daemon=True)
    process.start()
    theirs.close()
    is_told = False
    try:
        while not closing.is_set():
            if ours.poll(_LOOK):
                yield json.loads(ours.recv_bytes())
                is_told = True
    except (EOFError, OSError):
        process.join(_PATIENCE)
        if not is_told or process.exitcode:
            yield {"failed": "the figures could not be counted: the process that counted them died (memory?)"}
    finally:
        ours.close()
        process.kill()
        process.join()


def _work(theirs: Connection, path: str) -> None:
    """In the process: count, send, end."""
    if hasattr(os, "nice"):
        with contextlib.suppress(OSError):
            os.nice(_NICENESS)
    with contextlib.suppress(KeyboardInterrupt, OSError):  # the server's end is this one's too
        for near in (1.0, _NEAR):
            told = _counted(Path(path), near)
            theirs.send_bytes(json.dumps(told).encode())
            if not told.get("charts"):
                break
    theirs.close()


def _counted(path: Path, near: float) -> dict[str, Any]:
    from dset.charts import gather

    try:
        found = gather.gather(path, near)
    except DsetError as error:
        return {"charts": [], "message": str(error)}
    except OSError as error:
        return {"failed": f"a file cannot be read ({error.strerror})"}
    except Exception as error:  # noqa: BLE001 - it becomes a line on the page
        return {"failed": f"an error of dset's own ({type(error).__name__}); please report it"}
    return {"charts": list(found.charts), "message": " ".join(found.notes)}
