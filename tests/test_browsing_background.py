"""Indexes that are read on by themselves."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest

from dset.browsing import background, following
from dset.browsing.background import Background
from dset.browsing.index import Index
from dset.errors import StorageError
from dset.folders import Folder
from tests import samples


class Acted:
    """An index whose slices are counted; `act` is called with each, and says whether all is read."""

    def __init__(self, act: Callable[[int], bool]) -> None:
        self._act, self.slices = act, 0

    @property
    def reading(self) -> dict[str, int]:
        return {"bytes": self.slices, "of": 100}

    def refresh(self, _: float) -> bool:
        self.slices += 1
        return self._act(self.slices)


def as_index(acted: Acted) -> Index:
    return cast(Index, acted)


def until_idle(reader: Background) -> None:
    thread = reader._thread
    if thread is not None:
        thread.join(20)
        assert not thread.is_alive()


def test_an_index_is_read_to_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "_BLOCK", 2_000)
    monkeypatch.setattr(background, "_SLICE", 0)
    folder = Folder(tmp_path / "out")
    samples.write_lines(folder.journal, [samples.record(f"q{at}") for at in range(100)])
    (tmp_path / "place").mkdir()
    with Index(folder, tmp_path / "place") as index:
        assert not index.refresh(0)
        reader = Background()
        reader.read(index)
        until_idle(reader)
        assert index.reading is None
        assert index.facets()["statuses"] == [["answered", 100]]


def test_several_have_their_turns() -> None:
    turns: list[str] = []
    begun = threading.Event()

    def acted(name: str) -> Any:
        def act(slices: int) -> bool:
            begun.wait(20)
            turns.append(name)
            return slices == 3

        return as_index(Acted(act))

    reader = Background()
    for name in "abc":
        reader.read(acted(name))
    begun.set()
    until_idle(reader)
    assert "".join(turns) == "abcabcabc"


def test_one_that_is_asked_for_again_is_read_once() -> None:
    begun = threading.Event()
    acted = Acted(lambda _: begun.wait(20))
    reader = Background()
    for _ in range(3):
        reader.read(as_index(acted))
    begun.set()
    until_idle(reader)
    assert acted.slices == 1


def test_what_came_later_is_read_when_it_is_asked_for_later() -> None:
    acted, reader = Acted(lambda _: True), Background()
    for _ in range(2):
        reader.read(as_index(acted))
        until_idle(reader)
    assert acted.slices == 2


def test_one_that_cannot_be_read_leaves_the_others_in_peace() -> None:
    def fail(_: int) -> bool:
        raise StorageError("the disk is full")

    broken, sound, reader = Acted(fail), Acted(lambda slices: slices == 2), Background()
    reader.read(as_index(broken))
    reader.read(as_index(sound))
    until_idle(reader)
    assert (broken.slices, sound.slices) == (1, 2)


def test_nobody_waits_for_what_does_not_come() -> None:
    """A file that is replaced at this moment: it is looked at again when somebody asks."""

    class Stuck(Acted):
        @property
        def reading(self) -> dict[str, int]:
            return {"bytes": 0, "of": 100}

    stuck, reader = Stuck(lambda _: False), Background()
    reader.read(as_index(stuck))
    until_idle(reader)
    assert stuck.slices == 1


def test_the_end_comes_after_the_slice_and_for_good() -> None:
    endless, reader = Acted(lambda _: False), Background()
    reader.read(as_index(endless))
    thread = reader._thread
    assert thread is not None
    reader.end(20)
    assert not thread.is_alive()
    slices = endless.slices
    reader.read(as_index(endless))
    until_idle(reader)
    assert endless.slices == slices
