"""The figures behind the charts page: counted beside the server, each dataset once, and never for nobody."""

import json
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from starlette.testclient import TestClient

from dset.charts import gather
from dset.folders import Folder
from dset.pages import app, figure_jobs, figure_process
from dset.pages.desk import Desk
from dset.pages.figure_jobs import AT_ONCE, FigureJobs
from dset.pages.figure_process import FigureProcess
from dset.pages.shelf import Shelf
from tests import hostile_datasets, samples
from tests.test_pages_fuzzed import described

ROOT = str(Path(__file__).resolve().parents[1])
ONE_LINE_THEN_WAIT = """
import sys
sys.stdout.write('{"charts": [1], "message": "Some are damaged."}\\n{"charts": [2')
sys.stdout.flush()
sys.stdin.read()
"""
COUNTS_WITHOUT_END = """
import sys, threading; sys.path.insert(0, sys.argv[1])
from dset.pages import figure_process as it
it._counted = lambda *_: threading.Event().wait()
it.main("x")
"""


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    hostile_datasets.sound(tmp_path / "one")
    return Folder(tmp_path / "one")


@pytest.fixture
def jobs() -> Iterator[FigureJobs]:
    made = FigureJobs()
    yield made
    made.end()


def settle(jobs: FigureJobs) -> None:
    """Come back once nothing is counted any more: then all counters can meet."""
    meeting = threading.Barrier(AT_ONCE)
    for one in [jobs._counters.submit(meeting.wait, 60) for _ in range(AT_ONCE)]:
        one.result()


class Counts:
    """Takes the place of the process: what it tells is let out one after the other. `begun` are the folders in order."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.begun: list[str] = []
        self.told: list[dict[str, Any]] = [{"charts": [{"id": "glance"}], "message": ""}]
        self.may_end = threading.Semaphore(0)
        self.has_begun = threading.Semaphore(0)
        self.ended: list[str] = []
        monkeypatch.setattr(figure_jobs, "FigureProcess", self._process)

    def _process(self, path: Path) -> Any:
        self.begun.append(path.name)
        self.has_begun.release()
        counts = self

        class Process:
            def found(self) -> Iterator[dict[str, Any]]:
                counts.may_end.acquire()
                yield from counts.told

            def end(self) -> None:
                counts.ended.append(path.name)
                counts.may_end.release()

        return Process()


@pytest.fixture
def counts(monkeypatch: pytest.MonkeyPatch) -> Counts:
    return Counts(monkeypatch)


def test_charts_are_counted_in_a_process_and_are_as_declared(tmp_path: Path, folder: Folder) -> None:
    (tmp_path / "kept").mkdir()
    desk = Desk(Shelf((folder.path,)), tmp_path / "kept")
    client = TestClient(app.routes(desk, tmp_path / "tasks.json"))
    with desk.until(threading.Event()):
        address = f"/api/datasets/{desk.shelf.datasets()[0].key}/charts"
        first = client.get(address).json()
        settle(desk.figures)
        told = client.get(address).json()
    validator: jsonschema_rs.Validator = described(
        client.get("/openapi.json").json(), "/api/datasets/{key}/charts"
    )
    assert (first["state"], first["charts"], first["message"]) == ("counting", [], first["message"])
    assert (told["state"], told["is_current"]) == ("ready", True)
    assert {"figures", "bars", "columns"} <= {one["kind"] for one in told["charts"]}
    for one in (first, told):
        assert [f"{fault.instance_path}: {fault.message}" for fault in validator.iter_errors(one)] == []


def test_who_asks_while_it_is_counted_waits_for_the_same_count(
    jobs: FigureJobs, folder: Folder, counts: Counts
) -> None:
    for _ in range(5):
        told = jobs.charts("k", folder, again=True)
        assert (told["state"], told["is_counting"]) == ("counting", True)
    counts.may_end.release()
    settle(jobs)
    assert counts.begun == ["one"]
    assert jobs.charts("k", folder, again=False)["charts"] == [{"id": "glance"}]
    assert counts.begun == ["one"]


def test_what_was_counted_stays_while_it_is_counted_again(
    jobs: FigureJobs, folder: Folder, counts: Counts
) -> None:
    counts.may_end.release()
    jobs.charts("k", folder, again=False)
    settle(jobs)
    told = jobs.charts("k", folder, again=True)
    assert (told["state"], told["is_counting"], told["is_current"]) == ("ready", True, True)
    counts.may_end.release()
    settle(jobs)
    assert counts.begun == ["one", "one"]


def test_a_dataset_that_changed_is_counted_again_but_not_all_the_time(
    jobs: FigureJobs, folder: Folder, counts: Counts, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts.may_end.release()
    jobs.charts("k", folder, again=False)
    settle(jobs)
    samples.write_lines(folder.journal, [samples.record("another")])
    told = jobs.charts("k", folder, again=False)
    assert (told["is_current"], told["is_counting"]) == (False, False)
    monkeypatch.setattr(figure_jobs, "_WORTH", 0.0)
    assert jobs.charts("k", folder, again=False)["is_counting"]
    counts.may_end.release()
    settle(jobs)
    assert jobs.charts("k", folder, again=False)["is_current"]


def test_no_more_than_a_few_datasets_are_counted_at_once_and_the_others_are_told_so(
    jobs: FigureJobs, folder: Folder, counts: Counts
) -> None:
    names = [str(at) for at in range(AT_ONCE + 2)]
    for name in names:
        jobs.charts(name, Folder(folder.path.with_name(name)), again=False)
    for _ in range(AT_ONCE):
        assert counts.has_begun.acquire(timeout=20)
    assert sorted(counts.begun) == names[:AT_ONCE]
    waits = jobs.charts(names[-1], Folder(folder.path.with_name(names[-1])), again=False)
    assert (waits["state"], waits["message"]) == (
        "counting",
        "Other datasets are counted first; then it is this one's turn.",
    )
    for _ in names:
        counts.may_end.release()
    settle(jobs)
    assert sorted(counts.begun) == names


def test_at_the_end_of_the_server_what_is_counted_is_ended_and_nothing_begins(
    folder: Folder, counts: Counts
) -> None:
    jobs = FigureJobs()
    for at in range(AT_ONCE + 2):
        jobs.charts(str(at), Folder(folder.path.with_name(str(at))), again=False)
    for _ in range(AT_ONCE):
        assert counts.has_begun.acquire(timeout=20)
    jobs.end()
    assert sorted(counts.ended) == sorted(counts.begun) == [str(at) for at in range(AT_ONCE)]
    assert not jobs.charts("later", folder, again=True)["is_counting"]


def test_what_cannot_be_started_is_told_and_can_be_tried_again(
    jobs: FigureJobs, folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(sys, "executable", "/nowhere/python")
        jobs.charts("k", folder, again=False)
        settle(jobs)
    told = jobs.charts("k", folder, again=False)
    assert (told["state"], told["message"]) == (
        "failed",
        "The figures could not be counted: No such file or directory.",
    )
    assert jobs.charts("k", folder, again=True)["is_counting"]


def test_a_process_that_dies_is_told_of_in_a_sentence(folder: Folder) -> None:
    process = FigureProcess(folder.path)
    process.end()
    [told] = process.found()
    assert told["failed"].startswith(
        "The figures could not be counted. The process that counts them was ended"
    )


def test_what_a_process_told_before_it_died_is_shown(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(figure_process, "_START", ONE_LINE_THEN_WAIT)
    process = FigureProcess(folder.path)
    found = process.found()
    assert next(found)["charts"] == [1]
    process.end()
    [told] = found
    assert told["charts"] == [1]
    assert told["message"].startswith(
        "Some are damaged. Texts that are nearly alike are left out. The process"
    )


def test_a_process_ends_with_the_server_however_that_ended() -> None:
    process = subprocess.Popen([sys.executable, "-c", COUNTS_WITHOUT_END, ROOT], stdin=subprocess.PIPE)
    with process:
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(60) == 1


def test_a_dataset_without_answers_has_no_charts_and_says_when_there_will_be_some(folder: Folder) -> None:
    folder.journal.write_bytes(b"")
    [told] = FigureProcess(folder.path).found()
    assert told == {
        "charts": [],
        "message": "There are no answers to count yet; the charts come with the first ones.",
    }
    folder.journal.unlink()
    assert figure_process._counted(folder.path, 1.0) == told


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ImportError("no", name="rensa"), "the package rensa is missing"),
        (PermissionError(13, "Permission denied"), "a file cannot be read (Permission denied)."),
        (MemoryError(), "memory ran out."),
        (ZeroDivisionError("a secret"), "an error of dset's own (ZeroDivisionError). Please report it."),
    ],
)
def test_what_goes_wrong_in_counting_is_a_sentence(
    folder: Folder, monkeypatch: pytest.MonkeyPatch, error: Exception, said: str
) -> None:
    def broken(*_: object) -> None:
        raise error

    monkeypatch.setattr(gather, "gather", broken)
    told = figure_process._counted(folder.path, 1.0)["failed"]
    assert told.startswith("The figures could not be counted: ")
    assert said in told
    assert "secret" not in told


def test_a_plan_that_cannot_be_read_is_named_and_not_where_it_lies(folder: Folder) -> None:
    folder.plan.write_text(json.dumps({"task": 5}))
    told = figure_process._counted(folder.path, 1.0)["failed"]
    assert "one/plan.json is damaged" in told
    assert str(folder.path.parent) not in told


def test_a_folder_that_is_gone_is_no_error_of_the_program(folder: Folder) -> None:
    shutil.rmtree(folder.path)
    assert figure_process._counted(folder.path, 1.0)["charts"] == []
