"""How often each status, label and model stands, kept while the lines are read: nothing is counted again for a page."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from dset.browsing.rows import SHOWN, Row

_MOST = 1_000  # values that are kept apart
_TOLD = 200


@dataclass(slots=True)
class Range:
    """The least and the most of figures; it never narrows."""

    least: float | None = None
    most: float | None = None

    def add(self, values: Iterable[float | None]) -> None:
        """Take figures in."""
        known = [value for value in (*values, self.least, self.most) if value is not None]
        if known:
            self.least, self.most = min(known), max(known)

    def told(self) -> dict[str, float | None]:
        """As JSON has it."""
        return {"least": self.least, "most": self.most}


@dataclass(slots=True)
class Tally:
    """The counts of one file's rows, of those that are shown; of tries that were repeated the status."""

    statuses: Counter[str] = field(default_factory=Counter)
    labels: Counter[str] = field(default_factory=Counter)
    models: Counter[str] = field(default_factory=Counter)
    length: Range = field(default_factory=Range)
    cost: Range = field(default_factory=Range)

    def add(self, rows: Sequence[Row]) -> None:
        """Rows came."""
        _count(self.statuses, Counter(row.status for row in rows))
        shown = [row for row in rows if row.shown == SHOWN]
        _count(self.labels, Counter(row.label for row in shown))
        _count(self.models, Counter(row.model for row in shown))
        self.length.add(row.length for row in shown)
        self.cost.add(row.cost for row in shown)

    def remove(self, status: str, label: str, model: str) -> None:
        """A row is shown no longer."""
        for counts, value in ((self.statuses, status), (self.labels, label), (self.models, model)):
            _count(counts, {value: -1})


def _count(counts: Counter[str], more: Mapping[str, int]) -> None:
    for value, by in more.items():
        if value and (value in counts or len(counts) < _MOST):
            counts[value] += by


def merged(tallies: Iterable[Tally]) -> Tally:
    """The counts of all of them."""
    whole = Tally()
    for one in tallies:
        for name in ("statuses", "labels", "models"):
            getattr(whole, name).update(dict(getattr(one, name)))
        for name in ("length", "cost"):
            getattr(whole, name).add((getattr(one, name).least, getattr(one, name).most))
    return whole


def told(counts: Counter[str]) -> list[list[str | int]]:
    """Values and counts, the most frequent first."""
    return [[value, count] for value, count in counts.most_common(_TOLD) if count > 0]
