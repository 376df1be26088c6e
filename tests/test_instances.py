"""Records for a task's rehearsal: valid, as asked, the same for the same number, no two alike."""

import random
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given, settings

from dset.rehearsal import words
from dset.rehearsal.figures import number
from dset.rehearsal.instances import Maker
from dset.rehearsal.patterns import Pattern
from tests.likeness import alike, highest
from tests.schemas import FIELDS, SCHEMAS, record

_REVIEWS = {
    "type": "object",
    "properties": {"text": {"type": "string", "minLength": 10}, "label": {"enum": ["positive", "negative"]}},
    "required": ["text", "label"],
    "additionalProperties": False,
}
_THAI = {"text": "ร้านนี้อาหารอร่อยมาก บริการดีเยี่ยมและราคาไม่แพงเลย", "label": "positive"}
_ENGLISH = {"text": "The room was dirty and nobody answered the phone.", "label": "negative"}


def _valid(schema: dict[str, Any], value: object) -> bool:
    return bool(jsonschema_rs.Draft202012Validator(schema, validate_formats=True).is_valid(value))


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_record_is_valid_whatever_keyword_its_schema_uses(name: str) -> None:
    maker = Maker(SCHEMAS[name])
    made = [maker.make(at) for at in range(15)]
    assert [found for found in made if not _valid(SCHEMAS[name], found)] == []


@given(FIELDS)
@settings(max_examples=60, deadline=None)
def test_a_record_is_valid_for_any_small_schema(field: dict[str, Any]) -> None:
    schema = record(field)
    maker = Maker(schema)
    assert all(_valid(schema, maker.make(at)) for at in range(5))


@pytest.mark.parametrize("examples", [(), (_THAI, _ENGLISH)])
def test_the_same_number_makes_the_same_record_and_another_another(
    examples: tuple[dict[str, Any], ...],
) -> None:
    one, again, other = (Maker(_REVIEWS, examples, seed) for seed in (1, 1, 2))
    assert [one.make(at) for at in range(20)] == [again.make(at) for at in range(20)]
    assert all(one.make(at) != one.make(at + 1) for at in range(20))
    assert all(one.make(at) != other.make(at) for at in range(20))


@pytest.mark.parametrize("lang", ["th", "vi", "en", "zh", "sw"])
def test_records_from_a_schema_alone_share_less_than_half_of_their_texts(lang: str) -> None:
    maker = Maker(_REVIEWS, lang=lang)
    assert highest([maker.make(at) for at in range(60)]) < 0.5


@pytest.mark.parametrize("lang", ["th", "vi", "zh", "ja", "ko", "ru", "ar", "hi"])
def test_texts_are_in_the_language_that_was_asked_for(lang: str) -> None:
    maker = Maker(_REVIEWS, lang=lang)
    assert {words.language_of(maker.make(at)["text"], "en") for at in range(20)} == {lang}


def test_lists_and_ends_and_wholes_are_all_met_where_a_schema_leaves_the_choice() -> None:
    field = {"type": ["array", "null", "boolean"], "items": {"enum": [1, 2]}, "maxItems": 2}
    maker = Maker(record(field))
    made = {str(maker.make(at)["it"]) for at in range(200)}
    assert {"None", "True", "False", "[1]", "[2]", "[1, 2]"} <= made


def test_a_fixed_field_is_as_it_was_given() -> None:
    assert {Maker(_REVIEWS).make(at, {"label": "negative"})["label"] for at in range(9)} == {"negative"}


def test_a_fixed_field_chooses_the_examples_that_have_it() -> None:
    maker = Maker(_REVIEWS, (_THAI, _ENGLISH))
    made = [maker.make(at, {"label": "positive"})["text"] for at in range(9)]
    assert all(text.startswith(_THAI["text"]) for text in made)


def test_without_such_an_example_another_is_given_the_fixed_field() -> None:
    made = Maker(_REVIEWS, (_ENGLISH,)).make(1, {"label": "positive"})
    assert (made["label"], made["text"][:20]) == ("positive", _ENGLISH["text"][:20])


def test_examples_that_the_schema_refuses_are_not_followed() -> None:
    made = Maker(_REVIEWS, ({"text": 7, "label": "positive"}, _ENGLISH)).make(1, {"label": "positive"})
    assert _valid(_REVIEWS, made)
    assert made["text"].startswith(_ENGLISH["text"])


def test_nothing_is_fetched_for_a_reference_to_elsewhere() -> None:
    with pytest.raises(ValueError, match="Retrieval is disabled"):
        Maker(record({"$ref": "https://example.org/other.json"}))


@pytest.mark.parametrize(
    ("schema", "made"),
    [
        ({"exclusiveMinimum": 0, "exclusiveMaximum": 3}, {1, 2}),
        ({"minimum": 0.5, "maximum": 2.5}, {1, 2}),
        ({"minimum": -9, "exclusiveMaximum": 9, "multipleOf": 4.5}, {-9, 0}),
    ],
)
def test_a_whole_number_is_any_between_the_bounds(schema: dict[str, Any], made: set[int]) -> None:
    draw = random.Random(1)
    assert {number(draw, [schema], whole=True) for _ in range(100)} == made


@pytest.mark.parametrize(
    "example", [_THAI, _ENGLISH, {"text": "Phòng rất bẩn và không ai nghe điện thoại.", "label": "negative"}]
)
def test_variants_of_one_example_are_not_near_each_other(example: dict[str, Any]) -> None:
    maker = Maker(_REVIEWS, (example,))
    assert highest([maker.make(at) for at in range(100)]) < 0.85


def test_a_variant_goes_on_in_the_language_of_each_text() -> None:
    free = {"type": "string"}
    pair = {"type": "object", "properties": {"source": free, "target": free, "from": free}}
    example = {"source": "The train leaves at nine.", "target": "รถไฟออกเวลาเก้าโมงเช้าตรง", "from": "en"}
    made = Maker(pair, (example,), lang="th").make(1)
    added = {name: made[name].removeprefix(example[name]) for name in made}
    assert (words.language_of(added["source"], "xx"), words.language_of(added["target"], "xx")) == (
        "xx",
        "th",
    )
    assert added["source"].isascii()
    assert made["from"] == "en"


def test_a_variant_keeps_offsets_answers_and_the_order_of_lengths() -> None:
    example = {
        "text": "Somchai Jaidee works in Chiang Mai for the provincial office.",
        "summary": "Somchai Jaidee has a new office.",
        "entities": [
            {"word": "Somchai Jaidee", "start": 0, "end": 14},
            {"word": "Chiang Mai", "start": 24, "end": 34},
        ],
        "choices": ["in the old town", "in Chiang Mai province", "by the sea side"],
        "answer": "in the old town",
    }
    maker = Maker({"type": "object"}, (example,))
    for at in range(30):
        made = maker.make(at)
        assert [made["text"][each["start"] : each["end"]] for each in made["entities"]] == [
            "Somchai Jaidee",
            "Chiang Mai",
        ]
        assert made["answer"] == made["choices"][0] == example["answer"]
        assert len(set(made["choices"])) == 3
        assert len(made["summary"]) < len(made["text"])


def test_what_is_longer_by_a_letter_stays_longer() -> None:
    example = {
        "text": "The train to the sea leaves at nine, sir",
        "summary": "The train to the sea leaves at nine, sr",
    }
    made = [Maker({"type": "object"}, (example,)).make(at) for at in range(15)]
    assert all(len(each["summary"]) < len(each["text"]) for each in made)


def test_a_short_text_with_no_room_is_another_one() -> None:
    schema = record({"type": "string", "maxLength": 30})
    maker = Maker(schema, ({"it": "a quiet evening by the river!!"},))
    made = [maker.make(at) for at in range(30)]
    assert all(_valid(schema, each) for each in made)
    assert highest(made) < 0.85


@pytest.mark.parametrize(
    ("field", "named"),
    [
        (False, "/properties/it"),
        ({"enum": [1, 2], "const": 3}, "/properties/it"),
        ({"type": "integer", "minimum": 5, "maximum": 4}, "no number lies"),
        ({"type": "string", "minLength": 5, "maxLength": 4}, "minLength"),
        ({"allOf": [{"type": "string"}, {"type": "null"}]}, "no type"),
        ({"type": "array", "items": {"enum": [1]}, "uniqueItems": True, "minItems": 2}, "/properties/it"),
        ({"$ref": "#"}, "/properties/it"),
    ],
)
def test_what_nothing_fits_is_an_error_that_names_the_part(field: Any, named: str) -> None:
    with pytest.raises(ValueError, match=named):
        Maker(record(field)).make(1)


@pytest.mark.parametrize(
    "schema",
    [{"type": "nonsense"}, {"$ref": "#/nowhere"}, record({"$ref": "https://example.org/other.json"})],
)
def test_what_is_no_schema_by_itself_is_an_error(schema: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="by itself"):
        Maker(schema).make(1)


@pytest.mark.parametrize(
    "pattern",
    [r"^\d{3}$", r"^[^a-z]{4,6}$", r"^(a|bc)\1$", r"^(?<y>\d{4})/[1-9]$", r"^\p{L}+$", r"^\P{L}+$", r"^[\p{L}\s]{9}$", "end$", r"^\S+@\S+\.\w{2,}$", r"^.{20,30}$"],
)  # fmt: skip
def test_a_text_for_a_pattern_matches_it(pattern: str) -> None:
    validator = jsonschema_rs.Draft202012Validator({"pattern": pattern})
    made = [Pattern(pattern).text(random.Random(at)) for at in range(30)]
    assert [text for text in made if not validator.is_valid(text)] == []


def test_a_pattern_that_is_not_understood_is_named() -> None:
    with pytest.raises(ValueError, match="Klingon"):
        Pattern(r"^\p{Klingon}+$")


def test_likeness_is_measured_by_shared_fives_of_characters() -> None:
    assert alike({"a": "abcdef"}, {"a": "abcdef"}) == 1
    assert alike({"a": "abcdef"}, {"a": "abcdeg"}) == pytest.approx(1 / 3)
