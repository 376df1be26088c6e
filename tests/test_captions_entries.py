"""What a caption dataset's files say of each picture, and train/ as trainers read it."""

import json
import random
from collections import Counter
from pathlib import Path

import pytest

from dset.captions import entries, laid_out
from dset.captions.entries import Entry
from dset.failures import Kind
from dset.images import sources
from dset.rejections import INTERRUPTED, RETRIED
from tests import captioned, kohya, samples
from tests.captioned import Dataset
from tests.tables import each


@pytest.fixture
def made(tmp_path: Path) -> Dataset:
    return Dataset(tmp_path / "frames")


def states(made: Dataset) -> dict[str, tuple[str, str]]:
    return {one.source: (one.state, one.file) for one in entries.read(made.folder)}


def test_each_source_has_its_state_by_where_its_picture_lies_and_what_was_said_of_it(made: Dataset) -> None:
    made.caption("a cat", "1")
    made.ready("2")
    made.fail(source="3", reason="no connection")
    made.block("4")
    made.block("5", place="train")
    made.ready("6", "filtered")
    made.ready("7", "nowhere")
    made.ready("8", "uncaptioned")
    made.line("9", "set aside", reason="is cut off")
    made.line("10", "copy", reason="the same as 1")
    made.line("11", "filtered", 99, reason="like 1")
    assert states(made) == {
        "1": ("captioned", "train/1.jpg"),
        "2": ("waiting", "train/2.jpg"),
        "3": ("failed", "train/3.jpg"),
        "4": ("blocked", "blocked/4.jpg"),
        "5": ("blocked", "train/5.jpg"),
        "6": ("filtered", "filtered/6.jpg"),
        "7": ("deleted", ""),
        "8": ("waiting", "uncaptioned/8.jpg"),
        "11": ("filtered", ""),
        "9": ("set aside", ""),
        "10": ("copy", ""),
    }
    by_source = {one.source: one for one in entries.read(made.folder)}
    assert [by_source[source].reason for source in "1 3 9 10 11".split()] == [
        "", "no connection", "is cut off", "the same as 1", "like 1"
    ]  # fmt: skip


def test_entries_stand_in_image_order_then_those_without_a_number_by_their_source(made: Dataset) -> None:
    for source in ("f10", "f9", "F2"):
        made.line(source, "set aside")
    for number in (12, 2, 1):
        made.line(f"x{number}", "ready", number)
    assert [one.source for one in entries.read(made.folder)] == ["x1", "x2", "x12", "F2", "f9", "f10"]


def test_an_answer_counts_more_than_a_failure_before_it(made: Dataset) -> None:
    number = made.fail()
    made.answer(number, "a cat")
    [entry] = entries.read(made.folder)
    assert (entry.state, entry.caption, entry.reason) == ("captioned", "a cat", "")


@pytest.mark.parametrize(
    ("kind", "state"), [(INTERRUPTED, "waiting"), (RETRIED, "waiting"), (Kind.ROW_FAULT, "failed")]
)
def test_a_row_that_was_not_given_up_waits(made: Dataset, kind: str, state: str) -> None:
    made.fail(kind)
    assert [one.state for one in entries.read(made.folder)] == [state]


def test_the_last_line_about_a_source_and_about_a_picture_counts(made: Dataset) -> None:
    made.line("a", "set aside", reason="is cut off")
    made.caption("first", "a")
    made.answer(1, "second")
    assert [(one.state, one.caption) for one in entries.read(made.folder)] == [("captioned", "second")]


def test_of_two_sources_with_one_picture_the_later_has_it(made: Dataset) -> None:
    made.caption("a cat", "old name")
    made.line("new name", "ready", 1)
    made.line("gone", "replaced", 1)
    assert states(made) == {
        "old name": ("deleted", ""),
        "gone": ("deleted", ""),
        "new name": ("captioned", "train/1.jpg"),
    }


def test_damaged_lines_are_passed_over(made: Dataset) -> None:
    made.caption("a cat")
    made.fail()
    for name in ("images.jsonl", "output.json", "rejected.json"):
        path = made.folder / name
        torn = b'{"metadata": {"image": "train/1.jpg"}, "respo'
        path.write_bytes(b'\xff\n[]\n"x"\n{}\n' + b"[" * 3000 + b"\n" + path.read_bytes() + torn)
    assert [one.state for one in entries.read(made.folder)] == ["captioned", "failed"]


@pytest.mark.parametrize("file", ["../1.jpg", "train/../../1.jpg", "/train/1.jpg", "train/", "train/.", "train\\1.jpg", 7, None])  # fmt: skip
def test_a_picture_outside_train_is_none_of_ours(made: Dataset, file: object) -> None:
    captioned.picture(made.folder / "1.jpg", 1)
    made.line("a", "ready", 1, **{"file": file} if file != 7 else {"file": 7})
    assert [(one.state, one.file) for one in entries.read(made.folder)] == [("deleted", "")]


def test_an_empty_folder_has_no_entries(tmp_path: Path) -> None:
    assert entries.read(tmp_path) == []


def test_translations_are_the_further_texts_of_metadata_jsonl(made: Dataset) -> None:
    made.caption("a cat")
    line = {
        "file_name": "1.jpg",
        "text": "a cat",
        "text_th": "แมว",
        "text_": "no",
        "text_zh-Hans": "猫",
        "n": 1,
    }
    (made.train / "metadata.jsonl").write_text(json.dumps(line), encoding="utf-8")
    [entry] = entries.read(made.folder)
    assert entry.translations == {"th": "แมว", "zh-Hans": "猫"}
    assert json.loads(captioned.metadata_lines([entry])) == {
        key: line[key] for key in ("file_name", "text", "text_th", "text_zh-Hans")
    }


def test_counts_are_by_source_folder_in_natural_order(made: Dataset) -> None:
    for source in ("s10/a.png", "s9/a.png", "s9/b.png", "top.png", "s9/deep/c.png"):
        made.ready(source)
    counts = entries.by_folder(entries.read(made.folder))
    assert list(counts) == [".", "s9", "s9/deep", "s10"]
    assert counts["s9"] == Counter(waiting=2)


def test_names_sort_as_a_person_counts() -> None:
    names = [*"1.jpg 2.jpg 9.jpg 10.jpg 010.jpg a a1 A2 a10b a10c ก9 ก10".split(), "x" + "9" * 5000]
    shuffled = random.Random(5).sample(names, len(names))
    wanted = [*"1.jpg 2.jpg 9.jpg 010.jpg 10.jpg a a1 A2 a10b a10c".split(), "x" + "9" * 5000, "ก9", "ก10"]
    assert sorted(shuffled, key=sources.natural) == wanted


def entry(number: int, caption: str, file: str = "", state: str = "captioned") -> Entry:
    return Entry(number, file or f"train/{number}.jpg", f"{number}.png", caption, state, "", {})


def test_only_captioned_pictures_of_train_have_a_line() -> None:
    lines = captioned.metadata_lines(
        [
            entry(1, "ภาพ"),
            entry(2, "", state="waiting"),
            entry(3, "x", "blocked/3.jpg", "blocked"),
            entry(4, "x", "uncaptioned/4.jpg"),
        ]
    )
    assert lines == '{"file_name": "1.jpg", "text": "ภาพ"}\n'.encode()


@each(samples.HOSTILE)
def test_any_caption_is_one_line_that_every_reader_takes(text: str) -> None:
    plain = laid_out.plain(text)
    data = captioned.metadata_lines([entry(1, text)])
    assert data.count(b"\n") == 1
    assert json.loads(data)["text"] == plain
    assert laid_out.plain(plain) == plain
    assert b"\\ud8" not in data
    assert [one.text for one in laid_out.parse_metadata(data).lines] == [plain]
    if plain:
        assert laid_out.txt_fault(laid_out.txt_of(text)) == ""


def test_two_halves_of_a_character_become_it_and_a_lone_one_is_replaced() -> None:
    assert laid_out.plain("a \ud83d\ude00 b \ud83d c \ude00") == "a 😀 b \ufffd c \ufffd"


@pytest.mark.parametrize(
    ("raw", "fault"),
    [
        (b"x", "is no JSON"),
        (b"[1]", "is no JSON object"),
        (b'{"text": "a"}', "has no file_name"),
        (b'{"file_name": "", "text": "a"}', "has no file_name"),
        (b'{"file_name": "1.jpg"}', "has no text"),
        (b'{"file_name": "1.jpg", "text": null}', "has no text"),
        (b'{"file_name": "1.jpg", "text": "\xff"}', "is not UTF-8"),
        (b"[" * 100_000, "is no JSON"),
    ],
)
def test_a_line_that_no_loader_takes_is_told_with_its_number(raw: bytes, fault: str) -> None:
    read = laid_out.parse_metadata(b'{"file_name": "1.jpg", "text": "a"}\r\n\n' + raw + b"\n")
    assert read.damaged == ((3, fault),)
    assert [line.name for line in read.lines] == ["1.jpg"]


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (b"a cat\n", ""),
        (b"  a cat  ", ""),
        ("แมว\u2028x\x85".encode(), ""),
        (b"", "is empty"),
        (b" \r\n ", "is empty"),
        (b"\na cat", "begins with an empty line"),
        (b"a\rb", "has more than one line"),
        (b"a\r\nb\n", "has more than one line"),
        (b"\xef\xbb\xbfa", "begins with a byte order mark"),
        (b"caf\xe9", "is not UTF-8 (byte 0xe9)"),
    ],
)
def test_a_caption_file_is_faulty_where_kohya_reads_something_else(
    tmp_path: Path, data: bytes, fault: str
) -> None:
    assert laid_out.txt_fault(data) == fault
    captioned.picture(tmp_path / "1.jpg", 1)
    (tmp_path / "1.txt").write_bytes(data)
    if not fault:
        assert kohya.load(tmp_path) == {"1.jpg": data.decode().strip()}
        return
    try:
        read = kohya.load(tmp_path)["1.jpg"]
    except (AssertionError, UnicodeDecodeError):
        return
    assert read != data.decode().strip() or not read or read.startswith("\ufeff")


def test_a_caption_file_is_the_pictures_stem() -> None:
    assert [laid_out.txt_name(name) for name in ("1.jpg", "a.b.png", "none")] == [
        "1.txt",
        "a.b.txt",
        "none.txt",
    ]
