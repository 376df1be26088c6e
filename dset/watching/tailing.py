"""A file of lines that grows: each whole line once, in slices, however long the file is and whoever replaces it."""

import os
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

_BLOCK = 1 << 20
_LONGEST = 8 << 20  # bytes of a line that are kept; of a longer one its beginning
_ANCHOR = 64  # bytes before where reading goes on: other ones there, and it is another file
_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO | None]:
    """The file to read; None where there is none that can be read, or it is a folder or a pipe."""
    try:
        descriptor = os.open(path, _FLAGS)
    except (OSError, ValueError):
        yield None
        return
    with open(descriptor, "rb", buffering=0) as stream:
        yield stream if stat.S_ISREG(os.fstat(descriptor).st_mode) else None


def last_lines(path: Path, most: int, size: int) -> list[bytes]:
    """The whole lines in the last `size` bytes, `most` at most, newest last."""
    try:
        with opened(path) as stream:
            if stream is None:
                return []
            end = os.fstat(stream.fileno()).st_size
            start = max(0, end - size)
            stream.seek(start)
            lines = stream.read(size).split(b"\n")
    except OSError:
        return []
    return lines[1 if start else 0 : -1][-most:]  # the first may have begun before, the last is not whole


class Tail:
    """What `lines` gives is given once; `times` counts how often the file was found to be another one."""

    def __init__(self, path: Path, start: int = 0, end: int | None = None) -> None:
        """From byte `start`, where a line begins, to byte `end`; another file that takes its place is read whole."""
        self._path, self._end = path, end
        self._held = b""
        self._anchor = b""
        self._file: tuple[int, int] | None = None
        self._looked = False
        self.at = start  # bytes that were read
        self.count = 0  # lines that were given
        self.times = 0
        self.size = start

    @property
    def left(self) -> int:
        """Bytes that are still to be read, as far as is known."""
        return max(0, (self.size if self._end is None else self._end) - self.at)

    @property
    def is_level(self) -> bool:
        """All that was there when it was looked at has been read."""
        return self._looked and self.at >= self.size

    def lines(self, deadline: float) -> Iterator[list[bytes]]:
        """The further whole lines without their ends, a block at a time, until time.monotonic() is `deadline`."""
        self._looked = True
        try:
            with opened(self._path) as stream:
                if stream is None:
                    self._begin_anew(None)
                    return
                self._check(stream)
                while not self.is_level:
                    if not (block := stream.read(min(_BLOCK, self.size - self.at))):
                        self.size = self.at
                        return
                    yield self._whole(block)
                    if time.monotonic() >= deadline:
                        return
        except OSError:
            return  # a disk that is gone for a moment

    def _check(self, stream: BinaryIO) -> None:
        now = os.fstat(stream.fileno())
        same = self._file in {None, (now.st_dev, now.st_ino)} and now.st_size >= self.at
        if same and self._anchor:
            stream.seek(self.at - len(self._anchor))
            same = stream.read(len(self._anchor)) == self._anchor
        if not same:
            self._begin_anew((now.st_dev, now.st_ino))
        self._file = now.st_dev, now.st_ino
        self.size = now.st_size if self._end is None else min(self._end, now.st_size)
        stream.seek(self.at)

    def _begin_anew(self, file: tuple[int, int] | None) -> None:
        if self.at or self._file:
            self.times += 1
        self._file, self._end = file, None
        self._held = self._anchor = b""
        self.at = self.size = self.count = 0

    def _whole(self, block: bytes) -> list[bytes]:
        self.at += len(block)
        self._anchor = (self._anchor + block[-_ANCHOR:])[-_ANCHOR:]
        *whole, rest = block.split(b"\n")
        if whole:
            whole[0] = self._held + whole[0]
            self._held = rest
        else:  # a line without an end yet
            self._held += rest[: max(0, _LONGEST - len(self._held))]
        self.count += len(whole)
        return whole
