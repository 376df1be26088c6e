"""`caption FOLDER`: from a folder of pictures to a training folder, through the engine, at a service on loopback."""

import csv
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from dset import steps
from dset.rehearsal import faults
from dset.rehearsal.server import Server
from tests.captioning import Reply, Studio, caption_of, frames, source
from tests.crashes import Crash, CrashError
from tests.running import Run, journal


@pytest.fixture
def studio(serve: Callable[..., Server], main: Callable[..., Run], clean_place: Path) -> Studio:
    return Studio(serve, main, clean_place)


def test_each_picture_gets_a_caption_and_a_second_run_asks_nothing(studio: Studio) -> None:
    frames(studio.place, 3)
    done = studio.run()
    assert done.exit_status == 0, done.said
    assert studio.asks() == ["1.jpg", "2.jpg", "3.jpg"]
    assert studio.texts() == {f"{n}.jpg": caption_of(f"{n}.jpg") for n in range(1, 4)}
    assert "Finished frames: 3 of 3 pictures captioned." in done.out
    again = studio.run()
    assert (again.exit_status, studio.asks()) == (0, [])
    assert "Finished frames: 3 of 3 pictures captioned." in again.out
    assert studio.look("--check").exit_status == 0


def test_new_files_get_the_next_numbers_and_only_they_are_asked_about(studio: Studio) -> None:
    frames(studio.place, 3, first=5)
    studio.run()
    studio.asks()
    (studio.place / "frames" / "0.png").write_bytes(source(99))
    assert studio.run().exit_status == 0
    assert studio.asks() == ["4.jpg"]
    assert list(studio.texts()) == ["1.jpg", "2.jpg", "3.jpg", "4.jpg"]


def test_a_picture_that_somebody_removed_is_left_out_and_not_asked_about(studio: Studio) -> None:
    frames(studio.place, 3)
    studio.said["2.jpg"] = faults.unprocessable()
    studio.run()
    studio.asks()
    (studio.train / "2.jpg").unlink()
    done = studio.run()
    assert (done.exit_status, studio.asks()) == (0, []), done.said
    assert list(studio.texts()) == ["1.jpg", "3.jpg"]
    assert "2 of 2 pictures captioned" in done.out
    (studio.train / "1.jpg").unlink()
    assert studio.run().exit_status == 0
    assert list(studio.texts()) == ["3.jpg"]


def test_a_source_that_goes_leaves_its_picture_and_its_caption(studio: Studio) -> None:
    frames(studio.place, 2)
    studio.run()
    (studio.place / "frames" / "1.png").unlink()
    assert studio.run().exit_status == 0
    assert list(studio.texts()) == ["1.jpg", "2.jpg"]


def test_a_changed_source_is_asked_about_under_its_new_number(studio: Studio) -> None:
    frames(studio.place, 2)
    studio.run()
    studio.asks()
    (studio.place / "frames" / "1.png").write_bytes(source(50))
    studio.said["3.jpg"] = caption_of("1.jpg")  # that of a picture that was replaced may be said again
    assert studio.run().exit_status == 0
    assert studio.asks() == ["3.jpg"]
    assert list(studio.texts()) == ["2.jpg", "3.jpg"]
    assert studio.shelf("replaced") == ["1.jpg"]


# --- blocked


def test_a_blocked_picture_leaves_train_when_the_run_ends_and_its_caption_list(studio: Studio) -> None:
    frames(studio.place, 3)
    studio.said["2.jpg"] = faults.content_exists_risk()
    done = studio.run()
    assert done.exit_status == 0, done.said
    assert (studio.shelf("train"), studio.shelf("blocked")) == (["1.jpg", "3.jpg"], ["2.jpg"])
    assert list(studio.texts()) == ["1.jpg", "3.jpg"]
    assert "2 of 3 pictures captioned, 1 blocked by the service" in done.out
    studio.asks()
    assert (studio.run().exit_status, studio.asks()) == (0, [])
    assert studio.shelf("blocked") == ["2.jpg"]


@pytest.mark.parametrize("how", ["--retry-failed", "a changed prompt", "a cleared status"])
def test_a_blocked_picture_comes_back_when_it_is_asked_about_again(studio: Studio, how: str) -> None:
    frames(studio.place, 3)
    studio.said["2.jpg"] = faults.content_exists_risk()
    studio.run()
    studio.asks()
    del studio.said["2.jpg"]
    if how == "a changed prompt":
        (studio.folder / "prompt.txt").write_text("Say what is there.", encoding="utf-8")
    if how == "a cleared status":
        path = studio.folder / "q.csv"
        path.write_bytes(path.read_bytes().replace(b"BLOCKED", b""))
    done = studio.run(*(["--retry-failed"] if how == "--retry-failed" else []))
    if how == "a cleared status":  # rejected.json says why it is left alone, and its settings are the same
        return
    assert (done.exit_status, studio.asks()) == (0, ["2.jpg"]), done.said
    assert (studio.shelf("train"), studio.shelf("blocked")) == (["1.jpg", "2.jpg", "3.jpg"], [])
    assert list(studio.texts()) == ["1.jpg", "2.jpg", "3.jpg"]


def test_a_picture_that_is_blocked_again_goes_back(studio: Studio) -> None:
    frames(studio.place, 2)
    studio.said["2.jpg"] = faults.content_exists_risk()
    studio.run()
    studio.run("--retry-failed")
    assert studio.shelf("blocked") == ["2.jpg"]


def test_blocked_pictures_stay_where_that_is_wanted_and_come_back_for_it(studio: Studio) -> None:
    frames(studio.place, 2)
    studio.said["2.jpg"] = faults.content_exists_risk()
    studio.run()
    studio.run("--keep-blocked")
    assert (studio.shelf("train"), studio.shelf("blocked")) == (["1.jpg", "2.jpg"], [])
    assert list(studio.texts()) == ["1.jpg"]


# --- --keep-if


def test_only_what_fulfils_the_condition_is_captioned(studio: Studio) -> None:
    frames(studio.place, 5)
    kept: dict[str, Reply] = {"1.jpg": "Yes.", "2.jpg": "no", "3.jpg": "perhaps", "4.jpg": faults.content_exists_risk(),
            "5.jpg": faults.unprocessable()}  # fmt: skip
    studio.said["Is this true of the picture?"] = lambda name, _text, _time: kept[name]
    studio.said["one word"] = "perhaps"
    done = studio.run("--keep-if", 'a {image} of a person "there" is visible')
    keeping = [name for name, text in studio.asked if "Is this true" in text or "one word" in text]
    captioned = [name for name, text in studio.asked if "Write a caption" in text]
    assert keeping.count("3.jpg") == 3  # asked again twice
    assert sorted(captioned) == [
        "1.jpg",
        "4.jpg",
    ]  # what was refused there is tried, and else goes to blocked/
    assert any('a {image} of a person "there" is visible' in text for _, text in studio.asked)
    assert done.exit_status == 1
    assert (studio.shelf("filtered"), list(studio.texts())) == (["2.jpg"], ["1.jpg", "4.jpg"])
    assert "Not finished" in done.out
    kept |= {"3.jpg": "yes", "5.jpg": "no"}
    studio.asks()
    done = studio.run("--keep-if", 'a {image} of a person "there" is visible', "--retry-failed")
    assert studio.shelf("filtered") == ["2.jpg", "5.jpg"]
    assert list(studio.texts()) == ["1.jpg", "3.jpg", "4.jpg"]


def test_another_condition_is_asked_of_what_the_first_one_filtered(studio: Studio) -> None:
    frames(studio.place, 2)
    studio.said["a dog"] = "no"
    studio.run("--keep-if", "a dog is there")
    assert studio.shelf("filtered") == ["1.jpg", "2.jpg"]
    studio.said = {"a cat": "yes"}
    done = studio.run("--keep-if", "a cat is there")
    assert (done.exit_status, studio.shelf("filtered"), studio.shelf("train")) == (0, [], ["1.jpg", "2.jpg"])


def test_the_filter_can_be_skipped(studio: Studio) -> None:
    frames(studio.place, 2)
    studio.run("--keep-if", "a dog is there", "--skip-filter")
    assert not [text for _, text in studio.asked if "a dog" in text]
    assert list(studio.texts()) == ["1.jpg", "2.jpg"]


def test_pictures_are_taken_as_they_are_where_that_is_wanted(studio: Studio) -> None:
    frames(studio.place, 1)
    studio._by_digest = lambda digest: "1.png"  # type: ignore[method-assign]
    assert studio.run("--skip-resize").exit_status == 0
    assert (studio.train / "1.png").read_bytes() == source(1)


# --- --translate


def test_a_second_caption_is_made_by_the_text_model_and_follows_an_edit(studio: Studio) -> None:
    frames(studio.place, 2)
    (studio.place / "endpoints.toml").write_text(
        f'[[providers]]\nname = "here"\nbase_url = "{studio.server.base_url}"\nkeys = []\nmodels = ["seer", "writer"]\n',
        encoding="utf-8",
    )
    thai = {n: f"ภาพเล็กของรูปทรงสี{'กขคง'[n]}บนโต๊ะไม้เก่า" for n in range(4)}
    studio.said = {
        "Translate": lambda _name, text, _time: thai[1 if " one " in text else 2 if " two " in text else 3]
    }
    arguments = ("caption", "frames", "--size", "16", "--word-count", "none", "--retry-waits", "0.1",
                 "--translate", "th", "--text-model", "writer", "--model", "seer")  # fmt: skip
    done = studio.look(*arguments[1:])
    assert done.exit_status == 0, done.said
    assert studio.models == ["seer", "seer", "writer", "writer"]
    assert studio.lines()["1.jpg"]["text_th"] == thai[1]
    path = studio.train / "metadata.jsonl"
    path.write_text(path.read_text("utf-8").replace(caption_of("2.jpg"), "my own words"), "utf-8")
    done = studio.look(*arguments[1:])
    assert done.exit_status == 0, done.said
    assert studio.lines()["2.jpg"] == {"text": "my own words", "text_th": thai[3]}
    assert studio.lines()["1.jpg"]["text_th"] == thai[1]


# --- what stands in the folder


def test_an_order_that_differs_from_the_plan_is_refused_with_what_to_do(studio: Studio) -> None:
    frames(studio.place, 1)
    studio.run()
    for flags in (
        ("--size", "32"),
        ("--trigger", "Style"),
        ("--fit", "pad"),
        ("--quality", "7"),
        ("--lang", "th"),
    ):
        done = studio.run(*flags)
        assert done.exit_status == 2
        assert flags[0] in done.err
        assert "--name" in done.err
    assert studio.run("--size", "32", "--name", "larger").exit_status == 0


def test_another_folder_of_the_same_name_is_refused_and_a_project_that_was_moved_goes_on(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    frames(studio.place, 1)
    studio.run()
    frames(studio.place, 1, "other/frames", first=9)
    done = studio.run(folder="other/frames")
    assert done.exit_status == 2
    assert "the pictures were in frames and are in other/frames now" in done.err
    moved = studio.place.with_name("moved")
    studio.place.rename(moved)
    monkeypatch.chdir(moved)
    studio.place = moved
    studio.asks()
    assert (studio.run().exit_status, studio.asks()) == (0, [])


def test_a_prompt_that_the_user_edited_is_used_and_kept_and_another_one_follows_the_command(
    studio: Studio,
) -> None:
    frames(studio.place, 1)
    studio.run("--word-count", "5-40")
    prompt = studio.folder / "prompt.txt"
    assert "5 to 40 words" in prompt.read_text("utf-8")
    frames(studio.place, 1, first=2)
    studio.run("--word-count", "6-41")
    assert "6 to 41 words" in studio.asked[-1][1]
    prompt.write_text("Mine, of {source}.", "utf-8")
    frames(studio.place, 1, first=3)
    studio.run("--word-count", "7-42")
    assert studio.asked[-1][1] == "Mine, of 3.png."
    assert prompt.read_text("utf-8") == "Mine, of {source}."


def test_a_row_that_the_user_took_out_or_doubled_costs_nothing(studio: Studio) -> None:
    frames(studio.place, 3)
    studio.run()
    studio.asks()
    path = studio.folder / "q.csv"
    head, one, _, three, *_ = path.read_bytes().split(b"\r\n")
    path.write_bytes(b"\r\n".join([head, three, three, one]))  # without a line end
    done = studio.run()
    assert list(studio.texts()) == ["1.jpg", "2.jpg", "3.jpg"]
    assert len(studio.asks()) <= 1, done.said
    with path.open(encoding="utf-8-sig", newline="") as stream:
        assert {row["image"] for row in csv.DictReader(stream)} == {f"train/{n}.jpg" for n in (1, 2, 3)}


def test_without_images_jsonl_no_caption_goes_to_another_picture(studio: Studio) -> None:
    frames(studio.place, 3)
    studio.run()
    (studio.folder / "images.jsonl").unlink()
    for path in studio.train.iterdir():
        path.unlink()
    (studio.place / "frames" / "1.png").unlink()
    studio.forget()
    assert studio.run().exit_status == 0
    assert studio.asks() == ["4.jpg", "5.jpg"]
    assert studio.texts() == {name: caption_of(name) for name in ("4.jpg", "5.jpg")}


def test_a_lost_images_jsonl_costs_nothing_where_the_pictures_stand(studio: Studio) -> None:
    frames(studio.place, 3)
    studio.said["2.jpg"] = faults.content_exists_risk()
    studio.run()
    (studio.folder / "images.jsonl").unlink()
    (studio.place / "frames" / "0.png").write_bytes(source(9))
    studio.asks()
    assert studio.run().exit_status == 0
    assert studio.asks() == ["4.jpg"]
    assert (list(studio.texts()), studio.shelf("blocked")) == (["1.jpg", "3.jpg", "4.jpg"], ["2.jpg"])
    assert studio.shelf("train") == ["1.jpg", "3.jpg", "4.jpg"]


def test_a_second_command_is_told(studio: Studio) -> None:
    frames(studio.place, 1)
    heard: list[Run] = []

    def meanwhile(name: str, _text: str, _time: int) -> str:
        from tests.running import run_script

        if not heard:
            heard.append(run_script(studio.place, "caption", "frames", "--size", "16"))
        return caption_of(name)

    studio.said["1.jpg"] = meanwhile
    assert studio.run().exit_status == 0
    assert heard[0].exit_status == 2
    assert "frames" in heard[0].err
    assert "is working on" in heard[0].err or "run" in heard[0].err


def test_the_limit_holds(studio: Studio) -> None:
    frames(studio.place, 3)
    done = studio.run("--limit", "1", "--concurrency", "1")
    assert (len(studio.asks()), len(studio.texts())) == (1, 1)
    assert "Not finished frames: 1 of 3 pictures captioned" in done.out
    assert done.exit_status == 0
    assert studio.run("--concurrency", "3").exit_status == 0
    assert len(studio.asks()) == 2


def test_quiet_says_the_summary_alone(studio: Studio) -> None:
    frames(studio.place, 1)
    done = studio.run("--quiet")
    assert done.err == ""
    assert "Finished" in done.out


@pytest.mark.parametrize("at", [9, 31, 60, 95, 120, 150])
def test_an_end_at_any_step_gives_the_same_dataset_in_the_end(
    studio: Studio, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    root = frames(studio.place, 3)
    (root / "copy.png").write_bytes(source(1))
    studio.said["2.jpg"] = faults.content_exists_risk()
    crash = Crash(studio.folder, at, "before")
    with monkeypatch.context() as patched:
        patched.setattr(steps, "watch", crash)
        try:
            studio.run("--format", "kohya")
        except CrashError:
            pass
    done = studio.run("--format", "kohya")
    assert done.exit_status == 0, (crash.hit, done.said)
    assert (studio.shelf("train"), studio.shelf("blocked")) == (["1.jpg", "3.jpg"], ["2.jpg"])
    assert studio.texts() == {name: caption_of(name) for name in ("1.jpg", "3.jpg")}
    assert sorted(path.name for path in studio.train.iterdir()) == [
        "1.jpg",
        "1.txt",
        "3.jpg",
        "3.txt",
        "metadata.jsonl",
    ]
    images = [one["metadata"]["image"] for one in journal(studio.place, "dset_generator/captions/frames")]
    assert sorted(images) == ["train/1.jpg", "train/3.jpg"]
    assert len(studio.asks()) <= 6  # what was in flight at the crash
    numbers = [
        json.loads(line)["number"] for line in (studio.folder / "images.jsonl").read_bytes().splitlines()
    ]
    assert {one for one in numbers if one} == {1, 2, 3}
