"""The picture of a row, wherever the paths in its dataset begin, and only where it is one by its content."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from dset import pictures, planned, state
from dset.captions import records
from dset.captions.places import SHELVES
from dset.folders import Folder

_HEADS = {b"\xff\xd8\xff": "jpeg", b"\x89PNG\r\n\x1a\n": "png", b"GIF8": "gif"}


@dataclass(frozen=True, slots=True)
class Picture:
    """Its bytes, and the media type that they are."""

    data: bytes
    media_type: str


def of(folder: Folder, name: object) -> Picture | None:
    """The picture that a row of the folder's names; None where there is none that may be shown. Never raises.

    It must lie below the folder where the paths begin and be what can be sent (dset/pictures.py): at most 32 MB, by
    its content a JPEG, PNG, GIF or WebP. An SVG, which may hold a script, is none.
    """
    if not isinstance(name, str):
        return None
    for root, path in _places(folder, name):
        data = _read(root, path)
        if data and (kind := kind_of(data)):
            return Picture(data, f"image/{kind}")
    return None


def kind_of(data: bytes) -> str:
    """The subtype of image/ that the bytes are, of those that can be sent at all; '' for any other."""
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "webp"
    return next((kind for head, kind in _HEADS.items() if data.startswith(head)), "")


def _places(folder: Folder, name: str) -> Iterator[tuple[Path, str]]:
    """(folder that must not be left, path below it), the likeliest first."""
    for home in (folder.path, folder.path.parent):  # its queue of --keep-if stands below a caption dataset
        if planned.kind_of(home) == "captions":
            # Pictures are moved out of train/ when they are blocked, filtered or replaced.
            shelved = records.name_in(name)
            yield from ((home, str(PurePosixPath(shelf, shelved))) for shelf in SHELVES if shelved)
            return
    if planned.kind_of(folder.path):
        yield folder.path, name
        return
    if folder.has_own_questions:  # a rehearsal reads the pictures of the q.csv that it rehearses
        yield from ((root, name) for root in (folder.path, folder.path.parent.parent))
    else:
        yield from ((root, name) for root in _of_questions(folder))


def _of_questions(folder: Folder) -> Iterator[Path]:
    """Where q.csv stands: as the last run noted it, else beside the output folder."""
    noted = state.load(folder.state).questions
    if isinstance(noted, str) and noted and "\0" not in noted:
        questions = Path(os.path.realpath(folder.path / noted))
        if questions.is_file():
            yield questions.parent
    yield folder.path.parent


def _read(root: Path, name: str) -> bytes:
    try:
        return pictures.read(root, name)
    except (OSError, ValueError):
        return b""
