"""Random runs within a budget, in simulated time: what the service bills is known only to the service."""

import asyncio
import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from dset.batch import Batch
from dset.budgets import Budget
from dset.contents import Question
from dset.failover import Failover
from dset.failures import Failure, Kind
from dset.jobs import Job
from dset.lanes import Lane
from dset.messages import Messages, sizes
from dset.progress import Progress
from dset.replies import Reply
from dset.slots import Rules
from dset.stops import BUDGET
from tests import samples
from tests.simulation.clock import START, Clock


@dataclass(frozen=True)
class Outcome:
    """Of one run, or of several that went on with more money."""

    budget: float  # the last one, USD
    billed: float  # by the service, USD
    answered: int
    rows: int
    stopped: str


class Service:
    """Bills what it likes within what was asked for, at the dearer of the prices at a request's beginning and end."""

    def __init__(self, clock: Clock, draw: random.Random, longest: int) -> None:
        self._clock, self._draw, self._longest = clock, draw, longest
        self.billed = 0.0

    async def ask(self, lane: Lane, sent: Messages) -> Reply | Failure:
        """An answer of any length, or a failure that may be billed all the same."""
        began = self._clock.now()
        await asyncio.sleep(self._draw.choice((0.1, 1.0, 7.0, 60.0, 900.0)) * self._draw.random())
        came_in = sizes(sent)[0] // self._draw.randint(1, 5) + self._draw.randint(0, 20)
        went_out = self._draw.randint(1, self._longest)
        if self._draw.random() < 0.1:
            went_out = self._longest
        reply = samples.reply(
            prompt_tokens=came_in, cached_tokens=self._draw.randint(0, came_in), completion_tokens=went_out
        )
        kind = self._draw.random()
        if kind < 0.70:
            self._bill(lane, reply, began)
            return reply
        if kind < 0.80:  # cut: it was worked on, and nobody hears what it cost
            self._bill(lane, reply, began)
            return Failure(Kind.OUTAGE, "cut", maybe_billed=True)
        if kind < 0.85:
            self._bill(lane, reply, began)
            return replace(reply, prompt_tokens=None)  # usage that is not told
        if kind < 0.90:
            self._bill(lane, reply, began)
            return Failure(Kind.CUT_SHORT, "cut short", status=200, reply=reply)
        if kind < 0.95:
            return Failure(Kind.PACE, "too many", status=429)
        return Failure(Kind.OUTAGE, "busy", status=503)

    def _bill(self, lane: Lane, reply: Reply, began: datetime) -> None:
        assert lane.price is not None
        ended = self._clock.now()
        rates = [lane.price.at(began), lane.price.at(ended)]
        figures = (reply.prompt_tokens or 0, reply.cached_tokens or 0, reply.completion_tokens or 0)
        self.billed += max(rate.cost(*figures) for rate in rates)


class _Disk:
    """Keeps nothing: what a disk does is told elsewhere."""

    async def commit(self, outcome: object) -> None:
        del outcome


def questions(draw: random.Random, count: int) -> Iterator[Question]:
    """Some are long."""
    for row in range(2, count + 2):
        yield samples.question("ก" * draw.randint(1, draw.choice((20, 4000))), row)


def run(seed: int) -> Outcome:
    """A dataset that is asked for with little money, then with more, and at last with enough or nearly so."""
    draw = random.Random(seed)
    clock = Clock(START + timedelta(hours=draw.randint(0, 200)))
    longest, rows = draw.choice((100, 4096, 32_768)), draw.randint(1, 40)
    concurrency = draw.choice((None, 1, 3, 16))
    service, known = Service(clock, draw, longest), 0.0
    left, answered, most, stopped = list(questions(draw, rows)), 0, 0.0, ""
    for _ in range(3):
        most += draw.choice((0.0, 0.5, 3.0, 10.0, 40.0)) * draw.random() * longest * 1.2e-6  # USD
        budget = Budget(most, known)
        batch, progress = _one(service, clock, left, concurrency, budget, longest)
        known, answered = budget.spent, answered + progress.answered
        assert service.billed <= most + 1e-12, f"seed {seed}: {service.billed} billed of {most}"
        assert budget.reserved == 0.0, f"seed {seed}: something is still set aside"
        stopped = batch.stopped.kind if batch.stopped else ""
        if stopped != BUDGET:
            break
    return Outcome(most, service.billed, answered, rows, stopped)


def _one(
    service: Service,
    clock: Clock,
    left: list[Question],
    concurrency: int | None,
    budget: Budget,
    longest: int,
) -> tuple[Batch, Progress]:
    lane = samples.lane("deepseek-flash", concurrency, provider="deepseek", is_deepseek=True)
    progress = Progress(len(left))
    made: list[Batch] = []

    def taken() -> Iterator[Question]:
        while left:
            yield left.pop(0)

    async def whole() -> None:
        failover = Failover([lane], Rules(most=concurrency), budget, lambda line: None)
        job = Job(
            taken(),
            lambda asked: [{"role": "user", "content": asked.text}],
            service.ask,
            failover,
            samples.spending(max_tokens=longest, budget=1),
            run="r",
            settings="f",
            retry_waits=(1.0,),
            most=40,
        )
        made.append(Batch(job, _Disk(), progress, lambda line: None))  # type: ignore[arg-type]
        await made[0].run()

    clock.run(whole())
    return made[0], progress
