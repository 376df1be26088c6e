"""Every source as a stream of (row, sample, entry), and what is wrong with it, by its place."""

import csv
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from dset import answers, cleaning, ends
from dset.dialects import DELIMITERS
from dset.errors import DsetError, UsageError
from dset.exports import arrays, entries
from dset.exports.entries import Entry
from dset.exports.origins import Origin
from dset.wording import counted

Placed = Iterator[tuple[int, int, Entry]]


def read(origin: Origin, tell: Callable[[str], None]) -> Placed:
    """(row, sample, entry) of everything that stands at the origin. Raises UsageError that names the place."""
    if origin.is_journal:
        yield from _journal(origin, tell)
        return
    suffix = origin.path.suffix.lower()
    reader = {".csv": _csv, ".tsv": _csv, ".json": _json}.get(suffix, _lines)
    try:
        for number, entry in enumerate(reader(origin.path)):
            yield number, 0, entry
    except UnicodeDecodeError as error:
        byte = error.object[error.start]
        raise UsageError(
            f"{origin.path} is not UTF-8: it holds the byte 0x{byte:02x}; save it as UTF-8"
        ) from None


def _journal(origin: Origin, tell: Callable[[str], None]) -> Placed:
    # A run may be writing it: what it has written whole is exported.
    end = ends.sound_size(origin.path)
    bare = 0
    names = frozenset() if origin.task else _data_names(origin.path, end)
    for number, record in answers.scan(origin.path, end):
        if isinstance(record, DsetError) or not isinstance(record["response"], dict):
            raise UsageError(f"{origin.path} line {number} is damaged: correct that line, or delete it")
        about = record["metadata"]
        row, sample = _whole(about.get("row")), _whole(about.get("sample"))
        if origin.task:
            found = entries.of_task(origin, record)
            bare += not found
            for entry in found:
                yield row, sample, entry
        else:
            yield row, sample, entries.of_run(record, names)
    if bare:
        tell(f"{origin.path}: {counted(bare, 'answer')} without a record left out")


def _data_names(path: Path, end: int) -> frozenset[str]:
    """The fields of `data` in the journal; lines that cannot have one are not parsed."""
    names: set[str] = set()
    for line in answers.lines_of(path, end):
        if b'"data"' in line:
            try:
                data = answers.parse(line)["response"].get("data")
            except (ValueError, AttributeError):
                continue  # told when it is read
            names.update(data if isinstance(data, dict) else ())
    return frozenset(names)


def _whole(value: Any) -> int:
    return value if isinstance(value, int) and 0 < value < 1 << 40 else 0


def _lines(path: Path) -> Iterator[Entry]:
    """The objects of a JSON Lines file."""
    for number, line in enumerate(answers.lines_of(path), 1):
        text = line.decode("utf-8-sig" if number == 1 else "utf-8")
        if text.strip():
            yield _object(path, f"line {number}", text)


def _object(path: Path, place: str, text: str) -> Entry:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        raise UsageError(f"{path} {place} is no JSON: it begins {_shown(text)}") from None
    if not isinstance(value, dict):
        raise UsageError(f"{path} {place} is no object: it begins {_shown(text)}")
    return value


def _shown(text: str) -> str:
    return ascii(cleaning.harmless(text.strip()[:60]))[1:-1]


def _json(path: Path) -> Iterator[Entry]:
    """The objects of an array, read as a stream; of JSON Lines; or of one object that holds them."""
    with path.open(encoding="utf-8-sig", newline="") as stream:
        window = arrays.Window(stream)
        first = window.next_character()
        if first == "[":
            yield from _checked(path, arrays.elements(window))
        if first in {"[", ""}:
            return
    if _has_several_values(path):
        yield from _lines(path)
        return
    whole = _object(path, "as a whole", path.read_text(encoding="utf-8-sig"))
    yield from _checked(path, arrays.records_in(whole))


def _checked(path: Path, values: Iterator[Any]) -> Iterator[Entry]:
    number = 0
    try:
        for number, value in enumerate(values, 1):
            if not isinstance(value, dict):
                raise UsageError(f"{path} element {number} is no object: {_shown(json.dumps(value))}")
            yield value
    except (json.JSONDecodeError, RecursionError):
        raise UsageError(f"{path} is no JSON after element {number}") from None


def _has_several_values(path: Path) -> bool:
    """Its first line is an object of its own and more follow: JSON Lines under the name .json."""
    lines = (line for line in answers.lines_of(path) if line.strip())
    first, second = next(lines, b""), next(lines, b"")
    try:
        return bool(second) and isinstance(json.loads(first.removeprefix(b"\xef\xbb\xbf")), dict)
    except (ValueError, RecursionError):
        return False


def _csv(path: Path) -> Iterator[Entry]:
    """The rows of a CSV by its header, every cell as text. Blank rows count for nothing."""
    with path.open(encoding="utf-8-sig", newline="") as stream:
        first = stream.readline()
        stream.seek(0)
        reader = csv.reader(stream, delimiter=max(DELIMITERS, key=first.count), strict=True)
        try:
            names = _header(path, next(reader, []))
            for cells in reader:
                if any(cells):
                    yield _row(path, reader.line_num, names, cells)
        except csv.Error as error:
            raise UsageError(f"{path} line {reader.line_num}: {error}") from None


def _header(path: Path, cells: list[str]) -> list[str]:
    names = [cell.strip() or f"column_{number}" for number, cell in enumerate(cells, 1)]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise UsageError(f"{path} has two columns {_shown(twice)}: rename one")
    return names


def _row(path: Path, line: int, names: list[str], cells: list[str]) -> Entry:
    if any(cells[len(names) :]):
        more = f"{path} line {line} has {len(cells)} cells, but the header {len(names)}"
        raise UsageError(f"{more}: is a comma unquoted there?")
    return dict(zip(names, cells, strict=False))
