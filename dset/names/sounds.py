"""How a word sounds, roughly, in any script: a string of phonemes, as Unicode's names of its characters give them.

Written in ASCII: vowels aeiou; consonants as in English but C (ch, ts), J (j, zh), S (sh). Long vowels and doubled
consonants are single, tones and stress are left out.
"""

import re
import unicodedata
from functools import lru_cache

_VOWELS = "aeiou"
_LEADING = re.compile(
    r"([\u0e40-\u0e44\u0ec0-\u0ec4])([\u0e01-\u0e2e\u0e81-\u0eae])"
)  # written before, spoken after
_PARTED = (  # a vowel of three signs around its consonant
    (re.compile(r"\u0e40([\u0e01-\u0e2e])\u0e35([\u0e48-\u0e4b]?)\u0e22"), "\\1\u0e34\u0e32"),
    (re.compile(r"\u0e40([\u0e01-\u0e2e])\u0e37([\u0e48-\u0e4b]?)\u0e2d"), "\\1\u0e37\u0e32"),
)
_SHORTENED = re.compile(r"(?<=[\u0e40-\u0e42])(.)ะ|(?<=[\u0ec0-\u0ec2])(.)ະ")
_SILENCED = re.compile(r"[\u0e01-\u0e2e][\u0e38\u0e34]?\u0e4c")  # what carries a thanthakhat
_UNSAID = re.compile(r"[\u30fc\u0e47-\u0e4e\u0ec8-\u0ecd\u064b-\u065f\u0640\u05b0-\u05c7]")
# Letters whose names do not begin with their sound.
_NAMED = {
    "HIRAGANA": {"TI": "Ci", "TU": "Cu", "SI": "Si", "HU": "fu", "ZI": "Ji", "DI": "Ji", "DU": "zu", "WO": "o"},
    "CYRILLIC": {
        "IE": "e", "IO": "o", "YU": "yu", "YA": "ya", "YI": "i", "YERU": "i", "SHORT I": "i", "I": "i", "E": "e",
        "UKRAINIAN IE": "e", "BYELORUSSIAN-UKRAINIAN I": "i", "SOFT SIGN": "", "HARD SIGN": "", "TSE": "C", "HA": "h",
        "SHCHA": "S", "GHE": "g", "KJE": "k", "LJE": "l", "NJE": "n", "DJE": "J", "DZHE": "J", "U": "u", "O": "o",
    },
    "GREEK": {
        "UPSILON": "i", "ETA": "i", "BETA": "v", "XI": "ks", "PSI": "ps", "CHI": "h", "RHO": "r", "FINAL SIGMA": "s",
        "OMEGA": "o", "OMICRON": "o", "EPSILON": "e", "IOTA": "i", "ALPHA": "a",
    },
    "THAI": {
        "RU": "ru", "LU": "lu", "MAI HAN-AKAT": "a", "AI MAIMUAN": "ai", "AI MAIMALAI": "ai", "AM": "am", "MAIYAMOK": "",
        "PAIYANNOI": "", "NIKHAHIT": "m", "UE": "u", "UEE": "u", "AE": "e", "O ANG": "'", "YO YING": "y", "CHO CHAN": "J", "LAKKHANGYAO": "",
    },
    "ARABIC": {"ALEF": "a", "AIN": "", "HAMZA": "", "TEH MARBUTA": "a", "ALEF MAKSURA": "a", "TATWEEL": "", "WAW": "w"},
    "HEBREW": {"ALEF": "a", "AYIN": "", "VAV": "w", "YOD": "y", "HE": "h", "TSADI": "C", "FINAL TSADI": "C"},
}  # fmt: skip
_NAMED["KATAKANA"] = _NAMED["HIRAGANA"]
_NAMED["LAO"] = _NAMED["THAI"]
_KIND = re.compile(
    r"(?:SMALL |CAPITAL |FINAL |INDEPENDENT |ARCHAIC )*(?:LETTER|SYLLABLE|CHARACTER|VOWEL SIGN|SIGN|LIGATURE) "
    r"(?:(?:SMALL|SMALL CAPITAL|FINAL|SARA|FARSI|VOWEL SIGN|LIGATURE|CANDRA|SHORT|KU) (?=\w))*"
)
_ABUGIDAS = {
    "DEVANAGARI", "BENGALI", "GUJARATI", "GURMUKHI", "ORIYA", "TAMIL", "TELUGU", "KANNADA", "MALAYALAM", "SINHALA",
    "KHMER", "MYANMAR", "TIBETAN",
}  # fmt: skip
# What Latin letters, and the letters of Unicode's names, stand for; in this order.
_READ = [
    (re.compile(pattern), sound)
    for pattern, sound in (
        (r"cch(?=i)", "k"), (r"th(?=s)", "t"), (r"tch|tsch|tsh|cch|ch|ts|tz", "C"), (r"sch|sh", "S"), (r"ph", "f"), (r"zh|dj|dzh", "J"), (r"dz", "z"),
        (r"([tkgdbj])h", r"\1"), (r"ck", "k"), (r"qu", "kw"), (r"q", "k"), (r"x", "ks"), (r"c(?=[eiy])", "s"),
        (r"c", "k"), (r"j", "J"), (r"ng(?![aeiouy])", "n"), (r"(?<![aeiou])y(?![aeiou])", "i"), (r"n(?=[pbm])", "m"),
        (r"o[uh](?![aeiou])", "o"), (r"(?<=[^aeiou])(?:ie|ey)\Z", "i"), (r"(.)\1+", r"\1"),
    )
]  # fmt: skip
_HANGUL = (
    ("yeo", "yo"),
    ("weo", "wo"),
    ("eo", "o"),
    ("eu", "u"),
    ("yae", "ye"),
    ("ae", "e"),
    ("oe", "we"),
    ("c", "C"),
)


def script(char: str) -> str:
    """LATIN, THAI, CJK …, as Unicode names it; "" for what is neither a letter nor a mark of one script."""
    if char.isascii():
        return "LATIN" if char.isalpha() else ""
    if unicodedata.category(char)[0] not in "LM" or "\u02b0" <= char <= "\u036f":
        return ""
    first = unicodedata.name(char, "").replace("-", " ").partition(" ")[0]
    return {"IDEOGRAPHIC": "CJK", "COMBINING": "", "MODIFIER": "", "VARIATION": ""}.get(first, first)


@lru_cache(maxsize=65536)
def sounds(word: str) -> str:
    """The phonemes of a word in letters of one script; of Han characters, which name no sound, "" ."""
    text = _SILENCED.sub("", unicodedata.normalize("NFC", word.casefold()))
    for pattern, sound in _PARTED:
        text = pattern.sub(sound, text)
    text = _LEADING.sub(r"\2\1", _UNSAID.sub("", _SHORTENED.sub(r"\1\2", text)))
    read = "".join(_sound(char) for char in text)
    # A vowel sign takes the place of the vowel that is said where none stands; at the end none is said.
    read = re.sub(r"@(?=[aeiou@-])-?|@\Z", "", read).replace("@", "a").replace("-", "")
    read = re.sub(r"(?<=[^aeiou'])'(?![aeiou])", "o", read).replace("'", "")  # the Thai carrier
    read = re.sub(r"i\+(?=y)|[aeiou]\+(?=[aeiou])", "", read).replace("+", "")  # small kana
    for pattern, sound in _READ:
        read = pattern.sub(sound, read)
    return read


@lru_cache(maxsize=16384)
def _sound(char: str) -> str:
    if char.isascii():
        return char if char.isalpha() else ""
    kind = script(char)
    if not kind or kind in ("CJK", "BOPOMOFO", "YI"):
        return ""
    _, _, name = unicodedata.name(char, "").partition(" ")
    if kind == "LATIN":
        return _latin(name)
    if name.endswith(("VIRAMA", "SIGN COENG", "SIGN ASAT")):
        return "-"
    if "SIGN " in name and "VOWEL" not in name:
        return _SIGNS.get(name.rpartition(" ")[2], "")
    letter = _KIND.sub("", name, count=1).partition(" WITH ")[0]
    named = _NAMED.get(kind, {})
    if (kind, name) in _SMALL:
        return _SMALL[kind, name]
    if letter in named:
        return named[letter]
    return _by_name(kind, name, letter.split()[0] if letter else "")


_SIGNS = {"ANUSVARA": "n", "CANDRABINDU": "n", "NIKAHIT": "m", "BINDI": "n"}
_SMALL = {
    (kind, f"LETTER SMALL {letter}"): "" if letter == "TU" else f"+{letter.lower()}"
    for kind in ("KATAKANA", "HIRAGANA")
    for letter in ("A", "I", "U", "E", "O", "YA", "YU", "YO", "TU")
}


def _latin(name: str) -> str:
    letter = name.partition(" WITH ")[0].split()[-1].lower()
    return {"eth": "d", "thorn": "th", "dotless": "i", "eng": "n", "schwa": "e"}.get(
        letter, letter if len(letter) < 3 else ""
    )


def _by_name(kind: str, name: str, letter: str) -> str:
    """The sound that a letter's name begins with; of a syllable its whole name."""
    text = letter.lower()
    if kind == "HANGUL":
        for before, after in _HANGUL:
            text = text.replace(before, after)
    if kind in ("HANGUL", "KATAKANA", "HIRAGANA", "ETHIOPIC"):
        return text
    consonants = re.match(r"[^aeiou]*", text)
    start = consonants[0] if consonants else ""
    if kind in _ABUGIDAS:
        vowel = text if "VOWEL" in name or not start else ""
        start = start.replace("c", "C") if kind != "TIBETAN" else start
        return vowel[:2] if vowel else start + ("@" if "LETTER" in name else "")
    if kind == "CYRILLIC" and not start:
        start = text.lstrip("aeiou")[:1]  # EL, EM, EN, ER, ES, EF
    return start or text[:1]
