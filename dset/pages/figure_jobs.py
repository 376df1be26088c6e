"""The figures of datasets, counted beside the server: of a million answers that takes minutes, and no page waits."""

import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dset.folders import Folder
from dset.pages.figure_process import FigureProcess
from dset.runs import utc_now

_WORTH = 10.0  # counting again begins only when what is known is so many times older than counting takes
Mark = tuple[tuple[int, int] | None, ...]


@dataclass(slots=True)
class _Job:
    """What is known of one dataset."""

    mark: Mark = ()  # of the files that the figures are of
    told: dict[str, Any] | None = None  # {"charts": […], "message"} or {"failed": line}
    as_of: str | None = None
    took: float = 0.0
    ended: float = 0.0
    since: float | None = None  # a count goes on
    lock: threading.Lock = field(default_factory=threading.Lock)


class FigureJobs:
    """One count at a time for each dataset. `end` ends what is being counted."""

    def __init__(self) -> None:
        self._jobs, self._lock = dict[str, _Job](), threading.Lock()
        self._running, self._is_over = set[FigureProcess](), False

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

    def end(self) -> None:
        """The server ends."""
        with self._lock:
            self._is_over = True
            for one in self._running:
                one.end()

    def _count(self, job: _Job, path: Path, mark: Mark) -> None:
        try:
            process = self._started(path)
            for told in process.found():
                with job.lock:
                    job.told, job.mark, job.as_of = told, mark, utc_now()
            with self._lock:
                self._running.discard(process)
        except OSError as error:
            with job.lock:
                job.told = {"failed": f"the figures could not be counted ({error.strerror})"}
        with job.lock:
            job.took, job.ended = time.monotonic() - (job.since or 0), time.monotonic()
            job.since = None

    def _started(self, path: Path) -> FigureProcess:
        with self._lock:
            process = FigureProcess(path)
            self._running.add(process)
            if self._is_over:
                process.end()
            return process


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
