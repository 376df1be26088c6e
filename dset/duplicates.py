"""Which texts are the same, and which nearly: the buckets say whom to compare, the grams decide.

Texts are compared as `dset.texts.normal` gives them. Their likeness is the Jaccard index of their sets of character
5-grams: what both have, divided by what either has; a text of less than five characters is one gram. Grams of
characters need no words, so Thai and Chinese are compared as English is.
"""

from array import array
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from dset import digests
from dset.buckets import Buckets
from dset.texts import normal

NEAR = 0.85

_GRAM = 5
_LONGEST = 20_000
_TRIED = 16  # candidates that are compared, those first that share most buckets
_SHOWN = 80


@dataclass(frozen=True, slots=True)
class Likeness:
    """What a text resembles: the name that was given with it, how much, and its first 80 characters as they came.

    `share` is 1.0 only for texts that are the same after normalisation.
    """

    name: str
    share: float
    text: str


class Index:
    """Texts by name, and which of them a new one resembles.

    A text that is the same as one before, after normalisation, is always found. One whose likeness is `near` or more
    is found with a probability above 0.998; one below never. What `find` costs has a bound: at most 32 members of a
    bucket are looked at, and 16 texts compared. So among thousands that share most of their text a near one may be
    missed, or another one named than the most alike.

    Of a text longer than 20,000 characters the first and the last 10,000 stand for the whole; it is like one only
    whose length is so too.

    Memory: about 0.7 KB a text at 0.85, besides the name and the text itself.
    """

    def __init__(self, near: float = NEAR) -> None:
        """`near` is above 0 and at most 1; 1.0 finds only what is the same. Raises ValueError for another."""
        self._known = _Known(near)
        self._names: list[str] = []
        self._shown: list[str] = []
        self._last: tuple[str, _Sketch] | None = None

    def __len__(self) -> int:
        """How many different texts were added."""
        return len(self._names)

    def find(self, text: str) -> Likeness | None:
        """The most alike of the texts that were added, if it is alike enough."""
        sketch = self._sketch(text)
        same = self._known.same(sketch)
        if same is not None:
            return self._likeness(same, 1.0)
        number, share = max(self._known.near(sketch), key=lambda found: found[1], default=(0, 0.0))
        return self._likeness(number, min(share, 0.999)) if share else None

    def add(self, name: str, text: str) -> None:
        """Keep this text; of texts that are the same the first one's name is told."""
        sketch = self._sketch(text)
        if self._known.same(sketch) is None:
            self._known.add(sketch)
            self._names.append(name)
            self._shown.append(text[:_SHOWN])

    def _sketch(self, text: str) -> "_Sketch":
        """The one of the last text is kept: who adds a text has mostly looked for it before."""
        if self._last is None or self._last[0] != text:
            self._last = text, self._known.sketch(text)
        return self._last[1]

    def _likeness(self, number: int, share: float) -> Likeness:
        return Likeness(self._names[number], share, self._shown[number])


def clusters(texts: Iterable[str], near: float = NEAR) -> "array[int]":
    """For each text the number of the first text of its group, counted from 0.

    A group is what likeness connects: each of it is like another of it, not like all. The texts are read once; of
    each that differs the normalised text is held, with about 0.4 KB; of one that is the same as another 4 bytes.
    """
    known, groups = _Known(near), _Groups()
    for text in texts:
        sketch = known.sketch(text)
        same = known.same(sketch)
        groups.enter(same)
        if same is None:
            for other, _ in known.near(sketch, groups.apart):
                groups.join(other)
            known.add(sketch)
    return groups.firsts()


class _Groups:
    """Who is connected with whom: union-find, in which the first of a group stands for it."""

    def __init__(self) -> None:
        self._before = array("I")  # per text: itself, or one before it in its group
        self._known = array("I")  # per different text: its number among all

    def enter(self, same: int | None) -> None:
        """The next text, the same as one of the different ones or different from all."""
        number = len(self._before)
        self._before.append(number if same is None else self._known[same])
        if same is None:
            self._known.append(number)

    def apart(self, other: int) -> bool:
        """Whether this one of the different texts is not yet in the group of the text that entered last."""
        return self._first(self._known[other]) != self._first(len(self._before) - 1)

    def join(self, other: int) -> None:
        """That group and the group of the text that entered last are one."""
        firsts = sorted((self._first(self._known[other]), self._first(len(self._before) - 1)))
        self._before[firsts[1]] = firsts[0]

    def firsts(self) -> "array[int]":
        for number, before in enumerate(self._before):
            self._before[number] = self._before[before]
        return self._before

    def _first(self, number: int) -> int:
        """The way to it is shortened."""
        before = self._before
        while before[number] != number:
            before[number] = number = before[before[number]]
        return number


@dataclass(frozen=True, slots=True)
class _Sketch:
    digest: bytes  # of the whole text
    length: int
    text: str  # normalised, its middle left out if it is long
    grams: frozenset[str]
    keys: "array[int]"


class _Known:
    """Different texts, numbered from 0 in the order in which they are added."""

    def __init__(self, near: float) -> None:
        if not 0 < near <= 1:
            raise ValueError(f"near is {near}, not above 0 and at most 1")
        self._near = near
        self._buckets = Buckets(near) if near < 1 else None
        self._numbers: dict[bytes, int] = {}
        self._texts: list[str] = []
        self._sizes = array("I")
        self._lengths = array("I")

    def sketch(self, text: str) -> _Sketch:
        text = normal(text)
        digest, length = digests.of([text.encode()]), len(text)
        if self._buckets is None or digest in self._numbers:
            return _Sketch(digest, length, "", frozenset(), array("I"))
        if length > _LONGEST:
            text = text[: _LONGEST // 2] + text[-_LONGEST // 2 :]
        parts = _grams(text)
        return _Sketch(digest, length, text, parts, self._buckets.keys(parts))

    def same(self, sketch: _Sketch) -> int | None:
        return self._numbers.get(sketch.digest)

    def near(
        self, sketch: _Sketch, wanted: Callable[[int], bool] = lambda _: True
    ) -> Iterator[tuple[int, float]]:
        """Number and likeness of those that are near enough, of the first candidates that are wanted."""
        if self._buckets is None:
            return
        candidates = (
            number for number in self._buckets.alike(sketch.keys) if self._may_be_near(number, sketch)
        )
        for number in islice(filter(wanted, candidates), _TRIED):
            share = _jaccard(sketch.grams, _grams(self._texts[number]))
            if share >= self._near:
                yield number, share

    def add(self, sketch: _Sketch) -> None:
        """One that is not the same as any before."""
        self._numbers[sketch.digest] = len(self._numbers)
        if self._buckets is not None:
            self._buckets.add(sketch.keys)
            self._texts.append(sketch.text)
            self._sizes.append(len(sketch.grams))
            self._lengths.append(sketch.length)

    def _may_be_near(self, number: int, sketch: _Sketch) -> bool:
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
