"""Whether a run goes on: its lock is held. Asked seldom of a lock that nobody holds, as asking takes it for a moment."""

import os
from pathlib import Path

from dset.folders import Folder
from dset.locks import Lock

_Mark = tuple[int, int, int] | None


class Busy:
    """The locks of a folder."""

    def __init__(self, folder: Folder) -> None:
        self._paths = (folder.lock, folder.path / ".task.lock")  # a task holds its own between two rounds too
        self._free: dict[Path, _Mark] = {}

    def __call__(self) -> str:
        """Who works in the folder, `pid 1234, since …`; "" for nobody."""
        return next(filter(None, map(self._holder, self._paths)), "")

    def _holder(self, path: Path) -> str:
        mark = mark_of(path)
        # Whoever takes a lock writes into its file: one that was free and is as it was is free still.
        if mark is None or self._free.get(path) == mark:
            return ""
        holder = Lock(path, "").holder()
        if not holder:
            self._free[path] = mark
        return holder


def mark_of(path: Path) -> _Mark:
    """What changes when the file does; None where there is none."""
    try:
        there = os.stat(path)
    except (OSError, ValueError):
        return None
    return there.st_ino, there.st_size, there.st_mtime_ns
