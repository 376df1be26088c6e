"""What is said when endpoints close and open, in words."""

from collections.abc import Sequence
from datetime import datetime

from dset.budgets import Budget
from dset.cleaning import clean
from dset.costs import usd
from dset.failures import Kind
from dset.lanes import Lane
from dset.stops import BUDGET, SPENT, Stopped
from dset.wording import sentences, span

_SHOWN = 4  # reasons that a line gives at most


def moved(lane: Lane, following: Lane | None, now: datetime) -> str:
    """One endpoint has closed and another takes over."""
    at = lane.opens(now)
    until = f", until {clock(at, now)}" if at is not None else ""
    then = f"; {following.name} takes over" if following is not None else ""
    return f"{lane.name}: {clean(lane.why_closed(now), 120)}{until}{then}"


def opening(lanes: Sequence[Lane], at: datetime, now: datetime) -> str:
    """All are closed and the first to open is waited for."""
    first = _first(lanes, now)
    name = f"{first.name} ({first.why_closed(now)})" if first else "one"
    return f"waiting for {name} until {clock(at, now)}; Ctrl-C is safe: what is answered is saved"


def all_closed(lanes: Sequence[Lane], now: datetime) -> Stopped:
    """No endpoint is left: why, and when the first opens again."""
    first = _first(lanes, now)
    at = first.opens(now) if first else None
    if len(lanes) == 1:
        reason, advice = lanes[0].why_closed(now), lanes[0].closure.advice if lanes[0].closure else ""
    else:
        reason = f"all {len(lanes):,} endpoints are spent or refused"
        advice = " ".join(_reasons(lanes, now))
    if first is None or at is None:
        return Stopped(Kind.STOP, reason, advice)
    who = f"{first.name} opens" if len(lanes) > 1 else "It opens"
    opens = "" if len(lanes) == 1 and "Try again" in advice else f"{who} again at {clock(at, now)}."
    return Stopped(
        SPENT, reason, f"{advice} {opens} Run the same command then, or say --wait to wait for it.".strip()
    )


def over_budget(budget: Budget, worst: float) -> Stopped:
    """Another request could cost more than is left."""
    most, which = usd(budget.most or 0.0), "Another"
    reason = f"the budget of {most} is used up: {usd(budget.spent)} spent"
    if not budget.spent:
        reason, which = f"the budget of {most} does not bear a single request", "A"
    return Stopped(
        BUDGET,
        reason,
        f"{which} request could cost {usd(worst)}: raise --budget, then run the same command again.",
    )


def clock(at: datetime, now: datetime) -> str:
    """A moment for people, with how long it is until then."""
    left = max(0.0, (at - now).total_seconds())
    form = "%H:%M UTC" if left < 86_400 else "%Y-%m-%d %H:%M UTC"
    return f"{at.strftime(form)} (in {span(left)})"


def _first(lanes: Sequence[Lane], now: datetime) -> Lane | None:
    """The lane that opens first."""
    times = [(at, number) for number, lane in enumerate(lanes) if (at := lane.opens(now)) is not None]
    return lanes[min(times)[1]] if times else None


def _reasons(lanes: Sequence[Lane], now: datetime) -> list[str]:
    """Why they are closed, each reason once, with how many it closes."""
    found: dict[tuple[str, str], list[Lane]] = {}
    for lane in lanes:
        advice = lane.closure.advice if lane.closure else ""
        found.setdefault((lane.why_closed(now), advice), []).append(lane)
    return [_reason(group, reason, advice) for (reason, advice), group in list(found.items())[:_SHOWN]]


def _reason(group: Sequence[Lane], reason: str, advice: str) -> str:
    more = f" and {len(group) - 1:,} more" if len(group) > 1 else ""
    said = sentences(f"{group[0].name}{more}: {reason}", advice)
    return said if said.endswith(".") else f"{said}."
