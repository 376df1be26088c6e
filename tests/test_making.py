"""`task NAME COUNT`, as a user sees it: planned, asked, gated, topped up, resumed."""

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dset.locks import Lock
from dset.rehearsal import faults
from dset.rehearsal.server import Script, Server
from tests.running import Run, at, journal, rejected
from tests.tasks import FEELINGS, Writer, data, queue_rows, queue_saved, tasks_json, words

Main = Callable[..., Run]
Serve = Callable[[Script], Server]
FOLDER = "dset_generator/tasks/feelings"


@pytest.fixture(autouse=True)
def _tasks(clean_place: Path) -> None:
    tasks_json(clean_place)


def make(main: Main, server: Server, count: int, *arguments: str, name: str = "feelings") -> Run:
    return main("task", name, str(count), *at(server.base_url, "--concurrency", "4", *arguments))


# --- Planned and asked ------------------------------------------------------------------------------------------


def test_as_many_records_as_were_ordered_stand_with_labels_and_parameters_level(
    main: Main, serve: Serve, clean_place: Path
) -> None:
    server = serve(Writer())
    run = make(main, server, 12)
    assert run.exit_status == 0, run.said
    assert "Finished feelings (en): 12 of 12 records stand." in run.out
    made = data(clean_place / FOLDER)
    assert Counter(record["label"] for record in made) == {"good": 4, "bad": 4, "neither": 4}
    rows = queue_rows(clean_place / FOLDER)
    assert Counter(row["topic"] for row in rows) == {"food": 3, "work": 3, "travel": 3, "money": 3}
    columns = [line["metadata"]["columns"] for line in journal(clean_place, FOLDER)]
    assert {int(one["slots"]) for one in columns} == set(range(1, 13))
    assert (clean_place / FOLDER / "plan.json").exists()
    assert not (clean_place / "q.csv").exists()


def test_a_command_that_found_no_key_binds_no_later_one(main: Main, serve: Serve, clean_place: Path) -> None:
    refused = main("task", "feelings", "6")
    assert refused.exit_status == 2, refused.said
    assert not (clean_place / FOLDER / "plan.json").exists()
    run = make(main, serve(Writer()), 3, "--lang", "th")
    assert "holds another plan" not in run.err
    assert (clean_place / FOLDER / "plan.json").exists()


def test_what_is_told_first_is_the_same_for_every_record(main: Main, serve: Serve) -> None:
    writer = Writer()
    make(main, serve(writer), 5)
    assert len({messages[0]["content"] for messages in writer.told}) == 1
    assert writer.told[0][0]["role"] == "system"


def test_the_same_command_again_asks_nothing_and_a_larger_count_goes_on(
    main: Main, serve: Serve, clean_place: Path
) -> None:
    writer = Writer()
    server = serve(writer)
    assert make(main, server, 5).exit_status == 0
    run = make(main, server, 5)
    assert (run.exit_status, len(server.questions)) == (0, 5)
    assert make(main, server, 9).exit_status == 0
    assert (len(server.questions), len(data(clean_place / FOLDER))) == (9, 9)
    assert Counter(record["label"] for record in data(clean_place / FOLDER)) == {
        "good": 3,
        "bad": 3,
        "neither": 3,
    }


def test_another_plan_in_the_same_folder_is_refused_and_a_name_makes_room(
    main: Main, serve: Serve, clean_place: Path
) -> None:
    server = serve(Writer())
    make(main, server, 3)
    run = make(main, server, 3, "--seed", "7")
    assert run.exit_status == 2
    assert "--seed was 0 and is 7 now" in run.err
    assert len(server.questions) == 3
    assert make(main, server, 3, "--seed", "7", "--name", "second").exit_status == 0
    assert len(data(clean_place / "dset_generator/tasks/second")) == 3


def test_several_tasks_in_one_call_make_a_dataset_each(main: Main, serve: Serve, clean_place: Path) -> None:
    tasks_json(clean_place, feelings=FEELINGS, moods={**FEELINGS, "description": "Moods."})
    run = make(main, serve(Writer()), 3, name="feelings,moods")
    assert run.exit_status == 0
    for name in ("feelings", "moods"):
        assert len(data(clean_place / "dset_generator/tasks" / name)) == 3


def test_a_fixed_parameter_stands_in_every_row(main: Main, serve: Serve, clean_place: Path) -> None:
    make(main, serve(Writer()), 4, "--set", "topic=the sea", "--set", "label=bad")
    assert {(row["topic"], row["label"]) for row in queue_rows(clean_place / FOLDER)} == {("the sea", "bad")}


def test_a_second_run_of_the_same_task_is_told_so_even_between_two_rounds(
    main: Main, serve: Serve, clean_place: Path
) -> None:
    folder = clean_place / FOLDER
    folder.mkdir(parents=True)
    lock = Lock(folder / ".task.lock", "the folder")
    lock.acquire()
    run = make(main, serve(Writer()), 3)
    lock.release()
    assert run.exit_status == 2
    assert "already running" in run.err
    assert make(main, serve(Writer()), 3).exit_status == 0


# --- Several records a request ----------------------------------------------------------------------------------


def test_several_records_come_with_one_request(main: Main, serve: Serve, clean_place: Path) -> None:
    server = serve(Writer())
    assert make(main, server, 10, "--per-request", "4").exit_status == 0
    assert len(server.questions) == 3
    found = data(clean_place / FOLDER)
    assert sorted(slot for one in found if "slots" in one for slot in one["slots"]) == [
        1,
        2,
        3,
        4,
        5,
        6,
        7,
        8,
        9,
        10,
    ]


def test_of_several_records_the_good_ones_are_kept_and_only_the_bad_ones_are_made_anew(
    main: Main, serve: Serve, clean_place: Path
) -> None:
    writer = Writer(lambda slot, times: {"text": "no"} if slot in {2, 7} and times == 1 else None)
    assert make(main, serve(writer), 8, "--per-request", "4").exit_status == 0
    assert writer.asked == {slot: 2 if slot in {2, 7} else 1 for slot in range(1, 9)}
    lost = [one for line in data(clean_place / FOLDER) for one in line.get("lost", ())]
    assert sorted(one["slot"] for one in lost) == [2, 7]
    assert all("label" in one["reason"] for one in lost)


def test_a_label_that_is_called_as_a_column_of_q_csv_has_a_column_of_its_own(
    main: Main, serve: Serve, clean_place: Path
) -> None:
    properties = {"text": {"type": "string"}, "status": {"enum": ["open", "shut"]}}
    schema = {"type": "object", "properties": properties, "required": ["text", "status"]}
    tasks_json(clean_place, feelings={**FEELINGS, "schema": schema, "label": "status"})
    writer = Writer(lambda slot, times: {"text": words(slot, 5), "status": ["open", "shut"][times % 2]})
    assert make(main, serve(writer), 4).exit_status == 0
    assert {row["q_status"] for row in queue_rows(clean_place / FOLDER)} == {"open", "shut"}
    assert Counter(record["status"] for record in data(clean_place / FOLDER)) == {"open": 2, "shut": 2}


# --- Gated ------------------------------------------------------------------------------------------------------


def test_what_is_wrong_is_told_to_the_model_at_most_twice_and_then_planned_anew(
    main: Main, serve: Serve, clean_place: Path
) -> None:
    writer = Writer(lambda slot, times: {"text": "hm", "label": "odd"} if slot == 2 and times <= 3 else None)
    run = make(main, serve(writer), 3)
    assert run.exit_status == 0
    assert writer.asked == {1: 1, 2: 4, 3: 1}
    again = [messages for messages in writer.told if len(messages) > 2]
    assert [len(messages) for messages in again] == [4, 4]
    assert "text:" in again[0][-1]["content"]
    assert "label:" in again[0][-1]["content"]
    kinds = [(line["kind"], line["response"]["answer"]) for line in rejected(clean_place, FOLDER)]
    assert [kind for kind, _ in kinds] == ["retried", "retried", "invalid"]
    rows = [row for row in queue_rows(clean_place / FOLDER) if row["slots"] == "2"]
    assert len(rows) == 2
    assert rows[0]["label"] == rows[1]["label"]
    assert "take 2" in rows[1]["question"]
    assert (rows[0]["status"], rows[1]["status"]) == ("ERROR", "")


def test_a_record_that_resembles_one_that_stands_is_refused_and_the_model_hears_which(
    main: Main, serve: Serve
) -> None:
    writer = Writer()
    labels: dict[int, str] = {}

    def script(request: Any) -> Any:
        text = request.body["messages"][1]["content"]
        label = text.split("label: ")[1].split("\n")[0]
        slot = int(text.split("ecord ")[1].split(":")[0].split(",")[0])
        labels[slot] = label
        if len(request.body["messages"]) == 2:
            return faults.ok(json.dumps({"text": words(1, 1001) + "!", "label": label}))
        return writer(request)

    run = make(main, serve(script), 3, "--concurrency", "1")
    assert run.exit_status == 0
    assert "the same as record 1" in writer.told[0][-1]["content"]


def test_the_examples_of_the_task_are_no_records(main: Main, serve: Serve, clean_place: Path) -> None:
    example = {"text": words(1, 1001), "label": "good"}
    tasks_json(clean_place, feelings={**FEELINGS, "examples": [example]})
    writer = Writer()
    make(main, serve(writer), 3)
    assert [messages for messages in writer.told if "example 1 of the task" in messages[-1]["content"]]
    assert example["text"] not in {record["text"] for record in data(clean_place / FOLDER)}


def test_a_failing_row_stops_no_other_and_ends_at_the_most_requests(
    main: Main, serve: Serve, clean_place: Path
) -> None:
    writer = Writer(lambda slot, times: "never" if slot == 2 else None)
    run = make(main, serve(writer), 4)
    assert run.exit_status == 1
    assert "Not finished feelings (en): 3 of 4 records stand." in run.out
    assert "requests in all: 12 of at most 12" in run.out
    assert writer.asked == {1: 1, 2: 9, 3: 1, 4: 1}
    run = make(main, serve(writer), 4)
    assert (run.exit_status, sum(writer.asked.values())) == (1, 12)
    assert "--max-requests" in run.out
    run = make(main, serve(writer), 4, "--max-requests", "14")
    assert sum(writer.asked.values()) == 14
    assert run.exit_status == 1


def test_a_row_that_failed_is_not_asked_again_when_its_slot_is_filled_whatever_the_model(
    main: Main, serve: Serve
) -> None:
    writer = Writer(lambda slot, times: "never" if slot == 2 and times <= 3 else None)
    assert make(main, serve(writer), 3).exit_status == 0
    before = Counter(writer.asked)
    assert make(main, serve(writer), 4, "--model", "another").exit_status == 0
    assert writer.asked - before == {4: 1}


def test_a_row_that_nobody_answers_does_not_keep_the_rounds_going(main: Main, serve: Serve) -> None:
    writer = Writer(lambda slot, times: faults.overloaded() if slot == 2 else None)
    run = make(main, serve(writer), 3, "--retry-waits", "0.01")
    assert run.exit_status == 1
    assert writer.asked[2] <= 8


def test_a_row_that_the_service_refuses_is_planned_anew(main: Main, serve: Serve, clean_place: Path) -> None:
    writer = Writer(lambda slot, times: faults.content_exists_risk() if slot == 1 and times == 1 else None)
    run = make(main, serve(writer), 3)
    assert run.exit_status == 0
    statuses = [row["status"] for row in queue_rows(clean_place / FOLDER)]
    assert statuses == ["BLOCKED", "", "", ""]


# --- Outages and kills ------------------------------------------------------------------------------------------


def test_an_outage_stops_and_the_same_command_goes_on(main: Main, serve: Serve, clean_place: Path) -> None:
    down = [True]
    writer = Writer(lambda slot, times: faults.overloaded() if slot > 3 and down[0] else None)
    server = serve(writer)
    run = make(main, server, 8, "--retry-waits", "0.05")
    assert run.exit_status == 1
    assert "Stopped by an outage" in run.out
    stood = len(data(clean_place / FOLDER))
    down[0] = False
    before = Counter(writer.asked)
    assert make(main, server, 8).exit_status == 0
    assert len(data(clean_place / FOLDER)) == 8
    assert sum((writer.asked - before).values()) == 8 - stood
    assert len(queue_rows(clean_place / FOLDER)) == 8


def test_a_limit_ends_a_run_early_and_the_next_one_goes_on(
    main: Main, serve: Serve, clean_place: Path
) -> None:
    server = serve(Writer())
    run = make(main, server, 6, "--limit", "2")
    assert (run.exit_status, len(server.questions)) == (1, 2)
    assert "2 requests to make (--limit)" in run.err
    assert "4 to make" in run.out
    assert make(main, server, 6).exit_status == 0
    assert len(server.questions) == 6


def test_a_budget_is_for_the_sum_of_all_datasets_of_a_command(
    main: Main, serve: Serve, clean_place: Path
) -> None:
    tasks_json(clean_place, feelings=FEELINGS, moods=FEELINGS)
    writer = Writer()

    def dear(request: Any) -> Any:
        content = json.loads(writer(request).body)["choices"][0]["message"]["content"]
        return faults.ok(content, prompt_tokens=10, completion_tokens=1000)

    server = serve(dear)
    price = "{ input = 0, output = 10.0 }"  # USD for a million tokens: a cent a record
    (clean_place / "endpoints.toml").write_text(
        f'[[providers]]\nname = "x"\nbase_url = "{server.base_url}"\nkeys = []\nmodels = ["m"]\nprice = {price}\n'
    )
    ordered = ("task", "feelings,moods", "4", "--max-tokens", "1000", "--budget")
    assert main(*ordered, "0.05").exit_status == 1
    assert len(server.questions) == 5
    assert main(*ordered, "0.05").exit_status == 1
    assert len(server.questions) == 5
    assert main(*ordered, "0.08").exit_status == 0
    assert len(server.questions) == 8


# --- Rehearsed --------------------------------------------------------------------------------------------------


def test_a_schema_that_no_record_follows_is_told_by_a_rehearsal(main: Main, clean_place: Path) -> None:
    schema = {"type": "object", "properties": {"text": {"type": "string"}}, "not": {}}
    tasks_json(clean_place, feelings={**FEELINGS, "schema": schema, "label": ""})
    run = main("task", "feelings", "3", "--rehearse=calm")
    assert run.exit_status == 2
    assert "no record can be invented for this schema" in run.err


def test_a_rehearsal_writes_numbers_where_the_schema_lists_them(main: Main, clean_place: Path) -> None:
    properties = {"text": {"type": "string"}, "grade": {"enum": [1, 2]}}
    schema = {"type": "object", "properties": properties, "required": list(properties)}
    levels = {"parameters": {"grade": ["1", "2"]}, "label": ""}
    tasks_json(clean_place, feelings={**FEELINGS, **levels, "schema": schema})
    run = main("task", "feelings", "4", "--rehearse=calm")
    assert run.exit_status == 0, run.said


# --- What a user does to the files ------------------------------------------------------------------------------


def _cells_cleared(folder: Path, rows: list[dict[str, str]]) -> None:
    queue_saved(folder, [{**row, "status": ""} for row in rows])


def _rejected_deleted(folder: Path, rows: list[dict[str, str]]) -> None:
    (folder / "rejected.json").unlink()


def _doubled_and_edited(folder: Path, rows: list[dict[str, str]]) -> None:
    edited = {**rows[2], "question": rows[2]["question"] + "!"}
    queue_saved(folder, [*rows[::-1], rows[0], edited])


@pytest.mark.parametrize("edit", [_cells_cleared, _rejected_deleted, _doubled_and_edited])
def test_no_edit_of_the_queue_buys_a_record_that_stands(
    main: Main, serve: Serve, clean_place: Path, edit: Callable[[Path, list[dict[str, str]]], None]
) -> None:
    writer = Writer(lambda slot, times: "never" if slot == 2 and times <= 3 else None)
    server = serve(writer)
    assert make(main, server, 4).exit_status == 0
    before = Counter(writer.asked)
    edit(clean_place / FOLDER, queue_rows(clean_place / FOLDER))
    run = make(main, server, 5)
    assert run.exit_status == 0
    assert writer.asked - before == {5: 1}
    assert "not asked: " in run.err


@pytest.mark.parametrize("slots", ["", "x", "0", "7", "1", "3 4", "9" * 5000])
def test_a_row_whose_slots_were_changed_is_not_asked_and_its_record_comes_with_another(
    main: Main, serve: Serve, clean_place: Path, slots: str
) -> None:
    server = serve(Writer())
    make(main, server, 6, "--limit", "2")
    rows = queue_rows(clean_place / FOLDER)
    rows[3]["slots"] = slots
    queue_saved(clean_place / FOLDER, rows)
    run = make(main, server, 6)
    assert run.exit_status == 0, run.said
    assert "6 of 6 records stand" in run.out
    assert len(server.questions) == 6


def test_a_queue_saved_in_another_encoding_is_told_with_what_helps(
    main: Main, serve: Serve, clean_place: Path
) -> None:
    server = serve(Writer())
    make(main, server, 2, "--set", "topic=café")
    path = clean_place / FOLDER / "q.csv"
    path.write_bytes(path.read_bytes().decode("utf-8-sig").encode("cp1252"))
    run = make(main, server, 3, "--set", "topic=café")
    assert run.exit_status == 2
    assert "save it as UTF-8; or delete the file" in run.err
    path.unlink()
    assert make(main, server, 3, "--set", "topic=café").exit_status == 0
    assert len(server.questions) == 3


def test_the_most_requests_hold_for_rows_that_were_planned_before(main: Main, serve: Serve) -> None:
    server = serve(Writer())
    make(main, server, 4, "--limit", "1")
    run = make(main, server, 4, "--max-requests", "2")
    assert run.exit_status == 1
    assert len(server.questions) == 2


def test_a_record_that_was_deleted_from_the_journal_is_made_again(
    main: Main, serve: Serve, clean_place: Path
) -> None:
    server = serve(Writer())
    make(main, server, 4)
    path = clean_place / FOLDER / "output.json"
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[1:]))
    assert make(main, server, 4).exit_status == 0
    assert (len(server.questions), len(data(clean_place / FOLDER))) == (5, 4)


@pytest.mark.parametrize("response", ["x", 5, [], None, {"data": 5}])
def test_a_line_of_the_journal_without_a_record_fills_no_slot(
    main: Main, serve: Serve, clean_place: Path, response: Any
) -> None:
    server = serve(Writer())
    make(main, server, 3)
    path = clean_place / FOLDER / "output.json"
    first, *others = path.read_bytes().splitlines(keepends=True)
    edited = json.dumps({**json.loads(first), "response": response}).encode() + b"\n"
    path.write_bytes(b"".join([edited, *others]))
    assert make(main, server, 3, "--views", "none").exit_status == 0
    assert len(server.questions) == 4


def test_a_plan_that_is_gone_is_made_anew_and_that_is_told(
    main: Main, serve: Serve, clean_place: Path
) -> None:
    server = serve(Writer())
    assert "is gone" not in make(main, server, 3).err
    (clean_place / FOLDER / "plan.json").write_text("{", encoding="utf-8")
    assert "delete that file and ask exactly as before" in make(main, server, 3).err
    (clean_place / FOLDER / "plan.json").unlink()
    run = make(main, server, 3)
    assert "plan.json is gone, and made anew" in run.err
    assert (run.exit_status, len(server.questions)) == (0, 3)


def test_fields_called_records_and_slots_are_a_records_own(
    main: Main, serve: Serve, clean_place: Path
) -> None:
    lists = {"type": "array", "items": {"type": ["object", "integer"]}}
    properties = {"text": {"type": "string"}, "records": lists, "slots": lists}
    schema = {"type": "object", "properties": properties, "required": list(properties)}
    tasks_json(clean_place, feelings={**FEELINGS, "schema": schema, "label": ""})
    writer = Writer(lambda slot, times: {"text": words(slot, times), "records": [{}], "slots": [1]})
    server = serve(writer)
    assert make(main, server, 3).exit_status == 0
    assert make(main, server, 3).exit_status == 0
    assert len(server.questions) == 3


def test_the_status_of_a_task_is_told_by_its_own_rows_and_records(
    main: Main, serve: Serve, clean_place: Path
) -> None:
    (clean_place / "q.csv").write_text("question,status\nmine,\n", encoding="utf-8")
    writer = Writer(lambda slot, times: "never" if slot == 2 and times <= 3 else None)
    server = serve(writer)
    make(main, server, 4, "--limit", "3")
    some = main("status", FOLDER)
    assert some.exit_status == 1
    assert " of 4 records stand; the same command makes the other " in some.out
    make(main, server, 4)
    done = main("status", FOLDER)
    assert done.exit_status == 0, done.said
    assert "4 of 4 records stand" in done.out
    assert "5 rows, 4 done, 0 to do" in done.out
    assert "what failed is planned anew" in done.out
    assert "--retry-failed" not in done.out


# --- What a user gets wrong -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["task"], "task what?"),
        (["task", "feelings"], "how many records?"),
        (["task", "feelings", "many"], "how many records?"),
        (["task", "feelings", "0"], "how many records?"),
        (["task", "feelings", "9" * 5000], "how many records?"),
        (["task", "3", "feelings"], "task what?"),
        (["task", "feelngs", "3"], "feelings"),
        (["task", "feelings,feelings", "3"], "named twice"),
        (["task", "feelings", "3", "--set", "colour=red"], "no such parameter"),
        (["task", "feelings", "3", "--set", "topic"], "NAME=VALUE"),
        (["task", "feelings", "3", "--set", "topic=\udcff"], "is not UTF-8 text"),
        (["task", "feelings", "3", "--set", "topic=a", "--set", "topic=b"], "--set topic stands twice"),
        (["task", "feelings,ner", "3", "--set", "label=bad"], "the task ner has no such parameter"),
        (["task", "feelings", "3", "--lang", "thai!"], "--lang"),
        (["task", "feelings", "3", "--name", "../x"], "--name"),
        (["task", "feelings,ner", "3", "--name", "x"], "--name names one dataset"),
        (["task", "feelings", "3", "--format", "xls"], "must be one of"),
        (["task", "feelings", "3", "--split", "90/20"], "90/5/5"),
        (["task", "feelings", "3", "--near", "2"], "at most 1"),
        (["task", "show", "nothing"], "nothing"),
        (["task", "check"], "which file?"),
        (["task", "list", "all"], "no further word"),
        *(
            (["task", "feelings", "3", f"--{flag}", "3"], f"unrecognized arguments: --{flag}")
            for flag in ("questions", "column", "encoding", "prompt", "system", "schema", "samples")
        ),
        (["task", "feelings", "3", "--retry-failed"], "unrecognized arguments: --retry-failed"),
    ],
)
def test_what_cannot_be_ordered_is_told_in_one_line(
    main: Main, words: list[str], told: str, clean_place: Path
) -> None:
    run = main(*words)
    assert run.exit_status == 2
    assert told in run.err
    assert run.err.count("\n") == 1
    assert not (clean_place / "dset_generator").exists()


def test_a_code_of_a_language_is_the_same_in_any_case(main: Main, serve: Serve) -> None:
    server = serve(Writer())
    assert make(main, server, 2, "--lang", "EN").exit_status == 0
    assert make(main, server, 2, "--lang", "en").exit_status == 0
    assert len(server.questions) == 2


def test_a_key_in_the_wrong_flag_is_not_shown(main: Main, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DSET_API_KEY", "sk-notforanyoneseyes1234")
    run = main("task", "feelings", "3", "--set", "sk-notforanyoneseyes1234")
    assert run.exit_status == 2
    assert "notforanyone" not in run.said


def test_variables_for_the_users_plain_runs_are_in_no_tasks_way(
    main: Main, serve: Serve, clean_place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = {"PROMPT": "Translate: {word}", "SYSTEM": "Be short.", "SAMPLES": "3", "COLUMN": "word"}
    for name, value in {**told, "QUESTIONS": "words.csv", "SCHEMA": "form.json"}.items():
        monkeypatch.setenv(f"DSET_{name}", value)
    writer = Writer()
    assert make(main, serve(writer), 3).exit_status == 0
    assert len(writer.told) == 3
    assert "Translate" not in str(writer.told)
    assert "Be short." not in str(writer.told)


def test_the_tasks_are_listed_and_shown(main: Main) -> None:
    listed = main("task", "list")
    assert listed.exit_status == 0
    for name in ("feelings", "sentiment_analysis", "ner", "medical_benchmark"):
        assert f"\n{name} " in listed.out
    shown = main("task", "show", "feelings")
    assert "How somebody feels about something." in shown.out
    assert main("task", "check", "tasks.json").exit_status == 0


def test_a_language_that_cannot_be_checked_is_told(main: Main, serve: Serve) -> None:
    run = make(main, serve(Writer()), 3, "--lang", "tlh")
    assert run.exit_status == 0
    assert "--lang tlh: no language that is known here" in run.err
