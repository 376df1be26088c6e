"""Charts over time: how many answers came, how long they took, what they cost."""

from collections.abc import Iterator

from dset.charts import specs
from dset.charts.amounts import took
from dset.charts.observed import Observed
from dset.charts.specs import Spec
from dset.charts.timeline import Point, span
from dset.costs import usd
from dset.wording import counted

_SHARES = (("median", 0.5), ("90 % within", 0.9), ("99 % within", 0.99))


def charts(observed: Observed, *, is_invented: bool) -> Iterator[Spec]:
    """Those of which anything is known."""
    points = observed.pace.points()
    if points:
        yield _pace(observed, points)
    if observed.seconds.total:
        yield _overall(observed)
        if len(points) > 1:
            yield _latency(observed, points)
    if observed.is_priced:
        yield _cost(observed, is_invented=is_invented)


def _pace(observed: Observed, points: list[Point]) -> Spec:
    per = span(observed.pace.width)
    answered = [point.bucket.answered if point.bucket else 0 for point in points]
    rejected = [point.bucket.rejected if point.bucket else 0 for point in points]
    found = [specs.series("answers", f"per {per}", answered)]
    if any(rejected):
        found.append(specs.series("rejected", f"per {per}", rejected))
    said = f"{counted(sum(answered), 'answer')}; at most {max(answered):,} per {per}"
    if observed.timeless:
        said += f"; {counted(observed.timeless, 'answer')} of no known time left out"
    return specs.plot(
        "columns",
        "pace",
        f"Answers per {per}",
        _axis(points, observed.pace.width),
        found,
        note=_note(points),
        summary=f"{said}.",
        is_stacked=True,
    )


def _axis(points: list[Point], step: int) -> Spec:
    return specs.axis("time", [point.at for point in points], step=step)


def _note(points: list[Point]) -> str:
    """What a pause looks like, where there is one."""
    if all(point.bucket for point in points):
        return ""
    return "A pause is drawn short, however long it was."


def _overall(observed: Observed) -> Spec:
    found = [(name, observed.seconds.at(share)) for name, share in (*_SHARES, ("longest", 1.0))]
    rows = [(name, took(value)) for name, value in found if value is not None]
    return specs.figures(
        "latency",
        "Time to an answer",
        rows,
        "From the sending of a request to its answer; tries that failed do not count.",
    )


def _latency(observed: Observed, points: list[Point]) -> Spec:
    found = [
        specs.series(
            name, "s", [point.bucket.seconds.at(share) if point.bucket else None for point in points]
        )
        for name, share in _SHARES
    ]
    median, slow = (took(observed.seconds.at(share) or 0) for share in (0.5, 0.99))
    return specs.plot(
        "lines",
        "latency-over-time",
        "Time to an answer, over time",
        _axis(points, observed.pace.width),
        found,
        note=f"Of the answers of each {span(observed.pace.width)}: half took no longer than the median, 99 % no longer than the uppermost line.",
        summary=f"In all, the median is {median}; 99 % took {slow} at the most.",
    )


def _cost(observed: Observed, *, is_invented: bool) -> Spec:
    points, per = observed.cost.points(), span(observed.cost.width)
    amounts = [point.bucket.usd if point.bucket else 0 for point in points]
    invented = ", had it been real" if is_invented else ""
    return specs.plot(
        "columns",
        "cost",
        f"Cost per {per}",
        _axis(points, observed.cost.width),
        [specs.series("cost", "USD", amounts)],
        note=_note(points),
        summary=f"{usd(sum(amounts))} in all{invented}, at most {usd(max(amounts))} per {per}.",
    )
