"""A row that one model refuses is asked once at another one; and what a row's picture weighs, on its way."""

import asyncio
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from dset import composing
from dset.batch import Batch
from dset.contents import Question
from dset.failures import Failure
from dset.gates import Verdict
from dset.lanes import Lane
from dset.messages import Messages
from dset.prices import Price, Rate
from dset.rejections import INTERRUPTED
from dset.replies import Reply
from tests import samples, test_batch
from tests.simulation import heavy
from tests.test_batch import FAULT, OUTAGE, REFUSAL, REJECTED, STOP, TWENTY, Result, run

Step = Reply | Failure
PAID = replace(REFUSAL, reply=samples.reply("I cannot"))
WORDLESS = replace(REFUSAL, usage=samples.reply("", prompt_tokens=1_000_000, completion_tokens=0))
DOLLAR = Price(Rate(1.0, 1.0, 1.0))


@dataclass
class Models:
    """What each model says to each text, in turn; the last again and again; else it answers."""

    steps: Mapping[str, Sequence[Step]] = field(default_factory=dict)  # by model, or model/text
    seconds: float = 1.0
    asked: list[tuple[str, str]] = field(default_factory=list)

    async def ask(self, lane: Lane, messages: Messages) -> Step:
        model, text = lane.endpoint.model, messages[0]["content"]
        steps = self.steps.get(f"{model}/{text}", self.steps.get(model, [samples.reply(f"{model} says")]))
        step = steps[min(self.asked.count((model, text)), len(steps) - 1)]
        self.asked.append((model, text))
        await asyncio.sleep(self.seconds)
        return step

    def of(self, text: str) -> list[str]:
        """The models that were asked this, in turn."""
        return [model for model, asked in self.asked if asked == text]


def ended(models: Models, *lanes: Lane, texts: Sequence[str] = ("q",), **more: Any) -> Result:
    """A run with second opinions at these endpoints, two models where none are given."""
    used = lanes or (samples.lane("a", 4), samples.lane("b", 4))
    names = {"spread", "wait", "budget", "tell"} & more.keys()
    rules = {"most": 4} | {name: more.pop(name) for name in names}
    told = {"second_opinion": True, "concurrency": 4, "failover": samples.failover(*used, **rules)} | more
    return run(texts, models, **told)  # type: ignore[arg-type]


def reason() -> str:
    return str(samples.read_lines(REJECTED)[-1]["reason"])


# --- The second model ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("spread", [False, True])
def test_a_row_that_one_model_refuses_is_answered_by_another(spread: bool) -> None:
    models = Models({"a": [REFUSAL]})
    result = ended(models, texts=TWENTY, spread=spread)
    assert sorted(result.answered) == sorted(TWENTY)
    assert all(models.of(text) in (["a", "b"], ["b"]) for text in TWENTY)
    assert (result.progress.blocked, result.rejected) == (0, {})


def test_without_being_wanted_it_is_not_asked_for() -> None:
    models = Models({"a": [REFUSAL]})
    result = ended(models, second_opinion=False)
    assert (models.of("q"), result.rejected) == (["a"], {"q": "refusal"})


def test_refused_twice_it_is_blocked_and_the_reason_names_both() -> None:
    models = Models({"a": [REFUSAL], "b": [replace(REFUSAL, reason="no faces")]})
    result = ended(models)
    assert models.of("q") == ["a", "b"]
    assert (result.rejected, result.progress.blocked) == ({"q": "refusal"}, 1)
    assert reason() == "no faces (b; a refused it as well) Reword it."


def test_a_third_model_is_not_asked() -> None:
    models = Models({"a": [REFUSAL], "b": [REFUSAL]})
    ended(models, *(samples.lane(name, 4) for name in "abc"))
    assert models.of("q") == ["a", "b"]


def test_another_key_of_the_same_model_is_not_another_model() -> None:
    models = Models({"a": [REFUSAL]})
    result = ended(models, *(samples.lane("a", 4, key_name=key) for key in ("k1", "k2")), texts=["q", "r"])
    assert models.asked == [("a", "q"), ("a", "r")]
    assert (result.rejected, result.stopped) == ({"q": "refusal", "r": "refusal"}, None)


def test_with_every_other_model_closed_it_is_blocked_at_once() -> None:
    used = samples.lane("a", 4), samples.lane("b", 4)
    used[1].close(STOP, heavy.START)
    models = Models({"a": [REFUSAL]})
    result = ended(models, *used)
    assert (models.of("q"), result.rejected) == (["a"], {"q": "refusal"})
    assert reason() == "blocked Reword it."


def test_where_the_second_model_closes_meanwhile_the_first_is_not_asked_again() -> None:
    models = Models({"a": [PAID], "b": [STOP], "a/r": [samples.reply("fine")]})
    result = ended(models, texts=["q", "r"])
    assert models.of("q") == ["a", "b"]
    assert (result.answered, result.rejected, result.stopped) == (["r"], {"q": "refusal"}, None)
    kinds = [(line["kind"], line["response"] is None) for line in samples.read_lines(REJECTED)]
    assert kinds == [("retried", False), ("refusal", True)]
    assert reason() == "blocked Reword it."


def test_where_the_second_model_has_an_outage_it_is_tried_again_there() -> None:
    models = Models({"a": [REFUSAL], "b": [OUTAGE, OUTAGE, samples.reply("at last")]})
    result = ended(models)
    assert models.of("q") == ["a", "b", "b", "b"]
    assert (result.answered, result.rejected) == (["q"], {})


def test_what_the_second_model_cannot_take_stays_refused() -> None:
    result = ended(Models({"a": [REFUSAL], "b": [FAULT]}))
    assert result.rejected == {"q": "refusal"}
    assert reason() == "blocked (a; b could not take it: too long by 12 tokens) Reword it."


def test_an_answer_of_the_second_model_that_fails_its_gate_is_asked_for_again_there() -> None:
    told = list[int]()

    def gate(_: Question, reply: Reply, again: int) -> Verdict:
        told.append(again)
        return Verdict(("too short",), again="Mend it.") if again == 0 else Verdict()

    models = Models({"a": [REFUSAL]})
    result = ended(models, gate=gate)
    assert [model for model, _ in models.asked] == ["a", "b", "b"]
    assert (result.answered, told) == (["q"], [0, 1])


def test_an_answer_that_fails_its_gate_and_is_then_refused_is_asked_for_elsewhere_with_its_faults() -> None:
    models = Models({"a": [samples.reply("bad"), REFUSAL]})

    def gate(_: Question, reply: Reply, again: int) -> Verdict:
        return Verdict(("bad",), again="Mend it.") if reply.answer == "bad" else Verdict()

    result = ended(models, gate=gate)
    assert [model for model, _ in models.asked] == ["a", "a", "b"]
    assert result.answered == ["q"]


def test_a_refusal_without_an_answer_so_far_counts_among_the_first_rows() -> None:
    result = ended(
        Models({"a/1": [REFUSAL], "b/1": [REFUSAL], "a": [FAULT]}), texts="12345", most=1, concurrency=1
    )
    assert (result.stopped, result.progress.failed) == (None, 4)


# --- Money ---------------------------------------------------------------------------------------------------


def test_what_was_paid_for_a_refusal_is_kept_though_the_row_is_answered() -> None:
    result = ended(Models({"a": [PAID]}))
    (line,) = samples.read_lines(REJECTED)
    assert (line["kind"], line["response"]["answer"]) == ("retried", "I cannot")
    assert (result.answered, result.progress.paid_in_vain, result.progress.tokens.prompt) == (["q"], 1, 20)


def test_a_refusal_without_a_word_stands_on_the_bill_once() -> None:
    used = samples.lane("a", 4, price=DOLLAR), samples.lane("b", 4, price=DOLLAR)
    result = ended(Models({"a": [WORDLESS], "b": [REFUSAL]}), *used)
    costs = [line["metadata"]["cost_usd"] for line in samples.read_lines(REJECTED)]
    assert [line["kind"] for line in samples.read_lines(REJECTED)] == ["retried", "refusal"]
    assert costs[0] == pytest.approx(1.0)
    assert not costs[1]
    assert result.progress.bill.usd == pytest.approx(1.0)


def test_a_second_model_that_the_budget_does_not_bear_ends_no_run() -> None:
    dear = Price(Rate(10_000.0, 10_000.0, 10_000.0))
    used = samples.lane("a", 4, price=DOLLAR), samples.lane("b", 4, price=dear)
    spending = samples.spending(max_tokens=100, budget=1)
    models = Models({"a/2": [REFUSAL]})
    result = ended(models, *used, texts=["1", "2", "3"], budget=1.0, spending=spending)
    assert (sorted(result.answered), result.rejected, result.stopped) == (["1", "3"], {"2": "refusal"}, None)


# --- Waiting, and the end of the run -------------------------------------------------------------------------


@pytest.mark.parametrize("most", [1, 4])
def test_nobody_else_waits_while_rows_wait_for_a_busy_second_model(most: int) -> None:
    slow = samples.lane("b", 4, limits={"rpm": 1})
    models = Models({f"a/q{number}": [REFUSAL] for number in range(4)}, seconds=0.1)
    texts = [f"q{number}" for number in range(40)]
    result = ended(models, samples.lane("a", 4), slow, texts=texts, most=most, concurrency=most)
    assert len(result.answered) == 40
    assert set(result.answered[-3:]) <= {"q0", "q1", "q2", "q3"}  # they came minutes later


def test_rows_that_shun_one_model_do_not_wait_behind_those_that_shun_another() -> None:
    used = samples.lane("a", 4), samples.lane("b", 4, limits={"rpm": 1})
    models = Models({"a/1": [REFUSAL], "a/2": [REFUSAL], "b/3": [REFUSAL], "b/4": [REFUSAL]}, seconds=0.1)
    result = ended(models, *used, texts="1234", spread=True)
    assert sorted(result.answered) == ["1", "2", "3", "4"]


def test_interrupted_between_the_two_it_is_left_as_it_was() -> None:
    async def stop(one: Batch) -> None:
        await asyncio.sleep(5)
        one.interrupt("by Ctrl-C")

    used = samples.lane("a", 4), samples.lane("b", 4, limits={"rpm": 1})
    models = Models({"a": [PAID]})
    result = ended(models, *used, texts=["q", "r"], during=stop)
    assert len(result.answered) == 1
    assert [line["kind"] for line in samples.read_lines(REJECTED)] == ["retried", "retried"]
    assert (result.stopped_by, result.progress.ended) == (INTERRUPTED, 1)


# --- Pictures on their way -----------------------------------------------------------------------------------


def with_picture(monkeypatch: pytest.MonkeyPatch, reads: list[str], seen: list[int] | None = None) -> None:
    """Every row has a picture, whose reads are counted."""
    question = samples.question
    monkeypatch.setattr(samples, "question", lambda text, row: question(text, row, image="cat.png"))

    def compose(asked: Question) -> Messages:
        reads.append(asked.text)
        if seen is not None:
            seen.append(1)
        url = "data:" + "x" * 95
        picture = {"type": "image_url", "image_url": {"url": url}}
        return [{"role": "user", "content": asked.text}, {"role": "user", "content": [picture]}]

    monkeypatch.setattr(test_batch, "compose", compose)


def test_a_picture_is_read_once_however_often_its_row_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    reads = list[str]()
    with_picture(monkeypatch, reads)

    def gate(_: Question, reply: Reply, again: int) -> Verdict:
        return Verdict(("bad",), again="Mend it.") if reply.answer == "bad" else Verdict()

    steps: dict[str, Sequence[Step]] = {
        "a/1": [OUTAGE, REFUSAL],
        "b/1": [OUTAGE, samples.reply("bad"), samples.reply("good")],
        "a/2": [OUTAGE, OUTAGE, OUTAGE, OUTAGE],
    }
    models = Models(steps)
    ended(models, texts=[*"123", *TWENTY], gate=gate, concurrency=2)
    assert Counter(reads) == dict.fromkeys([*"123", *TWENTY], 1)
    assert models.of("1") == ["a", "b", "a", "b", "b"]


def test_a_probe_that_moves_on_to_another_endpoint_reads_its_picture_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    reads = list[str]()
    with_picture(monkeypatch, reads)
    result = ended(Models({"a": [OUTAGE]}), texts=TWENTY, concurrency=1, most=1)
    assert len(result.answered) == 20
    assert Counter(reads) == dict.fromkeys(TWENTY, 1)


def test_only_as_many_pictures_as_memory_bears_are_on_their_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(composing, "ROOM", 1100)
    reads, flying, peak = list[str](), [0], [0]
    with_picture(monkeypatch, reads)

    class Counting(Models):
        async def ask(self, lane: Lane, messages: Messages) -> Step:
            flying[0] += 1
            peak[0] = max(peak[0], flying[0])
            try:
                return await super().ask(lane, messages)
            finally:
                flying[0] -= 1

    texts = [f"q{number}" for number in range(40)]
    weights = {"weight": lambda _: 500}
    result = ended(Counting(), samples.lane("a", 20), texts=texts, concurrency=20, most=20, **weights)
    assert len(result.answered) == 40
    assert peak == [3]  # a message of 100 bytes takes 300: one is read as two are on their way


def test_rows_that_wait_for_room_when_the_run_stops_are_left_as_they_were(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(composing, "ROOM", 500)
    reads = list[str]()
    with_picture(monkeypatch, reads)

    async def stop(one: Batch) -> None:
        await asyncio.sleep(0.5)
        one.interrupt("by Ctrl-C")

    result = ended(Models(), texts=TWENTY, during=stop, weight=lambda _: 500)
    assert len(result.answered) == len(reads) < 4
    assert result.rejected == {}


def test_a_second_ctrl_c_waits_for_no_picture_that_is_being_read(monkeypatch: pytest.MonkeyPatch) -> None:
    begun, over, finished = threading.Event(), threading.Event(), threading.Event()
    question = samples.question
    monkeypatch.setattr(samples, "question", lambda text, row: question(text, row, image="cat.png"))

    def compose(_: Question) -> Messages:
        begun.set()
        over.wait(15)
        finished.set()
        return []

    async def stop(one: Batch) -> None:
        await asyncio.get_running_loop().run_in_executor(None, begun.wait, 30)
        one.interrupt("by Ctrl-C")
        one.interrupt("again")

    monkeypatch.setattr(test_batch, "compose", compose)
    result = ended(Models(), during=stop, simulated=False)
    assert not finished.is_set()
    over.set()
    assert (result.answered, result.rejected, result.stopped_by) == ([], {}, INTERRUPTED)


def test_a_picture_that_cannot_be_sent_is_a_fault_of_its_row_and_others_go_on() -> None:
    result = ended(Models(), texts=["unsendable", "q"])
    assert (result.answered, result.rejected) == (["q"], {"unsendable": "row fault"})


# --- Random runs ---------------------------------------------------------------------------------------------


def test_in_random_runs_no_row_is_lost_read_twice_or_asked_where_it_was_refused() -> None:
    found = [heavy.run(seed) for seed in range(25)]
    assert sum(one.refused for one in found) > 50  # else they tell nothing
    assert len({one.stopped for one in found}) > 2


@pytest.mark.soak
def test_nor_in_three_thousand() -> None:
    assert len([heavy.run(seed) for seed in range(3000)]) == 3000
