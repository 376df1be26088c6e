"""What is kept of each dataset while it is looked at: its index, its watch, its figures, each made when first asked for."""

import contextlib
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dset.browsing.background import Background
from dset.browsing.index import Index
from dset.browsing.pairs import Pairs
from dset.pages.figure_jobs import FigureJobs
from dset.pages.shelf import Dataset, Shelf
from dset.watching.watch import Watch

_PATIENCE = 0.1  # seconds that a page waits for what was not read yet; the rest is read without it
_FRESH = 0.9  # seconds for which all pages are told the same of a run
_GOING_ON = ("running", "waiting")


class _Kept:
    """What is known of one dataset."""

    def __init__(self, dataset: Dataset, place: Path) -> None:
        self.index = Index(dataset.folder, place)
        self.watch = Watch(dataset.folder)
        self.lock = threading.Lock()
        self.told: dict[str, Any] = {}
        self.told_at = float("-inf")
        self.is_prepared = False


class Desk:
    """Made for one server; `place` is a folder of its own for what the answers are searched by."""

    def __init__(self, shelf: Shelf, place: Path) -> None:
        self.shelf, self._place = shelf, place
        self.closing = threading.Event()
        self.figures, self._background = FigureJobs(), Background()
        self._lock, self._kept = threading.Lock(), dict[str, _Kept]()
        self._paired: dict[tuple[str, str], Pairs] = {}

    @contextlib.contextmanager
    def until(self, closing: threading.Event) -> Iterator[None]:
        """Keep what is asked for until the block ends; whoever waits for something looks at `closing`."""
        self.closing = closing
        try:
            yield
        finally:
            closing.set()
            self.figures.end()
            self._background.end()
            with self._lock:
                for pairs in self._paired.values():
                    pairs.close()
                for kept in self._kept.values():
                    kept.index.close()

    def dataset(self, key: str) -> Dataset:
        """The dataset of this key. Raises NotThereError."""
        return self.shelf.get(key)

    def index(self, key: str) -> Index:
        """Its answers, with what came since the last look as far as that is read in a moment. Raises NotThereError."""
        index = self._of(key).index
        if not index.refresh(_PATIENCE):
            self._background.read(index)
        return index

    def pairs(self, left: str, right: str) -> Pairs:
        """Both side by side. Raises NotThereError."""
        ours, theirs = self.index(left), self.index(right)
        with self._lock:
            if (left, right) not in self._paired:
                place = self._place / f"{left}-{right}"
                place.mkdir(exist_ok=True)
                self._paired[left, right] = Pairs(ours, theirs, place)
            return self._paired[left, right]

    def snapshot(self, key: str) -> dict[str, Any]:
        """How its run stands, at most a second old. Raises NotThereError."""
        kept = self._of(key)
        with kept.lock:
            if time.monotonic() - kept.told_at >= _FRESH:
                kept.told = kept.watch.snapshot()
                kept.told_at = time.monotonic()
                self._prepare(kept)
            return kept.told

    def _prepare(self, kept: _Kept) -> None:
        """Who looks at a run that has ended wants its answers next; one that goes on needs the machine for itself."""
        if not kept.is_prepared and kept.told["state"] not in _GOING_ON:
            kept.is_prepared = True
            self._background.read(kept.index)

    def _of(self, key: str) -> _Kept:
        dataset = self.dataset(key)
        with self._lock:
            if key not in self._kept:
                place = self._place / dataset.key
                place.mkdir(exist_ok=True)
                self._kept[key] = _Kept(dataset, place)
            return self._kept[key]
