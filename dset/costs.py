"""Tokens and money of a run, added up. What the service did not tell stays unknown and is counted as such."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dset.prices import Price
from dset.replies import Reply
from dset.wording import counted

_PLACES = 10  # decimals of a cost in USD: a token costs 1e-9 and more
_UNIT: int = 10**_PLACES
DEAREST = 1e6  # USD for a request; more is a figure that nobody counted


@dataclass(slots=True)
class Tokens:
    """Sums over replies, in tokens; `cached` is part of `prompt`, `reasoning` part of `completion`."""

    prompt: int = 0
    cached: int = 0
    completion: int = 0
    reasoning: int = 0
    untold: int = 0  # replies whose usage the service did not tell

    def add(self, reply: Reply) -> None:
        """Add the figures of one reply, answered or paid for in vain."""
        if reply.prompt_tokens is None and reply.completion_tokens is None:
            self.untold += 1
        self.prompt += reply.prompt_tokens or 0
        self.cached += reply.cached_tokens or 0
        self.completion += reply.completion_tokens or 0
        self.reasoning += reply.reasoning_tokens or 0

    def count(self, metadata: Mapping[str, Any]) -> None:
        """Add the figures that the metadata of a record states; what is no number there counts as not told."""
        told = {name: value for name, value in metadata.items() if isinstance(value, int)}
        if "prompt_tokens" not in told and "completion_tokens" not in told:
            self.untold += 1
        self.prompt += told.get("prompt_tokens", 0)
        self.cached += told.get("cached_tokens", 0)
        self.completion += told.get("completion_tokens", 0)
        self.reasoning += told.get("reasoning_tokens", 0)

    def join(self, other: "Tokens") -> None:
        """Add the sums of another run."""
        self.prompt += other.prompt
        self.cached += other.cached
        self.completion += other.completion
        self.reasoning += other.reasoning
        self.untold += other.untold

    def __str__(self) -> str:
        text = f"{self.prompt:,} in ({self.cached:,} cached), {self.completion:,} out ({self.reasoning:,} thinking)"
        return text + (f"; not told for {self.untold:,}" if self.untold else "")


def cost_of(reply: Reply, price: Price | None, when: datetime) -> float | None:
    """USD for a reply that came at an aware moment; None where the price or a part of its usage is not known.

    Figures that come to more than anybody is billed for an answer are not known either.
    """
    if price is None or reply.prompt_tokens is None or reply.completion_tokens is None:
        return None
    rate = price.rate(when, reply.prompt_tokens)
    usd = rate.cost(reply.prompt_tokens, reply.cached_tokens or 0, reply.completion_tokens)
    return round(usd, _PLACES) if usd <= DEAREST else None


@dataclass(slots=True)
class Bill:
    """The sum of what replies cost, without drift, and how many there are."""

    known: int = 0  # replies whose cost is known
    unknown: int = 0
    _units: int = 0

    def add(self, cost: float | None) -> None:
        """Add the cost of one reply in USD, None where it is not known."""
        if cost is None:
            self.unknown += 1
        else:
            self.known += 1
            self._units += round(cost * _UNIT)

    def join(self, other: "Bill") -> None:
        """Add the sum of another run."""
        self.known += other.known
        self.unknown += other.unknown
        self._units += round(other.usd * _UNIT)

    def count(self, metadata: Mapping[str, Any]) -> None:
        """Add the cost that the metadata of a record states; what is no amount of money counts as not known."""
        cost = metadata.get("cost_usd")
        is_amount = isinstance(cost, int | float) and not isinstance(cost, bool) and 0 <= cost <= DEAREST
        self.add(cost if is_amount else None)

    @property
    def usd(self) -> float:
        """The sum of the known costs."""
        return self._units / _UNIT

    def __str__(self) -> str:
        if not self.known and self.unknown:
            return "unknown"
        return usd(self.usd) + (f", unknown for {counted(self.unknown, 'answer')}" if self.unknown else "")


def usd(amount: float, digits: int = 3) -> str:
    """An amount for people: 0.00031 USD, 0.042 USD, 2.50 USD, 1,203 USD. `digits` that count below 1 USD."""
    return f"{figure(amount, digits)} USD"


def figure(amount: float, digits: int = 3) -> str:
    """The number of `usd` alone."""
    if not amount:
        return "0"
    places = max(2, digits - 1 - math.floor(math.log10(abs(amount))))
    if round(amount, 2) >= 1000:
        return f"{amount:,.0f}"
    text = f"{amount:.{places if amount < 1 else 2}f}"
    return text[: max(len(text.rstrip("0")), text.index(".") + 3)]
