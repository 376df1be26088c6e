"""How long texts are, field by field: counted by length, so that a million of them take no more room than a few."""

from collections import Counter
from collections.abc import Container, Iterator
from typing import Any

from dset.reports.figures import Lengths

_FIELDS = 60  # that are told; a record whose keys are made up anew each time would have a million


def texts_in(record: Any) -> Iterator[tuple[str, str]]:
    """(dotted path, text) of every text in a record, [] for the elements of a list; without recursion."""
    rest: list[tuple[str, Any]] = [("", record)]
    while rest:
        path, value = rest.pop()
        if isinstance(value, str):
            yield path, value
        elif isinstance(value, dict):
            start = path + "." if path else ""
            rest.extend((f"{start}{name}", inner) for name, inner in reversed(value.items()))
        elif isinstance(value, list):
            rest.extend((f"{path}[]", inner) for inner in reversed(value))


class Measure:
    """Lengths by field."""

    def __init__(self) -> None:
        self._lengths: dict[str, Counter[int]] = {}

    def add(self, name: str, text: str) -> None:
        """Count one text."""
        counts = self._lengths.get(name)
        if counts is None:
            if len(self._lengths) >= _FIELDS:
                return
            counts = self._lengths[name] = Counter()
        counts[len(text)] += 1

    def told(self, without: Container[str] = ()) -> tuple[Lengths, ...]:
        """The figures of each field but those in `without`."""
        return tuple(_told(name, counts) for name, counts in self._lengths.items() if name not in without)


def _told(name: str, counts: Counter[int]) -> Lengths:
    total = sum(counts.values())
    median, ninety = (_quantile(counts, share * total // 100) for share in (50, 90))
    return Lengths(name, total, min(counts), median, ninety, max(counts))


def _quantile(counts: Counter[int], before: int) -> int:
    """The length that stands after so many, in order."""
    for length in sorted(counts):
        before -= counts[length]
        if before < 0:
            return length
    return max(counts)
