"""A question and the templates give the messages that are sent."""

from pathlib import Path
from typing import Any

import pytest

from dset.contents import Question
from dset.prompts import Prompt
from dset.questions import Sheet


def made(
    text: str, prompt: str = "answer this question: {question}", system: str = "", column: str = ""
) -> tuple[Prompt, list[Question]]:
    """The prompt against the columns of a q.csv of this text, and its questions."""
    Path("q.csv").write_bytes(text.encode())
    with Sheet(Path("q.csv"), column=column) as sheet:
        built = Prompt(prompt, system, sheet.columns, Path())
        return built, [sheet.question(record, built.named) for _, record in sheet.records()]


def sent(text: str, **options: Any) -> Any:
    prompt, questions = made(text, **options)
    return prompt.messages(questions[0])


def test_the_question_goes_into_the_prompt_as_it_stands() -> None:
    assert sent("question,status\n  Why {status}?  ,\n") == [
        {"role": "user", "content": "answer this question:   Why {status}?  "}
    ]


def test_a_system_message_comes_first_and_may_name_columns_too() -> None:
    messages = sent("question,tone\nWhy?,kind\n", prompt="{question}", system="Be {tone}.")
    assert messages == [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "Why?"}]


def test_a_system_message_that_is_empty_for_a_row_is_left_out() -> None:
    assert [one["role"] for one in sent("question,tone\nWhy?,\n", system="{tone}")] == ["user"]


@pytest.mark.parametrize("prompt", ["{question}", "{คำถาม}", "{Question}"])
def test_the_question_has_its_own_heading_and_the_name_question(prompt: str) -> None:
    assert sent("คำถาม,note\nทำไม,x\n", prompt=prompt)[0]["content"] == "ทำไม"


def test_question_means_the_column_that_holds_the_questions_even_beside_one_of_that_name() -> None:
    prompt, (question,) = made("question,ask\nold,new\n", "{question} {ask}", column="ask")
    assert prompt.messages(question)[0]["content"] == "new new"
    assert prompt.named == ()


def test_without_a_header_only_question_is_known() -> None:
    prompt, (question,) = made("Why?\n", "{question} {status}")
    assert prompt.messages(question)[0]["content"] == "Why? {status}"
    assert prompt.unknown == ("status",)


def test_the_columns_that_prompt_and_system_name_are_part_of_what_a_row_is_known_by() -> None:
    prompt, _ = made("question,a,b,c\nq,1,2,3\n", "{question} {b}", "{a} {b} {nope}")
    assert prompt.named == ("b", "a")
    assert prompt.unknown == ("nope",)
    assert made("question,a\nq,1\n")[0].named == ()


def test_a_conversation_is_sent_as_it_is_without_prompt_system_and_picture() -> None:
    messages = sent(
        'messages,image\n"[{""role"": ""user"", ""content"": ""{question}""}]",x.png\n', system="s"
    )
    assert messages == [{"role": "user", "content": "{question}"}]


@pytest.mark.parametrize(
    ("cell", "wrong"),
    [
        ("hello", "is not JSON"),
        ("{}", "must be a list"),
        ("[]", "must be a list"),
        ("[1]", "message 1"),
        ("[" * 9999, "is not JSON"),
    ],
)
def test_a_conversation_that_is_none_is_a_fault_of_the_row(cell: str, wrong: str) -> None:
    prompt, (question,) = made(f"messages\n{cell}\n")
    with pytest.raises(ValueError, match=wrong):
        prompt.messages(question)


def test_a_picture_goes_with_the_text_of_its_row() -> None:
    Path("cat.gif").write_bytes(b"GIF89a")
    (message,) = sent("question,image\nWhat is it?,cat.gif\n", prompt="{question}")
    text, picture = message["content"]
    assert text == {"type": "text", "text": "What is it?"}
    assert picture == {"type": "image_url", "image_url": {"url": "data:image/gif;base64,R0lGODlh"}}


def test_a_picture_alone_is_sent_with_the_prompt_without_a_question() -> None:
    Path("cat.gif").write_bytes(b"GIF89a")
    (message,) = sent("image\ncat.gif\n", prompt="Describe it.{question}")
    assert message["content"][0]["text"] == "Describe it."


def test_a_picture_that_lies_elsewhere_is_a_fault_of_the_row() -> None:
    Path("../outside.gif").write_bytes(b"GIF89a")
    with pytest.raises(ValueError, match="outside"):
        sent("question,image\nq,../outside.gif\n")
