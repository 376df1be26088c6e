"""The verb `status`: q.csv, the journal and the views against each other. Asks nothing and changes nothing."""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from dset import answers, locks, rejections, runs, state, views, worklist
from dset.errors import AlreadyRunningError, DsetError
from dset.outputs import Folder
from dset.prompts import Prompt
from dset.questions import Sheet
from dset.rejections import DONE_BEFORE
from dset.settings import Settings


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
    report, folder = Report(), Folder(settings.output)
    if busy := _running(folder):
        report.add(busy, 1)
    try:
        tally = _journal(folder, report)
        register, past = _rejected(folder, settings), runs.read(folder.runs)
        with Sheet(settings.questions, encoding=settings.encoding, column=settings.column) as sheet:
            prompt = Prompt(settings.prompt, settings.system, sheet.columns, settings.questions.parent)
            for key, number, known in register:
                if known.kind == DONE_BEFORE:
                    tally.add(key, number)
            rules = worklist.Rules(settings.fingerprint, prompt.named, past.named, settings.samples)
            _rows(worklist.plan(sheet, tally, register, rules), register, report)
            _views(folder, settings, [name for _, name in sheet.columns.own], report)
    except DsetError as error:
        report.add(str(error), 2)
    if folder.rescue.exists():
        report.add(f"answers wait in {folder.rescue}: the next run takes them up", 1)
    return report


def _running(folder: Folder) -> str:
    if not folder.lock.exists():
        return ""
    lock = locks.Lock(folder.lock, str(folder.path))
    try:
        lock.acquire()
    except AlreadyRunningError as error:
        return str(error)
    except OSError:
        return ""
    lock.release()
    return ""


def _journal(folder: Folder, report: Report) -> answers.Tally:
    if not folder.journal.exists():
        adopts = folder.csv.exists()
        report.add(
            f"{folder.journal}: missing; the next run takes the answers from output.csv"
            if adopts
            else f"{folder.journal}: no answers yet",
            1,
        )
        return answers.Tally()
    sound = answers.sound_size(folder.journal)
    torn = folder.journal.stat().st_size - sound
    tally = answers.tally(folder.journal, trusted=False, end=sound)
    report.add(f"{folder.journal}: {tally.total:,} answers")
    if torn:
        report.add(f"{folder.journal}: {torn:,} bytes of a torn last line; the next run cuts them off", 1)
    return tally


def _rejected(folder: Folder, settings: Settings) -> rejections.Register:
    left = state.load(folder.state)
    same = left.questions == str(settings.questions.resolve())
    return rejections.read(folder.rejected, left.bookmarked if same else 0)


def _rows(plan: worklist.Plan, register: rejections.Register, report: Report) -> None:
    held = sum(plan.held.values())
    report.add(
        f"{plan.sheet.path}: {plan.rows:,} rows, {plan.done:,} done, {plan.todo:,} to do, "
        f"{plan.blocked:,} blocked, {held:,} left alone, {plan.empty:,} empty",
        1 if plan.todo or held else 0,
    )
    if plan.gone:
        report.add(f"{plan.gone:,} answers belong to no row of {plan.sheet.path} any more; they stay")
    if plan.cells:
        report.add(
            f"{len(plan.cells):,} bookmarks in {plan.sheet.path} are to be brought up to date by the next run",
            1,
        )
    for line in _reasons(plan, register):
        report.add(line)
    if plan.todo:
        first = f"; the {plan.bookmarked:,} bookmarked ones first" if plan.bookmarked else ""
        report.add(f"the next run asks {plan.todo:,} times{first}")
    elif held or plan.blocked:
        report.add("the next run asks nothing; --retry-failed asks what is blocked or left alone")
    else:
        report.add("the next run asks nothing: all rows are answered")


def _reasons(plan: worklist.Plan, register: rejections.Register) -> list[str]:
    """Why rows have no answer, most frequent first."""
    counted: Counter[tuple[str, str]] = Counter()
    rows: dict[tuple[str, str], int] = {}
    before = 0
    for key, number, known in register:
        if known.kind == DONE_BEFORE:
            before += 1
        elif plan.is_open(key):
            counted[known.kind, known.reason] += 1
            rows.setdefault((known.kind, known.reason), known.row)
        del number
    lines = [
        f"  {count:,} x {kind} (first in row {rows[kind, reason]}): {reason}"
        for (kind, reason), count in counted.most_common(10)
    ]
    if before:
        lines.append(f"  {before:,} rows count as done before: the original tool's bookmark stood below them")
    return lines


def _views(folder: Folder, settings: Settings, columns: list[str], report: Report) -> None:
    if not folder.journal.exists():
        return
    sound = answers.sound_size(folder.journal)

    def records() -> "answers.Records":
        return answers.read(folder.journal, end=sound)

    left = state.load(folder.state)
    own = list(dict.fromkeys([*views.columns_of(records()), *columns]))
    for view in views.make(folder.path, settings.views, own, exact=settings.csv_exact):
        if not view.path.exists():
            report.add(f"{view.path}: missing; the next run writes it", 1)
            continue
        fits, standing = views.matches(view, records())
        whole = sum(map(len, view.content(records())))
        if not fits:
            ours = left.knows(state.mark(view.path), left.views.get(view.name))
            what = (
                "other columns than now"
                if ours
                else "was edited; the next run sets it aside and makes it anew"
            )
            report.add(f"{view.path}: {what}", 1)
        elif standing < whole:
            report.add(f"{view.path}: behind the journal; the next run completes it", 1)
        else:
            report.add(f"{view.path}: level with the journal")


def path_of(folder: str, settings: Settings) -> Path:
    """The folder that was named, else the settings' own."""
    return Path(folder) if folder else settings.output
