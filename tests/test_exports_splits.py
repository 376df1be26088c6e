"""Splits: exact, stratified, the same for the same entries and seed, near-duplicates on one side."""

import random
from array import array
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dset.errors import UsageError
from dset.exports import splits
from tests.exporting import exported, run_folder, task_folder
from tests.samples import read_lines

Entry = dict[str, Any]


def different(count: int, seed: int = 1) -> list[str]:
    """Texts of which no two are alike."""
    letters = random.Random(seed)
    return ["".join(letters.choices("abcdefghijklmnopqrstuvwxyz ", k=60)) for _ in range(count)]


def reviews(folder: Path, texts: list[str], labels: str) -> Path:
    records = [{"text": text, "label": labels[n % len(labels)]} for n, text in enumerate(texts)]
    return task_folder(folder, records, task={"schema": {"type": "object"}})


def parts(source: Path | tuple[Path, ...], *split: int, **more: Any) -> dict[str, list[Entry]]:
    made = exported(source, "jsonl", split=split, **more)
    return {path.stem.rpartition("-")[2]: read_lines(path) for path in made}


def texts_of(found: dict[str, list[Entry]]) -> dict[str, set[str]]:
    return {name: {one["text"] for one in part} for name, part in found.items()}


def test_counts_are_exact_and_every_label_is_divided_as_the_whole_is(tmp_path: Path) -> None:
    found = parts(reviews(tmp_path / "r", different(1_000), "aaaabbbccd"), 90, 5, 5)
    assert {name: len(part) for name, part in found.items()} == {"train": 900, "validation": 50, "test": 50}
    for name, share in {"train": 0.9, "validation": 0.05, "test": 0.05}.items():
        counts = Counter(one["label"] for one in found[name])
        for label, whole in {"a": 400, "b": 300, "c": 200, "d": 100}.items():
            assert abs(counts[label] - whole * share) <= 1, (name, label)


def test_two_parts_are_train_and_test(tmp_path: Path) -> None:
    found = parts(run_folder(tmp_path / "run", different(10)), 80, 20)
    assert {name: len(part) for name, part in found.items()} == {"train": 8, "test": 2}


def test_the_order_of_rows_stays_within_a_part(tmp_path: Path) -> None:
    for part in parts(run_folder(tmp_path / "run", different(50)), 60, 20, 20).values():
        rows = [one["metadata"]["row"] for one in part]
        assert rows == sorted(rows)


def test_near_duplicates_never_stand_in_different_parts(tmp_path: Path) -> None:
    originals = different(60)
    family = {text + tail: text for text in originals for tail in ("", "!", " x")}
    found = texts_of(parts(reviews(tmp_path / "r", list(family), "ab"), 60, 20, 20))
    for one in originals:
        assert len({name for name, texts in found.items() for text in texts if family[text] == one}) == 1
    assert {name: len(texts) for name, texts in found.items()} == {"train": 108, "validation": 36, "test": 36}


def test_a_split_is_the_same_whatever_the_order_of_the_sources_and_another_for_another_seed(
    tmp_path: Path,
) -> None:
    one, two = (reviews(tmp_path / name, different(40, seed), "ab") for name, seed in (("a", 1), ("b", 2)))
    first = texts_of(parts((one, two), 80, 10, 10, seed=3))
    assert texts_of(parts((two, one), 80, 10, 10, seed=3)) == first
    assert texts_of(parts((one, two), 80, 10, 10, seed=4)) != first


def test_answers_to_the_same_question_stay_together(tmp_path: Path) -> None:
    from tests import samples

    lines = [
        samples.record(text, row=row, sample=sample)
        for row, text in enumerate(different(20), 2)
        for sample in (1, 2, 3)
    ]
    samples.write_lines(tmp_path / "run" / "output.json", lines)
    found = parts(tmp_path / "run", 50, 50)
    questions = [{one["question"] for one in part} for part in found.values()]
    assert not questions[0] & questions[1]


def test_pictures_with_the_same_question_are_not_alike(tmp_path: Path) -> None:
    from tests import samples

    lines = [samples.record("Describe it.", row=row, image=f"images/{row}.png") for row in range(2, 22)]
    samples.write_lines(tmp_path / "run" / "output.json", lines)
    assert {name: len(part) for name, part in parts(tmp_path / "run", 80, 20).items()} == {
        "train": 16,
        "test": 4,
    }


def test_one_large_group_that_leaves_a_part_empty_is_told(tmp_path: Path) -> None:
    told: list[str] = []
    found = parts(reviews(tmp_path / "r", ["the same text"] * 9, "a"), 80, 20, told=told)
    assert {name: len(part) for name, part in found.items()} == {"train": 9}
    assert any("test is empty" in line for line in told)


def test_records_without_texts_are_told_apart_by_their_values(tmp_path: Path) -> None:
    folder = task_folder(tmp_path / "r", [{"n": n} for n in range(20)], task={"schema": {}, "label": ""})
    assert {name: len(part) for name, part in parts(folder, 50, 50).items()} == {"train": 10, "test": 10}


@pytest.mark.parametrize("shares", [(90, 5), (100,), (25, 25, 25, 25), (110, -10)])
def test_a_split_that_is_none_is_refused(tmp_path: Path, shares: tuple[int, ...]) -> None:
    with pytest.raises(UsageError, match="--split"):
        exported(run_folder(tmp_path / "run", ["a"]), split=shares)


def test_what_a_large_group_pushed_over_the_count_is_put_right() -> None:
    first = array("I", [*range(10), *[10] * 6])
    groups = splits.Groups(first, [0] * 10 + [1] * 6, list(range(16)))
    part_of = splits.assign(groups, (50, 50))
    assert Counter(part_of[head] for head in first) == {0: 8, 1: 8}


@given(
    sizes=st.lists(st.integers(1, 6), min_size=1, max_size=80),
    shares=st.sampled_from([(90, 5, 5), (80, 10, 10), (34, 33, 33), (50, 50), (99, 1)]),
    labels=st.integers(1, 5),
)
def test_counts_are_as_near_as_the_groups_allow(
    sizes: list[int], shares: tuple[int, ...], labels: int
) -> None:
    first = array("I")
    for size in sizes:
        first.extend([len(first)] * size)
    groups = splits.Groups(first, [at % labels for at in first], list(range(len(first))))
    part_of = splits.assign(groups, shares)
    counts = Counter(part_of[head] for head in first)
    assert sum(counts.values()) == len(first)
    for part, share in enumerate(shares):
        allowed = 1 if max(sizes) == 1 else 2 * max(sizes)
        assert abs(counts[part] - len(first) * share / 100) < allowed
