"""Record schemas: what is none is named with its place; of a value all faults are told, in plain words."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dset.errors import UsageError
from dset.tasks.schemas import Schema, version

DRAFT = "https://json-schema.org/draft/2020-12/schema"
REVIEW = {
    "$schema": DRAFT,
    "type": "object",
    "properties": {
        "text": {"type": "string", "minLength": 5, "maxLength": 100},
        "label": {"enum": ["positive", "negative"]},
        "score": {"type": "number", "minimum": 0, "exclusiveMaximum": 1},
        "tags": {"type": "array", "items": {"type": "string", "pattern": "^[a-z]+$"}, "uniqueItems": True},
        "day": {"type": "string", "format": "date"},
        "mail": {"type": "string", "format": "email"},
        "home": {"type": "string", "format": "uri"},
    },
    "required": ["text", "label"],
    "additionalProperties": False,
}
GOOD = {"text": "ดีมาก ชอบ", "label": "positive", "score": 0.5, "tags": ["a"], "day": "2026-02-28"}


def faults_of(document: Any, value: Any) -> list[str]:
    schema = Schema(document)
    found = schema.faults(value)
    assert schema.is_valid(value) == (not found)
    return found


def test_a_good_record_has_no_fault() -> None:
    assert faults_of(REVIEW, GOOD | {"mail": "a@example.org", "home": "https://example.org/ก"[:-1]}) == []


def test_all_faults_of_a_record_are_named_with_their_paths() -> None:
    record = {
        "text": "ดี",
        "score": 1,
        "tags": ["a", "B", "a"],
        "day": "2026-02-30",
        "mail": "x",
        "home": "no",
        "more": 1,
    }
    assert faults_of(REVIEW, record) == [
        'record: this field is not allowed: "more"',
        'record: the field "label" is missing',
        'day: it must be a valid date, not "2026-02-30"',
        'home: it must be a valid uri, not "no"',
        'mail: it must be a valid email, not "x"',
        "score: it must be less than 1, not 1",
        "tags: its items must differ, and two are alike",
        'tags[1]: it must match "^[a-z]+$", and "B" does not',
        "text: it must have at least 5 characters, and has 2",
    ]


@pytest.mark.parametrize(
    ("document", "value", "said"),
    [
        ({"type": ["string", "null"]}, 1, ["record: it must be null or a string, not 1"]),
        ({"const": {"x": [1]}}, 2, ['record: it must be {"x": [1]}, not 2']),
        ({"enum": ["ก", None, 1]}, "ข", ['record: it must be one of "ก", null, 1, not "ข"']),
        ({"multipleOf": 5}, 7, ["record: it must be a multiple of 5, not 7"]),
        ({"minItems": 2}, [1], ["record: it must have at least 2 items, and has 1"]),
        ({"maxProperties": 1}, {"a": 1, "b": 2}, ["record: it must have at most 1 field, and has 2"]),
        ({"additionalProperties": False}, {"a": 1}, ["record: no field is allowed in it"]),
        ({"properties": {"a": False}}, {"a": 1}, ["a: nothing may stand here"]),
        ({"prefixItems": [{"type": "null"}]}, [1], ["[0]: it must be null, not 1"]),
        ({"contains": {"const": 1}}, [2], ["record: it has no item of the wanted form"]),
        ({"contains": {"const": 1}, "minContains": 2}, [1], ["record: it has too few items of the wanted form"]),
        ({"contains": {"const": 1}, "maxContains": 1}, [1, 1], ["record: it has too many items of the wanted form"]),
        ({"not": {"const": 3}}, 3, ["record: 3 is of a form that is not allowed"]),
        ({"dependentRequired": {"a": ["b"]}}, {"a": 1}, ['record: the field "b" is missing']),
        ({"if": {"required": ["a"]}, "then": {"required": ["b"]}}, {"a": 1}, ['record: the field "b" is missing']),
        ({"unevaluatedProperties": False}, {"a": 1, "b": 2}, ['record: these fields are not allowed: "a", "b"']),
        ({"prefixItems": [True], "unevaluatedItems": False}, [1, 2], ["record: it has 1 item more than allowed"]),
        (
            {"propertyNames": {"maxLength": 2}},
            {"abc": 1},
            ['record: the name of the field "abc" is not allowed: it must have at most 2 characters, and has 3'],
        ),
        (
            {"properties": {"a": {"oneOf": [{"type": "integer"}, {"minimum": 2}]}}},
            {"a": 1.5},
            ["a: 1.5 has none of the allowed forms (it must be a whole number, not 1.5; or: it must be at least 2, not 1.5)"],
        ),
        ({"oneOf": [{"minimum": 1}, {"minimum": 2}]}, 5, ["record: it must have exactly one of the allowed forms, and has 2"]),
    ],
)  # fmt: skip
def test_every_keyword_has_plain_words(document: Any, value: Any, said: list[str]) -> None:
    assert faults_of(document, value) == said


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({"properties": {"a": {"type": "strin"}}}, 'schema.properties.a.type: "strin" has none'),
        (
            {"items": [{"type": "string"}]},
            "schema.items: it must be true or false or an object, not a list of 1",
        ),
        ({"required": "a"}, 'schema.required: it must be a list, not "a"'),
        ({"minLength": -1}, "schema.minLength: it must be at least 0, not -1"),
        ({"properties": {"a": {"$ref": "#/$defs/b"}}}, 'schema.properties.a.$ref: "#/$defs/b" leads nowhere'),
        ({"$ref": "https://example.org/schema.json"}, "nothing is fetched"),
        ({"$ref": "file:///etc/passwd"}, "nothing is fetched"),
        ({"$ref": "other.json"}, "schema.$ref"),
        ({"properties": {"a": {"pattern": "(?=x)y"}}}, "schema.properties.a.pattern: the pattern"),
        ({"pattern": "(a)\\1"}, "back-references"),
        ({"patternProperties": {"(": True}}, 'schema.patternProperties."("'),
        ({"$schema": "http://json-schema.org/draft-07/schema#"}, f"only {DRAFT} is read"),
        ([], "schema: it must be an object"),
        ({"a": {1: 2}}, "schema: "),
        ({"title": "\ud800"}, "schema: "),
    ],
)
def test_what_is_no_schema_is_refused_with_its_place(document: Any, said: str) -> None:
    with pytest.raises(UsageError) as raised:
        Schema(document)
    assert said in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_schema_too_deep_for_the_stack_is_refused() -> None:
    document: dict[str, Any] = {}
    for _ in range(50_000):
        document = {"not": document}
    with pytest.raises(UsageError, match="deeper than 100 levels"):
        Schema(document)


def test_recursive_references_inside_the_document_work() -> None:
    tree = {
        "$ref": "#/$defs/node",
        "$defs": {"node": {"required": ["n"], "properties": {"in": {"$ref": "#/$defs/node"}}}},
    }
    assert faults_of(tree, {"n": 1, "in": {"n": 2}}) == []
    assert faults_of(tree, {"n": 1, "in": {"in": {}}}) == [
        'in: the field "n" is missing',
        'in.in: the field "n" is missing',
    ]


def test_many_faults_are_cut_and_counted() -> None:
    found = faults_of({"items": {"type": "string"}}, list(range(50)))
    assert found[19:] == ["[19]: it must be a string, not 19", "and 30 more"]


def test_a_vast_value_is_told_its_first_fault() -> None:
    assert faults_of({"items": {"type": "string"}}, [[1]] * 300_000) == [
        "[0]: it must be a string, not a list of 1",
        "and perhaps more: it is too large to tell all",
    ]


def test_a_reference_to_a_file_is_refused_even_if_the_file_is_a_schema(tmp_path: Path) -> None:
    other = tmp_path / "other.json"
    other.write_text('{"type": "string"}')
    with pytest.raises(UsageError, match="nothing is fetched"):
        Schema({"$ref": other.as_uri()})


def test_hostile_and_long_values_are_shown_short_and_harmless() -> None:
    hostile = "\x1b]0;x\x07\u202e\n" + "x" * 10_000
    (found,) = faults_of({"properties": {hostile[:9]: {"type": "null"}}}, {hostile[:9]: hostile})
    assert len(found) < 200
    assert not any(char in found for char in "\x1b\x07\u202e\n")
    assert faults_of({"type": "string", "minLength": 3}, "\ud800\ud800")[0].startswith("record: ")
    assert len(faults_of({"type": "string"}, 10**6000)[0]) < 200


@pytest.mark.parametrize("pattern", ["^(a+)+$", "(a*)*b", "^(([a-z])+.)+[A-Z]([a-z])+$"])
def test_a_pattern_cannot_hang(pattern: str) -> None:
    assert not Schema({"pattern": pattern}).is_valid("a" * 100_000 + "!")


def test_patterns_know_scripts_and_formats_are_checked() -> None:
    assert Schema({"pattern": r"^\p{Thai}+$"}).is_valid("ไทย")
    assert not Schema({"format": "uuid"}).is_valid("x")
    assert Schema({"format": "no-such-format"}).is_valid("x")


def test_the_version_follows_the_schema_and_not_the_order_of_its_keys() -> None:
    assert version({"type": "object", "title": "ก"}) == version({"title": "ก", "type": "object"})
    assert version({"type": "object"}) != version({"type": "array"})
    assert version(REVIEW) == version(REVIEW)
    assert len(version({})) == 12
    assert version({"title": "\ud800"})


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["text", "label", "tags", "x"]), inner)
    ),
)


@given(values)
def test_whatever_comes_is_valid_or_has_faults_of_one_line(value: Any) -> None:
    for one in faults_of(REVIEW, value):
        assert "\n" not in one
        assert ": " in one
