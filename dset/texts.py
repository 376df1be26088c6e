"""Texts as they are compared, never as they are kept: what a reader takes for the same is the same."""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

# They have no width: joiners, soft hyphens, marks of direction, variation selectors, tags, byte order marks.
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff"
    "\U000e0000-\U000e0fff]+"
)
_SURROGATES = re.compile("[\ud800-\udfff]")
# Ordering the marks above one letter takes unicodedata the square of their number: a million of them, 16 minutes.
_PILE = re.compile(r"([^\w\s]{100})[^\w\s]+")
_PILED = 1_000
_TONES = "[\u0e48-\u0e4b]"
_NIKHAHIT_AA = re.compile(f"\u0e4d({_TONES}*)\u0e32")
_AM_TONES = re.compile(f"(?<=[\u0e01-\u0e2e])\u0e33[\u0e33\u0e48-\u0e4b]*{_TONES}")
# Letters and marks of Thai, Lao, Burmese, Khmer, Chinese, Japanese: they are written without spaces between words.
_UNSPACED = (
    "[\u0e01-\u0e4e\u0e81-\u0ece\u1000-\u103f\u1780-\u17d3\u3005-\u3007\u3040-\u30ff\u3400-\u9fff"
    "\uf900-\ufaff\U00020000-\U0003ffff]"
)
# A space that a reader does not miss. Never the one before a combining mark: it would become a mark of another letter.
LOOSE = re.compile(rf" (?=[\w\u0e4d])(?:(?<={_UNSPACED} )|(?={_UNSPACED}))")
MARKS = ".,;:!?…~_。、，；：！？"
REPEATED = re.compile(rf"([{MARKS}])\1+")
_QUOTES = "\"'`´‘’‚“”„«»‹›「」『』【】《》()[]{}（）*¿¡"
BEFORE = " " + _QUOTES
AFTER = " " + _QUOTES + ".,;:!?…。、，；：！？"


def normal(text: str) -> str:
    """`text` for comparing only, never to be written out; the same again when given twice.

    The same for texts that differ in: case; the composition of accents (NFC; NFKC would break Thai); zero-width
    characters; runs of white space, and any space beside a letter of a script that puts none between words (Thai,
    Lao, Burmese, Khmer, Chinese, kana); sentence marks that are repeated (`!!!`); quotation marks, brackets and
    asterisks at both ends and sentence marks at the end; the ways in which Thai is mistyped (nikhahit and sara aa for
    sara am, a tone mark after it, two sara e for sara ae). Digits, signs (`-5`, `.5`, `5 %`) and the marks inside stay:
    3 + 4 is not 3 + 5. A lone surrogate becomes U+FFFD; of a hundred and more marks in a row the first hundred stand.
    """
    text = _composed(text, fold=True)
    return REPEATED.sub(r"\1", text).lstrip(BEFORE).rstrip(AFTER)


def composed(text: str) -> str:
    """As `normal`, but case and all marks stay: AA and Aa, 5 and 5! are different choices."""
    return _composed(text, fold=False)


def _composed(text: str, *, fold: bool) -> str:
    text = _INVISIBLE.sub("", _SURROGATES.sub("\N{REPLACEMENT CHARACTER}", text))
    if len(text) > _PILED:
        text = _PILE.sub(r"\1", text)
    text = unicodedata.normalize("NFC", text)
    if fold:
        text = unicodedata.normalize("NFC", text.casefold())
    text = " ".join(text.split())
    return text if text.isascii() else _unspaced(text)


def _unspaced(text: str) -> str:
    text = _NIKHAHIT_AA.sub("\\1\u0e33", LOOSE.sub("", text))
    text = _AM_TONES.sub(lambda run: "".join(sorted(run[0], key="\u0e33".__eq__)), text)
    # A tone mark that moved may stand before another mark now.
    return unicodedata.normalize("NFC", text.replace("\u0e40\u0e40", "\u0e41"))


def text_of(record: Mapping[str, Any], fields: Sequence[str] = ()) -> str:
    """The text by which a record is compared: a line for each string in it, in the record's own order.

    `fields` are dotted paths, `[]` steps into arrays ("question", "choices[]", "entities[].text"): then the strings
    and numbers at them and below them, and nothing else; a path that is not there gives nothing.
    """
    if not fields:
        return "\n".join(leaf for _, leaf in _leaves(record) if isinstance(leaf, str))
    below = tuple(field + step for field in fields for step in (".", "[]"))
    return "\n".join(str(leaf) for path, leaf in _leaves(record) if path in fields or path.startswith(below))


def _leaves(record: Mapping[str, Any]) -> Iterator[tuple[str, str | int | float]]:
    """Path and value of every string and number, without recursion: records may be deep."""
    rest: list[tuple[str, Any]] = [("", record)]
    while rest:
        path, value = rest.pop()
        if isinstance(value, dict):
            start = path + "." if path else ""
            rest.extend((f"{start}{name}", inner) for name, inner in reversed(value.items()))
        elif isinstance(value, list | tuple):
            rest.extend((f"{path}[]", inner) for inner in reversed(value))
        elif isinstance(value, str | int | float) and not isinstance(value, bool):
            yield path, value
