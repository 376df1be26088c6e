"""The column `image` of a dataset on pictures as `datasets` shows it: the file's bytes and its path, with the feature Image.

Source: the page datasets-image of https://huggingface.co/docs/hub and `Image` in datasets/features/image.py.
"""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from dset import pictures
from dset.exports.columns import Column
from dset.exports.gather import Gathered

NAME = "image"
GROUP_ROWS = 100  # so that the hub's viewer shows a page without reading hundreds of megabytes
METADATA = {"huggingface": json.dumps({"info": {"features": {NAME: {"_type": "Image"}}}})}
Load = Callable[[Any], dict[str, Any] | None]  # a path -> the cell


def folder_of(found: Gathered) -> Path | None:
    """Where the paths of the pictures start; None where the entries are of no one task on pictures."""
    first, *others = found.origins
    return None if others else first.pictures


def with_pictures(struct: Column) -> Column:
    """The columns, with pictures in the place of their paths."""
    fields = tuple((name, Column("image") if name == NAME else one) for name, one in struct.fields)
    return replace(struct, fields=fields)


def loader(folder: Path) -> Load:
    """What reads a picture below the folder; one that is gone, or lies outside, is null."""

    def load(path: Any) -> dict[str, Any] | None:
        try:
            return {"bytes": pictures.read(folder, str(path)), "path": str(path)}
        except ValueError:
            return None

    return load


def size_of(folder: Path) -> int:
    """Bytes of all the pictures."""
    shelf = folder / "images"
    return sum(one.stat().st_size for one in shelf.iterdir()) if shelf.is_dir() else 0
