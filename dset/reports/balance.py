"""What to ask for to level a dataset, as lines: how many more of what, and the commands that make them."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from dset.cleaning import clean
from dset.reports import evenness, remedies
from dset.reports.evenness import Shortage
from dset.reports.figures import Classes, Figures
from dset.wording import counted

_VALUES = 5  # that a line names


def lines(figures: Figures, folder: Path, plan: Mapping[str, Any]) -> list[str]:
    """For the dataset in `folder`; `plan` is its plan.json, {} for a plain run."""
    short = evenness.shortages(_asked_for(figures, plan))
    if plan and figures.records < figures.wanted:
        again = remedies.again(folder, plan)
        missing = counted(figures.wanted - figures.records, "record")
        return [
            f"to level: {missing} of the plan first, which may level it; the same command makes them:",
            f"  {again}",
        ]
    if not short:
        return [_level(_asked_for(figures, plan))]
    told = [f"to level {clean(one.name, 60)}: {_more(one)}" for one in short]
    if plan.get("kind") == "pictures":
        return [*told, "  add such pictures to the folder and run the same command again"]
    if plan:
        return told + list(_commands(folder, plan, short))
    return [*told, "  add such rows to q.csv and run again"]


def _asked_for(figures: Figures, plan: Mapping[str, Any]) -> list[Classes]:
    """What a user can ask for: of a task's record not every field that has few values."""
    return [one for one in figures.classes if not plan or one.role in {"label", "parameter"}]


def _level(classes: list[Classes]) -> str:
    names = [clean(one.name, 60) for one in classes if len(one.counts) > 1 and not one.is_cut]
    if not names:
        return "to level: nothing here has few values of which there could be more or fewer"
    return f"to level: nothing; {', '.join(names[:_VALUES])}: the counts differ by one at the most"


def _more(one: Shortage) -> str:
    shown = ", ".join(f"{more:,} more of {clean(value, 60)}" for value, more in one.more[:_VALUES])
    left = len(one.more) - _VALUES
    return shown + (f" and {counted(left, 'value')} more" if left > 0 else "")


def _commands(folder: Path, plan: Mapping[str, Any], short: Sequence[Shortage]) -> Iterator[str]:
    """Of one thing alone, the label before all: what levels two at once would have to know how they go together."""
    first = next((one for one in short if one.role == "label"), None) or max(short, key=_most)
    found = remedies.of(folder, plan, first)
    if found.commands:
        yield f"{clean(first.name, 60)} alone is levelled by these, each a dataset that repeats nothing of this one:"
        yield from (f"  {one}" for one in found.commands)
        yield "and all of them become one by:"
        yield f"  {found.then}"
    if found.left:
        yield f"{counted(found.left, 'value')} of {clean(first.name, 60)} left without a command"


def _most(short: Shortage) -> int:
    return short.more[0][1]
