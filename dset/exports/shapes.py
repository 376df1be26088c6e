"""What values a field holds: observed in the data, or read from a JSON Schema, in the same terms."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

DEEPEST = 24  # levels of objects and lists that become columns of their own; below that they are JSON text
MOST_FIELDS = 256  # of an object within an entry: one with more is a map, and JSON text
KINDS = {bool: "bool", int: "int", float: "float", str: "text", list: "list", dict: "object"}
_OF_TYPE = {
    "boolean": "bool",
    "integer": "int",
    "number": "float",
    "string": "text",
    "array": "list",
    "object": "object",
}
_LONGEST_WAY = 32  # of references that lead to references


@dataclass(slots=True)
class Shape:
    """The kinds of value that one place holds; null is no kind. 'map': objects whose fields are no columns."""

    kinds: set[str] = field(default_factory=set)
    low: int = 0  # of the integers
    high: int = 0
    item: "Shape | None" = None  # of the lists
    fields: dict[str, "Shape"] = field(default_factory=dict)  # of the objects


def observe(shape: Shape, value: Any, depth: int = 0) -> None:
    """Widen `shape` so that it holds `value`."""
    if value is None:
        return
    kind = KINDS[type(value)]
    if kind == "int":
        shape.low, shape.high = min(shape.low, value), max(shape.high, value)
    elif kind == "object":
        _observe_object(shape, value, depth)
    elif kind == "list":
        if depth >= DEEPEST:
            shape.kinds.add("map")
        else:
            shape.item = item = shape.item or Shape()
            for one in value:
                observe(item, one, depth + 1)
    shape.kinds.add(kind)


def _observe_object(shape: Shape, value: Mapping[str, Any], depth: int) -> None:
    if "map" in shape.kinds:
        return
    fields = shape.fields
    for name, one in value.items():
        inner = fields.get(name)
        if inner is None:
            inner = fields[name] = Shape()
        if type(one) is str:  # as most values are: nothing is asked of them but this
            inner.kinds.add("text")
        elif one is not None and depth < DEEPEST:
            observe(inner, one, depth + 1)
    if depth and (depth >= DEEPEST or len(fields) > MOST_FIELDS):
        shape.kinds.add("map")
        shape.fields = {}


def from_schema(schema: Any, root: Mapping[str, Any] | None = None, within: tuple[str, ...] = ()) -> Shape:
    """What a JSON Schema (2020-12) lets a value be; what it leaves open is left to the data.

    `within`: the references that are being followed, the whole schema first. One that points back to where it stands
    in leaves it open too.
    """
    shape = Shape()
    if isinstance(schema, dict) and len(within) < _LONGEST_WAY:
        _take_schema(shape, schema, schema if root is None else root, within or ("#",))
    return shape


def _take_schema(
    shape: Shape, schema: Mapping[str, Any], root: Mapping[str, Any], within: tuple[str, ...]
) -> None:
    for name in _listed(schema.get("type")):
        if isinstance(name, str) and name in _OF_TYPE:
            shape.kinds.add(_OF_TYPE[name])
    for value in [*_listed(schema.get("enum")), schema.get("const")]:
        observe(shape, value, 1)
    for inner, way in _parts(schema, root, within):
        merge(shape, from_schema(inner, root, way))
    properties = schema.get("properties")
    if isinstance(properties, dict) and properties:
        for name, inner in properties.items():
            merge(shape.fields.setdefault(name, Shape()), from_schema(inner, root, within))
    elif schema is not root and isinstance(schema.get("additionalProperties"), dict):
        shape.kinds.add("map")
    if "list" in shape.kinds:
        shape.item = shape.item or Shape()
        for inner in [*_listed(schema.get("prefixItems")), *_listed(schema.get("items"))]:
            merge(shape.item, from_schema(inner, root, within))


def _parts(
    schema: Mapping[str, Any], root: Mapping[str, Any], within: tuple[str, ...]
) -> Iterator[tuple[Any, tuple[str, ...]]]:
    """The schemas that a schema is put together from, each with the references that lead to it."""
    reference = schema.get("$ref")
    if isinstance(reference, str) and reference not in within:
        yield _target(reference, root), (*within, reference)
    for key in ("anyOf", "oneOf", "allOf"):
        for inner in _listed(schema.get(key)):
            yield inner, within


def _listed(value: Any) -> list[Any]:
    """A list as it is, one value as a list of it."""
    return value if isinstance(value, list) else [value]


def _target(reference: str, root: Mapping[str, Any]) -> Any:
    """What a $ref within the schema points to; None for another."""
    if not reference.startswith("#"):
        return None
    found: Any = root
    for part in reference.removeprefix("#").split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        found = found.get(name) if isinstance(found, dict) else None
    return found


def merge(shape: Shape, other: Shape) -> None:
    """Widen `shape` so that it holds all that `other` holds."""
    shape.kinds |= other.kinds
    shape.low, shape.high = min(shape.low, other.low), max(shape.high, other.high)
    if other.item is not None:
        shape.item = shape.item or Shape()
        merge(shape.item, other.item)
    for name, inner in other.fields.items():
        merge(shape.fields.setdefault(name, Shape()), inner)
    if "map" in shape.kinds:
        shape.fields = {}
