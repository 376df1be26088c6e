"""New files of an export: written aside in a folder of their own, on disk, then given their names.

A failed export leaves nothing behind, and no file stands under its name before it is whole.
"""

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from dset import files, steps


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
        """Give each draft, a file or a folder, its name, which must be free; returns the names."""
        for name, target in targets.items():
            if (self.folder / name).is_dir():
                for folder in [one for one in (self.folder / name).rglob("*") if one.is_dir()]:
                    steps.sync_folder(folder)
                steps.sync_folder(self.folder / name)
            steps.rename(self.folder / name, target)
            steps.sync_folder(target.parent)
        return list(targets.values())


@contextlib.contextmanager
def beside(folder: Path) -> Iterator[Drafts]:
    """A place for drafts within `folder`, gone again when the block ends, however it ends."""
    files.make_folder(folder)
    place = folder / f".export-{os.getpid()}.new"
    shutil.rmtree(place, ignore_errors=True)
    files.make_folder(place)
    try:
        yield Drafts(place)
    finally:
        shutil.rmtree(place, ignore_errors=True)
