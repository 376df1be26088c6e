"""The verb `task`: which datasets are to be made, of a task or of a folder of pictures, and one of them made and exported."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from dset.inspection import Report
from dset.rehearsal import stage
from dset.session import Follow
from dset.settings import Settings
from dset.tasks import catalog, orders, planfile
from dset.tasks.catalog import Catalog
from dset.tasks.documents import Stated
from dset.tasks.planfile import Order
from dset.tasks.remote import RemoteError
from dset.verbs import Options
from dset.wording import sentences

if TYPE_CHECKING:  # what works on pictures needs the package that reads them
    from dset.images.finding import Counting
    from dset.tasks.picture_orders import PictureOrder

Tell = Callable[[str], None]


def ordered(settings: Settings, options: Options, tell: Tell) -> "Sequence[Order | PictureOrder]":
    """The orders of the command line. Raises UsageError."""
    known = _of_server(settings, options, tell) if options["tasks_url"] else catalog.load()
    if options["images"] is None:
        return orders.read(options, known, tell)
    from dset.tasks import picture_orders

    return picture_orders.read(options, known, settings, tell)


def _of_server(settings: Settings, options: Options, tell: Tell) -> Catalog:
    """The tasks of the server of --tasks-url; of one that is not there, those of the plans that are gone on with.

    Raises RemoteError, UsageError.
    """
    known, names = catalog.of_server(options["tasks_url"]), (options["words"] or [""])[0].split(",")
    try:
        for name in filter(None, names):
            known.own.get(name)  # fetched here, so that what is gone on with is decided once
    except RemoteError as error:
        planned = _planned(settings, options["name"], names)
        if planned is None:
            raise
        tell(f"{error}; going on with the task as it was planned")
        return planned
    return known


def _planned(settings: Settings, folder: str, names: Sequence[str]) -> Catalog | None:
    """The tasks as the plans of their datasets hold them; None unless each of them has one. Raises UsageError."""
    output = (stage.settings_for(settings) if settings.rehearse else settings).output
    found = {}
    for name in names:
        plan = planfile.read(output / "tasks" / (folder or name) / planfile.NAME) or {"task": {}}
        if plan["task"].get("name") == name:
            found[name] = Stated(name, plan["task"], ())
    return Catalog(found, planfile.NAME) if len(found) == len(names) else None


def make(
    order: "Order | PictureOrder",
    settings: Settings,
    options: Options,
    follow: Follow,
    counting: "Counting",
    tell: Tell,
) -> Report:
    """Make the dataset, or go on with it; `tell` takes lines for the user. Raises DsetError, OSError."""
    wanted = bool(options["format"] or options["push"])
    if wanted:
        from dset.exports import export
        from dset.exports import orders as exports

        export.ready(exports.read(settings, options, (settings.output,)))  # before a record is paid for
    if isinstance(order, Order):
        home, own, stands, report = _of_text(order, settings, follow, tell)
    else:
        from dset.tasks import picture_command

        pictures, report = picture_command.make(order, settings, follow, counting, tell)
        home = stage.settings_for(settings) if settings.rehearse else settings
        own, stands = pictures.settings, len(pictures.records())
    if wanted and stands and report.exit_status < 2:
        for path in export.export(exports.read(home, options, (own.output,)), tell):
            report.add(f"written: {path.as_posix()}")
    return report


def _of_text(
    order: Order, settings: Settings, follow: Follow, tell: Tell
) -> tuple[Settings, Settings, int, Report]:
    from dset.tasks import closing, rounds

    making, outcome = rounds.make(order, settings, follow, tell)
    report = Report(closing.lines(making, outcome), closing.exit_status(making, outcome))
    if report.exit_status == 2 and outcome.stopped:
        report.error = sentences(outcome.stopped.reason, outcome.stopped.advice)
    return making.home, making.settings, making.stands, report
