"""Random runs whose rows weigh much, with outages, refusals, rate limits and Ctrl-C, in simulated time."""

import asyncio
import random
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from unittest import mock

from dset import composing
from dset.answers import Answer
from dset.batch import Batch
from dset.budgets import Budget
from dset.contents import Question
from dset.failover import Failover
from dset.failures import Failure, Kind
from dset.gates import Verdict
from dset.jobs import Job
from dset.lanes import Lane
from dset.messages import Messages
from dset.progress import Progress
from dset.rejections import RETRIED
from dset.replies import Reply
from dset.slots import Rules
from tests import samples
from tests.simulation.clock import START, Clock

__all__ = ["START", "run"]
_ROOM = 1000  # bytes


@dataclass(frozen=True)
class Outcome:
    """Of one run."""

    stopped: str
    refused: int  # requests


@dataclass
class Story:
    """What happens in one run, drawn by its seed, and what was seen of it."""

    seed: int
    draw: random.Random
    clock: Clock = field(default_factory=Clock)
    reads: Counter[int] = field(default_factory=Counter)
    asked: dict[int, list[tuple[str, bool]]] = field(default_factory=lambda: defaultdict(list))
    saved: dict[int, list[str]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        draw = self.draw
        self.lanes = list(self._drawn_lanes())
        self.rows, self.most = draw.randint(1, 80), draw.choice((1, 3, 8, 40))
        shares = {lane.endpoint.model: draw.choice((0, 0, 0.1, 0.6, 1)) for lane in self.lanes}
        self.refusing: dict[str, float] = shares
        kinds = draw.choice(((0,), (0, 50, 400), (300, 900, 2000), (1, 1000)))
        self.weights = {row: draw.choice(kinds) for row in range(2, self.rows + 2)}
        self.failing = draw.choice((0, 0, 0.05, 0.3))
        begins = [draw.uniform(0, 300) for _ in range(draw.choice((0, 0, 1, 2)))]
        self.outages = [(begin, begin + draw.choice((5, 100, 2000))) for begin in begins]

    def _drawn_lanes(self) -> Iterator[Lane]:
        models = [f"m{number}" for number in range(self.draw.choice((1, 2, 2, 3)))]
        for key in range(self.draw.choice((1, 1, 2))):
            for model in models:
                limits = {"rpm": self.draw.choice((2, 10, 100))} if self.draw.random() < 0.3 else {}
                limits |= {"rpd": self.draw.choice((5, 30))} if self.draw.random() < 0.15 else {}
                at_once, url = self.draw.choice((None, 1, 4, 16)), self.draw.choice(("http://a", "http://b"))
                yield samples.lane(model, at_once, key_name=f"k{key}", base_url=url, limits=limits)

    def questions(self) -> Iterator[Question]:
        """Some have pictures, which are read in a thread."""
        for row, weight in self.weights.items():
            image = "cat.png" if weight and self.draw.random() < 0.1 else ""
            yield samples.question(f"q{row}", row, image=image)

    def compose(self, question: Question) -> Messages:
        """A message of a third of what the row weighs; a few cannot be made."""
        self.reads[question.row] += 1
        if self._share("compose", question.row) < 0.03:
            raise ValueError("no picture")
        url = {"url": "x" * (self.weights[question.row] // 3)}
        return [{"role": "user", "row": question.row, "content": [{"image_url": url}]}]

    async def ask(self, lane: Lane, messages: Messages) -> Reply | Failure:
        """Anything may come of it; a model that has refused a row refuses it always."""
        row, model = messages[0]["row"], lane.endpoint.model
        await asyncio.sleep(self.draw.choice((0.1, 1, 10, 60)) * self.draw.random())
        outcome = self._outcome(row, model)
        self.asked[row].append((model, isinstance(outcome, Failure) and outcome.kind is Kind.REFUSAL))
        return outcome

    def _outcome(self, row: int, model: str) -> Reply | Failure:
        chance = self.draw.random() - self.failing
        if chance < 0 or any(begin < self.clock.seconds < end for begin, end in self.outages):
            cut = self.draw.random() < 0.2
            return Failure(Kind.OUTAGE, "503", status=503, reply=samples.reply("half") if cut else None)
        if chance < 0.05:
            return Failure(Kind.PACE, "429", status=429)
        if chance < 0.055:
            return Failure(Kind.STOP, "bad key", status=401, scope=self.draw.choice(("model", "key")))
        if chance < 0.075:
            return Failure(Kind.ROW_FAULT, f"too long: {self.draw.random()}", status=400)
        if self._share(model, row) < self.refusing[model]:
            return Failure(Kind.REFUSAL, "refused", status=200)
        return samples.reply()

    def gate(self, question: Question, _: Reply, told: int) -> Verdict:
        """Lets most answers in."""
        return (
            Verdict(("short",), again="Mend it." if told < 2 else "")
            if self._share(told, question.row) < 0.1
            else Verdict()
        )

    def _share(self, *what: Any) -> float:
        return random.Random(f"{self.seed}/{what}").random()

    async def commit(self, outcome: Any) -> None:
        """As a committer."""
        await asyncio.sleep(self.draw.choice((0, 0.01, 0.5)))
        self.saved[outcome.question.row].append("" if isinstance(outcome, Answer) else outcome.kind)

    def job(self) -> Job:
        draw = self.draw
        rules = Rules(spread=draw.random() < 0.5, wait=draw.random() < 0.3, most=self.most)
        return Job(
            self.questions(),
            self.compose,
            self.ask,
            Failover(self.lanes, rules, Budget(None), lambda line: None),
            samples.spending(),
            run="r",
            settings="f",
            retry_waits=draw.choice(((1.0,), (60.0, 120.0, 240.0), ())),
            most=self.most,
            gate=self.gate,
            second_opinion=True,
            weight=lambda question: self.weights[question.row],
        )

    async def interrupt(self, batch: Batch) -> None:
        """Ctrl-C, and perhaps once more."""
        await asyncio.sleep(self.draw.uniform(0, 400))
        batch.interrupt("by Ctrl-C")
        if self.draw.random() < 0.5:
            await asyncio.sleep(self.draw.uniform(0, 20))
            batch.interrupt("again")

    def check(self, batch: Batch) -> None:
        """Whatever happened: no row ends twice, is read twice, is lost, or is asked by whom it was refused."""
        name = f"seed {self.seed}"
        final = {row: [kind for kind in kinds if kind != RETRIED] for row, kinds in self.saved.items()}
        assert all(len(kinds) <= 1 for kinds in final.values()), name
        assert batch.stopped or sum(map(len, final.values())) == self.rows, f"{name}: rows are lost"
        assert set(self.reads.values()) <= {1}, f"{name}: read twice"
        for row, requests in self.asked.items():
            refusals = [at for at, (_, refused) in enumerate(requests) if refused]
            assert len(refusals) <= 2, f"{name}, row {row}: {requests}"
            for at in refusals:
                later = {model for model, _ in requests[at + 1 :]}
                assert requests[at][0] not in later, f"{name}, row {row}: {requests}"


def run(seed: int) -> Outcome:
    """One run, checked. AssertionError too where everybody waits for somebody."""
    story = Story(seed, random.Random(seed))
    made: list[Batch] = []

    async def whole() -> None:
        job = story.job()
        made.append(Batch(job, story, Progress(story.rows), lambda line: None))  # type: ignore[arg-type]
        beside = asyncio.ensure_future(story.interrupt(made[0])) if story.draw.random() < 0.4 else None
        await made[0].run()
        if beside:
            beside.cancel()
        assert job.failover.on_their_way == 0, f"seed {seed}: slots are lost"

    with mock.patch.object(composing, "ROOM", _ROOM):
        story.clock.run(whole())
    story.check(made[0])
    stopped = made[0].stopped
    return Outcome(stopped.kind if stopped else "", sum(r for one in story.asked.values() for _, r in one))
