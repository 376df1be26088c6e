"""A run beside the plain script, in turn, against a service of its own process: the speed of both and the ratios.

    python bench/throughput.py [SCENARIO …] [--runs N] [--ours-only]

Scenarios: cpu (latency 0, 64 in flight, 10,000 rows), wide (256 x 500 ms, 10,000 rows), widest (2,000 x 5 s,
8,000 rows). CPU is user and system time of the whole process, its start included. `of ideal` is the time that
rows / in flight x latency takes, divided by the time from the first request to the last answer as the service sees
them. Other work on the machine disturbs every figure: believe ratios, and only within one call.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

BENCH = Path(__file__).resolve().parent
KEY = "sk-0123456789abcdef0123456789abcdef"
OURS = BENCH.parent / "dset_generator.py"


@dataclass(frozen=True)
class Scenario:
    """One load; `latency` in seconds."""

    rows: int
    in_flight: int
    latency: float

    @property
    def ideal(self) -> float:
        """Seconds from the first request to the last answer, if nothing but the service took time; 0 without latency."""
        return self.rows / self.in_flight * self.latency


SCENARIOS = {
    "cpu": Scenario(10_000, 64, 0.0),
    "wide": Scenario(10_000, 256, 0.5),
    "widest": Scenario(8_000, 2_000, 5.0),
}


@dataclass(frozen=True)
class Figures:
    """What one process took: CPU in ms a row, memory in MB, times in seconds."""

    cpu: float
    memory: float
    first: float  # from the start of the process to its first request
    asking: float  # from the first request to the last answer
    whole: float
    peak: int  # in flight at once


@contextmanager
def service(latency: float) -> Iterator[str]:
    """The base URL of a service in a process of its own."""
    command = [sys.executable, str(BENCH / "quick.py"), "--latency", str(latency)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        yield process.stdout.readline().strip()
        process.stdin.close()


def lay_out(folder: Path, rows: int) -> Path:
    """A q.csv of ordinary questions."""
    lines = [
        f"What is the meaning of number {number} in the history of mathematics?,\n" for number in range(rows)
    ]
    path = folder / "q.csv"
    path.write_text("question,status\n" + "".join(lines), encoding="utf-8")
    return path


def measure(command: Sequence[str], folder: Path, url: str, scenario: Scenario) -> Figures:
    """Run it in `folder`. Raises RuntimeError where it fails or does not ask every row exactly once."""
    env = {name: os.environ[name] for name in ("PATH", "HOME", "SYSTEMROOT", "TEMP") if name in os.environ}
    env["DEEPSEEK_API_KEY"] = KEY  # every answer is searched for it
    started = time.monotonic()
    with (folder / "said").open("wb") as said:
        child = subprocess.Popen(command, cwd=folder, env=env, stdout=said, stderr=said)
        _, status, usage = os.wait4(child.pid, 0)
    ended = time.monotonic()
    child.returncode = os.waitstatus_to_exitcode(status)
    with urllib.request.urlopen(f"{url}/figures") as reply:
        seen = json.load(reply)
    if child.returncode or not seen["arrived"] == seen["answered"] == scenario.rows:
        raise RuntimeError(f"{command}: exit {child.returncode}, {seen}\n{(folder / 'said').read_text()}")
    return Figures(
        cpu=(usage.ru_utime + usage.ru_stime) * 1000 / scenario.rows,
        memory=usage.ru_maxrss / (1 << 20 if sys.platform == "darwin" else 1 << 10),
        first=seen["first"] - started,
        asking=seen["last"] - seen["first"],
        whole=ended - started,
        peak=seen["peak"],
    )


def ours(url: str, scenario: Scenario) -> Figures:
    """One run of this program: fresh folder, three files, everything durable."""
    with tempfile.TemporaryDirectory() as name:
        lay_out(Path(name), scenario.rows)
        command = [sys.executable, str(OURS), "--base-url", url, "--concurrency", str(scenario.in_flight)]
        figures = measure(command, Path(name), url, scenario)
        lines = (Path(name) / "dset_generator" / "output.json").read_bytes().count(b"\n")
        if lines != scenario.rows:
            raise RuntimeError(f"{lines} answers saved of {scenario.rows}")
        return figures


def plain(url: str, scenario: Scenario) -> Figures:
    """One run of the plain script: one JSONL file, nothing durable."""
    with tempfile.TemporaryDirectory() as name:
        questions = lay_out(Path(name), scenario.rows)
        command = [
            sys.executable,
            str(BENCH / "plain.py"),
            url,
            str(scenario.in_flight),
            str(questions),
            "answers.jsonl",
        ]
        return measure(command, Path(name), url, scenario)


def import_openai() -> float:
    """Seconds for a process that does nothing else."""
    started = time.monotonic()
    subprocess.run([sys.executable, "-c", "import openai"], check=True)
    return time.monotonic() - started


def median(runs: Sequence[Figures], field: str) -> float:
    """The median of one of the figures."""
    return statistics.median(getattr(one, field) for one in runs)


def line(name: str, runs: Sequence[Figures], scenario: Scenario) -> str:
    """What the runs of one program took, medians."""
    asking = median(runs, "asking")
    ideal = (
        f"{scenario.ideal / asking:6.1%} of ideal"
        if scenario.ideal
        else f"{scenario.rows / asking:6,.0f} rows/s"
    )
    return (
        f"  {name:6} {median(runs, 'cpu'):6.2f} ms CPU a row  {ideal}  {median(runs, 'memory'):4.0f} MB  "
        f"first request {median(runs, 'first'):5.2f} s  whole {median(runs, 'whole'):6.2f} s  "
        f"in flight at once {median(runs, 'peak'):,.0f}"
    )


def compare(name: str, runs: int, *, ours_only: bool) -> None:
    """Run both in turn and print how they did."""
    scenario = SCENARIOS[name]
    mine: list[Figures] = []
    theirs: list[Figures] = []
    alone: list[float] = []
    print(
        f"{name}: {scenario.rows:,} rows, {scenario.in_flight:,} in flight, {scenario.latency:g} s, median of {runs}"
    )
    with service(scenario.latency) as url:
        for _ in range(runs):
            mine.append(ours(url, scenario))
            if not ours_only:
                theirs.append(plain(url, scenario))
            alone.append(import_openai())
    print(line("ours", mine, scenario))
    more = median(mine, "first") - statistics.median(alone)
    if theirs:
        print(line("plain", theirs, scenario))
        print(f"  ours / plain: CPU {median(mine, 'cpu') / median(theirs, 'cpu'):.2f}, "
              f"asking {median(mine, 'asking') / median(theirs, 'asking'):.2f}, "
              f"memory {median(mine, 'memory') / median(theirs, 'memory'):.2f}")  # fmt: skip
    print(
        f"  first request {more:.2f} s later than `import openai` alone ({statistics.median(alone):.2f} s)",
        flush=True,
    )


def main() -> None:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("scenarios", nargs="*", metavar="SCENARIO", help=", ".join(SCENARIOS))
    options.add_argument("--runs", type=int, default=3)
    options.add_argument("--ours-only", action="store_true", help="do not run the plain script")
    given = options.parse_args()
    if unknown := set(given.scenarios) - set(SCENARIOS):
        options.error(f"no scenario: {', '.join(sorted(unknown))}")
    for name in given.scenarios or SCENARIOS:
        compare(name, given.runs, ours_only=given.ours_only)


if __name__ == "__main__":
    main()
