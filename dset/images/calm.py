"""Pillow's warnings while it works on files of strangers."""

import contextlib
import threading
import warnings
from collections.abc import Iterator


class _Calm:
    """The warnings' filters are those of the whole process: the first one in sets them, the last one out restores."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inside = 0
        self._before = contextlib.ExitStack()

    def enter(self) -> None:
        with self._lock:
            self._inside += 1
            if self._inside == 1:
                self._before.enter_context(warnings.catch_warnings())
                warnings.simplefilter("ignore")

    def leave(self) -> None:
        with self._lock:
            self._inside -= 1
            if not self._inside:
                self._before.close()


_CALM = _Calm()


@contextlib.contextmanager
def calm() -> Iterator[None]:
    """Within it, in any thread, no warning is shown or raised: a broken EXIF block is nothing to tell a user of."""
    _CALM.enter()
    try:
        yield
    finally:
        _CALM.leave()
