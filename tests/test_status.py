"""The verb `status`: it says what the next run will do, and changes nothing."""

import csv
import tempfile
from pathlib import Path
from typing import Any

import pytest

from dset import answers, inspection, locks, rejections, status
from dset.failures import Kind
from dset.folders import Folder
from dset.outputs import Outputs
from dset.settings import load
from tests import samples
from tests.running import questions_csv

PLACE, FOLDER, QUESTIONS = Path(), Path("dset_generator"), Path("q.csv")
JOURNAL, CSV, TXT = FOLDER / "output.json", FOLDER / "output.csv", FOLDER / "output.txt"


@pytest.fixture(autouse=True)
def temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


def look(**given: Any) -> inspection.Report:
    """The report; nothing may have changed by it."""
    before = {path: path.read_bytes() for path in PLACE.rglob("*") if path.is_file()}
    report = status.look(load(given, {}))
    assert {path: path.read_bytes() for path in PLACE.rglob("*") if path.is_file()} == before
    assert not [line for line in report.lines if "\n" in line]
    return report


def answered(*texts: str, close: bool = True, **columns: str) -> Outputs:
    """A run that answered these rows, in order from row 2."""
    outputs = Outputs(FOLDER, print)
    outputs.recover(QUESTIONS)
    outputs.open(tuple(columns), ("csv", "txt"), csv_exact=False)
    outputs.commit(samples.answers_to(*texts, columns=columns))
    if close:
        outputs.close(QUESTIONS)
    return outputs


def line(report: inspection.Report, part: str) -> str:
    (found,) = [line for line in report.lines if part in line]
    return found


def test_a_folder_that_is_level_and_done_has_status_0() -> None:
    questions_csv(PLACE, "one", "two")
    answered("one", "two")
    report = look()
    assert report.lines == [
        f"{JOURNAL}: 2 answers; tokens: 20 in (8 cached), 10 out (0 thinking); cost: unknown",
        f"{QUESTIONS}: 2 rows, 2 done, 0 to do, 0 blocked, 0 left alone, 0 empty",
        "the next run asks nothing: all rows are answered",
        f"{CSV}: level with the journal",
        f"{TXT}: level with the journal",
    ]
    assert report.exit_status == 0


def test_rows_to_do_have_status_1_and_bookmarked_ones_come_first() -> None:
    questions_csv(PLACE, "one", "two", "three", "", status={3: "ERROR"})
    answered("one")
    report = look()
    assert "3 rows, 1 done, 2 to do, 0 blocked, 0 left alone, 1 empty" in line(report, "q.csv")
    assert "the next run asks 2 times; the 1 bookmarked ones first" in report.lines
    assert report.exit_status == 1


def test_before_the_first_run_there_are_no_answers_yet() -> None:
    questions_csv(PLACE, "one")
    report = look()
    assert report.lines[0] == f"{JOURNAL}: no answers yet"
    assert report.exit_status == 1
    assert not FOLDER.exists()


def test_why_rows_failed_is_told_the_most_frequent_first() -> None:
    questions_csv(PLACE, "a", "b", "c", "d", "e", status={2: "ERROR", 3: "ERROR", 4: "BLOCKED", 5: "ERROR"})
    outputs = answered("e", close=False)
    settings = load({}, {}).fingerprint
    rows: list[tuple[str, int, str, str]] = [
        ("a", 2, Kind.OUTAGE, "HTTP 503"),
        ("b", 3, Kind.OUTAGE, "HTTP 503"),
        ("c", 4, Kind.REFUSAL, "no"),
        ("d", 5, Kind.CUT_SHORT, "cut"),
        ("e", 6, Kind.OUTAGE, "answered since"),
    ]
    outputs.reject(
        [
            samples.rejection(samples.question(text, row), kind, reason=why, settings=settings)
            for text, row, kind, why in rows
        ]
    )
    outputs.close(QUESTIONS)
    report = look()
    assert [one for one in report.lines if one.startswith("  ")] == [
        "  2 x outage (first in row 2): HTTP 503",
        "  1 x refusal (first in row 4): no",
        "  1 x cut short (first in row 5): cut",
    ]
    assert "5 rows, 1 done, 2 to do, 1 blocked, 1 left alone" in line(report, "q.csv")
    assert "4 to do, 0 blocked, 0 left alone" in line(look(retry_failed=True), "q.csv")


def test_what_only_a_flag_asks_again_is_left_alone_and_is_no_success() -> None:
    questions_csv(PLACE, "a", status={2: "ERROR"})
    outputs = answered(close=False)
    fingerprint = load({}, {}).fingerprint
    outputs.reject([samples.rejection(samples.question("a"), Kind.CUT_SHORT, settings=fingerprint)])
    outputs.close(QUESTIONS)
    report = look()
    assert "the next run asks nothing; --retry-failed asks what is blocked or left alone" in report.lines
    assert report.exit_status == 1


def test_answers_without_a_row_are_told() -> None:
    questions_csv(PLACE, "one")
    answered("one", "gone")
    report = look()
    assert line(report, "1 answer without a row")
    assert report.exit_status == 0


@pytest.mark.parametrize("name", ["output.csv", "output.txt"])
@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda data: None, "missing; the next run writes it"),
        (lambda data: data[:-20], "behind the journal; the next run completes it"),
        (lambda data: data + b"\0" * 9, "level with the journal"),
        (
            lambda data: data.replace(b"one", b"own"),
            "was edited, from byte N on; the next run sets it aside and makes it anew",
        ),
    ],
    ids=["missing", "torn", "NULs", "edited"],
)
def test_each_view_is_told_as_the_next_run_will_find_it(name: str, change: Any, said: str) -> None:
    questions_csv(PLACE, "one")
    answered("one")
    path = FOLDER / name
    whole = path.read_bytes()
    changed = change(whole)
    path.unlink() if changed is None else path.write_bytes(changed)
    report = look()
    first = next((at for at, byte in enumerate(whole) if (changed or b"")[at : at + 1] != bytes([byte])), 0)
    assert line(report, name) == f"{path}: {said}".replace("N", str(first + 1))
    assert report.exit_status == ("level" not in said)


def test_other_columns_mean_that_output_csv_is_made_anew() -> None:
    QUESTIONS.write_text("question,topic\none,x\n", encoding="utf-8")
    answered("one")
    assert line(look(), "output.csv").endswith("has other columns or guards; the next run makes it anew")
    answered(topic="x")
    assert look().exit_status == 0


def test_columns_of_rows_that_all_failed_are_no_edit() -> None:
    QUESTIONS.write_text("question,topic\none,x\n", encoding="utf-8")
    answered("one")
    answered(topic="x")
    QUESTIONS.write_text("question\none\n", encoding="utf-8")
    assert look().exit_status == 0


def test_a_torn_last_line_is_told_and_left_as_it_is() -> None:
    questions_csv(PLACE, "one")
    answered("one")
    with JOURNAL.open("ab") as stream:
        stream.write(b'{"metadata": {')
    report = look()
    assert line(report, "torn") == f"{JOURNAL}: 14 bytes of a torn last line; the next run cuts them off"
    assert report.exit_status == 1
    assert f"{CSV}: level with the journal" in report.lines


@pytest.mark.parametrize(
    ("break_", "said"),
    [
        (lambda: JOURNAL.write_bytes(b"oops\n" + JOURNAL.read_bytes()), "output.json line 1 is damaged"),
        (lambda: QUESTIONS.write_bytes(b"question\ncaf\xe9\n"), "q.csv"),
        (QUESTIONS.unlink, "no such file"),
    ],
)
def test_what_a_person_must_look_at_has_status_2(break_: Any, said: str) -> None:
    questions_csv(PLACE, "one")
    answered("one")
    break_()
    report = look()
    assert line(report, said)
    assert report.exit_status == 2


def test_answers_in_output_csv_alone_count_as_the_next_run_counts_them() -> None:
    questions_csv(PLACE, "one", "=two", "three")
    answered("one", "=two")
    JOURNAL.unlink()
    report = look()
    assert report.lines[0] == f"{JOURNAL}: missing; the next run takes 2 answers from output.csv"
    assert "2 done, 1 to do" in line(report, "q.csv:")
    CSV.write_bytes(b"a;b\n")
    assert look().exit_status == 2


def test_answers_in_the_rescue_file_count_as_the_next_run_counts_them() -> None:
    questions_csv(PLACE, "one", "two", "three")
    answered("one")
    kept = [answers.as_record(one) for one in samples.answers_to("one", "two")]
    samples.write_lines(Folder(FOLDER).rescue, [*kept, rejections.as_record(samples.rejection())])
    report = look()
    assert "2 done, 1 to do" in line(report, "q.csv:")
    assert line(report, "answers wait in").endswith("the next run takes them up")
    assert report.exit_status == 1


@pytest.mark.parametrize(
    ("given", "counts"),
    [({}, "3 rows, 2 done, 1 to do"), ({"output": "elsewhere"}, "3 rows, 0 done, 3 to do")],
)
def test_rows_above_the_original_tools_bookmark_count_as_the_next_run_counts_them(
    given: dict[str, str], counts: str
) -> None:
    questions_csv(PLACE, "one", "one", "three", status={4: "ERROR"})
    report = look(**given)
    assert counts in line(report, "q.csv:")
    assert any("2 rows count as done before" in one for one in report.lines) is (not given)


def test_only_the_views_that_are_wanted_are_looked_at() -> None:
    questions_csv(PLACE, "one")
    answered("one")
    CSV.unlink()
    assert look(views="txt").exit_status == 0


def test_a_run_that_goes_on_is_told() -> None:
    questions_csv(PLACE, "one")
    answered("one")
    lock = locks.Lock(FOLDER / ".lock", "the folder")
    lock.acquire()
    try:
        report = status.look(load({}, {}))
    finally:
        lock.release()
    assert "a run is going on (pid" in report.lines[0]
    assert report.exit_status == 1


def test_original_output_csv_is_counted_by_its_questions() -> None:
    questions_csv(PLACE, "one", "two")
    FOLDER.mkdir()
    with CSV.open("w", encoding="utf-8", newline="") as stream:
        heading = ["timestamp", "question", "thoughts", "final_answer"]
        csv.writer(stream).writerows([heading, [samples.NOW, "one", "", "1"]])
    assert "1 done, 1 to do" in line(look(), "q.csv:")


# --- the check of integrity


def test_each_damaged_line_of_the_journal_is_told_with_its_number_and_what_is_sound_is_counted() -> None:
    questions_csv(PLACE, *"abcdef")
    answered(*"abcdef")
    lines = JOURNAL.read_bytes().split(b"\n")
    lines[1], lines[3] = lines[1][:40], b"\0" * 30
    JOURNAL.write_bytes(b"\n".join(lines))
    report = look()
    assert report.exit_status == 2
    assert "4 answers" in report.lines[0]
    assert [one.split(" ")[2] for one in report.lines if "is damaged" in one] == ["2", "4"]
    assert not [one for one in report.lines if "output.csv" in one], "what follows from it is not told"


def test_of_many_damaged_lines_the_first_are_told_and_the_others_counted() -> None:
    questions_csv(PLACE, "a")
    answered("a")
    JOURNAL.write_bytes(JOURNAL.read_bytes() + b"{}\n" * 25)
    report = look()
    assert len([one for one in report.lines if "is damaged" in one]) == 10
    assert line(report, "more lines") == f"{JOURNAL}: 15 more lines are damaged"


def test_an_id_that_stands_in_two_lines_is_for_a_person_to_look_at() -> None:
    questions_csv(PLACE, "a", "b")
    answered("a", "b")
    JOURNAL.write_bytes(JOURNAL.read_bytes().split(b"\n")[0] + b"\n" + JOURNAL.read_bytes())
    report = look()
    assert "1 answer under an id that another line has" in line(report, "under an id")
    assert report.exit_status == 2


def test_a_missing_file_of_raw_bytes_is_told() -> None:
    questions_csv(PLACE, "a")
    outputs = Outputs(FOLDER, print)
    outputs.recover(QUESTIONS)
    outputs.open((), (), csv_exact=False)
    outputs.commit([samples.answer(samples.question("a"), samples.reply(raw=b"\xff"))])
    outputs.close(QUESTIONS)
    assert look(views="none").exit_status == 0
    next((FOLDER / "raw").iterdir()).unlink()
    assert "1 file that it names" in line(look(views="none"), "raw")


def test_what_a_kill_left_is_told_and_the_next_run_clears_it() -> None:
    questions_csv(PLACE, "a")
    answered("a")
    (FOLDER / ".output.csv.new").write_bytes(b"half")
    (PLACE / ".q.csv.new").write_bytes(b"half")
    report = look()
    assert report.exit_status == 1
    assert len([one for one in report.lines if "the next run clears that up" in one]) == 2


def test_what_was_cut_off_after_a_crash_is_told_and_is_no_fault() -> None:
    questions_csv(PLACE, "a")
    answered("a")
    (FOLDER / "output.json.torn").write_bytes(b'{"meta\n')
    report = look()
    assert report.exit_status == 0
    assert line(report, ".torn").endswith("7 bytes that were cut off after a crash; no answer is in them")


def test_a_line_of_rejected_json_that_cannot_be_read_is_for_a_person_to_look_at() -> None:
    questions_csv(PLACE, "a")
    answered("a")
    (FOLDER / "rejected.json").write_bytes(b"{}\n{}\n")
    report = look()
    assert report.exit_status == 2
    assert "cannot read line 1, 2" in line(report, "rejected.json")


def test_a_torn_end_of_rejected_json_is_no_damage_and_the_next_run_cuts_it_off() -> None:
    questions_csv(PLACE, "a")
    answered("a")
    (FOLDER / "rejected.json").write_bytes(b'{"meta')
    report = look()
    assert report.exit_status == 1
    assert line(report, "rejected.json").endswith("6 bytes of a torn last line; the next run cuts them off")
