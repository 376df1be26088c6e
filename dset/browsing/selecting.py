"""A query as SQL: the numbers of the answers on its page, and how many there are in all."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dset.browsing import shown
from dset.browsing.haystack import Hits
from dset.browsing.query import SORTS, Query
from dset.browsing.rows import ASIDE, SHOWN
from dset.browsing.store import Reader
from dset.rejections import RETRIED

_FEW = 2_000  # hits that are looked up one by one: more are asked of each row, in the order of the page …
_PART = 5  # … or, where each row has to be looked at for the order, where it is more than one in five
_FOUND = "hit(answers.n)"
_WITHOUT = {
    "row",
    "cost",
    "seconds",
    "tokens",
}  # columns that may be unknown: that comes last in either order


@dataclass(frozen=True, slots=True)
class Found:
    """What was found in the two files; None: nothing was searched."""

    hits: tuple[Hits, Hits]

    @property
    def count(self) -> int:
        """In both."""
        return sum(one.flags.count(1) for one in self.hits)

    def numbers(self) -> list[int]:
        """The numbers n of the rows."""
        return [2 * k + at for at, one in enumerate(self.hits) for k in _set(one.flags)]

    def matches(self, n: int) -> bool:
        """Row n was found; rows that came since were not."""
        flags = self.hits[n & 1].flags
        return n >> 1 < len(flags) and flags[n >> 1] == 1


def _set(flags: bytearray) -> list[int]:
    found, at = [], flags.find(1)
    while at >= 0:
        found.append(at)
        at = flags.find(1, at + 1)
    return found


@dataclass(frozen=True, slots=True)
class Selection:
    """The answers of a query: the terms that they fulfil, and the values in them."""

    origin: str
    terms: tuple[str, ...]
    values: tuple[Any, ...]

    def count(self, reader: Reader) -> int:
        """How many answers it has."""
        found = reader.one(f"SELECT count(*) {self._where(is_sorted=False)}", self.values)
        return int(found[0]) if found else 0

    def page(self, reader: Reader, query: Query) -> list[int]:
        """The numbers of the answers on the query's page, in its order."""
        column, way = SORTS[query.sort], "DESC" if query.is_descending else "ASC"
        last = f"answers.{column} IS NULL, " if column in _WITHOUT else ""
        order = f"ORDER BY {last}answers.{column} {way}, answers.n {way} LIMIT ? OFFSET ?"
        sql = f"SELECT answers.n {self._where(is_sorted=column == 'at')} {order}"
        return [int(n) for (n,) in reader.rows(sql, (*self.values, query.limit, query.offset))]

    def _where(self, *, is_sorted: bool) -> str:
        """`is_sorted`: the order is that of the index by time, which pays where most rows of it are taken.

        A + keeps SQLite from it: looking up a million rows from an index takes four times as long as going through them.
        """
        is_filtered = any(term != _FOUND for term in self.terms)
        plus = "" if is_sorted and not is_filtered else "+"
        return f"FROM {self.origin} WHERE {' AND '.join((f'{plus}answers.shown = ?', *self.terms))}"


def selection(query: Query, found: Found | None, reader: Reader) -> Selection:
    """The query's answers; what was `found` of its text limits them. `reader` is told of it until its reading ends."""
    terms, values = _terms(query)
    origin = "answers"
    if found is not None and found.count <= _few(query, found):
        origin = "json_each(?) AS hits CROSS JOIN answers ON answers.n = hits.value"
        values.insert(0, json.dumps(found.numbers()))
    elif found is not None:
        terms.append(_FOUND)
        reader.match(found.matches)
    return Selection(origin, tuple(terms), tuple(values))


def _few(query: Query, found: Found) -> int:
    rows = sum(one.rows for one in found.hits)
    return _FEW if SORTS[query.sort] == "at" and not query.is_filtered else max(_FEW, rows // _PART)


def _terms(query: Query) -> tuple[list[str], list[Any]]:
    terms: list[str] = []
    values: list[Any] = [ASIDE if query.status == RETRIED else SHOWN]
    limits: Sequence[tuple[str, Any]] = (
        ("id =", query.id), ("status =", query.status), ("label =", query.label), ("model =", query.model),
        ("length >=", query.length_from), ("length <=", query.length_to), ("cost >=", query.cost_from), ("cost <=", query.cost_to),
    )  # fmt: skip
    for term, value in limits:
        if value is not None and value != "":
            terms.append(f"answers.{term} ?")
            values.append(shown.text(value) if isinstance(value, str) else value)
    return terms, values
