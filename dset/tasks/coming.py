"""Which rows of a task's q.csv a round asks: those that stand for records which are missing, and for no other.

The file is open to its user: a row may be doubled, its status cleared, its text or its slots changed, and rejected.json
deleted. Such a row looks as if it was never asked; asking it would buy a record that stands.
"""

from collections.abc import Set as AbstractSet
from typing import NamedTuple

from dset.contents import Question
from dset.plans import Plan
from dset.tasks.planfile import Order
from dset.tasks.queue import SLOTS, slots_of


class Coming(NamedTuple):
    """What is left of a plan."""

    slots: list[tuple[int, ...]]  # of each row that is asked
    idle: int  # rows that are not asked, as nothing is missing that they stand for


def narrow(plan: Plan, order: Order, held: AbstractSet[int], left: int) -> Coming:
    """Leave out of `plan` the rows for records that stand (`held`) or that no row stands for, and those beyond `left`."""
    taken, found, idle = set(held), list[tuple[int, ...]](), 0

    def wanted(asked: Question) -> bool:
        nonlocal idle
        slots = slots_of(asked.columns.get(SLOTS, ""))
        if not _are_of(order, slots) or not taken.isdisjoint(slots):
            idle += 1
            return False
        if len(found) >= left:
            return False
        taken.update(slots)
        found.append(slots)
        return True

    plan.narrow(wanted)
    return Coming(found, idle)


def _are_of(order: Order, slots: tuple[int, ...]) -> bool:
    """One request of this order may ask for them together."""
    return 0 < len(set(slots)) == len(slots) <= order.per_request and all(
        1 <= slot <= order.count for slot in slots
    )
