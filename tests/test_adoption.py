"""A lost output.json made again from output.csv."""

import csv
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dset import adoption, answers, tallies, views
from dset.answers import Record
from dset.contents import content_key
from dset.errors import JournalError
from dset.tallies import identify
from tests import samples

JOURNAL, CSV = Path("output.json"), Path("output.csv")
HARD = ["=1+1", "'=1+1", "''", "-5", "'tis", "a,b\r\nc", 'he "said"', "ทำไม\u2028?", "＝full"]
TEXT = st.text(
    st.one_of(
        st.sampled_from("'=+-@\t\r\n＝\",;\u2028"),
        st.characters(exclude_categories=["Cs"], exclude_characters="\0"),
    )
)


@pytest.fixture(autouse=True)
def no_syncs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Thousands of small files: what they hold is tested here, not that the disk has them."""
    monkeypatch.setattr(os, "fsync", lambda _: None)


def write_csv(records: list[Record], columns: tuple[str, ...] = (), *, exact: bool = False) -> bytes:
    view = views.make(Path(), ["csv"], columns, exact=exact)[0]
    CSV.write_bytes(b"".join(view.content(records)))
    return CSV.read_bytes()


def write_original(*rows: tuple[str, str]) -> None:
    """An output.csv as the original tool wrote it: no guards, LF or CRLF as its csv module had it."""
    with CSV.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["timestamp", "question", "thoughts", "final_answer"])
        writer.writerows((samples.NOW, question, "mm", said) for question, said in rows)


def adopted(*, exact: bool = False) -> list[Record]:
    count = adoption.from_csv(CSV, JOURNAL, exact=exact)
    records = list(answers.read(JOURNAL))
    assert len(records) == count
    return records


def test_every_answer_comes_back_with_its_id_its_figures_and_the_users_columns() -> None:
    asked = samples.question("Why?", row=9, number=3, columns={"topic": "=x", "model": "mine"})
    write_csv([answers.as_record(samples.answer(asked, samples.reply("So.", "mm")))], ("topic", "model"))
    (record,) = adopted()
    assert record == {
        "metadata": {
            "id": asked.id,
            "row": 9,
            "timestamp": samples.NOW,
            "question": "Why?",
            "model": "deepseek-flash",
            "prompt_tokens": 10,
            "completion_tokens": 5,
            "cost_usd": None,
            "seconds": 1.5,
            "columns": {"topic": "=x", "model": "mine"},
        },
        "response": {"reasoning": "mm", "answer": "So."},
    }


@pytest.mark.parametrize("exact", [False, True])
def test_guards_come_off_and_only_guards(exact: bool) -> None:
    write_csv([samples.record(text) for text in HARD], exact=exact)
    assert [record["metadata"]["question"] for record in adopted(exact=exact)] == HARD


@given(st.lists(st.tuples(TEXT, TEXT, TEXT), max_size=4))
@settings(max_examples=100, deadline=None)
def test_a_view_made_from_the_adopted_answers_is_the_same_to_the_byte(
    cells: list[tuple[str, str, str]],
) -> None:
    records = [
        answers.as_record(
            samples.answer(samples.question(text, columns={"=own": own}), samples.reply(said or "a"))
        )
        for text, said, own in cells
    ]
    before = write_csv(records, ("=own",))
    again = adopted()
    assert write_csv(again, ("=own",)) == before
    assert [identify(one["metadata"]) for one in again] == [identify(one["metadata"]) for one in records]


def test_the_original_tools_four_columns_are_taken_as_they_stand() -> None:
    write_original(*((text, f"answer to {text}") for text in HARD))
    records = adopted()
    assert [record["metadata"] for record in records] == [
        {"timestamp": samples.NOW, "question": text} for text in HARD
    ]
    assert records[1]["response"] == {"reasoning": "mm", "answer": "answer to '=1+1"}
    tally = answers.tally(JOURNAL, trusted=False)
    assert all(tally.claim(content_key(text)) for text in HARD)


def test_rows_of_the_original_tool_within_ours_are_known_by_their_question() -> None:
    write_csv([samples.original("old"), samples.record("new")])
    assert tallies.identify(adopted()[0]["metadata"]) == (content_key("old"), 1)


@pytest.mark.parametrize("tail", [b"", b"\0" * 100])
def test_half_an_answer_at_the_end_is_no_answer(tail: bytes) -> None:
    write_csv(
        [samples.record("one"), answers.as_record(samples.answer(came=samples.reply('a\r\n"b", c\nd')))]
    )
    whole = CSV.read_bytes()
    first = whole.index(b"2026", whole.index(b"one"))
    for end in range(first, len(whole) - 1):
        CSV.write_bytes(whole[:end] + tail)
        assert [record["response"]["answer"] for record in adopted()] == ["Because."], whole[first:end]
    CSV.write_bytes(whole + tail)
    assert len(adopted()) == 2


@pytest.mark.parametrize(
    "content",
    [b"", b"\xef\xbb\xbf", b"\0\0", b"timestamp,ques", b"timestamp,question,thoughts,final_answer\r\n"],
)
def test_a_view_without_answers_makes_an_empty_journal(content: bytes) -> None:
    CSV.write_bytes(content)
    assert adopted() == []
    assert JOURNAL.read_bytes() == b""


def test_rows_that_lack_cells_or_hold_no_numbers_are_taken_all_the_same() -> None:
    heading = ",".join(views.FIXED)
    CSV.write_text(
        f"{heading},topic\n,q1,,a1\n\n,q2,,a2,two,no-id,m,x,1e3,0.5,soon,t\n,,,\n", encoding="utf-8"
    )
    first, second = adopted()
    assert (first["metadata"]["id"], first["metadata"]["columns"]) == ("", {"topic": ""})
    figures = {
        name: second["metadata"][name] for name in ("row", "prompt_tokens", "completion_tokens", "cost_usd")
    }
    assert figures == {"row": None, "prompt_tokens": None, "completion_tokens": None, "cost_usd": 0.5}
    assert identify(second["metadata"]) == (content_key("q2"), 1)


def test_an_answer_longer_than_the_csv_module_allows_is_taken() -> None:
    write_csv([answers.as_record(samples.answer(came=samples.reply("x" * 200_000)))])
    assert len(adopted()[0]["response"]["answer"]) == 200_000


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"timestamp,question,thoughts,final_answer\n1,caf\xe9,,a\n", "can't decode byte 0xe9"),
        (b"timestamp;question;thoughts;final_answer\n1;q;;a\n", "no columns question and final_answer"),
        (b"name,price\nx,1\n", "no columns question and final_answer"),
        (b"question\nWhy?\n", "no columns question and final_answer"),
    ],
)
def test_a_file_that_is_no_output_csv_stops_the_run_before_anything_is_bought_again(
    content: bytes, why: str
) -> None:
    CSV.write_bytes(content)
    with pytest.raises(JournalError, match=why) as caught:
        adoption.from_csv(CSV, JOURNAL)
    assert "output.json is missing, so nothing is asked" in str(caught.value)
    assert caught.value.exit_status == 2
    assert "\n" not in str(caught.value)
    assert not JOURNAL.exists()
