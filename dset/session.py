"""One stretch of asking: client, committer and engine together, with Ctrl-C and the disk listened to."""

import signal as signals
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from dset import process, runs
from dset.batch import Batch, Job, Stopped
from dset.commits import Committer
from dset.endpoints import Client, Endpoint
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

    async def run(self, follow: Follow) -> None:
        """Ask until all is asked or something stops it; `follow` shows the progress meanwhile."""
        work, settings = self._work, self._work.settings
        process.allow_sockets(settings.concurrency)
        run = runs.Run(work.outputs.folder.runs, settings.request, work.prompt.named)
        run.open()
        work.log(f"run {run.id}: {self.progress.total} to ask at {self._endpoint.name}")
        async with Client(self._endpoint, settings) as client, self._committer() as committer:
            job = Job(
                questions=work.plan.questions(),
                compose=work.prompt.messages,
                ask=client.ask,
                endpoint=self._endpoint.name,
                model=settings.model,
                run=run.id,
                settings=settings.fingerprint,
                retry_waits=settings.retry_waits,
                concurrency=min(settings.concurrency, max(1, self.progress.total)),
            )
            self._batch = Batch(job, committer, self.progress, work.log)
            with process.signals(self._interrupted):
                async with follow(self.progress):
                    await self._batch.run()
        self.stopped = self._batch.stopped
        try:
            run.close(self.progress.counts)
        except OSError as error:  # a full disk must not hide what was answered
            self._tell(f"runs.json could not be completed ({error.strerror})")
        work.log(f"run {run.id} ended: {self.stopped.reason if self.stopped else 'all was asked'}")

    @asynccontextmanager
    async def _committer(self) -> AsyncIterator[Committer]:
        async with Committer(self._work.outputs, self._disk_trouble) as committer:
            yield committer

    def _disk_trouble(self, line: str) -> None:
        if line:
            self._tell(line)
        if self._batch is not None:
            self._batch.hold(held=bool(line))

    def _interrupted(self, number: int) -> None:
        self.signal = self.signal or number
        name = "Ctrl-C" if number == signals.SIGINT else signals.Signals(number).name
        if self._batch is None:
            return
        first = self._batch.stopped is None
        self._batch.interrupt(f"by {name}", at_once=process.is_closed_terminal(number))
        if first:
            self._tell(
                f"{name}: what is in flight comes home and is saved (30 s at most); once more ends it at once"
            )
