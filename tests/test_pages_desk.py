"""What is kept of the datasets while they are looked at."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from dset import locks
from dset.browsing import background, following
from dset.folders import Folder
from dset.pages import desk as desk_
from dset.pages.desk import Desk
from dset.pages.shelf import Shelf
from tests import samples


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Folder:
    """A hundred answers, of which each look takes in a few."""
    monkeypatch.setattr(following, "_BLOCK", 2_000)
    monkeypatch.setattr(background, "_SLICE", 0)
    monkeypatch.setattr(desk_, "_PATIENCE", 0)
    made = Folder(tmp_path / "out")
    samples.write_lines(made.journal, [samples.record(f"q{at}") for at in range(100)])
    return made


@pytest.fixture
def desk(folder: Folder, tmp_path: Path) -> Iterator[Desk]:
    (tmp_path / "place").mkdir()
    made = Desk(Shelf((folder.path,)), tmp_path / "place")
    with made.until(threading.Event()):
        yield made


def _key(desk: Desk) -> str:
    return desk.shelf.datasets()[0].key


def _when_idle(desk: Desk) -> None:
    thread = desk._background._thread
    if thread is not None:
        thread.join(20)
        assert not thread.is_alive()


def test_who_asks_for_answers_once_finds_them_all_read_later(desk: Desk) -> None:
    index = desk.index(_key(desk))
    _when_idle(desk)
    assert index.reading is None
    assert index.facets()["statuses"] == [["answered", 100]]


def test_the_answers_of_a_run_that_has_ended_are_read_while_its_page_is_looked_at(desk: Desk) -> None:
    assert desk.snapshot(_key(desk))["state"] == "idle"
    _when_idle(desk)
    assert desk._kept[_key(desk)].index.facets()["statuses"] == [["answered", 100]]


def test_beside_a_run_no_answers_are_read_that_nobody_asks_for(desk: Desk, folder: Folder) -> None:
    lock = locks.Lock(folder.lock, "it")
    lock.acquire()
    try:
        assert desk.snapshot(_key(desk))["state"] == "running"
    finally:
        lock.release()
    _when_idle(desk)
    assert desk._kept[_key(desk)].index.facets()["statuses"] == []


def test_the_end_leaves_nothing_at_work(folder: Folder, tmp_path: Path) -> None:
    (tmp_path / "place").mkdir()
    desk = Desk(Shelf((folder.path,)), tmp_path / "place")
    with desk.until(threading.Event()):
        desk.index(_key(desk))
        thread = desk._background._thread
        assert thread is not None
    assert not thread.is_alive()
