"""The figures of a dataset as lines for a terminal: short, of plain characters. Foreign text stands last in its line."""

from collections.abc import Iterator, Sequence

from dset.cleaning import clean
from dset.reports import ledger
from dset.reports.figures import (
    Classes,
    Counts,
    Duplicates,
    Figures,
    Group,
    Languages,
    Lengths,
)
from dset.tasks import languages
from dset.wording import counted

_BAR = 24  # characters of the longest bar
_VALUES = 12  # that have a line each; of more the ends are told
_FIELDS = 12


def lines(figures: Figures) -> list[str]:
    """The report."""
    return [
        *_heading(figures),
        *(line for one in figures.classes for line in _classes(one, figures.records)),
        *_lengths(figures.lengths),
        *_languages(figures.languages),
        *_duplicates(figures.duplicates),
        *ledger.rejections(figures.rejections),
        *ledger.spent(figures),
    ]


def _heading(figures: Figures) -> Iterator[str]:
    yield f"{clean(figures.folder)}: {_what(figures)}"
    if figures.is_invented:
        yield "  a rehearsal: these answers are invented"
    if figures.damages:
        yield f"  {counted(figures.damages, 'line')} of output.json damaged and left out:"
        yield from (f"    {clean(line)}" for line in figures.damaged)
    if figures.first:
        yield f"  time: {clean(figures.first, 40)} to {clean(figures.last, 40)}"
    yield from _sources("model", figures.models)
    yield from _sources("endpoint", figures.endpoints)


def _what(figures: Figures) -> str:
    if not figures.task:
        told = counted(figures.answers, "answer")
        return told if figures.records == figures.answers else f"{told}, {counted(figures.records, 'record')}"
    name = f"{clean(figures.task, 80)} ({clean(figures.lang, 20)})"
    of = f" of {figures.wanted:,}" if figures.wanted else ""
    return f"{name}, {figures.records:,}{of} records, in {counted(figures.answers, 'answer')}"


def _sources(what: str, counts: Counts) -> Iterator[str]:
    """Where there is one, its name alone."""
    if counts:
        shown = [
            f"{clean(name, 80)} {count:,}" if len(counts) > 1 else clean(name, 80) for name, count in counts
        ]
        more = f" and {len(shown) - 5} more" if len(shown) > 5 else ""
        yield f"  {what}{'s' if len(counts) > 1 else ''}: {', '.join(shown[:5])}{more}"


def _classes(one: Classes, records: int) -> Iterator[str]:
    counts = one.counts
    numbers = [count for _, count in counts]
    missing = f", {one.missing:,} without" if one.missing else ""
    fixed = ", fixed" if one.is_fixed else ""
    least, most = min(numbers, default=0), max(numbers, default=0)
    spread = f"{least:,} each" if least == most else f"{least:,} to {most:,} each"
    cut = ", and more values that are not counted" if one.is_cut else ""
    told = ", ".join(part for part in (counted(len(counts), "value"), spread) if part)
    name = clean(one.name, 60)
    yield f"{name if name == one.role else f'{one.role} {name}'}: {told}{fixed}{missing}{cut}"
    if one.role == "parameter" and most - least <= 1:
        return  # as the plan spreads it: nothing to see
    if len(counts) <= _VALUES:
        yield from _bars(counts, records)
    else:
        yield f"  {_ends(counts)}"


def _bars(counts: Counts, whole: int) -> Iterator[str]:
    most = max((count for _, count in counts), default=0)
    width = len(f"{most:,}")
    for value, count in counts:
        bar = "#" * (-(-_BAR * count // most) if most else 0)
        share = f"{100 * count / whole:5.1f} %" if whole else ""
        yield f"  {count:>{width},}  {share}  {bar:<{_BAR}}  {clean(value, 60)}".rstrip()


def _ends(counts: Counts) -> str:
    """The values that came most, and least, of many."""
    ranked = sorted(counts, key=lambda one: -one[1])
    first, last = ranked[:3], ranked[-3:]
    shown = [", ".join(f"{count:,} {clean(value, 30)}" for value, count in part) for part in (first, last)]
    return " ... ".join(shown)


def _lengths(found: Sequence[Lengths]) -> Iterator[str]:
    if not found:
        return
    heads = ("texts", "least", "median", "90 %", "most")
    yield "lengths in characters:"
    yield "  " + "".join(f"{head:>10}" for head in heads)
    for one in found[:_FIELDS]:
        numbers = (one.texts, one.least, one.median, one.ninety, one.most)
        yield "  " + "".join(f"{number:>10,}" for number in numbers) + f"  {clean(one.name, 40)}"
    if len(found) > _FIELDS:
        yield f"  and {counted(len(found) - _FIELDS, 'field')} more"


def _languages(found: Languages | None) -> Iterator[str]:
    if found is None or not found.texts:
        return
    yield f"languages, of {counted(found.texts, 'text')}:"
    shown = [
        (f"{code} {languages.name(code)}" if code else "not told", count) for code, count in found.counts
    ]
    yield from _bars(tuple(shown[:_VALUES]), found.texts)


def _duplicates(found: Duplicates) -> Iterator[str]:
    if not found.compared:
        yield f"duplicates: not looked for ({clean(found.why_not)})"
        return
    yield f"duplicates, of {counted(found.compared, 'record')}:"
    yield f"  the same: {_surplus(found.same, found.same_groups)}"
    if found.near_groups is None or found.nearly is None:
        yield f"  near: not looked for ({clean(found.why_not)})"
    else:
        yield f"  near ({found.near:.0%} and more): {_surplus(found.nearly, found.near_groups)}"
    yield from (_group(one) for one in found.largest)


def _surplus(surplus: int, groups: int) -> str:
    return f"{surplus:,} beyond the first, in {counted(groups, 'group')}" if surplus else "none"


def _group(one: Group) -> str:
    how = "the same" if one.texts == 1 else "alike"
    rows = ", ".join(f"{row:,}" for row in one.rows if row)
    more = ", ..." if one.records > len(one.rows) else ""
    return f"    {one.records:,} {how} (rows {rows or 'not known'}{more}): {clean(one.text, 60)}"
