"""Pictures that lie on an album's shelves without a line: images.jsonl was lost, or a line of it was damaged.

What is made of the same source again is the same file, byte for byte: it gets its number, and what was paid for, back.
"""

import hashlib
from collections.abc import Iterator
from pathlib import Path

from dset.images.album import Album, number_in


class Orphans:
    """Those of one album, read once, when the first of them is asked for."""

    def __init__(self, album: Album) -> None:
        self._paths = list(_nameless(album))
        self._by_digest: dict[str, Path] | None = None

    def take(self, made: Path) -> Path | None:
        """The orphan that holds the same bytes as this file; each is given once. Raises OSError."""
        if not self._paths:
            return None
        if self._by_digest is None:
            self._by_digest = {_digest(path): path for path in reversed(self._paths)}
        return self._by_digest.pop(_digest(made), None)


def _nameless(album: Album) -> Iterator[Path]:
    known = {Path(one.file).name for one in album.by_source.values() if one.file}
    for shelf in album.shelves:
        folder = album.folder / shelf
        there = sorted(folder.iterdir()) if folder.is_dir() else []
        yield from (
            path for path in there if path.name not in known and number_in(path.name) and path.is_file()
        )


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
