"""The catalog: built-in tasks, those of tasks.json over them, and a broken one in nobody's way."""

import json
from pathlib import Path
from typing import Any

import pytest

from dset.errors import UsageError
from dset.tasks import catalog, definitions
from dset.tasks.definitions import TaskError

NEW: dict[str, Any] = {"schema": {"type": "object", "properties": {"x": {"type": "string"}}}}
OLD: dict[str, Any] = {"schema": {"fields": {"x": {"field_type": "Text", "required": True}}}}


@pytest.fixture(autouse=True)
def built_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three built-in tasks, so that no test depends on which ones the program brings."""
    folder = tmp_path / "package" / "builtin"
    folder.mkdir(parents=True)
    for name in ("ner", "translation", "summarization"):
        text = json.dumps({"name": name, "description": "built in", **NEW})
        (folder / f"{name}.json").write_text(text, encoding="utf-8")
    (folder / "README.txt").touch()
    monkeypatch.setattr("importlib.resources.files", lambda package: tmp_path / "package")


def put(value: Any, name: str = "tasks.json") -> Path:
    path = Path(name)
    path.write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")
    return path


def test_the_built_in_tasks_are_there_without_a_file() -> None:
    found = catalog.load()
    assert found.names() == ("ner", "summarization", "translation")
    assert found.get("ner").description == "built in"
    assert not found.is_own("ner")


def test_tasks_json_of_the_working_directory_adds_and_overrides() -> None:
    put({"mine": NEW, "ner": NEW | {"description": "mine"}})
    found = catalog.load()
    assert found.names() == ("ner", "summarization", "translation", "mine")
    assert found.get("ner").description == "mine"
    assert found.is_own("ner")
    assert found.get("translation").description == "built in"


def test_another_file_goes_in_place_of_tasks_json() -> None:
    put({"mine": NEW})
    assert catalog.load(put({"other": NEW}, "other.json")).names()[3:] == ("other",)


def test_a_file_that_was_named_must_be_there() -> None:
    with pytest.raises(UsageError, match=r"none\.json: cannot be read"):
        catalog.load(Path("none.json"))


def test_both_forms_stand_in_one_file() -> None:
    put({"new": NEW, "old": OLD})
    found = catalog.load()
    assert found.get("old").schema["properties"] == found.get("new").schema["properties"]


def test_a_name_that_is_none_is_told_with_what_was_meant_and_what_there_is() -> None:
    with pytest.raises(UsageError) as error:
        catalog.load().get("sumarization")
    wanted = (
        '"sumarization" is no task; did you mean summarization? There are ner, summarization, translation'
    )
    assert str(error.value) == wanted
    with pytest.raises(UsageError, match='"xyz" is no task; known are ner, summarization, translation'):
        catalog.load().get("xyz")


def test_a_broken_task_is_in_no_other_ones_way() -> None:
    put({"broken": {"schema": {"type": "object"}, "lable": 1}, "hopeless": 5, "mine": NEW})
    found = catalog.load()
    assert found.get("mine").name == "mine"
    with pytest.raises(
        TaskError, match=r"^tasks\.json: broken\.lable: is not known there; did you mean label\?"
    ):
        found.get("broken")
    with pytest.raises(TaskError, match=r"^tasks\.json: hopeless: must be an object, not 5"):
        found.get("hopeless")


def test_what_is_left_out_of_a_task_can_be_asked_for() -> None:
    put({"old": OLD | {"metadata": {}}, "new": NEW})
    found = catalog.load()
    assert found.get("old").name == "old"
    assert [note.split(": is")[0] for note in found.notes("old")] == ["tasks.json: old.metadata"]
    assert found.notes("new") == ()


def test_a_task_that_cannot_be_used_is_told_without_what_could_be_left_out() -> None:
    put({"old": {"schema": {"fields": {"x": "Txet"}}, "metadata": {}}})
    with pytest.raises(TaskError) as error:
        catalog.load().get("old")
    assert len(error.value.faults) == 1


def test_a_key_that_stands_twice_in_a_task_is_told() -> None:
    text = json.dumps({"old": NEW})[:-2] + ', "description": "a", "description": "b"}}'
    Path("tasks.json").write_text(text, encoding="utf-8")
    found = catalog.load()
    assert found.get("old").description == "b"
    assert found.notes("old") == ("tasks.json: old.description: stands there twice; the last one counts",)


def test_a_task_kept_as_json_is_the_same_task() -> None:
    task = catalog.load().get("ner")
    kept = json.loads(json.dumps(definitions.as_document(task)))
    assert definitions.read(kept["name"], kept) == task
