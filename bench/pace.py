"""The pace found against simulated services with a known limit: a table, medians over seeds.

python bench/pace.py [WORD …]     only the services whose name contains a word
"""

import math
import statistics
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from dset.pace import Pace
from tests.paces import (
    Bucket,
    Client,
    Concurrency,
    Noise,
    PerMinute,
    Queue,
    Service,
    Trace,
    latencies,
    mean_latency,
)

SIGMA = 0.4
SEEDS = 5
COLUMNS = "limit seconds thr% refused% one/s low% high% start halved doubled".split()
Make = Callable[[Callable[[float], int], int], Service]


@dataclass(frozen=True)
class Times:
    """When what happens, in seconds: steady from `ready`, half the limit from `halved`, all of it from `doubled`."""

    ready: int
    halved: int
    doubled: int
    end: int

    @classmethod
    def of(cls, latency: float) -> "Times":
        ready = int(20 + 14 * latency)
        halved = ready + int(55 + 4 * latency)
        doubled = halved + int(70 + latency)
        return cls(ready, halved, doubled, doubled + int(70 + latency))


def settled(trace: Trace, level: float, start: int, end: int) -> float:
    """Seconds after `start` until the load stays between 95 % and 101 % of `level` for 5 s in the mean."""
    for second in range(start, end - 4):
        mean = statistics.fmean(trace.load(second, second + 5))
        if 0.95 * level <= mean <= 1.01 * level:
            return second - start
    return math.inf


def limited(make: Make, limit: int, latency: float, seed: int, pace: Pace, slow: float) -> list[float]:
    """The figures of one run against a limit at once, the columns after `seconds`; `slow`: how much longer it takes."""
    times = Times.of(latency)

    def now_limit(now: float) -> int:
        return limit // 2 if times.halved <= now < times.doubled else limit

    trace = Client(pace, make(now_limit, seed), latencies(latency, SIGMA, seed)).run(times.end)
    steady = times.ready, times.halved
    load = trace.load(*steady)
    ideal = limit / (mean_latency(latency, SIGMA) * slow)
    rate = trace.refusals_per_second(*steady)
    return [
        100 * trace.throughput(*steady) / ideal,
        100 * trace.refused_share(*steady),
        1 / rate if rate else math.inf,
        100 * min(load) / limit,
        100 * max(load) / limit,
        trace.reached(0.95 * limit),
        settled(trace, limit // 2, times.halved, times.doubled),
        settled(trace, limit, times.doubled, times.end),
    ]


def medians(runs: list[list[float]]) -> str:
    """The median of each column."""
    return " ".join(f"{statistics.median(column):8.4g}" for column in zip(*runs, strict=True))


def limits_at_once(words: list[str]) -> Iterator[str]:
    """A line for each service that limits what is in flight, each limit and each latency."""
    services: dict[str, Make] = {
        "429": lambda limit, _: Concurrency(limit),
        "429 + stated": lambda limit, _: Concurrency(limit, states=True),
        "429 + wait 1": lambda limit, _: Concurrency(limit, wait=1),
        "429 + wait 5": lambda limit, _: Concurrency(limit, wait=5),
        "429 + noise": lambda limit, seed: Noise(Concurrency(limit), seed),
        "503": lambda limit, _: Concurrency(limit, says="overloaded"),
        "fixed N": lambda limit, _: Concurrency(limit),
    }
    yield "service       " + " ".join(f"{name:>8}" for name in COLUMNS)
    for name in chosen(services, words):
        slow = 1.09 / 0.995 if "noise" in name else 1.0
        for limit in (20, 40, 200, 2500):
            for latency in (0.2, 0.5, 1.0, 5.0, 20.0):
                if limit / latency > 5000 and name != "429":
                    continue  # many million requests, to show the same
                seeds = range(1, 2 if limit / latency > 2000 else SEEDS + 1)
                paces = [Pace(2 * limit) if name == "fixed N" else Pace(3000, 4) for _ in seeds]
                runs = [
                    limited(services[name], limit, latency, seed, pace, slow)
                    for seed, pace in zip(seeds, paces, strict=True)
                ]
                yield f"{name:13} {limit:8} {latency:8} {medians(runs)}"


def boxes(words: list[str]) -> Iterator[str]:
    """A line for each box that never refuses: answers wait where there are more requests than slots."""
    if not chosen(["box", "box + noise"], words):
        return
    yield "service          slots  seconds     thr%   mean/needed  most/needed  peak at the start"
    for name in chosen(["box", "box + noise"], words):
        for slots in (8, 20, 40, 200):
            for latency in (0.2, 0.5, 1.0, 5.0, 20.0):
                runs = [boxed(name, slots, latency, seed) for seed in range(1, SEEDS + 1)]
                yield f"{name:13} {slots:8} {latency:8} {medians(runs)}"


def boxed(name: str, slots: int, latency: float, seed: int) -> list[float]:
    """Throughput in % of the box's, and requests in flight / slots: mean, most, and most before it settled."""
    start, end = int(60 + 50 * latency), int(260 + 80 * latency)
    service: Service = Queue(lambda _: slots)
    slow = 1.0
    if "noise" in name:
        service, slow = Noise(service, seed), 1.09 / 0.995
    trace = Client(Pace(3000, 4), service, latencies(latency, SIGMA, seed)).run(end)
    load = trace.load(start, end)
    return [
        100 * trace.throughput(start, end) * mean_latency(latency, SIGMA) * slow / slots,
        statistics.fmean(load) / slots,
        max(load) / slots,
        max(trace.load(0, start)) / slots,
    ]


def quotas(words: list[str]) -> Iterator[str]:
    """A line for each quota per minute that nobody told the client of; 5 minutes to find it, 10 minutes measured."""
    services: dict[str, Callable[[int], Service]] = {
        "minute": PerMinute,
        "minute + wait": lambda rpm: PerMinute(rpm, names=True),
        "minute, known": lambda rpm: PerMinute(rpm, names=True, known=True),
        "bucket": lambda rpm: Bucket(rpm, rpm / 6),
        "bucket + wait": lambda rpm: Bucket(rpm, rpm / 6, names=True),
    }
    if chosen(services, words):
        yield "service            rpm  seconds     thr%  refused%"
    for name in chosen(services, words):
        for rpm in (15, 60, 600, 6000):
            for latency in (1.0, 5.0):
                traces = [
                    Client(Pace(3000, 4), services[name](rpm), latencies(latency, SIGMA, seed)).run(900)
                    for seed in range(1, SEEDS + 1)
                ]
                runs = [
                    [6000 * trace.throughput(300, 900) / rpm, 100 * trace.refused_share(300, 900)]
                    for trace in traces
                ]
                yield f"{name:13} {rpm:8} {latency:8} {medians(runs)}"


def chosen(
    names: "dict[str, Make] | dict[str, Callable[[int], Service]] | list[str]", words: list[str]
) -> list[str]:
    """The names that contain a word, all if there is none."""
    return [name for name in names if not words or any(word in name for word in words)]


def main() -> None:
    words = sys.argv[1:]
    for part in (limits_at_once, boxes, quotas):
        for line in part(words):
            print(line, flush=True)


if __name__ == "__main__":
    main()
