"""What happened when, in buckets that become wider as the time becomes longer, so that there are never many.

One late answer after a pause of a month is a bucket more, not a month of them.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from dset.charts.quantiles import Quantiles

DAY = 86_400
# Seconds. Each is a multiple of the one before, so that buckets can be joined.
WIDTHS = (
    1,
    5,
    10,
    30,
    60,
    300,
    600,
    1800,
    3600,
    10_800,
    21_600,
    43_200,
    DAY,
    7 * DAY,
    28 * DAY,
    364 * DAY,
)
COARSE = (60, 3600, DAY, 7 * DAY, 28 * DAY, 364 * DAY)  # those that have a name
_PAUSE = 4  # empty buckets in a row that are still drawn


@dataclass(slots=True)
class Bucket:
    """What fell into one span of time."""

    answered: int = 0
    rejected: int = 0
    usd: float = 0.0
    seconds: Quantiles = field(default_factory=Quantiles)

    def join(self, other: "Bucket") -> None:
        """Take in what fell into another one."""
        self.answered += other.answered
        self.rejected += other.rejected
        self.usd += other.usd
        self.seconds.join(other.seconds)


class Point(NamedTuple):
    """A bucket and when it begins, epoch seconds; None: a pause, however long."""

    at: int
    bucket: Bucket | None


class Timeline:
    """Buckets by time."""

    def __init__(self, most: int, widths: Sequence[int] = WIDTHS, longest: float = math.inf) -> None:
        """At most `most` buckets that are not empty, each as wide as one of `widths`; from first to last no more than `longest` widths."""
        self._most, self._longest = most, longest
        self._wider = iter(widths)
        self.width = next(self._wider)
        self._buckets: dict[int, Bucket] = {}

    def at(self, moment: float) -> Bucket:
        """The bucket of this moment (epoch seconds), to count into at once."""
        number = int(moment // self.width)
        if number not in self._buckets:
            self._buckets[number] = Bucket()
            while self._is_wide() and self._widen():
                number = int(moment // self.width)
        return self._buckets[number]

    def _is_wide(self) -> bool:
        if len(self._buckets) > self._most:
            return True
        return self._longest < math.inf and max(self._buckets) - min(self._buckets) > self._longest

    def _widen(self) -> bool:
        wider = next(self._wider, 0)
        if not wider:
            return False
        joined: dict[int, Bucket] = {}
        for number, bucket in self._buckets.items():
            joined.setdefault(number * self.width // wider, Bucket()).join(bucket)
        self._buckets, self.width = joined, wider
        return True

    def points(self) -> list[Point]:
        """In order; a few empty buckets in a row stand there, of a longer pause one."""
        found: list[Point] = []
        before = None
        for number in sorted(self._buckets):
            gap = range(before + 1, number) if before is not None else range(0)
            if len(gap) > _PAUSE:
                found.append(Point(gap[0] * self.width, None))
            else:
                found += [Point(empty * self.width, Bucket()) for empty in gap]
            found.append(Point(number * self.width, self._buckets[number]))
            before = number
        return found


def span(width: int) -> str:
    """The width in words: 30 seconds, hour, 12 hours, day, week."""
    if width >= DAY:
        return {DAY: "day", 7 * DAY: "week"}.get(width, f"{width // (7 * DAY)} weeks")
    for unit, name in ((3600, "hour"), (60, "minute"), (1, "second")):
        if width % unit == 0:
            return name if width == unit else f"{width // unit} {name}s"
    return f"{width} seconds"
