"""How long a run takes, and which limit it is that holds."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dset.schedules import DAY, Load, Terms, plan


def load(rows: int, at_once: int = 10, *, spread: bool = False) -> Load:
    return Load(rows, tokens=500, seconds=5, at_once=at_once, spread=spread)


@pytest.mark.parametrize("spread", [False, True])
def test_five_free_keys_and_four_models_of_twenty_a_day_are_twelve_days_for_all_the_images(
    spread: bool,
) -> None:
    found = plan(load(4_789, spread=spread), [Terms(rpm=5, rpd=20)] * 20)
    assert math.ceil(found.seconds / DAY) == 12
    assert (found.limit, found.is_stated) == ("20 endpoints x 20 requests a day", True)
    assert sum(found.parts) == pytest.approx(4_789)


def test_days_of_different_length_add_up() -> None:
    found = plan(load(1_000), [Terms(rpd=20), Terms(rpd=250)])
    assert found.limit == "270 requests a day on 2 endpoints"
    assert found.seconds == pytest.approx(1_000 / 270 * DAY)
    assert found.parts == pytest.approx((1_000 * 20 / 270, 1_000 * 250 / 270))
    assert plan(load(21), [Terms(rpd=20)]).limit == "20 requests a day"


def test_what_fits_into_one_day_does_not_wait_for_another() -> None:
    found = plan(load(400), [Terms(rpm=60, rpd=20)] * 20)
    assert found.seconds == pytest.approx(400)
    assert found.limit == "60 requests a minute"


@pytest.mark.parametrize(
    ("terms", "seconds", "limit", "stated"),
    [
        (Terms(), 500, "10 at once", False),
        (Terms(concurrency=4), 1_250, "4 at once", False),
        (Terms(concurrency=400), 500, "10 at once", False),
        (Terms(rpm=60), 1_000, "60 requests a minute", True),
        (Terms(rpm=6_000), 500, "10 at once", False),
        (Terms(tpm=15_000), 2_000, "15,000 tokens a minute", False),
        (Terms(rpm=60, tpm=15_000, concurrency=4), 2_000, "15,000 tokens a minute", False),
    ],
)
def test_the_narrowest_limit_holds(terms: Terms, seconds: float, limit: str, stated: bool) -> None:
    found = plan(load(1_000), [terms])
    assert found.seconds == pytest.approx(seconds)
    assert (found.limit, found.is_stated) == (limit, stated)


def test_in_order_only_the_first_counts_as_long_as_its_day_lasts() -> None:
    found = plan(load(1_000), [Terms(rpm=60), Terms(rpm=60)])
    assert (found.parts, found.seconds) == ((1_000, 0), 1_000)


def test_in_order_the_next_takes_what_the_day_of_the_first_does_not() -> None:
    found = plan(load(1_000), [Terms(rpm=60, rpd=100), Terms()])
    assert list(found.parts) == [100, 900]
    assert found.seconds == pytest.approx(100 + 450)
    assert (found.limit, found.is_stated) == ("10 at once", False)
    assert not plan(load(200), [Terms(rpm=6, rpd=100), Terms()]).is_stated  # the last 100 rest on the seconds


def test_spread_all_work_at_once() -> None:
    found = plan(load(1_000, at_once=20, spread=True), [Terms(rpm=60), Terms(rpm=60)])
    assert (found.parts, found.seconds) == ((500, 500), 500)
    assert found.limit == "2 endpoints x 60 requests a minute"


def test_spread_the_requests_in_flight_are_shared() -> None:
    found = plan(load(1_000, at_once=10, spread=True), [Terms(), Terms()])
    assert found.seconds == pytest.approx(500)
    assert found.limit == "10 at once"


def test_spread_what_is_too_much_for_the_day_of_one_falls_to_the_others() -> None:
    found = plan(load(1_000, spread=True), [Terms(), Terms(rpd=100), Terms()])
    assert found.parts == (450, 100, 450)


@pytest.mark.parametrize("spread", [False, True])
def test_no_run_is_shorter_than_an_answer(spread: bool) -> None:
    found = plan(load(3, at_once=50, spread=spread), [Terms()])
    assert found.seconds == pytest.approx(5)
    assert found.limit == "3 at once"


def test_where_no_request_is_allowed_there_is_no_end() -> None:
    assert plan(load(10), [Terms(rpd=0)]).seconds == math.inf


@given(
    rows=st.integers(1, 5_000),
    days=st.lists(st.none() | st.integers(0, 300), min_size=1, max_size=6),
    spread=st.booleans(),
)
def test_every_row_falls_to_an_endpoint_that_may_take_it(
    rows: int, days: list[int | None], spread: bool
) -> None:
    found = plan(load(rows, spread=spread), [Terms(rpd=day) for day in days])
    if any(day is None or day for day in days):
        assert sum(found.parts) == pytest.approx(rows)
    assert all(part == 0 for part, day in zip(found.parts, days, strict=True) if day == 0)
    assert found.seconds > 0
