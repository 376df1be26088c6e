"""Indexes that are read on by themselves, once somebody has looked at them, until all is read."""

import threading
from collections import deque

from dset.browsing.index import Index
from dset.errors import DsetError

_SLICE = 0.2  # seconds: so often another one has its turn, and so long the end may wait


class Background:
    """One thread for all of them, that is there while there is something to read. For any number of threads."""

    def __init__(self) -> None:
        self._waiting = deque[Index]()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._is_over = False

    def read(self, index: Index) -> None:
        """Read the rest of it, where that is not on its way."""
        with self._lock:
            if self._is_over or index in self._waiting:
                return
            self._waiting.append(index)
            if self._thread is None:
                self._thread = threading.Thread(target=self._go_on, name="dset-reading", daemon=True)
                self._thread.start()

    def end(self, most_seconds: float = 2.0) -> None:
        """Read nothing more; waits so long for the slice that is being read, which may be a line of a hundred megabytes."""
        with self._lock:
            self._is_over, thread = True, self._thread
            self._waiting.clear()
        if thread is not None:
            thread.join(most_seconds)

    def _go_on(self) -> None:
        while (index := self._next()) is not None:
            is_read = _read(index)
            with self._lock:
                if self._waiting and self._waiting[0] is index:
                    self._waiting.popleft()
                    if not is_read:
                        self._waiting.append(index)

    def _next(self) -> Index | None:
        """The one whose turn it is; None ends the thread."""
        with self._lock:
            if not self._waiting:
                self._thread = None
                return None
            return self._waiting[0]


def _read(index: Index) -> bool:
    """Read a slice; False where more is left, and this one brought something."""
    before = index.reading
    try:
        return index.refresh(_SLICE) or index.reading == before
    except (DsetError, OSError):
        return True  # whoever asks for a page is told
