"""The verb `status`: q.csv, the journal and the views against each other. Asks nothing and changes nothing."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from dset import adoption, answers, files, leveling, locks, rejections, runs, state, views, worklist
from dset.contents import Question
from dset.costs import Tokens
from dset.errors import DsetError
from dset.outputs import Folder
from dset.prompts import Prompt
from dset.questions import Sheet
from dset.rejections import DONE_BEFORE, Known
from dset.settings import Settings
from dset.wording import counted


@dataclass(slots=True)
class Report:
    """What was found. `exit_status`: 0 all level and done, 1 a run has something to do, 2 a person must look."""

    lines: list[str] = field(default_factory=list)
    exit_status: int = 0

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
        tally = _journal(folder, report)
        _add_rescued(folder, tally)
        register, past = _rejected(folder, settings), runs.read(folder.runs)
        with Sheet(settings.questions, encoding=settings.encoding, column=settings.column) as sheet:
            prompt = Prompt(settings.prompt, settings.system, sheet.columns, settings.questions.parent)
            for key, number, known in register:
                if known.kind == DONE_BEFORE:
                    tally.add(key, number)
            if settings.is_default_output and not folder.journal.exists() and not folder.csv.exists():
                _add_done_before(worklist.rows_above_bookmark(sheet, prompt.named), tally, register)
            rules = worklist.Rules(
                fingerprint=settings.fingerprint,
                named=prompt.named,
                earlier=past.named,
                samples=settings.samples,
                limit=settings.limit,
                retry_failed=settings.retry_failed,
            )
            _rows(worklist.plan(sheet, tally, register, rules), register, report)
            _views(folder, settings, [name for _, name in sheet.columns.own], tally.columns, report)
    except DsetError as error:
        report.add(str(error), 2)
    if files.is_swap_unfinished(settings.questions):
        report.add(
            f"what was saved in {settings.questions} just as a run was killed waits beside it: "
            "the next run puts it back",
            1,
        )
    if folder.rescue.exists():
        report.add(f"answers wait in {folder.rescue}: the next run takes them up", 1)
    return report


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


def _journal(folder: Folder, report: Report) -> answers.Tally:
    if not folder.journal.exists():
        return _to_adopt(folder, report)
    sound = answers.sound_size(folder.journal)
    torn = folder.journal.stat().st_size - sound
    tally = answers.tally(folder.journal, trusted=False, end=sound)
    tokens = Tokens()
    for record in answers.read(folder.journal, end=sound):
        tokens.count(record["metadata"])
    report.add(f"{folder.journal}: {counted(tally.total, 'answer')}; tokens: {tokens}; cost in USD: unknown")
    if torn:
        report.add(f"{folder.journal}: {torn:,} bytes of a torn last line; the next run cuts them off", 1)
    return tally


def _to_adopt(folder: Folder, report: Report) -> answers.Tally:
    tally = answers.Tally()
    if not folder.csv.exists():
        report.add(f"{folder.journal}: no answers yet", 1)
        return tally
    for record in adoption.read(folder.csv, exact=state.load(folder.state).csv_exact):
        tally.add(*answers.identify(record["metadata"]))
    report.add(f"{folder.journal}: missing; the next run takes {tally.total:,} answers from output.csv", 1)
    return tally


def _add_rescued(folder: Folder, tally: answers.Tally) -> None:
    """Count what an earlier run had to write outside the folder, as the next one will."""
    if not folder.rescue.exists():
        return
    known = {record["metadata"].get("id") for record in _records(folder)}
    for record in answers.read(folder.rescue, end=answers.sound_size(folder.rescue)):
        if "kind" not in record and record["metadata"].get("id") not in known:
            tally.add(*answers.identify(record["metadata"]))


def _add_done_before(above: Iterable[Question], tally: answers.Tally, register: rejections.Register) -> None:
    """Count the rows above the original tool's bookmark, as the next run will note them."""
    for question in above:
        if not tally.claim(question.key):
            number = tally.issue(question.key)
            tally.add(question.key, number)
            tally.claim(question.key)
            register.add(question.key, number, Known(DONE_BEFORE, "", "", question.row, pending=True))
    tally.release()


def _records(folder: Folder) -> answers.Records:
    end = answers.sound_size(folder.journal) if folder.journal.exists() else 0
    return answers.read(folder.journal, end=end)


def _rejected(folder: Folder, settings: Settings) -> rejections.Register:
    left = state.load(folder.state)
    same = left.questions == state.name_of(settings.questions, folder.path)
    return rejections.read(folder.rejected, left.bookmarked if same else 0)


def _rows(plan: worklist.Plan, register: rejections.Register, report: Report) -> None:
    held = sum(plan.held.values())
    report.add(
        f"{plan.sheet.path}: {plan.rows:,} rows, {plan.done:,} done, {plan.todo:,} to do, "
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


def _reasons(plan: worklist.Plan, register: rejections.Register) -> list[str]:
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


def _views(
    folder: Folder, settings: Settings, columns: list[str], met: Iterable[str], report: Report
) -> None:
    """How the views stand; `met` are the columns that the journal's records have."""
    if not folder.journal.exists():
        return
    left = state.load(folder.state)
    own = list(dict.fromkeys([*left.columns, *met, *columns]))
    wanted = views.make(folder.path, settings.views, own, exact=settings.csv_exact)
    for view, found in zip(wanted, leveling.compare(wanted, _records(folder)), strict=True):
        if not view.path.exists():
            report.add(f"{view.path}: missing; the next run writes it", 1)
        elif not found.fits:
            ours = left.knows(state.mark(view.path), left.views.get(view.name))
            what = (
                "has other columns or guards; the next run makes it anew"
                if ours
                else "was edited; the next run sets it aside and makes it anew"
            )
            report.add(f"{view.path}: {what}", 1)
        elif found.sound < found.wanted:
            report.add(f"{view.path}: behind the journal; the next run completes it", 1)
        else:
            report.add(f"{view.path}: level with the journal")
