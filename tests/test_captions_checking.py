"""`caption --check`: what keeps a dataset from being fit for training is found, named, and counted."""

import os
import struct
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from dset.captions import checking, findings, looking, table
from dset.captions.checking import check, lines
from dset.captions.looking import Look
from dset.errors import UsageError
from dset.locks import Lock
from tests import captioned, kohya
from tests.captioned import Dataset


@pytest.fixture
def good(tmp_path: Path) -> Dataset:
    return captioned.good(tmp_path / "frames")


@pytest.fixture
def for_kohya(tmp_path: Path) -> Dataset:
    return captioned.good(tmp_path / "frames", kohya=True)


def found(made: Dataset, *rest: Any) -> dict[str, tuple[str, ...]]:
    """What each fault is, and its cases."""
    return {one.what: one.cases for one in check(made.folder, *rest).faults}


def noted(made: Dataset) -> dict[str, tuple[str, ...]]:
    return {one.what: one.cases for one in check(made.folder).notes}


def test_a_sound_dataset_is_fit_and_its_gaps_are_told_as_no_fault(for_kohya: Dataset) -> None:
    before = {name: (for_kohya.folder / name).read_bytes() for name in for_kohya.files()}
    checked = check(for_kohya.folder)
    assert (checked.exit_status, checked.faults) == (0, ())
    assert noted(for_kohya) == {"2 numbers without a picture in train/": ("5 (blocked)", "6 (filtered)")}
    assert lines(checked)[0] == f"{for_kohya.folder}: fit for training, 5 captioned pictures"
    assert before == {name: (for_kohya.folder / name).read_bytes() for name in for_kohya.files()}


def test_what_is_fit_is_read_whole_by_datasets_and_by_kohyas_rules(
    for_kohya: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HF_HUB_OFFLINE", "HF_DATASETS_OFFLINE", "HF_HUB_DISABLE_TELEMETRY"):
        monkeypatch.setenv(name, "1")
    monkeypatch.setenv("HF_HOME", str(tmp_path / "cache"))
    datasets = pytest.importorskip("datasets")
    datasets.disable_progress_bars()
    # What a run and a trainer leave beside the pictures, and what lies in the other folders.
    (for_kohya.train / "metadata.jsonl.bak1").write_bytes(b'{"file_name": "9.jpg", "text": "old"}\n')
    (for_kohya.train / ".DS_Store").write_bytes(b"x")
    captioned.picture(for_kohya.folder / "aside" / "test.jpg", 99)
    assert check(for_kohya.folder).exit_status == 0
    wanted = for_kohya.metadata()
    assert len(wanted) == 5
    for place in (for_kohya.folder, for_kohya.train):
        read = datasets.load_dataset("imagefolder", data_dir=str(place), cache_dir=str(tmp_path / "cache"))
        assert list(read) == ["train"]
        assert read["train"].column_names == ["image", "text"]
        assert [(row["image"].size, row["text"]) for row in read["train"]] == [
            (captioned.SIZE, text) for text in wanted.values()
        ]
    assert kohya.load(for_kohya.train) == wanted


def test_pictures_without_a_caption_are_told_by_why_there_is_none(good: Dataset) -> None:
    good.caption("a new one")
    good.ready()
    good.fail(reason="HTTP 500")
    good.block(place="train")
    good.ready()
    assert found(good) == {
        "1 picture has a caption in output.json and none in metadata.jsonl": ("train/8.jpg",),
        "2 pictures wait for a caption": ("train/9.jpg", "train/12.jpg"),
        "1 picture got no caption": ("train/10.jpg (HTTP 500)",),
        "1 picture was blocked by the service": ("train/11.jpg (the service's safety filter blocked it)",),
    }
    assert check(good.folder).exit_status == 1


def test_a_blank_caption_is_none(good: Dataset) -> None:
    path = good.train / "metadata.jsonl"
    path.write_bytes(path.read_bytes().replace("雨の街".encode(), b" \\t "))
    assert list(found(good)) == ["1 picture has a caption in output.json and none in metadata.jsonl"]


def test_captions_without_a_picture_and_pictures_with_two_lines_are_told(good: Dataset) -> None:
    (good.train / "2.jpg").unlink()
    path = good.train / "metadata.jsonl"
    path.write_bytes(
        path.read_bytes() + b'{"file_name": "1.jpg", "text": "other"}\n{"file_name": "../x", "text": "b"}\n'
    )
    assert found(good) == {
        "1 picture with more than one line in metadata.jsonl": ("train/1.jpg",),
        "2 captions of metadata.jsonl without a picture in train/": ("2.jpg", "../x"),
    }
    assert noted(good)["3 numbers without a picture in train/"] == (
        "2 (deleted)",
        "5 (blocked)",
        "6 (filtered)",
    )


def test_a_missing_and_a_damaged_metadata_jsonl_are_told(good: Dataset) -> None:
    path = good.train / "metadata.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes() + b'{"file_na')
    assert found(good) == {
        "2 lines of metadata.jsonl cannot be read": (
            "line 1 begins with a byte order mark",
            "line 6 is no JSON",
        )
    }
    path.unlink()
    assert found(good) == {"train/metadata.jsonl is missing": ()}


def test_pictures_that_a_trainer_cannot_use_are_told_with_the_reason(good: Dataset) -> None:
    data = (good.train / "1.jpg").read_bytes()
    (good.train / "1.jpg").write_bytes(data[:-6])
    captioned.picture(good.train / "2.jpg", 2, (16, 17))
    captioned.picture(good.train / "3.jpg", 3, mode="L")
    (good.train / "4.jpg").write_bytes(b"<svg/>")
    cases = found(good)["4 pictures cannot be used"]
    assert [case.split(" (")[0] for case in cases][1:] == [
        "train/2.jpg is 16 × 17, not 16 × 16",
        "train/3.jpg is L, not RGB",
        "train/4.jpg is no picture that can be read: it is an SVG",
    ]
    assert "truncated" in cases[0].lower() or "cut off" in cases[0]


def test_pictures_that_were_not_resized_may_have_any_size_and_mode(tmp_path: Path) -> None:
    made = Dataset(tmp_path / "frames", size=None)
    made.caption("a cat")
    made.lay_out()
    captioned.picture(made.train / "1.jpg", 1, (33, 7), "L")
    assert found(made) == {}
    (made.train / "1.jpg").write_bytes(b"")
    assert list(found(made)) == ["1 picture cannot be used"]


def test_a_bomb_is_no_picture_that_can_be_used(tmp_path: Path) -> None:
    data = bytearray(captioned.picture(tmp_path / "bomb.png", 1).read_bytes())
    data[16:24] = struct.pack(">II", 12_000, 10_000)
    data[29:33] = struct.pack(">I", zlib.crc32(data[12:29]))
    (tmp_path / "bomb.png").write_bytes(data)
    assert "pixels" in looking.look(tmp_path / "bomb.png").fault
    (tmp_path / "folder.jpg").mkdir()
    assert looking.look(tmp_path / "folder.jpg").fault == "is no file"
    assert looking.look(tmp_path / "none.jpg").fault == f"cannot be read ({os.strerror(2)})"


def test_captions_against_the_rules_and_captions_said_before_are_told(good: Dataset) -> None:
    good.caption("A CAT,  calm light.")
    good.lay_out()

    def rules(caption: str) -> list[str]:
        return ["it names a dog", "it is sad"] if "dog" in caption else []

    assert found(good, rules) == {
        "1 caption against the rules": ("train/2.jpg it names a dog; it is sad",),
        "1 caption said before, of another picture": ("train/8.jpg as 1.jpg",),
    }


def test_the_same_picture_twice_is_told(good: Dataset) -> None:
    (good.train / "7.jpg").write_bytes((good.train / "1.jpg").read_bytes())
    assert found(good) == {"1 picture that another one is byte for byte": ("train/7.jpg as 1.jpg",)}


def test_caption_files_are_all_there_or_none_and_say_what_metadata_jsonl_says(for_kohya: Dataset) -> None:
    train = for_kohya.train
    (train / "1.txt").unlink()
    (train / "2.txt").write_bytes(b"\xef\xbb\xbfa dog")
    (train / "3.txt").write_bytes(b"")
    (train / "4.txt").write_bytes(b"another\n")
    (train / "5.txt").write_bytes(b"of a blocked one\n")
    assert found(for_kohya) == {
        "1 .txt beside no picture": ("train/5.txt",),
        "1 picture without a .txt, where others have one": ("train/1.jpg",),
        "2 .txt that kohya reads wrongly or not at all": (
            "train/2.txt begins with a byte order mark",
            "train/3.txt is empty",
        ),
        "1 .txt that is not what metadata.jsonl says": ("train/4.txt",),
    }
    for path in train.glob("*.txt"):
        path.unlink()
    assert found(for_kohya) == {}


@pytest.mark.parametrize(
    "name", ["99.jpg", "x.PNG", "a.webp", "metadata.csv", "metadata.parquet", "more.zip", "1.caption"]
)
def test_files_that_a_loader_would_take_are_told(good: Dataset, name: str) -> None:
    (good.train / name).write_bytes(b"x")
    what = "1 file in train/ that images.jsonl does not know, and loaders would take"
    assert found(good) == {what: (f"train/{name}",)}


def test_folders_in_train_are_told_and_what_loaders_pass_over_is_not(good: Dataset) -> None:
    for name in (".hidden.jpg", "1_0016x0016_sd.npz", "1.safetensors", "metadata.jsonl.bak1", "read me.md"):
        (good.train / name).write_bytes(b"x")
    assert found(good) == {}
    (good.train / "more").mkdir()
    (good.train / "metadata.jsonl").unlink()
    (good.train / "metadata.jsonl").mkdir()
    assert sorted(found(good)) == [
        "2 files in train/ that images.jsonl does not know, and loaders would take",
        "train/metadata.jsonl is missing",
    ]


def test_a_caption_written_by_hand_is_a_note(good: Dataset) -> None:
    path = good.train / "metadata.jsonl"
    path.write_bytes(path.read_bytes().replace(b"a cat", b"a tiger"))
    assert found(good) == {}
    assert noted(good)["1 caption of metadata.jsonl written by hand: not what output.json says"] == (
        "train/1.jpg",
    )


def test_pictures_out_of_train_are_notes(good: Dataset) -> None:
    good.ready(place="uncaptioned")
    good.fail(place="uncaptioned")
    good.caption("it is back", place="uncaptioned")
    assert found(good) == {}
    told = noted(good)
    assert told["2 pictures without a caption, out of train/"] == (
        "uncaptioned/8.jpg (never asked)",
        "uncaptioned/9.jpg (no connection)",
    )
    assert told["1 picture out of train/ that a caption is there for"] == ("uncaptioned/10.jpg",)
    assert told["5 numbers without a picture in train/"][2:] == ("8-9 (uncaptioned)", "10 (moved away)")


def test_damaged_lines_and_a_run_that_goes_on_are_notes(good: Dataset) -> None:
    for name in ("output.json", "images.jsonl"):
        path = good.folder / name
        path.write_bytes(b"{]\n" + path.read_bytes())
    lock = Lock(good.folder / ".lock", "it")
    lock.acquire()
    told = noted(good)
    lock.release()
    assert told["2 lines damaged and passed over"] == ("output.json line 1", "images.jsonl line 1")
    assert f"pid {os.getpid()}" in told["a run is going on in this folder"][0]


def test_a_dataset_without_a_picture_is_not_fit(tmp_path: Path) -> None:
    made = Dataset(tmp_path / "frames")
    made.train.rmdir()
    assert found(made) == {"train/ has no picture of this dataset": ()}
    assert lines(check(made.folder))[-1].split() == ["all", "0", "0", "0", "0", "0", "0"]


@pytest.mark.parametrize("plan", [b"{", b"[]", b'{"size": [1]}', b'{"size": ["a", 2]}', b"{}", b"\xff"])
def test_a_damaged_plan_is_named(good: Dataset, plan: bytes) -> None:
    (good.folder / "plan.json").write_bytes(plan)
    with pytest.raises(UsageError, match=r"plan\.json is damaged"):
        check(good.folder)


def test_a_folder_that_holds_no_captions_is_told_so(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"holds no captions.*captions/NAME"):
        check(tmp_path)


def test_the_pictures_go_through_the_mapping_that_is_given(good: Dataset) -> None:
    asked = []

    def each(paths: Iterable[Path], work: Callable[[Path], Look]) -> Iterator[tuple[Path, Look]]:
        for path in reversed(list(paths)):
            asked.append(path.name)
            yield path, looking.died(path) if path.name == "3.jpg" else work(path)

    assert found(good, None, each) == {
        "1 picture cannot be used": ("train/3.jpg ends the process that reads it",)
    }
    assert sorted(asked) == ["1.jpg", "2.jpg", "3.jpg", "4.jpg", "7.jpg"]


def test_a_finding_is_one_line_with_a_few_cases_and_what_to_do(good: Dataset) -> None:
    for number in range(6):
        (good.train / f"x\x1b[2J{number}.png").write_bytes(b"x")
    [line] = [line for line in lines(check(good.folder)) if "to mend:" in line]
    assert line == (
        "  to mend: 6 files in train/ that images.jsonl does not know, and loaders would take: train/x0.png, "
        "train/x1.png, train/x2.png, train/x3.png, and 2 more; `--fix` moves each to aside/"
    )


def test_the_table_counts_by_source_folder_and_is_aligned(tmp_path: Path) -> None:
    made = Dataset(tmp_path / "frames")
    for source in ("ภาพยนตร์/น้ำ/1.png", "映画/1.png", "e\u0301te\u0301/1.png", "x/1.png", "y" * 80 + "/1.png"):
        made.ready(source)
    made.line("x/2.png", "set aside")
    told = table.lines(checking.check(made.folder).facts.entries)
    assert told[0].split() == ["folder", "captioned", "blocked", "failed", "filtered", "set", "aside", "waiting", "total"]  # fmt: skip
    ends = {table.width(line) for line in told}
    assert len(ends) == 1
    assert [line.split()[-2:] for line in told if line.split()[0] in {"x", "all"}] == [["1", "2"], ["5", "6"]]
    assert any(line.startswith("  …yyy") for line in told)


def test_many_folders_are_summed_up(tmp_path: Path) -> None:
    made = Dataset(tmp_path / "frames")
    for number in range(70):
        made.line(f"{number}/1.png", "set aside")
    told = table.lines(checking.check(made.folder).facts.entries)
    assert len(told) == 63
    assert told[61].split() == ["(10", "more", "folders)", "0", "0", "0", "0", "10", "10"]


@pytest.mark.parametrize(
    ("text", "cells"), [("abc", 3), ("น้ำ", 2), ("映画", 4), ("e\u0301", 1), ("ＡＢ", 4), ("", 0)]
)
def test_cells_are_counted_as_a_terminal_does(text: str, cells: int) -> None:
    assert table.width(text) == cells


@pytest.mark.parametrize(
    ("number", "said"), [(1, "1 file is here"), (2, "2 files are here"), (1200, "1,200 files are here")]
)
def test_what_is_found_is_said_of_one_and_of_many(number: int, said: str) -> None:
    assert findings.worded("{} file|files is|are here", number) == said
