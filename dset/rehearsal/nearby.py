"""Values near a value: what one of the ways to break a record begins with."""

import random
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from dset.rehearsal.demands import Part, Schemas, UnfitError
from dset.rehearsal.invention import Inventor

ODD: tuple[Any, ...] = (None, 7, "none of these", [], {}, True, 0.5, [None], {"value": None}, "", -1)
"""Values that a model might put in any place."""
ENDLESS = 100_000
"""Characters or items: a bound above is not exceeded."""


class Nearby:
    """What a way may need beyond the value: the other parts of the schema, the draw."""

    def __init__(self, schemas: Schemas, draw: random.Random) -> None:
        self.schemas, self.draw = schemas, draw

    def towards(self, value: Any, parts: list[Part]) -> Iterator[Any]:
        """Values that these parts take, beginning with one as near to `value` as an object can be."""
        try:
            found = Inventor(self.schemas, self.draw, "en").value(parts)
        except UnfitError:
            return
        if isinstance(value, dict) and isinstance(found, dict):
            yield {**value, **found}
        yield found

    def without(self, value: Any) -> Iterator[Any]:
        """`value` spoiled in any small way: a field less, a field or all of it odd."""
        for name in value if isinstance(value, dict) else ():
            yield {key: each for key, each in value.items() if key != name}
            yield from ({**value, name: odd} for odd in ODD[:5])
        yield from ODD

    def shuffled(self, of: Iterable[Any]) -> list[Any]:
        listed = list(of)
        return self.draw.sample(listed, len(listed))


Way = Callable[[Any, Part, Nearby], Iterator[Any]]
"""Candidates for a value, from its old one and the schema that has the keyword."""
