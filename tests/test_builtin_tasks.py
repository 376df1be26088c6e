"""The built-in tasks: their examples are what the model sees first, so each must be right in every language."""

import json
import re
import unicodedata
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

import dset.tasks
from dset import templates
from tests.tables import each

FOLDER = Path(dset.tasks.__file__).parent / "builtin"
NAMES = (
    "summarization sentiment_analysis translation ner text_classification question_answer "
    "medical_benchmark paraphrase math_word_problems instruction"
).split()
ON_PICTURES = ("vision_animals", "ocr_thai")  # nothing is planned of them: the pictures decide
LANGUAGES = ("th", "en", "vi")
FIELDS = {"name", "description", "language", "schema", "label", "prompt", "examples", "parameters", "rules"}
KEYWORDS = {  # what every service that takes a schema, and every reader, understands
    *("type", "properties", "required", "additionalProperties", "description", "enum", "const", "pattern"),
    *("minLength", "maxLength", "minItems", "maxItems", "items", "minimum", "maximum"),
    *("if", "then", "else", "allOf"),
}

Record = dict[str, Any]


def _task(name: str) -> Record:
    task: Record = json.loads((FOLDER / f"{name}.json").read_text("utf-8"))
    return task


TASKS = {name: _task(name) for name in (*NAMES, *ON_PICTURES)}
EXAMPLES = [
    (name, lang, record)
    for name, task in TASKS.items()
    for lang, records in task["examples"].items()
    for record in records
]
every_task = pytest.mark.parametrize("name", TASKS)
every_planned_task = pytest.mark.parametrize("name", NAMES)
every_example = each(EXAMPLES)


def _of(name: str) -> list[tuple[str, Record]]:
    return [(lang, record) for lang, records in TASKS[name]["examples"].items() for record in records]


def _schemas(schema: Record) -> Iterator[Record]:
    """The schema and every schema in it."""
    yield schema
    inner = [*schema.get("properties", {}).values(), *schema.get("allOf", [])]
    inner += [schema[word] for word in ("items", "if", "then", "else") if word in schema]
    for one in inner:
        yield from _schemas(one)


def _at(value: Any, path: str) -> list[Any]:
    """What stands at a dotted path, `[]` steps into an array."""
    values = [value]
    for step in path.split("."):
        values = [one[step.removesuffix("[]")] for one in values]
        if step.endswith("[]"):
            values = [item for one in values for item in one]
    return values


def _texts(task: Record, record: Record) -> str:
    return "\n".join(text for path in task["texts"] for text in _at(record, path))


def _grams(text: str) -> set[str]:
    text = " ".join(text.casefold().split())
    return {text[at : at + 5] for at in range(len(text) - 4)}


def test_there_is_one_file_for_each_task_and_no_other() -> None:
    assert sorted(path.name for path in FOLDER.iterdir()) == sorted(f"{name}.json" for name in TASKS)


@every_task
def test_a_file_holds_one_whole_task_that_has_its_name(name: str) -> None:
    assert set(TASKS[name]) == FIELDS | {"unique", "texts"}
    assert TASKS[name]["name"] == name


@every_task
def test_a_file_is_composed_unescaped_and_indented_by_two(name: str) -> None:
    text = (FOLDER / f"{name}.json").read_text("utf-8")
    assert unicodedata.is_normalized("NFC", text)
    assert text == json.dumps(TASKS[name], ensure_ascii=False, indent=2) + "\n"


@every_task
def test_no_invisible_character_hides_in_a_file(name: str) -> None:
    text = (FOLDER / f"{name}.json").read_text("utf-8")
    assert [
        sign for sign in text if unicodedata.category(sign) in {"Cf", "Co", "Cn"} or sign in "\t\xa0"
    ] == []


@every_task
def test_a_schema_uses_plain_keywords_only(name: str) -> None:
    assert {word for schema in _schemas(TASKS[name]["schema"]) for word in schema} <= KEYWORDS


@every_task
def test_an_object_is_closed_and_requires_all_of_its_fields(name: str) -> None:
    objects = [schema for schema in _schemas(TASKS[name]["schema"]) if schema.get("type") == "object"]
    assert objects
    for schema in objects:
        assert schema["additionalProperties"] is False
        assert schema["required"] == list(schema["properties"])


@every_task
def test_every_property_tells_the_model_what_is_wanted(name: str) -> None:
    for schema in _schemas(TASKS[name]["schema"]):
        if schema.get("type") not in {None, "object"}:
            assert len(schema["description"]) > 40, schema


@every_task
def test_a_text_has_a_longest_length_and_a_list_a_largest_size(name: str) -> None:
    for schema in _schemas(TASKS[name]["schema"]):
        if schema.get("type") == "string":
            assert {"maxLength", "enum", "pattern"} & set(schema)
        if schema.get("type") == "array":
            assert "maxItems" in schema


@every_task
def test_every_label_is_explained_in_its_description(name: str) -> None:
    for schema in _schemas(TASKS[name]["schema"]):
        values = schema.get("enum", [])
        for value in values if len(values) <= 20 else ():  # the name of an animal says it all
            assert value in schema["description"]


@every_planned_task
def test_every_label_has_an_example_in_each_language(name: str) -> None:
    task = TASKS[name]
    assert tuple(task["examples"]) == LANGUAGES
    for records in task["examples"].values():
        assert len(records) >= 4
        if task["label"]:
            wanted = set(task["schema"]["properties"][task["label"]]["enum"])
            assert {record[task["label"]] for record in records} == wanted


@every_task
def test_a_prompt_names_the_language_and_nothing_unknown(name: str) -> None:
    template = templates.parse(TASKS[name]["prompt"], ["language"])
    assert template.columns == ("language",)
    assert "{" not in template.fill({"language": "Thai"})


@every_planned_task
def test_the_parameters_give_variety(name: str) -> None:
    task = TASKS[name]
    assert 2 <= len(task["parameters"]) <= 4
    assert any(15 <= len(one["values"]) <= 30 for one in task["parameters"].values())
    for parameter, one in task["parameters"].items():
        assert len(set(one["values"])) == len(one["values"]) >= 3
        assert all(0 < len(value) <= 60 for value in one["values"])
        assert one["description"]
        assert parameter != task["label"]


@every_task
def test_a_parameter_that_is_also_a_field_has_the_values_of_the_field(name: str) -> None:
    fields = TASKS[name]["schema"]["properties"]
    for parameter, one in TASKS[name]["parameters"].items():
        assert parameter not in fields or fields[parameter]["enum"] == one["values"]


@every_example
def test_an_example_passes_its_schema(name: str, lang: str, record: Record) -> None:
    validator = jsonschema_rs.validator_for(TASKS[name]["schema"])
    assert [fault.message for fault in validator.iter_errors(record)] == []


@every_example
def test_an_example_has_the_fields_in_the_order_of_the_schema(name: str, lang: str, record: Record) -> None:
    assert list(record) == list(TASKS[name]["schema"]["properties"])


@every_example
def test_an_example_is_written_in_its_language(name: str, lang: str, record: Record) -> None:
    text = _texts(TASKS[name], record)
    if name == "ocr_thai":  # its text is in whatever language the picture has
        assert not text
        return
    letters = [sign for sign in text if unicodedata.category(sign)[0] in "LM"]
    thai = sum("\u0e00" <= sign <= "\u0e7f" for sign in letters) / len(letters)
    ascii_ = sum(sign.isascii() for sign in letters) / len(letters)
    assert (thai > 0.75) if lang == "th" else (thai == 0)
    assert (ascii_ > 0.98) if lang == "en" else (ascii_ < 0.9)


@pytest.mark.parametrize("name", [*NAMES, "vision_animals"])
def test_no_example_is_near_to_another(name: str) -> None:
    task = TASKS[name]
    for records in task["examples"].values():
        for one, other in combinations([_grams(_texts(task, record)) for record in records], 2):
            assert len(one & other) / len(one | other) < 0.3


@every_task
def test_fields_that_decide_likeness_and_language_hold_text(name: str) -> None:
    task = TASKS[name]
    for _, record in _of(name):
        for path in (*task["texts"], *task["unique"]):
            assert all(isinstance(text, str) for text in _at(record, path))


@every_task
def test_fields_that_a_rule_names_exist(name: str) -> None:
    for rule in TASKS[name]["rules"]:
        record = TASKS[name]["examples"]["th"][0]
        in_items = {"start", "end", "word"} if rule["rule"] == "spans" else set()
        named = [rule[key] for key in rule.keys() - {"rule", "when", "fields"} - in_items]
        assert {*named, *rule.get("fields", ()), *rule.get("when", ())} <= set(record)
        assert {rule[key] for key in in_items} <= set(record[rule["items"]][0] if in_items else ())


@pytest.mark.parametrize("name", ON_PICTURES)
def test_a_task_on_pictures_varies_by_nothing_and_names_a_file_in_each_example(name: str) -> None:
    task = TASKS[name]
    assert task["parameters"] == {}
    assert set(task["examples"]) == ({"th"} if name == "ocr_thai" else set(LANGUAGES))
    for records in task["examples"].values():
        assert len(records) >= 4
        assert len({record[task["label"]] for record in records}) == len(records)
    assert all(re.fullmatch(r"images/\d+\.jpg", record["image"]) for _, record in _of(name))


def test_an_animal_has_one_name_in_each_language_at_the_same_place() -> None:
    fields = TASKS["vision_animals"]["schema"]["properties"]
    english, thai = fields["label_en"]["enum"], fields["label_th"]["enum"]
    assert len(set(english)) == len(set(thai)) == len(english) == len(thai) >= 40
    assert all(re.fullmatch("[a-z ]+", name) for name in english)
    assert all(re.fullmatch("[\u0e00-\u0e7f]+", name) for name in thai)
    assert english[-2:] == ["other animal", "no animal"]
    pairs = dict(zip(english, thai, strict=True))
    assert all(pairs[record["label_en"]] == record["label_th"] for _, record in _of("vision_animals"))


def test_an_entity_stands_where_its_offsets_say_and_none_overlap() -> None:
    for _, record in _of("ner"):
        end = 0
        for entity in record["entities"]:
            assert record["text"][entity["start"] : entity["end"]] == entity["text"] == entity["text"].strip()
            assert end <= entity["start"] < entity["end"]
            end = entity["end"]


def test_an_entity_that_stands_twice_in_a_text_is_listed_twice() -> None:
    for _, record in _of("ner"):
        words = [entity["text"] for entity in record["entities"]]
        assert all(record["text"].count(word) == words.count(word) for word in words)


def test_every_kind_of_entity_has_an_example_in_each_language() -> None:
    kinds = TASKS["ner"]["schema"]["properties"]["entities"]["items"]["properties"]["label"]["enum"]
    for records in TASKS["ner"]["examples"].values():
        assert {entity["label"] for record in records for entity in record["entities"]} == set(kinds)


def test_what_a_feeling_is_about_is_named_in_the_words_of_the_text() -> None:
    for _, record in _of("sentiment_analysis"):
        assert record["aspect"].casefold() in record["text"].casefold()


def test_the_answer_of_a_multiple_choice_question_is_one_of_its_choices() -> None:
    for _, record in _of("medical_benchmark"):
        choices = [choice.casefold() for choice in record["choices"]]
        assert len(set(choices)) == len(choices)
        assert (record["answer"] in record["choices"]) == (record["type"] == "mcq")


def test_the_right_choice_is_not_always_in_the_same_place() -> None:
    records = [record for _, record in _of("medical_benchmark") if record["choices"]]
    assert len({record["choices"].index(record["answer"]) for record in records}) >= 4


def test_a_translation_goes_into_the_language_of_the_dataset() -> None:
    for lang, record in _of("translation"):
        assert record["target_lang"] == lang != record["source_lang"]
        thai = re.search("[\u0e00-\u0e7f]", record["source_text"]) is not None
        assert thai == (record["source_lang"] == "th")


def test_english_is_translated_from_thai_and_from_vietnamese() -> None:
    assert {record["source_lang"] for record in TASKS["translation"]["examples"]["en"]} == {"th", "vi"}


def test_a_summary_is_at_most_half_as_long_as_its_text_and_in_its_style() -> None:
    for _, record in _of("summarization"):
        assert len(record["summary"]) <= len(record["text"]) / 2
        bullets = [line.startswith("- ") for line in record["summary"].splitlines()]
        assert len(bullets) in range(3, 6) if record["style"] == "bullets" else len(bullets) == 1
        assert all(bullets) == (record["style"] == "bullets")


def test_a_paraphrase_differs_and_a_strong_one_differs_more() -> None:
    for _, record in _of("paraphrase"):
        one, other = _grams(record["text"]), _grams(record["paraphrase"])
        likeness = len(one & other) / len(one | other)
        assert likeness < 0.3 if record["degree"] == "strong" else 0.05 < likeness < 0.8


def test_an_extracted_answer_stands_in_its_passage_once() -> None:
    for _, record in _of("question_answer"):
        found = record["context"].count(record["answer"])
        assert {"extractive": found == 1, "abstractive": found == 0, "unanswerable": not record["answer"]}[
            record["type"]
        ]


def test_a_conversation_goes_in_turns_from_user_to_assistant() -> None:
    for _, record in _of("instruction"):
        roles = [message["role"] for message in record["messages"]]
        turns = roles[roles[0] == "system" :]
        assert turns == ["user", "assistant"] * (len(turns) // 2)
        assert turns


def test_each_language_has_a_conversation_with_a_system_message_and_one_of_several_turns() -> None:
    for records in TASKS["instruction"]["examples"].values():
        roles = [[message["role"] for message in record["messages"]] for record in records]
        assert any("system" in one for one in roles)
        assert any(one.count("user") > 1 for one in roles)


def _value(calculation: str, lang: str) -> float:
    """What a calculation comes to; Vietnamese schools write 1.234,5 and `:` for division."""
    if lang == "vi":
        calculation = calculation.replace(".", "").replace(",", ".").replace(":", "/")
    plain = calculation.replace(",", "").replace("×", "*").replace("÷", "/").replace("−", "-").strip()
    assert re.fullmatch(r"[\d .()/*+-]+", plain), plain
    return float(eval(plain))


def _equation(step: str, lang: str) -> tuple[float, float]:
    """Both sides of the one equation in a step."""
    left, right = step.split("=")
    calculation = re.search(r"[\d(][\d.,() ]*(?: ?[+−×÷/:] ?[\d.,() ]+)+\Z", left)
    result = re.match(r" ?[\d.,/]+", right)
    assert calculation, step
    assert result, step
    return _value(calculation[0], lang), _value(result[0], lang)


def test_every_calculation_is_right_and_the_last_one_gives_the_answer() -> None:
    for lang, record in _of("math_word_problems"):
        for step in record["steps"]:
            left, right = _equation(step, lang)
            assert left == pytest.approx(right, abs=1e-9), step
        assert right == pytest.approx(record["answer"], abs=1e-9)
