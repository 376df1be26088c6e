"""The rounds of a task: ask for what is missing, and again for what came to nothing, while that leads on."""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from typing import NamedTuple

from dset import choosing, files
from dset.endpoints import Endpoint
from dset.locks import Lock
from dset.outputs import Outputs
from dset.progress import Progress
from dset.rehearsal import stage
from dset.session import Follow, Session
from dset.settings import Settings
from dset.stops import Stopped
from dset.tasks import planfile, rehearsed
from dset.tasks.making import Making
from dset.tasks.planfile import Order
from dset.workspace import Workspace


class Outcome(NamedTuple):
    """How the rounds ended."""

    stopped: Stopped | None
    signal: int
    outputs: Outputs


def make(
    order: Order, settings: Settings, follow: Follow, tell: Callable[[str], None]
) -> tuple[Making, Outcome]:
    """The dataset of an order, at the services of the settings or, as a rehearsal, at a model of our own.

    Raises DsetError, OSError.
    """
    if settings.rehearse:
        tell("rehearsal: invented records, some of them bad; no key, nothing is billed")
        making = Making(order, stage.settings_for(settings), tell)
        with rehearsed.staged(making) as endpoint:
            return making, go(making, lambda: [endpoint], follow, tell)
    listed = choosing.services(settings)
    making = Making(order, choosing.with_services(settings, listed), tell)
    return making, go(making, lambda: choosing.choose(settings, listed, tell), follow, tell)


def go(
    making: Making, endpoints: Callable[[], Sequence[Endpoint]], follow: Follow, tell: Callable[[str], None]
) -> Outcome:
    """Until all stand, or something stops it. `endpoints` is asked once, when there is something to ask.

    Raises DsetError, OSError.
    """
    with contextlib.ExitStack() as stack:
        folder = making.settings.output
        files.make_folder(folder)
        lock = Lock(folder / ".task.lock", f"the folder {folder}")  # between two rounds too
        lock.acquire()
        stack.callback(lock.release)
        return _rounds(making, endpoints, follow, tell)


def _rounds(
    making: Making, endpoints: Callable[[], Sequence[Endpoint]], follow: Follow, tell: Callable[[str], None]
) -> Outcome:
    known: Sequence[Endpoint] = ()
    if not (making.settings.output / planfile.NAME).exists():
        known = endpoints()  # no plan is laid out before there is a key: it would bind a later command
    while True:
        with Workspace(making.settings, tell, making.settings.output) as work:
            making.begin(work)
            session = None
            if work.plan.todo:
                known = known or endpoints()
                session = Session(work, known, tell, making.gate)
            for line in making.notes(work) + (session.notes() if session and not making.rounds else []):
                tell(line)
            work.open()  # before the first request is paid for
            progress, stopped, signal = Progress(0), None, 0
            if session:
                asyncio.run(session.run(follow))
                progress, stopped, signal = session.progress, session.stopped, session.signal
            work.bookmark()
            leads_on = making.ended(progress)
        if stopped or signal or not leads_on:
            return Outcome(stopped, signal, work.outputs)
