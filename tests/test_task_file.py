"""tasks.json, changed in place: one task comes or goes, and nothing else of the file moves."""

import json
import os
import stat
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dset import steps
from dset.errors import UsageError
from dset.tasks import documents, task_file, task_text
from tests.tasks import FEELINGS

SMALL: dict[str, Any] = {"schema": {"type": "object", "properties": {"คำ": {"type": "string"}}}}
ONE_LINE = '{"schema": {"type": "object", "properties": {"คำ": {"type": "string"}}}}'
OVER_LINES = """{
    "schema": {
      "type": "object",
      "properties": {
        "คำ": {
          "type": "string"
        }
      }
    }
  }"""

PUT = {  # before, after
    "an empty object": ("{}", f'{{\n  "new": {OVER_LINES}\n}}'),
    "a list, empty": ("[ ]\n", None),
    "an object over lines": ('{\n  "a": {"schema": {}}\n}\n', f'{{\n  "a": {{"schema": {{}}}},\n  "new": {OVER_LINES}\n}}\n'),
    "Windows line ends": ('{\r\n  "a": {}\r\n}\r\n', '{\r\n  "a": {},\r\n  "new": ' + OVER_LINES.replace("\n", "\r\n") + "\r\n}\r\n"),
    "tabs": ('{\n\t"a": {}\n}', '{\n\t"a": {},\n\t"new": ' + OVER_LINES.replace("  ", "\t") + "\n}"),
    "one line": ('{"a": {}}', f'{{"a": {{}}, "new": {ONE_LINE}}}'),
    "one line, tight": ('{"a":{}}', '{"a":{},"new":' + ONE_LINE.replace(": ", ":").replace(", ", ",") + "}"),
    "under tasks": ('{"version": 1,\n "tasks": {\n   "a": {}}, "$comment": "x"}', None),
    "a byte order mark": ('\ufeff{\n  "a": {}\n}\n', None),
    "a key that stands twice": ('{ "a" : {"schema":{}},\n\n  "a" : {"schema":  {} } }', None),
    "in place of an older one": ('{"a": 1, "new": {"schema": {}}, "b": 2}', f'{{"a": 1, "new": {ONE_LINE}, "b": 2}}'),
    "in place of one over lines": ('{\n  "new": {\n    "x": 1\n  } , "b": 2}', f'{{\n  "new": {OVER_LINES} , "b": 2}}'),
    "the last of two": ('{"new": 1, "new": 2}', f'{{"new": 1, "new": {ONE_LINE}}}'),
    "broken ones beside it": ('{"a": 5, "b": "x", "new": null}', f'{{"a": 5, "b": "x", "new": {ONE_LINE}}}'),
    "strange numbers": ('{"a": {"schema": {"maximum": 1.50E+2, "x": 123456789012345678901234567890}}, "s": "\\u0e01"}', None),
}  # fmt: skip


@pytest.fixture
def path(clean_place: Path) -> Path:
    return clean_place / "tasks.json"


def saved(path: Path, text: str) -> None:
    path.write_bytes(text.encode())


def tasks(path: Path) -> dict[str, object]:
    return {one.name: one.document for one in documents.read(path)[0]}


@pytest.mark.parametrize("shape", PUT)
def test_a_task_is_put_in_and_every_other_byte_stays(path: Path, shape: str) -> None:
    before, after = PUT[shape]
    saved(path, before)
    known = tasks(path)
    is_new = task_file.put(path, "new", SMALL)
    assert is_new == ("new" not in known)
    got = path.read_bytes().decode()
    if after is not None:
        assert got == after
    assert set(known) | {"new"} == set(tasks(path))
    assert all(tasks(path)[name] == known[name] for name in known.keys() - {"new"})


@pytest.mark.parametrize("shape", PUT)
def test_what_was_put_in_is_taken_out_again_byte_for_byte(path: Path, shape: str) -> None:
    before = PUT[shape][0]
    saved(path, before)
    if "new" in tasks(path) or not tasks(path):
        before = before.strip()
        task_file.put(path, "new", SMALL)
        assert task_file.remove(path, "new")
        assert "new" not in tasks(path)
        return
    task_file.put(path, "new", SMALL)
    assert task_file.remove(path, "new")
    assert path.read_bytes().decode() == before


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('{"a": 1, "new": 2, "b": 3}', '{"a": 1, "b": 3}'),
        ('{"new": 1, "b": 3}', '{"b": 3}'),
        ('{"a": 1 , "new": 2 }', '{"a": 1 }'),
        ('{\n  "new": 1\n}\n', "{\n}\n"),
        ('{"new": 1, "a": 5, "new": 2}', '{"a": 5}'),
        ('[{"name": "a"}, {"name": "new", "schema": {}}]', '[{"name": "a"}]'),
        ('\ufeff {"name": "new", "schema": {}}\n', "\ufeff {}\n"),
        ('{"tasks": [{"schema": {"name": "new", "fields": {}}}], "version": 1}', '{"tasks": [], "version": 1}'),
    ],
)  # fmt: skip
def test_a_task_is_taken_out_with_one_comma(path: Path, before: str, after: str) -> None:
    saved(path, before)
    assert task_file.remove(path, "new")
    assert path.read_bytes().decode() == after
    assert not task_file.remove(path, "new")


def test_a_list_names_its_new_task(path: Path) -> None:
    saved(path, '[\n  {"name": "a", "schema": {}}\n]')
    task_file.put(path, "new", SMALL)
    assert json.loads(path.read_bytes())[1] == {"name": "new", **SMALL}
    task_file.put(path, "new", {**SMALL, "description": "again"})
    assert [one["name"] for one in json.loads(path.read_bytes())] == ["a", "new"]


def test_a_file_that_is_one_task_takes_that_one_again_and_no_other(path: Path) -> None:
    saved(path, '\n{"name": "new", "schema": {"type": "object"}}\n')
    assert not task_file.put(path, "new", SMALL)
    assert path.read_bytes().decode() == '\n{"name": "new", ' + ONE_LINE[1:] + "\n"
    with pytest.raises(UsageError, match=r'it is the one task new and no more: write \{"new": …\} around it'):
        task_file.put(path, "other", SMALL)


def test_a_file_is_made_where_there_is_none_and_stays_unmade_where_nothing_is_taken_out(path: Path) -> None:
    assert not task_file.remove(path, "new")
    assert not path.exists()
    assert task_file.put(path, "new", SMALL)
    assert path.read_bytes().decode() == f'{{\n  "new": {OVER_LINES}\n}}\n'
    assert [one.name for one in path.parent.iterdir()] == ["tasks.json"]


REFUSED = {
    b'{"a": {},}': r"tasks\.json: line 1, column \d+: is no JSON",
    b"": r"tasks\.json: line 1, column 1: is no JSON",
    b'{"a": "\xff"}': r"tasks\.json: is not UTF-8",
    '{"a": 1}'.encode("utf-16"): r"tasks\.json: is UTF-16",
    b'{"a": NaN}': r"tasks\.json: is no JSON: NaN",
    b'{"a": 1e999}': r"tasks\.json: the number 1e999 is too large",
    b"[" * 5000: r"tasks\.json: ",
    b'"text"': r"tasks\.json: must be an object of tasks by name",
    b'{"tasks": 5}': r"tasks\.json: tasks: must be an object of tasks by name",
}


@pytest.mark.parametrize("data", REFUSED)
def test_what_cannot_be_changed_is_refused_with_its_place_and_never_rewritten(
    path: Path, data: bytes
) -> None:
    path.write_bytes(data)
    with pytest.raises(UsageError, match=REFUSED[data]):
        task_file.put(path, "new", SMALL)
    assert path.read_bytes() == data


@pytest.mark.parametrize("data", [b'{"a": {"schema": {}}}', None])
def test_a_task_that_would_turn_the_file_into_something_else_is_refused(
    path: Path, data: bytes | None
) -> None:
    if data is not None:
        path.write_bytes(data)
    with pytest.raises(UsageError, match="its tasks stand there in a way in which"):
        task_file.put(path, "schema", {"fields": {"x": {"field_type": "Text"}}})
    assert (path.read_bytes() if path.exists() else None) == data


def test_mode_and_link_are_kept(path: Path, clean_place: Path) -> None:
    real = clean_place / "elsewhere.json"
    saved(real, '{"a": {}}')
    real.chmod(0o640)
    path.symlink_to(real)
    task_file.put(path, "new", SMALL)
    assert path.is_symlink()
    assert stat.S_IMODE(real.stat().st_mode) == 0o640
    assert "new" in tasks(real)


def test_a_link_that_leads_to_no_file_yet_stays_a_link(path: Path, clean_place: Path) -> None:
    path.symlink_to(clean_place / "elsewhere.json")
    task_file.put(path, "new", SMALL)
    assert path.is_symlink()
    assert set(tasks(clean_place / "elsewhere.json")) == {"new"}


def test_a_file_that_is_read_only_is_left_alone(path: Path) -> None:
    saved(path, '{"a": {}}')
    path.chmod(0o444)
    with pytest.raises(PermissionError, match="it is read-only"):
        task_file.put(path, "new", SMALL)
    assert path.read_bytes() == b'{"a": {}}'


def test_a_folder_in_its_place_is_refused(path: Path) -> None:
    path.mkdir()
    with pytest.raises(UsageError, match="is no file"):
        task_file.put(path, "new", SMALL)


def test_what_threads_and_processes_put_in_at_once_is_all_there(path: Path) -> None:
    here = "import sys; from pathlib import Path; from dset.tasks import task_file\n"
    code = f"{here}for n in range(5): task_file.put(Path('tasks.json'), f'{{sys.argv[1]}}{{n}}', {{'schema': {{}}}})"
    root = Path(documents.__file__).parents[2]
    others = [
        subprocess.Popen([sys.executable, "-c", code, name], env={**os.environ, "PYTHONPATH": str(root)})
        for name in ("p", "q")
    ]
    threads = [
        threading.Thread(target=lambda at=at: [task_file.put(path, f"t{at}_{n}", SMALL) for n in range(5)])
        for at in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [one.wait() for one in others] == [0, 0]
    wanted = {f"{one}{n}" for one in ("p", "q", "t0_", "t1_", "t2_") for n in range(5)}
    assert set(tasks(path)) == wanted
    assert [one.name for one in path.parent.iterdir()] == ["tasks.json"]


@pytest.mark.parametrize("moment", ["open", "rename"])
def test_what_an_editor_saves_at_that_moment_is_not_lost(
    path: Path, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    saved(path, '{"a": {}}')
    left = ['{"a": {}, "from_the_editor": {}}']

    def watch(step: steps.Step) -> Any:
        where = "tasks.json.new" if moment == "open" else "tasks.json"
        if left and step.kind == moment and step.path.endswith(where):
            path.with_suffix(".tmp").write_text(left.pop())
            path.with_suffix(".tmp").replace(path)
        return step.take()

    monkeypatch.setattr(steps, "watch", watch)
    task_file.put(path, "new", SMALL)
    assert not left
    assert set(tasks(path)) == {"a", "from_the_editor", "new"}
    if moment == "open":  # seen before the swap: nothing had to be put back
        assert [one.name for one in path.parent.iterdir()] == ["tasks.json"]


def test_a_file_that_somebody_makes_at_that_moment_is_added_to(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def watch(step: steps.Step) -> Any:
        if step.kind == "link" and not path.exists():
            saved(path, '{"theirs": {}}')
        return step.take()

    monkeypatch.setattr(steps, "watch", watch)
    assert task_file.put(path, "new", SMALL)
    assert set(tasks(path)) == {"theirs", "new"}


class _KilledError(BaseException):
    pass


def test_a_kill_at_any_step_leaves_the_old_file_or_the_new_one(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for at in range(60):
        for one in path.parent.iterdir():
            one.unlink()
        saved(path, '{"a": {"schema": {}}}')
        taken = 0

        def watch(step: steps.Step, at: int = at) -> Any:
            nonlocal taken
            taken += 1
            if taken > at:
                raise _KilledError
            return step.take()

        with monkeypatch.context() as patch:
            patch.setattr(steps, "watch", watch)
            try:
                task_file.put(path, "new", FEELINGS)
            except _KilledError:
                pass
        assert tasks(path) in ({"a": {"schema": {}}}, {"a": {"schema": {}}, "new": FEELINGS})
        task_file.put(path, "new", FEELINGS)
        assert "new" in tasks(path)
        assert not [one for one in path.parent.iterdir() if "swap" in one.name or one.name.endswith(".new")]
        if taken <= at:
            break
    else:
        raise AssertionError("it never came to its end")


@pytest.mark.parametrize(
    "name", ["", "..", ".", "a/b", "a\\b", "a\0", "-x", "con", "COM1", "x" * 201, "a.", " a", "a\n"]
)
def test_a_name_that_no_folder_can_have_has_a_fault(name: str) -> None:
    assert task_file.name_fault(name)


def test_a_usual_name_has_none() -> None:
    assert not any(map(task_file.name_fault, ("ner", "_x", "9", "vision-animals", "console")))


BLANKS = st.text(" \t\n\r", max_size=3)
NAMES = st.text(alphabet='ab{}[]",:\\\u0e01\U0001f600$', max_size=4)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | NAMES, lambda one: st.lists(one, max_size=2) | st.dictionaries(NAMES, one, max_size=2), max_leaves=5
)  # fmt: skip


@st.composite
def files_of_a_person(draw: st.DrawFn) -> str:
    """A mapping or a list of tasks, laid out in whichever way; at least one stands in it, and some names twice."""
    is_list = draw(st.booleans())

    def blank() -> str:
        return draw(BLANKS)

    parts = []
    for name in draw(st.lists(NAMES.filter(lambda one: one not in {"new", ""}), min_size=1, max_size=4)):
        value = {"name": name, "schema": draw(JSON)} if is_list else draw(JSON)
        text = json.dumps(
            value, ensure_ascii=draw(st.booleans()), indent=draw(st.sampled_from([None, 1, "\t"]))
        )
        key = "" if is_list else json.dumps(name) + blank() + ":" + blank()
        parts.append(blank() + key + text + blank())
    inner = ("[{}]" if is_list else "{{{}}}").format(",".join(parts))
    wrapped = f'{{"tasks"{blank()}:{blank()}{inner}{blank()},{blank()}"version":1}}'
    return blank() + draw(st.sampled_from([inner, wrapped])) + blank()


@settings(max_examples=40, deadline=None, derandomize=True, database=None)
@given(before=files_of_a_person(), times=st.integers(1, 3))
def test_whatever_a_file_looks_like_what_comes_and_goes_leaves_no_trace(before: str, times: int) -> None:
    value = json.loads(before)
    if documents.is_task(value):
        return
    text = before
    for at in range(times):
        text, is_new = task_text.with_task(text, "new", {"schema": {"at": at}}, "tasks")
        assert is_new == (at == 0)
    after = {one.name: one.document for one in documents.stated(text.encode(), Path("tasks.json"))[0]}
    known = {one.name: one.document for one in documents.stated(before.encode(), Path("tasks.json"))[0]}
    assert after.keys() - known.keys() == {"new"}
    assert {name: after[name] for name in known} == known
    assert task_text.without_task(text, "new", "tasks") == (before, True)
