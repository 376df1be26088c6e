"""The header: told by its words, in any delimiter; which column is what; what a row may hold."""

import io
from pathlib import Path
from typing import Any

import pytest

from dset import dialects, encodings
from dset.dialects import Record
from dset.errors import QuestionsError
from dset.headers import Columns, read_header
from dset.questions import Sheet


def columns_of(data: bytes, separator: str = "", column: str = "") -> Columns:
    codec, bom = encodings.encoding_of(data, "")
    return read_header(io.BytesIO(encodings.to_utf8(data[bom:], codec)), separator, column)


# What is told of each: delimiter, header's row, index of question and of status, the user's own columns.
TOLD: dict[str, tuple[str, str, tuple[str, int, int, int, list[str]]]] = {
    "as the original tool has it": ("question,status\na,\n", "", (",", 1, 0, 1, [])),
    "the other way round": ("status,question\n,a\n", "", (",", 1, 1, 0, [])),
    "in capitals": ("QUESTION,Status\n", "", (",", 1, 0, 1, [])),
    "with blanks": ("  Question ,\tstatus \n", "", (",", 1, 0, 1, [])),
    "quoted": ('"question","status"\n', "", (",", 1, 0, 1, [])),
    "behind a BOM": ("\ufeffquestion,status\n", "", (",", 1, 0, 1, [])),
    "behind two BOMs": ("\ufeff\ufeffquestion,status\n", "", (",", 1, 0, 1, [])),
    "with an invisible blank": ("question\u200b,status\n", "", (",", 1, 0, 1, [])),
    "semicolons": ("id;question;status\n", "", (";", 1, 1, 2, ["id"])),
    "tabs": ("question\tnote\tstatus\n", "", ("\t", 1, 0, 2, ["note"])),
    "bars": ("question|status\n", "", ("|", 1, 0, 1, [])),
    "semicolons, a comma in a name": ("question;a,b;status\n", "", (";", 1, 0, 2, ["a,b"])),
    "question under fewer bars": ("question|text,prompt,input\n", "", ("|", 1, 0, 2, ["text,prompt,input"])),
    "one column alone": ("question\na;b\n", "", (",", 1, 0, 1, [])),
    "old Mac": ("question;status\ra;\r", "", (";", 1, 0, 1, [])),
    "no status": ("id,question,note\n", "", (",", 1, 1, 3, ["id", "note"])),
    "status alone and one other": ("whatever,status\n", "", (",", 1, 0, 1, [])),
    "empty headings at the end": ("question,note,,\na,b,,\n", "", (",", 1, 0, 2, ["note"])),
    "an empty heading within": ("question,,note\n", "", (",", 1, 0, 3, ["column_2", "note"])),
    "blank lines above": ("\n\r\n,,\nquestion,status\n", "", (",", 4, 0, 1, [])),
    "a heading of two lines": ('note,"question\n"\n', "", (",", 1, 1, 2, ["note"])),
    "an inch mark in a heading": ('question,5" disk,status\na,b,\n"c",d,\n', "", (",", 1, 0, 2, ['5" disk'])),
    "other lines in a quoted heading": ('"my\nnote",question\n', "", (",", 1, 1, 2, ["my\nnote"])),
    "a usual name": ("id,prompt\n", "", (",", 1, 1, 2, ["id"])),
    "a usual name in Thai": ("คำถาม;สถานะ\n", "", (";", 1, 0, 2, ["สถานะ"])),
    "a usual name in two Unicode spellings": ("ca\u0302u ho\u0309i,note\n", "", (",", 1, 0, 2, ["note"])),
    "a usual name beside question": ("text,question\n", "", (",", 1, 1, 2, ["text"])),
    "--column": ("id,what to ask,status\n", "What to ask", (",", 1, 1, 2, ["id"])),
    "--column rather than question": ("question,other\n", "other", (",", 1, 1, 2, ["question"])),
    "--column under semicolons": ("id;frage, lang;status\n", "frage, lang", (";", 1, 1, 2, ["id"])),
    "--column takes status": ("status,note\n", "status", (",", 1, 0, 2, ["note"])),
    "only images": ("image,note\n", "", (",", 1, 1, 2, [])),
    "own columns of one name": ("question,note,note,Note\n", "", (",", 1, 0, 4, ["note", "note_2", "Note"])),
    "own columns that end alike": ("question,a,a,a_2\n", "", (",", 1, 0, 4, ["a", "a_2", "a_2_2"])),
    "no header": ("What is a cat?\nWhat is a dog?\n", "", (",", 0, 0, 1, [])),
    "no header, semicolons": ("a; b\nc; d\n", "", (",", 0, 0, 1, [])),
    "no header, an odd quotation mark": ('A 5" disk?\nAnother\n', "", (",", 0, 0, 1, [])),
    "nothing": ("", "", (",", 0, 0, 1, [])),
    "only blank lines": ("\n\n,,\n", "", (",", 0, 0, 1, [])),
}  # fmt: skip


def told(columns: Columns) -> tuple[Any, ...]:
    own = [name for _, name in columns.own]
    return columns.delimiter, columns.header_row, columns.question, columns.status, own


@pytest.mark.parametrize("name", TOLD)
def test_the_header_tells_the_delimiter_and_what_each_column_is(name: str) -> None:
    text, column, expected = TOLD[name]
    assert told(columns_of(text.encode(), column=column)) == expected


@pytest.mark.parametrize("name", TOLD)
def test_the_same_from_a_real_file_and_the_header_is_no_question(name: str, tmp_path: Path) -> None:
    text, column, expected = TOLD[name]
    path = tmp_path / "q.csv"
    path.write_bytes(text.encode())
    with Sheet(path, column=column) as sheet:
        assert told(sheet.columns) == expected
        numbers = [record.number for _, record in sheet.records()]
    assert min(numbers, default=sheet.columns.header_row + 1) == sheet.columns.header_row + 1


@pytest.mark.parametrize("delimiter", dialects.DELIMITERS)
def test_a_first_line_that_states_the_delimiter_is_believed_and_not_counted(
    delimiter: str, tmp_path: Path
) -> None:
    path = tmp_path / "q.csv"
    for newline in ("\n", "\r\n", "\r"):
        lines = [f"sep={delimiter}", f"question{delimiter}status", f"a{delimiter}"]
        path.write_bytes(newline.join(lines).encode())
        with Sheet(path) as sheet:
            assert sheet.columns.delimiter == delimiter
            assert [(one.number, one.line, one.cells) for _, one in sheet.records()] == [(2, 3, ["a", ""])]
    path.write_bytes(f"sep={delimiter}\nhello{delimiter}\n".encode())
    with Sheet(path) as sheet:
        assert (sheet.columns.delimiter, sheet.columns.has_header) == (delimiter, False)


def test_image_and_messages_are_no_columns_of_the_user_s() -> None:
    columns = columns_of(b"messages,question,IMAGE,note\n")
    assert (columns.messages, columns.question, columns.image, columns.own) == (0, 1, 2, ((3, "note"),))
    assert columns.heading == "question"
    assert columns_of(b"image,note\n", column="note").question == 1
    pictures_only = columns_of(b"image,status\n")
    assert (pictures_only.question, pictures_only.image) == (-1, 0)


def test_the_place_of_a_missing_status_column_is_behind_the_last_heading() -> None:
    assert columns_of(b"question,note,,\n").adds_status
    assert columns_of(b"question,note,,\n").width == 2
    assert not columns_of(b"question,status\n").adds_status


REFUSED = {
    "two question columns": ("question,note, Question \n", "", "columns 1 and 3 are both headed 'question'"),
    "two status columns": ("status,question,STATUS\n", "", "columns 1 and 3 are both headed 'status'"),
    "two image columns": ("question,image,image\n", "", "columns 2 and 3 are both headed 'image'"),
    "two columns that --column names": ("a,b,A\n", "a", "columns 1 and 3 are both headed 'a'"),
    "two usual names": ("prompt,text,note\n", "", "no column is headed question; name the one that holds the questions by --column (prompt, text)"),
    "a status and no one column beside it": ("status,a,b\n", "", "--column (a, b)"),
    "a status alone": ("status\n", "", "--column (none)"),
    "--column that is not there": ("question,note\n", "nope", "no column 'nope' in its first row (question, note)"),
    "--column of an empty file": ("", "nope", "no column 'nope' in its first row (empty)"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_a_header_that_could_be_read_in_two_ways_is_refused_by_name(name: str, tmp_path: Path) -> None:
    text, column, message = REFUSED[name]
    with pytest.raises(QuestionsError) as pure:
        columns_of(text.encode(), column=column)
    assert message in str(pure.value)
    path = tmp_path / "q.csv"
    path.write_bytes(text.encode())
    with pytest.raises(QuestionsError) as real:
        Sheet(path, column=column)
    assert str(real.value) == f"{path}: {pure.value}"


@pytest.mark.parametrize(
    ("header", "row", "refusal"),
    [
        ("question,note", "a", ""),
        ("question,note", "a,b", ""),
        ("question,note", "a,b,,", ""),
        ("question,note", "a,b, ,\t", ""),
        ("question,note", "a,b,c", "row 7 (line 9) has text beyond its 2 columns"),
        ("question,note", "a,b,,c", "has text beyond its 2 columns: put a question that holds a comma in double quotes"),
        ("question", "a,b", "beyond its 1 column: put a question that holds a comma"),
        ("question;note", "a;b;c", "put a question that holds a semicolon in double quotes"),
        ("question\tnote", "a\tb\tc", "put a question that holds a tab in double quotes"),
        ("question|note", "a|b|c", "put a question that holds a | in double quotes"),
        ("question,note,,", "a,b,c", "beyond its 2 columns"),
        ("What is this", "a", ""),
        ("What is this", "a,b", ""),
        ("What is this", "a,b,,", ""),
        ("What is this", "a,b,c", "row 7 (line 9) has text beyond its 2 columns"),
    ],
)  # fmt: skip
def test_a_row_may_be_short_or_have_empty_cells_beyond_the_header_but_no_text(
    header: str, row: str, refusal: str
) -> None:
    columns = columns_of(header.encode())
    record = Record(7, 9, row.encode(), row.split(columns.delimiter))
    if not refusal:
        columns.check(record)
        return
    with pytest.raises(QuestionsError) as caught:
        columns.check(record)
    assert refusal in str(caught.value)


def test_a_row_with_text_beyond_the_header_is_refused_by_its_number_when_the_file_is_read(
    tmp_path: Path,
) -> None:
    path = tmp_path / "q.csv"
    path.write_bytes(b'question,status\n"a\nb",\nWhat is a cat, a dog, or a bird?,\n')
    with (
        Sheet(path) as sheet,
        pytest.raises(QuestionsError, match=r"row 3 \(line 4\) has text beyond") as caught,
    ):
        list(sheet.records())
    assert str(caught.value).startswith(f"{path}: ")


def test_a_cell_that_a_short_row_has_not_is_empty() -> None:
    assert Columns.cell(["a"], 0) == "a"
    assert Columns.cell(["a"], 1) == ""
    assert Columns.cell(["a"], -1) == ""
