"""Which files of a folder are pictures to take, in the order in which a person would number them."""

import os
import re
import stat
import sys
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dset.errors import UsageError

EXTENSIONS = frozenset(".jpg .jpeg .jpe .jfif .mpo .png .apng .webp .gif .bmp .tif .tiff .avif".split())
_RUBBISH = frozenset({"__macosx", "thumbs.db", "desktop.ini", "ehthumbs.db"})


@dataclass(frozen=True, slots=True)
class Found:
    """The pictures below a folder, as POSIX paths relative to it, and what was left out of them."""

    pictures: tuple[str, ...]
    other: int  # files that are no pictures by their extension, and what is no file
    hidden: int  # hidden files and folders, and what other systems leave behind
    outside: tuple[str, ...]  # links that lead out of the folder
    unreadable: tuple[str, ...]  # folders that may not be read
    unnamed: tuple[str, ...]  # names that are no text, with their odd bytes escaped


def find(folder: Path, without: Sequence[Path] = ()) -> Found:
    """The picture files below `folder`, not below those in `without`, in natural order. Raises UsageError.

    film2 stands before film10, the files of a folder before its sub-folders, and the order is the same on every
    system. A link is taken where it leads to a file below the folder that is not found under its own name; one to a
    folder below it leads to nothing new.
    """
    if not os.path.isdir(folder):
        raise UsageError(f"{folder} is no folder; name the one that holds the pictures")
    root = os.path.realpath(folder)
    walk = _Walk(root, frozenset(_same(os.path.realpath(one)) for one in without))
    walk.enter(root, "")
    walk.take_links()
    return walk.found()


def natural(name: str) -> tuple[Any, ...]:
    """What to sort names of files by: numbers by their value, letters of any case and any Unicode form alike."""
    text = unicodedata.normalize("NFC", name)
    stem, extension = os.path.splitext(text)
    return (*(_counted(part) for part in (stem, extension)), text, name)


def _counted(text: str) -> tuple[tuple[int, int, str], ...]:
    parts = re.split(r"(\d+)", text.casefold())
    # Python reads no number of more than 4,300 digits.
    return tuple((0, int(part[:4000]), "") if part.isdecimal() else (1, 0, part) for part in parts if part)


def _same(path: str) -> str:
    return os.path.normcase(path)


def _below(path: str, root: str) -> bool:
    return _same(path).startswith(_same(root).rstrip(os.sep) + os.sep)


def _is_picture(name: str) -> bool:
    return os.path.splitext(name)[1].lower() in EXTENSIONS


def _is_text(name: str) -> bool:
    return name.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in name)


@dataclass(slots=True)
class _Walk:
    """What is found so far; `names` are relative, with the system's own separator."""

    root: str
    without: frozenset[str]
    names: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)
    unnamed: list[str] = field(default_factory=list)
    other: int = 0
    hidden: int = 0

    def enter(self, folder: str, name: str) -> None:
        """Look through `folder`, which is called `name` below the root, and what is below it."""
        waiting = [(folder, name)]
        while waiting:
            folder, name = waiting.pop()
            try:
                with os.scandir(folder) as entries:
                    waiting.extend(self._folders(entries, name))
            except OSError:
                self.unreadable.append(name or ".")

    def _folders(self, entries: Iterator["os.DirEntry[str]"], name: str) -> Iterator[tuple[str, str]]:
        """Note what is in a folder; the folders in it that are to be entered."""
        for entry in entries:
            below = os.path.join(name, entry.name)
            if _is_hidden(entry):
                self.hidden += 1
            elif not _is_text(entry.name):
                self.unnamed.append(os.fsencode(below).decode("utf-8", "backslashreplace"))
            elif _is_link(entry):
                self.links.append(below)
            elif entry.is_dir(follow_symlinks=False):
                if _same(os.path.join(self.root, below)) not in self.without:
                    yield entry.path, below
            elif entry.is_file(follow_symlinks=False) and _is_picture(entry.name):
                self.names.append(below)
            else:
                self.other += 1

    def take_links(self) -> None:
        """Once all files are known by their own names: the links that lead to others below the root."""
        known = {_same(os.path.join(self.root, name)) for name in self.names}
        for link in sorted(self.links, key=_order):
            leads_to = os.path.realpath(os.path.join(self.root, link))
            if _same(leads_to) != _same(self.root) and not _below(leads_to, self.root):
                self.outside.append(link)
            elif os.path.isdir(leads_to) or any(_below(leads_to, one) for one in self.without):
                continue
            elif not os.path.isfile(leads_to) or not _is_picture(link):
                self.other += 1
            elif _same(leads_to) not in known:
                known.add(_same(leads_to))
                self.names.append(link)

    def found(self) -> Found:
        return Found(
            pictures=_listed(self.names),
            other=self.other,
            hidden=self.hidden,
            outside=_listed(self.outside),
            unreadable=_listed(self.unreadable),
            unnamed=tuple(sorted(self.unnamed)),
        )


def _is_hidden(entry: "os.DirEntry[str]") -> bool:
    hidden = entry.name.startswith(".") or entry.name.lower() in _RUBBISH
    if sys.platform == "win32":
        attributes = entry.stat(follow_symlinks=False).st_file_attributes
        hidden = hidden or bool(attributes & stat.FILE_ATTRIBUTE_HIDDEN)
    return hidden


def _is_link(entry: "os.DirEntry[str]") -> bool:
    """A symbolic link, or one of Windows' junctions, which are told by where they lead."""
    if entry.is_symlink() or os.name != "nt" or not entry.is_dir():
        return entry.is_symlink()
    return _same(os.path.realpath(entry.path)) != _same(os.path.abspath(entry.path))


def _order(name: str) -> tuple[Any, ...]:
    *folders, file = name.split(os.sep)
    return (*((1, natural(folder)) for folder in folders), (0, natural(file)))


def _listed(names: Sequence[str]) -> tuple[str, ...]:
    return tuple(name.replace(os.sep, "/") for name in sorted(names, key=_order))
