"""An album: the pictures of a folder, numbered once and for all, and where each comes from.

images.jsonl holds a line for each source as it was settled; for a source the last line counts. A number is written
down before a file takes it (state "coming") and once more after that, so that a kill neither leaves a file that nobody
knows nor gives a number twice.
"""

import dataclasses
import json
import re
from collections import deque
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
_KEPT = frozenset({READY, FILTERED})
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
    fingerprint: str = ""  # perceptual hash


_FIELDS = {field.name: type(field.default) for field in dataclasses.fields(Picture)}


class Album:
    """The pictures below one folder. The only reader and writer of its images.jsonl; hold the folder's lock."""

    def __init__(self, folder: Path, shelves: Sequence[str] = ("train",), taken: Iterable[str] = ()) -> None:
        """`shelves`: the folders in which a picture may lie; new ones are put into the first.

        `taken`: names of pictures that are spoken of elsewhere; their numbers are not given again. Raises OSError.
        """
        self.folder, self.shelves = folder, tuple(shelves)
        self._path = folder / NAME
        self.by_source: dict[str, Picture] = {}  # in the order of their last lines
        self._by_content: dict[str, Picture] = {}
        self._is_whole = False  # the last line of images.jsonl
        self._highest = max(number_in(name) for name in ("", *taken, *self._names()))
        for picture in read(folder):
            self.know(picture)

    def _names(self) -> Iterator[str]:
        """What lies on the shelves: a picture without a line is nobody's, and is not given another's name."""
        for shelf in self.shelves:
            if (self.folder / shelf).is_dir():
                yield from (one.name for one in (self.folder / shelf).iterdir())

    def know(self, picture: Picture) -> None:
        """Take what became of a source for granted, before it is noted."""
        self.by_source.pop(picture.source, None)
        self.by_source[picture.source] = picture
        if picture.number is not None:
            self._highest = max(self._highest, picture.number)
            if picture.state in _KEPT:
                self._by_content[picture.sha256] = picture

    def note(self, pictures: Sequence[Picture]) -> None:
        """Write what became of these sources, durably. Raises OSError."""
        if pictures:
            if not self._is_whole:
                _mend_end(self._path)
                self._is_whole = True
            files.append(self._path, b"".join(map(_line, pictures)))
        for picture in pictures:
            self.know(picture)

    def made_of(self, sha256: str) -> Picture | None:
        """The picture that was made of these bytes, as it stood last; it may have been replaced since."""
        return self._by_content.get(sha256)

    def holds(self, picture: Picture) -> bool:
        """Its source is still what it was made of, as far as images.jsonl says."""
        now = self.by_source.get(picture.source)
        return now is not None and now.state in _KEPT and now.number == picture.number

    def next_number(self) -> int:
        """The number of the next new picture; each call takes one."""
        self._highest += 1
        return self._highest

    def of(self, state: str) -> list[Picture]:
        """The sources of that state."""
        return [one for one in self.by_source.values() if one.state == state]

    def numbered(self) -> list[Picture]:
        """Every picture that has a number and is there, in that order."""
        kept = (one for one in self.by_source.values() if one.state in _KEPT)
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
        numbered = (one for one in self.by_source.values() if one.number is not None)
        states = {Path(one.file).name: one.state for one in numbered}  # the last line about a number counts
        for state, shelf in others.items():
            self.shelve((name for name, found in states.items() if found == state), shelf)
            if (self.folder / shelf).is_dir():
                there = [one.name for one in (self.folder / shelf).iterdir()]
                self.shelve((name for name in there if states.get(name) == READY), first)

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


def number_in(name: str) -> int:
    """The number of a picture by its file name, 0 for none."""
    match = _NUMBERED.fullmatch(name)
    return int(match[1]) if match else 0


def _mend_end(path: Path) -> None:
    """A last line that a crash tore is cut off, a whole one gets its newline: the next must not land on half of it."""
    last = next(iter(deque(answers.lines_of(path), 1)), b"")
    if not last or last.endswith(b"\n"):
        return
    try:
        json.loads(last)
    except (ValueError, RecursionError):
        files.cut(path, path.stat().st_size - len(last))
    else:
        files.append(path, b"\n")
