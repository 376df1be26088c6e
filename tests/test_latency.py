"""A queue told from answers that take longer."""

import itertools
from collections.abc import Callable

import pytest

from dset.latency import Latency


def fed(latency: Latency, limit: int, seconds: Callable[[int, int], float], answers: int) -> list[int]:
    """The limits that `answers` answers bring, each `seconds(limit, number)` long and sent when they come."""
    now, limits = 1000.0, []
    for number in range(answers):
        now += 0.1
        took = seconds(limit, number)
        latency.note(now + took, now, limit)
        better = latency.better_limit(now + took, limit)
        if better != limit:
            limits.append(better)
            limit = better
    return limits


def test_the_usual_latency_is_not_that_of_one_slow_answer() -> None:
    latency = Latency()
    assert latency.usual == 0
    fed(latency, 20, lambda _, number: 10.0 if number % 100 == 50 else 1.0, 1000)
    assert latency.usual == pytest.approx(1.0, rel=0.2)


def test_while_answers_take_no_longer_there_is_headroom_and_no_trial() -> None:
    latency = Latency()
    assert latency.headroom > 0
    assert fed(latency, 20, lambda _, number: 0.9 + 0.2 * (number % 2), 5000) == []
    assert latency.headroom > 0


def test_a_queue_is_followed_down_to_its_end() -> None:
    latency = Latency()
    fed(latency, 8, lambda _limit, _number: 1.0, 100)
    limits = fed(latency, 64, lambda limit, _: max(1.0, limit / 20), 2000)
    assert limits[0] == pytest.approx(20, abs=1)  # by as much as answers take longer
    assert limits[-1] == limits[0]
    assert min(limits) < limits[0]  # fewer still make no difference
    assert latency.queued


def test_longer_answers_are_no_queue_and_the_limit_comes_back() -> None:
    latency = Latency()
    fed(latency, 64, lambda _limit, _number: 1.0, 500)
    limits = fed(latency, 64, lambda _limit, _number: 4.0, 2000)
    assert limits == [pytest.approx(16, abs=1), 64]
    assert not latency.queued
    assert latency.headroom > 0


def test_those_that_are_back_first_do_not_count_in_a_trial() -> None:
    latency, in_trial = Latency(), itertools.count()
    fed(latency, 16, lambda _limit, _number: 1.0, 100)

    def seconds(limit: int, _: int) -> float:
        # Twenty more were on their way when the trial began.
        return 0.05 if limit < 16 and 21 <= next(in_trial) < 21 + limit else 2.0

    limits = fed(latency, 16, seconds, 600)
    assert limits[1] == 16
    assert not latency.queued


def test_latencies_of_before_a_deep_cut_are_not_heeded() -> None:
    latency = Latency()
    fed(latency, 20, lambda _limit, _number: 1.0, 100)
    latency.cut(2000, deep=True)
    latency.note(2060, 1990, 20)
    assert latency.usual == pytest.approx(1.0)
    for _ in range(20):
        latency.note(2060, 2001, 20)
    assert latency.usual > 2


def test_the_limit_at_most_doubles_in_a_round_trip() -> None:
    latency = Latency()
    fed(latency, 20, lambda _limit, _number: 10.0, 100)
    assert [latency.trip_limit(now, limit) for now, limit in [(0, 10), (5, 20), (9, 20), (11, 20)]] == [
        20,
        20,
        20,
        40,
    ]
