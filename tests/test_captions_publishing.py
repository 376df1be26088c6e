"""train/ as it is laid out, and what the user wrote there."""

import json
from pathlib import Path

import pytest

from dset.captions.laid_out import Line
from dset.captions.publishing import Published, publish

WANTED = [Line("1.jpg", "one"), Line("2.jpg", "two"), Line("10.jpg", "ten")]


@pytest.fixture
def train(tmp_path: Path) -> Path:
    path = tmp_path / "train"
    path.mkdir()
    return path


def lay(train: Path, *lines: Line, kohya: bool = True, **further: dict[str, str]) -> Published:
    for line in lines or WANTED:
        (train / line.name).touch()
    return publish(train, lines or WANTED, further, is_kohya=kohya)


def lines(train: Path) -> dict[str, dict[str, object]]:
    read = [json.loads(line) for line in (train / "metadata.jsonl").read_bytes().splitlines()]
    return {line.pop("file_name"): line for line in read}


def texts(train: Path) -> dict[str, object]:
    return {name: line["text"] for name, line in lines(train).items()}


def edit(path: Path, old: str, new: str) -> None:
    path.write_text(path.read_text("utf-8").replace(old, new), "utf-8")


def test_captions_stand_in_image_order_in_metadata_and_beside_the_pictures(train: Path) -> None:
    assert lay(train) == Published(3, (), ())
    assert list(texts(train)) == ["1.jpg", "2.jpg", "10.jpg"]
    assert (train / "10.txt").read_bytes() == b"ten\n"


def test_there_is_no_txt_unless_it_is_asked_for_or_there_already(train: Path) -> None:
    lay(train, kohya=False)
    assert not list(train.glob("*.txt"))
    (train / "1.txt").write_text("mine", "utf-8")
    lay(train, kohya=False)
    assert (train / "2.txt").exists()


def test_nothing_is_written_that_stands(train: Path) -> None:
    lay(train)
    before = {path: path.stat().st_ino for path in train.iterdir()}
    lay(train)
    assert {path: path.stat().st_ino for path in train.iterdir()} == before


@pytest.mark.parametrize("where", ["metadata.jsonl", "2.txt"])
def test_an_edited_caption_stands_in_both_and_in_every_later_run(train: Path, where: str) -> None:
    lay(train)
    edit(train / where, "two", "mine")
    for _ in range(2):
        assert lay(train).edited == ("2.jpg",)
        assert texts(train) == {"1.jpg": "one", "2.jpg": "mine", "10.jpg": "ten"}
        assert (train / "2.txt").read_bytes() == b"mine\n"
    lay(train, Line("1.jpg", "one"), Line("2.jpg", "another of the model"), Line("10.jpg", "ten"))
    assert texts(train)["2.jpg"] == "mine"


@pytest.mark.parametrize(("first", "then"), [("metadata.jsonl", "2.txt"), ("2.txt", "metadata.jsonl")])
def test_of_two_edits_the_later_one_stands(train: Path, first: str, then: str) -> None:
    lay(train)
    edit(train / first, "two", "mine")
    lay(train)
    edit(train / then, "mine", "mine as well")
    assert lay(train).edited == ("2.jpg",)
    assert texts(train)["2.jpg"] == "mine as well"
    edit(train / first, "mine as well", "two")  # back to what the model said
    assert lay(train).edited == ()
    assert texts(train)["2.jpg"] == "two"
    assert (train / "2.txt").read_bytes() == b"two\n"


def test_an_edit_before_anything_was_noted_stands(train: Path) -> None:
    lay(train)
    (train.parent / ".published.json").write_text("no JSON")
    edit(train / "metadata.jsonl", "two", "mine")
    lay(train)
    assert texts(train)["2.jpg"] == "mine"


def test_another_caption_of_the_model_takes_the_place_of_its_earlier_one(train: Path) -> None:
    lay(train)
    lay(train, Line("1.jpg", "one"), Line("2.jpg", "two anew"), Line("10.jpg", "ten"))
    assert texts(train)["2.jpg"] == "two anew"
    assert (train / "2.txt").read_bytes() == b"two anew\n"


def test_a_line_that_was_emptied_or_taken_out_is_written_again(train: Path) -> None:
    lay(train)
    edit(train / "metadata.jsonl", '"two"', '" "')
    (train / "1.txt").write_bytes(b"")
    lay(train)
    assert texts(train) == {"1.jpg": "one", "2.jpg": "two", "10.jpg": "ten"}
    assert (train / "1.txt").read_bytes() == b"one\n"


def test_fields_that_the_user_added_are_kept(train: Path) -> None:
    lay(train)
    edit(train / "metadata.jsonl", '"two"', '"two", "mood": {"calm": [1, null]}')
    lay(train)
    assert lines(train)["2.jpg"] == {"text": "two", "mood": {"calm": [1, None]}}


def test_lines_that_are_no_json_are_kept_aside_and_told(train: Path) -> None:
    lay(train)
    path = train / "metadata.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b'"one"', b'"one').replace(b"ten", b"mine"))
    spoilt = path.read_bytes()
    assert lay(train).kept == ("metadata.jsonl",)
    assert (train.parent / "aside" / "metadata.jsonl.bak1").read_bytes() == spoilt
    assert texts(train) == {"1.jpg": "one", "2.jpg": "two", "10.jpg": "mine"}
    assert lay(train).kept == ()


def test_a_txt_that_is_no_utf_8_is_kept_aside_and_told(train: Path) -> None:
    lay(train)
    (train / "2.txt").write_bytes("ภาพ".encode("cp874"))
    assert lay(train).kept == ("2.txt",)
    assert (train.parent / "aside" / "2.txt.bak1").read_bytes() == "ภาพ".encode("cp874")
    assert (train / "2.txt").read_bytes() == b"two\n"


def test_a_txt_with_a_byte_order_mark_and_lines_becomes_one_line(train: Path) -> None:
    lay(train)
    (train / "2.txt").write_bytes(b"\xef\xbb\xbfmine,\r\nin two lines\r\n")
    lay(train)
    assert texts(train)["2.jpg"] == "mine, in two lines"
    assert (train / "2.txt").read_bytes() == b"mine, in two lines\n"


def test_the_txt_of_a_picture_that_left_goes_unless_it_is_the_users(train: Path) -> None:
    lay(train)
    edit(train / "10.txt", "ten", "mine")
    for name in ("2.jpg", "10.jpg"):
        (train / name).unlink()
    publish(train, WANTED[:1], is_kohya=True)
    assert sorted(path.name for path in train.iterdir()) == ["1.jpg", "1.txt", "10.txt", "metadata.jsonl"]


# --- further fields


def test_a_translation_stands_beside_its_caption_and_stays_without_the_flag(train: Path) -> None:
    lay(train, one={"text_th": "หนึ่ง"})
    assert lines(train)["1.jpg"] == {"text": "one", "text_th": "หนึ่ง"}
    lay(train)
    assert lines(train)["1.jpg"] == {"text": "one", "text_th": "หนึ่ง"}


def test_a_translation_of_a_caption_that_was_edited_since_goes(train: Path) -> None:
    lay(train, two={"text_th": "สอง"})
    edit(train / "2.txt", "two", "mine")
    lay(train, two={"text_th": "สอง"})
    assert lines(train)["2.jpg"] == {"text": "mine"}
    lay(train, mine={"text_th": "ของฉัน"})
    assert lines(train)["2.jpg"] == {"text": "mine", "text_th": "ของฉัน"}


def test_an_edited_translation_stands(train: Path) -> None:
    lay(train, two={"text_th": "สอง"})
    edit(train / "metadata.jsonl", "สอง", "ของฉัน")
    for _ in range(2):
        assert lay(train, two={"text_th": "สอง"}).edited == ("2.jpg",)
        assert lines(train)["2.jpg"] == {"text": "two", "text_th": "ของฉัน"}
    lay(train, two={"text_th": "คำแปลใหม่"})
    assert lines(train)["2.jpg"]["text_th"] == "ของฉัน"


HOSTILE = ['<img src=x onerror="alert(1)">', "=cmd|'/c calc'!A0", "</script>", '{"text": "x"}', "a\0b", "\ud800 lone",
           "line\u2028end\nand another", "x" * 1_000_000, "\ufeffmark", "\\", '"', "ภาพ \U0001f600", "\x1b[31mred"]  # fmt: skip


@pytest.mark.parametrize("caption", HOSTILE)
def test_a_hostile_caption_is_one_line_of_json_and_of_text_and_ours(train: Path, caption: str) -> None:
    from dset.captions.laid_out import plain

    for _ in range(2):
        assert lay(train, Line("1.jpg", plain(caption))).edited == ()
    assert len((train / "metadata.jsonl").read_bytes().split(b"\n")) == 2
    assert (train / "1.txt").read_bytes().decode().splitlines()[0] == lines(train)["1.jpg"]["text"]
