"""How alike two records are: by the 5-grams of their texts."""

from itertools import combinations
from typing import Any

from dset.rehearsal.variation import texts


def _grams(record: Any) -> set[str]:
    return {text[at : at + 5] for _, text in texts(record) for at in range(max(1, len(text) - 4))}


def alike(one: Any, other: Any) -> float:
    """The 5-grams that both have among those of either."""
    return _share(_grams(one), _grams(other))


def highest(records: list[Any]) -> float:
    """How alike the two are that are most alike."""
    return max(_share(one, other) for one, other in combinations(map(_grams, records), 2))


def _share(one: set[str], other: set[str]) -> float:
    return len(one & other) / len(one | other)
