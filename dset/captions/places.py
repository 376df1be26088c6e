"""Where everything of a caption dataset is."""

from dataclasses import dataclass
from pathlib import Path

ASIDE = "aside"  # what is no picture of ours, and old files
SHELVES = TRAIN, BLOCKED, FILTERED, REPLACED, UNCAPTIONED = (
    "train",
    "blocked",
    "filtered",
    "replaced",
    "uncaptioned",
)


@dataclass(frozen=True, slots=True)
class Place:
    """The folder of one dataset. It is the output folder of the captions' own run."""

    path: Path

    @property
    def train(self) -> Path:
        """Pictures and captions, one to one when all is done; nothing else."""
        return self.path / TRAIN

    @property
    def questions(self) -> Path:
        """The queue of the captions."""
        return self.path / "q.csv"

    @property
    def prompt(self) -> Path:
        """What a model is asked, for the user to edit."""
        return self.path / "prompt.txt"

    @property
    def lock(self) -> Path:
        """Held over all steps; each run of a queue locks its own folder as well."""
        return self.path / ".caption.lock"

    @property
    def keeping(self) -> Path:
        """The output folder of the queue of `--keep-if`."""
        return self.path / "keep"

    def translating(self, lang: str) -> Path:
        """The output folder of the queue of `--translate`."""
        return self.path / f"translate-{lang}"

    def queues(self, lang: str) -> list[Path]:
        """The output folders of all queues: what they cost is one sum."""
        return [self.path, self.keeping, *([self.translating(lang)] if lang else [])]
