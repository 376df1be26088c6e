"""`--schema FILE`: a plain run whose answers are JSON of that form."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dset.rehearsal import faults
from dset.rehearsal.server import Script, Server
from tests.running import Run, at, journal, questions_csv, rejected, statuses
from tests.tasks import FEELINGS

Main = Callable[..., Run]
Serve = Callable[[Script], Server]
SCHEMA = {
    "type": "object",
    "properties": {"answer": {"type": "string", "minLength": 2}, "sure": {"type": "boolean"}},
    "required": ["answer", "sure"],
}


@pytest.fixture(autouse=True)
def _form(clean_place: Path) -> None:
    questions_csv(clean_place, "one", "two", "three")
    (clean_place / "form.json").write_text(json.dumps(SCHEMA), encoding="utf-8")


def answering(**answers: str) -> Script:
    """What each question gets: the first time, and when it is asked again."""

    def script(request: Any) -> Any:
        messages = [one for one in request.body["messages"] if one["role"] == "user"]
        word = messages[0]["content"].split(": ")[1]
        said = answers.get(word) if len(messages) == 1 else None
        return faults.ok(said or json.dumps({"answer": word, "sure": True}))

    return script


def test_the_form_is_sent_behind_the_system_message_and_the_object_stands_in_the_journal(
    main: Main, serve: Serve, clean_place: Path
) -> None:
    server = serve(answering())
    run = main(*at(server.base_url, "--schema", "form.json", "--system", "Be {kind}."))
    assert run.exit_status == 0
    system = server.questions[0].body["messages"][0]["content"]
    assert system.startswith("Be {kind}.\n\nAnswer with one JSON object")
    assert json.dumps(SCHEMA) in system
    assert {line["response"]["data"]["answer"] for line in journal(clean_place)} == {"one", "two", "three"}


def test_what_does_not_follow_the_form_is_asked_again_with_its_faults(
    main: Main, serve: Serve, clean_place: Path
) -> None:
    server = serve(answering(two='{"answer": "x"}'))
    assert main(*at(server.base_url, "--schema", "form.json")).exit_status == 0
    [again] = [one for one in server.questions if len(one.body["messages"]) == 4]
    told = again.body["messages"][-1]["content"]
    assert "answer" in told
    assert "sure" in told
    assert [line["kind"] for line in rejected(clean_place)] == ["retried"]


def test_what_stays_wrong_is_kept_apart_and_the_others_go_on(
    main: Main, serve: Serve, clean_place: Path
) -> None:
    def script(request: Any) -> Any:
        text = request.body["messages"][1]["content"]
        return faults.ok("nonsense" if "two" in text else '{"answer": "yes", "sure": false}')

    run = main(*at(serve(script).base_url, "--schema", "form.json"))
    assert run.exit_status == 1
    assert statuses(clean_place) == {3: "ERROR"}
    assert [line["kind"] for line in rejected(clean_place)] == ["retried", "retried", "invalid"]
    assert "1 with an answer that did not pass its check" in run.out


def test_equal_answers_are_welcome_unless_near_is_given(main: Main, serve: Serve, clean_place: Path) -> None:
    server = serve(faults.always(faults.ok('{"answer": "the same for all of you", "sure": true}')))
    assert main(*at(server.base_url, "--schema", "form.json")).exit_status == 0
    run = main(*at(server.base_url, "--schema", "form.json", "--near", "0.9", "--output", "second"))
    assert run.exit_status == 1
    assert len(journal(clean_place, "second")) == 1
    assert "the same as row 2" in rejected(clean_place, "second")[0]["reason"]
    questions_csv(clean_place, "four")
    run = main(*at(server.base_url, "--schema", "form.json", "--near", "0.9", "--output", "second"))
    assert len(journal(clean_place, "second")) == 1  # what an earlier run let in counts too


def test_a_changed_form_is_told_and_buys_nothing_again(main: Main, serve: Serve, clean_place: Path) -> None:
    server = serve(answering())
    main(*at(server.base_url, "--schema", "form.json"))
    (clean_place / "form.json").write_text(json.dumps({**SCHEMA, "title": "new"}), encoding="utf-8")
    run = main(*at(server.base_url, "--schema", "form.json"))
    assert (run.exit_status, len(server.questions)) == (0, 3)
    assert "--schema changed" in run.err


def test_a_file_with_one_task_is_a_form_with_its_rules(main: Main, serve: Serve, clean_place: Path) -> None:
    (clean_place / "task.json").write_text(json.dumps({"feelings": FEELINGS}), encoding="utf-8")
    server = serve(faults.always(faults.ok('{"text": "I liked it", "label": "good"}')))
    assert main(*at(server.base_url, "--schema", "task.json")).exit_status == 0


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"{", "form.json"),
        (b'{"type": "objekt"}', "objekt"),
        (b'{"$ref": "https://example.com/x.json"}', "https://example.com/x.json"),
        (b'{"$ref": "file:///etc/passwd"}', "file:///etc/passwd"),
        (b"[]", "form.json"),
        (b"\xff\xfe", "form.json"),
        (b"[" * 100_000, "form.json"),
    ],
)
def test_a_form_that_cannot_be_taken_is_one_line(
    main: Main, serve: Serve, content: bytes, told: str, clean_place: Path
) -> None:
    (clean_place / "form.json").write_bytes(content)
    server = serve(answering())
    run = main(*at(server.base_url, "--schema", "form.json"))
    assert run.exit_status == 2
    assert told in run.err
    assert run.err.count("\n") == 1
    assert server.questions == []


def test_a_file_that_is_not_there_is_one_line(main: Main) -> None:
    run = main("--schema", "none.json", "--rehearse")
    assert (run.exit_status, run.err.count("\n")) == (2, 1)
    assert "none.json" in run.err


def test_a_form_with_a_field_called_schema_is_a_form(main: Main, serve: Serve, clean_place: Path) -> None:
    form = {"properties": {"schema": {"type": "object"}}}
    (clean_place / "form.json").write_text(json.dumps(form), encoding="utf-8")
    run = main(*at(serve(lambda _: faults.ok('{"schema": {}}')).base_url, "--schema", "form.json"))
    assert run.exit_status == 0, run.said


def test_a_form_that_is_no_schema_is_told_with_its_file(main: Main, clean_place: Path) -> None:
    (clean_place / "form.json").write_text('{"type": "strin"}', encoding="utf-8")
    run = main("--schema", "form.json")
    assert (run.exit_status, run.err.count("\n")) == (2, 1)
    assert "--schema form.json: schema.type" in run.err


def test_a_form_that_comes_to_a_folder_of_plain_answers_is_told(main: Main, serve: Serve) -> None:
    server = serve(answering())
    main(*at(server.base_url))
    run = main(*at(server.base_url, "--schema", "form.json"))
    assert "--schema changed since the last run" in run.err
    assert len(server.questions) == 3


def test_a_rehearsal_answers_in_the_form(main: Main, clean_place: Path) -> None:
    run = main("--schema", "form.json", "--rehearse=calm")
    assert run.exit_status == 0, run.said
    made = [line["response"]["data"] for line in journal(clean_place, "dset_generator/rehearsal")]
    assert len(made) == 3
    assert all(isinstance(one["sure"], bool) and len(one["answer"]) >= 2 for one in made)
