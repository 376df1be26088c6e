"""q.csv: what a row is known by, and bookmarks that change status cells and nothing else."""

import csv
import errno
import io
import os
import stat
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dset import copies, dialects, files, swaps
from dset.contents import Question, content_key, identity
from dset.errors import ChangedMeanwhileError, QuestionsError
from dset.questions import Sheet

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="mode bits and links are POSIX's")


@pytest.fixture
def q(clean_place: Path) -> Callable[[str | bytes], Path]:
    """Write q.csv."""

    def write(content: str | bytes) -> Path:
        path = clean_place / "q.csv"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


def rows(path: Path, **options: str) -> list[Question]:
    with Sheet(path, **options) as sheet:
        return [sheet.question(record) for _, record in sheet.records()]


def bookmark(path: Path, wanted: dict[int, str], **options: str) -> bytes:
    with Sheet(path, **options) as sheet:
        sheet.write_statuses(wanted)
    return path.read_bytes()


# --- bookmarks: before, words by row, after

WRITTEN: dict[str, tuple[str, dict[int, str], str]] = {
    "a word and its removal": ("question,status\na,\nb,ERROR\n", {2: "ERROR", 3: ""}, "question,status\na,ERROR\nb,\n"),
    "nothing": ("question,status\na,\n", {}, "question,status\na,\n"),
    "another word": ("question,status\na,error\n", {2: "BLOCKED"}, "question,status\na,BLOCKED\n"),
    "last line without newline": ("question,status\na,", {2: "ERROR"}, "question,status\na,ERROR"),
    "BOM and CRLF": ("\ufeffquestion,status\r\na,\r\n", {2: "ERROR"}, "\ufeffquestion,status\r\na,ERROR\r\n"),
    "old Mac": ("question,status\ra,\rb,\r", {3: "ERROR"}, "question,status\ra,\rb,ERROR\r"),
    "mixed newlines": ("question,status\r\na,\nb,\r", {2: "ERROR", 3: "ERROR"}, "question,status\r\na,ERROR\nb,ERROR\r"),
    "semicolons": ("question;status;x\na;;1\n", {2: "ERROR"}, "question;status;x\na;ERROR;1\n"),
    "tabs": ("question\tstatus\na\t\n", {2: "ERROR"}, "question\tstatus\na\tERROR\n"),
    "bars": ("question|status\na|\n", {2: "ERROR"}, "question|status\na|ERROR\n"),
    "a stated delimiter": ("sep=;\r\nquestion;status\r\na;\r\n", {2: "ERROR"}, "sep=;\r\nquestion;status\r\na;ERROR\r\n"),
    "a stated delimiter, old Mac": ("sep=;\rquestion;status\ra;\r", {2: "ERROR"}, "sep=;\rquestion;status\ra;ERROR\r"),
    "odd quoting and spacing": (
        'status, "note" ,"question"\n"", x ,"a, ""b""\n c"\n  ,,plain\n',
        {2: "ERROR", 3: "BLOCKED"},
        'status, "note" ,"question"\n"ERROR", x ,"a, ""b""\n c"\nBLOCKED,,plain\n',
    ),
    "blank rows and rows of commas": (
        "question,status\n\na,\n,,,\n\nb,\n",
        {3: "ERROR", 6: "ERROR"},
        "question,status\n\na,ERROR\n,,,\n\nb,ERROR\n",
    ),
    "blank rows above the header": ("\n,\nquestion,x\na,\n", {4: "ERROR"}, "\n,\nquestion,x,status\na,,ERROR\n"),
    "short rows": ("question,note,status\na\nb,x\n", {2: "ERROR", 3: "ERROR"}, "question,note,status\na,,ERROR\nb,x,ERROR\n"),
    "a short row that needs no word": ("question,status\na\n", {2: ""}, "question,status\na\n"),
    "no status column": (
        "question,note\na,1\nb\nc,3\n",
        {2: "ERROR", 3: "BLOCKED"},
        "question,note,status\na,1,ERROR\nb,,BLOCKED\nc,3\n",
    ),
    "no status column and no word": ("question,note\na,1\n", {2: ""}, "question,note\na,1\n"),
    "no status column, empty headings": ("question,note,,\na,1,,\nb,2,,\n", {2: "ERROR"}, "question,note,status,\na,1,ERROR,\nb,2,,\n"),
    "no header": ("a\nb\n", {2: "ERROR"}, "a\nb,ERROR\n"),
    "no header, one of two": ("a,ERROR\n\"b, c\",\n", {1: "", 2: "BLOCKED"}, "a,\n\"b, c\",BLOCKED\n"),
    "no header, semicolons are text": ("a; b\n", {1: "ERROR"}, "a; b,ERROR\n"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRITTEN)
def test_bookmarks_change_status_cells_and_no_other_byte(name: str, q: Callable[[str], Path]) -> None:
    before, wanted, after = WRITTEN[name]
    path = q(before)
    with Sheet(path) as sheet:
        assert b"".join(sheet.with_statuses(wanted)).decode() == after
    assert bookmark(path, wanted).decode() == after
    assert [one.name for one in path.parent.iterdir()] == ["q.csv"]


def test_a_status_column_once_added_stays_when_its_words_go(q: Callable[[str], Path]) -> None:
    path = q("question\na\n")
    assert bookmark(path, {2: "ERROR"}) == b"question,status\na,ERROR\n"
    assert bookmark(path, {2: ""}) == b"question,status\na,\n"


CODECS = [
    "utf-8",
    "utf-8-sig",
    "utf-16",
    "utf-16-be",
    "cp874",
    "cp932",
    "cp1252",
    "gb18030",
    "iso2022_kr",
    "utf-7",
]


@pytest.mark.parametrize("codec", CODECS)
def test_a_file_that_is_written_keeps_its_encoding_or_is_not_written_at_all(
    codec: str, q: Callable[[bytes], Path]
) -> None:
    text = {"cp874": "กขค", "cp932": "日本", "gb18030": "中国", "iso2022_kr": "한국", "cp1252": "é€"}.get(
        codec, "aé日ก"
    )
    data = f"question,status\n{text},\n{text}!,ERROR\n".encode(codec)
    path = q(data)
    asked = "" if codec in {"utf-8", "utf-8-sig", "utf-16"} else codec
    assert [row.text for row in rows(path, encoding=asked)] == [text, text + "!"]
    with Sheet(path, encoding=asked) as sheet:
        if not sheet.can_write:
            with pytest.raises(
                QuestionsError, match="cannot be written back byte for byte; save it as UTF-8"
            ):
                sheet.write_statuses({2: "ERROR"})
            assert path.read_bytes() == data
            return
        sheet.write_statuses({2: "ERROR", 3: ""})
    assert path.read_bytes() == f"question,status\n{text},ERROR\n{text}!,\n".encode(codec)
    assert codec != "iso2022_kr", "its every piece would begin with a mark of its own"


@pytest.mark.parametrize("codec", ["shift_jis", "iso2022_jp", "utf-7", "cp949"])
def test_an_encoding_with_two_ways_to_write_a_text_is_read_but_not_written(
    codec: str, q: Callable[[bytes], Path]
) -> None:
    twofold = {
        "shift_jis": b"question\n\x5c\n",
        "iso2022_jp": b"question\n\x1b$B\x1b(Bx\n",
        "utf-7": b"question\na+AGI-\n",
        "cp949": b"question\na\n",
    }[codec]
    path = q(twofold)
    with Sheet(path, encoding=codec) as sheet:
        exact = b"".join(sheet.with_statuses({})) == twofold
        assert sheet.can_write is exact
    assert exact is (codec in {"shift_jis", "cp949"})


TEXT = st.text(alphabet='abกé ,;\t|"\r\n\x85\u2028', min_size=1, max_size=8)
SHEETS = st.lists(
    st.tuples(TEXT, st.sampled_from(["", "ERROR", " error ", "BLOCKED", "mine"]), TEXT),
    min_size=1,
    max_size=6,
)


@given(
    SHEETS,
    st.sampled_from(",;\t|"),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "gb18030"]),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    st.booleans(),
    st.data(),
)
def test_bookmarks_keep_every_other_byte_of_any_file(
    tmp_path_factory: pytest.TempPathFactory,
    table: list[tuple[str, str, str]],
    delimiter: str,
    newline: str,
    codec: str,
    quoting: int,
    ends: bool,
    data: st.DataObject,
) -> None:
    header = ("question", "status", "note")
    lines = [csv_line(row, delimiter, quoting) for row in (header, *table)]
    text = newline.join(lines) + (newline if ends else "")
    path = tmp_path_factory.mktemp("any") / "q.csv"
    asked = codec if codec in {"utf-16-be", "gb18030"} else ""
    path.write_bytes(text.encode(codec))
    before = rows(path, encoding=asked)
    numbers = st.sampled_from([row.row for row in before])
    wanted = data.draw(st.dictionaries(numbers, st.sampled_from(["ERROR", "BLOCKED", ""])))
    old, rest = path.read_bytes(), without_statuses(path, asked)
    new = bookmark(path, wanted, encoding=asked)
    after = rows(path, encoding=asked)
    assert without_statuses(path, asked) == rest
    assert [(row.text, row.columns, row.key) for row in after] == [
        (row.text, row.columns, row.key) for row in before
    ]
    assert [row.status for row in after] == [wanted.get(row.row, row.status) for row in before]
    assert new == old or wanted


def csv_line(row: Sequence[str], delimiter: str, quoting: int) -> str:
    """The row without its newline; told of both kinds, csv quotes a cell that holds either."""
    stream = io.StringIO(newline="")
    csv.writer(stream, delimiter=delimiter, quoting=quoting).writerow(row)  # type: ignore[arg-type]
    return stream.getvalue().removesuffix("\r\n")


def without_statuses(path: Path, encoding: str) -> list[str]:
    """Every character of the file's records but those of their status cells."""
    with Sheet(path, encoding=encoding) as sheet:
        found = []
        for _, record in sheet.records():
            raw = record.raw.decode()
            start, end = dialects.spans(raw, sheet.columns.delimiter)[sheet.columns.status]
            found.append(raw[:start] + raw[end:])
        return [sheet.bom.hex(), *found]


# --- writing: the file as a thing on the disk


@POSIX
def test_a_link_is_followed_and_the_mode_kept(q: Callable[[str], Path], tmp_path: Path) -> None:
    path = q("question,status\na,\n")
    path.chmod(0o640)
    link = tmp_path / "link.csv"
    link.symlink_to(path)
    bookmark(link, {2: "ERROR"})
    assert link.is_symlink()
    assert path.read_bytes() == b"question,status\na,ERROR\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


@POSIX
def test_a_file_that_its_user_made_read_only_is_left_alone_even_by_root(q: Callable[[str], Path]) -> None:
    path = q("question,status\na,\n")
    path.chmod(0o444)
    with Sheet(path) as sheet, pytest.raises(PermissionError, match="it is read-only"):
        sheet.write_statuses({2: "ERROR"})
    assert path.read_bytes() == b"question,status\na,\n"


@pytest.mark.parametrize("change", ["content", "time alone", "another file of the same size", "gone"])
def test_a_file_that_changed_since_it_was_read_is_not_written(q: Callable[[str], Path], change: str) -> None:
    path = q("question,status\na,\n")
    with Sheet(path) as sheet:
        if change == "content":
            path.write_bytes(b"question,status\na,\nb,\n")
        elif change == "time alone":
            os.utime(path, ns=(1, 1))
        elif change == "another file of the same size":
            times = path.stat().st_mtime_ns
            path.with_name("new").write_bytes(b"question,status\nz,\n")
            path.with_name("new").replace(path)
            os.utime(path, ns=(times, times))
        else:
            path.unlink()
        now = path.read_bytes() if path.exists() else b""
        with pytest.raises((QuestionsError, FileNotFoundError)):
            sheet.write_statuses({2: "ERROR"})
    assert (path.read_bytes() if path.exists() else b"") == now
    assert not path.with_name(".q.csv.new").exists()


def test_a_save_in_the_moment_of_writing_wins(
    q: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = q("question,status\na,\n")
    swap = swaps.swap

    def saved_meanwhile(*arguments: object, **named: object) -> object:
        path.write_bytes(b"question,status\nedited,\n")
        return swap(*arguments, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(swaps, "swap", saved_meanwhile)
    with Sheet(path) as sheet, pytest.raises(ChangedMeanwhileError, match="saved by another program"):
        sheet.write_statuses({2: "ERROR"})
    assert path.read_bytes() == b"question,status\nedited,\n"


def test_what_happens_to_the_file_later_changes_nothing_in_a_sheet(q: Callable[[str], Path]) -> None:
    path = q("question\na\nb\n")
    with Sheet(path) as sheet:
        numbers = [number for number, _, _ in sheet.rows()]
        path.write_bytes(b"question\nother\n")
        assert [sheet.question(sheet.record(number)).text for number in numbers] == ["a", "b"]
        assert [sheet.record(number).number for number in numbers] == [2, 3]


def test_a_large_file_is_kept_in_the_temporary_folder_and_read_the_same(
    q: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copies, "IN_MEMORY", 10)
    path = q('question,status\na,\n"b\nb",\n')
    assert [row.text for row in rows(path)] == ["a", "b\nb"]
    assert bookmark(path, {3: "ERROR"}) == b'question,status\na,\n"b\nb",ERROR\n'
    path.write_bytes(b"question,question\n" * 9)
    with pytest.raises(QuestionsError, match="both headed"):  # and the copy is closed: no warning
        Sheet(path)


# --- reading


def test_the_rows_are_numbered_as_a_spreadsheet_counts_them(q: Callable[[str], Path]) -> None:
    path = q('question,status\na,\n\n"b\nb",\n,,\nc\n')
    assert [(row.row, row.text) for row in rows(path) if not row.is_empty] == [
        (2, "a"),
        (4, "b\nb"),
        (6, "c"),
    ]
    assert [row.row for row in rows(path) if row.is_empty] == [3, 5]


@pytest.mark.parametrize(
    "content", ["", "\ufeff", "question,status\n", "question", "\n\n", ",,,\n,,,\n", "\ufeff\r\n"]
)
def test_a_file_without_questions_is_read_and_has_none(content: str, q: Callable[[str], Path]) -> None:
    assert [row for row in rows(q(content)) if not row.is_empty] == []


@pytest.mark.parametrize("cell", ["", "   ", "\t", '"\n"', "\u3000\u00a0"])
def test_a_question_of_blanks_is_empty(cell: str, q: Callable[[str], Path]) -> None:
    assert [row.is_empty for row in rows(q(f"question,note\n{cell},x\n"))] == [True]


@pytest.mark.parametrize("cell", ["\u200b", "😀", "?", "0", "=1+1", "x" * 200_000])
def test_any_other_question_is_one(cell: str, q: Callable[[str], Path]) -> None:
    assert [(row.text, row.is_empty) for row in rows(q(f"question,note\n{cell},x\n"))] == [(cell, False)]


def test_a_picture_or_a_conversation_alone_is_a_question(q: Callable[[str], Path]) -> None:
    path = q("question,image,messages\n,a.png,\n,,[]\n, ,\t\n")
    assert [row.is_empty for row in rows(path)] == [False, False, True]


def test_the_user_s_columns_come_along_and_those_with_a_meaning_do_not(q: Callable[[str], Path]) -> None:
    path = q("id,question,status,note,note,image,messages\n7, q ,x,a,b, i.png , [] \n8,r\n")
    one, two = rows(path)
    assert (one.text, one.status, one.image, one.messages) == (" q ", "x", "i.png", "[]")
    assert one.columns == {"id": "7", "note": "a", "note_2": "b"}
    assert two.columns == {"id": "8", "note": "", "note_2": ""}


@pytest.mark.parametrize(
    ("cell", "word"),
    [
        ("ERROR", "ERROR"),
        (" error ", "ERROR"),
        ("Blocked", "BLOCKED"),
        ("", ""),
        ("Done", ""),
        ("x", ""),
        ("ERRORS", ""),
        ("ERROR: 500", ""),
    ],
)
def test_only_our_own_words_mean_anything_in_the_status_cell(
    cell: str, word: str, q: Callable[[str], Path]
) -> None:
    (row,) = rows(q(f"question,status\na,{cell}\n"))
    assert row.bookmark == word
    assert row.status == cell.strip()


UNREADABLE: dict[str, tuple[bytes, str]] = {
    "an unclosed quotation mark": (b'question,status\na,\n"b,\nc,\n', "line 3: a quotation mark opens here"),
    "the same behind sep=": (b'sep=,\nquestion,status\n"b,\nc,\n', "line 3: a quotation mark opens here"),
    "a NUL": (b"question,status\na\0,\n", "line 2: holds a NUL character"),
    "an unquoted comma": (b"question,status\na,b,c\n", "row 2 (line 2) has text beyond its 2 columns"),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_a_file_that_would_be_read_wrongly_is_refused_with_file_and_place(
    name: str, q: Callable[[bytes], Path]
) -> None:
    data, message = UNREADABLE[name]
    path = q(data)
    with pytest.raises(QuestionsError) as caught:
        rows(path)
    assert str(caught.value).startswith(f"{path}: {message}")
    assert path.read_bytes() == data


def test_a_missing_file_is_told_with_what_stands_there_instead(clean_place: Path) -> None:
    with pytest.raises(QuestionsError, match="no such file: write your questions in it, one a row") as caught:
        Sheet(Path("q.csv"))
    assert "instead" not in str(caught.value)
    for name in ("q.csv.txt", "q.xlsx"):
        Path(name).touch()
        with pytest.raises(QuestionsError, match=f"; found {name} instead"):
            Sheet(Path("q.csv"))
        Path(name).unlink()


def test_a_folder_is_told_as_such(clean_place: Path) -> None:
    with pytest.raises(QuestionsError, match="this is a folder; it must be a CSV file"):
        Sheet(clean_place)


@POSIX
def test_a_pipe_is_told_as_such_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(QuestionsError, match="this is no file"):
        Sheet(tmp_path / "pipe")


def test_a_file_that_another_program_holds_is_told_with_what_to_do(
    q: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = q("question\na\n")

    def held(_: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(files, "patient_open", held)
    with pytest.raises(
        QuestionsError, match=r"cannot be read \(Permission denied\); close it in other programs"
    ):
        Sheet(path)


def test_a_file_that_grows_while_it_is_read_is_read_again(
    q: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = q("question\na\n")
    stamp, times = copies.stamp, [2]

    def grows(status: os.stat_result) -> copies.Stamp:
        if times[0]:
            times[0] -= 1
            with path.open("ab") as stream:
                stream.write(b"b\n")
        return stamp(status)

    monkeypatch.setattr(copies, "stamp", grows)
    assert [row.text for row in rows(path)] == ["a", "b", "b"]


def test_a_file_that_never_stops_growing_is_given_up(
    q: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    counter = iter(range(1_000))
    monkeypatch.setattr(copies, "stamp", lambda _: (next(counter), 0, 0))
    with pytest.raises(QuestionsError, match="another program keeps writing it"):
        Sheet(q("question\na\n"))


# --- what a row is known by


def test_the_key_of_a_content_never_changes_between_versions() -> None:
    assert identity(content_key("What is a cat?"), 1) == "ed4898a8e48292851884"
    assert identity(content_key("ถาม", "a.png", "", {"b": "2", "a": "1"}), 1) == "6234ee980c8bf50d13e7"


@pytest.mark.parametrize(
    ("one", "other"),
    [("a\r\nb", "a\nb"), ("a\rb", "a\nb"), ("  a ", "a"), ("\r\na\n\n", "a"), ("\u00a0a\u3000", "a")],
)
def test_newlines_inside_and_blanks_around_do_not_count(one: str, other: str) -> None:
    assert content_key(one) == content_key(other)
    assert content_key("q", one) == content_key("q", other)
    assert content_key("q", "", one) == content_key("q", "", other)
    assert content_key("q", named={"n": one}) == content_key("q", named={"n": other})


def test_everything_else_counts_and_nothing_can_stand_for_another() -> None:
    contents = [
        content_key("a"),
        content_key("A"),
        content_key("a  b"),
        content_key("a b"),
        content_key("a\n\nb"),
        content_key("a\nb"),
        content_key("", "a"),
        content_key("", "", "a"),
        content_key("a", "a"),
        content_key("a", named={"x": ""}),
        content_key("a", named={"x": "1"}),
        content_key("a", named={"y": "1"}),
        content_key("a", named={"x": "1", "y": ""}),
        content_key("a", "1", named={}),
        content_key("é"),
        content_key("e\u0301"),
    ]
    assert len(set(contents)) == len(contents)
    assert content_key("a", named={"x": "1", "y": "2"}) == content_key("a", named={"y": "2", "x": "1"})
    assert content_key("a", named={}) == content_key("a")
    assert 0 <= max(contents) < 1 << 80


@given(
    st.text(), st.sampled_from(["\n", "\r\n", "\r"]), st.sampled_from(["", " ", "\t", "\n", "\r\n", "\u00a0"])
)
def test_the_style_of_newlines_and_the_blanks_around_never_count(text: str, newline: str, blank: str) -> None:
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    assert content_key(blank + plain.replace("\n", newline) + blank) == content_key(text)


@given(
    st.text(alphabet=st.characters(blacklist_characters="\0"), min_size=1),
    st.text(alphabet=st.characters(blacklist_characters="\0")),
)
def test_a_text_is_never_taken_for_a_column_or_a_picture(text: str, other: str) -> None:
    if text.strip():
        assert len({content_key(other), content_key(other, text), content_key(other, "", text)}) == 3
        assert content_key(other, named={"n": text}) != content_key(other, named={"n": ""})


def test_the_columns_that_a_prompt_names_are_part_of_the_key_and_others_are_not(
    q: Callable[[str], Path],
) -> None:
    path = q("question,a,b\nq,1,2\nq,1,3\n")
    with Sheet(path) as sheet:
        records = [record for _, record in sheet.records()]
        keys = {named: [sheet.question(one, named).key for one in records] for named in [(), ("a",), ("b",)]}
    assert keys[()] == [content_key("q")] * 2
    assert keys["a",] == [content_key("q", named={"a": "1"})] * 2
    assert keys["b",] == [content_key("q", named={"b": "2"}), content_key("q", named={"b": "3"})]


def test_the_id_has_twenty_digits_and_says_which_answer_it_is() -> None:
    assert identity(255, 1) == "0" * 18 + "ff"
    assert identity(255, 3) == "0" * 18 + "ff-3"
    assert Question(2, 255, "a", "", "", {}, "", number=2).id == "0" * 18 + "ff-2"


def test_a_scanner_that_holds_what_was_swapped_out_is_waited_for(
    clean_place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (clean_place / "q.csv").write_text("question,status\nWhy?,\n")
    really, held = os.open, [2]

    def busy(path: Path, flags: int, *more: int) -> int:
        if str(path).endswith(".swap") and not flags & os.O_CREAT and held[0]:
            held[0] -= 1
            raise PermissionError(errno.EACCES, "held", str(path))
        return really(path, flags, *more)

    with Sheet(clean_place / "q.csv") as sheet:
        monkeypatch.setattr(os, "open", busy)
        sheet.write_statuses({2: "ERROR"})
    assert held == [0]
    assert (clean_place / "q.csv").read_text() == "question,status\nWhy?,ERROR\n"
    assert [path.name for path in clean_place.iterdir()] == ["q.csv"]
