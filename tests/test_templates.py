"""Templates: a column's name in braces becomes its cell, once; everything else stays."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dset import templates

CELLS = {"question": "What is it?", "note": "n", "Two words": "2w", "Größe": "g", "คำถาม": "ถ"}

FILLED: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "the default": ("answer this question: {question}", "answer this question: What is it?", ()),
    "no braces": ("plain", "plain", ()),
    "nothing": ("", "", ()),
    "twice": ("{question} {question}", "What is it? What is it?", ()),
    "side by side": ("{note}{question}", "nWhat is it?", ()),
    "in another case": ("{QUESTION} {Note}", "What is it? n", ()),
    "with blanks": ("{ question }", "What is it?", ()),
    "of two words": ("{two words}", "2w", ()),
    "in another Unicode spelling": ("{Gro\u0308\u00dfe}", "g", ()),
    "in Thai": ("ตอบ {คำถาม}", "ตอบ ถ", ()),
    "a word that is no column": ("{nope} {question}", "{nope} What is it?", ("nope",)),
    "the same one twice": ("{nope} {nope} {other}", "{nope} {nope} {other}", ("nope", "other")),
    "JSON": ('{"a": {"b": 1}, "q": "{question}"}', '{"a": {"b": 1}, "q": "What is it?"}', ()),
    "doubled braces": ("{{question}}", "{What is it?}", ()),
    "empty braces": ("{} { } {question}", "{} { } What is it?", ()),
    "a number": ("{0} {1}", "{0} {1}", ()),
    "a lone brace": ("} { {question", "} { {question", ()),
    "over two lines": ("{question\n}", "{question\n}", ()),
    "format's own signs": ("{question!r} {question:>9} {note.x}", "{question!r} {question:>9} {note.x}", ()),
    "percent and dollar": ("%s $question ${question}", "%s $question $What is it?", ()),
}


@pytest.mark.parametrize("name", FILLED)
def test_a_column_is_replaced_and_every_other_brace_stays(name: str) -> None:
    text, filled, unknown = FILLED[name]
    template = templates.parse(text, list(CELLS))
    assert template.fill(CELLS) == filled
    assert template.unknown == unknown


def test_the_exact_name_wins_over_one_that_differs_in_case() -> None:
    names = ["Note", "note", "NOTE"]
    assert templates.parse("{note} {NOTE} {noTe}", names).columns == ("note", "NOTE", "Note")


def test_the_columns_are_named_once_in_the_order_of_the_text() -> None:
    assert templates.parse("{b} {a} {b} {x}", ["a", "b"]).columns == ("b", "a")


def test_a_cell_that_is_missing_is_empty() -> None:
    assert templates.parse("<{a}>", ["a"]).fill({}) == "<>"


@given(st.text(), st.text())
def test_what_a_cell_holds_is_never_read_as_a_template(question: str, note: str) -> None:
    template = templates.parse("{question}|{note}|{question}", ["question", "note"])
    assert template.fill({"question": question, "note": note}) == f"{question}|{note}|{question}"


PIECES = st.lists(st.sampled_from(["{", "}", "{a}", "{b}", "{c}", "a", "-", "\n", "{a", "b}"]))


@given(PIECES.map("".join))
def test_only_the_names_of_columns_are_ever_changed(text: str) -> None:
    template = templates.parse(text, ["a", "b"])
    assert template.fill({"a": "{a}", "b": "{b}"}) == text
    assert template.fill({"a": "1", "b": "2"}) == text.replace("{a}", "1").replace("{b}", "2")
    assert set(template.columns) == {name for name in "ab" if f"{{{name}}}" in text}
    assert not set(template.unknown) & {"a", "b"}


@given(st.text())
def test_a_text_against_no_columns_stays_as_it_is(text: str) -> None:
    template = templates.parse(text, [])
    assert template.fill({"question": "x"}) == text
    assert template.columns == ()
