"""output.csv and output.txt: what they look like, that they lose nothing, and how they are brought level."""

import csv
import io
import os
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dset import answers, views
from dset.answers import Record
from dset.views import View, guard, unguard
from tests import samples

PLACE = Path()
BOM = b"\xef\xbb\xbf"
TRIGGERS = "=+-@\t\r＝＋－＠"
HEADING = (
    "timestamp,question,thoughts,final_answer,row,id,model,prompt_tokens,completion_tokens,cost_usd,seconds"
)
TEXT = st.text(
    st.one_of(
        st.sampled_from("'=+-@\t\r\n＝＋－＠\",;\0\x85\u2028\ud800\ufeff"),
        st.characters(exclude_categories=()),
    ),
    max_size=20,
)


@pytest.fixture(autouse=True)
def no_syncs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Thousands of small files: what they hold is tested here, not that the disk has them."""
    monkeypatch.setattr(os, "fsync", lambda _: None)


def record(said: str = "Because.", thoughts: str | None = None, text: str = "Why?", **columns: str) -> Record:
    asked = samples.question(text, columns=columns)
    return answers.as_record(samples.answer(asked, samples.reply(said, thoughts)))


def view_of(name: str = "csv", columns: tuple[str, ...] = (), *, exact: bool = False) -> View:
    return views.make(PLACE, [name], columns, exact=exact)[0]


def rendered(records: list[Record], columns: tuple[str, ...] = (), *, exact: bool = False) -> bytes:
    return b"".join(view_of("csv", columns, exact=exact).content(records))


def rows_of(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def storable(text: str) -> str:
    """What a CSV keeps of `text`: a sign for NUL, and one for each lone surrogate."""
    return "".join("␀" if one == "\0" else "\ufffd" if "\ud800" <= one <= "\udfff" else one for one in text)


# --- Guards ------------------------------------------------------------------------------------------------


@given(TEXT)
@settings(max_examples=200, deadline=None)
def test_a_guard_can_always_be_taken_off_again(text: str) -> None:
    assert unguard(guard(text)) == text


def test_hostile_texts_are_guarded_and_come_back() -> None:
    for text in samples.HOSTILE:
        for quotes in ("", "'", "''"):
            cell = guard(quotes + text)
            assert not cell.startswith(tuple(TRIGGERS))
            assert unguard(cell) == quotes + text


@given(TEXT)
@settings(max_examples=200, deadline=None)
def test_a_guarded_cell_never_begins_like_a_formula(text: str) -> None:
    assert not guard(text).startswith(tuple(TRIGGERS))


@pytest.mark.parametrize("trigger", TRIGGERS)
@pytest.mark.parametrize("quotes", ["", "'", "'''"])
def test_what_a_spreadsheet_would_run_gets_one_apostrophe(trigger: str, quotes: str) -> None:
    cell = f"{quotes}{trigger}cmd|' /C calc'!A0"
    assert guard(cell) == "'" + cell


@pytest.mark.parametrize("cell", ["", "'", "''", "'tis", "1-2", "a=b", " =1", "\n=1", "5", "x@y", "«-»"])
def test_other_cells_stay_as_they_are(cell: str) -> None:
    assert guard(cell) == cell
    assert unguard(cell) == cell


def test_every_cell_and_every_heading_is_guarded_unless_csv_exact() -> None:
    one = record("=1+1", "+thought", "@sum", **{"=head": "-1", "full": "＝1"})
    columns = ("=head", "full")
    heading, row = rows_of(rendered([one], columns))
    assert heading[-2:] == ["'=head", "full"]
    assert (row[1:4], row[-2:]) == (["'@sum", "'+thought", "'=1+1"], ["'-1", "'＝1"])
    heading, row = rows_of(rendered([one], columns, exact=True))
    assert heading[-2:] == ["=head", "full"]
    assert (row[1:4], row[-2:]) == (["@sum", "+thought", "=1+1"], ["-1", "＝1"])


# --- output.csv --------------------------------------------------------------------------------------------


def test_a_row_of_output_csv_byte_for_byte() -> None:
    one = record('He said "no",\nthen left.', None, "ทำไม")
    head, row = rendered([one]).split(b"\r\n", 1)
    assert head == BOM + HEADING.encode()
    assert (
        row
        == (
            f'2026-11-21T12:00:00Z,ทำไม,,"He said ""no"",\nthen left.",2,{one["metadata"]["id"]},'
            "deepseek-flash,10,5,,1.5\r\n"
        ).encode()
    )


@pytest.mark.parametrize(
    ("own", "heading"),
    [
        (["topic"], ["topic"]),
        (["model", "row"], ["q_model", "q_row"]),
        (["q_id", "id"], ["q_id", "q_q_id"]),
        (["id", "q_id"], ["q_id", "q_q_id"]),
        (["Model", " model"], ["Model", " model"]),
    ],
)
def test_a_column_whose_name_is_taken_gets_q_before_it(own: list[str], heading: list[str]) -> None:
    assert views.csv_header(own) == [*views.FIXED, *heading]


def test_own_columns_stand_in_the_order_in_which_they_first_appeared() -> None:
    records = [record(b="1", a="2"), samples.original(), record(c="3", a="4")]
    assert views.columns_of(records) == ["b", "a", "c"]
    assert views.columns_of(records, ["c"]) == ["c", "b", "a"]
    rows = rows_of(rendered(records, ("c", "b", "a", "none")))
    assert [row[11:] for row in rows[1:]] == [["", "1", "2", ""], ["", "", "", ""], ["3", "", "4", ""]]


def test_records_of_the_original_tool_fill_the_first_four_columns() -> None:
    rows = rows_of(rendered([samples.original("Why?", "So.", "mm"), samples.original("q", thoughts="")]))
    assert rows[1] == [samples.NOW, "Why?", "mm", "So.", *[""] * 7]
    assert rows[2][1:4] == ["q", "", "Because."]


def test_a_response_that_is_only_text_is_the_answer() -> None:
    one: dict[str, Any] = {"metadata": {"question": "q", "columns": None}, "response": "text"}
    assert rows_of(rendered([one], ("a",)))[1][1:4] == ["q", "", "text"]
    assert b"Final Answer: text\n" in views.render_txt(one)


@given(st.lists(st.tuples(TEXT, TEXT, TEXT, TEXT), max_size=4), st.booleans())
@settings(max_examples=150, deadline=None)
def test_output_csv_reads_back_equal(cells: list[tuple[str, str, str, str]], exact: bool) -> None:
    records = [record(said, thought, text, note=own) for said, thought, text, own in cells]
    rows = rows_of(rendered(records, ("note",), exact=exact))
    read = [row if exact else list(map(unguard, row)) for row in rows[1:]]
    assert [(row[3], row[2], row[1], row[11]) for row in read] == [tuple(map(storable, one)) for one in cells]
    assert {len(row) for row in rows} == {12}


@given(st.lists(st.tuples(TEXT, TEXT), min_size=1, max_size=4))
@settings(max_examples=100, deadline=None)
def test_pandas_reads_the_same(cells: list[tuple[str, str]]) -> None:
    content = rendered([record(said, None, text) for said, text in cells])
    frame = pd.read_csv(io.BytesIO(content), dtype=str, keep_default_na=False, encoding="utf-8-sig")
    assert list(frame.columns) == HEADING.split(",")
    assert [unguard(cell) for cell in frame["final_answer"]] == [storable(said) for said, _ in cells]
    assert [unguard(cell) for cell in frame["question"]] == [storable(text) for _, text in cells]


def test_what_utf8_and_csv_readers_cannot_hold_is_shown_by_a_sign() -> None:
    content = rendered([record("a\0b\ud800c")])
    assert b"\0" not in content
    assert "a␀b" in content.decode()
    assert "\ufffdc" in content.decode()
    assert views.render_txt(record("a\0b\ud800c")).decode().count("␀") == 1


# --- output.txt --------------------------------------------------------------------------------------------


def test_a_block_of_output_txt_byte_for_byte() -> None:
    assert views.render_txt(record("Because.", "mm\nhm", "¿Por qué?")).decode() == (
        "Timestamp: 2026-11-21T12:00:00Z\nQuestion: ¿Por qué?\nThought Process: mm\nhm\nFinal Answer: Because.\n"
        + "-" * 50
        + "\n\n"
    )


@pytest.mark.parametrize("thoughts", [None, ""])
def test_without_thoughts_there_is_no_line_for_them(thoughts: str | None) -> None:
    assert b"Thought Process" not in views.render_txt(record("a", thoughts))


def test_output_txt_is_not_guarded_and_has_no_head() -> None:
    assert view_of("txt").head == b""
    assert b"Final Answer: =1\n" in views.render_txt(record("=1"))


@pytest.mark.parametrize(
    ("names", "made"), [(("csv", "txt"), ["csv", "txt"]), (("txt",), ["txt"]), (("csv",), ["csv"]), ((), [])]
)
def test_only_the_views_asked_for_are_made(names: tuple[str, ...], made: list[str]) -> None:
    assert [view.name for view in views.make(PLACE, names, (), exact=False)] == made
    assert not list(PLACE.glob("output.*"))


@given(st.lists(st.text(st.sampled_from("\",\r\n '\0a;\t=ท\ud800")), min_size=2, max_size=6))
@settings(max_examples=300, deadline=None)
def test_a_row_is_quoted_as_pythons_own_writer_does(cells: list[str]) -> None:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\r\n").writerow(cells)
    assert views._csv_row(cells) == views._stored(buffer.getvalue())
