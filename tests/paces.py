"""Simulated services with a known limit, and a client that asks as fast as its pace allows. Seeded; no clock, no network."""

import heapq
import math
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from dset.pace import Pace

ROW_WAITS = (5.0, 10.0, 20.0, 40.0, 80.0)  # before a refused row is asked again, where no time was named
NOT_TAKEN = ("refused", "overloaded")
NETWORK = 0.05  # seconds until a refusal is back, in the median


@dataclass(frozen=True)
class Reply:
    """What became of a request: seconds until the client knows, and `kind` answer | refused | overloaded | dropped."""

    kind: str
    seconds: float
    stated: int | None = None
    wait: float | None = None
    window: bool = False


class Service(Protocol):
    def reply(self, now: float, latency: float) -> Reply:
        """The reply to a request that arrives at `now` and takes `latency` seconds of work."""


@dataclass
class Concurrency:
    """Refuses what is more than `limit(now)` at once; `lag`: seconds that a slot stays taken after the answer."""

    limit: Callable[[float], int]
    states: bool = False
    wait: float | None = None
    lag: float = 0.0
    says: str = "refused"
    _ends: list[float] = field(default_factory=list)

    def reply(self, now: float, latency: float) -> Reply:
        ends, most = self._ends, self.limit(now)
        while ends and ends[0] <= now:
            heapq.heappop(ends)
        if len(ends) >= most:
            return Reply(self.says, NETWORK, most if self.states else None, self.wait)
        heapq.heappush(ends, now + latency + self.lag)
        return Reply("answer", latency)


@dataclass
class Queue:
    """A box with `slots(now)` parallel ones and an endless queue: it never refuses, latency grows."""

    slots: Callable[[float], int]
    _ends: list[float] = field(default_factory=list)

    def reply(self, now: float, latency: float) -> Reply:
        ends, most = self._ends, self.slots(now)
        while len(ends) > most:
            heapq.heappop(ends)
        begin = max(now, heapq.heappop(ends)) if len(ends) == most else now
        heapq.heappush(ends, begin + latency)
        return Reply("answer", begin + latency - now)


@dataclass
class Batching:
    """A box whose latency grows with the `power` of those in flight, and in proportion beyond `slots`."""

    slots: int
    power: float
    _ends: list[float] = field(default_factory=list)

    def reply(self, now: float, latency: float) -> Reply:
        ends = self._ends
        while ends and ends[0] <= now:
            heapq.heappop(ends)
        crowd = len(ends) + 1
        seconds = latency * min(crowd, self.slots) ** self.power * max(1.0, crowd / self.slots)
        heapq.heappush(ends, now + seconds)
        return Reply("answer", seconds)


@dataclass
class PerMinute:
    """So many requests in each minute of the clock; `names`: the refusal says when the minute is over."""

    rpm: int
    names: bool = False
    known: bool = False  # the client can tell that it is a quota per minute
    _minute: int = -1
    _used: int = 0

    def reply(self, now: float, latency: float) -> Reply:
        if int(now // 60) != self._minute:
            self._minute, self._used = int(now // 60), 0
        if self._used >= self.rpm:
            wait = 60 - now % 60 if self.names else None
            return Reply("refused", NETWORK, None, wait, self.known)
        self._used += 1
        return Reply("answer", latency)


@dataclass
class Bucket:
    """A token bucket: `rpm` a minute, `burst` of them saved up."""

    rpm: float
    burst: float
    names: bool = False
    _tokens: float = math.inf
    _at: float = 0.0

    def reply(self, now: float, latency: float) -> Reply:
        self._tokens = min(self.burst, self._tokens + (now - self._at) * self.rpm / 60)
        self._at = now
        if self._tokens < 1:
            wait = (1 - self._tokens) * 60 / self.rpm if self.names else None
            return Reply("refused", NETWORK, None, wait)
        self._tokens -= 1
        return Reply("answer", latency)


@dataclass
class Noise:
    """`slow` of the answers take ten times as long, `dropped` of the connections break half-way."""

    inner: Service
    seed: int
    slow: float = 0.01
    dropped: float = 0.005

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)

    def reply(self, now: float, latency: float) -> Reply:
        if self._random.random() < self.slow:
            latency *= 10
        reply = self.inner.reply(now, latency)
        if reply.kind == "answer" and self._random.random() < self.dropped:
            return Reply("dropped", reply.seconds / 2)
        return reply


@dataclass
class Trace:
    """What a run of the simulation saw, second by second."""

    answered: list[int]
    refused: list[int]
    sent: list[int]
    in_flight: list[int]  # admitted by the service: those that are about to be refused do not count

    def throughput(self, start: float, end: float) -> float:
        """Answers per second between two times."""
        return sum(self.answered[int(start) : int(end)]) / (int(end) - int(start))

    def refused_share(self, start: float, end: float) -> float:
        """Refused requests per request sent."""
        return sum(self.refused[int(start) : int(end)]) / max(1, sum(self.sent[int(start) : int(end)]))

    def refusals_per_second(self, start: float, end: float) -> float:
        """Refused requests per second."""
        return sum(self.refused[int(start) : int(end)]) / (int(end) - int(start))

    def load(self, start: float, end: float) -> list[int]:
        """Requests that the service worked on, each second."""
        return self.in_flight[int(start) : int(end)]

    def reached(self, level: float, start: float = 0) -> float:
        """Seconds after `start` from which on, for 5 s, at least `level` are worked on; inf if never."""
        for second in range(int(start), len(self.in_flight) - 5):
            if sum(self.in_flight[second : second + 5]) >= 5 * level:
                return second - start
        return math.inf


def latencies(median: float, sigma: float, seed: int) -> Callable[[], float]:
    """Lognormal latencies in seconds with this median."""
    draw, centre = random.Random(seed).lognormvariate, math.log(median)
    return lambda: draw(centre, sigma)


def mean_latency(median: float, sigma: float) -> float:
    """Mean of the same, in seconds."""
    return median * math.exp(sigma * sigma / 2)


class Client:
    """Sends whenever its pace allows it; asks a refused row again when its time has come."""

    def __init__(
        self, pace: Pace, service: Service, draw: Callable[[], float], rows: float = math.inf
    ) -> None:
        self.pace, self.service, self._draw, self._rows = pace, service, draw, rows
        self._events: list[tuple[float, int, float, int, Reply | None]] = []
        self._due: list[
            tuple[float, int]
        ] = []  # when a refused row may be asked again, how often it was refused
        self._serial = 0
        self._admitted = 0
        self._woken = 0.0
        self._jitter = random.Random(1)

    def run(self, seconds: int) -> Trace:
        """The first `seconds` of the run."""
        trace = Trace([0] * seconds, [0] * seconds, [0] * seconds, [0] * seconds)
        now, second = 0.0, 0
        self._fill(now, trace)
        while self._events and self._events[0][0] < seconds:
            now, _, sent_at, tries, reply = heapq.heappop(self._events)
            while second < int(now):
                trace.in_flight[second] = self._admitted
                second += 1
            if reply is not None:
                self._learn(now, sent_at, tries, reply, trace)
            self._fill(now, trace)
        trace.in_flight[second:] = [self._admitted] * (seconds - second)
        return trace

    def _learn(self, now: float, sent_at: float, tries: int, reply: Reply, trace: Trace) -> None:
        if reply.kind in NOT_TAKEN:
            trace.refused[int(now)] += 1
            wait = ROW_WAITS[min(tries, 4)] if reply.wait is None else reply.wait
            heapq.heappush(self._due, (now + wait, tries + 1))
            self._wake(now + wait)
            if reply.kind == "refused":
                self.pace.refused(now, sent_at, reply.stated, reply.wait, reply.window)
            else:
                self.pace.overloaded(now, sent_at)
            return
        self._admitted -= 1
        if reply.kind == "answer":
            trace.answered[int(now)] += 1
            self.pace.answered(now, sent_at)
        else:
            self.pace.ended(now, sent_at)

    def _fill(self, now: float, trace: Trace) -> None:
        pace = self.pace
        if now < pace.paused_until:
            if pace.paused_until != self._woken:
                self._woken = pace.paused_until
                self._wake(self._woken)
            return
        while pace.has_room and now >= pace.paused_until:
            if self._due and self._due[0][0] <= now:
                tries = heapq.heappop(self._due)[1]
            elif self._rows > 0:
                tries, self._rows = 0, self._rows - 1
            else:
                return
            pace.sent(now)
            trace.sent[int(now)] += 1
            reply = self.service.reply(now, self._draw())
            self._admitted += reply.kind not in NOT_TAKEN
            self._serial += 1
            seconds = reply.seconds
            if reply.kind in NOT_TAKEN:
                seconds *= self._jitter.lognormvariate(0, 0.4)
            heapq.heappush(self._events, (now + seconds, self._serial, now, tries, reply))

    def _wake(self, at: float) -> None:
        self._serial += 1
        heapq.heappush(self._events, (at, self._serial, at, 0, None))
