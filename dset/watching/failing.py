"""Rows that are without an answer, grouped by why; and what rejected.json says was paid for. Pure."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from dset import answers
from dset.cleaning import clean
from dset.costs import Bill, Tokens
from dset.rejections import DONE_BEFORE, RETRIED, bookmark_of
from dset.reports.reasons import faults_of, joined, put_together, taken_apart
from dset.watching import advice, lenient
from dset.watching.ledger import Entry, sound

_MOST = 200_000  # rows that are told apart; beyond them the groups only grow
_GROUPS = 500  # that are kept apart
_TOLD = 20
_ROWS = 8  # of a group that are named
_LONGEST = 4_000  # characters of a reason that are read

Heard = Callable[[Entry, bool], None]


@dataclass(slots=True)
class _Group:
    kind: str
    key: tuple[str, ...]
    values: list[str]
    rows: dict[str, int] = field(default_factory=dict)  # row by id
    more: int = 0  # rows that nobody counts one by one


class Failing:
    """Takes in rejected.json, and hears of every answer."""

    def __init__(self, heard: Heard) -> None:
        """`heard` takes each line, and whether it is about a row: not of a try that was repeated."""
        self._heard = heard
        self.begin()

    def begin(self) -> None:
        """Nothing was read yet."""
        self.tokens, self.bill = Tokens(), Bill()
        self.in_vain = self.damaged = 0  # lines: with what was paid for, and such as nobody can read
        self._groups: dict[tuple[str, ...], _Group] = {}
        self._of: dict[str, _Group] = {}

    def add(self, lines: list[bytes]) -> None:
        """Take in whole lines of rejected.json."""
        for line in lines:
            if line.strip():
                try:
                    self._add(answers.parse(line))
                except ValueError:
                    self.damaged += 1

    def _add(self, record: Mapping[str, Any]) -> None:
        about, kind = record["metadata"], lenient.text(record.get("kind"), 40)
        if kind == DONE_BEFORE:
            return
        cost = lenient.amount(about.get("cost_usd"))
        if record.get("response") is not None or cost is not None:
            self.in_vain += 1
            self.bill.count(about)
            self.tokens.count(sound(about))
        texts = [lenient.text(about.get(name), 200) for name in ("id", "timestamp", "run")]
        self._heard(Entry(texts[0], texts[1], texts[2], cost, None), kind != RETRIED)
        if kind != RETRIED:
            self.answered(texts[0])  # the last line about a row is the one that counts
            self._place(texts[0], kind, record.get("reason"), lenient.whole(about.get("row")))

    def _place(self, name: str, kind: str, reason: object, row: int) -> None:
        said = clean(reason, _LONGEST) if isinstance(reason, str) else ""
        fault = faults_of(said)[0]
        key, values = taken_apart(fault)
        if (group := self._groups.get((kind, *key))) is None:
            if len(self._groups) >= _GROUPS:
                fault, key, values = "other reasons", ("", "other reasons"), []
            group = self._groups.setdefault((kind, *key), _Group(kind, key, values))
        group.values = joined(group.values, values)
        if len(self._of) < _MOST and name:
            group.rows[name] = row
            self._of[name] = group
        else:
            group.more += 1

    def answered(self, name: str) -> None:
        """The row of this id has an answer."""
        if (group := self._of.pop(name, None)) is not None:
            del group.rows[name]

    def count(self) -> Counter[str]:
        """Rows without an answer by the word in their status cell: ERROR, BLOCKED."""
        found: Counter[str] = Counter()
        for group in self._groups.values():
            found[bookmark_of(group.kind)] += len(group.rows) + group.more
        return found

    def told(self, *, is_planned: bool) -> list[dict[str, Any]]:
        """The most frequent groups, each with what to do."""
        there = [group for group in self._groups.values() if group.rows or group.more]
        there.sort(key=lambda group: -(len(group.rows) + group.more))
        return [
            {
                "kind": group.kind,
                "reason": lenient.text(put_together(group.key, group.values), 500),
                "count": len(group.rows) + group.more,
                "rows": sorted(islice(group.rows.values(), _ROWS)),
                "advice": advice.of(group.kind, is_planned=is_planned),
            }
            for group in there[:_TOLD]
        ]
