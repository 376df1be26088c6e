"""What the bodies of the task API look like, for its OpenAPI: a task in either form, and a record."""

from typing import Any

Schema = dict[str, Any]
_TEXT: Schema = {"type": "string"}
_RECORDS: Schema = {"type": "array", "items": {"type": "object"}}

TASK: Schema = {
    "title": "Task",
    "description": "A task in the JSON Schema form, as tasks.json holds it under its name.",
    "type": "object",
    "required": ["schema"],
    "additionalProperties": False,
    "properties": {
        "name": {"type": ["string", "null"], "description": "the same as in the path, or left out"},
        "description": _TEXT,
        "language": {**_TEXT, "description": "the language of its records unless another is asked for: th, en …"},
        "schema": {
            "type": "object",
            "description": "the JSON Schema (2020-12) of one record, an object; all its $refs lead into it",
        },
        "label": {**_TEXT, "description": "the field that a record is sorted by; its values are an enum"},
        "prompt": {**_TEXT, "description": "may name {language} and parameters; a usual one where it is left out"},
        "examples": {
            "description": "records, or lists of them by language code",
            "anyOf": [_RECORDS, {"type": "object", "additionalProperties": _RECORDS}],
        },
        "parameters": {
            "type": "object",
            "description": 'what varies, by name: a list of words, or {"values", "default", "required", "description"}',
            "additionalProperties": {"anyOf": [{"type": "array"}, {"type": "object"}]},
        },
        "rules": {
            "type": "array",
            "items": {"type": "object"},
            "description": "what must hold of a record that no JSON Schema can say",
        },
        "unique": {"type": "array", "description": "fields by which records are alike; none: all texts"},
        "texts": {"type": "array", "description": "fields whose text must be in the language; none: every free text"},
    },
}  # fmt: skip
_FIELDS: Schema = {
    "type": "object",
    "description": "by name: field_type (Text, Number, Boolean, {Enum: [...]}, {Array: {...}}, {Object: {...}}), "
    "required, description, constraints",
}
OLDER: Schema = {
    "title": "TaskOfFields",
    "description": "A task in the older form, whose schema is a table of fields.",
    "type": "object",
    "required": ["schema"],
    "properties": {
        "schema": {
            "type": "object",
            "required": ["fields"],
            "not": {"required": ["properties"]},
            "properties": {"fields": _FIELDS},
        }
    },
}
EXAMPLE: Schema = {
    "description": "How somebody feels about something.",
    "language": "en",
    "schema": {
        "type": "object",
        "properties": {"text": {"type": "string"}, "label": {"type": "string", "enum": ["good", "bad"]}},
        "required": ["text", "label"],
        "additionalProperties": False,
    },
    "label": "label",
    "examples": [{"text": "The soup was cold again.", "label": "bad"}],
    "parameters": {"topic": ["food", "work", "travel"]},
}


def task_body() -> Schema:
    """The requestBody of PUT."""
    return _body({"anyOf": [TASK, OLDER]}, "the task, in either form; 1 MB at most", EXAMPLE)


def record_body() -> Schema:
    """The requestBody of a check."""
    return _body({"title": "Record"}, "the record itself", EXAMPLE["examples"][0])


def task_answer() -> Schema:
    """The answer to GET /tasks/{name}."""
    either = {"anyOf": [{**TASK, "required": sorted(TASK["properties"])}, OLDER]}
    return {"description": "The task.", "content": {"application/json": {"schema": either}}}


def _body(schema: Schema, description: str, example: Any) -> Schema:
    content = {"application/json": {"schema": schema, "example": example}}
    return {"requestBody": {"required": True, "description": description, "content": content}}
