"""The promise, at each disk step of a run of eight rows: one fails, one is blocked, one repeats, one is edited."""

import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dset import commits, steps
from dset.rehearsal.server import Server
from tests.crashes import Crash, Fault, Refusal, Save, Stand, service

PARTS = 4  # of the steps, so that they are walked side by side
ENDS = ["before", "after", "1 byte", "half", "all but one"]
REFUSALS = ["ENOSPC", "FULL", "EIO", "SHORT", "EACCES", "EROFS", "EINTR", "EDQUOT", "EAGAIN", "EFBIG", "INT"]
# Where a first crash leaves most to mend: what it hits (the n-th such step), and how.
FIRST = {
    "a torn answer": ("write", "output.json", 3, "half"),
    "an answer without its newline": ("write", "output.json", 5, "all but one"),
    "an answer that no view has": ("write", "output.csv", 4, "before"),
    "a failure without its bookmark": ("rename", "q.csv", 1, "before"),
    "a bookmark that is not noted as written": ("rename", "q.csv", 1, "after"),
}
Make = Callable[[], Stand]


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[Server, Callable[[Stand], None]]]:
    with service() as both:
        yield both


@pytest.fixture
def fresh(
    served: tuple[Server, Callable[[Stand], None]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Make:
    """A stand of its own for each run; nothing waits, and what a full disk cannot take goes to a folder of the test."""
    monkeypatch.setattr(commits, "PAUSE", 0.0)
    monkeypatch.setattr(commits, "PATIENCE", 0.02)
    monkeypatch.setattr(steps, "PATIENCE", ())
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    numbers = iter(range(10_000))

    def make(of: Stand | None = None) -> Stand:
        place = tmp_path / f"run-{next(numbers)}"
        if of is None:
            place.mkdir()
        stand = of.copy(place) if of else Stand(served[0], place)
        served[1](stand)
        return stand

    return make


@pytest.fixture
def walk(fresh: Callable[..., Stand], monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """Crash or refuse at every so many-th step from the first on, mend, check; returns how many steps there were."""

    def at_each(
        make_fault: Callable[[Path, int], Fault], first: int, every: int, crashes: int, **more: Stand
    ) -> int:
        at = first
        while True:
            stand = fresh(**more)
            fault = make_fault(stand.place, at)
            stand.run(fault, monkeypatch)
            if fault.hit is None:
                return fault.count
            try:
                stand.recover(monkeypatch)
                stand.check(crashes)
            except AssertionError as error:
                raise AssertionError(
                    f"step {at}, {fault.hit.kind} {Path(fault.hit.path).name}: {error}"
                ) from error
            at += every

    return at_each


@pytest.mark.parametrize("part", [0, 2, *(pytest.param(one, marks=pytest.mark.soak) for one in (1, 3))])
@pytest.mark.parametrize("how", ENDS)
def test_a_process_that_ends_at_any_step_loses_nothing_and_buys_at_most_what_was_in_flight(
    walk: Callable[..., int], how: str, part: int
) -> None:
    count = walk(lambda place, at: Crash(place, at, how), part + 1, PARTS, 1)
    assert count > {"before": 90, "after": 50}.get(how, 30)


@pytest.mark.parametrize("first", FIRST)
@pytest.mark.parametrize("how", ["before", "half"])
def test_a_second_end_at_any_step_of_the_recovery_costs_no_more(
    walk: Callable[..., int], fresh: Make, monkeypatch: pytest.MonkeyPatch, first: str, how: str
) -> None:
    every = 8 if first == "a torn answer" else 21  # all of them in the soak
    count = walk(lambda place, at: Crash(place, at, how), 1, every, 2, of=_crashed(fresh, monkeypatch, first))
    assert count > (40 if how == "before" else 10)


@pytest.mark.soak
@pytest.mark.parametrize("first", FIRST)
@pytest.mark.parametrize("how", ENDS)
def test_a_second_end_at_each_step_of_any_recovery_costs_no_more(
    walk: Callable[..., int], fresh: Make, monkeypatch: pytest.MonkeyPatch, first: str, how: str
) -> None:
    walk(lambda place, at: Crash(place, at, how), 1, 1, 2, of=_crashed(fresh, monkeypatch, first))


def _crashed(fresh: Make, monkeypatch: pytest.MonkeyPatch, first: str) -> Stand:
    kind, name, number, how = FIRST[first]
    crashed = fresh()
    assert crashed.run(_Nth(crashed.place, kind, name, number, how), monkeypatch) is None
    return crashed


class _Nth(Crash):
    """Ends at the n-th step of one kind on one file."""

    def __init__(self, place: Path, kind: str, name: str, number: int, how: str) -> None:
        super().__init__(place, -1, how)
        self.kind, self.name, self.number = kind, name, number

    def answer(self, step: steps.Step) -> object:
        if (step.kind, Path(step.path).name) == (self.kind, self.name):
            self.number -= 1
            if self.number == 0:
                self.hit = step
        return super().answer(step)


@pytest.mark.parametrize("name", REFUSALS)
def test_a_disk_that_refuses_a_step_costs_no_answer_and_buys_none_again(
    walk: Callable[..., int], name: str
) -> None:
    every = 36  # all of them in the soak below
    assert walk(lambda place, at: Refusal(place, at, name), 1 + REFUSALS.index(name) % every, every, 0) > 90


@pytest.mark.soak
@pytest.mark.parametrize("name", REFUSALS)
def test_a_disk_that_refuses_any_step_costs_no_answer(walk: Callable[..., int], name: str) -> None:
    assert walk(lambda place, at: Refusal(place, at, name), 1, 1, 0) > 90


SAVES = ["appended in place", "sorted, by a rename", "as UTF-16 with tabs"]


def _saved_at(fresh: Make, monkeypatch: pytest.MonkeyPatch, how: str, first: int, every: int) -> None:
    at = first
    while True:
        stand = fresh()
        save = Save(stand.place, at, how)
        stand.run(save, monkeypatch)
        if save.hit is None:
            assert save.count > 90
            return
        stand.recover(monkeypatch)  # its bookmarks stand whatever the run before could write
        try:
            stand.check_saved()
        except AssertionError as error:
            raise AssertionError(f"step {at}, {save.hit.kind} {Path(save.hit.path).name}: {error}") from error
        at += every


@pytest.mark.parametrize("how", SAVES)
def test_what_the_user_saves_at_any_step_stands_and_each_bookmark_is_beside_its_question(
    fresh: Make, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    _saved_at(fresh, monkeypatch, how, 1 + SAVES.index(how), 26)
    _saved_at(fresh, monkeypatch, how, 86 + SAVES.index(how), 5)  # where q.csv is written


@pytest.mark.soak
@pytest.mark.parametrize("how", SAVES)
def test_what_the_user_saves_at_each_step_stands(
    fresh: Make, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    _saved_at(fresh, monkeypatch, how, 1, 1)


# --- the same with processes that are really killed


@pytest.mark.soak
@pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is POSIX's")
@pytest.mark.parametrize("how", ENDS)
def test_a_process_that_is_killed_at_any_step_loses_nothing(
    fresh: Make, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    at = 0
    while True:
        at += 1
        stand = fresh()
        if stand.run_killed(at, how) != -9:
            break
        stand.recover(monkeypatch)
        stand.check(1)
    assert at > {"before": 90, "after": 50}.get(how, 30)
