"""Values that a JSON Schema takes, invented: its keywords say what to try, the validator has the last word."""

import random
from collections.abc import Mapping
from typing import Any

from dset.rehearsal import words
from dset.rehearsal.demands import ENDLESS, Part, Schemas, UnfitError
from dset.rehearsal.equality import key_of, same
from dset.rehearsal.figures import number
from dset.rehearsal.objects import Fields
from dset.rehearsal.patterns import FORMATS, Pattern

_DEEP = 5  # levels, from where on each value is the shallowest
_TRIES = 30  # of one place, fewer the deeper it lies
_STEPS = 20_000  # places tried for one value, all in all
_TYPES = ("object", "array", "string", "integer", "number", "boolean", "null")
_HINTS = {
    "object": "properties required additionalProperties patternProperties propertyNames minProperties"
    " maxProperties dependentRequired dependentSchemas unevaluatedProperties".split(),
    "array": "items prefixItems contains minItems maxItems uniqueItems unevaluatedItems".split(),
    "number": "minimum maximum exclusiveMinimum exclusiveMaximum multipleOf".split(),
}


class Inventor:
    """Invents values for the parts of a schema; the same draw gives the same values."""

    def __init__(self, schemas: Schemas, draw: random.Random, lang: str) -> None:
        self._schemas, self._draw, self._lang = schemas, draw, lang
        self._steps = 0

    def value(self, parts: list[Part], depth: int = 0, fixed: Mapping[str, Any] | None = None) -> Any:
        """A value that fits all parts, its `fixed` fields as given. UnfitError where none is found."""
        if endless := [part for part in parts if self._schemas.depth(part) >= ENDLESS]:
            raise UnfitError(
                f"{self._schemas.endless(endless[0])}: nothing is allowed there, or what has no end"
            )
        reason = ""
        for attempt in range(max(4, _TRIES >> depth)):
            self._steps += 1
            if self._steps > _STEPS:
                break
            try:
                value = self._try(parts, depth, attempt, fixed or {})
            except UnfitError as unfit:
                reason = str(unfit)
                continue
            fault = next(self._schemas.validator_of(parts).iter_errors(value), None)
            if fault is None and (not fixed or all(same(value.get(key), fixed[key]) for key in fixed)):
                return value
            reason = f"{_where(parts)}: {fault.message[:200] if fault else 'its fixed fields do not fit'}"
        raise UnfitError(reason or f"{_where(parts)}: too many tries")

    def _try(self, parts: list[Part], depth: int, attempt: int, fixed: Mapping[str, Any]) -> Any:
        flat = self._schemas.flat(parts, lambda key, of: self._choose(key, of, depth))
        known = _known(flat)
        if known is not None:
            return self._draw.choice(known)
        noted = [each for part in flat for each in _noted(part.schema)]
        if attempt % 4 == 3 and noted:  # what the author of the schema thought would do
            return self._draw.choice(noted)
        kind = self._kind(flat, depth, needed=bool(fixed))
        if kind == "object":
            return self._object(flat, depth, fixed)
        if kind == "array":
            return self._array(flat, depth)
        return self.scalar(kind, flat)

    def _choose(self, key: str, of: list[Part], depth: int) -> int:
        if key == "if":
            return self._draw.randrange(2)
        depths = [self._schemas.depth(part) for part in of]
        least = min(depths) if depth >= _DEEP else ENDLESS - 1
        return self._draw.choice([at for at, each in enumerate(depths) if each <= least] or [0])

    def _kind(self, flat: list[Part], depth: int, *, needed: bool) -> str:
        kinds = allowed_types(flat)
        if needed and "object" in kinds:
            return "object"
        if not kinds:
            raise UnfitError(f"{_where(flat)}: no type is allowed there")
        hinted = [
            kind for kind in kinds if any(key in part.schema for part in flat for key in _HINTS.get(kind, ()))
        ]
        if len(kinds) >= len(_TYPES) - 1:  # any: a text, unless the keywords hint at something else
            kinds = hinted or ["string"]
        if depth >= _DEEP:
            kinds = [kind for kind in kinds if kind not in ("object", "array")] or kinds
        return self._draw.choice(kinds)

    def scalar(self, kind: str, flat: list[Part]) -> Any:
        """A value of this type, which is neither object nor array, as the keywords of these parts want it."""
        if kind == "string":
            return self._text(flat)
        if kind in ("integer", "number"):
            return number(self._draw, [part.schema for part in flat], whole=kind == "integer")
        return self._draw.random() < 0.5 if kind == "boolean" else None

    def _text(self, flat: list[Part]) -> str:
        least = max(of(flat, "minLength"), default=0)
        most = min(of(flat, "maxLength"), default=None)
        if most is not None and most < least:
            raise UnfitError(f"{_where(flat)}: minLength is above maxLength")
        if patterns := list(of(flat, "pattern")):
            return Pattern(self._draw.choice(patterns)).text(self._draw, least, most)
        if known := [each for each in of(flat, "format") if each in FORMATS]:
            return FORMATS[known[0]](self._draw)
        wanted = max(least, 60 + self._draw.randrange(60))
        if most is not None and wanted > most:
            wanted = self._draw.randint(max(least, most * 2 // 3), most)
        return words.within(self._draw, self._lang, wanted, most or wanted + 40)

    def _object(self, flat: list[Part], depth: int, fixed: Mapping[str, Any]) -> dict[str, Any]:
        fields = Fields(
            self._schemas, flat, self._draw, lambda key, parts: self._choose(key, parts, depth + 1)
        )
        names = fields.names(sparing=depth >= _DEEP, wanted=fixed, lang=self._lang)
        return {
            name: fixed[name] if name in fixed else self.value(fields.parts_of(name), depth + 1)
            for name in names
        }

    def _array(self, flat: list[Part], depth: int) -> list[Any]:
        least = max(of(flat, "minItems"), default=0)
        first = max((len(each) for each in of(flat, "prefixItems")), default=0)
        held = [part.at("contains") for part in flat if "contains" in part.schema]
        needed = sum(part.schema.get("minContains", 1) for part in flat if "contains" in part.schema)
        closed = any(part.schema.get(key) is False for part in flat for key in ("items", "unevaluatedItems"))
        most = min(
            [*of(flat, "maxItems"), *([first] if closed else [])], default=max(least, needed, first) + 3
        )
        least = min(max(least, needed), most)
        most = least if depth >= _DEEP else min(most, least + 4)
        size = self._draw.randint(min(least or 1, most), most)
        holding = self._draw.sample(range(size), min(needed, size))
        found: list[Any] = []
        for at in range(size):
            more = [self._draw.choice(held)] if at in holding else []
            found.append(self._item([*items_at(flat, at), *more], depth, found, any(of(flat, "uniqueItems"))))
        return found

    def _item(self, parts: list[Part], depth: int, before: list[Any], unique: bool) -> Any:
        for _ in range(20):
            value = self.value(parts, depth + 1)
            if not unique or key_of(value) not in map(key_of, before):
                return value
        raise UnfitError(f"{_where(parts)}: too few different items")


def items_at(flat: list[Part], at: int) -> list[Part]:
    """What holds for the item at this index."""
    found = []
    for part in flat:
        if at < len(part.schema.get("prefixItems", ())):
            found.append(part.at("prefixItems", at))
        elif "items" in part.schema:
            found.append(part.at("items"))
    return found or [part.at("unevaluatedItems") for part in flat if "unevaluatedItems" in part.schema]


def of(flat: list[Part], key: str) -> list[Any]:
    """The values of a keyword in all parts that have it."""
    return [part.schema[key] for part in flat if key in part.schema]


def allowed_types(flat: list[Part]) -> list[str]:
    """The types that all parts allow; no whole number beside numbers."""
    kinds = set(_TYPES)
    for each in of(flat, "type"):
        named = {each} if isinstance(each, str) else set(each)
        kinds &= named | ({"integer"} if "number" in named else set())
    return [kind for kind in _TYPES if kind in kinds and not (kind == "integer" and "number" in kinds)]


def _known(flat: list[Part]) -> list[Any] | None:
    """The values that all enum and const allow; None without any."""
    lists = [*of(flat, "enum"), *([each] for each in of(flat, "const"))]
    if not lists:
        return None
    found = [each for each in lists[0] if all(any(same(each, one) for one in other) for other in lists)]
    if not found:
        raise UnfitError(f"{_where(flat)}: enum and const leave no value")
    return found


def _noted(schema: dict[str, Any]) -> list[Any]:
    examples = schema.get("examples", [])
    return [
        *([schema["default"]] if "default" in schema else []),
        *(examples if isinstance(examples, list) else []),
    ]


def _where(parts: list[Part]) -> str:
    return (parts[0].pointer if parts else "") or "#"
