"""The user's tasks.json, changed in place: one task put in or taken out, every other byte as it was."""

import codecs
import contextlib
import errno
import os
import re
import stat
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from dset import digests, files, swaps, values
from dset.errors import AlreadyRunningError, UsageError
from dset.locks import Lock
from dset.tasks import documents, task_text
from dset.tasks.findings import quoted

_LARGEST = 64 << 20  # bytes of the file
_PATIENCE = 10.0  # seconds that a change waits for others
_TRIES = 8  # while others save the file
# https://learn.microsoft.com/windows/win32/fileio/naming-a-file: no file or folder can have these names there
_DEVICE = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])\Z", re.IGNORECASE)
_Edit = Callable[[str], tuple[str, bool]]
_Change = Callable[[bytes | None], tuple[bytes | None, bool]]


class _SavedMeanwhileError(Exception):
    """Another program saved the file between our read and our write."""


def name_fault(name: str) -> str:
    """Why no folder of a dataset can have this name; '' where it can."""
    if len(name) > 64:
        return f"the name {quoted(name, 40)} is longer than 64 characters"
    if not name or not values.is_name(name):
        return f"the name {quoted(name)} must be of a-z, 0-9, _ and -, and begin with a letter, a digit or _"
    if _DEVICE.match(name):
        return f"the name {quoted(name)} is that of a device on Windows, so no folder can have it there"
    return ""


def put(path: Path, name: str, document: Mapping[str, Any]) -> bool:
    """Write the task into the file, in place of one of its name; the file is made where there is none.

    Whether it is a new one there. Raises UsageError for a file that is no JSON or cannot take it, AlreadyRunningError
    where others keep it locked, OSError.
    """

    def edit(text: str) -> tuple[str, bool]:
        return task_text.with_task(text, name, document, path.stem)

    def change(data: bytes | None) -> tuple[bytes | None, bool]:
        if data is None:
            fresh = task_text.new(name, document).encode()
            _check(path, b"{}", fresh, name, is_there=True)
            return fresh, True
        return _edited(data, edit, path, name, is_there=True)

    return _change(path, change)


def remove(path: Path, name: str) -> bool:
    """Take the task out of the file; False where there is none of this name. Raises as `put`."""

    def edit(text: str) -> tuple[str, bool]:
        return task_text.without_task(text, name, path.stem)

    def change(data: bytes | None) -> tuple[bytes | None, bool]:
        return (None, False) if data is None else _edited(data, edit, path, name, is_there=False)

    return _change(path, change)


def _edited(data: bytes, edit: _Edit, path: Path, name: str, *, is_there: bool) -> tuple[bytes, bool]:
    """The file's new bytes, and what `edit` tells. Raises UsageError for what is no JSON, or cannot take the change."""
    documents.parse(data, path)
    bom = codecs.BOM_UTF8 if data.startswith(codecs.BOM_UTF8) else b""
    try:
        made, told = edit(data[len(bom) :].decode())
    except UsageError as error:
        raise UsageError(f"{path}: {error}") from None
    fresh = bom + made.encode()
    if fresh != data:
        _check(path, data, fresh, name, is_there=is_there)
    return fresh, told


def _check(path: Path, old: bytes, fresh: bytes, name: str, *, is_there: bool) -> None:
    """Raises UsageError unless all other tasks are read from the new bytes as from the old ones."""
    if len(fresh) > _LARGEST:
        raise UsageError(f"{path}: would be larger than {_LARGEST >> 20} MB")
    known, found = _tasks(old, path), _tasks(fresh, path)
    known.pop(name, None)
    if (found.pop(name, None) is not None) != is_there or known != found:
        raise UsageError(
            f"{path}: its tasks stand there in a way in which {quoted(name)} cannot be changed alone: change it by hand"
        )


def _tasks(data: bytes, path: Path) -> dict[str, object]:
    return {one.name: one.document for one in documents.stated(data, path)[0]}


def _change(path: Path, change: _Change) -> bool:
    target = Path(os.path.realpath(path))  # a link stays a link
    with _alone(target):
        swaps.finish(target)
        for _ in range(_TRIES):
            data = _bytes(target, path)
            fresh, told = change(data)
            if fresh is None or fresh == data or _is_written(target, data, fresh):
                return told
    raise UsageError(f"{path}: another program saves it again and again; try again later")


@contextlib.contextmanager
def _alone(target: Path) -> Iterator[None]:
    """One change at a time, of threads and of processes."""
    lock, until = Lock(target.with_name(f".{target.name}.lock"), str(target)), time.monotonic() + _PATIENCE
    while True:
        try:
            lock.acquire()
            break
        except AlreadyRunningError:
            if time.monotonic() > until:
                raise
            time.sleep(0.01)
    try:
        yield
    finally:
        lock.release()


def _bytes(target: Path, path: Path) -> bytes | None:
    """What the file holds; None where there is none. Raises UsageError, OSError."""
    try:
        found = os.stat(target)
    except FileNotFoundError:
        return None
    if not stat.S_ISREG(found.st_mode):
        raise UsageError(f"{path}: is no file")
    if found.st_size > _LARGEST:
        raise UsageError(f"{path}: is larger than {_LARGEST >> 20} MB")
    # A rename would go through all the same, but the user has said no; and root may write anything.
    if not found.st_mode & 0o222 or not os.access(target, os.W_OK):
        raise PermissionError(errno.EACCES, "it is read-only", str(path))
    return target.read_bytes()


def _is_written(target: Path, old: bytes | None, fresh: bytes) -> bool:
    """The new content stands at the path; False where somebody else saved the file meanwhile, which counts."""
    if old is None:
        return _is_made(target, fresh)
    read = digests.of([old])

    def ready() -> None:
        if digests.of_file(target) != read:
            raise _SavedMeanwhileError

    try:
        return swaps.swap(target, [fresh], ready=ready, read=read) is None
    except (_SavedMeanwhileError, FileNotFoundError):
        return False


def _is_made(target: Path, fresh: bytes) -> bool:
    draft = files.draft_of(target)
    try:
        files.put(draft, fresh)
        try:
            files.link(draft, target)
        except FileExistsError:
            return False
        except OSError:  # a disk without such links
            if target.exists():
                return False
            files.move(draft, target)
            files.settle(target.parent)
        return True
    finally:
        files.remove(draft)
