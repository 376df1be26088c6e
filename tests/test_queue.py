"""The q.csv of a task: rows are added as the file stands, whoever saved it last."""

import csv
from pathlib import Path

import pytest

from dset.errors import QuestionsError
from dset.questions import Sheet
from dset.tasks import queue
from dset.tasks.queue import Row, slots_of
from tests.tasks import queue_rows

Q = Path("q.csv")
ROWS = [
    Row("Record 1:\n- label: good", (1,), {"label": "good", "topic": "food"}),
    Row('2 records, "all" different', (2, 3), {"label": "bad | good", "topic": "ของกิน, ขนม"}),
]


@pytest.fixture(autouse=True)
def _place(clean_place: Path) -> None:
    queue.create(Q, ["label", "topic"])


def test_a_new_queue_has_a_heading_that_a_spreadsheet_and_the_program_read() -> None:
    assert Q.read_bytes() == b"\xef\xbb\xbfquestion,status,slots,label,topic\r\n"


def test_rows_are_added_behind_those_that_stand() -> None:
    queue.add(Q, ROWS[:1])
    queue.add(Q, ROWS[1:])
    rows = queue_rows(Path())
    assert [row["question"] for row in rows] == [row.question for row in ROWS]
    assert [row["slots"] for row in rows] == ["1", "2 3"]
    assert rows[1]["topic"] == "ของกิน, ขนม"
    with Sheet(Q) as sheet:
        assert queue.takes(sheet) == {1: 1, 2: 1, 3: 1}


def test_a_queue_that_excel_saved_with_semicolons_in_utf_16_keeps_its_way() -> None:
    Q.write_bytes("topic;question;status;slots;label\nfood;old;;9;good".encode("utf-16"))
    queue.add(Q, ROWS)
    text = Q.read_bytes().decode("utf-16")
    assert text.startswith("topic;question;status;slots;label\nfood;old;;9;good\r\n")
    rows = list(csv.DictReader(text.splitlines(keepends=True), delimiter=";"))
    assert [row["slots"] for row in rows] == ["9", "1", "2 3"]
    assert rows[2]["label"] == "bad | good"


def test_what_stands_in_the_queue_stays_byte_for_byte() -> None:
    before = b'\xef\xbb\xbfquestion,status,slots,label,topic,mine\n"old, row",ERROR, 1 ,good,food,note\n'
    Q.write_bytes(before)
    queue.add(Q, ROWS[:1])
    assert Q.read_bytes().startswith(before)
    assert queue_rows(Path())[1]["mine"] == ""


def test_a_queue_without_its_slots_is_refused() -> None:
    Q.write_bytes(b"question,status\nold,\n")
    with pytest.raises(QuestionsError, match="its column slots is gone"):
        queue.add(Q, ROWS)


@pytest.mark.parametrize(
    ("cell", "slots"), [("7", (7,)), (" 1 2  3 ", (1, 2, 3)), ("", ()), ("x", ()), ("1,2", ()), ("²", ())]
)
def test_slots_are_whole_numbers_between_blanks(cell: str, slots: tuple[int, ...]) -> None:
    assert slots_of(cell) == slots
