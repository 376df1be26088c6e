"""The parts of a text that may be a name, and a name's spelling beside them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from dset.names import likeness, spellings
from dset.names.sounds import sounds
from dset.names.spellings import Word
from dset.tasks.language_words import WORDS

PLURALS = ("s",)
_LONGEST = 24  # words of a part: T o t o r o
_UNSPACED = frozenset(("THAI", "LAO", "KHMER", "MYANMAR", "HIRAGANA"))
_JOINT = re.compile(r"[\s\-‐‑‒–—'’ʼ`´.·・･_*~|+]{0,3}")
_LONG = 2.5  # the weight of consonants from which on a name may stand within other letters
# How far from a name a sound may be that is cut out of a run of letters, by that weight.
_INSIDE = ((4.5, 0.4), (3.5, 0.2), (_LONG, 0.15), (0.0, 0.05))
_MARK = re.compile("[\u0e30-\u0e3a\u0e45\u0e47-\u0e4e\u0eb0-\u0ebc\u0ec8-\u0ecd\u17b6-\u17d3\u102b-\u103e]")
_LEADING = re.compile("[\u0e40-\u0e44\u0ec0-\u0ec4]")
# English words that differ from a name by a letter that is doubled or is not: Tigger, Mater, Cary, Hopper.
_COMMON = frozenset(
    "tiger matter carry holy marry merry hover cannon canon supper super latter later dinner diner copper coper batter "
    "bitter better latter litter butter ladder summer hammer planner tiller desert dessert coral boots bared stared "
    "starred poodle roots loose choose soon moon mood pool cool wool tool hood good food wood book look hook feet meet "
    "sweet street green queen wheel steel sheep sleep tree hotter bigger fatter wetter runner winner sitting cutting "
    "door poor floor tall ball wall hall fall small full hill bell doll grass glass dress cross cliff coffee happy sunny "
    "funny puppy kitty lobby hobby ruby poly belly jelly lily bully mummy tummy daisy valley yellow pillow willow bottle "
    "apple middle little saddle puddle ribbon cotton button kitten mitten rabbit carrot parrot cherry berry".split()
)
_FUNCTION = WORDS["en"]


@dataclass(frozen=True)
class Part:
    """Words of one kind that stand side by side."""

    words: tuple[Word, ...]

    @cached_property
    def text(self) -> str:
        return "".join(word.text for word in self.words)

    @cached_property
    def blanks(self) -> int:
        """How many of its joints hold a blank."""
        return sum(any(map(str.isspace, word.before)) for word in self.words[1:])

    @property
    def readings(self) -> tuple[tuple[str, str], ...]:
        return spellings.readings(self.text, self.words[0].kind)

    @property
    def sound(self) -> str:
        return sounds(self.text)

    @property
    def is_close(self) -> bool:
        """Worth being compared by its sound: a few words, or cut up into letters and syllables."""
        return len(self.words) < 5 or max(len(word.text) for word in self.words) < 4

    @property
    def is_run(self) -> bool:
        """In a script without blanks between words, where a name may stand anywhere."""
        return self.words[0].kind in _UNSPACED and len(self.words) < 4

    def has(self, one: "Spelling", sound: str) -> bool:
        """Does the spelling stand in this run, between whole syllables?"""
        if self.blanks > one.words - 1 or one.script == "CJK":
            return False
        script = "KANA" if self.words[0].kind == "HIRAGANA" else self.words[0].kind
        key = spellings.key(self.text, script) if script == one.script != "KANA" else ""
        if key and _stands_in(one.key, key, is_long=likeness.weight_of(one.sound) >= _LONG):
            return True
        return one.sounds_in(sound, strict=script == one.script)


@dataclass(frozen=True, slots=True)
class Spelling:
    """One spelling of a name."""

    name: str  # of the line it stands in
    text: str  # folded
    script: str  # KANA for both kinds; CJK for what has Han characters
    words: int
    key: str
    sound: str

    def is_spelt(self, part: Part, key: str) -> bool:
        """Is `key`, which is the same but for doubled letters, near enough, and may the part be one word?"""
        if key != self.key and (len(spellings.loose(self.key)) < 4 or key in _COMMON):
            return False
        if self.script == "LATIN" and len(self.key) < 4 and not _same_accents(self.text, part.text):
            return False
        return self.may_join(part)

    def may_join(self, part: Part) -> bool:
        """May blanks stand between the words of a part that is this name? "in a" is no Ina, "cars on" no Carson."""
        if part.blanks <= self.words - 1:
            return True
        sizes = [len(word.text) for word in part.words]
        if max(sizes) == 1 or (len(sizes) > 2 and max(sizes) < 4 and len(self.key) > 4):
            return True
        return len(self.key) > 5 and min(sizes) > 2 and not any(word.text in _FUNCTION for word in part.words)

    def sounds_like(self, sound: str, script: str) -> bool:
        """Is it what is written so in another script? In Latin letters foreign names are spelt more nearly alike."""
        if len(self.sound) < 3:
            return False
        most = likeness.allowed(self.sound) * {"LATIN": 0.5, "ARABIC": 0.75, "HEBREW": 0.75}.get(script, 1.0)
        return likeness.distance(self.sound, sound) <= most + 1e-9

    def sounds_in(self, sound: str, *, strict: bool) -> bool:
        """Does it sound somewhere in a run of words without blanks?"""
        weight = likeness.weight_of(self.sound)
        if (weight < _LONG and len(self.sound) < 5) or likeness.skeleton(self.sound) not in likeness.skeleton(
            sound
        ):
            return False
        starts = tuple(place for place in range(len(sound)) if _is_start(sound, place))
        most = 0.0 if strict else next(cost for least, cost in _INSIDE if weight >= least)
        costs = likeness.ends(self.sound, sound, starts, most + 1e-9)
        return any(
            cost <= most + 1e-9 and (place == len(sound) or sound[place] not in "aeiou")
            for place, cost in enumerate(costs)
            if place
        )


def _is_start(sound: str, place: int) -> bool:
    return sound[place] not in "aeiou" or not place or sound[place - 1] in "aeiou"


def _stands_in(key: str, text: str, *, is_long: bool) -> bool:
    """Between whole syllables; a short one at an end of the text only."""
    for found in re.finditer(re.escape(key), text):
        before, after = text[: found.start()][-1:], text[found.end() :][:1]
        if not _LEADING.match(before) and not _MARK.match(after) and (is_long or not before or not after):
            return True
    return False


def _same_accents(one: str, other: str) -> bool:
    """But for the bars of long vowels."""
    plain = [re.sub("\u0304", "", spellings.decomposed(text)) for text in (one, other)]
    marks = [re.sub(r"[^\u0300-\u036f]", "", text) for text in plain]
    return marks[0] == marks[1]


def _are_joined(word: Word, one: Word) -> bool:
    """May the second, which follows words that go on from the first, be of the same name?"""
    both_kana = {word.kind, one.kind} == {"KATAKANA", "HIRAGANA"} and not one.before
    return both_kana or (one.kind == word.kind and bool(_JOINT.fullmatch(one.before)))


def parts(text: str, longest: int) -> Iterator[Part]:
    """Every part of a text that may be a name: words of one kind that stand side by side, of one any
    length and of several no more than `longest` characters.
    """
    words = spellings.words(text)
    for first, word in enumerate(words):
        size = 0
        for last in range(first, min(first + _LONGEST, len(words))):
            one = words[last]
            size += len(one.text)
            if last > first and (size > longest or not _are_joined(word, one)):
                break
            yield Part(tuple(words[first : last + 1]))


def spelling(text: str, name: str) -> Spelling | None:
    """A name as it stands in a list; None where it has no letter."""
    words = spellings.words(text)
    if not words:
        return None
    folded = spellings.fold(text)
    kinds = {"KANA" if word.kind in ("KATAKANA", "HIRAGANA") else word.kind for word in words}
    if len(kinds) > 1 or "CJK" in kinds:
        return Spelling(name, folded, "CJK", len(words), folded, "")
    whole = "".join(word.text for word in words)
    readings = spellings.readings(whole, words[0].kind)
    if not readings:
        return None
    script, letters = readings[0]
    blanks = len(folded.split())
    return Spelling(name, whole, script, blanks, spellings.key(letters, script), sounds(letters))
