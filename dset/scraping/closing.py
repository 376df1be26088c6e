"""What a search for pictures came to, as lines of text and an exit status."""

import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from dset.cleaning import clean
from dset.scraping import engines
from dset.scraping.folder import METADATA
from dset.scraping.plan import Order
from dset.scraping.sources import GENERATE, Standing
from dset.scraping.tries import Outcome
from dset.wording import counted

_MOST_QUERIES = 50  # that have a line each
_MOST_REASONS = 6
OF_LICENCES = ("  licences:", "  credit:")  # how the lines on them begin
_FREE = {"pexels": "Pexels", "pixabay": "Pixabay"}


def exit_status(outcome: Outcome) -> int:
    """0: as many pictures stand as were wanted; 1: fewer; 2: nothing could be searched; 130, 143: interrupted."""
    if outcome.signal:
        return 128 + outcome.signal
    if not outcome.all_missing:
        return 0
    return 1 if outcome.was_searched or outcome.generated or outcome.new else 2


def lines(order: Order, outcome: Outcome, folder: Path) -> list[str]:
    """The summary."""
    return [
        _headline(outcome),
        *_queries(outcome),
        *_sources(outcome),
        *_lost(outcome),
        *_licences(outcome),
        f"  files: {(folder / 'images').as_posix()}, {(folder / METADATA).as_posix()}",
        *_next(order, outcome, folder),
    ]


def _headline(outcome: Outcome) -> str:
    wanted = outcome.count * len(outcome.asked)
    stand = (
        f"{wanted - outcome.all_missing:,} of {counted(wanted, 'picture')} stand, {outcome.new:,} of them new"
    )
    if outcome.signal:
        name = "Ctrl-C" if outcome.signal == signal.SIGINT else signal.Signals(outcome.signal).name
        return f"Interrupted by {name}: {stand}."
    if not outcome.all_missing:
        return f"Finished: {stand}."
    return f"Not finished: {stand}." if exit_status(outcome) == 1 else f"Nothing could be searched: {stand}."


def _queries(outcome: Outcome) -> Iterator[str]:
    lacking_first = sorted(outcome.asked, key=lambda one: not outcome.missing(one.query))
    shown = set(lacking_first[:_MOST_QUERIES])
    for one in outcome.asked:
        if one in shown:
            kept = outcome.kept.get(one.query, Counter())
            by_source = f" ({_counts(kept)})" if kept.total() else ""
            lacks = f", {outcome.missing(one.query):,} missing" if outcome.missing(one.query) else ""
            yield f"  {one.query}: {kept.total():,} of {outcome.count:,}{lacks}{by_source}"
    if len(outcome.asked) > len(shown):
        yield f"  and {counted(len(outcome.asked) - len(shown), 'more query', 'more queries')}"


def _sources(outcome: Outcome) -> Iterator[str]:
    for one in outcome.sources:
        for reason in list(one.reasons)[:_MOST_REASONS]:
            yield f"  {reason}"


def _lost(outcome: Outcome) -> Iterator[str]:
    if outcome.lost:
        shown = "; ".join(
            f"{clean(reason, 120)} {n:,}" for reason, n in outcome.lost.most_common(_MOST_REASONS)
        )
        more = len(outcome.lost) - _MOST_REASONS
        yield f"  not kept: {shown}" + (f"; and {more} more reasons" if more > 0 else "")


def _licences(outcome: Outcome) -> Iterator[str]:
    """What a user should know before publishing, of the sources that gave a picture."""
    given = {name for kept in outcome.kept.values() for name in +kept}
    free = [title for name, title in _FREE.items() if name in given]
    if free:
        yield (
            f"  licences: {' and '.join(free)} {'let' if len(free) > 1 else 'lets'} you use the pictures, not sell them unaltered; neither says that a "
            "dataset of them may be published: check before you publish"
        )
    if "pexels" in given:
        yield '  credit: "Photo by X on Pexels", with a link; author and page stand in the metadata'
    if given & set(engines.NAMES):
        yield "  licences: pictures of DuckDuckGo and Bing have unknown licences: check each before you publish"
    if GENERATE in given:
        yield "  licences: what a model made stands under the terms of its service: read them before you publish"


def _next(order: Order, outcome: Outcome, folder: Path) -> Iterator[str]:
    if outcome.signal or outcome.left:
        yield "  next: run the same command again: it goes on from here"
        return
    if outcome.all_missing:
        tried_again = outcome.again or any(_may_work(one) for one in outcome.sources)
        how = "run the same command again" if tried_again else "the sources have no more: other words"
        if outcome.generated:
            how = "other words, another --prompt or another --model"
        yield f"  next: {how}, or add a source by --source"
        return
    images = (folder / "images").as_posix()
    task = f", or task {order.task} --images {images}" if order.task else f", or task NAME --images {images}"
    yield f"  next: caption {images}{task}"


def _may_work(one: Standing) -> bool:
    return any(one.reasons.values())


def _counts(kept: Counter[str]) -> str:
    return ", ".join(f"{name} {number:,}" for name, number in sorted(kept.items()) if number)
