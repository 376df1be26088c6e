"""A record made into another that keeps its rules: words are added at the end of its texts, all else stays.

Whatever points into a text (an entity's offsets), repeats another field (an answer among its choices) or compares
two lengths (a summary and its text) is true of the variant as it was of the record.
"""

import copy
import random
import re
from collections.abc import Callable, Iterator
from typing import Any

from dset.rehearsal import words

Path = tuple[str | int, ...]
_FREE = 12  # characters: a shorter text is a name, a code, a label
_GROWTH = 0.6  # of a text's length is added: two variants then share about half of their 5-grams
_LEAST = 40  # characters added at least
_CODE = re.compile(r"[\w.:/@+#?&=%-]*", re.ASCII)  # no sentence: an address, an id, a date


def varied(
    draw: random.Random, record: dict[str, Any], valid: Callable[[Any], bool], lang: str
) -> dict[str, Any]:
    """A variant of `record`, which is valid; `lang` for its texts in Latin letters."""
    record = copy.deepcopy(record)
    longest = 0  # of the texts so far: what was longer than another stays longer
    for path, text in sorted(free_texts(record), key=lambda found: len(found[1])):
        for said in _proposals(draw, text, record, longest, lang):
            put(record, path, said)
            if valid(record):
                break
            put(record, path, text)
        longest = max(longest, len(value_at(record, path)))
    return record


def free_texts(record: Any) -> list[tuple[Path, str]]:
    """The texts that may change: sentences that no other field repeats, or at least the longest such text."""
    leaves = list(texts(record))
    alone = [
        (path, text)
        for path, text in leaves
        if not _CODE.fullmatch(text) and not any(text in other for where, other in leaves if where != path)
    ]
    sentences = [found for found in alone if len(found[1]) >= _FREE]
    return sentences or sorted(alone, key=lambda found: len(found[1]))[-1:]


def texts(value: Any, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """Every text in a JSON value, and where it stands."""
    if isinstance(value, str):
        yield path, value
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, below in steps:
        yield from texts(below, (*path, step))


def value_at(value: Any, path: Path) -> Any:
    for step in path:
        value = value[step]
    return value


def put(value: Any, path: Path, new: object) -> None:
    """Set what stands at `path`, which is not empty."""
    value_at(value, path[:-1])[path[-1]] = new


def _proposals(draw: random.Random, text: str, record: Any, longest: int, lang: str) -> Iterator[str]:
    """Texts to put in its place, the best first: longer by much, by less, or another altogether."""
    lang = words.language_of(text, lang)
    gap = "" if lang == "th" and draw.random() < 0.3 else " "
    growth = max(_LEAST, int(len(text) * _GROWTH), longest + 1 - len(text))
    for share in (1.0, 0.6, 0.35, 0.2):
        yield text + gap + words.text(draw, lang, int(growth * share))
    if not any(other and other in text for _, other in texts(record) if other != text):
        yield words.within(draw, lang, max(1, len(text) * 3 // 4), len(text))
    yield text + gap + words.word(draw, lang)
