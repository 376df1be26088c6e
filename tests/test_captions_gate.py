"""The gates of the three queues, alone and as a service meets them."""

from collections.abc import Callable
from pathlib import Path

import pytest

from dset.captions.gate import TIMES, CaptionGate, translation, yes_or_no
from dset.captions.rules import Rules
from dset.contents import Question
from dset.rehearsal.server import Server
from dset.replies import Reply
from tests.captioning import Studio, caption_of, frames
from tests.running import Run, rejected

RULES = Rules("Style", (3, 6), "en", None)


@pytest.fixture
def studio(serve: Callable[..., Server], main: Callable[..., Run], clean_place: Path) -> Studio:
    return Studio(serve, main, clean_place)


def of(image: str) -> Question:
    return Question(2, 1, "", image, "", {}, "")


def reply(text: str) -> Reply:
    return Reply(text, None, None, "stop", None, None, None, None)


def test_a_caption_that_follows_the_rules_is_let_in_tidied() -> None:
    verdict = CaptionGate(RULES, {})(of("train/1.jpg"), reply('Caption: "Style a man in  red"\n'), 0)
    assert (verdict.faults, verdict.data) == ((), {"caption": "Style a man in red"})


@pytest.mark.parametrize("times", range(TIMES + 1))
def test_a_fault_is_named_to_the_model_at_most_twice(times: int) -> None:
    verdict = CaptionGate(RULES, {})(of("train/1.jpg"), reply("a man in red. He sits"), times)
    assert any("full stop" in fault for fault in verdict.faults)
    assert any("begin with" in fault for fault in verdict.faults)
    assert bool(verdict.again) == (times < TIMES)
    assert all(fault in verdict.again for fault in verdict.faults) or times == TIMES


def test_the_caption_of_another_picture_is_refused_however_it_is_written() -> None:
    gate = CaptionGate(RULES, {"train/1.jpg": "Style a man in red"})
    assert (
        "train/1.jpg has the very same caption"
        in gate(of("train/2.jpg"), reply("Style A man  in RED"), 0).reason
    )
    assert not gate(of("train/1.jpg"), reply("Style a man in red"), 0).faults
    assert not gate(of("train/2.jpg"), reply("Style a man in blue"), 0).faults
    assert "train/2.jpg" in gate(of("train/3.jpg"), reply("Style a man in blue"), 0).reason


def test_a_refused_caption_is_free_for_another_picture() -> None:
    gate = CaptionGate(RULES, {})
    gate(of("train/1.jpg"), reply("Style a man in red."), 0)
    assert not gate(of("train/2.jpg"), reply("Style a man in red"), 0).faults


@pytest.mark.parametrize(
    ("answer", "kept"),
    [("Yes", True), ("no.", False), ("ใช่", True), ("perhaps", None), ("yes and no", None), ("", None)],
)
def test_a_yes_or_a_no_is_let_in_and_nothing_else(answer: str, kept: bool | None) -> None:
    verdict = yes_or_no(of("train/1.jpg"), reply(answer), 0)
    assert verdict.data == (None if kept is None else {"keep": kept})
    assert bool(verdict.again) == (kept is None)
    assert yes_or_no(of("train/1.jpg"), reply(answer), TIMES).again == ""


def test_a_translation_is_one_phrase_in_its_language_behind_the_trigger() -> None:
    gate = translation(Rules("Style", None, "th", None))
    assert gate(of(""), reply("Style ชายคนหนึ่งนั่งอยู่ริมแม่น้ำ"), 0).data == {"caption": "Style ชายคนหนึ่งนั่งอยู่ริมแม่น้ำ"}
    assert gate(of(""), reply("Style a man sits by the river"), 0).faults
    assert gate(of(""), reply("ชายคนหนึ่งนั่งอยู่ริมแม่น้ำ"), 0).faults


# --- through the engine


def test_a_caption_with_a_fault_is_asked_for_again_with_the_fault_named(studio: Studio) -> None:
    frames(studio.place, 2)
    studio.said["1.jpg"] = ["It is a man. He sits.", caption_of("2.jpg") + ".", caption_of("1.jpg")]
    assert studio.run().exit_status == 0
    said = [text for name, text in studio.asked if name == "1.jpg"]
    assert len(said) == 3
    assert "full stop" in said[1]
    assert studio.texts()["1.jpg"] == caption_of("1.jpg")


def test_a_caption_that_stays_bad_leaves_its_picture_in_train_without_one_and_the_check_says_so(
    studio: Studio,
) -> None:
    frames(studio.place, 2)
    studio.said["1.jpg"] = "a man. He sits."
    done = studio.run()
    assert done.exit_status == 1
    assert studio.asks().count("1.jpg") == 3
    assert "Not finished frames: 1 of 2 pictures captioned." in done.out
    assert "next: " in done.out
    assert (studio.shelf("train"), list(studio.texts())) == (["1.jpg", "2.jpg"], ["2.jpg"])
    kept = rejected(studio.place, "dset_generator/captions/frames")[-1]
    assert "full stop" in kept["reason"]
    checked = studio.look("--check")
    assert checked.exit_status == 1
    assert "train/1.jpg" in checked.out
    again = studio.run()
    assert (again.exit_status, studio.asks()) == (1, [])
    assert "--retry-failed" in again.said
    studio.said.clear()
    assert studio.run("--retry-failed").exit_status == 0
    assert studio.look("--check").exit_status == 0


def test_forbidden_names_the_trigger_the_language_and_the_words_are_asked_for(studio: Studio) -> None:
    frames(studio.place, 1)
    (studio.place / "names.txt").write_text("Totoro\n", "utf-8")
    good = "Ghibli {style} a large grey creature stands at a bus stop in the rain"
    studio.said["1.jpg"] = [
        "Ghibli {style} a large Tótoro stands at a bus stop in the rain",
        "a large grey creature stands at a bus stop in the rain",
        good,
    ]
    done = studio.run("--trigger", "Ghibli {style}", "--forbid", "names.txt", "--word-count", "8-16")
    assert done.exit_status == 0, done.said
    assert "it names Totoro" in studio.asked[1][1] or "Tótoro" in studio.asked[1][1]
    assert "Ghibli {style}" in studio.asked[0][1]
    assert studio.texts() == {"1.jpg": good}


HOSTILE = ["<b>a man</b> in red", "a man\0in red", "a man \ud800 in red", "a man\u202ein red", "a man in red\n\nI hope this helps",
           "x" * 1_000_000, '```json\n{"caption": "a man"}\n```\nDone.', "</script><script>alert(1)</script>"]  # fmt: skip


@pytest.mark.parametrize("answer", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_caption_is_no_caption(answer: str) -> None:
    verdict = CaptionGate(Rules("", None, "en", None), {})(of("train/1.jpg"), reply(answer), 0)
    assert verdict.faults
    assert len(verdict.reason) < 2_000
