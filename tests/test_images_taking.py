"""Pictures come into an album once each, whatever becomes of their files and whenever the process ends."""

import errno
import functools
import os
import random
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from dset import steps
from dset.images import sources
from dset.images.album import ASIDE, COMING, COPY, READY, REPLACED, Album
from dset.images.fitting import Form
from dset.images.taking import Taking
from tests import pictures
from tests.crashes import Crash, CrashError, Fault

SHELVES = ("train", "replaced")
FORM = Form((16, 16), quality=50)


@functools.cache
def _picture(seed: int) -> bytes:
    return pictures.png(seed, (24, 24))


class Stand:
    """A user's folder, and an album of it."""

    def __init__(self, place: Path) -> None:
        self.root, self.folder = place / "frames", place / "album"
        self.root.mkdir(parents=True, exist_ok=True)
        self.folder.mkdir(exist_ok=True)

    def put(self, name: str, seed: int) -> None:
        (self.root / name).parent.mkdir(parents=True, exist_ok=True)
        (self.root / name).write_bytes(_picture(seed))

    def take(self) -> Album:
        """One run: the album as it is after it."""
        album = Album(self.folder, SHELVES)
        Taking(album, self.root, FORM).take(sources.find(self.root).pictures, lambda: None, workers=1)
        album.put_right("train", {REPLACED: "replaced"})
        return album

    def numbers(self) -> dict[str, int | None]:
        """The number of each source whose picture is ready, as images.jsonl has it after a run."""
        return {one.source: one.number for one in self.take().ready()}

    def check(self) -> dict[str, int | None]:
        """Each picture stands once, under its number, and nothing else lies there; the numbers."""
        album = self.take()
        ready = album.ready()
        assert [one.number for one in album.numbered()] == sorted({one.number or 0 for one in ready})
        here = {path.name for path in (self.folder / "train").iterdir()}
        assert here == {Path(one.file).name for one in ready}
        contents = {one.sha256 for one in ready}
        assert len(contents) == len(ready)
        assert not album.of(COMING)
        assert {path.name for path in self.folder.iterdir()} <= {"images.jsonl", *SHELVES}
        return {one.source: one.number for one in ready}


@pytest.fixture
def stand(tmp_path: Path) -> Stand:
    return Stand(tmp_path)


def test_pictures_are_numbered_in_natural_order_and_made_to_the_form(stand: Stand) -> None:
    for seed, name in enumerate(("f10.png", "f2.png", "F1.png", "b/f1.png", "a/f3.png")):
        stand.put(name, seed)
    assert stand.numbers() == {"F1.png": 1, "f2.png": 2, "f10.png": 3, "a/f3.png": 4, "b/f1.png": 5}
    assert sorted(path.name for path in (stand.folder / "train").iterdir()) == [
        f"{n}.jpg" for n in range(1, 6)
    ]
    first = stand.take().ready()[0]
    assert (first.width, first.height, first.state) == (24, 24, READY)  # of the source


def test_a_second_run_reads_no_source_again(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    for seed in range(3):
        stand.put(f"{seed}.png", seed)
    stand.put("copy.png", 1)
    (stand.root / "bad.png").write_bytes(b"no picture")
    stand.take()
    album = Album(stand.folder, SHELVES)
    assert Taking(album, stand.root, FORM).new(sources.find(stand.root).pictures) == []


def test_new_files_get_the_next_numbers_wherever_they_sort(stand: Stand) -> None:
    stand.put("b.png", 1)
    stand.put("d.png", 2)
    assert stand.numbers() == {"b.png": 1, "d.png": 2}
    stand.put("a.png", 3)
    stand.put("c.png", 4)
    assert stand.check() == {"b.png": 1, "d.png": 2, "a.png": 3, "c.png": 4}


def test_a_picture_stays_when_its_source_goes(stand: Stand) -> None:
    stand.put("a.png", 1)
    stand.put("b.png", 2)
    stand.take()
    (stand.root / "a.png").unlink()
    stand.put("c.png", 3)
    assert stand.check() == {"a.png": 1, "b.png": 2, "c.png": 3}


def test_a_touched_source_keeps_its_number_and_is_not_read_again(stand: Stand) -> None:
    stand.put("a.png", 1)
    stand.take()
    os.utime(stand.root / "a.png", ns=(5, 5))
    assert stand.check() == {"a.png": 1}
    assert Taking(Album(stand.folder), stand.root, FORM).new(["a.png"]) == []


def test_a_renamed_source_keeps_its_number(stand: Stand) -> None:
    stand.put("a.png", 1)
    stand.take()
    (stand.root / "a.png").rename(stand.root / "z.png")
    assert stand.check() == {"z.png": 1}
    (stand.root / "z.png").rename(stand.root / "a.png")
    assert stand.check() == {"a.png": 1}


def test_a_copy_is_taken_once_and_told(stand: Stand) -> None:
    stand.put("a.png", 1)
    stand.put("b.png", 1)
    album = stand.take()
    assert [(one.source, one.reason) for one in album.of(COPY)] == [("b.png", "the same file as a.png")]
    assert stand.check() == {"a.png": 1}


def test_a_changed_source_gets_a_new_number_and_its_old_picture_is_set_apart(stand: Stand) -> None:
    stand.put("a.png", 1)
    stand.take()
    stand.put("a.png", 2)
    assert stand.check() == {"a.png": 2}
    assert (stand.folder / "replaced" / "1.jpg").exists()


def test_a_source_that_is_changed_back_gets_its_old_picture_and_number_again(stand: Stand) -> None:
    for seed in (1, 2, 1):
        stand.put("a.png", seed)
        stand.take()
    assert stand.check() == {"a.png": 1}
    assert (stand.folder / "replaced" / "2.jpg").exists()


def test_a_copy_becomes_a_picture_when_what_it_is_a_copy_of_changes(stand: Stand) -> None:
    stand.put("a.png", 1)
    stand.put("b.png", 1)
    stand.take()
    stand.put("a.png", 2)
    assert stand.check() == {"b.png": 1, "a.png": 2}


@pytest.mark.parametrize("order", [(1, 0), (1, 2, 0), (2, 0, 1), (1, 2, 3, 4, 0), (1, 2, 3, 9)])
def test_sources_that_change_names_among_each_other_keep_their_pictures(
    stand: Stand, order: Sequence[int]
) -> None:
    for seed in range(len(order)):
        stand.put(f"{seed}.png", seed)
    before = {one.sha256: one.number for one in stand.take().ready()}
    for at, seed in enumerate(order):
        stand.put(f"{at}.png", seed)
    stand.check()
    after = {one.sha256: one.number for one in stand.take().ready()}
    assert {digest: number for digest, number in after.items() if digest in before}.items() <= before.items()
    assert len(after) >= len(set(order))


def test_a_file_that_is_no_picture_is_set_aside_with_the_reason_until_it_changes(stand: Stand) -> None:
    (stand.root / "a.png").write_bytes(b"no picture")
    stand.put("b.png", 2)
    album = stand.take()
    assert [one.source for one in album.of(ASIDE)] == ["a.png"]
    assert "is no picture" in album.of(ASIDE)[0].reason
    assert stand.check() == {"b.png": 1}
    stand.put("a.png", 1)
    assert stand.check() == {"b.png": 1, "a.png": 2}


def test_a_picture_whose_source_is_spoilt_leaves_train(stand: Stand) -> None:
    stand.put("a.png", 1)
    stand.take()
    (stand.root / "a.png").write_bytes(b"spoilt")
    assert stand.check() == {}
    assert (stand.folder / "replaced" / "1.jpg").exists()


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may read all")
def test_a_file_that_may_be_read_since_is_taken(stand: Stand) -> None:
    stand.put("a.png", 1)
    (stand.root / "a.png").chmod(0)
    assert stand.check() == {}
    (stand.root / "a.png").chmod(0o600)
    assert stand.check() == {"a.png": 1}


def test_a_source_that_goes_while_it_is_taken_is_set_aside_and_taken_when_it_is_back(stand: Stand) -> None:
    stand.put("a.png", 1)
    stand.put("b.png", 2)
    album = Album(stand.folder, SHELVES)
    taking = Taking(album, stand.root, FORM)
    taking.take(["a.png", "b.png", "gone.png"], lambda: None, workers=1)
    assert [one.source for one in album.of(ASIDE)] == ["gone.png"]
    stand.put("gone.png", 3)
    assert stand.check() == {"a.png": 1, "b.png": 2, "gone.png": 3}


def test_sources_are_never_touched(stand: Stand) -> None:
    for seed, name in enumerate(("a.png", "b.png", "sub/c.png")):
        stand.put(name, seed)
    stand.put("copy.png", 1)
    (stand.root / "bad.png").write_bytes(b"no picture")
    before = _state(stand.root)
    stand.take()
    stand.take()
    assert _state(stand.root) == before


def _state(root: Path) -> dict[str, tuple[bytes, int, int]]:
    files = (path for path in root.rglob("*") if path.is_file())
    return {str(path): (path.read_bytes(), path.stat().st_mtime_ns, path.stat().st_mode) for path in files}


def test_bytes_are_kept_where_no_form_is_wanted(stand: Stand) -> None:
    stand.put("a.png", 1)
    album = Album(stand.folder, SHELVES)
    Taking(album, stand.root, None).take(["a.png"], lambda: None, workers=1)
    assert (stand.folder / "train" / "1.png").read_bytes() == (stand.root / "a.png").read_bytes()


def test_a_picture_is_made_again_only_from_the_source_it_was_made_of(stand: Stand) -> None:
    stand.put("a.png", 1)
    album = stand.take()
    whole = (stand.folder / "train" / "1.jpg").read_bytes()
    (stand.folder / "train" / "1.jpg").write_bytes(b"spoilt")
    taking = Taking(album, stand.root, FORM)
    assert taking.again(album.ready()[0]) == ""
    assert (stand.folder / "train" / "1.jpg").read_bytes() == whole
    stand.put("a.png", 2)
    assert "has changed since" in taking.again(album.ready()[0])
    assert (stand.folder / "train" / "1.jpg").read_bytes() == whole


@pytest.mark.parametrize("lost", ["all", "a line", "both lines of a picture"])
def test_a_picture_whose_line_was_lost_gets_its_number_back(stand: Stand, lost: str) -> None:
    for seed in range(3):
        stand.put(f"{seed}.png", seed)
    wanted = stand.check()
    path = stand.folder / "images.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    gone = {"all": set(range(6)), "a line": {4}, "both lines of a picture": {1, 4}}[lost]
    path.write_bytes(b"".join(b"{damaged\n" if at in gone else line for at, line in enumerate(lines)))
    stand.put("new.png", 7)
    assert stand.check() == {**wanted, "new.png": 4}


def test_a_picture_that_somebody_put_into_the_album_is_left_alone(stand: Stand) -> None:
    stand.put("a.png", 1)
    (stand.folder / "train").mkdir()
    (stand.folder / "train" / "5.jpg").write_bytes(b"of somebody")
    assert {one.source: one.number for one in stand.take().ready()} == {"a.png": 6}
    assert (stand.folder / "train" / "5.jpg").read_bytes() == b"of somebody"


# --- ends


def _mixed(stand: Stand) -> None:
    """A first run is behind, and files were changed, renamed, copied, swapped, spoilt and added since."""
    for name, seed in (("a.png", 1), ("b.png", 2), ("c.png", 3), ("d.png", 4), ("e.png", 5), ("k.png", 1)):
        stand.put(name, seed)
    stand.take()
    stand.put("a.png", 2)  # swapped
    stand.put("b.png", 1)
    stand.put("c.png", 30)  # changed
    (stand.root / "d.png").rename(stand.root / "y.png")
    (stand.root / "e.png").write_bytes(b"spoilt")
    stand.put("m.png", 6)
    stand.put("n.png", 6)
    stand.put("z.png", 7)


def _fresh(stand: Stand) -> None:
    for seed in range(4):
        stand.put(f"{seed}.png", seed)
    stand.put("copy.png", 2)
    (stand.root / "bad.png").write_bytes(b"no picture")


STATES = {"a first run": _fresh, "a second run over what changed": _mixed}


def _ended(stand: Stand, fault: Fault, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(steps, "watch", fault)
        patched.setattr(steps, "PATIENCE", ())
        try:
            stand.take()
        except (CrashError, OSError, KeyboardInterrupt):
            pass


def _each_step(
    place: Path, state: str, every: int, disturbed: Callable[[Stand, int], Fault]
) -> Iterator[tuple[str, Stand, dict[str, int | None]]]:
    """The stand after a disturbance at every so many-th step; what it was, and the numbers without one."""
    laid_out = Stand(place / "laid out")
    STATES[state](laid_out)
    shutil.copytree(place / "laid out", place / "undisturbed")
    wanted, at = Stand(place / "undisturbed").check(), 1
    while True:
        shutil.copytree(place / "laid out", place / f"{at}")
        stand = Stand(place / f"{at}")
        fault = disturbed(stand, at)
        if fault.hit is None:
            assert fault.count > 2
            return
        yield f"step {at}, {fault.hit.kind} {Path(fault.hit.path).name}", stand, wanted
        at += every


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize(("how", "every"), [("before", 2), ("after", 5), ("half", 1), ("all but one", 2)])
def test_an_end_at_any_step_changes_nothing_of_what_the_next_run_makes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, state: str, how: str, every: int
) -> None:
    def ended(stand: Stand, at: int) -> Fault:
        crash = Crash(stand.folder, at, how)
        _ended(stand, crash, monkeypatch)
        return crash

    for step, stand, wanted in _each_step(tmp_path, state, every, ended):
        assert stand.check() == wanted, step


class Refused(Fault):
    """The disk refuses the step, or somebody presses Ctrl-C before it."""

    def __init__(self, place: Path, at: int, error: BaseException) -> None:
        super().__init__(place, at)
        self.error = error

    def answer(self, step: steps.Step) -> object:
        if self.hit is step:
            raise self.error
        return None if step.kind == "sync" else step.take()


@pytest.mark.parametrize(
    "error",
    [OSError(errno.ENOSPC, "No space left on device"), KeyboardInterrupt()],
    ids=["a full disk", "Ctrl-C"],
)
def test_a_step_that_is_refused_loses_nothing_and_its_own_error_is_raised(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    raised = []

    def refused(stand: Stand, at: int) -> Fault:
        fault = Refused(stand.folder, at, error)
        with monkeypatch.context() as patched:
            patched.setattr(steps, "watch", fault)
            try:
                stand.take()
            except (OSError, KeyboardInterrupt) as found:
                raised.append(found)
        return fault

    for step, stand, wanted in _each_step(tmp_path, "a second run over what changed", 3, refused):
        assert stand.check() == wanted, step
    assert raised
    assert all(found is error for found in raised)


def test_what_was_settled_before_ctrl_c_is_kept(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    for seed in range(6):
        stand.put(f"{seed}.png", seed)
    album, came = Album(stand.folder, SHELVES), Counter[str]()

    def interrupt() -> None:
        came["times"] += 1
        if came["times"] == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Taking(album, stand.root, FORM).take([f"{n}.png" for n in range(6)], interrupt, workers=1)
    assert [one.source for one in Album(stand.folder).ready()] == ["0.png", "1.png", "2.png"]
    assert stand.check() == {f"{n}.png": n + 1 for n in range(6)}


@pytest.mark.parametrize("seed", range(8))
def test_whatever_is_done_to_the_files_each_content_has_one_picture_and_keeps_its_number(
    stand: Stand, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    dice, numbers = random.Random(seed), dict[str, int | None]()
    for _ in range(6):
        for _ in range(dice.randrange(1, 5)):
            _change(stand, dice)
        if dice.random() < 0.4:
            _ended(
                stand,
                Crash(stand.folder, dice.randrange(1, 40), dice.choice(["before", "after", "half"])),
                monkeypatch,
            )
        stand.check()
        album = stand.take()
        held = {one.sha256 for one in album.numbered()}
        read = {
            one.sha256 for one in album.by_source.values() if one.source in sources.find(stand.root).pictures
        }
        assert read <= held  # no picture of the folder is without one
        for one in album.ready():
            assert numbers.setdefault(one.sha256, one.number) == one.number


def _change(stand: Stand, dice: random.Random) -> None:
    names = sources.find(stand.root).pictures
    act = dice.choice(["put", "put", "remove", "rename", "copy", "swap"])
    name = f"{dice.choice('abcdef')}.png"
    if act == "put" or len(names) < 2:
        stand.put(name, dice.randrange(9))
        return
    one, other = (stand.root / found for found in dice.sample(names, 2))
    if act == "remove":
        one.unlink()
    elif act == "rename":
        one.rename(stand.root / name)
    elif act == "copy":
        (stand.root / name).write_bytes(one.read_bytes())
    else:
        held = one.read_bytes()
        one.write_bytes(other.read_bytes())
        other.write_bytes(held)


def test_a_picture_whose_source_goes_after_a_kill_leaves_no_file_that_nobody_knows(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    at, ended = 0, True
    while ended:
        at += 1
        shutil.rmtree(stand.root)
        shutil.rmtree(stand.folder)
        stand.folder.mkdir()
        for number in (1, 2, 3):
            stand.put(f"{number}.png", number)
        crash = Crash(stand.folder, at, "after")
        _ended(stand, crash, monkeypatch)
        ended = crash.hit is not None
        (stand.root / "2.png").unlink()
        album = stand.take()
        album_knows = {Path(one.file).name for one in album.ready()}
        assert {path.name for path in (stand.folder / "train").iterdir()} == album_knows, f"step {at}"
    assert at > 8
