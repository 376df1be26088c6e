"""How many requests at once: what one service says, and what comes of it over minutes (simulated)."""

import itertools
import pickle
import statistics
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dset.pace import Pace
from tests.paces import (
    Batching,
    Bucket,
    Client,
    Concurrency,
    Noise,
    PerMinute,
    Queue,
    Service,
    Trace,
    latencies,
    mean_latency,
)

SIGMA = 0.4


def filled(pace: Pace, now: float) -> int:
    """Send all that there is room for; how many that was."""
    count = 0
    while pace.has_room:
        pace.sent(now)
        count += 1
    return count


def full(most: int, now: float = 0.0) -> Pace:
    """A pace of a fixed number, all of them sent."""
    pace = Pace(most)
    filled(pace, now)
    return pace


def run(
    service: Service, latency: float, seconds: int, pace: Pace | None = None, seed: int = 1, rows: float = 1e9
) -> Trace:
    return Client(pace or Pace(3000, 4), service, latencies(latency, SIGMA, seed), rows).run(seconds)


# What one call does.


def test_a_fixed_number_is_allowed_from_the_start() -> None:
    pace = full(7)
    assert (pace.limit, pace.in_flight, pace.has_room, pace.paused_until) == (7, 7, False, 0)


def test_it_starts_small_and_doubles_in_each_round_trip() -> None:
    pace, limits = Pace(3000, 4), []
    for second in range(6):
        sent = filled(pace, second)
        limits.append(pace.limit)
        for _ in range(pace.in_flight if second else sent):
            pace.answered(second + 1, second)
            filled(pace, second + 1)
    assert limits[:4] == [4, 8, 16, 32]


@pytest.mark.parametrize("start", [1, 4, 50])
def test_it_never_starts_above_the_most(start: int) -> None:
    assert Pace(3, start).limit == min(3, start)


def test_it_does_not_grow_while_there_are_too_few_rows() -> None:
    pace = Pace(3000, 4)
    for second in range(300):
        pace.sent(second)
        pace.answered(second + 0.5, second)
    assert pace.limit == 4


def test_a_refusal_cuts_to_what_was_taken() -> None:
    pace = full(100)
    pace.refused(1, 0)
    assert (pace.limit, pace.in_flight) == (99, 99)


def test_refusals_of_requests_sent_before_a_cut_only_show_how_many_were_taken() -> None:
    pace = full(100)
    for _ in range(20):
        pace.refused(1, 0)
    assert pace.limit == pace.in_flight == 80


def test_refusals_of_one_burst_never_take_more_than_half() -> None:
    pace = full(100)
    for _ in range(99):
        pace.refused(1, 0)
    assert pace.limit == 50


def test_refusals_that_follow_one_another_cut_deeper_each_time() -> None:
    pace = full(100)
    limits = []
    for second in (1.0, 1.1, 1.2, 1.3):
        pace.refused(second, second - 0.05)
        limits.append(pace.limit)
        while pace.in_flight > pace.limit - 1:
            pace.ended(second, 0)
        filled(pace, second + 0.05)
    cuts = [after / before for before, after in itertools.pairwise(limits)]
    assert cuts == sorted(cuts, reverse=True)
    assert 0.7 < cuts[-1] < 0.85 < cuts[0] < 1


def test_a_stated_limit_is_obeyed_at_once_and_may_fall() -> None:
    pace = full(500)
    for _ in range(300):
        pace.refused(1, 0, stated=200)
    assert pace.limit == pace.in_flight == 200
    pace.refused(2, 1.5, stated=39)
    assert pace.limit == 39


@pytest.mark.parametrize("stated", [0, -1, 10**9])
def test_a_stated_limit_that_makes_no_sense_does_no_harm(stated: int) -> None:
    pace = full(10)
    pace.refused(1, 0, stated=stated)
    assert 1 <= pace.limit <= 10


def test_a_first_wait_holds_its_own_row_only() -> None:
    pace = full(10)
    pace.refused(1, 0, wait=5)
    pace.refused(1.1, 0.5, wait=5)  # on its way before the first was told
    pace.refused(8, 7, wait=5)  # after that wait
    assert pace.paused_until == 0


def test_a_second_wait_within_the_first_holds_everything() -> None:
    pace = full(10)
    pace.refused(1, 0, wait=5)
    pace.refused(2, 1.5, wait=30)
    assert pace.paused_until == 32
    pace.refused(3, 1.6, wait=2)
    assert pace.paused_until == 32


@pytest.mark.parametrize(("wait", "until"), [(26, 27), (None, 6)])
def test_a_quota_per_minute_holds_everything_at_once(wait: float | None, until: float) -> None:
    pace = full(10)
    pace.refused(1, 0, wait=wait, window=True)
    assert pace.paused_until == until


def test_one_that_is_refused_alone_waits_longer_each_time() -> None:
    pace, now, pauses = Pace(10, 1), 0.0, []
    for _ in range(9):
        pace.sent(now)
        pace.refused(now + 0.1, now)
        pauses.append(pace.paused_until - now - 0.1)
        now = pace.paused_until
    assert pauses == sorted(pauses)
    assert (round(pauses[0], 6), round(pauses[-1], 6)) == (1, 10)


def test_one_that_is_refused_alone_and_told_how_long_waits_no_longer() -> None:
    pace = Pace(10, 1)
    pace.sent(0)
    pace.refused(0.1, 0, wait=0.2)
    assert pace.paused_until <= 0.3


def test_a_window_that_opens_again_is_entered_with_most_of_what_was_in_flight_before() -> None:
    pace, now = full(100), 1.0
    while pace.in_flight:  # answers of those that it took, and each that follows them is refused
        pace.answered(now, 0)
        if pace.has_room:
            pace.sent(now)
            pace.refused(now + 0.05, now)
        now += 0.1
    for _ in range(5):
        pace.sent(now)
        pace.refused(now + 0.05, now)
        now = pace.paused_until
    assert pace.limit == 1
    pace.sent(now)
    pace.answered(now + 1, now)
    assert pace.limit == 70
    assert pace.paused_until == now


def test_a_single_overload_among_many_answers_is_an_accident() -> None:
    pace, now = full(200), 0.0
    for number in range(2000):
        now += 0.01
        (pace.overloaded if number % 200 == 199 else pace.answered)(now, now - 1)
        filled(pace, now)
    assert pace.limit == 200


def test_overloads_in_numbers_lower_the_limit_and_those_sent_before_count_once() -> None:
    pace = full(200)
    for _ in range(100):
        pace.overloaded(1, 0)
    assert 100 < pace.limit < 200


def test_a_request_that_came_to_nothing_only_makes_room() -> None:
    pace = full(3)
    pace.ended(1, 0)
    assert (pace.limit, pace.in_flight, pace.has_room) == (3, 2, True)


def test_slower_answers_do_not_lower_a_number_that_the_user_gave() -> None:
    trace = run(Queue(lambda now: 50 if now < 40 else 5), 0.5, 200, Pace(50))
    assert min(trace.in_flight) == 50


def test_its_memory_does_not_grow() -> None:
    sizes = []
    for seconds in (20, 200):
        pace = Pace(3000, 4)
        run(Noise(Concurrency(lambda _: 40), 1), 0.5, seconds, pace)
        sizes.append(len(pickle.dumps(pace)))
    assert abs(sizes[1] - sizes[0]) < 100


EVENTS = st.lists(
    st.tuples(
        st.sampled_from(["sent", "answered", "ended", "refused", "overloaded"]),
        st.floats(0, 20),
        st.floats(0, 40),
        st.none() | st.integers(-5, 5000),
        st.none() | st.floats(0, 1e6),
        st.booleans(),
    ),
    max_size=80,
)


@given(st.integers(1, 300), st.none() | st.integers(1, 400), EVENTS)
def test_whatever_happens_the_limit_stays_between_one_and_the_most(
    most: int, start: int | None, events: list[tuple[str, float, float, int | None, float | None, bool]]
) -> None:
    pace, now, pause = Pace(most, start), 1000.0, 0.0
    for kind, gap, latency, stated, wait, window in events:
        now += gap
        if kind == "sent":
            for _ in range(1 + int(latency)):
                pace.sent(now)
        elif kind == "refused":
            pace.refused(now, now - latency, stated, wait, window)
        else:
            getattr(pace, kind)(now, now - latency)
        assert 1 <= pace.limit <= most
        assert pace.in_flight >= 0
        assert pace.has_room == (pace.in_flight < pace.limit)
        assert pace.paused_until >= pause
        pause = pace.paused_until


# What comes of it: the goals.


@pytest.mark.parametrize(
    ("make", "limit", "latency", "start"),
    [
        (Concurrency, 40, 1.0, 4),
        (Concurrency, 40, 20.0, 4),
        (Concurrency, 200, 5.0, 4),
        (Concurrency, 2500, 20.0, 4),
        (lambda limit: Concurrency(limit, states=True), 200, 5.0, 4),
        (lambda limit: Concurrency(limit, wait=1), 200, 5.0, 4),
        (lambda limit: Concurrency(limit, wait=5), 40, 1.0, 4),
        (Concurrency, 40, 1.0, None),
    ],
)
def test_it_settles_at_what_the_service_bears_and_comes_back_when_that_changes(
    make: Callable[[Callable[[float], int]], Service], limit: int, latency: float, start: int | None
) -> None:
    ready = int(20 + 13 * latency)
    halved = ready + int(40 + 2 * latency)
    doubled = halved + 66

    def now_limit(now: float) -> int:
        return limit // 2 if halved <= now < doubled else limit

    pace = Pace(3000, start) if start else Pace(2 * limit)
    trace = run(make(now_limit), latency, doubled + 66, pace)
    load = trace.load(ready, halved)
    assert statistics.fmean(load) >= 0.95 * limit
    assert min(load) >= 0.8 * limit
    assert trace.refused_share(ready, halved) < 0.01 or trace.refusals_per_second(ready, halved) <= 1 / 14
    assert all(0.95 <= load / (limit // 2) <= 1.01 for load in trace.load(doubled - 5, doubled))
    assert trace.reached(0.95 * limit, doubled) <= 60


def test_the_answers_per_second_are_those_of_the_limit() -> None:
    trace = run(Concurrency(lambda _: 200), 1.0, 80)
    assert trace.throughput(20, 80) >= 0.95 * 200 / mean_latency(1.0, SIGMA)


def test_slow_answers_and_broken_connections_do_not_disturb_it() -> None:
    trace = run(Noise(Concurrency(lambda _: 200), 2), 1.0, 70)
    assert statistics.fmean(trace.load(20, 70)) >= 0.95 * 200
    assert trace.refused_share(20, 70) < 0.01


def test_a_service_that_says_503_is_found_out_too() -> None:
    trace = run(Concurrency(lambda _: 40, says="overloaded"), 1.0, 120)
    assert statistics.fmean(trace.load(20, 120)) >= 0.85 * 40
    assert trace.refused_share(20, 120) < 0.03


@pytest.mark.parametrize(("slots", "latency"), [(8, 1.0), (40, 1.0), (200, 5.0)])
def test_where_answers_wait_instead_no_more_than_twice_the_needed_are_in_flight(
    slots: int, latency: float
) -> None:
    end = int(110 + 40 * latency)
    trace = run(Queue(lambda _: slots), latency, end)
    assert trace.throughput(end - 100, end) >= 0.95 * slots / mean_latency(latency, SIGMA)
    assert max(trace.load(end - 100, end)) <= 2 * slots


def test_answers_that_become_longer_are_not_taken_for_a_queue() -> None:
    long = [1.0]
    draw = latencies(0.5, SIGMA, 1)

    class Patient:
        def __init__(self) -> None:
            self.inner = Concurrency(lambda _: 40)

        def reply(self, now: float, latency: float) -> object:
            long[0] = 1.0 if now < 60 else 4.0
            return self.inner.reply(now, latency)

    trace = Client(Pace(3000, 4), Patient(), lambda: draw() * long[0]).run(240)  # type: ignore[arg-type]
    assert statistics.fmean(trace.load(140, 240)) >= 0.9 * 40


def test_a_box_that_slows_down_while_it_still_gains_is_used_to_the_full() -> None:
    trace = run(Batching(64, 0.2), 0.5, 130)
    assert statistics.fmean(trace.load(100, 130)) >= 0.9 * 64
    assert max(trace.load(100, 130)) <= 2 * 64


@pytest.mark.parametrize(
    "service", [PerMinute(600), PerMinute(600, names=True, known=True), Bucket(600, 100)], ids=type
)
def test_a_quota_per_minute_that_nobody_told_of_is_used_up_with_few_refusals(service: Service) -> None:
    trace = run(service, 1.0, 420)
    assert trace.throughput(120, 420) >= 0.95 * 10
    assert trace.refused_share(120, 420) < 0.12


def test_a_run_that_ends_leaves_nothing_in_flight() -> None:
    pace = Pace(3000, 4)
    trace = run(Concurrency(lambda _: 40), 1.0, 100, pace, rows=500)
    assert (pace.in_flight, sum(trace.answered)) == (0, 500)
