"""A row that an outage hits: tried again after each wait, and then whose fault it is, the row's or the service's."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial

from tenacity import (
    AsyncRetrying,
    RetryCallState,
    retry_if_result,
    stop_after_attempt,
    wait_chain,
    wait_fixed,
)

from dset import clocks
from dset.asking import Asker
from dset.failures import REWORD, Failure, Kind
from dset.messages import Messages
from dset.turns import Outcome, Turn, is_outage

# Makes durable what a try brought, if it brought anything: (the row, why it is asked again).
Keep = Callable[[Turn, Failure], Awaitable[None]]
# Asks one other row once: (there was one, its outcome).
Probe = Callable[[], Awaitable[tuple[bool, Outcome]]]
_SILENT = 4  # rows without an answer between them that may be blocked in silence: of more, it is the service


class Outages:
    """Retries rows, and finds out whether the service fails them all."""

    def __init__(
        self,
        asker: Asker,
        waits: tuple[float, ...],
        keep: Keep,
        probe: Probe,
        answered: Callable[[], int],
    ) -> None:
        """`waits` in seconds before each further try; `answered` counts the rows of this run."""
        self._asker, self._waits, self._keep = asker, waits, keep
        self._probe, self._answered = probe, answered
        self._judging = asyncio.Lock()
        self._silent, self._alive_then = 0, 0.0

    async def survive(self, turn: Turn, messages: Messages) -> tuple[Outcome, Failure | None]:
        """The row's outcome after its tries, and the failure of the service if no row gets through.

        A row to which the service says nothing, again and again, is refused: so it looks where a filter blocks it.
        """
        turn.failed_at = clocks.monotonic()
        self._asker.gate.enter()
        try:
            outcome = await self._retried(turn, messages)
            if is_outage(outcome) and not self._asker.stopped and await self._is_real(turn):
                return outcome, turn.last or Failure(Kind.OUTAGE, "outage")
            return self._refused(turn, outcome), None
        finally:
            self._asker.gate.leave()

    async def _retried(self, turn: Turn, messages: Messages) -> Outcome:
        first = [turn.last]  # the try that failed already is the first of them

        async def attempt() -> Outcome:
            if first:
                return first.pop()
            if self._asker.stopped:
                return turn.last
            outcome = await self._asker.request(turn, messages)
            if is_outage(outcome):
                self._asker.gate.close()
            return outcome

        retrying = AsyncRetrying(
            retry=retry_if_result(is_outage),
            wait=wait_chain(*map(wait_fixed, self._waits or (0.0,))),
            stop=self._used_up,
            sleep=partial(self._pause, turn),
            retry_error_callback=_last_outcome,
        )
        outcome: Outcome = await retrying(attempt)
        return outcome

    async def _pause(self, turn: Turn, seconds: float) -> None:
        if turn.last is not None:
            await self._keep(turn, turn.last)
        if not self._asker.has_moved(turn):  # else another endpoint takes it at once
            await self._asker.pause(turn, seconds)

    def _used_up(self, state: RetryCallState) -> bool:
        return self._asker.stopped or stop_after_attempt(len(self._waits) + 1)(state)

    def _refused(self, turn: Turn, outcome: Outcome) -> Outcome:
        """A refusal in the place of silence, unless the run stops before all tries were made."""
        if self._asker.stopped or not _is_silent(turn, outcome):
            return outcome
        assert isinstance(outcome, Failure)
        return replace(outcome, kind=Kind.REFUSAL, advice=REWORD)

    async def _is_real(self, turn: Turn) -> bool:
        """Whether the service fails every row: True if nobody was answered since this row first failed."""
        async with self._judging:
            if self._asker.alive_at > turn.failed_at or self._asker.stopped:
                return False
            if _is_silent(turn, turn.last) and self._may_be_blocked():
                return False
            return is_outage(await self._other_outcome(turn))

    def _may_be_blocked(self) -> bool:
        """Few rows met silence since the service last said anything."""
        if self._alive_then != self._asker.alive_at:
            self._silent, self._alive_then = 0, self._asker.alive_at
        self._silent += 1
        return self._silent <= _SILENT

    async def _other_outcome(self, turn: Turn) -> Outcome:
        """The outcome of one other row, asked once: one that never failed, else one that waits, else one in flight.

        Whichever it is may be sent: one that stood by until the outage is over would wait for this verdict for ever.

        Where there is no other row, those answered before it tell: None if there were any, else its own failure.
        """
        found, outcome = await self._probe()
        if found:
            return outcome
        if (fresh := next(iter(self._asker.standing_by), None)) is not None and fresh.outcome is not None:
            fresh.is_probe = True
            fresh.wake.set()
            return await asyncio.shield(fresh.outcome)
        waiting = [other for other in self._asker.waiting if not other.paced]
        if waiting:
            other = min(waiting, key=self._asker.waiting.__getitem__)
            other.wake.set()
            for _ in range(10):  # turns of the loop, until its request is on its way
                if other.outcome is None:
                    await asyncio.sleep(0)
            return await asyncio.shield(other.outcome) if other.outcome else other.last
        flying = next((other for other in self._asker.flying if other is not turn), None)
        if flying is not None and flying.outcome is not None:
            flying.is_probe = True
            return await asyncio.shield(flying.outcome)
        return None if self._answered() else turn.last


def _is_silent(turn: Turn, outcome: Outcome) -> bool:
    """The last try met silence, and not for the first time unless it was the only one."""
    tries = min(turn.tries, 2)
    return isinstance(outcome, Failure) and outcome.silent and len(turn.silent_at) >= tries


def _last_outcome(state: RetryCallState) -> Outcome:
    assert state.outcome is not None
    outcome: Outcome = state.outcome.result()
    return outcome
