"""The pace that the program finds by itself, over real sockets: a table.

    python bench/pace_sockets.py [WORD …] [--beside N]     only the scenarios whose name contains a word

The program as a user runs it (`--concurrency auto`) against a service of its own process (limited.py) whose limit
halves and doubles in the middle; all figures are the service's. `thr%` is of what the limit bears, `low%` and `high%`
the load of the quietest and the busiest second of the steady state in % of the limit, `sec/ref` seconds from one
refusal to the next; `start`, `halved` and `doubled` seconds until the load stays within 95 and 101 % of the limit;
`core%` is the CPU that the program took, in % of a core. Where answers queue instead (box), thr%, low% and high% say
the same of the box, and high% is what was in flight in % of what it needs.
"""

import argparse
import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

import throughput

COLUMNS = "thr% refused% sec/ref low% high% start halved doubled core%".split()
Figures = dict[str, Any]


@dataclass(frozen=True)
class Scenario:
    """A service; `latency` in seconds. The times are seconds since the first request."""

    kind: str
    limit: int
    latency: float

    @property
    def name(self) -> str:
        """As it is chosen by."""
        return f"{self.kind}-{self.limit}-{self.latency:g}s"

    @property
    def ready(self) -> int:
        """The steady state begins."""
        return int(20 + (40 if self.kind == "box" else 10) * self.latency)

    @property
    def halved(self) -> int:
        """The steady state ends."""
        return self.ready + int(50 + 5 * self.latency)

    @property
    def doubled(self) -> int:
        """The whole limit holds again."""
        return self.halved if self.kind == "box" else self.halved + int(60 + self.latency)

    @property
    def end(self) -> int:
        """All is seen."""
        return self.halved if self.kind == "box" else self.doubled + int(60 + self.latency)


SCENARIOS = [
    *(Scenario(kind, limit, 1.0) for limit in (40, 200) for kind in ("plain", "stated", "wait", "box")),
    Scenario("plain", 2500, 10.0),
    Scenario("stated", 2500, 10.0),
    Scenario("wait", 2500, 10.0),
    Scenario("plain", 2500, 5.0),
]


@contextmanager
def service(scenario: Scenario) -> Iterator[str]:
    """The base URL of the service, in a process of its own."""
    given = [scenario.kind, str(scenario.limit), str(scenario.latency)]
    if scenario.kind != "box":
        given += [str(scenario.halved), str(scenario.doubled)]
    command = [sys.executable, str(throughput.BENCH / "limited.py"), *given]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        yield process.stdout.readline().strip()
        process.stdin.close()


def seen(scenario: Scenario) -> Figures:
    """What the service saw of one run, and `core`, the share of a core that the program took meanwhile."""
    rows = 1000 + int(1.1 * scenario.limit / scenario.latency * scenario.end)
    env = {name: os.environ[name] for name in ("PATH", "HOME", "SYSTEMROOT", "TEMP") if name in os.environ}
    with tempfile.TemporaryDirectory() as folder, service(scenario) as url:
        throughput.lay_out(Path(folder), rows)
        command = [sys.executable, str(throughput.OURS), "--base-url", url, "--concurrency", "auto"]
        with (Path(folder) / "said").open("wb") as said:
            child = subprocess.Popen(command, cwd=folder, env=env, stdout=said, stderr=said)
            try:
                time.sleep(scenario.end)
                figures = figures_of(url)
                while len(figures["load"]) <= scenario.end and child.poll() is None:
                    time.sleep(1.0)
                    figures = figures_of(url)
                ended_early = child.poll() is not None
            finally:
                child.kill()
                _, _, usage = os.wait4(child.pid, 0)
                child.returncode = -9
        if ended_early:
            raise RuntimeError(f"{scenario.name}: {(Path(folder) / 'said').read_text()}")
    figures["core"] = (usage.ru_utime + usage.ru_stime) / scenario.end
    return figures


def figures_of(url: str) -> Figures:
    """What the service saw so far."""
    with urllib.request.urlopen(f"{url}/figures") as reply:
        figures: Figures = json.load(reply)
    return figures


def columns(scenario: Scenario, figures: Figures) -> list[float]:
    """The table's columns."""
    steady = slice(scenario.ready, scenario.halved)
    load, limit = figures["load"], scenario.limit
    length = scenario.halved - scenario.ready
    refused = sum(figures["refused"][steady])
    ideal = limit * length / figures["latency"]
    changed = [math.nan, math.nan]
    if scenario.kind != "box":
        changed = [
            settled(load, limit // 2, scenario.halved, scenario.doubled),
            settled(load, limit, scenario.doubled, scenario.end),
        ]
    return [
        100 * sum(figures["answered"][steady]) / ideal,
        100 * refused / sum(figures["arrived"][steady]),
        length / refused if refused else math.inf,
        100 * min(load[steady]) / limit,
        100 * max(load[steady]) / limit,
        reached(load, 0.95 * limit),
        *changed,
        100 * figures["core"],
    ]


def reached(load: Sequence[float], level: float) -> float:
    """Seconds until the load is at least `level`, in the mean of 5 s."""
    means = (statistics.fmean(load[second : second + 5]) for second in range(len(load) - 4))
    return next((second for second, mean in enumerate(means) if mean >= level), math.inf)


def settled(load: Sequence[float], level: float, start: int, end: int) -> float:
    """Seconds after `start` until the load stays between 95 % and 101 % of `level`, in the mean of 5 s."""
    for second in range(start, end - 4):
        if 0.95 * level <= statistics.fmean(load[second : second + 5]) <= 1.01 * level:
            return second - start
    return math.inf


def line(scenario: Scenario) -> str:
    """A line of the table; what was seen is kept in a file beside the others where DSET_BENCH_KEEP names a folder."""
    figures = seen(scenario)
    if folder := os.environ.get("DSET_BENCH_KEEP"):
        (Path(folder) / f"{scenario.name}.json").write_text(json.dumps(figures))
    return f"{scenario.name:17}" + "".join(f"{value:9.4g}" for value in columns(scenario, figures))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("words", nargs="*", metavar="WORD", help=", ".join(one.name for one in SCENARIOS))
    parser.add_argument("--beside", type=int, default=1, help="so many scenarios at the same time")
    options = parser.parse_args()
    words = options.words
    chosen = [one for one in SCENARIOS if not words or any(word in one.name for word in words)]
    print(f"{'service':17}" + "".join(f"{name:>9}" for name in COLUMNS), flush=True)
    with ThreadPoolExecutor(options.beside) as pool:
        for told in pool.map(line, chosen):
            print(told, flush=True)


if __name__ == "__main__":
    main()
