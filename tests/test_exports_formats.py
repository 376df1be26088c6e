"""Every format, read back by the tools that people use and compared field by field."""

import csv
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.exporting import bare, entries, exported, run_folder, task_folder, whole
from tests.samples import HOSTILE, read_lines

RECORDS: list[dict[str, Any]] = [
    {
        "text": "ดี\u2028มาก",
        "label": "บวก",
        "score": 1,
        "entities": [{"text": "ก", "start": 0}],
        "extra": {},
        "ความเห็น": "=1+1",
    },
    {
        "text": 'a "b", c\r\nd',
        "label": "ลบ",
        "score": 0.5,
        "count": None,
        "entities": [],
        "extra": {"a": [1, {"b": None}]},
    },
    {
        "text": "nul \0 in it",
        "label": "ลบ",
        "count": 2**53 + 1,
        "entities": [{"text": "x"}],
        "extra": {"c": "d"},
    },
    {"text": "", "label": "บวก", "score": -2, "count": 3},
]


@pytest.fixture
def quiet_datasets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The datasets package with its cache in the test's folder and no way to the network."""
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    import datasets

    datasets.disable_progress_bars()

    def load(*arguments: str, **more: Any) -> Any:
        return datasets.load_dataset(*arguments, cache_dir=str(tmp_path / "cache"), **more)

    return load


def hostile(folder: Path) -> Path:
    return run_folder(folder, HOSTILE, columns={"คอลัมน์ ก": HOSTILE[0], "=cmd": HOSTILE[7]})


def said(text: str) -> str:
    """What stands in an export for a text: halves of characters are no UTF-8."""
    return "".join("\ufffd" if "\ud800" <= one <= "\udfff" else one for one in text)


def hostile_text(text: str) -> str:
    """What the journal's reader makes of it: two halves that belong together are one character."""
    return said(json.loads(json.dumps(text)))


def test_hostile_texts_come_back_whole_from_every_format(tmp_path: Path, quiet_datasets: Any) -> None:
    folder = hostile(tmp_path / "run")
    made = {path.suffix: path for path in exported(folder, "json", "jsonl", "csv", "parquet", "arrow")}
    wanted = [hostile_text(text) for text in HOSTILE]
    by_python = {
        "json": json.loads(made[".json"].read_bytes()),
        "jsonl": read_lines(made[".jsonl"]),
        "parquet": pq.read_table(made[".parquet"]).to_pylist(),
        "arrow": pa.ipc.open_file(made[".arrow"]).read_all().to_pylist(),
    }
    for name, found in by_python.items():
        assert [one["question"] for one in found] == wanted, name
        assert found == by_python["json"], name
    frames = {
        "parquet": pd.read_parquet(made[".parquet"]),
        "jsonl": pd.read_json(made[".jsonl"], lines=True, dtype=False),
        "csv": pd.read_csv(made[".csv"], dtype=str, keep_default_na=False),
    }
    for name, frame in frames.items():
        assert [str(one) for one in frame["question"]] == wanted, name
        assert set(frame["คอลัมน์ ก"]) == {HOSTILE[0]}, name
    for name, suffix in (("json", ".json"), ("json", ".jsonl"), ("parquet", ".parquet"), ("arrow", ".arrow")):
        rows = quiet_datasets(name, data_files=str(made[suffix]), split="train")
        assert list(rows["question"]) == wanted, suffix
    cells = quiet_datasets("csv", data_files=str(made[".csv"]), split="train", keep_default_na=False)
    assert list(cells["question"]) == wanted


def test_a_csv_is_exact_and_read_by_pythons_own_csv(tmp_path: Path) -> None:
    (made,) = exported(hostile(tmp_path / "run"), "csv")
    with made.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["question"] for row in rows] == [hostile_text(text) for text in HOSTILE]
    assert [json.loads(row["metadata"])["row"] for row in rows] == list(range(2, 2 + len(HOSTILE)))
    assert made.read_bytes().startswith(b"\xef\xbb\xbfid,question,thoughts,final_answer,")


def test_nested_missing_and_mixed_values_come_back_from_parquet_and_arrow(
    tmp_path: Path, quiet_datasets: Any
) -> None:
    folder = task_folder(tmp_path / "reviews", RECORDS)
    jsonl, parquet, arrow = exported(folder, "jsonl", "parquet", "arrow")
    assert bare(read_lines(jsonl)) == RECORDS
    wanted = [whole(one) for one in read_lines(jsonl)]
    wanted[1]["extra"]["a"] = ["1", '{"b": null}']  # a number beside an object
    readers = {
        "parquet": pq.read_table(parquet).to_pylist(),
        "arrow": pa.ipc.open_file(arrow).read_all().to_pylist(),
        "pandas": pd.read_parquet(parquet, dtype_backend="pyarrow").to_dict("records"),
        "datasets": quiet_datasets("parquet", data_files=str(parquet), split="train").to_list(),
    }
    for name, found in readers.items():
        assert [whole(one) for one in found] == wanted, name
    types = pq.read_schema(parquet)
    assert types.field("score").type == pa.float64()
    assert types.field("count").type == pa.int64()
    assert types.field("ความเห็น").type == pa.string()


def test_the_schema_gives_the_types_and_the_order_where_the_data_leave_them_open(tmp_path: Path) -> None:
    from tests.exporting import SCHEMA

    record = {"ความเห็น": None, "score": 1, "text": "a", "own": 5}
    types = pq.read_schema(exported(task_folder(tmp_path / "reviews", [record]), "parquet")[0])
    assert types.names == ["id", *SCHEMA["properties"], "own", "metadata"]
    assert [types.field(name).type for name in ("score", "count", "label", "ความเห็น")] == [
        pa.float64(),
        pa.int64(),
        pa.string(),
        pa.string(),
    ]
    assert types.field("entities").type == pa.list_(pa.struct([("text", pa.string()), ("start", pa.int64())]))


def test_a_parquet_file_has_its_page_index_and_bounded_row_groups(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dset.exports import tables

    monkeypatch.setattr(tables, "GROUP_ROWS", 10)
    (made,) = exported(run_folder(tmp_path / "run", [f"question {n}" for n in range(35)]), "parquet")
    about = pq.read_metadata(made)
    assert [about.row_group(n).num_rows for n in range(about.num_row_groups)] == [10, 10, 10, 5]
    assert about.row_group(0).column(0).has_offset_index


def test_entries_stand_in_the_order_of_rows_and_samples(tmp_path: Path) -> None:
    from tests import samples

    lines = [
        samples.record("q", row=row, sample=sample)
        for row, sample in [(3, 2), (9, 1), (3, 1), (2, 1), (9, 2)]
    ]
    samples.write_lines(tmp_path / "run" / "output.json", lines)
    found = [(one["metadata"]["row"], one["metadata"]["sample"]) for one in entries(tmp_path / "run")]
    assert found == [(2, 1), (3, 1), (3, 2), (9, 1), (9, 2)]


def test_an_entry_of_a_task_says_how_it_was_made(tmp_path: Path) -> None:
    first = entries(task_folder(tmp_path / "reviews", RECORDS))[0]
    assert first["metadata"] == {
        "source": {"model": "deepseek-flash", "endpoint": "deepseek/DEEPSEEK_API_KEY/deepseek-flash"},
        "created_at": "2026-11-21T12:00:00Z",
        "lang": "th",
        "task": "reviews",
        "seed": 7,
        "schema_version": "0123456789ab",
        "parameters": {"topic": "food"},
        "row": 2,
    }


def test_several_records_of_one_answer_are_entries_of_their_own(tmp_path: Path) -> None:
    data = {"records": [{"text": "a", "id": 5}, {"text": "b", "metadata": "m"}], "slots": [3, 5]}
    found = entries(task_folder(tmp_path / "reviews", [data, {"text": "c"}]))
    assert bare(found) == [
        {"text": "a", "record_id": 5},
        {"text": "b", "record_metadata": "m"},
        {"text": "c"},
    ]
    assert found[1]["id"] == found[0]["id"] + "-2"


def test_a_column_whose_name_is_taken_gets_a_letter_before_it(tmp_path: Path) -> None:
    from tests import samples
    from tests.exporting import answer

    columns = {"id": "own", "score": "mine", "topic": "x"}
    lines = [
        answer("a", 2, {"score": 1, "id": 9}, columns=columns),
        samples.record("b", row=3, columns=columns),
    ]
    samples.write_lines(tmp_path / "run" / "output.json", lines)
    first, second = entries(tmp_path / "run")
    assert (first["q_id"], first["q_score"], first["score"], first["data_id"]) == ("own", "mine", 1, 9)
    assert (second["q_id"], second["q_score"], second["topic"]) == ("own", "mine", "x")


def test_a_name_that_is_taken_is_left_alone_and_nothing_else_stays_behind(tmp_path: Path) -> None:
    folder = run_folder(tmp_path / "run", ["a"])
    out = tmp_path / "out" / "mine.json"
    first, second = (exported(folder, "json", out=out)[0] for _ in range(2))
    assert (first, second) == (out, tmp_path / "out" / "mine-2.json")
    assert sorted(one.name for one in out.parent.iterdir()) == ["mine-2.json", "mine.json"]


@pytest.mark.parametrize(("kind", "number"), [("rename", 1), ("rename", 2), ("sync", 2), ("mkdir", 1)])
def test_a_failed_export_leaves_no_litter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, number: int
) -> None:
    from dset import steps

    met: list[str] = []

    def full(step: steps.Step) -> Any:
        met.append(step.kind)
        if step.kind == kind and met.count(kind) == number:
            raise OSError(28, "No space left on device")
        return step.take()

    folder = run_folder(tmp_path / "run", ["a"])
    monkeypatch.setattr(steps, "watch", full)
    with pytest.raises(OSError, match="No space"):
        exported(folder, "jsonl", "csv", exports=tmp_path / "out")
    assert not (tmp_path / "out").exists() or list((tmp_path / "out").iterdir()) == []


def test_what_a_killed_export_left_is_swept_away_after_a_day(tmp_path: Path) -> None:
    import os

    for name, age in (("old", 90_000), ("young", 80_000)):
        left = tmp_path / "exports" / f".export-{name}.new"
        left.mkdir(parents=True)
        (left / "entries").write_bytes(b"x")
        os.utime(left, (left.stat().st_mtime - age,) * 2)
    exported(run_folder(tmp_path / "run", ["a"]), exports=tmp_path / "exports")
    assert [one.name for one in (tmp_path / "exports").glob(".*")] == [".export-young.new"]


def test_the_default_name_tells_the_task_and_the_time_in_utc(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from datetime import UTC, datetime

    from dset import clocks

    monkeypatch.setattr(clocks, "now", lambda: datetime(2026, 11, 21, 23, 5, 9, tzinfo=UTC))
    made = exported(task_folder(tmp_path / "reviews", RECORDS), "jsonl", "chat", split=(50, 50))
    start = "auto-dataset-reviews-20261121-230509"
    assert [one.name for one in made] == [
        f"{start}-train.jsonl", f"{start}-test.jsonl", f"{start}-chat-train.jsonl", f"{start}-chat-test.jsonl",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("package", "more"),
    [
        ("pyarrow", {"formats": ("hf",)}),
        ("rensa", {"split": (50, 50)}),
        ("huggingface_hub", {"push": "a/b", "token": "t"}),
    ],
)
def test_a_package_that_is_missing_is_told_before_anything_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, package: str, more: dict[str, Any]
) -> None:
    import sys

    folder = run_folder(tmp_path / "run", ["a"])
    (folder / "output.json").write_bytes(b'{"metadata": {"id": "damaged\n')
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ImportError) as caught:
        exported(folder, **more)
    assert caught.value.name == package
    assert not Path("exports").exists()
