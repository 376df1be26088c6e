"""From a task to files that other tools read, by one command."""

import json
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from dset.rehearsal.server import Script, Server
from dset.tasks import catalog
from dset.tasks.checks import Checks
from tests.running import Run, at
from tests.tasks import FEELINGS, Writer, tasks_json

Main = Callable[..., Run]
Serve = Callable[[Script], Server]


@pytest.fixture(autouse=True)
def _tasks(clean_place: Path) -> None:
    tasks_json(clean_place)


def lines(path: Path) -> list[Any]:
    return [json.loads(line) for line in path.read_bytes().split(b"\n") if line]


def test_entries_carry_what_makes_them_again(main: Main, serve: Serve, clean_place: Path) -> None:
    run = main("task", "feelings", "9", *at(serve(Writer()).base_url, "--format", "jsonl", "--seed", "3"))
    assert run.exit_status == 0, run.said
    [path] = (clean_place / "dset_generator/exports").iterdir()
    assert f"written: {path.relative_to(clean_place).as_posix()}\n" in run.out
    assert path.name.startswith("auto-dataset-feelings-2")
    entries = lines(path)
    assert len(entries) == len({entry["id"] for entry in entries}) == 9
    about = entries[0]["metadata"]
    assert entries[0].keys() == {"id", "text", "label", "metadata"}
    assert about["source"]["model"] == "deepseek-flash"
    assert about["source"]["endpoint"].startswith("local/")
    assert (about["lang"], about["task"], about["seed"]) == ("en", "feelings", 3)
    assert len(about["schema_version"]) == 12
    assert about["created_at"].endswith("Z")
    assert about["parameters"]["topic"] in {"food", "work", "travel", "money"}


def test_several_records_of_an_answer_are_entries_of_their_own(
    main: Main, serve: Serve, clean_place: Path
) -> None:
    flags = at(serve(Writer()).base_url, "--format", "parquet", "--per-request", "4", "--split", "50/50")
    assert main("task", "feelings", "10", *flags).exit_status == 0
    tables = {
        path.name.rpartition("-")[2]: pq.read_table(path)
        for path in (clean_place / "dset_generator/exports").iterdir()
    }
    assert {name: table.num_rows for name, table in tables.items()} == {"train.parquet": 5, "test.parquet": 5}
    labels = Counter(label for table in tables.values() for label in table["label"].to_pylist())
    assert max(labels.values()) - min(labels.values()) <= 1


def test_of_an_answer_that_lost_records_the_others_are_entries(
    main: Main, serve: Serve, clean_place: Path
) -> None:
    writer = Writer(lambda slot, times: {"text": "no"} if slot in {2, 7} and times == 1 else None)
    flags = at(serve(writer).base_url, "--format", "jsonl", "--per-request", "4")
    assert main("task", "feelings", "8", *flags).exit_status == 0
    [path] = (clean_place / "dset_generator/exports").iterdir()
    assert [entry.keys() for entry in lines(path)] == [{"id", "text", "label", "metadata"}] * 8


def test_the_card_tells_the_prompt_that_was_sent(main: Main, serve: Serve, clean_place: Path) -> None:
    main("task", "feelings", "6", *at(serve(Writer()).base_url, "--format", "hf"))
    [folder] = (clean_place / "dset_generator/exports").iterdir()
    card = (folder / "README.md").read_text(encoding="utf-8")
    assert "Write what a person might say." in card
    assert '"enum": ["good", "bad", "neither"]' in card
    assert "invented" not in card


def test_an_export_that_cannot_be_written_is_told_before_a_record_is_paid_for(
    main: Main, monkeypatch: pytest.MonkeyPatch, clean_place: Path
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    run = main("task", "feelings", "6", "--rehearse=calm", "--format", "parquet")
    assert run.exit_status == 2
    assert "pyarrow is missing" in run.err
    assert "Finished" not in run.out
    assert not (clean_place / "dset_generator/rehearsal/tasks").exists()


def test_what_a_rehearsal_invents_stays_beside_it_and_says_so(main: Main, clean_place: Path) -> None:
    run = main("task", "feelings", "6", "--rehearse=calm", "--format", "hf")
    assert run.exit_status == 0, run.said
    assert not (clean_place / "dset_generator/exports").exists()
    [card] = (clean_place / "dset_generator/rehearsal/exports").glob("*/README.md")
    assert "6 of them come from a rehearsal" in card.read_text(encoding="utf-8")


def test_a_dataset_that_is_short_of_records_is_exported_all_the_same(
    main: Main, serve: Serve, clean_place: Path
) -> None:
    writer = Writer(lambda slot, times: "never" if slot == 2 else None)
    run = main("task", "feelings", "4", *at(serve(writer).base_url, "--format", "jsonl"))
    assert run.exit_status == 1
    [path] = (clean_place / "dset_generator/exports").iterdir()
    assert len(lines(path)) == 3


@pytest.mark.parametrize("unique", [["text"], []], ids=["by its text", "by all texts"])
def test_no_record_repeats_a_dataset_that_is_named(
    main: Main, serve: Serve, clean_place: Path, unique: list[str]
) -> None:
    tasks_json(clean_place, feelings={**FEELINGS, "unique": unique})
    server = serve(Writer())
    main("task", "feelings", "3", *at(server.base_url, "--format", "jsonl"))
    [path] = (clean_place / "dset_generator/exports").iterdir()
    for against in ("dset_generator/tasks/feelings", str(path)):
        writer = Writer()
        name = f"second-{len(against)}"
        run = main("task", "feelings", "3", *at(serve(writer).base_url, "--against", against, "--name", name))
        assert run.exit_status == 0
        assert sum(writer.asked.values()) == 6
        assert (
            "of dset_generator" in writer.told[-1][-1]["content"]
            or str(path) in writer.told[-1][-1]["content"]
        )


@pytest.mark.soak
def test_two_thousand_medical_records_are_two_thousand_valid_lines(main: Main, clean_place: Path) -> None:
    run = main("task", "medical_benchmark", "2000", "--rehearse=calm", "--format", "jsonl")
    assert run.exit_status == 0, run.said
    [path] = (clean_place / "dset_generator/rehearsal/exports").iterdir()
    entries = lines(path)
    assert len(entries) == 2000
    task = catalog.load().get("medical_benchmark")
    checks = Checks(task, task.language)
    for entry in entries:
        record = {name: value for name, value in entry.items() if name not in {"id", "metadata"}}
        assert checks.faults(record, {}) == []
