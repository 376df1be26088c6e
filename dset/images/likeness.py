"""How alike two pictures look, whatever their size, format and quality; and which of many a new one is most like."""

from array import array
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from PIL import Image

from dset.images.fitting import Form, fitted
from dset.images.opening import reading

# By bench/likeness.py: at this share all copies are found that were stored anew or scaled, 97 % of those with more contrast
# or grain, 94 % of those at JPEG quality 30 or a sixth lighter, 92 % of those cropped by 1 % at each side, 62 % by 2 %; of
# different pictures none but those that show next to nothing (1 %), and of one scene with three things moved 9 %.
SHARE = 0.94

_SMALL = Form((64, 64), "stretch")  # all that is looked at
_BITS = 256
_STEP = 2  # of 256 greys: what is less is noise of a flat surface
_CELLS = 2  # colours are told on a grid of 2 × 2
_COLOURS = 3 * _CELLS * _CELLS
DIGITS = (_BITS // 8 + _COLOURS) * 2
# How far colours may be apart, of 256, so that a brightened copy is one: of a flat picture little, of others more.
_LIGHT, _MOST_LIGHT = 12, 56
_ALL = (1 << _BITS) - 1
_SPREAD = 101  # odd: consecutive bits of a print come from all over the picture
_FEWEST = 8  # bits in a band, below which looking through all is faster


def fingerprint(image: Image.Image) -> str:
    """88 hexadecimal digits: 256 bits, where it grows lighter to the right and where downwards; then 2 × 2 mean colours.

    Of the picture as it is seen: upright, in sRGB, on white. `image` is used up. Raises PictureError.
    """
    small = fitted(image, _SMALL)
    with reading():
        grey = small.convert("L")
        across = grey.resize((9, 16), Image.Resampling.BOX).tobytes()
        down = grey.resize((16, 9), Image.Resampling.BOX).tobytes()
        colours = small.resize((_CELLS, _CELLS), Image.Resampling.BOX).tobytes()
    lighter = [across[at + 1] > across[at] + _STEP for row in range(0, 144, 9) for at in range(row, row + 8)]
    lighter += [down[at + 16] > down[at] + _STEP for at in range(128)]
    bits = sum(1 << (number * _SPREAD % _BITS) for number, is_so in enumerate(lighter) if is_so)
    return f"{bits:0{_BITS // 4}x}{colours.hex()}"


def likeness(one: str, other: str) -> float:
    """From 0 to 1, of two fingerprints: the share of equal bits, or less where the colours are far apart."""
    return _likeness(_read(one), _read(other))


@dataclass(frozen=True, slots=True)
class _Print:
    bits: int
    colours: bytes
    light: int  # how far its colours may be from those of a copy, of 256


def _read(text: str) -> _Print:
    if len(text) != DIGITS:
        raise ValueError(f"{text!r} is no fingerprint of {DIGITS} digits")
    bits = int(text[: _BITS // 4], 16)
    # How often what grows lighter stops doing so: the more it does, the surer its bits are, and the less light matters.
    shifted = (bits << _SPREAD | bits >> _BITS - _SPREAD) & _ALL
    turns = (bits ^ shifted).bit_count()
    return _Print(bits, bytes.fromhex(text[_BITS // 4 :]), min(_LIGHT + turns // 2, _MOST_LIGHT))


def _likeness(one: _Print, other: _Print) -> float:
    by_bits = 1 - (one.bits ^ other.bits).bit_count() / _BITS
    apart = max(abs(a - b) for a, b in zip(one.colours, other.colours, strict=True))
    return min(by_bits, 1 - max(0, apart - min(one.light, other.light)) / 255)


class Prints:
    """The fingerprints of many pictures, each by its name."""

    def __init__(self, share: float = SHARE) -> None:
        """`share`: how alike two pictures must be, above 0 and at most 1."""
        if not 0 < share <= 1:
            raise ValueError(f"share is {share}, not above 0 and at most 1")
        self._share = share
        self._names: list[str] = []
        self._prints: list[_Print] = []
        # Two that differ in fewer bits than there are bands are equal in one band at least.
        count = int((1 - share) * _BITS + 1e-9) + 1
        wide = count * _FEWEST <= _BITS
        edges = [_BITS * at // count for at in range(count + 1)] if wide else []
        self._bands = [(low, (1 << high - low) - 1) for low, high in pairwise(edges)]
        self._holding: list[defaultdict[int, array[int]]] = [defaultdict(_numbers) for _ in self._bands]

    def __len__(self) -> int:
        return len(self._names)

    def add(self, name: str, fingerprint: str) -> None:
        """Raises ValueError for what is no fingerprint."""
        read = _read(fingerprint)
        for (low, mask), holding in zip(self._bands, self._holding, strict=True):
            holding[read.bits >> low & mask].append(len(self._names))
        self._names.append(name)
        self._prints.append(read)

    def find(self, fingerprint: str) -> tuple[str, float] | None:
        """The most alike of those added that are alike enough, of equals the first, and how alike it is."""
        read = _read(fingerprint)
        best, found = 0.0, -1
        for number in self._candidates(read.bits):
            alike = _likeness(read, self._prints[number])
            if alike > best or (alike == best and number < found):
                best, found = alike, number
        return (self._names[found], best) if best >= self._share else None

    def _candidates(self, bits: int) -> Iterator[int]:
        """The numbers of those whose bits are equal enough."""
        numbers = range(len(self._prints)) if not self._bands else self._sharing(bits)
        most = int((1 - self._share) * _BITS + 1e-9)
        prints = self._prints
        return (number for number in numbers if (prints[number].bits ^ bits).bit_count() <= most)

    def _sharing(self, bits: int) -> set[int]:
        found: set[int] = set()
        for (low, mask), holding in zip(self._bands, self._holding, strict=True):
            found.update(holding.get(bits >> low & mask, ()))
        return found


def _numbers() -> "array[int]":
    return array("I")
