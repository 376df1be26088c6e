"""plan.json: what a task's dataset was planned with. The same command goes on with it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dset import files
from dset.errors import UsageError
from dset.tasks import definitions, schemas
from dset.tasks.definitions import Task

NAME = "plan.json"
_PLANNED = ("lang", "seed", "per_request", "set")  # in which a command must not differ


@dataclass(frozen=True, slots=True)
class Order:
    """What was asked for on the command line."""

    task: Task
    lang: str
    count: int
    seed: int = 0
    per_request: int = 1
    fixed: tuple[tuple[str, str], ...] = ()
    near: float = 0.85
    against: tuple[Path, ...] = ()
    max_requests: int | None = None
    name: str = ""
    together: tuple[str, ...] = ()  # the folders of all datasets of one command: a budget is for their sum

    @property
    def folder(self) -> str:
        """The name of its folder."""
        return self.name or self.task.name

    @property
    def most(self) -> int:
        """Requests that may be paid for in all."""
        return self.max_requests or 3 * self.count

    def as_document(self) -> dict[str, Any]:
        """As plan.json holds it."""
        return {
            "version": 1,
            "task": definitions.as_document(self.task),
            "schema_version": schemas.version(self.task.schema),
            "lang": self.lang,
            "seed": self.seed,
            "count": self.count,
            "per_request": self.per_request,
            "set": dict(self.fixed),
            "near": self.near,
            "against": [path.as_posix() for path in self.against],
        }


def read(path: Path) -> dict[str, Any] | None:
    """What the file says; None where there is none. Raises UsageError where it cannot be read."""
    try:
        document = json.loads(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValueError, RecursionError):
        document = None
    if not isinstance(document, dict) or not isinstance(document.get("task"), dict):
        raise UsageError(
            f"{path} is damaged: delete that file and ask exactly as before (no record is lost), or begin anew with --name"
        )
    return document


def write(path: Path, order: Order) -> None:
    """Note the order, atomically."""
    text = json.dumps(order.as_document(), ensure_ascii=False, indent=1) + "\n"
    files.replace(path, [text.encode("utf-8", "surrogatepass")])


def agree(path: Path, known: Mapping[str, Any], order: Order) -> None:
    """Raises UsageError that names each argument in which the order differs from the plan; more records may be asked."""
    wanted = order.as_document()
    told = [
        f"{_option(name)} was {_shown(known.get(name))} and is {_shown(wanted[name])} now"
        for name in _PLANNED
        if known.get(name) != wanted[name]
    ]
    if known["task"] != wanted["task"]:
        told.append(f"the task {order.task.name} has changed")
    count = known.get("count")
    if isinstance(count, int) and count > order.count:
        told.append(f"{count:,} records were planned, and only {order.count:,} are asked for now")
    if told:
        raise UsageError(
            f"{path} holds another plan: {'; '.join(told)}. Make a dataset of its own with --name, or ask as before"
        )


def _option(name: str) -> str:
    return "--" + name.replace("_", "-")


def _shown(value: object) -> str:
    if isinstance(value, dict):
        return " ".join(f"{name}={one}" for name, one in value.items()) or "not given"
    return str(value)
