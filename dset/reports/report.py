"""The verb `report`: a dataset looked at as a whole. Asks nothing, and changes nothing but the page that it was told to write."""

from pathlib import Path

from dset.inspection import Report
from dset.reports import balance as leveling
from dset.reports import counting, subject, terminal
from dset.reports.figures import Figures
from dset.reports.subject import Subject
from dset.tasks import languages


def look(folder: Path, *, near: float, balance: bool, html: Path | None = None) -> Report:
    """The report on the dataset in `folder`, with status 2 where a person must look at damage. `near`: the likeness from which on texts are duplicates.

    `balance`: say as well what to ask for to level it. `html`: write it as a page too, there. Raises UsageError where no
    answers are, or where the page would take the place of another file.
    """
    found = subject.named(folder)
    if html is not None:
        return _written(found, near, html, balance=balance)
    figures = counting.count(found, near, languages.detect)
    return _report(figures, _leveling(figures, found) if balance else [])


def _written(found: Subject, near: float, html: Path, *, balance: bool) -> Report:
    from dset.charts import gather, page

    path = page.place(html, found.folder.path)  # before anybody waits for the figures
    charted = gather.of(found, near)
    leveled = _leveling(charted.figures, found) if balance else []
    page.write(path, charted, leveled)
    report = _report(charted.figures, leveled)
    report.add(f"written: {path.as_posix()}")
    return report


def _leveling(figures: Figures, found: Subject) -> list[str]:
    return leveling.lines(figures, found.folder.path, found.plan)


def _report(figures: Figures, leveled: list[str]) -> Report:
    return Report(terminal.lines(figures) + leveled, 2 if figures.damages else 0)
