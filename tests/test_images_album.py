"""images.jsonl: every number once, whatever became of the file."""

import json
from pathlib import Path

import pytest

from dset.images.album import COMING, COPY, FILTERED, NAME, READY, REPLACED, Album, Picture, read


def picture(number: int, state: str = READY, source: str = "") -> Picture:
    name = source or f"{number}.png"
    return Picture(source=name, state=state, number=number, file=f"train/{number}.jpg", sha256=f"of {name}")


def lay(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"picture")


def numbers(album: Album) -> list[int | None]:
    return [one.number for one in album.ready()]


def test_what_was_noted_stands_in_the_next_album(tmp_path: Path) -> None:
    Album(tmp_path).note([picture(1), picture(2, FILTERED), picture(3)])
    album = Album(tmp_path)
    assert numbers(album) == [1, 3]
    assert [one.number for one in album.numbered()] == [1, 2, 3]
    assert album.next_number() == 4


def test_the_last_line_of_a_source_counts(tmp_path: Path) -> None:
    album = Album(tmp_path)
    album.note([picture(1, COMING), picture(1)])
    album.note([picture(1, FILTERED)])
    assert Album(tmp_path).ready() == []


@pytest.mark.parametrize("cut", [1, 2, 50, 120, 200, 261, 262, 263, 300, 329])
def test_a_torn_last_line_is_cut_off_before_the_next_is_written(tmp_path: Path, cut: int) -> None:
    Album(tmp_path).note([picture(1), picture(2, source="é" * 30)])
    path = tmp_path / NAME
    whole = path.read_bytes()
    path.write_bytes(whole[: max(whole.index(b"\n") + 1, len(whole) - cut)])
    Album(tmp_path).note([picture(3)])
    assert [one.number for one in read(tmp_path)] in ([1, 3], [1, 2, 3])
    assert all(json.loads(line) for line in path.read_bytes().splitlines())


def test_zeros_that_a_power_cut_left_are_cut_off(tmp_path: Path) -> None:
    Album(tmp_path).note([picture(1)])
    with (tmp_path / NAME).open("ab") as stream:
        stream.write(bytes(700))
    Album(tmp_path).note([picture(2)])
    assert b"\0" not in (tmp_path / NAME).read_bytes()
    assert numbers(Album(tmp_path)) == [1, 2]


@pytest.mark.parametrize(
    "line",
    [b"\xff\xfe", b"[]", b"null", b"7", b'"text"', b"{}", b'{"source": 1, "state": "ready"}', b"[" * 9_999,
     b'{"source": "b.png", "state": "ready", "number": -4}', b'{"source": "b.png", "state": "ready", "number": true}'],
)  # fmt: skip
def test_a_damaged_line_is_passed_over_and_the_others_stand(tmp_path: Path, line: bytes) -> None:
    Album(tmp_path).note([picture(1)])
    with (tmp_path / NAME).open("ab") as stream:
        stream.write(line + b"\n")
    Album(tmp_path).note([picture(2)])
    assert numbers(Album(tmp_path)) == [1, 2]


def test_a_number_that_a_file_or_another_record_speaks_of_is_not_given_again(tmp_path: Path) -> None:
    lay(tmp_path, "train/7.jpg", "blocked/12.jpg", "train/notes.txt", "train/0009999999999.jpg")
    assert Album(tmp_path, ("train", "blocked")).next_number() == 13
    assert Album(tmp_path, ("train",), ["30.jpg", "", "x.jpg"]).next_number() == 31


def test_a_picture_is_found_on_whatever_shelf_it_lies(tmp_path: Path) -> None:
    lay(tmp_path, "blocked/1.jpg")
    album = Album(tmp_path, ("train", "blocked"))
    assert album.where(picture(1)) == tmp_path / "blocked" / "1.jpg"
    assert album.where(picture(2)) is None


def test_pictures_are_shelved_once_and_never_over_another(tmp_path: Path) -> None:
    lay(tmp_path, "train/1.jpg", "train/2.jpg")
    lay(tmp_path, "blocked/2.jpg")
    (tmp_path / "blocked" / "2.jpg").write_bytes(b"another")
    album = Album(tmp_path, ("train", "blocked"))
    assert album.shelve(["1.jpg", "2.jpg", "3.jpg"], "blocked") == 1
    assert album.shelve(["1.jpg"], "blocked") == 0
    assert (tmp_path / "blocked" / "2.jpg").read_bytes() == b"another"
    assert (tmp_path / "train" / "2.jpg").exists()


def test_each_picture_is_put_where_its_state_says(tmp_path: Path) -> None:
    lay(tmp_path, "train/1.jpg", "train/2.jpg", "replaced/3.jpg", "filtered/4.jpg")
    album = Album(tmp_path, ("train", "filtered", "replaced"))
    album.note([picture(1, FILTERED), picture(2, REPLACED), picture(3), picture(4)])
    album.put_right("train", {FILTERED: "filtered", REPLACED: "replaced"})
    there = {path.relative_to(tmp_path).as_posix() for path in tmp_path.glob("*/*.jpg")}
    assert there == {"filtered/1.jpg", "replaced/2.jpg", "train/3.jpg", "train/4.jpg"}


def test_a_picture_that_went_to_another_source_is_where_that_one_says(tmp_path: Path) -> None:
    lay(tmp_path, "train/1.jpg")
    album = Album(tmp_path, ("train", "filtered", "replaced"))
    album.note([picture(1), picture(1, REPLACED, "1.png#1"), picture(1, FILTERED, "b.png")])
    Album(tmp_path, album.shelves).put_right("train", {FILTERED: "filtered", REPLACED: "replaced"})
    assert (tmp_path / "filtered" / "1.jpg").exists()


def test_an_album_tells_what_was_made_of_some_bytes_and_whether_that_still_holds(tmp_path: Path) -> None:
    album = Album(tmp_path)
    album.note([picture(1, source="a")])
    twin = album.made_of("of a")
    assert twin is not None
    assert album.holds(twin)
    album.note([picture(1, REPLACED, "a#1"), picture(2, source="a")])
    assert not album.holds(twin)
    album.note([Picture(source="c", state=COPY, sha256="of c")])
    assert album.made_of("of c") is None
