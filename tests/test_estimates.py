"""The estimate before a run, and its comparison with the bill after it."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dset.costs import Bill
from dset.estimates import Estimate, compare, estimate, shared_quota_notes
from dset.guesses import Past, Size
from dset.prices import Price, Rate
from dset.schedules import Terms

FLASH = Price(Rate(0.15, 0.6, 0.003), Rate(0.3, 1.2, 0.006))
FREE = Price(Rate(0, 0))
WEEKEND = datetime(2026, 11, 21, 2, tzinfo=UTC)
BEFORE_PEAK = datetime(2026, 11, 20, 0, 30, tzinfo=UTC)
GUESSED = "answers guessed at 800 tokens until some have come"
PAST = [Past(120, out, 5.0) for out in (240, 340, 440)] * 20


def ask(rows: int = 1_000, **more: Any) -> Estimate:
    given: dict[str, Any] = {
        "sample": [Size(400)], "past": PAST, "endpoints": [Terms(FLASH)], "at_once": 50, "now": WEEKEND,
    } | more  # fmt: skip
    return estimate(rows, **given)


def test_the_estimate_is_told_in_plain_words() -> None:
    assert ask(1_190).lines() == [
        "estimate: about 0.26 USD (0.24 to 0.29) for 1,190 requests: 120 tokens in and 340 out each (from 60 answers so far)",
        "estimate: about 2 min: 50 at once",
    ]


def test_without_answers_the_guess_is_said_to_be_one_and_no_time_is_promised() -> None:
    found = ask(1_000, past=[], sample=[Size(400)])
    assert found.lines() == [
        f"estimate: about 0.50 USD (0.13 to 2.0) for 1,000 requests: 108 tokens in and 800 out each ({GUESSED})"
    ]
    assert found.seconds is None


def test_an_endpoint_that_thinks_is_guessed_to_say_more() -> None:
    assert ask(past=[], endpoints=[Terms(FLASH, thinks=True)]).tokens_out == 2_500
    assert ask(past=[], endpoints=[Terms(FLASH), Terms(FLASH, thinks=True)]).tokens_out == 800
    both = ask(past=[], endpoints=[Terms(FLASH), Terms(FLASH, thinks=True)], spread=True)
    assert both.tokens_out == 2_500


def test_twelve_days_for_all_the_images_are_told_before_the_first_answer() -> None:
    found = ask(4_789, past=[], sample=[Size.of("Describe it.", 1)], endpoints=[Terms(FREE, rpd=20)] * 20)
    assert found.lines() == [
        f"estimate: 0 USD for 4,789 requests: 1,111 tokens in and 800 out each ({GUESSED})",
        "estimate: about 12 days: 20 endpoints x 20 requests a day",
    ]


def test_an_unknown_price_leaves_the_money_unknown_and_the_time_told() -> None:
    found = ask(100, endpoints=[Terms(None)])
    assert (found.usd, found.low, found.high) == (None, None, None)
    assert found.lines()[0].startswith("estimate: no price is known for 100 requests: ")
    assert len(found.lines()) == 2


def test_only_the_prices_of_endpoints_that_will_be_used_must_be_known() -> None:
    assert ask(100, endpoints=[Terms(FLASH), Terms(None)]).usd is not None
    assert ask(100, endpoints=[Terms(FLASH, rpd=50), Terms(None)]).usd is None
    assert ask(100, endpoints=[Terms(FLASH), Terms(None)], spread=True).usd is None


def test_free_requests_of_the_day_come_off_the_price() -> None:
    paid, mixed = (
        ask(1_000, endpoints=one).usd for one in ([Terms(FLASH)], [Terms(FREE, rpd=400), Terms(FLASH)])
    )
    assert paid is not None
    assert mixed == pytest.approx(paid * 0.6)


def test_a_run_in_the_peak_costs_the_peak_price() -> None:
    peak = ask(now=datetime(2026, 11, 20, 2, tzinfo=UTC))
    assert peak.usd == pytest.approx(2 * (ask().usd or 0))
    assert peak.lines()[-1] == "estimate: about 100 % of it at the peak price"


def test_a_long_run_costs_by_the_share_of_it_that_is_at_peak() -> None:
    week = [Past(120, 340, 604.8)] * 1_000  # one after the other for 7 days: 35 of 168 hours are at peak
    found = ask(1_000, past=week, at_once=1)
    assert found.peak_share == pytest.approx(35 / 168, abs=0.005)
    assert found.usd == pytest.approx(
        (ask(1_000, past=week, at_once=1_000).usd or 0) * (1 + 35 / 168), rel=0.005
    )


def test_a_run_that_may_last_into_the_peak_may_cost_more() -> None:
    early, weekend = (ask(1_000, past=PAST[:3], at_once=3, now=now) for now in (BEFORE_PEAK, WEEKEND))
    assert early.seconds == pytest.approx(28 * 60, rel=0.01)  # the peak is 30 minutes away
    assert (early.peak_share, early.usd, early.low) == (0, weekend.usd, weekend.low)
    assert (early.high or 0) > (weekend.high or 0)


def test_a_short_run_is_split_where_the_peak_begins() -> None:
    past = [Past(120, 340, 6.0)] * 100
    found = ask(
        100, past=past, at_once=1, now=datetime(2026, 11, 20, 0, 57, 30, tzinfo=UTC)
    )  # for ten minutes
    assert found.peak_share == pytest.approx(0.75, abs=0.03)


def test_a_price_that_changes_while_the_run_goes_on_is_taken_in_parts() -> None:
    doubled = Price(Rate(1, 2), later=((datetime(2027, 1, 1, tzinfo=UTC), Price(Rate(2, 4))),))
    past = [Past(100, 100, 48 * 3.6)] * 100
    costs = [
        ask(
            1_000,
            past=past,
            at_once=1,
            endpoints=[Terms(doubled)],
            now=datetime(year, month, day, tzinfo=UTC),
        ).usd
        for year, month, day in ((2026, 12, 1), (2026, 12, 31), (2027, 1, 2))
    ]  # 48 hours each
    assert costs == pytest.approx([0.3, 0.45, 0.6], rel=0.01)


def test_what_was_cached_before_will_be_cached_again() -> None:
    cached = [Past(1_000, 100, 5.0, cached_tokens=900)] * 50
    assert ask(1_000, past=cached).usd == pytest.approx(FLASH.usual.cost(1_000, 900, 100) * 1_000)


def test_a_limit_in_requests_is_a_time_even_before_the_first_answer() -> None:
    found = ask(1_000, past=[], endpoints=[Terms(FLASH, rpm=10)])
    assert found.lines()[1] == "estimate: about 1.7 h: 10 requests a minute"
    assert ask(10, past=[], endpoints=[Terms(FLASH, rpd=0)]).seconds is None


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(1, "1 s"), (89, "89 s"), (90, "2 min"), (5_399, "90 min"), (5_400, "1.5 h"), (7_200, "2 h"),
     (172_799, "48 h"), (172_800, "2 days"), (172_801, "3 days"), (86_400 * 1_200, "1,200 days")],
)  # fmt: skip
def test_a_time_is_told_without_pretending(seconds: float, text: str) -> None:
    line = ask(1, past=[Past(1, 1, seconds)], endpoints=[Terms(FREE)]).lines()[1]
    assert line == f"estimate: about {text}: 1 at once"


@given(
    rows=st.integers(10, 100_000),
    outs=st.lists(st.integers(1, 30_000), max_size=30),
    now=st.datetimes(datetime(2026, 11, 1), datetime(2027, 1, 10), timezones=st.just(UTC)),
    at_once=st.integers(1, 500),
)
def test_the_likely_amount_lies_in_its_range(rows: int, outs: list[int], now: datetime, at_once: int) -> None:
    found = ask(rows, past=[Past(100, out, out / 50) for out in outs], now=now, at_once=at_once)
    assert found.low is not None
    assert found.usd is not None
    assert found.high is not None
    assert found.low <= found.usd <= found.high
    assert 0 <= found.peak_share <= 1


# --- After the run -----------------------------------------------------------------------------------------


def billed(*costs: float | None) -> Bill:
    bill = Bill()
    for cost in costs:
        bill.add(cost)
    return bill


def estimated(usd: float | None, rows: int = 1) -> Estimate:
    return Estimate(rows, 1, 1, usd, usd, usd, None, "", "", 0.0)


@pytest.mark.parametrize(
    ("before", "after", "text"),
    [
        (estimated(0.42), billed(0.39), "estimated 0.42 USD, billed 0.39 USD (7 % less)"),
        (estimated(0.42), billed(0.0002), "estimated 0.42 USD, billed 0.0002 USD (far less)"),
        (estimated(0.4), billed(0.5), "estimated 0.40 USD, billed 0.50 USD (25 % more)"),
        (estimated(0.4), billed(0.4001), "estimated 0.40 USD, billed 0.40 USD (the same)"),
        (estimated(0), billed(0.0), "estimated 0 USD, billed 0 USD"),
        (estimated(0), billed(0.5), "estimated 0 USD, billed 0.50 USD"),
        (estimated(4, 4), billed(1, 1), "estimated 4.0 USD for 4, billed 2.00 USD for 2 (the same each)"),
        (
            estimated(4, 4),
            billed(0.75, 0.75, 0.75, None),
            "estimated 4.0 USD, billed 2.25 USD, unknown for 1 answer (25 % less each)",
        ),
        (estimated(None), billed(0.5), ""),
        (estimated(0.5), billed(None), ""),
        (estimated(0.5), billed(), ""),
    ],
)
def test_what_was_estimated_stands_beside_what_was_billed(before: Estimate, after: Bill, text: str) -> None:
    assert compare(before, after) == text


def test_keys_that_may_share_a_quota_are_named() -> None:
    notes = shared_quota_notes(
        {
            "gemini": ["GEMINI_API_KEY", "GEMINI_API_KEY_2"],
            "deepseek": ["DEEPSEEK_API_KEY", "DEEPSEEK_API_KEY_2"],
            "openai": ["A", "B"],
        }
    )
    assert [note.split(": ")[0] for note in notes] == [
        "GEMINI_API_KEY, GEMINI_API_KEY_2",
        "DEEPSEEK_API_KEY, DEEPSEEK_API_KEY_2",
    ]
    assert "one Google project share one quota" in notes[0]
    assert "one DeepSeek account share one limit" in notes[1]


def test_a_single_key_shares_with_nobody() -> None:
    assert shared_quota_notes({"gemini": ["GEMINI_API_KEY"], "deepseek": []}) == []
