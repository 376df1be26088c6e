"""Which records of a dataset are the same and which nearly, found while they pass; of their texts no copy is kept here."""

import heapq
from array import array
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from dset import digests, duplicates, texts

_LARGEST = 5  # groups that are named
_ROWS = 5  # of a group that are named


class Placed(NamedTuple):
    """The text by which a record is compared, and where it stands."""

    line: int  # of output.json, counted from 1
    part: int  # among the records of that line, from 0
    row: int  # of q.csv; 0 where it is not known
    text: str


class Alike(NamedTuple):
    """One group: how many records, how many different texts, the first rows, where the first one stands."""

    records: int
    texts: int
    rows: tuple[int, ...]
    line: int
    part: int


class Likenesses:
    """Memory: about 130 bytes for each different record; while near ones are looked for 1 KB more and its text."""

    def __init__(self, near: float | None) -> None:
        """`near`: likeness from which on texts are near; None: only the same ones are looked for."""
        self._near = near
        self._numbers: dict[
            int, int
        ] = {}  # digest of a normalised text -> its number among the different ones
        self._which = array("I")  # per record: that number
        self._rows, self._lines, self._parts = array("Q"), array("Q"), array("B")
        self._firsts = array("I")  # per different text: the first of its group

    def take(self, records: Iterable[Placed]) -> None:
        """Compare them all with each other; they are read once."""
        different = self._different(records)
        if self._near is None:
            for _ in different:
                pass
            self._firsts = array("I", range(len(self._numbers)))
        else:
            self._firsts = duplicates.clusters(different, self._near)

    def _different(self, records: Iterable[Placed]) -> Iterator[str]:
        for line, part, row, text in records:
            digest = int.from_bytes(digests.of([texts.normal(text).encode()])[:8])
            count = len(self._numbers)
            number = self._numbers.setdefault(digest, count)
            self._which.append(number)
            self._rows.append(row)
            self._lines.append(line)
            self._parts.append(min(part, 255))
            if number == count:
                yield text

    def __len__(self) -> int:
        """Records that were compared."""
        return len(self._which)

    def same(self) -> tuple[int, int]:
        """(groups of the same text, records in them beyond the first)."""
        copies = _counts(self._which, len(self._numbers))
        return sum(count > 1 for count in copies), len(self._which) - len(self._numbers)

    def nearly(self) -> tuple[int, int]:
        """(groups in which texts differ, different texts in them beyond the first)."""
        members = _counts(self._firsts, len(self._firsts))
        return sum(count > 1 for count in members), sum(count - 1 for count in members if count)

    def largest(self) -> list[Alike]:
        """The groups with the most records, the same and near ones together."""
        firsts = self._firsts
        members = _counts(firsts, len(firsts))
        records = array("I", bytes(4 * len(firsts)))
        for number in self._which:
            records[firsts[number]] += 1
        many = heapq.nlargest(_LARGEST, range(len(records)), key=lambda first: (records[first], -first))
        found = {first: self._places(first) for first in many if records[first] > 1}
        return [
            Alike(
                records[first],
                members[first],
                tuple(self._rows[at] for at in places),
                *self._place(places[0]),
            )
            for first, places in found.items()
        ]

    def _places(self, first: int) -> list[int]:
        """The first few records of the group."""
        found = []
        for at, number in enumerate(self._which):
            if self._firsts[number] == first:
                found.append(at)
                if len(found) == _ROWS:
                    break
        return found

    def _place(self, at: int) -> tuple[int, int]:
        return self._lines[at], self._parts[at]


def _counts(numbers: "array[int]", size: int) -> "array[int]":
    """How often each number below `size` stands there."""
    counts = array("I", bytes(4 * size))
    for number in numbers:
        counts[number] += 1
    return counts
