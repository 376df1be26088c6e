"""A model that errs: every way to break a schema, to spoil JSON, to wrap it, to repeat oneself nearly."""

import json
import random
import re
import unicodedata
from collections import Counter
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dset.rehearsal.instances import Maker
from dset.rehearsal.mischief import SPOILT, Mischief, broken, near_copy, spoiled_text, wrapped
from tests.likeness import alike
from tests.schemas import FIELDS, SCHEMAS, record

_TYPES = {
    "null", "number-for-text", "array-for-text", "object-for-text", "text-for-number", "array-for-number",
    "boolean-for-number", "fraction-for-integer", "text-for-boolean", "number-for-boolean", "text-for-null",
    "number-for-null", "object-for-array", "text-for-array", "array-for-object", "text-for-object",
}  # fmt: skip
_KEYWORDS = {
    "minLength", "maxLength", "pattern", "format", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum",
    "multipleOf", "enum", "const", "minItems", "maxItems", "uniqueItems", "items", "unevaluatedItems", "prefixItems",
    "contains", "minContains", "maxContains", "required", "properties", "additionalProperties",
    "unevaluatedProperties", "patternProperties", "propertyNames", "minProperties", "maxProperties",
    "dependentRequired", "dependentSchemas", "not", "anyOf", "oneOf", "oneOf-twice", "then", "else",
}  # fmt: skip
_RECORD = {
    "text": 'She said "hello, you".',
    "count": 3,
    "tags": ["a", "b"],
    "more": {"none": None, "yes": True},
}


def _valid(schema: dict[str, Any], value: object) -> bool:
    return bool(jsonschema_rs.Draft202012Validator(schema, validate_formats=True).is_valid(value))


def _broken_in_every_way(schema: dict[str, Any]) -> Counter[str]:
    """How often each way occurs for some records of a schema; asserts that each is refused."""
    maker, mischief, seen = Maker(schema), Mischief(schema), Counter[str]()
    for number in range(12):
        made = maker.make(number)
        for way in mischief.ways(made):
            try:
                found, named = mischief.broken(made, random.Random(f"{number}{way}"), way)
            except ValueError:
                continue
            assert not _valid(schema, found), (way, found)
            assert named == way
            seen[way] += 1
    return seen


def test_a_break_is_refused_and_every_way_occurs() -> None:
    seen: Counter[str] = Counter()
    for name, schema in SCHEMAS.items():
        ways = _broken_in_every_way(schema)
        assert ways, name
        seen += ways
    assert set(seen) == _TYPES | _KEYWORDS


@pytest.mark.parametrize("name", sorted(SCHEMAS.keys() & _KEYWORDS))
def test_the_keyword_of_a_schema_can_be_broken(name: str) -> None:
    assert name in _broken_in_every_way(SCHEMAS[name])


def test_each_way_that_applies_occurs_by_chance() -> None:
    schema = SCHEMAS["if"]
    made, mischief, draw = Maker(schema).make(1), Mischief(schema), random.Random(1)
    drawn = {mischief.broken(made, draw)[1] for _ in range(200)}
    assert drawn == {way for way in mischief.ways(made) if _possible(mischief, made, way)}
    assert {"required", "enum", "then", "else", "null"} <= drawn


def _possible(mischief: Mischief, made: Any, way: str) -> bool:
    try:
        return bool(mischief.broken(made, random.Random(1), way))
    except ValueError:
        return False


@given(FIELDS, st.integers(0, 1000))
@settings(max_examples=40, deadline=None)
def test_any_small_schema_refuses_what_was_broken(field: dict[str, Any], seed: int) -> None:
    schema = record(field)
    found, way = broken(schema, Maker(schema).make(seed), random.Random(seed))
    assert way
    assert not _valid(schema, found)


def test_the_same_draw_breaks_in_the_same_way_and_leaves_the_record_alone() -> None:
    schema = SCHEMAS["recursive"]
    made = Maker(schema).make(3)
    before = json.dumps(made)
    first, again = (broken(schema, made, random.Random(5)) for _ in range(2))
    assert first == again
    assert json.dumps(made) == before


def test_what_is_not_valid_cannot_be_broken() -> None:
    with pytest.raises(ValueError, match="only a valid record"):
        broken(SCHEMAS["string"], {"it": 7}, random.Random(1))


def test_what_nothing_breaks_is_said() -> None:
    with pytest.raises(ValueError, match="nothing was found"):
        broken({}, {"it": 7}, random.Random(1))


def test_the_value_in_the_wrong_place_is_the_value_itself() -> None:
    schema = record({"type": "integer"})
    mischief = Mischief(schema)
    ways = ("text-for-number", "array-for-number", "fraction-for-integer", "null")
    found = [mischief.broken({"it": 4}, random.Random(1), way)[0]["it"] for way in ways[:3]]
    assert found == ["4", [4], 4.5]


def _strict(text: str) -> Any:
    def refuse(name: str) -> Any:
        raise ValueError(name)

    return json.loads(text, parse_constant=refuse)


@pytest.mark.parametrize("way", SPOILT)
def test_spoiled_text_is_no_json(way: str) -> None:
    text = json.dumps(_RECORD)
    for seed in range(50):
        with pytest.raises(ValueError):  # noqa: PT011
            _strict(spoiled_text(random.Random(seed), text, way))


def test_each_way_to_spoil_a_text_looks_different() -> None:
    said = {way: spoiled_text(random.Random(1), json.dumps(_RECORD), way) for way in SPOILT}
    assert len(set(said.values())) == len(SPOILT)
    one, other = map(json.loads, said["two-objects"].splitlines())
    assert (one, len(other)) == (_RECORD, len(_RECORD) - 1)
    assert said["single-quotes"].startswith("{'text'")
    assert said["no-braces"] == json.dumps(_RECORD)[1:-1]


@pytest.mark.parametrize("text", ["{}", '{"a": 1}', '{"a": []}', "[]", '{"\\u0000": "\\u0000"}'])
def test_a_small_text_is_spoiled_too(text: str) -> None:
    for seed in range(50):
        with pytest.raises(ValueError):  # noqa: PT011
            _strict(spoiled_text(random.Random(seed), text))


@pytest.mark.parametrize(
    "text", [json.dumps(_RECORD), json.dumps(_RECORD, indent=2), "{}", '{"a": [1, 2]}', "[1, 2]"]
)
def test_a_wrapped_text_holds_the_json_and_no_other_bracket(text: str) -> None:
    kinds = set()
    for seed in range(200):
        said = wrapped(random.Random(seed), text)
        first, last = (
            min(found.start() for found in re.finditer(r"[\[{]", said)),
            max(said.rfind("}"), said.rfind("]")),
        )
        inside = said[first : last + 1]
        kinds |= {"comma"} if inside != text else set()
        kinds |= {"fence"} if "```" in said else {"bare"}
        assert json.loads(re.sub(r",(\s*[\]}])\Z", r"\1", inside)) == json.loads(text)
    assert kinds == {"fence", "bare"} | ({"comma"} if text != "{}" else set())


@pytest.mark.parametrize(
    "text",
    ["A quiet evening by the river, and nobody came.", "ร้านนี้อาหารอร่อยมาก บริการดี", "Phòng rất bẩn và không ai trả lời.", "今天学校里的老师和学生都在花园里读书", "Nine of us."],
)  # fmt: skip
def test_a_near_copy_differs_by_a_word_or_a_sign(text: str) -> None:
    made = {"text": text * 3, "label": "positive", "kind": "text"}
    for seed in range(30):
        found = near_copy(random.Random(seed), made)
        assert found != made
        assert {**found, "text": made["text"]} == made
        assert alike(found, made) >= 0.9


def test_a_near_copy_of_a_long_text_has_a_word_more() -> None:
    made = {"text": " ".join(f"Train {number} leaves at half past {number % 12}." for number in range(9))}
    found = near_copy(random.Random(1), made)["text"]
    assert any(
        character.isalpha() for character in unicodedata.normalize("NFC", found.removeprefix(made["text"]))
    )


def test_a_near_copy_differs_in_a_field_that_counts() -> None:
    made = {
        "text": "The train leaves at nine.",
        "why": "Nobody knows why the train leaves at nine, or whether it does.",
    }
    found = near_copy(random.Random(1), made, ("text",))
    assert found["why"] == made["why"]
    assert found["text"] != made["text"]


def test_a_near_copy_is_valid_where_a_text_is_as_long_as_it_may_be() -> None:
    schema = record({"type": "string", "maxLength": 25})
    mischief, made = Mischief(schema), {"it": "The train leaves at nine."}
    found = mischief.near_copy(made, random.Random(1))
    assert found["it"] == "The train leaves at nine!"
    assert Mischief(record({"enum": [made["it"]]})).near_copy(made, random.Random(1)) == made
