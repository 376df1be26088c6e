"""Quotas per minute and per day."""

import json
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dset import limits
from dset.limits import Day, Limits, Window, Zone, midnight_after, pacific_offset

PACIFIC = ZoneInfo("America/Los_Angeles")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_nothing_is_limited_unless_it_is_named() -> None:
    assert Limits() == Limits(rpm=None, rpd=None, tpm=None, concurrency=None)
    window = Window()
    assert all(window.start(0, 10**9) and window.wait(0, 10**9) == 0 for _ in range(100))


def test_requests_start_at_once_until_the_minute_is_full() -> None:
    window = Window(rpm=3)
    for second in range(3):
        assert window.wait(second, 0) == 0
        window.start(second, 0)
    assert window.wait(3, 0) == 58  # the first started 3 s ago, and counts for 61 s
    assert window.wait(60.5, 0) == 0.5
    assert window.wait(61, 0) == 0


def test_the_minute_rolls_and_does_not_begin_anew() -> None:
    window = Window(rpm=2)
    window.start(0, 0)
    window.start(50, 0)
    window.start(61, 0)
    assert window.wait(61, 0) == 50


def test_tokens_wait_until_enough_of_the_oldest_are_a_minute_old() -> None:
    window = Window(tpm=100)
    for second in (0, 10, 20):
        window.start(second, 30)
    assert window.wait(30, 10) == 0
    assert window.wait(30, 40) == 31
    assert window.wait(30, 41) == 41
    assert window.wait(30, 100) == 51


def test_a_request_larger_than_the_quota_goes_when_the_minute_is_empty() -> None:
    window = Window(tpm=100)
    assert window.wait(0, 1000) == 0
    window.start(0, 1)
    assert window.wait(5, 1000) == 56
    assert window.wait(61, 1000) == 0


def test_the_later_of_both_quotas_counts() -> None:
    window = Window(rpm=2, tpm=100)
    window.start(0, 10)
    window.start(30, 80)
    assert window.wait(40, 10) == 21
    assert window.wait(40, 50) == 51


def test_the_true_number_of_tokens_takes_the_place_of_the_estimate() -> None:
    window = Window(tpm=100)
    ticket = window.start(0, 90)
    assert window.wait(1, 50) == 60
    window.settle(ticket, 20)
    assert window.wait(1, 50) == 0
    window.settle(ticket, 60)
    assert window.wait(1, 50) == 60


def test_tokens_known_only_after_the_minute_change_nothing() -> None:
    window = Window(tpm=100)
    ticket = window.start(0, 90)
    assert window.wait(61, 100) == 0
    window.settle(ticket, 1)
    window.start(61, 60)
    assert window.wait(61, 41) == 61


@given(
    st.integers(1, 5),
    st.integers(1, 200),
    st.lists(st.tuples(st.floats(0, 30), st.integers(0, 300), st.integers(0, 300)), max_size=60),
)
def test_no_minute_ever_holds_more_than_the_quotas(
    rpm: int, tpm: int, asked: list[tuple[float, int, int]]
) -> None:
    window, now = Window(rpm, tpm), 0.0
    started: list[list[float]] = []
    for gap, estimate, true in asked:
        now += gap
        wait = window.wait(now, estimate)
        now += wait
        assert window.wait(now, estimate) <= 1e-6
        now += window.wait(now, estimate)
        within = [tokens for start, tokens in started if start > now - 60]
        assert len(within) < rpm
        assert not within or sum(within) + estimate <= tpm
        ticket = window.start(now, estimate)
        window.settle(ticket, true)
        started.append([now, true])


def test_a_day_counts_down_and_begins_anew_at_midnight() -> None:
    day = Day(2, "utc")
    assert day.left(at("2026-11-21T23:00")) == 2
    day.count(at("2026-11-21T23:00"))
    day.count(at("2026-11-21T23:59"))
    day.count(at("2026-11-21T23:59"))
    assert day.left(at("2026-11-21T23:59:59")) == 0
    assert day.left(at("2026-11-22T00:00")) == 2


def test_a_day_without_a_limit_leaves_any_number() -> None:
    day = Day(None, "utc")
    day.count(at("2026-11-21T23:00"))
    assert day.left(at("2026-11-21T23:00")) is None


@pytest.mark.parametrize(
    ("now", "zone", "midnight"),
    [
        ("2026-11-21T17:00", "utc", "2026-11-22T00:00"),
        ("2026-11-21T00:00", "utc", "2026-11-22T00:00"),
        ("2026-11-21T17:00", "pacific", "2026-11-22T08:00"),
        ("2026-11-21T07:59:59", "pacific", "2026-11-21T08:00"),
        ("2026-11-21T08:00", "pacific", "2026-11-22T08:00"),
        ("2026-07-01T12:00", "pacific", "2026-07-02T07:00"),
        ("2026-03-08T09:00", "pacific", "2026-03-09T07:00"),  # 23 hours: the clocks go forward
        ("2026-11-01T08:00", "pacific", "2026-11-02T08:00"),  # 25 hours: and back
    ],
)
def test_the_next_midnight_is_that_of_the_service(now: str, zone: Zone, midnight: str) -> None:
    assert midnight_after(at(now), zone) == at(midnight)
    assert Day(1, zone).next_midnight(at(now).astimezone(PACIFIC)) == at(midnight)


def test_the_rule_by_hand_is_that_of_the_database_from_2024_to_2040() -> None:
    now = at("2024-01-01T00:30")
    while now.year <= 2040:
        assert pacific_offset(now) == now.astimezone(PACIFIC).utcoffset(), now
        now += timedelta(hours=5 if now.month in (3, 11) else 59)
    for year in range(2024, 2041):
        for month in (3, 11):
            for hour in range(14 * 24):
                now = datetime(year, month, 1, tzinfo=UTC) + timedelta(hours=hour, minutes=59, seconds=59)
                assert pacific_offset(now) == now.astimezone(PACIFIC).utcoffset(), now


def test_without_a_database_of_time_zones_the_midnights_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    start = at("2026-01-01T01:00")
    moments = [start + timedelta(hours=11 * step) for step in range(900)]
    known = [midnight_after(now, "pacific") for now in moments]

    def missing(key: str) -> ZoneInfo:
        raise ZoneInfoNotFoundError(key)

    monkeypatch.setattr(limits, "ZoneInfo", missing)
    assert [midnight_after(now, "pacific") for now in moments] == known


def test_a_count_is_gone_on_with_after_a_restart() -> None:
    day, now = Day(10, "pacific"), at("2026-11-22T07:00")
    for _ in range(4):
        day.count(now)
    stored = json.loads(json.dumps(day.stored()))
    again = Day(10, "pacific")
    again.restore(stored)
    assert again.left(now) == 6
    again.count(now)
    assert again.left(now) == 5
    assert again.left(at("2026-11-22T08:00")) == 10


@pytest.mark.parametrize(
    "stored",
    [
        None,
        [],
        "x",
        7,
        {},
        {"zone": "utc"},
        {"zone": "utc", "day": "yesterday", "count": 3},
        {"zone": "utc", "day": 20261121, "count": 3},
        {"zone": "utc", "day": "2026-11-21", "count": "3"},
        {"zone": "utc", "day": "2026-11-21", "count": -3},
        {"zone": "utc", "day": "2026-11-21", "count": True},
        {"zone": "utc", "day": "2026-11-21", "count": 1.5},
        {"zone": "pacific", "day": "2026-11-21", "count": 3},
        {"zone": ["utc"], "day": ["2026-11-21"], "count": [3]},
    ],
)
def test_a_damaged_count_is_passed_over(stored: object) -> None:
    day = Day(10, "utc")
    day.restore(stored)
    assert day.left(at("2026-11-21T12:00")) == 10
