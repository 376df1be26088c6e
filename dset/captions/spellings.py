"""A text cut into words, and a word brought to one spelling: case, width, accents, look-alikes, doubled letters.

For comparing only.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from dset.captions.sounds import script

_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]|[\U000e0000-\U000e0fff]"
)
_ALPHABETS = ("LATIN", "CYRILLIC", "GREEK")
_KANA = ("KATAKANA", "HIRAGANA")
_DIGITS = dict(zip("01345789@$", "oieastbgas", strict=True))
_LIKE_LATIN = dict(zip(
    "абвгдеёзийкмнорстухіјѕһԁԛԝӏαβεηικνορτυχωγμпьϲ",
    "abbrdee3uukmhopctyxijshdqwlabenikvoptuxwyunbc",
    strict=True,
))  # fmt: skip
# Cyrillic capitals look otherwise than their small letters; the text is folded, so both are tried.
_LIKE_CAPITALS = {
    **_LIKE_LATIN,
    "н": "h",
    "в": "b",
    "т": "t",
    "η": "h",
    "ν": "n",
    "υ": "y",
    "ρ": "p",
    "и": "n",
    "я": "r",
}
_LONG = re.compile(r"o[uh](?![aeiou])")
_DOUBLED = re.compile(r"(.)\1+")
_BLANK = re.compile(r"\s")
# Words that differ from names only by a doubled or a dropped letter: Tigger, Mater, Cary.
_WORDS = frozenset(
    "tiger matter carry holy marry merry hover cannon canon supper super latter later dinner diner tiler tiller hoper "
    "copper coper batter bitter better letter litter butter ladder summer hammer planer planner loose lose choose chose "
    "coral corral desert dessert door poly boots bots beard bared stared starred poodle sooty roots rots soon moon "
    "mood pool cool wool tool hood good food wood book look hook feet meet sweet street green queen wheel steel sheep".split()
)


@dataclass(frozen=True, slots=True)
class Word:
    """Letters of one script that stand together, or that only a hyphen or the like parts."""

    text: str  # folded
    script: str  # KANA for both kinds, and one of ALPHABETS for words of mixed letters
    before: str  # what stands between it and the word before; "" at the beginning


def fold(text: str) -> str:
    """Compatibility forms and case made one, characters without width left out."""
    text = unicodedata.normalize("NFKC", _INVISIBLE.sub("", text))
    return unicodedata.normalize("NFKC", text.casefold())


def words(text: str) -> list[Word]:
    """The words of a text in their order."""
    found: list[Word] = []
    between, letters, kind = "", "", ""
    for char, one in _scripts(fold(text)):
        if one and one == kind:
            letters += char
            continue
        if letters:
            found.append(Word(letters, kind, between))
            between = ""
        letters, kind = (char, one) if one else ("", "")
        between += "" if one else char
    return [*found, Word(letters, kind, between)] if letters else found


def _scripts(text: str) -> Iterator[tuple[str, str]]:
    """Each character with the kind of word it belongs to."""
    kind = ""
    for place, char in enumerate(text):
        own = script(char)
        if char in _DIGITS or char.isdigit():
            following = text[place + 1 : place + 2]
            near = kind == "ALPHABET" or script(following) in _ALPHABETS or following in _DIGITS
            kind = "ALPHABET" if (near and following != " ") or kind == "ALPHABET" else ""
        elif unicodedata.category(char) in ("Mn", "Mc", "Me"):
            kind = kind or own
        elif own in _KANA:
            kind = kind if kind in _KANA and char == "ー" else "KANA" if False else own
        else:
            kind = "ALPHABET" if own in _ALPHABETS else own
        yield char, kind
