"""A budget that is never exceeded: before a request goes out, the most that it can cost is set aside. Pure."""

import itertools
import math
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from dset.prices import Rate

_PICO = Decimal(10**12)
# Tokens that the service adds: roles and separators (OpenAI: 3 or 4 a message, 3 a request, see the cookbook's "How to
# count tokens"), and DeepSeek's instruction to think harder.
_A_REQUEST = 200
_A_MESSAGE = 20
# The most that a picture was found to cost: gpt-4o-mini, 2,833 + 5,667 for each of at most 8 tiles, is 48,169. Gemini
# takes 2,240 at most (https://ai.google.dev/gemini-api/docs/media-resolution), newer OpenAI models 10,000 patches at
# most, DeepSeek 384.
PICTURE_TOKENS = 50_000


@dataclass(frozen=True, slots=True)
class Ticket:
    """What is set aside for one request."""

    number: int


class Budget:
    """Money for a run. In whole picodollars inside, so that nothing drifts; costs are rounded up."""

    def __init__(self, most: float | None, spent: float = 0.0) -> None:
        """`most` USD may be spent, None: any amount; `spent` is gone already. Raises ValueError for no amount of money."""
        self._most = None if most is None else _picos(most, ROUND_FLOOR)
        self._spent = _picos(spent)
        self._held: dict[Ticket, int] = {}
        self._reserved = 0
        self._numbers = itertools.count(1)

    def fits(self, worst: float) -> bool:
        """A request that costs `worst` USD at most can be sent now."""
        return self._has_room_for(_picos(worst))

    def _has_room_for(self, picos: int) -> bool:
        return self._most is None or self._spent + self._reserved + picos <= self._most

    def can_ever_fit(self, worst: float) -> bool:
        """It can be sent now, or once what is set aside for others comes back unspent."""
        return self._most is None or self._spent + _picos(worst) <= self._most

    def reserve(self, worst: float) -> Ticket:
        """Set `worst` USD aside. Raises ValueError where they do not fit."""
        picos = _picos(worst)
        if not self._has_room_for(picos):
            raise ValueError("more than is left of the budget")
        ticket = Ticket(next(self._numbers))
        self._held[ticket] = picos
        self._reserved += picos
        return ticket

    def settle(self, ticket: Ticket, cost: float | None) -> None:
        """The request cost this many USD; None: nobody knows, and all that was set aside counts as spent.

        Raises ValueError for a ticket that is settled already.
        """
        spent = None if cost is None else _picos(cost)
        if ticket not in self._held:
            raise ValueError("this request is settled already")
        held = self._held.pop(ticket)
        self._reserved -= held
        self._spent += held if spent is None else spent

    @property
    def most(self) -> float | None:
        """USD that may be spent, None for any amount."""
        return None if self._most is None else _usd(self._most)

    @property
    def spent(self) -> float:
        """USD that are gone, for certain or for all that is known."""
        return _usd(self._spent)

    @property
    def reserved(self) -> float:
        """USD that are set aside for requests in flight."""
        return _usd(self._reserved)

    @property
    def left(self) -> float | None:
        """USD that are neither spent nor set aside, None where any amount may be spent."""
        return None if self._most is None else _usd(max(0, self._most - self._spent - self._reserved))


def _picos(amount: float, rounding: str = ROUND_CEILING) -> int:
    if not 0 <= amount < math.inf:
        raise ValueError(f"{amount!r} is no amount of money")
    # By its decimal digits: 0.1 is ten cents, not the binary number a little above it.
    return int((Decimal(str(amount)) * _PICO).to_integral_value(rounding))


def _usd(picos: int) -> float:
    return float(picos / _PICO)


def most_prompt_tokens(prompt_bytes: int, images: int, messages: int) -> int:
    """The most tokens that a prompt of so many bytes of UTF-8, pictures and messages can have.

    Every tokeniser in use takes at least one byte for a token. `prompt_bytes` is without the pictures' data.
    """
    return prompt_bytes + images * PICTURE_TOKENS + messages * _A_MESSAGE + _A_REQUEST


def worst_case(prompt_bytes: int, images: int, messages: int, max_tokens: int, rate: Rate) -> float:
    """USD that such a request can cost at most; `max_tokens` bounds thoughts and answer together.

    `rate` is the dearest that may hold: `Price.worst` from now to the deadline, for `most_prompt_tokens`.
    """
    prompt = most_prompt_tokens(prompt_bytes, images, messages)
    return (prompt * max(rate.input, rate.hit) + max_tokens * rate.output) / 1e6
