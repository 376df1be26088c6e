"""Texts laid into buckets by MinHash, so that alike ones meet there: whom to compare, out of millions.

A signature of at most 128 minima is cut into bands; texts that agree in all minima of a band share its bucket. Texts
of likeness s agree in a band of r with probability s^r (Leskovec, Rajaraman, Ullman: Mining of Massive Datasets, 3.4).
"""

import zlib
from array import array
from collections.abc import Set as AbstractSet

_SIGNATURE = 128  # rensa is fastest at powers of two
_MISSED = 0.002  # of the pairs that are exactly as alike as asked, at most this share meets in no bucket
_SEED = 5
_DEEPEST = 16  # members of one bucket that are looked at, latest first: boilerplate fills buckets


class Buckets:
    """Who may be alike, at a likeness of `near` and above; texts are numbered in the order in which they are added.

    Memory: 12 to 16 bytes a text and band: 250 bytes a text at 0.85, 900 at 0.5. Adding is amortised: the tables
    double when they are full.
    """

    def __init__(self, near: float) -> None:
        self._rows, self._bands = banding(near)
        self._bits = 6
        self._keys = array("I")
        self._next = array(
            "I"
        )  # per text and band: one more than the number of the next text in the bucket, 0: none
        self._heads = self._empty()

    def keys(self, tokens: AbstractSet[str]) -> "array[int]":
        """One key a band, the same in every process. A token with a lone surrogate raises UnicodeEncodeError."""
        from rensa import RMinHash

        minhash = RMinHash(_SIGNATURE, _SEED)
        minhash.update(list(tokens))
        signature = memoryview(array("I", minhash.digest())).cast("B")
        width = self._rows * 4
        return array(
            "I", (zlib.crc32(signature[at : at + width]) for at in range(0, self._bands * width, width))
        )

    def add(self, keys: "array[int]") -> None:
        """The next text, by its keys."""
        number = len(self._next) // self._bands
        self._keys.extend(keys)
        self._next.extend([0] * self._bands)
        if number >> self._bits:
            self._grow()
        else:
            self._link(number)

    def alike(self, keys: "array[int]") -> list[int]:
        """Numbers of texts that share a bucket with this one, who shares most of them first."""
        shared: dict[int, int] = {}
        mask = (1 << self._bits) - 1
        for band, key in enumerate(keys):
            number = self._heads[band << self._bits | key & mask]
            for _ in range(_DEEPEST):
                if not number:
                    break
                place = (number - 1) * self._bands + band
                if self._keys[place] == key:
                    shared[number - 1] = shared.get(number - 1, 0) + 1
                number = self._next[place]
        return sorted(shared, key=shared.__getitem__, reverse=True)

    def _link(self, number: int) -> None:
        first, mask = number * self._bands, (1 << self._bits) - 1
        for band in range(self._bands):
            head = band << self._bits | self._keys[first + band] & mask
            self._next[first + band] = self._heads[head]
            self._heads[head] = number + 1

    def _grow(self) -> None:
        self._bits += 1
        self._heads = self._empty()
        for number in range(len(self._next) // self._bands):
            self._link(number)

    def _empty(self) -> "array[int]":
        return array("I", bytes(4 * self._bands << self._bits))


def banding(near: float) -> tuple[int, int]:
    """Minima in a band, and bands: the longest bands by which at least 99.8 % of the pairs at `near` meet."""
    for rows in range(8, 1, -1):
        bands = _SIGNATURE // rows
        if (1 - near**rows) ** bands <= _MISSED:
            return rows, bands
    return 1, 64
