"""What tells one content of a file from another."""

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO

from dset import files

_BLOCK = 1 << 20


def new() -> "hashlib.blake2b":
    """A hash to feed: its digest has 16 bytes."""
    return hashlib.blake2b(digest_size=16)


def of(pieces: Iterable[bytes]) -> bytes:
    """The digest of these bytes."""
    hashed = new()
    for piece in pieces:
        hashed.update(piece)
    return hashed.digest()


def of_file(path: Path) -> bytes:
    """The digest of a file as it stands now; a scanner that holds it for a moment is waited for. Raises OSError."""
    with files.patient_open(path) as descriptor, open(descriptor, "rb", closefd=False) as stream:
        return of(blocks(stream))


def blocks(stream: IO[bytes]) -> Iterator[bytes]:
    """The rest of a file, piece by piece."""
    while block := stream.read(_BLOCK):
        yield block
