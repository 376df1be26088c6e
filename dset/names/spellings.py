"""A text cut into words, and words brought to one spelling: case, width, accents, look-alikes, doubled letters.

For comparing only.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from dset.names.sounds import script, sounds

_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\U000e0000-\U000e0fff]"
)
_ALPHABETS = ("LATIN", "CYRILLIC", "GREEK")
_KANA = ("KATAKANA", "HIRAGANA")
_FIGURES = str.maketrans("01345789@$", "oieastbgas")
_ANY_FIGURE = re.compile(r"[0-9@$]+")
# Small letters and, where they look otherwise, what their capitals look like.
_SMALL = str.maketrans(
    "абвгдеёзкмнопрстухьіїјѕһԁԛԝӏαβγεηικνορτυχωϲ", "abbrdee3kmhonpctyxbiijshdqwlabyeniknoptuxwc"
)
_CAPITALS = str.maketrans("авеёзкмнорстухіїјѕԛԝӏαβεζηικμνορτυχϲ", "abee3kmhopctyxiijsqwiabezhikmnoptyxc")
_INITIALS = {"г": "х", "в": "у"}  # Гарри is Harry, Винни is Winnie
_CLUSTER = re.compile("([\u0e40-\u0e44])([\u0e01-\u0e2e])(?=[\u0e23\u0e25\u0e27])")
_LONG = re.compile(r"o[uh](?![aeiou])")
_DOUBLED = re.compile(r"(.)\1+")
_TONES = re.compile("[\u0e47-\u0e4b\u0ec8-\u0ecb\u0640\u064b-\u065f\u0591-\u05c7]")
# What is written together with a name in Korean and Arabic.
_PARTICLES = re.compile(
    "(?<=..)(?:이?랑|에게서?|에서|한테|처럼|까지|부터|보다|으?로|이나|이?와|들|님|씨|과|의|을|를|은|는|이|가|에|도|만|야|아)\\Z"
)
_PREFIXES = re.compile("\\A[وفبلك](?=...)")


@dataclass(frozen=True, slots=True)
class Word:
    """Letters that stand together. `kind`: their script, ALPHABET for the three that look alike, with figures too."""

    text: str  # folded
    kind: str
    before: str  # what stands between it and the word before


def fold(text: str) -> str:
    """Compatibility forms and case made one, characters without width left out."""
    text = unicodedata.normalize("NFKC", _INVISIBLE.sub("", text))
    return unicodedata.normalize("NFKC", text.casefold())


def words(text: str) -> list[Word]:
    """The words of a text in their order."""
    found: list[Word] = []
    between, letters, kind = "", "", ""
    for char, one in (*_kinds(fold(text)), ("", "")):
        if one and one == kind:
            letters += char
            continue
        if letters:
            found.append(Word(letters, kind, between))
            between = ""
        letters, kind = (char, one) if one else ("", "")
        between += "" if one else char
    return found


def _kinds(text: str) -> Iterator[tuple[str, str]]:
    """Each character with the kind of word that it stands in, "" for what parts words."""
    kind = ""
    for place, char in enumerate(text):
        own = script(char)
        if char == "ー" or unicodedata.category(char)[0] == "M":
            kind = kind or own
        elif _ANY_FIGURE.match(char):
            rest = _ANY_FIGURE.sub("", text[place : place + 20])[:1]
            kind = "ALPHABET" if kind == "ALPHABET" or script(rest) in _ALPHABETS else ""
        else:
            kind = "ALPHABET" if own in _ALPHABETS else own
        yield char, kind


@lru_cache(maxsize=32768)
def readings(text: str, kind: str) -> tuple[tuple[str, str], ...]:
    """(script, letters) for each way in which a word can be read; the one that it is written in comes first."""
    if kind == "ALPHABET":
        return tuple(dict.fromkeys(_alphabets(text)))
    if kind in _KANA:
        return (("KANA", text),)
    if kind == "THAI":  # in เชร็ค, Shrek, two consonants are said before the vowel that is written first
        return tuple(dict.fromkeys(((kind, text), (kind, _CLUSTER.sub(r"\2\1", text)))))
    less = {"HANGUL": _PARTICLES, "ARABIC": _PREFIXES}.get(kind)
    return tuple(dict.fromkeys(((kind, text), *([(kind, less.sub("", text, count=1))] if less else []))))


def _alphabets(text: str) -> Iterator[tuple[str, str]]:
    letters = _ANY_FIGURE.sub("", text)
    if not letters:
        return
    kinds = {script(char) for char in letters} - {""}
    if len(kinds) == 1 and "LATIN" not in kinds:
        yield kinds.pop(), _plain(letters)
        if letters[0] in _INITIALS:
            yield "CYRILLIC", _INITIALS[letters[0]] + _plain(letters[1:])
    for table in (_SMALL, _CAPITALS):
        latin = text.translate(table)
        if not latin.isascii():
            latin = "".join(map(_base, latin))
        if not latin.isascii():
            continue
        yield "LATIN", latin.strip("0123456789@$")
        if 2 * len(letters) >= len(text):
            yield "LATIN", latin.translate(_FIGURES)
            yield "LATIN", latin.replace("1", "l").translate(_FIGURES)


def decomposed(text: str) -> str:
    """NFD."""
    return unicodedata.normalize("NFD", text)


def _plain(text: str) -> str:
    """Without accents."""
    apart = unicodedata.normalize("NFD", text)
    return "".join(char for char in apart if unicodedata.category(char) != "Mn")


@lru_cache(maxsize=4096)
def _base(char: str) -> str:
    """The Latin letter under an accent or a stroke, or in small capitals; other characters as they are."""
    plain = _plain(char)
    if plain.isascii() or script(plain) != "LATIN":
        return plain
    return sounds(plain) or plain


def key(letters: str, kind: str) -> str:
    """The same for what one script counts as one spelling, but for doubled letters and long vowels."""
    return sounds(letters) if kind == "KANA" else _TONES.sub("", letters)


def loose(key: str) -> str:
    """The same for what differs in doubled letters and in how a long o is written."""
    return _DOUBLED.sub(r"\1", _LONG.sub("o", key))
