"""One run at a time: an operating system lock on a file of its own, which dies with the process."""

import contextlib
import errno
import hashlib
import os
import sys
import tempfile
import time
from pathlib import Path

from dset import steps
from dset.errors import AlreadyRunningError

_HELD = {errno.EACCES, errno.EAGAIN, errno.EWOULDBLOCK, errno.EDEADLK}
# No locks there (a network share), or no place for the lock's file: the temporary folder has both.
_NO_LOCKS = {errno.ENOLCK, errno.ENOSYS, errno.EINVAL, errno.EROFS, errno.EPERM, *({errno.ENOTSUP} - _HELD)}
# The temporary folder is everybody's: a link planted there must not be followed.
_SAFELY = getattr(os, "O_NOFOLLOW", 0)
# Who only looks whether a run is going on holds the lock for a moment.
_LOOKS, _LOOK = 20, 0.005  # seconds
_FAR = 1 << 30  # Windows locks bytes against reading too; this one is beyond what we write


def _take(descriptor: int) -> None:
    if sys.platform == "win32":
        import msvcrt

        os.lseek(descriptor, _FAR, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        os.lseek(descriptor, 0, os.SEEK_SET)
    else:
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _take_soon(descriptor: int) -> None:
    for _ in range(_LOOKS):
        try:
            return _take(descriptor)
        except OSError as error:
            if error.errno not in _HELD:
                raise
            time.sleep(_LOOK)
    return _take(descriptor)


class Lock:
    """A lock named by `path`, held from `acquire` to `release` or to the end of the process.

    `acquire` raises AlreadyRunningError, whose message says who holds it. Where locks do not work, a lock in the
    temporary folder takes its place and `warning` says what it cannot guard against.
    """

    def __init__(self, path: Path, what: str) -> None:
        self.path = path
        self.what = what
        self.warning = ""
        self._descriptor = -1

    def acquire(self) -> None:
        """Take the lock at once or raise; never waits for a run to end."""
        try:
            self._acquire(self.path)
        except OSError as error:
            if error.errno not in _NO_LOCKS and not isinstance(error, PermissionError):
                raise
            digest = hashlib.blake2b(os.fsencode(os.path.realpath(self.path)), digest_size=8).hexdigest()
            self.path = Path(tempfile.gettempdir()) / f"dset-{digest}.lock"
            self._acquire(self.path)
            self.warning = f"{self.what} cannot be locked where it is: runs on other machines are not noticed"

    def _acquire(self, path: Path) -> None:
        while True:
            descriptor = steps.open_file(path, os.O_RDWR | os.O_CREAT | _SAFELY)
            try:
                _take_soon(descriptor)
            except OSError as error:
                os.lseek(descriptor, 0, os.SEEK_SET)  # on Windows it stands at the locked byte
                holder = os.read(descriptor, 200).decode("utf-8", "replace").strip()
                os.close(descriptor)
                if error.errno in _HELD:
                    raise AlreadyRunningError(
                        f"{self.what} is in use: already running ({holder or 'just started'}); "
                        "wait for it to end, or stop it with Ctrl-C there"
                    ) from None
                raise
            if self._still_there(descriptor, path):
                break
            os.close(descriptor)  # the last holder removed the file between our open and our lock
        self._descriptor = descriptor
        since = time.strftime("%Y-%m-%d %H:%M:%S")
        try:
            steps.truncate(descriptor, 0, path)
            steps.write_all(descriptor, f"pid {os.getpid()}, since {since}\n".encode(), path)
        except OSError:
            pass  # a full disk: the lock holds without a name in it
        except BaseException:
            self.release()
            raise

    def holder(self) -> str:
        """Who holds the lock, '' for nobody. Changes nothing: a file that a killed run left stays where it is."""
        descriptor = self._opened()
        if descriptor < 0:
            return ""
        try:
            _take(descriptor)
        except OSError as error:
            os.lseek(descriptor, 0, os.SEEK_SET)
            text = os.read(descriptor, 200).decode("utf-8", "replace").strip()
            return (text or "just started") if error.errno in _HELD else ""
        finally:
            os.close(descriptor)
        return ""

    def _opened(self) -> int:
        """For a look; a dataset of somebody else's may only be readable. -1 where there is none."""
        for way in (os.O_RDWR, os.O_RDONLY):
            with contextlib.suppress(OSError):
                return os.open(self.path, way | getattr(os, "O_CLOEXEC", 0) | _SAFELY)
        return -1

    @staticmethod
    def _still_there(descriptor: int, path: Path) -> bool:
        try:
            return os.path.samestat(os.fstat(descriptor), os.stat(path))
        except FileNotFoundError:
            return False

    def release(self) -> None:
        """Give the lock back and take its file away."""
        if self._descriptor < 0:
            return
        descriptor, self._descriptor = self._descriptor, -1
        try:
            if sys.platform != "win32":
                with contextlib.suppress(OSError):
                    steps.remove(self.path)
        finally:
            os.close(descriptor)
        if sys.platform == "win32":
            with contextlib.suppress(OSError):  # another run has just opened it
                steps.remove(self.path)
