"""The engine: questions in, committed answers out.

It knows no file, no service and no screen: it is handed the questions, a function that asks one, and a committer.
"""

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from functools import partial

from tenacity import (
    AsyncRetrying,
    RetryCallState,
    retry_if_result,
    stop_after_attempt,
    wait_chain,
    wait_fixed,
)

from dset import rejections
from dset.answers import Answer
from dset.commits import Committer
from dset.completions import Reply
from dset.endpoints import Messages
from dset.errors import StorageError
from dset.failures import Failure, Kind
from dset.pacing import PACE_WAITS, Limiter, OutageGate
from dset.progress import Progress, Waiting
from dset.questions import Question
from dset.rejections import Rejection
from dset.runs import utc_now

HOME = 30.0  # seconds that requests in flight have to come home after Ctrl-C
_AT_ONCE = 8  # workers started per turn of the loop: thousands at once delay the first request by seconds

STORAGE = "storage"  # the disk refuses what was paid for
Ask = Callable[[Messages], Awaitable[Reply | Failure]]
Gate = Callable[[Question, Reply], str]


@dataclass(frozen=True, slots=True)
class Job:
    """What the engine is handed."""

    questions: Iterator[Question]
    compose: Callable[[Question], Messages]  # ValueError: the row cannot be sent
    ask: Ask
    endpoint: str  # name, for the metadata
    model: str
    run: str
    settings: str  # fingerprint
    retry_waits: tuple[float, ...]
    concurrency: int
    probes: Iterator[Question] | None = (
        None  # the same questions, in the order to try whether the service answers
    )
    gate: Gate = lambda question, reply: ""  # why an answer may not enter the outputs, '' where it may  # noqa: ARG005


@dataclass(frozen=True, slots=True)
class Stopped:
    """Why a run ended before its questions did."""

    kind: str  # a failures.Kind, INTERRUPTED or STORAGE
    reason: str
    advice: str = ""


@dataclass(slots=True, eq=False)
class _Turn:
    """One question on its way."""

    question: Question
    requests: int = 0
    tries: int = 0  # requests without the paced ones
    paced: int = 0
    seconds: float = 0.0
    failed_at: float = 0.0
    sending: bool = False
    last: Failure | None = None
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    outcome: "asyncio.Future[Reply | Failure | None] | None" = None  # of the request in flight


class Batch:
    """One run over the questions. `stop` and `interrupt` may be called while it goes on, from its event loop."""

    def __init__(
        self, job: Job, committer: Committer, progress: Progress, tell: Callable[[str], None]
    ) -> None:
        """`tell` takes lines for the log: failures and waits as they come."""
        self._job, self._committer, self.progress, self._tell = job, committer, progress, tell
        self._probes = job.questions if job.probes is None else job.probes
        self._limiter = Limiter(job.concurrency)
        self._gate = OutageGate()
        self._alive_at = 0.0  # when the service last answered a row in any way
        self._waiting: dict[_Turn, float] = {}
        self._flying: dict[_Turn, None] = {}
        self._judging = asyncio.Lock()
        self._disk = asyncio.Event()
        self._disk.set()
        self._stop_hits: list[tuple[_Turn, Failure]] = []
        self._first_faults: list[tuple[int | None, str]] = []
        self._workers: list[asyncio.Task[None]] = []
        self._interrupts = 0
        self.stopped: Stopped | None = None

    async def run(self) -> None:
        """Ask until the questions end or the run is stopped; everything that arrived is committed on return."""
        try:
            for number in range(self._job.concurrency):
                self._workers.append(asyncio.create_task(self._work()))
                if number % _AT_ONCE == _AT_ONCE - 1:
                    await asyncio.sleep(0)
            await self._come_home()
        finally:
            self._cancel()
            outcomes = await asyncio.gather(*self._workers, return_exceptions=True)
        for outcome in outcomes:
            if isinstance(outcome, Exception):
                raise outcome
        if self._stop_hits:
            turn, failure = min(self._stop_hits, key=lambda hit: hit[0].question.row)
            await self._reject(turn, failure.kind, failure)

    async def _come_home(self) -> None:
        pending: set[asyncio.Task[None]] = set(self._workers)
        deadline: float | None = None
        while pending:
            _, pending = await asyncio.wait(pending, timeout=0.2, return_when=asyncio.FIRST_EXCEPTION)
            if any(task.done() and not task.cancelled() and task.exception() for task in self._workers):
                return
            if self._interrupts and deadline is None:
                deadline = time.monotonic() + HOME
            if self._interrupts > 1 or (deadline and time.monotonic() > deadline):
                return

    def interrupt(self, reason: str, *, at_once: bool = False) -> None:
        """Stop for the user: nothing new is asked, what is in flight may come home. A second call ends it at once."""
        self._interrupts += 2 if at_once else 1
        self.stop(Stopped(rejections.INTERRUPTED, reason))

    def stop(self, why: Stopped) -> None:
        """Ask nothing new; the first reason stands."""
        if self.stopped is None:
            self.stopped = why
            self._tell(f"stopping: {why.reason}")
        for turn in list(self._waiting):
            turn.wake.set()
        self._gate.open()
        self._disk.set()

    def hold(self, *, held: bool) -> None:
        """While the disk refuses writes nothing new is asked; what arrives is kept."""
        if held:
            self._disk.clear()
        else:
            self._disk.set()

    def _cancel(self) -> None:
        self.progress.maybe_twice += sum(turn.sending for turn in self._flying)
        for task in self._workers:
            task.cancel()

    async def _work(self) -> None:
        while True:
            await self._gate.passed()
            await self._disk.wait()
            question = None if self.stopped else next(self._job.questions, None)
            if question is None:
                return
            await self._answer(_Turn(question))

    async def _answer(self, turn: _Turn) -> None:
        """One question from its first request to its commit."""
        try:
            messages = self._job.compose(turn.question)
        except ValueError as error:
            await self._reject(turn, Kind.ROW_FAULT, Failure(Kind.ROW_FAULT, str(error)))
            return
        outcome = await self._request(turn, messages)
        if _is_outage(outcome):
            outcome = await self._survive(turn, messages)
        await self._finish(turn, outcome)

    # --- One request ---------------------------------------------------------------------------------------

    async def _request(self, turn: _Turn, messages: Messages) -> Reply | Failure | None:
        """The outcome of one try, paced waits included; None if the run stopped before it was sent."""
        turn.outcome = asyncio.get_running_loop().create_future()
        self._flying[turn] = None
        outcome: Reply | Failure | None = None
        try:
            outcome = await self._paced(turn, messages)
        finally:
            del self._flying[turn]
            turn.outcome.set_result(outcome)
            turn.outcome = None
        if isinstance(outcome, Failure):
            turn.last = outcome
            self._tell(f"row {turn.question.row}: {outcome.kind}: {outcome.reason}")
        if outcome is not None and not _is_outage(outcome):
            self._alive_at = time.monotonic()
            self._gate.open()
        return outcome

    async def _paced(self, turn: _Turn, messages: Messages) -> Reply | Failure | None:
        turn.tries += 1
        while True:
            async with self._limiter.slot() as sent_at:
                await self._disk.wait()  # another try is a new request too
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
                return _as_outage(outcome)
            wait = PACE_WAITS[turn.paced] if outcome.wait is None else outcome.wait
            turn.paced += 1
            turn.last = outcome
            await self._pause(turn, outcome.reason, wait, paced=True)
            if self.stopped:
                return outcome

    async def _send(self, turn: _Turn, messages: Messages) -> Reply | Failure:
        turn.requests += 1
        started = time.monotonic()
        turn.sending = True
        outcome = await self._job.ask(messages)
        turn.sending = False
        turn.seconds = time.monotonic() - started
        if isinstance(outcome, Failure) and outcome.maybe_billed:
            self.progress.maybe_twice += 1
        return outcome

    async def _pause(self, turn: _Turn, reason: str, seconds: float, *, paced: bool) -> None:
        """Wait before the next try, unless the run stops or another row needs this one's outcome."""
        most = 0 if paced else len(self._job.retry_waits) + 1
        until = time.monotonic() + seconds
        waiting = Waiting(turn.question.row, reason, until, seconds, turn.tries + 1, most)
        self._tell(str(waiting))
        turn.wake.clear()
        self._waiting[turn] = waiting.until
        self.progress.waiting[turn.question.id] = waiting
        try:
            if not self.stopped:
                async with asyncio.timeout(seconds):
                    await turn.wake.wait()
        except TimeoutError:
            pass  # the usual end of a wait
        finally:
            del self._waiting[turn]
            self.progress.waiting.pop(turn.question.id, None)

    # --- Outages -------------------------------------------------------------------------------------------

    async def _survive(self, turn: _Turn, messages: Messages) -> Reply | Failure | None:
        """Try again after each of the waits; when they are used up, find out whose fault it is."""
        turn.failed_at = time.monotonic()
        self._gate.enter()
        first = [turn.last]

        async def attempt() -> Reply | Failure | None:
            if first:
                return first.pop()
            return turn.last if self.stopped else await self._retry(turn, messages)

        retrying = AsyncRetrying(
            retry=retry_if_result(_is_outage),
            wait=wait_chain(*map(wait_fixed, self._job.retry_waits))
            if self._job.retry_waits
            else wait_fixed(0),
            stop=self._used_up,
            sleep=partial(self._wait_out, turn),
            retry_error_callback=_last_outcome,
        )
        try:
            outcome: Reply | Failure | None = await retrying(attempt)
            if _is_outage(outcome) and not self.stopped and await self._is_real(turn):
                last = turn.last or Failure(Kind.OUTAGE, "outage")
                self.stop(Stopped(Kind.OUTAGE, last.reason, last.advice))
            return outcome
        finally:
            self._gate.leave()

    async def _retry(self, turn: _Turn, messages: Messages) -> Reply | Failure | None:
        outcome = await self._request(turn, messages)
        if _is_outage(outcome):
            self._gate.close()
        return outcome

    def _used_up(self, state: RetryCallState) -> bool:
        return self.stopped is not None or stop_after_attempt(len(self._job.retry_waits) + 1)(state)

    async def _wait_out(self, turn: _Turn, seconds: float) -> None:
        assert turn.last is not None
        await self._pause(turn, turn.last.reason, seconds, paced=False)

    async def _is_real(self, turn: _Turn) -> bool:
        """Whether the service fails every row: True if nobody was answered since this row first failed."""
        async with self._judging:
            if self._alive_at > turn.failed_at or self.stopped:
                return False
            return _is_outage(await self._probe(turn))

    async def _probe(self, turn: _Turn) -> Reply | Failure | None:
        """The outcome of one other row, asked once: one that never failed, else one that waits, else one in flight.

        Where there is no other row, those answered before it tell: None if there were any, else its own failure.
        """
        while (question := next(self._probes, None)) is not None:
            outcome = await self._ask_once(_Turn(question))
            if outcome is not None or self.stopped:
                return outcome  # else it could not be sent, and tells nothing
        waiting = [other for other in self._waiting if not other.paced]
        if waiting:
            other = min(waiting, key=self._waiting.__getitem__)
            other.wake.set()
            for _ in range(10):  # turns of the loop, until its request is on its way
                if other.outcome is None:
                    await asyncio.sleep(0)
            return await asyncio.shield(other.outcome) if other.outcome else other.last
        flying = next((other for other in self._flying if other is not turn), None)
        if flying is not None and flying.outcome is not None:
            return await asyncio.shield(flying.outcome)
        return None if self.progress.answered else turn.last

    async def _ask_once(self, turn: _Turn) -> Reply | Failure | None:
        try:
            messages = self._job.compose(turn.question)
        except ValueError as error:
            await self._reject(turn, Kind.ROW_FAULT, Failure(Kind.ROW_FAULT, str(error)))
            return None
        outcome = await self._request(turn, messages)
        await self._finish(turn, outcome)
        return outcome

    # --- The end of a row ----------------------------------------------------------------------------------

    async def _finish(self, turn: _Turn, outcome: Reply | Failure | None) -> None:
        if isinstance(outcome, Reply):
            await self._commit(turn, outcome)
        elif outcome is None:
            return
        elif outcome.kind is Kind.STOP:
            self._stop_hits.append((turn, outcome))
            self.stop(Stopped(Kind.STOP, outcome.reason, outcome.advice))
        else:
            await self._reject(turn, self._kind_of(outcome), outcome)
            self._look_at_first(outcome)

    def _kind_of(self, outcome: Failure) -> str:
        if outcome.kind not in {Kind.OUTAGE, Kind.PACE}:
            return outcome.kind
        interrupted = self.stopped is not None and self.stopped.kind == rejections.INTERRUPTED
        return rejections.INTERRUPTED if interrupted else Kind.OUTAGE

    def _look_at_first(self, outcome: Failure) -> None:
        """Stop where the first three rows all end in the same row fault: it is not the rows."""
        if self.progress.answered or len(self._first_faults) >= 3:
            return
        fault = (
            (outcome.status, re.sub(r"\d+", "#", outcome.reason))
            if outcome.kind is Kind.ROW_FAULT
            else (-1, "")
        )
        self._first_faults.append(fault)
        if len(self._first_faults) == 3 and len(set(self._first_faults)) == 1 and fault[0] != -1:
            advice = outcome.advice or "Check --model, --max-tokens, --temperature and the prompt."
            self.stop(Stopped(Kind.ROW_FAULT, f"the first rows all failed alike: {outcome.reason}", advice))

    async def _commit(self, turn: _Turn, reply: Reply) -> None:
        if fault := self._job.gate(turn.question, reply):
            await self._reject(turn, rejections.INVALID, Failure(Kind.ROW_FAULT, fault, reply=reply))
            return
        job = self._job
        answer = Answer(
            question=turn.question,
            reply=reply,
            timestamp=utc_now(),
            model=reply.model or job.model,
            endpoint=job.endpoint,
            run=job.run,
            seconds=round(turn.seconds, 3),
            attempts=turn.requests,
        )
        if await self._saved(answer):
            self.progress.saved(reply)
            self._tell(f"saved row {turn.question.row} {answer.question.id}")

    async def _reject(self, turn: _Turn, kind: str, failure: Failure) -> None:
        job = self._job
        figures = {
            "timestamp": utc_now(),
            "model": failure.reply.model if failure.reply and failure.reply.model else job.model,
            "endpoint": job.endpoint,
            "run": job.run,
            "cost_usd": None,
            "seconds": round(turn.seconds, 3),
            "attempts": turn.requests,
        }
        reason = (
            f"{failure.reason} {failure.advice}".strip() if kind != rejections.INTERRUPTED else failure.reason
        )
        rejection = Rejection(
            turn.question, kind, reason, job.settings, failure.reply, tuple(figures.items())
        )
        if await self._saved(rejection):
            self.progress.rejected(rejection)

    async def _saved(self, outcome: Answer | Rejection) -> bool:
        try:
            await self._committer.commit(outcome)
        except StorageError as error:
            self.stop(Stopped(STORAGE, str(error)))
            return False
        return True


def _is_outage(outcome: Reply | Failure | None) -> bool:
    return isinstance(outcome, Failure) and outcome.kind is Kind.OUTAGE


def _as_outage(failure: Failure) -> Failure:
    return Failure(Kind.OUTAGE, failure.reason, failure.advice, failure.status)


def _last_outcome(state: RetryCallState) -> Reply | Failure | None:
    assert state.outcome is not None
    outcome: Reply | Failure | None = state.outcome.result()
    return outcome
