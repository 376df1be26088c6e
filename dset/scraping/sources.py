"""A source of pictures, as collecting sees it, and how one fails."""

from dataclasses import dataclass, field
from typing import Protocol

from dset.scraping.finds import Asked, Page

NAMES = ("pexels", "pixabay", "duckduckgo", "bing")  # that are searched
GENERATE = "generate"  # a model makes them, and is paid for it: only where it is named


class Source(Protocol):
    """Searches one service."""

    @property
    def name(self) -> str:
        """As --source names it."""
        ...

    async def page(self, asked: Asked, number: int) -> Page:
        """Page `number`, from 1, of what it finds. Raises SourceError."""
        ...


class SourceError(Exception):
    """A source cannot be searched: the reason is one line that holds no key."""

    def __init__(self, reason: str, *, over: bool = False, again: bool = True) -> None:
        """`over`: not only this query fails, the source is left out from now on; `again`: another day it may work."""
        super().__init__(reason)
        self.reason, self.over, self.again = reason, over, again


@dataclass(slots=True)
class Standing:
    """How a source did in this run."""

    name: str
    searched: int = 0  # pages that came
    failed_in_a_row: int = 0
    is_over: bool = False
    reasons: dict[str, bool] = field(default_factory=dict)  # what was wrong -> another day it may work

    def answered(self) -> None:
        """A page came."""
        self.searched += 1
        self.failed_in_a_row = 0

    def failed(self, error: SourceError, most_in_a_row: int) -> bool:
        """A page did not come. Whether the source is to be left alone now, as after so many in a row."""
        self.failed_in_a_row += error.again  # else the query is at fault
        self.reasons[error.reason] = error.again
        self.is_over |= error.over or self.failed_in_a_row >= most_in_a_row
        return self.is_over
