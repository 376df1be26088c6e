"""How a CSV is read record by record, with its bytes, and how one cell is put in place."""

import csv
import io
import itertools
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dset import dialects
from dset.dialects import Record
from dset.errors import QuestionsError

# What makes a CSV hard, and a few plain letters.
HARD = st.text(alphabet='ab ,;\t|"\r\n\x0b\x0c\x1c\x85\u2028ก', max_size=12)
CELLS = st.lists(st.lists(HARD, min_size=1, max_size=4), max_size=5)
DELIMITER = st.sampled_from(dialects.DELIMITERS)
NEWLINE = st.sampled_from(["\n", "\r\n", "\r"])


def read(data: bytes, delimiter: str = ",", first_line: int = 1) -> list[Record]:
    return list(dialects.records(dialects.physical_lines(io.BytesIO(data)), delimiter, first_line))


def written(rows: Sequence[Sequence[str]], delimiter: str, newline: str, quoting: int) -> str:
    stream = io.StringIO(newline="")
    csv.writer(stream, delimiter=delimiter, lineterminator=newline, quoting=quoting).writerows(rows)  # type: ignore[arg-type]
    return stream.getvalue()


TABLE: dict[str, tuple[bytes, str, list[list[str]]]] = {
    "commas": (b"a,b\n1,2\n", ",", [["a", "b"], ["1", "2"]]),
    "semicolons, commas are text": (b"a;b,c\n", ";", [["a", "b,c"]]),
    "tabs": (b"a\tb c\n", "\t", [["a", "b c"]]),
    "bars": (b"a|b\n", "|", [["a", "b"]]),
    "no newline at the end": (b"a\nb", ",", [["a"], ["b"]]),
    "CRLF": (b"a,b\r\nc\r\n", ",", [["a", "b"], ["c"]]),
    "old Mac": (b"a,b\rc\r", ",", [["a", "b"], ["c"]]),
    "old Mac without the last one": (b"a\rb", ",", [["a"], ["b"]]),
    "all three mixed": (b"a\nb\r\nc\rd", ",", [["a"], ["b"], ["c"], ["d"]]),
    "CR CR LF": (b"a\r\r\nb\n", ",", [["a"], [], ["b"]]),
    "blank rows": (b"a\n\n\nb\n", ",", [["a"], [], [], ["b"]]),
    "only delimiters": (b",,,\n", ",", [["", "", "", ""]]),
    "newlines in quotes": (b'"a\nb\r\nc\rd",e\n', ",", [["a\nb\r\nc\rd", "e"]]),
    "doubled quotes": (b'"say ""hi""",x\n', ",", [['say "hi"', "x"]]),
    "an empty quoted cell": (b'"",""\n', ",", [["", ""]]),
    "a quotation mark inside a plain cell": (b'5" disk,a "b" c\n', ",", [['5" disk', 'a "b" c']]),
    "a blank before a quotation mark": (b'a, "b"\n', ",", [["a", ' "b"']]),
    "blanks are kept": (b"  a , b\t\n", ",", [["  a ", " b\t"]]),
    "line separators that are text": (
        "a\u2028b\x0bc\x0cd\x85e\x1cf\n".encode(),
        ",",
        [["a\u2028b\x0bc\x0cd\x85e\x1cf"]],
    ),
    "nothing": (b"", ",", []),
}


@pytest.mark.parametrize("name", TABLE)
def test_records_are_read_as_written_and_their_bytes_add_up_to_the_file(name: str) -> None:
    data, delimiter, cells = TABLE[name]
    records = read(data, delimiter)
    assert [record.cells for record in records] == cells
    assert [record.number for record in records] == list(range(1, len(cells) + 1))
    assert b"".join(record.raw for record in records) == data


@pytest.mark.parametrize("name", TABLE)
def test_the_same_from_a_real_file(name: str, tmp_path: Path) -> None:
    data, delimiter, cells = TABLE[name]
    path = tmp_path / "q.csv"
    path.write_bytes(data)
    with path.open("rb") as stream:
        assert [one.cells for one in dialects.records(dialects.physical_lines(stream), delimiter)] == cells


def test_the_line_of_a_record_counts_the_lines_inside_the_cells_above_it() -> None:
    records = read(b'a\n"b\nb\r\nb"\n\nc\n')
    assert [(record.number, record.line) for record in records] == [(1, 1), (2, 2), (3, 5), (4, 6)]
    assert [record.line for record in read(b"a\nb\n", first_line=2)] == [2, 3]


REFUSED = {
    "a quotation mark that never closes": (
        b'a\n"b\nc\n',
        "line 2: a quotation mark opens here and never closes",
    ),
    "one that closes in the wrong place": (
        b'a\nb\n"c"d,e\n',
        "line 3: text follows a closing quotation mark",
    ),
    "one that closes by the next one's opening": (b'"a\nb\n"c",d\n', "line 1: text follows a closing"),
    "a blank after the closing one": (b'"a" ,b\n', "line 1: text follows a closing quotation mark"),
    "a cell of too many lines": (
        b'a\n"' + b"x\n" * 1_001 + b'"\n',
        "line 2: a cell spans more than 1,000 lines",
    ),
    "a NUL": (b"a\nb\n\0c\n", "line 3: holds a NUL character"),
    "a NUL inside a long cell": (b'a\n"b\nb\0"\n', "line 3: holds a NUL character"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_would_be_read_wrongly_is_refused_with_its_line(name: str) -> None:
    data, message = REFUSED[name]
    with pytest.raises(QuestionsError) as caught:
        read(data)
    assert str(caught.value).startswith(message)


def test_a_cell_may_be_longer_than_python_s_csv_allows() -> None:
    long = "ก" * 131_073
    assert read(f'"{long}",{long}\n'.encode())[0].cells == [long, long]


def test_a_cell_of_a_thousand_lines_is_read() -> None:
    assert read(b'"' + b"x\n" * 999 + b'x"\n')[0].cells == ["x\n" * 999 + "x"]


@pytest.mark.parametrize(
    ("first", "stated"),
    [
        (b"sep=;\n", ";"),
        (b"sep=,\r\n", ","),
        (b"SEP=\t\n", "\t"),
        (b"sep=|", "|"),
        (b"sep=;\r", ";"),
        (b"sep=:\n", ""),
        (b"sep=;;\n", ""),
        (b"sep;a\n", ""),
        (b"question\n", ""),
        (b"", ""),
    ],
)
def test_excel_s_own_first_line_states_the_delimiter(first: bytes, stated: str) -> None:
    assert dialects.separator_line(first) == stated


@pytest.mark.parametrize(
    ("raw", "delimiter", "index", "value", "result"),
    [
        (b"q,\n", ",", 1, "ERROR", b"q,ERROR\n"),
        (b"q,BLOCKED\r\n", ",", 1, "ERROR", b"q,ERROR\r\n"),
        (b"q,ERROR", ",", 1, "", b"q,"),
        (b"q, error \n", ",", 1, "", b"q,\n"),
        (b'q,""\n', ",", 1, "ERROR", b'q,"ERROR"\n'),
        (b'q,"ERROR"\n', ",", 1, "", b'q,""\n'),
        (b"q\n", ",", 1, "ERROR", b"q,ERROR\n"),
        (b"q\r", ";", 3, "ERROR", b"q;;;ERROR\r"),
        (b"q", "\t", 1, "ERROR", b"q\tERROR"),
        (b'"a,b\n""c""",,x\n', ",", 1, "ERROR", b'"a,b\n""c""",ERROR,x\n'),
        (b'  odd  , "x" ,,"y"\n', ",", 2, "ERROR", b'  odd  , "x" ,ERROR,"y"\n'),
        (b'5" disk|a\n', "|", 1, "", b'5" disk|\n'),
        (b"ERROR,q\n", ",", 0, "", b",q\n"),
        ("ก,,é\n".encode(), ",", 1, "BLOCKED", "ก,BLOCKED,é\n".encode()),
    ],
)
def test_one_cell_is_put_in_place_and_every_other_byte_stays(
    raw: bytes, delimiter: str, index: int, value: str, result: bytes
) -> None:
    (record,) = read(raw, delimiter)
    assert dialects.with_cell(record, delimiter, index, value) == result


@given(CELLS, DELIMITER, NEWLINE, st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))
def test_what_csv_writes_is_read_as_csv_reads_it(
    rows: list[list[str]], delimiter: str, newline: str, quoting: int
) -> None:
    text = written(rows, delimiter, newline, quoting)
    records = read(text.encode(), delimiter)
    expected = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    assert [record.cells for record in records] == list(expected)
    assert b"".join(record.raw for record in records) == text.encode()


@given(st.text(alphabet='ab,"\r\n\x85\u2028'), DELIMITER)
def test_any_text_is_read_as_csv_reads_it_strictly_or_refused_as_it_refuses(
    text: str, delimiter: str
) -> None:
    lines = io.StringIO(text, newline="")
    try:
        expected = list(csv.reader(lines, delimiter=delimiter, strict=True))
    except csv.Error:
        with pytest.raises(QuestionsError, match=r"\Aline \d+: "):
            read(text.encode(), delimiter)
    else:
        assert [record.cells for record in read(text.encode(), delimiter)] == expected


@given(st.text(alphabet='ab,;"\r\n\x85\u2028', min_size=1), st.sampled_from(",;"))
def test_the_spans_of_a_record_are_where_csv_sees_its_cells(text: str, delimiter: str) -> None:
    try:
        records = read(text.encode(), delimiter)
    except QuestionsError:
        return
    for record in records:
        raw = record.raw.decode()
        places = dialects.spans(raw, delimiter)
        assert [as_cell(raw[start:end]) for start, end in places] == (record.cells or [""])
        gaps = [raw[end:start] for (_, end), (start, _) in itertools.pairwise(places)]
        assert gaps == [delimiter] * (len(places) - 1)
        assert raw[places[-1][1] :] in {"", "\n", "\r\n", "\r"}


def as_cell(raw: str) -> str:
    return raw[1:-1].replace('""', '"') if raw.startswith('"') else raw


@given(CELLS.filter(bool), DELIMITER, NEWLINE, st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]), st.data())
def test_a_cell_put_in_place_changes_that_cell_alone(
    rows: list[list[str]], delimiter: str, newline: str, quoting: int, data: st.DataObject
) -> None:
    records = read(written(rows, delimiter, newline, quoting).encode(), delimiter)
    record = data.draw(st.sampled_from(records))
    index = data.draw(st.integers(0, 6))
    word = data.draw(st.sampled_from(["ERROR", "BLOCKED"]))
    (changed,) = read(dialects.with_cell(record, delimiter, index, word), delimiter)
    expected = record.cells + [""] * (index + 1 - len(record.cells))
    expected[index] = word
    assert changed.cells == expected
