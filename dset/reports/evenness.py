"""What is missing for a dataset to be level: so many more of a value. Pure."""

from collections.abc import Iterable
from typing import NamedTuple

from dset.reports.figures import Classes, Counts


class Shortage(NamedTuple):
    """A label, parameter or column that is not level, and how many more of each value would level it."""

    name: str
    role: str
    more: Counts  # most needed first


def shortages(classes: Iterable[Classes]) -> list[Shortage]:
    """What is not level, in the given order. Counts that differ by one are level; what the plan fixes is no choice."""
    found = [
        Shortage(one.name, one.role, _more(one.counts))
        for one in classes
        if not one.is_fixed and not one.is_cut
    ]
    return [one for one in found if one.more]


def _more(counts: Counts) -> Counts:
    most = max((count for _, count in counts), default=0)
    lacking = [(value, most - count) for value, count in counts if most - count > 1]
    return tuple(sorted(lacking, key=lambda one: -one[1]))
