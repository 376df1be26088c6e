"""What is asked of the endpoints and what they give: how they are used, what a request needs, leave to send one."""

from collections.abc import Callable, Collection
from dataclasses import dataclass

from dset.budgets import Ticket as Reserved
from dset.lanes import Lane
from dset.limits import Ticket


@dataclass(frozen=True, slots=True)
class Rules:
    """How the endpoints are used."""

    spread: bool = False  # all that are open share the load
    wait: bool = False  # for one to open again, however long
    most: int | None = None  # rows at once over all of them, from the request until they are on disk


@dataclass(frozen=True, slots=True)
class Demand:
    """What a request may need, at an endpoint: upper bounds."""

    tokens: Callable[[], int]
    usd: Callable[[Lane], float]
    avoid: Collection[Lane] = ()  # they have failed this row: another one that has room is better
    shuns: Collection[
        str
    ] = ()  # models that have refused it: only another one may take it, even if that takes a while


@dataclass(slots=True, eq=False)
class Slot:
    """Leave to send one request."""

    lane: Lane
    sent_at: float
    ticket: Ticket | None = None  # of the rate window
    reserved: Reserved | None = None  # of the budget
