"""Tasks in the JSON form: what is right is read whole, every mistake is named with its place."""

import copy
from typing import Any

import pytest

from dset.tasks import definitions
from dset.tasks.definitions import TaskError

RIGHT: dict[str, Any] = {
    "description": "What people say of a meal.",
    "language": "th",
    "schema": {
        "type": "object",
        "properties": {
            "text": {"type": "string", "minLength": 5, "maxLength": 100},
            "label": {"type": "string", "enum": ["บวก", "ลบ"]},
            "parts": {"type": "array", "items": {"$ref": "#/$defs/part"}},
        },
        "required": ["text", "label"],
        "additionalProperties": False,
        "$defs": {"part": {"type": "object", "properties": {"word": {"type": "string"}}}},
    },
    "label": "label",
    "prompt": "Write in {language} about {topic}, {label}. Answer with {\"text\": …}.",
    "examples": {"th": [{"text": "อร่อยมาก", "label": "บวก"}], "": [{"text": "+++++", "label": "บวก"}]},
    "parameters": {
        "topic": ["food", "drink"],
        "grade": {"values": [1, 2], "default": 1, "required": False, "description": "how hard"},
        "place": {"default": "Bangkok"},
        "brand": {"required": True},
    },
    "rules": [{"rule": "shorter", "field": "label", "than": "text"}],
    "unique": ["text"],
    "texts": ["text", "parts[].word"],
}  # fmt: skip


def wrong(change: dict[str, Any]) -> dict[str, Any]:
    """RIGHT with values put at dotted places; ... takes one away."""
    document = copy.deepcopy(RIGHT)
    for path, value in change.items():
        *way, last = path.split("/")
        table = document
        for step in way:
            table = table[step]
        if value is ...:
            del table[last]
        else:
            table[last] = value
    return document


def test_a_task_is_read_whole() -> None:
    task = definitions.read("meals", RIGHT)
    assert (task.name, task.language, task.label, task.unique) == ("meals", "th", "label", ("text",))
    assert definitions.labels(task) == ("บวก", "ลบ")
    assert task.parameters["topic"].values == ("food", "drink")
    assert task.parameters["grade"] == definitions.Parameter(("1", "2"), "1", False, "how hard")
    assert task.parameters["place"] == definitions.Parameter((), "Bangkok")
    assert task.examples == {
        "th": ({"text": "อร่อยมาก", "label": "บวก"},),
        "": ({"text": "+++++", "label": "บวก"},),
    }


def test_what_was_read_and_written_is_read_as_the_same_task() -> None:
    task = definitions.read("meals", RIGHT)
    written = definitions.as_document(task)
    assert definitions.read("meals", written) == task
    assert definitions.as_document(definitions.read("meals", written)) == written


def test_a_task_needs_no_more_than_a_schema() -> None:
    task = definitions.read("a", {"schema": {"type": "object", "properties": {"x": {"type": "string"}}}})
    assert (task.language, task.label, task.examples, task.parameters) == ("en", "", {}, {})
    assert "{language}" in task.prompt
    assert definitions.labels(task) == ()
    assert definitions.read("a", definitions.as_document(task)) == task


def test_braces_in_a_description_are_no_names_in_the_usual_prompt() -> None:
    document = {"description": "JSON like {this}", "schema": RIGHT["schema"]}
    assert "(this)" in definitions.read("a", document).prompt


def test_examples_in_a_plain_list_are_for_any_language() -> None:
    task = definitions.read("a", wrong({"examples": [{"text": "aaaaa"}]}))
    assert task.examples == {"": ({"text": "aaaaa"},)}


def test_the_label_is_found_behind_a_reference_and_in_branches() -> None:
    refer = wrong(
        {"schema/properties/label": {"$ref": "#/$defs/of"}, "schema/$defs/of": {"enum": ["a", "b"]}}
    )
    assert definitions.labels(definitions.read("a", refer)) == ("a", "b")
    branches = {
        "type": "object",
        "oneOf": [
            {"properties": {"label": {"enum": ["a", "b"]}, "text": {"type": "string"}}},
            {"properties": {"label": {"enum": ["b", "c"]}}},
        ],
    }
    document = wrong({"schema": branches, "texts": ["text"], "rules": []})
    assert definitions.labels(definitions.read("a", document)) == ("a", "b", "c")


# What is changed in RIGHT, and what must be said of it, after "tasks.json: meals".
MISTAKES: dict[str, tuple[dict[str, Any], str]] = {
    "a misspelt key": ({"exampels": []}, ".exampels: is not known there; did you mean examples?"),
    "no schema": ({"schema": ...}, ".schema: is missing"),
    "a schema that is none": ({"schema": 5}, ".schema: must be an object, not 5"),
    "a schema of a list": ({"schema/type": "array"}, '.schema: must have "type": "object"'),
    "a schema without fields": (
        {"schema": {"type": "object"}, "label": "", "unique": [], "texts": [], "rules": [], "prompt": ""},
        ".schema: names no properties",
    ),
    "a name that differs": ({"name": "other"}, '.name: is "other", but the task stands under "meals"'),
    "a description that is no text": ({"description": ["x"]}, '.description: must be text, not ["x"]'),
    "a language that is none": ({"language": "thaii"}, '.language: "thaii" is no language code'),
    "a label that is no property": ({"label": "lable"}, '.label: "lable" is no property of the schema; did you mean label?'),
    "a label without an enum": ({"label": "text", "prompt": ""}, '.label: "text" has no "enum" in the schema'),
    "labels that are no text": ({"schema/properties/label": {"enum": ["a", 1]}}, ".label: its value 1 is no text"),
    "a name in the prompt": ({"prompt": "on {topics} {x y}"}, ".prompt: names {topics}, which is no parameter, not the label and not the language; did you mean topic?"),
    "alike by what is not there": ({"unique": ["txt"]}, '.unique[0]: "txt" is no property of the schema; did you mean text?'),
    "a text that is not there": ({"texts": ["text", "parts[].wrd"]}, '.texts[1]: "parts[].wrd" is no property of the schema; did you mean parts[].word?'),
    "a list taken for an object": ({"texts": ["parts.word"]}, '.texts[0]: "parts.word" is no property'),
    "texts that are no list": ({"texts": "text"}, '.texts: must be a list of words, not "text"'),
    "alike by the same twice": ({"unique": ["text", "text"]}, '.unique[1]: "text" stands there twice'),
    "a rule that is none": ({"rules": [{"rule": "shortest"}]}, '.rules[0].rule: there is no rule "shortest"'),
    "a rule on what is not there": ({"rules": [{"rule": "shorter", "field": "sum", "than": "text"}]}, '.rules[0].field: "sum" is no property'),
    "a rule on a field that its items lack": ({"rules": [{"rule": "spans", "text": "text", "items": "parts", "start": "from", "end": "word", "word": "word"}]}, '.rules[0].start: "parts[].from" is no property'),
    "a key in another case": ({"Label": "label"}, ".Label: is not known there; did you mean label?"),
    "a short key in another case": ({"UNIQUE": []}, ".UNIQUE: is not known there; did you mean unique?"),
    "rules that are no list": ({"rules": {}}, ".rules: must be a list of objects, not {}"),
    "a rule that is no object": ({"rules": ["shorter"]}, '.rules[0]: must be an object, not "shorter"'),
    "examples that are none": ({"examples": 3}, ".examples: must be a list of records, or such lists by language, not 3"),
    "an odd language of examples": ({"examples": {"thai!": [{"text": "x"}]}}, '.examples.thai!: "thai!" is no language code'),
    "an example that is no record": ({"examples": {"th": [{"text": "x"}, "x"]}}, '.examples.th[1]: must be a record, an object, not "x"'),
    "the same example twice": ({"examples": [{"a": 1}, {"a": 1}]}, ".examples[1]: is the same record as examples[0]"),
    "parameters that are none": ({"parameters": ["topic"], "prompt": ""}, ".parameters: must be an object, not [\"topic\"]"),
    "a parameter that is no list": ({"parameters/topic": "food"}, '.parameters.topic: must be a list of words, not "food"'),
    "a value that is no word": ({"parameters/topic": ["food", {"x": 1}]}, '.parameters.topic[1]: must be a word, not {"x": 1}'),
    "a blank value": ({"parameters/topic": ["food", " "]}, '.parameters.topic[1]: must be a word, not " "'),
    "a value twice": ({"parameters/grade/values": [1, 2, "2"]}, '.parameters.grade.values[2]: "2" stands there twice'),
    "a parameter without values": ({"parameters/topic": []}, ".parameters.topic: has no values"),
    "a default that is none of them": ({"parameters/grade/default": "3"}, '.parameters.grade.default: "3" is none of its values'),
    "required is no word": ({"parameters/grade/required": "yes"}, '.parameters.grade.required: must be true or false, not "yes"'),
    "a misspelt key of a parameter": ({"parameters/grade/value": []}, ".parameters.grade.value: is not known there; did you mean values?"),
    "a parameter called as a column": ({"parameters/Question": ["a"]}, ".parameters.Question: the name is taken"),
    "a parameter called as the language": ({"parameters/language": ["a"]}, ".parameters.language: the name is taken"),
    "a parameter called as the label": ({"parameters/label": ["a"]}, '.parameters.label: the name is taken'),
    "two parameters of one name": ({"parameters/Topic": ["a"]}, '.parameters.Topic: the name is taken: "Topic" is the parameter "topic"'),
    "a parameter with braces": ({"parameters/{a}": ["a"]}, '.parameters.{a}: the name "{a}" must be plain text without braces'),
    "an empty enum": ({"schema/properties/label/enum": []}, ".schema.properties.label.enum: is empty"),
    "an enum with the same twice": ({"schema/properties/label/enum": ["a", "b", "a"]}, '.schema.properties.label.enum[2]: "a" stands there twice'),
    "bounds that nothing passes": ({"schema/properties/text/minLength": 101}, ".schema.properties.text.minLength: 101 is more than maxLength 100"),
    "a misspelt keyword": ({"schema/properties/text/minLenght": 5}, ".schema.properties.text.minLenght: is no keyword of JSON Schema; did you mean minLength?"),
    "a keyword in another spelling": ({"schema/$defs/part/min_properties": 5}, ".schema.$defs.part.min_properties: is no keyword of JSON Schema; did you mean minProperties?"),
    "a misspelt format": ({"schema/properties/text/format": "emial"}, '.schema.properties.text.format: "emial" is no format that is checked; did you mean email?'),
    "required and forbidden at once": ({"schema/required": ["text", "lable"]}, '.schema.required[1]: "lable" is no property, and others are not allowed; did you mean label?'),
}  # fmt: skip


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_named_with_its_place(name: str) -> None:
    change, said = MISTAKES[name]
    with pytest.raises(TaskError) as error:
        definitions.read("meals", wrong(change), "tasks.json")
    assert any(line.startswith(f"tasks.json: meals{said}") for line in error.value.faults), error.value.faults
    assert all("\n" not in line for line in error.value.faults)


def test_every_mistake_is_named_and_the_message_is_one_line() -> None:
    changes = {
        "language": "??",
        "label": "lable",
        "parameters/topic": 5,
        "unique": ["txt"],
        "rules": 1,
        "x": 1,
    }
    with pytest.raises(TaskError) as error:
        definitions.read("meals", wrong(changes), "tasks.json")
    places = [line.split(": ")[1] for line in error.value.faults]
    wanted = "x language parameters.topic rules label unique[0] prompt".split()
    assert sorted(places) == sorted(f"meals.{one}" for one in wanted)
    assert str(error.value) == f"{error.value.faults[0]} (and 6 more; `task check` names them)"


@pytest.mark.parametrize("name", ["Sentiment Analysis", "a/b", "..", "", "é", "x" * 65, "a\n"])
def test_a_name_that_cannot_be_a_folder_is_refused(name: str) -> None:
    with pytest.raises(TaskError, match="must be of a-z, 0-9, _ and -"):
        definitions.read(name, RIGHT)


def test_a_better_name_is_offered() -> None:
    with pytest.raises(TaskError, match="write sentiment_analysis"):
        definitions.read("Sentiment Analysis!", RIGHT)


def test_what_is_no_object_is_no_task() -> None:
    with pytest.raises(TaskError, match=r"^tasks\.json: a: must be an object, not \[\]"):
        definitions.read("a", [], "tasks.json")


def test_quoted_text_obeys_no_terminal_and_is_short() -> None:
    with pytest.raises(TaskError) as error:
        definitions.read("meals", wrong({"language": "\x1b[31m" + "x" * 500, "\x1b]0;t\x07k": 1}))
    assert not any("\x1b" in line or len(line) > 250 for line in error.value.faults)


def test_references_in_a_ring_end() -> None:
    ring = wrong({"schema/$defs/part": {"$ref": "#/$defs/part", "allOf": [{"$ref": "#"}]}})
    with pytest.raises(TaskError, match="parts"):
        definitions.read("a", ring)


def test_many_branches_that_refer_to_each_other_take_no_time() -> None:
    levels: dict[str, Any] = {
        f"n{level}": {"anyOf": [{"$ref": f"#/$defs/n{level + 1}"}, {"$ref": f"#/$defs/n{level + 1}"}]}
        for level in range(60)
    }
    levels["n60"] = {"enum": ["a"]}
    document = wrong(
        {"schema/properties/label": {"$ref": "#/$defs/n0"}, "schema/$defs": levels, "texts": ["text"]}
    )
    assert definitions.labels(definitions.read("a", document)) == ("a",)
