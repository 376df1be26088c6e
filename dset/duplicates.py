"""Which texts are the same, and which nearly.

Texts are compared as `dset.texts.normal` gives them. Their likeness is the Jaccard index of their sets of character
5-grams: what both have, divided by what either has; a text of less than five characters is one gram. Grams of
characters need no words, so Thai and Chinese are compared as English is.
"""

from array import array
from collections.abc import Iterable
from dataclasses import dataclass

from dset.sketches import Known, Sketch

NEAR = 0.85

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
    is found with a probability above 0.998; one below never. What `find` costs has a bound: at most 16 members of a
    bucket are looked at, and 8 texts compared. So among thousands that share most of their text a near one may be
    missed, or another one named than the most alike.

    Of a text longer than 20,000 characters the first and the last 10,000 stand for the whole; it is like one only
    whose length is so too.

    Memory: about 0.7 KB a text at 0.85, besides the name and the text itself.
    """

    def __init__(self, near: float = NEAR) -> None:
        """`near` is above 0 and at most 1; 1.0 finds only what is the same. Raises ValueError for another."""
        self._known = Known(near)
        self._names: list[str] = []
        self._shown: list[str] = []
        self._last: tuple[str, Sketch] | None = None

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

    def _sketch(self, text: str) -> Sketch:
        """The one of the last text is kept: who adds a text has mostly looked for it before."""
        if self._last is None or self._last[0] != text:
            self._last = text, self._known.sketch(text)
        return self._last[1]

    def _likeness(self, number: int, share: float) -> Likeness:
        return Likeness(self._names[number], share, self._shown[number])


def clusters(texts: Iterable[str], near: float = NEAR) -> "array[int]":
    """For each text the number of the first text of its group, counted from 0.

    A group is what likeness connects: each of it is like another of it, not like all. The texts are read once; of
    each that differs the normalised text is held, with 0.4 to 0.6 KB; of one that is the same as another 4 bytes.
    """
    known, groups = Known(near), _Groups()
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
