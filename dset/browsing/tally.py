"""How often each status, label and model stands, kept while the lines are read: nothing is counted again for a page."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from dset.browsing.rows import SHOWN, Row

_MOST = 1_000  # values that are kept apart
_TOLD = 200


@dataclass(slots=True)
class Range:
    """The least and the most of figures; it never narrows."""

    least: float | None = None
    most: float | None = None

    def add(self, value: float | None) -> None:
        """Take a figure in."""
        if value is not None:
            self.least = value if self.least is None else min(self.least, value)
            self.most = value if self.most is None else max(self.most, value)

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

    def add(self, row: Row) -> None:
        """A row came."""
        _count(self.statuses, row.status, 1)
        if row.shown == SHOWN:
            _count(self.labels, row.label, 1)
            _count(self.models, row.model, 1)
            self.length.add(row.length)
            self.cost.add(row.cost)

    def remove(self, status: str, label: str, model: str) -> None:
        """A row is shown no longer."""
        _count(self.statuses, status, -1)
        _count(self.labels, label, -1)
        _count(self.models, model, -1)


def _count(counts: Counter[str], value: str, by: int) -> None:
    if value and (value in counts or len(counts) < _MOST):
        counts[value] += by


def merged(tallies: Iterable[Tally]) -> Tally:
    """The counts of all of them."""
    whole = Tally()
    for one in tallies:
        for name in ("statuses", "labels", "models"):
            getattr(whole, name).update(dict(getattr(one, name)))
        for name in ("length", "cost"):
            for value in (getattr(one, name).least, getattr(one, name).most):
                getattr(whole, name).add(value)
    return whole


def told(counts: Counter[str]) -> list[list[str | int]]:
    """Values and counts, the most frequent first."""
    return [[value, count] for value, count in counts.most_common(_TOLD) if count > 0]
