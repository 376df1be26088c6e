"""Answers on their way to the disk: shared syncs, a disk that refuses, and nobody left waiting."""

import asyncio
import errno
import os
import tempfile
import threading
import time
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any

import pytest

from dset import answers, commits
from dset.answers import Answer
from dset.commits import Committer, Outcome
from dset.errors import StorageError
from dset.failures import Kind
from dset.outputs import Outputs
from tests import samples

FOLDER = Path("dset_generator")
JOURNAL, REJECTED = FOLDER / "output.json", FOLDER / "rejected.json"


@pytest.fixture(autouse=True)
def short_patience(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(commits, "PATIENCE", 0.15)
    monkeypatch.setattr(commits, "PAUSE", 0.02)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


@pytest.fixture
def outputs() -> Outputs:
    made = Outputs(FOLDER, print)
    made.recover(Path("q.csv"))
    made.open((), (), csv_exact=False)
    return made


Do = Callable[[Committer], Coroutine[Any, Any, Any]]


def within(outputs: Outputs, do: Do, trouble: Callable[[str], None] = lambda line: None) -> Any:
    """What `do` returns, run with a committer, which is closed afterwards."""

    async def whole() -> Any:
        async with Committer(outputs, trouble) as committer:
            return await do(committer)

    try:
        return asyncio.run(asyncio.wait_for(whole(), 10))
    finally:
        outputs.close(Path("q.csv"))


async def commit_all(committer: Committer, outcomes: Sequence[Outcome]) -> list[Any]:
    return await asyncio.gather(*map(committer.commit, outcomes), return_exceptions=True)


def saved() -> list[str]:
    return [record["metadata"]["question"] for record in answers.read(JOURNAL)]


def test_commit_returns_when_the_line_is_on_disk(outputs: Outputs, monkeypatch: pytest.MonkeyPatch) -> None:
    synced = threading.Event()
    sync = os.fsync

    def slow_sync(descriptor: int) -> None:
        time.sleep(0.05)
        sync(descriptor)
        synced.set()

    async def do(committer: Committer) -> None:
        monkeypatch.setattr(os, "fsync", slow_sync)
        await committer.commit(samples.answer())
        assert synced.is_set()
        assert saved() == ["Why?"]

    within(outputs, do)


def test_the_loop_goes_on_while_the_disk_is_slow(outputs: Outputs, monkeypatch: pytest.MonkeyPatch) -> None:
    def slow_sync(descriptor: int) -> None:
        time.sleep(0.2)

    async def do(committer: Committer) -> None:
        monkeypatch.setattr(os, "fsync", slow_sync)
        task = asyncio.create_task(committer.commit(samples.answer()))
        turns = 0
        while not task.done():
            await asyncio.sleep(0.01)
            turns += 1
        assert turns > 5

    within(outputs, do)


def test_answers_that_arrive_together_share_one_write_and_one_sync(
    outputs: Outputs, monkeypatch: pytest.MonkeyPatch
) -> None:
    batches: list[int] = []
    syncs: list[int] = []
    commit, sync = outputs.commit, os.fsync

    def slow_commit(batch: Sequence[Answer]) -> None:
        if batch:
            batches.append(len(batch))
            time.sleep(0.05)
        commit(batch)

    def noted_sync(descriptor: int) -> None:
        syncs.append(descriptor)
        sync(descriptor)

    monkeypatch.setattr(outputs, "commit", slow_commit)

    async def do(committer: Committer) -> None:
        monkeypatch.setattr(os, "fsync", noted_sync)
        first = asyncio.create_task(committer.commit(samples.answer(samples.question("first"))))
        await asyncio.sleep(0.01)
        await commit_all(committer, samples.answers_to(*map(str, range(50))))
        await first
        assert len(syncs) == 2

    within(outputs, do)
    assert batches == [1, 50]
    assert saved() == ["first", *map(str, range(50))]


def test_answers_and_rejections_go_to_their_own_files(outputs: Outputs) -> None:
    rejection = samples.rejection(samples.question("bad"), Kind.CUT_SHORT)

    async def do(committer: Committer) -> None:
        assert await commit_all(committer, [samples.answer(), rejection]) == [None, None]

    within(outputs, do)
    assert saved() == ["Why?"]
    assert [line["metadata"]["question"] for line in samples.read_lines(REJECTED)] == ["bad"]


def test_what_a_cancelled_request_brought_is_written_all_the_same(outputs: Outputs) -> None:
    async def do(committer: Committer) -> None:
        task = asyncio.create_task(committer.commit(samples.answer()))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    within(outputs, do)
    assert saved() == ["Why?"]


# --- A disk that refuses -----------------------------------------------------------------------------------


def refuse(monkeypatch: pytest.MonkeyPatch, path: Path, error: int, times: float = float("inf")) -> list[int]:
    """The next so many writes to the file fail; returns a list that grows with each."""
    write, inode, tried = os.write, path.stat().st_ino, [0][:0]

    def refusing(descriptor: int, data: Any) -> int:
        if os.fstat(descriptor).st_ino == inode:
            tried.append(len(data))
            if len(tried) <= times:
                raise OSError(error, os.strerror(error))
        return write(descriptor, data)

    monkeypatch.setattr(os, "write", refusing)
    return tried


def test_a_full_disk_is_waited_for_and_told_and_the_answer_is_written_once(
    outputs: Outputs, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []

    async def do(committer: Committer) -> None:
        refuse(monkeypatch, JOURNAL, errno.ENOSPC, times=2)
        await committer.commit(samples.answer())

    within(outputs, do, told.append)
    assert saved() == ["Why?"]
    text = f"cannot write {FOLDER}: {os.strerror(errno.ENOSPC)}; nothing new is asked, trying again in 0.02 s"
    assert told[:3] == [text, text, ""]
    assert not outputs.folder.rescue.exists()


def test_a_disk_that_stays_full_has_the_answers_kept_elsewhere_and_named(
    outputs: Outputs, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def do(committer: Committer) -> list[Any]:
        refuse(monkeypatch, JOURNAL, errno.ENOSPC)
        return await commit_all(committer, samples.answers_to("one", "two"))

    first, second = within(outputs, do)
    assert isinstance(first, StorageError)
    assert first is second
    rescue = outputs.folder.rescue
    assert f"2 answers kept in {rescue}" in str(first)
    assert "run the same command again" in str(first)
    assert "\n" not in str(first)
    assert [line["metadata"]["question"] for line in samples.read_lines(rescue)] == ["one", "two"]
    assert saved() == []


def test_rejections_are_kept_elsewhere_too(outputs: Outputs, monkeypatch: pytest.MonkeyPatch) -> None:
    async def do(committer: Committer) -> list[Any]:
        refuse(monkeypatch, REJECTED, errno.ENOSPC)
        return await commit_all(committer, [samples.answer(), samples.rejection()])

    answered, rejected = within(outputs, do)
    assert answered is None
    assert isinstance(rejected, StorageError)
    assert [line["kind"] for line in samples.read_lines(outputs.folder.rescue)] == ["outage"]
    assert saved() == ["Why?"]


def test_after_an_input_output_error_nothing_is_tried_again(
    outputs: Outputs, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def do(committer: Committer) -> list[Any]:
        tried = refuse(monkeypatch, JOURNAL, errno.EIO)
        outcome = await commit_all(committer, [samples.answer()])
        assert len(tried) == 1
        return outcome

    (error,) = within(outputs, do)
    assert isinstance(error, StorageError)
    assert len(samples.read_lines(outputs.folder.rescue)) == 1


def test_after_a_failed_sync_the_file_is_not_synced_again(
    outputs: Outputs, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[int] = []

    sync, inode = os.fsync, JOURNAL.stat().st_ino

    def failing(descriptor: int) -> None:
        if os.fstat(descriptor).st_ino != inode:
            return sync(descriptor)
        tried.append(descriptor)
        raise OSError(errno.ENOSPC, "No space left on device")

    async def do(committer: Committer) -> list[Any]:
        monkeypatch.setattr(os, "fsync", failing)
        return [
            *await commit_all(committer, [samples.answer()]),
            *await commit_all(committer, [samples.answer()]),
        ]

    assert all(isinstance(error, StorageError) for error in within(outputs, do))
    assert len(tried) == 1
    assert len(samples.read_lines(outputs.folder.rescue)) == 2


def test_where_no_place_is_left_at_all_the_loss_is_told(
    outputs: Outputs, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    async def do(committer: Committer) -> list[Any]:
        monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "nowhere"))
        refuse(monkeypatch, JOURNAL, errno.EIO)
        return await commit_all(committer, [samples.answer()])

    (error,) = within(outputs, do)
    assert isinstance(error, StorageError)
    assert "lost: 1 answer" in str(error)


@pytest.mark.parametrize("error", [MemoryError(), RecursionError(), RuntimeError("bug")])
def test_whatever_else_ends_the_writer_nobody_waits_for_ever(
    outputs: Outputs, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def broken(_: object) -> None:
        time.sleep(0.02)
        raise error

    monkeypatch.setattr(outputs, "commit", broken)

    outcomes: list[Any] = []

    async def do(committer: Committer) -> None:
        first = asyncio.create_task(committer.commit(samples.answer()))
        await asyncio.sleep(0.01)  # it is being written; these wait
        async with asyncio.timeout(2):
            outcomes.extend(await commit_all(committer, samples.answers_to("one", "two")))
            late = committer.commit(samples.answer())
            outcomes.extend(await asyncio.gather(first, late, return_exceptions=True))

    with pytest.raises(type(error)):
        within(outputs, do)
    assert [str(one) for one in outcomes] == ["the writer has ended"] * 4
    kept = samples.read_lines(outputs.folder.rescue)
    assert [line["metadata"]["question"] for line in kept] == ["Why?", "one", "two", "Why?"]


def test_nobody_waits_for_ever_even_where_what_the_writer_held_cannot_be_kept(
    outputs: Outputs, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(outputs, "commit", broken)
    monkeypatch.setattr(Committer, "_rescue", broken)

    async def do(committer: Committer) -> None:
        asyncio.get_running_loop().set_exception_handler(lambda *_: None)
        async with asyncio.timeout(2):
            outcomes = await commit_all(committer, samples.answers_to("one", "two"))
        assert [str(one) for one in outcomes] == ["the writer has ended"] * 2

    with pytest.raises(MemoryError):
        within(outputs, do)


def test_who_wants_to_end_waits_for_no_disk(outputs: Outputs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commits, "PATIENCE", 60.0)
    monkeypatch.setattr(commits, "PAUSE", 60.0)

    def full(batch: Sequence[Answer]) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(JOURNAL))

    monkeypatch.setattr(outputs, "commit", full)

    async def do(committer: Committer) -> list[Any]:
        asyncio.get_running_loop().call_later(0.05, committer.hurry)
        first = await commit_all(committer, samples.answers_to("one"))
        return first + await commit_all(committer, samples.answers_to("two"))

    started = time.monotonic()
    errors = within(outputs, do)
    assert time.monotonic() - started < 5
    assert all(isinstance(error, StorageError) for error in errors)
    kept = list(answers.read(outputs.folder.rescue))
    assert [record["metadata"]["question"] for record in kept] == ["one", "two"]
