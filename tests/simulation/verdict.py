"""What must hold when all is done, judged by the files and by the books of the service."""

import csv
import json
from collections import Counter
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from dset import views
from tests.simulation.gemini import MODELS, entries

TAKEN = {"ok", "blocked"}


def check(
    place: Path, questions: Sequence[str], blocked: frozenset[str], kills: int, at_once: int
) -> dict[str, Any]:
    """Raise AssertionError where a promise was broken; figures of the whole."""
    book = entries(place / "book.jsonl")
    answered = set(questions) - blocked
    journal = [json.loads(line) for line in (place / "dset_generator/output.json").read_bytes().splitlines()]
    assert Counter(line["metadata"]["question"] for line in journal) == Counter(answered)
    with (place / "dset_generator/output.csv").open(encoding="utf-8-sig", newline="") as stream:
        in_csv = [views.unguard(row["question"]) for row in csv.DictReader(stream)]
    assert Counter(in_csv) == Counter(answered)
    with (place / "q.csv").open(encoding="utf-8-sig", newline="") as stream:
        marked = {row["question"]: row["status"] for row in csv.DictReader(stream) if row["status"]}
    assert marked == dict.fromkeys(blocked, "BLOCKED")
    billed = Counter(line["text"] for line in book if line["what"] in TAKEN)
    twice = sum(billed.values()) - len(questions)
    assert twice <= kills * at_once, f"{twice} requests were bought again in {kills} kills"
    _in_order(book)
    _named_right(journal, book)
    assert "AIzaSy" not in "".join(
        path.read_text("utf-8", "replace") for path in (place / "dset_generator").iterdir()
    )
    last = max(line["at"] for line in book)
    return {"days": last / 86_400, "bought again": twice, **Counter(line["what"] for line in book)}


def _in_order(book: list[dict[str, Any]]) -> None:
    """On each day the endpoints follow one another: key by key, each with its models, best first."""
    taken = [line for line in book if line["what"] in TAKEN]
    for day, lines in groupby(taken, key=lambda line: line["day"]):
        lanes = [(line["key"], MODELS.index(line["model"])) for line in lines]
        assert lanes == sorted(lanes), f"not in order on {day}"


def _named_right(journal: list[dict[str, Any]], book: list[dict[str, Any]]) -> None:
    """Each answer names an endpoint that gave it."""
    gave = {(line["text"], f"gemini/{line['key']}/{line['model']}") for line in book if line["what"] == "ok"}
    for line in journal:
        assert (line["metadata"]["question"], line["metadata"]["endpoint"]) in gave
