"""What the journals of a caption dataset hold: captions, translations, yes and no, and which pictures are blocked."""

from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from dset import answers, ends
from dset.answers import Record
from dset.errors import JournalError
from dset.failures import Kind
from dset.folders import Folder
from dset.rejections import RETRIED


def captions(folder: Path) -> dict[str, str]:
    """The caption of each picture, by its file name; of several the last. Damaged lines are passed over."""
    return {_name(record): str(data["caption"]) for record, data in _data(folder) if "caption" in data}


def translations(folder: Path) -> dict[str, str]:
    """The translation of each caption."""
    found = ((str(record["metadata"].get("question")), data) for record, data in _data(folder))
    return {caption: str(data["caption"]) for caption, data in found if "caption" in data}


def decisions(folder: Path, condition: str) -> dict[str, bool]:
    """Whether a picture fulfils the condition, by its file name."""
    found = ((record, data) for record, data in _data(folder) if isinstance(data.get("keep"), bool))
    return {_name(one): data["keep"] for one, data in found if one["metadata"].get("question") == condition}


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
    rejected, last = Folder(folder).rejected, dict[str, str]()
    for line in answers.lines_of(rejected, ends.sound_size(rejected)):
        try:
            record = answers.parse(line)
        except ValueError:
            continue
        if record.get("kind") != RETRIED:
            last[_name(record)] = str(record.get("kind"))
    return {name for name, kind in last.items() if kind == Kind.REFUSAL.value}


def _name(record: Record) -> str:
    return PurePosixPath(str(record["metadata"].get("image", ""))).name
