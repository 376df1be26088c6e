"""What it costs a run to be looked at: with and without `serve` and a page beside it, in turn.

    python bench/serving.py [SCENARIO …] [--runs N]

The page is one that listens to the run's events and asks for the newest answers every two seconds, as a browser does;
the browser itself is not started. Scenarios as in throughput.py; `cpu` is the worst case: the run, its service and the
server of the pages want three cores. Other work on the machine disturbs every figure: believe ratios, within one call.
"""

import argparse
import contextlib
import http.client
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from throughput import OURS, SCENARIOS, Figures, Scenario, lay_out, measure, median, service

_ASKED = 2.0  # seconds between two questions of the page


@contextlib.contextmanager
def looked_at(place: Path, took: list[float]) -> Iterator[None]:
    """Within it, `serve` shows the output folder to one page; `took` gets the seconds of CPU that serving took meanwhile."""
    (place / "dset_generator").mkdir()
    command = [sys.executable, str(OURS), "serve", "--no-browser", "--port", "0"]
    process = subprocess.Popen(
        command, cwd=place, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert process.stdout is not None
    port = int(process.stdout.readline().split("http://127.0.0.1:")[1].split("/")[0])
    ended = threading.Event()
    page = threading.Thread(target=_page, args=(port, ended))
    page.start()
    before = _cpu(process.pid)
    try:
        yield
        took.append(_cpu(process.pid) - before)
    finally:
        ended.set()
        process.terminate()
        process.wait()
        process.stdout.close()
        page.join()


def _cpu(pid: int) -> float:
    """Seconds of CPU that a process took; 0 where the system does not tell."""
    try:
        figures = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(figures[11]) + int(figures[12])) / os.sysconf("SC_CLK_TCK")


def _page(port: int, ended: threading.Event) -> None:
    key = ""
    while not key and not ended.wait(0.2):  # the folder is on the shelf once it holds a file of ours
        found = _ask(port, "/api/datasets")["datasets"]
        key = found[0]["key"] if found else ""
    listener = threading.Thread(target=_listen, args=(port, key), daemon=True)
    listener.start()
    while not ended.wait(_ASKED):
        with contextlib.suppress(OSError, http.client.HTTPException):
            _ask(port, f"/api/datasets/{key}/answers?limit=50")


def _ask(port: int, path: str) -> dict[str, list[dict[str, str]]]:
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)) as connection:
        connection.request("GET", path)
        found: dict[str, list[dict[str, str]]] = json.loads(connection.getresponse().read())
        return found


def _listen(port: int, key: str) -> None:
    with contextlib.suppress(OSError, http.client.HTTPException):
        connection = http.client.HTTPConnection("127.0.0.1", port)
        connection.request("GET", f"/api/datasets/{key}/events")
        response = connection.getresponse()
        while response.read1(1 << 16):
            pass


def once(url: str, scenario: Scenario, took: list[float] | None = None) -> Figures:
    """One run in a fresh folder; looked at where there is a list for what that took."""
    with tempfile.TemporaryDirectory() as name:
        lay_out(Path(name), scenario.rows)
        command = [sys.executable, str(OURS), "--base-url", url, "--concurrency", str(scenario.in_flight)]
        with contextlib.nullcontext() if took is None else looked_at(Path(name), took):
            return measure(command, Path(name), url, scenario)


def compare(name: str, runs: int) -> None:
    """Run both in turn and print how they did."""
    scenario = SCENARIOS[name]
    print(
        f"{name}: {scenario.rows:,} rows, {scenario.in_flight:,} in flight, {scenario.latency:g} s, {runs} pairs"
    )
    alone: list[Figures] = []
    beside: list[Figures] = []
    took: list[float] = []
    with service(scenario.latency) as url:
        for pair in range(runs):
            for is_looked_at in (False, True) if pair % 2 else (True, False):
                (beside if is_looked_at else alone).append(
                    once(url, scenario, took if is_looked_at else None)
                )
    for what, figures in (("alone", alone), ("looked at", beside)):
        print(
            f"  {what:10} {scenario.rows / median(figures, 'asking'):8,.0f} rows/s, {median(figures, 'cpu'):.3f} ms CPU a row"
        )
    ratios = [one.asking / other.asking for one, other in zip(alone, beside, strict=True)]
    print(
        f"  throughput when looked at: {statistics.median(ratios):.1%} of alone ({min(ratios):.1%} to {max(ratios):.1%})"
    )
    served = statistics.median(took)
    print(
        f"  serving took {served / scenario.rows * 1000:.3f} ms CPU a row, {served / median(beside, 'whole'):.1%} of a core",
        flush=True,
    )


def main() -> None:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("scenarios", nargs="*", metavar="SCENARIO", help=", ".join(SCENARIOS))
    options.add_argument("--runs", type=int, default=5)
    given = options.parse_args()
    for name in given.scenarios or ("wide", "cpu"):
        compare(name, given.runs)


if __name__ == "__main__":
    main()
