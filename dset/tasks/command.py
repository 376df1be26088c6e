"""The verb `task` for one dataset: rounds of asking until enough good records stand, then the export."""

from collections.abc import Callable

from dset.inspection import Report
from dset.session import Follow
from dset.settings import Settings
from dset.tasks import closing, rounds
from dset.tasks.planfile import Order
from dset.verbs import Options
from dset.wording import sentences


def make(
    order: Order, settings: Settings, options: Options, follow: Follow, tell: Callable[[str], None]
) -> Report:
    """Make the dataset, or go on with it; `tell` takes lines for the user. Raises DsetError, OSError."""
    wanted = bool(options["format"] or options["push"])
    if wanted:
        from dset.exports import export, orders

        export.ready(orders.read(settings, options, (settings.output,)))  # before a record is paid for
    making, outcome = rounds.make(order, settings, follow, tell)
    report = Report(closing.lines(making, outcome), closing.exit_status(making, outcome))
    if report.exit_status == 2 and outcome.stopped:
        report.error = sentences(outcome.stopped.reason, outcome.stopped.advice)
    if wanted and making.stands and report.exit_status < 2:
        for path in export.export(orders.read(making.home, options, (making.settings.output,)), tell):
            report.add(f"written: {path.as_posix()}")
    return report
