"""The folded texts of a journal's lines in one file, searched as bytes: no text stands in memory.

A line each, so that a hit's place tells the row: nothing folded holds a line break.
"""

import contextlib
import os
from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

_BLOCK = 4 << 20


@dataclass(frozen=True, slots=True)
class Hits:
    """The rows in which something was found: a byte for each row, 1 where it holds it."""

    flags: bytearray
    rows: int  # that were searched


class Haystack:
    """Grows by `add`, from one thread; `search` from any."""

    def __init__(self, path: Path) -> None:
        """Makes the file, or empties it. Raises OSError."""
        self.path = path
        self._starts = array("Q", [0])  # where each row begins, and the end of the last one
        path.write_bytes(b"")

    def __len__(self) -> int:
        return len(self._starts) - 1

    def add(self, texts: Iterable[bytes]) -> None:
        """Further rows. Raises OSError; then none of them was added."""
        starts, at = array("Q"), self._starts[-1]
        pieces = []
        for text in texts:
            pieces.append(text + b"\n")
            at += len(pieces[-1])
            starts.append(at)
        with self.path.open("r+b") as stream:
            stream.seek(self._starts[-1])
            stream.write(b"".join(pieces))
        self._starts.extend(starts)  # only now are they searched

    @contextlib.contextmanager
    def rows(self) -> Iterator[Callable[[int], bytes]]:
        """Within it, what gives a row's text by its place; b"" for one that is not there. Raises OSError."""
        starts = self._starts
        with self.path.open("rb", buffering=0) as stream:

            def row(at: int) -> bytes:
                if not 0 <= at < len(starts) - 1:
                    return b""
                stream.seek(starts[at])
                return stream.read(starts[at + 1] - starts[at] - 1)

            yield row

    def search(self, needle: bytes, known: Hits | None = None) -> Hits:
        """The rows that hold the bytes; `known`: what was found of them before, with fewer rows. Raises OSError."""
        rows, first = len(self), known.rows if known else 0
        flags = bytearray(rows)
        if known:
            flags[:first] = known.flags
        if first < rows:
            self._search(needle, flags, self._starts[first], rows)
        return Hits(flags, rows)

    def _search(self, needle: bytes, flags: bytearray, at: int, rows: int) -> None:
        starts, end = self._starts, self._starts[rows]
        with self.path.open("rb", buffering=0) as stream:
            row = 0
            while at < end:
                stream.seek(at)
                block = stream.read(min(max(_BLOCK, 2 * len(needle)), end - at))
                if not block:
                    return
                row = _mark(block, at, needle, flags, starts, row, rows)
                # A hit may begin in this block and end in the next one; a row in which one was found is done with.
                following = at + max(len(block) - len(needle) + 1, 1)
                at = end if at + len(block) >= end else max(following, starts[row])


def _mark(
    block: bytes, at: int, needle: bytes, flags: bytearray, starts: "array[int]", row: int, rows: int
) -> int:
    """Mark the rows of the block's hits; the first row that is not looked through. `block` begins at byte `at`."""
    find, place = block.find, block.find(needle)
    while place >= 0:
        row += 1
        if starts[row] <= at + place:  # not in the row after the last one that was found, as of a common word
            row = bisect_right(starts, at + place, row + 1, rows + 1)
        flags[row - 1] = 1
        place = find(needle, starts[row] - at)
    return row


def in_both(one: bytes | bytearray, other: bytes | bytearray) -> int:
    """How many bytes are 1 in both, of two of 0 and 1; the shorter one ends it."""
    length = min(len(one), len(other))
    return (int.from_bytes(one[:length], "little") & int.from_bytes(other[:length], "little")).bit_count()


def remove(path: Path) -> None:
    """Remove the file of a haystack that nobody adds to; one that is read just now may stay, its folder goes later."""
    try:
        os.unlink(path)
    except OSError:
        pass
