"""What is kept of each dataset while it is looked at: its index and its watch, one of each, made when first asked for."""

import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path

from dset.pages.shelf import Dataset, Shelf


class Desk:
    """Made for one server; `place` is a folder of its own for what the answers are searched by."""

    def __init__(self, shelf: Shelf, place: Path) -> None:
        self.shelf, self._place = shelf, place
        self.closing = threading.Event()
        self._lock = threading.Lock()

    @contextlib.contextmanager
    def until(self, closing: threading.Event) -> Iterator[None]:
        """Keep what is asked for until the block ends; whoever waits for something looks at `closing`."""
        self.closing = closing
        try:
            yield
        finally:
            closing.set()

    def dataset(self, key: str) -> Dataset:
        """The dataset of this key. Raises NotThereError."""
        return self.shelf.get(key)
