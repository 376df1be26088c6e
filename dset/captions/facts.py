"""All that the check of a caption dataset goes by, gathered once; it changes nothing."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from dset.captions import entries, looking, training
from dset.captions.entries import Entry
from dset.captions.looking import Each, Look
from dset.captions.places import TRAIN
from dset.captions.training import Training
from dset.errors import UsageError
from dset.folders import Folder
from dset.locks import Lock

Rules = Callable[[str], list[str]]


@dataclass(frozen=True, slots=True)
class Facts:
    """A dataset as it lies there. `looks`: by picture, of those in train/."""

    folder: Path
    size: tuple[int, int] | None  # that every picture is to have, None for any
    entries: tuple[Entry, ...]
    training: Training
    looks: Mapping[str, Look]
    rules: Rules  # what a caption breaks of them, each in words
    runs: str = ""  # who holds the folder: what is told may have changed since

    def fault_of(self, name: str) -> str:
        """What is wrong with a picture of train/, '' for nothing."""
        return self.looks[name].against(self.size)


def gather(folder: Path, rules: Rules | None, each: Each | None = None) -> Facts:
    """Look at everything; `each` goes through the pictures. Raises UsageError where `folder` holds no captions, OSError."""
    size = size_of(folder)
    known = tuple(entries.read(folder))
    train = training.read(folder, known)
    paths = [folder / TRAIN / name for name in train.pictures]
    looks = {path.name: found for path, found in (each or looking.one_by_one)(paths, looking.look)}
    holder = Lock(Folder(folder).lock, str(folder)).holder()
    return Facts(folder, size, known, train, looks, rules or (lambda _: []), holder)


def size_of(folder: Path) -> tuple[int, int] | None:
    """(width, height) in pixels by plan.json, None where pictures keep their own. Raises UsageError."""
    path = Folder(folder).plan
    if not path.exists():
        raise UsageError(
            f"{folder} holds no captions: it has no plan.json; name a folder that `caption` made, "
            "such as dset_generator/captions/NAME"
        )
    try:
        size = json.loads(path.read_bytes())["size"]
        if size is None:
            return None
        width, height = map(int, size)
    except (ValueError, KeyError, TypeError, RecursionError):
        raise UsageError(f"{path} is damaged: restore it from a copy, or plan the folder anew") from None
    return width, height
