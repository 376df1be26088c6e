"""The pictures of a user's folder, found and taken into an album."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path

from dset.images import sources
from dset.images.sources import Found
from dset.images.taking import Taking

# (what, how many) -> what is called after each
Counting = Callable[[str, int], AbstractContextManager[Callable[[], object]]]


@dataclass(frozen=True, slots=True)
class Prepared:
    """The sources as they were found, and how many of them were new."""

    found: Found
    new: int


def take(
    taking: Taking, folder: Path, without: Sequence[Path], counting: Counting, most: int | None = None
) -> Prepared:
    """Take what is new below `folder`, and not below `without`, the first `most` of it. Raises UsageError, OSError."""
    found = sources.find(folder, without)
    found = replace(found, pictures=found.pictures[:most])
    new = taking.new(found.pictures)
    if new:
        with counting("pictures", len(new)) as came:
            taking.take(found.pictures, came)
    taking.clear_up()
    return Prepared(found, len(new))
