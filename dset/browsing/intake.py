"""What an output folder holds, taken into an index bit by bit, while a run may be adding to it.

The folder is only read. A line has the same number n in each index of the folder: twice its place among the sound
lines of its file, one more in rejected.json.
"""

import itertools
import sqlite3
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from dset.browsing import haystack, labels, rows, shown, standing, store
from dset.browsing.following import Following, Line
from dset.browsing.haystack import Haystack
from dset.browsing.rows import PREVIEW, SHOWN, Row
from dset.browsing.selecting import Found
from dset.browsing.store import Store
from dset.browsing.tally import Tally
from dset.browsing.words import Words
from dset.folders import Folder

_LONG = (
    64 << 10
)  # bytes of a line whose beginning is kept beside the table: pages read the others where they stand
_PATIENCE = 2.0  # seconds
_INSERT = f"INSERT INTO answers VALUES({','.join('?' * len(Row._fields))})"


@dataclass(slots=True)
class Source:
    """One file of the folder, and what was made of it."""

    path: Path
    lines: Following
    texts: Haystack
    is_rejected: bool
    tally: Tally = field(default_factory=Tally)
    shown: bytearray = field(
        default_factory=bytearray
    )  # a byte for each line, 1 where it is among the answers
    is_doubted: bool = False  # a line stands there no longer as it was read


class Intake:
    """The writer of an index. `refresh` may be called from any thread; while another one reads it waits, no longer than it may take."""

    def __init__(self, folder: Folder, place: Path) -> None:
        """`place`: an empty folder of the caller's. Raises DsetError, OSError."""
        self._folder, self._place, self._names = folder, place, itertools.count()
        self.store = Store(place / "answers.db")
        with self.store.writing() as connection:
            connection.execute(store.NEWEST)
        self.labels, self._guess_again_at = labels.Labels(), 1
        self.version = 0  # another one with every change
        self._lock = threading.Lock()
        self._is_over = False
        self._is_whole = True  # False: something failed half-way, all is to be taken in anew
        self.sources = self._new_sources()

    def _new_sources(self) -> tuple[Source, Source]:
        return self._new_source(False), self._new_source(True)

    def _new_source(self, is_rejected: bool) -> Source:
        path = self._folder.rejected if is_rejected else self._folder.journal
        return Source(
            path, Following(path), Haystack(self._place / f"texts-{next(self._names)}.bin"), is_rejected
        )

    @property
    def reading(self) -> dict[str, int] | None:
        """How many bytes of how many were read; None where all was."""
        lines = [one.lines for one in self.sources]
        if all(one.is_read for one in lines):
            return None
        return {"bytes": sum(one.at for one in lines), "of": sum(max(one.at, one.size) for one in lines)}

    @property
    def damaged(self) -> int:
        """Lines that are no records and were passed over."""
        return sum(one.lines.damaged for one in self.sources)

    def count(self, found: Found | None) -> int:
        """How many answers were found; None: how many there are."""
        if found is None:
            return sum(one.shown.count(1) for one in self.sources)
        pairs = zip(self.sources, found.hits, strict=True)
        return sum(haystack.in_both(source.shown, hits.flags) for source, hits in pairs)

    def refresh(self, most_seconds: float) -> None:
        """Take in what came since, for about so long. Raises DsetError, OSError."""
        if self._is_over:
            return
        until = time.monotonic() + most_seconds
        # A page asks two things at once: without waiting the second one would hear that there is nothing.
        if not self._lock.acquire(timeout=min(most_seconds, threading.TIMEOUT_MAX)):
            return
        try:
            self._refresh(until)
        except BaseException:
            self._is_whole = False
            raise
        finally:
            self._lock.release()

    def close(self) -> None:
        """Close the table after the batch that is being taken in; a second call does nothing.

        Where that one does not end (a line of a hundred megabytes), the table is left to the end of the process: SQLite
        does not survive that it is closed by one thread while another one writes.
        """
        self._is_over = True
        if self._lock.acquire(timeout=_PATIENCE):
            self.store.close()
            self._lock.release()

    def _refresh(self, until: float) -> None:
        self._look()
        for source in self.sources:
            for batch in source.lines.batches():
                self._take(source, [line for line in batch if line.record is not None])
                if self._is_over or time.monotonic() >= until:
                    return

    def _look(self) -> None:
        """Begin anew with what is not as it was read."""
        journal, _ = self.sources
        has_changed = [one.lines.has_changed() or one.is_doubted for one in self.sources]
        is_guessed_anew = self._has_other_labels(journal.lines.size)
        if has_changed[0] or is_guessed_anew or not self._is_whole:
            self._begin_anew("DELETE FROM answers", self._new_sources())
        elif has_changed[1]:
            self._begin_anew("DELETE FROM answers WHERE n % 2 = 1", (journal, self._new_source(True)))

    def _begin_anew(self, sql: str, sources: tuple[Source, Source]) -> None:
        with self.store.writing() as connection:
            connection.execute(sql)
            connection.execute(sql.replace("answers", "previews"))
        gone = [one for one in self.sources if one not in sources]
        self.sources, self._is_whole = sources, True
        self.version += 1
        for source in gone:
            haystack.remove(source.texts.path)
        for source in sources:
            source.lines.has_changed()

    def _has_other_labels(self, size: int) -> bool:
        """The label is another one than was thought when there were fewer answers."""
        if not self._guess_again_at or size < self._guess_again_at:
            return False
        guess = labels.guess(self._folder)
        is_other = guess.labels != self.labels
        self.labels, self._guess_again_at = guess.labels, guess.again_at
        return is_other

    def _take(self, source: Source, lines: Sequence[Line]) -> None:
        first = 2 * len(source.texts) + source.is_rejected
        made = [
            rows.of(line, first + 2 * at, self.labels, is_rejected=source.is_rejected)
            for at, line in enumerate(lines)
        ]
        table = [row for row, _, _ in made]
        source.texts.add(text for _, text, _ in made)
        with self.store.writing() as connection:
            connection.executemany(_INSERT, table)
            _preview(connection, made)
            hidden = self._superseded(connection, source, table)
        source.tally.add(table)
        source.shown.extend(row.shown == SHOWN for row in table)
        for n, status, label, model in hidden:
            self.sources[1].tally.remove(status, label, model)
            self.sources[1].shown[n >> 1] = 0
        self.version += 1

    def _superseded(
        self, connection: sqlite3.Connection, source: Source, table: Sequence[Row]
    ) -> list[standing.Hidden]:
        if source.is_rejected:
            return standing.after_rejections(connection, [row.id for row in table])
        if len(self.sources[1].texts):
            return standing.after_answers(connection, [row.id for row in table])
        return []


def _preview(connection: sqlite3.Connection, made: Sequence[tuple[Row, bytes, Words]]) -> None:
    long = [
        (row.n, *(shown.text(one, PREVIEW) for one in (said.question, said.answer, said.reason)))
        for row, _, said in made
        if row.size > _LONG
    ]
    connection.executemany("INSERT INTO previews VALUES(?,?,?,?)", long)
