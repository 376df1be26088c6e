"""One q.csv of a wing, asked from its first row to its bookmarks."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from dset import gates, summary
from dset.endpoints import Endpoint
from dset.gates import Gate
from dset.outputs import Outputs
from dset.plans import Plan
from dset.progress import Progress
from dset.session import Follow, MakeClient, Session
from dset.settings import Settings
from dset.stops import Stopped
from dset.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Asked:
    """How the asking of a queue ended. `after` is what the same command would find to do now."""

    plan: Plan
    after: Plan
    progress: Progress
    stopped: Stopped | None
    signal: int
    outputs: Outputs

    @property
    def exit_status(self) -> int:
        """As a run of this queue alone would end."""
        return summary.exit_status(self.plan, self.progress, self.stopped, self.signal)

    @property
    def is_over(self) -> bool:
        """Something ended it that would end the next queue too."""
        return bool(self.signal) or self.stopped is not None

    def lines(self, *, invented: bool) -> list[str]:
        """The summary."""
        told = self.plan, self.after, self.progress, self.stopped, self.outputs
        return summary.closing(*told, invented=invented, is_part=True)


@dataclass(frozen=True, slots=True)
class Queue:
    """What to ask. Paths in an `image` column start at `pictures`; `narrowed` may take rows out of the plan."""

    settings: Settings
    pictures: Path
    gate: Gate = gates.open_to_all
    narrowed: Callable[[Workspace], None] = lambda _: None


def ask(
    queue: Queue,
    endpoints: Callable[[], Sequence[Endpoint]],
    scaled: Callable[[bytes], bytes] | None,
    follow: Follow,
    tell: Callable[[str], None],
    client: MakeClient | None = None,
) -> Asked:
    """Ask what is to be asked; `scaled` and `client` as a Session has them.

    `endpoints` is called only where there is something. Raises DsetError, OSError.
    """
    with Workspace(queue.settings, tell, queue.pictures) as work:
        work.read()
        queue.narrowed(work)
        session = None
        if work.plan.todo:
            session = Session(work, endpoints(), tell, queue.gate, scaled, client)
        for line in work.notes() + (session.notes() if session else []):
            tell(line)
        work.open()  # before the first request is paid for
        progress, stopped, signal = Progress(0), None, 0
        if session:
            asyncio.run(session.run(follow))
            progress, stopped, signal = session.progress, session.stopped, session.signal
        after = work.bookmark()
        return Asked(work.plan, after, progress, stopped, signal, work.outputs)
