"""What is asked of an index: which answers, in which order, which page of them."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dset.cleaning import clean
from dset.errors import UsageError

MOST = 200  # answers on a page
FARTHEST = 100_000_000
_LONGEST = 10_000  # characters of what is searched
# What is sorted by -> its column.
SORTS = {
    "at": "at", "row": "row", "id": "id", "status": "status", "label": "label", "model": "model", "length": "length",
    "cost_usd": "cost", "cost": "cost", "seconds": "seconds", "tokens": "tokens",
}  # fmt: skip
_TEXTS = ("q", "id", "label", "model", "status")
_FILTERS = ("id", "label", "model", "status", "length_from", "length_to", "cost_from", "cost_to")
_LENGTHS, _COSTS = ("length_from", "length_to"), ("cost_from", "cost_to")


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """The empty one is all answers, the newest first. A '' and a None filter nothing."""

    q: str = ""
    id: str = ""
    label: str = ""
    model: str = ""
    status: str = ""
    length_from: int | None = None  # characters, both ends included
    length_to: int | None = None
    cost_from: float | None = None  # USD, both ends included
    cost_to: float | None = None
    sort: str = "at"
    order: str = ""  # asc or desc; '': the newest first, all else from the least on
    offset: int = 0
    limit: int = 50

    def __post_init__(self) -> None:
        if len(self.q) > _LONGEST:
            raise UsageError(f"q: search for at most {_LONGEST:,} characters")
        if self.sort not in SORTS:
            raise UsageError(f"sort: {_named(self.sort)} is none of {', '.join(sorted(SORTS))}")
        if self.order not in {"", "asc", "desc"}:
            raise UsageError(f"order: {_named(self.order)} is neither asc nor desc")
        if not 0 <= self.offset <= FARTHEST:
            raise UsageError(f"offset: must be from 0 to {FARTHEST:,}")
        if not 1 <= self.limit <= MOST:
            raise UsageError(f"limit: must be from 1 to {MOST}")

    @property
    def is_filtered(self) -> bool:
        """By anything but the words that are searched."""
        return any(getattr(self, name) not in {"", None} for name in _FILTERS)

    @property
    def is_descending(self) -> bool:
        """From the most to the least."""
        return self.order == "desc" or (not self.order and self.sort == "at")


def read(given: Mapping[str, str]) -> Query:
    """The query that the parameters of an address state; '' is as if it were not there, an unknown one is passed over.

    Raises UsageError that names the parameter.
    """
    known: dict[str, Any] = {name: given[name] for name in (*_TEXTS, "sort", "order") if given.get(name)}
    for name in (*_LENGTHS, "offset", "limit"):
        if given.get(name):
            known[name] = whole(name, given[name])
    for name in _COSTS:
        if given.get(name):
            known[name] = _amount(name, given[name])
    return Query(**known)


def whole(name: str, value: str) -> int:
    """The whole number in a parameter. Raises UsageError."""
    try:
        number = int(value) if len(value) <= 18 else None
    except ValueError:
        number = None
    if number is None:
        raise UsageError(f"{name}: {_named(value)} is no whole number of at most 18 digits")
    return number


def _amount(name: str, value: str) -> float:
    try:
        number = float(value)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise UsageError(f"{name}: {_named(value)} is no number")
    return number


def _named(value: str) -> str:
    return repr(clean(value, 60))
