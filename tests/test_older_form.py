"""The older form becomes the JSON form; what cannot be understood is named with the place it has in the older one."""

from typing import Any

import jsonschema_rs
import pytest

from dset.tasks import catalog, definitions, older_form, older_writing
from dset.tasks.documents import Stated
from tests import older_tasks


def converted(field: Any) -> Any:
    """What one field becomes, where nothing is wrong with it."""
    document, to = older_form.convert({"schema": {"fields": {"x": field}}})
    assert not to.findings
    return document["schema"]["properties"]["x"]


def said(document: dict[str, Any]) -> list[str]:
    """Everything that is said of a task, without file and name."""
    found = catalog.examine(Stated("t", document, ()), "f")
    return [line.removeprefix("f: t.") for line in found.faults]


def said_of(field: Any) -> list[str]:
    return said({"schema": {"fields": {"x": field, "y": {"field_type": "Text"}}}})


TEXT = {"type": "string"}
PART = {
    "type": "object",
    "properties": {"a": TEXT, "b": {"type": "number"}},
    "required": ["a"],
    "additionalProperties": False,
}
OLD_PART = {"a": {"field_type": "Text", "required": True}, "b": {"field_type": "Number", "required": False}}

BECOMES: dict[str, tuple[Any, Any]] = {
    "text": ({"field_type": "Text"}, TEXT),
    "text in another case": ({"field_type": "TEXT"}, TEXT),
    "a string": ({"field_type": "String"}, TEXT),
    "the type alone": ("Text", TEXT),
    "type for field_type": ({"type": "text"}, TEXT),
    "a number": ({"field_type": "Number"}, {"type": "number"}),
    "a float": ({"field_type": "float"}, {"type": "number"}),
    "a whole number": ({"field_type": "Integer"}, {"type": "integer"}),
    "yes or no": ({"field_type": "Boolean"}, {"type": "boolean"}),
    "a date": ({"field_type": "Date"}, {"type": "string", "format": "date"}),
    "a moment": ({"field_type": "DateTime"}, {"type": "string", "format": "date-time"}),
    "anything": ({"field_type": "Any"}, {}),
    "a unit variant with null": ({"field_type": {"Text": None}}, TEXT),
    "limits inside the type": ({"field_type": {"Text": {"min_length": 2}}}, TEXT | {"minLength": 2}),
    "an enum": ({"field_type": {"Enum": ["บวก", "ลบ"]}}, TEXT | {"enum": ["บวก", "ลบ"]}),
    "an enum with values": ({"field_type": {"enum": {"values": ["a", "b"]}}}, TEXT | {"enum": ["a", "b"]}),
    "an enum beside its type": ({"type": "enum", "values": ["a"]}, TEXT | {"enum": ["a"]}),
    "an enum of numbers": ({"field_type": {"Enum": [1, 2]}}, {"enum": [1, 2]}),
    "an array of text": ({"field_type": {"Array": "Text"}}, {"type": "array", "items": TEXT}),
    "an array of fields": ({"field_type": {"Array": {"field_type": "Text"}}}, {"type": "array", "items": TEXT}),
    "an array with items": ({"field_type": {"Array": {"items": "text"}}}, {"type": "array", "items": TEXT}),
    "an array with item_type": ({"field_type": {"Array": {"item_type": {"Enum": ["a"]}}}}, {"type": "array", "items": TEXT | {"enum": ["a"]}}),
    "an array with its limits": ({"field_type": {"Array": {"items": "Text", "min_items": 1, "max": 3}}}, {"type": "array", "items": TEXT, "minItems": 1, "maxItems": 3}),
    "an array beside its type": ({"type": "array", "items": {"type": "text"}}, {"type": "array", "items": TEXT}),
    "an array of arrays": ({"field_type": {"Array": {"Array": "Text"}}}, {"type": "array", "items": {"type": "array", "items": TEXT}}),
    "an array of anything": ({"field_type": "Array"}, {"type": "array"}),
    "an object with fields": ({"field_type": {"Object": {"fields": OLD_PART}}}, PART),
    "an object by name": ({"field_type": {"Object": OLD_PART}}, PART),
    "an object of listed fields": ({"field_type": {"Object": [{"name": n, **f} for n, f in OLD_PART.items()]}}, PART),
    "a field that is called fields": ({"field_type": {"Object": {"fields": {"field_type": "Text"}}}}, {"type": "object", "properties": {"fields": TEXT}, "required": ["fields"], "additionalProperties": False}),
    "an array of objects": ({"field_type": {"Array": {"Object": {"fields": OLD_PART}}}}, {"type": "array", "items": PART}),
    "an array of fields that are objects": ({"field_type": {"Array": {"field_type": {"Object": OLD_PART}}}}, {"type": "array", "items": PART}),
    "a description": ({"field_type": "Text", "description": "คำอธิบาย"}, TEXT | {"description": "คำอธิบาย"}),
    "a length": ({"field_type": "Text", "constraints": [{"Length": {"min": 5, "max": 10}}]}, TEXT | {"minLength": 5, "maxLength": 10}),
    "a length with null": ({"field_type": "Text", "constraints": [{"length": {"min": None, "max": 10}}]}, TEXT | {"maxLength": 10}),
    "a length of an array": ({"field_type": {"Array": "Text"}, "constraints": [{"LENGTH": {"min": 1}}]}, {"type": "array", "items": TEXT, "minItems": 1}),
    "a length as a pair": ({"field_type": "Text", "constraints": [{"Length": [1, 9]}]}, TEXT | {"minLength": 1, "maxLength": 9}),
    "a range": ({"field_type": "Number", "constraints": [{"Range": {"min": -1.5, "max": 5}}]}, {"type": "number", "minimum": -1.5, "maximum": 5}),
    "a format": ({"field_type": "Text", "constraints": [{"Format": "Email"}]}, TEXT | {"format": "email"}),
    "a format of another name": ({"field_type": "Text", "constraints": [{"Format": "url"}]}, TEXT | {"format": "uri"}),
    "a pattern": ({"field_type": "Text", "constraints": [{"Pattern": "^[ก-ฮ]+$"}]}, TEXT | {"pattern": "^[ก-ฮ]+$"}),
    "a regex": ({"field_type": "Text", "constraints": [{"Regex": {"pattern": "^a"}}]}, TEXT | {"pattern": "^a"}),
    "several": ({"field_type": "Text", "constraints": [{"MinLength": 1}, {"Pattern": "a"}, "NonEmpty"]}, TEXT | {"minLength": 1, "pattern": "a"}),
    "constraints by name": ({"field_type": "Text", "constraints": {"Length": {"max": 3}}}, TEXT | {"maxLength": 3}),
    "a constraint with its tag": ({"field_type": "Number", "constraints": [{"type": "range", "min": 1}]}, {"type": "number", "minimum": 1}),
    "no constraints": ({"field_type": "Text", "constraints": None, "description": None}, TEXT),
    "no two alike": ({"field_type": "Array", "constraints": ["Unique"]}, {"type": "array", "uniqueItems": True}),
}  # fmt: skip


@pytest.mark.parametrize("name", BECOMES)
def test_a_field_becomes_json_schema(name: str) -> None:
    old, new = BECOMES[name]
    assert converted(old) == new
    jsonschema_rs.Draft202012Validator(converted(old))


AT = "schema.fields.x"
NAMED: dict[str, tuple[Any, str]] = {
    "a type nobody knows": ({"field_type": "Txet"}, f'{AT}.field_type: "Txet" is no type of field; did you mean Text?'),
    "a variant nobody knows": ({"field_type": {"Enumm": ["a"]}}, f'{AT}.field_type: {{"Enumm": ["a"]}} is no type of field; did you mean Enum?'),
    "two variants at once": ({"field_type": {"Enum": ["a"], "Array": "Text"}}, f"{AT}.field_type: "),
    "no type": ({"field_type": None}, f"{AT}.field_type: null is no type of field"),
    "a field that is none": (5, f"{AT}: 5 is no type of field"),
    "an enum that is no list": ({"field_type": {"Enum": "a,b"}}, f'{AT}.field_type.Enum: must be a list of words, not "a,b"'),
    "an empty enum": ({"field_type": {"Enum": []}}, f"{AT}.field_type.Enum: is empty"),
    "an enum with the same twice": ({"field_type": {"Enum": {"values": ["ก", "ก"]}}}, f'{AT}.field_type.Enum.values[1]: "ก" stands there twice'),
    "an item of no type": ({"field_type": {"Array": {"items": "Txet"}}}, f'{AT}.field_type.Array.items: "Txet" is no type'),
    "a field of an item": ({"field_type": {"Array": {"Object": {"fields": {"a": {"field_type": "Nmber"}}}}}}, f'{AT}.field_type.Array.Object.fields.a.field_type: "Nmber" is no type of field; did you mean Number?'),
    "a key nobody knows": ({"field_type": "Text", "requierd": True}, f"{AT}.requierd: is not known there; did you mean required?"),
    "a constraint nobody knows": ({"field_type": "Text", "constraints": [{"Lenght": {"min": 1}}]}, f"{AT}.constraints[0].Lenght: is no constraint that is known; did you mean Length?"),
    "a constraint that is none": ({"field_type": "Text", "constraints": [5]}, f"{AT}.constraints[0]: is no constraint: 5"),
    "constraints that are none": ({"field_type": "Text", "constraints": "Length"}, f"{AT}.constraints: must be a list of constraints"),
    "a length of a number": ({"field_type": "Number", "constraints": [{"Length": {"min": 1}}]}, f"{AT}.constraints[0].Length: a length is for Text and Array, not for a field of type number"),
    "a range of text": ({"field_type": "Text", "constraints": [{"Range": {"min": 1}}]}, f"{AT}.constraints[0].Range: a range is for Number and Integer"),
    "a length that is no number": ({"field_type": "Text", "constraints": [{"Length": {"min": "1"}}]}, f'{AT}.constraints[0].Length.min: must be a whole number of at least 0, not "1"'),
    "an end nobody knows": ({"field_type": "Text", "constraints": [{"Length": {"mni": 1}}]}, f"{AT}.constraints[0].Length.mni: is not known there; did you mean min?"),
    "a length without ends": ({"field_type": "Text", "constraints": [{"Length": 5}]}, f"{AT}.constraints[0].Length: must be "),
    "bounds that nothing passes": ({"field_type": "Text", "constraints": [{"Length": {"min": 9, "max": 5}}]}, f"{AT}.minLength: 9 is more than maxLength 5"),
    "a format nobody knows": ({"field_type": "Text", "constraints": [{"Format": "emial"}]}, f'{AT}.constraints[0].Format: "emial" is no format that is known; did you mean email?'),
    "a pattern of a number": ({"field_type": "Number", "constraints": [{"Pattern": "1"}]}, f"{AT}.constraints[0].Pattern: is for Text"),
    "required is no word": ({"field_type": "Text", "required": "yes"}, f'{AT}.required: must be true or false, not "yes"'),
}  # fmt: skip


@pytest.mark.parametrize("name", NAMED)
def test_what_is_not_understood_is_named_with_its_place_in_the_older_form(name: str) -> None:
    field, line = NAMED[name]
    lines = said_of(field)
    assert len(lines) == 1
    assert lines[0].startswith(line)


def test_nothing_is_dropped_in_silence() -> None:
    lines = said(
        {
            "schema": {"fields": {"x": {"field_type": "Text", "ui": 1}}, "version": 2},
            "metadata": {"author": "x"},
            "parameters": {"p": {"param_type": "enum", "enum_values": ["a"], "min": 1}},
        }
    )
    assert [line.split(":")[0] for line in lines] == [
        "metadata", "schema.version", "schema.fields.x.ui", "parameters.p.min",
    ]  # fmt: skip


def test_a_task_is_used_without_what_it_can_be_used_without() -> None:
    found = catalog.examine(Stated("t", {"schema": {"fields": {"x": "Text"}}, "metadata": 1}, ()), "f")
    assert found.task is not None
    assert found.faults == (
        (
            "f: t.metadata: is not known there; known are name, description, language, label, prompt, "
            "examples, rules, unique, texts, schema, fields, parameters"
        ),
    )
    broken = catalog.examine(Stated("t", {"schema": {"fields": {"x": "Txet"}}}, ()), "f")
    assert broken.task is None


@pytest.mark.parametrize("fields", [None, 5, [{"field_type": "Text"}], [{"name": "a", "type": "text"}] * 2])
def test_fields_that_cannot_be_told_are_named(fields: Any) -> None:
    assert said({"schema": {"fields": fields}})[0].startswith("schema.fields")


def test_name_and_description_stand_at_the_top_or_in_the_schema() -> None:
    inside, _ = older_form.convert({"schema": {"name": "a", "description": "ใน", "fields": {"x": "Text"}}})
    above, _ = older_form.convert(
        {"description": "บน", "schema": {"description": "ใน", "fields": {"x": "Text"}}}
    )
    beside, to = older_form.convert({"description": "บน", "fields": {"x": "Text"}})
    assert [one["description"] for one in (inside, above, beside)] == ["ใน", "บน", "บน"]
    assert not to.findings


ENUM = {"field_type": {"Enum": ["a", "b"]}, "required": True}
LABELS: dict[str, tuple[dict[str, Any], str]] = {
    "by its name": ({"difficulty": ENUM, "Sentiment": ENUM}, "Sentiment"),
    "the surest name": ({"category": ENUM, "label": ENUM}, "label"),
    "in Thai": ({"ระดับ": ENUM, "หมวดหมู่": ENUM}, "หมวดหมู่"),
    "the only one": ({"difficulty": ENUM, "text": "Text"}, "difficulty"),
    "one of two without a name for it": ({"difficulty": ENUM, "level": ENUM}, ""),
    "not one that may be missing": ({"label": ENUM | {"required": False}, "level": ENUM}, ""),
    "no text called label": ({"label": "Text"}, ""),
    "none of numbers": ({"label": {"field_type": {"Enum": [1, 2]}}}, ""),
}


@pytest.mark.parametrize("name", LABELS)
def test_the_label_is_told_from_the_fields(name: str) -> None:
    fields, label = LABELS[name]
    assert older_form.convert({"schema": {"fields": fields}})[0]["label"] == label


def test_a_stated_label_counts() -> None:
    document = {"label": "level", "schema": {"fields": {"label": ENUM, "level": ENUM}}}
    assert older_form.convert(document)[0]["label"] == "level"


PARAMETERS: dict[str, tuple[Any, Any]] = {
    "enum": ({"param_type": "enum", "enum_values": ["a", "b"], "default": "a", "required": True, "description": "d"}, {"values": ["a", "b"], "default": "a", "required": True, "description": "d"}),
    "enum with nulls": ({"param_type": "Enum", "enum_values": ["a"], "default": None, "description": None}, {"values": ["a"]}),
    "array": ({"param_type": "array", "default": ["a", "b"]}, {"values": ["a", "b"]}),
    "array with values": ({"param_type": "array", "enum_values": ["a", "b"], "default": ["a"]}, {"values": ["a", "b"]}),
    "boolean": ({"param_type": "boolean", "default": True}, {"values": ["true", "false"], "default": "true"}),
    "number": ({"param_type": "number", "default": 3}, {"values": [], "default": 3}),
    "string that must be given": ({"param_type": "string", "required": True}, {"values": [], "required": True}),
    "a list alone": (["a", "b"], {"values": ["a", "b"]}),
    "a type that is a variant": ({"param_type": {"Enum": ["a"]}, "enum_values": ["a"]}, {"values": ["a"]}),
}  # fmt: skip


@pytest.mark.parametrize("name", PARAMETERS)
def test_a_parameter_keeps_what_it_says(name: str) -> None:
    old, new = PARAMETERS[name]
    document, to = older_form.convert({"schema": {"fields": {"x": "Text"}}, "parameters": {"p": old}})
    assert document["parameters"] == {"p": new}
    assert not to.findings


def test_parameters_that_cannot_be_used_as_they_are_are_named() -> None:
    parameters = {
        "language": {"param_type": "enum", "enum_values": ["th", "en"], "default": "th"},
        "free": {"param_type": "string"},
        "status": {"param_type": "enum", "enum_values": ["new", "old"]},
        "odd": {"param_type": "enun", "enum_values": ["a"]},
        "topic": {"param_type": "enum", "enum_values": "food"},
        "level": {"param_type": "enum", "enum_values": ["a", "b"], "default": "c"},
    }
    document = {"schema": {"fields": {"x": "Text"}}, "parameters": parameters}
    assert older_form.convert(document)[0]["language"] == "th"
    assert said(document) == [
        'parameters.topic.values: must be a list of words, not "food"',
        'parameters.level.default: "c" is none of its values',
        "parameters.language: is left out: the language is asked for by --lang",
        "parameters.free: is left out: it has neither values nor a default",
        "parameters.status: the name is taken in q.csv: it is called param_status from here on",
        'parameters.odd.param_type: "enun" is no type of parameter; did you mean enum?',
    ]


def test_both_forms_are_told_apart() -> None:
    assert older_form.is_older({"schema": {"fields": {}}})
    assert older_form.is_older({"fields": {}})
    assert not older_form.is_older({"schema": {"type": "object", "properties": {"fields": {}}}})
    assert not older_form.is_older({"schema": {"properties": {}, "fields": {}}})
    assert not older_form.is_older([])


@pytest.mark.parametrize("name", older_tasks.file())
def test_every_task_of_a_big_file_comes_back_from_the_older_form_as_it_was(name: str) -> None:
    found = catalog.examine(Stated(name, older_tasks.file()[name], ()), "f")
    assert found.task is not None
    assert found.faults == ()
    jsonschema_rs.Draft202012Validator(found.task.schema)
    assert definitions.read(name, definitions.as_document(found.task)) == found.task
    again = catalog.examine(Stated(name, older_writing.as_older_form(found.task), ()), "f")
    assert again.faults == ()
    assert again.task == found.task


def test_a_schema_with_references_is_written_in_the_older_form() -> None:
    node = {
        "type": "object",
        "properties": {"word": {"$ref": "#/$defs/word"}, "below": {"$ref": "#/$defs/node"}},
    }
    schema = {
        "type": "object",
        "properties": {"tree": {"$ref": "#/$defs/node"}},
        "$defs": {"node": node, "word": {"type": "string", "maxLength": 9, "format": "email"}},
    }
    written = older_writing.as_older_form(definitions.read("t", {"schema": schema}))
    tree = written["schema"]["fields"]["tree"]
    assert tree["required"] is False
    assert tree["field_type"]["Object"]["fields"]["word"] == {
        "field_type": "Text",
        "required": False,
        "constraints": [{"Length": {"max": 9}}, {"Format": "email"}],
    }
    assert catalog.examine(Stated("t", written, ()), "f").faults == ()


def test_a_schema_that_refers_to_itself_in_many_ways_is_cut_off() -> None:
    names = [f"n{number}" for number in range(8)]
    node = {"type": "object", "properties": {name: {"$ref": "#/$defs/node"} for name in names}}
    schema = {"type": "object", "properties": {"tree": {"$ref": "#/$defs/node"}}, "$defs": {"node": node}}
    written = older_writing.as_older_form(definitions.read("t", {"schema": schema}))
    assert len(str(written)) < 100_000
    assert "'n7'" in str(written)
