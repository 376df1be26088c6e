"""What the making of a task's dataset came to, as lines of text and an exit status."""

from collections import Counter
from collections.abc import Iterable

from dset.costs import Bill, Tokens
from dset.failures import Kind
from dset.progress import Progress
from dset.rejections import INVALID
from dset.stops import Stopped
from dset.summary import ending
from dset.tasks.making import Making
from dset.tasks.rounds import Outcome
from dset.wording import counted, span

_MOST_VALUES = 12  # that a line counts


def exit_status(making: Making, outcome: Outcome) -> int:
    """0: as many records stand as were ordered; 1: fewer; 2: something must be mended first."""
    stopped = outcome.stopped
    if outcome.signal:
        return 128 + outcome.signal
    if making.is_done:
        return 0
    must_mend = stopped is not None and stopped.kind in {Kind.STOP, Kind.ROW_FAULT}
    return 2 if must_mend and not any(one.answered for one in making.rounds) else 1


def lines(making: Making, outcome: Outcome) -> list[str]:
    """The summary of one dataset."""
    stopped, outputs = outcome.stopped, outcome.outputs
    order, rounds = making.order, making.rounds
    found = [_headline(making, stopped)]
    if stopped is not None and stopped.advice:
        found.append(f"  {stopped.advice}")
    found += [f"  {name}: {shares(values)}" for name, values in making.counts().items()]
    asked = sum(one.answered + one.paid_in_vain + one.blocked for one in rounds)
    if asked:
        found.append(f"  this run: {_run(rounds)}")
        tokens, bill = Tokens(), Bill()
        for one in rounds:
            tokens.join(one.tokens)
            bill.join(one.bill)
        suffix = ", had it been real" if making.settings.rehearse else ""
        found += [f"  tokens: {tokens}", f"  cost: {bill}{suffix}"]
        found.append(f"  time: {span(making.seconds)}")
    spent = making.stock.requests if making.stock else 0
    found.append(f"  requests in all: {spent:,} of at most {order.most:,}")
    found.append(f"  files: {', '.join(path.as_posix() for path in outputs.files())}")
    return found + _next(making, stopped, spent)


def _headline(making: Making, stopped: Stopped | None) -> str:
    stands = f"{making.stands:,} of {counted(making.order.count, 'record')} stand"
    name = f"{making.order.task.name} ({making.order.lang})"
    if making.is_done:
        return f"Finished {name}: {stands}."
    return (
        f"{ending(stopped).rstrip('.')} - {name}: {stands}." if stopped else f"Not finished {name}: {stands}."
    )


def shares(values: Counter[str]) -> str:
    """How often each value stands, the first few of them."""
    shown = ", ".join(f"{value} {count:,}" for value, count in list(values.items())[:_MOST_VALUES])
    more = len(values) - _MOST_VALUES
    return shown + (f" and {more} more" if more > 0 else "")


def _run(rounds: Iterable[Progress]) -> str:
    kinds: Counter[str] = Counter()
    for one in rounds:
        kinds.update(one.kinds)
    answered = sum(one.answered for one in rounds)
    vain = sum(one.paid_in_vain for one in rounds)
    rejected = kinds.pop(INVALID, 0)
    parts = [f"answered {answered:,}", f"asked again {vain - rejected:,}", f"rejected {rejected:,}"]
    return ", ".join([*parts, *(f"{kind} {count:,}" for kind, count in kinds.items())])


def _next(making: Making, stopped: Stopped | None, spent: int) -> list[str]:
    if making.is_done:
        return []
    if spent >= making.order.most:
        return [
            f"  next: a larger --max-requests goes on; {making.settings.output.as_posix()}/rejected.json says what was wrong"
        ]
    mend = "mend this, then " if stopped and stopped.kind in {Kind.STOP, Kind.ROW_FAULT} else ""
    return [f"  next: {mend}run the same command again; {making.order.count - making.stands:,} to make"]
