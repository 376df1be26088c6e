"""One question on its way, and what its requests came to."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime

from dset.contents import Question
from dset.failures import Failure, Kind
from dset.lanes import Lane
from dset.messages import Messages
from dset.replies import Reply

Outcome = Reply | Failure | None  # None: the run stopped before it was sent


@dataclass(slots=True, eq=False)
class Turn:
    """One question on its way."""

    question: Question
    lane: Lane | None = None  # that took its last request
    asked_at: datetime | None = None
    cost_usd: float | None = None  # of what its last request brought
    requests: int = 0
    tries: int = 0  # requests without the paced ones
    paced: int = 0  # waits in a row for a service that says too many
    paced_at: float = 0.0  # when the first of them began
    seconds: float = 0.0  # of the last request
    failed_at: float = 0.0  # when an outage first hit it
    sending: bool = False
    is_probe: bool = False  # it is asked to find out whether the service answers
    placed: bool = False  # what came of it is not on disk yet
    last: Failure | None = None
    failed_by: set[Lane] = field(default_factory=set)  # endpoints where an outage hit it
    silent_at: list[str] = field(default_factory=list)  # models that said nothing, each as often as it did
    refused_by: list[str] = field(default_factory=list)  # models that will not answer it
    refusal: Failure | None = None  # of the first of them, when another one is to be asked
    messages: Messages | None = None  # what is sent, while it is on its way
    first: Messages | None = None  # what was sent before that
    told: int = 0  # times it was asked again with the faults of its answer
    kept: bool = False  # what its last request brought stands in rejected.json already
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    outcome: "asyncio.Future[Outcome] | None" = None  # of the try under way

    def failed(self, lane: Lane, failure: Failure) -> None:
        """An outage hit it at this endpoint."""
        self.failed_by.add(lane)
        if failure.silent:
            self.silent_at.append(lane.endpoint.model)


def is_outage(outcome: Outcome) -> bool:
    """A failure that a later try can cure."""
    return isinstance(outcome, Failure) and outcome.kind is Kind.OUTAGE


def is_final(outcome: Outcome) -> bool:
    """The row is not asked again for it."""
    if isinstance(outcome, Failure):
        return outcome.kind not in {Kind.PACE, Kind.OUTAGE, Kind.STOP}
    return outcome is not None
