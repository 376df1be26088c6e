"""Tasks, orders and folders for the tests of the wing that makes datasets."""

import csv
import json
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from dset.rehearsal import faults
from dset.rehearsal.server import Behaviour, Request
from dset.tasks import definitions
from dset.tasks.definitions import Task
from dset.tasks.planfile import Order

FEELINGS: dict[str, Any] = {
    "description": "How somebody feels about something.",
    "language": "en",
    "schema": {
        "type": "object",
        "properties": {
            "text": {"type": "string", "minLength": 5, "maxLength": 2000},
            "label": {"type": "string", "enum": ["good", "bad", "neither"]},
        },
        "required": ["text", "label"],
        "additionalProperties": False,
    },
    "label": "label",
    "prompt": "Write what a person might say.",
    "parameters": {"topic": ["food", "work", "travel", "money"]},
    "unique": ["text"],
    "texts": ["text"],
}


def feelings(**changes: Any) -> Task:
    """A small task with a label and a parameter."""
    return definitions.read("feelings", {**FEELINGS, **changes})


def order(count: int = 6, task: Task | None = None, **changes: Any) -> Order:
    """An order of it."""
    return Order(task=task or feelings(), lang="en", count=count, **changes)


def tasks_json(place: Path, **tasks: Mapping[str, Any]) -> Path:
    """Write tasks.json."""
    path = place / "tasks.json"
    path.write_text(json.dumps(tasks or {"feelings": FEELINGS}, ensure_ascii=False), encoding="utf-8")
    return path


def queue_rows(folder: Path) -> list[dict[str, str]]:
    """The rows of a task's q.csv."""
    with (folder / "q.csv").open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def queue_saved(folder: Path, rows: Sequence[Mapping[str, str]]) -> None:
    """Save a task's q.csv as its user would, with these rows."""
    with (folder / "q.csv").open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def data(folder: Path) -> list[Any]:
    """What the journal's lines hold as data, in the order of their arrival."""
    lines = (folder / "output.json").read_bytes().split(b"\n")
    return [json.loads(line)["response"]["data"] for line in lines if line]


class Writer:
    """A model that writes good records, but where `mishap` says otherwise; it keeps book of what it was asked."""

    def __init__(self, mishap: Callable[[int, int], Any] = lambda slot, times: None) -> None:
        """`mishap` (slot, how often it was asked for, this time included) -> a record, a text, a Behaviour; None: good."""
        self._mishap = mishap
        self.asked: Counter[int] = Counter()
        self.told: list[list[dict[str, Any]]] = []  # the messages of each request

    def __call__(self, request: Request) -> Behaviour:
        """The answer to one request."""
        messages = request.body["messages"]
        self.told.append(messages)
        text = next(one["content"] for one in messages if one["role"] == "user")
        wanted = re.findall(r"(?:R|- r)ecord (\d+)(?:, take \d+)?:(?:\n-)?(?: label: (\w+))?", text)
        made = [self._made(int(slot), label) for slot, label in wanted]
        if '"records": [...]' not in messages[0]["content"]:
            one = made[0]
            return (
                one
                if isinstance(one, Behaviour)
                else faults.ok(one if isinstance(one, str) else json.dumps(one))
            )
        return faults.ok(json.dumps({"records": made}))

    def _made(self, slot: int, label: str) -> Any:
        self.asked[slot] += 1
        found = self._mishap(slot, self.asked[slot])
        return {"text": words(slot, self.asked[slot] + 1000), "label": label} if found is None else found


def words(*numbers: int) -> str:
    """An English sentence that is like no other one's."""
    kept = ("the river moved under a bridge while people waited for trains and counted birds above old roofs "
            "before rain began again and somebody opened another window near the harbour").split()  # fmt: skip
    picked: Sequence[str] = [
        kept[(number * 7 + step * (number % 5 + 1)) % len(kept)] for number in numbers for step in range(9)
    ]
    return f"{' '.join(picked)} {' '.join(f'n{number}' for number in numbers)}."
