"""The verb `scrape`: from the flags to a folder of pictures and the lines that tell of it."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dset import process
from dset.errors import UsageError
from dset.inspection import Report
from dset.keys import Secrets
from dset.scraping import closing, folder, orders, plan, shares
from dset.scraping.collecting import Collector
from dset.scraping.folder import ScrapeFolder
from dset.scraping.plan import Order
from dset.scraping.sources import GENERATE, Source
from dset.scraping.tools import Tools
from dset.scraping.tries import TWIN, Outcome
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
    generates = GENERATE in order.sources and not settings.rehearse
    if generates:
        _check_model(settings)
    path = folder.find(order, kit.root)
    to_search = shares.to_search(order, rehearses=bool(settings.rehearse))
    if path is None:
        if to_search.sources:  # no folder for what cannot be begun
            kit.usable(to_search.sources, settings.secrets, lambda _: None)
        path = folder.create(order, kit.root)
    with ScrapeFolder(path) as home:
        for line in _notes(home):
            tell(line)
        plan.write(path / plan.NAME, order)
        before = len(home.records)
        counts = partial(shares.counted, home, order.count - to_search.count)
        outcome = gather(to_search, home, settings.secrets, tell, kit, counts)
        asked = None
        if generates and not outcome.signal:
            asked = _generate(order, home, settings, options["size"], follow, tell, outcome)
        outcome = _whole(order, home, outcome, asked, before)
    report = Report(closing.lines(order, outcome, path), closing.exit_status(outcome))
    if settings.rehearse:
        report.lines = [line for line in report.lines if not line.startswith(closing.OF_LICENCES)]
        report.add("  a rehearsal: no source was asked, every picture is invented")
    return _with_queue(report, asked, outcome)


def _check_model(settings: Settings) -> None:
    if "model" not in settings.given:
        raise UsageError("--source generate needs --model: a model of your service that makes pictures")
    if settings.budget is not None:
        raise UsageError(
            "--budget cannot be kept with --source generate: no service says beforehand what a picture may cost; "
            "leave it away and bound the pictures of a run by --limit"
        )


def _generate(
    order: Order,
    home: ScrapeFolder,
    settings: Settings,
    size: str,
    follow: "Follow",
    tell: Tell,
    outcome: Outcome,
) -> "Asked | None":
    """What is missing is asked of a model; what came and was not kept is counted in `outcome`."""
    from dset.scraping.generating import Generating

    kept = {one.query: home.kept(one.query) for one in order.asked}
    wanted = {query: order.count - one.total() + one[GENERATE] for query, one in kept.items()}
    generating = Generating(order, home, settings, size)
    asked = generating.run(wanted, follow, tell)
    if generating.twins:
        outcome.lost[TWIN] += generating.twins
    return asked


def _whole(order: Order, home: ScrapeFolder, outcome: Outcome, asked: "Asked | None", before: int) -> Outcome:
    """What search and model came to together; `before`: pictures that stood when the run began."""
    return replace(
        outcome,
        count=order.count,
        kept={one.query: home.kept(one.query) for one in order.asked},
        new=len(home.records) - before,
        generated=asked is not None,
        left=asked.after.todo if asked else 0,
        signal=outcome.signal or (asked.signal if asked else 0),
    )


def _with_queue(report: Report, asked: "Asked | None", outcome: Outcome) -> Report:
    """The report with what the asking of a model came to."""
    if asked is not None:
        told = [line.strip() for line in asked.lines(invented=False)]
        next_step = [report.lines.pop()]
        if any(line.startswith("next:") for line in told):
            next_step = []
        report.lines += [f"  generate: {line}" for line in told] + next_step
        if asked.stopped is not None and asked.exit_status == 2 and not outcome.new:
            report.error = sentences(asked.stopped.reason, asked.stopped.advice)
            report.exit_status = 2
    return report


def gather(
    order: Order,
    home: ScrapeFolder,
    secrets: Secrets,
    tell: Tell,
    kit: Kit,
    counts: Callable[[str], Counter[str]] | None = None,
) -> Outcome:
    """Fill the folder; `counts` as Collector has it. A folder that is full needs no source and no key.

    Raises UsageError, OSError.
    """
    counts = counts or home.kept
    outcome = Outcome(order.asked, order.count, [], {one.query: counts(one.query) for one in order.asked})
    if not outcome.all_missing:
        return outcome
    names = kit.usable(order.sources, secrets, tell)
    tell(f"{counted(outcome.all_missing, 'picture')} to find, in {home.path.as_posix()}")

    async def whole() -> Outcome:
        async with kit.connected(names, secrets) as (sources, tools):
            return await _until_signal(Collector(order, home, sources, tools, tell, counts))

    return asyncio.run(whole())


async def _until_signal(collector: Collector) -> Outcome:
    """What is collected until all is there or the user ends it: each picture that is kept by then stays."""
    running = asyncio.create_task(collector.run())

    def end(number: int) -> None:
        collector.outcome.signal = collector.outcome.signal or number
        running.cancel()

    with process.signals(end), contextlib.suppress(asyncio.CancelledError):
        await running
    return collector.outcome


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
