"""A task file: damaged, hostile or odd, it is read or refused with the place, never with a traceback."""

import contextlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dset.errors import UsageError
from dset.tasks import documents

TASK = {"schema": {"type": "object", "properties": {"x": {}}}}

REFUSED: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "line 1, column 1: is no JSON"),
    "a comma too many": (b'{\n  "a": [1, 2,],\n}', "line 2, column "),
    "cut short": (b'{"a": {', "line 1, column 8: is no JSON"),
    "another word": (b"{'a': 1}", "line 1, column 2: is no JSON"),
    "two values": (b"{} {}", "line 1, column 4: is no JSON: extra data"),
    "NaN": (b'{"a": NaN}', "is no JSON: NaN is no number there"),
    "UTF-16": ('{"a": 1}'.encode("utf-16"), "is UTF-16; save it as UTF-8"),
    "cp874": ('{"a": "ก"}'.encode("cp874"), "is not UTF-8 text (byte 8); save it as UTF-8"),
    "many levels": (b"[" * 100_000, "is nested deeper than 60 levels"),
    "more levels than a task has": (b'{"a":' * 100 + b"1" + b"}" * 100, "is nested deeper than 60 levels"),
    "a number without end": (b'{"a": ' + b"9" * 5000 + b"}", "Exceeds the limit"),
    "half a character": (b'{"a": ["\\ud83d"]}', "a[0]: holds half a character"),
    "half a character in a name": (b'{"\\udc00": 1}', "the file: holds half a character"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_task_file_is_refused_with_its_place(name: str, tmp_path: Path) -> None:
    data, said = REFUSED[name]
    path = tmp_path / "tasks.json"
    path.write_bytes(data)
    with pytest.raises(UsageError) as error:
        documents.read(path)
    assert str(error.value).startswith(f"{path}: {said}")
    assert "\n" not in str(error.value)


def test_a_file_that_is_not_there_and_a_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"none\.json: cannot be read \(No such file"):
        documents.read(tmp_path / "none.json")
    with pytest.raises(UsageError, match="cannot be read"):
        documents.read(tmp_path)


@given(st.binary(max_size=60) | st.text(alphabet='{}[]",:a1\\u\n ', max_size=40).map(str.encode))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    with contextlib.suppress(UsageError):
        documents.parse(data, "f")


SHAPES: dict[str, tuple[Any, list[str]]] = {
    "by name": ({"a": TASK, "b": TASK}, ["a", "b"]),
    "a list": ([{"name": "a", **TASK}, {"name": "b", **TASK}], ["a", "b"]),
    "under tasks, by name": ({"tasks": {"a": TASK}, "version": 1}, ["a"]),
    "under tasks, a list": ({"$schema": "x", "tasks": [{"name": "a", **TASK}]}, ["a"]),
    "a task called tasks": ({"tasks": TASK, "a": TASK}, ["tasks", "a"]),
    "a task called schema": ({"schema": TASK}, ["schema"]),
    "one task": ({"name": "a", **TASK}, ["a"]),
    "one task without a name": (TASK, ["tasks"]),
    "one task in the older form": ({"schema": {"name": "a", "fields": {}}}, ["a"]),
    "a list in the older form": ([{"schema": {"name": "a", "fields": {}}}], ["a"]),
    "a broken task among others": ({"a": TASK, "b": 5}, ["a", "b"]),
}


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize("bom", ["", "\ufeff"])
def test_the_tasks_are_found_however_the_file_holds_them(name: str, bom: str, tmp_path: Path) -> None:
    value, names = SHAPES[name]
    path = tmp_path / "tasks.json"
    path.write_text(bom + json.dumps(value), encoding="utf-8")
    stated, findings = documents.read(path)
    assert [one.name for one in stated] == names
    assert findings == []


BESIDE: dict[str, tuple[str, str]] = {
    "a name twice": ('{"a": {"schema": {}}, "b": {}, "a": {}}', "a: stands there twice; the last one counts"),
    "a name twice in a list": ('[{"name": "a"}, {"name": "a"}]', 'the task "a" stands there twice; the last one counts'),
    "no name": ('[{"name": "a"}, {}]', '[1]: must be a task with a "name"'),
    "no task": ('{"tasks": {}}', "tasks: holds no task"),
    "no tasks": ("[]", "must be an object of tasks by name, or a list of them, not []"),
    "a word": ('"tasks"', 'must be an object of tasks by name, or a list of them, not "tasks"'),
    "a key nobody reads": ('{"tasks": {"a": {}}, "verison": 1}', "verison: is not known there; did you mean version?"),
}  # fmt: skip


@pytest.mark.parametrize("name", BESIDE)
def test_what_is_wrong_beside_the_tasks_is_named(name: str, tmp_path: Path) -> None:
    text, said = BESIDE[name]
    path = tmp_path / "tasks.json"
    path.write_text(text, encoding="utf-8")
    _, findings = documents.read(path)
    assert [one.line_of_file("tasks.json") for one in findings] == [f"tasks.json: {said}"]


def test_a_key_that_stands_twice_in_a_task_is_kept_with_it(tmp_path: Path) -> None:
    path = tmp_path / "tasks.json"
    path.write_text('{"tasks": [{"name": "a", "schema": {"x": 1, "x": 2}}, {"name": "b"}]}', encoding="utf-8")
    stated, findings = documents.read(path)
    assert [one.doubled for one in stated] == [("schema.x",), ()]
    assert findings == []
