"""run.log: a line for what happened, safe to show and to send."""

import asyncio
import errno
import os
import re
import traceback
from pathlib import Path

import pytest

from dset import runlog
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


def test_lines_about_saved_rows_are_written_together_in_a_moment_and_in_order(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    writes: list[bytes] = []
    write, second = os.write, asyncio.Event()

    def noted(descriptor: int, data: bytes) -> int:
        writes.append(bytes(data))
        if len(writes) == 2:
            second.set()
        return write(descriptor, data)

    async def told() -> None:
        log = RunLog(PATH, str)
        monkeypatch.setattr(os, "write", noted)
        log("saved row 2 0123456789abcdef0123")
        log("saved row 3 0123456789abcdef0124-2")
        assert not writes
        log("row 4: outage: no answer")  # of what goes wrong nothing waits
        assert len(writes) == 1
        log("saved row 5 0123456789abcdef0125")
        await second.wait()
        log("saved row 6 0123456789abcdef0126")
        log.close()

    monkeypatch.setattr(runlog, "SOON", 0.01)
    asyncio.run(told())
    assert [len(one.splitlines()) for one in writes] == [3, 1, 1]
    rows = re.findall(r"row (\d)", b"".join(writes).decode())
    assert rows == ["2", "3", "4", "5", "6"]


def test_a_row_saved_outside_of_an_event_loop_is_written_at_once() -> None:
    log = RunLog(PATH, str)
    log("saved row 2 0123456789abcdef0123")
    assert b"saved row 2" in PATH.read_bytes()
    log.close()
