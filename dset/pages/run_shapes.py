"""What the route about a run sends, as its OpenAPI describes it. Nothing is checked by it at run time."""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from dset.pages.answer_shapes import Cut, Moment, Reading

State = Annotated[
    Literal["running", "waiting", "finished", "stopped", "idle", "new"],
    Field(
        description="waiting: all it can do now is wait; stopped: the last run ended early; idle: rows are left to "
        "ask; new: nothing was asked yet"
    ),
]


@dataclass(frozen=True)
class LastRun:
    """The last run, as runs.json has it."""

    id: str
    started: Moment | None
    ended: Moment | None
    model: str
    prompt: str
    system: str
    is_rehearsal: bool


@dataclass(frozen=True)
class Rows:
    """How many rows there are, and what became of them; null: not known."""

    all: int | None
    done: int
    pending: int | None
    failed: int
    blocked: int
    rejected: Annotated[int, Field(description="answers that were paid for and came to nothing")]


@dataclass(frozen=True)
class Rate:
    """How fast it goes."""

    rows_per_s: float | None
    recent_rows_per_s: Annotated[float | None, Field(description="in the last minute")]
    left_s: float | None


@dataclass(frozen=True)
class Waiting:
    """A row that waits for another try."""

    row: int
    reason: str
    in_s: float
    until: Moment | None
    attempt: int
    attempts: int


@dataclass(frozen=True)
class Endpoint:
    """One endpoint, what was found out about it and what is spent until when."""

    name: str
    state: Literal["in use", "open", "closed"]
    at_once: int | None
    in_flight: int | None
    answered: int | None
    until: Moment | None
    reason: str
    asked_today: int | None
    per_day: int | None


@dataclass(frozen=True)
class Tokens:
    """Tokens in all, those of rejected answers too."""

    prompt: int
    cached: int
    completion: int
    reasoning: int


@dataclass(frozen=True)
class Cost:
    """Money in USD; null: not known."""

    usd: float | None
    unknown: Annotated[int, Field(description="requests whose cost nobody knows")]
    run_usd: float | None
    budget_usd: float | None
    spent_usd: Annotated[float | None, Field(description="of the budget")]
    maybe_usd: Annotated[
        float, Field(description="requests whose outcome nobody knows may have cost so much")
    ]


@dataclass(frozen=True)
class Failure:
    """Rows without an answer, for one reason."""

    kind: str
    reason: str
    count: int
    rows: Annotated[list[int], Field(description="the first few")]
    advice: Annotated[str, Field(description="what to do")]


@dataclass(frozen=True)
class Point:
    """One step of the time line."""

    at: Annotated[int, Field(description="epoch seconds")]
    answered: int
    failed: int
    p50: Annotated[float | None, Field(description="median latency in seconds")]
    p90: float | None
    usd: float


@dataclass(frozen=True)
class History:
    """The last run over time; steps in which nothing came are left out."""

    bucket_s: int
    points: list[Point]


@dataclass(frozen=True)
class Latest:
    """One of the newest answers."""

    n: Annotated[int | None, Field(description="its line in output.json; null: not known yet")]
    id: str
    row: int | None
    at: Moment | None
    question: Cut
    answer: Cut
    model: str
    seconds: float | None
    cost_usd: float | None


@dataclass(frozen=True)
class Run:
    """How a run stands."""

    state: State
    headline: Annotated[str, Field(description="one sentence")]
    next: Annotated[str, Field(description="what to do now, or nothing")]
    run: LastRun | None
    rows: Rows
    rate: Rate
    waiting: list[Waiting]
    endpoints: list[Endpoint]
    tokens: Tokens
    cost: Cost
    failures: list[Failure]
    history: History
    latest: Annotated[list[Latest], Field(description="newest first")]
    log: Annotated[list[str], Field(description="the last lines of run.log, newest last")]
    reading: Reading
