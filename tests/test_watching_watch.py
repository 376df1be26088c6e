"""A dataset that is watched: what is told while a run goes on, when it waits, and however it ended."""

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dset import answers, live, rejections
from dset.folders import Folder
from dset.locks import Lock
from dset.rehearsal import faults
from dset.rehearsal.server import Behaviour, Request, Script, Server
from dset.watching import standing
from dset.watching.watch import Watch
from tests import samples
from tests.running import Run, at, journal, questions_csv

Serve = Callable[[Script], Server]
Main = Callable[..., Run]
FOLDER = Folder(Path("dset_generator"))
RUN = "20261121T120000Z-0000"


@pytest.fixture(autouse=True)
def _often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "EVERY", 0.01)


def looked(until: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """The first snapshot for which that is so; the last of many where it never is."""
    one = Watch(FOLDER)
    for _ in range(20_000):
        told = one.snapshot()
        if until(told):
            break
    return told


def test_where_nothing_was_asked_it_says_how_to_begin(clean_place: Path) -> None:
    told = Watch(FOLDER).snapshot()
    assert (told["state"], told["headline"]) == ("new", "Nothing was asked yet.")
    assert "python dset_generator.py" in told["next"]
    assert told["rows"] == {"all": None, "done": 0, "pending": None, "failed": 0, "blocked": 0, "rejected": 0}
    assert (told["run"], told["latest"], told["failures"], told["reading"]) == (None, [], [], None)


def test_a_run_is_followed_while_it_goes_on(main: Main, serve: Serve, clean_place: Path) -> None:
    seen: list[dict[str, Any]] = []

    def arrive(request: Request) -> Behaviour:
        if "three" in request.text:
            seen.append(looked(lambda told: told["rows"]["done"] == 2 and len(told["latest"]) == 2))
        return faults.ok(f"yes, {request.text}")

    questions_csv(clean_place, "one", "two", "three", "four")
    main(*at(serve(arrive).base_url, "--concurrency", "1", "--budget", "5"))
    [told] = seen
    assert (told["state"], told["headline"][:22]) == ("running", "Asking: 2 of 4 done, a")
    assert told["rows"] == {"all": 4, "done": 2, "pending": 2, "failed": 0, "blocked": 0, "rejected": 0}
    [lane] = told["endpoints"]
    assert (lane["state"], lane["in_flight"], lane["at_once"], lane["answered"]) == ("in use", 1, 1, 2)
    assert [one["n"] for one in told["latest"]] == [2, 1]
    assert told["latest"][0]["question"] == "two"
    assert told["run"]["ended"] is None
    assert told["cost"]["budget_usd"] == 5
    assert told["cost"]["spent_usd"] == pytest.approx(told["cost"]["usd"])
    assert sum(point["answered"] for point in told["history"]["points"]) == 2
    assert told["rate"]["left_s"] > 0
    after = Watch(FOLDER).snapshot()
    assert (after["state"], after["headline"]) == ("finished", "Finished: all 4 rows are answered.")
    assert after["tokens"]["prompt"] == sum(one["metadata"]["prompt_tokens"] for one in journal(clean_place))
    assert any("saved row 2" in line for line in after["log"])


def test_a_run_that_waits_says_why_and_that_ctrl_c_is_safe(
    main: Main, serve: Serve, clean_place: Path
) -> None:
    seen: list[dict[str, Any]] = []

    def arrive(request: Request) -> Behaviour:
        if "one" in request.text and request.attempt == 1:
            return faults.overloaded()
        if request.attempt == 2:
            seen.append(at_wait())
        return faults.ok("yes")

    def at_wait() -> dict[str, Any]:
        note = live.read(FOLDER.progress) or {}
        waits = {
            "row": 2,
            "reason": "Too busy.",
            "until": "2099-01-01T00:00:00Z",
            "attempt": 2,
            "attempts": 4,
        }
        lanes = [{**one, "in_flight": 0} for one in note["lanes"]]
        FOLDER.progress.write_bytes(live.as_bytes({**note, "waiting": [waits], "lanes": lanes}))
        return Watch(FOLDER).snapshot()

    questions_csv(clean_place, "one")
    main(*at(serve(arrive).base_url))
    [told] = seen
    assert told["state"] == "waiting"
    assert told["headline"].startswith("Waiting: Too busy. Row 2 is asked again in ")
    assert told["headline"].endswith(", attempt 2 of 4.")
    assert "Ctrl-C is safe" in told["next"]
    assert told["waiting"][0]["in_s"] > 1e6


def test_a_run_that_stopped_says_why_and_what_to_do(main: Main, serve: Serve, clean_place: Path) -> None:
    questions_csv(clean_place, "one", "two", "three")
    server = serve(faults.after(1, faults.ok("yes"), faults.insufficient_balance()))
    main(*at(server.base_url, "--concurrency", "1"))
    told = Watch(FOLDER).snapshot()
    assert (told["state"], told["headline"]) == ("stopped", "Stopped: Insufficient Balance")
    assert told["next"] == "Top up the account, then run the same command again."
    assert told["rows"] == {"all": 3, "done": 1, "pending": 1, "failed": 1, "blocked": 0, "rejected": 0}
    [failure] = told["failures"]
    assert (failure["kind"], failure["count"], failure["rows"]) == ("stop", 1, [3])
    assert "run the same command again" in failure["advice"]


def test_failures_are_grouped_with_what_to_do_and_go_when_the_row_is_answered(
    main: Main, serve: Serve, clean_place: Path
) -> None:
    questions_csv(clean_place, "one", "bad 1", "bad 2", "risky", "long")
    short = faults.by_text(
        {
            "bad": faults.error(422, "the field 17 is wrong"),
            "risky": faults.content_exists_risk(),
            "long": faults.cut_short(),
        },
        faults.ok("yes"),
    )
    main(*at(serve(short).base_url))
    one = Watch(FOLDER)
    told = one.snapshot()
    found = {group["kind"]: (group["count"], group["rows"]) for group in told["failures"]}
    assert found == {"row fault": (2, [3, 4]), "refusal": (1, [5]), "cut short": (1, [6])}
    advice = {group["kind"]: group["advice"] for group in told["failures"]}
    assert "--max-tokens" in advice["cut short"]
    assert "--retry-failed" in advice["refusal"]
    assert told["rows"] == {"all": 5, "done": 1, "pending": 0, "failed": 3, "blocked": 1, "rejected": 1}
    assert not one.changed()
    main(*at(serve(faults.echo()).base_url, "--retry-failed"))
    assert one.changed()
    told = one.snapshot()
    assert (told["failures"], told["state"]) == ([], "finished")
    assert told["rows"]["done"] == 5


def test_rows_beyond_the_limit_are_left_to_ask(main: Main, serve: Serve, clean_place: Path) -> None:
    path = questions_csv(clean_place, "one", "two", "three")
    main(*at(serve(faults.echo()).base_url, "--limit", "1"))
    one = Watch(FOLDER)
    told = one.snapshot()
    assert (told["state"], told["headline"]) == ("idle", "2 requests left to make; 1 done.")
    assert told["rows"]["pending"] == 2
    path.write_bytes(path.read_bytes() + b"four,\n")
    assert "q.csv was saved since" in one.snapshot()["next"]


def _note(**more: object) -> None:
    FOLDER.path.mkdir(exist_ok=True)
    known = {"run": RUN, "pid": os.getpid(), "state": "running", "total": 3, "plan": {"rows": 3, "todo": 3}}
    FOLDER.progress.write_bytes(live.as_bytes(known | more))
    line: dict[str, Any] = {
        "run": RUN,
        "started": "2026-11-21T12:00:00Z",
        "ended": None,
        "model": "m",
        "settings": {},
    }
    FOLDER.runs.write_text(json.dumps(line) + "\n")


def test_a_run_that_was_killed_is_told_as_such_and_the_next_one_is_not_taken_for_it(
    clean_place: Path,
) -> None:
    _note()
    one = Watch(FOLDER)
    told = one.snapshot()
    assert (told["state"], told["next"]) == ("stopped", standing._AGAIN)
    assert "killed" in told["headline"]
    lock = Lock(FOLDER.lock, "it")
    lock.acquire()
    try:
        assert one.changed()
        assert one.snapshot()["headline"].startswith("Asking: 0 of 3")
        _note(pid=1)
        assert one.snapshot()["headline"].startswith("A run is being prepared")
    finally:
        lock.release()
    assert one.changed()
    assert one.snapshot()["state"] == "stopped"


def test_looking_never_keeps_a_run_from_starting(clean_place: Path) -> None:
    _note()
    FOLDER.lock.write_text("pid 1, since then\n")  # left by a run that was killed
    one = Watch(FOLDER)
    taken: list[str] = []
    holder = Lock.holder

    def counted(self: Lock) -> str:
        taken.append(str(self.path))
        return holder(self)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Lock, "holder", counted)
        for _ in range(5):
            one.snapshot()
    assert len(taken) == 1


def test_of_a_folder_without_a_note_the_files_tell(clean_place: Path) -> None:
    FOLDER.path.mkdir()
    many = samples.answers_to("one", "two")
    FOLDER.journal.write_bytes(b"".join(answers.as_line(answers.as_record(one)) for one in many))
    failed = samples.rejection(samples.question("three", 4))
    again = samples.rejection(samples.question("one", 2))  # answered since
    lines = [answers.as_line(rejections.as_record(one)) for one in (failed, again)]
    FOLDER.rejected.write_bytes(b"".join(lines))
    told = Watch(FOLDER).snapshot()
    assert told["rows"] == {"all": None, "done": 2, "pending": None, "failed": 1, "blocked": 0, "rejected": 0}
    assert told["state"] == "idle"
    assert told["endpoints"][0]["answered"] == 2


def test_a_note_of_an_earlier_run_says_nothing_of_the_last_one(clean_place: Path) -> None:
    _note(run="20250101T000000Z-0000", state="ended", after={"rows": 3, "done": 3, "todo": 0})
    told = Watch(FOLDER).snapshot()
    assert (told["state"], told["rows"]["all"]) == ("stopped", None)


HOSTILE = [
    b"\0" * 300,
    b"[" * 100_000,
    b'{"metadata": {"id": 5, "row": "x", "timestamp": [], "run": {}, "endpoint": 1e999}, "response": 7}\n',
    (
        b'{"metadata": {"id": "a", "timestamp": "9999-99-99", "cost_usd": NaN, "prompt_tokens": -5, "seconds": Infinity},'
        b' "response": {"answer": ["<script>"]}}\n'
    ),
    b'{"metadata": {"question": "\\ud800", "model": "\\udfff", "row": 99999999999999999999, "cost_usd": 1e300},'
    b' "response": {"answer": "\\ud800\\u0000"}, "kind": "\\ud800", "reason": "\\ud800 \\u202e"}\n' * 3,
    b"\xff\xfe\xfa\n" * 50,
    b'{"run": "\\ud800", "started": 5, "ended": {}, "model": [], "prompt": "\\ud800", "counts": 5, "settings": 1}\n',
]


@pytest.mark.parametrize("data", HOSTILE, ids=range(len(HOSTILE)))
def test_whatever_stands_in_the_files_it_is_told_as_plain_json(clean_place: Path, data: bytes) -> None:
    FOLDER.path.mkdir()
    for path in (FOLDER.journal, FOLDER.rejected, FOLDER.runs, FOLDER.log, FOLDER.endpoints, FOLDER.plan):
        path.write_bytes(data)
    try:
        document = json.loads(data.splitlines()[0])
    except (ValueError, RecursionError):
        document = {}
    weird = {
        "lanes": [5, document, {"name": "\ud800"}],
        "waiting": [document, None],
        "after": document,
        "plan": 7,
    }
    FOLDER.progress.write_bytes(
        live.as_bytes({"state": "ended", "stopped": {"kind": 5}, "begins": "x", **weird})
    )
    told = Watch(FOLDER).snapshot()
    json.dumps(told, ensure_ascii=False, allow_nan=False).encode("utf-8")


@pytest.mark.skipif(sys.platform == "win32", reason="no pipes in folders")
def test_pipes_and_folders_in_the_place_of_files_are_passed_over(clean_place: Path) -> None:
    FOLDER.path.mkdir()
    for path in (FOLDER.journal, FOLDER.rejected, FOLDER.runs, FOLDER.log, FOLDER.progress):
        os.mkfifo(path)
    FOLDER.endpoints.mkdir()
    assert Watch(FOLDER).snapshot()["state"] == "new"


def test_what_a_task_plans_anew_needs_nothing_done(clean_place: Path) -> None:
    FOLDER.path.mkdir()
    FOLDER.plan.write_text('{"task": {"name": "x"}}')
    failed = samples.rejection(samples.question("three", 4), rejections.INVALID)
    FOLDER.rejected.write_bytes(answers.as_line(rejections.as_record(failed)))
    [group] = Watch(FOLDER).snapshot()["failures"]
    assert group["advice"].startswith("Nothing need be done")
