"""The fields of an object that is to be invented: which there are, and what holds for each."""

import random
from collections.abc import Collection, Iterator
from typing import Any

from dset.rehearsal import words
from dset.rehearsal.demands import ENDLESS, Choose, Part, Schemas, UnfitError
from dset.rehearsal.patterns import Pattern

_OFTEN = 0.75  # of the optional fields are there
_TRIES = 60  # for a name


class Fields:
    """What the parts of one place say about the fields of an object there."""

    def __init__(self, schemas: Schemas, flat: list[Part], draw: random.Random, choose: Choose) -> None:
        self._schemas, self._flat, self._draw, self._choose = schemas, flat, draw, choose

    def names(self, *, sparing: bool, wanted: Collection[str], lang: str) -> list[str]:
        """The names of an object's fields: required ones, `wanted` ones, and unless `sparing` optional ones."""
        names = dict.fromkeys([*self._of("required"), *wanted])
        least = max(self._values("minProperties"), default=0)
        most = min(self._values("maxProperties"), default=ENDLESS)
        optional = [name for name in self._of("properties") if name not in names]
        # A choice for each in order, then in any order: the first ones are not preferred where there is little room.
        self._draw.shuffle(optional)
        for name in optional:
            often = self._draw.random() < _OFTEN and not sparing and self._ends(name)
            if name not in names and (often or len(names) < least) and self._possible(name):
                trial = self._with_dependants({**names, name: None})
                names = trial if len(trial) <= most else names
        names = self._with_dependants(names)
        while len(names) < least:
            names = self._with_dependants({**names, self._new_name(names, lang): None})
        if not sparing and len(names) < min(most, least + 2) and not names and self._open():
            names[self._new_name(names, lang)] = None
        order = list(self._of("properties"))
        return sorted(names, key=lambda name: order.index(name) if name in order else len(order))

    def _ends(self, name: str) -> bool:
        return all(self._schemas.depth(part) < ENDLESS for part in self.parts_of(name))

    def _open(self) -> bool:
        """Whether the schema speaks of fields that it does not name."""
        named = [
            part.schema.get(key, False)
            for part in self._flat
            for key in ("additionalProperties", "patternProperties")
        ]
        return any(each is not False and each != {} for each in named)

    def _with_dependants(self, names: dict[str, None]) -> dict[str, None]:
        """These names, and those that they bring; what a dependent schema says holds from then on."""
        before = -1
        while before < len(names):
            before = len(names)
            for part in list(self._flat):
                for name in [each for each in part.schema.get("dependentRequired", {}) if each in names]:
                    names |= dict.fromkeys(part.schema["dependentRequired"][name])
                for name in [each for each in part.schema.get("dependentSchemas", {}) if each in names]:
                    self._add(part.at("dependentSchemas", name))
            names |= dict.fromkeys(self._of("required"))
        return names

    def _add(self, part: Part) -> None:
        known = {each.pointer for each in self._flat}
        if part.pointer not in known:
            self._flat += [
                each for each in self._schemas.flat([part], self._choose) if each.pointer not in known
            ]

    def parts_of(self, name: str) -> list[Part]:
        """What holds for the field of this name."""
        return [found for part in self._flat for found in of_field(part, name)]

    def _possible(self, name: str) -> bool:
        return all(part.schema is not False for part in self.parts_of(name)) and self._named(name)

    def _named(self, name: str) -> bool:
        return all(
            self._schemas.fits([part.at("propertyNames")], name)
            for part in self._flat
            if "propertyNames" in part.schema
        )

    def _new_name(self, taken: Collection[str], lang: str) -> str:
        patterns = [Pattern(each) for part in self._flat for each in part.schema.get("patternProperties", {})]
        patterns += [Pattern(each) for part in self._flat for each in _name_patterns(part.schema)]
        known = [each for part in self._flat for each in _name_list(part.schema)]
        for _ in range(_TRIES):
            source = self._draw.choice([*patterns, *([known] if known else []), None])
            if isinstance(source, Pattern):
                name = source.text(self._draw)
            else:
                name = (
                    str(self._draw.choice(source))
                    if source
                    else words.word(self._draw, lang).replace(" ", "_")
                )
            if name not in taken and self._possible(name):
                return name
        raise UnfitError(f"{self._flat[0].pointer or '#'}: no name is found for one more property")

    def _of(self, key: str) -> Iterator[str]:
        for part in self._flat:
            yield from part.schema.get(key, ())

    def _values(self, key: str) -> list[Any]:
        return [part.schema[key] for part in self._flat if key in part.schema]


def of_field(part: Part, name: str) -> list[Part]:
    """What one schema says about the field of this name: as property, by pattern, or as an additional one."""
    schema = part.schema
    found = [part.at("properties", name)] if name in schema.get("properties", {}) else []
    found += [
        part.at("patternProperties", each)
        for each in schema.get("patternProperties", {})
        if Pattern(each).matches(name)
    ]
    if not found and "additionalProperties" in schema:
        found = [part.at("additionalProperties")]
    return found


def _name_patterns(schema: dict[str, Any]) -> list[str]:
    named = schema.get("propertyNames")
    return [named["pattern"]] if isinstance(named, dict) and "pattern" in named else []


def _name_list(schema: dict[str, Any]) -> list[str]:
    named = schema.get("propertyNames")
    return [str(each) for each in named.get("enum", ())] if isinstance(named, dict) else []
