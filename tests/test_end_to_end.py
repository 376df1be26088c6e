"""The whole program against a real server: what a user sees from the first run to the last."""

import csv
import errno
import itertools
import json
import os
import re
import stat
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Any, ClassVar, Self

import pytest

import dset_generator
from dset import clients, clocks, locks, prompts
from dset.errors import AlreadyRunningError
from dset.locks import Lock
from dset.outputs import Outputs
from dset.rehearsal import faults
from dset.rehearsal.server import Behaviour, Request, Script, Server, json_reply
from tests.running import (
    Run,
    at,
    csv_rows,
    journal,
    questions_csv,
    rejected,
    statuses,
    txt_questions,
)
from tests.samples import HOSTILE, read_lines

NEEDS_PROC = pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="names files by /proc")
Main = Callable[..., Run]
Serve = Callable[[Script], Server]
TWENTY = [f"question {number}" for number in range(1, 21)]


@pytest.fixture
def main(capsys: pytest.CaptureFixture[str]) -> Main:
    """The script's `main` in this process: the same code without a second to start it."""

    def run(*arguments: str) -> Run:
        exit_status = dset_generator.main(list(arguments))
        said = capsys.readouterr()
        return Run(exit_status, said.out, said.err)

    return run


def answer(request: Request) -> Behaviour:
    return faults.ok(f"answer to {request.text}", "thinking …")


def asked(server: Server) -> list[str]:
    return [request.text.removeprefix("answer this question: ") for request in server.questions]


def test_a_run_answers_every_row_once_in_all_three_outputs_and_a_second_asks_nothing(
    main: Main, serve: Serve, clean_place: Path
) -> None:
    questions_csv(clean_place, "one", "two", "สาม", "two")
    before = (clean_place / "q.csv").read_bytes()
    server = serve(answer)
    first = main(*at(server.base_url))
    assert first.exit_status == 0
    assert "answered 4" in first.out
    names = sorted(["one", "two", "สาม", "two"])
    assert sorted(record["metadata"]["question"] for record in journal(clean_place)) == names
    assert sorted(row["question"] for row in csv_rows(clean_place)) == names
    assert sorted(txt_questions(clean_place)) == names
    assert len({record["metadata"]["id"] for record in journal(clean_place)}) == 4
    assert (clean_place / "q.csv").read_bytes() == before

    second = main(*at(server.base_url))
    assert second.exit_status == 0
    assert "Nothing to do: all 4 rows are answered." in second.out
    assert len(server.questions) == 4


@pytest.mark.parametrize("concurrency", ["8", "1"])
def test_a_row_that_fails_for_good_costs_four_attempts_and_holds_up_no_other(
    main: Main, serve: Serve, clean_place: Path, concurrency: str
) -> None:
    path = questions_csv(clean_place, *TWENTY)
    before = path.read_bytes()
    well = False

    def script(request: Request) -> Behaviour:
        if request.text.endswith("question 2") and not well:
            return faults.server_error()
        return answer(request)

    server = serve(script)
    first = main(*at(server.base_url, "--concurrency", concurrency))
    assert first.exit_status == 1
    assert Counter(asked(server)) == Counter({**dict.fromkeys(TWENTY, 1), "question 2": 4})
    assert path.read_bytes() == before.replace(b"question 2,\n", b"question 2,ERROR\n")
    assert len(journal(clean_place)) == 19

    well = True
    second = main(*at(server.base_url))
    assert second.exit_status == 0
    assert asked(server)[23:] == ["question 2"]
    assert path.read_bytes() == before

    third = main(*at(server.base_url))
    assert third.exit_status == 0
    assert len(server.questions) == 24


def test_the_attempts_at_a_failing_row_come_after_the_waits_given(
    main: Main, serve: Serve, clean_place: Path
) -> None:
    questions_csv(clean_place, "good", "bad")
    times: list[float] = []

    def script(request: Request) -> Behaviour:
        if request.text.endswith("bad"):
            times.append(time.monotonic())
            return faults.overloaded()
        return answer(request)

    main(*at(serve(script).base_url, "--retry-waits", "0.1,0.2,0.3"))
    waits = [later - earlier for earlier, later in itertools.pairwise(times)]
    assert len(waits) == 3
    for wait, given in zip(waits, (0.1, 0.2, 0.3), strict=True):
        assert given <= wait < given + 0.2


def test_an_outage_stops_the_run_at_a_bookmark_and_the_next_run_goes_on_from_it(
    main: Main, serve: Serve, clean_place: Path
) -> None:
    path = questions_csv(clean_place, *TWENTY)
    before = path.read_bytes()
    down = faults.overloaded()
    server = serve(faults.after(5, answer, down))
    first = main(*at(server.base_url, "--concurrency", "2", "--retry-waits", "0.02,0.02,0.02"))
    assert first.exit_status == 1
    assert "Stopped by an outage" in first.out
    assert "run the same command again" in first.out
    saved = {record["metadata"]["question"] for record in journal(clean_place)}
    assert len(saved) == 5
    failed = set(statuses(clean_place).values())
    assert failed == {"ERROR"}
    assert 1 <= len(statuses(clean_place)) <= 3

    well = serve(answer)
    second = main(*at(well.base_url))
    assert second.exit_status == 0
    assert len(asked(well)) == 15
    assert not saved & set(asked(well))
    assert path.read_bytes() == before


def test_bad_rows_side_by_side_do_not_block_the_dataset(main: Main, serve: Serve, clean_place: Path) -> None:
    questions_csv(clean_place, *TWENTY)
    bad = {"question 7": faults.overloaded(), "question 8": faults.overloaded()}

    def script(request: Request) -> Behaviour:
        name = request.text.removeprefix("answer this question: ")
        return bad.get(name) or answer(request)

    server = serve(script)
    args = at(server.base_url, "--concurrency", "1", "--retry-waits", "0.01,0.01,0.01")
    main(*args)
    run = main(*args)
    assert run.exit_status == 1
    assert "Finished, but some rows failed." in run.out
    assert statuses(clean_place) == {8: "ERROR", 9: "ERROR"}
    assert len(journal(clean_place)) == 18


def test_a_bad_row_that_is_the_last_one_is_no_outage(main: Main, serve: Serve, clean_place: Path) -> None:
    questions_csv(clean_place, "good", "bad")
    server = serve(faults.by_text({"bad": faults.always(faults.overloaded())}, answer))
    run = main(*at(server.base_url, "--concurrency", "1"))
    assert "Finished, but some rows failed." in run.out
    assert run.exit_status == 1


def test_a_journal_edited_during_a_run_loses_nothing_and_the_views_follow_it(
    main: Main, serve: Serve, clean_place: Path
) -> None:
    questions_csv(clean_place, *TWENTY)
    path = clean_place / "dset_generator" / "output.json"
    replaced: list[bytes] = []

    def script(request: Request) -> Behaviour:
        if request.text.endswith("question 10"):
            lines = path.read_bytes().splitlines(keepends=True)
            replaced.append(lines[0])
            path.with_name("new").write_bytes(b"".join(lines[1:]))
            path.with_name("new").replace(path)  # as `sed -i` and most editors do
        return answer(request)

    server = serve(script)
    run = main(*at(server.base_url, "--concurrency", "1"))
    assert run.exit_status == 0
    questions = [record["metadata"]["question"] for record in journal(clean_place)]
    assert len(questions) == 19
    assert [row["question"] for row in csv_rows(clean_place)] == questions
    assert txt_questions(clean_place) == questions
    assert "1 left to ask" in run.out
    main(*at(server.base_url))
    assert len(journal(clean_place)) == 20
    assert len(server.questions) == 21


def test_a_view_edited_during_a_run_is_set_aside_and_made_anew(
    main: Main, serve: Serve, clean_place: Path
) -> None:
    questions_csv(clean_place, *TWENTY)
    path = clean_place / "dset_generator" / "output.csv"

    def script(request: Request) -> Behaviour:
        if request.text.endswith("question 10"):
            path.with_name("new").write_bytes(b"my own notes\n")
            path.with_name("new").replace(path)
        return answer(request)

    run = main(*at(serve(script).base_url, "--concurrency", "1"))
    assert run.exit_status == 0
    assert sorted(row["question"] for row in csv_rows(clean_place)) == sorted(TWENTY)
    assert path.with_name("output.csv.bak1").read_bytes() == b"my own notes\n"


def test_a_q_csv_deleted_during_a_run_costs_nothing_and_the_summary_stays_true(
    main: Main, serve: Serve, clean_place: Path
) -> None:
    path = questions_csv(clean_place, "one", "two", "three")

    def script(request: Request) -> Behaviour:
        path.unlink(missing_ok=True)
        return answer(request)

    run = main(*at(serve(script).base_url, "--concurrency", "1"))
    assert run.exit_status == 0
    assert len(journal(clean_place)) == 3
    assert "left to ask" not in run.out
    assert "no such file" in run.err


def test_a_link_to_a_q_csv_is_the_same_q_csv(main: Main, serve: Serve, clean_place: Path) -> None:
    questions_csv(clean_place, "one", "two")
    try:
        (clean_place / "link.csv").symlink_to("q.csv")
    except OSError:
        pytest.skip("no links here")
    told: list[Run] = []
    server = serve(faults.slow(0.0, answer))

    def script(request: Request) -> Behaviour:
        if not told:
            told.append(second())
        return answer(request)

    def second() -> Run:
        from tests.running import run_script

        return run_script(clean_place, *at(server.base_url, "--questions", "link.csv", "--output", "other"))

    main(*at(serve(script).base_url, "--concurrency", "1"))
    assert told[0].exit_status == 2
    assert "in use" in told[0].err
    assert server.questions == []


def test_a_key_that_a_server_echoes_in_escapes_reaches_no_output(
    main: Main, serve: Serve, clean_place: Path
) -> None:
    key = "sk-canary/0123456789abcdef"
    questions_csv(clean_place, "one")
    (clean_place / ".env").write_text(f"DEEPSEEK_API_KEY={key}\n")
    body = json.dumps({"choices": [{"message": {"content": f"key: {key}"}, "finish_reason": "stop"}]})
    escaped = "".join(f"\\u{ord(letter):04x}" for letter in key)
    server = serve(faults.always(Behaviour(body=body.replace(key, escaped).encode())))
    main(*at(server.base_url))
    assert journal(clean_place)[0]["response"]["answer"] == "key: ***"


def test_bookmarked_rows_are_asked_first(main: Main, serve: Serve, clean_place: Path) -> None:
    questions_csv(clean_place, "one", "two", "three", status={4: "ERROR"})
    (clean_place / "dset_generator").mkdir()
    (clean_place / "dset_generator" / "output.json").touch()
    server = serve(answer)
    main(*at(server.base_url, "--concurrency", "1"))
    assert asked(server) == ["three", "one", "two"]


def test_a_wrong_key_costs_one_attempt_per_request_in_flight_and_bookmarks_the_first_row(
    main: Main, serve: Serve, clean_place: Path
) -> None:
    questions_csv(clean_place, *TWENTY)
    key = "sk-canary-0123456789abcdef"
    (clean_place / ".env").write_text(f"DEEPSEEK_API_KEY={key}\n")
    (clean_place / ".env").chmod(0o600)
    server = serve(faults.slow(0.05, faults.echoes_key))
    run = main(*at(server.base_url, "--concurrency", "3"))
    assert run.exit_status == 2
    assert len(server.questions) == 3
    assert {request.headers["authorization"] for request in server.questions} == {f"Bearer {key}"}
    assert statuses(clean_place) == {2: "ERROR"}
    assert ".env" in run.out
    assert run.err.split("\n")[-2].endswith("Check DEEPSEEK_API_KEY in .env.")
    everything = [
        run.said,
        *(
            path.read_text("utf-8")
            for path in clean_place.rglob("*")
            if path.name != ".env" and path.is_file()
        ),
    ]
    assert not any(key in text for text in everything)


def test_without_a_key_one_line_says_how_to_get_one_and_nothing_is_sent_or_made(
    main: Main, clean_place: Path
) -> None:
    questions_csv(clean_place, "one")
    run = main()
    assert run.exit_status == 2
    assert run.out == ""
    assert run.err.count("\n") == 1
    assert "DEEPSEEK_API_KEY" in run.err
    assert "https://platform.deepseek.com" in run.err
    assert "--rehearse" in run.err
    assert not (clean_place / "dset_generator" / "output.json").exists()


def test_what_was_paid_for_in_vain_is_not_asked_again_and_a_plain_400_is(
    main: Main, serve: Serve, clean_place: Path
) -> None:
    path = questions_csv(clean_place, "good", "long", "secret", "odd")
    script = faults.by_text(
        {"long": faults.cut_short(), "secret": faults.content_exists_risk(), "odd": faults.unprocessable()},
        answer,
    )
    server = serve(script)
    first = main(*at(server.base_url))
    assert first.exit_status == 1
    assert statuses(clean_place) == {3: "ERROR", 4: "BLOCKED", 5: "ERROR"}
    kinds = {record["metadata"]["question"]: record["kind"] for record in rejected(clean_place)}
    assert kinds == {"long": "cut short", "secret": "refusal", "odd": "row fault"}
    assert next(one for one in rejected(clean_place) if one["kind"] == "cut short")["response"]["answer"]
    assert "--max-tokens" in first.out

    second = main(*at(server.base_url))
    assert second.exit_status == 1
    assert asked(server)[4:] == ["odd"]
    assert "--retry-failed" in second.err

    third = main(*at(server.base_url, "--max-tokens", "9999"))
    assert sorted(asked(server)[5:]) == ["long", "odd", "secret"]
    assert third.exit_status == 1

    path.write_bytes(path.read_bytes().replace(b"secret,BLOCKED", b"secret,"))
    main(*at(server.base_url, "--max-tokens", "9999"))
    assert sorted(asked(server)[8:]) == ["odd", "secret"]

    main(*at(server.base_url, "--max-tokens", "9999", "--retry-failed"))
    assert sorted(asked(server)[10:]) == ["long", "odd", "secret"]


def test_a_text_that_broke_off_is_kept_and_leaves_no_bookmark_where_the_next_try_is_answered(
    main: Main, serve: Serve, clean_place: Path
) -> None:
    path = questions_csv(clean_place, "one", "same", "same")
    before = path.read_bytes()
    broken_off = faults.insufficient_system_resource("Half of it")
    server = serve(faults.by_text({"same": [broken_off]}, answer))
    first = main(*at(server.base_url, "--concurrency", "1", "--limit", "2"))
    assert first.exit_status == 0
    assert "answered 2, failed 0, blocked 0, rejected 1 (paid for, kept in rejected.json)" in first.out
    assert "possibly billed twice: 1 request" in first.out
    [line] = rejected(clean_place)
    assert (line["kind"], line["response"]["answer"]) == ("retried", "Half of it")
    assert line["metadata"]["completion_tokens"] == 5
    assert path.read_bytes() == before
    assert "3 rows, 2 done, 1 to do" in main("status", "--base-url", server.base_url).out

    (
        clean_place / "dset_generator" / ".state.json"
    ).unlink()  # as after a crash: rejected.json speaks for q.csv
    second = main(*at(server.base_url))
    assert second.exit_status == 0
    assert "left alone" not in second.err
    assert "bookmarked" not in second.said
    assert asked(server) == ["one", "same", "same", "same"]
    assert path.read_bytes() == before
    assert len(journal(clean_place)) == 3


@pytest.mark.parametrize(
    "blocked",
    [
        faults.content_exists_risk(),
        faults.content_filter(),
        faults.ok("Half of it", finish_reason="content_filter"),
        faults.refusal(),
        faults.gemini_blocked(),
        faults.error_200("Content Exists Risk"),
    ],
    ids=["risk", "filter", "filter after a text", "refusal", "no message", "risk in a 200"],
)
def test_only_blocked_rows_left_is_success_and_they_are_asked_once(
    main: Main, serve: Serve, clean_place: Path, blocked: Behaviour
) -> None:
    questions_csv(clean_place, "good", "secret")
    server = serve(faults.by_text({"secret": faults.always(blocked)}, answer))
    for _ in range(2):
        assert main(*at(server.base_url)).exit_status == 0
    assert sorted(asked(server)) == ["good", "secret"]
    assert statuses(clean_place) == {3: "BLOCKED"}


def test_the_first_three_rows_failing_alike_stop_the_run(main: Main, serve: Serve, clean_place: Path) -> None:
    questions_csv(clean_place, *TWENTY)
    server = serve(faults.always(faults.unprocessable()))
    run = main(*at(server.base_url, "--concurrency", "1"))
    assert run.exit_status == 2
    assert len(server.questions) == 3
    assert list(statuses(clean_place)) == [2, 3, 4]


def test_a_dead_model_name_becomes_one_helpful_line(main: Main, serve: Serve, clean_place: Path) -> None:
    questions_csv(clean_place, "one")
    server = serve(faults.always(faults.dead_model_name("deepseek-chat")))
    run = main(*at(server.base_url, "--model", "deepseek-chat"))
    assert run.exit_status == 2
    assert "--model deepseek-flash" in run.out


def test_rows_inserted_sorted_edited_and_deleted_between_runs_cost_only_what_is_new(
    main: Main, serve: Serve, clean_place: Path
) -> None:
    questions_csv(clean_place, "one", "two", "three", "two")
    server = serve(answer)
    main(*at(server.base_url))
    questions_csv(clean_place, "two", "zero", "three, edited", "two", "one", "two")
    run = main(*at(server.base_url))
    assert run.exit_status == 0
    assert sorted(asked(server)[4:]) == ["three, edited", "two", "zero"]
    assert "1 answer without a row in q.csv now" in run.err


def test_deleting_a_line_of_the_journal_asks_that_row_again_and_the_views_follow(
    main: Main, serve: Serve, clean_place: Path
) -> None:
    questions_csv(clean_place, "one", "two", "three")
    server = serve(answer)
    main(*at(server.base_url, "--concurrency", "1"))
    path = clean_place / "dset_generator" / "output.json"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(lines[0] + lines[2])
    main(*at(server.base_url))
    assert asked(server)[3:] == ["two"]
    assert [row["question"] for row in csv_rows(clean_place)] == ["one", "three", "two"]
    assert txt_questions(clean_place) == ["one", "three", "two"]


def test_samples_gives_every_question_so_many_answers(main: Main, serve: Serve, clean_place: Path) -> None:
    questions_csv(clean_place, "one", "two")
    server = serve(answer)
    main(*at(server.base_url, "--samples", "2"))
    main(*at(server.base_url, "--samples", "3"))
    assert Counter(asked(server)) == {"one": 3, "two": 3}
    records = [record["metadata"] for record in journal(clean_place)]
    assert len({record["id"] for record in records}) == 6
    assert sorted((record["question"], record["sample"]) for record in records) == [
        (question, sample) for question in ("one", "two") for sample in (1, 2, 3)
    ]


def test_a_limit_leaves_the_rest_to_the_next_run_and_is_no_failure(
    main: Main, serve: Serve, clean_place: Path
) -> None:
    questions_csv(clean_place, *TWENTY)
    server = serve(answer)
    assert main(*at(server.base_url, "--limit", "5")).exit_status == 0
    assert len(server.questions) == 5
    assert main(*at(server.base_url)).exit_status == 0
    assert sorted(asked(server)) == sorted(TWENTY)


def test_a_conversation_is_sent_as_it_is(main: Main, serve: Serve, clean_place: Path) -> None:
    talk = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "hi {question}"}]
    cell = json.dumps(talk).replace('"', '""')
    (clean_place / "q.csv").write_text(f'question,messages,status\n,"{cell}",\nplain,,\n,not json,\n')
    server = serve(answer)
    run = main(*at(server.base_url, "--system", "You are {question}"))
    bodies = [dict(request.body) for request in server.questions]
    assert talk in [body["messages"] for body in bodies]
    assert [
        {"role": "system", "content": "You are plain"},
        {"role": "user", "content": "answer this question: plain"},
    ] in [body["messages"] for body in bodies]
    assert statuses(clean_place) == {4: "ERROR"}
    assert run.exit_status == 1


def test_other_columns_are_kept_offered_to_the_prompt_and_carried_into_the_outputs(
    main: Main, serve: Serve, clean_place: Path
) -> None:
    (clean_place / "q.csv").write_text("question;topic;model;status\nwhy?;sky;x;\n", encoding="utf-8-sig")
    server = serve(answer)
    main(*at(server.base_url, "--prompt", "{topic}: {question} {unknown} {{x}}"))
    assert server.questions[0].text == "sky: why? {unknown} {{x}}"
    [row] = csv_rows(clean_place)
    assert (row["topic"], row["q_model"]) == ("sky", "x")
    assert journal(clean_place)[0]["metadata"]["columns"] == {"topic": "sky", "model": "x"}


def test_a_changed_prompt_or_model_buys_nothing_again_and_says_so(
    main: Main, serve: Serve, clean_place: Path
) -> None:
    (clean_place / "q.csv").write_text("question,topic\nwhy?,sky\nhow?,sea\n")
    server = serve(answer)
    main(*at(server.base_url))
    run = main(*at(server.base_url, "--prompt", "{topic}: {question}", "--model", "other"))
    assert run.exit_status == 0
    assert len(server.questions) == 2
    assert "--model, --prompt changed" in run.err
    assert "--output" in run.err


def test_the_original_tools_folder_is_gone_on_with(main: Main, serve: Serve, clean_place: Path) -> None:
    questions_csv(clean_place, "one", "two", "three", "four", status={4: "ERROR"})
    folder = clean_place / "dset_generator"
    folder.mkdir()
    rows = [("2025-03-15 14:30:45", "one", "hm", "1"), ("2025-03-15 14:31:45", "two", None, "2")]
    with (folder / "output.json").open("w", encoding="utf-8") as stream:
        for stamp, question, thoughts, text in rows:
            record = {
                "metadata": {"timestamp": stamp, "question": question},
                "response": {"reasoning": thoughts, "answer": text},
            }
            stream.write(json.dumps(record) + "\n")
    old_csv = "timestamp,question,thoughts,final_answer\r\n2025-03-15 14:30:45,one,hm,1\r\n2025-03-15 14:31:45,two,,2\r\n"
    (folder / "output.csv").write_bytes(old_csv.encode())
    server = serve(answer)
    run = main(*at(server.base_url, "--concurrency", "1"))
    assert run.exit_status == 0
    assert asked(server) == ["three", "four"]
    assert [row["question"] for row in csv_rows(clean_place)] == ["one", "two", "three", "four"]
    assert (folder / "output.csv.bak1").read_bytes() == old_csv.encode()
    assert statuses(clean_place) == {}


def test_an_error_without_outputs_means_that_the_rows_above_it_are_done(
    main: Main, serve: Serve, clean_place: Path
) -> None:
    questions_csv(clean_place, "one", "two", "three", "four", status={4: "ERROR"})
    server = serve(answer)
    run = main(*at(server.base_url))
    assert sorted(asked(server)) == ["four", "three"]
    assert "2 rows above an ERROR count as done before" in run.out
    assert [one["kind"] for one in rejected(clean_place)] == ["done before", "done before"]
    assert "2 rows above an ERROR count as done before" in main(*at(server.base_url)).out
    assert len(server.questions) == 2


def test_an_explicit_output_folder_never_takes_a_bookmark_for_more_than_it_is(
    main: Main, serve: Serve, clean_place: Path
) -> None:
    questions_csv(clean_place, "one", "two", status={3: "ERROR"})
    server = serve(answer)
    main(*at(server.base_url, "--output", "fresh"))
    assert sorted(asked(server)) == ["one", "two"]


def test_output_csv_alone_is_enough_to_buy_nothing_twice(main: Main, serve: Serve, clean_place: Path) -> None:
    questions_csv(clean_place, "=1+1", "'=quoted", "two")
    server = serve(answer)
    main(*at(server.base_url, "--limit", "2"))
    (clean_place / "dset_generator" / "output.json").unlink()
    run = main(*at(server.base_url))
    assert len(server.questions) == 3
    assert "2 answers were taken over from output.csv" in run.err
    assert sorted(row["question"] for row in csv_rows(clean_place)) == sorted(["=1+1", "'=quoted", "two"])


def test_damage_in_the_middle_of_the_journal_is_named_and_nothing_is_asked(
    main: Main, serve: Serve, clean_place: Path
) -> None:
    questions_csv(clean_place, "one", "two", "three")
    server = serve(answer)
    main(*at(server.base_url, "--limit", "2"))
    path = clean_place / "dset_generator" / "output.json"
    first, second = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(first[:40] + b"\n" + second)
    damaged = path.read_bytes()
    run = main(*at(server.base_url))
    assert run.exit_status == 2
    assert "line 1" in run.err
    assert len(server.questions) == 2
    assert path.read_bytes() == damaged


def test_a_service_that_says_too_many_is_waited_for_and_no_row_fails(
    main: Main, serve: Serve, clean_place: Path
) -> None:
    questions_csv(clean_place, *TWENTY)
    server = serve(
        faults.by_text({"question 3": [faults.retry_after("0.2"), faults.retry_after("0.2")]}, answer)
    )
    run = main(*at(server.base_url, "--concurrency", "4"))
    assert run.exit_status == 0
    assert Counter(asked(server))["question 3"] == 3


def test_status_tells_what_is_done_and_what_the_next_run_will_do(
    main: Main, serve: Serve, clean_place: Path
) -> None:
    questions_csv(clean_place, "good", "long", "new")
    server = serve(faults.by_text({"long": faults.cut_short()}, answer))
    assert main("status").exit_status == 1
    main(*at(server.base_url, "--limit", "2"))
    args = ("status", "--base-url", server.base_url)
    listing = sorted(clean_place.rglob("*"))
    contents = [path.read_bytes() for path in listing if path.is_file()]
    looked = main(*args)
    assert looked.exit_status == 1
    assert "3 rows, 1 done, 1 to do" in looked.out
    assert "cut short" in looked.out
    assert sorted(clean_place.rglob("*")) == listing
    assert [path.read_bytes() for path in listing if path.is_file()] == contents
    assert len(server.questions) == 2


def test_a_finished_folder_has_status_0_and_a_damaged_one_2(
    main: Main, serve: Serve, clean_place: Path
) -> None:
    questions_csv(clean_place, "one", "two")
    main(*at(serve(answer).base_url))
    assert main("status").exit_status == 0
    path = clean_place / "dset_generator" / "output.json"
    path.write_bytes(b"{broken\n" + path.read_bytes())
    looked = main("status", "dset_generator")
    assert looked.exit_status == 2
    assert "line 1" in looked.out


@pytest.mark.parametrize(
    ("content", "part"),
    [
        (b"question\nHello, world\n", "row 2"),
        (b'question\nfine\n"never closed\n', "line 3"),
        (b"PK\x03\x04rest", "Excel"),
        (b"question\n\xa1\xa2\xa3\xa4 \xca\xc7\xd1\xca\xb4\xd5\n", "--encoding"),
        (b"question,question\na,b\n", "rename"),
        (b"question\nfine\na\0b\n", "line 3: holds a NUL character"),
        (b'question\n"open\n' + b"x\n" * 2_000 + b'"\n', "line 2: a cell spans more than 1,000 lines"),
        (b"<!DOCTYPE html><html>", "a web page"),
        (b'[{"question": "a"}]', "JSON"),
        ("question\na\n".encode("utf-16-le"), "--encoding utf-16-le"),
    ],
)
def test_a_q_csv_that_cannot_be_read_rightly_is_refused_in_one_line_and_nothing_is_sent(
    main: Main, serve: Serve, clean_place: Path, content: bytes, part: str
) -> None:
    (clean_place / "q.csv").write_bytes(content)
    server = serve(answer)
    run = main(*at(server.base_url))
    assert run.exit_status == 2
    assert run.err.count("\n") == 1
    assert part in run.err
    assert "q.csv" in run.err
    assert server.questions == []
    assert (clean_place / "q.csv").read_bytes() == content


@pytest.mark.parametrize(
    "content", [b"", b"question,status\n", b"question\n\n,\n \n", b"\xef\xbb\xbf", b",,,\n,,,\n"]
)
def test_a_q_csv_without_questions_is_nothing_to_do(main: Main, clean_place: Path, content: bytes) -> None:
    (clean_place / "q.csv").write_bytes(content)
    run = main()
    assert run.exit_status == 0
    assert "Nothing to do" in run.out
    assert (clean_place / "q.csv").read_bytes() == content


def test_a_second_run_in_the_same_folder_is_told_so_at_once(
    main: Main, serve: Serve, clean_place: Path
) -> None:
    from dset.locks import Lock

    questions_csv(clean_place, "one")
    (clean_place / "dset_generator").mkdir()
    lock = Lock(clean_place / "dset_generator" / ".lock", "the folder")
    lock.acquire()
    server = serve(answer)
    try:
        run = main(*at(server.base_url))
        other = main(*at(server.base_url, "--output", "elsewhere"))
    finally:
        lock.release()
    assert run.exit_status == 2
    assert "pid" in run.err
    assert run.err.count("\n") == 1
    assert other.exit_status == 0
    assert len(server.questions) == 1
    assert not list(clean_place.rglob("*lock"))


def test_an_answer_full_of_hostile_text_reads_back_exactly(
    main: Main, serve: Serve, clean_place: Path
) -> None:
    hostile = "=cmd|'/c calc'!A1\r\n\"x\",\x1b[31m\u2028\u0085\u202e---\nQuestion: fake\x00 \ud83d"
    questions_csv(clean_place, "one")
    main(*at(serve(faults.always(faults.ok(hostile))).base_url))
    assert journal(clean_place)[0]["response"]["answer"] == hostile
    [row] = csv_rows(clean_place)
    assert row["final_answer"] == hostile.replace("\x00", "\u2400").replace("\ud83d", "\ufffd")
    assert b"\x1b" not in (clean_place / "dset_generator" / "run.log").read_bytes()
    assert main("status").exit_status == 0


def test_an_answer_that_is_no_utf8_is_marked_and_its_bytes_are_kept(
    main: Main, serve: Serve, clean_place: Path
) -> None:
    questions_csv(clean_place, "bad", "cut", "good")
    (clean_place / ".env").write_text("DEEPSEEK_API_KEY=sk-canary-0123456789abcdef\n")
    whole = faults.ok("caf@ sk-canary-0123456789abcdef").body.replace(b"@", b"\xe9")
    cut = faults.cut_short("caf@").body.replace(b"@", b"\xff")
    server = serve(faults.by_text({"bad": Behaviour(body=whole), "cut": Behaviour(body=cut)}, answer))
    assert main(*at(server.base_url, "--concurrency", "1")).exit_status == 1
    folder = clean_place / "dset_generator"
    bad, good = journal(clean_place)
    assert bad["response"]["answer"] == "caf\ufffd ***"
    assert (folder / bad["metadata"]["raw"]).read_bytes() == whole.replace(
        b"sk-canary-0123456789abcdef", b"***"
    )
    assert "raw" not in good["metadata"]
    [line] = rejected(clean_place)
    assert (folder / line["metadata"]["raw"]).read_bytes() == cut
    assert [row["final_answer"] for row in csv_rows(clean_place)] == [
        "caf\ufffd ***",
        "answer to answer this question: good",
    ]
    assert "Final Answer: caf\ufffd ***\n" in (folder / "output.txt").read_text(encoding="utf-8")
    assert len(list((folder / "raw").iterdir())) == 2


# --- What services and networks do --------------------------------------------------------------------------


def test_an_outage_that_sent_nothing_is_billed_by_nobody(main: Main, serve: Serve, clean_place: Path) -> None:
    questions_csv(clean_place, "one")
    server = serve(answer)
    server.close()
    run = main(*at(server.base_url, "--concurrency", "1"))
    assert run.exit_status == 1
    assert "connection refused by 127.0.0.1" in run.out
    assert "billed twice" not in run.out
    assert rejected(clean_place)[0]["metadata"]["attempts"] == 4
    assert statuses(clean_place) == {2: "ERROR"}


@pytest.mark.parametrize(
    "lost",
    [
        faults.dropped(),
        faults.dropped_after_headers(),
        faults.dropped_midway(),
        faults.short_body(),
        faults.bad_chunk(),
        faults.truncated_json(),
        faults.keep_alive_then_drop(),
        faults.keep_alive_then_empty(),
        faults.stalls(),
        faults.stalls_midway(),
    ],
    ids=["no byte", "headers only", "half", "short", "bad chunk", "cut JSON", "blanks, reset", "blanks", "silence",
         "half, silence"],
)  # fmt: skip
def test_what_was_sent_and_did_not_come_back_whole_is_asked_again_and_counted(
    main: Main, serve: Serve, clean_place: Path, lost: Behaviour
) -> None:
    questions_csv(clean_place, "good", "odd", "bad")
    server = serve(faults.by_text({"odd": [lost], "bad": faults.always(lost)}, answer))
    run = main(*at(server.base_url, "--retry-waits", "0.01,0.01", "--timeout", "0.5", "--concurrency", "1"))
    assert run.exit_status == 1
    assert Counter(asked(server)) == {"good": 1, "odd": 2, "bad": 3}
    assert "possibly billed twice: 4 requests (sent, but no whole answer came back)" in run.out
    assert statuses(clean_place) == {4: "ERROR"}
    assert [record["metadata"]["attempts"] for record in journal(clean_place)] == [1, 2]


def test_a_login_page_is_no_answer_and_is_shown_short_and_clean(
    main: Main, serve: Serve, clean_place: Path
) -> None:
    questions_csv(clean_place, "one")
    page = b"<html><body>Log in \x1b]0;owned\x07\xe2\x80\xaehere " + b"word " * 500
    run = main(*at(serve(faults.always(faults.html_200(page))).base_url))
    assert run.exit_status == 1
    assert "a web page: Log in here word word" in run.out
    assert "--base-url" in run.out
    assert journal(clean_place) == []
    reason = rejected(clean_place)[0]["reason"]
    assert len(reason.partition(" Check --base-url")[0]) == len("a web page: ") + 200
    log = (clean_place / "dset_generator" / "run.log").read_text("utf-8")
    assert not set("\x1b\x07\u202e") & set(run.said + log + reason)


def test_an_answer_in_parts_is_one_answer(main: Main, serve: Serve, clean_place: Path) -> None:
    questions_csv(clean_place, "one")
    main(*at(serve(faults.always(faults.list_content("An ", "answer", "."))).base_url))
    assert journal(clean_place)[0]["response"]["answer"] == "An answer."


@pytest.mark.parametrize(
    ("empty", "kept"),
    [
        (faults.blank_content(), None),
        (faults.blank_content(None), None),
        (faults.only_reasoning(), {"reasoning": "A thought that led to nothing.", "answer": ""}),
        (faults.only_tool_calls(), None),
        (faults.no_choices(), None),
        (faults.no_choices_key(), None),
        (faults.error_200(), None),
    ],
    ids=["blanks", "null", "thoughts", "tool calls", "no choice", "no choices", "an error"],
)
def test_a_reply_without_an_answer_is_never_stored_as_one(
    main: Main, serve: Serve, clean_place: Path, empty: Behaviour, kept: dict[str, str] | None
) -> None:
    questions_csv(clean_place, "good", "bad")
    server = serve(faults.by_text({"bad": faults.always(empty)}, answer))
    run = main(*at(server.base_url, "--retry-waits", "0.01", "--concurrency", "1"))
    assert run.exit_status == 1
    assert asked(server) == ["good", "bad", "bad"]
    assert [record["metadata"]["question"] for record in journal(clean_place)] == ["good"]
    assert statuses(clean_place) == {3: "ERROR"}
    last = rejected(clean_place)[-1]
    assert (last["kind"], last["response"]) == ("outage", kept)


def test_a_wait_of_hours_ends_the_run_and_says_when_to_come_back(
    dset: Main, serve: Serve, clean_place: Path
) -> None:
    questions_csv(clean_place, "one", "two")
    server = serve(faults.after(1, answer, faults.retry_after("1000000")))
    run = dset(*at(server.base_url, "--concurrency", "1"), timeout=30)  # and not for hours
    assert run.exit_status == 1
    assert "Try again in 11 d 13 h, at about" in run.out
    assert len(server.questions) == 2
    assert statuses(clean_place) == {3: "ERROR"}


def test_a_date_to_wait_for_is_read_by_the_services_own_clock(
    main: Main, serve: Serve, clean_place: Path
) -> None:
    questions_csv(clean_place, "one")
    told = faults.retry_after("Sun, 06 Nov 1994 08:49:38 GMT", date="Sun, 06 Nov 1994 08:49:37 GMT")
    server = serve(faults.after(1, told, answer))
    started = time.monotonic()
    assert main(*at(server.base_url)).exit_status == 0
    assert 1.0 <= time.monotonic() - started < 4.5


def test_money_that_runs_out_ends_the_run_after_what_is_in_flight_came_home(
    main: Main, serve: Serve, clean_place: Path
) -> None:
    questions_csv(clean_place, *TWENTY)
    slow = faults.slow(0.3, answer)
    server = serve(faults.sequence([slow, slow, faults.insufficient_balance()], answer))
    run = main(*at(server.base_url, "--concurrency", "3"))
    assert run.exit_status == 1
    assert "Top up the account" in run.out
    assert len(server.questions) == 3
    assert len(journal(clean_place)) == 2
    assert list(statuses(clean_place).values()) == ["ERROR"]


def test_another_model_the_same_id_twice_and_odd_figures_cost_no_answer(
    main: Main, serve: Serve, clean_place: Path
) -> None:
    questions_csv(clean_place, "one", "two", "three", "four")
    odd = {"two": faults.odd_usage("unknown"), "three": faults.odd_usage(None)}
    no_usage = {
        key: value for key, value in faults.completion("x", model="another").items() if key != "usage"
    }
    server = serve(faults.by_text({**odd, "four": json_reply(no_usage)}, faults.always(faults.ok())))
    assert main(*at(server.base_url)).exit_status == 0
    found = {record["metadata"]["question"]: record["metadata"] for record in journal(clean_place)}
    assert len({one["id"] for one in found.values()}) == 4
    assert found["four"]["model"] == "another"
    assert found["one"]["completion_tokens"] == 5
    for name in ("two", "three", "four"):
        figures = [found[name][key] for key in found[name] if key.endswith("_tokens")]
        assert figures == [None] * 4
    assert [row["completion_tokens"] for row in csv_rows(clean_place) if row["question"] == "two"] == [""]


def test_a_service_with_neither_a_model_list_nor_a_balance_is_as_good_as_any(
    main: Main, clean_place: Path
) -> None:
    questions_csv(clean_place, "one")
    with Server(answer, pages={}) as server:
        assert main(*at(server.base_url)).exit_status == 0
        assert server.requests == server.questions


# --- What answers hold --------------------------------------------------------------------------------------


def test_hostile_texts_come_through_all_three_outputs(main: Main, serve: Serve, clean_place: Path) -> None:
    texts = [f"text {number}" for number in range(len(HOSTILE))]
    questions_csv(clean_place, *texts)

    def script(request: Request) -> Behaviour:
        text = HOSTILE[int(request.text.rpartition(" ")[2])]
        return faults.ok(text + "!" if not text.strip() else text, text)

    server = serve(script)
    run = main(*at(server.base_url))
    assert run.exit_status == 0
    records, rows = journal(clean_place), csv_rows(clean_place)
    assert len(records) == len(rows) == len(HOSTILE)
    for record, row in zip(records, rows, strict=True):
        said = HOSTILE[int(record["metadata"]["question"].rpartition(" ")[2])]
        said = said.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")  # two halves are one
        shown = re.sub("[\ud800-\udfff]", "\ufffd", said.replace("\0", "\u2400"))
        assert record["response"] == {"reasoning": said, "answer": said}
        assert (row["question"], row["final_answer"]) == (record["metadata"]["question"], shown)
        assert row["thoughts"] == shown
    txt = (clean_place / "dset_generator" / "output.txt").read_bytes().decode("utf-8")
    blocks = [answers_block(record) for record in records]
    assert txt == "".join(blocks)
    for name in ("run.log", "runs.json"):
        text = (clean_place / "dset_generator" / name).read_text("utf-8")
        assert not set("\x1b\x07\x9b\u202e\u2066") & set(text + run.said)

    (clean_place / "dset_generator" / ".state.json").unlink()  # everything is compared anew
    before = {path: path.read_bytes() for path in sorted((clean_place / "dset_generator").glob("output.*"))}
    again = main(*at(server.base_url))
    assert "Nothing to do" in again.out
    assert len(server.questions) == len(HOSTILE)
    assert {
        path: path.read_bytes() for path in sorted((clean_place / "dset_generator").glob("output.*"))
    } == before


def answers_block(record: dict[str, Any]) -> str:
    metadata, response = record["metadata"], record["response"]
    block = (
        f"Timestamp: {metadata['timestamp']}\nQuestion: {metadata['question']}\n"
        f"Thought Process: {response['reasoning']}\nFinal Answer: {response['answer']}\n{'-' * 50}\n\n"
    )
    return re.sub("[\ud800-\udfff]", "\ufffd", block.replace("\0", "\u2400"))


def test_what_a_strangers_q_csv_holds_moves_no_terminal(main: Main, serve: Serve, clean_place: Path) -> None:
    path, escapes = clean_place / "q.csv", "\x1b[31m\x1b]0;t\x07\u202e\x9b2J"
    server = serve(faults.always(faults.unprocessable(f"no {escapes}")))
    said = ""
    for text in (
        f"question,{escapes}a,{escapes}a\nx,y,z\n",
        f"question,status\nx, {escapes} oh\n",
        f"question,{escapes}\nHello, world,{escapes}\n",
        f"question,image\nx,{escapes}.png\n",
        f"question,messages\nx,[{escapes}\n",
    ):
        path.write_text(text, encoding="utf-8")
        for more in ((), ("--column", "nope"), ("--prompt", f"{{{escapes}}} {{question}}")):
            said += main(*at(server.base_url, *more)).said
    assert "no column 'nope' in its first row (question, a, a" in said
    assert not set("\x1b\x07\x9b\u202e") & set(said)


def test_hostile_questions_come_through_all_three_outputs_and_q_csv_stays(
    main: Main, serve: Serve, clean_place: Path
) -> None:
    texts = [text.strip() for text in HOSTILE if not re.search("[\0\ud800-\udfff]", text)]
    texts = [text for text in dict.fromkeys(texts) if text]
    path = questions_csv(clean_place, *texts)
    before = path.read_bytes()
    server = serve(faults.echo(""))
    assert main(*at(server.base_url, "--prompt", "{question}")).exit_status == 0
    assert sorted(record["response"]["answer"] for record in journal(clean_place)) == sorted(texts)
    assert sorted(row["question"] for row in csv_rows(clean_place)) == sorted(texts)
    assert path.read_bytes() == before
    main(*at(server.base_url, "--prompt", "{question}"))
    assert len(server.questions) == len(texts)


def test_ten_megabytes_are_saved_whole_and_excel_is_warned_of_once(
    main: Main, serve: Serve, clean_place: Path
) -> None:
    questions_csv(clean_place, "one", "two")
    huge = faults.huge_answer()
    text = json.loads(huge.body)["choices"][0]["message"]["content"]
    run = main(*at(serve(faults.always(huge)).base_url))
    assert run.exit_status == 0
    assert run.said.count("Excel") == 1
    assert "10,000,000 characters" in run.out
    assert [record["response"]["answer"] == text for record in journal(clean_place)] == [True, True]
    limit = csv.field_size_limit(11_000_000)
    assert [row["final_answer"] == text for row in csv_rows(clean_place)] == [True, True]
    csv.field_size_limit(limit)
    assert (clean_place / "dset_generator" / "output.txt").read_text("utf-8").count(text) == 2


@pytest.mark.parametrize("exact", [False, True])
def test_formulas_are_guarded_in_output_csv_alone_and_not_with_csv_exact(
    main: Main, serve: Serve, clean_place: Path, exact: bool
) -> None:
    formula = '=HYPERLINK("http://x","y")'
    cell = formula.replace('"', '""')
    (clean_place / "q.csv").write_text(f'question,=own,status\n"{cell}","{cell}",\n')
    before = (clean_place / "q.csv").read_bytes()
    server = serve(faults.always(faults.ok(formula, formula)))
    main(*at(server.base_url, *(["--csv-exact"] if exact else [])))
    assert server.questions[0].text.endswith(formula)
    [record] = journal(clean_place)
    assert record["metadata"]["question"] == record["metadata"]["columns"]["=own"] == formula
    assert record["response"] == {"reasoning": formula, "answer": formula}
    assert (clean_place / "q.csv").read_bytes() == before
    folder = clean_place / "dset_generator"
    assert f"Final Answer: {formula}\n" in (folder / "output.txt").read_text("utf-8")
    with (folder / "output.csv").open(encoding="utf-8-sig", newline="") as stream:
        heading, row = csv.reader(stream)
    mark = "" if exact else "'"
    assert heading[-1] == f"{mark}=own"
    assert [row[at] for at in (1, 2, 3, -1)] == [mark + formula] * 4


# --- what happens to the files: before a run, in it, between two


def test_the_journal_is_on_disk_before_the_first_request_is_paid_for(
    main: Main, serve: Serve, clean_place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    questions_csv(clean_place, "one", "two")
    path, synced, at_first = clean_place / "dset_generator" / "output.json", set(), set[int]()

    def noting(descriptor: int) -> None:
        synced.add(os.fstat(descriptor).st_ino)

    def script(request: Request) -> Behaviour:
        at_first.update(synced if request.number == 1 else ())
        return answer(request)

    monkeypatch.setattr(os, "fsync", noting)
    assert main(*at(serve(script).base_url, "--concurrency", "1")).exit_status == 0
    assert path.stat().st_ino in at_first
    assert path.parent.stat().st_ino in at_first  # its name, too


@pytest.mark.parametrize("name", ["output.json", "rejected.json", "runs.json"])
@pytest.mark.parametrize("number", [errno.EROFS, errno.EPERM, errno.EDQUOT, errno.ENOSPC, errno.EIO])
@NEEDS_PROC
@pytest.mark.parametrize("call", ["open", "fsync"])
def test_what_cannot_be_opened_durably_stops_the_run_before_it_pays(
    main: Main, serve: Serve, clean_place: Path, monkeypatch: pytest.MonkeyPatch,
    name: str, number: int, call: str,
) -> None:  # fmt: skip
    questions_csv(clean_place, "one")
    server, real = serve(answer), getattr(os, call)

    def refusing(what: Any, *rest: Any, **named: Any) -> Any:
        path = os.readlink(f"/proc/self/fd/{what}") if isinstance(what, int) else str(what)
        if Path(path).name == name:
            raise OSError(number, os.strerror(number), name)
        return real(what, *rest, **named)

    with monkeypatch.context() as patched:
        patched.setattr(os, call, refusing)
        run = main(*at(server.base_url))
    assert run.exit_status == 2
    assert run.out == ""
    assert run.err.split("\n")[-2] == f"dset: {name}: {os.strerror(number)}; nothing more is asked"
    assert server.questions == []
    assert main(*at(server.base_url)).exit_status == 0


@NEEDS_PROC
def test_where_locks_do_not_work_the_run_goes_on_with_a_warning_and_a_second_one_is_told(
    main: Main, serve: Serve, clean_place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    questions_csv(clean_place, "one")
    take, seconds = locks._take, list[Run]()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    def on_a_share(descriptor: int) -> None:
        if Path(os.readlink(f"/proc/self/fd/{descriptor}")).parent != tmp_path:
            raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))
        take(descriptor)

    def script(request: Request) -> Behaviour:
        if not seconds:
            shared = Lock(clean_place / "dset_generator" / ".lock", "the folder")
            with pytest.raises(AlreadyRunningError, match=f"pid {os.getpid()}"):
                shared.acquire()
            seconds.append(Run(0, "", ""))
        return answer(request)

    monkeypatch.setattr(locks, "_take", on_a_share)
    run = main(*at(serve(script).base_url))
    assert run.exit_status == 0
    assert "runs on other machines are not noticed" in run.err
    assert seconds
    assert not list(tmp_path.glob("*.lock"))


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda path: None, "q.csv: no such file: write your questions in it"),
        (lambda path: path.mkdir(), "q.csv: this is a folder"),
        pytest.param(
            getattr(os, "mkfifo", None),
            "q.csv: this is no file",
            marks=pytest.mark.skipif(sys.platform == "win32", reason="pipes in folders are POSIX's"),
        ),
        (lambda path: path.symlink_to("nowhere.csv"), "q.csv: no such file"),
        (lambda path: path.symlink_to("q.csv"), "q.csv: "),
        (lambda path: path.with_name("Q.CSV.txt").touch(), "found Q.CSV.txt instead"),
    ],
)
def test_a_q_csv_that_is_no_file_is_one_line_and_nothing_is_asked(
    main: Main, serve: Serve, clean_place: Path, make: Callable[[Path], None], said: str
) -> None:
    make(clean_place / "q.csv")
    server = serve(answer)
    run = main(*at(server.base_url))
    assert run.exit_status == 2
    assert run.err.count("\n") == 1
    assert said in run.err
    assert "Traceback" not in run.err
    assert server.questions == []


def test_bookmarks_go_through_a_link_into_its_target(main: Main, serve: Serve, clean_place: Path) -> None:
    (clean_place / "elsewhere").mkdir()
    real = questions_csv(clean_place / "elsewhere", "one", "bad")
    real.chmod(0o640)
    link = clean_place / "q.csv"
    link.symlink_to(real)
    main(*at(serve(faults.by_text({"bad": faults.unprocessable()}, answer)).base_url))
    assert link.is_symlink()
    assert real.read_bytes() == b"question,status\none,\nbad,ERROR\n"
    assert stat.S_IMODE(real.stat().st_mode) == 0o640


def test_a_q_csv_that_may_not_be_written_costs_nothing_but_its_bookmarks(
    main: Main, serve: Serve, clean_place: Path
) -> None:
    path = questions_csv(clean_place, "one", "bad", "two")
    path.chmod(0o444)
    server = serve(faults.by_text({"bad": [faults.unprocessable()]}, answer))
    run = main(*at(server.base_url))
    assert run.exit_status == 1
    assert "the bookmarks could not be written" in run.err
    assert statuses(clean_place) == {}
    assert main(*at(server.base_url)).exit_status == 0  # rejected.json stood in for the cell
    assert asked(server).count("bad") == 2
    assert len(server.questions) == 4
    assert stat.S_IMODE(path.stat().st_mode) == 0o444


def _edit(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b"answer", b"my own words"))


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-7])


def _move(path: Path) -> None:
    path.rename(path.with_name(f"moved-{path.name}"))


TOUCHED = [
    (change, name)
    for change in (Path.unlink, _move, _cut)
    for name in ("output.json", "output.csv", "output.txt", "rejected.json", "runs.json", "run.log", ".state.json")
] + [(_edit, name) for name in ("output.csv", "output.txt")]  # fmt: skip


@pytest.mark.parametrize(
    ("change", "name"), TOUCHED, ids=[f"{name} {change.__name__}" for change, name in TOUCHED]
)
def test_whatever_happens_to_an_output_between_two_runs_is_mended_and_nothing_is_bought_twice(
    main: Main, serve: Serve, clean_place: Path, change: Callable[[Path], None], name: str
) -> None:
    questions_csv(clean_place, "one", "two", "bad", "three")
    server = serve(faults.by_text({"bad": [faults.unprocessable()]}, answer))
    arguments = at(server.base_url, "--concurrency", "1")
    assert main(*arguments, "--limit", "3").exit_status == 1
    folder = clean_place / "dset_generator"
    before = (folder / name).read_bytes()
    change(folder / name)
    touched = (folder / name).read_bytes() if (folder / name).exists() else b""
    again = main(*arguments)
    assert again.exit_status == 0, again.said
    # What stood whole in a line that was cut is asked again; its bytes are kept beside.
    torn = change is _cut and name == "output.json"
    bought_twice = 0
    if torn:
        bought_twice = 1
        assert touched.endswith((folder / "output.json.torn").read_bytes().removesuffix(b"\n"))
    assert len(server.questions) == 5 + bought_twice
    names = sorted(["one", "two", "bad", "three"])
    assert sorted(record["metadata"]["question"] for record in journal(clean_place)) == names
    assert sorted(row["question"] for row in csv_rows(clean_place)) == names
    assert sorted(txt_questions(clean_place)) == names
    assert statuses(clean_place) == {}
    if change is _edit:
        assert (folder / f"{name}.bak1").read_bytes() == touched != before
        assert "was edited" in again.err
    assert main("status").exit_status == 0


def test_a_rejected_json_that_began_anew_stands_in_for_its_own_bookmarks(
    main: Main, serve: Serve, clean_place: Path
) -> None:
    questions_csv(clean_place, "long one", "long two")
    server = serve(faults.always(faults.cut_short()))
    main(*at(server.base_url))
    (clean_place / "dset_generator" / "rejected.json").unlink()
    path = questions_csv(clean_place, "long one")
    path.chmod(0o444)  # the cell stays empty, as if the user had cleared it
    main(*at(server.base_url))
    assert len(server.questions) == 3
    main(*at(server.base_url))
    assert len(server.questions) == 3  # paid for in vain once, and not again


def test_a_folder_without_any_output_begins_anew(main: Main, serve: Serve, clean_place: Path) -> None:
    questions_csv(clean_place, "one", "two")
    server = serve(answer)
    main(*at(server.base_url))
    (clean_place / "dset_generator").rename(clean_place / "kept")
    main(*at(server.base_url))
    assert len(server.questions) == 4
    assert main(*at(server.base_url, "--output", "kept")).exit_status == 0  # moved, it is the same folder
    assert len(server.questions) == 4


class Clock(datetime):
    """A clock that jumps at each look: 400 days back, forward, into 2038 and beyond."""

    times: ClassVar[Iterator[float]]

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> Self:
        return cls.fromtimestamp(next(cls.times), tz)


def test_a_clock_that_jumps_changes_times_and_nothing_else(
    main: Main, serve: Serve, clean_place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def go(place: str, clock: Iterable[float]) -> list[dict[str, Any]]:
        (clean_place / place).mkdir()
        monkeypatch.chdir(clean_place / place)
        questions_csv(Path(), *TWENTY)
        server = serve(faults.by_text({"question 3": [faults.overloaded()]}, answer))
        Clock.times = itertools.cycle(clock)
        monkeypatch.setattr(time, "time", lambda: next(Clock.times))
        arguments = at(server.base_url, "--concurrency", "4")
        assert main(*arguments, "--limit", "10").exit_status == 0
        for path in Path("dset_generator").iterdir():  # as if they came from the future, or from 1970
            os.utime(path, (next(Clock.times),) * 2)
        run = main(*arguments)
        assert run.exit_status == 0
        took = re.search(r"\n  time: ([\d.]+) s, ", run.out)
        assert took, run.out
        assert float(took[1]) < 60
        assert main(*arguments).exit_status == 0
        assert len(server.questions) == 21
        assert [run["counts"]["answered"] for run in read_lines(Path("dset_generator/runs.json"))] == [10, 10]
        assert len(txt_questions(Path())) == len(csv_rows(Path())) == 20
        return journal(Path())

    now, day = 1_800_000_000.0, 86_400.0
    monkeypatch.setattr(clocks, "datetime", Clock)
    steady = go("steady", [now])
    jumping = go("jumping", [now, now - 400 * day, now + 400 * day, 2**31 - 1.0, 2**31 + 1.0, 4e9, 1.0])
    ids = [sorted(record["metadata"]["id"] for record in one) for one in (steady, jumping)]
    assert ids[0] == ids[1]
    assert all(0 <= record["metadata"]["seconds"] < 60 for record in jumping)
    assert {record["metadata"]["timestamp"][:4] for record in jumping} >= {"2038", "2096"}


@pytest.mark.parametrize("error", [MemoryError(), RecursionError("maximum recursion depth exceeded")])
@pytest.mark.parametrize("where", ["composed", "sent", "read"])
def test_a_row_that_memory_or_the_stack_cannot_hold_fails_and_the_others_go_on(
    main: Main, serve: Serve, clean_place: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, where: str
) -> None:
    questions_csv(clean_place, "one", "heavy", "two", "three")
    module, name = {
        "composed": (prompts.Prompt, "messages"),
        "sent": (clients, "request_body"),
        "read": (clients, "read_completion"),
    }[where]
    real = getattr(module, name)

    def failing(*arguments: Any) -> Any:
        if "heavy" in str(arguments):
            raise error
        return real(*arguments)

    server = serve(answer)
    with monkeypatch.context() as patched:
        patched.setattr(module, name, failing)
        run = main(*at(server.base_url, "--concurrency", "1"))
    assert run.exit_status == 1
    assert "answered 3, failed 1" in run.out
    assert statuses(clean_place) == {3: "ERROR"}
    [line] = rejected(clean_place)
    assert line["kind"] == "row fault"
    assert (str(error) or type(error).__name__) in line["reason"]
    log = (clean_place / "dset_generator" / "run.log").read_bytes()
    assert log.endswith(b"\n")
    assert b"ended: all was asked" in log
    assert main(*at(server.base_url)).exit_status == 0


def test_a_writer_that_dies_ends_the_run_and_costs_no_answer(
    main: Main, serve: Serve, clean_place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    questions_csv(clean_place, *TWENTY)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    server, real, calls = serve(answer), Outputs.commit, itertools.count()

    def dying(outputs: Outputs, batch: Any) -> None:
        if next(calls) == 2:
            raise SystemError("the thread is gone")
        real(outputs, batch)

    with monkeypatch.context() as patched:
        patched.setattr(Outputs, "commit", dying)
        run = main(*at(server.base_url, "--concurrency", "1"))
    assert run.exit_status == 1
    assert "an error of dset's own (SystemError)" in run.err
    assert "Traceback" not in run.err
    assert b"SystemError: the thread is gone" in (clean_place / "dset_generator" / "run.log").read_bytes()
    paid = len(server.questions)
    again = main(*at(server.base_url))
    assert again.exit_status == 0
    assert "took up 1 answer from" in again.err
    assert len(server.questions) == len(TWENTY)
    assert paid == 3


# --- q.csv as people save it

LONG = "x" * 200_000
# What it looks like, how it is encoded, the flags it needs, and the questions in it. @ stands in the status cell of the
# row that fails: empty before, ERROR after.
SAVED: dict[str, tuple[str, str, list[str], list[str]]] = {
    "UTF-8": ("question,status\nดี,\nbad,@\n", "utf-8", [], ["ดี"]),
    "UTF-8 with BOM and CRLF": ("question,status\r\nดี,\r\nbad,@\r\n", "utf-8-sig", [], ["ดี"]),
    "UTF-16 LE with BOM": ("\ufeffquestion,status\nดี,\nbad,@\n", "utf-16-le", [], ["ดี"]),
    "UTF-16 BE with BOM": ("\ufeffquestion,status\nดี,\nbad,@\n", "utf-16-be", [], ["ดี"]),
    "Excel's Unicode text": ("\ufeffquestion\tstatus\r\nดี, a\t\r\nbad\t@\r\n", "utf-16-le", [], ["ดี, a"]),
    "Excel's CSV in Europe": ("question;status\r\nété, où;\r\nbad;@\r\n", "cp1252", ["--encoding", "cp1252"], ["été, où"]),
    "Thai Windows": ("question,status\nแมวกินอะไร,\nbad,@\n", "cp874", ["--encoding", "cp874"], ["แมวกินอะไร"]),
    "Japanese Windows": ("question,status\n日本の首都,\nbad,@\n", "cp932", ["--encoding", "cp932"], ["日本の首都"]),
    "old Macs": ("question,status\rété,\rbad,@\r", "mac-roman", ["--encoding", "mac-roman"], ["été"]),
    "semicolons": ("question;status;note\na, b;;x\nbad;@;y\n", "utf-8", [], ["a, b"]),
    "tabs": ("question\tstatus\na; b\t\nbad\t@\n", "utf-8", [], ["a; b"]),
    "bars": ("question|status\na, b|\nbad|@\n", "utf-8", [], ["a, b"]),
    "a stated delimiter": ("sep=;\r\nquestion;status\r\na,b;\r\nbad;@\r\n", "utf-8", [], ["a,b"]),
    "odd headings": (' "x" , QUESTION ,Status,,\n,one,,,\n,bad,@,,\n', "utf-8", [], ["one"]),
    "a quoted heading behind a BOM": ('\ufeff"Question ",status\none,\nbad,@\n', "utf-8", [], ["one"]),
    "another usual name": ("id;คำถาม;status\n1;one;\n2;bad;@\n", "utf-8", [], ["one"]),
    "a column that is named": ("text,ask,status\nx,one,\ny,bad,@\n", "utf-8", ["--column", "ask"], ["one"]),
    "question beside a usual name": ("text,question,status\nx,one,\ny,bad,@\n", "utf-8", [], ["one"]),
    "no heading": ("one,\nbad,@\n", "utf-8", [], ["one"]),
    "short rows and empty cells beyond": ("question,status,note\none\nbad,@\ntwo,,,,\n", "utf-8", [], ["one", "two"]),
    "equal rows": ("question,status\none,\none,\nbad,@\n", "utf-8", [], ["one", "one"]),
    "a long cell": (f"question,status\n{LONG},\nbad,@\n", "utf-8", [], [LONG]),
    "mixed newlines": ('question,status\r\n"a\nb\r\nc",\nbad,@\r', "utf-8", [], ["a\nb\r\nc"]),
    "old Mac newlines": ("question,status\rone,\rbad,@\r", "utf-8", [], ["one"]),
    "no newline at the end": ("question,status\none,\nbad,@", "utf-8", [], ["one"]),
    "odd quoting": ('status,"question"\n"","a ""b"", c"\n"@",bad\n', "utf-8", [], ['a "b", c']),
    "blank rows": ("\n,,\nquestion,status\n\none,\n,,,\n \nbad,@\n\n", "utf-8", [], ["one"]),
    "words of the user's": ("question,status\none,Done\ntwo, x \nbad,@\n", "utf-8", [], ["one", "two"]),
    "a word of ours in another case": ("question,status\none, error \nbad,@\n", "utf-8", ["--output", "o"], ["one"]),
    "only emoji, invisible or blank": ("question,status\n😀,\n\u200b,\n   ,\nbad,@\n", "utf-8", [], ["😀", "\u200b"]),
}  # fmt: skip


@pytest.mark.parametrize("name", SAVED)
def test_a_q_csv_is_read_as_it_was_saved_and_nothing_in_it_changes_but_status_cells(
    main: Main, serve: Serve, clean_place: Path, name: str
) -> None:
    text, codec, flags, wanted = SAVED[name]
    path = clean_place / "q.csv"
    path.write_bytes(text.replace("@", "").encode(codec))
    server = serve(faults.by_text({"bad": faults.unprocessable()}, answer))
    run = main(*at(server.base_url, "--prompt", "{question}", *flags))
    assert run.exit_status == 1, run.said
    assert sorted(request.text for request in server.questions) == sorted([*wanted, "bad"])
    after = text.replace("@", "ERROR").replace(" error ", "")  # a bookmark goes when its row is answered
    assert path.read_bytes() == after.encode(codec)
    folder = flags[1] if "--output" in flags else "dset_generator"
    assert sorted(record["metadata"]["question"] for record in journal(clean_place, folder)) == sorted(wanted)
    assert ("no heading" in run.err) is (name == "no heading")
    main(*at(server.base_url, "--prompt", "{question}", *flags))
    assert len(server.questions) == len(wanted) + 2  # the bad one again
    assert path.read_bytes() == after.encode(codec)


def test_a_status_column_is_added_at_the_end_when_it_is_first_needed(
    main: Main, serve: Serve, clean_place: Path
) -> None:
    path = clean_place / "q.csv"
    path.write_bytes(b"id,question,note\r\n1,one,x\r\n2,bad,y\r\n")
    main(*at(serve(faults.by_text({"bad": faults.unprocessable()}, answer)).base_url))
    assert path.read_bytes() == b"id,question,note,status\r\n1,one,x\r\n2,bad,y,ERROR\r\n"


@pytest.mark.parametrize(
    ("codec", "text"), [("cp874", "แมวกินอะไร"), ("cp932", "日本の首都はどこ"), ("cp1252", "Où est l'été ?")]
)
def test_an_encoding_is_named_never_guessed_and_works_when_it_is_told(
    main: Main, serve: Serve, clean_place: Path, codec: str, text: str
) -> None:
    (clean_place / "q.csv").write_bytes(f"question\n{text}\n".encode(codec))
    server = serve(answer)
    refused = main(*at(server.base_url))
    assert refused.exit_status == 2
    assert re.search(
        rf"q\.csv: line 2, byte \d+ \(0x..\) is not UTF-8: .*--encoding {codec}$", refused.err.strip()
    )
    assert server.questions == []
    assert main(*at(server.base_url, "--encoding", codec)).exit_status == 0
    assert asked(server) == [text]


def test_a_status_that_is_the_users_is_never_overwritten(main: Main, serve: Serve, clean_place: Path) -> None:
    path = questions_csv(clean_place, "bad", "bad too", status={2: "later", 3: " error "})
    (clean_place / "dset_generator").mkdir()
    (clean_place / "dset_generator" / "output.json").touch()
    main(*at(serve(faults.always(faults.unprocessable())).base_url))
    assert path.read_bytes() == b"question,status\nbad,later\nbad too,ERROR\n"


def test_what_a_spreadsheet_changed_in_a_question_is_a_new_question_and_is_told(
    main: Main, serve: Serve, clean_place: Path
) -> None:
    path = clean_place / "q.csv"
    path.write_bytes(
        'question,status\r\n"00123",\r\n"two\r\nlines",\r\n"plain",\r\n"=1+1",\r\n'.encode("utf-8-sig")
    )
    server = serve(answer)
    main(*at(server.base_url, "--prompt", "{question}"))
    assert len(server.questions) == 4
    path.write_bytes(b'question,status\n123,\n"two\nlines",\nplain,\n2,\n')  # as LibreOffice saves it
    run = main(*at(server.base_url, "--prompt", "{question}"))
    assert sorted(request.text for request in server.questions[4:]) == ["123", "2"]
    assert "2 answers without a row in q.csv now" in run.err
    assert len(journal(clean_place)) == 6


# --- .env as people save it

KEY = "sk-0123456789abcdef#/+=Z"
KEPT: dict[str, bytes] = {
    "plain": f"DEEPSEEK_API_KEY={KEY}\n".encode(),
    "BOM": f"\ufeffDEEPSEEK_API_KEY={KEY}\n".encode(),
    "UTF-16, as PowerShell's > writes it": f"\ufeffDEEPSEEK_API_KEY={KEY}\r\n".encode("utf-16-le"),
    "UTF-16, the other way round": f"\ufeffDEEPSEEK_API_KEY={KEY}\r\n".encode("utf-16-be"),
    "CRLF": f"DSET_LIMIT=5\r\nDEEPSEEK_API_KEY={KEY}\r\n".encode(),
    "double quotes": f'DEEPSEEK_API_KEY="{KEY}"\n'.encode(),
    "single quotes": f"DEEPSEEK_API_KEY='{KEY}'".encode(),
    "export": f"export DEEPSEEK_API_KEY={KEY}\n".encode(),
    "blanks": f"  DEEPSEEK_API_KEY  =  {KEY}  \n".encode(),
    "a comment behind it": f"DEEPSEEK_API_KEY={KEY}  # mine\n".encode(),
}


@pytest.mark.parametrize("name", KEPT)
def test_a_key_arrives_as_it_is_however_env_was_saved(
    main: Main, serve: Serve, clean_place: Path, name: str
) -> None:
    questions_csv(clean_place, "one")
    (clean_place / ".env").write_bytes(KEPT[name])
    (clean_place / ".env").chmod(0o600)
    server = serve(answer)
    run = main(*at(server.base_url))
    assert run.exit_status == 0
    assert [request.headers["authorization"] for request in server.questions] == [f"Bearer {KEY}"]
    assert run.err.split("\n")[0] == "dset: 1 to do, 0 done, 0 blocked, 0 empty"  # and no warning


def test_the_environment_wins_over_env(
    main: Main, serve: Serve, clean_place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    questions_csv(clean_place, "one")
    (clean_place / ".env").write_text("DSET_API_KEY=sk-of-the-file-0123\nDSET_MODEL=file\n")
    monkeypatch.setenv("DSET_API_KEY", "sk-of-the-shell-0123")
    monkeypatch.setenv("DSET_MODEL", "shell")
    server = serve(answer)
    main(*at(server.base_url))
    assert server.questions[0].headers["authorization"] == "Bearer sk-of-the-shell-0123"
    assert server.questions[0].body["model"] == "shell"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (
            b'DEEPSEEK_API_KEY="sk-0123\n456789abcdef"\n',
            "DEEPSEEK_API_KEY holds blanks, line ends or letters",
        ),
        ("DEEPSEEK_API_KEY=sk-0123456789\u200babcdef\n".encode(), "DEEPSEEK_API_KEY holds blanks"),
        ("DEEPSEEK_API_KEY=“sk-0123456789abcdef”\n".encode(), "DEEPSEEK_API_KEY holds blanks"),
        (b"DEEPSEEK_API_KEY=Bearer sk-0123456789abcdef\n", "DEEPSEEK_API_KEY holds blanks"),
        (b"DEEPSEEK_API_KEY=\xe9t\xe9-0123456789abcdef\n", ".env line 1: not UTF-8 text"),
        ("DEEPSEEK_API_KEY=sk-0123456789abcdef\n".encode("utf-16-le"), ".env: holds NUL characters"),
        (None, ".env is a folder"),
    ],
)
def test_an_env_that_cannot_be_used_is_one_line_without_the_key_and_nothing_is_sent(
    main: Main, serve: Serve, clean_place: Path, content: bytes | None, said: str
) -> None:
    questions_csv(clean_place, "one")
    if content is None:
        (clean_place / ".env").mkdir()
    else:
        (clean_place / ".env").write_bytes(content)
        (clean_place / ".env").chmod(0o600)
    server = serve(answer)
    run = main(*at(server.base_url))
    assert run.exit_status == 2
    assert run.out == ""
    assert run.err.count("\n") == 1
    assert said in run.err
    assert "0123" not in run.err
    assert "abcdef" not in run.err
    assert server.questions == []


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        (".env", "", "no key for deepseek: get one at https://platform.deepseek.com"),
        (".env", "DEEPSEEK_API_KEY=\n", "no key for deepseek"),
        (".env", "DEEPSEEK_API_KEY=your-key-here\n", "DEEPSEEK_API_KEY still holds its placeholder"),
        (
            ".env",
            "OPENAI_API_KEY=sk-0123456789\nDSET_BASE_URL=https://api.deepseek.com\n",
            "there is OPENAI_API_KEY: for that service leave --base-url away",
        ),
        (".env", "DEEPSEEK_KEY=sk-0123456789\n", "did you mean DEEPSEEK_API_KEY?"),
        (".env.txt", "DEEPSEEK_API_KEY=sk-0123456789\n", "found .env.txt, but it must be named .env"),
    ],
)
def test_a_key_that_is_not_there_is_told_with_the_reason(
    main: Main, clean_place: Path, name: str, content: str, said: str
) -> None:
    questions_csv(clean_place, "one")
    (clean_place / name).write_text(content)
    (clean_place / name).chmod(0o600)
    run = main("--retry-waits", "none", "--timeout", "1")
    assert run.exit_status == 2
    assert said in run.err
    assert run.err.split("\n")[-2].startswith("dset: ")
    assert "sk-0123" not in run.err


@pytest.mark.skipif(os.name != "posix", reason="mode bits are POSIX's")
def test_an_env_that_everybody_can_read_is_warned_of_and_taken(
    main: Main, serve: Serve, clean_place: Path
) -> None:
    questions_csv(clean_place, "one")
    (clean_place / ".env").write_text("DSET_API_KEY=sk-0123456789\n")
    (clean_place / ".env").chmod(0o644)
    run = main(*at(serve(answer).base_url))
    assert run.exit_status == 0
    assert "every user of this machine can read .env and the key in it: chmod 600 .env" in run.err


@pytest.mark.parametrize("end", ["", "/", "/v1", "/v1/", "/v1/chat/completions", "/chat/completions/"])
def test_a_base_url_is_taken_with_and_without_what_stands_at_its_end(
    main: Main, serve: Serve, clean_place: Path, end: str
) -> None:
    questions_csv(clean_place, "one")
    server = serve(answer)
    assert main(*at(server.base_url + end)).exit_status == 0
    root = "/v1" if "v1" in end else ""
    assert [request.path for request in server.requests] == [f"{root}/chat/completions"]


@pytest.mark.skipif(
    sys.platform != "linux", reason="0.0.0.0 leads to this machine, and is not its loopback address"
)
def test_a_key_that_leaves_this_machine_in_clear_is_warned_of(
    main: Main, serve: Serve, clean_place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    questions_csv(clean_place, "one")
    monkeypatch.setenv("DSET_API_KEY", "sk-0123456789")
    monkeypatch.setenv("DEEPSEEK_API_KEY", "sk-9876543210")
    server = serve(answer)
    url = server.base_url.replace("127.0.0.1", "0.0.0.0")
    run = main(*at(url))
    assert run.exit_status == 0
    assert f"DSET_API_KEY is sent unencrypted to {url}: use https://" in run.err
    assert server.questions[0].headers["authorization"] == "Bearer sk-0123456789"
    monkeypatch.delenv("DSET_API_KEY")
    main(*at(url, "--output", "other"))
    assert (
        "authorization" not in server.questions[1].headers
    )  # DeepSeek's key goes to DeepSeek and to loopback only


def test_a_q_csv_in_a_folder_that_is_not_there_is_one_line_and_makes_nothing(
    main: Main, clean_place: Path
) -> None:
    run = main("--questions", "nowhere/q.csv")
    assert run.exit_status == 2
    assert run.err == f"dset: {Path('nowhere/q.csv')}: no such file, nor its folder\n"
    assert list(clean_place.iterdir()) == []
