"""An album: the pictures of a folder, numbered once and for all, and where each comes from.

images.jsonl holds a line for each source as it was settled; for a source the last line counts. A number is written
down before a file takes it (state "coming") and once more after that, so that a kill neither leaves a file that nobody
knows nor gives a number twice.
"""

import dataclasses
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dset import answers, files

NAME = "images.jsonl"
COMING, READY, COPY, ASIDE, FILTERED, REPLACED = (
    "coming",
    "ready",
    "copy",
    "set aside",
    "filtered",
    "replaced",
)
_NUMBERED = re.compile(r"([0-9]{1,9})\.[a-z]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """What became of one source. `file` is relative to the album's folder: where the picture was put at first."""

    source: str  # relative to the user's folder, as POSIX has it
    state: str
    number: int | None = None
    file: str = ""
    reason: str = ""
    sha256: str = ""  # of the source
    bytes: int = 0  # of the source
    mtime_ns: int = 0
    width: int = 0  # of the source, in pixels
    height: int = 0
    stored: int = 0  # bytes of the picture in the album
    print: str = ""  # perceptual hash


_FIELDS = {field.name: type(field.default) for field in dataclasses.fields(Picture)}


class Album:
    """The pictures below one folder. The only reader and writer of its images.jsonl; hold the folder's lock."""

    def __init__(self, folder: Path, shelves: Sequence[str] = ("train",)) -> None:
        """`shelves`: the folders in which a picture may lie; new ones are put into the first. Raises OSError."""
        self.folder, self.shelves = folder, tuple(shelves)
        self._path = folder / NAME
        self.by_source: dict[str, Picture] = {}
        self.by_content: dict[str, Picture] = {}
        self._highest = max(map(_highest_in, (folder / shelf for shelf in shelves)), default=0)
        for picture in read(folder):
            self._know(picture)

    def _know(self, picture: Picture) -> None:
        self.by_source[picture.source] = picture
        if picture.number is not None:
            self._highest = max(self._highest, picture.number)
            if picture.state in {READY, FILTERED}:
                self.by_content[picture.sha256] = picture

    def note(self, pictures: Sequence[Picture]) -> None:
        """Write what became of these sources, durably. Raises OSError."""
        if pictures:
            files.append(self._path, b"".join(map(_line, pictures)))
        for picture in pictures:
            self._know(picture)

    def next_number(self) -> int:
        """The number of the next new picture; each call takes one."""
        self._highest += 1
        return self._highest

    def of(self, state: str) -> list[Picture]:
        """The sources of that state."""
        return [one for one in self.by_source.values() if one.state == state]

    def numbered(self) -> list[Picture]:
        """Every picture that has a number and is there, in that order."""
        kept = (one for one in self.by_source.values() if one.state in {READY, FILTERED})
        held = {one.number: one for one in kept if one.number is not None}
        return [held[number] for number in sorted(held)]

    def ready(self) -> list[Picture]:
        """Those that no filter has taken out."""
        return [one for one in self.numbered() if one.state == READY]

    def where(self, picture: Picture) -> Path | None:
        """Where the picture lies now; None where somebody removed it."""
        name = Path(picture.file).name
        places = (self.folder / shelf / name for shelf in self.shelves)
        return next((place for place in places if place.is_file()), None)

    def put_right(self, first: str, others: dict[str, str]) -> None:
        """Each picture on the shelf that its state names, {state: shelf}; those that are ready on `first`, if on one of these."""
        ready = {Path(one.file).name for one in self.ready()}
        for state, shelf in others.items():
            names = [Path(one.file).name for one in self.by_source.values() if one.state == state]
            self.shelve((name for name in names if name not in ready), shelf)
            if (self.folder / shelf).is_dir():
                self.shelve((one.name for one in (self.folder / shelf).iterdir() if one.name in ready), first)

    def shelve(self, names: Iterable[str], shelf: str) -> int:
        """Move the pictures of these file names to a shelf, those that lie on another one; how many were moved."""
        target, moved, left = self.folder / shelf, 0, set()
        for name in names:
            places = [self.folder / other / name for other in self.shelves if other != shelf]
            place = next((one for one in places if one.is_file()), None)
            if place is None or (target / name).exists():
                continue
            if not moved:
                files.make_folder(target)
            files.move(place, target / name)
            left.add(place.parent)
            moved += 1
        for folder in (target, *left) if moved else ():
            files.settle(folder)
        return moved


def read(folder: Path) -> Iterator[Picture]:
    """The lines of images.jsonl in the order of their writing; a damaged one is passed over: its source is taken anew."""
    for line in answers.lines_of(folder / NAME):
        try:
            found = json.loads(line)
            picture = Picture(**{name: found[name] for name in _FIELDS if name in found})
        except (ValueError, TypeError, RecursionError):
            continue
        if all(_fits(name, getattr(picture, name)) for name in _FIELDS):
            yield picture


def _fits(name: str, value: Any) -> bool:
    if name == "number":
        return value is None or (type(value) is int and value > 0)
    return type(value) is (int if _FIELDS[name] is int else str)


def _line(picture: Picture) -> bytes:
    return answers.as_line(dataclasses.asdict(picture))


def _highest_in(shelf: Path) -> int:
    """The highest number of a picture that lies there: one without a line is nobody's, and is not given another's name."""
    names = (one.name for one in shelf.iterdir()) if shelf.is_dir() else ()
    return max((int(match[1]) for name in names if (match := _NUMBERED.fullmatch(name))), default=0)
