"""`task check`: what is wrong in a task file is named, all of it, and what is right is said to be right."""

import json
from pathlib import Path
from typing import Any

import pytest

from dset import inspection
from dset.errors import UsageError
from dset.tasks import checking
from tests import older_tasks


def check(value: Any) -> inspection.Report:
    Path("tasks.json").write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")
    return checking.check(Path("tasks.json"))


def task(**changes: Any) -> dict[str, Any]:
    text = {"type": "string", "minLength": 3}
    schema = {
        "type": "object",
        "properties": {"text": text, "label": {"enum": ["a", "b"]}},
        "required": ["text"],
    }
    examples = [{"text": "good", "label": "a"}, {"text": "bad!", "label": "b"}]
    return {"schema": schema, "label": "label", "prompt": "?", "examples": examples} | changes


def test_a_file_of_34_tasks_in_the_older_form_is_all_right() -> None:
    report = check(older_tasks.file())
    assert report.exit_status == 0
    assert report.lines[-1] == "tasks.json: 34 tasks, all right"
    assert [line for line in report.lines if line.endswith(": right")] == [
        f"{name}: right" for name in older_tasks.file()
    ]


# Task, the place of the value that goes wrong, the value, and what is said of it; whether the task can still be used.
PLANTED: list[tuple[str, str, Any, str, bool]] = [
    ("sentiment_thai", "schema/fields/sentiment/field_type", {"Enm": ["บวก"]}, "schema.fields.sentiment.field_type: ", False),
    ("news_topic", "schema/fields/category/field_type/Enum", [], "schema.fields.category.field_type.Enum: is empty", False),
    ("emotion", "schema/fields/emotion/field_type/Enum", ["ดีใจ", "ดีใจ"], "schema.fields.emotion.field_type.Enum[1]: ", False),
    ("spam", "examples", [{"text": "long enough", "label": "spam!"}], "examples[0]: ", True),
    ("urgency", "examples", [{"text": "สั้น", "label": "ด่วน"}], "examples[0]: ", True),
    ("summarization", "schema/fields/source/constraints", [{"Length": {"min": 50, "max": 5}}], "schema.fields.source.minLength: ", False),
    ("paraphrase", "schema/fields/target/constraints", [{"Lenght": {"min": 5}}], "schema.fields.target.constraints[0].Lenght: ", True),
    ("chat", "parameters/topic/default", "กีฬา", "parameters.topic.default: ", False),
    ("contacts", "schema/fields/phone/constraints", [{"Pattern": "("}], "schema.fields.phone.pattern: ", False),
    ("rating", "schema/fields/stars/constraints", [{"Range": {"min": 1, "max": 4}}], "examples[0]: ", True),
    ("people", "schema/fields/people/field_type/Array/Object/fields/age/field_type", "Nmber", "schema.fields.people.field_type.Array.Object.fields.age.field_type: ", False),
    ("mcq", "exampels", [], "exampels: ", True),
    ("recipes", "parameters/topic/enum_values", "อาหาร", "parameters.topic.values: must be a list of words", False),
]  # fmt: skip


def test_every_mistake_that_is_planted_in_34_tasks_is_named_and_nothing_else() -> None:
    tasks: dict[str, Any] = json.loads(json.dumps(older_tasks.file()))
    for name, path, value, _, _ in PLANTED:
        *way, last = path.split("/")
        table = tasks[name]
        for step in way:
            table = table[step]
        table[last] = value
    report = check(tasks)
    named = [line for line in report.lines if line.startswith("  tasks.json: ")]
    assert len(named) == len(PLANTED)
    for name, _, _, said, usable in PLANTED:
        assert any(line.startswith(f"  tasks.json: {name}.{said}") for line in named), (name, named)
        assert f"{name}: 1 mistake; {'can' if usable else 'cannot'} be used" in report.lines
    assert report.exit_status == 1
    assert report.lines[-1] == f"tasks.json: 34 tasks, {len(PLANTED)} with mistakes"
    assert sum(line.endswith(": right") for line in report.lines) == 34 - len(PLANTED)


def test_a_task_that_is_right_has_no_more_to_say() -> None:
    report = check({"mine": task()})
    assert report.lines == ["mine: right", "tasks.json: 1 task, all right"]
    assert report.exit_status == 0


def test_examples_must_pass_the_schema_and_the_rules_in_their_language() -> None:
    examples = {"th": [{"text": "ok", "label": "c"}], "en": [{"text": "long enough", "label": "a"}]}
    report = check({"mine": task(examples=examples)})
    assert [line.split(": ")[1] for line in report.lines if line.startswith("  tasks")] == [
        "mine.examples.th[0]"
    ] * 2
    assert report.lines[0] == "mine: 2 mistakes; can be used"
    assert report.exit_status == 1


def test_examples_must_be_in_their_language() -> None:
    english = "The food was good, but we had to wait for an hour in the rain."
    report = check({"mine": task(examples={"th": [{"text": english, "label": "a"}]})})
    assert report.lines[1] == "  tasks.json: mine.examples.th[0]: text: is in English, not in Thai"
    assert check({"mine": task(examples={"": [{"text": english, "label": "a"}]})}).exit_status == 0
    assert (
        check({"mine": task(examples={"th": [{"text": english, "label": "a"}]}, texts=["label"])}).exit_status
        == 0
    )


def test_a_language_that_is_not_known_is_a_note() -> None:
    report = check({"mine": task(language="tlh")})
    assert report.lines[1] == "  note: whether a text is in tlh is not told: those are not known here"
    assert report.exit_status == 0


def test_a_label_without_an_example_is_a_note_and_no_mistake() -> None:
    report = check({"mine": task(examples=[{"text": "good", "label": "a"}])})
    assert report.lines[:2] == ["mine: right", "  note: no example has the label b"]
    assert report.exit_status == 0


def test_a_task_without_examples_is_told_so() -> None:
    report = check({"mine": task(examples=[])})
    assert report.lines[1].startswith("  note: has no examples")
    assert report.exit_status == 0


def test_a_task_that_goes_before_a_built_in_one_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dset.tasks.catalog.builtin", lambda: ("mine",))
    assert "  note: goes before the built-in task of this name" in check({"mine": task()}).lines


def test_a_schema_that_no_validator_takes_is_named() -> None:
    schema = {"type": "object", "properties": {"text": {"type": "strin"}}}
    report = check({"mine": {"schema": schema}})
    assert report.lines[0] == "mine: 1 mistake; cannot be used"
    assert report.lines[1].startswith("  tasks.json: mine.schema.properties.text.type: ")
    assert report.exit_status == 1


def test_what_is_wrong_beside_the_tasks_makes_the_file_wrong() -> None:
    report = check([{"name": "mine", **task()}, 5])
    assert report.lines[0] == 'tasks.json: [1]: must be a task with a "name"'
    assert report.lines[1] == "mine: right"
    assert report.exit_status == 1


def test_a_file_without_a_task_is_wrong() -> None:
    report = check({})
    assert report.lines == ["tasks.json: holds no task", "tasks.json: no task"]
    assert report.exit_status == 1


def test_a_file_that_is_no_json_is_a_usage_error_with_its_place() -> None:
    Path("tasks.json").write_text('{"a": }', encoding="utf-8")
    with pytest.raises(UsageError, match="line 1, column 7"):
        checking.check(Path("tasks.json"))
