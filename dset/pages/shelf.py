"""Which datasets there are at and below the folders that are served. A client knows them by keys, never by paths."""

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dset import locks, planned
from dset.errors import DsetError
from dset.folders import Folder

_DEEP = 5  # levels below a folder that is served: <folder>/rehearsal/tasks/<name> and one more
_MOST = 2_000  # datasets
_INSIDE = ("rehearsal", "tasks", "captions", "scraped")  # where a dataset's folder holds others
_MARKS = ("output.json", "rejected.json", "runs.json", "plan.json")


class NotThereError(DsetError):
    """No dataset is known by this key."""


@dataclass(frozen=True, slots=True)
class Dataset:
    """One dataset on the shelf."""

    key: str
    name: str  # its path as a person would name it
    folder: Folder
    kind: str  # run, task, captions, rehearsal, second

    def told(self) -> dict[str, Any]:
        """What the list says of it."""
        journal = self.folder.journal
        try:
            found = journal.stat()
            size, changed = found.st_size, _iso(found.st_mtime)
        except OSError:
            size, changed = 0, None
        return {
            "key": self.key,
            "name": self.name,
            "kind": self.kind,
            "answers_bytes": size,
            "changed": changed,
            "is_running": bool(locks.Lock(self.folder.lock, "").holder()),
        }


class Shelf:
    """The folders that are served, looked through anew each time somebody asks."""

    def __init__(self, roots: tuple[Path, ...]) -> None:
        self._roots = roots

    @property
    def names(self) -> str:
        """What is served, as it was named."""
        return ", ".join(root.as_posix() for root in self._roots)

    def datasets(self) -> list[Dataset]:
        """All datasets there are now: the served folders themselves first, then what is below them."""
        found: dict[str, Dataset] = {}
        for root in self._roots:
            for path in _below(root, _DEEP):
                one = _dataset(path)
                found.setdefault(one.key, one)
                if len(found) >= _MOST:
                    return list(found.values())
        return list(found.values())

    def get(self, key: str) -> Dataset:
        """The dataset of this key. Raises NotThereError."""
        for one in self.datasets():
            if one.key == key:
                return one
        raise NotThereError("no dataset has this key (any more); see /api/datasets")


def _dataset(path: Path) -> Dataset:
    digest = hashlib.blake2b(os.fsencode(os.path.realpath(path)), digest_size=6).hexdigest()
    return Dataset(digest, path.as_posix(), Folder(path), _kind(path))


def _kind(path: Path) -> str:
    folder = Folder(path)
    if (path / "rehearsal.json").exists() or "rehearsal" in path.parts:
        return "rehearsal"
    if folder.plan.exists():
        return "captions" if planned.kind_of(path) == "captions" else "task"
    return "second" if folder.has_own_questions else "run"


def _below(path: Path, deep: int) -> Iterator[Path]:
    is_dataset = any((path / name).exists() for name in _MARKS)
    if is_dataset:
        yield path
    if not deep:
        return
    # A dataset's own folders hold pictures and exports by the thousand: only those that hold datasets are entered.
    inside = [path / name for name in _INSIDE] if is_dataset else _folders(path)
    for one in inside:
        if one.is_dir() and not one.is_symlink():
            yield from _below(one, deep - 1)


def _folders(path: Path) -> list[Path]:
    try:
        with os.scandir(path) as found:
            names = sorted(one.name for one in found if one.is_dir(follow_symlinks=False))
    except OSError:
        return []
    return [path / name for name in names if not name.startswith(".")][:_MOST]


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
