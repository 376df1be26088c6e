"""`caption --check`: whether a caption dataset is fit for training, and what to do where it is not."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from dset.captions import facts, findings, notes, table
from dset.captions.facts import Facts, Rules
from dset.captions.findings import Finding
from dset.captions.looking import Each
from dset.cleaning import clean
from dset.wording import counted

_EXAMPLES = 4  # of one finding


@dataclass(frozen=True, slots=True)
class Checked:
    """What was found. `faults` are to be mended before a training, `notes` only to be known."""

    facts: Facts
    faults: tuple[Finding, ...]
    notes: tuple[Finding, ...]

    @property
    def exit_status(self) -> int:
        """0 where it is fit for training, else 1."""
        return 1 if self.faults else 0


def check(folder: Path, rules_faults: Rules | None = None, each: Each | None = None) -> Checked:
    """Look at every file of the dataset; changes nothing.

    `rules_faults` says what a caption breaks, `each` goes through the pictures (one by one where it is None). Raises
    UsageError where the folder holds no captions, OSError.
    """
    gathered = facts.gather(folder, rules_faults, each)
    told = [*notes.damaged(folder), *notes.notes(gathered)]
    return Checked(gathered, tuple(findings.faults(gathered)), tuple(told))


def lines(checked: Checked) -> list[str]:
    """The report: a line for each finding, then how many pictures each source folder has of each kind."""
    found = [_told("to mend", one) for one in checked.faults] + [_told("note", one) for one in checked.notes]
    return [_heading(checked), *found, "", *table.lines(checked.facts.entries)]


def _heading(checked: Checked) -> str:
    name = clean(str(checked.facts.folder))
    good = counted(len(findings.captions(checked.facts)), "captioned picture")
    if not checked.faults:
        return f"{name}: fit for training, {good}"
    return f"{name}: not fit for training yet, {counted(len(checked.faults), 'thing')} to mend"


def _told(word: str, one: Finding) -> str:
    cases = ", ".join(_examples(one.cases))
    return f"  {word}: {one.what}{f': {cases}' if cases else ''}; {one.advice}"


def _examples(cases: tuple[str, ...]) -> Iterator[str]:
    yield from (clean(case, 120) for case in cases[:_EXAMPLES])
    if len(cases) > _EXAMPLES:
        yield f"and {len(cases) - _EXAMPLES:,} more"
