"""Records for the rehearsal of a task: valid, of the wanted label, and no two alike. No model is asked."""

import hashlib
import random
from collections.abc import Mapping, Sequence
from typing import Any

from dset.rehearsal import variation
from dset.rehearsal.demands import Schemas, UnfitError
from dset.rehearsal.equality import key_of, same
from dset.rehearsal.invention import Inventor

_TRIES = 8  # of different examples, before one is invented from nothing


class Maker:
    """Makes the records of one task, the same for the same seed and number.

    They are variants of the examples, which keep the rules that no schema tells; without examples the schema alone
    says what to invent. `lang`: the language of texts that follow no example. ValueError where `schema` is none.
    """

    def __init__(
        self,
        schema: dict[str, Any],
        examples: Sequence[dict[str, Any]] = (),
        seed: int = 0,
        *,
        lang: str = "en",
    ) -> None:
        self._schemas = Schemas(schema)
        self._examples = [each for each in examples if self._schemas.validator.is_valid(each)]
        self._seed, self._lang = seed, lang
        self._digest = hashlib.sha256(
            key_of([schema, list(examples), lang]).encode("utf-8", "replace")
        ).hexdigest()

    def make(self, number: int, fixed: Mapping[str, Any] | None = None) -> Any:
        """The record of this number, its `fixed` fields (as the label) as given; an example that has them comes first.

        ValueError says which part of the schema nothing was found for.
        """
        fixed = fixed or {}
        draw = random.Random(f"{self._digest}/{self._seed}/{number}/{key_of(dict(fixed))}")
        for example in self._fitting(draw, fixed):
            if (found := self._variant(draw, {**example, **fixed})) is not None:
                return found
        try:
            return Inventor(self._schemas, draw, self._lang).value([self._schemas.root], fixed=fixed)
        except UnfitError as unfit:
            raise ValueError(f"no record can be invented for this schema: {unfit}") from None

    def _variant(self, draw: random.Random, start: dict[str, Any]) -> Any:
        if not self._schemas.validator.is_valid(start):
            return None
        return variation.varied(draw, start, self._schemas.validator.is_valid, self._lang)

    def _fitting(self, draw: random.Random, fixed: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Examples in any order, of those that have most of the fixed fields."""
        if not self._examples:
            return []
        scores = [sum(same(each.get(key), fixed[key]) for key in fixed) for each in self._examples]
        best = [each for each, score in zip(self._examples, scores, strict=True) if score == max(scores)]
        return draw.sample(best, min(_TRIES, len(best)))
