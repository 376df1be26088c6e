"""What can be exported, and how what is wrong with it is told."""

import json
from pathlib import Path
from typing import Any

import pytest

from dset.errors import UsageError
from tests import samples
from tests.exporting import SCHEMA, bare, entries, exported, run_folder, task_folder
from tests.samples import HOSTILE


def made(path: Path, text: str | bytes) -> Path:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


RECORDS = [{"a": 1, "b": "x"}, {"a": 2, "b": None}]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("array.json", json.dumps(RECORDS)),
        ("indented.json", "\ufeff\n " + json.dumps(RECORDS, indent=3) + "\n\n"),
        ("lines.jsonl", "".join(json.dumps(one) + "\r\n" for one in RECORDS)),
        ("lines.json", "\n\n".join(map(json.dumps, RECORDS))),
        ("marked.jsonl", "\ufeff" + "\n".join(map(json.dumps, RECORDS))),
        ("lists.json", json.dumps({"train": RECORDS[:1], "test": RECORDS[1:]})),
        ("columns.json", json.dumps({"a": [1, 2], "b": ["x", None]}, indent=1)),
    ],
)
def test_json_is_read_in_each_of_its_forms(tmp_path: Path, name: str, text: str) -> None:
    assert entries(made(tmp_path / name, text)) == RECORDS


def test_an_object_of_records_gives_them_their_names_as_ids(tmp_path: Path) -> None:
    text = json.dumps({"one": {"a": 1}, "two": {"a": 2, "id": "own"}})
    assert entries(made(tmp_path / "x.json", text)) == [{"id": "one", "a": 1}, {"a": 2, "id": "own"}]


def test_an_array_is_read_in_pieces_of_any_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from dset.exports import arrays

    records = [{"n": n, "text": text, "deep": [[n], {"x": -n * 1.5}]} for n, text in enumerate(HOSTILE)]
    source = made(tmp_path / "x.json", json.dumps(records, indent=1).replace("]},", "]} , \n"))
    whole = entries(source)
    for size in (1, 7, 1000):
        monkeypatch.setattr(arrays, "_CHUNK", size)
        assert entries(source) == whole
    assert [one["n"] for one in whole] == list(range(len(HOSTILE)))


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_cells_of_a_csv_stay_text(tmp_path: Path, delimiter: str) -> None:
    rows = ["id,b", '007,"1,5"', '" x ","two\r\nlines"', "", "=1+1,NULL", "short"]
    text = "\r\n".join(rows).replace(",", delimiter).replace(f"1{delimiter}5", "1,5")
    assert entries(made(tmp_path / "x.csv", "\ufeff" + text)) == [
        {"id": "007", "b": "1,5"}, {"id": " x ", "b": "two\r\nlines"}, {"id": "=1+1", "b": "NULL"}, {"id": "short"},
    ]  # fmt: skip


def test_the_journal_may_be_named_itself(tmp_path: Path) -> None:
    folder = task_folder(tmp_path / "reviews", [{"text": "a"}])
    assert entries(folder / "output.json") == entries(folder)


def test_a_line_that_a_run_has_not_ended_is_left_out(tmp_path: Path) -> None:
    folder = run_folder(tmp_path / "run", ["a", "b"])
    with (folder / "output.json").open("ab") as stream:
        stream.write(b'{"metadata": {"id": "00')
    assert len(entries(folder)) == 2


def test_records_of_the_original_tool_are_exported_with_the_id_they_are_known_by(tmp_path: Path) -> None:
    samples.write_lines(tmp_path / "run" / "output.json", [samples.original("Why?")])
    (found,) = entries(tmp_path / "run")
    assert found["id"] == samples.question("Why?").id
    assert bare([found]) == [{"question": "Why?", "thoughts": None, "final_answer": "Because."}]


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("x.jsonl", '{"a": 1}\n{"a": \n', "line 2 is no JSON"),
        ("x.jsonl", '{"a": 1}\n[1]\n', "line 2 is no object"),
        ("x.json", '[{"a": 1}, 7]', "element 2 is no object"),
        ("x.json", '[{"a": 1}, {"b"', "after element 1"),
        ("x.json", '[{"a": 1}] x', "after element 1"),
        ("x.json", '{"a": ', "as a whole is no JSON"),
        ("x.json", "[" * 100_000, "no JSON after element 0"),
        ("x.csv", "a,a\n1,2\n", "two columns a"),
        ("x.csv", "a,b\n1,2\n1,2,3\n", "line 3 has 3 cells"),
        ("x.csv", 'a,b\n1,"2\n', "line 2"),
        ("x.csv", b"a,b\n1,\xc0\n", "byte 0xc0"),
        ("x.jsonl", b'{"a": "\xc0"}\n', "byte 0xc0"),
        ("x.json", "", "nothing to export"),
        ("x.json", "[]", "nothing to export"),
        ("x.csv", "a,b\n", "nothing to export"),
        ("x.txt", "a", "no kind of file"),
        ("x.jsonl", '{"a":' * 100_000, "line 1 is no JSON"),
    ],
)
def test_damage_is_told_by_its_place_in_one_line(
    tmp_path: Path, name: str, text: str | bytes, told: str
) -> None:
    with pytest.raises(UsageError, match=told) as caught:
        entries(made(tmp_path / name, text))
    assert name in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_damaged_line_of_the_journal_is_told_by_its_number(tmp_path: Path) -> None:
    folder = run_folder(tmp_path / "run", ["a", "b", "c"])
    lines = (folder / "output.json").read_bytes().split(b"\n")
    (folder / "output.json").write_bytes(b"\n".join([lines[0], b'{"metadata": {"id": "', *lines[1:]]))
    with pytest.raises(UsageError, match=r"output\.json line 2 is damaged"):
        entries(folder)


@pytest.mark.parametrize("plan", ["", "{", "[]", '{"task": 3}'])
def test_a_damaged_plan_is_told(tmp_path: Path, plan: str) -> None:
    folder = run_folder(tmp_path / "run", ["a"])
    (folder / "plan.json").write_text(plan)
    with pytest.raises(UsageError, match=r"plan\.json is damaged"):
        entries(folder)


def test_what_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is not there"):
        entries(tmp_path / "nowhere")
    with pytest.raises(UsageError, match="holds no output"):
        entries(tmp_path)


def test_numbers_that_json_cannot_hold_become_null_and_that_is_told(tmp_path: Path) -> None:
    told: list[str] = []
    source = made(tmp_path / "x.jsonl", '{"a": [NaN, 1.5], "b": {"c": -Infinity}}\n{"a": [2], "b": null}\n')
    assert entries(source, told=told) == [{"a": [None, 1.5], "b": {"c": None}}, {"a": [2], "b": None}]
    assert any("1 entry held NaN" in line for line in told)


def merged(tmp_path: Path, first: list[dict[str, Any]], second: list[dict[str, Any]]) -> tuple[Path, Path]:
    return made(tmp_path / "a.json", json.dumps(first)), made(tmp_path / "b.json", json.dumps(second))


def test_merged_entries_have_the_fields_of_all_and_null_for_what_is_missing(tmp_path: Path) -> None:
    found = entries(merged(tmp_path, [{"a": 1, "b": 2}], [{"c": 3, "a": 4}]))
    assert [list(one.items()) for one in found] == [
        [("a", 1), ("b", 2), ("c", None)], [("a", 4), ("b", None), ("c", 3)],
    ]  # fmt: skip


def test_the_same_id_is_kept_once_if_the_entries_are_equal_and_renamed_if_not(tmp_path: Path) -> None:
    told: list[str] = []
    first = [{"id": "x", "a": 1}, {"id": "y", "a": 2}, {"id": "x-2", "a": 3}]
    second = [{"id": "y", "a": 2}, {"id": "x", "a": 9}, {"id": "z", "a": 1}]
    found = entries(merged(tmp_path, first, second), told=told)
    assert [(one["id"], one["a"]) for one in found] == [("x", 1), ("y", 2), ("x-2", 3), ("x-3", 9), ("z", 1)]
    assert any("1 equal entry kept once, 1 renamed" in line for line in told)


def test_a_folder_that_is_named_twice_counts_once(tmp_path: Path) -> None:
    folder = run_folder(tmp_path / "run", ["a", "b"])
    assert len(entries((folder, folder))) == 2
    assert len(entries((folder, folder / "output.json"))) == 2


def test_values_of_different_kinds_in_two_files_are_told_and_stand_as_json_text(tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    told: list[str] = []
    (parquet,) = exported(merged(tmp_path, [{"a": 1}], [{"a": "x"}]), "parquet", told=told)
    assert pq.read_table(parquet).to_pylist() == [{"a": "1"}, {"a": '"x"'}]
    assert any("'a'" in line and "a.json" in line and "b.json" in line for line in told)


def test_tasks_whose_schemas_give_a_field_different_kinds_are_not_merged(tmp_path: Path) -> None:
    other = {"type": "object", "properties": {"score": {"type": "string"}}}
    one = task_folder(tmp_path / "one", [{"score": 1}])
    two = task_folder(tmp_path / "two", [{"score": "1"}], task={"name": "two", "schema": other})
    with pytest.raises(UsageError, match=r"'score' is a number in .*one, text in .*two"):
        entries((one, two))
    integer = {"type": "object", "properties": {"score": {"type": "integer"}}}
    three = task_folder(tmp_path / "three", [{"score": 5}], task={"schema": SCHEMA | integer})
    assert len(entries((one, three))) == 2


def test_the_csv_of_a_folder_stands_for_its_journal_which_has_the_cells_unguarded(tmp_path: Path) -> None:
    folder = run_folder(tmp_path / "run", ["=1+1"])
    made(folder / "output.csv", "timestamp,question\nx,'=1+1\n")
    assert [one["question"] for one in entries(folder / "output.csv")] == ["=1+1"]


def test_answers_of_a_task_that_have_no_record_are_counted(tmp_path: Path) -> None:
    told: list[str] = []
    folder = task_folder(tmp_path / "reviews", [{"text": "a"}, None, "text"])
    assert len(entries(folder, told=told)) == 1
    assert any("2 answers without a record left out" in line for line in told)
