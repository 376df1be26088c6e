"""run.log: a line for what happened, safe to show and to send."""

import errno
import os
import re
import traceback
from pathlib import Path

import pytest

from dset.keys import Secrets
from dset.runlog import RunLog

PATH = Path("run.log")
KEY = "sk-0123456789abcdefcanary"


def logged(*lines: str) -> list[str]:
    """What stands in run.log after these, without the times, which are checked."""
    log = RunLog(PATH, Secrets({"DEEPSEEK_API_KEY": KEY}).scrub)
    for line in lines:
        log(line)
    log.close()
    written = PATH.read_text(encoding="utf-8").split("\n")
    assert written.pop() == ""
    assert all(re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ .", line) for line in written)
    return [line.split(" ", 1)[1] for line in written]


def test_every_line_has_its_time_in_utc() -> None:
    assert logged("run 1: 3 to ask", "saved row 2") == ["run 1: 3 to ask", "saved row 2"]


def test_later_runs_add_to_it() -> None:
    logged("one")
    assert logged("two") == ["one", "two"]


@pytest.mark.parametrize(
    ("line", "written"),
    [
        ("\x1b[31mred\x1b[0m \x07bell", "red bell"),
        ("\x1b]0;title\x07text", "text"),
        ("a\u202eb\u2028c\rd\u0085e", "ab c d e"),
        ("lone \ud800 surrogate", "lone \ufffd surrogate"),
        ("x" * 3000, "x" * 1999 + "…"),
        (f"the header was Bearer {KEY}.", "the header was Bearer ***."),
    ],
)
def test_a_line_holds_no_escape_no_control_character_and_no_key(line: str, written: str) -> None:
    assert logged(line) == [written]


def test_a_long_traceback_is_there_to_its_end() -> None:
    def deep(level: int) -> None:
        if not level:
            raise ValueError(f"the reason, with {KEY}")
        try:
            deep(level - 1)
        except ValueError as error:
            raise ValueError(f"level {level}") from error

    try:
        deep(20)
    except ValueError:
        text = traceback.format_exc()
    lines = logged(text)
    assert len(text) > 2000
    assert lines[0] == "Traceback (most recent call last):"
    assert "ValueError: the reason, with ***" in lines
    assert lines[-1] == "ValueError: level 20"


def test_a_log_that_cannot_be_opened_ends_nothing() -> None:
    PATH.mkdir()
    log = RunLog(PATH, str)
    log("line")
    log.close()


def test_a_log_that_cannot_be_written_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    log = RunLog(PATH, str)
    log("one")
    calls = []

    def full(*_: object) -> int:
        calls.append(1)
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "write", full)
        log("two")
        log("three")
    log("four")
    assert len(calls) == 1
    assert PATH.read_text(encoding="utf-8").endswith(" one\n")
