""".progress.json: what no other file tells while a run goes on, for whoever watches it.

Written in place, never synced and no step of `dset.steps`: a torn one is known by its sum and passed over, and to lose
it costs nobody anything. It can neither end a run nor hold it up.
"""

import asyncio
import contextlib
import json
import os
import stat
import time
import zlib
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from typing import Any

from dset.runs import utc_now

Figures = dict[str, Any]

EVERY = 1.0  # seconds between notes at the least …
_SELDOM = 5.0  # … and between looks while nothing changes: a run may sleep until tomorrow
_LARGEST = 1 << 20  # bytes: more is no note of ours
_SUM = b', "sum": '
_SAFELY = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)  # no link, and a pipe is not waited for
_PLAINLY = getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)


class Live:
    """The note of one run. Use within one event loop; nothing here raises for what the disk refuses."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor, self._length = -1, 0
        self._noted: Figures = {}

    @contextlib.asynccontextmanager
    async def following(self, figures: Callable[[], Figures]) -> AsyncIterator[None]:
        """Note what `figures` gives while the block runs, at most every second, and once more at its good end."""
        ticker = asyncio.create_task(self._tick(figures))
        try:
            yield
        finally:
            ticker.cancel()
        self.note(figures() | {"state": "ended"})

    async def _tick(self, figures: Callable[[], Figures]) -> None:
        pause, looked = EVERY, -EVERY
        while True:
            # By the real clock too: a simulation goes through days in a second.
            if time.monotonic() - looked >= 0.9 * EVERY:
                is_new = self.note(figures() | {"state": "running"})
                pause, looked = EVERY if is_new else min(2 * pause, _SELDOM), time.monotonic()
            await asyncio.sleep(pause)

    def note(self, figures: Figures) -> bool:
        """Write it, with the moment, unless it says what was noted last. Whether it was anything new."""
        if figures == self._noted:
            return False
        self._noted = figures
        self._write(as_bytes({**figures, "at": utc_now()}))
        return True

    def left(self, after: Mapping[str, Any]) -> None:
        """Add what the same command would find to do now; where nothing was asked, to what the last run noted."""
        noted = self._noted or read(self._path) or {}
        if noted.get("after") != after or noted.get("state") != "ended":
            self.note({**noted, "state": "ended", "after": dict(after)})

    def _write(self, data: bytes) -> None:
        try:
            if self._descriptor < 0 or not self._path.exists():
                self._open()
            # As long as what stood there: nobody ever reads the end of an older one.
            self._length = max(self._length, len(data))
            os.lseek(self._descriptor, 0, os.SEEK_SET)
            os.write(self._descriptor, data.ljust(self._length) + b"\n")
        except OSError:
            pass  # no room, no right, no folder: the run goes on without a note

    def _open(self) -> None:
        self.close()
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | _SAFELY | _PLAINLY, 0o666)
        self._descriptor, self._length = descriptor, 0
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            self.close()
            raise OSError("no file")
        os.ftruncate(descriptor, 0)

    def close(self) -> None:
        """Close the file; a second call does nothing."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def as_bytes(document: Mapping[str, Any]) -> bytes:
    """One JSON object in ASCII, its last member the sum of what stands before it."""
    text = json.dumps(document).encode("ascii")[:-1]
    return b"%b%b%d}" % (text, _SUM, zlib.crc32(text))


def read(path: Path) -> Figures | None:
    """The note as it stands; None where there is none, or none that is whole."""
    try:
        descriptor = os.open(path, os.O_RDONLY | _SAFELY | _PLAINLY)
        with open(descriptor, "rb") as stream:
            is_file = stat.S_ISREG(os.fstat(descriptor).st_mode)
            data = stream.read(_LARGEST) if is_file else b""
    except OSError:
        return None
    text, _, end = data.rpartition(_SUM)
    if not text or end.rstrip() != b"%d}" % zlib.crc32(text):
        return None
    try:
        document = json.loads(text + b"}")
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None
