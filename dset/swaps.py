"""Putting new content in place of a file that others write too: what they save at the very moment of it wins."""

import contextlib
import os
from collections.abc import Callable, Iterable
from pathlib import Path

from dset import files, steps


def swap(
    path: Path, chunks: Iterable[bytes], *, ready: Callable[[], None], expected: Callable[[Path], bool]
) -> Path | None:
    """As `replace`, for a file that others write too: what they save at the very moment of it wins.

    `ready` is called right before the swap: if it raises, the old file stays. `expected` then looks at what was
    really swapped out. If that is something newer, it takes its place again; its name as a copy is
    returned. None where the swap held.
    """
    target = Path(os.path.realpath(path))
    with files.draft(target, chunks) as new:
        ours = new.stat()
        ready()
        old = _swapped(new, target)
    steps.sync_folder(target.parent)
    if old is None or expected(old):
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


def _swapped(new: Path, target: Path) -> Path | None:
    """`new` stands at `target` now; where what stood there is, None where the system cannot keep it."""
    try:
        steps.exchange(new, target)
        return new
    except FileNotFoundError:
        raise
    except OSError:  # not on this system, or not on this disk
        old = _second_name(new)
    try:
        steps.remove(old)
        steps.link(target, old)
    except OSError:
        steps.rename(new, target)
        return None
    steps.rename(new, target)
    return old


def unfinished(path: Path) -> list[Path]:
    """What a swap or a replace of `path` that was killed left beside it."""
    new = files.draft_of(Path(os.path.realpath(path)))
    return [left for left in (new, _second_name(new)) if left.exists()]


def keep_copy(left: Path, path: Path) -> Path:
    """Give `left` a free name beside `path`, as a copy of it: `NAME.bak`, `NAME.bak1` …"""
    copy = _free_name(Path(os.path.realpath(path)))
    steps.rename(left, copy)
    return copy


def _second_name(draft: Path) -> Path:
    return draft.with_name(f"{draft.name}.old")


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
