"""The terminal's streams: no key gets through, and none that is closed or full ends anything."""

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from dset.streams import Scrubbed, silence
from tests.running import SCRIPT, environment


def scrub(text: str) -> str:
    return text.replace("sk-1234", "***")


def test_what_is_written_is_scrubbed_and_the_rest_is_the_streams_own() -> None:
    inner = io.StringIO()
    stream = Scrubbed(inner, scrub)
    assert stream.write("a key: sk-1234") == len("a key: sk-1234")
    print("and sk-1234", file=stream)
    stream.flush()
    assert inner.getvalue() == "a key: ***and ***\n"
    assert stream.isatty() is False
    assert stream.encoding == inner.encoding


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("buffering", [1, -1])
def test_a_full_stream_falls_silent_with_what_waits_in_it(buffering: int) -> None:
    with Path("/dev/full").open("w", buffering=buffering) as full:
        stream = Scrubbed(full, scrub)
        for _ in range(3):
            stream.write("text\n")
            stream.flush()
        assert os.readlink(f"/proc/self/fd/{full.fileno()}") == os.devnull


def test_a_closed_stream_is_passed_over() -> None:
    inner = io.StringIO()
    inner.close()
    stream = Scrubbed(inner, scrub)
    stream.write("text")
    stream.flush()
    silence(inner)


@pytest.mark.skipif(sys.platform == "win32", reason="a POSIX shell")
@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_streams_are_held_and_open_ones_left_alone(closed: str, tmp_path: Path) -> None:
    code = (
        "import os, sys; from dset import streams; before = [os.fstat(3).st_ino]; streams.hold(); "
        "made = os.open('made', os.O_CREAT | os.O_RDWR); assert made > 2, made; "
        "assert [os.fstat(3).st_ino] == before"
    )
    done = subprocess.run(
        ["sh", "-c", f'exec "$@" 3>three {closed}', "sh", sys.executable, "-c", code],
        cwd=tmp_path,
        env=environment({"PYTHONPATH": str(SCRIPT.parent)}),
    )
    assert done.returncode == 0
