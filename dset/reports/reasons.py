"""Why answers were rejected, grouped: faults that differ only in what they quote and count are one group."""

import re
from collections import Counter
from dataclasses import dataclass

from dset.cleaning import clean
from dset.reports.figures import Counts, Reason

_LONGEST = 4_000  # characters of a reason that are read
_GROUPS = 500  # that are kept apart
_TOLD = 20
_ELLIPSIS = "..."
_JSON_TEXT = r'"(?:[^"\\]|\\.)*"'
_INNERMOST = re.compile(
    rf"({_JSON_TEXT})|\{{(?:[^{{}}\"]|{_JSON_TEXT})*\}}|(?<![\w\]])\[(?!\])(?:[^\[\]\"]|{_JSON_TEXT})*\]"
)
_VALUE = re.compile(rf"({_JSON_TEXT}|(?<!\w)'(?:[^'\\]|\\.)*'(?!\w)|(?<![\w.])-?\d+(?:[.,]\d+)*)")
_PLACE = re.compile(r"(?:[\w.$-]|\[\d*\]|\['[^'\]]{0,80}'\])+(?=: )")
_QUOTED_END = re.compile(rf"{_JSON_TEXT}|(?<!\w)'(?:[^'\\]|\\.)*'(?!\w)|(; )")
_INDEX = re.compile(r"\[\d+\]")


@dataclass(slots=True)
class _Group:
    count: int
    row: int
    example: str
    values: list[str]  # what is quoted; `...` where two faults differ in it


class Reasons:
    """Faults by their pattern."""

    def __init__(self) -> None:
        self._groups: dict[tuple[str, ...], _Group] = {}
        self._kinds: Counter[str] = Counter()
        self._others = 0

    def add(self, kind: str, reason: str, row: int) -> None:
        """What a line of rejected.json says; of several faults each is counted."""
        self._kinds[clean(kind, 40)] += 1
        for fault in faults_of(reason[:_LONGEST]):
            key, values = taken_apart(fault)
            self._count(key, fault, values, row)

    def _count(self, key: tuple[str, ...], fault: str, values: list[str], row: int) -> None:
        group = self._groups.get(key)
        if group is not None:
            group.count += 1
            group.values = joined(group.values, values)
        elif len(self._groups) < _GROUPS:
            self._groups[key] = _Group(1, row, fault, values)
        else:
            self._others += 1

    def kinds(self) -> Counts:
        """How often each kind came."""
        return tuple(self._kinds.most_common())

    def told(self) -> tuple[tuple[Reason, ...], int]:
        """The most frequent groups, and how many faults are in none of them."""
        ranked = sorted(self._groups.items(), key=lambda item: -item[1].count)
        shown = tuple(_told(key, group) for key, group in ranked[:_TOLD])
        return shown, self._others + sum(group.count for _, group in ranked[_TOLD:])


def faults_of(reason: str) -> list[str]:
    """The faults of a reason, "; " between them; one that stands in quotation marks parts nothing."""
    faults, start = [], 0
    for found in _QUOTED_END.finditer(reason):
        if found[1]:
            faults.append(reason[start : found.start()])
            start = found.end()
    faults.append(reason[start:])
    return [fault.strip() for fault in faults if fault.strip()] or ["no reason is told"]


def taken_apart(fault: str) -> tuple[tuple[str, ...], list[str]]:
    """(what faults of its kind have in common, the values in it) of a fault; numbers in its place are left out."""
    found = _PLACE.match(fault)
    place = found[0] if found else ""
    parts = _VALUE.split(_without_json(fault[len(place) :]))
    return (_INDEX.sub("[]", place), *parts[::2]), parts[1::2]


def joined(values: list[str], new: list[str]) -> list[str]:
    """The values of two faults of one kind; `...` where they differ."""
    return [one if one == other else _ELLIPSIS for one, other in zip(values, new, strict=True)]


def _without_json(text: str) -> str:
    """Objects and lists of a quoted value become one quoted text, from the innermost outwards."""
    for _ in range(6):
        before, text = text, _INNERMOST.sub(lambda found: found[1] or f'"{_ELLIPSIS}"', text)
        if text == before:
            break
    return text


def put_together(key: tuple[str, ...], values: list[str]) -> str:
    """The text of a kind of fault."""
    place, first, *literals = key
    shown = [_ELLIPSIS if value == f'"{_ELLIPSIS}"' else value for value in values]
    return place + first + "".join(value + literal for value, literal in zip(shown, literals, strict=True))


def _told(key: tuple[str, ...], group: _Group) -> Reason:
    return Reason(put_together(key, group.values), group.count, group.row, group.example)
