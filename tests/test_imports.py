"""Tables of every kind become a q.csv that the program reads, row for row and cell for cell."""

import csv
import io
import json
import sys
import zipfile
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as with_settings
from hypothesis import strategies as st

import dset_generator
from dset.dialects import LONGEST_CELL
from dset.imports import archives, json_rows
from dset.imports.cells import text_of
from dset.imports.naming import free
from dset.imports.tables import Asked
from dset.locks import Lock
from dset.questions import Sheet
from tests.running import SCRIPT, Run

Import = Callable[..., Run]
THAI = "ทำไมน้ำแข็งจึงลอยน้ำ"


@pytest.fixture
def take(capsys: pytest.CaptureFixture[str], clean_place: Path) -> Import:
    """`import` with these arguments, in this process."""

    def run(*arguments: str) -> Run:
        exit_status = dset_generator.main(["import", *arguments])
        said = capsys.readouterr()
        return Run(exit_status, said.out, said.err)

    return run


def workbook(path: Path, *rows: Sequence[Any], **more: Sequence[Sequence[Any]]) -> Any:
    """Save a workbook with these rows in its sheet Data, and further sheets; returns it for changes."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Data"
    for name, cells in {"Data": rows, **more}.items():
        one = sheet if name == "Data" else book.create_sheet(name)
        for row in cells:
            one.append(list(row))
    book.save(path)
    return book


def table(path: Path = Path("q.csv")) -> list[dict[str, str]]:
    """The rows of the q.csv that was made, as the program reads them; its first columns are question and status."""
    data = path.read_bytes()
    assert data.startswith(b"\xef\xbb\xbfquestion,status")
    found = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    with Sheet(path) as sheet:
        read = [sheet.question(record) for _, record in sheet.records()]
    assert [one.text for one in read] == [row["question"] for row in found]
    for one, row in zip(read, found, strict=True):
        assert one.columns.items() <= row.items()
        assert row.pop("status") == ""
    return found


# --- What each kind of file gives --------------------------------------------------------------------------------


def test_a_workbook_gives_values_as_a_person_sees_them(take: Import) -> None:
    workbook(
        Path("data.xlsx"),
        ["Topic", "Frage", "n", "share", "day", "at", "sure", None, "long"],
        [
            "ice",
            THAI,
            3.0,
            0.1 + 0.2,
            date(2026, 11, 21),
            datetime(2026, 11, 21, 10, 30),
            True,
            "loose",
            12345678901,
        ],
        [],
        ["", "second\nline", -5, 1e20, None, None, False],
    )
    run = take("data.xlsx")
    assert run.exit_status == 0
    assert run.out == "q.csv: 2 rows from data.xlsx (sheet Data), question = column 'Frage'\n"
    first = {"question": THAI, "Topic": "ice", "n": "3", "share": "0.3", "day": "2026-11-21", "at": "2026-11-21T10:30:00",
             "sure": "TRUE", "column_7": "loose", "long": "12345678901"}  # fmt: skip
    rest = {"day": "", "at": "", "sure": "FALSE", "column_7": "", "long": ""}
    assert table() == [
        first,
        {"question": "second\nline", "Topic": "", "n": "-5", "share": "1e+20", **rest},
    ]


def test_a_workbook_gives_saved_values_and_names_formulas_that_have_none(take: Import) -> None:
    book = workbook(Path("data.xlsx"), ["question", "n"], ["one", "=1+1"], ["=A2", 3])
    assert book
    cached(Path("data.xlsx"), b"<f>1+1</f><v />", b"<f>1+1</f><v>2</v>")
    run = take("data.xlsx")
    assert table() == [{"question": "one", "n": "2"}, {"question": "", "n": "3"}]
    assert "1 formula without a saved value (first A3), left empty" in run.err


def cached(path: Path, old: bytes, new: bytes) -> None:
    """Put these bytes in place of those in the first sheet, as Excel saves what openpyxl does not."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    name = "xl/worksheets/sheet1.xml"
    # openpyxl writes through lxml where that is installed, which spells an empty element in another way.
    old = next(
        one
        for one in (old, old.replace(b" />", b"/>"), old.replace(b"<v />", b"<v></v>"))
        if one in parts[name]
    )
    parts[name] = parts[name].replace(old, new)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for one, data in parts.items():
            archive.writestr(one, data)


def test_the_first_sheet_that_is_not_hidden_is_read_and_any_by_its_name(take: Import) -> None:
    book = workbook(Path("data.xlsx"), ["question"], ["hidden"], Shown=[["question"], ["shown"]])
    book["Data"].sheet_state = "hidden"
    book.active = 1
    book.save("data.xlsx")
    assert "(sheet Shown)" in take("data.xlsx").out
    assert [row["question"] for row in table()] == ["shown"]
    assert "(sheet Data, hidden)" in take("data.xlsx", "--sheet", "data", "--questions", "h.csv").out
    assert [row["question"] for row in table(Path("h.csv"))] == ["hidden"]
    run = take("data.xlsx", "--sheet", "None", "--questions", "n.csv")
    assert run.exit_status == 2
    assert "no sheet is called 'None'; its sheets: Data (hidden), Shown" in run.err


def test_merged_cells_are_told_and_stand_in_their_first_row(take: Import) -> None:
    book = workbook(Path("data.xlsx"), ["topic", "question"], ["ice", "one"], ["", "two"], ["x", "three"])
    book["Data"].merge_cells("A2:A3")
    book.save("data.xlsx")
    assert "1 merged cell over several rows" in take("data.xlsx").err
    assert [row["topic"] for row in table()] == ["ice", "", "x"]


def test_a_wrong_dimension_of_another_program_cuts_nothing_off(take: Import) -> None:
    workbook(Path("data.xlsx"), ["question", "b"], ["one", "x"], ["two", "y"])
    cached(Path("data.xlsx"), b'<dimension ref="A1:B3" />', b'<dimension ref="A1" />')
    take("data.xlsx")
    assert table() == [{"question": "one", "b": "x"}, {"question": "two", "b": "y"}]


def test_excel_errors_are_told_with_their_place(take: Import) -> None:
    workbook(Path("data.xlsx"), ["question", "n"], ["one", "#N/A"])
    assert "1 cell (first B2) with an Excel error" in take("data.xlsx").err


def test_json_lines_give_the_union_of_their_fields_and_nested_values_as_json(take: Import) -> None:
    lines = [
        {"prompt": THAI, "n": 3.0, "tags": ["a", "ข"]},
        {"prompt": "two", "extra": {"deep": [1, None, True]}, "sure": False, "none": None},
    ]
    text = "\ufeff" + "\n\n".join(json.dumps(line, ensure_ascii=False) for line in lines) + "\r\n"
    Path("data.jsonl").write_text(text, encoding="utf-8", newline="")
    assert take("data.jsonl").out == "q.csv: 2 rows from data.jsonl, question = column 'prompt'\n"
    assert table() == [
        {"question": THAI, "n": "3", "tags": '["a", "ข"]', "extra": "", "sure": "", "none": ""},
        {
            "question": "two",
            "n": "",
            "tags": "",
            "extra": '{"deep": [1, null, true]}',
            "sure": "false",
            "none": "",
        },
    ]


def test_an_array_of_objects_and_a_json_file_of_lines_are_read_alike(take: Import) -> None:
    rows = [{"question": f"q {number}", "n": number} for number in range(3)]
    Path("array.json").write_text(json.dumps(rows, indent=2))
    Path("lines.json").write_text("\n".join(map(json.dumps, rows)))
    assert take("array.json").exit_status == take("lines.json", "--questions", "l.csv").exit_status == 0
    assert table() == table(Path("l.csv")) == [{"question": f"q {n}", "n": str(n)} for n in range(3)]


def test_an_array_is_read_in_pieces_wherever_they_are_cut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [{"question": "ก" * size, "n": [size, 12345, 1.5e3]} for size in range(30)]
    path = tmp_path / "array.json"
    path.write_text(json.dumps(rows, ensure_ascii=False), encoding="utf-8")
    for block in (1, 7, 64):
        monkeypatch.setattr(json_rows, "_BLOCK", block)
        found = json_rows.read_array(Asked(path))
        assert list(found.rows()) == [
            [one["question"], json.dumps([len(one["question"]), 12345, 1500.0])] for one in rows
        ]


def test_parquet_gives_every_type_as_text(take: Import) -> None:
    day = datetime(2026, 11, 21, 10, 30, 0, 5)
    columns = {
        "instruction": pa.array([THAI, None]),
        "n": pa.array([3, None]),
        "x": pa.array([3.0, float("nan")]),
        "price": pa.array([Decimal("1.10"), None]),
        "ns": pa.array([day, None], pa.timestamp("ns")),
        "day": pa.array([date(2026, 11, 21), None]),
        "took": pa.array([timedelta(hours=26, seconds=1), None], pa.duration("ns")),
        "sure": pa.array([True, None]),
        "list": pa.array([["a", "b"], None]),
        "struct": pa.array([{"a": {"b": "ข"}}, None]),
        "raw": pa.array([b"text", b"\xff\xfe"]),
        "dict": pa.array(["a", "b"]).dictionary_encode(),
    }
    pq.write_table(pa.table(columns), "data.parquet")
    assert take("data.parquet").out == "q.csv: 2 rows from data.parquet, question = column 'instruction'\n"
    first, second = table()
    assert list(first.values()) == [THAI, "3", "3", "1.10", "2026-11-21T10:30:00.000005", "2026-11-21", "26:00:01", "true",
                                    '["a", "b"]', '{"a": {"b": "ข"}}', "text", "a"]  # fmt: skip
    assert list(second.values()) == ["", "", "", "", "", "", "", "", "", "", "[2 bytes]", "b"]


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.csv", b'Frage;note\r\neins;x\r\n"zwei; drei";y\r\n'),
        ("a.tsv", "note\tFrage\nx\teins\ny\tzwei; drei\n".encode("utf-16")),
        ("a.csv", "sep=|\nFrage|note\neins|x\nzwei; drei|y\n".encode("utf-8-sig")),
    ],
)
def test_a_csv_is_read_as_the_program_reads_q_csv(take: Import, name: str, data: bytes) -> None:
    Path(name).write_bytes(data)
    assert "question = column 'Frage'" in take(name).out
    assert table() == [{"question": "eins", "note": "x"}, {"question": "zwei; drei", "note": "y"}]


def test_a_csv_without_a_heading_is_taken_as_it_is_and_told(take: Import) -> None:
    Path("a.csv").write_text("How tall is a tree?\n")
    assert "it has no heading: row 1 is a question" in take("a.csv").err
    assert table() == [{"question": "How tall is a tree?"}]


def test_an_older_encoding_is_named_and_taken_by_encoding(take: Import) -> None:
    Path("a.csv").write_bytes(f"คำถาม,n\n{THAI},1\n".encode("cp874"))
    refused = take("a.csv")
    assert refused.exit_status == 2
    assert "try --encoding cp874" in refused.err
    take("a.csv", "--encoding", "cp874")
    assert table() == [{"question": THAI, "n": "1"}]


# --- Which column, which names -----------------------------------------------------------------------------------


def test_the_column_that_is_named_wins_over_the_usual_names(take: Import) -> None:
    Path("a.jsonl").write_text(
        '{"question": "q", "prompt": "p", "Other": "o", "status": "done", "Status": "x"}'
    )
    assert "question = column 'Other'" in take("a.jsonl", "--column", "other").out
    assert table() == [
        {"question": "o", "q_question": "q", "prompt": "p", "q_status": "done", "q_Status": "x"}
    ]
    take("a.jsonl", "--questions", "b.csv")
    assert table(Path("b.csv"))[0]["question"] == "q"


@pytest.mark.parametrize("rows", ['{"a": 1, "b": 2}', '{"input": 1, "text": 2}'])
def test_where_no_column_can_be_told_all_are_listed_and_nothing_is_written(take: Import, rows: str) -> None:
    Path("a.jsonl").write_text(rows)
    run = take("a.jsonl")
    assert run.exit_status == 2
    assert f"by --column; its columns: {', '.join(json.loads(rows))}" in run.err
    assert not Path("q.csv").exists()
    assert "no column is called 'c'" in take("a.jsonl", "--column", "c").err


def test_conversations_stay_conversations_unless_a_column_holds_the_questions(take: Import) -> None:
    talk = [{"role": "user", "content": "hi"}]
    Path("chat.jsonl").write_text(json.dumps({"messages": talk, "n": 1}))
    assert "conversations in messages" in take("chat.jsonl").out
    with Sheet(Path("q.csv")) as sheet:
        [asked] = [sheet.question(record) for _, record in sheet.records()]
    assert json.loads(asked.messages) == talk
    Path("both.jsonl").write_text(json.dumps({"messages": talk, "question": "q"}))
    run = take("both.jsonl", "--questions", "b.csv")
    assert "messages -> q_messages" in run.err


@given(st.lists(st.text(max_size=6), max_size=8))
def test_names_are_always_different_and_never_one_that_q_csv_has_a_meaning_for(names: list[str]) -> None:
    found = free(names, {"question", "status"}, {"id"})
    assert len(set(found)) == len(names)
    assert not {"id", "question", "status"} & {name.strip().casefold() for name in found}
    assert free(found, {"question", "status"}, {"id"}) == found or any(name != name.strip() for name in found)


# --- What stands is never lost -----------------------------------------------------------------------------------


def test_questions_that_stand_are_never_overwritten_and_the_example_counts(take: Import) -> None:
    Path("a.jsonl").write_text('{"question": "new"}')
    shipped = (SCRIPT.parent / "q.csv").read_bytes()
    Path("q.csv").write_bytes(shipped)
    run = take("a.jsonl")
    assert run.exit_status == 2
    assert "q.csv holds 12 questions already: name another file with --questions" in run.err
    assert Path("q.csv").read_bytes() == shipped
    assert take("a.jsonl", "--questions", "other.csv").exit_status == 0


@pytest.mark.parametrize("data", [b"", b"question,status\r\n", b"\xef\xbb\xbfquestion\n,\n"])
def test_a_q_csv_without_questions_is_made_anew(take: Import, data: bytes) -> None:
    Path("q.csv").write_bytes(data)
    Path("a.jsonl").write_text('{"question": "new"}')
    assert take("a.jsonl").exit_status == 0
    assert [row["question"] for row in table()] == ["new"]


def test_a_q_csv_that_a_run_works_on_is_left_alone(take: Import) -> None:
    Path("a.jsonl").write_text('{"question": "new"}')
    lock = Lock(Path(".q.csv.lock").absolute(), "q.csv")
    lock.acquire()
    run = take("a.jsonl")
    lock.release()
    assert run.exit_status == 2
    assert "already running" in run.err
    assert not Path("q.csv").exists()


# --- What no q.csv can hold --------------------------------------------------------------------------------------


def test_what_a_csv_cannot_hold_is_made_safe_and_told(take: Import) -> None:
    lines = "x\r\ny\n" * LONGEST_CELL
    rows: list[dict[str, str]] = [
        {"question": "a\0b"},
        {"question": "half \ud83d"},
        {"question": "long", "n": "x" * 32_768},
        {"question": lines},
        {"question": "mild", "n": "a\nb\r\nc\rd"},
        {"question": '=HYPERLINK("http://x","y")', "n": "-5"},
        {"question": "- a list", "n": "+66 81 234"},
    ]
    Path("a.jsonl").write_text("\n".join(map(json.dumps, rows)))
    run = take("a.jsonl")
    assert [row["question"] for row in table()] == [
        "a\u2400b",
        "half \ufffd",
        "long",
        "x\u2028y\u2028" * LONGEST_CELL,
        "mild",
        '=HYPERLINK("http://x","y")',
        "- a list",
    ]
    assert [row["n"] for row in table()][4:] == ["a\nb\r\nc\rd", "-5", "+66 81 234"]
    assert "1 NUL character" in run.err
    assert "1 half character" in run.err
    assert "1 cell (first in row 4) of more than 32,767 characters" in run.err
    assert "1 row (first is row 5) of 1,000 lines or more" in run.err
    assert "1 cell (first in row 7) that a spreadsheet may run as a formula" in run.err


TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)


@given(st.lists(st.tuples(TEXTS, TEXTS, TEXTS), min_size=1, max_size=5))
@with_settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
def test_every_text_comes_through_as_it_is(tmp_path: Path, rows: list[tuple[str, str, str]]) -> None:
    target = tmp_path / "q.csv"
    target.unlink(missing_ok=True)
    (tmp_path / "a.json").write_text(json.dumps([dict(zip("abc", row, strict=True)) for row in rows]))
    assert (
        dset_generator.main(["import", str(tmp_path / "a.json"), "--column", "b", "--questions", str(target)])
        == 0
    )
    assert table(target) == [{"question": b, "a": a, "c": c} for a, b, c in rows]


# --- Damaged files -----------------------------------------------------------------------------------------------


def _cut_workbook() -> None:
    workbook(Path("a.xlsx"), ["question"], ["one"])
    Path("a.xlsx").write_bytes(Path("a.xlsx").read_bytes()[:-40])


def _broken_sheet() -> None:
    workbook(Path("a.xlsx"), ["question"], ["one"])
    cached(Path("a.xlsx"), b"</sheetData>", b"</sheet")


def _zip() -> None:
    with zipfile.ZipFile("a.xlsx", "w") as archive:
        archive.writestr("readme.txt", "no workbook")


def _cut_parquet() -> None:
    pq.write_table(pa.table({"question": ["one"] * 100}), "a.parquet")
    Path("a.parquet").write_bytes(Path("a.parquet").read_bytes()[:-9])


@pytest.mark.parametrize(
    ("name", "make", "said"),
    [
        ("a.xlsx", _cut_workbook, "cannot be read as an Excel workbook"),
        ("a.xlsx", _broken_sheet, "cannot be read as an Excel workbook"),
        ("a.xlsx", _zip, "cannot be read as an Excel workbook"),
        ("a.xlsx", b"no zip at all", "cannot be read as an Excel workbook"),
        ("a.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1", "one with a password"),
        ("a.parquet", b"no parquet", "cannot be read as Parquet"),
        ("a.parquet", _cut_parquet, "cannot be read as Parquet"),
        ("a.jsonl", b'{"question": 1}\n\n[1]\n', "line 3 is no JSON object but [1]"),
        (
            "a.jsonl",
            b'{"question": 1}\n{"question": 2\n',
            "line 2 is no JSON object: it begins '{\"question\": 2'",
        ),
        ("a.jsonl", b'{"question": "\xff"}\n', "line 1 is not UTF-8"),
        ("a.jsonl", b"[" * 100_000, "line 1 is no JSON object"),
        ("a.json", b'[{"question": 1}, 2]', "object 2 is no JSON object but 2"),
        ("a.json", b'[{"question": 1} {"question": 2}]', "object 1 has neither a comma nor ] behind it"),
        ("a.json", b'[{"question": 1}', "ends in the middle of its array"),
        ("a.json", b'[{"question": 1},{"question" 2}]', "object 2 is no JSON"),
        ("a.json", b"[" + b"[" * 100_000, "object 1 is"),
        ("a.json", b'[{"question": "\xff"}]', "is not UTF-8"),
        ("a.json", b'"text"', "must be an array of objects"),
        ("a.jsonl", b"", "name the column"),
        ("a.csv", b'question\n"open', "a quotation mark opens here"),
        ("a.pdf", b"%PDF-1.7", "a PDF"),
    ],
)
def test_a_damaged_file_is_one_line_and_nothing_is_written(
    take: Import, name: str, make: Callable[[], None] | bytes, said: str
) -> None:
    if isinstance(make, bytes):
        Path(name).write_bytes(make)
    else:
        make()
    run = take(name)
    assert run.exit_status == 2
    assert run.err.count("\n") == 1
    assert said in run.err
    assert name in run.err
    assert sorted(path.name for path in Path().iterdir()) == [name]


def test_an_archive_that_unpacks_to_more_than_any_table_is_not_opened(take: Import) -> None:
    with zipfile.ZipFile("a.xlsx", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/sharedStrings.xml", b" " * (archives._SMALL + 1))
    run = take("a.xlsx")
    assert run.exit_status == 2
    assert "would unpack to 100 MB" in run.err


def test_a_row_number_beyond_any_sheet_ends_at_once(take: Import) -> None:
    workbook(Path("a.xlsx"), ["question"], ["one"])
    cached(Path("a.xlsx"), b'<row r="2">', b'<row r="999999999999">')
    run = take("a.xlsx")
    assert run.exit_status == 2
    assert "more than 1,048,576 rows" in run.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "import what?"),
        (("none.xlsx",), "none.xlsx: no such file"),
        ((".",), "this is a folder"),
        (("a.csv", "--sheet", "x"), "a.csv is no Excel workbook"),
        (("a.csv", "--questions", "no/q.csv"), "is no folder"),
    ],
)
def test_what_cannot_be_meant_is_told(take: Import, words: tuple[str, ...], said: str) -> None:
    Path("a.csv").write_text("question\none\n")
    run = take(*words)
    assert run.exit_status == 2
    assert said in run.err


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (3.0, "3"), (-0.0, "0"), (1e16, "1e+16"), (0.1, "0.1"), (float("inf"), "inf"), (float("nan"), ""), (True, "true"),
        (None, ""), (timedelta(hours=-1, seconds=0.5), "-0:59:59.5"), ({"a": date(2026, 1, 2)}, '{"a": "2026-01-02"}'),
    ],
)  # fmt: skip
def test_values_are_written_as_a_person_sees_them(value: Any, text: str) -> None:
    assert text_of(value) == text


@pytest.mark.parametrize(("name", "package"), [("a.xlsx", "openpyxl"), ("a.parquet", "pyarrow")])
def test_a_missing_package_is_named_with_how_to_get_it(
    take: Import, monkeypatch: pytest.MonkeyPatch, name: str, package: str
) -> None:
    Path(name).write_bytes(b"any")
    for module in ("workbooks", "parquet_files"):
        monkeypatch.delitem(sys.modules, f"dset.imports.{module}", raising=False)
    monkeypatch.setitem(sys.modules, package, None)
    run = take(name)
    assert run.exit_status == 2
    assert f"the package {package} is missing" in run.err
    assert "[tasks,export]" in run.err
