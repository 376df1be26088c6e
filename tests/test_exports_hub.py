"""The hf folder: `datasets.load_dataset` and the hub's viewer take it as it is."""

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import yaml  # type: ignore[import-untyped]

from dset.exports import hub
from tests.exporting import bare, exported, run_folder, task_folder, whole
from tests.samples import HOSTILE, read_lines
from tests.test_exports_formats import RECORDS, quiet_datasets

__all__ = ["quiet_datasets"]


def card(folder: Path) -> tuple[dict[str, Any], str]:
    """The head of the card, as YAML reads it, and the rest."""
    _, head, body = (folder / "README.md").read_text(encoding="utf-8").split("---\n", 2)
    return yaml.safe_load(head), body


def reviews(folder: Path, count: int = 60) -> Path:
    words = "mountain river engine candle harbour violin desert orchid thunder basket".split()
    records = [
        RECORDS[n % 4]
        | {
            "text": " ".join(words[(n * k + n // 10) % 10] for k in range(1, 9)),
            "label": ["บวก", "ลบ"][n % 2],
        }
        for n in range(count)
    ]
    return task_folder(folder, records)


def test_datasets_loads_the_folder_as_it_is_and_field_by_field_it_is_the_same(
    tmp_path: Path, quiet_datasets: Any
) -> None:
    folder = task_folder(tmp_path / "reviews", RECORDS)
    jsonl, made = exported(folder, "jsonl", "hf")
    loaded = quiet_datasets(str(made))
    assert list(loaded) == ["train"]
    wanted = [whole(one) for one in read_lines(jsonl)]
    wanted[1]["extra"]["a"] = ["1", '{"b": null}']
    assert [whole(one) for one in loaded["train"].to_list()] == wanted


def test_the_features_in_the_card_are_those_that_datasets_finds_itself(tmp_path: Path) -> None:
    import datasets

    made = exported(task_folder(tmp_path / "reviews", RECORDS), "hf")[0]
    shard = next((made / "data").iterdir())
    found = datasets.Features.from_arrow_schema(pq.read_schema(shard))
    told = datasets.Features._from_yaml_list(card(made)[0]["dataset_info"]["features"])
    assert told == found


def test_the_card_counts_what_is_there(tmp_path: Path, quiet_datasets: Any) -> None:
    made = exported(reviews(tmp_path / "reviews"), "hf", split=(80, 10, 10), license="cc-by-4.0", near=1.0)[0]
    head, body = card(made)
    info = head["dataset_info"]
    loaded = quiet_datasets(str(made))
    assert {one["name"]: one["num_examples"] for one in info["splits"]} == {
        name: len(part) for name, part in loaded.items()
    }
    assert {name: len(part) for name, part in loaded.items()} == {"train": 48, "validation": 6, "test": 6}
    for one in info["splits"]:
        tables = [pq.read_table(path) for path in (made / "data").glob(f"{one['name']}-*")]
        assert sum(table.num_rows for table in tables) == one["num_examples"]
    assert info["download_size"] == sum(path.stat().st_size for path in (made / "data").iterdir())
    assert info["dataset_size"] == sum(one["num_bytes"] for one in info["splits"])
    assert (head["language"], head["license"], head["size_categories"]) == (["th"], "cc-by-4.0", ["n<1K"])
    assert head["annotations_creators"] == ["machine-generated"]
    assert head["task_categories"] == ["text-classification"]
    for told in (
        "machine-generated",
        "Write a review.",
        "Be brief.",
        "deepseek-flash",
        "| บวก | 30 |",
        "| food | 60 |",
    ):
        assert told in body


def test_shards_are_bounded_and_follow_each_other(
    tmp_path: Path, quiet_datasets: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub, "SHARD_BYTES", 4_000)
    made = exported(reviews(tmp_path / "reviews", 40), "hf")[0]
    names = sorted(path.name for path in (made / "data").iterdir())
    assert len(names) > 3
    assert names == [f"train-{n:05}-of-{len(names):05}.parquet" for n in range(len(names))]
    rows = quiet_datasets(str(made), split="train")
    assert [one["row"] for one in rows["metadata"]] == list(range(2, 42))


def test_hostile_names_and_prompts_do_not_break_the_card(tmp_path: Path, quiet_datasets: Any) -> None:
    names = [
        "no",
        "a: b",
        "- x",
        "#c",
        "ชื่อ",
        '"q"',
        "new\nline",
        "\u2028",
        "👩",
        "1",
        "null",
        "\x85",
        "a.b",
        "-",
        "'",
        "{}",
    ]
    folder = run_folder(tmp_path / "run", ["why?"], columns=dict.fromkeys(names, "cell"))
    prompt = "```\n---\nlicense: other\n---\n" + "\n".join(HOSTILE[:20])
    from tests import samples

    samples.write_lines(
        folder / "runs.json", [{"run": "r", "model": "m", "prompt": prompt, "system": "", "settings": {}}]
    )
    made = exported(folder, "hf")[0]
    head, _ = card(made)
    assert [one["name"] for one in head["dataset_info"]["features"]][4:-1] == names
    assert "license" not in head
    (row,) = quiet_datasets(str(made), split="train")
    assert all(row[name] == "cell" for name in names)


def test_a_split_that_is_empty_is_not_in_the_folder(tmp_path: Path, quiet_datasets: Any) -> None:
    made = exported(run_folder(tmp_path / "run", ["one thing", "another matter"]), "hf", split=(50, 0, 50))[0]
    assert set(quiet_datasets(str(made))) == {"train", "test"}
    assert {one["split"] for one in card(made)[0]["configs"][0]["data_files"]} == {"train", "test"}


@pytest.mark.parametrize(
    ("count", "word"),
    [
        (999, "n<1K"),
        (1_000, "1K<n<10K"),
        (99_999, "10K<n<100K"),
        (10**6, "1M<n<10M"),
        (5 * 10**8, "100M<n<1B"),
        (10**9, "n>1B"),
    ],
)
def test_sizes_are_told_in_the_hubs_words(count: int, word: str) -> None:
    from dset.exports import front_matter

    assert front_matter.size_category(count) == word


def test_a_translations_languages_stand_in_the_card(tmp_path: Path) -> None:
    record = {"source_text": "a", "target_text": "ก", "source_lang": "en", "target_lang": "th"}
    folder = task_folder(tmp_path / "t", [record], task={"name": "translation", "schema": {}, "label": ""})
    head, _ = card(exported(folder, "hf")[0])
    assert (head["language"], head["task_categories"]) == (["en", "th"], ["translation"])


def test_out_names_the_folder_of_the_dataset(tmp_path: Path) -> None:
    (made,) = exported(run_folder(tmp_path / "run", ["a"]), "hf", out=tmp_path / "mine")
    assert made == tmp_path / "mine"
    assert bare(pq.read_table(made / "data").to_pylist()) == [
        {"question": "a", "thoughts": None, "final_answer": "Because."}
    ]
