"""Texts as they are compared: what is the same, what is not, and what a hostile one costs."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dset.texts import normal, text_of

MIXED = st.text(st.sampled_from("กฮเแาำํ้่ ุู.!?_\u200b\u0301\u0327\u3099が aA1-(İǰ\u0345αß\ud800"))


@settings(deadline=None)
@given(st.text() | MIXED)
def test_a_normal_text_is_normal(text: str) -> None:
    assert normal(normal(text)) == normal(text)


def test_every_character_is_normal_after_once() -> None:
    # The planes above the second hold ideographs and what has no width.
    words = [f"a{chr(code)}b" for code in range(0x20000)]
    once = [normal(word) for word in words]
    assert [word for word in once if normal(word) != word] == []


@settings(deadline=None)
@given(st.text(st.characters(categories=["L", "N", "P", "Z"])) | st.text("กาำ้ํ่éêộữ한がÅ "))
def test_composed_and_decomposed_spellings_are_the_same(text: str) -> None:
    assert normal(unicodedata.normalize("NFD", text)) == normal(unicodedata.normalize("NFC", text))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("What is THIS?", "what is this"),
        ("  two\t words\u00a0\u3000here\r\n", "two words here"),
        ("Really?!!!", "really"),
        ("“Quoted,” (he said)...", "Quoted,” (he said"),
        ("Fill in ____ here", "fill in __ here"),
        ("Straße", "STRASSE"),
        ("ΟΔΟΣ", "οδος"),
        ("zero\u200bwidth\u2060\ufeff", "zerowidth"),
        ("soft\u00adhyphen", "softhyphen"),
        ("heart ❤\ufe0f a", "heart ❤ a"),
        ("你好。", "你好"),
        ("你 好 ， 世界", "你好 ，世界"),
    ],
)
def test_texts_that_read_the_same_are_the_same(one: str, other: str) -> None:
    assert normal(one) == normal(other)


@pytest.mark.parametrize(
    "typed",
    [
        "น\u0e49\u0e4d\u0e32",  # tone, nikhahit, aa
        "น\u0e4d\u0e49\u0e32",  # nikhahit, tone, aa
        "น\u0e33\u0e49",  # am, tone
        "น\u200b\u0e49\u0e33",
        "น\u0e49\u0e4d\u200b\u0e32",
    ],
)
def test_thai_water_is_water_however_it_was_typed(typed: str) -> None:
    assert normal(typed) == "น\u0e49\u0e33"


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("ทํา", "ทำ"), ("เเม่", "แม่"), ("กิน ข้าว", "กินข้าว"), ("ราคา 100 บาท", "ราคา100บาท"), ("เ เม่", "แม่")],
)
def test_thai_is_compared_without_typing_habits_and_spaces(typed: str, meant: str) -> None:
    assert normal(typed) == meant


def test_sara_am_is_kept() -> None:
    assert normal("น้ำ") == "น้ำ"
    assert "\u0e4d" not in normal("คำ น้ำ ทำ")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("What is 3+4?", "What is 3+5?"),
        ("-5", "5"),
        (".5", "5"),
        ("5%", "5"),
        ("1 2", "12"),
        ("๑ ๒", "๑๒"),
        ("2**3", "2*3"),
        ("5--3", "5-3"),
        ("x == 1", "x = 1"),
        ("3.14", "314"),
        ("now here", "nowhere"),
        ("ม้า", "ม่า"),
        ("résumé", "resume"),
        ("①", "1"),
        ("C#", "C"),
    ],
)
def test_what_means_something_else_stays_different(one: str, other: str) -> None:
    assert normal(one) != normal(other)


def test_lone_surrogates_can_be_encoded() -> None:
    assert normal("a\ud800b\udfff").encode() == "a\ufffdb\ufffd".encode()


@pytest.mark.parametrize(
    "text",
    [
        "a" * 300_000,
        "a" + "\u0300\u0316" * 150_000,
        "\u0e4d" + "\u0e49" * 300_000,
        "น" + "\u0e33\u0e49" * 150_000,
        " " * 300_000,
        "'" * 300_000,
        "ก " * 150_000,
        "." * 300_000,
        "\ud800" * 300_000,
    ],
    ids="letters marks tones am spaces quotes thai dots surrogates".split(),
)
def test_very_much_of_anything_is_made_normal(text: str) -> None:
    normal(text)


RECORD = {
    "question": "Which?",
    "choices": ["a", "b"],
    "score": 3,
    "sure": True,
    "nothing": None,
    "entities": [{"text": "Bangkok", "start": 0}, {"text": "Hanoi", "start": 9}],
    "deep": {"note": "n", "more": {"x": "y"}},
}


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ((), "Which?\na\nb\nBangkok\nHanoi\nn\ny"),
        (("question",), "Which?"),
        (("choices[]",), "a\nb"),
        (("choices",), "a\nb"),
        (("entities[].text",), "Bangkok\nHanoi"),
        (("entities",), "Bangkok\n0\nHanoi\n9"),
        (("deep",), "n\ny"),
        (("deep.more.x",), "y"),
        (("score", "question"), "Which?\n3"),
        (("sure", "nothing", "absent", "quest", "choices.a"), ""),
    ],
)
def test_a_record_is_compared_by_the_texts_at_its_fields(fields: tuple[str, ...], text: str) -> None:
    assert text_of(RECORD, fields) == text


def test_texts_stand_in_the_order_of_the_record() -> None:
    assert text_of({"b": "1", "a": "2"}) == "1\n2"


def test_arrays_in_arrays_are_stepped_into() -> None:
    assert text_of({"rows": [["a", "b"], ["c"]]}, ("rows[][]",)) == "a\nb\nc"


def test_a_record_may_be_deeper_than_the_stack() -> None:
    record: dict[str, object] = {"text": "deep"}
    for _ in range(5_000):
        record = {"a": record}
    assert text_of(record) == "deep"
