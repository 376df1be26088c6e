"""The picture of a row, as the part of a message that carries it."""

import binascii
import os
import stat
from collections.abc import Callable
from pathlib import Path, PureWindowsPath
from typing import Any

LARGEST = 32 << 20  # bytes
# Told by content: neither the name nor the declared type is believed (https://api-docs.deepseek.com/guides/vision)
_TYPES = ((b"\xff\xd8\xff", "jpeg"), (b"\x89PNG\r\n\x1a\n", "png"), (b"GIF8", "gif"))


def as_part(folder: Path, name: str, scaled: Callable[[bytes], bytes] | None = None) -> dict[str, Any]:
    """The `image_url` part for picture `name`, a path relative to `folder`, read once; `scaled` makes it smaller.

    Raises ValueError for a path that leaves the folder, even by a link: a q.csv from a stranger must not send other
    files of this machine to a service.
    """
    data = read(folder, name)
    if scaled is not None:
        try:
            data = scaled(data)
        except ValueError as error:
            raise ValueError(f"the image {name!r} {error}") from None
    head = f"data:image/{_kind(data)};base64,".encode("ascii")
    return {
        "type": "image_url",
        "image_url": {"url": (head + binascii.b2a_base64(data, newline=False)).decode("ascii")},
    }


def read(folder: Path, name: str) -> bytes:
    """The file's bytes, once. Raises ValueError for one that leaves the folder, is no picture, or cannot be read."""
    path = _inside(folder, name)
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):  # a pipe would be waited for without end
            raise ValueError(f"the image {name!r} is no file")
        if status.st_size > LARGEST:
            raise ValueError(f"the image {name!r} is larger than {LARGEST >> 20} MB")
        with path.open("rb") as stream:
            data = stream.read(status.st_size)  # it may be growing just now
    except OSError as error:
        raise ValueError(f"the image {name!r} cannot be read ({error.strerror})") from None
    if not _kind(data):
        raise ValueError(f"{name!r} is no JPEG, PNG, GIF or WebP picture")
    return data


def _inside(folder: Path, name: str) -> Path:
    if PureWindowsPath(name).drive or PureWindowsPath(name).root or "\0" in name:
        raise ValueError(f"the image {name!r} must be a path relative to the CSV's folder")
    root = Path(os.path.realpath(folder))
    path = Path(os.path.realpath(root / name))  # Path.resolve would raise for a loop of links
    if not path.is_relative_to(root):
        raise ValueError(f"the image {name!r} lies outside the CSV's folder and is not sent")
    return path


def size(folder: Path, name: str) -> int:
    """Bytes of its file, which is not opened; 0 where it would not be read."""
    try:
        status = _inside(folder, name).stat()
    except (OSError, ValueError):
        return 0
    return status.st_size if stat.S_ISREG(status.st_mode) and status.st_size <= LARGEST else 0


def _kind(data: bytes) -> str:
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "webp"
    return next((kind for magic, kind in _TYPES if data.startswith(magic)), "")
