"""The engine, with a fake service and a real folder: every way that a row can end."""

import asyncio
import errno
import itertools
import os
import random
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from dset import answers, asking, batch, clocks, commits
from dset.batch import Batch
from dset.commits import Committer
from dset.contents import Question
from dset.failures import Failure, Kind
from dset.gates import Verdict
from dset.jobs import Job
from dset.lanes import Lane
from dset.messages import Messages
from dset.outputs import Outputs
from dset.pace import Pace
from dset.progress import Progress
from dset.rejections import INTERRUPTED, INVALID, RETRIED
from dset.replies import Reply
from dset.stops import STORAGE, Stopped
from tests import samples
from tests.simulation.clock import Clock

FOLDER = Path("dset_generator")
JOURNAL, REJECTED = FOLDER / "output.json", FOLDER / "rejected.json"
WAITS = (0.01, 0.02, 0.03)
TWENTY = [f"q{number}" for number in range(1, 21)]

Outcome = Reply | Failure
Step = Outcome | Callable[[], Awaitable[Outcome]]

OUTAGE = Failure(Kind.OUTAGE, "HTTP 503", status=503)
LOST = Failure(Kind.OUTAGE, "the connection was cut", maybe_billed=True)
PACE = Failure(Kind.PACE, "too many", status=429)
STOP = Failure(Kind.STOP, "bad key", "Check the key.", status=401)
REFUSAL = Failure(Kind.REFUSAL, "blocked", "Reword it.", status=400)
FAULT = Failure(Kind.ROW_FAULT, "too long by 12 tokens", status=400)
CUT = Failure(
    Kind.CUT_SHORT, "cut short", "Raise --max-tokens.", status=200, reply=samples.reply("The first half")
)
HALF = samples.reply("The first half", finish_reason="insufficient_system_resource")
BROKEN_OFF = Failure(Kind.OUTAGE, "broke off", status=200, maybe_billed=True, reply=HALF)


@pytest.fixture(autouse=True)
def rescue_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


@dataclass
class Service:
    """Answers each text with its next step, the last one again and again; other texts with `otherwise`."""

    steps: Mapping[str, Sequence[Step]] = field(default_factory=dict)
    otherwise: Step | None = None
    seconds: float = 0.0
    asked: list[str] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    in_flight: int = 0
    peak: int = 0

    async def ask(self, lane: Lane, messages: Messages) -> Outcome:
        text = messages[0]["content"]
        steps = self.steps.get(text, [self.otherwise or samples.reply(f"answer to {text}")])
        step = steps[min(self.asked.count(text), len(steps) - 1)]
        self.asked.append(text)
        self.times.append(clocks.monotonic())
        self.in_flight += 1
        self.peak = max(self.peak, self.in_flight)
        try:
            await asyncio.sleep(self.seconds)
            return await step() if callable(step) else step
        finally:
            self.in_flight -= 1

    @property
    def bill(self) -> Counter[str]:
        return Counter(self.asked)


async def never() -> Outcome:
    await asyncio.sleep(3600)
    raise AssertionError("nobody waits so long")


def after(seconds: float, outcome: Outcome) -> Callable[[], Awaitable[Outcome]]:
    async def later() -> Outcome:
        await asyncio.sleep(seconds)
        return outcome

    return later


def compose(question: Question) -> Messages:
    if question.text.startswith("unsendable"):
        raise ValueError("its picture is missing")
    return [{"role": "user", "content": question.text}]


@dataclass
class Result:
    progress: Progress
    stopped: Stopped | None
    log: list[str]

    @property
    def answered(self) -> list[str]:
        return [record["metadata"]["question"] for record in answers.read(JOURNAL)]

    @property
    def rejected(self) -> dict[str, str]:
        """Question -> kind."""
        return {line["metadata"]["question"]: line["kind"] for line in samples.read_lines(REJECTED)}

    @property
    def stopped_by(self) -> str:
        return self.stopped.kind if self.stopped else ""


During = Callable[[Batch], Awaitable[None]]


async def idle(_: Batch) -> None:
    """Nothing beside the run."""


def run(
    texts: Iterable[str],
    service: Service,
    *,
    during: During | None = None,
    simulated: bool = True,
    **job: Any,
) -> Result:
    """One run over these questions, in rows 2, 3, 4 …; `during` goes on beside it. In simulated time, or in real."""
    outputs, log = Outputs(FOLDER, print), list[str]()
    outputs.recover(Path("q.csv"))
    outputs.open((), (), csv_exact=False)
    questions = [samples.question(text, row) for row, text in enumerate(texts, 2)]
    progress = Progress(len(questions))
    concurrency = job.pop("concurrency", 1)
    fixed: dict[str, Any] = {"run": "r", "settings": "f1", "spending": samples.spending()}
    told: dict[str, Any] = {"retry_waits": WAITS, "most": concurrency} | fixed | job
    made: list[Batch] = []

    def trouble(line: str) -> None:
        for one in made:
            one.hold(held=bool(line))

    async def whole() -> None:
        if "failover" not in told:
            told["failover"] = samples.failover(samples.lane(concurrency=concurrency), most=concurrency)
        async with Committer(outputs, trouble) as committer:
            one = Batch(Job(iter(questions), compose, service.ask, **told), committer, progress, log.append)
            made.append(one)
            beside = asyncio.ensure_future((during or idle)(one))
            try:
                await one.run()
                await beside
            finally:
                beside.cancel()

    try:
        (Clock().run if simulated else asyncio.run)(whole())
    finally:
        outputs.close(None)
    assert not progress.waiting
    return Result(progress, made[0].stopped, log)


# --- Answers -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("concurrency", [1, 3, 8, 40])
def test_every_question_is_asked_once_and_answered_with_at_most_so_many_at_once(concurrency: int) -> None:
    service = Service(seconds=0.002)
    result = run(TWENTY, service, concurrency=concurrency)
    assert sorted(result.answered) == sorted(TWENTY)
    assert set(service.bill.values()) == {1}
    assert service.peak == min(concurrency, 20)
    assert (result.progress.answered, result.progress.ended, result.stopped) == (20, 20, None)


def test_questions_are_asked_in_their_order() -> None:
    service = Service()
    run(TWENTY, service)
    assert service.asked == TWENTY


def test_no_question_is_no_work() -> None:
    service = Service()
    result = run([], service, concurrency=3)
    assert (result.answered, result.stopped, service.asked) == ([], None, [])


def test_an_answer_is_kept_with_how_it_was_got() -> None:
    came = samples.reply("So.", "mm", model=None)
    run(["q"], Service({"q": [OUTAGE, after(0.05, came)]}))
    (record,) = answers.read(JOURNAL)
    metadata = record["metadata"]
    expected = {
        "row": 2,
        "question": "q",
        "model": "asked-for",
        "endpoint": "p/none/asked-for",
        "run": "r",
        "attempts": 2,
    }
    assert metadata | expected == metadata
    assert 0.05 <= metadata["seconds"] < 1
    assert metadata["timestamp"].endswith("Z")
    assert record["response"] == {"reasoning": "mm", "answer": "So."}


def test_the_model_that_answered_is_noted_as_the_service_names_it() -> None:
    run(["q"], Service({"q": [samples.reply(model="named-by-service")]}))
    assert next(answers.read(JOURNAL))["metadata"]["model"] == "named-by-service"


def test_progress_counts_an_answer_when_it_is_on_disk_and_not_before(monkeypatch: pytest.MonkeyPatch) -> None:
    counted: list[int] = []
    sync = os.fsync
    progress: list[Progress] = []

    def slow_sync(descriptor: int) -> None:
        if progress:
            counted.append(progress[0].answered)
            time.sleep(0.02)
            counted.append(progress[0].answered)
        sync(descriptor)

    async def look(one: Batch) -> None:
        progress.append(one.progress)

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", slow_sync)
        result = run(["a", "b"], Service(seconds=0.01), during=look)
    assert counted[:4] == [0, 0, 1, 1]
    assert result.progress.answered == 2
    assert [line.split()[:3] for line in result.log] == [["saved", "row", "2"], ["saved", "row", "3"]]


def slow_disk(monkeypatch: pytest.MonkeyPatch, seconds: float) -> list[float]:
    """Each commit takes so long; when each of them was done."""
    done: list[float] = []
    commit = Committer.commit

    async def slow(self: Committer, outcome: commits.Outcome) -> None:
        await asyncio.sleep(seconds)
        await commit(self, outcome)
        done.append(clocks.monotonic())

    monkeypatch.setattr(Committer, "commit", slow)
    return done


def test_a_slow_disk_leaves_no_place_at_the_service_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    slow_disk(monkeypatch, 0.2)
    service, used = Service(seconds=1.0), samples.lane()
    used.pace = Pace(8, start=4)
    run([f"q{number}" for number in range(84)], service, failover=samples.failover(used), concurrency=2500)
    assert service.peak == 8
    assert sum(4 <= at < 10 for at in service.times) == 48  # eight a second; at most 40 with eight workers


def test_rows_that_wait_for_another_try_leave_no_place_at_a_quick_service_empty() -> None:
    texts = [f"q{number}" for number in range(400)]
    draw = random.Random(1)

    async def varied() -> Outcome:  # not in step: of those in flight one answers soon, and opens the gate
        await asyncio.sleep(draw.uniform(0.15, 0.25))
        return samples.reply()

    failing: dict[str, list[Step]] = {text: [after(0.2, LOST), samples.reply()] for text in texts[10::20]}
    service = Service(failing, otherwise=varied)
    result = run(texts, service, concurrency=8, retry_waits=(60.0,))
    assert service.times[399] - service.times[0] < 12  # fifty rounds: 20 rows failed, and wait for a minute
    assert len(result.answered) == 400
    assert service.peak == 8


@pytest.mark.parametrize("concurrency", [1, 5])
def test_so_many_at_once_are_that_many_rows_up_to_the_disk(
    concurrency: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved = slow_disk(monkeypatch, 0.2)
    failing: dict[str, list[Step]] = {text: [LOST, samples.reply()] for text in TWENTY[::4]}
    service = Service(failing, seconds=1.0)
    run(TWENTY, service, concurrency=concurrency, retry_waits=(2.0,))
    lost = [asked + 1.0 for text, asked in zip(service.asked, service.times, strict=True) if text in failing]
    over = sorted([*saved, *lost[: len(failing)]])
    assert all(asked >= end for asked, end in zip(service.times[concurrency:], over, strict=False))
    assert len(saved) == len(TWENTY)


# --- Rows that fail ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("failure", "kind", "failed", "blocked"),
    [
        (REFUSAL, "refusal", 0, 1),
        (FAULT, "row fault", 1, 0),
        (CUT, "cut short", 1, 0),
    ],
)
def test_a_row_that_fails_for_good_is_noted_after_one_request_and_the_run_goes_on(
    failure: Failure, kind: str, failed: int, blocked: int
) -> None:
    service = Service({"q2": [failure]})
    result = run(TWENTY, service)
    assert result.rejected == {"q2": kind}
    assert service.bill["q2"] == 1
    assert (result.progress.answered, result.progress.failed, result.progress.blocked) == (
        19,
        failed,
        blocked,
    )
    assert result.stopped is None
    (line,) = samples.read_lines(REJECTED)
    assert line["reason"] == f"{failure.reason} {failure.advice}".strip()
    assert line["settings"] == "f1"
    assert line["metadata"]["attempts"] == 1
    assert line["response"] == ({"reasoning": None, "answer": "The first half"} if failure.reply else None)


def test_what_was_paid_for_in_vain_counts_into_the_tokens() -> None:
    result = run(["q"], Service({"q": [CUT]}))
    assert result.progress.tokens.completion == 5


def test_an_answer_that_its_gate_refuses_is_kept_apart_with_the_reason() -> None:
    def gate(question: Question, reply: Reply, times: int) -> Verdict:
        return Verdict((f"{reply.answer} will not do",) if question.text == "q2" else ())

    service = Service()
    result = run(["q1", "q2", "q3"], service, gate=gate)
    assert result.answered == ["q1", "q3"]
    (line,) = samples.read_lines(REJECTED)
    assert (line["kind"], line["reason"]) == (INVALID, "answer to q2 will not do")
    assert line["response"] == {"reasoning": None, "answer": "answer to q2"}
    assert service.bill["q2"] == 1


def numbers_only(question: Question, reply: Reply, times: int) -> Verdict:
    """Lets a number in, and asks twice for one."""
    if reply.answer.isdigit():
        return Verdict(data={"number": int(reply.answer)})
    return Verdict(("no number", "no sign"), again="A number, please." if times < 2 else "")


def test_a_refused_answer_is_asked_for_again_with_its_faults_told_and_each_try_is_kept() -> None:
    seen: list[Messages] = []
    said = iter([samples.reply("one"), samples.reply("two"), samples.reply("3")])

    class Listening(Service):
        async def ask(self, lane: Lane, messages: Messages) -> Outcome:
            seen.append(messages)
            return next(said)

    result = run(["q1"], Listening(), gate=numbers_only)
    assert [[(one["role"], one["content"]) for one in messages] for messages in seen] == [
        [("user", "q1")],
        [("user", "q1"), ("assistant", "one"), ("user", "A number, please.")],
        [("user", "q1"), ("assistant", "two"), ("user", "A number, please.")],
    ]
    (answer,) = samples.read_lines(JOURNAL)
    assert answer["response"]["data"] == {"number": 3}
    assert answer["metadata"]["attempts"] == 3
    kept = samples.read_lines(REJECTED)
    assert [(line["kind"], line["reason"], line["response"]["answer"]) for line in kept] == [
        ("retried", "no number; no sign", "one"),
        ("retried", "no number; no sign", "two"),
    ]
    assert (result.progress.answered, result.progress.failed, result.progress.paid_in_vain) == (1, 0, 2)
    assert result.progress.tokens.completion == 15


def test_an_answer_that_stays_wrong_is_rejected_and_the_others_go_on() -> None:
    service = Service(
        {
            "q1": [samples.reply("no")],
            "q2": [samples.reply("2")],
            "q3": [samples.reply("no"), samples.reply("3")],
        }
    )
    for concurrency in (1, 3):
        shutil.rmtree(FOLDER, ignore_errors=True)
        service.asked.clear()
        result = run(["q1", "q2", "q3"], service, gate=numbers_only, concurrency=concurrency)
        assert sorted(result.answered) == ["q2", "q3"]
        assert result.rejected == {"q1": INVALID, "q3": RETRIED}
        assert service.bill == {"q1": 3, "q2": 1, "q3": 2}
        assert result.stopped is None


def test_what_is_asked_again_waits_for_an_outage_like_a_new_row_and_is_asked_only_once_more() -> None:
    service = Service({"q1": [samples.reply("no"), OUTAGE, samples.reply("1")], "q2": [samples.reply("2")]})
    result = run(["q1", "q2"], service, gate=numbers_only, retry_waits=(1.0, 2.0))
    assert sorted(result.answered) == ["q1", "q2"]
    assert service.bill == {"q1": 3, "q2": 1}


def test_a_run_that_stops_before_a_refused_row_is_asked_again_leaves_it_to_the_next_run() -> None:
    service = Service({"q1": [samples.reply("no")]})
    made: Any = None

    def gate(question: Question, reply: Reply, times: int) -> Verdict:
        made.stop(Stopped("interrupted", "by Ctrl-C"))
        return numbers_only(question, reply, times)

    async def begin(one: Batch) -> None:
        nonlocal made
        made = one

    result = run(["q1"], service, gate=gate, during=begin)
    assert (result.answered, result.rejected, service.bill["q1"]) == ([], {"q1": RETRIED}, 1)


def test_a_row_that_cannot_be_sent_costs_nothing_and_stops_nothing() -> None:
    texts = ["unsendable 1", "unsendable 2", "unsendable 3", "q4"]
    service = Service()
    result = run(texts, service)
    assert service.asked == ["q4"]
    assert result.rejected == dict.fromkeys(texts[:3], "row fault")
    assert samples.read_lines(REJECTED)[0]["reason"] == "its picture is missing"
    assert result.stopped is None


def test_the_first_three_rows_failing_alike_stop_the_run() -> None:
    faults = [Failure(Kind.ROW_FAULT, f"too long by {number} tokens", status=400) for number in (1, 22, 333)]
    service = Service({f"q{number}": [fault] for number, fault in enumerate(faults, 1)})
    result = run(TWENTY, service)
    assert service.asked == ["q1", "q2", "q3"]
    assert result.stopped_by == Kind.ROW_FAULT
    assert result.stopped is not None
    assert result.stopped.reason == "the first rows all failed alike: too long by 333 tokens"
    assert "--max-tokens" in result.stopped.advice
    assert set(result.rejected) == {"q1", "q2", "q3"}


OTHER_FAULT = Failure(Kind.ROW_FAULT, "no such role", status=400)
OTHER_STATUS = Failure(Kind.ROW_FAULT, FAULT.reason, status=422)


@pytest.mark.parametrize(
    "steps",
    [
        {"q1": [FAULT], "q2": [samples.reply()], "q3": [FAULT], "q4": [FAULT]},
        {"q1": [FAULT], "q2": [FAULT], "q3": [OTHER_FAULT], "q4": [FAULT], "q5": [FAULT]},
        {"q1": [FAULT], "q2": [FAULT], "q3": [OTHER_STATUS], "q4": [FAULT]},
        {"q1": [FAULT], "q2": [FAULT], "q3": [REFUSAL], "q4": [FAULT]},
        {"q1": [REFUSAL], "q2": [REFUSAL], "q3": [REFUSAL]},
        {"q1": [CUT], "q2": [CUT], "q3": [CUT]},
    ],
)
def test_rows_that_fail_in_different_ways_or_beside_an_answer_do_not(
    steps: Mapping[str, Sequence[Step]],
) -> None:
    service = Service(steps)
    result = run(TWENTY, service)
    assert result.stopped is None
    assert service.asked == TWENTY


# --- Too many at once --------------------------------------------------------------------------------------


@pytest.fixture
def pace_waits(monkeypatch: pytest.MonkeyPatch) -> tuple[float, ...]:
    waits = (0.01, 0.02, 0.03, 0.04, 0.05)
    monkeypatch.setattr(asking, "PACE_WAITS", waits)
    return waits


def gaps(times: list[float]) -> list[float]:
    return [later - earlier for earlier, later in itertools.pairwise(times)]


def test_a_row_waits_longer_each_time_and_uses_up_no_retry(pace_waits: tuple[float, ...]) -> None:
    service = Service({"q1": [PACE] * 5 + [samples.reply()]})
    result = run(["q1"], service)
    assert result.answered == ["q1"]
    assert len(service.asked) == 6
    assert all(gap >= wait for gap, wait in zip(gaps(service.times), pace_waits, strict=True))
    assert not any("attempt" in line for line in result.log)
    assert next(answers.read(JOURNAL))["metadata"]["attempts"] == 6


def test_the_wait_that_the_service_names_is_kept(pace_waits: tuple[float, ...]) -> None:
    told = Failure(Kind.PACE, "too many", wait=0.15)
    service = Service({"q1": [told, samples.reply()]})
    assert run(["q1"], service).answered == ["q1"]
    assert gaps(service.times)[0] == pytest.approx(0.15)


def test_after_five_such_waits_it_is_an_outage_with_its_retries(pace_waits: tuple[float, ...]) -> None:
    service = Service({"q1": [PACE]})
    result = run(["q1", "q2"], service)
    assert service.bill["q1"] == 6 + 3  # no further wait of that kind before a retry
    assert result.rejected == {"q1": "outage"}
    assert result.answered == ["q2"]


def test_the_waits_begin_anew_after_anything_else(pace_waits: tuple[float, ...]) -> None:
    service = Service({"q1": [*[PACE] * 5, OUTAGE, *[PACE] * 5, samples.reply()]})
    assert run(["q1"], service).answered == ["q1"]


def test_a_row_that_waits_so_closes_no_gate(pace_waits: tuple[float, ...]) -> None:
    told = Failure(Kind.PACE, "too many", wait=0.2)
    service = Service({"q1": [told, samples.reply()]})
    result = run(TWENTY, service, concurrency=2)
    assert service.asked[-1] == "q1"
    assert sorted(result.answered) == sorted(TWENTY)


def test_a_limit_that_the_service_states_is_kept() -> None:
    stated = Failure(Kind.PACE, "concurrency limit of 2", wait=0.01, limit=2)
    service = Service({"q1": [stated, samples.reply()]}, otherwise=after(0.01, samples.reply()))

    async def look(one: Batch) -> None:
        await asyncio.sleep(0.03)
        service.peak = 0

    result = run(TWENTY, service, concurrency=8, during=look)
    assert service.peak == 2
    assert len(result.answered) == 20


# --- Outages -----------------------------------------------------------------------------------------------


def test_an_outage_is_retried_after_each_of_the_waits_and_what_comes_then_is_saved() -> None:
    service = Service({"q1": [OUTAGE, LOST, OUTAGE, samples.reply()]})
    result = run(["q1", "q2"], service, retry_waits=(0.05, 0.1, 0.15))
    assert service.asked == ["q1"] * 4 + ["q2"]
    assert all(
        gap == pytest.approx(wait) for gap, wait in zip(gaps(service.times), (0.05, 0.1, 0.15), strict=False)
    )
    assert result.answered == ["q1", "q2"]
    assert (result.progress.maybe_twice, result.progress.failed) == (1, 0)
    waits = [line for line in result.log if "asked again in" in line]
    assert [line.rpartition(", ")[2] for line in waits] == [f"attempt {number} of 4" for number in (2, 3, 4)]


def kept() -> list[tuple[str, str]]:
    """(kind, text that was paid for) of each line of rejected.json."""
    lines = samples.read_lines(REJECTED)
    return [(line["kind"], (line["response"] or {"answer": ""})["answer"]) for line in lines]


def test_a_text_that_broke_off_is_kept_though_a_later_try_is_answered() -> None:
    result = run(["a", "b"], Service({"a": [BROKEN_OFF, OUTAGE, BROKEN_OFF, samples.reply("whole")]}))
    assert sorted(result.answered) == ["a", "b"]
    assert kept() == [(RETRIED, "The first half")] * 2
    assert [line["metadata"]["attempts"] for line in samples.read_lines(REJECTED)] == [1, 3]
    progress = result.progress
    assert (progress.failed, progress.paid_in_vain, progress.maybe_twice) == (0, 2, 2)
    assert progress.tokens.completion == 4 * 5
    assert not progress.kinds


def test_each_text_of_a_row_that_keeps_breaking_off_is_kept_and_counted_once() -> None:
    result = run(["a"], Service({"a": [BROKEN_OFF]}))
    assert kept() == [*[(RETRIED, "The first half")] * 3, ("outage", "The first half")]
    assert (result.progress.failed, result.progress.paid_in_vain) == (1, 4)
    assert result.progress.tokens.completion == 4 * 5


def test_a_text_that_broke_off_is_on_disk_while_its_row_still_waits() -> None:
    async def during(one: Batch) -> None:
        for _ in range(500):
            if not one.progress.waiting:
                await asyncio.sleep(0.01)
        assert kept() == [(RETRIED, "The first half")]
        one.interrupt("by Ctrl-C")

    result = run(["a"], Service({"a": [BROKEN_OFF]}), during=during, retry_waits=(60.0,))
    assert kept() == [(RETRIED, "The first half"), (INTERRUPTED, "The first half")]
    assert (result.progress.failed, result.progress.paid_in_vain) == (1, 1)
    assert result.progress.tokens.completion == 5


@pytest.mark.parametrize(("waits", "attempts"), [((), 1), ((0.0,), 2), (WAITS, 4)])
@pytest.mark.parametrize("concurrency", [1, 8])
def test_one_bad_row_costs_its_attempts_and_all_others_are_answered(
    concurrency: int, waits: tuple[float, ...], attempts: int
) -> None:
    service = Service({"q7": [OUTAGE]}, seconds=0.001)
    result = run(TWENTY, service, concurrency=concurrency, retry_waits=waits)
    assert service.bill == Counter(TWENTY) + Counter({"q7": attempts - 1})
    assert result.rejected == {"q7": "outage"}
    assert sorted(result.answered) == sorted(set(TWENTY) - {"q7"})
    assert result.stopped is None
    assert samples.read_lines(REJECTED)[0]["metadata"]["attempts"] == attempts


def test_a_first_row_that_is_bad_is_found_out_by_asking_one_other() -> None:
    service = Service({"q1": [OUTAGE]})
    result = run(TWENTY, service)
    assert service.asked == ["q1"] * 4 + TWENTY[1:]
    assert result.rejected == {"q1": "outage"}


def test_several_bad_rows_stop_nothing() -> None:
    service = Service({"q1": [OUTAGE], "q9": [OUTAGE], "q20": [OUTAGE]})
    result = run(TWENTY, service, concurrency=3)
    assert result.rejected == dict.fromkeys(("q1", "q9", "q20"), "outage")
    assert len(result.answered) == 17


def test_a_real_outage_stops_after_one_other_row_was_asked_once() -> None:
    service = Service(otherwise=OUTAGE)
    result = run(TWENTY, service)
    assert service.asked == ["q1"] * 4 + ["q2"]
    assert result.stopped == Stopped(Kind.OUTAGE, "HTTP 503", "")
    assert result.rejected == {"q1": "outage", "q2": "outage"}
    assert (result.progress.answered, result.progress.failed) == (0, 2)


def test_in_a_real_outage_all_rows_that_wait_get_their_bookmark_at_once() -> None:
    service = Service(otherwise=OUTAGE)
    result = run(TWENTY, service, concurrency=5, retry_waits=(0.02, 0.03, 0.04))
    assert set(TWENTY[:5]) <= set(result.rejected) <= set(TWENTY[:6])  # the sixth: asked once, to make sure
    assert set(result.rejected.values()) == {"outage"}
    assert max(service.bill.values()) <= 4
    assert result.stopped_by == Kind.OUTAGE


def test_the_row_whose_turn_comes_next_is_the_one_that_is_asked() -> None:
    """Of two that wait the one is used up; the other is asked before its long wait is over, and answers."""
    service = Service({"q1": [OUTAGE], "q2": [after(0.05, OUTAGE), samples.reply()]})
    started = time.monotonic()
    result = run(["q1", "q2"], service, concurrency=2, retry_waits=(0.2,))
    assert time.monotonic() - started < 30
    assert result.rejected == {"q1": "outage"}
    assert result.answered == ["q2"]


def test_a_row_in_flight_tells_for_the_others_where_none_waits() -> None:
    service = Service({"q1": [OUTAGE], "q2": [after(0.15, samples.reply())]})
    result = run(["q1", "q2"], service, concurrency=2)
    assert service.bill == {"q1": 4, "q2": 1}
    assert result.rejected == {"q1": "outage"}
    assert result.stopped is None


def test_a_row_is_the_fault_where_another_was_answered_since_whatever_a_third_one_does() -> None:
    service = Service({"q1": [OUTAGE], "q2": [after(0.02, samples.reply())], "q3": [OUTAGE]})
    result = run(["q1", "q2", "q3"], service, concurrency=2)
    assert service.bill == {"q1": 4, "q2": 1, "q3": 4}
    assert result.rejected == {"q1": "outage", "q3": "outage"}
    assert result.stopped is None


def test_the_last_row_of_all_is_an_outage_by_itself() -> None:
    result = run(["q1"], Service({"q1": [OUTAGE]}))
    assert result.stopped_by == Kind.OUTAGE
    assert result.rejected == {"q1": "outage"}


def test_rows_that_cannot_be_sent_tell_nothing_of_an_outage() -> None:
    service = Service(otherwise=OUTAGE)
    result = run(["q1", "unsendable 2", "unsendable 3", "q4", "q5"], service)
    assert service.asked == ["q1"] * 4 + ["q4"]
    assert result.stopped_by == Kind.OUTAGE


@pytest.mark.parametrize("other", [REFUSAL, FAULT, CUT])
def test_a_service_that_refuses_another_row_is_alive(other: Failure) -> None:
    service = Service({"q1": [OUTAGE], "q2": [other]})
    result = run(["q1", "q2", "q3"], service)
    assert result.stopped is None
    assert result.answered == ["q3"]


def test_while_a_row_waits_no_new_row_starts_and_any_answer_opens_the_gate() -> None:
    service = Service({"q1": [OUTAGE, samples.reply()], "q2": [after(0.1, samples.reply())]})
    seen: list[Counter[str]] = []

    async def look(one: Batch) -> None:
        await asyncio.sleep(0.05)
        seen.append(service.bill)
        await asyncio.sleep(0.1)
        seen.append(service.bill)

    run(TWENTY, service, concurrency=2, retry_waits=(0.25,), during=look)
    assert seen[0] == {"q1": 1, "q2": 1}
    assert (seen[1]["q1"], seen[1].total() > 2) == (1, True)  # q1 waits still, others are answered


@pytest.mark.parametrize(
    ("first", "waits", "times"),
    [
        ([after(0.04, OUTAGE), samples.reply()], (0.25,), 1),
        ([OUTAGE, OUTAGE, samples.reply()], (0.07, 0.25), 2),
    ],
    ids=["failing", "failing again"],
)
def test_a_row_that_fails_closes_the_gate_to_a_worker_that_becomes_free_later(
    monkeypatch: pytest.MonkeyPatch, first: list[Step], waits: tuple[float, ...], times: int
) -> None:
    service = Service({"q1": first, "q2": [after(0.02, samples.reply())]})
    sync = os.fsync
    seen: list[Counter[str]] = []

    def slow_sync(descriptor: int) -> None:
        time.sleep(0.1 if service.asked else 0)  # q2 was answered, and its worker is busy until it is saved
        sync(descriptor)

    async def look(one: Batch) -> None:
        await asyncio.sleep(0.2)
        seen.append(service.bill)

    monkeypatch.setattr(os, "fsync", slow_sync)
    run(["q1", "q2", "q3"], service, concurrency=2, retry_waits=waits, during=look, simulated=False)
    assert seen == [{"q1": times, "q2": 1}]


def test_the_gate_keeps_new_rows_back_until_the_row_is_decided() -> None:
    service = Service({"q1": [OUTAGE, OUTAGE, samples.reply()], "q2": [OUTAGE, after(0.1, samples.reply())]})
    seen: list[int] = []

    async def look(one: Batch) -> None:
        await asyncio.sleep(0.1)
        seen.append(len(set(service.asked)))

    result = run(TWENTY, service, concurrency=2, retry_waits=(0.15, 0.05, 0.05), during=look)
    assert seen == [2]
    assert sorted(result.answered) == sorted(TWENTY)


def test_why_a_row_waits_is_shown_while_it_waits() -> None:
    shown: list[str] = []

    async def look(one: Batch) -> None:
        await asyncio.sleep(0.05)
        assert one.progress.next_try is not None
        shown.append(str(one.progress.next_try))

    run(["q1"], Service({"q1": [OUTAGE, samples.reply()]}), retry_waits=(0.2, 0.2, 0.2), during=look)
    assert shown[0].startswith("row 2: HTTP 503 - asked again in 0.")
    assert shown[0].endswith("attempt 2 of 4")


# --- Stops -------------------------------------------------------------------------------------------------


def test_a_stop_sends_nothing_more_lets_what_is_in_flight_come_home_and_marks_the_lowest_row() -> None:
    steps: dict[str, Sequence[Step]] = {
        "q1": [after(0.1, samples.reply())],
        "q2": [after(0.06, STOP)],
        "q3": [after(0.02, STOP)],
        "q4": [after(0.1, STOP)],
    }
    service = Service(steps)
    result = run(TWENTY, service, concurrency=4)
    assert sorted(service.asked) == ["q1", "q2", "q3", "q4"]
    assert result.answered == ["q1"]
    assert result.rejected == {"q2": "stop"}
    assert result.stopped == Stopped(Kind.STOP, "bad key", "Check the key.")
    assert samples.read_lines(REJECTED)[0]["reason"] == "bad key Check the key."
    assert (result.progress.answered, result.progress.failed) == (1, 1)


def test_a_stop_ends_the_waits_of_the_others() -> None:
    service = Service({"q1": [OUTAGE], "q2": [after(0.05, STOP)]})
    started = time.monotonic()
    result = run(TWENTY, service, concurrency=2, retry_waits=(60.0,))
    assert time.monotonic() - started < 30
    assert service.bill == {"q1": 1, "q2": 1}
    assert result.rejected == {"q1": "outage", "q2": "stop"}


# --- Ctrl-C ------------------------------------------------------------------------------------------------


def test_ctrl_c_starts_nothing_new_marks_what_waits_and_saves_what_comes_home() -> None:
    service = Service(
        {"q1": [OUTAGE], "q2": [after(0.2, samples.reply())]}, otherwise=after(0.2, samples.reply())
    )

    async def press(one: Batch) -> None:
        await asyncio.sleep(0.05)
        one.interrupt("by Ctrl-C")

    result = run(TWENTY, service, concurrency=2, retry_waits=(60.0,), during=press)
    assert service.bill == {"q1": 1, "q2": 1}
    assert result.answered == ["q2"]
    assert result.rejected == {"q1": INTERRUPTED}
    assert result.stopped == Stopped(INTERRUPTED, "by Ctrl-C")
    assert samples.read_lines(REJECTED)[0]["reason"] == "HTTP 503"
    assert result.progress.maybe_twice == 0


def test_a_row_that_waits_for_its_turn_is_marked_too(pace_waits: tuple[float, ...]) -> None:
    told = Failure(Kind.PACE, "too many", wait=60.0)

    async def press(one: Batch) -> None:
        await asyncio.sleep(0.02)
        one.interrupt("by Ctrl-C")

    assert run(["q1"], Service({"q1": [told]}), during=press).rejected == {"q1": INTERRUPTED}


@pytest.mark.parametrize("at_once", [False, True])
def test_a_second_ctrl_c_or_a_closed_terminal_ends_it_at_once(at_once: bool) -> None:
    service = Service({"q1": [never]})

    async def press(one: Batch) -> None:
        await asyncio.sleep(0.02)
        one.interrupt("by SIGHUP", at_once=at_once)
        if not at_once:
            await asyncio.sleep(0.02)
            one.interrupt("by Ctrl-C")

    started = time.monotonic()
    result = run(TWENTY, service, concurrency=3, during=press)
    assert time.monotonic() - started < 30
    assert result.progress.maybe_twice == 1  # it was sent, and nobody knows what became of it
    assert "q1" not in result.answered
    assert result.rejected == {}
    assert service.in_flight == 0


def test_what_does_not_come_home_in_time_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch, "HOME", 0.1)
    service = Service({"q1": [never], "q2": [after(0.05, samples.reply())]})

    async def press(one: Batch) -> None:
        one.interrupt("by Ctrl-C")
        await asyncio.sleep(0)

    async def soon(one: Batch) -> None:
        await asyncio.sleep(0.01)
        await press(one)

    result = run(["q1", "q2"], service, concurrency=2, during=soon)
    assert result.answered == ["q2"]
    assert result.progress.maybe_twice == 1


# --- A disk that refuses -----------------------------------------------------------------------------------


def refuse_journal(
    monkeypatch: pytest.MonkeyPatch, error: int, while_: Callable[[], bool], path: Path = JOURNAL
) -> None:
    write = os.write

    def refusing(descriptor: int, data: Any) -> int:
        if path.exists() and os.fstat(descriptor).st_ino == path.stat().st_ino and while_():
            raise OSError(error, os.strerror(error))
        return write(descriptor, data)

    monkeypatch.setattr(os, "write", refusing)


def test_an_answer_that_cannot_be_saved_stops_the_run_and_nothing_is_asked_twice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    service = Service()
    refuse_journal(monkeypatch, errno.EIO, lambda: len(service.asked) > 3)
    result = run(TWENTY, service)
    assert service.asked == TWENTY[:4]
    assert result.stopped_by == STORAGE
    assert result.stopped is not None
    assert "1 answer kept in" in result.stopped.reason
    assert (result.answered, result.progress.answered) == (TWENTY[:3], 3)
    assert result.rejected == {}


def test_a_text_that_broke_off_and_cannot_be_kept_is_not_bought_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    service = Service({"q2": [BROKEN_OFF]})
    refuse_journal(monkeypatch, errno.EIO, lambda: True, REJECTED)
    result = run(TWENTY, service)
    assert service.asked == TWENTY[:2]
    assert result.stopped_by == STORAGE
    assert (result.answered, result.progress.paid_in_vain) == (["q1"], 0)


def test_while_the_disk_is_full_nothing_is_sent_not_even_a_retry_and_what_came_is_saved_later(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(commits, "PAUSE", 0.02)
    full = True
    refuse_journal(monkeypatch, errno.ENOSPC, lambda: full)
    service = Service({"q1": [OUTAGE, samples.reply()], "q2": [after(0.02, samples.reply())]})
    seen: list[int] = []

    async def make_room(one: Batch) -> None:
        nonlocal full
        await asyncio.sleep(0.05)
        seen.append(len(service.asked))
        await asyncio.sleep(0.15)
        seen.append(len(service.asked))
        full = False

    result = run(TWENTY, service, concurrency=2, retry_waits=(0.1, 0.1, 0.1), during=make_room)
    assert seen == [2, 2]
    assert sorted(result.answered) == sorted(TWENTY)
    assert service.bill["q2"] == 1
    assert result.stopped is None


def test_ctrl_c_ends_a_run_that_the_disk_holds_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commits, "PAUSE", 0.02)
    monkeypatch.setattr(commits, "PATIENCE", 0.2)
    refuse_journal(monkeypatch, errno.ENOSPC, lambda: True)
    service = Service()

    async def press(one: Batch) -> None:
        await asyncio.sleep(0.05)
        one.interrupt("by Ctrl-C")

    result = run(TWENTY, service, concurrency=2, during=press)
    assert len(service.asked) == 2
    assert result.stopped_by == INTERRUPTED


# --- Nobody waits for somebody who waits for him -------------------------------------------------------------


def test_a_row_that_stands_by_for_the_end_of_an_outage_is_the_one_that_tells_whether_it_is_over() -> None:
    rows: dict[str, list[Step]] = {
        "q1": [samples.reply()],
        "q2": [OUTAGE, samples.reply()],
        "q3": [OUTAGE],
        "q4": [samples.reply()],
    }
    result = run(rows, Service(rows), concurrency=2, retry_waits=(0.0, 0.0, 0.0))
    assert sorted(result.answered) == ["q1", "q2", "q4"]
    assert result.rejected == {"q3": "outage"}
    assert result.stopped is None


def test_rows_that_an_outage_hits_after_the_run_was_stopped_end_with_it() -> None:
    rows: dict[str, list[Step]] = {"q1": [OUTAGE, STOP], "q2": [OUTAGE], "q3": [OUTAGE]}
    result = run(rows, Service(rows), concurrency=3, retry_waits=(0.0, 0.0, 0.0))
    assert result.stopped_by == Kind.STOP
    assert result.answered == []


# --- Whatever happens --------------------------------------------------------------------------------------

NOW = Failure(Kind.PACE, "too many", wait=0.0)
FINAL = (samples.reply(), REFUSAL, FAULT, CUT, STOP)
STEPS = st.lists(
    st.sampled_from([*FINAL[:4], *FINAL[:1] * 6, OUTAGE, OUTAGE, OUTAGE, LOST, NOW, STOP]),
    min_size=1,
    max_size=6,
)


@given(st.lists(STEPS, min_size=1, max_size=8), st.integers(1, 4))
@hypothesis_settings(max_examples=60, deadline=None)
def test_every_row_ends_once_and_nothing_is_asked_after_it_ended(
    rows: list[list[Outcome]], concurrency: int
) -> None:
    shutil.rmtree(FOLDER, ignore_errors=True)
    steps = {f"q{number}": outcomes for number, outcomes in enumerate(rows, 1)}
    service = Service(steps)
    result = run(steps, service, concurrency=concurrency, retry_waits=(0.0, 0.0, 0.0))
    ended = [*result.answered, *result.rejected]
    assert len(ended) == len(set(ended))
    assert set(ended) <= set(service.bill)
    for text, times in service.bill.items():
        came = [steps[text][min(number, len(steps[text]) - 1)] for number in range(times)]
        assert not [one for one in came[:-1] if one in FINAL]
        assert len([one for one in came if one is not NOW]) <= 4
        if came[-1] in FINAL and came[-1] is not STOP:
            assert (text in result.answered) is isinstance(came[-1], Reply)
            assert text in ended
    if result.stopped is None:
        assert set(ended) == set(steps)
    assert list(result.rejected.values()).count("stop") == (result.stopped_by == Kind.STOP)
    counts = result.progress
    assert (counts.answered, counts.failed + counts.blocked) == (len(result.answered), len(result.rejected))


# --- Errors of our own -------------------------------------------------------------------------------------


def test_an_error_of_our_own_ends_the_run_and_what_was_answered_is_saved() -> None:
    async def broken() -> Outcome:
        raise ZeroDivisionError

    service = Service({"q3": [broken]})
    with pytest.raises(ZeroDivisionError):
        run(TWENTY, service, concurrency=1)
    assert [record["metadata"]["question"] for record in answers.read(JOURNAL)] == ["q1", "q2"]
    assert service.asked == ["q1", "q2", "q3"]


BAD, GOOD = samples.reply("no"), samples.reply("1")


@given(
    st.lists(
        st.lists(
            st.sampled_from([BAD, BAD, GOOD, GOOD, OUTAGE, LOST, NOW, CUT, STOP]), min_size=1, max_size=6
        ),
        min_size=1,
        max_size=6,
    ),
    st.integers(1, 4),
)
@hypothesis_settings(max_examples=60, deadline=None)
def test_a_gated_row_ends_once_whatever_happens_between_its_tries(
    rows: list[list[Outcome]], concurrency: int
) -> None:
    shutil.rmtree(FOLDER, ignore_errors=True)
    steps = {f"q{number}": outcomes for number, outcomes in enumerate(rows, 1)}
    service = Service(steps)
    result = run(steps, service, concurrency=concurrency, retry_waits=(0.0, 0.0), gate=numbers_only)
    lines = [(line["metadata"]["question"], line["kind"]) for line in samples.read_lines(REJECTED)]
    ended = [*result.answered, *(text for text, kind in lines if kind != RETRIED)]
    assert len(ended) == len(set(ended))
    for text, times in service.bill.items():
        came = [steps[text][min(number, len(steps[text]) - 1)] for number in range(times)]
        bad = came.count(BAD)
        assert bad <= 3
        assert lines.count((text, INVALID)) == (bad == 3)
        assert lines.count((text, RETRIED)) == min(bad, 2)
        assert (text in result.answered) is (GOOD in came)
    if result.stopped is None:
        assert set(ended) == set(steps)
