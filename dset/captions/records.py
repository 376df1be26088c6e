"""What a caption dataset's files say of its pictures, by the picture's name: images.jsonl, the journal, rejected.json."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dset import answers, ends
from dset.answers import Record
from dset.captions.places import TRAIN
from dset.errors import JournalError
from dset.folders import Folder
from dset.images.album import NAME as IMAGES
from dset.rejections import RETRIED

_TRAIN = f"{TRAIN}/"


def images(folder: Path) -> Iterator[tuple[int, Record | None]]:
    """(line number, what images.jsonl says there), None for a damaged line. Raises OSError."""
    for number, raw in enumerate(answers.lines_of(folder / IMAGES), 1):
        if not raw.strip():
            continue
        try:
            line = json.loads(raw)
        except (ValueError, RecursionError):
            line = None
        sound = isinstance(line, dict) and isinstance(line.get("source"), str)
        yield number, line if sound else None


def latest(folder: Path) -> list[Record]:
    """The last line about each source, in the order of these lines."""
    found: dict[str, Record] = {}
    for _, line in images(folder):
        if line is not None:
            found.pop(line["source"], None)
            found[line["source"]] = line
    return list(found.values())


def name_in(file: Any) -> str:
    """The picture's name in what a line calls `file` or `image`; '' for what is no picture of train/."""
    if not isinstance(file, str) or not file.startswith(_TRAIN):
        return ""
    name = file.removeprefix(_TRAIN)
    return "" if name in {"", ".", ".."} or re.search(r"[/\\\0]", name) else name


def picture_of(record: Record) -> str:
    """The name of the picture that a line of output.json or rejected.json is about, '' for none."""
    return name_in(record["metadata"].get("image"))


def caption_of(record: Record) -> str:
    """The caption in a line of output.json."""
    response = record["response"]
    if not isinstance(response, dict):
        return ""
    data = response.get("data")
    return text(data.get("caption") if isinstance(data, dict) else response.get("answer"))


def captions(folder: Path) -> dict[str, str]:
    """The caption of each picture; the last line about it counts. Raises OSError."""
    path, said = Folder(folder).journal, {}
    for _, record in answers.scan(path, ends.sound_size(path)):
        if not isinstance(record, JournalError):
            said[picture_of(record)] = caption_of(record)
    return said


def failures(folder: Path) -> dict[str, tuple[str, str]]:
    """(kind, reason) of the last line about each picture in rejected.json. Raises OSError."""
    path, failed = Folder(folder).rejected, {}
    for _, record in answers.scan(path, ends.sound_size(path)):
        if not isinstance(record, JournalError) and record.get("kind") != RETRIED:
            failed[picture_of(record)] = (text(record.get("kind")), text(record.get("reason")))
    return failed


def damaged(folder: Path) -> list[str]:
    """The lines that cannot be read, each as `output.json line 3`. Raises OSError."""
    path = Folder(folder).journal
    lines = answers.scan(path, ends.sound_size(path))
    found = [f"{path.name} line {number}" for number, one in lines if isinstance(one, JournalError)]
    return found + [f"{IMAGES} line {number}" for number, line in images(folder) if line is None]


def text(value: Any) -> str:
    """The value where it is a text, else ''."""
    return value if isinstance(value, str) else ""
