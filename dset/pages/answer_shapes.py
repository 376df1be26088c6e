"""What the routes about datasets and their answers send, as their OpenAPI describes it. Nothing is checked by it at run time."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Field

Moment = Annotated[str, Field(description="ISO 8601, UTC, with Z")]
Stated = Annotated[str, Field(description="as the file has it: ISO 8601, where the program wrote it")]
Cut = Annotated[str, Field(description="its first 300 characters")]
Status = Annotated[str, Field(description="`answered`, or the kind of its rejection")]
Counted = Annotated[list[tuple[str, int]], Field(description="values and how often each is there")]


@dataclass(frozen=True)
class Dataset:
    """One dataset."""

    key: Annotated[str, Field(description="by which all other addresses know it")]
    name: Annotated[str, Field(description="its path, as a person would name it")]
    kind: Literal["run", "task", "captions", "rehearsal", "second"]
    answers_bytes: int
    changed: Moment | None
    is_running: bool


@dataclass(frozen=True)
class Datasets:
    """All that are served."""

    datasets: list[Dataset]


@dataclass(frozen=True)
class Progress:
    """How far the files are read: ask again, and more will be."""

    bytes: int
    of: int


Reading = Annotated[Progress | None, Field(description="null: all is read")]
Damaged = Annotated[int, Field(description="lines that are no answers and are passed over")]


@dataclass(frozen=True)
class _Facts:
    n: Annotated[int, Field(description="its number, by which it is asked for")]
    id: str
    row: int | None
    at: Stated | None
    status: Status
    label: str
    model: str
    length: Annotated[int, Field(description="characters of the answer")]
    cost_usd: float | None
    seconds: float | None
    tokens: int | None
    has_picture: bool


@dataclass(frozen=True)
class Brief(_Facts):
    """One answer in the table."""

    question: Cut
    answer: Cut
    reason: Cut


@dataclass(frozen=True)
class Page:
    """A page of answers; `total` is how many there are on all pages."""

    total: int
    offset: int
    rows: list[Brief]
    reading: Reading
    damaged: Damaged


@dataclass(frozen=True)
class Range:
    """The least and the most; null where nothing is known."""

    least: float | None
    most: float | None


@dataclass(frozen=True)
class Facets:
    """What the answers can be filtered by."""

    label_name: Annotated[str | None, Field(description="which field the label is; null: no label")]
    labels: Counted
    models: Counted
    statuses: Counted
    length: Range
    cost_usd: Range
    reading: Reading
    damaged: Damaged


@dataclass(frozen=True)
class Message:
    """One message of what was sent."""

    role: str
    content: str


@dataclass(frozen=True)
class Whole(_Facts):
    """One answer in full; texts beyond a million characters are cut."""

    question: str
    answer: str
    reason: str
    thoughts: str
    answer_html: Annotated[str | None, Field(description="its Markdown as HTML that is safe to show")]
    data: Any
    metadata: dict[str, Any]
    columns: dict[str, Any]
    sent: Annotated[list[Message] | None, Field(description="null where nobody knows; sent_note says why")]
    sent_note: str
    older: Annotated[int | None, Field(description="the n of the answer before it")]
    newer: Annotated[int | None, Field(description="the n of the answer after it")]


@dataclass(frozen=True)
class Counts:
    """Rows that are answered on both sides, on one alone; of both: whether the answers differ."""

    both: int
    left: int
    right: int
    different: int
    same: int


@dataclass(frozen=True)
class Side:
    """The answer of one side."""

    n: int
    answer: Cut
    label: str
    model: str
    length: int
    cost_usd: float | None
    seconds: float | None


@dataclass(frozen=True)
class Pair:
    """A row and its answers; null where that side has none."""

    id: str
    row: int | None
    question: Cut
    left: Side | None
    right: Side | None


@dataclass(frozen=True)
class Compared:
    """A page of pairs."""

    total: int
    counts: Counts
    reading: Reading
    offset: int
    rows: list[Pair]
