"""A task written in the older form, for who still reads it."""

from dataclasses import dataclass
from typing import Any

from dset.errors import UsageError
from dset.tasks import paths
from dset.tasks.definitions import Task
from dset.tasks.parameters import Parameter

Node = dict[str, Any]
_TYPES = {"string": "Text", "number": "Number", "integer": "Integer", "boolean": "Boolean"}
_FORMATS = {"date": "Date", "date-time": "DateTime"}
_LENGTHS = (("minLength", "maxLength"), ("minItems", "maxItems"))
_MOST = 5_000  # fields: a schema that refers to itself twice at each level has more than anybody can hold
_Above = frozenset[int]  # the schemas that one stands in: where it refers to one of them, it is cut off


@dataclass(slots=True)
class _Whole:
    """The schema that all references lead into, and how many fields may still be written."""

    schema: Node
    left: int = _MOST


def as_older_form(task: Task) -> dict[str, Any]:
    """The task as the older form has it: what that has no words for (rules, branches, languages) is not in it.

    Raises UsageError for a schema whose references, written out, are more than 5,000 fields.
    """
    fields = _fields(task.schema, _Whole(task.schema), frozenset())
    return {
        "name": task.name,
        "description": task.description,
        "schema": {"fields": fields},
        "examples": [record for records in task.examples.values() for record in records],
        "parameters": {name: _parameter(one) for name, one in task.parameters.items()},
    }


def _parameter(parameter: Parameter) -> Node:
    found: Node = {"param_type": "enum" if parameter.values else "string"}
    found |= {"enum_values": list(parameter.values)} if parameter.values else {}
    found |= {"default": parameter.default or None, "required": parameter.required}
    return found | {"description": parameter.description}


def _fields(node: Node, whole: _Whole, above: _Above) -> Node:
    root = whole.schema
    sure, required = paths.properties(node, root, sure=True), paths.required(node, root)
    found = paths.properties(node, root)
    whole.left -= len(found)
    if whole.left < 0:
        raise UsageError(
            f"the schema has more than {_MOST:,} fields, and the older form would write each of them"
        )
    return {
        name: _field(sure.get(name, below), name in required, whole, above) for name, below in found.items()
    }


def _field(nodes: list[Node], required: bool, whole: _Whole, above: _Above) -> Node:
    flat: Node = {}
    for node in reversed(nodes):
        flat |= node
    found: Node = {"field_type": _type(nodes, flat, whole, above), "required": required}
    found |= {"description": flat["description"]} if "description" in flat else {}
    constraints = _constraints(flat)
    return found | ({"constraints": constraints} if constraints else {})


def _type(nodes: list[Node], flat: Node, whole: _Whole, above: _Above) -> Any:
    if "enum" in flat:
        return {"Enum": flat["enum"]}
    kind = next((one for one in ("object", "array", *_TYPES) if one in paths.kinds(nodes)), "")
    if kind not in {"object", "array"} or any(id(node) in above for node in nodes):
        return _FORMATS.get(str(flat.get("format")), _TYPES.get(kind, kind.title() or "Any"))
    above |= {id(node) for node in nodes}
    if kind == "object":
        return {"Object": {"fields": _fields(nodes[0], whole, above)}}
    items = paths.variants(flat.get("items"), whole.schema, sure=True)
    return {"Array": _field(items, True, whole, above)} if items else "Array"


def _constraints(flat: Node) -> list[Node]:
    found: list[Node] = []
    for name, (low, high) in [("Length", pair) for pair in _LENGTHS] + [("Range", ("minimum", "maximum"))]:
        bounds = {end: flat[key] for end, key in (("min", low), ("max", high)) if key in flat}
        if bounds:
            found.append({name: bounds})
    if str(flat.get("format", "")) not in {"", *_FORMATS}:
        found.append({"Format": flat["format"]})
    if "pattern" in flat:
        found.append({"Pattern": flat["pattern"]})
    return found + ([{"Unique": True}] if flat.get("uniqueItems") else [])
