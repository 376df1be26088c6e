"""q.csv and its folder, locked for one run."""

import errno
from collections.abc import Callable
from pathlib import Path

import pytest

from dset import digests, steps, swaps
from dset.contents import Question
from dset.errors import AlreadyRunningError, QuestionsError
from dset.rejections import Rejection
from dset.settings import Settings, load
from dset.workspace import Workspace
from tests.running import questions_csv

Told = list[str]


def settings(**given: object) -> Settings:
    return load(given, {})


@pytest.fixture
def told() -> Told:
    return []


@pytest.fixture
def opened(clean_place: Path, told: Told) -> Callable[..., Workspace]:
    def make(**given: object) -> Workspace:
        return Workspace(settings(**given), told.append, clean_place)

    return make


def test_a_second_workspace_on_the_same_folder_or_the_same_csv_is_refused(
    clean_place: Path, opened: Callable[..., Workspace]
) -> None:
    questions_csv(clean_place, "one")
    with opened():
        with pytest.raises(AlreadyRunningError, match="folder"), opened():
            pass
        with pytest.raises(AlreadyRunningError, match=r"q\.csv"), opened(output="elsewhere"):
            pass
    with opened():
        pass
    assert not list(clean_place.rglob("*lock"))


def test_a_workspace_that_fails_to_open_leaves_no_lock(
    clean_place: Path, opened: Callable[..., Workspace]
) -> None:
    with opened() as work, pytest.raises(QuestionsError, match="no such file"):
        work.read()
    assert not list(clean_place.rglob("*lock"))


def test_reading_writes_nothing_into_the_csv_and_makes_no_journal(
    clean_place: Path, opened: Callable[..., Workspace]
) -> None:
    path = questions_csv(clean_place, "one", status={2: "ERROR"})
    before = path.read_bytes()
    with opened(output="somewhere") as work:
        work.read()
        assert work.plan.todo == 1
    assert path.read_bytes() == before
    assert not (clean_place / "somewhere" / "output.json").exists()


def test_the_notes_name_a_missing_heading_and_a_misspelt_column(
    clean_place: Path, opened: Callable[..., Workspace]
) -> None:
    (clean_place / "q.csv").write_text("What is this?\nWhat is that?\n")
    with opened(prompt="{quesion}: {question}") as work:
        work.read()
        notes = work.notes()
    assert "no heading" in notes[0]
    assert "{quesion}" in notes[1]
    assert notes[-1].startswith("2 to do")


def test_bookmarks_that_cannot_be_written_are_told_and_written_by_the_next_run(
    clean_place: Path, opened: Callable[..., Workspace], told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = questions_csv(clean_place, "one", "two")
    with opened() as work:
        work.read()
        work.open()
        question = next(work.plan.questions())
        work.outputs.reject([_rejection(question)])
        with monkeypatch.context() as patch:
            patch.setattr(swaps, "swap", _refuse(path))
            work.bookmark()
    assert "could not be written" in told[-1]
    assert b"ERROR" not in path.read_bytes()
    with opened() as work:
        work.read()
        assert work.plan.bookmarked == 1
        work.open()
        work.bookmark()
    assert b"one,ERROR" in path.read_bytes()


def test_rows_that_were_added_meanwhile_are_told_and_keep_their_place(
    clean_place: Path, opened: Callable[..., Workspace], told: Told
) -> None:
    questions_csv(clean_place, "one", "two")
    with opened() as work:
        work.read()
        work.open()
        question = next(work.plan.questions())
        path = questions_csv(clean_place, "zero", "two", "one")
        work.outputs.reject([_rejection(question)])
        work.bookmark()
    assert path.read_bytes() == b"question,status\nzero,\ntwo,\none,ERROR\n"
    assert "1 row came into q.csv meanwhile" in told[-1]


def _rejection(question: Question) -> Rejection:
    return Rejection(question, "outage", "down", "x")


def _refuse(path: Path) -> Callable[..., None]:
    real = swaps.swap

    def replace(target: Path, *rest: object, **options: object) -> None:
        if target.name == path.name:
            raise PermissionError(13, "Permission denied", str(target))
        real(target, *rest, **options)  # type: ignore[arg-type]

    return replace


def test_what_was_saved_when_a_run_was_killed_in_a_swap_is_read_and_told(
    clean_place: Path, opened: Callable[..., Workspace], told: Told
) -> None:
    path = questions_csv(clean_place, "one")
    ours = digests.of_file(path).hex()
    path.with_name(f".q.csv.{'0' * 32}.{ours}.swap").write_bytes(b"question\none\ntwo\n")
    with opened() as work:
        work.read()
        assert work.plan.rows == 2
    assert "was killed" in told[0]
    assert "q.csv" in told[0]
    assert path.read_bytes() == b"question\none\ntwo\n"


def test_what_cannot_be_cleared_away_beside_the_csv_stops_nothing(
    clean_place: Path, opened: Callable[..., Workspace], told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    questions_csv(clean_place, "one")
    (clean_place / f".q.csv.{'0' * 32}.{'1' * 32}.swap").write_bytes(b"question\none\ntwo\n")

    def refuse(step: steps.Step) -> object:
        if step.kind == "rename":
            raise OSError(errno.EROFS, "read-only", step.path)
        return step.take()

    with opened() as work:
        monkeypatch.setattr(steps, "watch", refuse)
        work.read()
        monkeypatch.setattr(steps, "watch", None)
        assert work.plan.rows == 1
    assert "cannot be cleared away (read-only)" in told[0]


def test_what_a_killed_swap_left_beside_the_csv_goes_under_its_lock(
    clean_place: Path, opened: Callable[..., Workspace]
) -> None:
    questions_csv(clean_place, "one")
    (clean_place / ".q.csv.new").write_text("half")
    with opened() as work:
        work.read()
    assert [path.name for path in clean_place.iterdir() if path.name != "dset_generator"] == ["q.csv"]
