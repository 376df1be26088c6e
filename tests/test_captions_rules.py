"""What a caption must be, and what is mended before it is judged."""

import pytest

from dset.captions.rules import Rules, faults, tidy, words
from dset.names.forbidden import Names

GOOD = "Ghibli style a young girl, smiling, in a red dress, in the garden, soft light, a calm mood"
RULES = Rules("Ghibli style", (10, 20), "en", Names.of("Totoro"))


def test_a_good_caption_has_no_fault() -> None:
    assert faults(GOOD, RULES) == []


@pytest.mark.parametrize(
    ("caption", "fault"),
    [
        ("", "it is empty: write the caption"),
        (" \n", "it is empty: write the caption"),
        ("Ghibli style", 'there is nothing behind "Ghibli style": write the caption'),
        (GOOD[7:], 'it must begin with "Ghibli style" and a blank, and begins with "style a young girl, smil"'),
        (GOOD.replace("style a", "style, a"), 'it must begin with "Ghibli style" and a blank, and begins with "Ghibli style, a young gi"'),
        (GOOD.lower(), 'it must begin with "Ghibli style" and a blank, and begins with "ghibli style a young gir"'),
        (GOOD + ".", "it has a full stop: write one phrase with commas"),
        (GOOD + "\nand a cat", "it has several lines: write one line"),
        (GOOD + "\u2028and a cat", "it has several lines: write one line"),
        (GOOD + " and so on" * 3, "it has 27 words: write 10 to 20"),
        ("Ghibli style a girl", "it has 4 words: write 10 to 20"),
        (GOOD + " with Tоtoro", "it names Totoro: name no character or title"),
        (GOOD.replace("calm", "**calm**"), "it has markup: plain text, no markup"),
        (GOOD + " <br>", "it has markup: plain text, no markup"),
        ("a " * 50_000, "it has 100,000 characters: write one short phrase"),
        (GOOD + "\x07", "it has control characters: plain text, nothing else"),
        (GOOD + "\u202e", "it has control characters: plain text, nothing else"),
    ],
)  # fmt: skip
def test_a_fault_is_told_so_that_a_model_can_mend_it(caption: str, fault: str) -> None:
    assert faults(caption, RULES) == [fault]


def test_another_language_is_told_and_the_trigger_does_not_count() -> None:
    thai = "Ghibli style เด็กผู้หญิงผมสั้น ยิ้ม สวมชุดสีแดง ยืนอยู่ในสวน แสงแดดยามบ่าย"
    assert faults(thai, RULES) == ["it is in Thai, not in English: write it in English"]
    assert faults(thai, Rules("Ghibli style", (10, 20), "th", None)) == []


def test_all_faults_are_told_at_once() -> None:
    assert len(faults("a girl. and\nTotoro", RULES)) == 5


@pytest.mark.parametrize("stop", [*".。．｡।۔…", "..."])
def test_full_stops_of_other_scripts_count(stop: str) -> None:
    assert faults(f"{GOOD}{stop}", RULES) == ["it has a full stop: write one phrase with commas"]


def test_a_dot_between_digits_is_no_full_stop() -> None:
    assert faults(GOOD + ", 1.5 m tall", Rules("Ghibli style", None, "en", None)) == []


def test_the_trigger_is_the_users_own_whatever_is_in_it() -> None:
    assert (
        faults("No. 5 <sks> Totoro {x} a girl", Rules("No. 5 <sks> Totoro {x}", None, "", RULES.names)) == []
    )


def test_the_trigger_may_be_composed_otherwise() -> None:
    assert faults("Cafe\u0301 a girl", Rules("Caf\u00e9", None, "", None)) == []


def test_words_may_be_counted_with_the_trigger_or_without() -> None:
    caption = "Ghibli style a girl in red"
    counts = [
        (low, low) for low in range(2, 9) if not faults(caption, Rules("Ghibli style", (low, low), "", None))
    ]
    assert counts == [(4, 4), (6, 6)]
    assert faults(caption, Rules("Ghibli style", (9, 9), "", None)) == ["it has 6 words: write 9"]


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0), (" , - ", 0), ("a short-haired girl, 1,000 m away", 6), ("light,soft", 2), ("it's his", 2), ("trời xanh", 2),
        ("एक युवा लड़की", 3), ("эй, ты", 2), ("เด็กผู้หญิงผมสั้น", 4), ("一个年轻女孩", 3), ("Ghibli style 一个年轻女孩", 5),
    ],
)  # fmt: skip
def test_words_are_counted_in_any_script(text: str, count: int) -> None:
    assert words(text) == count


@pytest.mark.parametrize(
    ("answer", "caption"),
    [
        ("  a girl,\t in\u00a0a  house \r\n", "a girl, in a house"),
        ("a girl,\nin a house.", "a girl, in a house."),
        ("a girl\n\nNote: no cat", "a girl\n\nNote: no cat"),
        ("```text\na girl\n```", "a girl"),
        ("`a girl`", "a girl"),
        ('"a girl"', "a girl"),
        ("「女の子」", "女の子"),
        ("'the girl's hat'", "the girl's hat"),
        ('"a" and "b"', '"a" and "b"'),
        ("Caption: a girl", "a girl"),
        ('"Caption: a girl"', "a girl"),
        ("**Caption:** a girl", "a girl"),
        ('Here is the caption: "a girl"', "a girl"),
        ("Sure! Here's a caption for the image:\n\na girl", "a girl"),
        ("คำบรรยายภาพ: เด็กหญิง", "เด็กหญิง"),
        ("Cafe\u0301", "Caf\u00e9"),
        ('"', '"'),
        ("", ""),
    ],
)
def test_what_costs_nothing_is_mended_and_words_and_stops_stay(answer: str, caption: str) -> None:
    assert tidy(answer) == caption
    assert tidy(caption) == caption
