"""The answers of an output folder as an index shows them, while a run adds to them."""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from dset import answers, rejections
from dset.answers import Record
from dset.browsing import following, selecting
from dset.browsing.index import Index
from dset.browsing.query import Query
from dset.errors import StorageError
from dset.failures import Kind
from dset.folders import Folder
from tests import samples

Open = Callable[[], Index]


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    made = Folder(tmp_path / "out")
    made.path.mkdir()
    return made


@pytest.fixture
def opened(folder: Folder, tmp_path: Path) -> Iterator[Open]:
    with ExitStack() as stack:

        def open_index() -> Index:
            place = tmp_path / f"place{len(os.listdir(tmp_path))}"
            place.mkdir()
            return stack.enter_context(Index(folder, place))

        yield open_index


def said(text: str, answer: str, row: int = 2, **more: Any) -> Record:
    """An answer's line; `more` as the metadata."""
    asked = samples.question(text, row, columns=more.pop("columns", {}))
    record = answers.as_record(samples.answer(asked, samples.reply(answer, more.pop("reasoning", None))))
    record["metadata"] |= more
    return record


def append(path: Path, *records: Record) -> None:
    with path.open("ab") as stream:
        stream.writelines(map(answers.as_line, records))


def refused(text: str, kind: str = Kind.OUTAGE, reason: str = "no connection") -> Record:
    return rejections.as_record(samples.rejection(samples.question(text), kind, reason=reason))


def found(index: Index, **asked: Any) -> list[str]:
    """The questions on a page."""
    return [row["question"] for row in index.page(Query(**asked))["rows"]]


def stamps(count: int) -> list[str]:
    return [f"2026-11-21T12:00:{second:02}Z" for second in range(count)]


def test_all_answers_are_shown_the_newest_first(folder: Folder, opened: Open) -> None:
    lines = [said(f"q{at}", "x", timestamp=stamp) for at, stamp in enumerate(stamps(3))]
    append(folder.journal, *lines)
    index = opened()
    assert index.refresh()
    assert found(index) == ["q2", "q1", "q0"]
    assert found(index, limit=1, offset=1) == ["q1"]
    assert index.page(Query(limit=1))["total"] == 3


def test_a_search_finds_words_of_any_language_in_any_of_the_texts(folder: Folder, opened: Open) -> None:
    append(
        folder.journal,
        said("Straße", "Der FLUSS"),
        said("b", "今天去公园散步"),
        said("c", "x", reasoning="กิน น้ำ แล้ว"),
        said("d", "Cafe\u0301 zero\u200bwidth"),
    )
    append(folder.rejected, refused("e", reason="the Service refused"))
    index = opened()
    index.refresh()
    assert found(index, q="STRASSE") == ["Straße"]
    assert found(index, q="fluss") == ["Straße"]
    assert found(index, q="公园") == found(index, q="去 公园") == ["b"]
    assert found(index, q="กินน้ำ") == ["c"]
    assert found(index, q="CAFÉ") == found(index, q="zerowidth") == ["d"]
    assert found(index, q="service REFUSED") == ["e"]
    assert found(index, q="straße der") == found(index, q="fluss b") == []  # not from one text into the next
    assert len(found(index, q="  ")) == 5


def test_a_search_goes_on_in_what_came_since(folder: Folder, opened: Open) -> None:
    append(folder.journal, said("q1", "a needle"))
    index = opened()
    index.refresh()
    assert found(index, q="needle") == ["q1"]
    append(folder.journal, said("q2", "hay", timestamp="2027"), said("q3", "a needle", timestamp="2028"))
    index.refresh()
    assert found(index, q="needle") == ["q3", "q1"]
    assert index.page(Query(q="needle"))["total"] == 2


def test_a_word_in_thousands_of_answers_is_filtered_as_one_in_few(folder: Folder, opened: Open) -> None:
    append(folder.journal, *(said(f"q{at}", "common" if at % 3 else "rare", row=at) for at in range(3_500)))
    index = opened()
    index.refresh()
    page = index.page(Query(q="common", sort="row", order="desc", limit=2))
    assert page["total"] == 2_333
    assert [row["row"] for row in page["rows"]] == [3_499, 3_497]


def test_filters_hold_together(folder: Folder, opened: Open) -> None:
    append(
        folder.journal,
        said("a", "12345", model="m1", cost_usd=0.5),
        said("b", "123", model="m1", cost_usd=0.1),
        said("c", "12345", model="m2", cost_usd=0.1),
        said("d", "12345", model="m1", cost_usd=None),
    )
    index = opened()
    index.refresh()
    assert found(index, model="m1", length_from=4, length_to=5, cost_from=0.2, cost_to=0.5) == ["a"]
    assert set(found(index, model="m1", length_from=4)) == {"a", "d"}
    assert found(index, model="m\udc00") == []


def test_what_is_not_known_comes_last_in_either_order(folder: Folder, opened: Open) -> None:
    append(
        folder.journal, said("a", "x", cost_usd=2), said("b", "x", cost_usd=None), said("c", "x", cost_usd=1)
    )
    index = opened()
    index.refresh()
    assert found(index, sort="cost") == ["c", "a", "b"]
    assert found(index, sort="cost_usd", order="desc") == ["a", "c", "b"]


def test_of_the_rejections_of_a_row_the_last_is_shown_until_it_is_answered(
    folder: Folder, opened: Open
) -> None:
    append(folder.rejected, refused("a", reason="first"), refused("a", Kind.REFUSAL, "second"), refused("b"))
    index = opened()
    index.refresh()
    page = index.page(Query(sort="id"))
    assert sorted((row["question"], row["status"], row["reason"]) for row in page["rows"]) == [
        ("a", Kind.REFUSAL.value, "second"),
        ("b", Kind.OUTAGE.value, "no connection"),
    ]
    append(folder.journal, said("a", "now"))
    index.refresh()
    assert sorted((row["question"], row["status"]) for row in index.page(Query())["rows"]) == [
        ("a", "answered"),
        ("b", "outage"),
    ]
    assert sorted(index.facets()["statuses"]) == [["answered", 1], ["outage", 1]]
    again = opened()  # whichever file is read first
    again.refresh()
    assert again.page(Query(sort="id")) == index.page(Query(sort="id"))


def test_a_try_that_was_repeated_is_shown_only_where_it_is_asked_for(folder: Folder, opened: Open) -> None:
    append(folder.rejected, refused("a", Kind.CUT_SHORT), refused("a", rejections.RETRIED, "blank"))
    index = opened()
    index.refresh()
    assert [row["status"] for row in index.page(Query())["rows"]] == [Kind.CUT_SHORT.value]
    assert index.page(Query())["total"] == 1
    assert [row["reason"] for row in index.page(Query(status=rejections.RETRIED))["rows"]] == ["blank"]
    assert [rejections.RETRIED, 1] in index.facets()["statuses"]


def test_a_torn_line_waits_and_a_whole_one_without_its_end_does_not(folder: Folder, opened: Open) -> None:
    line = answers.as_line(said("b", "x"))
    append(folder.journal, said("a", "x"))
    with folder.journal.open("ab") as stream:
        stream.write(line[:-20])
    index = opened()
    assert index.refresh()
    assert found(index) == ["a"]
    with folder.journal.open("ab") as stream:
        stream.write(line[-20:-1])
    index.refresh()
    assert sorted(found(index)) == ["a", "b"]
    with folder.journal.open("ab") as stream:
        stream.write(b"\n" + answers.as_line(said("c", "x")))
    index.refresh()
    assert sorted(found(index)) == ["a", "b", "c"]
    assert index.page(Query())["damaged"] == 0


def test_damaged_lines_are_counted_and_passed_over(folder: Folder, opened: Open) -> None:
    append(folder.journal, said("a", "x"))
    with folder.journal.open("ab") as stream:
        stream.write(b'{"metadata": {}\n\xff\xfe\n[]\n\n')
    append(folder.journal, said("b", "x"))
    index = opened()
    index.refresh()
    assert sorted(found(index)) == ["a", "b"]
    assert index.facets()["damaged"] == 3


@pytest.mark.parametrize("how", ["replaced", "shortened", "edited", "edited and longer", "gone"])
def test_a_journal_that_is_no_longer_what_was_read_is_read_anew(
    folder: Folder, opened: Open, how: str
) -> None:
    append(folder.journal, said("aaa", "x", row=2), said("bbb", "x", row=3), said("ccc", "y" * 9_000, row=4))
    index = opened()
    index.refresh()
    data = folder.journal.read_bytes()
    lines = data.splitlines(keepends=True)
    new, left = {
        "replaced": (data.replace(b"aaa", b"ddd"), ["ddd", "bbb", "ccc"]),
        "shortened": (b"".join(lines[1:]), ["bbb", "ccc"]),
        "edited": (data.replace(b"aaa", b"ddd"), ["ddd", "bbb", "ccc"]),
        "edited and longer": (data.replace(b"aaa", b"dddd"), ["dddd", "bbb", "ccc"]),
        "gone": (b"", []),
    }[how]
    if how == "replaced":
        beside = folder.journal.with_name("new")
        beside.write_bytes(new)
        beside.replace(folder.journal)
    elif how == "gone":
        folder.journal.unlink()
    else:
        before = folder.journal.stat().st_mtime_ns
        folder.journal.write_bytes(new)
        os.utime(folder.journal, ns=(before + 10**9, before + 10**9))
    index.refresh()
    assert found(index, sort="row") == left
    assert index.page(Query(q="aaa"))["total"] == 0


def test_an_answer_that_is_opened_where_something_else_stands_is_noticed(
    folder: Folder, opened: Open
) -> None:
    """Edited in place and appended to meanwhile: neither the size nor the end tells."""
    append(folder.journal, said("aaa", "x", row=2), said("b", "y" * 9_000, row=3))
    index = opened()
    index.refresh()
    folder.journal.write_bytes(folder.journal.read_bytes().replace(b"aaa", b"ddd"))
    append(folder.journal, said("c", "x", row=4))
    index.refresh()
    assert index.entry(0) is None
    index.refresh()
    assert found(index, sort="row") == ["ddd", "b", "c"]


def test_reading_in_slices_shows_what_is_there_and_how_far_it_is(
    folder: Folder, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "_BLOCK", 100_000)
    append(folder.journal, *(said(f"q{at}", "x" * 200) for at in range(1_200)))
    index = opened()
    assert not index.refresh(0)
    page, size = index.page(Query()), folder.journal.stat().st_size
    assert 0 < page["total"] < 1_200
    assert 0 < page["reading"]["bytes"] < page["reading"]["of"] == size
    while not index.refresh(0):
        pass
    assert index.page(Query())["total"] == 1_200
    assert index.page(Query())["reading"] is None


def test_nothing_is_read_again_while_nothing_changes(folder: Folder, opened: Open) -> None:
    append(folder.journal, said("a", "x"))
    index = opened()
    index.refresh()
    status = folder.journal.stat()
    folder.journal.write_bytes(b"*" * status.st_size)
    os.utime(folder.journal, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert index.refresh()
    assert index.page(Query())["total"] == 1


def test_an_answer_is_opened_in_full(folder: Folder, opened: Open) -> None:
    long = "word " * 1_000
    columns = {"topic": "tea"}
    append(
        folder.journal,
        *(said(f"q{at}", long, timestamp=one, columns=columns) for at, one in enumerate(stamps(3))),
    )
    index = opened()
    index.refresh()
    middle = index.page(Query())["rows"][1]
    assert len(middle["answer"]) == 300
    entry = index.entry(middle["n"])
    assert entry is not None
    assert (entry["question"], entry["answer"], entry["columns"]) == ("q1", long, columns)
    assert entry["metadata"]["finish_reason"] == "stop"
    assert (entry["older"], entry["newer"]) == (
        index.page(Query())["rows"][2]["n"],
        index.page(Query())["rows"][0]["n"],
    )
    assert index.entry(10**6) is None
    assert index.entry(-1) is None
    assert index.entry(1 << 70) is None


def test_the_beginning_of_a_long_line_is_kept_and_its_whole_is_read_where_it_stands(
    folder: Folder, opened: Open
) -> None:
    append(folder.journal, said("q", "long " * 30_000))
    index = opened()
    index.refresh()
    (row,) = index.page(Query())["rows"]
    assert row["answer"].startswith("long long")
    assert row["length"] == 150_000
    entry = index.entry(row["n"])
    assert entry is not None
    assert len(entry["answer"]) == 150_000


def test_records_of_the_original_tool_are_shown_and_known_by_their_question(
    folder: Folder, opened: Open
) -> None:
    append(folder.journal, samples.original("Why?"), samples.original("How?"))
    index = opened()
    index.refresh()
    rows = {row["question"]: row for row in index.page(Query())["rows"]}
    assert rows["Why?"]["id"] == samples.question("Why?").id != rows["How?"]["id"]
    assert (rows["Why?"]["model"], rows["Why?"]["cost_usd"], rows["Why?"]["row"]) == ("", None, None)
    entry = index.entry(rows["Why?"]["n"])
    assert entry is not None
    assert entry["sent"] is None
    assert entry["sent_note"]


def test_the_label_of_a_plain_run_is_the_first_column_that_looks_like_a_class(
    folder: Folder, opened: Open
) -> None:
    rows = [said(f"q{at}", f"a{at}", columns={"note": f"n{at}", "topic": f"t{at % 3}"}) for at in range(30)]
    append(folder.journal, *rows)
    index = opened()
    index.refresh()
    facets = index.facets()
    assert (facets["label_name"], facets["labels"]) == ("topic", [["t0", 10], ["t1", 10], ["t2", 10]])
    assert index.page(Query(label="t1"))["total"] == 10


def test_the_label_is_told_anew_when_there_are_more_answers(folder: Folder, opened: Open) -> None:
    append(folder.journal, said("q", "a", columns={"topic": "t"}))
    index = opened()
    index.refresh()
    assert index.facets()["label_name"] is None
    append(folder.journal, *(said(f"q{at}", f"a{at}", columns={"topic": f"t{at % 2}"}) for at in range(9)))
    index.refresh()
    assert index.facets()["label_name"] == "topic"
    assert index.page(Query(label="t1"))["total"] == 4


def test_the_label_of_a_task_is_its_own_of_all_records_in_an_answer(folder: Folder, opened: Open) -> None:
    folder.plan.write_text('{"task": {"name": "t", "label": "mood"}}')
    data = {"records": [{"mood": "glad"}, {"mood": "sad"}], "slots": [1, 2]}
    line = said("q", "", columns={"slots": "1 2"})
    line["response"]["data"] = data
    append(folder.journal, line)
    index = opened()
    index.refresh()
    assert index.facets()["label_name"] == "mood"
    (row,) = index.page(Query(q="glad"))["rows"]
    assert row["label"] == "glad, sad"
    assert row["answer"] == '{"records": [{"mood": "glad"}, {"mood": "sad"}], "slots": [1, 2]}'


def test_pages_are_read_while_another_thread_takes_answers_in(
    folder: Folder, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "_BLOCK", 50_000)
    append(folder.journal, *(said(f"q{at}", "needle") for at in range(2_000)))
    index = opened()
    totals: list[int] = []

    def read() -> None:
        while not totals or totals[-1] < 2_000:
            page = index.page(Query(q="needle", sort="length"))
            totals.append(page["total"])

    reader = threading.Thread(target=read)
    reader.start()
    while not index.refresh(0):
        pass
    reader.join(60)
    assert totals == sorted(totals)
    assert totals[-1] == 2_000


def test_the_dataset_is_never_written_to(folder: Folder, opened: Open) -> None:
    append(folder.journal, said("a", "x"))
    append(folder.rejected, refused("b"))
    before = {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.path.iterdir()}
    index = opened()
    index.refresh()
    index.page(Query(q="x"))
    index.entry(0)
    after = {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.path.iterdir()}
    assert after == before


def test_a_closed_index_says_so(folder: Folder, opened: Open) -> None:
    index = opened()
    index.close()
    with pytest.raises(StorageError, match="closed"):
        index.page(Query())


def test_an_index_that_is_closed_while_it_is_read_ends_first_what_it_took_in(
    folder: Folder, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "_BLOCK", 1_000)
    append(folder.journal, *(said(f"q{at}", "x") for at in range(500)))
    index = opened()
    taken, go_on = threading.Event(), threading.Event()
    take = index._intake._take

    def held(*given: Any) -> None:
        take(*given)
        taken.set()
        go_on.wait(20)

    monkeypatch.setattr(index._intake, "_take", held)
    reader = threading.Thread(target=index.refresh)
    reader.start()
    assert taken.wait(20)
    closer = threading.Thread(target=index.close)
    closer.start()
    index.refresh()
    go_on.set()
    for thread in (reader, closer):
        thread.join(20)
    assert 0 < len(index._intake.sources[0].texts) < 500
    with pytest.raises(StorageError, match="closed"):
        index.page(Query())


def test_a_folder_without_answers_is_empty(opened: Open) -> None:
    index = opened()
    assert index.refresh()
    assert index.page(Query())["rows"] == []
    assert index.facets()["labels"] == []


def test_empty_files_are_read(folder: Folder, opened: Open) -> None:
    folder.journal.write_bytes(b"")
    folder.rejected.write_bytes(b"")
    index = opened()
    assert index.refresh()
    assert index.reading is None
    append(folder.journal, said("a", "x"))
    assert index.refresh()
    assert found(index) == ["a"]


def test_a_total_counts_what_is_shown_and_nothing_that_a_later_line_took_the_place_of(
    folder: Folder, opened: Open
) -> None:
    append(folder.rejected, refused("a needle"), refused("b needle"), refused("b needle"), refused("c"))
    index = opened()
    index.refresh()
    assert index.page(Query())["total"] == 3
    assert index.page(Query(q="needle"))["total"] == 2
    append(folder.journal, said("a needle", "x"), said("d", "x"))
    index.refresh()
    assert index.page(Query())["total"] == 4
    assert index.page(Query(q="needle"))["total"] == 2
    assert index.page(Query(q="needle", status="answered"))["total"] == 1


@pytest.mark.parametrize(("few", "part"), [(0, 1), (0, 10**9), (10**9, 1)])
def test_a_search_finds_the_same_however_its_hits_are_looked_up(
    folder: Folder, opened: Open, monkeypatch: pytest.MonkeyPatch, few: int, part: int
) -> None:
    monkeypatch.setattr(selecting, "_FEW", few)
    monkeypatch.setattr(selecting, "_PART", part)
    texts = [f"{'needle ' * (at % 3 > 0)}{at:02}" for at in range(30)]
    append(
        folder.journal, *(said(text, "x" * at, row=at, model="ab"[at % 2]) for at, text in enumerate(texts))
    )
    index = opened()
    index.refresh()
    held = [text for text in texts if "needle" in text]
    assert found(index, q="needle", sort="row") == held
    assert found(index, q="needle", sort="length", order="desc", limit=5) == held[::-1][:5]
    assert found(index, q="needle", sort="row", model="b") == [text for text in held if int(text[-2:]) % 2]
    assert index.page(Query(q="needle", model="b", limit=1))["total"] == 10
