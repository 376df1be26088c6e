"""scraped_metadata.jsonl: what `scrape` notes of the pictures that it collected, so that their licences go with them."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path, PureWindowsPath
from typing import Any

from dset import answers

NAME = "scraped_metadata.jsonl"
# What a column of q.csv is called -> what the line calls it; `source` there is the service, here the user's file.
COLUMNS = {
    "label": "label",
    "query": "query",
    "service": "source",
    "page": "page",
    "author": "author",
    "licence": "licence",
}


def columns_of(folder: Path) -> dict[str, dict[str, str]]:
    """{source: {column: cell}} of the pictures of a folder that was filled by `scrape`; {} for any other. Raises OSError.

    The file stands in the folder, or beside it or the folder that holds it (where there is a folder for each label).
    """
    whole = folder.resolve()
    for place in (whole, whole.parent, whole.parent.parent):
        if (place / NAME).is_file():
            return {_relative(image, whole.name): cells for image, cells in _lines(place / NAME)}
    return {}


def _lines(path: Path) -> Iterator[tuple[str, dict[str, str]]]:
    for raw in answers.lines_of(path):
        try:
            line = json.loads(raw)
        except (ValueError, RecursionError):
            continue  # a picture without its line is read all the same
        if isinstance(line, dict) and isinstance(line.get("image_path"), str):
            yield line["image_path"], {column: _cell(line, name) for column, name in COLUMNS.items()}


def _cell(line: Mapping[str, Any], name: str) -> str:
    value = line.get(name)
    return value if isinstance(value, str) else "" if value is None else json.dumps(value, ensure_ascii=False)


def _relative(image: str, folder: str) -> str:
    """The path below the folder of that name; a line's path may begin at the folder of the search, or further up."""
    parts = PureWindowsPath(image).parts  # both kinds of slash
    below = [at + 1 for at, part in enumerate(parts[:-1]) if part == folder]
    return "/".join(parts[below[-1] if below else 0 :])
