"""New files of an export: written aside in a folder of their own, on disk, then given their names.

A failed export leaves nothing behind, and no file stands under its name before it is whole.
"""

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from dset import clocks, files, steps

_DAY = 86_400  # seconds


class Drafts:
    """The files of one export before they have their names."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._names: dict[str, Path] = {}

    @contextlib.contextmanager
    def file(self, name: str) -> Iterator[BinaryIO]:
        """A new file to write, synced to disk when the block ends; `name` may have folders in it."""
        path = self.folder / name
        files.make_folder(path.parent)
        with path.open("xb") as stream:
            yield stream
            stream.flush()
            steps.sync(stream.fileno(), path)

    def publish(self, targets: dict[str, Path]) -> list[Path]:
        """Give each draft, a file or a folder, its name, which must be free; returns the names.

        Where one of them cannot have its name, those that have are taken away again.
        """
        for name in targets:
            _sync_folders(self.folder / name)
        made: list[Path] = []
        try:
            for name, target in targets.items():
                steps.rename(self.folder / name, target)
                made.append(target)
                steps.sync_folder(target.parent)
        except OSError:
            for one in made:
                with contextlib.suppress(OSError):
                    steps.rename(one, self.folder / f"{one.name}.undone")
            raise
        return made


def _sync_folders(path: Path) -> None:
    """Make the names within a folder survive a power cut."""
    if path.is_dir():
        for folder in [path, *(one for one in path.rglob("*") if one.is_dir())]:
            steps.sync_folder(folder)


@contextlib.contextmanager
def beside(folder: Path) -> Iterator[Drafts]:
    """A place for drafts within `folder`, gone again when the block ends, however it ends."""
    files.make_folder(folder)
    _sweep(folder)
    place = folder / f".export-{os.getpid()}.new"
    shutil.rmtree(place, ignore_errors=True)
    try:
        files.make_folder(place)
        yield Drafts(place)
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _sweep(folder: Path) -> None:
    """Remove what exports that were killed have left; one that goes on is younger than a day."""
    for one in folder.glob(".export-*.new"):
        with contextlib.suppress(OSError):
            if clocks.now().timestamp() - one.stat().st_mtime > _DAY:
                shutil.rmtree(one, ignore_errors=True)
