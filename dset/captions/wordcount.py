"""How many words a text has, in any script; an estimate where no blanks stand between them."""

import re

# Characters of a word, letters and marks. Thai and Chinese: the 1,190 questions of XQuAD, cut into words by pythainlp's
# newmm (4.69; standard dictionary) and by jieba (1.81). Khmer: 1,110,809 characters, about 160,000 words (Bi and Taing,
# Khmer Word Segmentation Based on Bi-Directional Maximal Matching). Lao is taken to be as Thai, Burmese as Khmer,
# and kana between them and Chinese: not measured.
_LENGTHS = (
    (4.7, "\u0e01-\u0e2e\u0e30-\u0e45\u0e47-\u0e4e"),  # Thai, without its signs and digits
    (4.7, "\u0e81-\u0ece\u0edc-\u0edf"),  # Lao
    (6.9, "\u1780-\u17d3"),  # Khmer
    (6.9, "\u1000-\u103f\u1050-\u109f"),  # Burmese
    (1.8, "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"),  # Chinese, also in Japanese
    (2.7, "\u3041-\u30ff\uff66-\uff9f"),  # kana
)
_UNSPACED = tuple((length, re.compile(f"[{letters}]")) for length, letters in _LENGTHS)
_ANY_UNSPACED = re.compile("[" + "".join(letters for _, letters in _LENGTHS) + "]+")
# A comma between digits parts no words, and a hyphen none at all: "short-haired" is one.
_BETWEEN = re.compile(r"[\s;:/|()\[\]{}…—–。，、；：！？،؛।]+|(?<![0-9])[,.]|[,.](?![0-9])")


def words(text: str) -> int:
    """The number of words. Vietnamese is counted by its syllables, as it is written."""
    unspaced = sum(len(pattern.findall(text)) / length for length, pattern in _UNSPACED)
    spaced = sum(any(map(str.isalnum, one)) for one in _BETWEEN.split(_ANY_UNSPACED.sub(" ", text)))
    return spaced + (max(1, round(unspaced)) if unspaced else 0)


def is_estimated(text: str) -> bool:
    """Is it, in part at least, in a script without blanks between words?"""
    return bool(_ANY_UNSPACED.search(text))
