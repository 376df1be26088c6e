"""Drive the crash tools over the program: `python -m tests.crash.loop [TOOLS] [--short | --full] [--only WORD]`.

TOOLS is the folder with killat.c, crashloop.py, powerloss.py and realcut.py (else the variable CRASH_TOOLS). Needs
Linux and a C compiler; what cuts the power of a real file system needs root too. A line for each series, with its
counts; the exit status is 1 if any check failed.
"""

import argparse
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from tests.crash.sheet import AT_FIRST, Sheet, own_words

ROOT = Path(__file__).resolve().parent.parent.parent
_PYTHON = f"{shlex.quote(sys.executable)} -P -m tests.crash."
PROGRAM, CHECK, USER = _PYTHON + "program", _PYTHON + "check", _PYTHON + "user"
_ERRORS = "ENOSPC FULL EIO SHORT EACCES EROFS EINTR EDQUOT EAGAIN EFBIG".split()
_USERS = ("append", "insert", "sort", "semicolon", "utf16", "insert killed")
_BUSY = "KILLAT_OPS=openr,open,rename"  # another program holds the file: it cannot be opened nor replaced


@dataclass(frozen=True, slots=True)
class Series:
    """One call of a tool: what it is told, in which environment, and after which earlier crash (mode, step)."""

    name: str
    tool: str
    arguments: tuple[str, ...]
    env: dict[str, str] = field(default_factory=dict)
    first: tuple[str, int] | None = None


def _kills(name: str, modes: str, step: int, *settings: str, **env: str) -> Series:
    told = tuple(part for setting in settings for part in ("--env", setting))
    return Series(name, "crashloop.py", ("--modes", modes, "--step", str(step), *told), env)


def _cuts(name: str, step: int, seed: int, several: int, **env: str) -> Series:
    arguments = ("--step", str(step), "--seed", str(seed), "--random", str(several))
    return Series(name, "powerloss.py", arguments, env)


def _users(step: int, *verbs: str) -> Iterator[Series]:
    """The user saves q.csv at the k-th step; the run goes on, or is killed right then."""
    for verb in verbs:
        command, _, end = verb.partition(" ")
        saves = f"KILLAT_EXEC={USER} {command}" + ("; kill -9 $PPID" if end else "")
        yield _kills(f"user-{verb}".replace(" ", "-"), "before", step, saves, CRASH_USER=command)


def _recoveries(step: int, firsts: Iterable[tuple[str, int]]) -> Iterator[Series]:
    """Killed while it recovers from an earlier crash."""
    for mode, k in firsts:
        kills = _kills(f"recovery-{mode}-{k}", "before,torn,after", step)
        yield replace(kills, first=(mode, k))


def short() -> Iterator[Series]:
    """About a minute: a sample of each kind."""
    yield _kills("killed", "before,after", 11)
    yield _kills("torn", "torn", 17, "KILLAT_TORN=1")
    yield _kills("errno-ENOSPC", "before", 29, "KILLAT_ERR=ENOSPC")
    yield _kills("errno-EIO", "before", 31, "KILLAT_ERR=EIO")
    yield _kills("signal-TERM", "before", 37, "KILLAT_SIG=TERM")
    yield from _users(41, "insert")
    yield _cuts("power-cut", 23, 1, 1)
    yield from _recoveries(37, (("before", 60), ("after", 96)))


def full() -> Iterator[Series]:
    """Every step, mode, errno, signal and save; an hour on two cores."""
    yield _kills("killed", "before,after", 1)
    for torn in ("1", "50%", "100%"):
        yield _kills(f"torn-{torn}", "torn", 1, f"KILLAT_TORN={torn}")
    yield _cuts("power-cut-1", 1, 1, 3)
    for error in _ERRORS:
        yield _kills(f"errno-{error}", "before", 1, f"KILLAT_ERR={error}")
    yield from _users(1, *_USERS)
    for signal in ("TERM", "INT", "HUP"):
        yield _kills(f"signal-{signal}", "before", 1, f"KILLAT_SIG={signal}")
    for held in ("q.csv", "output.csv"):
        busy = (_BUSY, f"KILLAT_MATCH={held}", "KILLAT_ERR=EACCES", "KILLAT_TIMES=0")
        # What was swapped out cannot be looked at then, so that a copy of it is kept.
        yield _kills(f"held-{held}", "before", 1, *busy, CRASH_USER="none")
    yield _kills("no-locks", "before", 1, "KILLAT_OPS=lock", "KILLAT_ERR=ENOLCK", "KILLAT_TIMES=0")
    four = {"CRASH_CONCURRENCY": "4", "CRASH_LATENCY": "0.02"}
    yield _kills("killed-concurrency-4", "before,after", 1, **four)
    yield _cuts("power-cut-concurrency-4", 5, 4, 2, **four)
    yield _kills("killed-real-client", "before,after", 9, CRASH_REAL_CLIENT="1")
    for seed in (2, 3):
        yield _cuts(f"power-cut-{seed}", 3, seed, 3)
    ks = (6, 18, 27, 45, 60, 75, 90, 96, 100)
    yield from _recoveries(9, ((mode, k) for mode in ("before", "torn", "after") for k in ks))
    for system in ("ext4", "xfs"):
        yield Series(f"real-cut-{system}", "realcut.py", ("--fs", system, "--step", "5"))


class Bench:
    """The tools, built, in a temporary folder; runs series there."""

    def __init__(self, tools: Path, place: Path, jobs: int) -> None:
        self._tools, self._place, self._jobs = tools, place, str(jobs)
        shim = place / "killat.so"
        compiler = [os.environ.get("CC", "cc"), "-O2", "-shared", "-fPIC", "-o", str(shim)]
        subprocess.run([*compiler, str(tools / "killat.c"), "-ldl", "-pthread"], check=True)
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("DSET_", "KILLAT", "CRASH_", "COVERAGE"))
            and not name.endswith("_API_KEY")
        }
        self._env = kept | {"KILLAT_SO": str(shim), "PYTHONPATH": str(ROOT), "TMPDIR": str(place)}
        self.template = place / "template"
        self.template.mkdir()
        questions = self.template / "q.csv"
        questions.write_bytes(Sheet().render(own_words(AT_FIRST)))
        questions.chmod(0o640)

    def run(self, series: Series) -> tuple[bool, str]:
        """(it passed, what the tool said)."""
        template = self._crashed(*series.first) if series.first else self.template
        jobs = () if series.tool == "realcut.py" else ("--jobs", self._jobs)
        done = subprocess.run(
            [sys.executable, str(self._tools / series.tool), "--template", str(template),
             "--cmd", PROGRAM, "--check", CHECK, *jobs, *series.arguments],
            env=self._env | series.env, capture_output=True, text=True,
        )  # fmt: skip
        return done.returncode == 0, (done.stdout + done.stderr).strip()

    def _crashed(self, mode: str, k: int) -> Path:
        """A template that is what a first crash left, with its bill, its words and the user's saves in `.crash`."""
        place = Path(tempfile.mkdtemp(prefix=f"first-{mode}-{k}-", dir=self._place))
        work = place / "work"
        shutil.copytree(self.template, work)
        shim = {"LD_PRELOAD": self._env["KILLAT_SO"], "KILLAT_DIR": str(work), "KILLAT_N": str(k)}
        with (place / ".oracle").open("wb") as oracle:
            subprocess.run(
                shlex.split(PROGRAM), cwd=work, env=self._env | shim | {"KILLAT_WHEN": mode}, stdout=oracle
            )
        history = work / ".crash"
        history.mkdir()
        for name in ("bill", "mine", ".oracle"):
            if (place / name).exists():
                shutil.copy(place / name, history)
        (history / "crash-1").touch()
        return work


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main() -> int:
    """The command line; 0 where every check held."""
    reader = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    reader.add_argument("tools", nargs="?", default=os.environ.get("CRASH_TOOLS"), type=Path)
    reader.add_argument("--short", action="store_true", help="about a minute (the default)")
    reader.add_argument("--full", action="store_true", help="every step of every series")
    reader.add_argument("--only", default="", metavar="WORD", help="series with this word in their name")
    reader.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    given = reader.parse_args()
    if given.tools is None or not (given.tools / "killat.c").exists():
        reader.error("where are the tools? name their folder, or set CRASH_TOOLS")
    failed, count, started = [], 0, time.monotonic()
    fast = (
        "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    )  # thousands of fsyncs wait for no disk there
    place = Path(os.path.realpath(tempfile.mkdtemp(prefix="dset-crash-", dir=fast)))
    bench = Bench(given.tools.resolve(), place, given.jobs)
    for series in full() if given.full else short():
        if given.only in series.name:
            passed, said = bench.run(series)
            count += 1
            failed += [] if passed else [series.name]
            _say(f"{series.name}: {said if not passed else said.splitlines()[-1]}")
    took = f"{count} crash series in {time.monotonic() - started:.0f} s"
    if failed:  # what was left of them stays where the lines say
        _say(f"{took}, failed: {', '.join(failed)}")
        return 1
    shutil.rmtree(place, ignore_errors=True)
    _say(f"{took}, every check held")
    return 0


if __name__ == "__main__":
    sys.exit(main())
