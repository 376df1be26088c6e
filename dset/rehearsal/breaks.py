"""Ways to break one place of a record, by the keywords of JSON Schema: candidates, of which the validator has the last word."""

from collections.abc import Iterator
from typing import Any

from dset.rehearsal import scalar_breaks as scalars
from dset.rehearsal import shape_breaks as shapes
from dset.rehearsal.demands import Part
from dset.rehearsal.nearby import ENDLESS, Nearby, Way

_ALWAYS = (
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "const",
    "enum",
)  # break whatever they say


def _what_it_is_not(value: Any, part: Part, near: Nearby) -> Iterator[Any]:
    yield from near.towards(value, [part.at("not")])


def _none_of(_key: str) -> Way:
    def way(value: Any, _part: Part, near: Nearby) -> Iterator[Any]:
        yield from near.shuffled(list(near.without(value)))

    return way


def _both(value: Any, part: Part, near: Nearby) -> Iterator[Any]:
    each = [part.at("oneOf", at) for at in range(len(part.schema["oneOf"]))]
    met = [one for one in each if near.schemas.fits([one], value)] or each
    for one in met:
        for other in near.shuffled([other for other in each if other != one]):
            yield from near.towards(value, [one, other])


def _then_not(value: Any, part: Part, near: Nearby) -> Iterator[Any]:
    met = [value] if near.schemas.fits([part.at("if")], value) else near.towards(value, [part.at("if")])
    for start in met if "then" in part.schema else ():
        yield start
        yield from near.without(start)


def _else_not(value: Any, part: Part, near: Nearby) -> Iterator[Any]:
    if "else" in part.schema:
        yield from near.without(value)
        for start in near.without(value):
            if isinstance(start, dict):
                yield from near.without(start)


WAYS: dict[str, tuple[str, Way]] = {
    "minLength": ("minLength", scalars.too_short), "maxLength": ("maxLength", scalars.too_long),
    "pattern": ("pattern", scalars.off_pattern), "format": ("format", scalars.off_format),
    "minimum": ("minimum", scalars.below), "maximum": ("maximum", scalars.above),
    "exclusiveMinimum": ("exclusiveMinimum", scalars.on_the_bound("exclusiveMinimum")),
    "exclusiveMaximum": ("exclusiveMaximum", scalars.on_the_bound("exclusiveMaximum")),
    "multipleOf": ("multipleOf", scalars.between_steps), "enum": ("enum", scalars.other), "const": ("const", scalars.other),
    "minItems": ("minItems", shapes.too_few), "maxItems": ("maxItems", shapes.too_many), "uniqueItems": ("uniqueItems", shapes.twice),
    "items": ("items", shapes.item_off), "unevaluatedItems": ("unevaluatedItems", shapes.item_off),
    "prefixItems": ("prefixItems", shapes.first_off), "contains": ("contains", shapes.held_less),
    "minContains": ("minContains", shapes.held_less), "maxContains": ("maxContains", shapes.held_more),
    "required": ("required", shapes.field_gone), "properties": ("properties", shapes.field_forbidden),
    "additionalProperties": ("additionalProperties", shapes.field_more),
    "unevaluatedProperties": ("unevaluatedProperties", shapes.field_more),
    "patternProperties": ("patternProperties", shapes.named_field_off), "propertyNames": ("propertyNames", shapes.misnamed),
    "minProperties": ("minProperties", shapes.fewer_fields), "maxProperties": ("maxProperties", shapes.more_fields),
    "dependentRequired": ("dependentRequired", shapes.dependant_gone),
    "dependentSchemas": ("dependentSchemas", shapes.dependant_off), "not": ("not", _what_it_is_not),
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
        return bool(said < ENDLESS)
    return name in _ALWAYS or said is False or (said is not True and bool(said))
