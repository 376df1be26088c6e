"""Charts as HTML tables, for whoever reads a page without scripts; where scripts run, charts.js puts drawn ones in their place.

The classes are those that charts.js gives, so that one style sheet (static/charts.css and bars.css) is enough.
"""

import time
from collections.abc import Iterator
from typing import Any

from dset.charts import specs
from dset.charts.specs import Spec
from dset.markup import escaped

_ROWS = 500
_HALF = 30  # values of an axis that half a row has room for
_EMPTY = "Nothing to show here yet."
# A bar's width as a class: the page's Content-Security-Policy allows no style attribute.
WIDTHS = "".join(f".w{share}{{inline-size:{share}%}}" for share in range(101))


def chart(spec: Spec) -> str:
    """One chart as a section."""
    kind = spec["kind"]
    if specs.is_empty(spec):
        body = "" if spec["note"] else f'<p class="chart-empty">{_EMPTY}</p>'
    else:
        body = {"figures": _figures, "bars": _bars}.get(kind, _table)(spec)
    name = f"chart-{escaped(spec['id'])}"
    return (
        f'<section class="chart chart-is-{kind}{_wide(spec)}" aria-labelledby="{name}"><h3 id="{name}" dir="auto">{escaped(spec["title"])}</h3>'
        f"{_said('summary', spec)}{body}{_said('note', spec)}</section>\n"
    )


def _wide(spec: Spec) -> str:
    """As charts.js has it."""
    is_wide = spec["kind"] == "figures" or len(spec.get("x", {}).get("values", ())) > _HALF
    return " chart-is-wide" if is_wide else ""


def _said(name: str, spec: Spec) -> str:
    said = spec.get(name, "")
    return f'<p class="chart-{name}" dir="auto">{escaped(said)}</p>' if said else ""


def _figures(spec: Spec) -> str:
    pairs = (
        f'<div><dt dir="auto">{escaped(row["label"])}</dt><dd dir="auto">{escaped(row["value"])}</dd></div>'
        for row in spec["rows"]
    )
    return f'<dl class="chart-figures">{"".join(pairs)}</dl>'


def _bars(spec: Spec) -> str:
    values = [row["value"] for row in spec["rows"]]
    most, total = max(values), sum(values)
    is_share = spec.get("share", True)
    heads = ["", spec["unit"], *(["share"] if is_share else [])]
    rows = "".join(_bar(row, most, total if is_share else None) for row in spec["rows"])
    return f'<table class="chart-bars">{_head(spec, heads)}<tbody>{rows}</tbody></table>'


def _bar(row: Spec, most: float, total: float | None) -> str:
    value = row["value"]
    detail = f'<span class="chart-detail" dir="auto">{escaped(row["detail"])}</span>' if row["detail"] else ""
    width = round(100 * value / most) if most > 0 else 0
    share = "" if total is None else f"<td>{100 * value / total:.1f}%</td>" if total > 0 else "<td></td>"
    return (
        f'<tr><th scope="row"><span class="chart-label" dir="auto">{escaped(row["label"])}</span>{detail}'
        f'<span class="chart-track"><span class="chart-bar w{max(0, min(width, 100))}"></span></span></th>'
        f"<td>{_number(value)}</td>{share}</tr>"
    )


def _table(spec: Spec) -> str:
    """The figures of a chart that cannot be drawn without a script."""
    x = spec["x"]
    heads = [f"{one['name']} ({one['unit']})" if one["unit"] else one["name"] for one in spec["series"]]
    rows = "".join(_row(spec, at) for at in range(min(len(x["values"]), _ROWS)))
    first = "time (UTC)" if x["kind"] == "time" else x["unit"]
    cut = (
        f'<p class="chart-note">The first {_ROWS} of {len(x["values"]):,}.</p>'
        if len(x["values"]) > _ROWS
        else ""
    )
    label = escaped(f"{spec['title']}: figures")
    return (
        f'<div class="chart-scroll" tabindex="0" role="group" aria-label="{label}"><table class="chart-table">'
        f"{_head(spec, [first, *heads])}<tbody>{rows}</tbody></table>{cut}</div>"
    )


def _row(spec: Spec, at: int) -> str:
    value = spec["x"]["values"][at]
    name = moment(value) if spec["x"]["kind"] == "time" else _number(value)
    cells = "".join(f"<td>{_number(one['values'][at])}</td>" for one in spec["series"])
    return f'<tr><th scope="row" dir="auto">{escaped(name)}</th>{cells}</tr>'


def _head(spec: Spec, names: list[str]) -> str:
    cells = "".join(
        f'<th scope="col" dir="auto">{escaped(name)}</th>' if name else "<td></td>" for name in names
    )
    return f'<caption class="chart-hidden" dir="auto">{escaped(spec["title"])}</caption><thead><tr>{cells}</tr></thead>'


def _number(value: Any) -> str:
    if value is None:
        return "–"
    return f"{value:,.10g}" if isinstance(value, int | float) else str(value)


def moment(seconds: float) -> str:
    """Epoch seconds as people read them, UTC."""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(seconds))


def charts(found: tuple[Spec, ...]) -> Iterator[str]:
    """All of them."""
    yield from (chart(spec) for spec in found)
