"""What was rejected and what all of it cost, as lines."""

from collections.abc import Iterator

from dset.cleaning import clean
from dset.costs import usd
from dset.rejections import RETRIED
from dset.reports.figures import Figures, Rejections
from dset.wording import counted

_WIDTH = 96
_REASONS = 8


def rejections(found: Rejections) -> Iterator[str]:
    """How many tries came to nothing, and why: the most frequent faults first."""
    if not found.kinds:
        yield "rejected: nothing"
    else:
        kinds = ", ".join(f"{_kind(kind)} {count:,}" for kind, count in found.kinds)
        yield f"rejected: {counted(sum(count for _, count in found.kinds), 'try', 'tries')} ({kinds})"
    for one in found.reasons[:_REASONS]:
        row = f" (first in row {one.row:,})" if one.row else ""
        yield f"  {one.count:>5,} x {clean(one.text, _WIDTH - 10 - len(row))}{row}"
    left = found.others + sum(one.count for one in found.reasons[_REASONS:])
    if left:
        yield f"  {left:>5,} x something else"
    if found.damaged:
        yield f"  {counted(found.damaged, 'line')} of rejected.json cannot be read"


def _kind(kind: str) -> str:
    return "asked again" if kind == RETRIED else clean(kind, 40) or "of no kind"


def spent(figures: Figures) -> Iterator[str]:
    """Tokens and cost, in all and of a record."""
    spent, records = figures.spent, figures.records
    total = spent.prompt + spent.completion
    untold = f"; not told for {spent.untold:,}" if spent.untold else ""
    each = f"; {total / records:,.0f} per good record" if records and total else ""
    yield (
        f"tokens: {spent.prompt:,} in ({spent.cached:,} cached), {spent.completion:,} out "
        f"({spent.reasoning:,} thinking){each}{untold}"
    )
    yield from _cost(figures)


def _cost(figures: Figures) -> Iterator[str]:
    spent, records = figures.spent, figures.records
    if spent.unknown and not spent.usd:
        yield f"cost: unknown ({counted(spent.unknown, 'answer')} whose cost nobody knows)"
        return
    at_least = "at least " if spent.unknown else ""
    invented = ", had it been real" if figures.is_invented else ""
    each = f"; {at_least}{usd(spent.usd / records)} per good record" if records else ""
    yield f"cost: {at_least}{usd(spent.usd)}{invented}{each}"
    if spent.unknown:
        yield f"  unknown for {counted(spent.unknown, 'answer')}"
    if spent.usd_rejected:
        yield f"  {usd(spent.usd_rejected)} of it went into what was rejected"
    if spent.maybe_usd:
        yield f"  up to {usd(spent.maybe_usd)} more may have been billed for requests that brought nothing"
