"""What stands in train/, and what loaders would make of it."""

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from dset.captions import laid_out
from dset.captions.entries import Entry
from dset.captions.laid_out import Line, Metadata
from dset.captions.places import TRAIN
from dset.images.sources import natural

# What `datasets` (its folder reads every picture, and unpacks archives) or kohya (.caption) would take besides ours.
_TAKEN = re.compile(
    r"""(?xi) .*\.(png|jpe?g|webp|bmp|dib|gif|tiff?|avif|jxl|jp2|ico|ppm|tga|heic|caption|parquet|arrow
    |zip|tar|gz|tgz|bz2|xz|zst|7z|rar|lz4) | metadata\.(csv|jsonl|parquet)"""
)
_LONGEST = 1 << 20  # bytes read of a .txt


@dataclass(frozen=True)
class Training:
    """train/ of a dataset. `pictures`: those of images.jsonl that stand there, in image order."""

    pictures: tuple[str, ...]
    metadata: Metadata | None  # None where there is no metadata.jsonl
    texts: Mapping[str, bytes]  # what each .txt holds
    foreign: tuple[str, ...]  # nobody's, and loaders would take them

    @cached_property
    def lines(self) -> dict[str, Line]:
        """The line of metadata.jsonl about each name, the first where there are several."""
        first: dict[str, Line] = {}
        for line in self.metadata.lines if self.metadata else ():
            first.setdefault(line.name, line)
        return first

    @property
    def damaged(self) -> tuple[tuple[int, str], ...]:
        """The lines of metadata.jsonl that no loader can take: (line number, what is wrong)."""
        return self.metadata.damaged if self.metadata else ()

    @property
    def has_texts(self) -> bool:
        """It is laid out for kohya too: some picture has its .txt."""
        return any(laid_out.txt_name(name) in self.texts for name in self.pictures)

    @property
    def orphans(self) -> list[str]:
        """Each .txt beside no picture."""
        beside = {laid_out.txt_name(name) for name in self.pictures}
        return sorted((name for name in self.texts if name not in beside), key=natural)

    def caption(self, name: str) -> str:
        """What metadata.jsonl says of a picture, '' for nothing."""
        line = self.lines.get(name)
        return line.text if line and line.text.strip() else ""


def read(folder: Path, entries: Iterable[Entry]) -> Training:
    """train/ as it is now; empty where there is none. Raises OSError."""
    there = folder / TRAIN
    pictures = tuple(entry.name for entry in entries if entry.folder == TRAIN)
    metadata = None
    if (there / laid_out.METADATA).is_file():
        metadata = laid_out.parse_metadata((there / laid_out.METADATA).read_bytes())
    ours = {*pictures, *([laid_out.METADATA] if metadata else [])}
    foreign = [name for name, is_folder in _listed(there) if name not in ours and _is_taken(name, is_folder)]
    return Training(
        pictures,
        metadata,
        {name: _head(there / name) for name, is_folder in _listed(there) if _is_txt(name, is_folder)},
        tuple(sorted(foreign, key=natural)),
    )


def _listed(folder: Path) -> Iterator[tuple[str, bool]]:
    """(name, whether it is a folder) of what loaders look at: nothing that is hidden."""
    if folder.is_dir():
        with os.scandir(folder) as found:
            yield from ((one.name, one.is_dir()) for one in found if not one.name.startswith("."))


def _is_taken(name: str, is_folder: bool) -> bool:
    return is_folder or _TAKEN.fullmatch(name) is not None


def _is_txt(name: str, is_folder: bool) -> bool:
    return not is_folder and name.endswith(".txt")


def _head(path: Path) -> bytes:
    with path.open("rb") as stream:
        return stream.read(_LONGEST)
