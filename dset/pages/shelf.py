"""Which datasets there are at and below the folders that are served. A client knows them by keys, never by paths."""

import hashlib
import os
import threading
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dset import locks, planned
from dset.cleaning import clean
from dset.errors import DsetError
from dset.folders import Folder

_DEEP = 5  # levels below a folder that is served: <folder>/rehearsal/tasks/<name> and one more
_MOST = 2_000  # datasets
_LOOKED_AT = 10_000  # folders; somebody may serve a whole home
_INSIDE = ("rehearsal", "tasks", "captions", "scraped")  # where a dataset's folder holds others
_MARKS = ("output.json", "rejected.json", "runs.json", "plan.json")
_QUICK = 0.05  # seconds; a look that took longer holds for ten times as long


class NotThereError(DsetError):
    """No dataset is known by this key."""


@dataclass(frozen=True, slots=True)
class Dataset:
    """One dataset on the shelf."""

    key: str
    name: str  # its path as a person would name it, harmless to show
    folder: Folder
    kind: str  # run, task, captions, rehearsal, second

    def told(self) -> dict[str, Any]:
        """What the list says of it."""
        try:
            found = self.folder.journal.stat()
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
    """The folders that are served, looked through anew each time somebody asks, unless that takes long."""

    def __init__(self, roots: tuple[Path, ...]) -> None:
        self._roots = list(zip(_labels(roots), roots, strict=True))
        self._lock = threading.Lock()
        self._known: dict[str, Dataset] = {}
        self._until = 0.0  # by the monotonic clock: what is known holds

    @property
    def names(self) -> str:
        """What is served, as it was named."""
        return ", ".join(root.as_posix() for _, root in self._roots)

    def datasets(self) -> list[Dataset]:
        """All datasets there are now: each served folder itself first, then what is below it."""
        with self._lock:
            began = time.monotonic()
            if began >= self._until:
                self._known = {one.key: one for one in self._look()}
                ended = time.monotonic()
                self._until = ended + 10 * (ended - began) if ended - began > _QUICK else ended
            return list(self._known.values())

    def get(self, key: str) -> Dataset:
        """The dataset of this key. Raises NotThereError."""
        one = self._known.get(key) or next((one for one in self.datasets() if one.key == key), None)
        if one is None or not _is_dataset(one.folder.path):
            raise NotThereError("no dataset has this key (any more); see /api/datasets")
        return one

    def _look(self) -> list[Dataset]:
        found: dict[str, Dataset] = {}
        for label, root in self._roots:
            for path in sorted(_below(root), key=lambda path: path.parts):
                one = _dataset(path, label, root)
                found.setdefault(one.key, one)
        return list(found.values())[:_MOST]


def _labels(roots: tuple[Path, ...]) -> list[str]:
    """What each served folder is called: as it was named, but of an absolute path no more than tells it from the others."""
    here, wholes = Path.cwd(), [Path(os.path.abspath(root)) for root in roots]
    labels = []
    for root, whole in zip(roots, wholes, strict=True):
        if whole != here and (whole.is_relative_to(here) or not root.is_absolute()):
            labels.append(Path(os.path.relpath(whole, here)).as_posix())
        else:
            labels.append(_shortest(whole, wholes))
    return labels


def _shortest(path: Path, others: list[Path]) -> str:
    end = path.parts[-1:]
    for length in range(1, len(path.parts) + 1):
        end = path.parts[-length:]
        if all(other == path or other.parts[-length:] != end for other in others):
            break
    return "/".join(end)


def _dataset(path: Path, label: str, root: Path) -> Dataset:
    digest = hashlib.blake2b(os.fsencode(os.path.realpath(path)), digest_size=6).hexdigest()
    name = "/".join((label, *path.relative_to(root).parts))
    return Dataset(digest, clean(name), Folder(path), _kind(path))


def _kind(path: Path) -> str:
    folder, whole = Folder(path), Path(os.path.abspath(path))
    is_in_one = whole.parent.name in _INSIDE and whole.parent.parent.name == "rehearsal"
    if is_in_one or whole.name == "rehearsal" or os.path.exists(path / "rehearsal.json"):
        return "rehearsal"
    if os.path.exists(folder.plan):
        return "captions" if planned.kind_of(path) == "captions" else "task"
    return "second" if folder.has_own_questions else "run"


def _is_dataset(path: Path) -> bool:
    """One of its files is there. A pipe or a device of that name is none: reading it might never end."""
    return any(os.path.isfile(path / name) for name in _MARKS)


def _below(root: Path) -> Iterator[Path]:
    """The datasets at and below `root`, the higher ones first."""
    waiting, looked_at = deque([(root, 0)]), 0
    while waiting and looked_at < _LOOKED_AT:
        path, depth = waiting.popleft()
        looked_at += 1
        is_dataset = _is_dataset(path)
        if is_dataset:
            yield path
        if depth < _DEEP and len(waiting) < _LOOKED_AT:
            # A dataset's own folders hold pictures and exports by the thousand: only those that hold datasets are entered.
            waiting.extend((one, depth + 1) for one in (_inside(path) if is_dataset else _folders(path)))


def _inside(path: Path) -> list[Path]:
    inside = [path / name for name in _INSIDE]
    return [one for one in inside if os.path.isdir(one) and not os.path.islink(one)]


def _folders(path: Path) -> list[Path]:
    try:
        with os.scandir(path) as found:
            names = [one.name for one in found if one.is_dir(follow_symlinks=False)]
    except OSError:
        return []
    return [path / name for name in sorted(names) if not name.startswith(".")]


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
