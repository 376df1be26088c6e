"""A model that errs: records that break their schema, text that is no JSON, copies that are nearly copies."""

import copy
import json
import random
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from dset.rehearsal import words
from dset.rehearsal.breaks import WAYS, can_break
from dset.rehearsal.demands import Part, Schemas
from dset.rehearsal.invention import items_at
from dset.rehearsal.nearby import Nearby
from dset.rehearsal.objects import of_field
from dset.rehearsal.variation import Path, free_texts, put, texts
from dset.rehearsal.wrapping import SPOILT, spoiled_text, wrapped

__all__ = ["SPOILT", "Mischief", "broken", "near_copy", "spoiled_text", "wrapped"]

_KEYWORDS = {"oneOf-twice": {"oneOf"}, "contains": {"contains", "minContains"}}  # that an error names
_NEAR = 12  # times as many 5-grams stay as are added


def broken(schema: dict[str, Any], record: Any, draw: random.Random) -> tuple[Any, str]:
    """`record` with one break, and the way of it. For many records of one schema, keep a `Mischief`."""
    return Mischief(schema).broken(record, draw)


def near_copy(draw: random.Random, record: dict[str, Any], fields: Collection[str] = ()) -> dict[str, Any]:
    """The record with a word, or where that is too much a sign, more at the end of its longest text.

    `fields`: by which records are alike; the longest text in one of them is taken where there is one.

    Of the text's different 5-grams 90 % are then the same, where it has nine; a record without texts comes back as
    it is. `Mischief.near_copy` sees to it that the copy is valid too.
    """
    return next(_near_copies(draw, record, fields), record)


def _near_copies(
    draw: random.Random, record: dict[str, Any], fields: Collection[str]
) -> Iterator[dict[str, Any]]:
    for path, text in sorted(free_texts(record), key=lambda each: (each[0][0] not in fields, -len(each[1]))):
        kept = len({text[at : at + 5] for at in range(len(text) - 4)})
        word = " " + words.word(draw, words.language_of(text, "en"))
        for more in [word] * (_NEAR * len(word) <= kept) + draw.sample("!?.", 3):
            found = copy.deepcopy(record)
            put(found, path, text + more)
            yield found
        if len(text) > 1:  # where a text is as long as it may be
            found = copy.deepcopy(record)
            put(found, path, text[:-1] + ("!" if text[-1] != "!" else "?"))
            yield found


@dataclass(frozen=True, slots=True)
class _Place:
    """One value in a record, and all the parts of the schema that hold for it."""

    path: Path
    value: Any
    flat: list[Part]


class Mischief:
    """Breaks records of one schema. ValueError where it is no schema of 2020-12."""

    def __init__(self, schema: dict[str, Any]) -> None:
        self._schemas = Schemas(schema)

    def broken(self, record: Any, draw: random.Random, way: str = "") -> tuple[Any, str]:
        """A valid record with one break, which the schema refuses, and which way it was; `way` asks for a certain one.

        A way is the keyword that is broken (oneOf-twice where two alternatives fit), or a wrong type as `null` or
        `text-for-number`. ValueError where the record is not valid or nothing would break it.
        """
        if not self._schemas.validator.is_valid(record):
            raise ValueError("only a valid record can be broken")
        ways = self._ways(record)
        for name in [way] if way else draw.sample(sorted(ways), len(ways)):
            for at in draw.sample(range(len(ways.get(name, ()))), len(ways.get(name, ()))):
                for found in self._candidates(record, *ways[name][at], name, draw):
                    if self._is_break(found, name):
                        return found, name
        raise ValueError(f"nothing was found that breaks the record{f' in the way {way!r}' if way else ''}")

    def near_copy(
        self, record: dict[str, Any], draw: random.Random, fields: Collection[str] = ()
    ) -> dict[str, Any]:
        """As `near_copy`, but valid as the record is; the record itself where no such copy is."""
        fitting = (
            each for each in _near_copies(draw, record, fields) if self._schemas.validator.is_valid(each)
        )
        return next(fitting, record)

    def ways(self, record: Any) -> list[str]:
        """The ways that may apply to a valid record; some need more luck than there is."""
        return sorted(self._ways(record))

    def _ways(self, record: Any) -> dict[str, list[tuple[_Place, Part | None]]]:
        found: dict[str, list[tuple[_Place, Part | None]]] = {}
        for place in self._places(record, [self._schemas.root], ()):
            for name, _ in _other_types(place.value):
                found.setdefault(name, []).append((place, None))
            for part in place.flat:
                for name, (keyword, _) in WAYS.items():
                    if keyword in part.schema and can_break(part.schema, name, keyword):
                        found.setdefault(name, []).append((place, part))
        return found

    def _candidates(
        self, record: Any, place: _Place, part: Part | None, name: str, draw: random.Random
    ) -> Iterator[Any]:
        if part is None:
            values = iter([value for way, value in _other_types(place.value) if way == name])
        else:
            values = WAYS[name][1](place.value, part, Nearby(self._schemas, draw))
        for value in values:
            if not place.path:
                yield copy.deepcopy(value)
                continue
            found = copy.deepcopy(record)
            put(found, place.path, copy.deepcopy(value))
            yield found

    def _is_break(self, found: Any, name: str) -> bool:
        """Whether the schema refuses it, and for the keyword of this way if it is one."""
        named = {each for fault in self._schemas.validator.iter_errors(found) for each in _keywords(fault)}
        return bool(named if name not in WAYS else named & _KEYWORDS.get(name, {name}))

    def _places(self, value: Any, parts: list[Part], path: Path) -> Iterator[_Place]:
        flat = self._flat(value, parts)
        if not flat:
            return
        yield _Place(path, value, flat)
        if isinstance(value, dict):
            for name, below in value.items():
                yield from self._places(
                    below, [each for part in flat for each in of_field(part, name)], (*path, name)
                )
        elif isinstance(value, list):
            for at, below in enumerate(value):
                yield from self._places(below, items_at(flat, at), (*path, at))

    def _flat(self, value: Any, parts: list[Part]) -> list[Part]:
        """What holds for a value that fits: of alternatives the first that it fits."""

        def met(key: str, of: list[Part]) -> int:
            if key == "if":
                return 0 if self._schemas.fits(of[:1], value) else 1
            return next((at for at, part in enumerate(of) if self._schemas.fits([part], value)), 0)

        flat = self._schemas.flat(parts, met)
        for part in list(flat) if isinstance(value, dict) else ():
            there = [name for name in part.schema.get("dependentSchemas", ()) if name in value]
            flat += self._schemas.flat([part.at("dependentSchemas", name) for name in there], met)
        return flat


def _keywords(fault: Any) -> Iterator[str]:
    yield "any"
    yield from (step for step in fault.schema_path if isinstance(step, str))
    for branch in getattr(fault.kind, "context", ()):
        for below in branch:
            yield from _keywords(below)


def _other_types(value: Any) -> list[tuple[str, Any]]:
    """The value in other types, as models give them."""
    if value is None:
        return [("text-for-null", "null"), ("number-for-null", 0)]
    return [("null", None), *_wrong_types(value)]


def _wrong_types(value: Any) -> list[tuple[str, Any]]:
    if isinstance(value, bool):
        return [("text-for-boolean", str(value).lower()), ("number-for-boolean", int(value))]
    if isinstance(value, int | float):
        named = "integer" if isinstance(value, int) else "number"
        fraction = [("fraction-for-integer", value + 0.5)] if named == "integer" else []
        return [
            ("text-for-number", str(value)),
            ("array-for-number", [value]),
            ("boolean-for-number", True),
            *fraction,
        ]
    if isinstance(value, str):
        return [("number-for-text", 7), ("array-for-text", [value]), ("object-for-text", {"value": value})]
    if isinstance(value, list):
        joined = ", ".join(text for _, text in texts(value))
        return [
            ("object-for-array", {str(at): each for at, each in enumerate(value)}),
            ("text-for-array", joined),
        ]
    return [("array-for-object", [value]), ("text-for-object", json.dumps(value, ensure_ascii=False))]
