"""Datasets that no record may repeat."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from dset.exports import origins, sources

_OURS = {"id", "metadata"}  # what an export adds to a record


def records(path: Path, tell: Callable[[str], None]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """(what it is called, record) of each record in a dataset: a folder of this program, json, jsonl or csv.

    Raises UsageError.
    """
    for number, (_, _, entry) in enumerate(sources.read(origins.of(path), tell), 1):
        yield (
            f"record {number} of {path.as_posix()}",
            {name: value for name, value in entry.items() if name not in _OURS},
        )
