"""The verb `scrape`: from the flags to a folder of pictures and the lines that tell of it."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dset.errors import UsageError
from dset.inspection import Report
from dset.keys import Secrets
from dset.scraping import closing, folder, orders, plan
from dset.scraping.collecting import Collector
from dset.scraping.folder import ScrapeFolder
from dset.scraping.plan import Order
from dset.scraping.sources import GENERATE, Source
from dset.scraping.tools import Tools
from dset.scraping.tries import Outcome
from dset.settings import Settings
from dset.wording import counted, sentences

if TYPE_CHECKING:
    from dset.queues import Asked
    from dset.session import Follow

Tell = Callable[[str], None]
Connected = AbstractAsyncContextManager[tuple[list[Source], Tools]]


@dataclass(frozen=True, slots=True)
class Kit:
    """Where sources and tools come from, and where the folders are."""

    usable: Callable[
        [Sequence[str], Secrets, Tell], tuple[str, ...]
    ]  # those of these names; raises UsageError
    connected: Callable[[Sequence[str], Secrets], Connected]
    root: Path = folder.ROOT


def scrape(
    settings: Settings, options: Mapping[str, Any], follow: "Follow", tell: Tell, kit: Kit | None = None
) -> Report:
    """Search, download, generate, keep, sum up. Raises DsetError, OSError."""
    order = orders.read(options, settings, labels(options["task"]))
    kit = kit or (_rehearsed(settings) if settings.rehearse else _usual())
    if settings.rehearse:
        tell("rehearsal: invented pictures, no key, no network, nothing is billed")
    path = folder.find(order, kit.root)
    if GENERATE in order.sources and not settings.rehearse:
        _check_model(settings)
    if path is None:
        if searched := _searched(order, settings):  # no folder for what cannot be begun
            kit.usable(searched, settings.secrets, lambda _: None)
        path = folder.create(order, kit.root)
    with ScrapeFolder(path) as home:
        for line in _notes(home):
            tell(line)
        plan.write(path / plan.NAME, order)
        outcome = gather(_to_search(order, settings), home, settings.secrets, tell, kit)
        asked = _generate(order, home, outcome, settings, options, follow, tell)
        outcome = replace(
            outcome, count=order.count, kept={one.query: home.kept(one.query) for one in order.asked}
        )
    report = Report(closing.lines(order, outcome, path), closing.exit_status(outcome))
    if settings.rehearse:
        report.add("  a rehearsal: no source was asked, every picture is invented")
    return _with_queue(report, asked)


def _check_model(settings: Settings) -> None:
    if "model" not in settings.given:
        raise UsageError("--source generate needs --model: a model of your service that makes pictures")


def _searched(order: Order, settings: Settings) -> tuple[str, ...]:
    """The sources that are searched; a rehearsal has all invented."""
    return tuple(one for one in order.sources if one != GENERATE or settings.rehearse)


def _to_search(order: Order, settings: Settings) -> Order:
    """The order without the share of what is generated: that comes last, and fills up what nobody gave."""
    names = _searched(order, settings)
    share = -(-order.count // len(order.sources)) if len(names) < len(order.sources) else 0
    return replace(order, sources=names, count=order.count - share if names else 0)


def _generate(
    order: Order,
    home: ScrapeFolder,
    outcome: Outcome,
    settings: Settings,
    options: Mapping[str, Any],
    follow: "Follow",
    tell: Tell,
) -> "Asked | None":
    if GENERATE not in order.sources or settings.rehearse:
        return None
    from dset.scraping.generating import Generating

    missing = {
        one.query: order.count - outcome.kept[one.query].total() + home.kept(one.query)[GENERATE]
        for one in order.asked
    }
    return Generating(order, home, settings, options["size"]).run(missing, follow, tell)


def _with_queue(report: Report, asked: "Asked | None") -> Report:
    """The report with what the asking of a model came to."""
    if asked is not None:
        for line in asked.lines(invented=False):
            report.add(f"  generate: {line.strip()}")
        if asked.stopped is not None and asked.exit_status == 2:
            report.error = sentences(asked.stopped.reason, asked.stopped.advice)
        if asked.signal:
            report.exit_status = asked.exit_status
        elif report.exit_status:
            report.exit_status = asked.exit_status or report.exit_status
    return report


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


def _rehearsed(settings: Settings) -> Kit:
    from dset.scraping import rehearsed

    root = settings.output / "rehearsal" / folder.ROOT
    return Kit(lambda names, *_: tuple(names), rehearsed.connected, root)
