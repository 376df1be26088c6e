"""The verb `report`: a dataset looked at as a whole. Asks nothing and changes nothing."""

from pathlib import Path

from dset.inspection import Report
from dset.reports import balance as leveling
from dset.reports import counting, subject, terminal
from dset.tasks import languages


def look(folder: Path, *, near: float, balance: bool) -> Report:
    """The report on the dataset in `folder`, with status 2 where a person must look at damage. `near`: the likeness from which on texts are duplicates.

    `balance`: say as well what to ask for to level it. Raises UsageError where no answers are.
    """
    found = subject.named(folder)
    figures = counting.count(found, near, languages.detect)
    told = terminal.lines(figures)
    if balance:
        told += leveling.lines(figures, folder, found.plan)
    return Report(told, 2 if figures.damages else 0)
