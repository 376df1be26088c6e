"""Which endpoint takes the next request: the first that is open, the next when it is spent, the first again later.

One queue for all who want to ask. Nothing here knows HTTP, files or the screen.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from dset import clocks
from dset.budgets import Budget
from dset.budgets import Ticket as Reserved
from dset.closures import all_closed, moved, opening, over_budget
from dset.failures import Failure
from dset.lanes import Lane
from dset.limits import Ticket
from dset.stops import Stopped

SOON = 600.0  # seconds: an endpoint that opens so soon is waited for in any case
_NOTED = 10  # requests at endpoints with a limit for the day: so few may be forgotten when the power goes
_DOWN = 3  # outages in a row, while another endpoint answers: it is the endpoint, not the rows
_LOOK = 60.0  # seconds between looks at the clock on the wall: a laptop may have slept


@dataclass(frozen=True, slots=True)
class Rules:
    """How the endpoints are used."""

    spread: bool = False  # all that are open share the load
    wait: bool = False  # for one to open again, however long
    off_peak: bool = False
    most: int | None = None  # requests at once over all of them


@dataclass(frozen=True, slots=True)
class Demand:
    """What a request may need, at an endpoint: upper bounds."""

    tokens: Callable[[], int]
    usd: Callable[[Lane], float]
    avoid: Collection[Lane] = ()  # they have failed this row: another one that has room is better


@dataclass(slots=True, eq=False)
class Slot:
    """Leave to send one request."""

    lane: Lane
    sent_at: float
    ticket: Ticket | None = None  # of the rate window
    reserved: Reserved | None = None  # of the budget


@dataclass(slots=True, eq=False)
class _Wish:
    demand: Demand
    granted: "asyncio.Future[Slot | Stopped | None]" = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )


class Failover:
    """Hands out slots. Use within one event loop."""

    def __init__(
        self,
        lanes: Sequence[Lane],
        rules: Rules,
        budget: Budget,
        tell: Callable[[str], None],
        note: Callable[[], None] = lambda: None,
    ) -> None:
        """`tell` takes lines for the user; `note` is called when what is spent has changed."""
        self.lanes, self._rules, self._budget = tuple(lanes), rules, budget
        self._tell, self._note = tell, note
        self._queue: deque[_Wish] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._in_flight = self._counted = 0
        self._stopped = False
        self._current: Lane | None = None
        self.asleep_until: datetime | None = None  # every endpoint is closed until then

    @property
    def capacity(self) -> int:
        """Requests that may be on their way at once, as things stand."""
        now = clocks.now()
        open_ones = [lane.pace.limit for lane in self.lanes if _is_open(lane, now)] or [1]
        total = sum(open_ones) if self._rules.spread else open_ones[0]
        return min(total, self._rules.most or total)

    async def slot(self, demand: Demand) -> Slot | Stopped | None:
        """Leave to send a request, as long as that takes; why there is none; None when the run has stopped."""
        if self._stopped:
            return None
        if not self._queue and not isinstance(answer := self._decided(demand), float):
            return answer
        wish = _Wish(demand)
        self._queue.append(wish)
        self._dispatch()
        return await wish.granted

    def release(self, slot: Slot, *, tokens: int | None = None, usd: float | None = 0.0) -> None:
        """The request came to its end: what it used; `usd` is None where nobody knows what was billed."""
        self._in_flight -= 1
        if slot.ticket is not None and tokens is not None:
            slot.lane.window.settle(slot.ticket, tokens)
        if slot.reserved is not None:
            self._budget.settle(slot.reserved, usd)
        self._dispatch()

    def cancel(self, slot: Slot) -> None:
        """The request was not sent."""
        slot.lane.pace.ended(clocks.monotonic(), slot.sent_at)
        self.release(slot, tokens=0)

    def stop(self) -> None:
        """Hand out nothing more."""
        self._stopped = True
        if self._timer is not None:
            self._timer.cancel()
        for wish in self._queue:
            if not wish.granted.done():
                wish.granted.set_result(None)
        self._queue.clear()

    def close(self, lane: Lane, failure: Failure) -> bool:
        """Close the endpoint, and those that share its key or its service, for what it said. Whether one is left.

        One is left where another is open, or this one opens again and is waited for.
        """
        now = clocks.now()
        if lane.closure is None or _is_open(lane, now):  # not yet by another request
            for one in self.lanes:
                if _shares(one, lane, failure.scope):
                    one.close(failure, now)
            self._after_closing(lane, now)
        return self._goes_on(now)

    def rest(self, lane: Lane, failure: Failure, scope: str = "lane") -> bool:
        """Let another endpoint take over for a while. False where no other is open: then this one stays.

        `scope`: 'lane', 'model' for that model whatever the key, or 'service'.
        """
        now = clocks.now()
        tired = [one for one in self.lanes if _tires_with(one, lane, scope)]
        if not any(_is_open(one, now) for one in self.lanes if one not in tired):
            return False
        for one in tired:
            if _is_open(one, now):
                one.rest(failure, now)
        self._after_closing(lane, now)
        return True

    def is_down(self, lane: Lane) -> bool:
        """It is open and fails one request after the other while another that is open answers."""
        now = clocks.now()
        return (
            lane.outages >= _DOWN
            and _is_open(lane, now)
            and any(one.answered_at > lane.failing_since and _is_open(one, now) for one in self.lanes)
        )

    def is_open(self, lane: Lane) -> bool:
        """It may be asked now."""
        return _is_open(lane, clocks.now())

    def ended(self) -> Stopped:
        """Why no endpoint is left."""
        return all_closed(self.lanes, clocks.now())

    def _after_closing(self, lane: Lane, now: datetime) -> None:
        following = next((one for one in self.lanes if _is_open(one, now)), None)
        if len(self.lanes) > 1:
            self._tell(moved(lane, following, now))
        self._note()
        self._dispatch()

    def _goes_on(self, now: datetime) -> bool:
        return any(_is_open(one, now) for one in self.lanes) or self._worth_waiting(now) is not None

    def _worth_waiting(self, now: datetime) -> datetime | None:
        """When the first endpoint opens again, where that is waited for."""
        times = [(at, lane) for lane in self.lanes if (at := lane.opens(now)) is not None]
        if not times:
            return None
        at, lane = min(times, key=lambda one: one[0])
        dear = (
            lane.closure is None and lane.day.left(now) != 0
        )  # it waits for its cheap hours, as it was told
        soon = (at - now).total_seconds() <= SOON
        return at if self._rules.wait or dear or soon else None

    def _dispatch(self) -> None:
        """Grant what can be granted, in the order of asking, and look again when time alone can change that."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        while self._queue and not self._stopped:
            wish = self._queue[0]
            if wish.granted.done():  # whoever asked is gone
                self._queue.popleft()
                continue
            answer = self._decided(wish.demand)
            if isinstance(answer, float):
                if answer > 0:
                    loop = asyncio.get_running_loop()
                    self._timer = loop.call_later(min(answer, _LOOK), self._dispatch)
                return
            self._queue.popleft()
            wish.granted.set_result(answer)

    def _decided(self, demand: Demand) -> Slot | Stopped | float:
        """A slot, or the end; else the seconds until it is worth another look, 0.0 where only an event can help."""
        if self._in_flight >= (self._rules.most or self._in_flight + 1):
            return 0.0
        now, moment = clocks.now(), clocks.monotonic()
        open_ones = [lane for lane in self.lanes if _is_open(lane, now)]
        if not open_ones:
            return self._asleep(now)
        self._awake(open_ones[0])
        meant = self._meant(open_ones, demand, moment)
        waits = {lane: _wait(lane, demand, moment) for lane in meant}
        ready = [lane for lane in meant if waits[lane] == 0.0]
        if not ready:
            return min((wait for wait in waits.values() if wait is not None), default=0.0)
        lane = max(ready, key=lambda one: (one.pace.limit - one.pace.in_flight, -one.sent_at))
        return self._granted(lane, demand, moment, now)

    def _meant(self, open_ones: list[Lane], demand: Demand, moment: float) -> list[Lane]:
        """Those that may take the request: that the budget bears, where any is; all of them, or the first."""
        if self._budget.most is not None and len(open_ones) > 1:
            bears = self._budget.can_ever_fit
            open_ones = [lane for lane in open_ones if bears(demand.usd(lane))] or open_ones
        if demand.avoid:
            others = [lane for lane in open_ones if lane not in demand.avoid]
            open_ones = [lane for lane in others if _wait(lane, demand, moment) == 0.0] or open_ones
        return open_ones if self._rules.spread else open_ones[:1]

    def _granted(self, lane: Lane, demand: Demand, moment: float, now: datetime) -> Slot | Stopped | float:
        reserved = None
        if self._budget.most is not None:
            worst = demand.usd(lane)
            if not self._budget.fits(worst):
                return 0.0 if self._budget.reserved else over_budget(self._budget, worst)
            reserved = self._budget.reserve(worst)
        lane.pace.sent(moment)
        lane.sent_at = moment
        if lane.endpoint.limits.rpd:
            lane.day.count(now)
            self._counted += 1
            if self._counted % _NOTED == 0:
                self._note()
        ticket = lane.window.start(moment, demand.tokens()) if lane.is_metered else None
        self._in_flight += 1
        return Slot(lane, moment, ticket, reserved)

    def _asleep(self, now: datetime) -> Stopped | float:
        at = self._worth_waiting(now)
        if at is None:
            return all_closed(self.lanes, now)
        if self.asleep_until != at:
            self.asleep_until = at
            self._tell(opening(self.lanes, at, now))
        return max((at - now).total_seconds(), 0.001)

    def _awake(self, first: Lane) -> None:
        self.asleep_until = None
        if self._current is not first:
            before, self._current = self._current, first
            if before is not None and self.lanes.index(first) < self.lanes.index(before):
                self._tell(f"{first.name} is open again and takes over")


def _is_open(lane: Lane, now: datetime) -> bool:
    if lane.closure is None and not lane.off_peak and lane.endpoint.limits.rpd is None:
        return True  # as nearly every one is, at every request
    at = lane.opens(now)
    return at is not None and at <= now


def _wait(lane: Lane, demand: Demand, moment: float) -> float | None:
    """Seconds until the endpoint may take the request; None where an answer of its own must come first."""
    if lane.pace.paused_until > moment:
        return lane.pace.paused_until - moment
    if not lane.pace.has_room:
        return None
    return lane.window.wait(moment, demand.tokens()) if lane.is_metered else 0.0


def _shares(one: Lane, lane: Lane, scope: str) -> bool:
    """What is said of `lane` holds for `one` too."""
    if one is lane:
        return True
    if scope == "service":
        return one.endpoint.base_url == lane.endpoint.base_url
    return scope == "key" and one.endpoint.account == lane.endpoint.account


def _tires_with(one: Lane, lane: Lane, scope: str) -> bool:
    same_service = one.endpoint.base_url == lane.endpoint.base_url
    same_model = same_service and one.endpoint.model == lane.endpoint.model
    return one is lane or (scope == "model" and same_model) or (scope == "service" and same_service)
