"""What a user is told of the pictures in a folder."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from dset.images.album import ASIDE, COPY, Album
from dset.images.sources import Found
from dset.wording import counted

_SHOWN = 5  # examples at most


def found(name: str, folder: Path, sources: Found, new: int, album: Album) -> list[str]:
    """What a user should know of the pictures before anything is asked; `name`: of the dataset, `new`: how many were."""
    here = set(sources.pictures)
    states = Counter(one.state for one in album.by_source.values() if one.source in here)
    aside = [f"{one.source} {one.reason}" for one in album.of(ASIDE) if one.source in here]
    lines = [f"{name}: {counted(len(here), 'picture')} found, {new:,} of them new"]
    if not here:
        lines = [f"{name}: no pictures are in {folder}"]
    if sources.other:
        lines.append(
            f"{counted(sources.other, 'file')} left out: by the name no picture that can be read (JPEG, PNG, WebP, GIF, BMP, TIFF, AVIF)"
        )
    if sources.outside:
        lines.append(
            f"{counted(len(sources.outside), 'link')} out of the folder not followed: {some(sources.outside)}"
        )
    if sources.unreadable:
        lines.append(
            f"{counted(len(sources.unreadable), 'folder')} that may not be read: {some(sources.unreadable)}"
        )
    if sources.unnamed:
        lines.append(
            f"{counted(len(sources.unnamed), 'file')} left out, for a name that is no text: {some(sources.unnamed)}"
        )
    if states[COPY]:
        lines.append(f"{counted(states[COPY], 'copy', 'copies')} of another picture, taken once")
    if aside:
        lines.append(f"{counted(len(aside), 'file')} set aside: {some(aside)}")
    return lines


def some(names: Sequence[str]) -> str:
    """The first of them, and how many more there are."""
    more = f" and {len(names) - _SHOWN:,} more (see images.jsonl)" if len(names) > _SHOWN else ""
    return "; ".join(names[:_SHOWN]) + more
