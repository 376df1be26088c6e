"""What is to be known of a caption dataset although it hinders no training; pure."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from dset.captions import laid_out, records
from dset.captions.entries import Entry
from dset.captions.facts import Facts
from dset.captions.findings import AGAIN, FIX, Finding, captions, finding, of_train, worded
from dset.captions.places import TRAIN, UNCAPTIONED

_WHERE = {"captioned": "moved away", "waiting": "uncaptioned", "failed": "uncaptioned"}


def notes(facts: Facts) -> list[Finding]:
    """What is told and counts for nothing."""
    kinds: tuple[Callable[[Facts], Iterator[Finding]], ...] = (_elsewhere, _differing, _gaps, _running)
    return [found for kind in kinds for found in kind(facts)]


def damaged(folder: Path) -> Iterator[Finding]:
    """The lines that cannot be read: of the journal nothing more is asked until they are mended. Raises OSError."""
    advice = "correct it or delete it; what a deleted line of output.json said is asked again"
    yield from finding(
        "{} line|lines damaged and passed over", records.damaged(folder), advice, is_fault=False
    )


def _elsewhere(facts: Facts) -> Iterator[Finding]:
    """Pictures in uncaptioned/."""
    away = [entry for entry in facts.entries if entry.folder == UNCAPTIONED]
    cases = (f"{one.file} ({one.reason or 'never asked'})" for one in away if one.state != "captioned")
    what = "{} picture|pictures without a caption, out of train/"
    yield from finding(what, cases, AGAIN, is_fault=False)
    back = (one.file for one in away if one.state == "captioned")
    what = "{} picture|pictures out of train/ that a caption is there for"
    yield from finding(what, back, FIX.format("brings each back"), is_fault=False)


def _differing(facts: Facts) -> Iterator[Finding]:
    """Captions that a person wrote into metadata.jsonl."""
    asked = {entry.name: laid_out.plain(entry.caption) for entry in facts.entries}
    said = captions(facts).items()
    cases = (of_train(name) for name, caption in said if laid_out.plain(caption) != asked[name])
    what = "{} caption|captions of metadata.jsonl written by hand: not what output.json says"
    advice = "they stand through further runs"
    yield from finding(what, cases, advice, is_fault=False)


def _gaps(facts: Facts) -> Iterator[Finding]:
    there = {entry.number: entry for entry in facts.entries if entry.number is not None}
    missing = [
        (number, _state(there.get(number)))
        for number in range(1, max(there, default=0) + 1)
        if number not in there or there[number].folder != TRAIN
    ]
    what, advice = "{} number|numbers without a picture in train/", "no fault: a trainer needs no numbers"
    cases = tuple(_ranges(missing))
    if cases:
        yield Finding(worded(what, len(missing)), cases, advice, is_fault=False)


def _state(entry: Entry | None) -> str:
    return _WHERE.get(entry.state, entry.state) if entry else "never given"


def _ranges(missing: Iterable[tuple[int, str]]) -> Iterator[str]:
    """13 (blocked), 20-22 (deleted): neighbours of one state together."""
    runs: list[tuple[int, int, str]] = []
    for number, state in missing:
        if runs and runs[-1][1] == number - 1 and runs[-1][2] == state:
            runs[-1] = (runs[-1][0], number, state)
        else:
            runs.append((number, number, state))
    for first, last, state in runs:
        yield f"{first if first == last else f'{first}-{last}'} ({state})"


def _running(facts: Facts) -> Iterator[Finding]:
    if facts.runs:
        advice = "check again when it has ended"
        yield Finding("a run is going on in this folder", (facts.runs,), advice, is_fault=False)
