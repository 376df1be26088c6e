"""The bill: a line for each question that reached the service, in a file that no crash of the program touches."""

import json
import os
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

OK, FAULT, OUTAGE, REFUSAL = "ok", "fault", "outage", "refusal"
NAME = "bill"


class Item(NamedTuple):
    """One question that arrived, and what it got."""

    text: str
    kind: str


def read(*folders: Path) -> list[Item]:
    """Every question so far, in order of arrival."""
    items = []
    for path in (folder / NAME for folder in folders):
        lines = path.read_bytes().split(b"\n") if path.exists() else []
        items += [Item(*json.loads(line)) for line in lines if line]
    return items


def add(folder: Path, item: Item) -> None:
    """Note a question, before it is answered, in one write."""
    descriptor = os.open(folder / NAME, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
    try:
        os.write(descriptor, json.dumps(item).encode() + b"\n")
    finally:
        os.close(descriptor)


def counted(items: Iterable[Item], kind: str) -> Counter[str]:
    """How often each text got this kind of reply."""
    return Counter(item.text for item in items if item.kind == kind)
