"""What the models are told about captions, and how a yes or no is read."""

import pytest

from dset import templates
from dset.captions import prompts


def test_the_prompt_asks_for_all_that_is_checked() -> None:
    text = prompts.captioning("Ghibli style", (20, 30), "en")
    wanted = (
        'Begin with "Ghibli style" and a blank',
        "20 to 30 words",
        "simple English of level A2 to B1",
        "single phrase",
    )
    asked = (
        "age, gender, expression, clothing and posture",
        "background",
        "light",
        "mood",
        "landscape",
        "No full stop",
    )
    assert [said for said in (*wanted, *asked, "Name no character", "nothing else") if said not in text] == []


def test_a_prompt_without_trigger_and_number_of_words_asks_for_neither() -> None:
    text = prompts.captioning("", None, "th")
    assert "Begin with" not in text
    assert "words long" not in text
    assert "simple Thai" in text


def test_a_translation_keeps_the_trigger() -> None:
    text = prompts.translating("th", "Ghibli style")
    assert "into Thai" in text
    assert 'Keep "Ghibli style" at the beginning' in text
    assert '""' not in prompts.translating("th", "")


def test_a_refused_caption_is_asked_again_with_each_fault() -> None:
    assert "- it is empty\n- it has markup\n" in prompts.again(["it is empty", "it has markup"])


def test_braces_of_the_user_stay_where_no_column_has_their_name() -> None:
    columns = ["question", "status", "image"]
    for text in (prompts.captioning("{sks} style {}", (2, 3), "en"), prompts.keeping("a {sign} is seen")):
        template = templates.parse(text, columns)
        assert template.fill({"image": "1.jpg"}) == text
        assert prompts.taken_for_columns(text, columns) == ()


def test_braces_that_name_a_column_are_told() -> None:
    assert prompts.taken_for_columns("{Image} style, {sks}", ["question", "image"]) == ("image",)


@pytest.mark.parametrize(
    "answer",
    ["Yes", "yes.", "**YES**", '"Yes"', "Yes, a man is there.", "Answer: yes", "The answer is yes", "ใช่", "ใช่ครับ มีคน", "Có.", "có, một người",
     "是", "是的。", "Да", "да, видно", "sí", "Sí.", "oui", "Ja!", "はい"],
)  # fmt: skip
def test_a_yes_is_a_yes(answer: str) -> None:
    assert prompts.verdict(answer) is True


@pytest.mark.parametrize(
    "answer",
    ["No", "no!", "No, nobody.", "`no`", "ไม่ใช่", "ไม่ใช่ครับ", "ไม่มีคน", "Không", "không phải", "不是", "不是。", "否", "нет", "Нет, не видно", "non", "Nein.",
     "いいえ"],
)  # fmt: skip
def test_a_no_is_a_no(answer: str) -> None:
    assert prompts.verdict(answer) is False


@pytest.mark.parametrize(
    "answer",
    ["", "yes and no", "Yes/No", "yes or no", "maybe", "Not sure", "not clear", "No idea", "nobody", "Nothing", "yesterday", "it is not clear", "ใช่หรือไม่",
     "ไม่แน่ใจ", "是不是", "có hay không", "không rõ", "不确定", "oui et non", "I cannot say"],
)  # fmt: skip
def test_what_is_neither_is_none(answer: str) -> None:
    assert prompts.verdict(answer) is None
