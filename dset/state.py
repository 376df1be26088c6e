""".state.json: what stood level when a run last ended, so that the next one need not compare it all again.

Losing it costs time, never an answer.
"""

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path

from dset import files

Mark = tuple[int, int]  # size in bytes, time of the last change in ns


def mark(path: Path) -> Mark | None:
    """The file's size and time as they are now, None where it is missing."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return status.st_size, status.st_mtime_ns


@dataclass(slots=True)
class State:
    """What the last exit left. Marks are lists in the file."""

    journal: list[int] | None = None
    views: dict[str, list[int]] = field(default_factory=dict)  # by name, those that were level
    columns: list[str] = field(default_factory=list)  # the user's columns in output.csv
    csv_exact: bool = False
    questions: str = ""  # the q.csv that holds the bookmarks …
    bookmarked: int = 0  # … of the first so many bytes of rejected.json

    def knows(self, mark_now: Mark | None, marked: list[int] | None) -> bool:
        """The file is as we left it."""
        return mark_now is not None and marked is not None and list(mark_now) == marked


def name_of(questions: Path, folder: Path) -> str:
    """q.csv as seen from the output folder: the two may move together."""
    try:
        return os.path.relpath(questions.resolve(), folder.resolve())
    except ValueError:  # on another drive
        return str(questions.resolve())


def load(path: Path) -> State:
    """The state in the file, or an empty one where there is none that can be read."""
    if not os.path.isfile(path):  # a pipe would be waited for without end
        return State()
    try:
        held = State(**json.loads(path.read_bytes()))
    except (OSError, ValueError, TypeError, RecursionError):
        return State()
    sound = (
        isinstance(held.views, dict) and isinstance(held.columns, list) and isinstance(held.bookmarked, int)
    )
    return held if sound else State()


def save(path: Path, state: State) -> None:
    """Write it in one step."""
    files.replace(path, [json.dumps(asdict(state)).encode("utf-8")])
