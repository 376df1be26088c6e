"""The JSON in a model's answer: what is tolerated, what is refused, and that nothing is guessed."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dset.tasks.parsing import parse

WHOLE = {"label": "positive", "tags": ["ก", 1.5, None, {"x": [True, {}]}], "text": 'a, ] } "b" \\ ```'}
TEXT = json.dumps(WHOLE, ensure_ascii=False)


@pytest.mark.parametrize(
    "answer",
    [
        TEXT,
        f"\ufeff\n {TEXT} \n",
        json.dumps(WHOLE, indent=2),
        f"```json\n{TEXT}\n```",
        f"```\n{TEXT}\n```",
        f"```{TEXT}```",
        f"```json {TEXT}```",
        f"Here it is:\n\n```json\n{json.dumps(WHOLE, indent=1)}\n```\nDone {{really}}.",
        f"Sure! {TEXT} Hope that helps :-]",
        f"See [1] and [x] and {{this}}: {TEXT} [2]",
        f"Between [0, 1) lies {TEXT}",
        f"The form is {{...}}, so: {TEXT}",
        f"An empty one is {{}}. {TEXT}",
        f"{TEXT}\nonce more: {TEXT}",
    ],
)
def test_the_object_is_found_in_fences_and_prose(answer: str) -> None:
    assert parse(answer).value == WHOLE
    assert parse(answer).fault == ""


@pytest.mark.parametrize(
    ("answer", "value"),
    [
        ('{"a": 1,}', {"a": 1}),
        ('{"a": [1, 2, ], "b": {"c": 3 ,\n},}', {"a": [1, 2], "b": {"c": 3}}),
        ('x {"a": ",}", "b": ",]", } y', {"a": ",}", "b": ",]"}),
        ('[{"a": "\\",]"},]', [{"a": '",]'}]),
        ("[[1,],]", [[1]]),
        ("[1, 2]", [1, 2]),
        ("It is [1, 2].", [1, 2]),
        ("{}", {}),
    ],
)
def test_trailing_commas_go_and_those_in_strings_stay(answer: str, value: object) -> None:
    assert parse(answer).value == value
    assert parse(answer).fault == ""


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("", "no JSON object or array stands in it"),
        ("I cannot help with that.", 'it begins "I cannot help with that."'),
        ('"a string"', "no JSON object"),
        ("{'a': 1}", "line 1, column 2: a key"),
        ("{a: 1}", "line 1, column 2: a key"),
        ('{a: {"b": 1}}', "line 1, column 2: a key"),
        ("{'a': {\"b\": 1}}", "line 1, column 2: a key"),
        ('{"a": {"b": 1}, c: 2}', "line 1, column 17: a key"),
        ('{\n"a": 1 // one\n}', "line 2, column 8: a comma or } is wanted"),
        ('{/* c */ "a": {"b": 1}}', "line 1, column 2"),
        ('{"a": NaN}', "column 7: a value"),
        ('{"a": -Infinity}', "column 7"),
        ('{"a": 1e999}', "too large"),
        ('{"a": %s}' % ("9" * 5000), "too large"),
        ('{"a": 01}', "column 8: a comma"),
        ('{"a" 1}', "a colon is wanted"),
        ('{"a": 1 "b": 2}', "column 9: a comma or }"),
        ('{"a": 1,, "b": 2}', "column 9: a key"),
        ("[,]", "a value"),
        ('{"a":}', "column 6: a value"),
        ('{"a": "two\nlines"}', "line 1, column 11: another character"),
        ('{"a": "\\x"}', "column 8: another escape"),
        ('{"a": "\\ud800"}', "half of a surrogate pair"),
        ('{"a": 1, "a": 2}', 'the key "a" stands twice'),
        ('x {"a": {"b": 1, "b": 2},}', 'the key "b" stands twice'),
        ('{"a": 1}}', "column 9: a closing bracket too many"),
        ('"a": 1}, {"b": 2}', "column 7: a closing bracket too many"),
        ('[oops, {"a": 1}]', "column 2"),
        ('[oops, {"a": 1}, {"b": 2', "ends early"),
        ('[oops, {"a": 1}', "column 2"),
        ('{"a": [1, 2], b', "column 15"),
    ],
)
def test_nothing_else_is_tolerated_and_no_part_of_it_is_taken(answer: str, said: str) -> None:
    parsed = parse(answer)
    assert said in parsed.fault
    assert parsed.value is None


def test_every_cut_of_an_answer_is_a_fault_that_says_it_ends_early() -> None:
    for end in range(2, len(TEXT)):
        cut = parse("Here: " + TEXT[:end])
        assert cut.value is None
        assert "ends early" in cut.fault, TEXT[:end]


def test_of_several_values_none_is_guessed() -> None:
    assert "2 JSON values" in parse('{"a": 1} {"a": 2}').fault
    assert "2 JSON values" in parse('{"a": 1}\n{"a": 2}').fault
    assert "2 JSON values" in parse('First {"a": 1}, then {"a": 2}.').fault
    assert "2 JSON values" in parse('A long one: {"a": 1, "b": "longer"}\n{"a": 2}').fault


def test_the_longest_that_has_its_lines_to_itself_is_the_answer_and_others_are_examples() -> None:
    fenced = 'In the form {"a": 0} I say:\n```json\n{"a": 1, "b": 2}\n```'
    assert parse(fenced).value == {"a": 1, "b": 2}
    assert parse('Not {"a": 0} but\n  {"a": 1, "b": 2}\nas asked.').value == {"a": 1, "b": 2}


def test_deep_nesting_is_a_fault_and_no_crash() -> None:
    for answer in ("[" * 100_000, '{"a":' * 100_000, "[" * 500 + "]" * 500, "x " + "[" * 500 + "]" * 500):
        assert "deeper than 100 levels" in parse(answer).fault
    assert parse("[" * 100 + "]" * 100).fault == ""


@pytest.mark.parametrize(
    "unit", ["[", "{", "[x", "{x ", "]", '{"', "[1 ", "[{", ' "', "```\n", '[" ', "{} x", "\\"]
)
def test_hostile_texts_are_read_to_their_end(unit: str) -> None:
    parse(unit * (200_000 // len(unit)))


def test_one_key_that_stands_twice_among_many_is_found() -> None:
    members = ", ".join(f'"k{number}": 1' for number in range(100_000))
    assert '"k99999" stands twice' in parse(f'{{{members}, "k99999": 2}}').fault


def test_millions_of_characters_are_read_whole() -> None:
    record = '{"text": "' + "น้ำ, {x} " * 12 + '", "label": "positive", "n": 12, "tags": ["a"]},'
    count = 2_000_000 // len(record)
    assert len(parse("Here: [" + record * count + "] as asked").value) == count


def test_cases_of_the_json_test_suite() -> None:
    """From github.com/nst/JSONTestSuite, MIT; its files whose rest is text around a value are taken here."""
    refused = [
        "[1 true]",
        '["": 1]',
        "[1,,2]",
        "[3[4]]",
        "[,1]",
        "[-]",
        "[.123]",
        "[+1]",
        "[0x1]",
        "[1.]",
        "[1e]",
    ]
    refused += [
        "[-01]",
        "[tru]",
        '["\\u00A"]',
        '["a\x00b"]',
        '["\t"]',
        "{1:1}",
        '{"a":"b",,"c":"d"}',
        "[1\f]",
        '{"a"}',
    ]
    assert [one for one in refused if not parse(one).fault] == []
    taken = [
        "[-0]",
        "[1E+2]",
        '["\\u0000"]',
        '[" "]',
        '["\x7f"]',
        '{"":0}',
        "[0.4e00]",
        '["\\uD834\\uDd1e"]',
        "[ \n]",
    ]
    assert [one for one in taken if parse(one).value != json.loads(one)] == []


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**300), 10**300)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)
objects = st.dictionaries(st.text(), values, min_size=1, max_size=5)


@given(objects, st.text("abc .,:\n\"'`", max_size=20), st.sampled_from([None, 1, 2]), st.booleans())
def test_any_object_comes_back_from_any_plain_prose(
    value: dict[str, object], prose: str, indent: int, ascii_: bool
) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_)
    parsed = parse(f"{prose} {text} {prose}")
    assert parsed.fault == ""
    assert json.dumps(parsed.value) == json.dumps(value)


@given(st.text('{}[]",:\\ \nabx1-.e`', max_size=40))
def test_whatever_comes_there_is_a_value_or_a_fault(text: str) -> None:
    parsed = parse(text)
    assert isinstance(parsed.value, dict | list) if not parsed.fault else parsed.value is None
    try:
        value = json.loads(text)
    except ValueError:
        return
    if isinstance(value, dict | list) and "twice" not in parsed.fault:
        assert parsed.value == value
