"""The verb `status`: q.csv, the journal and the views against each other. Asks nothing and changes nothing."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from dset import (
    clocks,
    inspection,
    locks,
    quotas,
    recovery,
    rejections,
    swaps,
    worklist,
)
from dset.errors import DsetError
from dset.folders import Folder
from dset.inspection import Report
from dset.plans import Plan, Rules
from dset.prompts import Prompt
from dset.questions import Sheet
from dset.recovery import Knowledge
from dset.rejections import DONE_BEFORE
from dset.settings import Settings
from dset.wording import counted


def look(settings: Settings) -> Report:
    """The report on the folder and the q.csv that the settings name."""
    return narrowed(settings, lambda _: None)


def narrowed(settings: Settings, narrow: Callable[[Plan], object]) -> Report:
    """The same of a planned q.csv; `narrow` takes rows out of the plan that are not asked now."""
    settings = _with_own_questions(settings)
    report, folder = Report(), Folder(settings.output)
    if busy := _running(folder):
        report.add(busy, 1)
    try:
        count = partial(inspection.counted_journal, folder, report)
        known = recovery.read(folder, settings.questions, count, partial(report.add, status=2))
        _elsewhere(folder, known, report)
        for line in quotas.still_spent(folder.endpoints, clocks.now()):
            report.add(line)
        with Sheet(settings.questions, encoding=settings.encoding, column=settings.column) as sheet:
            _sheet(sheet, folder, known, settings, report, narrow)
    except DsetError as error:
        report.add(str(error), 2)
    return report


def _sheet(
    sheet: Sheet,
    folder: Folder,
    known: Knowledge,
    settings: Settings,
    report: Report,
    narrow: Callable[[Plan], object],
) -> None:
    if swaps.is_unfinished(sheet.path):
        report.add(
            f"{sheet.path}: an earlier run was ended while it wrote it; the next run clears that up", 1
        )
    prompt = Prompt(
        settings.prompt, settings.system, sheet.columns, settings.questions.parent, settings.appendix
    )
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
        is_planned=settings.is_planned,
    )
    plan = worklist.plan(sheet, known.tally, known.register, rules)
    narrow(plan)
    _rows(plan, known.register, report)
    own = [*known.state.columns, *known.tally.columns, *(name for _, name in sheet.columns.own)]
    inspection.compare_views(folder, settings, list(dict.fromkeys(own)), report)


def _with_own_questions(settings: Settings) -> Settings:
    """Rehearsals and second passes keep a q.csv of their own beside their outputs."""
    folder = settings.output / "rehearsal" if settings.rehearse else settings.output
    if not Folder(folder).has_own_questions:
        return settings
    return replace(settings, output=folder, questions=folder / "q.csv")


def _running(folder: Folder) -> str:
    holder = locks.Lock(folder.lock, str(folder.path)).holder()
    return (
        f"{folder.path}: a run is going on ({holder}); what follows changes while you read it"
        if holder
        else ""
    )


def _elsewhere(folder: Folder, known: Knowledge, report: Report) -> None:
    """What the next run takes up or clears away."""
    if folder.rescue.exists():
        saved, _ = recovery.rescued(folder) if not report.is_damaged else ([], [])
        for record in saved:
            known.tally.add_record(record["metadata"])
        report.add(f"answers wait in {folder.rescue}: the next run takes them up", 1)
    if folder.litter:
        report.add(f"{folder.path}: an earlier run was ended while it wrote; the next run clears that up", 1)
    if torn_now := inspection.torn(folder.rejected):
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
    replaced = plan.rules.is_planned  # what failed has another row in its place
    report.add(
        f"{plan.sheet.path}: {counted(plan.rows, 'row')}, {plan.done:,} done, {plan.todo:,} to do, "
        f"{plan.blocked:,} blocked, {held:,} left alone, {plan.empty:,} empty",
        1 if plan.todo or (held and not replaced) else 0,
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
    elif replaced and (held or plan.blocked):
        report.add("the next run asks none of these rows again: what failed is planned anew")
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
