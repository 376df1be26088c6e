"""What stands of a task on pictures: the record of each picture, by the picture's path in q.csv."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from dset import answers, ends
from dset.answers import Record
from dset.errors import JournalError
from dset.folders import Folder


def read(folder: Path) -> dict[str, Mapping[str, Any]]:
    """The record of each picture; of several the last. Damaged lines are passed over. Raises OSError."""
    return dict(_records(folder))


def _records(folder: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    journal = Folder(folder).journal
    for _, line in answers.scan(journal, ends.sound_size(journal)):
        if not isinstance(line, JournalError):
            yield from of_line(line)


def of_line(line: Record) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """(picture, record) of a line of the journal; nothing where it holds none."""
    response, picture = line["response"], line["metadata"].get("image")
    data = response.get("data") if isinstance(response, dict) else None
    if isinstance(data, dict) and isinstance(picture, str) and picture:
        yield picture, data
