"""A second pass over the answers of a run: what it asks, what it keeps, and that nothing changes where they stand."""

import csv
import io
import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import dset_generator
from dset import commands, steps
from dset.errors import AlreadyRunningError
from dset.folders import Folder
from dset.imports import second
from dset.imports.answered import Answered, layout
from dset.locks import Lock
from dset.rehearsal import faults
from dset.rehearsal.server import Script, Server
from tests.running import Run, at, journal, questions_csv, rejected

Main = Callable[..., Run]
Serve = Callable[[Script], Server]
FIRST = "dset_generator"
SECOND = ("--questions", FIRST, "--output", "second", "--concurrency", "1")
JUDGE = ("--prompt", "Judge {final_answer} as an answer to {question}")
CANARY = "0123456789abcdefcanary"


@pytest.fixture
def main(capsys: pytest.CaptureFixture[str], clean_place: Path) -> Main:
    """The script's `main` in this process."""
    Path(".env").write_text(f"DSET_API_KEY=sk-{CANARY}\n")
    Path(".env").chmod(0o600)

    def run(*arguments: str) -> Run:
        exit_status = dset_generator.main(list(arguments))
        said = capsys.readouterr()
        assert CANARY not in said.out + said.err
        return Run(exit_status, said.out, said.err)

    return run


def told(server: Server) -> list[str]:
    """What each question to the server said."""
    return [request.text for request in server.questions]


def rows(path: Path = Path("second/q.csv")) -> list[dict[str, str]]:
    """The rows of a q.csv."""
    return list(csv.DictReader(io.StringIO(path.read_bytes().decode("utf-8-sig"), newline="")))


def lines(*records: dict[str, Any], folder: str = FIRST) -> None:
    """Write a journal with these records; each needs an `answer`, the rest is optional."""
    Path(folder).mkdir(parents=True, exist_ok=True)
    path = Path(folder) / "output.json"
    before = path.read_bytes().count(b"\n") if path.exists() else 0
    with path.open("a", encoding="utf-8") as stream:
        for number, one in enumerate(records, before + 1):
            response = {"reasoning": one.get("thoughts"), "answer": one["answer"]}
            response |= {"data": one["data"]} if "data" in one else {}
            metadata = {
                "id": f"{number:020x}",
                "question": one.get("question", "q"),
                "columns": one.get("columns", {}),
            }
            stream.write(json.dumps({"metadata": metadata, "response": response}, ensure_ascii=False) + "\n")


def contents(folder: str = FIRST) -> dict[str, tuple[bytes, int]]:
    """Every file of a folder, its bytes and when it was changed."""
    found = [path for path in Path(folder).rglob("*") if path.is_file()]
    return {str(path): (path.read_bytes(), path.stat().st_mtime_ns) for path in found}


@pytest.fixture
def untouched() -> Iterator[None]:
    """No step of the program may fall on the folder of the first run while this stands."""
    seen: list[str] = []
    there = os.path.realpath(FIRST)

    def watch(step: steps.Step) -> Any:
        if os.path.realpath(step.path).startswith(there + os.sep) or os.path.realpath(step.path) == there:
            seen.append(step.path)
        return step.take()

    steps.watch = watch
    yield
    steps.watch = None
    assert seen == []


# --- From end to end ---------------------------------------------------------------------------------------------


def test_a_second_pass_asks_about_the_answers_and_leaves_the_first_as_it_is(
    main: Main, serve: Serve, clean_place: Path
) -> None:
    questions_csv(clean_place, "one", "two, too", "three\nlines")
    main(*at(serve(faults.echo("A: ")).base_url, "--concurrency", "1", "--prompt", "{question}"))
    before = contents()
    server = serve(faults.echo("B: "))
    run = main(*at(server.base_url, *SECOND, *JUDGE))
    assert run.exit_status == 0
    assert told(server) == [
        "Judge A: one as an answer to one",
        "Judge A: two, too as an answer to two, too",
        "Judge A: three\nlines as an answer to three\nlines",
    ]
    assert contents() == before
    first = journal(clean_place)
    for made, source in zip(journal(clean_place, "second"), first, strict=True):
        assert made["metadata"]["question"] == source["metadata"]["question"]
        assert made["metadata"]["columns"]["id"] == source["metadata"]["id"]
        assert made["metadata"]["columns"]["final_answer"] == source["response"]["answer"]
    again = serve(faults.echo())
    assert main(*at(again.base_url, *SECOND, *JUDGE)).exit_status == 0
    assert again.questions == []


def test_fields_of_data_can_be_named_and_a_schema_gives_them(
    main: Main, serve: Serve, clean_place: Path
) -> None:
    Path("form.json").write_text('{"type": "object", "required": ["sum"]}')
    questions_csv(clean_place, "one", "two")
    reply = json.dumps({"sum": {"th": "สรุป", "n": 3.0}, "tags": ["a"], "sure": True}, ensure_ascii=False)
    main(*at(serve(faults.always(faults.ok(reply))).base_url, "--schema", "form.json"))
    server = serve(faults.echo())
    prompt = "{question}|{data.sum}|{data.sum.th}|{data.sum.n}|{data.tags}|{data.sure}|{data.none}"
    run = main(*at(server.base_url, *SECOND, "--prompt", prompt))
    assert run.exit_status == 0
    assert told(server)[0] == 'one|{"th": "สรุป", "n": 3.0}|สรุป|3|["a"]|true|{data.none}'
    assert "no answer in dset_generator has {data.none}" in run.err


def test_new_answers_become_rows_and_what_is_asked_is_not_asked_again(
    main: Main, serve: Serve, clean_place: Path
) -> None:
    questions_csv(clean_place, "one", "two")
    first = at(serve(faults.echo("A: ")).base_url, "--concurrency", "1", "--prompt", "{question}")
    main(*first)
    main(*at(serve(faults.echo()).base_url, *SECOND, *JUDGE))
    questions_csv(clean_place, "one", "two", "three")
    main(*first)
    look = main("status", *SECOND[:4], *JUDGE)
    assert "1 answer came into dset_generator since: the next run adds them" in look.err
    server = serve(faults.echo())
    main(*at(server.base_url, *SECOND, *JUDGE))
    assert told(server) == ["Judge A: three as an answer to three"]


def test_samples_differ_by_their_answer_where_the_prompt_names_it_and_count_where_not(
    main: Main, serve: Serve, clean_place: Path
) -> None:
    questions_csv(clean_place, "one")
    numbers = iter(range(10))
    script: Script = lambda request: faults.ok(f"A{next(numbers)}")  # noqa: E731
    main(*at(serve(script).base_url, "--samples", "3", "--concurrency", "1"))
    named, plain = serve(faults.echo()), serve(faults.echo())
    main(*at(named.base_url, *SECOND, "--prompt", "{final_answer}"))
    assert told(named) == ["A0", "A1", "A2"]
    run = main(*at(plain.base_url, "--questions", FIRST, "--output", "third", "--prompt", "{question}"))
    assert told(plain) == ["one"] * 3
    assert "the prompt names nothing of the answers in dset_generator" in run.err
    for folder, prompt in (("second", "{final_answer}"), ("third", "{question}")):
        server = serve(faults.echo())
        main(*at(server.base_url, "--questions", FIRST, "--output", folder, "--prompt", prompt))
        assert server.questions == []


def test_bookmarks_stay_with_their_answer_when_rows_move(main: Main, serve: Serve, clean_place: Path) -> None:
    lines(
        {"question": "one", "answer": "A1"},
        {"question": "two", "answer": "A2"},
        {"question": "three", "answer": "A3"},
    )
    server = serve(faults.by_text({"A2": faults.content_exists_risk()}, faults.echo()))
    main(*at(server.base_url, *SECOND, *JUDGE))
    assert [row["status"] for row in rows()] == ["", "BLOCKED", ""]
    kept = Path(FIRST, "output.json").read_bytes().split(b"\n")[1:]
    Path(FIRST, "output.json").write_bytes(b"\n".join(kept))
    run = main(*at(server.base_url, *SECOND, *JUDGE))
    assert len(server.questions) == 3  # a blocked row is left alone
    assert [row["status"] for row in rows()] == ["BLOCKED", ""]
    assert "was edited" not in run.err
    assert len(rejected(clean_place, "second")) == 1


def test_a_pass_that_was_stopped_goes_on_and_buys_nothing_twice(
    main: Main, serve: Serve, clean_place: Path
) -> None:
    lines(*({"question": f"q {n}", "answer": f"A{n}"} for n in range(1, 6)))
    server = serve(faults.by_text({"A3": faults.insufficient_balance()}, faults.echo()))
    assert main(*at(server.base_url, *SECOND, *JUDGE)).exit_status != 0
    done = len(journal(clean_place, "second"))
    assert 0 < done < 5
    again = serve(faults.echo())
    assert main(*at(again.base_url, *SECOND, *JUDGE)).exit_status == 0
    assert len(again.questions) == 5 - done
    assert len({record["metadata"]["id"] for record in journal(clean_place, "second")}) == 5


def test_a_third_pass_reads_the_second(main: Main, serve: Serve) -> None:
    lines({"question": "one", "answer": "A", "columns": {"topic": "ice"}})
    main(*at(serve(faults.always(faults.ok("B"))).base_url, *SECOND, *JUDGE))
    server = serve(faults.echo())
    prompt = ("--prompt", "{topic} {question} {q_final_answer} {final_answer}")
    main(*at(server.base_url, "--questions", "second", "--output", "third", *prompt))
    assert told(server) == ["ice one A B"]


def test_the_answers_themselves_can_be_the_questions(main: Main, serve: Serve) -> None:
    lines({"question": "one", "answer": "A"})
    server = serve(faults.echo())
    run = main(*at(server.base_url, *SECOND, "--column", "final_answer", "--prompt", "Translate: {question}"))
    assert told(server) == ["Translate: A"]
    assert "the prompt names nothing" not in run.err
    other = serve(faults.echo())
    main(*at(other.base_url, "--questions", FIRST, "--output", "third", "--column", "Frage", *JUDGE))
    assert told(other) == ["Judge A as an answer to one"]


def test_a_rehearsal_of_a_second_pass_needs_no_key_and_leaves_the_pass_to_be_asked(
    main: Main, serve: Serve, clean_place: Path
) -> None:
    Path(".env").unlink()
    questions_csv(clean_place, "one", "two")
    main("--rehearse=calm")
    source = ("--questions", f"{FIRST}/rehearsal")
    run = main("--rehearse=calm", *source, "--output", "second", *JUDGE)
    assert run.exit_status == 0
    made = journal(clean_place, "second/rehearsal")
    assert "Judge [rehearsal]" in made[0]["response"]["answer"]
    assert journal(clean_place, "second") == []
    server = serve(faults.echo())
    main(*at(server.base_url, *source, "--output", "second", *JUDGE))
    assert len(server.questions) == 2


def test_a_folder_that_only_a_rehearsal_began_is_said_to_be_free_to_go(main: Main, clean_place: Path) -> None:
    questions_csv(clean_place, "one")
    main("--rehearse=calm")
    main("--rehearse=calm", "--questions", f"{FIRST}/rehearsal", "--output", "second", *JUDGE)
    Path(f"{FIRST}/rehearsal").rename("other")
    run = main("--questions", "other", "--output", "second", *JUDGE)
    assert run.exit_status == 2
    assert "or delete this one, in which nothing is answered yet" in run.err


def test_a_task_of_several_records_an_answer_gives_a_row_for_each(
    main: Main, serve: Serve, clean_place: Path
) -> None:
    made = main("task", "sentiment_analysis", "6", "--per-request", "3", "--rehearse=calm", "--lang", "en")
    assert made.exit_status == 0, made.said
    [folder] = [path.parent for path in Path().rglob("plan.json")]
    before = contents(str(folder))
    server = serve(faults.echo())
    run = main(
        *at(
            server.base_url,
            "--questions",
            str(folder),
            "--output",
            "second",
            "--prompt",
            "{data.label}: {data.text}",
        )
    )
    assert run.exit_status == 0
    assert contents(str(folder)) == before
    found = [line["response"]["data"] for line in journal(Path(), str(folder))]
    records = [one for data in found for one in data.get("records", [data])]
    assert len(records) >= 6
    assert sorted(told(server)) == sorted(f"{one['label']}: {one['text']}" for one in records)
    ids = [row["id"] for row in rows()]
    assert len(set(ids)) == len(ids)
    assert any(one.endswith("-2") for one in ids)
    assert "slots" not in rows()[0]
    assert json.loads(rows()[0]["final_answer"])["label"] == rows()[0]["data.label"]


# --- What is read ------------------------------------------------------------------------------------------------


def test_a_torn_last_line_of_a_run_under_way_is_left_out_and_its_lock_is_not_asked_for(
    main: Main, serve: Serve, untouched: None
) -> None:
    lines({"question": "one", "answer": "A"}, {"question": "two", "answer": "B"})
    path = Path(FIRST, "output.json")
    path.write_bytes(path.read_bytes() + b'{"metadata": {"id": "00')
    before = contents()
    server = serve(faults.echo())
    holder = Lock(Path("elsewhere.lock"), "x")
    holder.acquire()
    assert main(*at(server.base_url, *SECOND, *JUDGE)).exit_status == 0
    holder.release()
    assert len(server.questions) == 2
    assert contents() == before


def test_a_source_that_a_run_holds_can_be_read(main: Main, serve: Serve) -> None:
    lines({"question": "one", "answer": "A"})
    lock = Lock(Folder(Path(FIRST)).lock, "the folder")
    lock.acquire()
    server = serve(faults.echo())
    run = main(*at(server.base_url, *SECOND, *JUDGE))
    lock.release()
    assert run.exit_status == 0


def test_a_damaged_line_stops_the_pass_before_anything_is_written(main: Main, serve: Serve) -> None:
    lines({"question": "one", "answer": "A"}, {"question": "two", "answer": "B"})
    path = Path(FIRST, "output.json")
    path.write_bytes(path.read_bytes().replace(b'{"metadata"', b'{"met', 1))
    server = serve(faults.echo())
    run = main(*at(server.base_url, *SECOND, *JUDGE))
    assert run.exit_status == 2
    assert "output.json line 1 is damaged" in run.err
    assert server.questions == []
    assert not Path("second/q.csv").exists()


def test_answers_of_every_shape_give_rows(clean_place: Path) -> None:
    lines(
        {"answer": "A", "thoughts": "hm", "columns": {"id": "mine", "Question": "x", "note": "n"}},
        {"answer": "B", "data": {"a": 1, " b ": {"c": None}}},
        {"answer": "C", "data": [1, 2], "columns": {"data.a": "own"}},
    )
    with Path(FIRST, "output.json").open("a") as stream:
        stream.write('{"metadata": {"timestamp": "2024", "question": "old"}, "response": "plain"}\n')
        stream.write('{"metadata": {"messages": "[1]", "question": ""}, "response": {"answer": "D"}}\n')
    answered = Answered.at(Path(FIRST))
    made = layout(answered, ("data. b .c", "data.x.y"))
    assert made.heading == ("question", "status", "id", "final_answer", "thoughts", "data.a", "data. b", "data", "data. b .c",
                            "q_id", "q_Question", "note", "q_data.a")  # fmt: skip
    found = [made.cells(one) for one in answered.entries()]
    assert found[0][3:] == ["A", "hm", "", "", "", "", "mine", "x", "n", ""]
    assert found[1][3:8] == ["B", "", "1", '{"c": null}', '{"a": 1, " b ": {"c": null}}']
    assert found[2][7] == "[1, 2]"
    assert found[2][-1] == "own"
    assert found[3][0] == "old"
    assert found[3][3] == "plain"
    assert len(found[3][2]) == 20
    assert found[4][0] == "[1]"


def test_an_object_with_endless_names_does_not_become_endless_columns(clean_place: Path) -> None:
    lines({"answer": "A", "data": {f"k{n}": n for n in range(2_000)}})
    made = layout(Answered.at(Path(FIRST)), ("data.k1999",))
    assert len(made.fields) == 501
    assert "data.k1999" in made.heading
    assert made.left_out == 500


def test_answers_longer_than_a_cell_may_be_are_asked_all_the_same(main: Main, serve: Serve) -> None:
    lines({"question": "one", "answer": "line\n" * 3_000 + "\0end"})
    for more in ("two", "three"):
        server = serve(faults.echo())
        run = main(*at(server.base_url, *SECOND, *JUDGE))
        lines({"question": more, "answer": "short"})
        assert run.exit_status == 0
        assert "was edited" not in run.err
    assert rows()[0]["final_answer"] == "line\u2028" * 3_000 + "\u2400end"


def test_another_field_that_is_named_becomes_a_column_and_changes_no_bookmark(
    main: Main, serve: Serve
) -> None:
    lines({"question": "one", "answer": "A", "data": {"x": {"y": 1}}})
    server = serve(faults.by_text({"A": faults.content_exists_risk()}, faults.echo()))
    main(*at(server.base_url, *SECOND, *JUDGE))
    before = Path("second/q.csv").stat().st_mtime_ns
    main(*at(server.base_url, *SECOND, *JUDGE))
    assert Path("second/q.csv").stat().st_mtime_ns == before  # nothing new: not even written
    assert "data.x.y" not in rows()[0]
    main(*at(server.base_url, *SECOND, "--prompt", "{final_answer} {data.x.y}", "--limit", "1"))
    assert told(server)[-1] == "A 1"
    assert rows()[0]["status"] == "BLOCKED"


# --- What is refused, and what is the user's ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--questions", FIRST), "name a folder for this one, as in --output second"),
        (("--questions", FIRST, "--output", FIRST), "where nothing is written"),
        (("--questions", FIRST, "--output", f"{FIRST}/second"), "where nothing is written"),
        (("--questions", FIRST, "--output", f"x/../{FIRST}"), "where nothing is written"),
        (("--questions", FIRST, "--output", "link"), "where nothing is written"),
        (("--questions", FIRST, "--output", "."), "q.csv belongs to another run"),
        (("--questions", FIRST, "--output", "file"), "is a file; name a folder"),
        (
            ("--questions", "empty", "--output", "second"),
            "this is a folder; it must be a CSV file, or the folder of a run",
        ),
    ],
)
def test_a_folder_that_cannot_be_meant_is_told_and_nothing_is_written(
    main: Main, serve: Serve, clean_place: Path, arguments: tuple[str, ...], said: str
) -> None:
    lines({"question": "one", "answer": "A"})
    questions_csv(clean_place, "mine")
    Path("link").symlink_to(FIRST)
    Path("file").touch()
    Path("empty").mkdir()
    before = contents(".")
    for command in ((), ("status",)):
        run = main(*command, *at(serve(faults.echo()).base_url, *arguments))
        assert run.exit_status == 2
        assert run.err.count("\n") == 1
        assert said in run.err
    assert contents(".") == before


def test_a_folder_of_another_pass_is_refused(main: Main, serve: Serve) -> None:
    lines({"question": "one", "answer": "A"})
    lines({"question": "two", "answer": "B"}, folder="other")
    main(*at(serve(faults.echo()).base_url, *SECOND, *JUDGE))
    before = contents("second")
    run = main(*at(serve(faults.echo()).base_url, "--questions", "other", "--output", "second", *JUDGE))
    assert run.exit_status == 2
    assert "holds a second pass over ../dset_generator" in run.err
    assert contents("second") == before


def test_two_passes_at_once_are_one_and_a_line(main: Main, serve: Serve) -> None:
    lines({"question": "one", "answer": "A"})
    seen: list[Run] = []

    def script(request: Any) -> Any:
        before = contents("second")
        settings = commands.read(list(SECOND), "dset", "").settings
        with pytest.raises(AlreadyRunningError):
            second.prepare(settings, lambda line: None)
        assert contents("second") == before
        seen.append(Run(0, "", ""))
        return faults.ok("fine")

    assert main(*at(serve(script).base_url, *SECOND, *JUDGE)).exit_status == 0
    assert seen


def test_a_q_csv_that_was_edited_is_set_aside_and_a_bookmark_is_no_edit(main: Main, serve: Serve) -> None:
    lines({"question": "one", "answer": "A"}, {"question": "two", "answer": "B"})
    command = at(serve(faults.echo()).base_url, *SECOND, *JUDGE)
    main(*command)
    path = Path("second/q.csv")
    path.write_bytes(path.read_bytes().replace(b"one,,", b'one,"mine, all",').replace(b"\r\n", b"\n"))
    lines({"question": "one more", "answer": "C"})
    assert "was edited" not in main(*command).err
    assert [row["status"] for row in rows()] == ["mine, all", "", ""]
    path.write_bytes(path.read_bytes().replace(b"two", b"deux"))
    edited = path.read_bytes()
    assert "was edited" not in main(*command).err
    assert path.read_bytes() == edited  # until there is something to bring in
    lines({"question": "and more", "answer": "D"})
    run = main(*command)
    assert "q.csv was edited; it is q.csv.bak1 now" in run.err
    assert Path("second/q.csv.bak1").read_bytes() == edited
    assert [row["question"] for row in rows()] == ["one", "two", "one more", "and more"]


def test_a_start_that_ends_at_any_step_is_made_good_by_the_next(main: Main, clean_place: Path) -> None:
    lines({"question": "one", "answer": "A"}, {"question": "two", "answer": "B"})
    settings = commands.read([*SECOND, *JUDGE], "dset", "").settings
    ended = 0
    for stop in range(100):
        shutil.rmtree("second", ignore_errors=True)
        second.prepare(settings, lambda line: None)
        lines({"question": f"more {stop}", "answer": "C"})
        count = iter(range(10_000))

        def watch(step: steps.Step, count: Iterator[int] = count, stop: int = stop) -> Any:
            if next(count) == stop:
                raise KeyboardInterrupt
            return step.take()

        steps.watch = watch
        try:
            second.prepare(settings, lambda line: None)
        except KeyboardInterrupt:
            ended += 1
        else:
            break
        finally:
            steps.watch = None
        said: list[str] = []
        second.prepare(settings, said.append)
        assert not any("edited" in line for line in said), stop
        assert len(rows()) == 3 + stop
    assert ended > 8


def test_status_changes_nothing_before_and_after_the_pass_has_begun(main: Main, serve: Serve) -> None:
    lines({"question": "one", "answer": "A"})
    before = contents(".")
    look = main("status", *SECOND, *JUDGE)
    assert look.exit_status == 2
    assert "second: not begun; the first run asks about 1 answer in dset_generator" in look.err
    assert contents(".") == before
    main(*at(serve(faults.echo()).base_url, *SECOND, *JUDGE))
    before = contents(".")
    look = main("status", *SECOND, *JUDGE)
    assert look.exit_status == 0
    assert "1 row, 1 done, 0 to do" in look.out
    assert contents(".") == before
