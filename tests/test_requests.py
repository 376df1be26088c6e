"""What a model is told of a task, and of each of its records."""

from dataclasses import replace
from typing import Any

from dset.tasks import definitions, requests
from dset.tasks.definitions import Task
from tests.tasks import feelings

DOCUMENT: dict[str, Any] = {
    "description": "How somebody feels.",
    "language": "en",
    "schema": {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "properties": {
            "text": {"type": "string"},
            "label": {"type": "string", "enum": ["good", "bad"]},
        },
        "required": ["text", "label"],
        "additionalProperties": False,
    },
    "label": "label",
    "prompt": "Write as people in {language} do.",
    "parameters": {"topic": ["food", "work"]},
    "examples": {
        "en": [{"text": "I liked it", "label": "good"}, {"text": "I did not", "label": "bad"}],
        "th": [{"text": "ชอบมาก", "label": "good"}],
    },
}


def task(**changes: Any) -> Task:
    return replace(definitions.read("feelings", DOCUMENT), **changes)


def test_what_never_changes_stands_in_the_system_message_and_the_schema_with_it() -> None:
    said = requests.system(task(), "th", 1)
    assert "Write as people in Thai do." in said
    assert '"enum": ["good", "bad"]' in said
    assert "$schema" not in said
    assert "Answer with that JSON object alone" in said
    asked = requests.question(task(), "th", [3], [{"label": "good", "topic": "food"}], 1, None)
    assert asked == "Record 3:\n- label: good\n- topic: food"


def test_a_prompt_that_names_a_parameter_stands_with_each_record() -> None:
    told = task(prompt="About {topic}, in {language}: {other}")
    assert "About" not in requests.system(told, "en", 1)
    asked = requests.question(told, "en", [1], [{"label": "bad", "topic": "work"}], 2, None)
    assert asked.startswith("About work, in English: {other}\n\nRecord 1, take 2:\n- label: bad")


def test_several_records_of_one_request_have_each_a_label_and_share_their_parameters() -> None:
    specs = [{"label": "good", "topic": "food"}, {"label": "bad", "topic": "food"}]
    asked = requests.question(task(), "en", [4, 7], specs, 1, None)
    assert asked.split("\n") == [
        "2 records, all different:",
        "- record 4: label: good",
        "- record 7: label: bad",
        "- for all of them, topic: food",
    ]
    assert '{"records": [...]}' in requests.system(task(), "en", 2)


def test_an_example_has_the_language_and_the_label_and_is_the_same_for_the_same_seed() -> None:
    told = task()
    assert requests.example_for(told, "en", {"label": "bad"}, "0/1/1") == {
        "text": "I did not",
        "label": "bad",
    }
    assert requests.example_for(told, "th", {"label": "bad"}, "0/1/1") == {"text": "ชอบมาก", "label": "good"}
    assert requests.example_for(told, "vi", {"label": "bad"}, "0/1/1") is None
    drawn = {str(requests.example_for(told, "en", {}, f"0/{slot}/1")) for slot in range(20)}
    assert len(drawn) == 2


def test_the_faults_of_an_answer_are_told_one_by_one() -> None:
    said = requests.refused(["text: is empty", "label: is no label"], is_many=False)
    assert "- text: is empty\n- label: is no label\n" in said


def test_examples_of_a_language_serve_its_regions() -> None:
    example = {"text": "A fine day.", "label": "good"}
    task = feelings(examples={"en": [example]})
    assert requests.examples(task, "en-GB") == [example]
    assert requests.examples(task, "fr") == []
