"""What the engine is handed, and how it hands back what became of a row."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from dset import gates
from dset.answers import Answer
from dset.asking import Ask
from dset.contents import Question
from dset.failover import Failover
from dset.failures import Failure
from dset.gates import Gate
from dset.messages import Messages
from dset.rejections import INTERRUPTED, Rejection
from dset.replies import Reply
from dset.runs import utc_now
from dset.spending import Spending
from dset.turns import Turn


@dataclass(frozen=True, slots=True)
class Job:
    """What the engine is handed."""

    questions: Iterator[Question]
    compose: Callable[[Question], Messages]  # ValueError: the row cannot be sent
    ask: Ask
    failover: Failover
    spending: Spending
    run: str
    settings: str  # fingerprint
    retry_waits: tuple[float, ...]
    most: int  # rows on their way at once, at the most
    probes: Iterator[Question] | None = (
        None  # the same questions, in the order to try whether the service answers
    )
    gate: Gate = gates.open_to_all
    second_opinion: bool = False  # a row that one model refuses is asked once at another one
    weight: Callable[[Question], int] = lambda _: 0  # bytes of memory that what is sent for the row takes

    def answer(self, turn: Turn, reply: Reply, data: Any = None) -> Answer:
        """The reply as the row's answer, with the object in it where the gate found one, and how it was got."""
        return Answer(
            question=turn.question,
            reply=reply,
            timestamp=utc_now(),
            model=reply.model or _model(turn) or "",
            endpoint=turn.lane.name if turn.lane else "",
            run=self.run,
            seconds=round(turn.seconds, 3),
            attempts=turn.requests,
            cost_usd=turn.cost_usd,
            data=data,
        )

    def rejection(self, turn: Turn, kind: str, failure: Failure) -> Rejection:
        """The failure as rejected.json keeps it: under `kind`, with what was paid for."""
        figures = {
            "timestamp": utc_now(),
            "model": failure.reply.model if failure.reply and failure.reply.model else _model(turn),
            "endpoint": turn.lane.name if turn.lane else None,
            "run": self.run,
            # What its last request brought may stand in a line of its own already.
            "cost_usd": None if turn.kept else turn.cost_usd,
            "seconds": round(turn.seconds, 3),
            "attempts": turn.requests,
        }
        reason = f"{failure.reason} {failure.advice}".strip() if kind != INTERRUPTED else failure.reason
        return Rejection(turn.question, kind, reason, self.settings, failure.reply, tuple(figures.items()))


def _model(turn: Turn) -> str | None:
    return turn.lane.endpoint.model if turn.lane else None
