"""Which label and which parameters the records of a task get: each value as often as any other, the same for a seed.

The values of a factor come in rounds: each round holds every value once, so that after any number of records the
counts of two values differ by one at the most, and a plan that grows keeps its beginning. Within a round a value goes
where it has met the other factors' values least, so that pairs are even too; the seed decides between equals.
"""

import random
from collections import Counter
from collections.abc import Mapping, Sequence

Spec = dict[str, str]  # factor -> value, in the order of the factors


class Spread:
    """The records of a plan, one after the other: number 0, 1, 2 …"""

    def __init__(self, factors: Mapping[str, Sequence[str]], seed: int) -> None:
        """`factors`: the label's values and those of each parameter; one with a single value is fixed."""
        self._factors = {name: tuple(values) for name, values in factors.items() if values}
        self._draws = {name: random.Random(f"{seed}/{name}") for name in self._factors}
        self._rounds: dict[str, list[str]] = {name: [] for name in self._factors}
        self._met: Counter[tuple[str, str, str, str]] = Counter()
        self._made: list[Spec] = []

    def __getitem__(self, number: int) -> Spec:
        """What the record of that number is to be."""
        while len(self._made) <= number:
            self._made.append(self._next())
        return self._made[number]

    def _next(self) -> Spec:
        spec: Spec = {}
        for name, values in self._factors.items():
            left = self._rounds[name] or self._shuffled(name, values)
            value = min(left, key=lambda one: self._meetings(spec, name, one))
            left.remove(value)
            self._rounds[name] = left
            for other, other_value in spec.items():
                self._met[other, other_value, name, value] += 1
            spec[name] = value
        return spec

    def _shuffled(self, name: str, values: Sequence[str]) -> list[str]:
        shuffled = list(values)
        self._draws[name].shuffle(shuffled)
        return shuffled

    def _meetings(self, spec: Spec, name: str, value: str) -> int:
        return sum(self._met[other, other_value, name, value] for other, other_value in spec.items())
