"""Answers on their way to the disk: those that arrive together share one write and one fsync."""

import asyncio
import contextlib
import errno
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Self, TypeVar

from dset import answers, files, rejections
from dset.answers import Answer
from dset.errors import StorageError
from dset.outputs import Outputs
from dset.rejections import Rejection
from dset.wording import counted

PATIENCE = 60.0  # seconds that a full disk is waited for
PAUSE = 5.0
_ENDED = "the writer has ended"

Outcome = Answer | Rejection
Waiting = tuple[Outcome, asyncio.Future[None]]
T = TypeVar("T", Answer, Rejection)


class Committer:
    """Writes outcomes in a thread of its own, so that the requests go on meanwhile.

    `commit` returns when the outcome is on disk, and raises StorageError when it is not: then the answers that were
    paid for stand in the rescue file that the error names.
    """

    def __init__(self, outputs: Outputs, trouble: Callable[[str], None]) -> None:
        """`trouble` is told, in one line, when a write fails: nothing new should be asked until it is told ''."""
        self._outputs = outputs
        self._trouble = trouble
        self._waiting: list[Waiting] = []
        self._writing: list[Waiting] = []
        self._arrived = asyncio.Event()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="dset-commit")
        self._task: asyncio.Task[None] | None = None
        self._closing = False
        self._deadline: float | None = None  # until when a disk that refuses is waited for
        self._hurry = asyncio.Event()

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._work())
        self._task.add_done_callback(self._ended)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._closing = True
        self._arrived.set()
        try:
            if self._task is not None:
                await self._task
        finally:
            self._thread.shutdown()

    def hurry(self) -> None:
        """The user wants to end: wait for no disk any more."""
        self._hurry.set()

    async def commit(self, outcome: Outcome) -> None:
        """Make the outcome durable."""
        if self._task is not None and self._task.done():
            self._rescue([outcome], _ENDED)
            raise RuntimeError(_ENDED)
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((outcome, done))
        self._arrived.set()
        await done  # cancelled or not: what was handed over is written all the same

    def _ended(self, _task: asyncio.Task[None]) -> None:
        """Whatever ended the writer: nobody may wait for it for ever, and what was paid for is kept."""
        left = [*self._writing, *self._waiting]
        try:
            if left:  # saved or not: the next run sees what is new
                self._rescue([outcome for outcome, _ in left], _ENDED)
        finally:
            for _, done in left:
                _settle(done, RuntimeError(_ENDED))

    async def _work(self) -> None:
        while True:
            if not self._waiting:
                if self._closing:
                    return
                await self._arrived.wait()
            self._arrived.clear()
            self._writing, self._waiting = self._waiting, []
            if self._writing:
                await self._write(self._writing)
                self._writing = []

    async def _write(self, batch: list[Waiting]) -> None:
        answered = [outcome for outcome, _ in batch if isinstance(outcome, Answer)]
        rejected = [outcome for outcome, _ in batch if isinstance(outcome, Rejection)]
        error = await self._saved(answered, self._outputs.commit) if answered else None
        later = await self._saved(rejected, self._outputs.reject) if rejected else None
        for outcome, done in batch:
            _settle(done, error if isinstance(outcome, Answer) else later)

    async def _saved(self, outcomes: list[T], write: Callable[[Sequence[T]], None]) -> StorageError | None:
        """Write them, again and again for a while if the disk refuses; None, or what happened."""
        loop = asyncio.get_running_loop()
        while True:
            try:
                await loop.run_in_executor(self._thread, write, outcomes)
            except OSError as error:
                refused = error
            else:
                self._trouble("")
                self._deadline = None
                return None
            what = f"{refused.filename or self._outputs.folder.path}: {refused.strerror}"
            if self._deadline is None:
                self._deadline = loop.time() + PATIENCE  # for all that waits, not for each batch
            hopeless = refused.errno == errno.EIO or self._outputs.is_broken or self._hurry.is_set()
            if hopeless or loop.time() >= self._deadline:
                return self._rescue(outcomes, what)
            self._trouble(f"cannot write {what}; nothing new is asked, trying again in {PAUSE:g} s")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._hurry.wait(), PAUSE)

    def _rescue(self, outcomes: Sequence[Outcome], what: str) -> StorageError:
        path = self._outputs.folder.rescue
        lines = [
            answers.as_line(answers.as_record(one) if isinstance(one, Answer) else rejections.as_record(one))
            for one in outcomes
        ]
        try:
            files.append(path, b"".join(lines))
        except OSError as error:
            return StorageError(
                f"cannot write {what}, nor {path} ({error.strerror}): lost: {counted(len(lines), 'answer')}"
            )
        return StorageError(
            f"cannot write {what}: {counted(len(lines), 'answer')} kept in {path}. "
            "Make room, then run the same command again: it takes them up"
        )


def _settle(done: asyncio.Future[None], error: Exception | None) -> None:
    """Tell whoever waits, if anybody still does."""
    if done.done():
        return
    if error is None:
        done.set_result(None)
    else:
        done.set_exception(error)
        done.exception()  # looked at here: whoever asked for it may be gone
