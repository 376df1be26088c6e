"""A q.csv that the program plans, and that a person may have edited since."""

from pathlib import Path

import pytest

from dset import planned
from dset.errors import QuestionsError
from dset.questions import Sheet

Q = Path("q.csv")
HEADING = ["question", "status", "image", "file"]


@pytest.fixture(autouse=True)
def _place(clean_place: Path) -> None:
    assert clean_place == Path.cwd()


def rows() -> list[tuple[str, str, str]]:
    """Question, image and the column `file`."""
    with Sheet(Q) as sheet:
        asked = [sheet.question(record) for _, record in sheet.records()]
    return [(one.text, one.image, one.columns.get("file", "")) for one in asked]


def test_a_new_one_has_a_heading_that_a_spreadsheet_and_the_program_read() -> None:
    planned.create(Q, HEADING)
    assert Q.read_bytes() == b"\xef\xbb\xbfquestion,status,image,file\r\n"


def test_rows_are_added_behind_those_that_stand_whatever_is_in_their_cells() -> None:
    planned.create(Q, HEADING)
    planned.add(Q, [{"question": 'say "a, b"\nand c', "image": "1.jpg", "file": "น้ำ.jpg"}])
    planned.add(Q, [{"question": "q", "file": "="}, {"image": "2.jpg", "unknown": "x"}])
    assert rows() == [('say "a, b"\nand c', "1.jpg", "น้ำ.jpg"), ("q", "", "="), ("", "2.jpg", "")]


@pytest.mark.parametrize(
    ("head", "codec"),
    [
        ("status;question;image", "utf-8-sig"),
        ("image\tquestion\tstatus", "utf-8"),
        ("QUESTION,Image,mine,status", "utf-16"),
    ],
)
def test_they_fit_a_file_that_somebody_saved_in_another_form(head: str, codec: str) -> None:
    Q.write_bytes(head.encode(codec))  # without a line end
    planned.add(Q, [{"question": "ทำไม", "image": "1.jpg"}], ["question"])
    planned.add(Q, [{"question": "r"}])
    assert [one[:2] for one in rows()] == [("ทำไม", "1.jpg"), ("r", "")]
    assert Q.read_bytes().startswith(head.encode(codec))


def test_a_column_that_is_needed_and_gone_is_told_and_nothing_is_written() -> None:
    Q.write_bytes(b"question,status\n")
    planned.add(Q, [{"question": "q", "image": "1.jpg"}], ["question"])
    before = Q.read_bytes()
    with pytest.raises(QuestionsError, match=r"its column image is gone; undo that, or delete the file"):
        planned.add(Q, [{"question": "q", "image": "1.jpg"}], ["question", "image"])
    assert Q.read_bytes() == before


def test_half_a_character_in_a_name_is_no_crash() -> None:
    planned.create(Q, HEADING)
    planned.add(Q, [{"question": "q", "file": "\udcff.jpg"}])
    assert rows() == [("q", "", "\ufffd.jpg")]


def test_what_cannot_be_read_is_told_with_what_helps_here() -> None:
    Q.write_bytes(b"question\n\xff\xfe\x80\n")
    with pytest.raises(QuestionsError) as caught:
        planned.add(Q, [])
    told = str(planned.unreadable(caught.value))
    assert "--encoding" not in told
    assert told.endswith("; or delete the file: it is made anew")
