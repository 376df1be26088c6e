"""The figures of datasets, counted beside the server: of a million answers that takes minutes, and no page waits."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dset.folders import Folder
from dset.pages.figure_process import FigureProcess
from dset.runs import utc_now

AT_ONCE = (
    2  # datasets that are counted at once: each takes a core, and some hundred megabytes where it is large
)
_WORTH = 10.0  # counting again begins only when what is known is so many times older than counting takes
_LATER = "Other datasets are counted first; then it is this one's turn."
Mark = tuple[tuple[int, int] | None, ...]


@dataclass(slots=True)
class _Job:
    """What is known of one dataset."""

    mark: Mark = ()  # of the files that the figures are of
    told: dict[str, Any] | None = None  # {"charts": […], "message"} or {"failed": line}
    as_of: str | None = None
    took: float = 0.0
    ended: float = 0.0
    since: float | None = None  # a count goes on, or waits for its turn
    is_waiting: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)


class FigureJobs:
    """One count at a time for each dataset, AT_ONCE in all. `end` ends what is being counted."""

    def __init__(self) -> None:
        self._jobs, self._lock = dict[str, _Job](), threading.Lock()
        self._counters = ThreadPoolExecutor(AT_ONCE, "figures")
        self._running, self._is_over = set[FigureProcess](), False

    def charts(self, key: str, folder: Folder, *, again: bool) -> dict[str, Any]:
        """What is known now, counting where it is not, or is of earlier; `again`: though that was a moment ago."""
        with self._lock:
            job = self._jobs.setdefault(key, _Job())
        mark = _mark(folder)
        with job.lock:
            if job.since is None and _is_due(job, mark, again=again):
                self._begin(job, folder.path, mark)
            return _told(job, is_current=mark == job.mark)

    def _begin(self, job: _Job, path: Path, mark: Mark) -> None:
        with self._lock:
            if not self._is_over:
                job.since, job.is_waiting = time.monotonic(), True
                self._counters.submit(self._count, job, path, mark)

    def end(self) -> None:
        """The server ends: nothing is counted any more when this comes back."""
        with self._lock:
            self._is_over = True
            for one in self._running:
                one.end()
        self._counters.shutdown(cancel_futures=True)

    def _count(self, job: _Job, path: Path, mark: Mark) -> None:
        began = time.monotonic()
        job.is_waiting = False
        try:
            self._counted(job, path, mark)
        except OSError as error:
            with job.lock:
                why = error.strerror or type(error).__name__
                job.told = {"failed": f"The figures could not be counted: {why}."}
        finally:
            with job.lock:
                job.ended = time.monotonic()
                job.took, job.since = job.ended - began, None

    def _counted(self, job: _Job, path: Path, mark: Mark) -> None:
        with self._lock:
            if self._is_over:
                return
            process = FigureProcess(path)
            self._running.add(process)
        try:
            for told in process.found():
                with job.lock:
                    job.told, job.mark, job.as_of = told, mark, utc_now()
        finally:
            with self._lock:
                self._running.discard(process)


def _is_due(job: _Job, mark: Mark, *, again: bool) -> bool:
    if job.told is None or again:
        return True
    return mark != job.mark and time.monotonic() - job.ended > _WORTH * max(1.0, job.took)


def _told(job: _Job, *, is_current: bool) -> dict[str, Any]:
    known = job.told or {}
    state = "counting" if job.told is None else "failed" if "failed" in known else "ready"
    if state == "ready" and not known.get("charts"):
        state = "empty"
    message = known.get("failed", known.get("message", ""))
    return {
        "state": state,
        "message": _LATER if job.told is None and job.is_waiting else message,
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
