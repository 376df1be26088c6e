"""What was sent for a row, and the picture that went with it."""

import json
from pathlib import Path
from typing import Any

from dset import answers, runs, state
from dset.browsing import pictures
from dset.browsing.pictures import Picture
from dset.browsing.sent import Runs
from dset.folders import Folder
from dset.headers import read_header
from dset.prompts import Prompt
from dset.state import State
from tests import samples
from tests.captioned import Dataset, picture
from tests.tables import each

REQUEST = {
    "model": "m",
    "prompt": "About {topic}: {question} {else}",
    "system": "Be {mood}.",
    "appendix": "As JSON.",
}


def told(folder: Path, about: dict[str, Any], **request: Any) -> dict[str, Any]:
    """What is said of a row whose run was told `request`."""
    folder.mkdir(exist_ok=True)
    run = runs.Run(folder / "runs.json", REQUEST | request, ())
    run.open()
    return Runs(folder / "runs.json").sent({"run": run.id} | about)


def test_the_messages_are_told_as_the_engine_composes_them(tmp_path: Path) -> None:
    asked = samples.question("{topic}?", columns={"topic": "tea {mood}", "mood": "kind"})
    columns = read_header([b"question,topic,mood\n"], "", "")
    prompt = Prompt(REQUEST["prompt"], REQUEST["system"], columns, tmp_path, REQUEST["appendix"])
    about = answers.metadata(asked, timestamp=samples.NOW)
    assert told(tmp_path, about) == {"sent": prompt.messages(asked), "sent_note": ""}


def test_a_picture_stands_in_it_in_words(tmp_path: Path) -> None:
    sent = told(tmp_path, {"question": "", "image": "a.png"}, prompt="Describe it.", system="", appendix="")[
        "sent"
    ]
    assert sent == [{"role": "user", "content": "Describe it.\n\n[picture: a.png]"}]


def test_a_usual_heading_of_the_question_is_taken_for_it(tmp_path: Path) -> None:
    sent = told(tmp_path, {"question": "why"}, prompt="{Prompt} {other}", system="", appendix="")["sent"]
    assert sent == [{"role": "user", "content": "why {other}"}]


def test_a_conversation_of_the_users_is_told_as_it_is(tmp_path: Path) -> None:
    parts = [
        {"type": "text", "text": "look"},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}},
    ]
    cell = json.dumps([{"role": "system", "content": "s"}, {"role": "user", "content": parts}])
    assert told(tmp_path, {"messages": cell})["sent"] == [
        {"role": "system", "content": "s"},
        {"role": "user", "content": "look\n\n[picture]"},
    ]


@each([({}, "which run"), ({"run": "gone"}, "the run gone"), ({"messages": "[1]"}, "no role")])
def test_what_cannot_be_known_is_said(about: dict[str, Any], why: str) -> None:
    known = told(Path("out"), about) if "messages" in about else Runs(Path("out/none.json")).sent(about)
    assert known["sent"] is None
    assert why in known["sent_note"]


def test_several_requests_are_told(tmp_path: Path) -> None:
    assert "3 requests" in told(tmp_path, {"question": "q", "attempts": 3})["sent_note"]


def test_runs_are_read_again_when_another_one_begins(tmp_path: Path) -> None:
    known = Runs(tmp_path / "runs.json")
    assert known.sent({"run": "r"})["sent"] is None
    samples.write_lines(tmp_path / "runs.json", [{"run": "r", "settings": {"prompt": "p"}}])
    assert known.sent({"run": "r"})["sent"] == [{"role": "user", "content": "p"}]


def test_pictures_of_a_plain_run_begin_beside_its_questions(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "elsewhere" / "out")
    picture(tmp_path / "project" / "p" / "1.png", 1)
    (tmp_path / "project" / "q.csv").touch()
    folder.path.mkdir(parents=True)
    assert pictures.of(folder, "p/1.png") is None
    state.save(folder.state, State(questions=state.name_of(tmp_path / "project" / "q.csv", folder.path)))
    data = (tmp_path / "project" / "p" / "1.png").read_bytes()
    assert pictures.of(folder, "p/1.png") == Picture(data, "image/png")
    beside = Folder(tmp_path / "project" / "out")
    beside.path.mkdir()
    assert pictures.of(beside, "p/1.png") == Picture(data, "image/png")


def test_the_picture_of_a_caption_is_found_where_it_was_moved(tmp_path: Path) -> None:
    made = Dataset(tmp_path / "set", kind="captions")
    number = made.block()
    found = pictures.of(Folder(made.folder), f"train/{number}.jpg")
    assert found is not None
    assert found.media_type == "image/jpeg"
    assert pictures.of(Folder(made.folder / "keep"), f"train/{number}.jpg") == found
    assert pictures.of(Folder(made.folder), f"blocked/{number}.jpg") is None


def test_pictures_of_a_task_begin_in_its_folder(tmp_path: Path) -> None:
    (tmp_path / "plan.json").write_text('{"kind": "pictures", "task": {"name": "t"}}')
    picture(tmp_path / "images" / "1.jpg", 1)
    assert pictures.of(Folder(tmp_path), "images/1.jpg") is not None


def test_no_other_file_is_ever_shown(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "project" / "out")
    folder.path.mkdir(parents=True)
    picture(tmp_path / "secret.png", 1)
    (folder.path.parent / "link.png").symlink_to(tmp_path / "secret.png")
    (folder.path.parent / "a.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    (folder.path.parent / "b.png").write_text("<html>")
    names = (
        "../secret.png",
        str(tmp_path / "secret.png"),
        "link.png",
        "a.svg",
        "b.png",
        "",
        ".",
        "a\0.png",
        "\ud800",
        "x" * 5_000,
        5,
        None,
    )
    for name in names:
        assert pictures.of(folder, name) is None, name
