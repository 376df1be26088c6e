"""The work on one picture file: read once, checked, made into the wanted form, on disk. Runs in a process of a pool."""

import contextlib
import functools
import hashlib
import multiprocessing
import os
import stat
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from PIL import Image

from dset import files
from dset.images import fitting, likeness
from dset.images.fitting import Form
from dset.images.opening import LARGEST, TOO_LARGE, PictureError, open_picture, reading

SUFFIXES = {
    "JPEG": ".jpg",
    "PNG": ".png",
    "WEBP": ".webp",
    "GIF": ".gif",
    "BMP": ".bmp",
    "TIFF": ".tif",
    "AVIF": ".avif",
}
CANNOT_BE_READ = "cannot be read"  # a fault of the disk or of the file's rights, not of the picture
# Of a worker: three times what the largest picture takes, and time for it on a slow machine. A file that needs more is
# made to need it.
_MEMORY = 4 << 30  # bytes of address space
_SECONDS = 120  # of the processor, for one file
_NOFOLLOW = getattr(os, "O_NOFOLLOW", 0)


@dataclass(frozen=True, slots=True)
class Piece:
    """A file to prepare. `target` is a temporary name, renamed by the caller; `form` None: the bytes as they are."""

    source: Path
    target: Path
    form: Form | None


@dataclass(frozen=True, slots=True)
class Made:
    """What came of a piece."""

    fault: str = ""  # why there is no picture: the rest of a sentence that begins with the file's name
    sha256: str = ""  # of the source, where it could be read
    bytes: int = 0  # of the source, as its folder tells it, where it is a file
    mtime_ns: int = 0  # of the source, likewise
    source_size: tuple[int, int] = (0, 0)  # of the source, in pixels, as it lies in its file
    width: int = 0  # of the picture at the target
    height: int = 0
    stored: int = 0  # bytes at the target
    suffix: str = ""  # what the target's name should end with
    fingerprint: str = ""  # the fingerprint of the picture at the target, see `likeness`


def prepare(piece: Piece) -> Made:
    """Read, check, make and store one picture, durably but for its name.

    Whatever a picture or its file can cause is a `fault`. Raises OSError where the target cannot be written: that is no
    fault of the picture's.
    """
    _keep_bounds()
    about = Made()
    try:
        about = _about(piece.source)
        data = _read(piece.source)
        about = replace(about, sha256=hashlib.sha256(data).hexdigest())
        stored, suffix, size, picture = _made(data, piece.form)
        width, height = picture.size  # its fingerprint may turn it
        print_ = likeness.fingerprint(picture)
    except PictureError as error:
        return replace(about, fault=str(error))
    files.put(piece.target, stored)
    about = replace(about, source_size=size, stored=len(stored), suffix=suffix, fingerprint=print_)
    return replace(about, width=width, height=height)


def died(piece: Piece) -> Made:
    """What is told of a piece whose worker died of it."""
    try:
        about = _about(piece.source)
    except PictureError as error:
        return Made(fault=str(error))
    return replace(about, fault="ends the process that reads it: it is damaged, or made to do harm")


def _about(path: Path) -> Made:
    """Size and time of a file that may be read. Raises PictureError."""
    with _telling():
        status = os.stat(path)
    if not stat.S_ISREG(status.st_mode):  # a pipe would be waited for without end
        raise PictureError("is no file")
    return Made(bytes=status.st_size, mtime_ns=status.st_mtime_ns)


def _read(path: Path) -> bytes:
    """The bytes of a file. Raises PictureError."""
    with _telling(), files.patient_open(path) as descriptor, open(descriptor, "rb", closefd=False) as stream:
        data = stream.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise PictureError(TOO_LARGE)
    return data


@contextlib.contextmanager
def _telling() -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        raise PictureError(f"{CANNOT_BE_READ} ({getattr(error, 'strerror', None) or error})") from error
    except MemoryError:
        raise PictureError("needs more memory than there is") from None


def _made(data: bytes, form: Form | None) -> tuple[bytes, str, tuple[int, int], Image.Image]:
    """The bytes to store, their suffix, the size of the source, and the picture that they are. Raises PictureError."""
    picture = open_picture(data)
    size = picture.size
    if form is None:
        suffix = SUFFIXES[picture.format or ""]
        with reading():
            picture.load()
        return data, suffix, size, picture
    picture = fitting.fitted(picture, form)
    return fitting.jpeg(picture, form.quality), ".jpg", size, picture


def _keep_bounds() -> None:
    """In a worker: no file takes all of the memory, or for ever. Elsewhere, and on Windows: nothing."""
    if sys.platform != "win32" and multiprocessing.parent_process() is not None:
        import resource

        _bound_memory()
        used = resource.getrusage(resource.RUSAGE_SELF)
        _limit("RLIMIT_CPU", int(used.ru_utime + used.ru_stime) + _SECONDS)


@functools.cache
def _bound_memory() -> None:
    _limit("RLIMIT_CORE", 0)
    _limit("RLIMIT_AS", _MEMORY)


def _limit(name: str, soft: int) -> None:
    if sys.platform != "win32":
        import resource

        which = getattr(resource, name)
        _, hard = resource.getrlimit(which)
        try:
            resource.setrlimit(which, (soft if hard == resource.RLIM_INFINITY else min(soft, hard), hard))
        except (OSError, ValueError):
            pass  # a system that does not know it, or a limit that is passed already
