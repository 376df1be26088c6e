"""What `status` says of a task's folder: its files as of any other, and how many of its records stand."""

from dataclasses import replace

from dset import answers, ends, status
from dset.errors import DsetError
from dset.folders import Folder
from dset.inspection import Report
from dset.settings import Settings
from dset.tasks import picture_orders, picture_standing, planfile, stock
from dset.wording import counted


def look(settings: Settings) -> Report:
    """The report on the folder. Asks nothing, changes nothing; raises UsageError for a damaged plan."""
    folder = Folder(settings.output)
    plan, own = planfile.read(folder.plan) or {}, folder.path / "q.csv"
    if plan.get("kind") == picture_orders.KIND:
        return picture_standing.look(settings, plan)
    # As the task's own run has it: its rows are known by their questions alone.
    report = status.look(
        replace(settings, questions=own, is_planned=True, prompt="{question}", system="", samples=1)
    )
    count, stand = plan.get("count"), _standing(folder)
    if isinstance(count, int):
        missing = max(0, count - stand)
        more = f"; the same command makes the other {missing:,}" if missing else ""
        report.add(f"{stand:,} of {counted(count, 'record')} stand{more}", 1 if missing else 0)
    return report


def _standing(folder: Folder) -> int:
    """Slots that hold a record, by the lines of the journal that are whole."""
    lines = answers.scan(folder.journal, ends.sound_size(folder.journal))
    return len(
        {slot for _, line in lines if not isinstance(line, DsetError) for slot, _ in stock.records_in(line)}
    )
