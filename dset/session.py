"""One stretch of asking: client, committer and engine together, with Ctrl-C and the disk listened to."""

import signal as signals
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from dset import process, runs
from dset.batch import Batch
from dset.clients import Client
from dset.commits import Committer
from dset.endpoints import Endpoint
from dset.jobs import Job, Stopped
from dset.progress import Progress
from dset.workspace import Workspace

Follow = Callable[[Progress], AbstractAsyncContextManager[None]]


class Session:
    """Asks what the workspace's plan says. After `run`: the counters, why it stopped, and by which signal."""

    def __init__(self, work: Workspace, endpoint: Endpoint, tell: Callable[[str], None]) -> None:
        """`tell` takes lines for the user."""
        self._work, self._endpoint, self._tell = work, endpoint, tell
        self.progress = Progress(work.plan.todo)
        self.stopped: Stopped | None = None
        self.signal = 0
        self._batch: Batch | None = None
        self._saver: Committer | None = None

    async def run(self, follow: Follow) -> None:
        """Ask until all is asked or something stops it; `follow` shows the progress meanwhile."""
        with process.signals(self._interrupted):  # first of all: from here on Ctrl-C loses nothing
            process.allow_sockets(self._work.settings.concurrency or 8)
            run = runs.Run(
                self._work.outputs.folder.runs, self._work.settings.request, self._work.prompt.named
            )
            run.open()
            self._work.log(f"run {run.id}: {self.progress.total} to ask at {self._endpoint.name}")
            async with Client(self._endpoint, self._work.settings) as client, self._committer() as committer:
                self._batch = Batch(self._job(run.id, client), committer, self.progress, self._work.log)
                if self.signal:
                    self._interrupted(self.signal)  # it came while the client was being set up
                async with follow(self.progress):
                    await self._batch.run()
            self.stopped = self._batch.stopped
            self._end(run)

    def _job(self, run: str, client: Client) -> Job:
        work, settings = self._work, self._work.settings
        questions = work.plan.questions()
        return Job(
            questions=questions,
            probes=questions.probes(),
            compose=work.prompt.messages,
            ask=client.ask,
            endpoint=self._endpoint.name,
            model=settings.model,
            run=run,
            settings=settings.fingerprint,
            retry_waits=settings.retry_waits,
            concurrency=min(settings.concurrency or 8, max(1, self.progress.total)),
        )

    def _end(self, run: runs.Run) -> None:
        try:
            run.close(self.progress.counts)
        except OSError as error:  # a full disk must not hide what was answered
            self._tell(f"runs.json could not be completed ({error.strerror})")
        self._work.log(f"run {run.id} ended: {self.stopped.reason if self.stopped else 'all was asked'}")

    @asynccontextmanager
    async def _committer(self) -> AsyncIterator[Committer]:
        async with Committer(self._work.outputs, self._disk_trouble) as self._saver:
            yield self._saver

    def _disk_trouble(self, line: str) -> None:
        if line:
            self._tell(line)
        if self._batch is not None:
            self._batch.hold(held=bool(line))

    def _interrupted(self, number: int) -> None:
        self.signal = self.signal or number
        name = "Ctrl-C" if number == signals.SIGINT else signals.Signals(number).name
        if self._batch is None or self._saver is None:
            return
        self._saver.hurry()
        first = self._batch.stopped is None
        self._batch.interrupt(f"by {name}", at_once=process.is_closed_terminal(number))
        if first and not process.is_closed_terminal(number):
            self._tell(
                f"{name}: what is in flight comes home and is saved (30 s at most); once more ends it at once"
            )
