"""The finds of one query, from all sources: which is tried next, so that each source gives its share."""

import random
from collections import Counter, deque
from collections.abc import Collection, Iterable, Sequence

from dset.scraping.finds import Find, known_by


class Pool:
    """Finds waiting to be tried. A source's quota holds while every source below its own may still give something."""

    def __init__(self, sources: Sequence[str], count: int, seed: str, known: Collection[str]) -> None:
        """`count` pictures are wanted; `known`: addresses (`known_by`) that are kept or can never be taken."""
        self._waiting: dict[str, deque[Find]] = {name: deque() for name in sources}
        self._random = random.Random(seed)
        self._seen = set(known)
        self._quota = -(-count // max(1, len(sources)))
        self._dry: set[str] = set()  # sources that have no further page
        self.given: Counter[str] = Counter()  # by source: kept, or being tried

    def add(self, finds: Iterable[Find], source: str) -> None:
        """A page of a source: shuffled, without what another source or page has named already."""
        new = []
        for find in finds:
            if (known := known_by(find.url)) not in self._seen:
                self._seen.add(known)
                new.append(find)
        self._random.shuffle(new)
        self._waiting[source].extend(new)

    def end(self, source: str) -> None:
        """This source has no further page."""
        self._dry.add(source)

    def hungry(self) -> str:
        """The source whose next page is needed now; '' where none is."""
        open_ones = [name for name in self._waiting if name not in self._dry and not self._waiting[name]]
        below = [name for name in open_ones if self.given[name] < self._quota]
        if below or any(self._waiting.values()):
            return next(iter(below), "")
        return next(iter(open_ones), "")

    def take(self) -> Find | None:
        """The next find to try: of a source below its quota, else of any; None where nothing waits."""
        waiting = [name for name, finds in self._waiting.items() if finds]
        names = [name for name in waiting if self.given[name] < self._quota] or waiting
        if not names:
            return None
        name = self._random.choice(names)
        self.given[name] += 1
        return self._waiting[name].popleft()

    def lost(self, find: Find) -> None:
        """A find that was tried came to nothing: its source has its place back."""
        self.given[find.source] -= 1
