"""What a run notes of itself while it goes on: plain figures for .progress.json. Pure; without a key."""

import heapq
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from dset import clocks
from dset.budgets import Budget
from dset.cleaning import clean
from dset.lanes import Lane
from dset.plans import Plan
from dset.progress import Progress, Waiting
from dset.stops import Stopped

FORMAT = 1
_ROWS = 20  # that wait: so many are told of
_LANES = 200
_REASON = 300  # characters

Scrub = Callable[[str], str]
Figures = dict[str, Any]


def of_run(
    progress: Progress,
    lanes: Sequence[Lane],
    budget: Budget,
    stopped: Stopped | None,
    scrub: Scrub,
) -> Figures:
    """Where the run stands now. Times are ISO 8601 in UTC with Z, to the second; money in USD."""
    now = clocks.now()
    soonest = heapq.nsmallest(_ROWS, progress.waiting.values(), key=lambda one: one.until)
    return {
        "answered": progress.answered,
        "failed": progress.failed,
        "blocked": progress.blocked,
        "in_vain": progress.paid_in_vain,
        "tokens": [
            getattr(progress.tokens, name) for name in ("prompt", "cached", "completion", "reasoning")
        ],
        "usd": progress.bill.usd,
        "usd_unknown": progress.bill.unknown,
        "budget": None if budget.most is None else {"most": budget.most, "spent": budget.spent},
        "waits": len(progress.waiting),
        "waiting": [_waiting(one, now, scrub) for one in soonest],
        "lanes": [_lane(one, progress, now, scrub) for one in lanes[:_LANES]],
        "stopped": stopped and _stopped(stopped, scrub),
    }


def of_plan(plan: Plan) -> Figures:
    """What a plan finds: rows, but `todo` and `beyond`, which are requests; `errors`: rows with that bookmark."""
    return {
        "rows": plan.rows,
        "done": plan.done,
        "blocked": plan.blocked,
        "held": sum(plan.held.values()),
        "empty": plan.empty,
        "todo": plan.todo,
        "beyond": plan.beyond,
        "samples": plan.rules.samples,
        "errors": len(plan.marked["ERROR"]),
    }


def _waiting(one: Waiting, now: datetime, scrub: Scrub) -> Figures:
    return {
        "row": one.row,
        "reason": clean(scrub(one.reason), _REASON),
        "until": moment(now + timedelta(seconds=one.seconds)),
        "attempt": one.attempt,
        "attempts": one.attempts,
    }


def _lane(lane: Lane, progress: Progress, now: datetime, scrub: Scrub) -> Figures:
    opens, per_day = lane.opens(now), lane.endpoint.limits.rpd
    is_open = opens is not None and opens <= now
    left = lane.day.left(now)
    return {
        "name": lane.name,
        "is_open": is_open,
        "until": None if is_open or opens is None else moment(opens),
        "reason": "" if is_open else clean(scrub(lane.why_closed(now)), _REASON),
        "at_once": lane.pace.limit,
        "in_flight": lane.pace.in_flight,
        "answered": progress.endpoints.get(lane.name, 0),
        "asked_today": None if per_day is None or left is None else per_day - left,
        "per_day": per_day,
    }


def _stopped(stopped: Stopped, scrub: Scrub) -> Figures:
    texts = {"reason": stopped.reason, "advice": stopped.advice}
    return {"kind": str(stopped.kind)} | {name: clean(scrub(text), 1_000) for name, text in texts.items()}


def moment(at: datetime) -> str:
    """ISO 8601, to the second, with Z; `at` is in UTC."""
    return at.isoformat(timespec="seconds").replace("+00:00", "Z")
