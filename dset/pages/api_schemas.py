"""The schemas of an OpenAPI document in words: each field on a line, references resolved."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

Openapi = Mapping[str, Any]
Schema = dict[str, Any]
_DEEPEST = 5  # levels of fields that are told
_MOST = 200  # fields of one schema


def fields(openapi: Openapi, schema: Schema) -> list[tuple[str, str, str]]:
    """(name, kind, what it is) of each field, those inside others with their path."""
    found = []
    for line in _fields(openapi, schema, "", 0):
        found.append(line)
        if len(found) == _MOST:
            return [*found, ("…", "", "and more: see openapi.json")]
    return found


def kind(openapi: Openapi, schema: Any) -> str:
    """What a value of the schema is, in a few words."""
    schema = resolved(openapi, schema)
    several = schema.get("anyOf") or schema.get("oneOf")
    if several:
        return " or ".join(dict.fromkeys(kind(openapi, one) for one in several))
    if "enum" in schema:
        return "one of " + ", ".join(map(_word, schema["enum"]))
    if "const" in schema:
        return _word(schema["const"])
    name = schema.get("type", "anything")
    names = " or ".join(name) if isinstance(name, list) else str(name)
    if names == "array":
        names = f"list of {kind(openapi, schema.get('items', {}))}"
    if isinstance(least := schema.get("minimum"), int) and isinstance(most := schema.get("maximum"), int):
        names += f" from {least:,} to {most:,}"
    return f"{names} ({schema['title']})" if names == "object" and schema.get("title") else names


def resolved(openapi: Openapi, schema: Any) -> Schema:
    """The schema that a chain of references leads to; {} where it leads nowhere or in a circle."""
    for _ in range(20):
        if not isinstance(schema, dict):
            return {}
        reference = schema.get("$ref")
        if not isinstance(reference, str):
            return schema
        schema = _at(openapi, reference)
    return {}


def _at(openapi: Openapi, reference: str) -> Any:
    found: Any = openapi
    for step in reference.removeprefix("#/").split("/"):
        found = found.get(step.replace("~1", "/").replace("~0", "~")) if isinstance(found, Mapping) else None
    return found


def _fields(openapi: Openapi, schema: Any, at: str, depth: int) -> Iterator[tuple[str, str, str]]:
    schema = resolved(openapi, schema)
    if depth > _DEEPEST:
        return
    for one in [*schema.get("anyOf", []), *schema.get("oneOf", []), *schema.get("allOf", [])]:
        yield from _fields(openapi, one, at, depth + 1)
    required = schema.get("required", [])
    for name, below in schema.get("properties", {}).items():
        inner = resolved(openapi, below)
        optional = "" if name in required else ", optional"
        yield at + name, kind(openapi, below) + optional, str(inner.get("description", ""))
        yield from _fields(openapi, inner, f"{at}{name}.", depth + 1)
        yield from _fields(openapi, inner.get("items"), f"{at}{name}[].", depth + 1)


def _word(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
