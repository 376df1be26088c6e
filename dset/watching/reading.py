"""output.json and rejected.json, taken in as they grow: a slice at a time, each line once."""

import time
from collections import deque
from collections.abc import Mapping
from typing import Any

from dset.folders import Folder
from dset.watching import lenient, newest
from dset.watching.failing import Failing
from dset.watching.history import History
from dset.watching.ledger import Entry, Ledger
from dset.watching.tailing import Tail, opened


class Reading:
    """The sums over both files, as far as they are read."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self.history = History()
        self.failing = Failing(self._failed)
        self.ledger = Ledger(self._answered)
        self._rejected = Tail(folder.rejected)
        self._older: Tail | None = None
        self._journal: Tail | None = None
        self._newest: deque[bytes] = deque(maxlen=newest.ANSWERS)
        self._looked: tuple[int, list[bytes]] = (-1, [])
        self._begun = ""

    def _answered(self, entry: Entry) -> None:
        self.failing.answered(entry.id)
        self.history.answered(entry.run, entry.at, entry.seconds, entry.cost_usd)

    def _failed(self, entry: Entry, is_row: bool) -> None:
        self.history.failed(entry.run, entry.at, entry.cost_usd, is_row=is_row)

    def go_on(self, note: Mapping[str, Any], run: str, seconds: float) -> None:
        """Read on for so long; `run` is the last run, whose history is told."""
        deadline = time.monotonic() + seconds
        if run != self._begun:
            self._begun = run
            self.history.begin(run)
        if self._journal is None:
            self._begin(note)
        if not self._read_on(deadline):
            self._read_on(deadline)

    def _read_on(self, deadline: float) -> bool:
        """False where a file was another one, and all begins anew. What failed is known before it is answered."""
        for tail, take in (
            (self._rejected, self.failing.add),
            (self._journal, self._add),
            (self._older, self.ledger.add),
        ):
            if tail is None:
                continue
            times = tail.times
            for lines in tail.lines(deadline):
                if tail.times != times:
                    break
                take(lines)
            if tail.times != times:
                self._anew()
                return False
            if not tail.is_level:
                break
        return True

    def _add(self, lines: list[bytes]) -> None:
        self.ledger.add(lines)
        self._newest.extend(lines[-newest.ANSWERS :])

    def _anew(self) -> None:
        """One of the files is another one now: all that was added up is of no use."""
        self.history.begin(self.history.run)
        self.failing.begin()
        self.ledger.begin()
        self._newest.clear()
        self._rejected = Tail(self._folder.rejected)
        self._older, self._journal = None, Tail(self._folder.journal)

    def _begin(self, note: Mapping[str, Any]) -> None:
        """The lines of the last run first: who looks at a million answers wants to see those."""
        begins = note.get("begins")
        start = lenient.whole(begins[0]) if isinstance(begins, list) and begins else 0
        if not start or not self._is_end_of_line(start):
            start = 0
        self._journal = Tail(self._folder.journal, start)
        self._older = Tail(self._folder.journal, 0, start) if start else None

    def _is_end_of_line(self, at: int) -> bool:
        try:
            with opened(self._folder.journal) as stream:
                return stream is not None and stream.seek(at - 1) == at - 1 and stream.read(1) == b"\n"
        except OSError:
            return False

    @property
    def state(self) -> dict[str, int] | None:
        """Bytes that were read, of how many; None once all is."""
        if self._journal is None:
            return {"bytes": 0, "of": 0}
        tails = [tail for tail in (self._rejected, self._journal, self._older) if tail is not None]
        if all(tail.is_level for tail in tails):
            return None
        of = self._rejected.size + self._journal.size
        return {"bytes": max(0, of - sum(tail.left for tail in tails)), "of": of}

    def newest(self) -> list[dict[str, Any]]:
        """The newest answers; their numbers are known once all is read."""
        if self._journal is not None and self._journal.is_level and self._newest:
            count = self._journal.count + (self._older.count if self._older else 0)
            return newest.told(self._newest, count if self.state is None else None)
        size = self._journal.size if self._journal else 0
        if self._looked[0] != size:
            self._looked = size, newest.lines(self._folder.journal)
        return newest.told(self._looked[1], None)
