"""What a run says at its beginning and its end, and the exit status that it ends with."""

import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dset import summary
from dset.failures import Kind
from dset.outputs import Outputs
from dset.plans import Plan, Rules
from dset.progress import Progress
from dset.prompts import Prompt
from dset.questions import Sheet
from dset.rejections import INTERRUPTED, INVALID
from dset.stops import STORAGE, Stopped
from tests import samples
from tests.running import questions_csv

FOLDER = Path("dset_generator")


@pytest.fixture
def sheet() -> Iterator[Sheet]:
    with Sheet(questions_csv(Path(), "one", "two")) as opened:
        yield opened


@pytest.fixture
def outputs() -> Outputs:
    made = Outputs(FOLDER, print)
    made.recover(Path("q.csv"))
    return made


def plan(sheet: Sheet, todo: int = 0, bookmarked: int = 0, **counts: Any) -> Plan:
    """A plan with these counts."""
    made = Plan(sheet, Rules("f1"), **counts)
    for number in range(todo):
        (made.first if number < bookmarked else made.later).add(number + 2, 1, 0)
    return made


def progress(total: int = 0, answered: int = 0, **kinds: int) -> Progress:
    """Counters after a run; `kinds` by name, with _ for a blank."""
    made = Progress(total)
    for _ in range(answered):
        made.saved(samples.reply())
    for name, count in kinds.items():
        for _ in range(count):
            made.rejected(samples.rejection(kind=name.replace("_", " ")))
    return made


def test_the_opening_line_counts_what_is_to_do_done_blocked_and_empty(sheet: Sheet) -> None:
    assert (
        summary.opening(plan(sheet, todo=3, done=1234, empty=1)) == "3 to do, 1,234 done, 0 blocked, 1 empty"
    )
    full = summary.opening(plan(sheet, todo=5, bookmarked=2, blocked=1, held={"cut short": 4}, beyond=1))
    assert full == (
        "4 to do (2 of them bookmarked ERROR or BLOCKED, asked first), 0 done, 1 blocked, 0 empty, "
        "4 left alone, 1 beyond --limit"
    )


def notes(made: Plan, outputs: Outputs, sheet: Sheet, text: str = "{question}", *changed: str) -> list[str]:
    prompt = Prompt(text, "", sheet.columns, Path())
    return summary.notes(made, outputs, list(changed), prompt)


def test_a_run_with_nothing_special_has_no_notes(sheet: Sheet, outputs: Outputs) -> None:
    assert notes(plan(sheet, todo=2), outputs, sheet) == []
    assert (
        notes(plan(sheet, todo=2), outputs, sheet, "{question}", "model") == []
    )  # nobody was asked with another


@pytest.mark.parametrize(
    ("counts", "text", "parts"),
    [
        ({"todo": 1}, "{question} {topci}", ["{topci}", "no such column"]),
        ({"todo": 1}, "hello", ["names no column"]),
        ({"done": 2}, "{question}", ["--model, --max-tokens changed", "2 rows", "--output"]),
        ({"held": {"cut short": 3}}, "{question}", ["3 cut short", "--retry-failed"]),
        ({"blocked": 4}, "{question}", ["4 BLOCKED", "--retry-failed"]),
        ({"gone": 1}, "{question}", ["1 answer without a row in q.csv", "stay"]),
        ({"suspects": [(7, " oh why?")]}, "{question}", ["row 7", "' oh why?'", "double quotes"]),
    ],
)
def test_what_a_user_should_know_is_one_note(
    sheet: Sheet, outputs: Outputs, counts: dict[str, Any], text: str, parts: list[str]
) -> None:
    (note,) = notes(plan(sheet, **counts), outputs, sheet, text, "model", "max-tokens")
    assert all(part in note for part in parts), note


STOPS = [Stopped(kind, "why") for kind in (Kind.STOP, Kind.ROW_FAULT)]
BREAKS = [Stopped(kind, "why") for kind in (Kind.OUTAGE, STORAGE, INTERRUPTED)]


@pytest.mark.parametrize(
    ("counts", "ended", "stopped", "number", "expected"),
    [
        ({}, {}, None, 0, 0),
        ({"done": 5, "blocked": 2, "beyond": 9}, {"answered": 3, "refusal": 2}, None, 0, 0),
        ({}, {"answered": 3, "outage": 1}, None, 0, 1),
        ({}, {"row_fault": 1}, None, 0, 1),
        ({"held": {"cut short": 1}}, {}, None, 0, 1),
        *[({}, {"answered": 1, "stop": 1}, stop, 0, 1) for stop in STOPS],
        *[({"done": 5}, {"stop": 1}, stop, 0, 2) for stop in STOPS],
        *[({}, {}, stop, 0, 1) for stop in BREAKS],
        ({}, {"answered": 3}, BREAKS[2], signal.SIGINT, 130),
        ({}, {}, STOPS[0], signal.SIGTERM, 143),
    ],
)
def test_the_exit_status_tells_done_from_failed_from_to_be_mended_from_interrupted(
    sheet: Sheet,
    counts: dict[str, Any],
    ended: dict[str, int],
    stopped: Stopped | None,
    number: int,
    expected: int,
) -> None:
    assert summary.exit_status(plan(sheet, **counts), progress(9, **ended), stopped, number) == expected


def closing(
    sheet: Sheet, outputs: Outputs, ran: Progress, stopped: Stopped | None = None, **more: Any
) -> list[str]:
    before, after = more.pop("before", {"rows": 2}), more.pop("after", {})
    lines = summary.closing(plan(sheet, **before), plan(sheet, **after), ran, stopped, outputs, **more)
    assert not [line for line in lines if "\n" in line]
    return lines


def has(lines: list[str], *parts: str) -> bool:
    """One line has all these parts."""
    return any(all(part in line for part in parts) for line in lines)


def test_a_run_that_answered_everything_says_what_it_cost_and_where_the_files_are(
    sheet: Sheet, outputs: Outputs
) -> None:
    outputs.open((), ("csv", "txt"), csv_exact=False)
    outputs.commit(samples.answers_to("one", "two"))
    lines = closing(sheet, outputs, progress(2, answered=2))
    outputs.close(None)
    assert lines[0] == "Finished."
    assert has(lines, "answered 2, failed 0, blocked 0", "2 rows in all")
    assert has(lines, "tokens: 20 in (8 cached), 10 out (0 thinking)")
    assert has(lines, "time:", "rows/s")
    assert has(lines, "files:", "dset_generator/output.json", "dset_generator/output.csv", "output.txt")
    assert not has(lines, "next:")


def test_what_failed_is_counted_by_kind_and_named_by_row(sheet: Sheet, outputs: Outputs) -> None:
    ran = progress(9, answered=1, outage=2, cut_short=1, refusal=1, row_fault=1, invalid=1, interrupted=1)
    ran.maybe_twice = 2
    after = {"todo": 4, "marked": {"ERROR": [*range(2, 20)], "BLOCKED": [3]}, "held": {"cut short": 1}}
    lines = closing(sheet, outputs, ran, after=after)
    assert lines[0] == "Finished, but some rows failed."
    assert has(lines, "answered 1, failed 6, blocked 1, not asked 1")
    assert has(lines, "2 got no answer from the service")
    assert has(lines, "1 cut short", "--max-tokens")
    assert has(lines, "bookmarked ERROR in q.csv: row 2, 3", "13 and 6 more")
    assert has(lines, "bookmarked BLOCKED in q.csv: row 3")
    assert has(lines, "possibly billed twice: 2 requests")
    assert has(lines, "next: run the same command again; 4 left to ask")
    assert has(lines, "next:", "--retry-failed")
    assert not has(closing(sheet, outputs, ran, invented=True), "billed twice")


@pytest.mark.parametrize(
    "kind", [Kind.OUTAGE, Kind.STOP, Kind.ROW_FAULT, Kind.CUT_SHORT, INVALID, INTERRUPTED]
)
def test_every_kind_of_failed_row_has_its_words(sheet: Sheet, outputs: Outputs, kind: str) -> None:
    ran = Progress(1)
    ran.rejected(samples.rejection(kind=kind))
    assert [line for line in closing(sheet, outputs, ran) if line.startswith("    1 ")]


@pytest.mark.parametrize(
    ("stopped", "headline"),
    [
        (Stopped(Kind.OUTAGE, "HTTP 503"), "Stopped by an outage: HTTP 503"),
        (Stopped(STORAGE, "cannot write x"), "Stopped, the disk refuses writes: cannot write x"),
        (Stopped(Kind.STOP, "bad key", "Check the key."), "Stopped: bad key"),
        (Stopped(INTERRUPTED, "by Ctrl-C"), "Interrupted by Ctrl-C."),
    ],
)
def test_a_run_that_broke_off_says_why_first_and_what_to_do(
    sheet: Sheet, outputs: Outputs, stopped: Stopped, headline: str
) -> None:
    lines = closing(sheet, outputs, progress(3), stopped, after={"todo": 3})
    assert lines[0] == headline
    assert has(lines[1:2], "Check the key.") is bool(stopped.advice)
    assert has(lines, "next:", "3 left to ask")
    assert has(lines, "mend this, then") is (stopped.kind == Kind.STOP)


@pytest.mark.parametrize(
    ("before", "headline"),
    [
        ({"rows": 0}, "Nothing to do: q.csv holds no question"),
        ({"rows": 2, "done": 2}, "Nothing to do: all 2 rows are answered."),
        ({"rows": 2, "done": 1, "blocked": 1}, "Nothing to ask."),
        ({"rows": 2, "done": 1, "held": {"cut short": 1}}, "Nothing to ask."),
    ],
)
def test_a_run_with_nothing_to_ask_says_so(
    sheet: Sheet, outputs: Outputs, before: dict[str, Any], headline: str
) -> None:
    assert closing(sheet, outputs, progress(), before=before)[0].startswith(headline)


def test_a_view_that_fell_behind_and_an_answer_too_long_for_excel_are_told(
    sheet: Sheet, outputs: Outputs
) -> None:
    outputs.behind.append("output.csv")
    ran = Progress(1)
    ran.saved(samples.reply("x" * 40_000))
    lines = closing(sheet, outputs, ran)
    assert has(lines, "output.csv could not be written; the next run catches up")
    assert has(lines, "40,000 characters", "32,767")


def test_rows_that_count_as_done_before_are_told_by_every_run_from_the_first_on(
    sheet: Sheet, outputs: Outputs
) -> None:
    outputs.note_done_before([samples.question("old")], "f1")
    again = Outputs(FOLDER, print)
    again.recover(Path("q.csv"))
    for one in (outputs, again):
        assert summary.done_before(one) == 1
        assert has(notes(plan(sheet), one, sheet), "1 row", "done before")
        assert has(closing(sheet, one, progress()), "1 row", "done before", "rejected.json")
