"""What is found to be the same or nearly so, what is not, and what finding costs."""

import random
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dset.duplicates import Index, Likeness, clusters
from dset.texts import normal

SENTENCES = {
    "en": "The river rose in the night, and by the morning the bridge that joins both villages was under water.",
    "th": "แม่น้ำเอ่อล้นในตอนกลางคืน และพอถึงตอนเช้าสะพานที่เชื่อมสองหมู่บ้านก็จมอยู่ใต้น้ำทั้งหมดจนไม่มีใครข้ามไปได้",
    "vi": "Nước sông dâng lên trong đêm, và đến sáng thì cây cầu nối hai ngôi làng đã chìm hẳn dưới dòng nước lũ.",
    "zh": "河水在夜里上涨，到了早晨，连接两个村庄的桥已经完全淹没在水下，谁也过不去，只好等待洪水慢慢退去再说，孩子们因此没有去上学。",
}


def grams(text: str) -> set[str]:
    text = normal(text)
    return {text[at : at + 5] for at in range(len(text) - 4)} or {text}


def jaccard(one: str, other: str) -> float:
    return len(grams(one) & grams(other)) / len(grams(one) | grams(other))


def words(dice: random.Random, count: int) -> str:
    letters = "abcdefghijklmnopqrstuvwxyz"
    return " ".join("".join(dice.choices(letters, k=dice.randint(2, 9))) for _ in range(count))


def near_pairs(near: float, count: int) -> list[tuple[str, str]]:
    """Texts and their twins, whose likeness is between `near` and 0.02 more."""
    dice = random.Random(1)
    pairs: list[tuple[str, str]] = []
    while len(pairs) < count:
        text = twin = words(dice, 60)
        while jaccard(text, twin) > near + 0.02:
            at = dice.randrange(len(twin))
            twin = twin[:at] + "#" + twin[at + 1 :]
        if jaccard(text, twin) >= near:
            pairs.append((text, twin))
    return pairs


@settings(deadline=None)
@given(st.lists(st.text(), min_size=1), st.sampled_from([0.5, 0.85, 1.0]))
def test_a_text_that_was_added_is_found_again(texts: list[str], near: float) -> None:
    index = Index(near)
    for number, text in enumerate(texts):
        index.add(f"row {number}", text)
    for text in texts:
        likeness = index.find(text)
        assert likeness is not None
        assert likeness.share == 1.0
        assert normal(texts[int(likeness.name.removeprefix("row "))]) == normal(text)
    assert len(index) == len(set(map(normal, texts)))


def test_nothing_is_found_where_nothing_was_added() -> None:
    index = Index()
    assert index.find("a text that nobody added") is None
    assert index.find("a text that nobody added") is None
    assert len(index) == 0


def test_what_a_text_resembles_is_told_as_it_came() -> None:
    index = Index()
    index.add("row 17", "  What IS this? " + "x" * 100)
    assert index.find("what is this? " + "x" * 100) == Likeness("row 17", 1.0, "  What IS this? " + "x" * 64)


def test_of_texts_that_are_the_same_the_first_is_told() -> None:
    index = Index()
    index.add("row 1", "Why?")
    index.add("row 2", "why")
    likeness = index.find("WHY")
    assert likeness is not None
    assert likeness.name == "row 1"


@pytest.mark.parametrize("near", [0.85, 1.0])
@pytest.mark.parametrize(
    ("one", "other"),
    [("Two  words\n", "two words"), ("caf\u00e9", "CAFE\u0301"), ("น\u0e49\u0e4d\u0e32", "น\u0e49\u0e33")],
)
def test_case_space_and_spelling_hide_no_duplicate(one: str, other: str, near: float) -> None:
    index = Index(near)
    index.add("one", one)
    likeness = index.find(other)
    assert likeness is not None
    assert likeness.share == 1.0


def test_another_digit_makes_another_problem() -> None:
    index = Index()
    index.add("row 1", "What is 3 + 4?")
    assert index.find("What is 3 + 5?") is None


@pytest.mark.parametrize("language", SENTENCES)
def test_a_changed_word_is_a_near_duplicate_in_every_language(language: str) -> None:
    sentence = SENTENCES[language]
    index = Index(0.8)
    for name, text in SENTENCES.items():
        index.add(name, text)
    likeness = index.find(sentence[:40] + "X" + sentence[41:])
    assert likeness is not None
    assert likeness.name == language
    assert 0.8 <= likeness.share < 1


def test_only_what_is_the_same_is_found_at_one() -> None:
    index = Index(1.0)
    index.add("row 1", SENTENCES["en"])
    assert index.find(SENTENCES["en"][1:]) is None


def test_the_same_grams_in_another_text_are_no_exact_duplicate() -> None:
    index = Index()
    index.add("row 1", "ha" * 10)
    likeness = index.find("ha" * 20)
    assert likeness is not None
    assert likeness.share < 1


def test_the_most_alike_is_told() -> None:
    index = Index(0.5)
    text = words(random.Random(2), 40)
    index.add("far", text[40:])
    index.add("nearest", text[4:])
    index.add("near", text[20:])
    likeness = index.find(text)
    assert likeness is not None
    assert likeness.name == "nearest"
    assert likeness.share == pytest.approx(jaccard(text, text[4:]))


@pytest.mark.parametrize("near", [0.5, 0.85, 0.95])
def test_pairs_just_above_the_mark_are_found_and_none_below(near: float) -> None:
    pairs = near_pairs(near, 60)
    index, strict = Index(near), Index(min(near + 0.03, 1.0))
    for number, (text, _) in enumerate(pairs):
        index.add(str(number), text)
        strict.add(str(number), text)
    found = [index.find(twin) for _, twin in pairs]
    assert sum(likeness is not None for likeness in found) >= 59
    assert {likeness.name == str(number) for number, likeness in enumerate(found) if likeness} == {True}
    assert [strict.find(twin) for _, twin in pairs] == [None] * 60


@pytest.mark.parametrize("near", [0.0, -1.0, 1.01, float("nan")])
def test_a_likeness_that_cannot_be_is_refused(near: float) -> None:
    with pytest.raises(ValueError, match="near is"):
        Index(near)
    with pytest.raises(ValueError, match="near is"):
        clusters([], near)


def test_groups_are_what_likeness_connects() -> None:
    text = words(random.Random(3), 60)
    chain = [text[at:] for at in (0, 25, 50, 75)]
    assert jaccard(chain[0], chain[3]) < 0.85 < min(map(jaccard, chain, chain[1:]))
    other = words(random.Random(4), 60)
    # Its two ends come first: the middle joins them.
    texts = [other, chain[0], chain[3], "", chain[1].upper(), other + "!", chain[2], chain[3] + " ", " "]
    assert list(clusters(texts, 0.85)) == [0, 1, 1, 3, 1, 0, 1, 1, 3]


@settings(deadline=None)
@given(st.lists(st.text("ab ก", max_size=12)), st.sampled_from([0.5, 0.85, 1.0]))
def test_every_text_has_a_group_and_same_texts_the_same(texts: list[str], near: float) -> None:
    groups = clusters(iter(texts), near)
    assert len(groups) == len(texts)
    assert all(groups[first] == first <= number for number, first in enumerate(groups))
    if near == 1.0:
        firsts: dict[str, int] = {}
        assert list(groups) == [firsts.setdefault(normal(text), number) for number, text in enumerate(texts)]
    assert all(
        groups[one] == groups[other]
        for one in range(len(texts))
        for other in range(one)
        if normal(texts[one]) == normal(texts[other])
    )


def test_a_near_pair_is_found_among_thousands_of_one_template() -> None:
    dice = random.Random(5)
    frame = words(dice, 20)
    texts = [f"{frame} {words(dice, 15)}" for _ in range(2_000)]
    index = Index()
    for number, text in enumerate(texts):
        index.add(str(number), text)
    found = [index.find(f"{text} x") for text in texts[::20]]
    assert (
        sum(likeness is not None and likeness.name == str(at * 20) for at, likeness in enumerate(found)) >= 99
    )


def test_each_of_thousands_that_are_all_alike_is_found() -> None:
    frame = words(random.Random(6), 40)
    index = Index()
    for number in range(2_000):
        text = f"Record {number}: {frame}"
        assert index.find(text) is not None or number == 0
        index.add(str(number), text)
    assert len(index) == 2_000


@pytest.mark.parametrize(
    "text",
    ["a" * 1_000_000, "the same again " * 100_000, "", "\ud800" * 10, "\ud800"],
    ids="letters book none halves half".split(),
)
def test_a_hostile_text_is_found_again(text: str) -> None:
    index = Index()
    index.add("it", text)
    likeness = index.find(text)
    assert likeness is not None
    assert likeness.share == 1.0
    assert len(likeness.text) <= 80


def test_long_texts_are_compared_by_their_ends_and_their_length() -> None:
    dice = random.Random(7)
    text = words(dice, 10_000)
    index = Index()
    index.add("it", text)
    half = len(text) // 2
    assert index.find(text[:half] + " put between " + text[half:]) is not None
    assert index.find(text[:20_000] + text[-20_000:]) is None
    assert index.find(words(dice, 10_000)) is None


def test_every_process_finds_the_same(tmp_path: Path) -> None:
    program = (
        "import random; from dset.buckets import Buckets; dice = random.Random(1);"
        "print(list(Buckets(0.85).keys({str(dice.random()) for _ in range(300)})))"
    )
    root = Path(__file__).resolve().parent.parent
    outputs = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": str(root)},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(outputs) == 1
