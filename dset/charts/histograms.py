"""How often which size occurs: sizes counted one by one, told in some twenty bins with round edges."""

import math
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

_APART = 20_000  # different sizes that are kept apart; of further ones two digits
_BINS = 20
_WIDE = 30  # times larger: from there on the bins grow with the size
_GROWING = (10, 15, 20, 30, 50, 70)


class Sizes:
    """Whole numbers from 0 on, counted."""

    def __init__(self) -> None:
        self._counts: Counter[int] = Counter()

    def __len__(self) -> int:
        return self._counts.total()

    def add(self, size: int) -> None:
        """Count one."""
        if size not in self._counts and len(self._counts) >= _APART:
            size = int(float(f"{size:.1e}"))
        self._counts[size] += 1

    def at(self, share: float) -> int:
        """The size that so many of them (0 to 1) do not exceed; 0 where there are none."""
        left = share * self._counts.total()
        for size in sorted(self._counts):
            left -= self._counts[size]
            if left <= 0:
                return size
        return max(self._counts, default=0)

    def within(self, edges: Sequence[int]) -> list[int]:
        """How many lie below the first edge, between each two, and from the last on."""
        counts = [0] * (len(edges) + 1)
        place, rest = 0, list(edges)
        for size in sorted(self._counts):
            while place < len(rest) and size >= rest[place]:
                place += 1
            counts[place] += self._counts[size]
        return counts


def edges(*sizes: Sizes) -> list[int]:
    """Round edges of bins that fit nearly all of these; the few that are much smaller or larger lie outside."""
    filled = [one for one in sizes if len(one)]
    if not filled:
        return []
    low, high = min(one.at(0.01) for one in filled), max(one.at(0.99) for one in filled)
    if high > _WIDE * max(low, 1):
        return _growing(low, high)
    width = _step(high - low, _bins(max(map(len, filled))))
    first = low // width * width
    return list(range(first, high + width + 1, width))


def _bins(count: int) -> int:
    """How many bins so many sizes fill (the Rice rule)."""
    return max(5, min(_BINS, math.ceil(2 * math.cbrt(count))))


def _step(span: int, bins: int) -> int:
    """1, 2, 5, 10 … that goes into the span at most so many times."""
    scale = 1
    while True:
        for digit in (1, 2, 5):
            if span / (digit * scale) <= bins:
                return digit * scale
        scale *= 10


def _growing(low: int, high: int) -> list[int]:
    found = [0, 1, 2, 3, 5, 7]
    scale = 1
    while found[-1] <= high:
        found += [digit * scale for digit in _GROWING]
        scale *= 10
    first = max(at for at, edge in enumerate(found) if edge <= low)
    last = next(at for at, edge in enumerate(found) if edge > high)
    kept = found[first : last + 1]
    return kept if len(kept) <= 2 * _BINS else kept[::2] + kept[-1:] * (len(kept) % 2 == 0)


def names(edges: Sequence[int]) -> list[str]:
    """What to call the bins of `within`."""
    if not edges:
        return []
    between = [f"{low:,}" if high - low == 1 else f"{low:,}–{high - 1:,}" for low, high in pairwise(edges)]
    return [f"under {edges[0]:,}", *between, f"{edges[-1]:,} and more"]
