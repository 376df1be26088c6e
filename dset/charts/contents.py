"""Charts of what a dataset holds: labels, lengths, tokens, languages, sources."""

from collections.abc import Iterator, Sequence

from dset.charts import histograms, specs
from dset.charts.histograms import Sizes
from dset.charts.specs import Spec
from dset.costs import usd
from dset.reports import evenness
from dset.reports.figures import Classes, Counts, Figures
from dset.tasks import languages
from dset.wording import counted

_VALUES = 40  # of a label that have a bar each
_CLASSES = 12
_SOURCES = 12


def balance(figures: Figures) -> Iterator[Spec]:
    """How often each value of a label, a parameter or a column stands."""
    short = {one.name: dict(one.more) for one in evenness.shortages(figures.classes)}
    even = [one for one in figures.classes if one.role == "parameter" and _is_even(one)]
    shown = [one for one in figures.classes if one not in even]
    for number, one in enumerate(shown[:_CLASSES], 1):
        asked_for = one.role in {"label", "parameter", "column"}
        yield _classes(one, number, figures, short.get(one.name, {}) if asked_for else {})
    if even:
        rows = [(one.name, f"{counted(len(one.counts), 'value')}, {_each(one)}") for one in even]
        yield specs.figures("parameters", "Parameters that are level", rows)


def _is_even(one: Classes) -> bool:
    """As the plan spreads it: there is nothing to see."""
    numbers = [count for _, count in one.counts]
    return max(numbers, default=0) - min(numbers, default=0) <= 1 and not one.missing


def _each(one: Classes) -> str:
    numbers = [count for _, count in one.counts]
    least, most = min(numbers, default=0), max(numbers, default=0)
    return f"{least:,} each" if least == most else f"{least:,} to {most:,} each"


def _classes(one: Classes, number: int, figures: Figures, more: dict[str, int]) -> Spec:
    rows = [
        (value, count, f"{more[value]:,} more would level it" if value in more else "")
        for value, count in one.counts[:_VALUES]
    ]
    notes = [
        f"{counted(len(one.counts) - _VALUES, 'further value')} not drawn."
        if len(one.counts) > _VALUES
        else "",
        f"{counted(one.missing, 'record')} without a value." if one.missing else "",
        f"{figures.wanted - figures.records:,} of the {figures.wanted:,} records that the plan asks for are not made yet."
        if one.role == "label" and figures.records < figures.wanted
        else "",
        "It has more values than are counted." if one.is_cut else "",
    ]
    title = one.name if one.name == one.role else f"{one.name} ({one.role})"
    return specs.bars(
        f"balance-{number}",
        f"Balance: {title}",
        "records",
        rows,
        " ".join(filter(None, notes)),
        f"{counted(len(one.counts), 'value')}, {_each(one)}.",
    )


def lengths(figures: Figures, sizes: Sizes) -> Iterator[Spec]:
    """How long answers are, and each field of a record."""
    yield _histogram("lengths", "Length of the answers", "characters", (("answers", sizes),))
    rows = [
        (one.name, one.median, f"nine in ten up to {one.ninety:,}, longest {one.most:,}")
        for one in figures.lengths[:_SOURCES]
    ]
    if len(rows) > 1 or figures.task:
        said = "Half of the texts of a field are no longer than its bar says."
        yield specs.bars("length-by-field", "Length by field", "characters", rows, "", said, is_share=False)


def _histogram(name: str, title: str, unit: str, sizes: Sequence[tuple[str, Sizes]]) -> Spec:
    edges = histograms.edges(*(one for _, one in sizes))
    bins, counts = histograms.names(edges), [one.within(edges) for _, one in sizes]
    kept = [at for at in range(len(bins)) if 0 < at < len(bins) - 1 or any(one[at] for one in counts)]
    found = [
        specs.series(word, "answers", [one[at] for at in kept])
        for (word, _), one in zip(sizes, counts, strict=True)
    ]
    axis = specs.axis("category", [bins[at] for at in kept], unit)
    return specs.plot("columns", name, title, axis, found, summary=_middles(unit, sizes))


def _middles(unit: str, sizes: Sequence[tuple[str, Sizes]]) -> str:
    """What half of them do not exceed, and the longest; of several each with its name."""
    told = [
        f"{f'{word}: median' if len(sizes) > 1 else 'Median'} {one.at(0.5):,}, longest {one.at(1):,} {unit}"
        for word, one in sizes
        if len(one)
    ]
    return "; ".join(told) + "." if told else ""


def tokens(figures: Figures, prompt: Sizes, completion: Sizes) -> Iterator[Spec]:
    """Tokens in all and of an answer."""
    spent = figures.spent
    rows = [
        ("prompt", spent.prompt - spent.cached, "not from a cache"),
        ("prompt, cached", spent.cached, "read from the service's cache"),
        ("answer", spent.completion - spent.reasoning, ""),
        ("thinking", spent.reasoning, ""),
    ]
    note = f"{counted(spent.untold, 'answer')} whose tokens the service did not tell." if spent.untold else ""
    total = f"{spent.prompt:,} in, {spent.completion:,} out; rejected answers count as well."
    shown = [row for row in rows if row[1]]
    yield specs.bars("tokens", "Tokens", "tokens", shown, note, total if shown else "")
    if len(completion) or len(prompt):
        sizes = (("prompt", prompt), ("answer and thinking", completion))
        yield _histogram("tokens-each", "Tokens per answer", "tokens", sizes)


def tongues(figures: Figures) -> Iterator[Spec]:
    """The languages of the texts that were looked at."""
    found = figures.languages
    if found is not None and found.texts:
        named = [
            (f"{languages.name(code)} ({code})" if code else "not clear", count)
            for code, count in found.counts
        ]
        rows = [(name, count, "") for name, count in named[:_SOURCES]]
        yield specs.bars(
            "languages", "Languages", "texts", rows, summary=f"Of {counted(found.texts, 'text')}."
        )


def sources(figures: Figures) -> Iterator[Spec]:
    """Which models and endpoints answered."""
    for name, title, counts in (
        ("models", "Models", figures.models),
        ("endpoints", "Endpoints", figures.endpoints),
    ):
        if counts:
            yield specs.bars(name, title, "answers", _few(counts))


def _few(counts: Counts) -> list[tuple[str, int, str]]:
    rows = [(value, count, "") for value, count in counts[:_SOURCES]]
    left = sum(count for _, count in counts[_SOURCES:])
    return rows + ([("others", left, "")] if left else [])


def glance(figures: Figures) -> Spec:
    """The first look: how many, how good, what it cost."""
    spent, records = figures.spent, figures.records
    wanted = f" of {figures.wanted:,}" if figures.wanted else ""
    rejected = sum(count for _, count in figures.rejections.kinds)
    rows = [
        (
            "Records" if figures.task else "Answers",
            f"{records if figures.task else figures.answers:,}{wanted}",
        )
    ]
    rows.append(("Rejected tries", f"{rejected:,}"))
    found = figures.duplicates
    if found.compared:
        rows.append(("Duplicates", f"{found.same + (found.nearly or 0):,}"))
    rows.append(("Tokens", f"{spent.prompt + spent.completion:,}"))
    rows.append(("Cost", _cost(figures)))
    if spent.usd and records:
        rows.append(
            (
                "Cost per record" if figures.task else "Cost per answer",
                f"{'at least ' if spent.unknown else ''}{usd(spent.usd / records)}",
            )
        )
    return specs.figures(
        "glance",
        "At a glance",
        rows,
        "A rehearsal: these answers are invented, and nothing was billed." if figures.is_invented else "",
    )


def _cost(figures: Figures) -> str:
    spent = figures.spent
    if spent.unknown and not spent.usd:
        return "unknown"
    return ("at least " if spent.unknown else "") + usd(spent.usd)
