"""A model that errs in every way: exactly as many good records come out, whatever breaks off the run on the way."""

import json
import random
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from dset import texts
from dset.duplicates import Index
from dset.rehearsal.server import Behaviour, Request, Server
from dset.tasks import catalog, picture_fields, requests
from dset.tasks.checks import Checks
from dset.tasks.factors import Factors
from dset.tasks.gate import Allowance, TaskGate
from dset.tasks.planfile import Order
from dset.tasks.rehearsed import ERRING, Model, Rates
from dset.tasks.stock import Stock
from tests import older_tasks, samples
from tests.running import SCRIPT, Run, at, environment, journal
from tests.tasks import data, queue_rows, tasks_json

TASK = "sentiment_analysis"
FOLDER = f"dset_generator/tasks/{TASK}"


class Books:
    """The erring model, with a note of each request and of what was saved when it came."""

    def __init__(self, place: Path, order: Order) -> None:
        self._place, self._factors = place, Factors(order)
        self._slots: dict[str, tuple[int, ...]] = {}
        self.model = Model(order, self._asked, ERRING)
        self.asked_though_saved: list[str] = []
        self.requests: Counter[str] = Counter()

    def _asked(self, text: str) -> list[tuple[int, Any]]:
        if text not in self._slots:
            rows = queue_rows(self._place / FOLDER)
            self._slots = {row["question"]: tuple(map(int, row["slots"].split())) for row in rows}
        return [(slot, self._factors.spec(slot)) for slot in self._slots[text]]

    def __call__(self, request: Request) -> Behaviour:
        text = next(one["content"] for one in request.body["messages"] if one["role"] == "user")
        self.requests[text] += 1
        if text in self.saved:
            self.asked_though_saved.append(text)
        return self.model(request)

    saved: frozenset[str] = frozenset()

    def look(self) -> None:
        """Note what is saved by now: none of it may be asked for again."""
        self.saved = frozenset(line["metadata"]["question"] for line in journal(self._place, FOLDER))


def order(count: int, **changes: Any) -> Order:
    return Order(task=catalog.load().get(TASK), lang="th", count=count, **changes)


def check(place: Path, wanted: Order) -> None:
    """Exactly so many records, each valid and like no other, labels and parameters level."""
    found = data(place / FOLDER)
    records = [one for line in found for one in line.get("records", [line])]
    assert len(records) == wanted.count
    checks, index = Checks(wanted.task, wanted.lang), Index(wanted.near)
    for number, record in enumerate(records):
        assert checks.faults(record, {}) == []
        text = texts.text_of(record, wanted.task.unique)
        assert index.find(text) is None
        index.add(str(number), text)
    counts = Counter(record["label"] for record in records)
    assert max(counts.values()) - min(counts.values()) <= 1


def killed(place: Path, books: Books, base_url: str, wanted: Order, kills: int, *flags: str) -> None:
    """Run it in processes of its own, killed so often on the way, then to its end."""
    draw = random.Random(kills)
    command = [
        sys.executable,
        str(SCRIPT),
        "task",
        TASK,
        str(wanted.count),
        "--lang",
        "th",
        *at(base_url),
        *flags,
    ]
    for _ in range(kills):
        process = subprocess.Popen(
            command, cwd=place, env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        before, goal = sum(books.requests.values()), draw.randint(1, 2 * wanted.count // kills)
        deadline = time.monotonic() + 60
        while process.poll() is None and sum(books.requests.values()) < before + goal:
            assert time.monotonic() < deadline
            time.sleep(0.005)
        process.send_signal(signal.SIGKILL)
        process.wait(60)
        books.look()
    done = subprocess.run(command, cwd=place, env=environment(), capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="kills as POSIX does")
@pytest.mark.parametrize(
    ("count", "kills", "flags"),
    [
        (30, 2, ()),
        pytest.param(24, 2, ("--per-request", "4"), marks=pytest.mark.soak),
        pytest.param(300, 10, (), marks=pytest.mark.soak),
        pytest.param(300, 10, ("--per-request", "5"), marks=pytest.mark.soak),
    ],
)
def test_as_many_good_records_stand_though_the_model_errs_and_the_run_is_killed(
    clean_place: Path, count: int, kills: int, flags: tuple[str, ...]
) -> None:
    wanted = order(count, per_request=int(flags[1]) if flags else 1)
    books = Books(clean_place, wanted)
    with Server(books) as server:
        killed(clean_place, books, server.base_url, wanted, kills, "--max-requests", str(5 * count), *flags)
    check(clean_place, wanted)
    assert books.asked_though_saved == []


def test_a_rehearsal_meets_an_outage_goes_on_finishes_and_the_next_starts_afresh(
    rehearse: Any, clean_place: Path
) -> None:
    flags = ("task", TASK, "6", "--lang", "th", "--rehearse", "--retry-waits", "0.1", "--views", "none")
    first: Run = rehearse(*flags)
    assert first.exit_status == 1, first.said
    assert "Stopped by an outage" in first.out
    second: Run = rehearse(*flags)
    assert second.exit_status == 0, second.said
    assert "6 of 6 records stand" in second.out
    folder = f"dset_generator/rehearsal/tasks/{TASK}"
    assert len(journal(clean_place, folder)) == 6
    assert not (clean_place / "dset_generator/tasks").exists()
    third: Run = rehearse(*flags, "--limit", "1")
    assert third.exit_status == 1
    assert len(journal(clean_place, folder)) < 6


def test_every_built_in_task_can_be_rehearsed_in_three_languages(clean_place: Path) -> None:
    for name in catalog.builtin():
        task = catalog.load().get(name)
        if picture_fields.is_on_pictures(task):  # its rehearsal is another one
            continue
        for lang in ("th", "en", "vi"):
            wanted = Order(task=task, lang=lang, count=6)
            factors, checks = Factors(wanted), Checks(task, lang)
            model = Model(wanted, lambda text: [(int(text), factors.spec(int(text)))], ERRING)  # noqa: B023
            good = 0
            for number in range(1, 31):
                body = {"messages": [{"role": "user", "content": str(number)}]}
                request = Request(number, "POST", "/", {}, body, 1, 1)
                answer = json.loads(model(request).body)["choices"][0]["message"]["content"]
                found = re.search(r"\{.*\}", answer, re.DOTALL)
                try:
                    good += not checks.faults(json.loads(found[0]) if found else None, factors.spec(number))
                except ValueError:
                    continue
            assert good >= 10, (name, lang, good)


@pytest.mark.parametrize("name", older_tasks.file())
def test_each_task_of_a_file_in_the_older_form_plans_and_gates(clean_place: Path, name: str) -> None:
    tasks_json(clean_place, **older_tasks.file())
    task = catalog.load().get(name)
    wanted = Order(task=task, lang=task.language, count=9)
    factors, stock = Factors(wanted), Stock(Index(wanted.near), task.unique, wanted.count)
    gate = TaskGate(Checks(task, task.language), stock, factors.spec, Allowance(100, 9))
    model = Model(wanted, lambda text: [(int(text), factors.spec(int(text)))], Rates())
    for slot in range(1, 10):
        spec = factors.spec(slot)
        text = requests.question(task, task.language, [slot], [spec], 1, None)
        assert all(f"- {name}: {value}" in text for name, value in spec.items())
        body = {"messages": [{"role": "user", "content": str(slot)}]}
        said = model(Request(slot, "POST", "/", {}, body, 1, 1)).body
        made = json.loads(json.loads(said)["choices"][0]["message"]["content"])
        asked = samples.question(text, columns={"slots": str(slot)})
        assert gate(asked, samples.reply(json.dumps(made, ensure_ascii=False)), 0).faults == (), name
        bad = gate(asked, samples.reply(json.dumps({**made, "no such field": 1})), 0)
        assert "no such field" in bad.reason
    assert stock.good == set(range(1, 10))
