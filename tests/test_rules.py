"""Task rules: what each finds, what it says, and that no record makes one fall over."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dset import texts
from dset.errors import UsageError
from dset.tasks import rules

SPANS = {"rule": "spans", "text": "text", "items": "entities", "start": "start", "end": "end", "word": "text"}
CHOICE = {"rule": "choice", "answer": "answer", "choices": "choices"}
DIFFER = {"rule": "differ", "fields": ["text", "paraphrase"]}
LANGUAGES = {"rule": "languages", "fields": {"source_text": "en", "target_text": "{language}"}}
SHORTER = {"rule": "shorter", "field": "summary", "than": "text"}
TURNS = {"rule": "turns", "messages": "messages"}
TRANSLATION = {
    "rule": "translation",
    "source": "a",
    "target": "b",
    "source_lang": "from",
    "target_lang": "to",
}
ALL = [SPANS, CHOICE, DIFFER, LANGUAGES, SHORTER, TURNS, TRANSLATION, {**CHOICE, "when": {"type": "mcq"}}]
THAI, ENGLISH = "เมืองหลวงของประเทศไทยคือกรุงเทพ", "The capital of Thailand is the city of Bangkok."


def found(document: dict[str, Any], record: Any, lang: str = "th") -> list[str]:
    return rules.faults([rules.read(document, "t.rules[0]")], record, lang)


def entity(word: str, start: Any, end: Any) -> dict[str, Any]:
    return {
        "text": "I flew to Bangkok, not to Hanoi",
        "entities": [{"text": word, "start": start, "end": end}],
    }


def test_spans_that_spell_their_words_are_right() -> None:
    assert found(SPANS, entity("Bangkok", 10, 17)) == []
    thai = {"text": "ฉันอยู่ที่น้ำตก", "entities": [{"text": "น้ำตก", "start": 10, "end": 15}]}
    assert found(SPANS, thai) == []


@pytest.mark.parametrize(
    ("word", "start", "end", "said"),
    [
        ("Bangkok", 9, 16, 'entities[0]: 9 to 16 is " Bangko"; "Bangkok" stands at 10 to 17'),
        ("Bangkok", 10, 99, 'entities[0]: 10 to 99 is no part of the text; "Bangkok" stands at 10 to 17'),
        ("Bangkok", -21, -14, 'entities[0]: -21 to -14 is no part of the text; "Bangkok" stands at 10 to 17'),
        ("Hue", 10, 17, 'entities[0]: "Hue" does not stand in the text'),
        ("to", 0, 2, 'entities[0]: 0 to 2 is "I "; "to" stands at 7 to 9 or 23 to 25'),
        ("o", 0, 1, 'entities[0]: 0 to 1 is "I"; "o" stands at 8 to 9 or 15 to 16 or 20 to 21 or elsewhere'),
        ("", 3, 3, "entities[0]: its word is empty"),
    ],
)
def test_a_wrong_span_is_told_where_its_word_stands(word: str, start: int, end: int, said: str) -> None:
    assert found(SPANS, entity(word, start, end)) == [said]


def test_an_answer_is_one_of_the_choices_as_it_is_written_there() -> None:
    assert found(CHOICE, {"answer": "ข", "choices": ["ก", "ข"]}) == []
    assert found(CHOICE, {"answer": 2, "choices": [1, 2]}) == []
    assert found(CHOICE, {"answer": "B", "choices": ["ก", "ข"]}) == [
        'answer: it must be one of choices, one of "ก", "ข", not "B"'
    ]
    assert found(CHOICE, {"answer": "two  words", "choices": ["two words", "x"]}) == [
        'answer: it must be one of choices, written as there: "two words", not "two  words"'
    ]
    assert found(CHOICE, {"answer": True, "choices": [1, 2]}) != []


def test_choices_differ_by_more_than_spaces() -> None:
    assert found(CHOICE, {"answer": "AA", "choices": ["AA", "Aa", "aa", "5", "5!"]}) == []
    assert found(CHOICE, {"answer": "a b", "choices": ["a b", "a  b "]}) == [
        'choices: the choices must differ, and "a b" stands there twice'
    ]
    assert (
        found(
            CHOICE,
            {"answer": "\u0e19\u0e49\u0e33", "choices": ["\u0e19\u0e49\u0e33", "\u0e19\u0e4d\u0e49\u0e32"]},
        )
        != []
    )


def test_a_rule_with_when_is_for_such_records_only() -> None:
    mcq = {**CHOICE, "when": {"type": ["mcq", "case"], "checked": True}}
    wrong = {"answer": "x", "choices": ["a"]}
    assert found(mcq, {**wrong, "type": "mcq", "checked": True}) != []
    assert found(mcq, {**wrong, "type": "qa", "checked": True}) == []
    assert found(mcq, {**wrong, "type": "mcq", "checked": 1}) == []


def test_texts_that_must_differ_differ_by_more_than_case_and_marks() -> None:
    assert found(DIFFER, {"text": "How old is she?", "paraphrase": "What is her age?"}) == []
    assert found(DIFFER, {"text": "How old is she?", "paraphrase": " how old  is she"}) == [
        "paraphrase: it must differ from text, and says the same"
    ]


def test_fields_are_in_their_languages_and_the_tasks_own_can_be_named() -> None:
    assert found(LANGUAGES, {"source_text": ENGLISH, "target_text": THAI}) == []
    assert found(LANGUAGES, {"source_text": THAI, "target_text": ENGLISH}) == [
        "source_text: it is in Thai, not in English",
        "target_text: it is in English, not in Thai",
    ]
    assert found(LANGUAGES, {"source_text": ENGLISH, "target_text": ENGLISH}, lang="en") == []


def test_the_sides_of_a_translation_differ_in_language() -> None:
    assert found(TRANSLATION, {"a": ENGLISH, "b": THAI, "from": "en", "to": "th"}) == []
    assert found(TRANSLATION, {"a": ENGLISH, "b": THAI}) == []
    assert found(TRANSLATION, {"a": THAI, "b": ENGLISH, "from": "en", "to": "th"}) == [
        "a: it is in Thai, not in English",
        "b: it is in English, not in Thai",
    ]
    assert found(TRANSLATION, {"a": THAI, "b": THAI + "ครับ", "from": "th", "to": "th-TH"}) == [
        "to: it must be another language than from"
    ]
    assert found(TRANSLATION, {"a": ENGLISH, "b": "It is the best of all the cities."}) == [
        "b: it must be in another language than a, and both are in English"
    ]
    assert found(TRANSLATION, {"a": "Bangkok", "b": "Bangkok", "from": "en", "to": "vi"}) == []


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ("the old bridge", ""),
        ("The old bridge", "must stand in context"),
        ("", "must stand in context"),
        (7, ""),
    ],
)
def test_an_answer_that_is_taken_from_its_context_stands_there(answer: Any, told: str) -> None:
    rule = rules.read({"rule": "within", "field": "answer", "in": "context"}, "t")
    record = {"context": "They met on the old bridge.", "answer": answer}
    said = " ".join(rules.faults([rule], record, "en"))
    assert (told in said) if told else not said


def test_a_summary_is_shorter_than_its_text() -> None:
    assert found(SHORTER, {"summary": "abc", "text": "abcd"}) == []
    assert found(SHORTER, {"summary": "abcd", "text": "abcd"}) == [
        "summary: it must be shorter than text; it has 4 characters, and text has 4"
    ]


@pytest.mark.parametrize(
    ("roles", "said"),
    [
        ("system user assistant user assistant", []),
        ("user assistant", []),
        ("assistant user assistant", ["messages: user must speak first"]),
        ("user assistant user", ["messages: assistant must speak last"]),
        (
            "user user assistant",
            ['messages[1].role: user and assistant must take turns, and "user" speaks twice'],
        ),
        ("user system assistant", ['messages[1].role: it must be user or assistant, not "system"']),
        ("", ["messages: user must speak first", "messages: assistant must speak last"]),
    ],
)
def test_a_chat_goes_by_turns(roles: str, said: list[str]) -> None:
    assert found(TURNS, {"messages": [{"role": role, "content": "x"} for role in roles.split()]}) == said


def test_no_turn_of_a_chat_is_empty() -> None:
    chat = {"messages": [{"role": "user", "content": " "}, {"role": "assistant", "content": "x"}]}
    assert found(TURNS, chat) == ["messages[0].content: it is empty"]


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ("spans", "t: a rule is an object"),
        ({"rule": "span"}, 't.rule: there is no rule "span"; there are spans, '),
        ({**SHORTER, "then": 1}, "t.then: the rule shorter has no such key"),
        ({"rule": "shorter", "field": "a"}, "t.than: the rule shorter needs it"),
        ({"rule": "shorter", "field": "a", "than": 5}, "t.than: it must be the name of a field"),
        ({"rule": "differ", "fields": ["a"]}, "t.fields: it must be a list of two"),
        ({"rule": "languages", "fields": {"a": 5}}, "t.fields.a: it must be a language code"),
        ({**TURNS, "when": "mcq"}, "t.when: it must be an object"),
    ],
)
def test_a_rule_that_is_none_is_refused_with_its_place(document: Any, said: str) -> None:
    with pytest.raises(UsageError) as raised:
        rules.read(document, "t")
    assert str(raised.value).startswith(said)


def test_the_label_is_the_one_the_slot_was_planned_for() -> None:
    assert rules.wrong_label({"label": "a"}, "label", "a") == ""
    assert rules.wrong_label({"label": "b"}, "label", "a") == 'label: it must be "a", not "b"'
    assert rules.wrong_label({"label": True}, "label", "true") == ""
    assert rules.wrong_label({}, "label", "a") == 'label: it must be "a", not null'
    assert rules.wrong_label({"label": "b"}, "", "a") == rules.wrong_label({"label": "b"}, "label", "") == ""


def test_texts_come_with_their_places() -> None:
    record = {
        "text": "t",
        "n": 1,
        "entities": [{"text": "a"}, {"text": "b", "kind": "k"}],
        "deep": {"why": ["y"]},
    }
    assert rules.texts_of(record, ("text", "entities[].text")) == [
        ("text", "t"),
        ("entities[0].text", "a"),
        ("entities[1].text", "b"),
    ]
    assert [place for place, _ in rules.texts_of(record)] == [
        "text", "entities[0].text", "entities[1].text", "entities[1].kind", "deep.why[0]",
    ]  # fmt: skip
    assert rules.texts_of(record, ("deep.why[]", "no.such", "n", "text.x")) == [("deep.why[0]", "y")]


def test_many_faults_are_cut_and_hostile_text_is_harmless() -> None:
    record = {
        "text": "x",
        "entities": [{"text": "\x1b[31m\u202ey" * 500, "start": n, "end": n + 1} for n in range(99)],
    }
    said = found(SPANS, record)
    assert len(said) == 21
    assert all(len(one) < 200 and one.isprintable() for one in said)


names = st.sampled_from(
    ["text", "entities", "start", "end", "answer", "choices", "paraphrase", "source_text", "a", "b"]
)
names |= st.sampled_from(["target_text", "summary", "messages", "role", "content", "from", "to", "type"])
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(["user", "en", "mcq"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=4),
)


@given(values | st.dictionaries(names, values))
def test_no_record_makes_a_rule_fall_over(record: Any) -> None:
    for one in rules.faults([rules.read(rule, "t") for rule in ALL], record, "th"):
        assert "\n" not in one
    rules.texts_of(record)
    rules.wrong_label(record, "type", "mcq")


@given(st.text(max_size=30), st.text(max_size=30), st.text(min_size=1, max_size=5))
def test_the_offsets_that_a_fault_tells_are_right(before: str, after: str, word: str) -> None:
    text = before + word + after
    at = text.find(word)
    item = {"text": word, "start": at, "end": at + len(word)}
    assert found(SPANS, {"text": text, "entities": [item]}) == []
    (said,) = found(SPANS, {"text": text, "entities": [item | {"end": len(text) + 1}]})
    assert f"stands at {at} to {at + len(word)}" in said


def test_normal_keeps_what_nfkc_would_break() -> None:
    assert texts.composed("น้ำ ") == "น้ำ"
    assert texts.composed("ﬁ²") == "ﬁ²"
    assert texts.composed("กา\u200bแฟ") == "กาแฟ"


def test_a_word_that_overlaps_itself_is_found_in_every_place() -> None:
    item = {"text": "xyx", "start": 0, "end": 3}
    assert found(SPANS, {"text": "axyxyx", "entities": [item]})[0].endswith("stands at 1 to 4 or 3 to 6")


_ANIMALS = {
    "type": "object",
    "properties": {
        "en": {"enum": ["cat", "dog"]},
        "th": {"enum": ["แมว", "สุนัข"]},
        "free": {"type": "string"},
    },
}


def test_two_names_of_one_thing_go_together_by_their_places_in_the_enums() -> None:
    rule = rules.read({"rule": "pairs", "fields": ["en", "th"]}, "t.rules[0]", _ANIMALS)
    assert rules.faults([rule], {"en": "dog", "th": "สุนัข"}, "th") == []
    assert rules.faults([rule], {"en": "dog", "th": "แมว"}, "th") == [
        'th: it must be "สุนัข", which goes with en "dog", not "แมว"'
    ]
    for record in (
        {"en": "cow", "th": "แมว"},
        {"en": ["dog"], "th": "แมว"},
        {"en": "dog"},
        {"en": "dog", "th": 1},
    ):
        assert rules.faults([rule], record, "th") == []  # the schema speaks of those


@pytest.mark.parametrize("fields", [["en"], ["en", "th", "en"], ["en", "free"], ["en", "none"], "en"])
def test_a_pair_needs_two_fields_with_enums_of_one_length(fields: Any) -> None:
    with pytest.raises(UsageError, match=r"^t\.rules\[0\]\.fields: "):
        rules.read({"rule": "pairs", "fields": fields}, "t.rules[0]", _ANIMALS)
