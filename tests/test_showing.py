"""`task list` and `task show`: what a person sees of the tasks."""

import json
from pathlib import Path
from typing import Any

import pytest

from dset.tasks import catalog, definitions, showing
from tests import older_tasks
from tests.test_definitions import RIGHT


def shown(document: dict[str, Any]) -> list[str]:
    return showing.shown(definitions.read("meals", document))


def test_a_task_is_shown_in_full() -> None:
    lines = shown(RIGHT)
    assert lines[:9] == [
        "meals",
        "What people say of a meal.",
        "language: th (Thai)",
        "fields:",
        "  text: text, 5 to 100 characters",
        "  label: text, one of บวก|ลบ",
        "  parts: list of object, optional",
        "  parts[].word: text, optional",
        "label: label: บวก, ลบ",
    ]
    assert "  topic: food, drink" in lines
    assert "  grade: 1, 2; default 1 - how hard" in lines
    assert "  place: default Bangkok" in lines
    assert "  brand: required" in lines
    assert '  {"rule": "shorter", "field": "label", "than": "text"}' in lines
    assert "alike by: text" in lines
    assert "texts in the language: text, parts[].word" in lines
    at = lines.index("example (th):")
    assert json.loads("".join(lines[at + 1 :])) == RIGHT["examples"]["th"][0]


def test_constraints_stand_beside_their_field() -> None:
    fields = {
        "a": {"type": "integer", "minimum": 1, "description": "how many"},
        "b": {"type": "array", "maxItems": 3, "uniqueItems": True, "items": {"type": "array"}},
        "c": {"type": ["string", "null"], "format": "email", "pattern": "x"},
        "d": {"const": "x"},
        "e": {},
        "f": {"$ref": "#/$defs/f", "description": "referred"},
    }
    schema = {
        "type": "object",
        "properties": fields,
        "required": list(fields),
        "$defs": {"f": {"type": "number"}},
    }
    lines = shown({"schema": schema})
    assert lines[lines.index("fields:") + 1 : lines.index("prompt:")] == [
        "  a: whole number, at least 1 - how many",
        "  b: list of list, at most 3 items, no two alike",
        "  c: nothing or text, format email, pattern x",
        '  d: anything, always "x"',
        "  e: anything",
        "  f: number - referred",
    ]
    assert lines[-1] == "example: none"


def test_what_holds_only_for_some_records_is_shown_as_such() -> None:
    schema = {
        "type": "object",
        "properties": {"type": {"enum": ["mcq", "qa"]}, "choices": {"type": "array"}},
        "required": ["type"],
        "anyOf": [{"properties": {"choices": {"maxItems": 9}}}, {}],
        "allOf": [
            {
                "if": {"properties": {"type": {"const": "mcq"}}},
                "then": {"properties": {"choices": {"minItems": 4}, "hint": {}}, "required": ["choices"]},
            }
        ],
    }
    lines = shown({"schema": schema, "label": "type"})
    assert lines[lines.index("fields:") + 1 : lines.index("prompt:")] == [
        "  type: anything, one of mcq|qa",
        "  choices: list, optional",
        "  hint: anything, optional",
        "label: type: mcq, qa",
    ]


def test_the_example_is_in_the_tasks_own_language() -> None:
    examples = {"en": [{"text": "english"}], "th": [{"text": "ไทย"}]}
    assert '  "text": "ไทย"' in [line[2:] for line in shown(RIGHT | {"examples": examples})]
    assert "example (en):" in shown(RIGHT | {"examples": examples, "language": "vi"})


def test_a_schema_that_holds_itself_is_shown_to_a_depth() -> None:
    node = {"type": "object", "properties": {"below": {"$ref": "#/$defs/node"}}}
    schema = {"type": "object", "properties": {"tree": {"$ref": "#/$defs/node"}}, "$defs": {"node": node}}
    assert 3 < len(shown({"schema": schema})) < 20


def test_nothing_that_a_terminal_obeys_is_shown() -> None:
    evil = "\x1b[2J\x07\u202e"
    document = {"description": f"a{evil}\nb", "schema": RIGHT["schema"], "examples": [{"text": evil}]}
    lines = shown(document | {"parameters": {"p": [f"x{evil}"]}})
    assert lines[1:3] == ["a ", "b"]
    assert not any(set("\x1b\x07\u202e\n") & set(line) for line in lines)


def test_the_tasks_are_listed_under_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dset.tasks.catalog.builtin", lambda: ())
    tasks: dict[str, Any] = {"meals": RIGHT, "bad": {"schema": 5}, "a": {"schema": RIGHT["schema"]}}
    Path("tasks.json").write_text(json.dumps(tasks), encoding="utf-8")
    assert showing.listed(catalog.load()) == [
        "name   label  examples  description",
        "meals  label  th,any    What people say of a meal.",
        "bad                     cannot be used: tasks.json: bad.schema: must be an object, not 5",
        "a      -      -",
    ]


def test_every_task_of_a_big_file_is_shown() -> None:
    Path("tasks.json").write_text(json.dumps(older_tasks.file()), encoding="utf-8")
    found = catalog.load()
    for name in older_tasks.file():
        lines = showing.shown(found.get(name))
        assert lines[0] == name
        assert any(line.startswith("example (any language)") for line in lines)
