"""The tokens and the money of a run, added up."""

from datetime import UTC, datetime, timedelta

import pytest

from dset.costs import Bill, Tokens, cost_of, usd
from dset.prices import Price, Rate, Tier
from dset.replies import Reply
from tests import samples


def told(prompt: int | None, cached: int | None, completion: int | None, reasoning: int | None) -> Reply:
    return samples.reply(
        prompt_tokens=prompt, cached_tokens=cached, completion_tokens=completion, reasoning_tokens=reasoning
    )


@pytest.mark.parametrize(
    ("replies", "sums"),
    [
        ([], Tokens()),
        ([told(10, 4, 5, 2), told(1, 0, 1, 0)], Tokens(11, 4, 6, 2)),
        ([told(10, None, 5, None)], Tokens(10, 0, 5, 0)),
        ([told(None, None, 5, None)], Tokens(0, 0, 5, 0)),
        ([told(0, 0, 0, 0)], Tokens(0, 0, 0, 0)),
        ([told(None, None, None, None), told(10, 4, 5, 2)], Tokens(10, 4, 5, 2, untold=1)),
    ],
)
def test_the_figures_of_all_replies_are_added_and_those_not_told_are_counted(
    replies: list[Reply], sums: Tokens
) -> None:
    tokens = Tokens()
    for reply in replies:
        tokens.add(reply)
    assert tokens == sums


def test_the_sums_are_told_for_people() -> None:
    assert str(Tokens(1_234_567, 1000, 2000, 30)) == "1,234,567 in (1,000 cached), 2,000 out (30 thinking)"
    assert str(Tokens(untold=2)).endswith("; not told for 2")


def test_the_figures_of_a_record_are_counted_and_what_it_does_not_tell_is_known_as_such() -> None:
    tokens = Tokens()
    tokens.count({"prompt_tokens": 10, "cached_tokens": 4, "completion_tokens": 5, "reasoning_tokens": 3})
    tokens.count({"timestamp": "2025", "question": "the original tool's record"})
    tokens.count({"prompt_tokens": "many", "completion_tokens": None})
    assert str(tokens) == "10 in (4 cached), 5 out (3 thinking); not told for 2"


# --- Money -------------------------------------------------------------------------------------------------

WHEN = datetime(2026, 11, 21, 2, tzinfo=UTC)
PRICE = Price(Rate(0.15, 0.6, 0.003), Rate(0.3, 1.2, 0.006), tiers=(Tier(1000, Rate(9, 9)),))


@pytest.mark.parametrize(
    ("reply", "usd"),
    [
        (told(10, 4, 5, 3), 0.000003912),
        (told(2, 0, 5, 0), 0.0000033),
        (told(10, None, 5, None), 0.0000045),  # what nobody says was cached was not
        (told(0, 0, 0, 0), 0.0),
        (told(1001, 0, 0, 0), 0.009009),
        (told(None, None, 5, None), None),  # half a bill would be too cheap
        (told(10, 0, None, None), None),
        (told(None, None, None, None), None),
    ],
)
def test_a_reply_costs_what_its_usage_says(reply: Reply, usd: float | None) -> None:
    assert cost_of(reply, PRICE, WHEN) == usd  # to the last digit: no 0.30000000000000004 in a file


def test_a_reply_costs_what_holds_when_it_comes() -> None:
    assert cost_of(told(1_000, 0, 0, 0), PRICE, WHEN - timedelta(days=1)) == 0.0003


def test_without_a_price_no_cost_is_known() -> None:
    assert cost_of(told(10, 4, 5, 2), None, WHEN) is None


@pytest.mark.parametrize(
    ("costs", "text"),
    [
        ([], "0 USD"),
        ([0.0412], "0.0412 USD"),
        ([0.1] * 10, "1.00 USD"),
        ([0.0, 0.0], "0 USD"),
        ([None], "unknown"),
        ([0.0412, None, None, None], "0.0412 USD, unknown for 3 answers"),
        ([None, 0.0], "0 USD, unknown for 1 answer"),
    ],
)
def test_a_bill_is_the_sum_and_the_count_of_what_is_not_known(costs: list[float | None], text: str) -> None:
    bill = Bill()
    for cost in costs:
        bill.add(cost)
    assert str(bill) == text
    assert bill.known + bill.unknown == len(costs)


@pytest.mark.parametrize(("cost", "usd"), [(0.0000000003, 0.00003), (0.0003, 30.0)])
def test_a_bill_of_many_small_sums_does_not_drift(cost: float, usd: float) -> None:
    bill = Bill()
    for _ in range(100_000):
        bill.add(cost)
    assert bill.usd == usd


def test_a_bill_counts_the_cost_in_a_record_and_knows_what_is_none() -> None:
    bill = Bill()
    for cost in (0.25, 1, None, "0.3", True, -1, float("nan"), float("inf")):
        bill.count({"cost_usd": cost})
    bill.count({"timestamp": "2025"})
    assert (bill.usd, bill.known, bill.unknown) == (1.25, 2, 7)


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (0, "0 USD"),
        (0.00031, "0.00031 USD"),
        (0.042, "0.042 USD"),
        (0.0412, "0.0412 USD"),
        (0.041234, "0.0412 USD"),
        (0.5, "0.50 USD"),
        (0.9996, "1.00 USD"),
        (2.5, "2.50 USD"),
        (999.99, "999.99 USD"),
        (999.999, "1,000 USD"),
        (1203.4, "1,203 USD"),
        (0.0000000003, "0.0000000003 USD"),
    ],
)
def test_amounts_are_told_with_the_digits_that_count(amount: float, text: str) -> None:
    assert usd(amount) == text
