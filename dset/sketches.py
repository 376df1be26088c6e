"""Which of the texts that are known a new one may be compared with, and how alike the two are.

The buckets say whom to compare, the grams decide: what is told to be near is so, by the exact likeness.
"""

from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

from dset import digests
from dset.buckets import Buckets
from dset.texts import normal

_GRAM = 5
_LONGEST = 20_000
_TRIED = 8  # candidates that are compared, those first that share most buckets
_RECENT = 64  # texts whose grams are held: 0.1 GB if all are of the longest


@dataclass(frozen=True, slots=True)
class Sketch:
    digest: bytes  # of the whole text
    length: int
    text: str  # normalised, its middle left out if it is long
    grams: frozenset[str]
    keys: "array[int]"


class Known:
    """Different texts, numbered from 0 in the order in which they are added."""

    def __init__(self, near: float) -> None:
        if not 0 < near <= 1:
            raise ValueError(f"near is {near}, not above 0 and at most 1")
        self._near = near
        self._buckets = Buckets(near) if near < 1 else None
        # Texts made by one template meet again and again.
        self._grams = lru_cache(_RECENT)(_grams)
        self._numbers: dict[bytes, int] = {}
        self._texts: list[str] = []
        self._sizes = array("I")
        self._lengths = array("I")

    def sketch(self, text: str) -> Sketch:
        text = normal(text)
        digest, length = digests.of([text.encode()]), len(text)
        if self._buckets is None or digest in self._numbers:
            return Sketch(digest, length, "", frozenset(), array("I"))
        if length > _LONGEST:
            text = text[: _LONGEST // 2] + text[-_LONGEST // 2 :]
        parts = self._grams(text)
        return Sketch(digest, length, text, parts, self._buckets.keys(parts))

    def same(self, sketch: Sketch) -> int | None:
        return self._numbers.get(sketch.digest)

    def near(
        self, sketch: Sketch, wanted: Callable[[int], bool] = lambda _: True
    ) -> Iterator[tuple[int, float]]:
        """Number and likeness of those that are near enough, of the first candidates that are wanted."""
        if self._buckets is None:
            return
        candidates = (
            number for number in self._buckets.alike(sketch.keys) if self._may_be_near(number, sketch)
        )
        for number in islice(filter(wanted, candidates), _TRIED):
            share = _jaccard(sketch.grams, self._grams(self._texts[number]))
            if share >= self._near:
                yield number, share

    def add(self, sketch: Sketch) -> None:
        """One that is not the same as any before."""
        self._numbers[sketch.digest] = len(self._numbers)
        if self._buckets is not None:
            self._buckets.add(sketch.keys)
            self._texts.append(sketch.text)
            self._sizes.append(len(sketch.grams))
            self._lengths.append(sketch.length)

    def _may_be_near(self, number: int, sketch: Sketch) -> bool:
        """Whether the sizes alone do not forbid it: two sets share no more than the smaller one has."""
        lengths = sorted((self._lengths[number], sketch.length))
        if lengths[1] > _LONGEST and lengths[0] < self._near * lengths[1]:
            return False
        sizes = sorted((self._sizes[number], len(sketch.grams)))
        return sizes[0] >= self._near * sizes[1]


def _grams(text: str) -> frozenset[str]:
    return frozenset([text[at : at + _GRAM] for at in range(max(len(text) - _GRAM + 1, 1))])


def _jaccard(one: frozenset[str], other: frozenset[str]) -> float:
    shared = len(one & other)
    return shared / (len(one) + len(other) - shared)
