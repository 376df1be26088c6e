"""What the check of one record costs: microseconds for is_valid and faults, parsing, rules and language.

python bench/validation.py
"""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from dset.tasks import languages, rules
from dset.tasks.parsing import parse
from dset.tasks.schemas import Schema

STEP = {
    "type": "object",
    "properties": {
        "number": {"type": "integer", "minimum": 1},
        "text": {"type": "string", "minLength": 1, "maxLength": 500},
        "kind": {"enum": ["think", "compute", "conclude"]},
        "tags": {"type": "array", "items": {"type": "string", "pattern": "^[a-z]+$"}, "maxItems": 5},
    },
    "required": ["number", "text", "kind"],
    "additionalProperties": False,
}
STEPS = {
    "type": "object",
    "properties": {
        "question": {"type": "string"},
        "steps": {"type": "array", "items": STEP, "minItems": 1},
        "answer": {"type": "object", "properties": {"value": {"type": "number"}}, "required": ["value"]},
    },
    "required": ["question", "steps", "answer"],
    "additionalProperties": False,
}
REVIEW = {
    "type": "object",
    "properties": {
        "text": {"type": "string", "minLength": 5},
        "label": {"enum": ["positive", "negative", "neutral"]},
    },
    "required": ["text", "label"],
    "additionalProperties": False,
}
THAI = "อาหารอร่อยมาก บริการดี และพนักงานสุภาพ ราคาไม่แพง จะกลับมาอีกแน่นอน "
RULES = [{"rule": "turns", "messages": "steps"}, {"rule": "shorter", "field": "answer", "than": "question"}]


def step(number: int) -> dict[str, Any]:
    """One of the ten."""
    return {"number": number, "text": THAI, "kind": "think", "tags": ["a", "b"]}


def microseconds(work: Callable[[], object], times: int = 5000) -> float:
    """The best of five rounds: other work on the machine only ever adds."""
    rounds = []
    for _ in range(5):
        started = time.perf_counter()
        for _ in range(times // 5):
            work()
        rounds.append((time.perf_counter() - started) / (times // 5))
    return min(rounds) * 1e6


def report(name: str, schema: dict[str, Any], record: dict[str, Any], spoilt: dict[str, Any]) -> None:
    """A line for each thing that is done to a record of this kind."""
    compiled, text = Schema(schema), json.dumps(record, ensure_ascii=False)
    read = [rules.read(rule, "rules") for rule in RULES]
    work: dict[str, Callable[[], object]] = {
        "is_valid": lambda: compiled.is_valid(record),
        "faults of a right one": lambda: compiled.faults(record),
        f"faults of a wrong one ({len(compiled.faults(spoilt))})": lambda: compiled.faults(spoilt),
        "parse, JSON alone": lambda: parse(text),
        "parse, fenced in prose": lambda: parse(f"Here:\n```json\n{text}\n```\nDone."),
        "two rules": lambda: rules.faults(read, record, "th"),
        "language of its texts": lambda: [
            languages.fault(one, "th") for _, one in rules.texts_of(record, ("text",))
        ],
    }
    for what, one in work.items():
        print(f"{name:10} {what:28} {microseconds(one):8.1f} µs")


def main() -> None:
    """Print the figures."""
    steps = {"question": THAI, "steps": [step(number) for number in range(1, 11)], "answer": {"value": 1.5}}
    report("ten steps", STEPS, steps, steps | {"steps": [step(0) | {"kind": "guess"}] * 3, "more": 1})
    report("review", REVIEW, {"text": THAI, "label": "positive"}, {"text": "ดี", "label": "good", "more": 1})


if __name__ == "__main__":
    main()
