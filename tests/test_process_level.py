"""What only a process of its own can show: signals, kills, streams, the start."""

import ast
import os
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
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
def started(
    place: Path,
    *arguments: str,
    env: Mapping[str, str] | None = None,
    before: Callable[[], None] | None = None,
) -> Iterator["subprocess.Popen[bytes]"]:
    process = subprocess.Popen(
        [sys.executable, str(SCRIPT), *arguments],
        cwd=place,
        env=environment(env),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=before,  # noqa: PLW1509 - one system call, between fork and exec
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def read_until(process: "subprocess.Popen[bytes]", words: bytes) -> bytes:
    """Read the process's stderr up to the line that holds these words."""
    assert process.stderr is not None
    said = b""
    while words not in said:
        line = process.stderr.readline()
        assert line, said
        said += line
    return said


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
    for kill_after in (26,):
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
@pytest.mark.parametrize(
    ("first", "second", "status"),
    [(signal.SIGTERM, signal.SIGTERM, 143), (signal.SIGINT, signal.SIGTERM, 130),
     pytest.param(signal.SIGINT, signal.SIGINT, 130, marks=pytest.mark.soak)],
)  # fmt: skip
def test_a_second_signal_ends_it_at_once(
    serve: Serve, dset: Dset, clean_place: Path, first: int, second: int, status: int
) -> None:
    path = questions_csv(clean_place, *ROWS)
    before = path.read_bytes()
    server = serve(faults.after(2, faults.stalls(), answer))
    with started(clean_place, *at(server.base_url, "--concurrency", "2")) as process:
        wait_until(lambda: len(server.questions) >= 2)
        process.send_signal(first)
        said = read_until(process, b"comes home")
        process.send_signal(second)
        out, _ = process.communicate(timeout=10)
        assert process.returncode == status
    assert b"once more ends it at once" in said
    assert b"possibly billed twice: 2" in out
    assert path.read_bytes() == before
    assert dset(*at(server.base_url)).exit_status == 0
    assert len(server.questions) == len(ROWS) + 2


@posix
def test_a_hang_up_ends_it_without_waiting_and_the_next_run_goes_on(
    serve: Serve, dset: Dset, clean_place: Path
) -> None:
    questions_csv(clean_place, *ROWS)
    server = serve(faults.sequence([answer, faults.stalls(), faults.stalls()], answer))
    with started(clean_place, *at(server.base_url, "--concurrency", "2")) as process:
        wait_until(lambda: len(server.questions) >= 3)
        process.send_signal(signal.SIGHUP)
        process.communicate(timeout=10)  # HOME would be 30 s
        assert process.returncode == 128 + signal.SIGHUP
    assert len(journal(clean_place)) == 1
    assert dset(*at(server.base_url)).exit_status == 0
    assert sorted(record["metadata"]["question"] for record in journal(clean_place)) == sorted(ROWS)
    assert len(server.questions) == len(ROWS) + 2


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="needs a pseudo-terminal")
def test_a_terminal_that_is_closed_ends_it_and_loses_nothing(
    serve: Serve, dset: Dset, clean_place: Path
) -> None:
    import fcntl
    import termios

    questions_csv(clean_place, *ROWS)
    server = serve(faults.sequence([answer, faults.stalls(), faults.stalls()], answer))
    leader, follower = os.openpty()
    process = subprocess.Popen(
        [sys.executable, str(SCRIPT), *at(server.base_url, "--concurrency", "2")],
        cwd=clean_place,
        env=environment({"TERM": "xterm"}),
        stdin=follower,
        stdout=follower,
        stderr=follower,
        start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # noqa: PLW1509 - as above
    )
    os.close(follower)
    wait_until(lambda: len(server.questions) >= 3)
    os.close(leader)  # the kernel sends SIGHUP, and whatever is printed from now on fails
    assert process.wait(timeout=10) == 128 + signal.SIGHUP
    assert len(journal(clean_place)) == 1
    assert dset(*at(server.base_url)).exit_status == 0
    assert len(journal(clean_place)) == len(ROWS)


@posix
def test_a_machine_that_sleeps_while_the_service_hangs_up_asks_again_and_counts_it(
    serve: Serve, clean_place: Path
) -> None:
    questions_csv(clean_place, *ROWS[:6])
    server = serve(faults.after(3, faults.stalls(), answer))
    with started(clean_place, *at(server.base_url, "--concurrency", "3")) as process:
        wait_until(lambda: len(server.questions) >= 3)
        process.send_signal(signal.SIGSTOP)
        server.close()  # every socket is dropped while nobody can notice
        server.start()
        process.send_signal(signal.SIGCONT)
        out, _ = process.communicate(timeout=20)
        assert process.returncode == 0
    assert b"answered 6" in out
    assert b"possibly billed twice: 3" in out
    assert len(server.questions) == 6 + 3
    assert sorted(record["metadata"]["question"] for record in journal(clean_place)) == ROWS[:6]


def test_a_second_run_is_told_who_runs_and_asks_nothing_and_a_kill_frees_the_folder(
    serve: Serve, dset: Dset, clean_place: Path
) -> None:
    questions_csv(clean_place, *ROWS)
    server = serve(faults.after(2, faults.stalls(), answer))
    with started(clean_place, *at(server.base_url, "--concurrency", "2")) as process:
        wait_until(lambda: len(server.questions) >= 2)
        for arguments in ((), ("--output", "elsewhere")):  # the same folder; the same q.csv
            begun = time.monotonic()
            second = dset(*at(server.base_url, *arguments))
            assert time.monotonic() - begun < 10
            assert second.exit_status == 2
            assert second.out == ""
            assert second.err.count("\n") == 1
            assert f"already running (pid {process.pid}, since 2" in second.err
        assert len(server.questions) == 2
        process.kill()
        process.wait()
    assert dset(*at(server.base_url)).exit_status == 0
    assert len(journal(clean_place)) == len(ROWS)


# --- disks and folders that refuse


@posix
def test_files_that_may_not_grow_are_a_full_disk_and_what_was_paid_for_is_kept_elsewhere(
    serve: Serve, dset: Dset, clean_place: Path, tmp_path: Path
) -> None:
    """`ulimit -f`: Python ignores SIGXFSZ, so that each write beyond the limit fails with EFBIG."""
    import resource

    def small() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (8_192, resource.RLIM_INFINITY))

    questions_csv(clean_place, *ROWS)
    server = serve(lambda request: faults.ok(f"answer to {request.text}" + "." * 1_000))
    # Without byte code: Python itself does not notice that a file of it was cut short.
    temporary = {"TMPDIR": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"}
    with started(clean_place, *at(server.base_url, "--concurrency", "4"), env=temporary, before=small) as process:  # fmt: skip
        said = read_until(process, b"trying again in 5 s")
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=20)
        assert process.returncode == 130
    assert b"cannot write" in said
    assert b"dset-rescue-" in out, "where the answers are is said, also where Ctrl-C ended the run"
    asked = len(server.questions)
    assert asked < len(ROWS)
    kept = len(next(tmp_path.glob("dset-rescue-*.json")).read_bytes().split(b"\n")) - 1
    assert kept + len(journal(clean_place)) == asked
    again = dset(*at(server.base_url), env=temporary)
    assert again.exit_status == 0
    assert f"took up {kept} answers" in again.err
    assert sorted(record["metadata"]["question"] for record in journal(clean_place)) == sorted(ROWS)
    assert len(csv_rows(clean_place)) == len(txt_questions(clean_place)) == len(ROWS)
    assert len(server.questions) == len(ROWS)
    assert not list(tmp_path.glob("dset-rescue-*"))


# Root writes anywhere: without these two rights (CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH) mode bits bind it too.
BOUND = """
import ctypes, os, sys
for right in (1, 2):
    assert ctypes.CDLL(None, use_errno=True).prctl(24, right, 0, 0, 0) == 0  # PR_CAPBSET_DROP
os.execv(sys.argv[1], sys.argv[1:])
"""


def run_bound(place: Path, *arguments: str) -> Run:
    """Run the program as somebody whom mode bits bind."""
    bound = [sys.executable, "-c", BOUND] if os.geteuid() == 0 else []
    done = subprocess.run(
        [*bound, sys.executable, str(SCRIPT), *arguments],
        cwd=place,
        env=environment(),
        capture_output=True,
        timeout=60,
    )
    return Run(done.returncode, done.stdout.decode(), done.stderr.decode())


@posix
@pytest.mark.parametrize("what", [".", "dset_generator", "dset_generator/output.json", "q.csv"])
def test_what_may_not_be_written_or_read_stops_the_run_before_it_pays(
    serve: Serve, clean_place: Path, what: str
) -> None:
    if sys.platform != "linux" and os.geteuid() == 0:
        pytest.skip("root cannot be bound here")
    questions_csv(clean_place, "one", "two")
    server = serve(answer)
    if "dset_generator" in what:
        (clean_place / "dset_generator").mkdir()
        (clean_place / "dset_generator" / "output.json").touch()
    refusing = clean_place / what
    mode = refusing.stat().st_mode
    refusing.chmod(0 if what == "q.csv" else 0o555)
    run = run_bound(clean_place, *at(server.base_url))
    refusing.chmod(mode)
    assert run.exit_status == 2
    assert run.out == ""
    last = run.err.split("\n")[-2]
    assert "Permission denied" in last
    assert Path(what).name in last or what == "."
    assert "Traceback" not in run.err
    assert server.questions == []
    assert run_bound(clean_place, *at(server.base_url)).exit_status == 0


@posix
def test_an_env_that_may_not_be_read_is_refused_as_what_it_is(serve: Serve, clean_place: Path) -> None:
    if sys.platform != "linux" and os.geteuid() == 0:
        pytest.skip("root cannot be bound here")
    questions_csv(clean_place, "one")
    (clean_place / ".env").write_text("DSET_API_KEY=sk-0123456789\n")
    (clean_place / ".env").chmod(0)
    server = serve(answer)
    run = run_bound(clean_place, *at(server.base_url))
    assert run.exit_status == 2
    assert run.err.startswith("dset: .env cannot be read (Permission denied): it must be a text file")
    assert run.err.count("\n") == 1
    assert server.questions == []


def immutable(path: Path, on: bool) -> bool:
    """Set or take off the flag that binds root too (`chattr +i`): EPERM for every change."""
    if shutil.which("chattr") is None:
        return False
    return subprocess.run(["chattr", "+i" if on else "-i", path], capture_output=True).returncode == 0


@posix
def test_a_folder_that_nobody_may_change_stops_the_run_before_it_pays(
    serve: Serve, dset: Dset, clean_place: Path
) -> None:
    questions_csv(clean_place, "one")
    folder = clean_place / "dset_generator"
    folder.mkdir()
    server = serve(answer)
    if not immutable(folder, True):
        pytest.skip("needs chattr, and a disk that knows it")
    try:
        run = dset(*at(server.base_url))
    finally:
        immutable(folder, False)
    assert run.exit_status == 2
    assert "Operation not permitted" in run.err.split("\n")[-2]
    assert server.questions == []
    assert dset(*at(server.base_url)).exit_status == 0


@posix
def test_a_q_csv_that_nobody_may_change_costs_its_bookmarks_alone_and_gets_them_later(
    serve: Serve, dset: Dset, clean_place: Path
) -> None:
    path = questions_csv(clean_place, "one", "bad", "two")
    before = path.read_bytes()
    server = serve(faults.by_text({"bad": faults.unprocessable("no such thing")}, answer))
    if not immutable(path, True):
        pytest.skip("needs chattr, and a disk that knows it")
    try:
        run = dset(*at(server.base_url))
    finally:
        immutable(path, False)
    assert run.exit_status == 1
    assert "answered 2, failed 1" in run.out
    assert "the bookmarks could not be written" in run.err
    assert path.read_bytes() == before
    again = dset(*at(server.base_url))
    assert statuses(clean_place) == {3: "ERROR"}
    assert len(server.questions) == 4
    assert again.exit_status == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize(
    "way",
    [
        "all three closed",
        "2>&1 | head -1",
        *(pytest.param(one, marks=pytest.mark.soak) for one in ("stdout and stderr closed", "| head -1")),
    ],
)
def test_a_run_goes_on_where_nobody_listens(serve: Serve, clean_place: Path, way: str) -> None:
    questions_csv(clean_place, *ROWS)
    server = serve(faults.slow(0.02, answer))
    ways = {
        "stdout and stderr closed": 'exec "$@" >&- 2>&-',
        "all three closed": 'exec "$@" <&- >&- 2>&-',
        "| head -1": '{ "$@"; echo $? >ended; } | head -1',
        "2>&1 | head -1": '{ "$@" 2>&1; echo $? >ended; } | head -1',
    }
    done = subprocess.run(
        ["sh", "-c", ways[way], "sh", sys.executable, str(SCRIPT), *at(server.base_url)],
        cwd=clean_place,
        env=environment({"OPENAI_LOG": "debug"}),
        capture_output=True,
        timeout=60,
    )
    ended = clean_place / "ended"
    assert (int(ended.read_text()) if ended.exists() else done.returncode) == 0
    assert sorted(record["metadata"]["question"] for record in journal(clean_place)) == sorted(ROWS)
    assert len(csv_rows(clean_place)) == len(txt_questions(clean_place)) == len(ROWS)
    assert b"Exception" not in done.stderr


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


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs /proc")
def test_a_stream_that_was_closed_is_no_place_for_a_file_of_ours(serve: Serve, clean_place: Path) -> None:
    questions_csv(clean_place, "one")
    server = serve(faults.always(faults.stalls()))
    process = subprocess.Popen(
        ["sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh", sys.executable, str(SCRIPT), *at(server.base_url)],
        cwd=clean_place,
        env=environment(),
    )
    try:
        wait_until(lambda: bool(server.questions))
        assert [os.readlink(f"/proc/{process.pid}/fd/{number}") for number in range(3)] == [os.devnull] * 3
    finally:
        process.kill()
        process.wait()
