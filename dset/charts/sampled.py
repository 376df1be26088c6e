"""The sample of answers on the page: each readable at once, a long one folded, its figures in one line."""

from collections.abc import Iterator

from dset.charts import amounts
from dset.charts.samples import Sampled
from dset.costs import usd
from dset.markup import escaped

_LONG = 600  # characters; what is longer is folded
_CUT = 4_000


def cards(sample: tuple[Sampled, ...]) -> Iterator[str]:
    """A list item for each answer."""
    yield from (_card(one) for one in sample)


def _card(one: Sampled) -> str:
    heading = f"Row {one.row:,}" if one.row else "An answer"
    label = f' <span class="tag" dir="auto">{escaped(one.label)}</span>' if one.label else ""
    asked = _asked(one) if one.question else ""
    thoughts = _folded("Thoughts", one.thoughts) if one.thoughts else ""
    first, then = ("", asked) if one.fields else (asked, "")
    said = _record(one) if one.fields else _text(one.answer, one.length)
    return (
        f'<li class="card"><article><h3>{heading}{label}</h3>{first}{said}{then}{thoughts}'
        f'<p class="about" dir="auto">{escaped(_about(one))}</p></article></li>\n'
    )


def _asked(one: Sampled) -> str:
    """The question; of a record, whose question is an order to the model, folded."""
    if one.fields:
        return _folded("Question", one.question)
    return f'<p class="asked" dir="auto">{escaped(_short(one.question))}</p>'


def _short(text: str) -> str:
    return text if len(text) <= _LONG else text[: _LONG - 1] + "…"


def _text(text: str, length: int) -> str:
    """A text; of a long one the beginning, and the rest of what is here where it is asked for."""
    if not text.strip():
        return '<p class="empty">The answer is empty.</p>'
    if len(text) <= _LONG:
        return f'<p class="said" dir="auto">{escaped(text)}</p>'
    cut = f" (the first {len(text):,} of {length:,} characters)" if length > len(text) else ""
    beginning = f'<p class="said" dir="auto">{escaped(text[:_LONG])}…</p>'
    return beginning + _folded(f"All of it{cut}", text)


def _folded(summary: str, text: str) -> str:
    return f'<details><summary>{summary}</summary><p class="said" dir="auto">{escaped(text)}</p></details>'


def _record(one: Sampled) -> str:
    pairs = (
        f'<div><dt dir="auto">{escaped(name)}</dt><dd dir="auto">{_value(value)}</dd></div>'
        for name, value in one.fields
    )
    return f'<dl class="fields">{"".join(pairs)}</dl>'


def _value(text: str) -> str:
    if len(text) <= _LONG:
        return escaped(text)
    return f"{escaped(text[:_LONG])}…{_folded(f'All {len(text):,} characters' if len(text) < _CUT else 'More of it', text)}"


def _about(one: Sampled) -> str:
    told = [
        one.at.replace("T", " ").removesuffix("Z"),
        one.model,
        one.endpoint,
        amounts.took(one.seconds) if one.seconds is not None else "",
        usd(one.usd) if one.usd is not None else "",
    ]
    return " · ".join(filter(None, told))
