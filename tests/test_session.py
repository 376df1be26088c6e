"""One stretch of asking: client, committer and engine together."""

import asyncio
import contextlib
import errno
import json
import os
import signal
import sys
import tempfile
import threading
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from dset import choosing
from dset.outputs import Outputs
from dset.progress import Progress
from dset.rehearsal import faults
from dset.rehearsal.server import Script, Server
from dset.session import Session
from dset.settings import load
from dset.workspace import Workspace
from tests.running import journal, questions_csv

Serve = Callable[[Script], Server]


@contextlib.asynccontextmanager
async def unseen(progress: Progress) -> AsyncIterator[None]:
    del progress
    yield


def ask_all(server: Server, place: Path, told: list[str], **given: object) -> Session:
    settings = load({"base_url": server.base_url, "retry_waits": "0.05", **given}, {})
    with Workspace(settings, told.append, place) as work:
        work.read()
        work.open()
        session = Session(work, choosing.choose(settings, choosing.services(settings)), told.append)
        asyncio.run(session.run(unseen))
        work.bookmark()
        return session


def test_a_session_leaves_its_line_in_runs_json_with_the_end_and_the_counts(
    serve: Serve, clean_place: Path
) -> None:
    questions_csv(clean_place, "one", "two")
    session = ask_all(serve(faults.echo()), clean_place, [])
    [line] = (clean_place / "dset_generator" / "runs.json").read_text("utf-8").splitlines()
    run = json.loads(line)
    assert session.progress.answered == run["counts"]["answered"] == 2
    assert run["ended"] >= run["started"]
    assert {record["metadata"]["run"] for record in journal(clean_place)} == {run["run"]}
    assert session.stopped is None
    assert session.signal == 0


def test_the_log_has_a_line_for_each_saved_row(serve: Serve, clean_place: Path) -> None:
    questions_csv(clean_place, "one", "two")
    ask_all(serve(faults.echo()), clean_place, [])
    log = (clean_place / "dset_generator" / "run.log").read_text("utf-8")
    assert "saved row 2 " in log
    assert "saved row 3 " in log


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_a_signal_is_heard_told_once_and_remembered(serve: Serve, clean_place: Path) -> None:
    questions_csv(clean_place, "one", "two", "three")
    told: list[str] = []

    def script(request: object) -> object:
        os.kill(os.getpid(), signal.SIGTERM)
        return faults.ok("answered all the same")

    session = ask_all(serve(script), clean_place, told, concurrency="1")  # type: ignore[arg-type]
    assert session.signal == signal.SIGTERM
    assert session.stopped is not None
    assert "SIGTERM" in session.stopped.reason
    assert len(journal(clean_place)) == 1
    assert sum("SIGTERM" in line for line in told) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_whoever_ends_a_run_on_a_full_disk_does_not_wait_for_the_disk(
    serve: Serve, clean_place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(outputs: Outputs, batch: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "output.json")

    monkeypatch.setattr(Outputs, "commit", full)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    questions_csv(clean_place, "one")
    told: list[str] = []
    leave = threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGTERM))
    leave.start()
    started = time.monotonic()
    session = ask_all(serve(faults.echo()), clean_place, told)
    assert time.monotonic() - started < 4  # the next look at the disk would come after 5 s
    assert session.signal == signal.SIGTERM
    assert any("nothing new is asked" in line for line in told)
    [rescue] = tmp_path.glob("dset-rescue-*")
    assert b'"question": "one"' in rescue.read_bytes()
