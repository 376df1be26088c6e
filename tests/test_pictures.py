"""A row's picture: told by its content, from below the CSV's folder only."""

import base64
import os
from pathlib import Path

import pytest

from dset import pictures

PNG = b"\x89PNG\r\n\x1a\n" + b"rest"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "data"
    (place / "sub").mkdir(parents=True)
    (place / "cat.png").write_bytes(PNG)
    (place / "sub" / "cat.png").write_bytes(PNG)
    (tmp_path / "secret.png").write_bytes(PNG)
    (tmp_path / "data-2").mkdir()
    (tmp_path / "data-2" / "cat.png").write_bytes(PNG)
    return place


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (PNG, "png"),
        (b"\xff\xd8\xff\xe0rest", "jpeg"),
        (b"GIF89arest", "gif"),
        (b"GIF87arest", "gif"),
        (b"RIFF\0\0\0\0WEBPrest", "webp"),
    ],
)
def test_a_picture_is_told_by_its_content_whatever_its_name_says(
    folder: Path, data: bytes, kind: str
) -> None:
    (folder / "picture.txt").write_bytes(data)
    url = f"data:image/{kind};base64,{base64.b64encode(data).decode()}"
    assert pictures.as_part(folder, "picture.txt") == {"type": "image_url", "image_url": {"url": url}}


@pytest.mark.parametrize(
    "data", [b"", b"<svg/>", b"RIFF\0\0\0\0WAVE", b"%PDF-1.7", b"\x89PN", b"ssh-ed25519 AAAA"]
)
def test_what_is_no_picture_is_not_sent(folder: Path, data: bytes) -> None:
    (folder / "cat.jpg").write_bytes(data)
    with pytest.raises(ValueError, match=r"'cat.jpg' is no JPEG, PNG, GIF or WebP picture"):
        pictures.as_part(folder, "cat.jpg")


@pytest.mark.parametrize(
    "name", ["cat.png", "sub/cat.png", "./sub/../cat.png", "../data/cat.png", "sub//cat.png"]
)
def test_a_path_that_stays_below_the_folder_is_taken(folder: Path, name: str) -> None:
    assert pictures.as_part(folder, name)["type"] == "image_url"


@pytest.mark.parametrize("name", ["../secret.png", "sub/../../secret.png", "../data-2/cat.png", ".."])
def test_a_path_that_leaves_the_folder_is_refused(folder: Path, name: str) -> None:
    with pytest.raises(ValueError, match="lies outside the CSV's folder and is not sent"):
        pictures.as_part(folder, name)


@pytest.mark.parametrize(
    "name",
    [
        "/etc/hostname",
        "C:\\cat.png",
        "C:cat.png",
        "\\\\server\\share\\cat.png",
        "\\cat.png",
        "//server/cat.png",
        "a\0b",
    ],
)
def test_a_path_of_any_system_that_is_not_relative_is_refused(folder: Path, name: str) -> None:
    with pytest.raises(ValueError, match="must be a path relative to the CSV's folder"):
        pictures.as_part(folder, name)


def test_a_link_within_the_folder_is_followed_and_one_that_leaves_it_is_refused(folder: Path) -> None:
    (folder / "inner.png").symlink_to(folder / "sub" / "cat.png")
    (folder / "outer.png").symlink_to(folder.parent / "secret.png")
    (folder / "way.out").symlink_to(folder.parent)
    assert pictures.as_part(folder, "inner.png")["type"] == "image_url"
    for name in ("outer.png", "way.out/secret.png"):
        with pytest.raises(ValueError, match="outside"):
            pictures.as_part(folder, name)


def test_a_folder_that_is_itself_a_link_works(folder: Path) -> None:
    link = folder.parent / "link"
    link.symlink_to(folder)
    assert pictures.as_part(link, "cat.png")["type"] == "image_url"


@pytest.mark.parametrize("name", ["missing.png", "sub", "", "%2e%2e/secret.png", "x" * 300, "loop.png"])
def test_what_cannot_be_read_is_a_fault_of_the_row(folder: Path, name: str) -> None:
    (folder / "loop.png").symlink_to("loop.png")
    with pytest.raises(ValueError, match=r"the image '.*' (cannot be read|is no file)"):
        pictures.as_part(folder, name)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="a pipe in a folder is a thing of POSIX")
def test_a_pipe_is_not_waited_for(folder: Path) -> None:
    os.mkfifo(folder / "pipe.png")
    with pytest.raises(ValueError, match="is no file"):
        pictures.as_part(folder, "pipe.png")


def test_a_picture_larger_than_the_limit_is_not_even_read(folder: Path) -> None:
    with (folder / "huge.png").open("wb") as stream:
        stream.write(PNG)
        stream.truncate(pictures.LARGEST + 1)
    with pytest.raises(ValueError, match="is larger than 32 MB"):
        pictures.as_part(folder, "huge.png")


def test_a_growing_picture_is_read_no_further_than_it_was_when_it_was_looked_at(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stat_of = Path.stat

    def then_grows(path: Path, **more: bool) -> os.stat_result:
        found = stat_of(path, **more)
        if path.name == "cat.png":
            path.write_bytes(PNG + bytes(1000))
        return found

    monkeypatch.setattr(Path, "stat", then_grows)
    url = pictures.as_part(folder, "cat.png")["image_url"]["url"]
    assert base64.b64decode(url.partition(",")[2]) == PNG


@pytest.mark.parametrize("name", ["\ud83d.png", "a\nb.png", "คน.png"])
def test_a_name_of_any_characters_is_a_fault_of_its_row_at_most(folder: Path, name: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        pictures.as_part(folder, name)
    assert pictures.size(folder, name) == 0


# --- How large it is, before it is read ----------------------------------------------------------------------


def test_the_size_of_a_picture_is_told_without_opening_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("it was opened")

    for name in ("open", "read_bytes"):
        monkeypatch.setattr(Path, name, refuse)
    assert pictures.size(folder, "sub/cat.png") == len(PNG)


@pytest.mark.parametrize(
    "name", ["../secret.png", "/etc/hostname", "C:\\cat.png", "missing.png", "", "sub", "outer.png", "a\0b"]
)
def test_what_would_not_be_read_has_no_size(folder: Path, name: str) -> None:
    (folder / "outer.png").symlink_to(folder.parent / "secret.png")
    assert pictures.size(folder, name) == 0


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="a pipe in a folder is a thing of POSIX")
def test_a_pipe_and_a_file_that_is_too_large_have_no_size(folder: Path) -> None:
    os.mkfifo(folder / "pipe.png")
    with (folder / "huge.png").open("wb") as stream:
        stream.truncate(pictures.LARGEST + 1)
    assert (pictures.size(folder, "pipe.png"), pictures.size(folder, "huge.png")) == (0, 0)


# --- What is made smaller ------------------------------------------------------------------------------------


def test_what_was_scaled_is_sent_as_what_it_is_then(folder: Path) -> None:
    part = pictures.as_part(folder, "cat.png", lambda data: b"\xff\xd8\xff" + data[:1])
    assert part["image_url"]["url"].startswith("data:image/jpeg;base64,")


def test_why_it_could_not_be_scaled_is_told_with_its_name(folder: Path) -> None:
    def broken(_: bytes) -> bytes:
        raise ValueError("is cut off")

    with pytest.raises(ValueError, match=r"\Athe image 'cat.png' is cut off\Z"):
        pictures.as_part(folder, "cat.png", broken)


def test_what_lies_outside_is_not_even_handed_to_whoever_scales(folder: Path) -> None:
    seen: list[bytes] = []
    with pytest.raises(ValueError, match="outside"):
        pictures.as_part(folder, "../secret.png", lambda data: seen.append(data) or data)  # type: ignore[func-returns-value]
    assert seen == []
