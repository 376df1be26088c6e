"""How far apart two words sound: what one script writes otherwise than another costs little, anything else much."""

import re
from functools import lru_cache

_VOWELS = frozenset("aeiou")
_FAR = 1.0
# What the scripts confuse: Korean and Thai have no voiced stops of their own, Japanese no l, Arabic no p and no e.
_NEAR = {
    "ao": 0.3, "ae": 0.2, "ei": 0.15, "ou": 0.1, "iu": 0.3, "eo": 0.2, "ai": 0.4, "au": 0.3, "eu": 0.4, "io": 0.4,
    "kg": 0.1, "td": 0.1, "pb": 0.06, "fv": 0.15, "pf": 0.15, "bv": 0.1, "fh": 0.3, "kh": 0.3, "gh": 0.25,
    "sz": 0.1, "sS": 0.25, "sC": 0.3, "SC": 0.2, "CJ": 0.15, "SJ": 0.2, "zJ": 0.15, "tC": 0.25, "zd": 0.4,
    "rl": 0.05, "nm": 0.4, "wv": 0.1, "wu": 0.0, "wo": 0.02, "yi": 0.02, "Jy": 0.3, "vu": 0.2, "ye": 0.2, "Jg": 0.3,
}  # fmt: skip
_COST = {pair: cost for both, cost in _NEAR.items() for pair in (both, both[::-1])}
_GAP = {"u": 0.1, "o": 0.22, "w": 0.2, "y": 0.15, "h": 0.3, "r": 0.3, "l": 0.3}
# What two words that are near may differ in is left out, and what may stand for the other is the same.
_SKELETON = str.maketrans("tdszSCJkgqpbfvnm", "TTTTTTTKKKPPPPNN", "aeiouwyhrl")
# How far a word may sound from a name, by the weight of the name's consonants. Measured: 0.2 for two of them takes the
# Korean for "do and" for Haku, 0.42 in Latin letters a tutor for トトロ.
_ALLOWED = ((1.5, 0.05), (2.5, 0.15), (3.5, 0.42), (4.5, 0.6), (5.5, 0.9))
_SOFT = {"h": 0.7, "w": 0.4, "y": 0.4, **dict.fromkeys(_VOWELS, 0.0)}


@lru_cache(maxsize=65536)
def skeleton(sound: str) -> str:
    """What two words that sound alike surely share: the classes of their hard consonants."""
    return re.sub(r"(.)\1+", r"\1", sound).translate(_SKELETON)


def allowed(sound: str) -> float:
    """How far from it a word may sound that is taken for it."""
    weight = weight_of(sound)
    return next((cost for most, cost in _ALLOWED if weight < most), 1.0)


def weight_of(sound: str) -> float:
    """The number of consonants, soft ones for less: few of them are told from other words by their vowels alone."""
    return sum(_SOFT.get(phoneme, 1.0) for phoneme in sound)


@lru_cache(maxsize=65536)
def distance(one: str, other: str) -> float:
    """The least cost of making one sound of the other."""
    return ends(one, other, (0,))[-1]


def ends(name: str, text: str, starts: tuple[int, ...], most: float = 99.0) -> list[float]:
    """For each length of `text` the least cost of `name` in a part of it that ends there and begins at a start.

    [] as soon as it is plain that each is more than `most`.
    """
    row = [0.0 if place in starts else _FAR * 9 for place in range(len(text) + 1)]
    for place, phoneme in enumerate(text, 1):
        row[place] = min(row[place], row[place - 1] + _gap(phoneme))
    for wanted in name:
        if min(row) > most:
            return []
        above, row = row, [row[0] + _gap(wanted)]
        for place, phoneme in enumerate(text, 1):
            row.append(
                min(
                    above[place - 1] + (0.0 if phoneme == wanted else _COST.get(phoneme + wanted, _FAR)),
                    above[place] + _gap(wanted),
                    row[-1] + _gap(phoneme),
                )
            )
    return row


def _gap(phoneme: str) -> float:
    return _GAP.get(phoneme, 0.3 if phoneme in _VOWELS else _FAR)
