"""`task NAME --images FOLDER`, as a user sees it: pictures taken in, asked about, checked, exported."""

import base64
import csv
import io
import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from PIL import Image

from dset.rehearsal import faults
from dset.rehearsal.server import Behaviour, Request, Script, Server
from tests import pictures
from tests.running import Run, at, journal, rejected
from tests.tasks import queue_rows, queue_saved

Main = Callable[..., Run]
Serve = Callable[[Script], Server]
ANIMALS = "dset_generator/tasks/vision_animals"
CAPTION = "แมวตัวหนึ่งนั่งอยู่บนเก้าอี้ไม้หน้าบ้านในตอนเช้า"
CAT = {"label_en": "cat", "label_th": "แมว", "caption": CAPTION}
_WIDTH = 40  # of picture 0: the width tells which one it is, however it was stored


def picture(number: int) -> bytes:
    return pictures.jpeg(number, (_WIDTH + number, 30))


@pytest.fixture
def frames(clean_place: Path) -> Path:
    """Ten pictures whose natural order is not that of their letters."""
    folder = clean_place / "frames"
    folder.mkdir()
    for number in range(1, 11):
        (folder / f"f{number}.jpg").write_bytes(picture(number))
    return folder


class Looker:
    """A model that sees a cat in every picture, but where `says` has it otherwise; it keeps book of what it was asked."""

    def __init__(self, says: Callable[[int, int], Any] = lambda number, times: None) -> None:
        """`says` (picture, how often it was asked about) -> a record, a text, a Behaviour; None: a cat."""
        self._says = says
        self.asked: Counter[int] = Counter()
        self.told: list[list[dict[str, Any]]] = []  # the messages of each request

    def __call__(self, request: Request) -> Behaviour:
        messages = request.body["messages"]
        self.told.append(messages)
        content = next(one["content"] for one in messages if one["role"] == "user")
        url = next(part for part in content if part["type"] == "image_url")["image_url"]["url"]
        data = base64.b64decode(url.partition(",")[2])
        number = Image.open(io.BytesIO(data)).width - _WIDTH
        self.asked[number] += 1
        found = self._says(number, self.asked[number])
        if isinstance(found, Behaviour):
            return found
        return faults.ok(found if isinstance(found, str) else json.dumps(found or CAT))


def look(main: Main, server: Server, *arguments: str, task: str = "vision_animals") -> Run:
    count = arguments[:1] if arguments and arguments[0].isdecimal() else ()
    flags = at(server.base_url, "--images", "frames", "--concurrency", "4", *arguments[len(count) :])
    return main("task", task, *count, *flags)


def records(place: Path, folder: str = ANIMALS) -> dict[str, dict[str, Any]]:
    """The record of each picture, by its path."""
    return {line["metadata"]["image"]: line["response"]["data"] for line in journal(place, folder)}


# --- Taken in and asked -----------------------------------------------------------------------------------------


def test_each_picture_gets_a_record_that_names_it_and_its_source_is_kept(
    main: Main, serve: Serve, frames: Path, clean_place: Path
) -> None:
    before = {path.name: path.read_bytes() for path in frames.iterdir()}
    run = look(main, serve(Looker()), "3")
    assert run.exit_status == 0, run.said
    assert "Finished vision_animals (th): 3 of 3 pictures have a record." in run.out
    assert "label_en: cat 3" in run.out
    made = records(clean_place)
    assert made == {
        f"images/{number}.jpg": {**CAT, "image": f"images/{number}.jpg"} for number in range(1, 4)
    }
    assert all(list(record) == ["label_en", "label_th", "caption", "image"] for record in made.values())
    rows = queue_rows(clean_place / ANIMALS)
    assert list(rows[0]) == ["question", "image", "status", "source"]
    assert [(row["image"], row["source"]) for row in rows] == [
        (f"images/{number}.jpg", f"f{number}.jpg") for number in range(1, 4)
    ]
    [third] = [one for one in journal(clean_place, ANIMALS) if one["metadata"]["image"] == "images/3.jpg"]
    assert third["metadata"]["columns"] == {"source": "f3.jpg"}
    assert {path.name: path.read_bytes() for path in frames.iterdir()} == before


def test_the_model_is_told_the_task_and_never_of_the_field_that_the_program_fills_in(
    main: Main, serve: Serve, frames: Path
) -> None:
    looker = Looker()
    look(main, serve(looker), "2")
    assert len(looker.told) == 2
    assert looker.told[0][0] == looker.told[1][0]  # prompt caches hit
    system = looker.told[0][0]["content"]
    form = json.loads(next(line for line in system.splitlines() if line.startswith('{"type": "object"')))
    assert list(form["properties"]) == form["required"] == ["label_en", "label_th", "caption"]
    assert "describe in Thai what is seen" in system
    assert "images/" not in system
    assert '"caption"' in system.rpartition("An example of the form")[2]


def test_the_same_command_asks_nothing_again_and_new_pictures_get_the_next_numbers(
    main: Main, serve: Serve, frames: Path, clean_place: Path
) -> None:
    looker = Looker()
    server = serve(looker)
    assert look(main, server, "2").exit_status == 0
    assert set(looker.asked) == {1, 2}
    assert look(main, server, "5").exit_status == 0
    (frames / "a.jpg").write_bytes(picture(11))
    assert look(main, server, "6").exit_status == 0
    done = look(main, server, "6")
    assert "Finished vision_animals (th): 6 of 6 pictures have a record." in done.out
    assert looker.asked == {1: 1, 2: 1, 3: 1, 4: 1, 5: 1, 11: 1}
    last = queue_rows(clean_place / ANIMALS)[-1]
    assert (last["image"], last["source"]) == ("images/6.jpg", "a.jpg")


def test_a_row_that_was_doubled_or_edited_and_a_cleared_queue_buy_nothing(
    main: Main, serve: Serve, frames: Path, clean_place: Path
) -> None:
    looker = Looker()
    server = serve(looker)
    look(main, server, "3")
    rows = queue_rows(clean_place / ANIMALS)
    queue_saved(clean_place / ANIMALS, [*rows, *rows, {**rows[0], "question": "And now?"}])
    assert look(main, server, "3").exit_status == 0
    (clean_place / ANIMALS / "q.csv").unlink()
    assert look(main, server, "3").exit_status == 0
    assert len(looker.told) == 3


def test_what_is_no_picture_is_set_aside_and_a_copy_is_taken_once(
    main: Main, serve: Serve, frames: Path, clean_place: Path
) -> None:
    (frames / "f2.jpg").write_bytes(b"<svg/>")
    (frames / "f3.jpg").write_bytes(picture(1))
    (frames / "notes.txt").write_text("x")
    run = look(main, serve(Looker()), "3")
    assert run.exit_status == 0, run.said
    assert "1 file set aside: f2.jpg " in run.err
    assert "1 copy of another picture, taken once" in run.err
    assert len(records(clean_place)) == 1


def test_an_empty_folder_is_told(main: Main, serve: Serve, clean_place: Path) -> None:
    (clean_place / "frames").mkdir()
    run = look(main, serve(Looker()))
    assert run.exit_status == 1
    assert "holds no picture that can be read" in run.out


# --- The gate ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("bad", "told"),
    [
        ({**CAT, "label_th": "สุนัข"}, 'label_th: it must be "แมว", which goes with label_en "cat", not "สุนัข"'),
        ({**CAT, "label_en": "kitten"}, "label_en: "),
        ({**CAT, "caption": "A cat sits on a chair in front of a house."}, "caption: "),
        ({**CAT, "mood": "calm"}, "mood"),
        ("I see a cat.", "no JSON object"),
    ],
)
def test_a_record_that_is_wrong_is_asked_for_again_with_its_faults(
    main: Main, serve: Serve, frames: Path, clean_place: Path, bad: Any, told: str
) -> None:
    looker = Looker(lambda _, times: bad if times == 1 else None)
    run = look(main, serve(looker), "1")
    assert run.exit_status == 0, run.said
    assert told in looker.told[1][-1]["content"]
    assert records(clean_place) == {"images/1.jpg": {**CAT, "image": "images/1.jpg"}}


def test_a_record_that_stays_wrong_is_asked_for_three_times_and_told(
    main: Main, serve: Serve, frames: Path, clean_place: Path
) -> None:
    looker = Looker(lambda number, _: {**CAT, "label_th": "หมู"} if number == 2 else None)
    run = look(main, serve(looker), "3")
    assert run.exit_status == 1
    assert looker.asked == {1: 1, 2: 3, 3: 1}
    assert "Not finished vision_animals (th): 2 of 3 pictures have a record." in run.out
    assert "--retry-failed" not in run.said  # this verb has no such flag
    assert queue_rows(clean_place / ANIMALS)[1]["status"] == "ERROR"


def test_an_image_that_the_model_names_is_not_believed(
    main: Main, serve: Serve, frames: Path, clean_place: Path
) -> None:
    look(main, serve(Looker(lambda *_: {**CAT, "image": "/etc/passwd"})), "1")
    assert records(clean_place) == {"images/1.jpg": {**CAT, "image": "images/1.jpg"}}


def test_two_pictures_may_be_told_alike_unless_near_is_given(
    main: Main, serve: Serve, frames: Path, clean_place: Path
) -> None:
    looker = Looker(
        lambda _, times: {**CAT, "caption": CAPTION + "มีดอกไม้สีแดงอยู่ข้างหลังด้วย" * times} if times > 1 else None
    )
    run = look(main, serve(looker), "2", "--near", "0.9", "--name", "unlike")
    assert run.exit_status == 0, run.said
    assert sum(looker.asked.values()) == 3
    assert "write something else" in looker.told[-1][-1]["content"]


def test_a_picture_that_a_safety_filter_refuses_is_listed_and_the_others_go_on(
    main: Main, serve: Serve, frames: Path, clean_place: Path
) -> None:
    looker = Looker(lambda number, _: faults.content_filter() if number == 2 else None)
    run = look(main, serve(looker), "3")
    assert run.exit_status == 0, run.said
    assert "2 of 3 pictures have a record, 1 blocked by the service." in run.out
    assert [row["status"] for row in queue_rows(clean_place / ANIMALS)] == ["", "BLOCKED", ""]
    assert rejected(clean_place, ANIMALS)[0]["metadata"]["image"] == "images/2.jpg"


def test_a_picture_that_one_model_refuses_is_shown_to_the_next(
    main: Main, serve: Serve, frames: Path, clean_place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def model(request: Request) -> Behaviour:
        is_first = request.body["model"] == "first"
        return faults.content_filter() if is_first else faults.ok(json.dumps(CAT))

    text = f'[[providers]]\nname = "here"\nbase_url = "{serve(model).base_url}"\nkeys = ["DSET_API_KEY"]\n'
    (clean_place / "endpoints.toml").write_text(text + 'models = ["first", "second"]\n', encoding="utf-8")
    monkeypatch.setenv("DSET_API_KEY", "sk-x")
    run = main("task", "vision_animals", "1", "--images", "frames")
    assert run.exit_status == 0, run.said
    [line] = journal(clean_place, ANIMALS)
    assert line["metadata"]["endpoint"].endswith("/second")


# --- Other tasks ------------------------------------------------------------------------------------------------


def test_text_is_taken_as_it_stands_in_the_picture_in_any_language_and_may_be_missing(
    main: Main, serve: Serve, frames: Path, clean_place: Path
) -> None:
    said = {1: "หยุด\nSTOP", 2: "", 3: "EXIT 12", 4: " ราคา 20 บาท \n\n ขอบคุณ"}
    looker = Looker(lambda number, _: {"text": said[number], "kind": "sign", "confidence": 0.5})
    run = look(main, serve(looker), "4", task="ocr_thai")
    assert run.exit_status == 0, run.said
    made = records(clean_place, "dset_generator/tasks/ocr_thai")
    assert {number: made[f"images/{number}.jpg"]["text"] for number in said} == said


def test_a_task_of_the_users_own_works_the_same(
    main: Main, serve: Serve, frames: Path, clean_place: Path
) -> None:
    schema = {
        "type": "object",
        "properties": {"image": {"type": "string"}, "people": {"type": "integer", "minimum": 0}},
        "required": ["image", "people"],
        "additionalProperties": False,
    }
    task = {"crowds": {"schema": schema, "prompt": "Count the people.", "unique": ["image"]}}
    (clean_place / "tasks.json").write_text(json.dumps(task), encoding="utf-8")
    run = look(main, serve(Looker(lambda number, _: {"people": number})), "3", task="crowds")
    assert run.exit_status == 0, run.said
    made = records(clean_place, "dset_generator/tasks/crowds")
    assert list(made["images/3.jpg"].items()) == [("image", "images/3.jpg"), ("people", 3)]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["vision_animals", "100"], "task vision_animals --images FOLDER"),
        (["vision_animals"], "task vision_animals --images FOLDER"),
        (["ner", "--images", "frames"], "the task ner has no property image"),
        (["vision_animals", "--images", "nowhere"], "there is no such folder"),
        (["vision_animals", "--images", "frames/f1.jpg"], "is a file"),
        (["vision_animals", "x", "--images", "frames"], "how many records?"),
        (
            ["vision_animals", "--images", "frames", "--set", "label_en=cat"],
            "--set means nothing with --images",
        ),
        (["vision_animals", "--images", "frames", "--per-request", "2"], "--per-request means nothing"),
        (["vision_animals", "--images", "frames", "--against", "a.json"], "--against means nothing"),
        (["vision_animals", "--images", "frames", "--max-requests", "9"], "--max-requests means nothing"),
    ],
)
def test_what_cannot_be_ordered_is_told_in_one_line(
    main: Main, frames: Path, clean_place: Path, words: list[str], told: str
) -> None:
    run = main("task", *words)
    assert run.exit_status == 2
    assert told in run.err
    assert run.err.count("\n") == 1
    assert not (clean_place / "dset_generator").exists()


def test_a_field_that_takes_no_path_is_told_before_anything_is_asked(
    main: Main, frames: Path, clean_place: Path
) -> None:
    schema = {"type": "object", "properties": {"image": {"type": "integer"}, "a": {"type": "string"}}}
    (clean_place / "tasks.json").write_text(json.dumps({"odd": {"schema": schema}}), encoding="utf-8")
    run = main("task", "odd", "--images", "frames")
    assert run.exit_status == 2
    assert "its field image must take the path of a picture" in run.err


def test_a_plan_binds_the_language_and_the_folder_unless_the_project_was_moved(
    main: Main, serve: Serve, frames: Path, clean_place: Path
) -> None:
    server = serve(Looker())
    assert look(main, server, "1").exit_status == 0
    refused = look(main, server, "1", "--lang", "en")
    assert refused.exit_status == 2
    assert "--lang was th and is en now" in refused.err
    (clean_place / "others").mkdir()
    other = main("task", "vision_animals", *at(server.base_url, "--images", "others"))
    assert other.exit_status == 2
    assert "the pictures were in frames and are in others now" in other.err
    frames.rename(clean_place / "moved")
    assert main("task", "vision_animals", "1", *at(server.base_url, "--images", "moved")).exit_status == 0
    assert len(server.questions) == 1


# --- What comes out ---------------------------------------------------------------------------------------------


def test_exports_carry_the_picture_its_source_and_its_licence(
    main: Main, serve: Serve, frames: Path, clean_place: Path
) -> None:
    lines = [
        {"image_path": f"frames/f{number}.jpg", "label": "cat", "query": "แมว", "source": "pexels", "author": "Ann",
         "page": f"https://example.org/{number}", "licence": "Pexels License", "width": 5}
        for number in (1, 3)
    ]  # fmt: skip
    text = "".join(json.dumps(line) + "\n" for line in lines)
    (clean_place / "scraped_metadata.jsonl").write_text(text + "{torn", encoding="utf-8")
    run = look(main, serve(Looker()), "3", "--format", "jsonl,csv,parquet,hf", "--out", "out")
    assert run.exit_status == 0, run.said
    assert run.out.count("written: ") == 4
    [path] = (clean_place / "out").glob("*.jsonl")
    entries = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    assert [entry["image"] for entry in entries] == ["images/1.jpg", "images/2.jpg", "images/3.jpg"]
    assert entries[2]["metadata"]["picture"] == {
        "source": "f3.jpg", "label": "cat", "query": "แมว", "service": "pexels", "author": "Ann",
        "page": "https://example.org/3", "licence": "Pexels License",
    }  # fmt: skip
    assert entries[1]["metadata"]["picture"] == {"source": "f2.jpg"}
    [path] = (clean_place / "out").glob("*.csv")
    with path.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["image"] for row in rows] == ["images/1.jpg", "images/2.jpg", "images/3.jpg"]
    [path] = (clean_place / "out").glob("*.parquet")
    table = pq.read_table(path)
    assert table["image"].to_pylist() == ["images/1.jpg", "images/2.jpg", "images/3.jpg"]
    assert table["metadata"].to_pylist()[0]["picture"]["licence"] == "Pexels License"


def test_an_hf_export_holds_the_pictures_themselves(
    main: Main, serve: Serve, frames: Path, clean_place: Path
) -> None:
    look(main, serve(Looker()), "3")
    (clean_place / ANIMALS / "images/2.jpg").unlink()
    assert main("export", ANIMALS, "--format", "hf", "--out", "hf").exit_status == 0
    [path] = (clean_place / "hf").glob("data/*.parquet")
    cells = pq.read_table(path)["image"].to_pylist()
    assert cells[1] is None
    assert cells[2] == {
        "bytes": (clean_place / ANIMALS / "images/3.jpg").read_bytes(),
        "path": "images/3.jpg",
    }
    told = json.loads(pq.read_schema(path).metadata[b"huggingface"])
    assert told["info"]["features"]["image"] == {"_type": "Image"}
    card = (clean_place / "hf/README.md").read_text("utf-8")
    assert "- name: image\n    dtype: image\n" in card
    assert "image-classification" in card


def test_status_and_report_know_the_folder(main: Main, serve: Serve, frames: Path, clean_place: Path) -> None:
    looker = Looker(lambda number, _: "no" if number == 2 else None)
    look(main, serve(looker), "3")
    status = main("status", ANIMALS)
    assert status.exit_status == 1
    assert "2 records of 3 pictures stand" in status.out
    report = main("report", ANIMALS, "--balance")
    assert report.exit_status == 0, report.said
    assert "vision_animals (th), 2 records" in report.out
    assert "2 cat" in report.out
    assert "add such pictures to the folder" in report.out


def test_a_rehearsal_meets_an_outage_goes_on_and_begins_anew(
    rehearse: Main, frames: Path, clean_place: Path
) -> None:
    flags = ("task", "vision_animals", "3", "--images", "frames", "--rehearse", "--retry-waits", "0.01")
    first = rehearse(*flags)
    assert first.exit_status == 1, first.said
    assert "Stopped by an outage" in first.out
    second = rehearse(*flags)
    assert second.exit_status == 0, second.said
    assert "3 of 3 pictures have a record." in second.out
    assert len(journal(clean_place, "dset_generator/rehearsal/tasks/vision_animals")) == 3
    assert not (clean_place / "dset_generator/tasks").exists()
    third = rehearse(*flags)
    assert third.exit_status == 1
    assert len(journal(clean_place, "dset_generator/rehearsal/tasks/vision_animals")) < 3


# --- A plain run ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("with_schema", [False, True])
def test_a_plain_run_sends_the_pictures_of_its_rows_and_none_from_outside(
    main: Main, serve: Serve, frames: Path, clean_place: Path, *, with_schema: bool
) -> None:
    place = clean_place / "mine"
    place.mkdir()
    (place / "in.jpg").write_bytes(picture(5))
    queue_saved(
        place,
        [
            {"question": "What is it?", "image": "in.jpg"},
            {"question": "And this?", "image": "../frames/f1.jpg"},
            {"question": "And this?", "image": str(frames / "f2.jpg")},
        ],
    )
    form = {"type": "object", "properties": {"caption": {"type": "string"}}, "required": ["caption"]}
    (clean_place / "form.json").write_text(json.dumps(form))
    looker = Looker(lambda *_: {"caption": "a cat"})
    schema = ("--schema", "form.json") if with_schema else ()
    run = main(*at(serve(looker).base_url, "--questions", "mine/q.csv", *schema))
    assert run.exit_status == 1, run.said
    assert looker.asked == {5: 1}
    [line] = journal(clean_place)
    assert line["metadata"]["image"] == "in.jpg"
    assert ("data" in line["response"]) == with_schema
    reasons = [one["reason"] for one in rejected(clean_place)]
    assert len(reasons) == 2
    assert all("outside" in reason or "relative" in reason for reason in reasons)


def test_a_rehearsal_exports_beside_itself(main: Main, frames: Path, clean_place: Path) -> None:
    asked = ("task", "vision_animals", "2", "--images", "frames", "--rehearse=calm", "--format", "jsonl")
    run = main(*asked)
    assert run.exit_status == 0, run.said
    assert "written: dset_generator/rehearsal/exports/" in run.out
    assert not (clean_place / "dset_generator/exports").exists()
