"""Which datasets are on the shelf, whatever the folders look like."""

import json
import os
import sys
import time
from pathlib import Path

import pytest

from dset.locks import Lock
from dset.pages import shelf
from dset.pages.shelf import NotThereError, Shelf


def dataset(path: Path, mark: str = "output.json", text: str = "") -> Path:
    """A folder that holds one of the files of a dataset."""
    path.mkdir(parents=True, exist_ok=True)
    (path / mark).write_text(text)
    return path


def names(*roots: Path) -> list[str]:
    return [one.name for one in Shelf(roots).datasets()]


def test_a_folder_and_what_stands_in_it_are_found_the_folder_first(clean_place: Path) -> None:
    root = dataset(Path("dset_generator"))
    for below in ("tasks/b", "tasks/a", "captions/c", "rehearsal", "rehearsal/tasks/d", "scraped/e"):
        dataset(root / below)
    dataset(root / "exports/1")  # what a dataset's other folders hold is none
    assert names(root) == [
        "dset_generator",
        *(f"dset_generator/{one}" for one in ("captions/c", "rehearsal", "rehearsal/tasks/d", "scraped/e", "tasks/a", "tasks/b")),
    ]  # fmt: skip


@pytest.mark.parametrize("mark", ["output.json", "rejected.json", "runs.json", "plan.json"])
def test_each_file_of_a_dataset_makes_one(tmp_path: Path, mark: str) -> None:
    dataset(tmp_path / "x", mark, "{}")
    (tmp_path / "y").mkdir()
    assert names(tmp_path) == [f"{tmp_path.name}/x"]


def test_each_is_called_what_it_is(tmp_path: Path) -> None:
    root = dataset(tmp_path / "rehearsal" / "of_mine")  # a folder of the user's that happens to be called so
    dataset(root / "tasks" / "t", "plan.json", '{"task": {}}')
    dataset(root / "captions" / "c", "plan.json", '{"kind": "captions"}')
    dataset(root / "rehearsal" / "tasks" / "t", "plan.json", '{"task": {}}')
    dataset(dataset(tmp_path / "again"), "second.json", "{}")
    found = {one.name: one.kind for one in Shelf((root, tmp_path / "again")).datasets()}
    assert found == {
        "of_mine": "run",
        "of_mine/captions/c": "captions",
        "of_mine/rehearsal/tasks/t": "rehearsal",
        "of_mine/tasks/t": "task",
        "again": "second",
    }


def test_the_list_says_how_large_it_is_and_whether_it_runs(tmp_path: Path) -> None:
    root = dataset(tmp_path / "x", text="12345")
    os.utime(root / "output.json", (0, 0))
    (one,) = Shelf((root,)).datasets()
    assert one.told() == {
        "key": one.key, "name": "x", "kind": "run", "answers_bytes": 5, "changed": "1970-01-01T00:00:00Z", "is_running": False,
    }  # fmt: skip
    lock = Lock(root / ".lock", "it")
    lock.acquire()
    assert one.told()["is_running"] is True
    lock.release()
    (root / "output.json").unlink()
    assert (one.told()["answers_bytes"], one.told()["changed"]) == (0, None)


def test_a_name_tells_no_more_of_a_path_than_it_must(tmp_path: Path, clean_place: Path) -> None:
    one, other = dataset(tmp_path / "home" / "a" / "out"), dataset(tmp_path / "home" / "b" / "out")
    assert names(one) == ["out"]
    assert names(one, other) == ["a/out", "b/out"]
    assert names(dataset(clean_place / "here" / "x")) == ["here/x"]
    assert names(Path("here/x")) == names(Path("./here/../here/x")) == ["here/x"]
    dataset(clean_place)
    assert names(Path(".")) == names(clean_place) == [clean_place.name]


def test_a_folder_that_is_served_twice_in_whatever_way_is_listed_once(
    tmp_path: Path, clean_place: Path
) -> None:
    inner = dataset(dataset(clean_place / "out") / "tasks" / "a")
    (tmp_path / "link").symlink_to(clean_place / "out")
    roots = (inner, clean_place / "out", Path("out"), tmp_path / "link")
    assert names(*roots) == ["out/tasks/a", "out"]


def test_keys_are_the_same_after_a_restart_and_however_the_folder_is_named(clean_place: Path) -> None:
    dataset(clean_place / "out")
    keys = {
        one.key
        for root in (Path("out"), clean_place / "out", Path("out/../out"))
        for one in Shelf((root,)).datasets()
    }
    assert len(keys) == 1
    assert int(keys.pop(), 16)


def test_links_lead_nowhere(tmp_path: Path) -> None:
    root, secret = dataset(tmp_path / "root" / "x").parent, dataset(tmp_path / "secret")
    (root / "out").symlink_to(secret)
    (root / "x" / "tasks").symlink_to(tmp_path)
    (root / "loop").symlink_to(root)
    assert names(root) == ["root/x"]


def test_a_pipe_is_no_journal(tmp_path: Path) -> None:
    if sys.platform == "win32":
        pytest.skip("has no such pipes")
    os.mkfifo(tmp_path / "output.json")
    (tmp_path / "runs.json").mkdir()
    assert names(tmp_path) == []


@pytest.mark.skipif(
    sys.platform == "win32" or os.geteuid() == 0, reason="nothing is closed to an administrator"
)
def test_a_folder_that_may_not_be_read_hides_only_itself(tmp_path: Path) -> None:
    dataset(tmp_path / "open")
    closed = dataset(tmp_path / "closed")
    closed.chmod(0)
    try:
        assert names(tmp_path) == [f"{tmp_path.name}/open"]
    finally:
        closed.chmod(0o700)


def test_a_folder_that_cannot_be_listed_hides_only_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset(tmp_path / "open")
    dataset(tmp_path / "closed" / "x")
    scandir = os.scandir

    def refused(path: Path) -> object:
        if Path(path).name == "closed":
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refused)
    assert names(tmp_path) == [f"{tmp_path.name}/open"]


def test_strange_names_are_valid_text_that_no_terminal_obeys(tmp_path: Path) -> None:
    strange = ["a\x1b[31mb", "ab\u202egnp", "c\nd", "<img src=x onerror=alert(1)>", "ไทย"]
    if sys.platform == "linux":
        strange.append(os.fsdecode(b"\xff\xfe"))
    for name in strange:
        dataset(tmp_path / "r" / name)
    found = Shelf((tmp_path / "r",)).datasets()
    said = json.dumps([one.told() for one in found], ensure_ascii=False).encode()
    assert len(found) == len(strange)
    assert len({one.key for one in found}) == len(strange)
    assert b"\x1b" not in said
    assert {one.name for one in found} >= {
        "r/ab",
        "r/abgnp",
        "r/c d",
        "r/<img src=x onerror=alert(1)>",
        "r/ไทย",
    }


def test_what_goes_between_the_list_and_the_look_is_not_there(tmp_path: Path) -> None:
    served = Shelf((dataset(tmp_path / "x"),))
    (one,) = served.datasets()
    assert served.get(one.key) == one
    (tmp_path / "x" / "output.json").unlink()
    for key in (one.key, "", "x", "../x", "0" * 12, one.key.upper() + "\0"):
        with pytest.raises(NotThereError):
            served.get(key)
    assert served.datasets() == []


def test_what_comes_while_it_is_served_is_found_at_once(tmp_path: Path) -> None:
    served = Shelf((tmp_path,))
    assert served.datasets() == []
    dataset(tmp_path / "x")
    (one,) = served.datasets()
    assert served.get(one.key).folder.path == tmp_path / "x"


def test_a_look_that_takes_long_is_not_repeated_for_each_request(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shelf, "_QUICK", -1.0)
    clock = iter(range(1_000))
    monkeypatch.setattr(time, "monotonic", lambda: float(next(clock)))
    looks = []

    def below(root: Path) -> list[Path]:
        looks.append(root)
        return []

    monkeypatch.setattr(shelf, "_below", below)
    served = Shelf((tmp_path,))
    for _ in range(12):  # a second goes by at each
        served.datasets()
    assert len(looks) == 2


def test_of_a_whole_disk_only_so_much_is_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shelf, "_LOOKED_AT", 5)
    for number in range(20):
        dataset(tmp_path / f"{number:02}")
        dataset(tmp_path / ".hidden" / f"{number}")
    assert names(tmp_path) == [f"{tmp_path.name}/0{number}" for number in range(4)]
    deep = dataset(tmp_path / "deep" / "/".join("abcdefgh"[: shelf._DEEP + 1]))
    assert names(tmp_path / "deep") == []
    assert names(deep) == [deep.name]


def test_plans_that_are_no_plans_are_told_as_tasks(tmp_path: Path) -> None:
    for number, text in enumerate(["", "[" * 100_000, "[1]", '{"kind": 5}', "\x00", "null"]):
        dataset(tmp_path / "r" / str(number), "plan.json", text)
    assert {one.kind for one in Shelf((tmp_path / "r",)).datasets()} == {"task"}
