"""q.csv: its columns, its rows and what they are known by, its bookmarks. The only opener of the file."""

import errno
import hashlib
import io
import os
import tempfile
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Self

from dset import dialects, encodings, files
from dset.dialects import Record
from dset.errors import QuestionsError
from dset.headers import Columns, read_header

_READS = 10  # of a file that keeps changing
IN_MEMORY = 16 << 20  # bytes of q.csv kept in memory; a longer file is copied to the temporary folder
BOOKMARKS = ("ERROR", "BLOCKED")
_EXACT = ("utf-8", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be")  # one way only to write a text


@dataclass(frozen=True, slots=True)
class Question:
    """A row to ask. `text`, `image` and `messages` are its cells as they stand; `columns` the user's own."""

    row: int  # as a spreadsheet counts it: the header is 1
    key: int  # 80-bit hash of the content
    text: str
    image: str
    messages: str
    columns: Mapping[str, str]
    status: str  # the status cell, trimmed
    number: int = 1  # which answer to this content it is to become
    sample: int | None = None  # which of --samples

    @property
    def id(self) -> str:
        """Hash of the content and which answer to it this is."""
        return identity(self.key, self.number)

    @property
    def is_empty(self) -> bool:
        """Nothing to ask in this row."""
        return not (self.text.strip() or self.image or self.messages)

    @property
    def bookmark(self) -> str:
        """ERROR, BLOCKED or '': our own words mean something in any case, other text is the user's."""
        word = self.status.upper()
        return word if word in BOOKMARKS else ""


def identity(key: int, number: int) -> str:
    """The id in the outputs: 20 hexadecimal digits, and -2, -3 … for further answers to the same content."""
    return f"{key:020x}" if number == 1 else f"{key:020x}-{number}"


def content_key(
    text: str, image: str = "", messages: str = "", named: Mapping[str, str] | None = None
) -> int:
    """What a row is known by. Line ends inside a cell and blanks around it do not count."""
    if not (image or messages or named):
        content = _plain(text)
    else:
        # NUL never stands in a cell, so no two contents share a spelling.
        parts = [_plain(text), "image", _plain(image), "messages", _plain(messages)]
        for name in sorted(named or ()):
            parts += [name, _plain((named or {})[name])]
        content = "\0".join(parts)
    return int.from_bytes(hashlib.blake2b(content.encode("utf-8", "surrogatepass"), digest_size=10).digest())


def _plain(cell: str) -> str:
    cell = cell.strip()
    return cell.replace("\r\n", "\n").replace("\r", "\n") if "\r" in cell else cell


class Sheet:
    """q.csv as it stood at one moment. What happens to the file later changes nothing here."""

    def __init__(self, path: Path, *, encoding: str = "", column: str = "") -> None:
        """Read the file at `path`. Raises QuestionsError, which names the file and the place."""
        self.path = path
        self._stream: IO[bytes] = io.BytesIO()
        try:
            self._read(encoding, column)
        except QuestionsError as error:
            self.close()
            raise QuestionsError(f"{path}: {error}") from None

    def _read(self, encoding: str, column: str) -> None:
        data, self.stamp = _bytes_of(self.path)
        self.codec, bom = encodings.encoding_of(data[:4096], encoding)
        self.bom = data[:bom]
        text = encodings.to_utf8(data[bom:], self.codec, bom)
        self._stream = _keep(text)
        first = next(dialects.physical_lines(self._stream), b"")
        self.separator = dialects.separator_line(first)
        self._start = len(first) if self.separator else 0
        self._stream.seek(self._start)
        self.columns = read_header(self._stream, self.separator, column)
        self.can_write = self.codec in _EXACT or self._gives_back(data)

    def _gives_back(self, data: bytes) -> bool:
        """Written row by row in this encoding the file is the same; some of the older encodings have no one way."""
        try:
            return b"".join(self.with_statuses({})) == data
        except (UnicodeError, QuestionsError):
            return False

    def close(self) -> None:
        """Let go of the copy."""
        self._stream.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def records(self) -> Iterator[tuple[int, Record]]:
        """(offset, record) of each data row, blank ones included. Raises QuestionsError."""
        self._stream.seek(self._start)
        first_line = 2 if self.separator else 1
        offset = self._start
        lines = dialects.physical_lines(self._stream)
        try:
            for record in dialects.records(lines, self.columns.delimiter, first_line):
                if record.number > self.columns.header_row:
                    self.columns.check(record)
                    yield offset, record
                offset += len(record.raw)
        except QuestionsError as error:
            raise QuestionsError(f"{self.path}: {error}") from None

    def record_at(self, offset: int, number: int) -> Record:
        """The record that begins `offset` bytes into the copy."""
        self._stream.seek(offset)
        record = next(dialects.records(dialects.physical_lines(self._stream), self.columns.delimiter))
        return record._replace(number=number)

    def question(self, record: Record, named: Sequence[str] = ()) -> Question:
        """The row as a question; `named` are the user's columns that the prompt names, part of its identity."""
        columns = self.columns
        cells = record.cells
        text = columns.cell(cells, columns.question)
        image = columns.cell(cells, columns.image).strip()
        messages = columns.cell(cells, columns.messages).strip()
        own = {name: columns.cell(cells, index) for index, name in columns.own}
        key = content_key(text, image, messages, {name: own.get(name, "") for name in named})
        status = columns.cell(cells, columns.status).strip()
        return Question(record.number, key, text, image, messages, own, status)

    def with_statuses(self, wanted: Mapping[int, str]) -> Iterator[bytes]:
        """The file's bytes with these words in the status cells of these rows; every other byte as it was."""
        yield self.bom
        self._stream.seek(0)
        if self._start:
            yield self._encoded(self._stream.read(self._start))
        add_column = self.columns.adds_status and any(wanted.values())
        lines = dialects.physical_lines(self._stream)
        for record in dialects.records(lines, self.columns.delimiter):
            raw = record.raw
            if record.number <= self.columns.header_row:
                if add_column and record.number == self.columns.header_row:
                    raw = dialects.with_cell(record, self.columns.delimiter, self.columns.status, "status")
            elif (word := wanted.get(record.number)) is not None and (
                word or self.columns.status < len(record.cells)
            ):
                raw = dialects.with_cell(record, self.columns.delimiter, self.columns.status, word)
            yield self._encoded(raw)

    def _encoded(self, raw: bytes) -> bytes:
        return raw if self.codec == "utf-8" else raw.decode("utf-8").encode(self.codec)

    def write_statuses(self, wanted: Mapping[int, str]) -> None:
        """Put these words in q.csv in one step. Raises OSError, or QuestionsError if the file has changed since."""
        if not self.can_write:
            raise QuestionsError(
                f"{self.path}: {self.codec} cannot be written back byte for byte; save it as UTF-8"
            )
        # A rename would go through all the same, but the user has said no; and root may write anything.
        if not os.stat(self.path).st_mode & 0o222 or not os.access(self.path, os.W_OK):
            raise PermissionError(errno.EACCES, "it is read-only", str(self.path))
        files.replace(self.path, self.with_statuses(wanted), ready=self._unchanged)

    def _unchanged(self) -> None:
        if _stamp(os.stat(self.path)) != self.stamp:
            raise QuestionsError(f"{self.path}: changed a moment ago")


Stamp = tuple[int, int, int]


def _stamp(status: os.stat_result) -> Stamp:
    return status.st_size, status.st_mtime_ns, status.st_ino


def _bytes_of(path: Path) -> tuple[bytes, Stamp]:
    """The file's bytes, read again if it grew or changed meanwhile."""
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
    try:
        for _ in range(_READS):
            with files.patient_open(path) as descriptor:
                before = _stamp(os.fstat(descriptor))
                with open(descriptor, "rb", closefd=False) as stream:
                    data = stream.read()
            if _stamp(os.stat(path)) == before and len(data) == before[0]:
                return data, before
    except OSError as error:
        raise QuestionsError(f"cannot be read ({error.strerror}); close it in other programs") from None
    raise QuestionsError("another program keeps writing it; try again when it has ended")


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()


def _keep(text: bytes) -> IO[bytes]:
    if len(text) <= IN_MEMORY:
        return io.BytesIO(text)
    stream = tempfile.TemporaryFile(prefix="dset-")  # noqa: SIM115 - closed by Sheet.close
    stream.write(text)
    stream.seek(0)
    return stream


__all__ = ["BOOKMARKS", "Columns", "Question", "Sheet", "content_key", "identity"]
