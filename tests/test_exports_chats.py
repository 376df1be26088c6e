"""chat and alpaca: entries as conversations and as instructions."""

import json
from pathlib import Path
from typing import Any

import pytest

from dset.errors import UsageError
from tests import samples
from tests.exporting import exported, run_folder, task_folder
from tests.samples import read_lines


def both(folder: Path, **more: Any) -> tuple[list[Any], list[Any]]:
    chat, alpaca = exported(folder, "chat", "alpaca", **more)
    return read_lines(chat), read_lines(alpaca)


def task(folder: Path, *records: dict[str, Any], label: str = "") -> Path:
    return task_folder(folder, records, task={"schema": {"type": "object"}, "label": label})


def test_a_run_becomes_conversations_with_its_system_prompt_and_its_thoughts(tmp_path: Path) -> None:
    folder = run_folder(tmp_path / "run", ["Why?"])
    lines = [samples.record("Why?"), samples.record("How?", row=3)]
    lines[1]["response"]["reasoning"] = "Let me see."
    samples.write_lines(folder / "output.json", lines)
    run = {
        "run": "20261121T120000Z-0000",
        "prompt": "{question}",
        "system": "Be kind.",
        "model": "m",
        "settings": {},
    }
    samples.write_lines(folder / "runs.json", [run])
    chat, alpaca = both(folder)
    system = {"role": "system", "content": "Be kind."}
    assert chat == [
        {
            "messages": [
                system,
                {"role": "user", "content": "Why?"},
                {"role": "assistant", "content": "Because."},
            ]
        },
        {
            "messages": [
                system,
                {"role": "user", "content": "How?"},
                {"role": "assistant", "content": "Because.", "thinking": "Let me see."},
            ]
        },
    ]
    assert alpaca == [
        {"instruction": "Why?", "input": "", "output": "Because."},
        {"instruction": "How?", "input": "", "output": "Because."},
    ]


def test_a_row_of_messages_is_a_conversation_that_its_answer_ends(tmp_path: Path) -> None:
    sent = [
        {"role": "user", "content": "a"},
        {"role": "assistant", "content": "b"},
        {"role": "user", "content": "c"},
    ]
    samples.write_lines(tmp_path / "run" / "output.json", [samples.record("", messages=json.dumps(sent))])
    chat, alpaca = both(tmp_path / "run")
    assert chat == [{"messages": [*sent, {"role": "assistant", "content": "Because."}]}]
    assert alpaca == [{"instruction": "c", "input": "user: a\n\nassistant: b", "output": "Because."}]


def test_a_task_of_messages_stands_as_it_is(tmp_path: Path) -> None:
    messages = [
        {"role": "system", "content": "s"},
        {"role": "user", "content": "สวัสดี"},
        {"role": "assistant", "content": "x"},
    ]
    chat, alpaca = both(task(tmp_path / "t", {"messages": messages}))
    assert chat == [{"messages": messages}]
    assert alpaca == [{"instruction": "สวัสดี", "input": "", "output": "x"}]


@pytest.mark.parametrize(
    ("record", "wanted"),
    [
        ({"instruction": "i", "input": "x", "output": "o"}, ("i", "x", "o")),
        ({"question": "q", "context": "c", "answer": "a"}, ("q", "c", "a")),
        ({"question": "q", "choices": ["x", "y"], "answer": "y"}, ("q", "A. x\nB. y", "y")),
        ({"question": "q", "context": "c", "choices": [1], "answer": 1}, ("q", "c\n\nA. 1", "1")),
        ({"question": "q", "answer": "a", "explanation": "e"}, ("q", "", "a\n\ne")),
        ({"question": "q", "steps": ["1 + 1 = 2", "2 + 1 = 3"], "answer": 3, "unit": "kg"}, ("q", "", "1 + 1 = 2\n2 + 1 = 3\n\n3 kg")),
        ({"problem": "p", "solution": "s", "answer": 5}, ("p", "", "s")),
        ({"text": "t", "summary": "s"}, ("Summarize the text.", "t", "s")),
        ({"text": "t", "paraphrase": "s"}, ("Paraphrase the text.", "t", "s")),
        ({"text": "t", "entities": [{"text": "ก"}]}, ("Find the named entities in the text and list them as JSON.", "t", '[{"text": "ก"}]')),
        ({"source_text": "t", "target_text": "u", "source_lang": "en", "target_lang": "th"}, ("Translate the text from en to th.", "t", "u")),
        ({"source_text": "t", "target_text": "u"}, ("Translate the text.", "t", "u")),
        ({"text": "t", "label": "pos"}, ("Classify the text: what is its label?", "t", "pos")),
    ],
)  # fmt: skip
def test_the_usual_fields_become_an_instruction(
    tmp_path: Path, record: dict[str, Any], wanted: tuple[str, ...]
) -> None:
    chat, alpaca = both(task(tmp_path / "t", record, label="label"))
    assert alpaca == [dict(zip(("instruction", "input", "output"), wanted, strict=True))]
    user = "\n\n".join(part for part in wanted[:2] if part)
    assert chat == [
        {"messages": [{"role": "user", "content": user}, {"role": "assistant", "content": wanted[2]}]}
    ]


def test_a_class_is_asked_for_with_what_it_may_be(tmp_path: Path) -> None:
    folder = task_folder(tmp_path / "t", [{"text": "t", "label": "ลบ", "aspect": "ไก่"}])
    (found,) = both(folder)[1]
    asked = "Classify the text: what is its label? What is asked about: ไก่. Answer with one of: บวก, ลบ."
    assert found == {"instruction": asked, "input": "t", "output": "ลบ"}


def test_a_system_message_of_the_rows_own_stands_alone(tmp_path: Path) -> None:
    sent = [{"role": "system", "content": "own"}, {"role": "user", "content": "a"}]
    folder = tmp_path / "run"
    samples.write_lines(folder / "output.json", [samples.record("", messages=json.dumps(sent))])
    run = {"run": "20261121T120000Z-0000", "prompt": "", "system": "Be kind.", "model": "m", "settings": {}}
    samples.write_lines(folder / "runs.json", [run])
    assert both(folder)[0] == [{"messages": [*sent, {"role": "assistant", "content": "Because."}]}]


def test_entries_that_lack_what_is_needed_are_left_out_and_counted(tmp_path: Path) -> None:
    told: list[str] = []
    folder = task(
        tmp_path / "t", {"question": "q", "answer": "a"}, {"question": "q", "answer": " "}, {"x": 1}
    )
    chat, _ = both(folder, told=told)
    assert len(chat) == 1
    assert "chat: 2 entries left out, which lack what it needs" in told


@pytest.mark.parametrize("name", ["chat", "alpaca"])
def test_a_task_without_such_fields_is_told_which_are_needed(tmp_path: Path, name: str) -> None:
    with pytest.raises(
        UsageError,
        match=f"no entry can become {name}.*question and answer.*here are id, x, messages, metadata",
    ):
        exported(task(tmp_path / "t", {"x": 1}, {"messages": "none"}, {"messages": [3]}), name)
    assert list(Path("exports").iterdir()) == []


def test_a_small_part_may_have_no_conversation(tmp_path: Path) -> None:
    records: list[dict[str, Any]] = [
        {"question": f"{n} {'xyz'[n % 3] * n}", "answer": "a"} for n in range(10, 19)
    ]
    for seed in range(12):
        folder = task(tmp_path / f"t{seed}", *records, {"x": "no question"})
        made = exported(folder, "chat", split=(90, 10), seed=seed)
        if made[1].read_bytes() == b"":
            assert len(read_lines(made[0])) == 9
            return
    raise AssertionError("no seed put the one that lacks its fields into the small part")
