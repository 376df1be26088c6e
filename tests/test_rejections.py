"""rejected.json: why a row has no answer, what was paid for, and whether its bookmark stands in q.csv."""

from pathlib import Path

import pytest

from dset import answers, rejections
from dset.contents import content_key
from dset.failures import Kind
from dset.rejections import DONE_BEFORE, INTERRUPTED, INVALID, Known, as_record
from tests import samples

PATH = Path("rejected.json")
FIGURES = (("timestamp", samples.NOW), ("model", "m"), ("run", "r"), ("seconds", 1.5), ("attempts", 4))


@pytest.mark.parametrize(
    ("kind", "word"),
    [
        (Kind.OUTAGE, "ERROR"),
        (Kind.STOP, "ERROR"),
        (Kind.ROW_FAULT, "ERROR"),
        (Kind.CUT_SHORT, "ERROR"),
        (Kind.REFUSAL, "BLOCKED"),
        (INVALID, "ERROR"),
        (INTERRUPTED, "ERROR"),
        (DONE_BEFORE, ""),
        (rejections.RETRIED, ""),
    ],
)
def test_the_bookmark_is_error_for_what_failed_and_blocked_for_what_was_refused(kind: str, word: str) -> None:
    assert samples.rejection(kind=kind).bookmark == word
    assert Known(kind, "", "", 2, pending=True).bookmark == word


def test_a_line_begins_as_the_journals_do_and_says_why() -> None:
    asked = samples.question("Why?", row=3, columns={"a": "b"})
    record = as_record(samples.rejection(asked, figures=FIGURES))
    assert list(record) == ["metadata", "kind", "reason", "settings", "response"]
    assert list(record["metadata"])[:5] == ["id", "row", "timestamp", "question", "model"]
    assert (
        record["metadata"] | {"id": asked.id, "row": 3, "attempts": 4, "columns": {"a": "b"}}
        == record["metadata"]
    )
    assert record["metadata"]["prompt_tokens"] is None
    assert (record["kind"], record["reason"], record["settings"]) == ("outage", "it broke", "f1")
    assert record["response"] is None


def test_what_was_paid_for_is_kept_with_its_figures() -> None:
    came = samples.reply("The first half of", "mm", finish_reason="length")
    record = as_record(samples.rejection(kind=Kind.CUT_SHORT, reply=came))
    assert record["response"] == {"reasoning": "mm", "answer": "The first half of"}
    assert record["metadata"]["finish_reason"] == "length"
    assert record["metadata"]["completion_tokens"] == 5


def known(*lines: tuple[str, int, int, str]) -> rejections.Register:
    """The register of lines (question, row, number, reason)."""
    made = [
        samples.rejection(samples.question(text, row, number), reason=why) for text, row, number, why in lines
    ]
    samples.write_lines(PATH, map(as_record, made))
    return rejections.read(PATH, 0)


def reasons(register: rejections.Register, text: str) -> list[str]:
    return [one.reason for one in register.of(content_key(text))]


def test_for_a_row_the_last_line_wins() -> None:
    register = known(("q", 2, 1, "old"), ("other", 3, 1, "its own"), ("q", 2, 1, "new"))
    assert reasons(register, "q") == ["new"]
    assert reasons(register, "other") == ["its own"]
    assert reasons(register, "unknown") == []
    assert content_key("q") in register.contents()
    assert content_key("unknown") not in register.contents()


def test_a_try_that_was_repeated_says_nothing_of_its_row() -> None:
    tried = samples.rejection(kind=rejections.RETRIED, reply=samples.reply("half"))
    failed = samples.rejection(reason="for good")
    samples.write_lines(PATH, map(as_record, [failed, tried]))
    assert reasons(rejections.read(PATH, 0), "Why?") == ["for good"]
    samples.write_lines(PATH, [as_record(tried)])
    assert content_key("Why?") not in rejections.read(PATH, 0).contents()


def test_equal_rows_are_kept_apart_the_newest_last() -> None:
    assert reasons(known(("q", 2, 1, "a"), ("q", 5, 2, "b"), ("q", 2, 1, "c")), "q") == ["b", "c"]


def test_a_bookmark_is_pending_unless_q_csv_is_known_to_hold_it() -> None:
    lines = [
        answers.as_line(as_record(samples.rejection(samples.question(text)))) for text in ("a", "b", "a")
    ]
    PATH.write_bytes(b"".join(lines))

    def pending(bookmarked: int) -> dict[str, bool]:
        register = rejections.read(PATH, bookmarked)
        return {text: register.of(content_key(text))[0].pending for text in ("a", "b")}

    assert pending(0) == {"a": True, "b": True}
    assert pending(len(lines[0]) + len(lines[1])) == {"a": True, "b": False}
    assert pending(PATH.stat().st_size) == {"a": False, "b": False}


def test_a_damaged_line_is_noted_and_passed_over() -> None:
    good = answers.as_line(as_record(samples.rejection(kind=Kind.REFUSAL)))
    PATH.write_bytes(b"oops\n\n" + good + b'{"metadata": {}}\n' + b"\0" * 9 + b"\n" + good + b"\0" * 9)
    register = rejections.read(PATH, 0)
    assert register.damaged == [1, 4, 5], "the end of the last line is torn, which the next start mends"
    assert [one.kind for one in register.of(content_key("Why?"))] == ["refusal"]


def test_a_line_without_its_fields_is_taken_as_far_as_it_goes() -> None:
    PATH.write_bytes(b'{"metadata": {"question": "Why?", "row": "two"}, "response": null}\n')
    assert rejections.read(PATH, 0).of(content_key("Why?")) == [Known("", "", "", 0, pending=True)]


def test_a_file_that_is_not_there_knows_nothing() -> None:
    assert list(rejections.read(PATH, 0)) == []


def test_the_register_gives_every_row_with_its_number() -> None:
    register = known(("q", 2, 1, "a"), ("q", 5, 2, "b"), ("r", 6, 1, "c"))
    found = sorted((number, one.row) for _, number, one in register)
    assert found == [(1, 2), (1, 6), (2, 5)]
