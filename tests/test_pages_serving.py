"""The verb `serve`, from outside."""

import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.running import SCRIPT, Run, environment
from tests.served import serving

ASKS_NOBODY = ("serve", "--no-browser", "--port", "0")


def _started(place: Path, *arguments: str) -> tuple["subprocess.Popen[bytes]", list[str]]:
    process = subprocess.Popen(
        [sys.executable, str(SCRIPT), *ASKS_NOBODY, *arguments],
        cwd=place,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    return process, [process.stdout.readline().decode() for _ in range(3)]


@pytest.mark.skipif(sys.platform == "win32", reason="sends POSIX signals")
@pytest.mark.parametrize(("number", "exit_status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_it_without_a_traceback(clean_place: Path, number: int, exit_status: int) -> None:
    process, lines = _started(clean_place)
    assert "http://127.0.0.1:" in lines[0]
    process.send_signal(number)
    _, said = process.communicate(timeout=20)
    assert process.returncode == exit_status
    assert b"Traceback" not in said
    assert list(clean_place.iterdir()) == []  # it wrote nothing


def test_a_port_in_use_is_told_in_one_line(main: Callable[..., Run], tmp_path: Path) -> None:
    with serving(tmp_path, place=tmp_path / "kept") as served:
        run = main("serve", "--no-browser", "--port", str(served.port))
    assert run.exit_status == 2
    assert run.err.count("\n") == 1
    assert f"port {served.port} is in use; say --port {served.port + 1}" in run.err


def test_the_network_is_served_only_with_a_token(main: Callable[..., Run]) -> None:
    run = main("serve", "--no-browser", "--host", "0.0.0.0")
    assert run.exit_status == 2
    assert "--token" in run.err


def test_a_folder_that_is_not_there_is_told(main: Callable[..., Run], clean_place: Path) -> None:
    (clean_place / "notes.txt").write_text("x")
    assert "no such folder" in main("serve", "nowhere").err
    assert "is a file" in main("serve", "notes.txt").err
