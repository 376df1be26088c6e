"""The texts of a record, with the place of each."""

from typing import Any

from dset.tasks import definitions, free_texts

RECORD = {
    "text": "a",
    "tags": ["b", "c"],
    "parts": [{"word": "d", "kind": "x"}, {"word": "e"}, 5],
    "of": {"in": {"deep": "f"}},
    "rows": [["g"], ["h", 1]],
    "label": "x",
    "on": "2026-11-21",
    "count": 3,
}
PART = {"type": "object", "properties": {"word": {"type": "string"}, "kind": {"enum": ["x"]}}}
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        **{name: {} for name in ("text", "tags", "of", "count")},
        "parts": {"items": {"$ref": "#/$defs/part"}},
        "rows": {"items": {"items": {"type": "string"}}},
        "label": {"enum": ["x"]},
        "on": {"type": "string", "format": "date"},
    },
    "$defs": {"part": PART},
}


def test_the_named_texts_are_those_that_must_be_in_the_language() -> None:
    task = definitions.read("t", {"schema": SCHEMA, "texts": ["text", "parts[].word"]})
    assert [text for _, text in free_texts.in_language(task, RECORD)] == ["a", "d", "e"]


def test_without_names_every_free_text_must_be_in_the_language() -> None:
    task = definitions.read("t", {"schema": SCHEMA})
    assert list(free_texts.in_language(task, RECORD)) == [
        ("text", "a"),
        ("tags[0]", "b"),
        ("tags[1]", "c"),
        ("parts[0].word", "d"),
        ("parts[1].word", "e"),
        ("of.in.deep", "f"),
        ("rows[0][0]", "g"),
        ("rows[1][0]", "h"),
    ]
