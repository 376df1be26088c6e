"""What became of each search and download, counted by reason."""

from collections import Counter
from dataclasses import dataclass, field

from dset.scraping.finds import Asked
from dset.scraping.sources import Standing

TWIN = "the same picture as one that stands"
ALIKE = "much like a picture that stands"


@dataclass(slots=True)
class Outcome:
    """What a run came to."""

    asked: tuple[Asked, ...]
    count: int  # wanted of each query
    sources: list[Standing]
    kept: dict[str, Counter[str]] = field(default_factory=dict)  # query -> source -> pictures that stand
    new: int = 0  # pictures of this run
    lost: Counter[str] = field(default_factory=Counter)  # downloads that came to nothing, by reason
    again: int = 0  # of them, those that may work another day
    generated: bool = False  # a model was asked for pictures
    left: int = 0  # pictures that a model can still be asked for
    signal: int = 0  # that ended it

    def missing(self, query: str) -> int:
        """Pictures that are still wanted."""
        return max(0, self.count - self.kept.get(query, Counter()).total())

    @property
    def all_missing(self) -> int:
        """Pictures that are still wanted of all queries."""
        return sum(self.missing(one.query) for one in self.asked)

    @property
    def was_searched(self) -> bool:
        """A page of results came from some source."""
        return any(one.searched for one in self.sources)
