"""Where a run stands, in numbers and in words."""

import time

import pytest

from dset.failures import Kind
from dset.progress import Progress, Waiting
from dset.rejections import INTERRUPTED
from dset.wording import sentences, span
from tests import samples


def waiting(seconds: float, row: int = 5, attempt: int = 2, attempts: int = 4) -> Waiting:
    return Waiting(
        row=row,
        reason="HTTP 503",
        until=time.monotonic() + seconds,
        wait=seconds,
        attempt=attempt,
        attempts=attempts,
    )


def test_rows_are_counted_by_how_they_ended_and_their_tokens_added() -> None:
    one = Progress(10)
    one.saved(samples.reply("x" * 40, "y" * 50))
    one.saved(samples.reply())
    one.rejected(samples.rejection(kind=Kind.OUTAGE))
    one.rejected(samples.rejection(kind=Kind.REFUSAL))
    one.rejected(samples.rejection(kind=Kind.CUT_SHORT, reply=samples.reply()))
    one.rejected(samples.rejection(kind=INTERRUPTED))
    one.maybe_twice += 1
    assert (one.answered, one.failed, one.blocked, one.ended, one.longest) == (2, 3, 1, 6, 50)
    assert one.kinds == {Kind.OUTAGE: 1, Kind.REFUSAL: 1, Kind.CUT_SHORT: 1, INTERRUPTED: 1}
    assert one.counts == {
        "answered": 2,
        "failed": 3,
        "blocked": 1,
        "prompt_tokens": 30,
        "cached_tokens": 12,
        "completion_tokens": 15,
        "reasoning_tokens": 0,
        "cost_usd": None,
        "cost_unknown": 3,
        "maybe_billed_twice": 1,
        "maybe_billed_usd": 0.0,
    }


def test_before_the_first_row_ends_nobody_knows_how_long_it_takes() -> None:
    one = Progress(10)
    assert (one.left, one.rate) == ("?", 0)
    assert one.line() == "0 of 10 done, 0.0 rows/s, 0 tokens; time left about ?"


def test_the_rate_is_rows_ended_since_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    one = Progress(1010)
    for _ in range(10):
        one.saved(samples.reply())
    monkeypatch.setattr(time, "monotonic", lambda: one._started + 2.0)
    assert (one.seconds, one.rate, one.left) == (2, 5, "3 min 20 s")
    assert one.line() == "10 of 1,010 done, 5.0 rows/s, 150 tokens; time left about 3 min 20 s"


def test_the_figures_name_failures_only_where_there_are_some() -> None:
    one = Progress(3)
    assert one.figures == "0 tokens"
    one.rejected(samples.rejection())
    one.rejected(samples.rejection(kind=Kind.REFUSAL))
    assert one.figures == "1 failed, 1 blocked, 0 tokens"


def test_of_the_rows_that_wait_the_first_to_be_asked_is_told() -> None:
    one = Progress(3)
    assert not one.next_try
    one.waiting = {"a": waiting(30, row=7), "b": waiting(20, row=8), "c": waiting(40, row=9)}
    assert one.next_try is not None
    assert one.next_try.row == 8
    assert "20 s" in one.bar


def test_a_wait_says_why_how_long_still_and_which_attempt_comes() -> None:
    assert str(waiting(61.9)) == "row 5: HTTP 503 - asked again in 1 min 02 s, attempt 2 of 4"
    assert str(waiting(20, attempts=0)) == "row 5: HTTP 503 - asked again in 20 s"
    assert str(waiting(-5)).startswith("row 5: HTTP 503 - asked again in 0.0 s")
    assert "Ctrl-C is safe" in waiting(60).beginning


def test_long_times_are_told_in_days() -> None:
    assert span(47 * 3600 + 59 * 60) == "47 h 59 min"
    assert span(277 * 3600 + 46 * 60) == "11 d 13 h"


@pytest.mark.parametrize(
    ("reason", "advice", "said"),
    [
        ("It broke", "Mend it.", "It broke. Mend it."),
        ("It broke.", "Mend it.", "It broke. Mend it."),
        ("It broke", "", "It broke"),
        ("", "Mend it.", "Mend it."),
    ],
)
def test_a_reason_and_its_advice_are_sentences(reason: str, advice: str, said: str) -> None:
    assert sentences(reason, advice) == said
