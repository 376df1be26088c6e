"""Whether more requests in flight still bring more answers, told from how long the answers take."""

import math

_GROWN = math.log(1.2)  # over the latency without a queue: no more at once
_QUEUED = math.log(1.8)  # over it: fewer, to see whether that helps
_FALLEN = math.log(1.1)  # below it: time to measure it anew
_DIP = 0.75  # of the limit, at most, in a trial
_PATIENCE = 20  # round trips at `_GROWN` before the same is tried, and twice as many each time
_LONGEST_PATIENCE = 640
_FIRST = 16  # answers before a first idea of the latency
_SAMPLE = 64  # answers, at least, that settle something


class Latency:
    """The usual latency, and trials with fewer in flight where it has grown.

    What latency becomes with fewer in flight tells a queue (as much less) from longer answers (no less). The first
    queue is followed down to its end. Latencies are kept as logarithms: one slow answer in a hundred changes little.
    """

    def __init__(self) -> None:
        self.queued = False  # a trial has found a queue
        self._count = 0
        self._now = 0.0
        self._unqueued = 0.0
        self._proven = False  # fewer in flight than now made no difference to `_unqueued`
        self._grown_at: float | None = None
        self._patience = _PATIENCE
        self._heeded_from = -math.inf
        self._anew = False  # `_unqueued` is to be measured again
        self._trip = (-math.inf, 0)  # when a round trip began, and the limit then
        self._sample: _Sample | None = None
        self._dip: tuple[int, float] | None = None  # the limit before the trial, and the latency then

    @property
    def usual(self) -> float:
        """Seconds from sent to answered; 0 before the first answer."""
        return math.exp(self._now) if self._count else 0.0

    @property
    def headroom(self) -> float:
        """By which part of itself the limit may grow; 0: more requests at once would only wait."""
        if self._sample is not None and self._sample.holds:
            return 0.0
        return _GROWN if self._count < _FIRST else max(0.0, self._unqueued + _GROWN - self._now)

    def note(self, now: float, sent_at: float, limit: int) -> None:
        """An answer came; the memory is as long as about one round trip of `limit` requests."""
        if sent_at < self._heeded_from:
            return
        seen = math.log(max(now - sent_at, 1e-3))
        self._count += 1
        weight = 1 / min(self._count, max(24, min(limit, 256)))
        self._now += weight * (seen - self._now)
        if self._count <= _FIRST:
            self._unqueued = self._now
        if self._sample is not None and sent_at > self._sample.since:
            self._sample.note(seen)

    def better_limit(self, now: float, limit: int) -> int:
        """The limit for a trial to begin, to go on or to end with, else `limit`, which must be in use."""
        if self._sample is None:
            if self._anew or (self._count > _FIRST and self._now < self._unqueued - _FALLEN):
                self._sample = _Sample(now, limit, holds=False)
            elif self._is_due(now):
                self._sample = _Sample(now, limit)
            return limit
        if not self._sample.is_over:
            return limit
        mean = self._now = self._sample.mean
        if self._dip is None:
            if self._sample.holds and mean > self._unqueued + _GROWN:
                return self._try_fewer(now, limit, mean)
            self._unqueued = mean if self._anew else min(self._unqueued, mean)
            self._anew = False
            return self._end(limit)
        before, latency = self._dip
        if limit > 1 and latency - mean > 0.5 * math.log(before / limit):
            self.queued = True
            if not self._proven:
                return self._try_fewer(now, limit, mean)
            self._unqueued = min(self._unqueued, mean)
            return self._end(limit)
        self._proven = True
        if mean > self._unqueued + _GROWN:
            self._patience = _PATIENCE  # answers have become longer, and may again
        self._unqueued = mean
        return self._end(before)

    def trip_limit(self, now: float, limit: int) -> int:
        """Twice the limit of a round trip ago: more, and latencies had no time to tell."""
        if now - self._trip[0] > self.usual:
            self._trip = now, limit
        return 2 * self._trip[1]

    def cut(self, now: float, deep: bool) -> None:
        """Refusals cut the limit: no trial. What answers take at a limit that refusals show is what they take."""
        if deep or self._sample is None or self._sample.holds:
            self._end(0)
        self._anew = not self.queued
        if deep:
            self._heeded_from = now  # of those sent before, more and more of the slow ones are left

    def _is_due(self, now: float) -> bool:
        if self._count < _FIRST or self._now < self._unqueued + _GROWN:
            if self._now < self._unqueued + _GROWN / 2:
                self._grown_at = None
            return False
        self._grown_at = now if self._grown_at is None else self._grown_at
        if self._now > self._unqueued + _QUEUED:
            return True
        if now < self._grown_at + self._patience * self.usual:
            return False
        self._patience = min(2 * self._patience, _LONGEST_PATIENCE)
        return True

    def _try_fewer(self, now: float, limit: int, mean: float) -> int:
        fewer = max(1, min(limit - 1, int(limit * min(_DIP, math.exp(self._unqueued - mean)))))
        self._dip = limit, mean
        self._sample = _Sample(now, fewer)
        return fewer

    def _end(self, limit: int) -> int:
        self._sample = self._dip = self._grown_at = None
        return limit


class _Sample:
    """The mean of the latencies with a limit, of requests sent since then; most of them `holds` the limit."""

    def __init__(self, since: float, limit: int, holds: bool = True) -> None:
        self.since, self.holds = since, holds
        self._need = max(min(_SAMPLE, 8 * limit), 2 * limit)
        self._count, self._total = -limit, 0.0  # whoever is back first was quick: those do not count

    def note(self, seen: float) -> None:
        self._count += 1
        if self._count > 0:
            self._total += seen

    @property
    def is_over(self) -> bool:
        return self._count >= self._need

    @property
    def mean(self) -> float:
        return self._total / self._count
