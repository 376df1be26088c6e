"""What only a process of its own can show: signals, kills, streams, the start."""

import ast
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from dset.rehearsal import faults
from dset.rehearsal.server import Behaviour, Request, Script, Server
from tests.running import (
    SCRIPT,
    Run,
    at,
    csv_rows,
    environment,
    journal,
    questions_csv,
    statuses,
    txt_questions,
)

Serve = Callable[[Script], Server]
Dset = Callable[..., Run]
ROWS = [f"question {number}" for number in range(40)]
posix = pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")


def answer(request: Request) -> Behaviour:
    return faults.ok(f"answer to {request.text}")


@contextmanager
def started(place: Path, *arguments: str) -> Iterator["subprocess.Popen[bytes]"]:
    process = subprocess.Popen(
        [sys.executable, str(SCRIPT), *arguments],
        cwd=place,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def wait_until(condition: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "nothing happened"
        time.sleep(0.005)


def test_help_says_what_there_is(dset: Dset) -> None:
    run = dset("--help")
    assert run.exit_status == 0
    assert "DSET_MAX_TOKENS" in run.out
    assert run.err == ""


def test_help_loads_nothing_heavy() -> None:
    code = "import sys, dset_generator as d\ntry: d.main(['--help'])\nexcept SystemExit: pass\nprint(*sys.modules, file=sys.stderr)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=SCRIPT.parent, env=environment(), capture_output=True, text=True
    )
    loaded = set(done.stderr.split())
    assert not loaded & {"openai", "httpx2", "aiohttp", "tenacity", "tqdm", "pydantic"}


def test_the_script_parses_on_python_3_8_and_says_in_one_line_what_it_needs() -> None:
    source = SCRIPT.read_text(encoding="utf-8")
    tree = ast.parse(source, feature_version=(3, 8))
    first = next(node for node in tree.body if isinstance(node, ast.If))
    assert ast.unparse(first.test) == "sys.version_info < (3, 11)"
    imported = [
        node for node in tree.body[: tree.body.index(first)] if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    assert {name.name for node in imported for name in node.names} == {"annotations", "sys"}


def test_a_missing_package_gives_one_line_with_this_interpreters_pip(clean_place: Path) -> None:
    questions_csv(clean_place, "one")
    blocker = clean_place / "blocked"
    blocker.mkdir()
    (blocker / "tenacity.py").write_text("raise ImportError('no', name='tenacity')\n")
    done = subprocess.run(
        [sys.executable, str(SCRIPT), "--rehearse=calm"],
        cwd=clean_place,
        env=environment({"PYTHONPATH": str(blocker)}),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert "tenacity" in done.stderr
    assert f'"{sys.executable}" -m pip install' in done.stderr
    assert "Traceback" not in done.stderr


def test_kill_9_at_any_moment_loses_nothing_that_was_saved_and_buys_nothing_twice(
    serve: Serve, dset: Dset, clean_place: Path
) -> None:
    concurrency = 4
    bill: Counter[str] = Counter()
    for kill_after in (1, 3, 8, 15, 26):
        place = clean_place / str(kill_after)
        place.mkdir()
        path = questions_csv(place, *ROWS)
        before = path.read_bytes()
        server = serve(faults.slow(0.01, answer))
        with started(place, *at(server.base_url, "--concurrency", str(concurrency))) as process:
            wait_until(lambda: server.answered >= kill_after)  # noqa: B023 - called at once
            process.kill()
            process.wait()
        saved = set(_whole_lines(place))
        run = subprocess.run(
            [sys.executable, str(SCRIPT), *at(server.base_url)],
            cwd=place,
            env=environment(),
            capture_output=True,
        )
        assert run.returncode == 0, run.stderr
        questions = [record["metadata"]["question"] for record in journal(place)]
        assert sorted(questions) == sorted(ROWS)
        assert [row["question"] for row in csv_rows(place)] == questions
        assert txt_questions(place) == questions
        assert saved <= set(_whole_lines(place))
        bill = Counter(request.text for request in server.questions)
        assert sum(bill.values()) <= len(ROWS) + concurrency
        assert path.read_bytes() == before


def _whole_lines(place: Path) -> list[bytes]:
    path = place / "dset_generator" / "output.json"
    return path.read_bytes().split(b"\n")[:-1] if path.exists() else []


@posix
@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_ctrl_c_and_sigterm_let_what_is_in_flight_come_home(
    serve: Serve, dset: Dset, clean_place: Path, number: int, status: int
) -> None:
    questions_csv(clean_place, *ROWS)
    server = serve(faults.slow(0.4, answer))
    with started(clean_place, *at(server.base_url, "--concurrency", "4")) as process:
        wait_until(lambda: len(server.questions) >= 4)
        process.send_signal(number)
        out, err = process.communicate(timeout=30)
        assert process.returncode == status
    assert len(server.questions) == len(journal(clean_place)) == 4
    assert b"Interrupted" in out
    assert b"comes home" in err
    assert statuses(clean_place) == {}
    assert dset(*at(server.base_url, "--concurrency", "40")).exit_status == 0
    assert len(server.questions) == len(ROWS)


@posix
def test_ctrl_c_while_rows_wait_for_an_outage_bookmarks_them_at_once(serve: Serve, clean_place: Path) -> None:
    questions_csv(clean_place, *ROWS)
    server = serve(faults.always(faults.overloaded()))
    with started(clean_place, "--base-url", server.base_url, "--concurrency", "2") as process:
        wait_until(lambda: len(server.questions) >= 2)
        time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=20)
        assert process.returncode == 130
    assert statuses(clean_place) == {2: "ERROR", 3: "ERROR"}
    assert len(server.questions) == 2


@posix
def test_a_second_ctrl_c_ends_it_at_once(serve: Serve, clean_place: Path) -> None:
    questions_csv(clean_place, *ROWS)
    server = serve(faults.always(faults.stalls()))
    with started(clean_place, *at(server.base_url, "--concurrency", "2")) as process:
        wait_until(lambda: len(server.questions) >= 2)
        process.send_signal(signal.SIGINT)
        time.sleep(0.3)
        assert process.poll() is None
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=10)
        assert process.returncode == 130
    assert b"possibly billed twice: 2" in out


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_or_closed_output_does_not_end_a_run(serve: Serve, clean_place: Path) -> None:
    questions_csv(clean_place, *ROWS)
    server = serve(answer)
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, str(SCRIPT), *at(server.base_url)],
            cwd=clean_place,
            env=environment(),
            stdout=full,
            stderr=full,
        )
    assert done.returncode == 0
    assert len(journal(clean_place)) == len(ROWS)


def test_without_a_terminal_the_progress_comes_in_plain_lines(
    serve: Serve, dset: Dset, clean_place: Path
) -> None:
    questions_csv(clean_place, "one", "two")
    server = serve(faults.by_text({"one": [faults.overloaded()]}, answer))
    run = dset("--base-url", server.base_url, "--retry-waits", "0.9")
    waiting = next(line for line in run.err.split("\n") if "asked again in" in line)
    assert "attempt 2 of 2" in waiting
    assert "Ctrl-C is safe" in waiting
    assert "\r" not in run.err
    assert "\x1b" not in run.err


def test_quiet_leaves_the_summary_and_the_errors(serve: Serve, dset: Dset, clean_place: Path) -> None:
    questions_csv(clean_place, "one")
    run = dset(*at(serve(answer).base_url, "--quiet"))
    assert run.err == ""
    assert "Finished." in run.out


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="needs a pseudo-terminal")
def test_on_a_terminal_a_bar_shows_how_far_it_is(serve: Serve, clean_place: Path) -> None:
    questions_csv(clean_place, "one", "two", "three")
    server = serve(faults.slow(0.3, answer))
    leader, follower = os.openpty()
    process = subprocess.Popen(
        [sys.executable, str(SCRIPT), *at(server.base_url, "--concurrency", "1")],
        cwd=clean_place,
        env=environment({"TERM": "xterm", "COLUMNS": "160"}),
        stdout=subprocess.PIPE,
        stderr=follower,
    )
    os.close(follower)
    shown = b""
    while True:
        try:
            piece = os.read(leader, 4096)
        except OSError:
            break
        if not piece:
            break
        shown += piece
    process.communicate()
    os.close(leader)
    assert process.returncode == 0
    assert b"3/3" in shown
    assert b"tokens" in shown
