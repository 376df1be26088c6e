"""The rehearsal of the built-in tasks: variants of their examples are valid, keep the rules, and differ."""

import json
import random
from itertools import chain
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

import dset.tasks
from dset.rehearsal.instances import Maker
from dset.rehearsal.mischief import Mischief, near_copy
from dset.rehearsal.words import language_of
from tests.likeness import highest

_FOLDER = Path(next(iter(dset.tasks.__path__))) / "builtin"
_FILES = sorted(_FOLDER.glob("*.json"))


def _tasks(path: Path) -> list[dict[str, Any]]:
    found = json.loads(path.read_text(encoding="utf-8"))
    if "schema" in found:
        return [found]
    return [{"name": name, **task} for name, task in found.items()]


_TASKS = {  # those on pictures have a rehearsal of their own
    task["name"]: task
    for path in _FILES
    for task in _tasks(path)
    if "image" not in task["schema"]["properties"]
}
_CASES = [(name, lang) for name in _TASKS for lang in ("th", "en", "vi")]


def _examples(task: dict[str, Any], lang: str) -> list[dict[str, Any]]:
    found = task["examples"]
    return list(found) if isinstance(found, list) else [*found.get(lang, ()), *found.get("", ())]


def _labels(task: dict[str, Any]) -> list[Any]:
    label = task.get("label", "")
    return task["schema"]["properties"][label]["enum"] if label else [None]


def _made(task: dict[str, Any], lang: str, count: int = 12) -> list[dict[str, Any]]:
    maker, labels = Maker(task["schema"], _examples(task, lang), 7, lang=lang), _labels(task)
    fixed = [
        {} if labels == [None] else {task["label"]: labels[number % len(labels)]} for number in range(count)
    ]
    made = [maker.make(number, wanted) for number, wanted in enumerate(fixed)]
    assert all(
        record[key] == value
        for record, wanted in zip(made, fixed, strict=True)
        for key, value in wanted.items()
    )
    return made


def _keeps(rule: dict[str, Any], record: dict[str, Any]) -> bool:
    if any(record.get(key) != value for key, value in rule.get("when", {}).items()):
        return True
    if rule["rule"] == "spans":
        return all(
            record[rule["text"]][item[rule["start"]] : item[rule["end"]]] == item[rule["word"]]
            for item in record[rule["items"]]
        )
    if rule["rule"] == "choice":
        choices = record[rule["choices"]]
        return record[rule["answer"]] in choices and len(set(choices)) == len(choices)
    if rule["rule"] == "shorter":
        return len(record[rule["field"]]) < len(record[rule["than"]])
    if rule["rule"] == "within":
        return record[rule["field"]] in record[rule["in"]]
    if rule["rule"] == "differ":
        return len({record[name] for name in rule["fields"]}) == len(rule["fields"])
    if rule["rule"] == "translation":
        sides = [(record[rule[side]], record[rule[f"{side}_lang"]]) for side in ("source", "target")]
        return all(language_of(text, "en") == lang for text, lang in sides) and sides[0][1] != sides[1][1]
    roles = [message["role"] for message in record[rule["messages"]] if message["role"] != "system"]
    assert rule["rule"] == "turns"
    return roles == ["user", "assistant"] * (len(roles) // 2)


def _ruled(task: dict[str, Any], record: dict[str, Any]) -> bool:
    return all(_keeps(rule, record) for rule in task.get("rules", ()))


@pytest.mark.parametrize(("name", "lang"), _CASES)
def test_variants_are_valid_and_keep_the_rules(name: str, lang: str) -> None:
    task = _TASKS[name]
    validator = jsonschema_rs.Draft202012Validator(task["schema"], validate_formats=True)
    made = _made(task, lang)
    assert [record for record in made if not validator.is_valid(record)] == []
    assert [record for record in made if not _ruled(task, record)] == []


@pytest.mark.parametrize(("name", "lang"), _CASES)
def test_no_two_variants_are_near_each_other(name: str, lang: str) -> None:
    task = _TASKS[name]
    made = _made(task, lang)
    unique = task.get("unique") or list(made[0])
    assert highest(made) < 0.85
    assert highest([{key: record.get(key) for key in unique} for record in made]) < 0.85


@pytest.mark.parametrize(("name", "lang"), _CASES)
def test_a_near_copy_of_a_variant_keeps_the_rules(name: str, lang: str) -> None:
    task = _TASKS[name]
    made = [near_copy(random.Random(1), record) for record in _made(task, lang, 10)]
    assert [record for record in made if not _ruled(task, record)] == []


@pytest.mark.parametrize("name", _TASKS)
def test_variants_are_broken_in_many_ways(name: str) -> None:
    task = _TASKS[name]
    validator = jsonschema_rs.Draft202012Validator(task["schema"], validate_formats=True)
    mischief, draw = Mischief(task["schema"]), random.Random(1)
    made = chain.from_iterable(_made(task, lang, 20) for lang in ("th", "en", "vi"))
    found = [mischief.broken(record, draw) for record in made]
    assert not any(validator.is_valid(record) for record, _ in found)
    assert len({way for _, way in found}) >= 8
