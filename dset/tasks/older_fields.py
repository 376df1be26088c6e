"""The fields of the older form as JSON Schema: `{"field_type": {"Array": "Text"}, "constraints": [{"Length": …}]}`.

The older form was written by Rust's serde: a variant stands as its name alone or as `{"Name": content}`. Names are
taken in any case. What is understood becomes a schema, what is not is named.
"""

from dataclasses import dataclass, field
from typing import Any

from dset.tasks import older_constraints
from dset.tasks.findings import Findings, meant, quoted, under

Node = dict[str, Any]
_TEXT: Node = {"type": "string"}
_WHOLE: Node = {"type": "integer"}
_NUMBER: Node = {"type": "number"}
_YES_NO: Node = {"type": "boolean"}
_ANY: Node = {}
_PLAIN: dict[str, Node] = {
    **dict.fromkeys(("text", "string", "str", "longtext", "markdown"), _TEXT),
    **dict.fromkeys(("number", "float", "double", "decimal", "f32", "f64"), _NUMBER),
    **dict.fromkeys(("integer", "int", "i32", "i64"), _WHOLE),
    **dict.fromkeys(("u32", "u64", "usize"), _WHOLE | {"minimum": 0}),
    **dict.fromkeys(("boolean", "bool"), _YES_NO),
    **dict.fromkeys(("datetime", "timestamp"), _TEXT | {"format": "date-time"}),
    **dict.fromkeys(("url", "uri"), _TEXT | {"format": "uri"}),
    **{name: _TEXT | {"format": name} for name in ("date", "time", "email", "uuid")},
    **dict.fromkeys(("any", "json", "value"), _ANY),
    "array": {"type": "array"},
    "object": {"type": "object"},
}
_NAMES = ("Text", "Number", "Integer", "Boolean", "Date", "DateTime", "Enum", "Array", "Object", "Any")
_FIELD = ("name", "field_type", "type", "required", "description", "constraints")
_ITEMS = ("items", "item_type", "element_type", "inner")
_VALUES = ("values", "variants", "options", "enum_values")
_MEMBERS = ("fields", "properties")


@dataclass(slots=True)
class Translation:
    """What was found on the way, and for each place in the new form the place in the older one."""

    findings: Findings = field(default_factory=Findings)
    places: dict[str, str] = field(default_factory=dict)


def object_of(fields: object, old: str, new: str, to: Translation) -> Node:
    """The schema of an object with these fields: no others are allowed. `old` and `new`: its places in the two forms."""
    properties: Node = {}
    required = []
    for name, stated, place in _named(fields, old, to.findings):
        here = under(f"{new}.properties", name)
        properties[name] = field_of(stated, place, here, to)
        # Without a word about it a field is required: a data set has it in every record.
        if not isinstance(stated, dict) or stated.get("required") is not False:
            required.append(name)
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def _named(fields: object, old: str, findings: Findings) -> list[tuple[str, object, str]]:
    """(name, field, place) of each, from an object by name or a list with names."""
    if isinstance(fields, dict):
        return [(name, one, under(old, name)) for name, one in fields.items()]
    if not isinstance(fields, list):
        findings.add(old, f"must be an object of fields by name, not {quoted(fields)}")
        return []
    found: dict[str, tuple[str, object, str]] = {}
    for number, one in enumerate(fields):
        name = one.get("name") if isinstance(one, dict) else None
        if not isinstance(name, str) or name in found:
            findings.add(f"{old}[{number}]", 'must be a field with a "name" of its own')
        else:
            found[name] = (name, one, f"{old}[{number}]")
    return list(found.values())


def field_of(stated: object, old: str, new: str, to: Translation) -> Node:
    """The schema of one field, or of what an array holds: a whole field, or its type alone."""
    to.places[new] = old
    if not (isinstance(stated, dict) and ("field_type" in stated or isinstance(stated.get("type"), str))):
        return _type(stated, old, new, to)
    key = "field_type" if "field_type" in stated else "type"
    beside = (*_ITEMS, *_VALUES, *_MEMBERS) if isinstance(stated[key], str) else ()
    of_type = {name: stated[name] for name in beside if name in stated}
    to.findings.only(stated, (*_FIELD, *of_type), old, fatal=False)
    kind = {stated[key]: of_type} if of_type else stated[key]
    before = len(to.findings)
    schema = dict(_type(kind, old if of_type else f"{old}.{key}", new, to))
    is_understood = len(to.findings) == before
    if stated.get("description") is not None:
        schema["description"] = to.findings.text(stated["description"], f"{old}.description")
    if not isinstance(stated.get("required", True), bool):
        to.findings.leave_out(f"{old}.required", f"must be true or false, not {quoted(stated['required'])}")
    if not is_understood and "type" not in schema:
        return schema  # nobody can say whether a Length fits what was meant
    return schema | older_constraints.read(
        stated.get("constraints"), schema, f"{old}.constraints", to.findings
    )


def _type(kind: object, old: str, new: str, to: Translation) -> Node:
    if isinstance(kind, str) and kind.casefold() in _PLAIN:
        return dict(_PLAIN[kind.casefold()])
    if not isinstance(kind, dict) or len(kind) != 1:
        return _not_understood(kind, old, to)
    [(name, content)] = kind.items()
    here = under(old, name)
    if name.casefold() == "enum":
        return _enum(content, here, new, to)
    if name.casefold() == "array" and content:
        return _array(content, here, new, to)
    if name.casefold() == "object" and content:
        return _object(content, here, new, to)
    if name.casefold() in _PLAIN:
        schema = _PLAIN[name.casefold()]
        return schema | older_constraints.of_table(content or {}, schema, here, to.findings)
    return _not_understood(kind, old, to)


def _not_understood(kind: object, old: str, to: Translation) -> Node:
    word = next(iter(kind), "") if isinstance(kind, dict) else kind
    hint = meant(word if isinstance(word, str) else "", _NAMES)
    to.findings.add(old, f"{quoted(kind)} is no type of field; {hint}")
    return {}


def _enum(content: object, old: str, new: str, to: Translation) -> Node:
    if isinstance(content, dict):
        key = next((one for one in _VALUES if one in content), _VALUES[0])
        to.findings.only(content, (key,), old, fatal=False)
        content, old = content.get(key), f"{old}.{key}"
    if not isinstance(content, list) or any(isinstance(one, list | dict | None) for one in content):
        to.findings.add(old, f"must be a list of words, not {quoted(content)}")
        return {}
    to.places[f"{new}.enum"] = old
    is_text = all(isinstance(one, str) for one in content)
    return ({"type": "string"} if is_text else {}) | {"enum": content}


def _array(content: object, old: str, new: str, to: Translation) -> Node:
    limits: Node = {}
    key = next((one for one in _ITEMS if isinstance(content, dict) and one in content), "")
    if isinstance(content, dict) and key:
        rest = {name: one for name, one in content.items() if name != key}
        limits = older_constraints.of_table(rest, {"type": "array"}, old, to.findings)
        content, old = content[key], f"{old}.{key}"
    return {"type": "array", "items": field_of(content, old, f"{new}.items", to)} | limits


def _object(content: object, old: str, new: str, to: Translation) -> Node:
    key = next((one for one in _MEMBERS if isinstance(content, dict) and one in content), "")
    # A field that is itself called "fields" has a type; a table of fields has none.
    if isinstance(content, dict) and key and not _is_field(content[key]):
        to.findings.only(content, (key,), old, fatal=False)
        content, old = content[key], f"{old}.{key}"
    return object_of(content, old, new, to)


def _is_field(value: object) -> bool:
    kind = value.get("field_type") if isinstance(value, dict) else None
    return isinstance(kind, str) or (isinstance(kind, dict) and "field_type" not in kind)
