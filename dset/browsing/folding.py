"""Texts as they are searched and compared: what a reader takes for the same is the same.

As `texts.normal` has it, in a fifth of its time: a million answers are folded when a dataset is opened.
"""

import unicodedata
import zlib

from dset import texts
from dset.browsing import shown

# What only `texts` puts right, and few texts hold. Sara am and tones that are mistyped, sara ae of two sara e:
_MISTYPED = ("\u0e4d", "\u0e40\u0e40", "\u0e33\u0e48", "\u0e33\u0e49", "\u0e33\u0e4a", "\u0e33\u0e4b")
_THAI = 0xE0
# How in UTF-8 begins what has no width and yet counts as printable: a joiner, fillers, vowels, variation selectors.
_UNSEEN = (b"\xcd\x8f", b"\xe1\x85", b"\xe1\x9e", b"\xe1\xa0", b"\xef\xb8", b"\xf3\xa0")
_PIECE = 1_000  # characters: the marks above one letter are ordered in the square of their number
# The bytes with which, in UTF-8, the letters begin that are written without spaces between words, and what is unseen.
_UNSPACED = bytes((0xE0, 0xE1, *range(0xE3, 0xEA), 0xEF, 0xF0))
_OTHERS = bytes(set(range(256)) - {*_UNSPACED, *(one[0] for one in _UNSEEN)})
_SEEN = bytes(set(_UNSPACED) - {one[0] for one in _UNSEEN})
_BEGINNING, _OUTLINED = 96, 48  # bytes of a text, and of its letters
# The bytes of what may differ between texts that are alike.
_MARKS = bytes(set((texts.MARKS + texts.BEFORE + texts.AFTER).encode()))


def folded(text: str) -> str:
    """`text` for searching in it, or for it: case, the composition of accents, and white space do not count.

    Holds no line break and no other control character that `str.split` takes for white space.
    """
    text = text.replace("\n", " ").replace("\t", " ").replace("\r", " ")
    if text.isascii():
        text = text.lower()
        return _squeezed(text) if text.isprintable() else " ".join(text.split())
    try:
        data = text.encode()
    except UnicodeEncodeError:
        text = shown.text(text)
        data = text.encode()
    firsts = data.translate(None, _OTHERS)  # none in most texts of Europe and Arabia
    if firsts and _is_rare(text, firsts):
        text = texts.composed(text)
    text = _single_spaced(_composed(_composed(text).casefold()))
    return texts.LOOSE.sub("", text) if firsts else text


def _is_rare(text: str, firsts: bytes) -> bool:
    """Only `texts` puts it right."""
    if _THAI in firsts and any(one in text for one in _MISTYPED):
        return True
    if not firsts.translate(None, _SEEN):
        return False
    data = text.encode()
    return any(one in data for one in _UNSEEN)


def _single_spaced(text: str) -> str:
    """Without what has no width, too."""
    if text.isprintable():
        return _squeezed(text)
    text = " ".join(text.split())
    return text if text.isprintable() else texts.composed(text)


def _squeezed(text: str) -> str:
    """Of what is printable nothing but the space is white; half the time of `split`."""
    while "  " in text:
        text = text.replace("  ", " ")
    return text.strip(" ")


def _composed(text: str) -> str:
    if unicodedata.is_normalized("NFC", text):
        return text
    if len(text) <= _PIECE:
        return unicodedata.normalize("NFC", text)
    return " ".join(map(_whole_word, text.split()))


def _whole_word(word: str) -> str:
    """Composed; what no word is as long as, in pieces."""
    if len(word) <= _PIECE:
        return unicodedata.normalize("NFC", word)
    pieces = (word[at : at + _PIECE] for at in range(0, len(word), _PIECE))
    return "".join(unicodedata.normalize("NFC", piece) for piece in pieces)


def outline(text: bytes) -> int:
    """A number that two folded texts share where they are alike, and others seldom; `text` is in UTF-8.

    It is of the beginning without marks: a look at the whole of a text takes five times as long.
    """
    letters = text[:_BEGINNING].translate(None, _MARKS)
    if len(letters) < _OUTLINED and len(text) > _BEGINNING:
        letters = text.translate(None, _MARKS)
    return zlib.crc32(letters[:_OUTLINED])


def are_alike(one: bytes, other: bytes) -> bool:
    """Two folded texts are the same but for marks at their ends and repeated ones; both are in UTF-8."""
    return one == other or _plain(one) == _plain(other)


def _plain(text: bytes) -> str:
    return texts.REPEATED.sub(r"\1", text.decode()).lstrip(texts.BEFORE).rstrip(texts.AFTER)
