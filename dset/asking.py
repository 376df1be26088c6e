"""One row's requests: paced where the service says too many, paused between tries, heard of by the others."""

import asyncio
from collections.abc import Awaitable, Callable

from dset import clocks
from dset.failover import Failover
from dset.failures import Failure, Kind
from dset.lanes import Lane
from dset.messages import Messages
from dset.pacing import PACE_WAITS, OutageGate
from dset.progress import Progress, Waiting
from dset.replies import Reply
from dset.slots import Demand, Slot
from dset.spending import Spending
from dset.stops import Stopped
from dset.turns import Outcome, Turn, is_final, is_outage

Ask = Callable[[Lane, Messages], Awaitable[Reply | Failure]]
_OVERLOADED = {502, 503, 504, 529}


class Asker:
    """Asks for all rows of a run, at whichever endpoint has room."""

    def __init__(
        self,
        ask: Ask,
        failover: Failover,
        spending: Spending,
        attempts: int,
        progress: Progress,
        tell: Callable[[str], None],
        end: Callable[[Stopped], None],
    ) -> None:
        """`attempts` at a row at the most, to tell of; `tell` takes lines for the log; `end` is told why no more is asked."""
        self._ask, self._attempts, self._progress = ask, attempts, progress
        self._tell, self._end = tell, end
        self._spending = spending
        self.failover = failover
        self.gate = OutageGate()
        self.disk = asyncio.Event()  # cleared while the disk refuses writes: nothing new is asked
        self.disk.set()
        self.alive_at = 0.0  # when a service last answered a row in any way
        self.waiting: dict[Turn, float] = {}  # until when
        self.flying: dict[Turn, None] = {}
        self.standing_by: dict[Turn, None] = {}  # rows that were never asked and wait for an outage to pass
        self.stopped = False

    def stop(self) -> None:
        """Send nothing new; who waits for another try need not wait any longer."""
        self.stopped = True
        self._wake(lambda _: True)
        self.gate.open()
        self.disk.set()
        self.failover.stop()

    @property
    def sending(self) -> int:
        """Requests whose answers have not arrived."""
        return sum(turn.sending for turn in self.flying)

    async def request(self, turn: Turn, messages: Messages) -> Outcome:
        """The outcome of one try, paced waits and other endpoints included."""
        turn.outcome = asyncio.get_running_loop().create_future()
        self.flying[turn] = None
        outcome: Outcome = None
        try:
            outcome = await self._paced(turn, messages)
        finally:
            del self.flying[turn]
            turn.outcome.set_result(outcome)
            turn.outcome = None
        if isinstance(outcome, Failure):
            turn.last = outcome
            self._tell(f"row {turn.question.row}: {outcome.kind}: {outcome.reason}")
            if is_outage(outcome) and turn.lane is not None:
                self._failed_by(turn, turn.lane, outcome)
        if outcome is not None and not is_outage(outcome) and outcome is not turn.refusal:
            self.alive_at = clocks.monotonic()
            self.gate.open()
        return outcome

    def takes_over(self, turn: Turn, failure: Failure) -> bool:
        """Whether another endpoint can take the row that an outage failed here: the outage may end the use of this one."""
        if turn.lane is None or self.stopped:
            return False
        if not self.failover.fleet.is_open(turn.lane):
            return True
        # Where nothing was sent, another key or model at that address would not get through either.
        narrow = ("model", "lane") if failure.status is not None or failure.maybe_billed else ()
        wide = ("service",) if failure.status is None else ()
        return any(self._rests(turn.lane, failure, scope) for scope in (*wide, *narrow))

    def has_moved(self, turn: Turn) -> bool:
        """The endpoint that failed the row is closed by now, and another one takes over."""
        return turn.lane is not None and not self.stopped and not self.failover.fleet.is_open(turn.lane)

    def _rests(self, lane: Lane, failure: Failure, scope: str) -> bool:
        if not self.failover.rest(lane, failure, scope):
            return False
        self._wake(lambda turn: turn.lane is not None and not self.failover.fleet.is_open(turn.lane))
        self.gate.open()
        return True

    def _failed_by(self, turn: Turn, lane: Lane, failure: Failure) -> None:
        turn.failed(lane, failure)
        if self.failover.fleet.is_down(lane):
            self._rests(lane, failure, "lane")

    def _wake(self, concerns: Callable[[Turn], bool]) -> None:
        for turn in list(self.waiting):
            if concerns(turn):
                turn.wake.set()

    async def _paced(self, turn: Turn, messages: Messages) -> Outcome:
        turn.tries += 1
        demand = self._spending.demand(messages, turn.failed_by, turn.refused_by)
        while (slot := await self._slot(turn, demand)) is not None:
            if turn.lane is not slot.lane:
                turn.lane, turn.paced = slot.lane, 0
            outcome = await self._send(turn, slot, messages)
            if isinstance(outcome, Failure):
                turn.last = outcome
                if outcome.kind is Kind.STOP and not self.stopped and self._moves_on(turn, outcome):
                    continue
                if outcome.kind is Kind.PACE:
                    if await self._passes(turn, outcome):
                        continue
                    return Failure(Kind.OUTAGE, outcome.reason, outcome.advice, outcome.status)
            turn.paced = 0
            return outcome
        return turn.last if self.stopped or not turn.refusal else turn.refusal  # nobody else is left to ask

    async def _slot(self, turn: Turn, demand: Demand) -> Slot | None:
        """Leave to send a request; None where nothing is to be sent any more, or nobody may take this row."""
        while True:
            slot = await self.failover.slot(demand)
            if isinstance(slot, Stopped):
                self._end(slot)
            if not isinstance(slot, Slot):
                return None
            await self.disk.wait()  # another try is a new request too
            if not self.stopped and self._may_start(turn):
                return slot
            self.failover.cancel(slot)
            if self.stopped:
                return None
            await self._stand_by(turn)

    def _may_start(self, turn: Turn) -> bool:
        """Not a new row beyond the number at once while others wait for an outage to pass."""
        if turn.requests or turn.is_probe or self.gate.is_open:
            return True
        return len(self.waiting) + self.failover.on_their_way - 1 < self.failover.capacity

    async def _stand_by(self, turn: Turn) -> None:
        """Wait until new rows may start, or until this one is to find out whether the service answers."""
        turn.wake.clear()
        self.standing_by[turn] = None
        try:
            await self.gate.passed_or(turn.wake)
        finally:
            del self.standing_by[turn]

    def _moves_on(self, turn: Turn, failure: Failure) -> bool:
        """The endpoint is spent or refuses: whether another takes over, or this one when it opens again."""
        assert turn.lane is not None
        self._tell(f"row {turn.question.row}: {turn.lane.name}: {failure.reason}")
        if not self.failover.close(turn.lane, failure):
            self._end(self.failover.fleet.ended())
            return False
        self._wake(lambda other: other.lane is turn.lane)
        return True

    async def _passes(self, turn: Turn, failure: Failure) -> bool:
        """Wait until a rate limit has passed; False where it stays and no other endpoint is open."""
        assert turn.lane is not None
        if not turn.paced:
            turn.paced_at = clocks.monotonic()
        if turn.paced >= len(PACE_WAITS):
            return turn.lane.answered_at < turn.paced_at and self._rests(turn.lane, failure, "lane")
        wait = PACE_WAITS[turn.paced] if failure.wait is None else failure.wait
        turn.paced += 1
        await self.pause(turn, wait, attempts=0)
        return True

    async def _send(self, turn: Turn, slot: Slot, messages: Messages) -> Reply | Failure:
        turn.requests += 1
        turn.kept, turn.cost_usd = False, None
        turn.asked_at = clocks.now()
        turn.sending = True
        outcome: Reply | Failure | None = None
        try:
            outcome = await self._ask(slot.lane, messages)
        finally:
            turn.sending = False
            self._heard(turn, slot, outcome)
        if isinstance(outcome, Failure) and outcome.maybe_billed:
            self._progress.maybe_twice += 1
        return outcome

    def _heard(self, turn: Turn, slot: Slot, outcome: Reply | Failure | None) -> None:
        """Tell the endpoint's pace and the budget what became of the request; None: it was broken off."""
        at, lane = clocks.monotonic(), slot.lane
        turn.seconds = at - slot.sent_at
        if isinstance(outcome, Reply):
            lane.pace.answered(at, slot.sent_at)
            lane.answered(at)
        elif outcome is not None and outcome.kind is Kind.PACE:
            lane.pace.refused(at, slot.sent_at, outcome.limit, outcome.wait, outcome.window)
        elif outcome is not None and outcome.status in _OVERLOADED:
            lane.pace.overloaded(at, slot.sent_at)
        else:
            lane.pace.ended(at, slot.sent_at)
        if is_outage(outcome):
            lane.failed(at)
        charge = self._spending.of(lane, outcome, turn.asked_at or clocks.now())
        turn.cost_usd = charge.cost_usd
        turn.placed = is_final(outcome)
        self.failover.release(slot, tokens=charge.tokens, usd=charge.at_most, leaves=not turn.placed)

    def leave(self, turn: Turn) -> None:
        """What came of the row is on disk: another may take its place."""
        if turn.placed:
            turn.placed = False
            self.failover.leave()

    async def pause(self, turn: Turn, seconds: float, attempts: int | None = None) -> None:
        """Wait before the next try, unless the run stops or another row needs this one's outcome.

        `attempts`: of how many tries it is one, for those who watch; 0 for a wait that uses up none.
        """
        until = clocks.monotonic() + seconds
        most = self._attempts if attempts is None else attempts
        reason = turn.last.reason if turn.last else ""
        waiting = Waiting(turn.question.row, reason, until, seconds, turn.tries + 1, most)
        self._tell(str(waiting))
        turn.wake.clear()
        self.waiting[turn] = until
        self._progress.waiting[turn.question.id] = waiting
        try:
            if not self.stopped:
                async with asyncio.timeout(seconds):
                    await turn.wake.wait()
        except TimeoutError:
            pass  # the usual end of a wait
        finally:
            del self.waiting[turn]
            self._progress.waiting.pop(turn.question.id, None)
