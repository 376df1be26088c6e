"""What a caption must be: begin with the trigger, one phrase, so many words, one language, no forbidden name."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from dset.captions.tidying import tidy
from dset.captions.wordcount import is_estimated, words
from dset.cleaning import clean
from dset.names.forbidden import Names
from dset.tasks import languages, shown

__all__ = ["Rules", "faults", "tidy", "words"]

_LONGEST = 4_000  # characters; looking for names in a runaway answer of 100,000 takes half a minute
_FULL_STOPS = re.compile(r"(?<![0-9])[.．]|[.．](?![0-9])|[。｡।॥۔…።။។]")
_LINE_END = re.compile(r"[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]")
_MARKUP = re.compile(r"[<>`*]|\A\s*#")
_CONTROL = re.compile(
    r"[\x00-\x08\x0e-\x1b\x1f\x7f-\x84\x86-\x9f\t\u202a-\u202e\u2066-\u2069\ufeff\ufffc\ufffd\ud800-\udfff\ue000-\uf8ff]"
)


@dataclass(frozen=True)
class Rules:
    """What is asked of each caption: "" and None ask for nothing."""

    trigger: str
    words: tuple[int, int] | None  # the least and the most, both allowed
    lang: str  # a code
    names: Names | None


def faults(caption: str, rules: Rules) -> list[str]:
    """What is wrong with a caption, a line each that tells a model what to do; [] for none.

    All but the number of words is judged without the trigger, which is the user's own.
    """
    if not caption.strip():
        return ["it is empty: write the caption"]
    if len(caption) > _LONGEST:
        return [f"it has {len(caption):,} characters: write one short phrase"]
    trigger = unicodedata.normalize("NFC", rules.trigger)
    caption = unicodedata.normalize("NFC", caption)
    if trigger and caption.strip() == trigger:
        return [f"there is nothing behind {shown.value(trigger)}: write the caption"]
    begins = not trigger or caption.startswith(f"{trigger} ")
    rest = caption[len(trigger) :] if begins else caption
    found = [] if begins else [_wrong_start(caption, trigger)]
    return [*found, *_wrong_form(rest), *_wrong_words(caption, rest, rules), *_wrong_text(rest, rules)]


def _wrong_start(caption: str, trigger: str) -> str:
    start = caption[: len(trigger) + 12]
    return f"it must begin with {shown.value(trigger)} and a blank, and begins with {shown.value(start)}"


def _wrong_form(text: str) -> Iterator[str]:
    if _LINE_END.search(text.strip()):
        yield "it has several lines: write one line"
    if _FULL_STOPS.search(text):
        yield "it has a full stop: write one phrase with commas"
    if _MARKUP.search(text):
        yield "it has markup: plain text, no markup"
    if _CONTROL.search(text):
        yield "it has control characters: plain text, nothing else"


def _wrong_words(caption: str, rest: str, rules: Rules) -> Iterator[str]:
    if not rules.words:
        return
    low, high = rules.words
    counts = words(caption), words(rest)
    if not any(low <= count <= high for count in counts):
        about = "about " if is_estimated(caption) else ""
        wanted = f"{low}" if low == high else f"{low} to {high}"
        yield f"it has {about}{counts[0]} word{'s' if counts[0] != 1 else ''}: write {wanted}"


def _wrong_text(text: str, rules: Rules) -> Iterator[str]:
    if language := languages.fault(text, rules.lang):
        yield f"it {language}: write it in {languages.name(rules.lang)}"
    for name in rules.names.found(text) if rules.names else ():
        yield f"it names {clean(name, 80)}: name no character or title"
