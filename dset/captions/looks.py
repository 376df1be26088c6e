"""`caption --check`, `--fix` and `--sheet`: what asks no model."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path

from dset.captions import checking, entries, mending, orders, rules, sheet
from dset.captions.entries import Entry
from dset.captions.looking import Look, died
from dset.captions.places import SHELVES, Place
from dset.images import pool
from dset.images.album import Album
from dset.images.fitting import Form
from dset.images.taking import Taking
from dset.inspection import Report
from dset.locks import Lock
from dset.verbs import Options


def look(folder: Path, options: Options, tell: Callable[[str], None]) -> Report:
    """The report of what was asked of the dataset in `folder`; `tell` takes lines for the user. Raises DsetError, OSError."""
    plan = orders.known_plan(folder)
    told = partial(rules.faults, rules=orders.rules_of(plan, options["forbid"]))
    report = Report()
    if options["fix"]:
        _fix(folder, plan, told, report, tell)
    if options["fix"] or options["check"]:
        checked = checking.check(folder, told, _each)
        for line in checking.lines(checked):
            report.add(line)
        report.exit_status = checked.exit_status
    if options["sheet"]:
        report.add(f"written: {sheet.write(folder, entries.read(folder)).as_posix()}")
    return report


def _fix(
    folder: Path,
    plan: orders.Document,
    told: Callable[[str], list[str]],
    report: Report,
    tell: Callable[[str], None],
) -> None:
    lock = Lock(Place(folder).lock, f"the folder {folder}")
    lock.acquire()
    try:
        if lock.warning:
            tell(lock.warning)
        before = len(report.lines)
        mending.fix(folder, told, report.add, remake=_remaking(folder, plan), each=_each)
        if len(report.lines) == before:
            report.add("there is nothing that --fix can mend")
    finally:
        lock.release()


def _each(paths: Iterable[Path], work: Callable[[Path], Look]) -> Iterator[tuple[Path, Look]]:
    return pool.each(paths, work, died=died)


def _remaking(folder: Path, plan: orders.Document) -> Callable[[Entry], str]:
    """What makes a picture anew from its source."""
    size = plan.get("size")
    form = Form((size[0], size[1]), str(plan["fit"]), int(plan["quality"])) if size else None
    album = Album(folder, SHELVES)
    taking = Taking(album, Path(str(plan.get("folder", "."))), form)

    def remake(entry: Entry) -> str:
        picture = album.by_source.get(entry.source)
        return taking.again(picture) if picture else "images.jsonl does not know it"

    return remake
