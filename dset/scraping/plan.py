"""plan.json of a scraped folder: what was searched for. The same command goes on with it."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dset import files
from dset.scraping.finds import Asked

NAME = "plan.json"
_SAME = ("version", "queries", "labels", "sources", "seed", "near", "task")


@dataclass(frozen=True, slots=True)
class Order:
    """What was asked for on the command line."""

    asked: tuple[Asked, ...]  # no query stands in it twice
    count: int  # pictures of each query
    sources: tuple[str, ...]
    name: str  # of the folder
    seed: int = 0
    near: float = 0.85  # how much alike two pictures may not be
    task: str = ""

    def as_document(self) -> dict[str, Any]:
        """As plan.json holds it."""
        return {
            "version": 1,
            "queries": [one.query for one in self.asked],
            "labels": [one.label for one in self.asked],
            "sources": list(self.sources),
            "seed": self.seed,
            "near": self.near,
            "task": self.task,
            "count": self.count,
        }


def is_of(path: Path, order: Order) -> bool:
    """The folder was made by this order, or by one that differs in nothing but the count."""
    known, wanted = _read(path), order.as_document()
    return all(known.get(name) == wanted[name] for name in _SAME)


def write(path: Path, order: Order) -> None:
    """Note the order, atomically; the larger count stays."""
    known = _read(path).get("count")
    wanted = order.as_document()
    if isinstance(known, int):
        wanted["count"] = max(known, order.count)
    if wanted != _read(path):
        text = json.dumps(wanted, ensure_ascii=False, indent=1) + "\n"
        files.replace(path, [text.encode("utf-8", "surrogatepass")])


def _read(path: Path) -> dict[str, Any]:
    """What the file says; {} where there is none that can be read: then a new folder is begun."""
    try:
        document = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}
