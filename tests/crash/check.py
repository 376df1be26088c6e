"""What must hold after a crash: `python -m tests.crash.check`, run in the work copy. Ends non-zero at the first breach.

Looks, lets `status` look, runs the program again until its work is done, and then holds every file against the bill,
the user's own bytes and what the program said it had saved.
"""

import contextlib
import fcntl
import io
import os
import sys
from pathlib import Path

import dset_generator
from tests.crash import bill, outcome, program
from tests.crash.outcome import must
from tests.crash.sheet import on_disk, saved_by_user
from tests.crash.user import ABOVE, HISTORY

_RERUNS = 3
_MODE = 0o640  # of the template's q.csv


def _left_in_flight(status: str | None) -> bool:
    """The run before died, or waited for nothing (SIGHUP); without a status it was a power cut."""
    return status is None or int(status) < 0 or int(status) == 128 + 1


def _quietly(command: list[str]) -> tuple[int, str]:
    """(exit status, everything it printed)."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        status = dset_generator.main(command) if command else program.run()
    return status, said.getvalue()


def _status() -> int:
    """The verb `status`, which must not fail and must not change a byte or a time."""
    before = outcome.snapshot()
    status, said = _quietly(["status", *program.COMMAND])
    must(status in {0, 1}, f"status ends with {status}: {said[-300:]}")
    must(before == outcome.snapshot(), "status changed something")
    return status


def _rerun(wanted: int) -> None:
    status, said = _quietly([])
    must("error of dset's own" not in said, f"it broke: {said[-300:]}")
    must(status == wanted, f"a run ended with {status} and not {wanted}: {said[-300:]}")


def _run_until_done() -> None:
    for left in reversed(range(_RERUNS)):
        _rerun(1)  # one row fails always
        with contextlib.suppress(outcome.BreachError) if left else contextlib.nullcontext():
            outcome.check_journal()
            return


def check() -> None:
    """All of it."""
    with (ABOVE / "mine.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # somebody may be saving q.csv still
    said = outcome.saved_lines(HISTORY / ".oracle", ABOVE / ".oracle")
    outcome.check_saved(said)
    must(on_disk(Path("q.csv").read_bytes(), saved_by_user(HISTORY, ABOVE)) is not None, "q.csv is damaged")
    if "CRASH_RC" in os.environ:
        must(Path("q.csv").stat().st_mode & 0o777 == _MODE, "q.csv has another mode")
    billed = bill.read(HISTORY, ABOVE)
    _status()

    program.prepare(said.append)
    crashes = _left_in_flight(os.environ.get("CRASH_RC")) + len(list(HISTORY.glob("crash-*")))
    _run_until_done()
    outcome.check_all(bookmarks=outcome.BOTH)
    must(_status() == 1, "status does not tell that a row failed")
    outcome.check_litter()

    os.environ["CRASH_MENDED"] = "1"  # the service takes the last row too
    _rerun(0)
    outcome.check_all(bookmarks=outcome.ONE)
    must(_status() == 0, "status does not tell that all is done")
    outcome.check_saved(said)
    outcome.check_bill(billed, said, in_flight=crashes * int(program.concurrency()))
    outcome.check_litter()


if __name__ == "__main__":
    try:
        check()
    except outcome.BreachError as error:
        sys.exit(f"BREACH {error}")
