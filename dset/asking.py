"""One row's requests: paced where the service says too many, paused between tries, heard of by the others."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from dset.contents import Question
from dset.failures import Failure, Kind
from dset.messages import Messages
from dset.pacing import PACE_WAITS, Limiter, OutageGate
from dset.progress import Progress, Waiting
from dset.replies import Reply

Ask = Callable[[Messages], Awaitable[Reply | Failure]]
Outcome = Reply | Failure | None  # None: the run stopped before it was sent


@dataclass(slots=True, eq=False)
class Turn:
    """One question on its way."""

    question: Question
    requests: int = 0
    tries: int = 0  # requests without the paced ones
    paced: int = 0  # waits in a row for a service that says too many
    seconds: float = 0.0  # of the last request
    failed_at: float = 0.0  # when an outage first hit it
    sending: bool = False
    last: Failure | None = None
    kept: bool = False  # what its last request brought stands in rejected.json already
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    outcome: "asyncio.Future[Outcome] | None" = None  # of the try under way


def is_outage(outcome: Outcome) -> bool:
    """A failure that a later try can cure."""
    return isinstance(outcome, Failure) and outcome.kind is Kind.OUTAGE


class Asker:
    """Asks for all rows of a run: at most so many at once, fewer while the service says that it is too many."""

    def __init__(
        self, ask: Ask, most: int, attempts: int, progress: Progress, tell: Callable[[str], None]
    ) -> None:
        """`most` requests at once; `attempts` at a row at the most, to tell of; `tell` takes lines for the log."""
        self._ask, self._attempts, self._progress, self._tell = ask, attempts, progress, tell
        self._limiter = Limiter(most)
        self.gate = OutageGate()
        self.disk = asyncio.Event()  # cleared while the disk refuses writes: nothing new is asked
        self.disk.set()
        self.alive_at = 0.0  # when the service last answered a row in any way
        self.waiting: dict[Turn, float] = {}  # until when
        self.flying: dict[Turn, None] = {}
        self.stopped = False

    def stop(self) -> None:
        """Send nothing new; who waits for another try need not wait any longer."""
        self.stopped = True
        for turn in list(self.waiting):
            turn.wake.set()
        self.gate.open()
        self.disk.set()

    @property
    def sending(self) -> int:
        """Requests whose answers have not arrived."""
        return sum(turn.sending for turn in self.flying)

    async def request(self, turn: Turn, messages: Messages) -> Outcome:
        """The outcome of one try, paced waits included."""
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
        if outcome is not None and not is_outage(outcome):
            self.alive_at = time.monotonic()
            self.gate.open()
        return outcome

    async def _paced(self, turn: Turn, messages: Messages) -> Outcome:
        turn.tries += 1
        while True:
            async with self._limiter.slot() as sent_at:
                await self.disk.wait()  # another try is a new request too
                if self.stopped:
                    return turn.last
                outcome = await self._send(turn, messages)
            if not (isinstance(outcome, Failure) and outcome.kind is Kind.PACE):
                turn.paced = 0
                if not isinstance(outcome, Failure):
                    self._limiter.answered()
                return outcome
            self._limiter.slow_down(sent_at, outcome.limit)
            if turn.paced >= len(PACE_WAITS):
                return Failure(Kind.OUTAGE, outcome.reason, outcome.advice, outcome.status)
            wait = PACE_WAITS[turn.paced] if outcome.wait is None else outcome.wait
            turn.paced += 1
            turn.last = outcome
            await self.pause(turn, wait, attempts=0)

    async def _send(self, turn: Turn, messages: Messages) -> Reply | Failure:
        turn.requests += 1
        turn.kept = False
        started = time.monotonic()
        turn.sending = True
        outcome = await self._ask(messages)
        turn.sending = False
        turn.seconds = time.monotonic() - started
        if isinstance(outcome, Failure) and outcome.maybe_billed:
            self._progress.maybe_twice += 1
        return outcome

    async def pause(self, turn: Turn, seconds: float, attempts: int | None = None) -> None:
        """Wait before the next try, unless the run stops or another row needs this one's outcome.

        `attempts`: of how many tries it is one, for those who watch; 0 for a wait that uses up none.
        """
        until = time.monotonic() + seconds
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
