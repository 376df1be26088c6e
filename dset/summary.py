"""What a run says at its beginning and its end, as lines of text."""

from collections import Counter
from pathlib import Path

from dset.batch import STORAGE, Stopped
from dset.failures import Kind
from dset.outputs import Outputs
from dset.progress import Progress, elapsed
from dset.rejections import DONE_BEFORE, INTERRUPTED, INVALID
from dset.worklist import Plan

EXCEL_CELL = 32_767  # characters that a cell of Excel can hold
_KINDS = {
    Kind.OUTAGE.value: "the service did not answer",
    Kind.STOP.value: "the service refused the request",
    Kind.ROW_FAULT.value: "the service cannot take the row",
    Kind.CUT_SHORT.value: "cut short; --max-tokens raises the limit",
    INVALID: "the answer did not pass its check",
    INTERRUPTED: "stopped while it waited for another try",
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


def notes(plan: Plan, outputs: Outputs, changed: list[str], unknown: tuple[str, ...]) -> list[str]:
    """What a user should know before anything is asked."""
    found = [
        f"the prompt names {{{word}}}, but q.csv has no such column: it is sent as it stands"
        for word in unknown
    ]
    if changed and plan.done:
        flags = ", ".join(f"--{name}" for name in changed)
        found.append(
            f"{flags} changed since the last run; the {plan.done:,} rows already answered are not asked again "
            "(for a fresh dataset name another folder with --output)"
        )
    if plan.held:
        kinds = ", ".join(f"{count:,} {kind}" for kind, count in plan.held.items())
        found.append(
            f"left alone: {kinds}; they were paid for and would fail again (--retry-failed asks them)"
        )
    if plan.blocked:
        found.append(f"left alone: {plan.blocked:,} BLOCKED by the service (--retry-failed asks them)")
    if before := done_before(outputs):
        found.append(f"{before:,} rows count as done before: the original tool's bookmark stood below them")
    if plan.gone:
        found.append(f"{plan.gone:,} answered questions are no longer in q.csv; their answers stay")
    return found


def done_before(outputs: Outputs) -> int:
    """Rows that only the original tool's bookmark says are answered."""
    return sum(known.kind == DONE_BEFORE for _, _, known in outputs.register)


def exit_status(plan: Plan, progress: Progress, stopped: Stopped | None, signal: int) -> int:
    """0 all answered, blocked or beyond the limit; 1 rows failed or the run broke off; 2 to be mended first."""
    if signal:
        return 128 + signal
    if stopped is not None and stopped.kind in {Kind.STOP, Kind.ROW_FAULT}:
        return 1 if progress.answered else 2
    return 1 if stopped is not None or progress.failed or plan.held else 0


def closing(
    plan: Plan, progress: Progress, stopped: Stopped | None, outputs: Outputs, left: int
) -> list[str]:
    """The summary. `left`: requests that are still to make."""
    lines = [_headline(plan, progress, stopped)]
    if stopped is not None and stopped.advice:
        lines.append(f"  {stopped.advice}")
    counts = f"  answered {progress.answered:,}, failed {progress.failed:,}, blocked {progress.blocked:,}"
    lines.append(f"{counts}; {_totals(plan, progress)}")
    lines += _failures(progress.kinds)
    if progress.failed_rows:
        more = " …" if progress.failed > len(progress.failed_rows) else ""
        rows = ", ".join(map(str, sorted(progress.failed_rows)))
        lines.append(f"  bookmarked ERROR in {plan.sheet.path.as_posix()}: row {rows}{more}")
    if progress.maybe_twice:
        lines.append(
            f"  possibly billed twice: {progress.maybe_twice:,} (sent, then the connection broke or timed out)"
        )
    if progress.ended:
        rate = f"{progress.rate:.1f} rows/s" if progress.rate >= 0.1 else f"{progress.rate * 60:.1f} rows/min"
        lines.append(f"  tokens: {progress.tokens}")
        lines.append(f"  time: {elapsed(progress.seconds)}, {rate}")
    lines += _warnings(progress, outputs)
    lines.append(f"  files: {_files(outputs)}")
    if left:
        lines.append(f"  next: run the same command again; {left:,} left to ask")
    return lines


def _headline(plan: Plan, progress: Progress, stopped: Stopped | None) -> str:
    if stopped is not None:
        how = {Kind.OUTAGE.value: "Stopped by an outage", STORAGE: "Stopped, the disk refuses writes"}
        text = how.get(stopped.kind, "Interrupted" if stopped.kind == INTERRUPTED else "Stopped")
        return f"{text}: {stopped.reason}"
    if not progress.total:
        left = sum(plan.held.values())
        if plan.rows == 0:
            return "Nothing to do: there is no question in q.csv."
        return (
            "Nothing to ask."
            if left or plan.blocked
            else f"Nothing to do: all {plan.rows:,} rows are answered."
        )
    return "Finished, but some rows failed." if progress.failed else "Finished."


def _totals(plan: Plan, progress: Progress) -> str:
    return (
        f"{plan.done:,} were answered before"
        if plan.done or not progress.total
        else f"{plan.rows:,} rows in all"
    )


def _failures(kinds: Counter[str]) -> list[str]:
    return [f"    {count:,} {_KINDS[kind]}" for kind, count in kinds.items() if kind in _KINDS]


def _warnings(progress: Progress, outputs: Outputs) -> list[str]:
    found = [f"  {name} could not be written; the next run catches up" for name in outputs.behind]
    if progress.longest > EXCEL_CELL:
        found.append(
            f"  an answer has {progress.longest:,} characters: Excel shows only {EXCEL_CELL:,} of a cell"
        )
    if before := done_before(outputs):
        found.append(
            f"  {before:,} rows count as done before (see rejected.json): the original tool answered them"
        )
    return found


def _files(outputs: Outputs) -> str:
    folder = outputs.folder
    names = [path for path in (folder.journal, folder.csv, folder.path / "output.txt") if path.exists()]
    if folder.rejected.exists() and folder.rejected.stat().st_size:
        names.append(folder.rejected)
    return ", ".join(_shown(path) for path in names) or _shown(folder.path)


def _shown(path: Path) -> str:
    return path.as_posix()
