"""Which endpoint takes the next request: the first that is open, the next when it is spent, the first again later.

One queue for all who want to ask. Nothing here knows HTTP, files or the screen.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from dset import clocks
from dset.budgets import Budget
from dset.closures import over_budget
from dset.failures import Failure
from dset.fleet import Fleet
from dset.lanes import Lane
from dset.slots import Demand, Rules, Slot
from dset.stops import Stopped

_NOTED = 10  # requests at endpoints with a limit for the day: so few may be forgotten when the power goes
_LOOK = 60.0  # seconds between looks at the clock on the wall: a laptop may have slept


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
        self.fleet = Fleet(lanes, rules, tell, note)
        self._rules, self._budget = rules, budget
        # By the models that they shun: nobody waits for others who may ask fewer endpoints.
        self._queues: dict[tuple[str, ...], deque[_Wish]] = {(): deque()}
        self._timer: asyncio.TimerHandle | None = None
        self.on_their_way = self._counted = 0  # rows with a slot, or on their way to the disk
        self._stopped = False

    @property
    def capacity(self) -> int:
        """Requests that may be on their way at once, as things stand."""
        open_ones = [lane.pace.limit for lane in self.fleet.open_ones(clocks.now())] or [1]
        total = sum(open_ones) if self._rules.spread else open_ones[0]
        return min(total, self._rules.most or total)

    async def slot(self, demand: Demand) -> Slot | Stopped | None:
        """Leave to send a request, as long as that takes; why there is none.

        None when the run has stopped, and where no model is open, or bears the budget, but those that the demand shuns.
        """
        if self._stopped:
            return None
        queue = self._queues.setdefault(tuple(demand.shuns), deque())
        if not queue and not isinstance(answer := self._decided(demand), float):
            return answer
        wish = _Wish(demand)
        queue.append(wish)
        self._dispatch()
        return await wish.granted

    def release(
        self, slot: Slot, *, tokens: int | None = None, usd: float | None = 0.0, leaves: bool = True
    ) -> None:
        """The request came to its end: what it used; `usd` is None where nobody knows what was billed.

        `leaves`: nothing that came has to be saved. Otherwise `leave` follows when it is.
        """
        self.on_their_way -= leaves
        if slot.ticket is not None and tokens is not None:
            slot.lane.window.settle(slot.ticket, tokens)
        if slot.reserved is not None:
            self._budget.settle(slot.reserved, usd)
        self._dispatch()

    def leave(self) -> None:
        """A row whose slot was released is on its way no more."""
        full = self._is_full
        self.on_their_way -= 1
        if full:
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
        for queue in self._queues.values():
            for wish in queue:
                if not wish.granted.done():
                    wish.granted.set_result(None)
            queue.clear()

    def close(self, lane: Lane, failure: Failure) -> bool:
        """Close the endpoint for what it said (Fleet.close). Whether one is left."""
        left = self.fleet.close(lane, failure)
        self._dispatch()
        return left

    def rest(self, lane: Lane, failure: Failure, scope: str = "lane") -> bool:
        """Let another endpoint take over for a while (Fleet.rest). False where no other is open."""
        rests = self.fleet.rest(lane, failure, scope)
        self._dispatch()
        return rests

    def _dispatch(self) -> None:
        """Grant what can be granted, in the order of asking, and look again when time alone can change that."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        # The choosy ones first: they may take few endpoints.
        queues = [self._queues[shuns] for shuns in sorted(self._queues, reverse=True)]
        waits = [wait for queue in queues if (wait := self._serve(queue)) > 0]
        if waits:
            self._timer = asyncio.get_running_loop().call_later(min(*waits, _LOOK), self._dispatch)

    def _serve(self, queue: deque[_Wish]) -> float:
        """Grant what can be granted of one queue; the seconds until it is worth another look, 0.0 as `_decided` has it."""
        while queue and not self._stopped:
            wish = queue[0]
            if wish.granted.done():  # whoever asked is gone
                queue.popleft()
                continue
            answer = self._decided(wish.demand)
            if isinstance(answer, float):
                return answer
            queue.popleft()
            wish.granted.set_result(answer)
        return 0.0

    @property
    def _is_full(self) -> bool:
        return self._rules.most is not None and self.on_their_way >= self._rules.most

    def _decided(self, demand: Demand) -> Slot | Stopped | float | None:
        """A slot, the end, or None as `slot` has it; else the seconds until it is worth another look, 0.0 where only an event can help."""
        if self._is_full:
            return 0.0
        now, moment = clocks.now(), clocks.monotonic()
        open_ones = self.fleet.open_ones(now)
        if not open_ones:
            return self.fleet.asleep(now)
        self.fleet.awake(open_ones[0])
        meant = self._meant(open_ones, demand, moment)
        if not meant:
            return None
        waits = {lane: _wait(lane, demand, moment) for lane in meant}
        ready = [lane for lane in meant if waits[lane] == 0.0]
        if not ready:
            return min((wait for wait in waits.values() if wait is not None), default=0.0)
        lane = max(ready, key=lambda one: (one.pace.limit - one.pace.in_flight, -one.sent_at))
        return self._granted(lane, demand, moment, now)

    def _meant(self, open_ones: list[Lane], demand: Demand, moment: float) -> list[Lane]:
        """Those that may take the request: that the budget bears, where any is; all of them, or the first.

        None where there are only such as the demand shuns.
        """
        bears = self._budget.can_ever_fit
        if demand.shuns:
            open_ones = [lane for lane in open_ones if lane.endpoint.model not in demand.shuns]
            if self._budget.most is not None:  # one that is too dear ends no run here
                open_ones = [lane for lane in open_ones if bears(demand.usd(lane))]
        elif self._budget.most is not None and len(open_ones) > 1:
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
                self.fleet.note()
        ticket = lane.window.start(moment, demand.tokens()) if lane.is_metered else None
        self.on_their_way += 1
        return Slot(lane, moment, ticket, reserved)


def _wait(lane: Lane, demand: Demand, moment: float) -> float | None:
    """Seconds until the endpoint may take the request; None where an answer of its own must come first."""
    if lane.pace.paused_until > moment:
        return lane.pace.paused_until - moment
    if not lane.pace.has_room:
        return None
    return lane.window.wait(moment, demand.tokens()) if lane.is_metered else 0.0
