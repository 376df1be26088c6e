"""What a report is about: an output folder, a task's or any other, looked at without touching it."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dset import answers, ends, planned, texts
from dset.answers import Record
from dset.cleaning import clean
from dset.errors import UsageError
from dset.folders import Folder
from dset.tasks import definitions, planfile, stock
from dset.tasks.definitions import Task

_BLOCK = 1 << 20
_DEEP = 4  # folders below the one that was named, where answers may be


@dataclass(frozen=True, slots=True)
class Subject:
    """The folder, how much of its journal stands, and the plan where it is a task's."""

    folder: Folder
    size: int  # bytes of output.json that stand whole, whoever writes it now
    lines: int
    plan: Mapping[str, Any]  # plan.json; {} for a plain run
    task: Task | None

    def members(self, line: Record) -> list[Any]:
        """The records in a line of the journal: objects; for a plain answer its text."""
        response = line["response"]
        if not isinstance(response, dict):
            return [] if self.task else [response if isinstance(response, str) else ""]
        if self.task:
            return [dict(record) for _, record in stock.records_in(line)]
        data, answer = response.get("data"), response.get("answer")
        return [data if isinstance(data, dict) else answer if isinstance(answer, str) else ""]

    def compared(self, member: Any) -> str:
        """The text by which a record is like another one."""
        if not isinstance(member, dict):
            return str(member)
        return texts.text_of(member, self.task.unique if self.task else ())

    def maybe_usd(self) -> Iterator[float]:
        """What requests whose outcome or cost nobody knows may have cost, as each run noted it."""
        for line in answers.lines_of(self.folder.runs):
            try:
                noted = json.loads(line)["counts"]["maybe_billed_usd"]
            except (ValueError, KeyError, TypeError, RecursionError):
                continue
            if isinstance(noted, int | float) and not isinstance(noted, bool) and 0 <= noted < 1e9:
                yield float(noted)


def named(path: Path) -> Subject:
    """The dataset in this folder. Raises UsageError where there is none."""
    if not path.exists():
        raise UsageError(f"{path}: no such folder")
    if not path.is_dir():
        raise UsageError(f"{path} is a file; name the folder that holds output.json")
    folder = Folder(path)
    size = ends.sound_size(folder.journal)
    if not size:
        raise UsageError(f"{path} holds no answers{_elsewhere(folder)}")
    is_of_captions = planned.kind_of(path) == "captions"  # whose answers are texts like any other run's
    plan = {} if is_of_captions else planfile.read(path / planfile.NAME) or {}
    return Subject(folder, size, _lines(folder.journal, size), plan, _task(plan))


def _task(plan: Mapping[str, Any]) -> Task | None:
    """The plan's task as far as it can be read."""
    if not plan:
        return None
    return definitions.examine(str(plan["task"].get("name", "")), plan["task"])[0]


def _elsewhere(folder: Folder) -> str:
    """Where answers are, for whom this is not the right folder."""
    if folder.csv.exists():
        return " in an output.json yet: the next run makes it of output.csv"
    journals = [
        found for deep in range(1, _DEEP) for found in sorted(folder.path.glob("*/" * deep + "output.json"))
    ]
    names = [clean(found.parent.as_posix()) for found in journals[:_DEEP]]
    return f" itself; name one of {', '.join(names)}" if names else ": run first"


def _lines(path: Path, size: int) -> int:
    """The lines in the first `size` bytes."""
    count, left = 0, size
    with path.open("rb") as stream:
        while left > 0 and (block := stream.read(min(_BLOCK, left))):
            count += block.count(b"\n")
            left -= len(block)
    return count
