"""How a run went, over time: answers, failures, latency and money in at most 240 steps. Pure."""

import math
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from dset.watching import lenient

POINTS = 240
RECENT = 60  # seconds that the recent rate is about
_STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 43_200, 86_400)
_log = math.log
_GROWTH = _log(1.05)  # of one class of latency to the next: quantiles are right to 2.5 %
_KEPT = 600  # seconds, one by one


@dataclass(slots=True)
class _Point:
    answered: int = 0
    failed: int = 0
    usd: float = 0.0
    seconds: Counter[int] = field(default_factory=Counter)

    def join(self, other: "_Point") -> None:
        self.answered += other.answered
        self.failed += other.failed
        self.usd += other.usd
        self.seconds.update(other.seconds)


class History:
    """Of one run, by its id. What is told of another is passed over."""

    def __init__(self) -> None:
        self.begin("")

    def begin(self, run: str) -> None:
        """From here on it is about this run."""
        self.run, self.bucket = run, _STEPS[0]
        self._points: dict[int, _Point] = {}
        self._ended: Counter[int] = Counter()  # rows by second
        self._said, self._second = "", 0
        self._current: _Point | None = None

    def answered(self, run: str, at: str, seconds: float | None, usd: float | None) -> None:
        """An answer of a run; `at` as its timestamp has it."""
        if run != self.run or (point := self._point(at)) is None:
            return
        self._ended[self._second] += 1
        point.answered += 1
        point.usd += usd or 0.0
        if seconds:
            point.seconds[round(_log(max(seconds, 0.001)) / _GROWTH)] += 1

    def failed(self, run: str, at: str, usd: float | None, *, is_row: bool) -> None:
        """A line of rejected.json; not `is_row`: of a try that was repeated."""
        if run != self.run or (point := self._point(at)) is None:
            return
        self._ended[self._second] += is_row
        point.failed += is_row
        point.usd += usd or 0.0

    def _point(self, at: str) -> _Point | None:
        if at == self._said:  # many come in the same second
            return self._current
        moment = lenient.moment(at)
        self._said, self._second = at, int(moment.timestamp()) if moment else 0
        self._current = self._place(self._second) if moment else None
        self._forget()
        return self._current

    def _place(self, second: int) -> _Point:
        point = self._points.setdefault(second // self.bucket, _Point())
        if len(self._points) <= POINTS:
            return point
        self._widen()
        return self._points[second // self.bucket]

    def _forget(self) -> None:
        if len(self._ended) > _KEPT:
            newest = max(self._ended)
            self._ended = Counter({at: n for at, n in self._ended.items() if at >= newest - 2 * RECENT})

    def _widen(self) -> None:
        while len(self._points) > POINTS:
            old, self.bucket = self.bucket, _wider(self.bucket)
            joined: dict[int, _Point] = {}
            for key in sorted(self._points):
                joined.setdefault(key * old // self.bucket, _Point()).join(self._points[key])
            self._points = joined

    def recent(self, now: datetime, since: datetime | None) -> float | None:
        """Rows ended per second in the last minute before `now`, or since the run began; None right at its beginning."""
        moment = now.timestamp()
        span = RECENT if since is None else min(RECENT, moment - since.timestamp())
        if span < 1:
            return None
        return sum(n for at, n in self._ended.items() if moment - span <= at <= moment + 1) / span

    def told(self) -> dict[str, Any]:
        """In order of time; steps in which nothing came are left out."""
        return {
            "bucket_s": self.bucket,
            "points": [
                {
                    "at": key * self.bucket,
                    "answered": point.answered,
                    "failed": point.failed,
                    "p50": _quantile(point.seconds, 0.5),
                    "p90": _quantile(point.seconds, 0.9),
                    "usd": round(point.usd, 10),
                }
                for key, point in sorted(self._points.items())
            ],
        }


def _wider(bucket: int) -> int:
    return next((step for step in _STEPS if step > bucket), 2 * bucket)


def _quantile(classes: Counter[int], part: float) -> float | None:
    """The latency that so large a part of the answers did not pass, in seconds."""
    left = part * classes.total()
    for one in sorted(classes):
        left -= classes[one]
        if left <= 0:
            return round(math.exp(one * _GROWTH), 3)
    return None
