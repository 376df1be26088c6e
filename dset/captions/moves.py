"""Files of a caption dataset moved from one of its folders to another, and copies kept of what is rewritten."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from dset import digests, files
from dset.captions.places import TRAIN, UNCAPTIONED


def move(source: Path, folder: Path) -> Path:
    """Move `source` into `folder` under its name, in one step; where that was taken, what had it stands beside as .bakN.

    Durable: after a power cut it is in the one folder or in the other. Raises OSError.
    """
    files.make_folder(folder)
    target = folder / source.name
    if target.exists():
        files.set_aside(target)
    files.move(source, target)
    files.settle(folder)
    files.settle(source.parent)
    return target


def keep(path: Path, folder: Path) -> Path:
    """A copy of `path` in `folder` under the next free `NAME.bak1`, `NAME.bak2` …; the file itself stays. Raises OSError."""
    files.make_folder(folder)
    number = 1
    while (copy := folder / f"{path.name}.bak{number}").exists():
        number += 1
    with contextlib.suppress(OSError):  # a disk without such links
        # A second name costs nothing for a journal of a gigabyte, and it keeps the old content: what is written
        # next is another file that takes this one's place.
        files.link(path, copy)
        return copy
    files.replace(copy, _blocks(path))
    return copy


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as stream:
        yield from digests.blocks(stream)


def bring_back(folder: Path, names: list[str]) -> int:
    """Move these pictures from uncaptioned/ to train/, where their rows in q.csv say that they are; how many. Raises OSError."""
    away = [name for name in names if (folder / UNCAPTIONED / name).exists()]
    for name in away:
        move(folder / UNCAPTIONED / name, folder / TRAIN)
    return len(away)
