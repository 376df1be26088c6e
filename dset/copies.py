"""A private copy of a CSV as it stood at one moment, in UTF-8: what happens to the file later changes nothing in it."""

import codecs
import io
import itertools
import os
import tempfile
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from dset import digests, encodings, files
from dset.errors import QuestionsError

IN_MEMORY = 16 << 20  # bytes of a copy kept in memory; a longer one goes to the temporary folder
_BLOCK = 1 << 20
_READS = 10  # of a file that keeps changing

Stamp = tuple[int, int, int]


@dataclass(slots=True)
class Copy:
    """The text without its byte order mark in UTF-8, and what tells whether the file is still the same."""

    stream: IO[bytes]
    codec: str
    bom: bytes
    stamp: Stamp
    digest: bytes  # of the file's own bytes
    has_lone_cr: bool  # as old Macs end their lines


def take(path: Path, encoding: str) -> Copy:
    """Copy the file; again if it grew or changed meanwhile. Raises QuestionsError."""
    _check(path)
    try:
        for _ in range(_READS):
            with files.patient_open(path) as descriptor:
                before = stamp(os.fstat(descriptor))
                with open(descriptor, "rb", closefd=False) as source:
                    made, size = _copied(source, before, encoding)
            if stamp(os.stat(path)) == before and size == before[0]:
                return made
            made.stream.close()
    except OSError as error:
        raise QuestionsError(f"cannot be read ({error.strerror}); close it in other programs") from None
    raise QuestionsError("another program keeps writing it; try again when it has ended")


def stamp(status: os.stat_result) -> Stamp:
    """What changes when somebody saves the file: size, time, and which file it is."""
    return status.st_size, status.st_mtime_ns, status.st_ino


def _copied(source: IO[bytes], status: Stamp, encoding: str) -> tuple[Copy, int]:
    """(the copy, how many bytes the file had)."""
    head = source.read(_BLOCK)
    codec, bom = encodings.encoding_of(head[:4096], encoding)
    stream: IO[bytes] = (
        io.BytesIO() if status[0] <= IN_MEMORY else tempfile.TemporaryFile(prefix="dset-")  # noqa: SIM115
    )
    hashed, size, ends_in_cr = digests.new(), bom, False
    hashed.update(head[:bom])
    try:
        decoder = codecs.getincrementaldecoder(codec)("strict")
        carriage = 0
        for block in itertools.chain([head[bom:]], digests.blocks(source), [b""]):
            size += len(block)
            hashed.update(block)
            text = decoder.decode(block, final=not block).encode("utf-8")
            carriage += text.count(b"\r") - text.count(b"\r\n")
            carriage -= ends_in_cr and text.startswith(b"\n")
            ends_in_cr = text.endswith(b"\r")
            stream.write(text)
    except UnicodeError:
        stream.close()
        source.seek(0)
        encodings.to_utf8(source.read()[bom:], codec, bom)  # raises, and names the place
        raise QuestionsError("another program keeps writing it; try again when it has ended") from None
    except BaseException:
        stream.close()
        raise
    stream.seek(0)
    return Copy(stream, codec, head[:bom], status, hashed.digest(), carriage > 0), size


def _check(path: Path) -> None:
    if not path.exists():
        near = [
            one.name
            for one in path.parent.glob("*")
            if _folded(one.stem) in {_folded(path.stem), _folded(path.name)} and one.is_file()
        ]
        hint = f"; found {near[0]} instead" if near else ""
        raise QuestionsError(
            f"no such file: write your questions in it, one a row, under the heading question{hint}"
        )
    if path.is_dir():
        raise QuestionsError("this is a folder; it must be a CSV file")
    if not path.is_file():  # a pipe or a device would have no end, or none that can be read twice
        raise QuestionsError("this is no file; it must be a CSV file")


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()
