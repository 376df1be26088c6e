"""One picture of train/, read as a trainer will: decoded to its last pixel."""

import hashlib
import os
import stat
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from dset.images.opening import LARGEST, PictureError, open_picture, reading


@dataclass(frozen=True, slots=True)
class Look:
    """What a picture is. `fault`: why it cannot be read, '' where it can; `digest`: of its bytes, in hex."""

    fault: str
    size: tuple[int, int] = (0, 0)  # width, height in pixels
    mode: str = ""
    digest: str = ""

    def against(self, size: tuple[int, int] | None) -> str:
        """What is wrong with it where pictures of `size` are wanted, '' for nothing.

        None: pictures stand as they came, of any size and mode.
        """
        if self.fault or size is None:
            return self.fault
        if self.mode != "RGB":
            return f"is {self.mode}, not RGB"
        if self.size != size:
            return "is {} × {}, not {} × {}".format(*self.size, *size)
        return ""


# What goes through many pictures: (path, what came of it) of each, in any order.
Each = Callable[[Iterable[Path], Callable[[Path], Look]], Iterable[tuple[Path, Look]]]


def look(path: Path) -> Look:
    """Read the picture whole. Never raises: what is wrong is told."""
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            return Look("is no file")
        if path.stat().st_size > LARGEST:
            return Look(f"is larger than {LARGEST >> 20} MB")
        data = path.read_bytes()
    except OSError as error:
        return Look(f"cannot be read ({error.strerror})")
    try:
        with reading():
            picture = open_picture(data)
            picture.load()
    except PictureError as error:
        return Look(str(error))
    return Look("", picture.size, picture.mode, hashlib.blake2b(data, digest_size=16).hexdigest())


def one_by_one(paths: Iterable[Path], work: Callable[[Path], Look]) -> Iterator[tuple[Path, Look]]:
    """`work` on each path, in this process."""
    for path in paths:
        yield path, work(path)


def died(_: Path) -> Look:
    """What came of a picture whose reader died of it."""
    return Look("ends the process that reads it")
