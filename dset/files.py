"""The dangerous lines, once: durable append, atomic replace, lock.

Nothing else in the program writes, renames, truncates or removes a file. POSIX and Windows behave alike to
the caller; what differs (folder fsync, mode bits, sharing violations) is settled here.
"""

import contextlib
import errno
import os
import stat
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

_BINARY = getattr(os, "O_BINARY", 0)  # Windows would translate line ends without it
_CLOEXEC = getattr(os, "O_CLOEXEC", 0)
# What some shared and virtual disks answer: no folder can be synced there. PostgreSQL passes over the same two.
_NO_FOLDER_FSYNC = (errno.EINVAL, errno.EBADF)
_NOFOLLOW = getattr(os, "O_NOFOLLOW", 0)
# An editor or a virus scanner holds a file for a moment on Windows; each try waits a little longer.
_PATIENCE = (0.05, 0.1, 0.2, 0.4, 0.8)


def sync_folder(folder: Path) -> None:
    """Make the names in `folder` survive a power cut. Windows has no such call and needs none."""
    if sys.platform != "win32":
        descriptor = os.open(folder, os.O_RDONLY | _CLOEXEC)
        try:
            os.fsync(descriptor)
        except OSError as error:
            if error.errno not in _NO_FOLDER_FSYNC:
                raise
        finally:
            os.close(descriptor)


def sync(descriptor: int) -> None:
    """Make what was written survive a power cut. On macOS fsync leaves it in the drive's cache (man 2 fsync)."""
    if sys.platform == "darwin":
        import fcntl

        try:
            fcntl.fcntl(descriptor, fcntl.F_FULLFSYNC)
            return
        except OSError:
            pass  # a disk that does not know the call, a network share: fsync is what there is
    os.fsync(descriptor)


def write_all(descriptor: int, data: bytes) -> None:
    """Write every byte; one call to the system may take only a part of them."""
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def make_folder(folder: Path) -> None:
    """Create `folder` and its parents, durably."""
    missing = [folder, *folder.parents]
    missing = [one for one in missing if not one.exists()]
    for one in reversed(missing):
        with contextlib.suppress(FileExistsError):
            one.mkdir()
        sync_folder(one.parent)


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
        self._descriptor = os.open(
            self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND | _BINARY | _CLOEXEC, 0o666
        )
        try:
            if new:
                sync(self._descriptor)
                sync_folder(self.path.parent)
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
            write_all(self._descriptor, data)
        except OSError:
            self._cut_back(before)
            raise
        if durable:
            self._sync(before)
        self._left_at = before + len(data)

    def _sync(self, before: int) -> None:
        try:
            sync(self._descriptor)
        except OSError:
            self.broken = True
            self._cut_back(before)
            raise

    def _cut_back(self, size: int) -> None:
        try:
            os.ftruncate(self._descriptor, size)
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
    descriptor = os.open(path, os.O_RDWR | _BINARY | _CLOEXEC)
    try:
        os.ftruncate(descriptor, size)
        sync(descriptor)
    finally:
        os.close(descriptor)


def replace(path: Path, chunks: Iterable[bytes], ready: Callable[[], None] | None = None) -> None:
    """Put new content in place of `path` in one step: a reader sees the old file or the new one, never half.

    A symbolic link is followed, so that the link stays and its target is replaced; mode and owner are kept. `ready` is
    called when the new content is on disk and before the swap: if it raises, the old file stays.
    """
    target = Path(os.path.realpath(path))
    beside = target.with_name(f".{target.name}.new")
    with contextlib.suppress(FileNotFoundError):
        beside.unlink()  # left by a run that was killed
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY | _CLOEXEC | _NOFOLLOW, 0o666)
    try:
        try:
            for chunk in chunks:
                write_all(descriptor, chunk)
            sync(descriptor)
        finally:
            os.close(descriptor)
        if target.exists():
            _keep_owner_and_mode(beside, target.stat())
        if ready:
            ready()
        _rename(beside, target)
    except BaseException:
        with contextlib.suppress(OSError):
            beside.unlink()
        raise
    sync_folder(target.parent)


def _keep_owner_and_mode(beside: Path, old: os.stat_result) -> None:
    """A run as root, as in a container, must not take the user's file from them."""
    if sys.platform != "win32" and (old.st_uid, old.st_gid) != (os.geteuid(), os.getegid()):
        with contextlib.suppress(PermissionError):
            os.chown(beside, old.st_uid, old.st_gid)
    os.chmod(beside, stat.S_IMODE(old.st_mode))


def _rename(source: Path, target: Path) -> None:
    for pause in _PATIENCE:
        try:
            os.replace(source, target)
            return
        except PermissionError:
            time.sleep(pause)
    os.replace(source, target)


def set_aside(path: Path) -> Path:
    """Rename `path` to the next free `NAME.bak1`, `NAME.bak2` … and return the new name."""
    number = 1
    while (aside := path.with_name(f"{path.name}.bak{number}")).exists():
        number += 1
    _rename(path, aside)
    sync_folder(path.parent)
    return aside


def remove(path: Path) -> None:
    """Remove `path` if it is there."""
    with contextlib.suppress(FileNotFoundError):
        path.unlink()


@contextlib.contextmanager
def patient_open(path: Path) -> Iterator[int]:
    """A descriptor to read `path`, tried again for a moment while another program holds the file."""
    descriptor = -1
    for pause in (*_PATIENCE, None):
        try:
            descriptor = os.open(path, os.O_RDONLY | _BINARY | _CLOEXEC)
            break
        except PermissionError:
            if pause is None or (sys.platform != "win32" and not os.access(path, os.R_OK)):
                raise
            time.sleep(pause)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
