"""Quantiles of times in little room: counted in steps of 2 %, so that a million of them take no more than some hundred numbers."""

import math
from collections import Counter

_STEP = math.log(1.02)
_LEAST = 1e-3  # seconds: what is shorter counts as this
LONGEST = 1e6


class Quantiles:
    """Seconds, of which any quantile is told to within 1 %."""

    __slots__ = ("_counts", "total")

    def __init__(self) -> None:
        self._counts: Counter[int] = Counter()
        self.total = 0

    def add(self, seconds: float) -> None:
        """Count one; from 0 to `LONGEST`."""
        self._counts[round(math.log(max(seconds, _LEAST) / _LEAST) / _STEP)] += 1
        self.total += 1

    def join(self, other: "Quantiles") -> None:
        """Count those of another one too."""
        self._counts.update(other._counts)  # noqa: SLF001
        self.total += other.total

    def at(self, share: float) -> float | None:
        """The time that so many of them (0 to 1) do not exceed; None where there are none."""
        left = max(1, math.ceil(share * self.total))
        for step in sorted(self._counts):
            left -= self._counts[step]
            if left <= 0:
                return float(f"{_LEAST * math.exp(step * _STEP):.3g}")
        return None
