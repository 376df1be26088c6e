"""The verb `caption` as a user types it: folders of every kind, what is said, how it ends."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from dset import steps
from dset.rehearsal import faults
from dset.rehearsal.server import Server
from tests import pictures
from tests.captioning import SHORT, Studio, caption_of, frames, source
from tests.crashes import Refusal
from tests.running import Run
from tests.running import at as pointed


@pytest.fixture
def studio(serve: Callable[..., Server], main: Callable[..., Run], clean_place: Path) -> Studio:
    return Studio(serve, main, clean_place)


def test_a_rehearsal_needs_no_key_and_mixes_with_nothing(studio: Studio) -> None:
    frames(studio.place, 2)
    done = studio.look("frames", "--rehearse=calm", "--trigger", 'A "{b}" style')
    assert done.exit_status == 0, done.said
    assert "a rehearsal: no service was asked" in done.out
    assert not studio.folder.exists()
    assert studio.asked == []
    checked = studio.look("--check", "--rehearse")
    assert (checked.exit_status, checked.err) == (0, "")
    assert "fit for training, 2 captioned pictures" in checked.out


def test_a_rehearsal_meets_an_outage_and_its_second_run_finishes(studio: Studio) -> None:
    frames(studio.place, 2)
    flags = ("frames", "--rehearse", *SHORT, "--retry-waits", "0")
    assert studio.look(*flags).exit_status == 1
    assert studio.look(*flags).exit_status == 0


def test_a_rehearsal_begins_anew_when_it_has_finished_or_another_dataset_is_asked_for(studio: Studio) -> None:
    frames(studio.place, 2)
    for more in ((), (), ("--trigger", "Style"), ("--trigger", "Style", "--size", "64")):
        done = studio.look("frames", "--rehearse=calm", "--word-count", "none", *more)
        assert done.exit_status == 0, done.said
        assert "2 to do, 0 done" in done.err
        assert "Finished frames: 2 of 2 pictures captioned." in done.out


def test_without_a_key_nothing_is_lost_and_the_line_says_what_to_do(studio: Studio) -> None:
    frames(studio.place, 1)
    done = studio.look("frames", *SHORT)
    assert done.exit_status == 2
    assert "DEEPSEEK_API_KEY" in done.err
    assert studio.run().exit_status == 0
    assert studio.shelf("train") == ["1.jpg"]


def test_a_folder_without_pictures_is_told(studio: Studio) -> None:
    (studio.place / "frames").mkdir()
    (studio.place / "frames" / "notes.txt").touch()
    done = studio.run()
    assert done.exit_status == 2
    assert "no pictures are in it" in done.err
    assert studio.asked == []


def test_a_folder_with_nothing_but_bad_files_is_told(studio: Studio) -> None:
    root = frames(studio.place, 0)
    for name, make, _ in pictures.BAD[:3]:
        (root / name).write_bytes(make())
    done = studio.run()
    assert done.exit_status == 2
    assert "none of the 3 pictures in it can be used" in done.err
    assert "empty.jpg" in done.err


def test_the_working_directory_is_captioned_without_what_the_program_wrote(studio: Studio) -> None:
    (studio.place / "1.png").write_bytes(source(1))
    (studio.place / "sub").mkdir()
    (studio.place / "sub" / "2.png").write_bytes(source(2))
    for _ in range(2):
        done = studio.run(folder=".")
        assert done.exit_status == 0, done.said
        assert "2 pictures found" in done.err
    assert [name for name, _ in studio.asked] == ["1.jpg", "2.jpg"] or len(studio.asked) == 2


def test_a_folder_below_the_output_is_captioned(studio: Studio) -> None:
    frames(studio.place, 1, "dset_generator/scraped/frames")
    assert studio.run(folder="dset_generator/scraped/frames").exit_status == 0
    assert studio.shelf("train") == ["1.jpg"]


@pytest.mark.skipif(os.name == "nt", reason="names that Windows cannot hold")
def test_hostile_file_names_are_numbers_in_train_and_harmless_in_what_is_said(studio: Studio) -> None:
    root = frames(studio.place, 0)
    names = [
        "a\nb.png",
        "=cmd|' C'!A0.png",
        "\x1b[31mred.png",
        "n" * 251 + ".png",
        "ก้อน\u202e.png",
        "<script>.png",
        "{image}.png",
    ]
    for seed, name in enumerate(names[:3]):
        (root / name).write_bytes(source(seed))
    (root / ("\x1b[2J" + names[3][:240] + ".png")).write_bytes(b"bad")
    done = studio.run()
    assert done.exit_status == 0, done.said
    assert "\x1b" not in done.said
    assert studio.shelf("train") == ["1.jpg", "2.jpg", "3.jpg"]
    assert b",'=cmd" in (studio.folder / "q.csv").read_bytes()
    assert (studio.run().exit_status, len(studio.asked)) == (0, 3)


def test_a_service_that_is_not_there_ends_with_one_and_the_next_run_goes_on(studio: Studio) -> None:
    frames(studio.place, 2)
    studio.said[""] = faults.server_error()
    for name in ("1.jpg", "2.jpg"):
        studio.said[name] = faults.server_error()
    done = studio.run("--retry-waits", "0")
    assert done.exit_status == 1
    assert "Not finished frames: 0 of 2 pictures captioned." in done.out
    studio.said.clear()
    assert studio.run().exit_status == 0


def test_a_bad_key_ends_with_two_and_the_other_queues_are_not_asked(studio: Studio) -> None:
    frames(studio.place, 2)
    studio.said["Is this true"] = faults.bad_key()
    done = studio.run("--keep-if", "a dog", "--concurrency", "1")
    assert done.exit_status == 2
    assert all("Is this true" in text for _, text in studio.asked)
    assert "captions:" not in done.out


def test_one_budget_holds_for_all_queues_together(studio: Studio) -> None:
    frames(studio.place, 3)
    (studio.place / "endpoints.toml").write_text(
        f'[[providers]]\nname = "here"\nbase_url = "{studio.server.base_url}"\nkeys = []\nmodels = ["seer"]\n'
        "price = { input = 0, output = 1000 }\n",
        "utf-8",
    )
    studio.said["Is this true"] = faults.ok("yes", completion_tokens=100)
    flags = (
        "--size",
        "16",
        "--word-count",
        "none",
        "--keep-if",
        "a dog",
        "--max-tokens",
        "100",
        "--concurrency",
        "1",
    )
    done = studio.look("frames", *flags, "--budget", "0.35")
    assert len(studio.asked) == 3, done.said
    assert done.exit_status in {1, 2}
    assert "budget" in done.said


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_ctrl_c_while_asking_keeps_what_came_and_ends_with_130(studio: Studio) -> None:
    frames(studio.place, 3)

    def interrupt(_name: str, _text: str, _time: int) -> str:
        os.kill(os.getpid(), signal.SIGINT)
        return "a small picture of two shapes on a table"

    studio.said["2.jpg"] = interrupt
    done = studio.run("--concurrency", "1")
    assert done.exit_status == 130
    studio.said.clear()
    studio.asked.clear()
    assert studio.run().exit_status == 0
    assert studio.asks() == ["3.jpg"]


@pytest.mark.parametrize("at", [4, 30, 70, 130])
def test_a_full_disk_is_one_line_and_nothing_is_lost(
    studio: Studio, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    frames(studio.place, 2)
    monkeypatch.setattr(steps, "PATIENCE", ())
    refusal = Refusal(studio.folder, at, "ENOSPC")
    with monkeypatch.context() as patched:
        patched.setattr(steps, "watch", refusal)
        done = studio.run()
    assert "Traceback" not in done.said
    assert "an error of dset's own" not in done.said
    done = studio.run()
    assert done.exit_status == 0, (refusal.hit, done.said)
    assert list(studio.texts()) == ["1.jpg", "2.jpg"]
    assert studio.look("--check").exit_status == 0


def test_status_export_and_report_know_a_caption_dataset(studio: Studio, main: Callable[..., Run]) -> None:
    frames(studio.place, 3)
    studio.said["2.jpg"] = faults.content_exists_risk()
    studio.run()
    (studio.train / "3.jpg").unlink()
    folder = "dset_generator/captions/frames"
    found = main("status", folder, *pointed(studio.server.base_url))
    assert "1 of 2 pictures captioned; 1 blocked; 1 deleted" in found.out
    assert found.exit_status == 0, found.said
    for form in ("jsonl", "csv"):
        assert main("export", folder, "--format", form).exit_status == 0
    assert main("report", folder).exit_status == 0
    frames(studio.place, 1, first=9)
    studio.said["4.jpg"] = "It is. It was."
    studio.run()
    found = main("status", folder, *pointed(studio.server.base_url))
    assert found.exit_status == 1
    assert "1 of 3 pictures captioned; 1 failed; 1 blocked; 1 deleted" in found.out


def test_what_fix_filters_stays_filtered_in_the_next_run(studio: Studio) -> None:
    root = frames(studio.place, 1)
    picture = pictures.flat((10, 20, 30), (20, 20))
    (root / "2.png").write_bytes(pictures.data(picture, "PNG"))
    (root / "3.bmp").write_bytes(pictures.data(picture, "BMP"))
    studio.said["Write a caption"] = lambda _name, _text, _time: caption_of(str(len(studio.asked)))
    assert studio.run().exit_status == 0
    assert studio.look("--check").exit_status == 1
    assert studio.look("--fix").exit_status == 0
    assert (studio.shelf("train"), studio.shelf("filtered")) == (["1.jpg", "2.jpg"], ["3.jpg"])
    assert studio.run().exit_status == 0
    assert studio.shelf("filtered") == ["3.jpg"]
    assert studio.look("--check").exit_status == 0
