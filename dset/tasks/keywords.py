"""What JSON Schema itself lets pass in a schema, and what is a mistake all the same: misspelt keywords, empty enums."""

import difflib
import json
from collections.abc import Iterator
from typing import Any

from dset.tasks.findings import Findings, meant, quoted, under

# JSON Schema 2020-12, core, applicator, unevaluated, validation, meta-data, format and content vocabularies
# (json-schema.org/draft/2020-12), and the older names that validators still take.
KEYWORDS = (
    "$schema $id $ref $anchor $dynamicRef $dynamicAnchor $vocabulary $comment $defs definitions prefixItems items "
    "contains additionalProperties properties patternProperties dependentSchemas dependencies propertyNames if then "
    "else allOf anyOf oneOf not unevaluatedItems unevaluatedProperties type const enum multipleOf maximum "
    "exclusiveMaximum minimum exclusiveMinimum maxLength minLength pattern maxItems minItems uniqueItems maxContains "
    "minContains maxProperties minProperties required dependentRequired title description default deprecated "
    "readOnly writeOnly examples format contentEncoding contentMediaType contentSchema"
).split()
# JSON Schema 2020-12 validation, 7.3.
FORMATS = (
    "date-time date time duration email idn-email hostname idn-hostname ipv4 ipv6 uri uri-reference iri "
    "iri-reference uuid uri-template json-pointer relative-json-pointer regex"
).split()
_MAPS = ("properties", "patternProperties", "$defs", "definitions", "dependentSchemas")
_LISTS = ("allOf", "anyOf", "oneOf", "prefixItems")
_ONE = (
    "items contains additionalProperties propertyNames if then else not unevaluatedItems unevaluatedProperties"
).split()
_BOUNDS = (
    ("minLength", "maxLength"), ("minItems", "maxItems"), ("minimum", "maximum"),
    ("minProperties", "maxProperties"), ("minContains", "maxContains"),
)  # fmt: skip


def check(schema: dict[str, Any], path: str, findings: Findings) -> None:
    """Note the mistakes in `schema` and everything below it; `path` is its place."""
    for node, place in _nodes(schema, path):
        _check_names(node, place, findings)
        _check_enum(node, place, findings)
        _check_bounds(node, place, findings)
        _check_required(node, place, findings)


def _nodes(schema: dict[str, Any], path: str) -> Iterator[tuple[dict[str, Any], str]]:
    """Each schema in it, with its place."""
    waiting: list[tuple[object, str]] = [(schema, path)]
    while waiting:
        node, place = waiting.pop(0)
        if isinstance(node, dict):
            yield node, place
            waiting += _below(node, place)


def _below(node: dict[str, Any], place: str) -> Iterator[tuple[object, str]]:
    for key in _MAPS:
        table = node.get(key)
        for name, one in table.items() if isinstance(table, dict) else ():
            yield one, under(f"{place}.{key}", name)
    for key in _LISTS:
        listed = node.get(key)
        for number, one in enumerate(listed if isinstance(listed, list) else ()):
            yield one, f"{place}.{key}[{number}]"
    for key in _ONE:
        yield node.get(key), f"{place}.{key}"


def _check_names(node: dict[str, Any], place: str, findings: Findings) -> None:
    """A keyword nobody knows is allowed by the standard; one that is nearly a keyword is a typing error."""
    for key in node:
        if key not in KEYWORDS:
            same = [
                one for one in KEYWORDS if one.casefold() == key.casefold().replace("_", "").replace("-", "")
            ]
            if near := same or difflib.get_close_matches(key, KEYWORDS, 1, 0.8):
                findings.add(under(place, key), f"is no keyword of JSON Schema; did you mean {near[0]}?")
    form = node.get("format")
    if isinstance(form, str) and form not in FORMATS and difflib.get_close_matches(form, FORMATS, 1, 0.75):
        findings.add(
            f"{place}.format", f"{quoted(form)} is no format that is checked; {meant(form, FORMATS)}"
        )


def _check_enum(node: dict[str, Any], place: str, findings: Findings) -> None:
    values = node.get("enum")
    if not isinstance(values, list):
        return  # what is no list at all is named by whoever compiles the schema
    if not values:
        findings.add(f"{place}.enum", "is empty: no value could ever stand there")
    seen = set()
    for number, value in enumerate(values):
        written = json.dumps(value, sort_keys=True)
        if written in seen:
            findings.add(f"{place}.enum[{number}]", f"{quoted(value)} stands there twice")
        seen.add(written)


def _check_bounds(node: dict[str, Any], place: str, findings: Findings) -> None:
    for low, high in _BOUNDS:
        least, most = node.get(low), node.get(high)
        if isinstance(least, int | float) and isinstance(most, int | float) and least > most:
            findings.add(f"{place}.{low}", f"{least} is more than {high} {most}: nothing could ever pass")


def _check_required(node: dict[str, Any], place: str, findings: Findings) -> None:
    """A field that is required and forbidden at once: a typing error in one of its two names."""
    named = node.get("required")
    if node.get("additionalProperties") is not False or not isinstance(named, list):
        return
    own = node.get("properties")
    known = list(own) if isinstance(own, dict) else []
    patterns = node.get("patternProperties")
    for number, name in enumerate(named):
        if isinstance(name, str) and name not in known and not patterns:
            findings.add(
                f"{place}.required[{number}]",
                f"{quoted(name)} is no property, and others are not allowed; {meant(name, known)}",
            )
