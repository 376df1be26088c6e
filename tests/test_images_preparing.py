"""One picture file is read, checked, made and stored; what is wrong with it is said, and nothing else is written."""

import errno
import hashlib
import os
import pickle
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from dset import steps
from dset.images import pool
from dset.images.fitting import Form
from dset.images.likeness import fingerprint, likeness
from dset.images.opening import LARGEST
from dset.images.preparing import Made, Piece, died, prepare
from tests import pictures, pieces

FORM = Form((64, 48))


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "made").mkdir()
    return tmp_path


def prepared(place: Path, data: bytes, form: Form | None = FORM) -> Made:
    (place / "source").write_bytes(data)
    return prepare(Piece(place / "source", place / "made" / "1.part", form))


def test_a_picture_is_made_in_the_wanted_form_and_all_of_it_is_told(place: Path) -> None:
    data = pictures.png(1)
    made = prepared(place, data)
    source, target = place / "source", place / "made" / "1.part"
    with Image.open(target) as image:
        assert (image.format, image.mode, image.size) == ("JPEG", "RGB", (64, 48))
        assert likeness(made.fingerprint, fingerprint(image)) > 0.97
    assert made == Made(
        fault="",
        sha256=hashlib.sha256(data).hexdigest(),
        bytes=len(data),
        mtime_ns=source.stat().st_mtime_ns,
        source_size=pictures.SIZE,
        width=64,
        height=48,
        stored=target.stat().st_size,
        suffix=".jpg",
        fingerprint=made.fingerprint,
    )
    assert source.read_bytes() == data


@pytest.mark.parametrize(
    ("kind", "suffix"),
    [
        ("JPEG", ".jpg"),
        ("MPO", ".jpg"),
        ("PNG", ".png"),
        ("WEBP", ".webp"),
        ("GIF", ".gif"),
        ("BMP", ".bmp"),
        ("TIFF", ".tif"),
        ("AVIF", ".avif"),
    ],
)
def test_without_a_form_the_bytes_stay_and_the_suffix_is_that_of_the_content(
    place: Path, kind: str, suffix: str
) -> None:
    data = pictures.two_lenses() if kind == "MPO" else pictures.data(pictures.photo(), kind)
    made = prepared(place, data, None)
    assert (place / "made" / "1.part").read_bytes() == data
    assert (made.fault, made.suffix, made.stored) == ("", suffix, len(data))
    assert (made.width, made.height) == pictures.SIZE


@pytest.mark.parametrize("form", [FORM, None])
@pytest.mark.parametrize(("name", "make", "said"), pictures.BAD, ids=[name for name, _, _ in pictures.BAD])
def test_what_is_wrong_with_a_file_is_said_and_nothing_is_written(
    place: Path, name: str, make: Callable[[], bytes], said: str, form: Form | None
) -> None:
    data = make()
    made = prepared(place, data, form)
    assert said in made.fault
    assert (made.sha256, made.bytes) == (hashlib.sha256(data).hexdigest(), len(data))
    assert (made.width, made.height, made.stored, made.suffix, made.fingerprint) == (0, 0, 0, "", "")
    assert list((place / "made").iterdir()) == []


@pytest.mark.parametrize(
    "name", ["missing", "made", "loop", "x" * 300, "nul\0", "pipe", "/dev/zero", "/dev/null"]
)
def test_what_cannot_be_read_is_a_fault_and_is_not_waited_for(place: Path, name: str) -> None:
    (place / "loop").symlink_to("loop")
    if name == "pipe":
        if not hasattr(os, "mkfifo"):
            pytest.skip("a pipe in a folder is a thing of POSIX")
        os.mkfifo(place / "pipe")
    made = prepare(Piece(place / name, place / "made" / "1.part", FORM))
    assert made.fault.startswith(("cannot be read (", "is no file"))
    assert died(Piece(place / name, place / "made" / "1.part", FORM)).fault == made.fault


def test_a_file_larger_than_the_limit_is_a_fault_that_is_known_again(place: Path) -> None:
    with (place / "source").open("wb") as stream:
        stream.write(pictures.jpeg())
        stream.truncate(LARGEST + 1)
    made = prepare(Piece(place / "source", place / "made" / "1.part", None))
    assert made == Made(
        fault="is larger than 32 MB", bytes=LARGEST + 1, mtime_ns=(place / "source").stat().st_mtime_ns
    )


def test_a_picture_that_ends_its_process_is_known_again(place: Path) -> None:
    (place / "source").write_bytes(b"12345")
    made = died(Piece(place / "source", place / "made" / "1.part", FORM))
    assert "ends the process that reads it" in made.fault
    assert (made.bytes, made.mtime_ns) == (5, (place / "source").stat().st_mtime_ns)


def test_a_picture_is_on_the_disk_before_it_is_told_of(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[tuple[str, str]] = []

    def watch(step: steps.Step) -> Any:
        done.append((step.kind, Path(step.path).name))
        return step.take()

    monkeypatch.setattr(steps, "watch", watch)
    assert prepared(place, pictures.jpeg()).fault == ""
    kinds = [kind for kind, _ in done if kind != "unlink"]
    assert kinds == ["open", "write", "sync"]
    assert {name for _, name in done} == {"1.part"}


@pytest.mark.parametrize("kind", ["open", "write", "sync"])
def test_a_disk_that_refuses_is_no_fault_of_the_picture_and_leaves_nothing(
    place: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    def watch(step: steps.Step) -> Any:
        if step.kind == kind:
            raise OSError(errno.ENOSPC, "No space left on device", step.path)
        return step.take()

    monkeypatch.setattr(steps, "watch", watch)
    with pytest.raises(OSError, match="No space left"):
        prepared(place, pictures.jpeg())
    assert list((place / "made").iterdir()) == []


def test_what_a_killed_run_left_at_the_target_is_replaced_and_a_link_is_not_followed(place: Path) -> None:
    target = place / "made" / "1.part"
    target.write_bytes(b"half a picture " * 100_000)
    made = prepared(place, pictures.jpeg())
    assert target.stat().st_size == made.stored
    target.unlink()
    (place / "precious").write_bytes(b"mine")
    target.symlink_to(place / "precious")
    assert prepared(place, pictures.jpeg()).fault == ""
    assert (place / "precious").read_bytes() == b"mine"
    assert not target.is_symlink()


def test_pieces_and_results_travel_between_processes(place: Path) -> None:
    piece = Piece(place / "a", place / "b", Form((5, 6), "pad", 7))
    made = Made(fault="is cut off", bytes=5)
    assert pickle.loads(pickle.dumps((piece, made, prepare, died))) == (piece, made, prepare, died)


def test_a_pool_prepares_good_and_bad_files_alike(place: Path) -> None:
    files = [pictures.jpeg(seed) if seed % 3 else pictures.BAD[seed][1]() for seed in range(9)]
    todo = []
    for number, data in enumerate(files):
        (place / f"{number}.jpg").write_bytes(data)
        todo.append(Piece(place / f"{number}.jpg", place / "made" / f"{number}.part", FORM))
    done = list(pool.each(todo, prepare, 2, died=died))
    assert [piece for piece, _ in done] == todo
    assert [bool(made.fault) for _, made in done] == [seed % 3 == 0 for seed in range(9)]
    assert {path.name for path in (place / "made").iterdir()} == {f"{n}.part" for n in range(9) if n % 3}


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere there may be no such limits")
def test_a_worker_may_not_take_all_memory_or_for_ever_and_this_process_may(place: Path) -> None:
    import resource

    prepared(place, pictures.jpeg())
    assert resource.getrlimit(resource.RLIMIT_AS)[0] != 4 << 30
    assert resource.getrlimit(resource.RLIMIT_CPU)[0] == resource.getrlimit(resource.RLIMIT_CPU)[1]
    for _, (memory, seconds, core) in pool.each(range(5), pieces.limits, 2, died=pieces.limits):
        assert 0 < memory <= 4 << 30
        assert 0 < seconds < 300
        assert core == 0


def test_a_picture_as_thin_as_a_thread_takes_no_more_memory_than_it_has_pixels(place: Path) -> None:
    rows = 9_000_000  # scaled to 512 columns first, they would be more than a worker may have
    (place / "thread.png").write_bytes(pictures.png_of(1, rows, pictures.zeros(rows * 2), colour=0))
    (place / "other.jpg").write_bytes(pictures.jpeg())
    form = Form((512, 512), "stretch")
    names = ["thread.png", *["other.jpg"] * 3]
    todo = [Piece(place / name, place / "made" / f"{at}.part", form) for at, name in enumerate(names)]
    assert [made.fault for _, made in pool.each(todo, prepare, 2, died=died)] == [""] * 4
