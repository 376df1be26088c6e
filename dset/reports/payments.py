"""Tokens and money of a dataset, added up over what is good and what was rejected."""

from dset.answers import Record
from dset.costs import DEAREST, Bill, Tokens
from dset.reports.figures import Spent


class Payments:
    """Sums over the metadata of answers."""

    def __init__(self) -> None:
        self._tokens, self._good, self._rejected = Tokens(), Bill(), Bill()

    def answered(self, about: Record) -> None:
        """An answer that stands."""
        self._tokens.count(about)
        _charge(self._good, about)

    def rejected(self, about: Record) -> None:
        """One that was paid for in vain."""
        self._tokens.count(about)
        _charge(self._rejected, about)

    def told(self, maybe_usd: float) -> Spent:
        """The sums; `maybe_usd` as the runs noted it."""
        tokens, good, rejected = self._tokens, self._good, self._rejected
        return Spent(
            tokens.prompt,
            tokens.cached,
            tokens.completion,
            tokens.reasoning,
            tokens.untold,
            good.usd + rejected.usd,
            rejected.usd,
            good.unknown + rejected.unknown,
            maybe_usd,
        )


def _charge(bill: Bill, about: Record) -> None:
    """What nobody is billed for an answer is no cost: it would drown the others, or overflow."""
    cost = about.get("cost_usd")
    bill.count({} if isinstance(cost, int | float) and cost > DEAREST else about)
