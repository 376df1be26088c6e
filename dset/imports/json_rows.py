"""JSON Lines, and a JSON array of objects, as tables. Read twice: first for the names of all columns."""

import codecs
import json
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path
from typing import IO, Any

from dset.cleaning import clean
from dset.errors import UsageError
from dset.imports.cells import text_of
from dset.imports.tables import Asked, Cells, Table

_BLOCK = 1 << 20
_LONGEST = 256 << 20  # characters of one object
_BLANK = " \t\r\n"
_Objects = Callable[[], Iterator[dict[str, Any]]]


def read_lines(asked: Asked) -> Table:
    """The table in a file with an object a line. Raises UsageError that names the line."""
    return _table(asked.path, lambda: _lines(asked.path))


def read_array(asked: Asked) -> Table:
    """The table in a file with one array of objects. Raises UsageError that names the object."""
    return _table(asked.path, lambda: _elements(asked.path))


def _table(path: Path, objects: _Objects) -> Table:
    names = tuple(dict.fromkeys(chain.from_iterable(objects())))

    def rows() -> Iterator[Cells]:
        for one in objects():
            yield [text_of(one.get(name)) for name in names]

    return Table(path.name, names, rows)


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    with path.open("rb") as stream:
        number = 0
        while line := stream.readline(_LONGEST):
            number += 1
            line = line.removeprefix(codecs.BOM_UTF8) if number == 1 else line
            if not line.strip():
                continue
            place = f"{path} line {number}"
            yield _object(_parsed(line, place), place)


def _parsed(line: bytes, place: str) -> Any:
    try:
        return json.loads(line.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise UsageError(f"{place} is not UTF-8 (byte {error.start + 1}): save the file as UTF-8") from None
    except (ValueError, RecursionError):
        begins = clean(line[:200].decode("utf-8", "replace"), 60)
        raise UsageError(f"{place} is no JSON object: it begins {begins!r}") from None


def _object(value: Any, place: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        begins = clean(json.dumps(value, ensure_ascii=False)[:200], 60)
        raise UsageError(f"{place} is no JSON object but {begins}")
    return value


def _elements(path: Path) -> Iterator[dict[str, Any]]:
    with path.open("rb") as stream:
        text = _Text(stream, path)
        if text.next_character() != "[":
            raise UsageError(f"{path}: must be an array of objects, or hold an object a line")
        text.skip(1)
        number = 0
        while (character := text.next_character()) != "]":
            if number and character != ",":
                raise UsageError(f"{path} object {number} has neither a comma nor ] behind it")
            text.skip(1 if number else 0)
            number += 1
            place = f"{path} object {number}"
            yield _object(text.value(place), place)


class _Text:
    """A JSON text that is read as far as it is needed."""

    def __init__(self, stream: IO[bytes], path: Path) -> None:
        self._stream, self._path = stream, path
        self._decode = codecs.getincrementaldecoder("utf-8-sig")("strict").decode
        self._text, self._at, self._is_whole = "", 0, False

    def _more(self) -> None:
        block = self._stream.read(
            max(_BLOCK, len(self._text) - self._at)
        )  # doubled: a long value is not read over and over
        self._is_whole = not block
        try:
            self._text = self._text[self._at :] + self._decode(block, final=not block)
        except UnicodeDecodeError:
            raise UsageError(f"{self._path} is not UTF-8: save it as UTF-8") from None
        self._at = 0

    def next_character(self) -> str:
        """What comes next that is not blank. Raises UsageError at the end."""
        while True:
            while self._at < len(self._text):
                if self._text[self._at] not in _BLANK:
                    return self._text[self._at]
                self._at += 1
            if self._is_whole:
                raise UsageError(f"{self._path} ends in the middle of its array: it is cut or damaged")
            self._more()

    def skip(self, count: int) -> None:
        """Go on behind these characters."""
        self._at += count

    def value(self, place: str) -> Any:
        """The value that comes next."""
        self.next_character()
        decoder = json.JSONDecoder()
        while True:
            try:
                value, self._at = decoder.raw_decode(self._text, self._at)
                return value
            except RecursionError:
                raise UsageError(f"{place} is nested too deeply") from None
            except ValueError:
                if self._is_whole or len(self._text) - self._at > _LONGEST:
                    begins = clean(self._text[self._at : self._at + 200], 60)
                    raise UsageError(f"{place} is no JSON: it begins {begins!r}") from None
            self._more()
