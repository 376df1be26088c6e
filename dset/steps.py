"""Every system call of the program that changes a disk, one function each.

A step is what a crash falls before, into or after, and what a disk refuses. A test puts its own `watch` here: it is
called in place of each step and may stop the program there, tear a write, or answer as a broken disk does.
"""

import contextlib
import errno
import os
import stat
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_BINARY = getattr(os, "O_BINARY", 0)  # Windows would translate line ends without it
_CLOEXEC = getattr(os, "O_CLOEXEC", 0)
# What some shared and virtual disks answer: no folder can be synced there. PostgreSQL passes over the same two.
_NO_FOLDER_FSYNC = (errno.EINVAL, errno.EBADF)
# An editor or a virus scanner holds a file for a moment on Windows; each try waits a little longer.
PATIENCE = (0.05, 0.1, 0.2, 0.4, 0.8)


@dataclass(frozen=True, slots=True)
class Step:
    """One call that changes a disk: `kind` is open, write, sync, truncate, rename, link, unlink, mkdir or meta."""

    kind: str
    path: str
    call: Callable[..., Any]
    arguments: tuple[Any, ...]

    def take(self) -> Any:
        """Do it. Raises OSError."""
        return self.call(*self.arguments)

    def tear(self, size: int) -> Any:
        """Of a write, the first `size` bytes."""
        descriptor, data = self.arguments
        return self.call(descriptor, data[:size])


watch: Callable[[Step], Any] | None = None


def _step(kind: str, path: str | Path, call: Callable[..., Any], *arguments: Any) -> Any:
    step = Step(kind, str(path), call, arguments)
    while True:
        try:
            return step.take() if watch is None else watch(step)
        except InterruptedError:  # PEP 475 covers some of these calls, not all
            continue


def open_file(path: Path, flags: int) -> int:
    """A descriptor of `path`, binary and not inherited; a new file has mode 0o666 less the umask. Raises OSError."""
    return int(_step("open", path, os.open, path, flags | _BINARY | _CLOEXEC, 0o666))


def write_all(descriptor: int, data: bytes, path: Path) -> None:
    """Write every byte; one call to the system may take only a part of them."""
    view = memoryview(data)
    while view:
        view = view[_step("write", path, os.write, descriptor, view) :]


def sync(descriptor: int, path: Path) -> None:
    """Make what was written survive a power cut."""
    _step("sync", path, _sync, descriptor)


def _sync(descriptor: int) -> None:
    if sys.platform == "darwin":  # there fsync leaves it in the drive's cache (man 2 fsync)
        import fcntl

        try:
            fcntl.fcntl(descriptor, fcntl.F_FULLFSYNC)
            return
        except OSError:
            pass  # a disk that does not know the call, a network share: fsync is what there is
    os.fsync(descriptor)


def sync_folder(folder: Path) -> None:
    """Make the names in `folder` survive a power cut. Windows has no such call and needs none."""
    if sys.platform != "win32":
        descriptor = os.open(folder, os.O_RDONLY | _CLOEXEC)
        try:
            _step("sync", folder, os.fsync, descriptor)
        except OSError as error:
            if error.errno not in _NO_FOLDER_FSYNC:
                raise
        finally:
            os.close(descriptor)


def truncate(descriptor: int, size: int, path: Path) -> None:
    """Cut the open file to `size` bytes."""
    _step("truncate", path, os.ftruncate, descriptor, size)


def rename(source: Path, target: Path) -> None:
    """Give `source` the name `target`, in place of what stands there; tried again while a program holds either."""
    for pause in PATIENCE:
        try:
            _step("rename", target, os.replace, source, target)
            return
        except PermissionError:
            time.sleep(pause)
    _step("rename", target, os.replace, source, target)


def exchange(one: Path, other: Path) -> None:
    """Each file takes the other's name, in one step. Raises OSError: ENOSYS, EINVAL … where the system cannot."""
    _step("rename", other, _exchange, one, other)


def _exchange(one: Path, other: Path) -> None:
    import ctypes

    number = None
    library: Any = ctypes.CDLL(None, use_errno=True) if sys.platform != "win32" else None
    names = os.fsencode(one), os.fsencode(other)
    # RENAME_EXCHANGE of rename(2) on Linux, RENAME_SWAP of renamex_np(2) on macOS: 2 in both.
    if hasattr(library, "renameat2"):
        here = -100  # AT_FDCWD
        number = library.renameat2(here, names[0], here, names[1], 2)
    elif hasattr(library, "renamex_np"):
        number = library.renamex_np(*names, 2)
    if number is None:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS), str(other))
    if number:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), str(other))


def link(source: Path, target: Path) -> None:
    """A second name for `source`. Raises OSError: FileExistsError, and where the disk has no such links."""
    _step("link", target, os.link, source, target)


def remove(path: Path) -> None:
    """Remove `path` if it is there."""
    with contextlib.suppress(FileNotFoundError):
        _step("unlink", path, os.unlink, path)


def make_folder(folder: Path) -> None:
    """Create `folder` unless it is there."""
    with contextlib.suppress(FileExistsError):
        _step("mkdir", folder, os.mkdir, folder)


def remove_folder(folder: Path) -> None:
    """Remove `folder`, unless something is in it or it is gone."""
    with contextlib.suppress(FileNotFoundError):
        try:
            _step("unlink", folder, os.rmdir, folder)
        except OSError as error:
            if error.errno not in {errno.ENOTEMPTY, errno.EEXIST}:
                raise


def keep_owner_and_mode(path: Path, old: os.stat_result) -> None:
    """Give `path` the owner and mode of `old`: a run as root, as in a container, must not take a user's file away."""
    if sys.platform != "win32" and (old.st_uid, old.st_gid) != (os.geteuid(), os.getegid()):
        with contextlib.suppress(PermissionError):
            _step("meta", path, os.chown, path, old.st_uid, old.st_gid)
    _step("meta", path, os.chmod, path, stat.S_IMODE(old.st_mode))
