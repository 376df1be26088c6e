"""Where a run stands: its counters, what it waits for, and the numbers for the bar and the summary."""

from collections import Counter
from dataclasses import dataclass, field

from dset import clocks
from dset.cleaning import clean
from dset.costs import Bill, Tokens, usd
from dset.estimates import Estimate
from dset.rejections import Rejection
from dset.replies import Reply
from dset.wording import span


@dataclass(frozen=True, slots=True)
class Waiting:
    """A row that waits before it is asked again."""

    row: int
    reason: str
    until: float  # clocks.monotonic()
    wait: float  # seconds, all of them
    attempt: int  # the one to come
    attempts: int  # at the most; 0 for a wait that uses up none

    @property
    def seconds(self) -> float:
        """How long still."""
        return max(0.0, self.until - clocks.monotonic())

    @property
    def beginning(self) -> str:
        """The line that tells of the wait when it begins."""
        return f"{self._text(self.wait)} (Ctrl-C is safe: what is answered is saved)"

    def __str__(self) -> str:
        return self._text(self.seconds)

    def _text(self, seconds: float) -> str:
        which = f", attempt {self.attempt} of {self.attempts}" if self.attempts else ""
        return f"row {self.row}: {clean(self.reason, 80)} - asked again in {span(seconds)}{which}"


def _moment() -> float:
    return clocks.monotonic()  # looked up when it is called: a simulation has a clock of its own


@dataclass(slots=True)
class Progress:
    """The counters of one run. An answer counts when it is saved, not before."""

    total: int  # requests to make
    answered: int = 0
    failed: int = 0
    blocked: int = 0
    paid_in_vain: int = 0  # replies that were no answer, those of repeated tries too
    kinds: Counter[str] = field(default_factory=Counter)  # rows without an answer, by kind
    endpoints: Counter[str] = field(default_factory=Counter)  # answers by endpoint
    maybe_twice: int = 0  # requests whose outcome is unknown and which were or will be sent again
    tokens: Tokens = field(default_factory=Tokens)
    bill: Bill = field(default_factory=Bill)
    maybe_billed_usd: float = (
        0.0  # what requests whose outcome is unknown may have cost, where a budget counts it
    )
    estimate: Estimate | None = None  # of what the run would cost
    waiting: dict[str, Waiting] = field(default_factory=dict)
    longest: int = 0  # characters of the longest answer
    _started: float = field(default_factory=_moment)

    def saved(self, reply: Reply, cost_usd: float | None = None, endpoint: str = "") -> None:
        """An answer is in the journal and on disk."""
        self.endpoints[endpoint] += 1
        self.bill.add(cost_usd)
        self.answered += 1
        self.longest = max(self.longest, len(reply.answer), len(reply.reasoning or ""))
        self.tokens.add(reply)

    def rejected(self, rejection: Rejection, *, counted: bool = False) -> None:
        """A row ended without an answer, and that is on disk. `counted`: what was paid for it is counted already."""
        self.kinds[rejection.kind] += 1
        if rejection.bookmark == "BLOCKED":
            self.blocked += 1
        else:
            self.failed += 1
        cost = dict(rejection.figures).get("cost_usd")
        if rejection.reply is not None and not counted:
            self.paid_for_in_vain(rejection.reply, cost)
        elif (
            rejection.reply is None and cost is not None
        ):  # no text came, and it stands on the bill all the same
            self.bill.add(cost)

    def tried_in_vain(self, reply: Reply | None, cost_usd: float | None) -> None:
        """What a try that is repeated brought is in rejected.json and on disk; None: it was billed without a text."""
        if reply is None:
            self.bill.add(cost_usd)
        else:
            self.paid_for_in_vain(reply, cost_usd)

    def paid_for_in_vain(self, reply: Reply, cost_usd: float | None = None) -> None:
        """A reply that is no answer is in rejected.json and on disk."""
        self.bill.add(cost_usd)
        self.paid_in_vain += 1
        self.tokens.add(reply)

    @property
    def ended(self) -> int:
        """Requests that came to an end of any kind."""
        return self.answered + self.failed + self.blocked

    @property
    def seconds(self) -> float:
        """Since the run began."""
        return clocks.monotonic() - self._started

    @property
    def rate(self) -> float:
        """Rows ended per second."""
        return self.ended / self.seconds if self.seconds > 0 else 0.0

    @property
    def left(self) -> str:
        """Time left at this rate, '?' while nothing has ended."""
        return span((self.total - self.ended) / self.rate) if self.ended and self.rate else "?"

    @property
    def counts(self) -> dict[str, float | None]:
        """The counters for runs.json."""
        return {
            "answered": self.answered,
            "failed": self.failed,
            "blocked": self.blocked,
            "prompt_tokens": self.tokens.prompt,
            "cached_tokens": self.tokens.cached,
            "completion_tokens": self.tokens.completion,
            "reasoning_tokens": self.tokens.reasoning,
            "cost_usd": self.bill.usd if self.bill.known else None,
            "cost_unknown": self.bill.unknown,
            "maybe_billed_twice": self.maybe_twice,
            "maybe_billed_usd": self.maybe_billed_usd,
        }

    @property
    def next_try(self) -> Waiting | None:
        """The waiting row that is asked next."""
        return min(self.waiting.values(), key=lambda one: one.until, default=None)

    @property
    def figures(self) -> str:
        """Failed, tokens and what is waited for, for the end of the bar."""
        parts = [f"{self.failed} failed"] if self.failed else []
        parts += [f"{self.blocked} blocked"] if self.blocked else []
        parts.append(f"{self.tokens.prompt + self.tokens.completion:,} tokens")
        parts += [usd(self.bill.usd)] if self.bill.known else []
        return ", ".join(parts)

    @property
    def bar(self) -> str:
        """The figures and the next try, short enough for the end of a bar."""
        waiting = self.next_try
        return f"{self.figures}, next try in {span(waiting.seconds)}" if waiting else self.figures

    def line(self) -> str:
        """The same as one plain line, for logs and pipes."""
        return f"{self.ended:,} of {self.total:,} done, {self.rate:.1f} rows/s, {self.figures}; time left about {self.left}"
