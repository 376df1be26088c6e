"""The verb `status`: q.csv, the journal and the views against each other. Asks nothing and changes nothing."""

from collections import Counter
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from dset import (
    adoption,
    answers,
    leveling,
    locks,
    recovery,
    rejections,
    state,
    swaps,
    tallies,
    views,
    worklist,
)
from dset.costs import Tokens
from dset.errors import DsetError, JournalError
from dset.folders import Folder
from dset.plans import Plan, Rules
from dset.prompts import Prompt
from dset.questions import Sheet
from dset.recovery import Knowledge
from dset.rejections import DONE_BEFORE
from dset.settings import Settings
from dset.tallies import Tally
from dset.wording import counted

_SHOWN = 10  # damaged lines at most


@dataclass(slots=True)
class Report:
    """What was found. `exit_status`: 0 all level and done, 1 a run has something to do, 2 a person must look."""

    lines: list[str] = field(default_factory=list)
    exit_status: int = 0
    is_damaged: bool = False  # the journal: what follows from it is not told

    def add(self, line: str, status: int = 0) -> None:
        """One more line, and what it means for the exit status."""
        self.lines.append(line)
        self.exit_status = max(self.exit_status, status)


def look(settings: Settings) -> Report:
    """The report on the folder and the q.csv that the settings name."""
    settings = _of_rehearsal(settings)
    report, folder = Report(), Folder(settings.output)
    if busy := _running(folder):
        report.add(busy, 1)
    try:
        count = partial(_journal, folder, report)
        known = recovery.read(folder, settings.questions, count, partial(report.add, status=2))
        _elsewhere(folder, known, report)
        with Sheet(settings.questions, encoding=settings.encoding, column=settings.column) as sheet:
            _sheet(sheet, folder, known, settings, report)
    except DsetError as error:
        report.add(str(error), 2)
    return report


def _sheet(sheet: Sheet, folder: Folder, known: Knowledge, settings: Settings, report: Report) -> None:
    if swaps.is_unfinished(sheet.path):
        report.add(
            f"{sheet.path}: an earlier run was ended while it wrote it; the next run clears that up", 1
        )
    prompt = Prompt(settings.prompt, settings.system, sheet.columns, settings.questions.parent)
    if settings.is_default_output and folder.is_new:
        above = worklist.rows_above_bookmark(sheet, prompt.named)
        for _ in known.done_before(above, settings.fingerprint):
            pass
    rules = Rules(
        fingerprint=settings.fingerprint,
        named=prompt.named,
        earlier=known.past.named,
        samples=settings.samples,
        limit=settings.limit,
        retry_failed=settings.retry_failed,
    )
    _rows(worklist.plan(sheet, known.tally, known.register, rules), known.register, report)
    own = [*known.state.columns, *known.tally.columns, *(name for _, name in sheet.columns.own)]
    _views(folder, settings, list(dict.fromkeys(own)), report)


def _of_rehearsal(settings: Settings) -> Settings:
    """A rehearsal keeps a q.csv of its own beside its outputs."""
    folder = settings.output / "rehearsal" if settings.rehearse else settings.output
    own = folder / "q.csv"
    return (
        replace(settings, output=folder, questions=own) if (folder / "rehearsal.json").exists() else settings
    )


def _running(folder: Folder) -> str:
    holder = locks.Lock(folder.lock, str(folder.path)).holder()
    return (
        f"{folder.path}: a run is going on ({holder}); what follows changes while you read it"
        if holder
        else ""
    )


def _journal(folder: Folder, report: Report, journal: Path, sound: int) -> Tally:
    """Count the journal up to byte `sound`, and say what is wrong with it."""
    if not journal.exists():
        return _to_adopt(folder, report)
    tally, ids, tokens, raw = Tally(), Tally(), Tokens(), 0
    damaged: list[JournalError] = []
    for _, record in answers.scan(journal, sound):
        if isinstance(record, JournalError):
            damaged.append(record)
            continue
        metadata = record["metadata"]
        tally.add_record(metadata)
        tokens.count(metadata)
        if metadata.get("id"):
            ids.add(*tallies.identify(metadata))
        named = metadata.get("raw")
        raw += isinstance(named, str) and not (folder.path / named).exists()
    report.add(f"{journal}: {counted(tally.total, 'answer')}; tokens: {tokens}; cost in USD: unknown")
    if torn := _torn(journal):
        report.add(f"{journal}: {torn:,} bytes of a torn last line; the next run cuts them off", 1)
    if twice := ids.twice:
        report.add(
            f"{journal}: {counted(twice, 'answer')} under an id that another line has; delete one of each", 2
        )
    if raw:
        report.add(
            f"{journal}: {counted(raw, 'file')} that it names in {folder.raw} missing; the texts are here"
        )
    for damage in damaged[:_SHOWN]:
        report.add(str(damage), 2)
    if len(damaged) > _SHOWN:
        report.add(f"{journal}: {len(damaged) - _SHOWN:,} more lines are damaged", 2)
    report.is_damaged = bool(damaged)
    return tally


def _torn(path: Path) -> int:
    """The bytes at its end that the next run cuts off."""
    return path.stat().st_size - answers.sound_size(path) if path.exists() else 0


def _to_adopt(folder: Folder, report: Report) -> Tally:
    tally = Tally()
    if not folder.csv.exists():
        report.add(f"{folder.journal}: no answers yet", 1)
        return tally
    for record in adoption.read(folder.csv, exact=state.load(folder.state).csv_exact):
        tally.add_record(record["metadata"])
    report.add(f"{folder.journal}: missing; the next run takes {tally.total:,} answers from output.csv", 1)
    return tally


def _elsewhere(folder: Folder, known: Knowledge, report: Report) -> None:
    """What the next run takes up or clears away."""
    if folder.rescue.exists():
        saved, _ = recovery.rescued(folder) if not report.is_damaged else ([], [])
        for record in saved:
            known.tally.add_record(record["metadata"])
        report.add(f"answers wait in {folder.rescue}: the next run takes them up", 1)
    if folder.litter:
        report.add(f"{folder.path}: an earlier run was ended while it wrote; the next run clears that up", 1)
    if torn_now := _torn(folder.rejected):
        report.add(
            f"{folder.rejected}: {torn_now:,} bytes of a torn last line; the next run cuts them off", 1
        )
    for path in (folder.journal, folder.rejected):
        torn = path.with_name(path.name + ".torn")
        if torn.exists():
            report.add(
                f"{torn}: {torn.stat().st_size:,} bytes that were cut off after a crash; no answer is in them"
            )


def _rows(plan: Plan, register: rejections.Register, report: Report) -> None:
    held = sum(plan.held.values())
    report.add(
        f"{plan.sheet.path}: {counted(plan.rows, 'row')}, {plan.done:,} done, {plan.todo:,} to do, "
        f"{plan.blocked:,} blocked, {held:,} left alone, {plan.empty:,} empty",
        1 if plan.todo or held else 0,
    )
    if plan.gone:
        report.add(
            f"{counted(plan.gone, 'answer')} without a row in {plan.sheet.path} now (deleted, edited, or fewer --samples); they stay"
        )
    if plan.cells:
        report.add(
            f"{len(plan.cells):,} bookmarks in {plan.sheet.path} are to be brought up to date by the next run",
            1,
        )
    for line in _reasons(plan, register):
        report.add(line)
    if plan.todo:
        first = f"; the {plan.bookmarked:,} bookmarked ones first" if plan.bookmarked else ""
        report.add(f"the next run asks {counted(plan.todo, 'time')}{first}")
    elif held or plan.blocked:
        report.add("the next run asks nothing; --retry-failed asks what is blocked or left alone")
    else:
        what = "all rows are answered" if plan.rows else "q.csv holds no question"
        report.add(f"the next run asks nothing: {what}")


def _reasons(plan: Plan, register: rejections.Register) -> list[str]:
    """Why rows have no answer, most frequent first."""
    counted: Counter[tuple[str, str]] = Counter()
    rows: dict[tuple[str, str], int] = {}
    before = 0
    for key, _, known in register:
        if known.kind == DONE_BEFORE:
            before += 1
        elif plan.is_open(key):
            counted[known.kind, known.reason] += 1
            rows.setdefault((known.kind, known.reason), known.row)
    lines = [
        f"  {count:,} x {kind} (first in row {rows[kind, reason]}): {reason}"
        for (kind, reason), count in counted.most_common(10)
    ]
    if before:
        lines.append(f"  {before:,} rows count as done before: the original tool's bookmark stood below them")
    return lines


def _views(folder: Folder, settings: Settings, columns: list[str], report: Report) -> None:
    """How the views stand; `columns` are the user's."""
    if not folder.journal.exists() or report.is_damaged:
        return
    left = state.load(folder.state)
    wanted = views.make(folder.path, settings.views, columns, exact=settings.csv_exact)
    records = answers.read(folder.journal, answers.sound_size(folder.journal))
    for view, found in zip(wanted, leveling.compare(wanted, records), strict=True):
        if not view.path.exists():
            report.add(f"{view.path}: missing; the next run writes it", 1)
        elif not found.fits and left.knows(state.mark(view.path), left.views.get(view.name)):
            report.add(f"{view.path}: has other columns or guards; the next run makes it anew", 1)
        elif not found.fits:
            report.add(
                f"{view.path}: was edited, from byte {found.sound + 1:,} on; the next run sets it aside and makes it anew",
                1,
            )
        elif found.sound < found.wanted:
            report.add(f"{view.path}: behind the journal; the next run completes it", 1)
        else:
            report.add(f"{view.path}: level with the journal")
