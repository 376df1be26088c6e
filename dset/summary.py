"""What a run says at its beginning and its end, as lines of text."""

from dset.contents import BOOKMARKS
from dset.estimates import compare
from dset.failures import Kind
from dset.outputs import Outputs
from dset.plans import Plan
from dset.progress import Progress
from dset.prompts import Prompt
from dset.rejections import DONE_BEFORE, INTERRUPTED, INVALID
from dset.stops import BUDGET, SPENT, STORAGE, Stopped
from dset.wording import counted, span

EXCEL_CELL = 32_767  # characters that a cell of Excel can hold
_CHANGED = {"services": "the list of models", "appendix": "--schema"}  # settings that are no flag
_NAMED = 12  # rows that a line names at most
_KINDS = {
    Kind.OUTAGE.value: "got no answer from the service",
    Kind.STOP.value: "refused by the service",
    Kind.ROW_FAULT.value: "cannot be taken by the service",
    Kind.CUT_SHORT.value: "cut short: --max-tokens raises the limit",
    INVALID: "with an answer that did not pass its check",
    INTERRUPTED: "stopped while waiting for another try",
}


def opening(plan: Plan) -> str:
    """One line: to do, done, blocked, empty."""
    parts = [f"{plan.todo:,} to do"]
    if plan.bookmarked:
        parts[0] += f" ({plan.bookmarked:,} of them bookmarked ERROR or BLOCKED, asked first)"
    parts += [f"{plan.done:,} done", f"{plan.blocked:,} blocked", f"{plan.empty:,} empty"]
    if held := sum(plan.held.values()):
        parts.append(f"{held:,} left alone")
    if plan.beyond:
        parts.append(f"{plan.beyond:,} beyond --limit")
    return ", ".join(parts)


def notes(plan: Plan, outputs: Outputs, changed: list[str], prompt: Prompt) -> list[str]:
    """What a user should know before anything is asked."""
    found = [
        f"the prompt names {{{word}}}, but q.csv has no such column: it is sent as it stands"
        for word in prompt.unknown
    ]
    if not prompt.asks and plan.todo:
        found.append("the prompt names no column, not even {question}: every row is sent the same")
    if changed and plan.done:
        flags = ", ".join(_CHANGED.get(name, f"--{name}") for name in changed)
        found.append(
            f"{flags} changed since the last run; the {counted(plan.done, 'row')} already answered are not asked again "
            "(for a fresh dataset name another folder with --output)"
        )
    found += [
        f"row {row}: its status cell holds {cell!r}; if that belongs to the question, put the question in double quotes"
        for row, cell in plan.suspects
    ]
    if plan.held:
        kinds = ", ".join(f"{count:,} {kind}" for kind, count in plan.held.items())
        found.append(
            f"left alone: {kinds}; they were paid for and would fail again (--retry-failed asks them)"
        )
    if plan.blocked:
        found.append(f"left alone: {plan.blocked:,} BLOCKED by the service (--retry-failed asks them)")
    if before := done_before(outputs):
        found.append(_done_before_line(before, outputs))
    if plan.gone:
        found.append(
            f"{counted(plan.gone, 'answer')} without a row in q.csv now (deleted, edited, or fewer --samples); they stay in the outputs"
        )
    return found


def done_before(outputs: Outputs) -> int:
    """Rows that only the original tool's bookmark says are answered."""
    return sum(known.kind == DONE_BEFORE for _, _, known in outputs.register)


def _done_before_line(count: int, outputs: Outputs) -> str:
    return (
        f"{counted(count, 'row')} above an ERROR count as done before, by the original script, and are not asked; to "
        f"ask them all the same delete their lines from {outputs.folder.rejected.as_posix()}"
    )


def exit_status(plan: Plan, progress: Progress, stopped: Stopped | None, signal: int) -> int:
    """0 all answered, blocked or beyond the limit; 1 rows failed or the run broke off; 2 to be mended first."""
    if signal:
        return 128 + signal
    if stopped is not None and stopped.kind in {Kind.STOP, Kind.ROW_FAULT}:
        return 1 if progress.answered else 2
    return 1 if stopped is not None or progress.failed or plan.held else 0


def closing(
    plan: Plan,
    after: Plan,
    progress: Progress,
    stopped: Stopped | None,
    outputs: Outputs,
    *,
    invented: bool = False,
    is_part: bool = False,
) -> list[str]:
    """The summary. `after` is what the same command would find to do now; `invented`: it was a rehearsal.

    `is_part`: of a larger one, which says where the files are.
    """
    lines = [_headline(plan, progress, stopped)]
    if stopped is not None and stopped.advice:
        lines.append(f"  {stopped.advice}")
    lines.append(f"  {_counts(plan, progress)}")
    lines += [f"    {count:,} {_KINDS[kind]}" for kind, count in progress.kinds.items() if kind in _KINDS]
    lines += [
        f"  bookmarked {word} in {after.sheet.path.as_posix()}: {_rows(after, word)}"
        for word in BOOKMARKS
        if after.marked[word]
    ]
    if progress.maybe_twice and not invented:
        lines.append(
            f"  possibly billed twice: {counted(progress.maybe_twice, 'request')} (sent, but no whole answer came back)"
        )
    if progress.answered or progress.paid_in_vain:
        lines += _figures(progress, invented=invented)
    lines += _warnings(progress, outputs)
    if not is_part:
        lines.append(f"  files: {', '.join(path.as_posix() for path in outputs.files())}")
    if invented and not is_part:
        lines.append("  a rehearsal: no service was asked, every answer is invented, nothing is billed")
    return lines + _next(plan, after, progress, stopped)


def _next(plan: Plan, after: Plan, progress: Progress, stopped: Stopped | None) -> list[str]:
    """What to do now."""
    lines, left = [], after.todo
    if after is plan and progress.total:  # q.csv could not be read again: what the plan leaves
        left = plan.todo + plan.beyond - progress.answered - progress.blocked
    if left:
        mend = (
            "mend this, then " if stopped is not None and stopped.kind in {Kind.STOP, Kind.ROW_FAULT} else ""
        )
        lines.append(f"  next: {mend}run the same command again; {left:,} left to ask")
    if after.held:
        lines.append(
            "  next: what was cut short or rejected is asked again only with another setting, or --retry-failed"
        )
    return lines


def _figures(progress: Progress, *, invented: bool) -> list[str]:
    """What it took: by whom, tokens, money, time."""
    by = [f"  answered by: {_by_endpoint(progress)}"] if len(progress.endpoints) > 1 else []
    rate = f"{progress.rate:.1f} rows/s" if progress.rate >= 0.1 else f"{progress.rate * 60:.1f} rows/min"
    return [
        *by,
        f"  tokens: {progress.tokens}",
        f"  cost: {_cost(progress, invented=invented)}",
        f"  time: {span(progress.seconds)}, {rate}",
    ]


def _by_endpoint(progress: Progress) -> str:
    most = progress.endpoints.most_common(_NAMED)
    more = len(progress.endpoints) - len(most)
    return ", ".join(f"{name} {count:,}" for name, count in most) + (f" and {more} more" if more else "")


def _cost(progress: Progress, *, invented: bool) -> str:
    if invented:
        return f"{progress.bill}, had it been real"
    return (compare(progress.estimate, progress.bill) if progress.estimate else "") or str(progress.bill)


def ending(stopped: Stopped) -> str:
    """Why a run did not go on to its end, in a line."""
    if stopped.kind == INTERRUPTED:
        return f"Interrupted {stopped.reason}."
    how = {
        Kind.OUTAGE.value: "Stopped by an outage",
        STORAGE: "Stopped, the disk refuses writes",
        SPENT: "Stopped, nothing is left to ask for now",
        BUDGET: "Stopped",
    }
    return f"{how.get(stopped.kind, 'Stopped')}: {stopped.reason}"


def _headline(plan: Plan, progress: Progress, stopped: Stopped | None) -> str:
    if stopped is not None:
        return ending(stopped)
    if progress.total:
        return "Finished, but some rows failed." if progress.failed else "Finished."
    if plan.rows == 0:
        return "Nothing to do: q.csv holds no question; write one a row under the heading question."
    if plan.held or plan.blocked:
        return "Nothing to ask."
    return f"Nothing to do: all {counted(plan.rows, 'row')} are answered."


def _counts(plan: Plan, progress: Progress) -> str:
    counts = f"answered {progress.answered:,}, failed {progress.failed:,}, blocked {progress.blocked:,}"
    if progress.paid_in_vain:
        counts += f", rejected {progress.paid_in_vain:,} (paid for, kept in rejected.json)"
    if not_asked := progress.total - progress.ended:
        counts += f", not asked {not_asked:,}"
    before = (
        f"{plan.done:,} were answered before"
        if plan.done or not progress.total
        else f"{counted(plan.rows, 'row')} in all"
    )
    return f"{counts}; {before}"


def _rows(after: Plan, word: str) -> str:
    rows = after.marked[word]
    listed = ", ".join(map(str, rows[:_NAMED]))
    return f"row {listed}" + (f" and {len(rows) - _NAMED:,} more" if len(rows) > _NAMED else "")


def _warnings(progress: Progress, outputs: Outputs) -> list[str]:
    found = [f"  {name} could not be written; the next run catches up" for name in outputs.behind]
    if progress.longest > EXCEL_CELL:
        found.append(
            f"  an answer has {progress.longest:,} characters: Excel shows only {EXCEL_CELL:,} of a cell"
        )
    if before := done_before(outputs):
        found.append(f"  {_done_before_line(before, outputs)}")
    return found
