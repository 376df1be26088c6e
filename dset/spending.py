"""What a request may cost, and what it did cost, at the endpoint that takes it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from dset import budgets, clocks, costs, messages
from dset.budgets import Budget
from dset.endpoints import longest_answer
from dset.errors import UsageError
from dset.failures import Failure
from dset.lanes import Lane
from dset.messages import Messages
from dset.replies import Reply
from dset.settings import Settings
from dset.slots import Demand

_BYTES_A_TOKEN = 3.0  # few tokenisers get less out of a token, in any script
_USUAL_ANSWER = 500.0  # tokens, until answers have come
# Fields of a request by which a service may bill what its price list does not tell.
_DEAR = frozenset({"service_tier", "tools", "plugins", "models", "web_search_options", "n"})
_PICTURE = 1_000  # tokens, about what the services count


@dataclass(frozen=True, slots=True)
class Charge:
    """Of one request. `at_most` is None where nobody knows what was billed: the worst case then counts."""

    cost_usd: float | None
    at_most: float | None
    tokens: int | None


def bounded(lanes: Sequence[Lane], settings: Settings, spent: float) -> Budget:
    """The budget of a run, of which `spent` USD are gone. Raises UsageError where it could not be kept."""
    if settings.budget is None:
        return Budget(None)
    for lane in lanes:
        if lane.price is None:
            raise UsageError(
                f"--budget: no price is known for {lane.name}: state it in endpoints.toml, or leave the budget away"
            )
        if dear := sorted(_DEAR & lane.endpoint.extra_body.keys()):
            raise UsageError(
                f"--budget: {lane.name} is sent {', '.join(dear)}, which may cost more than the price that is known"
            )
        if longest_answer(lane.endpoint, settings) is None:
            raise UsageError(
                f"--budget needs --max-tokens: without it nobody knows how long an answer of {lane.name} may be"
            )
    return Budget(settings.budget, spent)


class Spending:
    """Knows the settings that bound an answer, and how long answers have been so far."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._usual = _USUAL_ANSWER

    def demand(self, sent: Messages, avoid: Collection[Lane] = (), shuns: Collection[str] = ()) -> Demand:
        """What this may need, worked out only where somebody asks; `avoid` and `shuns` as in Demand."""
        return Demand(lambda: self._tokens(sent), lambda lane: self._worst(lane, sent), avoid, shuns)

    def _tokens(self, sent: Messages) -> int:
        size, pictures = messages.sizes(sent)
        return int(size / _BYTES_A_TOKEN + pictures * _PICTURE + self._usual) + 1

    def _worst(self, lane: Lane, sent: Messages) -> float:
        longest = longest_answer(lane.endpoint, self._settings)
        assert lane.price is not None, "a budget is refused where a price is unknown"
        assert longest is not None, "a budget is refused where an answer has no bound"
        size, pictures = messages.sizes(sent)
        now = clocks.now()
        most = budgets.most_prompt_tokens(size, pictures, len(sent))
        rate = lane.price.worst(now, now + timedelta(seconds=self._settings.timeout), most)
        return budgets.worst_case(size, pictures, len(sent), longest, rate)

    def of(self, lane: Lane, outcome: Reply | Failure | None, asked_at: datetime) -> Charge:
        """What the request has cost; `outcome` None: it was broken off."""
        reply = outcome.reply or outcome.usage if isinstance(outcome, Failure) else outcome
        if reply is not None:
            cost = costs.cost_of(reply, lane.price, asked_at)
            return Charge(cost, self._dearest(lane, reply, cost, asked_at), self._used(reply))
        free = isinstance(outcome, Failure) and not outcome.maybe_billed and outcome.status != 200
        return Charge(None, 0.0 if free else None, None)

    def _dearest(self, lane: Lane, reply: Reply, cost: float | None, asked_at: datetime) -> float | None:
        """The cost, were the dearest price between the request and its answer the one that is billed."""
        if self._settings.budget is None or cost is None or lane.price is None or lane.price.peak is None:
            return cost
        rate = lane.price.worst(asked_at, clocks.now(), reply.prompt_tokens)
        figures = (reply.prompt_tokens or 0, reply.cached_tokens or 0, reply.completion_tokens or 0)
        return max(cost, rate.cost(*figures))

    def _used(self, reply: Reply) -> int | None:
        if reply.completion_tokens is None or reply.prompt_tokens is None:
            return None
        self._usual += (reply.completion_tokens - self._usual) / 20
        return reply.prompt_tokens + reply.completion_tokens
