"""One stretch of asking: endpoints, committer and engine together, with Ctrl-C and the disk listened to."""

import math
import os
import signal as signals
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager

from dset import bearings, clocks, gates, lanes, outlook, process, runs, spent, state
from dset.batch import Batch
from dset.clients import Client
from dset.commits import Committer
from dset.endpoints import Endpoint
from dset.failover import Failover
from dset.failures import Failure
from dset.folders import Folder
from dset.gates import Gate
from dset.jobs import Job
from dset.lanes import AUTO_MOST, Lane
from dset.messages import Messages
from dset.progress import Progress
from dset.quotas import Quotas
from dset.replies import Reply
from dset.settings import Settings
from dset.slots import Rules
from dset.spending import Spending, bounded
from dset.stops import Stopped
from dset.wording import counted
from dset.workspace import Workspace

Follow = Callable[[Progress], AbstractAsyncContextManager[None]]
MakeClient = Callable[[Endpoint, Settings, int], Client]


class Session:
    """Asks what the workspace's plan says. After `run`: the counters, why it stopped, and by which signal."""

    def __init__(
        self,
        work: Workspace,
        endpoints: Sequence[Endpoint],
        tell: Callable[[str], None],
        gate: Gate = gates.open_to_all,
        scaled: Callable[[bytes], bytes] | None = None,
        client: MakeClient | None = None,
    ) -> None:
        """`endpoints` in the order of their use; `tell` takes lines for the user; `scaled` makes a picture fit for them;
        `client` makes what speaks to one of them, else Client does.

        Raises UsageError for a budget that could not be kept.
        """
        self._work, self._tell, self._gate = work, tell, gate
        work.prompt.scaled, self._client = scaled, client or Client
        settings, folder = work.settings, work.outputs.folder
        self._most = process.allow_sockets(settings.concurrency or AUTO_MOST)
        self.lanes = tuple(
            lanes.make(one, settings.concurrency, off_peak=settings.off_peak) for one in endpoints
        )
        self._quotas = Quotas(folder.endpoints)
        self._quotas.restore(self.lanes, clocks.now())
        folders = [] if settings.budget is None else [folder, *map(Folder, settings.beside)]
        self._budget = bounded(self.lanes, settings, math.fsum(map(spent.so_far, folders)))
        self._spent_before = self._budget.spent
        self.progress = Progress(work.plan.todo)
        self.stopped: Stopped | None = None
        self.signal = 0
        self._batch: Batch | None = None
        self._saver: Committer | None = None
        self._clients: dict[Lane, Client] = {}
        self._trouble = ""  # with the disk, while it lasts

    def notes(self) -> list[str]:
        """What a user should know before anything is asked: the endpoints, the cost, the time."""
        estimate = self.progress.estimate = outlook.estimate(self._work, self.lanes)
        lines = outlook.notes(self.lanes, self._work.settings)
        if self._budget.most is not None and (count := spent.unknown(self._work.outputs.folder)):
            lines.append(
                f"{counted(count, 'earlier answer')} of unknown cost: the budget takes no account of them"
            )
        return lines + (estimate.lines() if estimate else [])

    async def run(self, follow: Follow) -> None:
        """Ask until all is asked or something stops it; `follow` shows the progress meanwhile."""
        with process.signals(self._interrupted):  # first of all: from here on Ctrl-C loses nothing
            run = runs.Run(
                self._work.outputs.folder.runs, self._work.settings.request, self._work.prompt.named
            )
            run.open()
            self._work.log(f"run {run.id}: {self.progress.total} to ask at {self.lanes[0].name}")
            async with AsyncExitStack() as self._open, self._committer() as committer:
                self._batch = Batch(self._job(run.id), committer, self.progress, self._work.log)
                if self.signal:
                    self._interrupted(self.signal)  # it came while the batch was being set up
                noted = self._noted(run)
                async with follow(self.progress), self._work.live.following(lambda: noted | self._stands()):
                    await self._batch.run()
            self.stopped = self._batch.stopped
            if self._budget.most is not None:
                known = self._spent_before + self.progress.bill.usd
                self.progress.maybe_billed_usd = max(0.0, round(self._budget.spent - known, 10))
            self._note_quotas()
            self._end(run)

    def _job(self, run: str) -> Job:
        work, settings = self._work, self._work.settings
        questions = work.plan.questions()
        rules = Rules(spread=settings.spread, wait=settings.wait, most=self._most)
        return Job(
            questions=questions,
            probes=questions.probes(),
            compose=work.prompt.messages,
            ask=self._ask,
            failover=Failover(self.lanes, rules, self._budget, self._tell, self._note_quotas),
            spending=Spending(settings),
            run=run,
            settings=settings.fingerprint,
            retry_waits=settings.retry_waits,
            most=min(self._most, max(1, self.progress.total)),
            gate=self._gate,
            second_opinion=settings.second_opinion,
            weight=work.prompt.weight,
        )

    async def _ask(self, lane: Lane, messages: Messages) -> Reply | Failure:
        client = self._clients.get(lane)
        if client is None:
            made = self._client(lane.endpoint, self._work.settings, self._most)
            client = self._clients[lane] = await self._open.enter_async_context(made)
        return await client.ask(messages)

    def _noted(self, run: runs.Run) -> bearings.Figures:
        """What the run knows of itself as it begins; where its own lines begin in the files that grow."""
        folder = self._work.outputs.folder
        sizes = [(state.mark(path) or (0, 0))[0] for path in (folder.journal, folder.rejected)]
        return {
            "format": bearings.FORMAT,
            "run": run.id,
            "pid": os.getpid(),
            "started": runs.utc_now(),
            "total": self.progress.total,
            "plan": bearings.of_plan(self._work.plan),
            "begins": sizes,
        }

    def _stands(self) -> bearings.Figures:
        """Where it stands now, for the same note."""
        scrub = self._work.settings.secrets.scrub
        stopped = self._batch.stopped if self._batch else None
        figures = bearings.of_run(self.progress, self.lanes, self._budget, stopped, scrub)
        return figures | {"trouble": self._trouble}

    def _note_quotas(self) -> None:
        try:
            self._quotas.save(self.lanes, clocks.now())
        except OSError as error:  # it costs a request at what is spent, and no answer
            self._work.log(f"endpoints.json could not be written ({error.strerror})")

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
        self._trouble = self._work.settings.secrets.scrub(line)
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
