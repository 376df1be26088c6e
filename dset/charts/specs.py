"""What a chart shows, as plain data: JSON can hold all of it, and whoever draws it needs nothing else.

Texts are strangers' and stand unescaped, but no longer than anybody reads, and without what UTF-8 or HTML cannot hold.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from dset.markup import printable

Spec = dict[str, Any]
_LABEL = 300  # characters of a label
_DETAIL = 600
_MOST = 1e15  # whole numbers beyond it are not exact in JavaScript


def figures(name: str, title: str, rows: Iterable[tuple[str, str]], note: str = "") -> Spec:
    """Single figures with a word for each."""
    shown = [{"label": text(label), "value": text(value)} for label, value in rows]
    return {"id": name, "title": text(title), "kind": "figures", "rows": shown, "note": text(note, _DETAIL)}


def bars(
    name: str,
    title: str,
    unit: str,
    rows: Iterable[tuple[str, float, str]],
    note: str = "",
    summary: str = "",
    *,
    is_share: bool = True,
) -> Spec:
    """A number for each of some names: (label, value, detail). `is_share`: each is a part of all of them."""
    shown = [
        {"label": text(label), "value": neat(value) or 0, "detail": text(detail, _DETAIL)}
        for label, value, detail in rows
    ]
    said = {"note": text(note, _DETAIL), "summary": text(summary, _DETAIL)}
    made = {"id": name, "title": text(title), "kind": "bars", "unit": unit, "rows": shown} | said
    return made | {"share": is_share}


def plot(kind: str, name: str, title: str, x: Spec, series: Sequence[Spec], **said: Any) -> Spec:
    """`lines` or `columns` over an axis; `said`: note, summary, is_stacked."""
    told = {"note": text(said.get("note", ""), _DETAIL), "summary": text(said.get("summary", ""), _DETAIL)}
    made = {"id": name, "title": text(title), "kind": kind, "x": x, "series": list(series)} | told
    return made | {"stacked": bool(said.get("is_stacked"))}


def axis(kind: str, values: Sequence[Any], unit: str = "", step: int | None = None) -> Spec:
    """`time` (epoch seconds, `step` from one to the next but for pauses), `number` or `category` (texts); `unit` names what the values are."""
    return {"kind": kind, "values": list(values), "unit": unit, "step": step}


def series(name: str, unit: str, values: Iterable[float | None]) -> Spec:
    """One value for each of the axis, None where nothing is known."""
    return {"name": text(name), "unit": unit, "values": [neat(value) for value in values]}


def is_empty(spec: Mapping[str, Any]) -> bool:
    """There is nothing to draw in it."""
    return not (spec["x"]["values"] if "x" in spec else spec["rows"])


def text(value: str, limit: int = _LABEL) -> str:
    """As much of a text as is shown."""
    value = printable(value[: limit + 1])
    return value if len(value) <= limit else value[: limit - 1] + "…"


def neat(value: float | None) -> float | None:
    """The number to five digits, as every reader of JSON can hold it; None for what is none."""
    if value is None or not -_MOST <= value <= _MOST:  # NaN is neither
        return None
    return value if isinstance(value, int) else float(f"{value:.5g}")
