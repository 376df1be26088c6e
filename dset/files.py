"""The dangerous lines, once: durable append, atomic replace, the swap of a file that is somebody else's too.

Nothing else in the program writes, renames, truncates or removes a file; each call that does is a step of
`dset.steps`. POSIX and Windows behave alike to the caller; what differs is settled here and there.
"""

import contextlib
import errno
import glob
import hashlib
import os
import re
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import IO

from dset import steps

_NOFOLLOW = getattr(os, "O_NOFOLLOW", 0)
_BLOCK = 1 << 20


def make_folder(folder: Path) -> None:
    """Create `folder` and its parents, durably."""
    missing = [folder, *folder.parents]
    missing = [one for one in missing if not one.exists()]
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
    with _beside(target, chunks) as new:
        steps.rename(new, target)
    steps.sync_folder(target.parent)


@contextlib.contextmanager
def _beside(target: Path, chunks: Iterable[bytes]) -> Iterator[Path]:
    """The new content in a file beside `target`, on disk; removed again where the block fails."""
    beside = target.with_name(f".{target.name}.new")
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


def new_hash() -> "hashlib.blake2b":
    """What tells one content from another."""
    return hashlib.blake2b(digest_size=16)


def digest_of(pieces: Iterable[bytes]) -> bytes:
    """The digest of these bytes."""
    hashed = new_hash()
    for piece in pieces:
        hashed.update(piece)
    return hashed.digest()


def digest(path: Path) -> bytes:
    """The digest of a file as it stands now. Raises OSError."""
    with path.open("rb") as stream:
        return digest_of(blocks(stream))


def blocks(stream: IO[bytes]) -> Iterator[bytes]:
    """The rest of a file, piece by piece."""
    while block := stream.read(_BLOCK):
        yield block


def swap(path: Path, chunks: Iterable[bytes], *, ready: Callable[[], None], read: bytes) -> Path | None:
    """As `replace`, for a file that others write too: what they save at the very moment of it wins.

    `ready` is called right before the swap: if it raises, the old file stays. `read` is the digest of what the new
    content was made from. If something newer was swapped out, it takes its place again; its name as a
    copy is returned. None where the swap held.
    """
    target = Path(os.path.realpath(path))
    hashed = new_hash()
    with _beside(target, _heard(chunks, hashed)) as new:
        ours = new.stat()
        ready()
        waiting = _waiting_name(target, read, hashed.digest())
        steps.rename(new, waiting)
        try:
            old = _swapped(waiting, target)
        except OSError:
            with contextlib.suppress(OSError):
                steps.remove(waiting)
            raise
    steps.sync_folder(target.parent)
    if old is None or _is_still(old, read):
        _tidy(old)
        return None
    copy = _free_name(target)
    with contextlib.suppress(OSError):  # a disk without such links: it takes its place all the same
        steps.link(old, copy)
    left = _swapped(old, target)
    if left is not None and not os.path.samestat(left.stat(), ours):
        steps.rename(left, _free_name(target))  # somebody was faster once more
    elif left is not None:
        _tidy(left)
    steps.sync_folder(target.parent)
    return copy


def finish_swap(path: Path) -> Path | None:
    """Clear away what a run left that was killed in the middle of a swap; what somebody else saved is never removed.

    That takes its place again where ours stands there still, and is kept as a copy where not; returns where it is.
    None where there was nothing of the kind.
    """
    target, found = Path(os.path.realpath(path)), None
    for left, ours, is_theirs in _left_by_swaps(target):
        if not is_theirs:
            steps.remove(left)
        else:
            found = target if target.exists() and digest(target).hex() == ours else _free_name(target)
            steps.rename(left, found)
    return found


def is_swap_unfinished(path: Path) -> bool:
    """What somebody else saved waits for `finish_swap`. Changes nothing."""
    return any(is_theirs for _, _, is_theirs in _left_by_swaps(Path(os.path.realpath(path))))


def _left_by_swaps(target: Path) -> Iterator[tuple[Path, str, bool]]:
    """(file, digest of ours, somebody else saved it: it is neither what was read nor ours)."""
    for left in sorted(target.parent.glob(f".{glob.escape(target.name)}.*.swap*")):
        match = _WAITING.fullmatch(left.name.removeprefix(f".{target.name}."))
        if match is not None:
            yield left, match["ours"], digest(left).hex() not in match.groups()


_WAITING = re.compile(r"(?P<read>[0-9a-f]{32})\.(?P<ours>[0-9a-f]{32})\.swap(?:\.old)?")


def _waiting_name(target: Path, read: bytes, ours: bytes) -> Path:
    """The name of ours before the swap and of what was there after it; whoever finds it can tell which it is."""
    return target.with_name(f".{target.name}.{read.hex()}.{ours.hex()}.swap")


def _heard(chunks: Iterable[bytes], hashed: "hashlib.blake2b") -> Iterator[bytes]:
    for chunk in chunks:
        hashed.update(chunk)
        yield chunk


def _is_still(path: Path, read: bytes) -> bool:
    try:
        return digest(path) == read
    except OSError:
        return False


def _swapped(new: Path, target: Path) -> Path | None:
    """`new` stands at `target` now; where what stood there is, None where the system cannot keep it."""
    try:
        steps.exchange(new, target)
        return new
    except FileNotFoundError:
        raise
    except OSError:  # not on this system, or not on this disk
        old = new.with_name(f"{new.name}.old")
    try:
        steps.remove(old)
        steps.link(target, old)
    except OSError:
        steps.rename(new, target)
        return None
    steps.rename(new, target)
    return old


def _tidy(left: Path | None) -> None:
    """What is left goes; the next run tries again where it cannot."""
    if left is not None:
        with contextlib.suppress(OSError):
            steps.remove(left)


def _free_name(path: Path) -> Path:
    """`NAME.bak`, or the next free `NAME.bak1`, `NAME.bak2` …"""
    free, number = path.with_name(f"{path.name}.bak"), 0
    while free.exists():
        number += 1
        free = path.with_name(f"{path.name}.bak{number}")
    return free


def set_aside(path: Path) -> Path:
    """Rename `path` to the next free `NAME.bak1`, `NAME.bak2` … and return the new name."""
    number = 1
    while (aside := path.with_name(f"{path.name}.bak{number}")).exists():
        number += 1
    steps.rename(path, aside)
    steps.sync_folder(path.parent)
    return aside


remove = steps.remove


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
