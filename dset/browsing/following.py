"""A JSON Lines file that somebody appends to, read on from where it was left, each line once.

Nothing is read while the file's size and time stay as they were.
"""

import os
import stat
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, NamedTuple

from dset import answers
from dset.answers import Record

LONGEST = 128 << 20  # bytes of a line that is read; a longer one counts as damaged
_SKIPPED = 1 << 20
_TAIL = 4096  # bytes before the place of reading that must be as they were
_BLOCK = 1 << 20
_Stamp = tuple[int, int, int, int]


class Line(NamedTuple):
    """A whole line without its end: where it stands, and its record, None where it is damaged."""

    offset: int
    size: int
    crc: int
    record: Record | None


class Following:
    """One file. `has_changed` first, then `batches`, as often as wanted; not for several threads at once."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.begin_anew()

    def begin_anew(self) -> None:
        """Read it from its beginning."""
        self.at = self.size = self.damaged = 0  # bytes read, bytes there, lines that are no records
        self._crc = 0  # of all that was read
        self._tail = b""  # the end of what was read
        self._stamp: _Stamp | None = None  # when it was last read to its end
        self._identity: tuple[int, int] | None = None

    @property
    def is_read(self) -> bool:
        """All that stood there at the last look was read, but for a torn last line."""
        return self._stamp is not None

    def has_changed(self) -> bool:
        """What was read stands there no longer: it was replaced, shortened or edited. Raises OSError."""
        try:
            status = os.stat(self.path)
            # A pipe would be waited for, and a device has no end; of a folder the reading says what it is.
            is_file = stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode)
        except FileNotFoundError:
            is_file = False
        if not is_file:
            self.size, self._stamp = 0, (0, 0, 0, 0)
            return self.at > 0
        stamp = status.st_size, status.st_mtime_ns, status.st_dev, status.st_ino
        if stamp == self._stamp:
            return False
        self.size = status.st_size
        identity, before = (status.st_dev, status.st_ino), self._identity
        was_read, self._stamp, self._identity = self._stamp, None, identity
        if not self.at:
            return False
        if identity != before or self.size < self.at:
            return True
        # Longer: somebody appended, as a run does. As long as it was, and saved: only all of it tells.
        is_longer = was_read is None or self.size > was_read[0]
        return not (self._ends_alike() if is_longer else self._is_alike())

    def _ends_alike(self) -> bool:
        with self.path.open("rb") as stream:
            stream.seek(self.at - len(self._tail))
            return stream.read(len(self._tail)) == self._tail

    def _is_alike(self) -> bool:
        crc, left = 0, self.at
        with self.path.open("rb") as stream:
            while left and (block := stream.read(min(_BLOCK, left))):
                crc, left = zlib.crc32(block, crc), left - len(block)
        return not left and crc == self._crc

    def batches(self) -> Iterator[list[Line]]:
        """What came since, about a megabyte of lines at a time, blank ones left out; may be left after any of them.

        A last line without its end is taken where it is a whole record, else it waits. Raises OSError.
        """
        if self.is_read:
            return
        with self.path.open("rb") as stream:
            status = os.fstat(stream.fileno())
            if (status.st_dev, status.st_ino) != self._identity:
                return  # replaced just now: the next look tells
            stream.seek(self.at)
            while (block := stream.read(_BLOCK)) and (lines := self._lines(stream, block)) is not None:
                yield lines
                stream.seek(self.at)
            # As it was when it was opened: what was added since differs from that.
            self._stamp = status.st_size, status.st_mtime_ns, status.st_dev, status.st_ino

    def _lines(self, stream: IO[bytes], block: bytes) -> list[Line] | None:
        """The lines that end in the block; where none does the one that begins it, None where that has no end yet."""
        end = block.rfind(b"\n")
        if end < 0:
            stream.seek(self.at)
            return self._long(stream, stream.readline(LONGEST))
        offset, lines = self.at, []
        for raw in block[:end].split(b"\n"):
            if raw.strip():
                lines.append(_line(offset, raw))
            offset += len(raw) + 1
        self._take(block[: end + 1])
        self.damaged += sum(line.record is None for line in lines)
        return lines

    def _long(self, stream: IO[bytes], raw: bytes) -> list[Line] | None:
        """The line that is, or begins with, `raw`."""
        if len(raw) == LONGEST and not raw.endswith(b"\n"):
            return self._skipped(stream, raw)
        line = _line(self.at, raw.removesuffix(b"\n"))
        if not raw.endswith(b"\n") and line.record is None:
            return None
        self._take(raw)
        self.damaged += line.record is None
        return [line]

    def _skipped(self, stream: IO[bytes], raw: bytes) -> list[Line] | None:
        crc, size = zlib.crc32(raw, self._crc), len(raw)
        while not raw.endswith(b"\n"):
            raw = stream.readline(_SKIPPED)
            if not raw:
                return None
            crc, size = zlib.crc32(raw, crc), size + len(raw)
        self.at, self._crc, self._tail = self.at + size, crc, raw[-_TAIL:]
        self.damaged += 1
        return []

    def _take(self, raw: bytes) -> None:
        self.at += len(raw)
        self._crc = zlib.crc32(raw, self._crc)
        self._tail = raw[-_TAIL:] if len(raw) >= _TAIL else (self._tail + raw)[-_TAIL:]


def _line(offset: int, raw: bytes) -> Line:
    try:
        return Line(offset, len(raw), zlib.crc32(raw), answers.parse(raw))
    except ValueError:
        return Line(offset, len(raw), 0, None)


def at(path: Path, offset: int, size: int, crc: int) -> Record | None:
    """The record in the line that stood there when it was read; None where it does no longer. Raises OSError."""
    try:
        with path.open("rb") as stream:
            stream.seek(offset)
            raw = stream.read(size)
        return answers.parse(raw) if zlib.crc32(raw) == crc else None
    except (FileNotFoundError, ValueError):
        return None
