"""Which values something has and how often, for what has few of them: labels, parameters, columns that look like one."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from dset.reports.figures import Classes

_FEW = 20  # values of a column that looks like a label
_LONGEST = 60  # characters of such a value
_MOST = 1_000  # values that are counted of a label or a parameter
_NAMES = 200  # columns and fields that are looked at


def value_of(value: Any) -> str | None:
    """The value as a class is named; None for what can be none: fractions, lists, objects, nothing."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int):
        return str(value).strip() or None
    return None


class Known:
    """A label or a parameter of a task: counted however many values it has."""

    def __init__(self, name: str, role: str, values: Sequence[str], *, is_fixed: bool = False) -> None:
        """`values`: those that the plan uses, told even where none of them came."""
        self.name, self._role, self._is_fixed = name, role, is_fixed
        self._counts: Counter[str] = Counter(dict.fromkeys(values, 0))
        self._missing = 0
        self._is_cut = False

    def add(self, value: Any) -> None:
        """Count the value of one record."""
        text = value_of(value)
        if text is None:
            self._missing += 1
        elif text in self._counts or len(self._counts) < _MOST:
            self._counts[text] += 1
        else:
            self._is_cut = True

    def told(self) -> Classes:
        """What was counted."""
        counts = tuple(self._counts.items())
        return Classes(self.name, self._role, counts, self._missing, self._is_fixed, self._is_cut)


class Guessed:
    """Columns and fields of which nobody says that they are a label.

    One is taken for a class if it has 2 (a field of the record: 1) to 20 values of at most 60 characters, at least half of the records have it,
    and a value stands for two records or more on the average.
    """

    def __init__(self) -> None:
        self._counts: dict[tuple[str, str], Counter[str] | None] = {}  # None: it is none

    def add(self, role: str, cells: Mapping[str, Any]) -> None:
        """Count the cells of one record."""
        for name, value in cells.items():
            self._count((role, name), value)

    def _count(self, key: tuple[str, str], value: Any) -> None:
        if key not in self._counts and len(self._counts) < _NAMES:
            self._counts[key] = Counter()
        counts = self._counts.get(key)
        if counts is None or value is None or value == "":
            return
        text = value_of(value)
        if text is not None:
            counts[text] += 1
        if text is None or len(text) > _LONGEST or len(counts) > _FEW:
            self._counts[key] = None

    def told(self, records: int) -> list[Classes]:
        """Those that are classes, of so many records."""
        found = []
        for (role, name), counts in self._counts.items():
            total = sum(counts.values()) if counts else 0
            least = 1 if role == "field" else 2  # a field that is always the same says something
            if counts and len(counts) >= least and 2 * len(counts) <= total and 2 * total >= records:
                found.append(Classes(name, role, tuple(counts.most_common()), max(0, records - total)))
        return found
