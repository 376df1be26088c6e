"""The answers of one output folder, made searchable without loading them, while a run may be adding to them."""

import contextlib
import itertools
import math
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Self

from dset.browsing import entry, following, pictures, shown, tally, words
from dset.browsing.intake import Intake, Source
from dset.browsing.pictures import Picture
from dset.browsing.query import Query
from dset.browsing.rows import ANSWER, BOUNDARY, PREVIEW, Row
from dset.browsing.searching import Searching
from dset.browsing.selecting import Found, selection
from dset.browsing.sent import Runs
from dset.browsing.store import Reader, Store
from dset.folders import Folder

_COUNTS = 100  # totals that are remembered while nothing changes


class Index:
    """Use as a context manager, or `close` it. All methods may be called from any thread; they raise DsetError, OSError.

    Nothing happens of itself: `refresh` reads what came since the last call, and costs two looks at file sizes where
    nothing did. The folder is only read; what the index needs is in `place`, an empty folder of the caller's, and
    takes about as many bytes as the journal.
    """

    def __init__(self, folder: Folder, place: Path) -> None:
        self.folder = folder
        self._intake = Intake(folder, place)
        self._searching, self._runs = Searching(), Runs(folder.runs)
        self._totals: dict[Any, int] = {}
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of its files, which then may be removed."""
        self._intake.close()

    def refresh(self, most_seconds: float = math.inf) -> bool:
        """Take in what came since, for about so long; True where all is read. While another thread does, it waits."""
        self._intake.refresh(most_seconds)
        return self._intake.reading is None

    @property
    def reading(self) -> dict[str, int] | None:
        """{"bytes", "of"}: how far it is; None where all is read."""
        return self._intake.reading

    @property
    def version(self) -> int:
        """Another number with every change of what is shown."""
        return self._intake.version

    def page(self, query: Query) -> dict[str, Any]:
        """{"total", "offset", "rows", "reading", "damaged"}: the answers on the query's page, texts cut at 300 characters."""
        version, found = self.version, self.search(query.q)
        with self._intake.store.reading() as reader:
            selected = selection(query, found, reader)
            numbers = selected.page(reader, query)
            key = (version, selected, query.q)
            total = self._totals.get(key)
            if total is None:
                # Filters are SQL's; without one no row of the table need be looked at.
                count = selected.count(reader) if query.is_filtered else self._intake.count(found)
                total = self._remember(key, count)
            rows = self._briefs(reader, numbers)
        return {"total": total, "offset": query.offset, "rows": list(rows.values()), **self._state()}

    def _remember(self, key: tuple[Any, ...], total: int) -> int:
        with self._lock:
            if len(self._totals) >= _COUNTS or any(
                one[0] != key[0] for one in itertools.islice(self._totals, 1)
            ):
                self._totals.clear()
            self._totals[key] = total
        return total

    def _state(self) -> dict[str, Any]:
        return {"reading": self.reading, "damaged": self._intake.damaged}

    def facets(self) -> dict[str, Any]:
        """{"label_name", "labels", "models", "statuses", "length", "cost_usd", "reading", "damaged"}: what to filter by."""
        counts = tally.merged([one.tally for one in self._intake.sources])
        return {
            "label_name": shown.text(self._intake.labels.name) or None,
            "labels": tally.told(counts.labels),
            "models": tally.told(counts.models),
            "statuses": tally.told(counts.statuses),
            "length": counts.length.told(),
            "cost_usd": counts.cost.told(),
            **self._state(),
        }

    def briefs(self, numbers: Sequence[int]) -> dict[int, dict[str, Any]]:
        """The answers of these numbers as a table shows them; without those that are not there."""
        with self._intake.store.reading() as reader:
            return self._briefs(reader, numbers)

    def _briefs(self, reader: Reader, numbers: Sequence[int]) -> dict[int, dict[str, Any]]:
        rows = ((n, _row(reader, n)) for n in numbers)
        return {n: self._brief(reader, row) for n, row in rows if row}

    def _brief(self, reader: Reader, row: Row) -> dict[str, Any]:
        texts = reader.one("SELECT question, answer, reason FROM previews WHERE n = ?", (row.n,))
        if texts is None:
            record = self._record(row)
            said = words.of(record, is_captions=self._intake.labels.is_captions) if record else None
            texts = (said.question, said.answer, said.reason) if said else ("", "", "")
        question, answer, reason = (shown.text(text, PREVIEW) for text in texts)
        return {**entry.facts(row), "question": question, "answer": answer, "reason": reason}

    def entry(self, n: int) -> dict[str, Any] | None:
        """Answer n in full, with what was sent; None where there is none. Texts beyond a million characters are cut."""
        with self._intake.store.reading() as reader:
            row = _row(reader, n)
            beside = entry.neighbours(reader, row) if row else {}
        record = self._record(row) if row else None
        if row is None or record is None:
            return None
        said = words.of(record, is_captions=self._intake.labels.is_captions)
        return entry.of(row, record, said) | self._runs.sent(record["metadata"]) | beside

    def picture(self, n: int) -> Picture | None:
        """The picture of answer n's row; None where it has none, or none that may be shown."""
        with self._intake.store.reading() as reader:
            row = _row(reader, n)
        record = self._record(row) if row and row.picture else None
        return pictures.of(self.folder, record["metadata"].get("image")) if record else None

    def _record(self, row: Row) -> dict[str, Any] | None:
        """The whole line where it stands; None where the file has changed, which the next `refresh` then goes after."""
        source: Source = self._intake.sources[row.n & 1]
        record = following.at(source.path, row.offset, row.size, row.crc)
        if record is None:
            source.is_doubted = True
        return record

    @property
    def store(self) -> Store:
        """Where its table is, to be paired with another one's."""
        return self._intake.store

    @contextlib.contextmanager
    def folded_answers(self) -> Iterator[Callable[[int], bytes]]:
        """Within it, what gives the text by which answer n, one of output.json, is compared; b"" where there is none."""
        with self._intake.sources[0].texts.rows() as row:
            yield lambda n: b"".join(row(n >> 1).split(BOUNDARY)[ANSWER : ANSWER + 1])

    def search(self, text: str) -> Found | None:
        """Where a text stands; None where it is blank."""
        sources = self._intake.sources
        return self._searching.find(text, (sources[0].texts, sources[1].texts))


def _row(reader: Reader, n: int) -> Row | None:
    found = reader.one("SELECT * FROM answers WHERE n = ?", (n,)) if 0 <= n < 1 << 62 else None
    return Row(*found) if found else None
