"""Where a field stands in a JSON Schema: dotted paths, [] into arrays, local $refs, all branches."""

from collections.abc import Iterable
from typing import Any

# Branches of one and the same place: a field may be named in any of them. Those of allOf always hold.
_BRANCHES = ("allOf", "anyOf", "oneOf")
_IF = ("then", "else")

Node = dict[str, Any]


def at(schema: Node, path: str) -> list[Node]:
    """The schemas of the field at `path` ("entities[].text"); none where the schema names no such field."""
    nodes = variants(schema, schema)
    for step in path.split("."):
        name = step.rstrip("[]") if step.endswith("[]") else step
        nodes = _each_once(found for node in nodes for found in _property(node, name, schema))
        for _ in range(step.count("[]")):
            nodes = _each_once(found for node in nodes for found in _items(node, schema))
    return nodes


def _each_once(nodes: Iterable[Node]) -> list[Node]:
    """Branches that lead to the same place would double with each step."""
    return list({id(node): node for node in nodes}.values())


def properties(schema: Node, root: Node | None = None, *, sure: bool = False) -> dict[str, list[Node]]:
    """The fields that an object of `schema` may have, each with its schemas in all branches, or those that always hold."""
    root = schema if root is None else root
    found: dict[str, list[Node]] = {}
    for node in variants(schema, root, sure=sure):
        named = node.get("properties")
        for name, below in named.items() if isinstance(named, dict) else ():
            found.setdefault(name, []).extend(variants(below, root, sure=sure))
    return found


def enum(schema: Node, path: str) -> list[Any]:
    """The values that the field at `path` may have; none where any may stand there."""
    values: list[Any] = []
    for node in at(schema, path):
        listed = node.get("enum")
        if isinstance(listed, list):
            values += [value for value in listed if value not in values]
    return values


def kinds(nodes: list[Node]) -> frozenset[str]:
    """The types that these schemas name: "string", "array" …; empty where none is named."""
    found: set[str] = set()
    for node in nodes:
        kind = node.get("type")
        named = kind if isinstance(kind, list) else [kind]
        found.update(one for one in named if isinstance(one, str))
    return frozenset(found)


def variants(schema: object, root: Node, *, sure: bool = False) -> list[Node]:
    """`schema`, what its local $ref names, and its branches, each once; `sure`: those alone that hold for every value."""
    found: dict[int, Node] = {}
    waiting = [schema]
    while waiting:
        one = waiting.pop(0)
        if isinstance(one, dict) and id(one) not in found:
            found[id(one)] = one
            branches = _BRANCHES[:1] if sure else _BRANCHES
            waiting += [branch for key in branches if isinstance(one.get(key), list) for branch in one[key]]
            waiting += [] if sure else [one.get(key) for key in _IF]
            waiting.append(referred(one.get("$ref"), root))
    return list(found.values())


def required(schema: Node, root: Node) -> frozenset[str]:
    """The fields without which no object passes."""
    listed = [node.get("required") for node in variants(schema, root, sure=True)]
    return frozenset(
        name for names in listed if isinstance(names, list) for name in names if isinstance(name, str)
    )


def referred(reference: object, root: Node) -> object:
    """What a local "#/$defs/name" names; None for what leads nowhere."""
    if not isinstance(reference, str) or not reference.startswith("#"):
        return None
    found: object = root
    for step in reference[1:].split("/")[1:]:
        key = step.replace("~1", "/").replace("~0", "~")
        found = found.get(key) if isinstance(found, dict) else None
    return found


def _property(node: Node, name: str, root: Node) -> list[Node]:
    named = node.get("properties")
    if isinstance(named, dict) and name in named:
        return variants(named[name], root) or [{}]  # `true` allows anything
    return variants(node.get("additionalProperties"), root)


def _items(node: Node, root: Node) -> list[Node]:
    return variants(node.get("items"), root)
