"""A budget is never exceeded, and what a request can cost at most is really the most."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dset.budgets import PICTURE_TOKENS, Budget, Ticket, most_prompt_tokens, worst_case
from dset.prices import Rate

CENTS = st.floats(0, 0.3, allow_subnormal=False)


@given(
    most=st.floats(0, 1, allow_subnormal=False),
    requests=st.lists(st.tuples(CENTS, st.floats(0, 1), st.booleans(), st.integers(0, 5)), max_size=40),
)
def test_whatever_the_order_the_true_costs_never_exceed_the_budget(
    most: float, requests: list[tuple[float, float, bool, int]]
) -> None:
    budget, flying, true = Budget(most), list[tuple[Ticket, float, bool]](), Decimal(0)
    for worst, part, is_known, settled in requests:
        if budget.fits(worst):
            cost = min(worst, worst * part)
            flying.append((budget.reserve(worst), cost, is_known))
            true += Decimal(str(cost))  # billed from the moment it is sent, whatever is known of it
        else:
            with pytest.raises(ValueError, match="more than is left"):
                budget.reserve(worst)
        if settled < len(flying):
            ticket, cost, told = flying.pop(settled)
            budget.settle(ticket, cost if told else None)
        assert true <= Decimal(str(most))
    for ticket, cost, told in flying:
        budget.settle(ticket, cost if told else None)
    assert budget.reserved == 0
    assert true <= Decimal(str(budget.spent)) + Decimal("1e-9")
    assert budget.spent <= most


def test_what_is_set_aside_comes_back_but_for_what_it_cost() -> None:
    budget = Budget(1.0)
    first, second = budget.reserve(0.6), budget.reserve(0.4)
    assert (budget.spent, budget.reserved, budget.left) == (0.0, 1.0, 0.0)
    assert not budget.fits(0.1)
    budget.settle(first, 0.25)
    assert (budget.spent, budget.reserved, budget.left) == (0.25, 0.4, 0.35)
    budget.settle(second, 0.0)
    assert (budget.spent, budget.reserved, budget.left) == (0.25, 0.0, 0.75)


def test_an_outcome_that_nobody_knows_counts_as_spent_to_the_full() -> None:
    budget = Budget(1.0)
    budget.settle(budget.reserve(0.6), None)
    assert (budget.spent, budget.left) == (0.6, 0.4)


def test_a_service_that_bills_more_than_the_most_is_counted_as_it_bills() -> None:
    budget = Budget(1.0)
    budget.settle(budget.reserve(0.1), 1.5)
    assert (budget.spent, budget.left) == (1.5, 0.0)
    assert not budget.fits(0.0)


def test_what_does_not_fit_now_may_fit_once_others_come_home() -> None:
    budget = Budget(1.0, spent=0.3)
    budget.reserve(0.5)
    assert not budget.fits(0.7)
    assert budget.can_ever_fit(0.7)
    assert not budget.can_ever_fit(0.700000001)


def test_ten_times_ten_cents_are_a_dollar() -> None:
    budget = Budget(1.0)
    for _ in range(10):
        budget.settle(budget.reserve(0.1), 0.1)
    assert (budget.spent, budget.left) == (1.0, 0.0)
    assert not budget.fits(1e-12)


def test_a_budget_of_nothing_lets_free_requests_pass() -> None:
    budget = Budget(0)
    budget.settle(budget.reserve(0.0), 0.0)
    assert not budget.can_ever_fit(1e-9)


def test_without_a_limit_everything_fits_and_is_still_counted() -> None:
    budget = Budget(None, spent=2.0)
    ticket = budget.reserve(1e9)
    assert (budget.most, budget.left, budget.can_ever_fit(1e9)) == (None, None, True)
    budget.settle(ticket, 1.5)
    assert budget.spent == 3.5


def test_a_request_is_settled_once() -> None:
    budget = Budget(1.0)
    ticket = budget.reserve(0.5)
    budget.settle(ticket, 0.2)
    with pytest.raises(ValueError, match="settled already"):
        budget.settle(ticket, 0.2)
    assert budget.spent == 0.2


@pytest.mark.parametrize("amount", [-0.01, float("nan"), float("inf")])
def test_what_is_no_amount_of_money_is_refused_and_changes_nothing(amount: float) -> None:
    budget = Budget(1.0)
    ticket = budget.reserve(0.5)
    for refused in (Budget, budget.fits, budget.reserve, lambda cost: budget.settle(ticket, cost)):
        with pytest.raises(ValueError, match="no amount of money"):
            refused(amount)
    assert (budget.spent, budget.reserved) == (0.0, 0.5)


# --- The most that a request can cost ----------------------------------------------------------------------


@given(text=st.text(max_size=200), messages=st.integers(1, 4))
def test_a_prompt_has_no_more_tokens_than_bytes_and_what_the_service_adds(text: str, messages: int) -> None:
    size = len(text.encode("utf-8", "surrogatepass"))
    assert most_prompt_tokens(size, 0, messages) >= size + 4 * messages + 3


@pytest.mark.parametrize("tokens", [384, 2_240, 10_000, 2_833 + 8 * 5_667])
def test_a_picture_is_bound_by_more_than_the_dearest_service_takes(tokens: int) -> None:
    assert tokens <= PICTURE_TOKENS
    assert most_prompt_tokens(0, 3, 1) - most_prompt_tokens(0, 0, 1) >= 3 * tokens


def test_the_worst_case_is_nothing_cached_and_all_the_tokens_that_are_allowed() -> None:
    rate = Rate(0.3, 1.2, 0.006)
    worst = worst_case(1000, 0, 2, 32_768, rate)
    assert worst == pytest.approx((most_prompt_tokens(1000, 0, 2) * 0.3 + 32_768 * 1.2) / 1e6)
    assert worst >= rate.cost(1000 + 11, 0, 32_768)


def test_the_worst_case_holds_where_a_cache_is_dearer_than_none() -> None:
    assert worst_case(1000, 0, 1, 0, Rate(1, 1, 4)) >= Rate(1, 1, 4).cost(1000, 1000, 0)
