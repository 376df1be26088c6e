"""Whether more requests in flight still bring more answers, told from how long the answers take."""

import math

_GROWN = math.log(1.2)  # over the latency without a queue: no more at once
_QUEUED = math.log(1.8)  # over it: fewer, to see whether that helps
_DIP = 0.75  # of the limit, at most, in a trial
_SETTLED = 1.5  # round trips without growth until latencies are those of the limit
_PATIENCE = 20  # round trips at `_GROWN` before the same is tried, and twice as many each time
_LONGEST_PATIENCE = 640
_FIRST = 16  # answers before a first idea of the latency


class Latency:
    """The usual latency, and a trial with fewer in flight whenever it has grown.

    Latencies are kept as logarithms, so that one slow answer in a hundred changes little. A trial settles whether a
    queue (less in flight: as much less latency) or longer answers (no less latency) made it grow.
    """

    def __init__(self) -> None:
        self._count = 0
        self._now = 0.0
        self._unqueued = 0.0
        self._grown_at: float | None = None
        self._patience = _PATIENCE
        self._trial: _Trial | None = None

    @property
    def usual(self) -> float:
        """Seconds from sent to answered; 0 before the first answer."""
        return math.exp(self._now) if self._count else 0.0

    @property
    def headroom(self) -> float:
        """By which part of itself the limit may grow; 0: more requests at once would only wait."""
        if self._trial is not None:
            return 0.0
        return _GROWN if self._count < _FIRST else max(0.0, self._unqueued + _GROWN - self._now)

    def note(self, now: float, sent_at: float, limit: int) -> None:
        """An answer came; the memory is as long as about one round trip of `limit` requests."""
        seen = math.log(max(now - sent_at, 1e-3))
        self._count += 1
        weight = 1 / min(self._count, max(36, min(limit, 256)))
        self._now += weight * (seen - self._now)
        if self._count <= _FIRST:
            self._unqueued = self._now
        elif self._now < self._unqueued - 0.05:
            self._unqueued += weight / 4 * (self._now - self._unqueued)
        if self._trial is not None and sent_at > self._trial.since:
            self._trial.note(seen)

    def better_limit(self, now: float, limit: int) -> int | None:
        """The limit that a trial begins or ends with; None: as it is. `limit` must be in use."""
        if self._trial is not None:
            return self._judged(self._trial) if self._trial.is_over else None
        if self._count < _FIRST or limit == 1 or self._now < self._unqueued + _GROWN:
            self._grown_at = None
            return None
        if self._grown_at is None:
            self._grown_at = now
        queued = self._now > self._unqueued + _QUEUED
        if now < self._grown_at + (_SETTLED if queued else self._patience) * self.usual:
            return None
        self._patience = _PATIENCE if queued else min(2 * self._patience, _LONGEST_PATIENCE)
        fewer = max(1, min(limit - 1, int(limit * min(_DIP, math.exp(self._unqueued - self._now)))))
        self._trial = _Trial(limit, fewer, self._now, now)
        return fewer

    def forget_trial(self) -> None:
        """The limit changed for another reason."""
        self._trial = self._grown_at = None

    def _judged(self, trial: "_Trial") -> int:
        self._trial = self._grown_at = None
        self._now = trial.mean
        if trial.before - trial.mean < 0.5 * math.log(trial.limit / trial.fewer):
            self._unqueued = trial.mean
            return trial.limit
        self._unqueued = trial.mean + math.log(_DIP)  # there may be a queue still: the next trial follows
        self._grown_at = -math.inf
        return trial.fewer


class _Trial:
    """What latency becomes with `fewer` in flight, once the first round trip of them is over."""

    def __init__(self, limit: int, fewer: int, before: float, since: float) -> None:
        self.limit, self.fewer, self.before, self.since = limit, fewer, before, since
        self._count, self._total = -fewer, 0.0  # whoever is back first was quick: those do not count

    def note(self, seen: float) -> None:
        self._count += 1
        if self._count > 0:
            self._total += seen

    @property
    def is_over(self) -> bool:
        return self._count >= max(64, 2 * self.fewer)

    @property
    def mean(self) -> float:
        return self._total / self._count
