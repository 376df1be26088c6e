"""What the journals beside the captions hold: translations, yes and no, and which pictures are blocked."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dset import answers, ends
from dset.answers import Record
from dset.captions import records
from dset.errors import JournalError
from dset.failures import Kind
from dset.folders import Folder


def translations(folder: Path) -> dict[str, str]:
    """The translation of each caption."""
    found = ((str(record["metadata"].get("question")), data) for record, data in _data(folder))
    return {caption: str(data["caption"]) for caption, data in found if "caption" in data}


def decisions(folder: Path, condition: str) -> dict[str, bool]:
    """Whether a picture fulfils the condition, by its file name."""
    found = ((record, data) for record, data in _data(folder) if isinstance(data.get("keep"), bool))
    return {
        records.picture_of(one): data["keep"]
        for one, data in found
        if one["metadata"].get("question") == condition
    }


def pictures(folder: Path) -> set[str]:
    """The file names of all pictures that something was said of."""
    return (records.captions(folder).keys() | records.failures(folder).keys()) - {""}


def _data(folder: Path) -> Iterator[tuple[Record, dict[str, Any]]]:
    journal = Folder(folder).journal
    for _, record in answers.scan(journal, ends.sound_size(journal)):
        if not isinstance(record, JournalError):
            response = record["response"]
            data = response.get("data") if isinstance(response, dict) else None
            if isinstance(data, dict):
                yield record, data


def refused(folder: Path) -> set[str]:
    """The pictures whose last line in rejected.json is a refusal, by file name; they may be answered since."""
    return {name for name, (kind, _) in records.failures(folder).items() if kind == Kind.REFUSAL.value}
