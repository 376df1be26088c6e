"""Putting new content in place of a file that others write too: what they save at the very moment of it wins."""

import contextlib
import glob
import os
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from dset import digests, files, steps

if TYPE_CHECKING:
    import hashlib

_WAITING = re.compile(r"(?P<read>[0-9a-f]{32})\.(?P<ours>[0-9a-f]{32})\.swap(?:\.old)?")


def swap(path: Path, chunks: Iterable[bytes], *, ready: Callable[[], None], read: bytes) -> Path | None:
    """As files.replace, for a file that others write too.

    `ready` is called right before the swap: if it raises, the old file stays. `read` is the digest of what the new
    content was made from. If something newer was swapped out, it takes its place again; its name as a copy
    is returned. None where the swap held.
    """
    target = Path(os.path.realpath(path))
    hashed = digests.new()
    with files.draft(target, _heard(chunks, hashed)) as new:
        ours = new.stat()
        ready()
        waiting = _waiting_name(target, read, hashed.digest())
        steps.rename(new, waiting)
        try:
            old = _swapped(waiting, target)
        except OSError:
            _tidy(waiting)
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
    else:
        _tidy(left)
    steps.sync_folder(target.parent)
    return copy


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


def finish(path: Path) -> Path | None:
    """Clear away what a run left that was killed in a swap of `path`; what somebody else saved is never removed.

    That takes its place again where ours stands there still, and is kept as a copy where not; returns where it is.
    None where there was nothing of the kind. Only under the lock of `path`. Raises OSError.
    """
    target, found = Path(os.path.realpath(path)), None
    _tidy(files.draft_of(target))
    for left, ours, is_theirs in _left(target):
        if is_theirs:
            stands_ours = target.exists() and digests.of_file(target).hex() == ours
            found = target if stands_ours else _free_name(target)
            steps.rename(left, found)
        else:
            steps.remove(left)
    return found


def is_unfinished(path: Path) -> bool:
    """There is something for `finish` to do. Changes nothing."""
    target = Path(os.path.realpath(path))
    return files.draft_of(target).exists() or any(True for _ in _left(target))


def _left(target: Path) -> Iterator[tuple[Path, str, bool]]:
    """(file, digest of ours, somebody else saved it: it is neither what was read nor ours)."""
    for left in sorted(target.parent.glob(f".{glob.escape(target.name)}.*.swap*")):
        match = _WAITING.fullmatch(left.name.removeprefix(f".{target.name}."))
        if match is not None:
            yield left, match["ours"], digests.of_file(left).hex() not in match.groups()


def _waiting_name(target: Path, read: bytes, ours: bytes) -> Path:
    """The name of ours before the swap and of what was there after it; whoever finds it can tell which it is."""
    return target.with_name(f".{target.name}.{read.hex()}.{ours.hex()}.swap")


def _heard(chunks: Iterable[bytes], hashed: "hashlib.blake2b") -> Iterator[bytes]:
    for chunk in chunks:
        hashed.update(chunk)
        yield chunk


def _is_still(path: Path, read: bytes) -> bool:
    try:
        return digests.of_file(path) == read
    except OSError:
        return False


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
