"""q.csv: its columns, its rows and its bookmarks. The only opener of the file."""

import errno
import io
import itertools
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Self

from dset import copies, dialects, digests, swaps
from dset.contents import Question, content_key, digest
from dset.dialects import Record
from dset.errors import ChangedMeanwhileError, QuestionsError
from dset.headers import read_header
from dset.rows import Rows

_EXACT = ("utf-8", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be")  # one way only to write a text
_PLAIN: tuple[tuple[str, ...], ...] = ((),)  # rows are known without any of the user's columns
_BLOCK = 1 << 20
_LINES = 5_000  # encoded at once


class Sheet:
    """q.csv as it stood at one moment. What happens to the file later changes nothing here."""

    def __init__(self, path: Path, *, encoding: str = "", column: str = "") -> None:
        """Read the file at `path`. Raises QuestionsError, which names the file and the place."""
        self.path = path
        self._rows: Rows | None = None
        self._ways: tuple[tuple[str, ...], ...] = ()
        try:
            self._copy = copies.take(path, encoding)
        except QuestionsError as error:
            raise QuestionsError(f"{path}: {error}") from None
        try:
            self._read_header(column)
        except QuestionsError as error:
            self.close()
            raise QuestionsError(f"{path}: {error}") from None

    def _read_header(self, column: str) -> None:
        self._stream, self.codec, self.bom = self._copy.stream, self._copy.codec, self._copy.bom
        first = next(dialects.physical_lines(self._stream), b"")
        self.separator = dialects.separator_line(first)
        self._start = len(first) if self.separator else 0
        self._header_at = self._start
        self._stream.seek(self._start)
        self.columns = read_header(self._stream, self.separator, column)
        self.can_write = self.codec in _EXACT or self._gives_back()

    def _gives_back(self) -> bool:
        """Written line by line in this encoding the file is the same; some of the older encodings have no one way."""
        try:
            return digests.of(self.with_statuses({})) == self._copy.digest
        except UnicodeError:
            return False

    def close(self) -> None:
        """Let go of the copy."""
        self._copy.stream.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def is_current(self) -> bool:
        """The file at the path has not been saved since it was read, as far as its size and time tell."""
        try:
            return copies.stamp(os.stat(self.path)) == self._copy.stamp
        except OSError:
            return False

    def records(self) -> Iterator[tuple[int, Record]]:
        """(offset, record) of each data row, blank ones included. Raises QuestionsError."""
        line = 2 if self.separator else 1
        for number, (offset, raw, cells, count) in enumerate(self._read(), 1):
            if number > self.columns.header_row:
                yield offset, Record(number, line, raw, cells)
            line += count

    def _read(self) -> Iterator[tuple[int, bytes, list[str], int]]:
        """(offset, bytes, cells, lines) of each record from the first row on."""
        self._stream.seek(self._start)
        offset, line, width = self._start, 2 if self.separator else 1, self.columns.width
        # Cut at LF only where nothing else ends a line: one step less for each of a million.
        lines = dialects.physical_lines(self._stream) if self._copy.has_lone_cr else self._stream
        try:
            found = dialects.cells_of(lines, self.columns.delimiter, line)
            for number, (raw, cells, count) in enumerate(found, 1):
                if len(cells) > width and number > self.columns.header_row:
                    self.columns.check(Record(number, line, raw, cells))
                yield offset, raw, cells, count
                offset += len(raw)
                line += count
        except QuestionsError as error:
            raise QuestionsError(f"{self.path}: {error}") from None

    def rows(self, ways: Sequence[tuple[str, ...]] = _PLAIN) -> Rows:
        """Every data row as numbers, read once. `ways`: sets of the user's columns by which rows are known as well.

        Raises QuestionsError.
        """
        if self._rows is None or self._ways != tuple(ways):
            self._ways = tuple(ways)
            self._rows = self._numbered([tuple(sorted(names)) for names in ways])
        return self._rows

    def _numbered(self, ways: list[tuple[str, ...]]) -> Rows:
        columns = self.columns
        found = Rows(columns.header_row + 1, len(ways))
        read = self._read()
        for offset, *_ in itertools.islice(read, columns.header_row):
            self._header_at = offset
        if columns.image < 0 and columns.messages < 0 and ways == [()]:
            self._number_plain(read, found)
        else:
            self._number_any(read, found, ways)
        return found

    def _number_plain(self, read: Iterator[tuple[int, bytes, list[str], int]], found: Rows) -> None:
        """As `_number_any` for what most files are: a question a row, and nothing else to know it by."""
        question, status = self.columns.question, self.columns.status
        offsets, states, keys = found.offsets.append, found.states.append, found.keys[0]
        high, low = keys.high.append, keys.low.append
        for number, (offset, _, cells, _) in enumerate(read, found.first):
            text = cells[question] if question < len(cells) else ""
            word = cells[status] if status < len(cells) else ""
            empty = not text or text.isspace()
            halves = digest(text)
            offsets(offset)
            states(found.state(number, word, empty=empty) if word or empty else 0)
            high(halves[0])
            low(halves[1])

    def _number_any(
        self, read: Iterator[tuple[int, bytes, list[str], int]], found: Rows, ways: list[tuple[str, ...]]
    ) -> None:
        columns, cell = self.columns, self.columns.cell
        by_name = {name: index for index, name in columns.own}
        places = [[by_name.get(name, -1) for name in names] for names in ways]
        for number, (offset, _, cells, _) in enumerate(read, found.first):
            text = cell(cells, columns.question)
            image, messages = cell(cells, columns.image).strip(), cell(cells, columns.messages).strip()
            empty = not (text.strip() or image or messages)
            found.offsets.append(offset)
            found.states.append(found.state(number, cell(cells, columns.status), empty=empty))
            for keys, names, there in zip(found.keys, ways, places, strict=True):
                keys.add(digest(text, image, messages, names, [cell(cells, place) for place in there]))

    def record(self, number: int) -> Record:
        """Row `number`, read again."""
        self._stream.seek(self.rows(self._ways or _PLAIN).offset(number))
        return self._next_record(number)

    def _next_record(self, number: int) -> Record:
        found = next(dialects.records(dialects.physical_lines(self._stream), self.columns.delimiter))
        return found._replace(number=number)

    def question(
        self, record: Record, named: Sequence[str] = (), number: int = 1, sample: int | None = None
    ) -> Question:
        """The row as a question; `named` are the user's columns that the prompt names, part of its identity."""
        columns = self.columns
        cells = record.cells
        text = columns.cell(cells, columns.question)
        image = columns.cell(cells, columns.image).strip()
        messages = columns.cell(cells, columns.messages).strip()
        own = {name: columns.cell(cells, index) for index, name in columns.own}
        key = content_key(text, image, messages, {name: own.get(name, "") for name in named})
        status = columns.cell(cells, columns.status).strip()
        return Question(record.number, key, text, image, messages, own, status, number, sample)

    def with_statuses(self, wanted: Mapping[int, str]) -> Iterator[bytes]:
        """The file's bytes with these words in the status cells of these rows; every other byte as it was."""
        yield self.bom
        at = 0
        for offset, raw, changed in self._changed(wanted):
            yield from self._bytes(at, offset)
            yield self._encoded(changed)
            at = offset + len(raw)
        yield from self._bytes(at, None)

    def _changed(self, wanted: Mapping[int, str]) -> Iterator[tuple[int, bytes, bytes]]:
        """(offset, bytes, new bytes) of each row that changes, in the file's order."""
        columns, delimiter = self.columns, self.columns.delimiter
        places = self.rows(self._ways or _PLAIN) if wanted else Rows(1, 0)
        if columns.adds_status and columns.header_row and any(wanted.values()):
            self._stream.seek(self._header_at)
            header = self._next_record(columns.header_row)
            yield self._header_at, header.raw, dialects.with_cell(header, delimiter, columns.status, "status")
        for number in sorted(wanted):
            record, word = self.record(number), wanted[number]
            if word or columns.status < len(record.cells):
                changed = dialects.with_cell(record, delimiter, columns.status, word)
                yield places.offset(number), record.raw, changed

    def _bytes(self, start: int, end: int | None) -> Iterator[bytes]:
        """The copy from one offset to another, in the file's encoding."""
        self._stream.seek(start)
        at, taken = start, []
        if self.codec == "utf-8":
            while piece := self._stream.read(_BLOCK if end is None else min(_BLOCK, end - at)):
                at += len(piece)
                yield piece
            return
        # Line by line: some encodings begin each with a mark, and no character may be cut.
        for line in dialects.physical_lines(self._stream):
            if end is not None and at >= end:
                break
            at += len(line)
            taken.append(line.decode("utf-8").encode(self.codec))
            if len(taken) == _LINES:
                yield b"".join(taken)
                taken.clear()
        yield b"".join(taken)

    def _encoded(self, raw: bytes) -> bytes:
        if self.codec == "utf-8":
            return raw
        lines = dialects.physical_lines(io.BytesIO(raw))
        return b"".join(line.decode("utf-8").encode(self.codec) for line in lines)

    def write_statuses(self, wanted: Mapping[int, str]) -> None:
        """Put these words in q.csv in one step. Raises OSError, ChangedMeanwhileError, QuestionsError."""
        if not self.can_write:
            raise QuestionsError(
                f"{self.path}: {self.codec} cannot be written back byte for byte; save it as UTF-8"
            )
        # A rename would go through all the same, but the user has said no; and root may write anything.
        if not os.stat(self.path).st_mode & 0o222 or not os.access(self.path, os.W_OK):
            raise PermissionError(errno.EACCES, "it is read-only", str(self.path))
        newer = swaps.swap(
            self.path, self.with_statuses(wanted), ready=self._unchanged, read=self._copy.digest
        )
        if newer is not None:
            raise ChangedMeanwhileError(
                f"{self.path} was saved by another program at the very moment the bookmarks were written: "
                f"what it saved counts, and is kept in {newer.name} too"
            )

    def _unchanged(self) -> None:
        if not self.is_current:
            raise ChangedMeanwhileError(
                f"{self.path} was saved by another program meanwhile: what it saved counts"
            )
