"""All entries on disk, one a line, and where each begins: what is held in memory is 32 bytes an entry.

Every format reads the entries from here, in order, as often as it needs to.
"""

import json
import re
from array import array
from collections.abc import Iterable, Iterator, Sequence
from hashlib import blake2b
from typing import Any, BinaryIO

from dset import quick_json
from dset.exports.entries import Entry

_SURROGATE = re.compile("[\ud800-\udfff]")
_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False).encode


class Spool:
    """The entries of all sources. `stream`: a new binary file that can be read and written."""

    def __init__(self, stream: BinaryIO, *, with_ids: bool) -> None:
        self._stream = stream
        self._with_ids = with_ids
        self._size = 0
        self._shapes: dict[tuple[str, ...], int] = {}
        self._shape_of = array("I")  # by entry: which fields it has, in which order
        self._ranks = array("Q")
        self.ids = array("Q")  # by entry: hash of its id, 0 where it has none; empty without `with_ids`
        self.offsets = array("Q")
        self.fields: tuple[str, ...] = ()  # of all entries, once they are named
        self.mended = 0  # entries with characters that UTF-8 cannot hold
        self.blanked = 0  # entries with numbers that JSON cannot hold
        self.order = array("I")  # the entries in the order of export

    def add(self, row: int, sample: int, entry: Entry) -> None:
        """Append an entry. Raises RecursionError where it is nested too deeply for JSON's own encoder."""
        self._ranks.append(row << 20 | min(sample, (1 << 20) - 1))
        self._write(entry)

    def _write(self, entry: Entry) -> None:
        names = tuple(entry)
        shape = self._shapes.get(names)
        if shape is None:
            shape = self._shapes[names] = len(self._shapes)
        line = self._line(entry)
        self._stream.write(line)
        self.offsets.append(self._size)
        self._shape_of.append(shape)
        if self._with_ids:
            self.ids.append(hashed(entry["id"]) if entry.get("id") is not None else 0)
        self._size += len(line)

    def _line(self, entry: Entry) -> bytes:
        try:
            text = _encode(entry)
        except ValueError:
            self.blanked += 1
            text = _encode(_finite(entry))
        try:
            return text.encode() + b"\n"
        except UnicodeEncodeError:
            self.mended += 1
            return _SURROGATE.sub("\N{REPLACEMENT CHARACTER}", text).encode() + b"\n"

    def end_source(self) -> None:
        """What was added since the last source is put in order: by row, then sample, then as it came."""
        start, end = len(self.order), len(self.offsets)
        ranks = self._ranks
        if all(ranks[at - 1] <= ranks[at] for at in range(start + 1, end)):
            self.order.extend(range(start, end))
        else:
            self.order.extend(sorted(range(start, end), key=ranks.__getitem__))

    def name_fields(self, first: Iterable[str], last: Iterable[str]) -> None:
        """Put the fields of all entries in order: `first`, then as the rows bring them, then `last`."""
        shapes = list(self._shapes)
        met = dict.fromkeys(first)
        for shape in dict.fromkeys(self._shape_of[number] for number in self.order):
            met.update(dict.fromkeys(shapes[shape]))
        ends = [name for name in last if name in met]
        self.fields = (*(name for name in met if name not in ends), *ends)

    def keep(self, numbers: Sequence[int]) -> None:
        """Only these entries are exported, in this order."""
        self.order = array("I", numbers)

    def replace(self, entry_number: int, entry: Entry) -> None:
        """Put another entry in the place of one: it stands at the end of the file."""
        self._stream.seek(self._size)
        self._write(entry)
        for column in (self.offsets, self._shape_of, self.ids):
            column[entry_number] = column.pop()

    def line(self, number: int) -> bytes:
        """The line of an entry, as it was added."""
        self._stream.seek(self.offsets[number])
        return self._stream.readline()

    def entry(self, number: int) -> Entry:
        """An entry, parsed."""
        return parse(self.line(number))

    def has_all_fields(self, number: int) -> bool:
        """The entry has every field of the dataset, in the dataset's order."""
        return self._shape_of[number] == self._shapes.get(self.fields)

    @property
    def size(self) -> int:
        """Bytes of JSON that were written."""
        return self._size


class Rows:
    """Some entries of the spool, to be read in order, as often as needed."""

    def __init__(self, spool: Spool, numbers: Sequence[int], *, filled: bool) -> None:
        self._spool = spool
        self._numbers = numbers
        self._filled = filled  # every entry has every field: what is missing is null

    def __len__(self) -> int:
        return len(self._numbers)

    @property
    def size(self) -> int:
        """About how many bytes of JSON they are."""
        return self._spool.size * len(self._numbers) // max(1, len(self._spool.offsets))

    def slice(self, start: int, end: int) -> "Rows":
        """The rows from `start` up to `end`."""
        return Rows(self._spool, self._numbers[start:end], filled=self._filled)

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields of the whole dataset."""
        return self._spool.fields

    def lines(self) -> Iterator[bytes]:
        """Each entry as a line of JSON, with its newline."""
        for number in self._numbers:
            line = self._spool.line(number)
            if self._filled and not self._spool.has_all_fields(number):
                entry = parse(line)
                line = _encode({name: entry.get(name) for name in self._spool.fields}).encode() + b"\n"
            yield line

    def __iter__(self) -> Iterator[Entry]:
        for number in self._numbers:
            yield self._spool.entry(number)


def parse(line: bytes) -> Entry:
    """A line of the spool as an entry."""
    try:
        value: Entry = quick_json.parse(line)
    except ValueError:  # it goes less deep than Python's own
        value = json.loads(line)
    return value


def hashed(value: Any) -> int:
    """64 bits of a value that JSON can hold; never 0."""
    text = json.dumps(value, sort_keys=True)
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest()) or 1


def _finite(value: Any) -> Any:
    """The value with null in place of numbers that JSON cannot hold."""
    if isinstance(value, float):
        return value if value - value == 0 else None
    if isinstance(value, dict):
        return {key: _finite(one) for key, one in value.items()}
    return [_finite(one) for one in value] if isinstance(value, list) else value
