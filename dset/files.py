"""The dangerous lines, once: durable append, atomic replace.

Nothing but this, `swaps`, `locks` and the drafts of an export writes, renames, truncates or removes a file, and each call that does is a step
of `dset.steps`; but for the note of a run (`live`), which is none. POSIX and Windows behave alike to the caller; what differs is settled here and there.
"""

import contextlib
import errno
import os
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from dset import steps

_BLOCK = 1 << 20  # bytes written at once

_NOFOLLOW = getattr(os, "O_NOFOLLOW", 0)


def make_folder(folder: Path) -> None:
    """Create `folder` and its parents, durably."""
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    for one in reversed(missing):
        steps.make_folder(one)
        steps.sync_folder(one.parent)


class AppendFile:
    """A file that only ever grows by whole pieces.

    A piece that cannot be written whole is taken back, so that the next one never lands on half of it. After a
    failed fsync the system may have dropped the pages and a second fsync would lie (fsyncgate, 2018): the
    file is `broken` and refuses further pieces.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.broken = False
        self.touched = False  # somebody else changed or replaced it while we had it open
        self._descriptor = -1
        self._open()

    def _open(self) -> None:
        new = not self.path.exists()
        self._descriptor = steps.open_file(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND)
        try:
            if new:
                steps.sync(self._descriptor, self.path)
                steps.sync_folder(self.path.parent)
        except BaseException:
            self.close()
            raise
        self._left_at = self.size

    def is_as_left(self) -> bool:
        """The path still names this file, and nobody else made it longer or shorter. Raises OSError."""
        try:
            there = os.stat(self.path)
        except FileNotFoundError:
            return False
        mine = os.fstat(self._descriptor)
        return os.path.samestat(there, mine) and mine.st_size == self._left_at

    def _take_over(self) -> bytes:
        """Go on with what somebody else put in our place; what to write before the next line of it."""
        self.touched = True
        self.close()
        self._open()
        with open(self._descriptor, "rb", closefd=False) as stream:
            stream.seek(max(0, self._left_at - 1))
            return b"" if stream.read(1) in {b"", b"\n"} else b"\n"

    @property
    def size(self) -> int:
        """Length in bytes, as the disk has it now."""
        return os.fstat(self._descriptor).st_size

    def append(self, data: bytes, *, durable: bool = True) -> None:
        """Add `data` at the end and, if `durable`, wait until the disk has it. Raises OSError."""
        if self.broken:
            raise OSError(errno.EIO, "an earlier write failed, nothing more is written", str(self.path))
        if not self.is_as_left():
            data = self._take_over() + data if data else data
        before = self.size
        try:
            steps.write_all(self._descriptor, data, self.path)
        except OSError:
            self._cut_back(before)
            raise
        if durable:
            self._sync(before)
        self._left_at = before + len(data)

    def _sync(self, before: int) -> None:
        try:
            steps.sync(self._descriptor, self.path)
        except OSError:
            self.broken = True
            self._cut_back(before)
            raise

    def _cut_back(self, size: int) -> None:
        try:
            steps.truncate(self._descriptor, size, self.path)
        except OSError:
            self.broken = True  # half a piece may stand there; recovery at the next start cuts it

    def close(self) -> None:
        """Close the file; a second call does nothing."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def append(path: Path, data: bytes) -> None:
    """Append `data` to `path` once, durably."""
    file = AppendFile(path)
    try:
        file.append(data)
    finally:
        file.close()


def cut(path: Path, size: int) -> None:
    """Shorten `path` to `size` bytes, durably."""
    descriptor = steps.open_file(path, os.O_RDWR)
    try:
        steps.truncate(descriptor, size, path)
        steps.sync(descriptor, path)
    finally:
        os.close(descriptor)


def replace(path: Path, chunks: Iterable[bytes]) -> None:
    """Put new content in place of `path` in one step: a reader sees the old file or the new one, never half.

    A symbolic link is followed, so that the link stays and its target is replaced; mode and owner are kept.
    """
    target = Path(os.path.realpath(path))
    with draft(target, chunks) as new:
        steps.rename(new, target)
    steps.sync_folder(target.parent)


def draft_of(target: Path) -> Path:
    """Where the new content of `target` is written before it takes its place."""
    return target.with_name(f".{target.name}.new")


@contextlib.contextmanager
def draft(target: Path, chunks: Iterable[bytes]) -> Iterator[Path]:
    """The new content in a file beside `target`, on disk; removed again where the block fails."""
    beside = draft_of(target)
    steps.remove(beside)  # left by a run that was killed
    descriptor = steps.open_file(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NOFOLLOW)
    try:
        try:
            for chunk in chunks:
                steps.write_all(descriptor, chunk, beside)
            steps.sync(descriptor, beside)
        finally:
            os.close(descriptor)
        if target.exists():
            steps.keep_owner_and_mode(beside, target.stat())
        yield beside
    except BaseException:
        with contextlib.suppress(OSError):
            steps.remove(beside)
        raise


def set_aside(path: Path) -> Path:
    """Rename `path` to the next free `NAME.bak1`, `NAME.bak2` … and return the new name."""
    number = 1
    while (aside := path.with_name(f"{path.name}.bak{number}")).exists():
        number += 1
    steps.rename(path, aside)
    steps.sync_folder(path.parent)
    return aside


remove = steps.remove


def move(path: Path, to: Path) -> None:
    """Give the file another name, in place of what stands there; `settle` both folders to make it survive a power cut."""
    steps.rename(path, to)


def link(path: Path, to: Path) -> None:
    """A second name for a file, durably. Raises OSError where the disk has none, or the name is taken."""
    steps.link(Path(os.path.realpath(path)), to)
    steps.sync_folder(to.parent)


def put(path: Path, data: bytes) -> None:
    """A new file with this content, on disk but for its name, which `settle` makes survive; nothing of it where it fails."""
    steps.remove(path)  # left by a run that was killed
    descriptor = steps.open_file(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NOFOLLOW)
    try:
        steps.write_all(descriptor, data, path)
        steps.sync(descriptor, path)
    except BaseException:
        with contextlib.suppress(OSError):
            steps.remove(path)
        raise
    finally:
        os.close(descriptor)


def settle(folder: Path) -> None:
    """Make the names in the folder survive a power cut."""
    steps.sync_folder(folder)


def remove_folder(folder: Path) -> None:
    """Remove the folder if it is empty."""
    steps.remove_folder(folder)


@contextlib.contextmanager
def patient_open(path: Path) -> Iterator[int]:
    """A descriptor to read `path`, tried again for a moment while another program holds the file."""
    descriptor = -1
    for pause in (*steps.PATIENCE, None):
        try:
            descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0))
            break
        except PermissionError:
            if pause is None or (sys.platform != "win32" and not os.access(path, os.R_OK)):
                raise
            time.sleep(pause)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def in_blocks(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in few pieces, large enough to be written one by one."""
    held, size = [], 0
    for piece in pieces:
        held.append(piece)
        size += len(piece)
        if size >= _BLOCK:
            yield b"".join(held)
            held, size = [], 0
    yield b"".join(held)
