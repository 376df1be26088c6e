"""The verb `scrape`: from the flags to a folder of pictures and the lines that tell of it."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any

from dset.keys import Secrets
from dset.scraping import closing, folder, orders, plan
from dset.scraping.collecting import Collector
from dset.scraping.folder import ScrapeFolder
from dset.scraping.plan import Order
from dset.scraping.sources import Source
from dset.scraping.tools import Tools
from dset.scraping.tries import Outcome
from dset.settings import Settings
from dset.wording import counted

Tell = Callable[[str], None]
Connected = AbstractAsyncContextManager[tuple[list[Source], Tools]]


@dataclass(frozen=True, slots=True)
class Kit:
    """Where sources and tools come from."""

    usable: Callable[
        [Sequence[str], Secrets, Tell], tuple[str, ...]
    ]  # those of these names; raises UsageError
    connected: Callable[[Sequence[str], Secrets], Connected]


@dataclass(frozen=True, slots=True)
class Report:
    """What is printed at the end, and what the program ends with."""

    lines: tuple[str, ...]
    exit_status: int


def scrape(settings: Settings, options: Mapping[str, Any], tell: Tell, kit: Kit | None = None) -> Report:
    """Search, download, keep, sum up. Raises UsageError, AlreadyRunningError, OSError."""
    order = orders.read(options, settings, labels(options["task"]))
    kit = kit or _usual()
    path = folder.find(order)
    if path is None:
        kit.usable(order.sources, settings.secrets, lambda _: None)  # no folder for what cannot be begun
        path = folder.create(order)
    with ScrapeFolder(path) as home:
        for line in _notes(home):
            tell(line)
        plan.write(path / plan.NAME, order)
        outcome = gather(order, home, settings.secrets, tell, kit)
    return Report(tuple(closing.lines(order, outcome, path)), closing.exit_status(outcome))


def gather(order: Order, home: ScrapeFolder, secrets: Secrets, tell: Tell, kit: Kit) -> Outcome:
    """Fill the folder. A folder that is full needs no source and no key. Raises UsageError, OSError."""
    outcome = Outcome(order.asked, order.count, [], {one.query: home.kept(one.query) for one in order.asked})
    if not outcome.all_missing:
        return outcome
    names = kit.usable(order.sources, secrets, tell)
    tell(f"{counted(outcome.all_missing, 'picture')} to find, in {home.path.as_posix()}")

    async def whole() -> Outcome:
        async with kit.connected(names, secrets) as (sources, tools):
            return await Collector(order, home, sources, tools, tell).run()

    return asyncio.run(whole())


def labels(task: str) -> tuple[str, ...]:
    """The labels of a task, () for none. Raises UsageError for a name that is none."""
    if not task:
        return ()
    from dset.tasks import catalog, definitions

    return definitions.labels(catalog.load().get(task))


def _notes(home: ScrapeFolder) -> list[str]:
    """What a user should know of what stands."""
    said = [home.warning] if home.warning else []
    if home.taken_up:
        said.append("a picture whose line a crash had cut off has it again")
    if home.taken_away:
        count = counted(home.taken_away, "picture")
        said.append(f"{count} taken out of the folder: the metadata follows, and they do not come back")
    return said


def _usual() -> Kit:
    from dset.scraping import selection, wiring  # they need what the extra `images` brings

    return Kit(selection.usable, wiring.connected)
