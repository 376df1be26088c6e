"""Datasets that no record may repeat."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any


def records(path: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """(what it is called, record) of each record in a dataset: a folder of this program, json, jsonl or csv."""
    raise NotImplementedError(path)
