"""Two datasets side by side: the answers of their rows, paired by id."""

import json
import sqlite3
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from dset.browsing import store
from dset.browsing.folding import are_alike
from dset.browsing.index import Index
from dset.browsing.query import Query, whole
from dset.browsing.selecting import Found
from dset.errors import UsageError

KINDS = ("left", "right", "different", "same")  # answered on that side alone, or on both
_FACTS = ("n", "answer", "label", "model", "length", "cost_usd", "seconds")
_PATIENCE = 5  # as many times as it took to pair them, the pairs may be behind a dataset that grows
_REMEMBERED = 20
# Of an id with several answers the last one counts.
_SIDE = """
DROP TABLE IF EXISTS {side};
CREATE TABLE {side} AS SELECT id, max(n) AS n, outline, row FROM {side}_db.answers
 WHERE shown = 1 AND n % 2 = 0 GROUP BY id;
CREATE UNIQUE INDEX {side}_ids ON {side}(id);
"""
_PAIRS = """
DROP TABLE IF EXISTS pairs;
CREATE TABLE pairs AS SELECT left_n, right_n, kind FROM (
 SELECT l.n AS left_n, r.n AS right_n, l.row AS row,
  CASE WHEN r.n IS NULL THEN 'left' WHEN l.outline = r.outline AND alike(l.n, r.n) THEN 'same' ELSE 'different' END AS kind
  FROM lefts AS l LEFT JOIN rights AS r ON r.id = l.id
 UNION ALL
 SELECT NULL, r.n, r.row, 'right' FROM rights AS r LEFT JOIN lefts AS l ON l.id = r.id WHERE l.id IS NULL
) ORDER BY row IS NULL, row, left_n IS NULL, left_n, right_n;
"""

_COUNTS = "SELECT kind, count(*) FROM pairs WHERE (? OR hit(left_n, right_n)) GROUP BY kind"
_PAGE = """
SELECT left_n, right_n FROM pairs
 WHERE (? OR hit(left_n, right_n)) AND kind IN (SELECT value FROM json_each(?)) ORDER BY rowid LIMIT ? OFFSET ?
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What is asked of two datasets: `only` is one of KINDS or "both", '' for all; `q` stands on either side."""

    q: str = ""
    only: str = ""
    offset: int = 0
    limit: int = 50

    def __post_init__(self) -> None:
        Query(q=self.q, offset=self.offset, limit=self.limit)  # it raises for what is wrong with them
        if self.only not in {"", "both", *KINDS}:
            raise UsageError(f"only: is none of both, {', '.join(KINDS)}")

    @property
    def kinds(self) -> tuple[str, ...]:
        """Which pairs are on the page."""
        return ("different", "same") if self.only == "both" else (self.only,) if self.only else KINDS


def read(given: Mapping[str, str]) -> Comparison:
    """What the parameters of an address state. Raises UsageError that names the parameter."""
    known: dict[str, Any] = {name: given[name] for name in ("q", "only") if given.get(name)}
    known |= {name: whole(name, given[name]) for name in ("offset", "limit") if given.get(name)}
    return Comparison(**known)


class Pairs:
    """Use as a context manager, or `close` it. For any number of threads; methods raise DsetError, OSError.

    It reads what the two indexes hold: they are refreshed, and closed, by whose they are.
    """

    def __init__(self, left: Index, right: Index, place: Path) -> None:
        """`place`: an empty folder of the caller's."""
        self._left, self._right = left, right
        self._lock = threading.Lock()
        self._path = place / "pairs.db"
        self._made: tuple[int, int] | None = None  # the versions that are paired
        self._counts: dict[str, dict[str, int]] = {}  # of the last few searches
        self._again_at = 0.0
        self._found: tuple[Found | None, Found | None] = (None, None)
        with store.told(self._path):
            self._connection = sqlite3.connect(
                self._path, isolation_level=None, check_same_thread=False, timeout=60
            )
            self._connection.execute("PRAGMA journal_mode=OFF")
            self._connection.execute("PRAGMA synchronous=OFF")
            self._connection.execute("PRAGMA temp_store=FILE")
            self._connection.execute(
                "PRAGMA cache_size=-64000"
            )  # it sorts in so much memory, and many times without
            for side, one in (("lefts_db", left), ("rights_db", right)):
                self._connection.execute(f"ATTACH ? AS {side}", (str(one.store.path),))
            self._connection.create_function("hit", 2, self._hit)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of its files."""
        self._connection.close()

    def page(self, asked: Comparison) -> dict[str, Any]:
        """{"total", "counts", "reading", "offset", "rows"}: the pairs of the page, those of the first rows first."""
        with self._lock, store.told(self._path):
            self._pair()
            self._found = self._left.search(asked.q), self._right.search(asked.q)
            counts, numbers = self._selected(asked)
        return {
            "total": sum(counts[kind] for kind in asked.kinds),
            "counts": {"both": counts["different"] + counts["same"], **counts},
            "reading": _reading(self._left, self._right),
            "offset": asked.offset,
            "rows": self._rows(numbers),
        }

    def _pair(self) -> None:
        versions, now = (self._left.version, self._right.version), time.monotonic()
        if versions == self._made or (self._made is not None and now < self._again_at):
            return
        self._made = None
        for side in ("lefts", "rights"):
            self._connection.executescript(_SIDE.format(side=side))
        with self._left.folded_answers() as ours, self._right.folded_answers() as theirs:
            self._connection.create_function(
                "alike", 2, lambda left, right: are_alike(ours(left), theirs(right)), deterministic=True
            )
            self._connection.executescript(_PAIRS)
        self._counts = {}
        self._made, ended = versions, time.monotonic()
        self._again_at = ended + _PATIENCE * (ended - now)

    def _selected(self, asked: Comparison) -> tuple[dict[str, int], list[tuple[int | None, int | None]]]:
        found = int(self._found[0] is None)  # 1: nothing is searched
        values = found, json.dumps(asked.kinds), asked.limit, asked.offset
        numbers = self._connection.execute(_PAGE, values).fetchall()
        if asked.q not in self._counts:
            counted = self._connection.execute(_COUNTS, (found,)).fetchall()
            self._counts = dict(list(self._counts.items())[-_REMEMBERED:])
            self._counts[asked.q] = dict.fromkeys(KINDS, 0) | dict(counted)
        return self._counts[asked.q], numbers

    def _hit(self, left: int | None, right: int | None) -> bool:
        ours, theirs = self._found
        return bool(
            (left is not None and ours and ours.matches(left))
            or (right is not None and theirs and theirs.matches(right))
        )

    def _rows(self, numbers: list[tuple[int | None, int | None]]) -> list[dict[str, Any]]:
        lefts = self._left.briefs([left for left, _ in numbers if left is not None])
        rights = self._right.briefs([right for _, right in numbers if right is not None])
        pairs = ((lefts.get(left), rights.get(right)) for left, right in numbers)  # type: ignore[arg-type]
        return [_pair(left, right) for left, right in pairs if left or right]


def _pair(left: dict[str, Any] | None, right: dict[str, Any] | None) -> dict[str, Any]:
    either = left or right or {}
    sides = {
        name: {fact: side[fact] for fact in _FACTS} if side else None
        for name, side in (("left", left), ("right", right))
    }
    return {name: either[name] for name in ("id", "row", "question")} | sides


def _reading(left: Index, right: Index) -> dict[str, int] | None:
    """How far both are read."""
    parts = [one for one in (left.reading, right.reading) if one is not None]
    if not parts:
        return None
    return {name: sum(part[name] for part in parts) for name in ("bytes", "of")}
