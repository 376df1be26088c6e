"""The program in a process of its own that is watched: how much memory it takes, and killed at a chosen moment."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.running import SCRIPT, environment

_LOOK = 0.02  # seconds between looks


@dataclass
class Watched:
    """How a run ended. Sizes in MiB, 0 where the system does not tell: of the process, and of its workers together."""

    exit_status: int = 0
    seconds: float = 0.0
    said: str = ""
    peak: float = 0.0
    workers_peak: float = 0.0
    sizes: list[float] = field(default_factory=list)  # of the process, once a second


def run(
    place: Path, arguments: Sequence[str], is_time: Callable[[], bool] | None = None, most: float = 60
) -> Watched:
    """Run it in `place`; when `is_time`, it and all it has started are killed. At `most` seconds it fails."""
    made, began = Watched(), time.monotonic()
    log = place / "said.txt"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, str(SCRIPT), *arguments],
            cwd=place,
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # its workers die with it
        )
        try:
            while process.poll() is None and not (is_time and is_time()):
                made.seconds = time.monotonic() - began
                assert made.seconds < most, log.read_text(encoding="utf-8", errors="replace")[-3000:]
                _measure(made, process.pid)
                time.sleep(_LOOK)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            made.exit_status = process.wait()
    made.seconds = time.monotonic() - began
    made.said = log.read_text(encoding="utf-8", errors="replace")
    return made


def _measure(made: Watched, group: int) -> None:
    if len(made.sizes) > made.seconds or not os.path.isdir("/proc/self"):
        return
    sizes = _sizes(group)
    now, peak = sizes.pop(group, (0.0, 0.0))
    made.sizes.append(now)
    made.peak = max(made.peak, peak)
    made.workers_peak = max(made.workers_peak, sum(size for size, _ in sizes.values()))


def _sizes(group: int) -> dict[int, tuple[float, float]]:
    """MiB in memory of each process of the group: now, and at the most so far."""
    found = {}
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            stat = Path("/proc", name, "stat").read_text(errors="replace").rpartition(")")[2].split()
            if int(stat[2]) == group:
                status = Path("/proc", name, "status").read_text(errors="replace")
                told = {line.split(":")[0]: line for line in status.splitlines()}
                now, peak = (int(told[field].split()[1]) / 1024 for field in ("VmRSS", "VmHWM"))
                found[int(name)] = (now, peak)
        except (OSError, ValueError, IndexError, KeyError):
            continue  # it is gone
    return found
