"""A run that ends at its k-th disk step, in this process: what is left is what a killed process leaves.

The oracle stands outside the program: the server's bill, and the lines that said "saved".
"""

import csv
import errno
import io
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import dset_generator
from dset import answers, runlog, steps
from dset.rehearsal import faults
from dset.rehearsal.server import Behaviour, Request, Server
from tests.running import SCRIPT, csv_rows, environment, journal, txt_questions

PLAIN, FAILS, TWICE, BLOCKED, EDITED, FLAKY, LAST = (
    "one",
    "fails",
    "twice",
    "blocked",
    "edit me",
    "flaky",
    "last",
)
NEW = "new"  # a row that the user adds
EDIT = "edited"  # what the user makes of EDITED while the run goes on
HARD = '=1+1\r\n\u2028\x85 \'ก\ud800 \0 {"metadata": {"id": "'  # every answer holds what breaks bad readers
QUESTIONS = (PLAIN, FAILS, TWICE, TWICE, BLOCKED, EDITED, FLAKY, LAST)
Q_CSV = 'question;status;"no;te"\r\n' + "\r\n".join(f'{text};;"a ""b"""' for text in QUESTIONS)


# Only a write can be torn; a sync changes nothing that outlives a process, so that after it is before the next step.
_KINDS = {"before": None, "after": frozenset("open write truncate rename link unlink mkdir meta".split())}


class CrashError(BaseException):
    """The process is gone: nothing in the program catches this."""


class Fault:
    """Something that happens at step `at` of those below `place`. Counts the steps."""

    def __init__(self, place: Path, at: int, kinds: frozenset[str] | None = None) -> None:
        """`kinds`: only these steps count."""
        self.place, self.at, self.kinds, self.count = str(place), at, kinds, 0
        self.hit: steps.Step | None = None
        self._one_by_one = threading.Lock()

    def __call__(self, step: steps.Step) -> object:
        if not os.path.abspath(step.path).startswith(self.place) and not self.is_over:
            return step.take()
        with self._one_by_one:
            if self.kinds is None or step.kind in self.kinds:
                self.count += 1
                if self.count == self.at:
                    self.hit = step
            return self.answer(step)

    def answer(self, step: steps.Step) -> object:
        """What the system says to this step."""
        return _take(step)

    @property
    def is_over(self) -> bool:
        """The process has ended."""
        return False


class Crash(Fault):
    """Ends the process before the step, after it, or in the middle of a write, when so much of it is done."""

    def __init__(self, place: Path, at: int, how: str) -> None:
        super().__init__(place, at, _KINDS.get(how, frozenset({"write"})))
        self.how = how

    @property
    def is_over(self) -> bool:
        return self.hit is not None

    def answer(self, step: steps.Step) -> object:
        if self.hit is None:
            return _take(step)
        if step is self.hit and self.how == "after":
            step.take()
        elif step is self.hit and self.how != "before":
            size = len(step.arguments[1])
            step.tear({"1 byte": 1, "half": size // 2, "all but one": size - 1}[self.how])
        raise CrashError


class Refusal(Fault):
    """The step fails with an errno, once or from then on, after a part of a write or before; the program goes on."""

    def __init__(self, place: Path, at: int, name: str) -> None:
        super().__init__(place, at)
        self.name = name

    def answer(self, step: steps.Step) -> object:
        is_hit = self.count == self.at  # once: a call that is made again is another step
        if self.name == "FULL" and self.hit is not None and step.kind in {"write", "open", "mkdir", "link"}:
            if is_hit and step.kind == "write":
                return step.tear(len(step.arguments[1]) // 2)
            if step.kind != "open" or not Path(step.path).exists():
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), step.path)
        elif is_hit and self.name == "SHORT" and step.kind == "write":
            return step.tear(max(1, len(step.arguments[1]) // 2))
        elif is_hit and self.name == "INT":
            signal.raise_signal(signal.SIGINT)
        elif is_hit and self.name not in {"FULL", "SHORT"}:
            number = getattr(errno, self.name)
            raise OSError(number, os.strerror(number), step.path)
        return _take(step)


class Save(Fault):
    """The user saves q.csv right before the step."""

    def __init__(self, place: Path, at: int, how: str) -> None:
        super().__init__(place, at)
        self.how = how

    def answer(self, step: steps.Step) -> object:
        if self.count == self.at:
            self.save(Path(self.place) / "q.csv")
        return _take(step)

    def save(self, path: Path) -> None:
        """Save it as told: another row at its end, the rows in another order, or as another program writes it."""
        head, *rows = path.read_bytes().decode().split("\r\n")
        if self.how == "appended in place":
            with path.open("ab") as stream:
                stream.write(f'\r\n{NEW};;"a ""b"""'.encode())
            return
        text = "\r\n".join([head, *reversed(rows), f'{NEW};;"a ""b"""'])
        if self.how == "as UTF-16 with tabs":
            text = "\ufeff" + text.replace(";", "\t").replace("no\tte", "no;te")
        path.with_name("theirs").write_bytes(
            text.encode("utf-16-le" if self.how == "as UTF-16 with tabs" else "utf-8")
        )
        path.with_name("theirs").replace(path)


def _take(step: steps.Step) -> object:
    """A process that ends loses nothing it wrote: fsync is left out, which power cuts need and not this."""
    return None if step.kind == "sync" else step.take()


class Stand:
    """A folder with the eight rows, and the service they are asked at."""

    def __init__(self, server: Server, place: Path) -> None:
        self._server, self.place = server, place
        self.bill: Counter[str] = Counter()
        self.said: list[str] = []  # what was called saved
        self.again: list[str] = []  # asked although it was called saved
        if not (place / "q.csv").exists():
            (place / "q.csv").write_bytes(Q_CSV.encode())

    @property
    def _arguments(self) -> list[str]:
        return ["--base-url", self._server.base_url, "--retry-waits", "0", "--concurrency", "1", "--quiet"]

    def copy(self, place: Path) -> "Stand":
        """The same state in another folder."""
        shutil.copytree(self.place, place)
        made = Stand(self._server, place)
        made.bill, made.said = self.bill.copy(), list(self.said)
        return made

    def recover(self, patch: pytest.MonkeyPatch) -> None:
        """Run again until nothing is left: the edited row is asked by the run after the one that it was edited in."""
        assert self.run(None, patch) == 1  # one row always fails
        if EDIT not in {record["metadata"]["question"] for record in journal(self.place)}:
            assert self.run(None, patch) == 1

    def arrive(self, request: Request) -> Behaviour:
        """What the service does with a question."""
        text = request.text.removeprefix("answer this question: ")
        self.bill[text] += 1
        if self.said.count(text) >= max(1, QUESTIONS.count(text)):
            self.again.append(text)
        if text == PLAIN:
            path = self.place / "q.csv"
            data = path.read_bytes()
            wide = "utf-16-le" if data.startswith(b"\xff\xfe") else "utf-8"
            path.write_bytes(data.replace(EDITED.encode(wide), EDIT.encode(wide)))
        if text == FAILS:
            return faults.unprocessable()
        if text == BLOCKED:
            return faults.content_exists_risk()
        if text == FLAKY and self.bill[FLAKY] == 1:
            return faults.overloaded()
        return faults.ok(f"{text}: {HARD}")

    def run(self, fault: Fault | None, patch: pytest.MonkeyPatch) -> int | None:
        """One run of the program in the stand's folder; None where the process ended on the way."""
        with patch.context() as patched:
            patched.chdir(self.place)
            patched.setattr(steps, "watch", fault or Fault(self.place, 0))
            patched.setattr(runlog.RunLog, "__call__", self._hear(runlog.RunLog.__call__, fault))
            try:
                return dset_generator.main(self._arguments)
            except CrashError:
                return None

    def run_killed(self, at: int, how: str) -> int:
        """One run in a process of its own, killed at a step; its return code, -9 where it was."""
        command = [sys.executable, "-m", "tests.crashes", str(at), how, *self._arguments]
        env = environment({"PYTHONPATH": str(SCRIPT.parent), "TMPDIR": tempfile.gettempdir()})
        done = subprocess.run(command, cwd=self.place, env=env, capture_output=True, timeout=60)
        for row_id in re.findall(rb"^saved row \d+ (\S+)", done.stdout, re.MULTILINE):
            self.said.append(_by_id(self.place)[row_id.decode()])
        return done.returncode

    def _hear(self, log: Callable[[runlog.RunLog, str], None], fault: Fault | None) -> Callable[..., None]:
        def heard(self_: runlog.RunLog, line: str) -> None:
            if (match := re.match(r"saved row \d+ (\S+)", line)) and not (fault and fault.is_over):
                self.said.append(_by_id(self.place)[match[1]])
            log(self_, line)

        return heard

    def check_saved(self) -> None:
        """What the user saved during the run stands, each bookmark beside its question."""
        data = (self.place / "q.csv").read_bytes()
        wide = data.startswith(b"\xff\xfe")
        text = data.decode("utf-16" if wide else "utf-8")
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter="\t" if wide else ";"))
        assert rows[0] == ["question", "status", "no;te"]
        assert Counter(row[0] for row in rows[1:]) == Counter([*QUESTIONS, NEW]) - Counter(
            [EDITED]
        ) + Counter([EDIT])
        assert {row[0]: row[1] for row in rows[1:] if row[1]} == {FAILS: "ERROR", BLOCKED: "BLOCKED"}
        assert {row[2] for row in rows[1:]} == {'a "b"'}

    def check(self, crashes: int) -> None:
        """All is as if nothing had happened, but for a request in flight at each crash."""
        wanted = Counter([text for text in QUESTIONS if text not in {FAILS, BLOCKED, EDITED}] + [EDIT])
        found = Counter(record["metadata"]["question"] for record in journal(self.place))
        assert found - Counter([EDITED]) == wanted
        assert Counter(row["question"] for row in csv_rows(self.place)) == found
        assert Counter(txt_questions(self.place)) == found
        assert all(HARD in record["response"]["answer"] for record in journal(self.place))
        assert self.again == []
        over = self.bill - found - Counter({FAILS: 9, BLOCKED: 1, FLAKY: 1})
        assert over.total() <= crashes, over
        words = {3: "ERROR", 6: "BLOCKED"}
        cells = [f'{text};{words.get(row, "")};"a ""b"""' for row, text in enumerate(QUESTIONS, 2)]
        after = 'question;status;"no;te"\r\n' + "\r\n".join(cells).replace(EDITED, EDIT)
        assert (self.place / "q.csv").read_bytes() == after.encode()
        left = {path.name for path in self.place.rglob("*")}
        known = {"q.csv", "dset_generator", "output.json", "output.csv", "output.txt", "rejected.json"}
        known |= {"runs.json", "run.log", ".state.json", ".progress.json"}
        torn = {name for name in left if name.endswith(".torn")}
        assert left - torn == known


def _by_id(place: Path) -> dict[str, str]:
    """The questions of the answers that stand whole in output.json, by id."""
    path = place / "dset_generator" / "output.json"
    whole = [answers.parse(line) for line in path.read_bytes().split(b"\n")[:-1]]
    return {record["metadata"]["id"]: record["metadata"]["question"] for record in whole}


@contextmanager
def service() -> Iterator[tuple[Server, Callable[[Stand], None]]]:
    """One server for many stands: the second value says whose questions come now."""
    now: list[Stand] = []

    def arrive(request: Request) -> Behaviour:
        return now[-1].arrive(request)

    with Server(arrive) as server:
        yield server, now.append


def _killed(at: int, how: str, arguments: list[str]) -> int:
    """A run that kills its own process at a step, and says on stdout what it calls saved as soon as it does."""
    crash = Crash(Path.cwd(), at, how)

    def watch(step: steps.Step) -> object:
        try:
            return crash(step)
        except CrashError:
            os.kill(os.getpid(), signal.SIGKILL)
            raise

    log = runlog.RunLog.__call__

    def heard(self: runlog.RunLog, line: str) -> None:
        if line.startswith("saved row"):
            sys.stdout.write(f"{line}\n")
            sys.stdout.flush()
        log(self, line)

    steps.watch, runlog.RunLog.__call__ = watch, heard  # type: ignore[method-assign]
    return dset_generator.main(arguments)


if __name__ == "__main__":
    sys.exit(_killed(int(sys.argv[1]), sys.argv[2], sys.argv[3:]))
