"""Is a text in a language? By Unicode scripts; among languages in Latin letters by function words.

A judgement for refusing what is plainly in another language: short texts, names, numbers, code, addresses and foreign
terms inside a text are no reason, and of a language that is not known here nothing is ever refused.
"""

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache

from dset.tasks.language_words import ALIKE, NAMES, RIVALS, SCRIPTS, VIETNAMESE, WEIGHTS, WORDS

_LOOKED_AT = 20_000  # characters of a text
_OWN_SHARE = 0.2  # of the letters: with so many of its own a text may hold any foreign terms
_FEW = 12  # weighted letters of a foreign script that may be a name
_MANY_WORDS = 12  # foreign words that are no list of names any more
_NO_TEXT = re.compile(
    r"```.*?(?:```|\Z)|`[^`\n]*`|https?://\S+|www\.\S+|(?<!\S)[^\s@]{1,200}@\S+|<[^<>]{1,200}>|\$[^$\n]{1,200}\$",
    re.DOTALL,
)
_WORD = re.compile(r"\b[^\W\d_]+\b")  # J45 and E11 are none


@dataclass(frozen=True, slots=True)
class _Profile:
    """What is counted in a text."""

    letters: Counter[str]  # as they stand, lower case
    scripts: Counter[str]  # weighted letters by script
    words: int  # in Latin letters
    hits: Counter[str]  # different function words by language
    enough: int  # of them for running text: a question of four words needs but one


def name(code: str) -> str:
    """The language's English name; the code itself where it is not known."""
    return NAMES.get(base(code), code)


def is_known(code: str) -> bool:
    """Can a text be told to be in another language than this?"""
    return base(code) in NAMES


def fault(text: str, code: str) -> str:
    """'' if `text` may well be in the language of `code`, else "is in English, not in Thai"."""
    wanted = base(code)
    if wanted not in NAMES:
        return ""
    profile = _profile(text)
    foreign = _not_in_script(profile, wanted) if wanted in SCRIPTS else _not_in_words(profile, wanted)
    foreign = foreign or _rival(profile, wanted)
    return f"is in {name(foreign) if foreign in NAMES else foreign}, not in {name(wanted)}" if foreign else ""


def detect(text: str) -> str:
    """The code of the language that a text is most likely in, '' where nothing tells it."""
    return _detected(_profile(text))


def base(code: str) -> str:
    """`pt-BR` and `zh_TW` are pt and zh; an English name is taken for its code."""
    base = re.split(r"[-_]", code.strip().lower(), maxsplit=1)[0]
    return base if base in NAMES else _BY_NAME.get(base, base)


@lru_cache(maxsize=8192)
def _script(char: str) -> str:
    """THAI, LATIN, CJK …; '' for what is no letter and for marks that any script uses."""
    if unicodedata.category(char)[0] not in "LM":
        return ""
    words = unicodedata.name(char, "").split()
    while words and words[0] in ("FULLWIDTH", "HALFWIDTH"):
        words = words[1:]
    first = words[0].partition("-")[0] if words else ""
    return (
        ""
        if first in ("COMBINING", "MODIFIER", "MATHEMATICAL", "VARIATION", "FEMININE", "MASCULINE")
        else first
    )


def _profile(text: str) -> _Profile:
    plain = unicodedata.normalize("NFC", _NO_TEXT.sub(" ", text[:_LOOKED_AT])).lower()
    letters = Counter(plain)
    scripts: Counter[str] = Counter()
    for char, count in letters.items():
        if script := _script(char):
            scripts[script] += count * WEIGHTS.get(script, 1)
    words = [word for word in _WORD.findall(plain) if _script(word[0]) == "LATIN"]
    different = set(words)  # La La Land is not French
    hits = Counter({code: sum(word in known for word in different) for code, known in WORDS.items()})
    hits["vi"] += sum(not VIETNAMESE.isdisjoint(word) for word in different)
    asks = plain.rstrip().endswith("?") and len(words) >= 4
    return _Profile(letters, scripts, len(words), hits, 1 if asks else 2)


def _not_in_script(profile: _Profile, wanted: str) -> str:
    """The language, or the script, of a text that has too little of the wanted script; '' where it has enough."""
    all_letters = sum(profile.scripts.values())
    own = sum(profile.scripts[script] for script in SCRIPTS[wanted])
    if not all_letters or own >= _OWN_SHARE * all_letters:
        return ""
    latin = profile.scripts["LATIN"]
    if all_letters - latin - own > _FEW and latin <= (all_letters - latin - own) * 4:
        return _detected(profile) or "another script"
    best = _most_hits(profile)
    if "LATIN" in SCRIPTS[wanted]:
        return ""
    running = profile.hits[best] >= profile.enough and profile.words >= 3
    if running or profile.words >= _MANY_WORDS:
        return best if running else "Latin letters"
    return ""


def _not_in_words(profile: _Profile, wanted: str) -> str:
    """The language of a text that should be in a language in Latin letters, and is not; '' where it may be."""
    others = sum(profile.scripts.values()) - profile.scripts["LATIN"]
    hits = profile.hits[wanted]
    if others > _FEW and others > _OWN_SHARE * profile.scripts["LATIN"] and hits * 12 < others:
        return _detected_script(profile)
    best = _most_hits(profile)
    if best == wanted or any({best, wanted} <= alike for alike in ALIKE) or profile.words < 3:
        return ""
    return best if profile.hits[best] >= 1.5 * hits + profile.enough else ""


def _rival(profile: _Profile, wanted: str) -> str:
    """The other language of the same script that the letters speak for; '' for none."""
    kana = profile.scripts["HIRAGANA"] + profile.scripts["KATAKANA"]
    if wanted == "zh" and kana >= 8 and kana > 0.1 * profile.scripts["CJK"]:
        return "ja"
    if wanted in ("ja", "ko") and not kana + profile.scripts["HANGUL"] and profile.scripts["CJK"] >= 45:
        return "zh"
    for one, its, other, others in RIVALS:
        counted = {one: _count(profile, its), other: _count(profile, others)}
        if wanted in counted:
            rival = other if wanted == one else one
            if counted[rival] >= 4 and counted[rival] > 4 * counted[wanted]:
                return rival
    return ""


def _count(profile: _Profile, letters: str) -> int:
    return sum(profile.letters[letter] for letter in letters)


def _most_hits(profile: _Profile) -> str:
    """The Latin language with the most function words; of equal ones the first in the table."""
    return max(WORDS, key=lambda code: profile.hits[code])


def _detected(profile: _Profile) -> str:
    latin = profile.scripts["LATIN"]
    if sum(profile.scripts.values()) - latin > _OWN_SHARE * latin:
        return _detected_script(profile)
    best = _most_hits(profile)
    return best if profile.hits[best] >= profile.enough or (profile.hits[best] and profile.words <= 4) else ""


def _detected_script(profile: _Profile) -> str:
    """The language of the script, not Latin, that has the most letters."""
    kana = profile.scripts["HIRAGANA"] + profile.scripts["KATAKANA"]
    counts = {script: count for script, count in profile.scripts.items() if script != "LATIN"}
    script = max(counts, key=lambda one: counts[one], default="")
    if script in ("CJK", "HIRAGANA", "KATAKANA"):
        return "ja" if kana > 0.1 * counts.get("CJK", 0) else "zh"
    code = next((one for one, scripts in SCRIPTS.items() if scripts[0] == script), "")
    return _rival(profile, code) or code


_BY_NAME = {english.lower(): code for code, english in NAMES.items()}
