"""Schemas to test with: one for each keyword of JSON Schema 2020-12, and strategies for small ones."""

from typing import Any

from hypothesis import strategies as st


def record(field: Any, **more: Any) -> dict[str, Any]:
    """The schema of a record with one required field `it`."""
    return {"type": "object", "properties": {"it": field}, "required": ["it"], **more}


_CARD = {"card": {"type": "string"}, "address": {"type": "string"}}
_NODE = {
    "type": "object",
    "properties": {
        "value": {"type": "integer"},
        "next": {"anyOf": [{"$ref": "#/$defs/node"}, {"type": "null"}]},
    },
    "required": ["value", "next"],
}
SCHEMAS: dict[str, dict[str, Any]] = {
    "string": record({"type": "string"}),
    "minLength": record({"type": "string", "minLength": 300}),
    "maxLength": record({"type": "string", "maxLength": 5}),
    "pattern": record({"type": "string", "pattern": r"^[A-Z]{3}-\d{4}(-(old|new))?$"}),
    "patternOfLength": record({"type": "string", "pattern": "^[ก-ฮ]+$", "minLength": 20, "maxLength": 22}),
    "twoPatterns": record({"allOf": [{"type": "string", "pattern": "a"}, {"pattern": "^[a-c]+$"}]}),
    **{
        f"format-{name}": record({"type": "string", "format": name})
        for name in (
            "date time date-time duration email idn-email hostname idn-hostname uri uri-reference iri iri-reference"
            " uri-template uuid ipv4 ipv6 json-pointer relative-json-pointer regex"
        ).split()
    },
    "minimum": record({"type": "integer", "minimum": 1000}),
    "maximum": record({"type": "integer", "maximum": -1000}),
    "exclusiveMinimum": record({"type": "integer", "exclusiveMinimum": 0, "maximum": 1}),
    "exclusiveMaximum": record({"type": "number", "minimum": 0.5, "exclusiveMaximum": 0.6}),
    "multipleOf": record({"type": "integer", "multipleOf": 7, "minimum": 1}),
    "fractions": record({"type": "number", "multipleOf": 0.05, "minimum": 0, "maximum": 1}),
    "twoSteps": record({"allOf": [{"type": "integer", "multipleOf": 6}, {"multipleOf": 4}]}),
    "boolean": record({"type": "boolean"}),
    "null": record({"type": "null"}),
    "types": record({"type": ["string", "integer", "null"]}),
    "anything": record(True),
    "enum": record({"enum": ["one", 2, None, {"three": 3}]}),
    "const": record({"const": "only this"}),
    "default": record({"type": "string", "pattern": r"^(?=.*[a-z])(?!.*1)(?=.{30}$)\S+~$", "default": "a" * 29 + "~"}),
    "optional": {"type": "object", "properties": {"it": {"type": "string"}}, "required": []},
    "additionalProperties": record({"type": "string"}, additionalProperties=False),
    "additionalValues": record({"type": "object", "additionalProperties": {"type": "integer"}, "minProperties": 2}),
    "forbidden": record({"type": "string"}, allOf=[{"properties": {"that": False}}]),
    "patternProperties": record(
        {"type": "object", "patternProperties": {"^x_[a-z]+$": {"type": "integer"}}, "additionalProperties": False}
        | {"minProperties": 2, "maxProperties": 3}
    ),
    "propertyNames": record({"type": "object", "propertyNames": {"pattern": "^[a-z]{2,5}$"}, "minProperties": 3}),
    "nameList": record({"type": "object", "propertyNames": {"enum": ["en", "th", "vi"]}, "minProperties": 3}),
    "maxProperties": {"type": "object", "properties": {name: {"type": "integer"} for name in "abcde"}, "maxProperties": 2},
    "dependentRequired": {
        "type": "object", "properties": _CARD, "dependentRequired": {"card": ["address"]}, "additionalProperties": False
    },
    "dependentSchemas": {
        "type": "object",
        "properties": _CARD,
        "dependentSchemas": {"card": {"required": ["year"], "properties": {"year": {"type": "integer"}}}},
    },
    "manyDependants": {
        "type": "object",
        "properties": {name: {"type": "integer"} for name in "abcdefghijklmnop"},
        "dependentRequired": {name: list("abcdefghijklmnop") for name in "abcdefghijklmnop"},
        "minProperties": 1,
    },
    "dependant": {
        "type": "object",
        "required": ["card"],
        "dependentSchemas": {"card": {"required": ["year"], "properties": {"year": {"const": 2026}}}},
    },
    "allDifferent": record({"type": "array", "items": {"enum": list("abcdefgh")}, "uniqueItems": True, "minItems": 8}),
    "unevaluatedProperties": record({"type": "string"}, allOf=[{"properties": {"b": {"type": "integer"}}}], unevaluatedProperties=False),
    "items": record({"type": "array", "items": {"type": "integer"}}),
    "noItems": record({"type": "array", "prefixItems": [{"type": "integer"}], "items": False, "minItems": 1}),
    "prefixItems": record({"type": "array", "prefixItems": [{"type": "string"}, {"type": "integer"}], "minItems": 2}),
    "unevaluatedItems": record({"allOf": [{"type": "array", "prefixItems": [{"type": "integer"}]}], "unevaluatedItems": False}),
    "minItems": record({"type": "array", "items": {"type": "boolean"}, "minItems": 6}),
    "maxItems": record({"type": "array", "items": {"type": "integer"}, "maxItems": 2}),
    "uniqueItems": record({"type": "array", "items": {"enum": ["a", "b", "c"]}, "uniqueItems": True, "minItems": 3}),
    "contains": record({"type": "array", "items": {"type": "integer"}, "contains": {"minimum": 5, "multipleOf": 5}}),
    "manyContains": record(
        {"type": "array", "items": {"type": ["integer", "string"]}, "contains": {"type": "integer"}, "minContains": 2, "maxContains": 3}
    ),
    "allOf": {"allOf": [record({"type": "string", "minLength": 10}), {"properties": {"it": {"maxLength": 12}}}]},
    "anyOf": record({"anyOf": [{"type": "string", "maxLength": 4}, {"type": "integer", "minimum": 10}]}),
    "oneOf": record({"oneOf": [{"type": "integer", "multipleOf": 3}, {"type": "integer", "multipleOf": 5}]}),
    "not": record({"type": "integer", "minimum": 0, "maximum": 9, "not": {"multipleOf": 3}}),
    "if": {
        "type": "object",
        "properties": {"kind": {"enum": ["mcq", "qa"]}, "choices": {"type": "array"}, "answer": {"type": "string"}},
        "required": ["kind"],
        "if": {"properties": {"kind": {"const": "mcq"}}},
        "then": {"required": ["choices"]},
        "else": {"required": ["answer"]},
    },
    "$ref": record({"$ref": "#/$defs/a~1b%20c"}) | {"$defs": {"a/b c": {"type": "integer", "maximum": 3}}},
    "$anchor": record({"$ref": "#number"}) | {"$defs": {"n": {"$anchor": "number", "type": "integer", "maximum": 3}}},
    "recursive": record({"$ref": "#/$defs/node"}) | {"$defs": {"node": _NODE}},
    "itself": {"type": "object", "properties": {"kids": {"type": "array", "items": {"$ref": "#"}, "minItems": 0}}, "minProperties": 1},
    "ownAddress": record({"$ref": "https://example.org/s.json#/$defs/n"})
    | {"$id": "https://example.org/s.json", "$defs": {"n": {"type": "integer"}}},
    "olderDraft": record({"type": "string"}) | {"$schema": "https://json-schema.org/draft/2020-12/schema"},
    "ไทย": {"type": "object", "properties": {"ข้อความ": {"type": "string"}}, "required": ["ข้อความ"], "additionalProperties": False},
}  # fmt: skip


def _bounded(kind: str, least: str, most: str, up_to: int, **more: Any) -> st.SearchStrategy[dict[str, Any]]:
    pairs = st.tuples(st.integers(0, up_to), st.integers(0, up_to)).map(sorted)
    return pairs.map(lambda pair: {"type": kind, least: pair[0], most: pair[1], **more})


def _larger(inner: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    names = st.sampled_from(["a", "b", "c", "ชื่อ", "tên"])
    objects = st.dictionaries(names, inner, max_size=3).flatmap(
        lambda fields: st.builds(
            lambda required, closed: {
                "type": "object", "properties": fields, "required": required, "additionalProperties": not closed
            },
            st.lists(st.sampled_from(sorted(fields)), unique=True) if fields else st.just([]),
            st.booleans(),
        )
    )  # fmt: skip
    arrays = st.tuples(inner, _bounded("array", "minItems", "maxItems", 4)).map(
        lambda both: {**both[1], "items": both[0]}
    )
    either = st.lists(inner, min_size=1, max_size=3).map(lambda each: {"anyOf": each})
    return objects | arrays | either


_SMALL = st.one_of(
    _bounded("string", "minLength", "maxLength", 30),
    _bounded("integer", "minimum", "maximum", 50),
    _bounded("number", "minimum", "maximum", 5),
    st.sampled_from(
        ({"type": "boolean"}, {"type": "null"}, {"enum": ["x", "y"]}, {"const": 1.5}, {"type": "string"})
    ),
    st.sampled_from(({"type": "string", "format": "date"}, {"type": "string", "pattern": "^[a-z]+$"})),
)
FIELDS = st.recursive(_SMALL, _larger, max_leaves=6)
"""Random small schemas that some value fits."""
