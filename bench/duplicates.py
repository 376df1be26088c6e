"""How well and how fast near-duplicates are found. python bench/duplicates.py pairs QUESTIONS; ... speed QUESTIONS

QUESTIONS: a folder of xquad-<lang>.csv files with a column `question` (XQuAD: github.com/deepmind/xquad); any CSV
files so named will do. `pairs` plants, for each language and each wanted likeness, texts and their edited twins
(characters and words replaced, inserted, deleted, moved until the exact likeness of the two is within 0.005 of the
wanted one), among all the other texts, and counts who is found. `speed` finds and adds records of 100 to 500
characters, one in ten of them an edited one of before; --templated: all by one template. Both say how long it took.
Every likeness is computed here anew, not by the module that is measured.
"""

import argparse
import csv
import random
import resource
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from dset.duplicates import Index, clusters
from dset.texts import normal

LANGUAGES = ("th", "vi", "zh", "en")
WANTED = (0.99, 0.95, 0.9, 0.87, 0.855, 0.845, 0.83, 0.8, 0.7, 0.5)
NEAR = 0.85


def questions(folder: Path, language: str) -> list[str]:
    with open(folder / f"xquad-{language}.csv", encoding="utf-8-sig", newline="") as stream:
        return [row["question"] for row in csv.DictReader(stream)]


def jaccard(one: str, other: str) -> float:
    """By sets of 5-grams, spelt out."""
    a, b = (
        {text[at : at + 5] for at in range(len(text) - 4)} or {text} for text in (normal(one), normal(other))
    )
    return len(a & b) / len(a | b)


def composed(pool: Sequence[str], dice: random.Random, least: int, most: int) -> str:
    """Several questions in a row, cut to a length between these."""
    length, text = dice.randint(least, most), ""
    while len(text) < length:
        text = f"{text} {dice.choice(pool)}".strip()
    return text[:length].strip()


def replaced(text: str, piece: str, dice: random.Random) -> str:
    at = dice.randrange(len(text))
    return text[:at] + piece + text[at + len(piece) :]


def inserted(text: str, piece: str, dice: random.Random) -> str:
    at = dice.randrange(len(text))
    return text[:at] + piece + text[at:]


def deleted(text: str, piece: str, dice: random.Random) -> str:
    at = dice.randrange(len(text))
    return text[:at] + text[at + len(piece) :]


def moved(text: str, piece: str, dice: random.Random) -> str:
    start = dice.randrange(len(text))
    moving = text[start : start + len(piece)]
    return inserted(text[:start] + text[start + len(piece) :], moving, dice)


EDITS: tuple[Callable[[str, str, random.Random], str], ...] = (replaced, inserted, deleted, moved)


def edited(text: str, pool: Sequence[str], dice: random.Random) -> str:
    """One edit: of a character, a word or a few words, taken from another question."""
    other = dice.choice(pool)
    start = dice.randrange(len(other))
    piece = other[start : start + dice.choice((1, 1, 3, 8, 20))] or "x"
    return dice.choice(EDITS)(text, piece, dice)


def twin(text: str, pool: Sequence[str], wanted: float, dice: random.Random) -> str | None:
    """`text` edited to the wanted likeness, within 0.005; None if thirty walks towards it pass it by."""
    for _ in range(30):
        other = text
        for _ in range(400):
            trial = edited(other, pool, dice)
            share = jaccard(text, trial) if trial else 0.0
            if abs(share - wanted) <= 0.005:
                return trial
            if share > wanted:
                other = trial
    return None


def pairs(folder: Path, language: str, count: int, dice: random.Random) -> Iterator[tuple[float, str, str]]:
    pool = questions(folder, language)
    for wanted in WANTED:
        made = 0
        while made < count:
            text = composed(pool, dice, 60, 600)
            other = twin(text, pool, wanted, dice)
            if other is not None:
                made += 1
                yield wanted, text, other


def measure_pairs(folder: Path, count: int, seed: int) -> None:
    print(f"{'':8}" + "".join(f"{wanted:>8}" for wanted in WANTED) + "   recall >= 0.85   precision")
    dice = random.Random(seed)
    for language in LANGUAGES:
        planted = list(pairs(folder, language, count, dice))
        found = _found(planted)
        by_group = _grouped(planted)
        for name, hits in (("find", found), ("clusters", by_group)):
            _row(f"{language} {name[:5]}", planted, hits)


def _found(planted: Sequence[tuple[float, str, str]]) -> list[bool | None]:
    """Per pair whether its twin is found; None: something is named that is not near."""
    index = Index(NEAR)
    texts = {}
    for number, (_, text, _) in enumerate(planted):
        index.add(str(number), text)
        texts[str(number)] = text
    hits: list[bool | None] = []
    for _, _, other in planted:
        likeness = index.find(other)
        right = likeness is not None and jaccard(texts[likeness.name], other) >= NEAR
        hits.append(None if likeness is not None and not right else likeness is not None)
    return hits


def _grouped(planted: Sequence[tuple[float, str, str]]) -> list[bool | None]:
    """Per pair whether it is in one group; None: it is, and one of them is not near to anything else in it."""
    texts = [text for _, text, other in planted for text in (text, other)]
    groups = clusters(texts, NEAR)
    members: dict[int, list[str]] = {}
    for text, group in zip(texts, groups, strict=True):
        members.setdefault(group, []).append(text)
    hits: list[bool | None] = []
    for (_, *pair), group, other in zip(planted, groups[::2], groups[1::2], strict=True):
        near = all(sum(jaccard(text, member) >= NEAR for member in members[group]) > 1 for text in pair)
        hits.append((near or None) if group == other else False)
    return hits


def _row(name: str, planted: Sequence[tuple[float, str, str]], hits: Sequence[bool | None]) -> None:
    rates = []
    for wanted in WANTED:
        here = [hit for (share, _, _), hit in zip(planted, hits, strict=True) if share == wanted]
        rates.append(sum(hit is not False for hit in here) / len(here))
    near = [hit for hit, (_, text, other) in zip(hits, planted, strict=True) if jaccard(text, other) >= NEAR]
    reported = [hit for hit in hits if hit is not False]
    recall, precision = near.count(True) / len(near), reported.count(True) / len(reported)
    print(f"{name:8}" + "".join(f"{rate:8.3f}" for rate in rates) + f"{recall:17.4f}{precision:12.4f}")


def records(folder: Path, count: int, dice: random.Random, *, templated: bool) -> list[str]:
    """One in ten is a record of before with one to three edits."""
    pool = [question for language in LANGUAGES for question in questions(folder, language)]
    frame = " ".join(pool[-3:])
    made: list[str] = []
    for number in range(count):
        if made and dice.random() < 0.1:
            text = dice.choice(made)
            for _ in range(dice.randint(1, 3)):
                text = edited(text, pool, dice) or text
        else:
            text = composed(pool, dice, 100, 500)
            text = f"Record {number}: {frame} {text[:60]}" if templated else text
        made.append(text)
    return made


def measure_speed(folder: Path, count: int, seed: int, *, templated: bool) -> None:
    made = records(folder, count, random.Random(seed), templated=templated)
    characters = sum(map(len, made))
    print(f"{count} records of {characters // count} characters, {_peak()} MB before")
    start = time.perf_counter()
    index = Index(NEAR)
    for number, text in enumerate(made):
        if index.find(text) is None:
            index.add(f"row {number}", text)
    print(
        f"find and add: {len(index)} stand, {time.perf_counter() - start:.1f} s, {_peak()} MB at the highest"
    )
    del index
    start = time.perf_counter()
    groups = clusters(made, NEAR)
    print(
        f"clusters: {len(set(groups))} groups, {time.perf_counter() - start:.1f} s, {_peak()} MB at the highest"
    )


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // (
        1 << 20 if sys.platform == "darwin" else 1 << 10
    )


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=("pairs", "speed"))
    parser.add_argument("questions", type=Path)
    parser.add_argument(
        "--count", type=int, help="pairs for each language and likeness (300), or records (100,000)"
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--templated", action="store_true")
    options = parser.parse_args(argv)
    if options.what == "pairs":
        measure_pairs(options.questions, options.count or 300, options.seed)
    else:
        measure_speed(options.questions, options.count or 100_000, options.seed, templated=options.templated)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
