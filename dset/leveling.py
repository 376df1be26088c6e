"""Bringing output.csv and output.txt level with the journal: one pass over it for all of them."""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO, NamedTuple

from dset import files
from dset.answers import Record
from dset.views import View

_BLOCK = 1 << 20


class Standing(NamedTuple):
    """How a view stands: is it a prefix of what it should be, how many of its bytes are, how many should be there.

    A prefix may be torn, or end in NULs that a power cut left: those do not count. A missing file is an empty prefix.
    """

    fits: bool
    sound: int
    wanted: int


def compare(views: Sequence[View], records: Iterable[Record]) -> list[Standing]:
    """How each view stands against the journal's records. Changes nothing; raises OSError."""
    found = [_Comparison(view.path) for view in views]
    try:
        for view, pieces in _pieces(views, records):
            found[view].take(pieces)
        return [one.standing() for one in found]
    finally:
        for one in found:
            one.close()


def level(
    views: Sequence[View], records: Callable[[], Iterable[Record]], ours: Sequence[str]
) -> dict[str, str | OSError]:
    """Make each file what the journal renders to; by name what was done, or why it could not be written.

    What was done: '' (nothing), completed, written, rebuilt, set aside as …. `ours` are those that nobody touched
    since we wrote them, so that a mismatch is a changed setting and they may be replaced. Otherwise what does not
    match was edited by the user and moves to the next free `.bakN`.
    """
    done: dict[str, str | OSError] = {}
    there = [view for view in views if view.path.exists()]
    completions = [_Completion(view.path) for view in there]
    try:
        for at, piece in _pieces(there, records()):
            completions[at].take(piece)
        for view, completion in zip(there, completions, strict=True):
            done[view.name] = completion.end()
    finally:
        for completion in completions:
            completion.close()
    for view in views:
        if view not in there or done[view.name] == _MISMATCH:
            done[view.name] = _made_anew(view, records, ours=view.name in ours)
    return done


_MISMATCH = "mismatch"


def _made_anew(view: View, records: Callable[[], Iterable[Record]], *, ours: bool) -> str | OSError:
    try:
        outcome = "written"
        if view.path.exists():
            outcome = "rebuilt" if ours else "set aside as " + files.set_aside(view.path).name
        files.replace(view.path, files.in_blocks(view.content(records())))
        return outcome
    except OSError as error:
        return error


def _pieces(views: Sequence[View], records: Iterable[Record]) -> Iterator[tuple[int, bytes]]:
    """(which view, what comes next in it) for every record in turn."""
    for at, view in enumerate(views):
        if view.head:
            yield at, view.head
    for record in records if views else ():
        for at, view in enumerate(views):
            yield at, view.render(record)


def _alike(one: bytes, other: bytes) -> int:
    """How many bytes at their beginnings are the same."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (mine, theirs) in pairs if mine != theirs), min(len(one), len(other)))


class _Comparison:
    """A file against the pieces it should be made of, as they come."""

    def __init__(self, path: Path) -> None:
        self._stream: IO[bytes] | None = path.open("rb") if path.exists() else None
        self.fits = True
        self.is_complete = self._stream is not None  # so far
        self.sound = self.wanted = 0

    def take(self, piece: bytes) -> bytes:
        """Compare the next piece; what of it is missing at the end of a file that ends here or before."""
        self.wanted += len(piece)
        if self._stream is None or not self.is_complete:
            return piece if self.fits else b""
        found = self._stream.read(len(piece))
        if found == piece:
            self.sound += len(piece)
            return b""
        self.is_complete = False
        held = found.rstrip(b"\0")
        self.fits = piece.startswith(held) and self._only_nul_follows()
        self.sound += len(held) if self.fits else _alike(piece, found)
        return piece[len(held) :] if self.fits else b""

    def _only_nul_follows(self) -> bool:
        assert self._stream is not None
        while block := self._stream.read(_BLOCK):
            if block.strip(b"\0"):
                return False
        return True

    def standing(self) -> Standing:
        """After the last piece."""
        if self.is_complete:
            self.fits = self._only_nul_follows()
        return Standing(self.fits, self.sound, self.wanted)

    def close(self) -> None:
        if self._stream is not None:
            self._stream.close()


class _Completion:
    """A file that is compared, and from where it ends completed."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: files.AppendFile | None = None
        self._held: list[bytes] = []
        self._size = 0
        self._error: OSError | None = None
        self._compared = _Comparison(path)

    def take(self, piece: bytes) -> None:
        """The next piece of what the file should be."""
        missing = b"" if self._error else self._compared.take(piece)
        if missing:
            self._held.append(missing)
            self._size += len(missing)
            if self._size >= _BLOCK:
                self._flush()

    def end(self) -> str | OSError:
        """After the last piece: what was done, _MISMATCH where the file is no prefix, or why it could not be written."""
        if self._error is None and not self._compared.standing().fits:
            return _MISMATCH
        self._flush()
        return self._error or ("completed" if self._file else "")

    def _flush(self) -> None:
        try:
            if self._file is None and os.stat(self._path).st_size > self._compared.sound:
                files.cut(self._path, self._compared.sound)
            if self._held and self._file is None:
                self._file = files.AppendFile(self._path)
            if self._file is not None:
                self._file.append(b"".join(self._held), durable=False)
            self._held, self._size = [], 0
        except OSError as error:
            self._error = error

    def close(self) -> None:
        self._compared.close()
        if self._file is not None:
            self._file.close()
