"""`caption --fix`: what can be mended is, each thing is told, nothing is lost, and a kill at any step costs nothing."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from dset import steps
from dset.captions import entries, mending, moves
from dset.captions.checking import check
from dset.captions.entries import Entry
from dset.errors import AlreadyRunningError, UsageError
from dset.locks import Lock
from tests import captioned, kohya
from tests.captioned import Dataset
from tests.crashes import CrashError


@pytest.fixture
def good(tmp_path: Path) -> Dataset:
    return captioned.good(tmp_path / "frames", kohya=True)


def no_dogs(caption: str) -> list[str]:
    return ["it names a dog"] if "dog" in caption else []


def fix(made: Dataset, remake: Callable[[Entry], str] | None = None) -> list[str]:
    """Mend it; what was said. It is fit then, and says nothing more."""
    said: list[str] = []
    mending.fix(made.folder, no_dogs, said.append, remake=remake)
    assert check(made.folder, no_dogs).faults == ()
    again: list[str] = []
    mending.fix(made.folder, no_dogs, again.append, remake=remake)
    assert again == []
    return said


def sound(made: Dataset) -> Dataset:
    """Without the caption that breaks the rules."""
    (made.folder / "output.json").write_bytes(
        (made.folder / "output.json").read_bytes().replace(b"a dog", b"a fox")
    )
    made.lay_out(kohya=True)
    return made


def test_a_sound_dataset_is_left_as_it_is(good: Dataset) -> None:
    made = sound(good)
    before = {name: (made.folder / name).read_bytes() for name in made.files()}
    assert fix(made) == []
    assert before == {name: (made.folder / name).read_bytes() for name in made.files()}


def test_captions_against_the_rules_or_said_before_are_asked_again(good: Dataset) -> None:
    good.caption("A cat, calm light!")
    good.caption("the last one")
    good.lay_out(kohya=True)
    old = (good.folder / "output.json").read_bytes()
    said = fix(good)
    assert said[0].startswith(
        "took 2 captions out of output.json, to be asked again (output.json.bak1 has all): "
    )
    assert "2.jpg it names a dog" in said[0]
    assert "8.jpg said of another picture" in said[0]
    assert good.journal() == [f"train/{number}.jpg" for number in (1, 3, 4, 7, 9)]
    assert (good.folder / "output.json.bak1").read_bytes() == old
    assert set(good.metadata()) == {f"{number}.jpg" for number in (1, 3, 4, 7, 9)}
    assert {"uncaptioned/2.jpg", "uncaptioned/8.jpg", "aside/2.txt", "aside/8.txt"} <= good.files()
    by_name = {one.name: one.state for one in entries.read(good.folder)}
    assert (by_name["2.jpg"], by_name["8.jpg"]) == ("waiting", "waiting")


def test_the_rest_of_the_journal_keeps_every_byte(good: Dataset) -> None:
    path = good.folder / "output.json"
    lines = path.read_bytes().splitlines(keepends=True)
    odd = [b"{damaged\n", b'{"metadata": {"question": "no picture"}, "response": {"answer": "x"}}\n']
    path.write_bytes(b"".join([*lines[:2], *odd, *lines[2:], b'{"metadata": {"im']))
    fix(good)
    assert path.read_bytes() == b"".join([lines[0], *odd, *lines[2:], b'{"metadata": {"im'])


def test_what_waits_failed_or_was_blocked_leaves_train(good: Dataset) -> None:
    made = sound(good)
    made.ready()
    made.fail()
    made.block(place="train")
    said = fix(made)
    assert said == [
        "moved 1 file blocked by the service from train/ to blocked/: 10.jpg",
        "moved 2 files without a caption from train/ to uncaptioned/: 8.jpg, 9.jpg",
    ]
    assert {"blocked/10.jpg", "uncaptioned/8.jpg", "uncaptioned/9.jpg"} <= made.files()


def test_a_picture_whose_caption_came_is_brought_back(good: Dataset) -> None:
    made = sound(good)
    made.caption("a hill", place="uncaptioned")
    made.fail(place="uncaptioned")
    said = fix(made)
    assert said[0] == "brought back from uncaptioned/, as there is a caption: 8.jpg"
    assert made.metadata()["8.jpg"] == "a hill"
    assert "uncaptioned/9.jpg" in made.files()
    assert moves.bring_back(made.folder, ["9.jpg", "1.jpg", "none.jpg"]) == 1
    assert "train/9.jpg" in made.files()


def test_metadata_and_caption_files_are_written_to_match(good: Dataset) -> None:
    made = sound(good)
    path = made.train / "metadata.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    old = (
        b"\xef\xbb\xbf"
        + lines[1]
        + lines[0]
        + lines[0]
        + b'{"file_name": "77.jpg", "text": "gone"}\nnonsense\n'
    )
    path.write_bytes(old)
    (made.train / "1.txt").write_bytes(b"\xef\xbb\xbfwrong")
    (made.train / "3.txt").unlink()
    (made.train / "5.txt").write_bytes(b"orphan")
    said = fix(made)
    anew = "wrote train/metadata.jsonl anew: 5 lines, 1 without a picture or a caption taken out"
    assert said == [
        f"{anew}; the old one is aside/metadata.jsonl.bak1",
        "wrote 2 .txt; what they replace is kept in aside/",
        "moved 1 file beside no picture from train/ to aside/: 5.txt",
    ]
    assert path.read_bytes() == b"".join(lines)
    assert (made.folder / "aside" / "metadata.jsonl.bak1").read_bytes() == old
    assert (made.folder / "aside" / "1.txt.bak1").read_bytes() == b"\xef\xbb\xbfwrong"
    assert kohya.load(made.train) == made.metadata()


def test_without_caption_files_none_are_made_and_a_missing_metadata_is_written(tmp_path: Path) -> None:
    made = Dataset(tmp_path / "frames")
    made.caption("a cat")
    assert fix(made) == ["wrote train/metadata.jsonl: 1 line"]
    assert not any(name.endswith(".txt") for name in made.files())


def test_what_a_person_wrote_is_kept_where_it_is_sound(good: Dataset) -> None:
    made = sound(good)
    path = made.train / "metadata.jsonl"
    data = path.read_bytes().replace(b'"a cat, calm light"', b'"a tiger", "text_th": "x", "by": "me"')
    path.write_bytes(data.replace(b'"a fox', b'"a dog') + b"nonsense\n")
    (made.train / "3.txt").write_bytes("夜の街\n".encode())
    fix(made)
    assert made.metadata()["1.jpg"] == "a tiger"
    assert made.metadata()["2.jpg"].startswith("a fox")
    assert made.metadata()["3.jpg"] == "夜の街"
    assert b'"a tiger", "text_th": "x", "by": "me"}' in path.read_bytes()
    assert kohya.load(made.train) == made.metadata()
    assert len(made.journal()) == 5


def test_a_translation_of_another_caption_is_none(good: Dataset) -> None:
    made = sound(good)
    path = made.train / "metadata.jsonl"
    path.write_bytes(
        path.read_bytes().replace(b'"a cat, calm light"', b'"a dog", "text_th": "x", "by": "me"')
    )
    fix(made)
    assert (
        path.read_bytes().splitlines()[0]
        == b'{"file_name": "1.jpg", "text": "a cat, calm light", "by": "me"}'
    )


def test_what_cannot_be_used_is_made_anew_or_leaves_train(good: Dataset) -> None:
    made = sound(good)
    for number in (1, 2, 3):
        (made.train / f"{number}.jpg").write_bytes(b"x")
    asked = []

    def remake(entry: Entry) -> str:
        asked.append(entry.source)
        if entry.number == 1:
            captioned.picture(made.folder / entry.file, 100)
        return "its source was changed" if entry.number == 2 else ""

    said = fix(made, remake)
    assert asked == ["film/1.png", "film/2.png", "film/3.png"]
    assert said[:2] == [
        "made anew from their sources: 1.jpg",
        "moved 2 files that cannot be used from train/ to aside/: 2.jpg, 3.jpg",
    ]
    assert set(made.metadata()) == {"1.jpg", "4.jpg", "7.jpg"}
    assert len(made.journal()) == 5


def test_foreign_files_and_the_second_of_two_equal_pictures_leave_train(good: Dataset) -> None:
    made = sound(good)
    for name in ("other.png", "metadata.csv", "1.caption", "notes.md"):
        (made.train / name).write_bytes(b"x")
    (made.train / "deep" / "er").mkdir(parents=True)
    (made.folder / "aside").mkdir()
    (made.folder / "aside" / "other.png").write_bytes(b"an older one")
    (made.train / "7.jpg").write_bytes((made.train / "1.jpg").read_bytes())
    said = fix(made)
    assert said[0].endswith("from train/ to aside/: 1.caption, deep, metadata.csv, other.png")
    assert said[1].endswith("from train/ to filtered/: 7.jpg")
    assert (made.folder / "aside" / "other.png.bak1").read_bytes() == b"an older one"
    assert (made.folder / "aside" / "deep" / "er").is_dir()
    assert (made.train / "notes.md").exists()
    assert {one.number: one.state for one in entries.read(made.folder)}[7] == "filtered"


def test_nothing_is_done_while_a_run_holds_the_folder(good: Dataset) -> None:
    lock = Lock(good.folder / ".lock", "it")
    lock.acquire()
    before = good.files()
    with pytest.raises(AlreadyRunningError):
        fix(good)
    lock.release()
    assert good.files() == before
    assert fix(good)


def test_a_folder_that_holds_no_captions_is_not_touched(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="holds no captions"):
        mending.fix(tmp_path, None, print)
    assert list(tmp_path.iterdir()) == [tmp_path / "work"]


def test_the_journal_behind_a_link_is_mended_and_kept_too(good: Dataset, tmp_path: Path) -> None:
    path, real = good.folder / "output.json", tmp_path / "elsewhere.json"
    path.rename(real)
    path.symlink_to(real)
    old = real.read_bytes()
    fix(good)
    assert path.is_symlink()
    assert b"a dog" not in real.read_bytes()
    assert (good.folder / "output.json.bak1").read_bytes() == old


def test_a_copy_is_kept_where_the_disk_has_no_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(source: Path, target: Path) -> None:
        raise OSError(95, "no links here")

    monkeypatch.setattr(steps, "link", refuse)
    (tmp_path / "a").write_bytes(b"x")
    kept = [moves.keep(tmp_path / "a", tmp_path / "b").name for _ in range(2)]
    assert kept == ["a.bak1", "a.bak2"]
    assert (tmp_path / "b" / "a.bak2").read_bytes() == b"x"


def broken(folder: Path) -> Dataset:
    """One of each thing that can be mended."""
    made = captioned.good(folder, kohya=True)
    made.caption("a cat, calm light")
    made.fail()
    made.block(place="train")
    made.caption("it came", place="uncaptioned")
    made.caption("never laid out")
    (made.train / "1.txt").write_bytes(b"\xef\xbb\xbfx")
    (made.train / "4.jpg").write_bytes(b"x")
    (made.train / "other.png").write_bytes(b"x")
    (made.train / "7.jpg").write_bytes((made.train / "3.jpg").read_bytes())
    (made.train / "metadata.jsonl").write_bytes((made.train / "metadata.jsonl").read_bytes() + b"nonsense\n")
    return made


def standing(made: Dataset) -> dict[str, bytes]:
    """Every file but the copies that were kept."""
    return {name: (made.folder / name).read_bytes() for name in made.files() if ".bak" not in name}


class Killed:
    """A process that ends at its `at`-th step; a write is torn by it."""

    def __init__(self, at: int) -> None:
        self.at, self.count = at, 0

    def __call__(self, step: steps.Step) -> object:
        self.count += 1
        if self.count < self.at:
            return step.take()
        if self.count == self.at and step.kind == "write":
            step.tear(len(step.arguments[1]) // 2)
        raise CrashError


def test_after_a_kill_at_any_step_a_second_call_ends_as_one_that_was_not_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A sync changes nothing that outlives a process.
    monkeypatch.setattr(steps, "sync", lambda *_: None)
    monkeypatch.setattr(steps, "sync_folder", lambda *_: None)
    whole, made = broken(tmp_path / "whole"), broken(tmp_path / "killed")
    shutil.copytree(made.folder, tmp_path / "fresh")
    fix(whole)
    journal, wanted, at = (made.folder / "output.json").read_bytes(), standing(whole), 0
    while True:
        at += 2  # every other step
        shutil.rmtree(made.folder)
        shutil.copytree(tmp_path / "fresh", made.folder)
        killed = Killed(at)
        monkeypatch.setattr(steps, "watch", killed)
        try:
            mending.fix(made.folder, no_dogs, lambda _: None)
        except CrashError:
            pass
        monkeypatch.setattr(steps, "watch", None)
        assert journal in [path.read_bytes() for path in made.folder.glob("output.json*")], f"step {at}"
        mending.fix(made.folder, no_dogs, lambda _: None)
        assert standing(made) == wanted, f"step {at}"
        if killed.count < at:
            break
    assert at > 30
