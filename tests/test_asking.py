"""A row on its way over several endpoints, in simulated time: what moves it on, and what is written down of it."""

import asyncio
import itertools
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dset import answers, crew
from dset.batch import Batch
from dset.commits import Committer
from dset.failures import Failure, Kind
from dset.jobs import Job
from dset.lanes import Lane
from dset.messages import Messages
from dset.outputs import Outputs
from dset.progress import Progress
from dset.rejections import INTERRUPTED
from dset.replies import Reply
from dset.stops import BUDGET, SPENT
from tests import samples
from tests.simulation.clock import Clock

FOLDER = Path("dset_generator")
DAY_SPENT = Failure(Kind.STOP, "the day is spent", reopens="pacific")
KEY_DEAD = Failure(Kind.STOP, "bad key", "Check it.", scope="key")
BUSY = Failure(Kind.PACE, "too many", status=429)
DOWN = Failure(Kind.OUTAGE, "overloaded", status=503)
UNREACHED = Failure(Kind.OUTAGE, "no connection")
RISKY = Failure(Kind.OUTAGE, "cut", maybe_billed=True)
BLOCKED = Failure(Kind.REFUSAL, "blocked", status=200)
ROWS = [f"q{number}" for number in range(1, 9)]


class Services:
    """Each model's or key's outcomes, the last one again and again; a Reply where nothing is told of it."""

    def __init__(self, clock: Clock, **outcomes: Sequence[Reply | Failure]) -> None:
        self._clock, self._outcomes = clock, outcomes
        self.asked: list[tuple[str, str, float]] = []  # lane, text, when
        self.bad = ""  # a text that fails wherever it is asked

    async def ask(self, lane: Lane, sent: Messages) -> Reply | Failure:
        """One second each."""
        model = lane.endpoint.model
        told = self._outcomes.get(lane.endpoint.key_name) or self._outcomes.get(model, [samples.reply()])
        number = sum(name == model for name, _, _ in self.asked)
        self.asked.append((model, sent[0]["content"], self._clock.seconds))
        await asyncio.sleep(1.0)
        outcome = DOWN if sent[0]["content"] == self.bad else told[min(number, len(told) - 1)]
        return replace(outcome, model=None) if isinstance(outcome, Reply) else outcome

    @property
    def bill(self) -> Counter[str]:
        """Requests by lane."""
        return Counter(name for name, _, _ in self.asked)


class Result:
    """What became of a run."""

    def __init__(self, made: Batch, progress: Progress, told: list[str], clock: Clock) -> None:
        self.stopped, self.progress, self.told, self.clock = made.stopped, progress, told, clock
        self.records = list(answers.read(FOLDER / "output.json"))
        self.by_endpoint = Counter(line["metadata"]["endpoint"] for line in self.records)
        lines = samples.read_lines(FOLDER / "rejected.json")
        self.rejected = {line["metadata"]["question"]: line for line in lines}


def run(
    services: Services, clock: Clock, lanes: Sequence[Lane], texts: Sequence[str] = ROWS, **more: Any
) -> Result:
    """One run over these questions, at these lanes."""
    outputs, told = Outputs(FOLDER, print), list[str]()
    outputs.recover(Path("q.csv"))
    outputs.open((), (), csv_exact=False)
    progress = Progress(len(texts))
    interrupt_at = more.pop("interrupt_at", 0.0)
    waits = more.pop("retry_waits", (60.0, 120.0, 240.0))
    job: dict[str, Any] = {"run": "r", "settings": "f1", "retry_waits": waits, "most": 8}
    made: list[Batch] = []

    async def whole() -> None:
        failover = samples.failover(*lanes, tell=told.append, **more)
        questions = iter([samples.question(text, row) for row, text in enumerate(texts, 2)])
        async with Committer(outputs, lambda line: None) as committer:
            one = Batch(
                Job(questions, lambda asked: [{"role": "user", "content": asked.text}], services.ask, failover,
                    samples.spending(max_tokens=1000, budget=1), **job),
                committer, progress, lambda line: None,
            )  # fmt: skip
            made.append(one)
            if interrupt_at:
                asyncio.get_running_loop().call_later(interrupt_at, one.interrupt, "by Ctrl-C")
            await one.run()

    clock.run(whole())
    outputs.close(None)
    return Result(made[0], progress, told, clock)


def lane(model: str, key: str = "k", **more: Any) -> Lane:
    """An endpoint that takes one request at a time."""
    return samples.lane(model, concurrency=more.pop("concurrency", 1), key_name=key, **more)


def test_a_row_that_meets_a_spent_endpoint_is_answered_by_the_next_and_says_by_which() -> None:
    clock = Clock()
    services = Services(clock, a=[*[samples.reply()] * 3, DAY_SPENT])
    result = run(services, clock, [lane("a"), lane("b")])
    assert services.bill == {"a": 4, "b": 5}
    assert result.by_endpoint == {"p/k/a": 3, "p/k/b": 5}
    assert {line["metadata"]["model"] for line in result.records} == {"a", "b"}
    assert (result.progress.answered, result.rejected, result.stopped) == (8, {}, None)
    assert result.told == [
        "p/k/a: the quota of the day is spent, until 08:00 UTC (in 14 h 59 min); p/k/b takes over"
    ]


def test_a_passing_rate_limit_is_waited_out_and_if_it_stays_the_next_takes_over() -> None:
    clock = Clock()
    services = Services(clock, a=[BUSY])
    result = run(services, clock, [lane("a"), lane("b")], ["q1"])
    times = [at for _, _, at in services.asked]
    gaps = [round(later - at - 1.0) for at, later in itertools.pairwise(times)]
    assert gaps[:5] == [5, 10, 20, 40, 80]
    assert [name for name, _, _ in services.asked] == ["a"] * 6 + ["b"]
    assert gaps[5] == 0  # at once
    assert result.by_endpoint == {"p/k/b": 1}
    assert result.records[0]["metadata"]["attempts"] == 7


def test_a_rate_limit_that_passes_in_time_moves_nothing() -> None:
    clock = Clock()
    services = Services(clock, a=[*[BUSY] * 5, samples.reply()])
    result = run(services, clock, [lane("a"), lane("b")], ["q1"])
    assert services.bill == {"a": 6}
    assert result.told == []


def test_when_all_are_spent_the_first_row_that_was_hit_is_the_place_to_go_on() -> None:
    clock = Clock()
    services = Services(clock, a=[samples.reply(), DAY_SPENT], b=[samples.reply(), KEY_DEAD])
    result = run(services, clock, [lane("a"), lane("b", "k2")])
    assert result.progress.answered == 2
    assert result.stopped is not None
    assert result.stopped.kind == SPENT
    assert "p/k/a opens again at 08:00 UTC" in result.stopped.advice
    assert {text: line["kind"] for text, line in result.rejected.items()} == {"q3": "stop"}
    assert result.rejected["q3"]["metadata"]["endpoint"] == "p/k2/b"


def test_with_wait_the_run_goes_on_in_the_morning() -> None:
    clock = Clock()
    services = Services(clock, a=[samples.reply(), DAY_SPENT, *[samples.reply()] * 9])
    result = run(services, clock, [lane("a")], wait=True)
    assert result.progress.answered == 8
    assert result.rejected == {}
    assert clock.seconds > 14 * 3600


def test_ctrl_c_ends_a_run_that_sleeps_until_the_morning() -> None:
    clock = Clock()
    services = Services(clock, a=[samples.reply(), DAY_SPENT])
    result = run(services, clock, [lane("a")], wait=True, interrupt_at=600.0)
    assert clock.seconds < 700
    assert result.stopped is not None
    assert result.stopped.kind == INTERRUPTED
    assert {text: line["kind"] for text, line in result.rejected.items()} == {"q2": "stop"}


@pytest.mark.parametrize("failure", [DOWN, UNREACHED])
def test_an_outage_that_stays_lets_another_service_take_over_and_costs_no_row(failure: Failure) -> None:
    clock = Clock()
    services = Services(clock, a=[samples.reply(), failure])
    other = lane("b", base_url="http://127.0.0.1:10", concurrency=3)
    result = run(services, clock, [lane("a", concurrency=3), other], most=3)
    assert result.progress.answered == 8
    assert result.rejected == {}
    assert result.by_endpoint["p/k/b"] == 7
    assert result.stopped is None


def test_the_same_model_at_another_key_does_not_take_over_in_an_outage_of_the_model() -> None:
    clock = Clock()
    services = Services(clock, a=[DOWN])
    result = run(services, clock, [lane("a"), lane("a", "k2"), lane("b")], ["q1", "q2"])
    assert result.by_endpoint == {"p/k/b": 2}
    assert {at for name, _, at in services.asked if name == "a" and at > 500} == set()


@pytest.mark.parametrize("spread", [False, True])
@pytest.mark.parametrize("failure", [DOWN, RISKY])
def test_a_key_that_fails_for_ever_costs_no_row_while_another_key_answers(
    failure: Failure, spread: bool
) -> None:
    clock = Clock()
    services = Services(clock, k1=[failure])
    used = [lane("a", "k1", concurrency=4), lane("a", "k2", concurrency=4)]
    texts = [f"q{number}" for number in range(1200)]
    result = run(services, clock, used, texts, spread=spread)
    assert (result.progress.answered, result.stopped) == (1200, None)
    assert {line["kind"] for line in result.rejected.values()} <= {"retried"}
    assert result.by_endpoint == {"p/k2/a": 1200}
    assert services.bill["a"] < 1250  # tried again now and then, by a few rows
    assert clock.seconds < 500  # 4 at once, a second each


@pytest.mark.parametrize("spread", [False, True])
def test_one_endpoint_of_many_that_answers_is_found(spread: bool) -> None:
    clock = Clock()
    services = Services(clock, a=[DOWN], b=[RISKY], c=[DOWN])
    used = [lane(name, concurrency=2) for name in "abcd"]
    result = run(services, clock, used, [f"q{number}" for number in range(300)], spread=spread)
    assert (result.progress.answered, result.stopped) == (300, None)
    assert result.by_endpoint == {"p/k/d": 300}
    assert clock.seconds < 900


@pytest.mark.parametrize("failure", [DOWN, RISKY])
def test_the_last_key_of_six_is_found_though_a_row_has_fewer_tries(failure: Failure) -> None:
    clock = Clock()
    services = Services(clock, **{f"k{number}": [failure] for number in range(1, 6)})
    result = run(services, clock, [lane("a", f"k{number}") for number in range(1, 7)])
    assert (result.by_endpoint, result.stopped) == ({"p/k6/a": 8}, None)


def test_where_nothing_is_sent_other_keys_at_that_address_are_no_reason_to_go_on() -> None:
    clock = Clock()
    services = Services(clock, a=[UNREACHED])
    result = run(services, clock, [lane("a", f"k{number}") for number in range(1, 7)])
    assert result.stopped is not None
    assert result.stopped.kind == Kind.OUTAGE
    assert clock.seconds < 450  # one round of waits


def test_a_row_that_another_endpoint_can_answer_is_no_error() -> None:
    clock = Clock()
    services = Services(clock, a=[samples.reply(), *[DOWN] * 2, samples.reply()])
    result = run(services, clock, [lane("a"), lane("b")])
    assert (result.progress.answered, result.rejected) == (8, {})
    assert [name for name, text, _ in services.asked if text == "q2"] == ["a", "b"]


def test_a_row_that_fails_everywhere_is_an_error_and_rests_no_endpoint_that_answers() -> None:
    clock = Clock()
    services = Services(clock)
    services.bad = "q3"
    result = run(services, clock, [lane("a"), lane("b")], [f"q{number}" for number in range(60)])
    assert (result.progress.answered, list(result.rejected)) == (59, ["q3"])
    assert {name for name, text, _ in services.asked if text == "q3"} == {"a", "b"}
    assert services.bill["a"] > 50
    assert result.told == []


def test_an_outage_of_the_only_endpoint_stops_the_run_as_ever() -> None:
    clock = Clock()
    services = Services(clock, a=[DOWN])
    result = run(services, clock, [lane("a")])
    assert result.stopped is not None
    assert (result.stopped.kind, services.bill["a"]) == (Kind.OUTAGE, 5)
    assert {line["kind"] for line in result.rejected.values()} == {"outage"}


def test_an_endpoint_that_rested_is_asked_again() -> None:
    clock = Clock()
    services = Services(clock, a=[*[BUSY] * 6, samples.reply()])
    result = run(services, clock, [lane("a"), lane("b")], [f"q{number}" for number in range(400)])
    assert result.by_endpoint["p/k/b"] > 250
    assert result.by_endpoint["p/k/a"] > 50
    assert any("p/k/a is open again" in line for line in result.told)


def test_a_refused_row_is_blocked_wherever_it_was_asked() -> None:
    clock = Clock()
    services = Services(clock, a=[DAY_SPENT], b=[BLOCKED])
    result = run(services, clock, [lane("a"), lane("b")], ["q1"])
    assert result.rejected["q1"]["kind"] == "refusal"
    assert result.rejected["q1"]["metadata"]["endpoint"] == "p/k/b"


def test_a_budget_ends_the_run_cleanly_without_a_bookmark() -> None:
    clock = Clock()
    priced = lane("deepseek-flash", provider="deepseek", is_deepseek=True, concurrency=3)
    long = samples.reply(completion_tokens=900)
    result = run(Services(clock, **{"deepseek-flash": [long]}), clock, [priced], budget=0.0012)
    assert result.stopped is not None
    assert result.stopped.kind == BUDGET
    assert result.rejected == {}
    assert result.progress.answered == 2
    assert result.progress.bill.usd <= 0.0012


def test_what_may_have_been_billed_counts_against_the_budget_at_its_worst() -> None:
    clock = Clock()
    priced = lane("deepseek-flash", provider="deepseek", is_deepseek=True)
    outcomes: list[Reply | Failure] = [RISKY, samples.reply(completion_tokens=900)]
    services = Services(clock, **{"deepseek-flash": outcomes})
    result = run(services, clock, [priced], budget=0.0014)
    assert result.stopped is not None
    assert result.stopped.kind == BUDGET
    assert (services.bill["deepseek-flash"], result.progress.answered) == (2, 1)


def test_the_engine_starts_no_more_workers_than_the_endpoints_bear(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    seen: list[int] = []
    hire = crew.Crew.hire

    def watched(one: crew.Crew, at_most: int = 1) -> bool:
        told = hire(one, at_most)
        seen.append(len(one.workers))
        return told

    monkeypatch.setattr(crew.Crew, "hire", watched)
    run(Services(clock), clock, [lane("a", concurrency=3)], [f"q{number}" for number in range(40)])
    assert max(seen) <= 6  # while some wait for the disk, as many others are at work


def test_a_row_that_waited_for_its_turn_while_an_outage_began_is_not_asked_into_it() -> None:
    """Rows beyond the number at once stand by while answers are saved; none of them may start in an outage."""
    clock = Clock()
    services = Services(clock, a=[samples.reply(), samples.reply(), DOWN])
    result = run(services, clock, [lane("a", concurrency=8)], [f"q{number}" for number in range(30)], most=2)
    assert result.stopped is not None
    assert result.stopped.kind == Kind.OUTAGE
    assert len(result.rejected) <= 3  # two at once, and one to make sure
