"""Ways to break one place of a record, a keyword of JSON Schema each: candidates, of which the validator tells those that do."""

import random
from collections.abc import Callable, Iterator
from itertools import cycle, islice
from typing import Any

from dset.rehearsal import words
from dset.rehearsal.demands import Part, Schemas, UnfitError
from dset.rehearsal.invention import Inventor
from dset.rehearsal.patterns import Pattern

ODD: tuple[Any, ...] = (None, 7, "none of these", [], {}, True, 0.5, [None], {"value": None}, "", -1)
_ALWAYS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "const", "enum")
_ENDLESS = 100_000  # characters or items: a bound above is not exceeded

Way = Callable[[Any, Part, "Tools"], Iterator[Any]]
"""Candidates for a value, from its old one and the schema that has the keyword."""


class Tools:
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


def _too_short(value: Any, part: Part, _tools: Tools) -> Iterator[Any]:
    least = part.schema["minLength"]
    if isinstance(value, str) and least:
        yield value[: least - 1]


def _too_long(value: Any, part: Part, tools: Tools) -> Iterator[Any]:
    most = part.schema["maxLength"]
    if isinstance(value, str) and most < _ENDLESS:
        yield value + " " + words.text(tools.draw, words.language_of(value, "en"), most + 1 - len(value))


def _off_pattern(value: Any, _part: Part, _tools: Tools) -> Iterator[Any]:
    if isinstance(value, str):
        yield from (value + "!", "!" + value, value.swapcase(), f" {value} ", value[:-1], "?", "", "ๆ")


def _off_format(value: Any, _part: Part, _tools: Tools) -> Iterator[Any]:
    if isinstance(value, str):
        yield from (value + " ?", value[:-1], value.replace("-", "/"), "not at all", "((", "%")


def _below(value: Any, part: Part, tools: Tools) -> Iterator[Any]:
    if _is_number(value):
        least = part.schema["minimum"]
        yield from (least - 1, least - tools.draw.randint(2, 1_000))


def _above(value: Any, part: Part, tools: Tools) -> Iterator[Any]:
    if _is_number(value):
        most = part.schema["maximum"]
        yield from (most + 1, most + tools.draw.randint(2, 1_000))


def _on_the_bound(key: str) -> Way:
    def way(value: Any, part: Part, _tools: Tools) -> Iterator[Any]:
        if _is_number(value):
            yield part.schema[key]

    return way


def _between_steps(value: Any, part: Part, _tools: Tools) -> Iterator[Any]:
    if _is_number(value):
        yield from (value + 1, value + part.schema["multipleOf"] / 2, value + part.schema["multipleOf"] / 3)


def _other(value: Any, _part: Part, _tools: Tools) -> Iterator[Any]:
    if isinstance(value, str):
        yield from (value.swapcase(), value + "_", f" {value}", "none of these")
    yield from ODD


def _too_few(value: Any, part: Part, _tools: Tools) -> Iterator[Any]:
    if isinstance(value, list) and part.schema["minItems"]:
        yield value[: part.schema["minItems"] - 1]


def _too_many(value: Any, part: Part, _tools: Tools) -> Iterator[Any]:
    most = part.schema["maxItems"]
    if isinstance(value, list) and most < _ENDLESS:
        yield [*value, *islice(cycle(value or ["more"]), most + 1 - len(value))]


def _twice(value: Any, _part: Part, _tools: Tools) -> Iterator[Any]:
    if isinstance(value, list):
        yield from ([*value[:-1], value[0]], [*value, value[0]]) if value else ([1, 1],)


def _item_off(value: Any, part: Part, tools: Tools) -> Iterator[Any]:
    if isinstance(value, list):
        odd = tools.draw.sample(ODD, len(ODD))
        yield from ([*value, each] for each in odd)
        yield from ([each, *value[1:]] for each in odd)
        yield from ([each] * (len(part.schema.get("prefixItems", ())) + 1) for each in odd)


def _first_off(value: Any, _part: Part, tools: Tools) -> Iterator[Any]:
    if isinstance(value, list):
        yield value[::-1]
        at = tools.draw.randrange(len(value) or 1)
        yield from ([*value[:at], each, *value[at + 1 :]] for each in ODD)


def _held_less(value: Any, part: Part, tools: Tools) -> Iterator[Any]:
    if isinstance(value, list):
        least = part.schema.get("minContains", 1)
        held = [each for each in value if tools.schemas.fits([part.at("contains")], each)]
        others = [each for each in value if not any(each is one for one in held)]
        kept = held[: max(0, least - 1)]
        yield [*kept, *others]
        yield from ([*kept, *others, *[each] * (len(held) - len(kept))] for each in ODD)


def _held_more(value: Any, part: Part, tools: Tools) -> Iterator[Any]:
    if isinstance(value, list):
        held = [each for each in value if tools.schemas.fits([part.at("contains")], each)]
        for each in [*held[:1], *tools.towards(None, [part.at("contains")])]:
            yield [*value, *[each] * (part.schema["maxContains"] + 1 - len(held))]


def _field_gone(value: Any, part: Part, tools: Tools) -> Iterator[Any]:
    if isinstance(value, dict):
        for name in _shuffled(tools, part.schema["required"]):
            yield {key: each for key, each in value.items() if key != name}


def _field_more(value: Any, _part: Part, tools: Tools) -> Iterator[Any]:
    if isinstance(value, dict):
        name = words.word(tools.draw, tools.draw.choice(("en", "th", "vi"))).replace(" ", "_")
        yield from ({**value, name: odd} for odd in ("more", *ODD))
        yield from ({**value, f"not {name}!": odd} for odd in ODD)


def _field_forbidden(value: Any, part: Part, _tools: Tools) -> Iterator[Any]:
    if isinstance(value, dict):
        for name in [name for name, schema in part.schema["properties"].items() if schema is False]:
            yield {**value, name: "more"}


def _named_field_off(value: Any, part: Part, tools: Tools) -> Iterator[Any]:
    if isinstance(value, dict):
        for pattern in part.schema["patternProperties"]:
            name = next((each for each in value if Pattern(pattern).matches(each)), "") or Pattern(pattern).text(tools.draw)
            yield from ({**value, name: odd} for odd in ODD)


def _misnamed(value: Any, _part: Part, tools: Tools) -> Iterator[Any]:
    if isinstance(value, dict):
        for name in _shuffled(tools, ["", "Not a name!", "ชื่อ", "n" * 200, "0", "a b"]):
            yield {**value, name: next(iter(value.values()), "more")}


def _fewer_fields(value: Any, part: Part, _tools: Tools) -> Iterator[Any]:
    if isinstance(value, dict) and part.schema["minProperties"]:
        yield dict(list(value.items())[: part.schema["minProperties"] - 1])


def _more_fields(value: Any, part: Part, _tools: Tools) -> Iterator[Any]:
    most = part.schema["maxProperties"]
    if isinstance(value, dict) and most < _ENDLESS:
        yield {**value, **{f"more_{at}": "more" for at in range(most + 1 - len(value))}}


def _dependant_gone(value: Any, part: Part, tools: Tools) -> Iterator[Any]:
    if isinstance(value, dict):
        for name, wanted in _shuffled(tools, part.schema["dependentRequired"].items()):
            for gone in wanted:
                yield {key: each for key, each in {name: "more", **value}.items() if key != gone}


def _dependant_off(value: Any, part: Part, tools: Tools) -> Iterator[Any]:
    if isinstance(value, dict):
        for name in part.schema["dependentSchemas"]:
            there = {name: "more", **value}
            yield there
            yield from tools.without(there)


def _what_it_is_not(value: Any, part: Part, tools: Tools) -> Iterator[Any]:
    yield from tools.towards(value, [part.at("not")])


def _none_of(_key: str) -> Way:
    def way(value: Any, _part: Part, tools: Tools) -> Iterator[Any]:
        yield from _shuffled(tools, list(tools.without(value)))

    return way


def _both(value: Any, part: Part, tools: Tools) -> Iterator[Any]:
    each = [part.at("oneOf", at) for at in range(len(part.schema["oneOf"]))]
    met = [one for one in each if tools.schemas.fits([one], value)] or each
    for one in met:
        for other in _shuffled(tools, [other for other in each if other != one]):
            yield from tools.towards(value, [one, other])


def _then_not(value: Any, part: Part, tools: Tools) -> Iterator[Any]:
    met = [value] if tools.schemas.fits([part.at("if")], value) else tools.towards(value, [part.at("if")])
    for start in met if "then" in part.schema else ():
        yield start
        yield from tools.without(start)


def _else_not(value: Any, part: Part, tools: Tools) -> Iterator[Any]:
    if "else" in part.schema:
        yield from tools.without(value)
        for start in tools.without(value):
            if isinstance(start, dict):
                yield from tools.without(start)


WAYS: dict[str, tuple[str, Way]] = {
    "minLength": ("minLength", _too_short), "maxLength": ("maxLength", _too_long),
    "pattern": ("pattern", _off_pattern), "format": ("format", _off_format),
    "minimum": ("minimum", _below), "maximum": ("maximum", _above),
    "exclusiveMinimum": ("exclusiveMinimum", _on_the_bound("exclusiveMinimum")),
    "exclusiveMaximum": ("exclusiveMaximum", _on_the_bound("exclusiveMaximum")),
    "multipleOf": ("multipleOf", _between_steps), "enum": ("enum", _other), "const": ("const", _other),
    "minItems": ("minItems", _too_few), "maxItems": ("maxItems", _too_many), "uniqueItems": ("uniqueItems", _twice),
    "items": ("items", _item_off), "unevaluatedItems": ("unevaluatedItems", _item_off),
    "prefixItems": ("prefixItems", _first_off), "contains": ("contains", _held_less),
    "minContains": ("minContains", _held_less), "maxContains": ("maxContains", _held_more),
    "required": ("required", _field_gone), "properties": ("properties", _field_forbidden),
    "additionalProperties": ("additionalProperties", _field_more),
    "unevaluatedProperties": ("unevaluatedProperties", _field_more),
    "patternProperties": ("patternProperties", _named_field_off), "propertyNames": ("propertyNames", _misnamed),
    "minProperties": ("minProperties", _fewer_fields), "maxProperties": ("maxProperties", _more_fields),
    "dependentRequired": ("dependentRequired", _dependant_gone),
    "dependentSchemas": ("dependentSchemas", _dependant_off), "not": ("not", _what_it_is_not),
    "anyOf": ("anyOf", _none_of("anyOf")), "oneOf": ("oneOf", _none_of("oneOf")), "oneOf-twice": ("oneOf", _both),
    "then": ("if", _then_not), "else": ("if", _else_not),
}  # fmt: skip
"""Each way by its name: the keyword that it needs, and its candidates. Wrong types come in `mischief`."""


def can_break(schema: dict[str, Any], name: str, keyword: str) -> bool:
    """Whether the keyword of this schema forbids anything that the way could do."""
    said = schema[keyword]
    if name in ("then", "else"):
        return name in schema
    if name == "properties":
        return False in [each for each in said.values() if isinstance(each, bool)]
    if name == "uniqueItems":
        return bool(said)
    if name.startswith("max") and name != "maximum":
        return bool(said < _ENDLESS)
    return name in _ALWAYS or said is False or (said is not True and bool(said))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _shuffled(tools: Tools, of: Any) -> list[Any]:
    listed = list(of)
    return tools.draw.sample(listed, len(listed))
