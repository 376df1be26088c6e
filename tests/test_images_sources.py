"""Which files of a folder are taken as pictures, and in which order."""

import os
import random
import unicodedata
from pathlib import Path

import pytest

from dset.errors import UsageError
from dset.images.sources import Found, find, natural

ORDERED = (
    "film01.jpg", "film1.jpg", "film2.jpg", "film2 (2).jpg", "film10.jpg", "film10b.jpg", "Frame 3.PNG", "frame 20.png",
    "Ähre.jpg", "ปลา2.jpg", "ปลา๑๐.jpg", "a/1.jpg", "a/b/0.jpg", "B2/1.jpg", "b10/1.jpg",
)  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "pictures").mkdir()
    return tmp_path / "pictures"


def put(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"x")


def test_pictures_come_in_natural_order_folder_by_folder(folder: Path) -> None:
    shuffled = list(ORDERED)
    random.Random(1).shuffle(shuffled)
    put(folder, *shuffled)
    assert find(folder).pictures == ORDERED


def test_every_usual_extension_in_any_case_is_taken_and_the_rest_is_counted(folder: Path) -> None:
    names = [f"{number}{end}" for number, end in enumerate(
        ".jpg .JPG .Jpeg .jpe .jfif .mpo .png .apng .webp .gif .bmp .tif .TIFF .avif".split()
    )]  # fmt: skip
    put(folder, *names, "notes.txt", "README", "film.mp4", "jpg", "a.svg", "a.heic", "a.jpg.txt")
    assert find(folder) == Found(tuple(names), other=7, hidden=0, outside=(), unreadable=(), unnamed=())


def test_what_is_hidden_or_left_by_other_systems_is_left_out(folder: Path) -> None:
    put(folder, "1.jpg", "._1.jpg", ".hidden.jpg", "Thumbs.db", "thumbs.DB", "desktop.ini", ".DS_Store")
    put(folder, ".git/1.jpg", "__MACOSX/1.jpg", "__MACOSX/a/2.jpg", ".cache/deep/3.jpg")
    found = find(folder)
    assert found.pictures == ("1.jpg",)
    assert (found.hidden, found.other) == (9, 0)


def test_folders_to_leave_out_are_left_out_by_whatever_path(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(folder, "1.jpg", "out/2.jpg", "out/a/3.jpg", "outer/4.jpg", "a/out/5.jpg")
    (folder.parent / "link").symlink_to(folder / "out")
    monkeypatch.chdir(folder)
    for without in (folder / "out", Path("out"), folder / "a" / ".." / "out", folder.parent / "link"):
        assert find(folder, [without]).pictures == ("1.jpg", "a/out/5.jpg", "outer/4.jpg")


def test_a_folder_that_is_itself_a_link_or_relative_works(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(folder, "1.jpg", "a/2.jpg")
    (folder.parent / "link").symlink_to(folder)
    monkeypatch.chdir(folder.parent)
    for name in (folder.parent / "link", Path("pictures"), Path("./link/../pictures")):
        assert find(name).pictures == ("1.jpg", "a/2.jpg")


def test_links_that_lead_out_are_named_and_not_followed(folder: Path) -> None:
    put(folder.parent, "secret/1.jpg", "pictures-2/2.jpg")
    put(folder, "1.jpg")
    (folder / "out.jpg").symlink_to(folder.parent / "secret" / "1.jpg")
    (folder / "way").symlink_to(folder.parent / "secret")
    (folder / "near").symlink_to("../pictures-2")
    (folder / "up").symlink_to("..")
    found = find(folder)
    assert found.pictures == ("1.jpg",)
    assert found.outside == ("near", "out.jpg", "up", "way")


def test_a_link_within_the_folder_brings_only_what_is_not_found_otherwise(folder: Path) -> None:
    put(folder, "a/1.jpg", "blobs/0f3c", "left/4.jpg")
    (folder / "again.jpg").symlink_to("a/1.jpg")
    (folder / "named.jpg").symlink_to("blobs/0f3c")
    (folder / "named too.jpg").symlink_to("blobs/0f3c")
    (folder / "gone.jpg").symlink_to("nowhere.jpg")
    (folder / "text.txt").symlink_to("a/1.jpg")
    (folder / "left.jpg").symlink_to("left/4.jpg")
    found = find(folder, [folder / "left"])
    assert found.pictures == ("named.jpg", "a/1.jpg")
    assert (found.other, found.outside) == (3, ())  # the blob, the dangling link, the text


def test_loops_of_links_end(folder: Path) -> None:
    put(folder, "a/1.jpg", "b/2.jpg")
    (folder / "a" / "b").symlink_to("../b")
    (folder / "b" / "a").symlink_to("../a")
    (folder / "a" / "self").symlink_to(".")
    (folder / "a" / "top").symlink_to("..")
    (folder / "round.jpg").symlink_to("round.jpg")
    assert find(folder).pictures == ("a/1.jpg", "b/2.jpg")


def test_a_name_is_kept_as_it_is_and_sorted_the_same_in_both_unicode_forms(folder: Path) -> None:
    words = ["é1.jpg", "é2.jpg", "é10.jpg", "ä.jpg", "z.jpg"]
    by_form = {}
    for form in ("NFC", "NFD"):
        names = [unicodedata.normalize(form, word) for word in words]
        put(folder / form, *names)
        found = find(folder / form).pictures
        assert set(found) == set(names)
        by_form[form] = [unicodedata.normalize("NFC", name) for name in found]
    assert by_form["NFC"] == by_form["NFD"]


def test_names_that_differ_only_in_case_or_form_have_a_fixed_order() -> None:
    names = ["a1.jpg", "A1.jpg", "a01.jpg", "a1.JPG", "\u00e91", "e\u03011", "", "1", "١", "²", "9" * 200]
    wanted = sorted(names, key=natural)
    for seed in range(9):
        random.Random(seed).shuffle(names)
        assert sorted(names, key=natural) == wanted


@pytest.mark.skipif(os.name == "nt", reason="names there are always text")
def test_a_name_that_is_no_text_is_named_and_left_out(folder: Path) -> None:
    put(folder, "1.jpg")
    with open(os.fsencode(folder) + b"/caf\xe9.jpg", "wb"):
        pass
    os.mkdir(os.fsencode(folder) + b"/\xff")
    found = find(folder)
    assert found.pictures == ("1.jpg",)
    assert found.unnamed == ("\\xff", "caf\\xe9.jpg")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="a pipe in a folder is a thing of POSIX")
def test_a_pipe_and_a_folder_with_a_pictures_name_are_no_pictures(folder: Path) -> None:
    os.mkfifo(folder / "pipe.jpg")
    put(folder, "folder.jpg/1.jpg")
    found = find(folder)
    assert (found.pictures, found.other) == (("folder.jpg/1.jpg",), 1)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read every folder")
def test_a_folder_that_may_not_be_read_is_named(folder: Path) -> None:
    put(folder, "1.jpg", "shut/2.jpg")
    (folder / "shut").chmod(0)
    try:
        found = find(folder)
    finally:
        (folder / "shut").chmod(0o700)
    assert (found.pictures, found.unreadable) == (("1.jpg",), ("shut",))


@pytest.mark.parametrize("name", ["missing", "file.jpg", "nul\0"])
def test_what_is_no_folder_is_told(folder: Path, name: str) -> None:
    put(folder, "file.jpg")
    with pytest.raises(UsageError, match="is no folder; name the one that holds the pictures"):
        find(folder / name)


def test_a_folder_as_deep_as_names_go_is_walked(folder: Path) -> None:
    deep = "/".join("d" * 20)
    put(folder, *(f"{deep[: 2 * depth + 1]}/{depth}.jpg" for depth in range(20)))
    assert len(find(folder).pictures) == 20
