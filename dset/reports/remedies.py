"""The commands that level a task's dataset: for each value that is short a dataset of its own, then all of them as one."""

import re
import shlex
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from dset.cleaning import harmless
from dset.reports.evenness import Shortage

_PLAIN = re.compile(r"[\w./=,:+@-]+", re.ASCII)
_HARD = re.compile(r'["$`\\!%^]')  # what shells read inside double quotation marks
_MOST = 12  # commands
_START = ("python", "dset_generator.py")


class Remedies(NamedTuple):
    """`then` makes one dataset of them all; `left`: values that have no command."""

    commands: tuple[str, ...]
    then: str
    left: int


def of(folder: Path, plan: Mapping[str, Any], short: Shortage) -> Remedies:
    """What levels the label or one parameter of the dataset in `folder`, which was made with `plan`."""
    commands: list[str] = []
    folders, left = [folder], 0
    for value, more in short.more:
        if len(commands) == _MOST or not _can_be_set(short.name, value):
            left += 1
            continue
        own = _free(folder, value, {one.name for one in folders})
        commands.append(command(_one(folder, plan, own, short.name, value, more, len(commands) + 1)))
        folders.append(folder.with_name(own))
    then = command(["export", *(one.as_posix() for one in folders)]) if commands else ""
    return Remedies(tuple(commands), then, left)


def again(folder: Path, plan: Mapping[str, Any]) -> str:
    """The command that made the dataset, to go on with it."""
    return command(_again(folder, plan))


def _can_be_set(name: str, value: str) -> bool:
    """As a flag it comes through as it is."""
    whole = f"{name}={value}"
    return "=" not in name and harmless(whole) == whole and name.strip() == name and value.strip() == value


def _again(folder: Path, plan: Mapping[str, Any]) -> list[str]:
    task = str(plan["task"].get("name", ""))
    words = ["task", task, str(_whole(plan.get("count"))), *_place(folder), *_alike(plan)]
    words += [] if folder.name == task else ["--name", folder.name]
    words += _sets(plan)
    seed = _whole(plan.get("seed"))
    words += ["--seed", str(seed)] if seed else []
    return words + _againsts(plan)


def _one(
    folder: Path, plan: Mapping[str, Any], own: str, name: str, value: str, more: int, number: int
) -> list[str]:
    """A dataset of so many records with this value, which repeat none of the first one's."""
    words = ["task", str(plan["task"].get("name", "")), str(more), *_place(folder), *_alike(plan)]
    words += ["--name", own, *_sets(plan), "--set", f"{name}={value}"]
    words += ["--seed", str(_whole(plan.get("seed")) + number)]  # the same seed would ask for the same again
    return [*words, *_againsts(plan), "--against", folder.as_posix()]


def _alike(plan: Mapping[str, Any]) -> list[str]:
    """What is the same for every dataset of the kind."""
    words = ["--lang", str(plan["lang"])] if plan.get("lang") else []
    several = _whole(plan.get("per_request"))
    words += ["--per-request", str(several)] if several > 1 else []
    near = plan.get("near")
    return words + (["--near", str(near)] if isinstance(near, int | float) and near != 0.85 else [])


def _sets(plan: Mapping[str, Any]) -> list[str]:
    fixed = plan.get("set")
    pairs = fixed.items() if isinstance(fixed, dict) else ()
    return [word for name, value in pairs for word in ("--set", f"{name}={value}")]


def _againsts(plan: Mapping[str, Any]) -> list[str]:
    paths = plan.get("against")
    return [word for path in (paths if isinstance(paths, list) else ()) for word in ("--against", str(path))]


def _place(folder: Path) -> list[str]:
    """The flags by which the command comes to the same place: the folder is OUTPUT/tasks/NAME."""
    above = folder.parent.parent
    is_rehearsal = above.name == "rehearsal"
    output = above.parent if is_rehearsal else above
    words = [] if output.as_posix() == "dset_generator" else ["--output", output.as_posix()]
    return words + (["--rehearse=calm"] if is_rehearsal else [])


def _free(folder: Path, value: str, taken: set[str]) -> str:
    """A folder name that tells the value, and that no dataset has."""
    told = re.sub(r"[^a-z0-9]+", "-", value.lower(), flags=re.ASCII).strip("-")[:40]
    base = f"{folder.name}-{told or 'more'}"
    names = [base, *(f"{base}-{number}" for number in range(2, 1000))]
    return next(name for name in names if name not in taken and not folder.with_name(name).exists())


def command(words: Sequence[str]) -> str:
    """The command line, as a shell takes it."""
    return " ".join([*_START, *map(_quoted, words)])


def _quoted(word: str) -> str:
    if _PLAIN.fullmatch(word):
        return word
    if not _HARD.search(word):
        return f'"{word}"'
    return subprocess.list2cmdline([word]) if sys.platform == "win32" else shlex.quote(word)


def _whole(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0
