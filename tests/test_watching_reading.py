"""The files of a dataset taken in as they grow: each line once, whoever writes, cuts or replaces them."""

import json
import math
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from dset import answers, rejections
from dset.folders import Folder
from dset.watching import ledger, tailing
from dset.watching.history import POINTS, History
from dset.watching.ledger import Entry, Ledger
from dset.watching.reading import Reading
from dset.watching.tailing import Tail
from tests import samples

RUN = "20261121T120000Z-0000"
START = datetime(2026, 11, 21, 12, tzinfo=UTC)


def line(text: str, **more: Any) -> bytes:
    return answers.as_line(answers.as_record(samples.answer(samples.question(text), **more)))


def read(tail: Tail) -> list[bytes]:
    return [one for lines in tail.lines(math.inf) for one in lines]


def test_each_whole_line_is_given_once_and_a_torn_end_when_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "lines"
    tail = Tail(path)
    assert read(tail) == []
    path.write_bytes(b"one\ntwo\nthr")
    assert read(tail) == [b"one", b"two"]
    with path.open("ab") as stream:
        stream.write(b"ee\n")
    assert read(tail) == [b"three"]
    assert read(tail) == []
    assert (tail.count, tail.times) == (3, 0)


@pytest.mark.parametrize("how", ["shorter", "as long", "longer", "another file"])
def test_a_file_that_is_another_one_now_is_read_from_its_beginning(tmp_path: Path, how: str) -> None:
    path = tmp_path / "lines"
    path.write_bytes(b"one\ntwo\n")
    tail = Tail(path)
    assert len(read(tail)) == 2
    new = {
        "shorter": b"six\n",
        "as long": b"six\nten\n",
        "longer": b"six\nten\nsix\n",
        "another file": b"one\ntwo\n1\n",
    }[how]
    if how == "another file":
        (tmp_path / "new").write_bytes(new)
        os.replace(tmp_path / "new", path)
    else:
        path.write_bytes(new)
    assert read(tail) == new.split(b"\n")[:-1]
    assert tail.times == 1


def test_a_line_without_end_is_kept_up_to_a_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tailing, "_BLOCK", 1_000)
    monkeypatch.setattr(tailing, "_LONGEST", 5_000)
    path = tmp_path / "lines"
    path.write_bytes(b"x" * 1_000_000 + b"\nnext\n")
    found = read(Tail(path))
    assert found[-1] == b"next"
    assert [len(one) <= 7_000 for one in found] == [True, True]


def test_a_slice_ends_at_its_deadline_and_the_next_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tailing, "_BLOCK", 100)
    path = tmp_path / "lines"
    path.write_bytes(b"".join(b"%06d\n" % n for n in range(100)))
    tail, found = Tail(path), []
    for _ in range(7):
        assert not tail.is_level
        found += [one for lines in tail.lines(0.0) for one in lines]
    assert tail.is_level
    assert found == [b"%06d" % n for n in range(100)]


LINES = [
    line("plain"),
    line("with a cost", cost_usd=0.00031, run="another"),
    line("small", cost_usd=1e-9, seconds=0.0),
    line('", "model": "x", "endpoint": "y", "run": "z", "finish_reason": null, "prompt_tokens": 7'),
    line("no usage", came=samples.reply(prompt_tokens=None, completion_tokens=None, cached_tokens=None)),
    line("odd name", endpoint='a "quoted" \\ name', model="ก\u2028"),
    answers.as_line(
        answers.as_record(samples.answer(samples.question("cols", columns={"model": "m", "run": "r"})))
    ),
    b'{"metadata": {"timestamp": "2025-01-01T00:00:00", "question": "old"}, "response": {"answer": "yes"}}\n',
]


def test_a_line_counts_the_same_whether_it_is_parsed_or_not(monkeypatch: pytest.MonkeyPatch) -> None:
    def told() -> tuple[Any, ...]:
        heard: list[Entry] = []
        one = Ledger(heard.append)
        one.add([each[:-1] for each in LINES])
        return one.answers, one.damaged, one.tokens, one.bill, one.endpoints, heard

    quick = told()
    monkeypatch.setattr(ledger, "_BEGINS", b"\0")
    assert quick == told()
    assert quick[0] == len(LINES)


def test_a_plain_line_is_never_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "parse", None)
    one = Ledger(lambda _: None)
    one.add([LINES[0][:-1], LINES[3][:-1]])
    assert one.answers == 2


def test_a_journal_that_is_replaced_is_counted_anew_and_what_failed_with_it(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    folder.journal.write_bytes(line("one") + line("two"))
    failed = rejections.as_record(samples.rejection(samples.question("two")))
    folder.rejected.write_bytes(answers.as_line(failed))
    one = Reading(folder)
    one.go_on({}, RUN, 1)
    assert (one.ledger.answers, one.failing.count()["ERROR"]) == (2, 0)
    folder.journal.write_bytes(line("one"))  # the user had the row asked again
    one.go_on({}, RUN, 1)
    assert (one.ledger.answers, one.failing.count()["ERROR"]) == (1, 1)
    assert one.newest()[0]["n"] == 1


def test_of_a_large_journal_the_last_run_is_read_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tailing, "_BLOCK", 800)
    folder = Folder(tmp_path)
    older = b"".join(line(f"old {n}", run="old") for n in range(50))
    folder.journal.write_bytes(older + line("new"))
    begins = {"begins": [len(older), 0]}
    one = Reading(folder)
    one.go_on(begins, RUN, 0.0)
    assert one.ledger.answers < 5
    newest, reading = one.newest()[0], one.state
    assert (newest["question"], newest["n"]) == ("new", None)
    assert reading is not None
    assert reading["bytes"] < reading["of"] == len(older) + len(line("new"))
    one.go_on(begins, RUN, 1)
    assert (one.ledger.answers, one.newest()[0]["n"], one.state) == (51, 51, None)
    wrong = Reading(folder)
    wrong.go_on({"begins": [len(older) - 3, 0]}, RUN, 1)  # no line begins there
    assert (wrong.ledger.answers, wrong.ledger.damaged) == (51, 0)


def _at(seconds: float) -> str:
    return (START + timedelta(seconds=seconds)).isoformat(timespec="seconds").replace("+00:00", "Z")


def test_a_long_run_is_told_in_few_steps_without_losing_an_answer() -> None:
    one = History()
    one.begin(RUN)
    for second in range(0, 40_000, 7):
        one.answered(RUN, _at(second), 2.0 if second % 2 else 1.0, 0.001)
    one.answered("another", _at(5), 1.0, 1.0)
    one.failed(RUN, _at(50), None, is_row=True)
    one.failed(RUN, "nonsense", None, is_row=True)
    told = one.told()
    points = told["points"]
    assert POINTS / 3 < len(points) <= POINTS
    assert sum(point["answered"] for point in points) == len(range(0, 40_000, 7))
    assert sum(point["failed"] for point in points) == 1
    assert [point["at"] for point in points] == sorted({point["at"] for point in points})
    assert points[3]["p50"] == pytest.approx(1.0, rel=0.03)
    assert points[3]["p90"] == pytest.approx(2.0, rel=0.03)


def test_the_recent_rate_is_of_the_last_minute_or_of_a_younger_run() -> None:
    one = History()
    one.begin(RUN)
    for second in range(600):
        for _ in range(1 if second < 500 else 3):
            one.answered(RUN, _at(second), 1.0, None)
    assert one.recent(START + timedelta(seconds=600), START) == pytest.approx(3.0, rel=0.05)
    assert one.recent(START + timedelta(seconds=900), START) == 0
    assert one.recent(START + timedelta(seconds=20), START + timedelta(seconds=10)) is not None
    assert one.recent(START, START) is None


def test_of_a_line_that_is_too_long_its_answer_counts_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tailing, "_BLOCK", 1_000)
    monkeypatch.setattr(tailing, "_LONGEST", 3_000)
    folder = Folder(tmp_path)
    long = json.loads(line("long"))
    long["response"]["answer"] = "x" * 100_000
    folder.journal.write_bytes(answers.as_line(long) + line("next"))
    one = Reading(folder)
    one.go_on({}, RUN, 5)
    assert (one.ledger.answers, one.ledger.damaged) == (2, 0)
