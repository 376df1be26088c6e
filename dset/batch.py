"""The engine: questions in, committed answers out.

It knows no file, no service and no screen: it is handed the questions, a function that asks one, and a committer.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from dset import gates, opinions, rejections
from dset.answers import Answer
from dset.asking import Asker
from dset.commits import Committer
from dset.composing import Composer
from dset.crew import Crew
from dset.errors import StorageError
from dset.failures import Failure, Kind
from dset.firsts import Firsts
from dset.jobs import Job
from dset.messages import Messages
from dset.outages import Outages
from dset.progress import Progress
from dset.rejections import RETRIED, Rejection
from dset.replies import Reply
from dset.stops import STORAGE, Stopped
from dset.turns import Outcome, Turn, is_outage

HOME = 30.0  # seconds that requests in flight have to come home after Ctrl-C
_WAITING = 4  # rows, for each at work: where one of 200 a second fails and waits a minute, it is 60 in all
_FEW = 4  # with fewer at once nobody else is asked while a row waits


class Batch:
    """One run over the questions. `stop` and `interrupt` may be called while it goes on, from its event loop."""

    def __init__(
        self, job: Job, committer: Committer, progress: Progress, tell: Callable[[str], None]
    ) -> None:
        """`tell` takes lines for the log: failures and waits as they come."""
        self._job, self._committer, self.progress, self._tell = job, committer, progress, tell
        self._probes = job.questions if job.probes is None else job.probes
        self._asker = Asker(
            job.ask, job.failover, job.spending, len(job.retry_waits) + 1, progress, tell, self.stop
        )
        self._outages = Outages(
            self._asker, job.retry_waits, self._keep, self._probe, lambda: progress.answered
        )
        self._stop_hits: list[tuple[Turn, Failure]] = []
        self._firsts = Firsts()
        self._crew = Crew(self._work, self._wanted)
        self._again: deque[Turn] = deque()  # probes that are to be asked again
        self._composer = Composer(job.compose, job.weight)
        self._seconds = 0  # rows about which a second model is asked
        self._saving = 0  # outcomes that are not on disk yet
        self._dry = False  # no question is left
        self.stopped: Stopped | None = None

    async def run(self) -> None:
        """Ask until the questions end or the run is stopped; everything that arrived is committed on return."""
        try:
            await self._crew.run(HOME)
        finally:
            self.progress.maybe_twice += self._asker.sending
            await self._crew.dismiss()
        for turn in self._again:
            if turn.last is not None:
                await self._reject(turn, self._kind_of(turn.last), turn.last)
        if self._stop_hits:
            turn, failure = min(self._stop_hits, key=lambda hit: hit[0].question.row)
            await self._reject(turn, failure.kind, failure)

    def _wanted(self) -> int:
        """How many workers there is work for."""
        if self._dry or self.stopped:
            return 0
        room = min(self._job.most, self._asker.failover.capacity)
        # Rows that wait, for another try or for the disk, keep their workers: others keep the service busy.
        waiting = min(len(self._asker.waiting), _WAITING * room) if room >= _FEW else 0
        # Nor does anybody wait for rows that only a busy model may take.
        return room + waiting + min(self._saving, room) + min(self._seconds, _WAITING * room)

    def interrupt(self, reason: str, *, at_once: bool = False) -> None:
        """Stop for the user: nothing new is asked, what is in flight may come home. A second call ends it at once."""
        self.stop(Stopped(rejections.INTERRUPTED, reason))
        self._crew.call_home(2 if at_once else 1)

    def stop(self, why: Stopped) -> None:
        """Ask nothing new; the first reason stands, and where answers were kept is said in any case."""
        if self.stopped is None:
            self.stopped = why
            self._tell(f"stopping: {why.reason}")
            self._composer.stop()
        elif why.kind == STORAGE and why.reason not in f"{self.stopped.reason} {self.stopped.advice}":
            self.stopped = replace(self.stopped, advice=f"{self.stopped.advice} {why.reason}".strip())
        self._asker.stop()

    def hold(self, *, held: bool) -> None:
        """While the disk refuses writes nothing new is asked; what arrives is kept."""
        (self._asker.disk.clear if held else self._asker.disk.set)()

    async def _work(self) -> None:
        while True:
            await self._may_go_on()
            turn = None if self.stopped else self._next()
            if turn is None:
                return
            self._crew.hire()
            try:
                await self._answer(turn)
            finally:
                self._asker.leave(turn)

    async def _may_go_on(self) -> None:
        """No row waits for an outage to pass, and the disk takes what comes."""
        await self._asker.gate.passed()
        await self._asker.disk.wait()

    def _next(self) -> Turn | None:
        """A row to ask: one that has been asked before, else a new one."""
        if self._again:
            return self._again.popleft()
        question = next(self._job.questions, None)
        self._dry = question is None
        return Turn(question) if question else None

    async def _answer(self, turn: Turn) -> None:
        """One question from its first request to its commit, once there is room for what is sent."""
        async with self._composer.composed(turn) as failure:
            if failure:
                await self._reject(turn, Kind.ROW_FAULT, failure)
            while turn.messages and await self._asked(turn, turn.messages):
                self._asker.leave(turn)
                await self._may_go_on()
                if self.stopped:
                    break
        self._seconds -= bool(turn.refusal)

    async def _asked(self, turn: Turn, messages: Messages) -> bool:
        """A request, and those that repeat it; what came is on disk. Whether the row is to be asked otherwise."""
        outcome = await self._asker.request(turn, messages)
        while isinstance(outcome, Failure) and is_outage(outcome):
            outcome, real = await self._outages.survive(turn, messages)
            if real is not None and not self._asker.takes_over(turn, real):
                self.stop(Stopped(Kind.OUTAGE, real.reason, real.advice))
            elif isinstance(outcome, Failure) and is_outage(outcome) and self._asker.has_moved(turn):
                await self._keep(turn, outcome)
                outcome = await self._asker.request(turn, messages)
                continue
            break
        return await self._finish(turn, outcome, messages)

    async def _probe(self) -> tuple[bool, Outcome]:
        """Ask the next row that tells most, once: whether there was one, and its outcome."""
        while (question := next(self._probes, None)) is not None:
            turn = Turn(question, is_probe=True)
            if failure := await self._composer.compose(turn):
                await self._reject(turn, Kind.ROW_FAULT, failure)
            if not turn.messages:
                continue  # it could not be sent, and tells nothing
            outcome = await self._asker.request(turn, turn.messages)
            if isinstance(outcome, Failure) and is_outage(outcome) and self._asker.takes_over(turn, outcome):
                await self._keep(turn, outcome)
                self._again.append(turn)
            elif await self._finish(turn, outcome, turn.messages):
                self._again.append(turn)
            self._asker.leave(turn)
            return True, outcome
        return False, None

    async def _finish(self, turn: Turn, outcome: Outcome, messages: Messages) -> bool:
        """Put on disk what came of the row. Whether it is to be asked again, with what it has been told."""
        if isinstance(outcome, Reply):
            return await self._judge(turn, outcome, messages)
        if outcome is None or outcome.kind is Kind.STOP:  # the run has been told to end
            self._stop_hits += [(turn, outcome)] if outcome else []
            return False
        if outcome.kind is Kind.REFUSAL and await self._is_second_wanted(turn, outcome):
            return True
        outcome = opinions.joined(turn, outcome)
        await self._reject(turn, self._kind_of(outcome), outcome)
        if not self.progress.answered and (why := self._firsts.note(outcome)):
            self.stop(why)
        return False

    async def _is_second_wanted(self, turn: Turn, refusal: Failure) -> bool:
        """One model will not answer the row: whether another one is asked, which happens once."""
        turn.refused_by = turn.refused_by or opinions.against(turn)
        others = len(turn.refused_by) == 1 and self._job.failover.fleet.has_other_than(turn.refused_by)
        if not self._job.second_opinion or turn.refusal or self.stopped or not others:
            return False
        await self._keep(turn, refusal)
        turn.refusal = replace(refusal, reply=None, usage=None)  # what was paid for is kept
        turn.tries, turn.last = 0, None
        self._seconds += 1
        self._crew.hire()
        return True

    def _kind_of(self, outcome: Failure) -> str:
        if outcome.kind not in {Kind.OUTAGE, Kind.PACE}:
            return outcome.kind
        interrupted = self.stopped is not None and self.stopped.kind == rejections.INTERRUPTED
        return rejections.INTERRUPTED if interrupted else Kind.OUTAGE

    async def _judge(self, turn: Turn, reply: Reply, messages: Messages) -> bool:
        """The gate lets the reply in, has the row asked again with the faults told, or leaves it without an answer."""
        verdict = self._job.gate(turn.question, reply, turn.told)
        fault = Failure(Kind.ROW_FAULT, verdict.reason, reply=reply)
        if not verdict.faults:
            await self._commit(turn, reply, verdict.data)
        elif not verdict.again:
            await self._reject(turn, rejections.INVALID, fault)
        else:  # a run that stops before it is asked leaves it as it was: to be asked
            await self._keep(turn, fault)
            turn.first = turn.first or messages
            turn.messages = gates.told(turn.first, reply, verdict)
            turn.told, turn.tries, turn.last = turn.told + 1, 0, None
            return True
        return False

    async def _commit(self, turn: Turn, reply: Reply, data: Any) -> None:
        answer = self._job.answer(turn, reply, data)
        if await self._saved(answer):
            self.progress.saved(reply, turn.cost_usd, answer.endpoint)
            self._tell(f"saved row {turn.question.row} {answer.question.id}")

    async def _reject(self, turn: Turn, kind: str, failure: Failure) -> None:
        rejection = self._job.rejection(turn, kind, failure)
        if await self._saved(rejection):
            self.progress.rejected(rejection, counted=turn.kept)

    async def _keep(self, turn: Turn, failure: Failure) -> None:
        """What a try brought that is no answer is on disk before the row is asked again: it was paid for."""
        is_billed = failure.kind is Kind.REFUSAL and turn.cost_usd is not None  # for a refusal without a word
        if not failure.reply and not is_billed:
            return
        if await self._saved(self._job.rejection(turn, RETRIED, failure)):
            turn.kept = True
            self.progress.tried_in_vain(failure.reply, turn.cost_usd)

    async def _saved(self, outcome: Answer | Rejection) -> bool:
        self._saving += 1
        try:
            await self._committer.commit(outcome)
        except StorageError as error:
            self.stop(Stopped(STORAGE, str(error)))
            return False
        finally:
            self._saving -= 1
        return True
