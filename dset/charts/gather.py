"""All charts of a dataset, from one pass over its answers."""

from dataclasses import dataclass
from pathlib import Path

from dset.charts import contents, defects, over_time
from dset.charts.observed import Observed
from dset.charts.samples import Sampled
from dset.charts.specs import Spec
from dset.reports import counting, subject
from dset.reports.figures import Figures
from dset.reports.subject import Subject
from dset.tasks import languages
from dset.wording import counted


@dataclass(frozen=True, slots=True)
class Charted:
    """A dataset in charts: `charts` in the order in which they are read, `notes` on what is missing in them."""

    name: str  # of the folder
    figures: Figures
    charts: tuple[Spec, ...]
    notes: tuple[str, ...]
    sample: tuple[Sampled, ...]


def gather(path: Path, near: float = 0.85) -> Charted:
    """The charts of the dataset in the folder `path`; texts whose likeness is `near` are duplicates.

    100,000 answers take some seconds. Raises UsageError where there are no answers.
    """
    return of(subject.named(path), near)


def of(found: Subject, near: float) -> Charted:
    """The same of a subject that was looked up."""
    observed = Observed(found)
    figures = counting.count(found, near, languages.detect, observed)
    charts = (
        contents.glance(figures),
        *contents.balance(figures),
        *contents.lengths(figures, observed.lengths),
        *contents.tongues(figures),
        *defects.likenesses(figures.duplicates),
        *defects.reasons(figures),
        *over_time.charts(observed, is_invented=figures.is_invented),
        *contents.tokens(figures, observed.prompt, observed.completion),
        *contents.sources(figures),
    )
    name = found.folder.path.resolve().name
    return Charted(name, figures, charts, tuple(_notes(figures)), tuple(observed.samples.picked()))


def _notes(figures: Figures) -> list[str]:
    notes = []
    if figures.is_invented:
        notes.append("A rehearsal: these answers are invented.")
    if figures.damages:
        lines = counted(figures.damages, "line")
        notes.append(f"{lines} of output.json damaged and left out; `report` on the command line names them.")
    return notes
