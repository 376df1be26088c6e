"""What the crash tools kill: the program itself, with its service in the same process. `python -m tests.crash.program`.

It runs in the work copy. Above it lie `bill` (what reached the service), `mine` (what the user saved) and `tmp`. Every
"saved" line is told on stdout at the moment it is said: what was said must be true whatever happens next.
"""

import os
import signal
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import dset_generator
from dset import commits, runlog, session, steps
from dset.clients import Client
from dset.endpoints import Endpoint
from dset.rehearsal.server import Server
from dset.settings import Settings
from tests.crash.client import PlainClient
from tests.crash.service import script
from tests.crash.user import ABOVE

# The same in every run, so that the settings are; the service has another port each time.
COMMAND = ("--base-url", "http://127.0.0.1:8", "--retry-waits", "0.02,0.02", "--timeout", "20", "--quiet")
Say = Callable[[str], None]


def temporary_folder() -> Path:
    """A folder of this work copy's own, for the rescue file and locks."""
    folder = Path(os.path.realpath(ABOVE)) / "tmp"
    if not folder.is_dir():
        folder.unlink(missing_ok=True)  # a rebuilt disk has a file of that name
        folder.mkdir()
    return folder


def prepare(say: Say) -> None:
    """A patience that a test can afford, a client that starts at once, and `say` told what the program saves."""
    tempfile.tempdir = str(temporary_folder())
    commits.PATIENCE, commits.PAUSE = 0.2, 0.05
    steps.PATIENCE = (0.001, 0.001, 0.001, 0.001, 0.001)
    plain = runlog.RunLog.__call__

    def tee(self: runlog.RunLog, line: str) -> None:
        if line.startswith("saved row"):
            say(line)
        plain(self, line)

    runlog.RunLog.__call__ = tee  # type: ignore[method-assign]


def concurrency() -> str:
    """Requests at once, by the environment."""
    return os.environ.get("CRASH_CONCURRENCY", "1")


def run() -> int:
    """One run of the program; its exit status."""
    with Server(script) as server:

        def client(endpoint: Endpoint, settings: Settings, most: int) -> object:
            here = replace(endpoint, base_url=server.base_url)
            real = "CRASH_REAL_CLIENT" in os.environ
            return Client(here, settings, most) if real else PlainClient(here, settings)

        vars(session)["Client"] = client
        return dset_generator.main(["--concurrency", concurrency(), *COMMAND])


def _say(line: str) -> None:
    os.write(1, line.encode() + b"\n")


def _hear_signals() -> None:
    """What a shell starts in the background ignores Ctrl-C, and so would the program that is to hear it."""
    for number, usual in ((signal.SIGINT, signal.default_int_handler), (signal.SIGHUP, signal.SIG_DFL)):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, usual)


def main() -> int:
    """One run; 0 where it ended as it should with a row that fails."""
    _hear_signals()
    prepare(_say)
    status = run()
    _say(f"exit {status}")
    return 0 if status in {0, 1} else status


if __name__ == "__main__":
    sys.exit(main())
