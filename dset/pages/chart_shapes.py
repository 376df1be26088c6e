"""What the route about charts sends, as its OpenAPI describes it. Nothing is checked by it at run time."""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from dset.pages.answer_shapes import Moment

Summary = Annotated[str, Field(description="one sentence for who cannot see the chart")]


@dataclass(frozen=True)
class NamedFigure:
    """A figure in words."""

    label: str
    value: str


@dataclass(frozen=True)
class FiguresChart:
    """Single figures."""

    id: str
    title: str
    kind: Literal["figures"]
    rows: list[NamedFigure]
    note: str


@dataclass(frozen=True)
class Bar:
    """The number of one category."""

    label: str
    value: float
    detail: str


@dataclass(frozen=True)
class BarsChart:
    """A number for each category."""

    id: str
    title: str
    kind: Literal["bars"]
    unit: str
    share: bool
    rows: list[Bar]
    note: str
    summary: Summary


@dataclass(frozen=True)
class Axis:
    """`time`: epoch seconds, `step` from one to the next but for pauses; `number`; `category`: texts."""

    kind: Literal["time", "number", "category"]
    values: list[float | str]
    unit: str
    step: int | None


@dataclass(frozen=True)
class Series:
    """A value for each of the axis; null: nothing is known."""

    name: str
    unit: str
    values: list[float | None]


@dataclass(frozen=True)
class PlotChart:
    """Lines or columns over an axis."""

    id: str
    title: str
    kind: Literal["lines", "columns"]
    x: Axis
    series: list[Series]
    note: str
    summary: Summary
    stacked: bool


@dataclass(frozen=True)
class Charts:
    """The figures as far as they are known, while they may be counted anew."""

    state: Annotated[
        Literal["counting", "ready", "failed", "empty"],
        Field(description="counting: nothing is known yet, ask again; empty: there are no answers"),
    ]
    message: str
    as_of: Moment | None
    is_current: Annotated[bool, Field(description="the files are as they were when they were counted")]
    is_counting: bool
    counting_s: float | None
    charts: list[FiguresChart | BarsChart | PlotChart]
