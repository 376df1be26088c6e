"""Time in buckets, sizes in bins, quantiles: few whatever comes, and right."""

import math
import random
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from dset.charts import amounts, histograms, specs
from dset.charts.histograms import Sizes
from dset.charts.quantiles import Quantiles
from dset.charts.timeline import COARSE, DAY, WIDTHS, Timeline, span

START = 1_795_000_000 // DAY * DAY


def sizes(*values: int) -> Sizes:
    found = Sizes()
    for value in values:
        found.add(value)
    return found


@given(st.lists(st.integers(0, 3_000_000_000), min_size=1, max_size=300))
def test_no_answer_is_lost_however_wide_the_buckets_become(moments: list[int]) -> None:
    timeline = Timeline(3)
    for moment in moments:
        timeline.at(moment).answered += 1
    points = timeline.points()
    assert sum(point.bucket.answered for point in points if point.bucket) == len(moments)
    assert [point.at for point in points] == sorted({point.at for point in points})
    assert sum(bool(point.bucket and point.bucket.answered) for point in points) <= max(
        3, 3_000_000_000 // WIDTHS[-1] + 1
    )


def test_every_width_is_a_multiple_of_the_one_before() -> None:
    for widths in (WIDTHS, COARSE):
        assert all(wider % width == 0 for width, wider in pairwise(widths))


def test_a_few_seconds_without_an_answer_are_drawn_and_a_long_pause_is_one_point() -> None:
    timeline = Timeline(100)
    for second in (0, 3, 4, 90_000):
        timeline.at(START + second).answered += 1
    assert [(point.at - START, point.bucket.answered if point.bucket else None) for point in timeline.points()] == [
        (0, 1), (1, 0), (2, 0), (3, 1), (4, 1), (5, None), (90_000, 1)
    ]  # fmt: skip


def test_cost_is_told_by_the_minute_the_hour_and_the_day_as_time_goes_on() -> None:
    for last, width in ((7200, 60), (5 * DAY, 3600), (60 * DAY, DAY), (700 * DAY, 7 * DAY)):
        timeline = Timeline(336, COARSE, longest=336)
        timeline.at(START).usd += 1
        timeline.at(START + last).usd += 1
        assert timeline.width == width
    assert [span(width) for width in (1, 10, 60, 1800, 3600, 43_200, DAY, 7 * DAY, 364 * DAY)] == [
        "second", "10 seconds", "minute", "30 minutes", "hour", "12 hours", "day", "week", "52 weeks"
    ]  # fmt: skip


def test_quantiles_are_right_to_two_percent_and_join() -> None:
    dice = random.Random(1)
    times = sorted(dice.lognormvariate(1, 1) for _ in range(2000))
    one, other = Quantiles(), Quantiles()
    for at, seconds in enumerate(times):
        (one if at % 2 else other).add(seconds)
    one.join(other)
    for share in (0.5, 0.9, 0.99, 1.0):
        found, true = one.at(share), times[math.ceil(share * 2000) - 1]
        assert found is not None
        assert abs(found / true - 1) < 0.02
    assert Quantiles().at(0.5) is None


def test_bins_have_round_edges_and_hold_every_size() -> None:
    found = sizes(*range(200, 420), 9000)
    edges = histograms.edges(found)
    assert edges == list(range(200, 421, 20))
    assert sum(found.within(edges)) == len(found) == 221
    assert histograms.names([10, 11, 20]) == ["under 10", "10", "11–19", "20 and more"]
    assert histograms.edges(sizes(1, 50, 4000))[-1] > 4000
    assert histograms.edges(sizes()) == []


@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=50))
def test_there_are_never_many_bins_and_none_is_lost(values: list[int]) -> None:
    found = sizes(*values)
    edges = histograms.edges(found)
    assert len(edges) <= 45
    assert edges == sorted(set(edges))
    assert sum(found.within(edges)) == len(values)
    assert len(histograms.names(edges)) == len(edges) + 1


def test_no_figure_and_no_time_is_taken_that_cannot_be_true() -> None:
    values: tuple[object, ...] = (True, "1", None, -1, math.nan, math.inf, 1e309, [], 10**400, 1e7)
    for value in values:
        assert amounts.amount({"seconds": value}, "seconds", 1e6) is None
    assert amounts.amount({"seconds": 0}, "seconds", 1e6) == 0
    stamps = (
        "0001-01-01T00:00:00Z",
        "9999-12-31T23:59:59Z",
        "0001-01-01T00:00:00+23:59",
        "yesterday",
        "",
        5,
        None,
    )
    assert [
        amounts.moment({"timestamp": stamp}) for stamp in (*stamps, "2026-13-01", "2026-11-21T12:00:00Z" * 9)
    ] == [None] * 9
    assert amounts.moment({"timestamp": "2026-11-21T12:00:00Z"}) == amounts.moment(
        {"timestamp": "2026-11-21T12:00:00"}
    )


def test_numbers_and_texts_of_a_chart_are_such_as_json_holds() -> None:
    assert [specs.neat(value) for value in (math.nan, math.inf, -math.inf, 10**400, None, 1.23456789, 7)] == [
        None, None, None, None, None, 1.2346, 7
    ]  # fmt: skip
    assert specs.text("a\ud83d\x00b\n") == "a\ufffd\ufffdb\n"
    assert len(specs.text("x" * 100_000)) == 300
