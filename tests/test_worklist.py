"""What is asked: each row of q.csv against the journal and rejected.json."""

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dset.contents import content_key
from dset.failures import Kind
from dset.plans import Plan, Rules
from dset.questions import Sheet
from dset.rejections import DONE_BEFORE, INTERRUPTED, INVALID, Known, Register
from dset.tallies import Tally
from dset.worklist import plan, rows_above_bookmark

CUT_SHORT, REFUSAL, OUTAGE = Kind.CUT_SHORT.value, Kind.REFUSAL.value, Kind.OUTAGE.value
NOW, OTHER = "settings now", "settings then"


def tally_of(answered: Iterable[str | int]) -> Tally:
    """A journal with an answer to each of these contents, by their text or key."""
    tally = Tally()
    for one in answered:
        key = one if isinstance(one, int) else content_key(one)
        tally.add(key, tally.issue(key))
    return tally


def failure(
    kind: str, row: int = 2, content: str | int = "a", settings: str = NOW, *, pending: bool = False
) -> tuple[int, Known]:
    """A line of rejected.json; `pending`: its bookmark is not known to stand in q.csv."""
    key = content if isinstance(content, int) else content_key(content)
    return key, Known(kind, "why", settings, row, pending)


def register_of(failures: Iterable[tuple[int, Known]]) -> Register:
    register = Register()
    for number, (key, known) in enumerate(failures, 1):
        register.add(key, number, known)
    return register


def planned(
    text: str,
    answered: Iterable[str | int] = (),
    failures: Iterable[tuple[int, Known]] = (),
    **rules: Any,
) -> Plan:
    """The plan for a q.csv of this text. The sheet stays open: it is in memory."""
    Path("q.csv").write_bytes(text.encode())
    return plan(Sheet(Path("q.csv")), tally_of(answered), register_of(failures), Rules(NOW, **rules))


def asked(made: Plan) -> list[tuple[int, str]]:
    """(row, text) of what is asked, in order."""
    return [(question.row, question.text) for question in made.questions()]


def counts(made: Plan) -> tuple[int, int, int, int, int]:
    return made.rows, made.done, made.blocked, sum(made.held.values()), made.todo


# --- asked again: the status cell, the line in rejected.json, the run's flag -> where the row goes, its new cell

AGAIN: list[tuple[str, tuple[int, Known] | None, bool, str, str | None]] = [
    ("", None, False, "later", None),
    ("mine", None, False, "later", None),
    ("ERROR", None, False, "first", None),
    (" error ", None, False, "first", None),
    ("BLOCKED", None, False, "blocked", None),
    ("BLOCKED", None, True, "first", None),
    # a failure that a retry can cure is asked again at once
    ("ERROR", failure(OUTAGE), False, "first", None),
    ("ERROR", failure(Kind.STOP.value), False, "first", None),
    ("ERROR", failure(Kind.ROW_FAULT.value), False, "first", None),
    ("ERROR", failure(INTERRUPTED), False, "first", None),
    # what was paid for in vain is left alone …
    ("ERROR", failure(CUT_SHORT), False, "held", None),
    ("ERROR", failure(INVALID), False, "held", None),
    ("BLOCKED", failure(REFUSAL), False, "blocked", None),
    # … until the settings differ, …
    ("ERROR", failure(CUT_SHORT, settings=OTHER), False, "first", None),
    ("ERROR", failure(INVALID, settings=OTHER), False, "first", None),
    ("BLOCKED", failure(REFUSAL, settings=OTHER), False, "first", None),
    # … --retry-failed is given, …
    ("ERROR", failure(CUT_SHORT), True, "first", None),
    ("ERROR", failure(INVALID), True, "first", None),
    ("BLOCKED", failure(REFUSAL), True, "first", None),
    # … or the user cleared the cell.
    ("", failure(CUT_SHORT), False, "later", None),
    ("", failure(INVALID), False, "later", None),
    ("", failure(REFUSAL), False, "later", None),
    ("", failure(OUTAGE), False, "later", None),
    # While q.csv could not be written, rejected.json stands in for it, and the cell is caught up.
    ("", failure(CUT_SHORT, pending=True), False, "held", "ERROR"),
    ("", failure(INVALID, pending=True), False, "held", "ERROR"),
    ("", failure(REFUSAL, pending=True), False, "blocked", "BLOCKED"),
    ("", failure(OUTAGE, pending=True), False, "first", "ERROR"),
    ("", failure(CUT_SHORT, settings=OTHER, pending=True), False, "first", "ERROR"),
    ("", failure(REFUSAL, pending=True), True, "first", "BLOCKED"),
    ("ERROR", failure(REFUSAL, pending=True), False, "blocked", "BLOCKED"),
    ("BLOCKED", failure(OUTAGE, pending=True), False, "first", "ERROR"),
    ("error", failure(OUTAGE, pending=True), False, "first", "ERROR"),
    ("ERROR", failure(OUTAGE, pending=True), False, "first", None),
    # Other text is the user's: never overwritten, and no reason to pay again.
    ("mine", failure(CUT_SHORT), False, "held", None),
    ("mine", failure(CUT_SHORT, pending=True), False, "held", None),
    ("mine", failure(REFUSAL), False, "blocked", None),
    ("mine", failure(REFUSAL, pending=True), False, "blocked", None),
    ("mine", failure(OUTAGE, pending=True), False, "first", None),
]  # fmt: skip


@pytest.mark.parametrize(("cell", "known", "retry_failed", "where", "new_cell"), AGAIN)
def test_a_row_that_failed_is_asked_again_by_the_rules(
    cell: str, known: tuple[int, Known] | None, retry_failed: bool, where: str, new_cell: str | None
) -> None:
    made = planned(
        f"question,status\na,{cell}\nb,\n", (), [known] if known else [], retry_failed=retry_failed
    )
    expected = {"first": [(2, "a"), (3, "b")], "later": [(2, "a"), (3, "b")]}.get(where, [(3, "b")])
    assert asked(made) == expected
    assert made.bookmarked == (where == "first")
    assert made.blocked == (where == "blocked")
    assert made.held == (Counter({known[1].kind: 1}) if known and where == "held" else Counter())
    assert made.cells == ({2: new_cell} if new_cell else {})


@pytest.mark.parametrize("cell", ["", "ERROR", "blocked", "mine"])
@pytest.mark.parametrize(
    "known", [None, failure(OUTAGE), failure(CUT_SHORT, pending=True), failure(REFUSAL, settings=OTHER)]
)
def test_an_answered_row_is_never_asked_whatever_its_cell_or_rejected_json_says(
    cell: str, known: tuple[int, Known] | None
) -> None:
    made = planned(f"question,status\na,{cell}\n", ["a"], [known] if known else [], retry_failed=True)
    assert counts(made) == (1, 1, 0, 0, 0)
    assert made.cells == ({2: ""} if cell in {"ERROR", "blocked"} else {})


def test_the_last_line_about_a_row_wins() -> None:
    failures = [failure(CUT_SHORT, settings=OTHER), failure(CUT_SHORT)]
    assert planned("question,status\na,ERROR\n", (), failures).held == {CUT_SHORT: 1}
    assert planned("question,status\na,ERROR\n", (), failures[::-1]).todo == 1


def test_a_content_is_open_as_long_as_rejected_json_knows_it_and_it_has_no_answer() -> None:
    made = planned("question\na\nb\nc\n", ["b"], [failure(OUTAGE), failure(OUTAGE, 3, "b")])
    assert [made.is_open(content_key(text)) for text in "abc"] == [True, False, False]


# --- order


def test_bookmarked_rows_come_first_then_the_file_s_order() -> None:
    text = "question,status\na,\nb,ERROR\nc,\nd,BLOCKED\ne,error\n\nf,\n"
    made = planned(text)
    assert asked(made) == [(3, "b"), (6, "e"), (2, "a"), (4, "c"), (8, "f")]
    assert (made.bookmarked, made.blocked, made.empty, made.todo) == (2, 1, 1, 5)
    assert asked(planned(text, retry_failed=True))[:3] == [(3, "b"), (5, "d"), (6, "e")]


def test_the_file_s_order_holds_for_equal_rows_and_for_cleared_ones() -> None:
    made = planned(
        "question,status\na,ERROR\nb,ERROR\na,ERROR\nc,\nd,\ne,\n",
        (),
        [failure(OUTAGE), failure(OUTAGE, 5, "c"), failure(CUT_SHORT, 6, "d")],
    )
    assert asked(made) == [(2, "a"), (3, "b"), (4, "a"), (5, "c"), (6, "d"), (7, "e")]


def test_a_question_is_read_when_it_is_wanted_with_its_columns_and_its_number() -> None:
    made = planned('question,note\n"a\nb",x\na,y\n', ["a"], named=("note",))
    assert [(one.text, one.columns["note"], one.number) for one in made.questions()] == [("a\nb", "x", 1)]
    assert made.by_earlier_prompt == 1


@pytest.mark.parametrize(
    ("limit", "rows", "beyond"), [(1, [3], 3), (2, [3, 2], 2), (4, [3, 2, 4, 5], 0), (9, [3, 2, 4, 5], 0)]
)
def test_a_limit_leaves_the_last_ones_for_another_run(limit: int, rows: list[int], beyond: int) -> None:
    made = planned("question,status\na,\nb,ERROR\nc,\nd,\ne,\n", ["e"], limit=limit)
    assert [row for row, _ in asked(made)] == rows
    assert (made.todo, made.beyond, made.bookmarked) == (len(rows), beyond, 1)


def test_bookmarked_rows_beyond_the_limit_are_not_counted_as_asked() -> None:
    made = planned("question,status\na,ERROR\nb,ERROR\n", limit=1)
    assert (made.todo, made.bookmarked, made.beyond) == (1, 1, 1)


# --- equal rows


def test_as_many_equal_rows_are_done_as_there_are_answers() -> None:
    made = planned("question\na\na\nb\na\n", ["a", "a"])
    assert counts(made) == (4, 2, 0, 0, 2)
    assert asked(made) == [(4, "b"), (5, "a")]
    assert [question.number for question in made.questions()] == [1, 3]


def test_the_rows_of_one_content_get_numbers_of_their_own() -> None:
    made = planned("question\na\na\n a\n")
    assert len({question.id for question in made.questions()}) == 3


def test_an_answer_goes_to_the_row_without_a_bookmark() -> None:
    made = planned("question,status\na,ERROR\na,\n", ["a"])
    assert asked(made) == [(2, "a")]
    assert made.cells == {}


def test_an_answer_goes_to_the_row_without_a_bookmark_also_where_a_third_one_failed() -> None:
    made = planned("question,status\na,ERROR\na,\na,ERROR\n", ["a"], [failure(OUTAGE, 4)])
    assert asked(made) == [(2, "a"), (4, "a")]
    assert made.cells == {}


def test_other_text_beside_a_bookmark_is_no_reason_to_take_its_failure_away() -> None:
    made = planned("question,status\na,mine\na,ERROR\n", (), [failure(CUT_SHORT, 7)])
    assert made.held == {CUT_SHORT: 1}
    assert asked(made) == [(2, "a")]


def test_a_failure_stays_with_its_row_among_equal_ones() -> None:
    for row, other in ((2, 4), (3, 4), (4, 3)):
        made = planned("question,status\na,\na,\na,\n", ["a"], [failure(CUT_SHORT, row, pending=True)])
        assert made.cells == {row: "ERROR"}
        assert asked(made) == [(other, "a")]
        assert counts(made) == (3, 1, 0, 1, 1)


def test_two_equal_rows_that_failed_in_two_ways_keep_each_its_own() -> None:
    failures = [failure(OUTAGE, 3), failure(CUT_SHORT, 2)]
    made = planned("question,status\na,ERROR\na,ERROR\n", (), failures)
    assert asked(made) == [(3, "a")]


def test_a_failure_of_one_row_is_no_failure_of_equal_rows_that_were_not_asked() -> None:
    made = planned("question,status\na,\na,\na,\n", (), [failure(OUTAGE, 2, pending=True)])
    assert made.cells == {2: "ERROR"}
    assert asked(made) == [(2, "a"), (3, "a"), (4, "a")]
    assert made.bookmarked == 1


def test_a_bookmark_moves_with_its_row_and_what_was_paid_in_vain_is_not_bought_again() -> None:
    failures = [failure(CUT_SHORT, 3)]
    before = planned("question,status\na,\na,ERROR\n", ["a"], failures)
    assert counts(before) == (2, 1, 0, 1, 0)
    after = planned("question,status\nnew,\na,\na,ERROR\n", ["new", "a"], failures)
    assert counts(after) == (3, 2, 0, 1, 0)
    assert after.cells == {}


def test_a_row_that_moved_before_its_bookmark_was_written_is_found_again() -> None:
    made = planned("question,status\nnew,\na,\n", ["new"], [failure(CUT_SHORT, 2, pending=True)])
    assert made.held == {CUT_SHORT: 1}
    assert made.cells == {3: "ERROR"}


def test_a_failure_of_long_ago_that_was_answered_since_hides_no_fresh_one() -> None:
    # The second of two equal rows failed, was answered, and moved; then the first of them failed.
    failures = [failure(OUTAGE, 3), failure(CUT_SHORT, 2, pending=True)]
    made = planned("question,status\na,\na,\n", ["a"], failures)
    assert made.held == {CUT_SHORT: 1}
    assert made.cells == {2: "ERROR"}


def test_a_bookmark_that_moved_has_the_reason_of_the_latest_failure() -> None:
    failures = [failure(OUTAGE, 7), failure(CUT_SHORT, 8)]
    made = planned("question,status\na,\na,ERROR\n", ["a"], failures)
    assert made.held == {CUT_SHORT: 1}


# --- several answers to a row


def test_samples_are_asked_row_by_row_and_those_that_are_there_count() -> None:
    made = planned("question\na\nb\nc\n", ["a", "a", "a", "b"], samples=3)
    assert (made.done, made.todo) == (1, 5)
    assert [(one.text, one.sample, one.number) for one in made.questions()] == [
        ("b", 2, 2),
        ("b", 3, 3),
        ("c", 1, 1),
        ("c", 2, 2),
        ("c", 3, 3),
    ]


def test_a_single_answer_is_no_sample() -> None:
    assert [one.sample for one in planned("question\na\n").questions()] == [None]


def test_a_limit_counts_requests_not_rows() -> None:
    made = planned("question\na\nb\n", samples=3, limit=4)
    assert [(one.text, one.sample) for one in made.questions()] == [("a", 1), ("a", 2), ("a", 3), ("b", 1)]
    assert made.beyond == 2


# --- q.csv as its user edits it


def test_rows_that_were_inserted_sorted_or_deleted_change_nothing_for_the_others() -> None:
    answered = ["a", "b", "c"]
    assert planned("question\na\nb\nc\n", answered).todo == 0
    assert asked(planned("question\nnew\na\nb\nc\n", answered)) == [(2, "new")]
    assert planned("status,question\n,c\n,a\n,b\n", answered).todo == 0
    deleted = planned("question\nb\n", answered)
    assert (deleted.todo, deleted.gone) == (0, 2)


def test_an_edited_question_is_a_new_one() -> None:
    made = planned("question\nA\nb\n", ["a", "b"])
    assert asked(made) == [(2, "A")]
    assert made.gone == 1


@pytest.mark.parametrize(
    "text", ["question\n  a  \n", 'question\n"\na\n"\n', "x,question\n1,a\n", "a\n", "a,\n"]
)
def test_blanks_columns_and_a_missing_header_make_no_new_question(text: str) -> None:
    assert planned(text, ["a"]).todo == 0


def test_newlines_that_a_spreadsheet_changed_make_no_new_question() -> None:
    assert planned('question\r\n"a\r\nb"\r\n', ["a\nb"]).todo == 0


@pytest.mark.parametrize(
    ("cell", "told"), [(" oh why?", True), ("mine", False), (" error ", False), ("", False)]
)
def test_a_status_that_reads_on_like_prose_may_be_half_a_question_and_is_told(cell: str, told: bool) -> None:
    made = planned(f"question,status\nWhy,{cell}\n")
    assert made.suspects == ([(2, cell)] if told else [])
    assert made.todo == 1


# --- a prompt that names columns

TWO_NOTES = "question,note,other\na,x,1\na,y,2\n"


def key(text: str, **named: str) -> int:
    return content_key(text, named=named)


def test_rows_that_differ_in_a_column_that_the_prompt_names_are_two_questions() -> None:
    assert asked(planned(TWO_NOTES, [key("a", note="x")], named=("note",))) == [(3, "a")]
    assert planned(TWO_NOTES, ["a", "a"]).todo == 0


@pytest.mark.parametrize(
    ("answered", "earlier", "named"),
    [
        (["a", "a"], ((),), ("note",)),
        (["a", "a"], (), ("note",)),
        ([key("a", note="x"), key("a", note="y")], (("note",),), ()),
        ([key("a", note="x"), key("a", note="y")], (("note",),), ("other",)),
        ([key("a", note="x"), key("a", note="y")], (("other",), ("note",)), ("note", "other")),
        ([key("a", note="x"), key("a", other="2")], (("note",), ("other",)), ()),
    ],
)
def test_a_changed_prompt_that_names_other_columns_buys_nothing_again(
    answered: list[str | int], earlier: tuple[tuple[str, ...], ...], named: tuple[str, ...]
) -> None:
    made = planned(TWO_NOTES, answered, earlier=earlier, named=named)
    assert counts(made) == (2, 2, 0, 0, 0)
    assert (made.by_earlier_prompt, made.gone) == (2, 0)


def test_rows_answered_under_an_earlier_prompt_are_counted_once_for_all_their_samples() -> None:
    made = planned("question,note\na,x\n", ["a", "a"], earlier=((),), named=("note",), samples=2)
    assert (made.done, made.by_earlier_prompt) == (1, 1)


def test_a_new_row_under_a_changed_prompt_is_asked() -> None:
    made = planned(TWO_NOTES, ["a"], earlier=((),), named=("note",))
    assert asked(made) == [(3, "a")]


@pytest.mark.parametrize(("cell", "kind"), [("BLOCKED", REFUSAL), ("ERROR", CUT_SHORT)])
def test_a_changed_prompt_asks_again_what_was_refused_or_cut_short_under_the_old_one(
    cell: str, kind: str
) -> None:
    text = f"question,note,status\na,x,{cell}\n"
    made = planned(text, (), [failure(kind, settings=OTHER)], earlier=((),), named=("note",))
    assert asked(made) == [(2, "a")]
    assert made.is_open(content_key("a"))
    same = planned(text, (), [failure(kind)], earlier=((),), named=("note",))
    assert same.todo == 0


# --- the original tool's bookmark


def test_rows_noted_as_done_before_count_as_done_and_stay_so() -> None:
    failures = [failure(DONE_BEFORE, 2, "a"), failure(DONE_BEFORE, 3, "b")]
    made = planned("question,status\na,\nb,\nc,ERROR\nd,\n", ["a", "b"], failures)
    assert counts(made) == (4, 2, 0, 0, 2)
    assert asked(made) == [(4, "c"), (5, "d")]
    assert made.cells == {}
    assert not made.is_open(content_key("a"))


def test_a_row_below_the_bookmark_equal_to_one_above_it_is_still_to_do() -> None:
    made = planned("question,status\na,\na,ERROR\n", ["a"], [failure(DONE_BEFORE, 2, "a", pending=True)])
    assert asked(made) == [(3, "a")]
    assert (made.cells, made.bookmarked) == ({}, 1)


@pytest.mark.parametrize(
    ("text", "above"),
    [
        ("question,status\na,\nb,\nc,ERROR\nd,\ne,ERROR\n", ["a", "b"]),
        ("question,status\na,\n,\nb,mine\nc, error \n", ["a", "b"]),
        ("question,status\na,ERROR\nb,\n", []),
        ("question,status\na,\nb,BLOCKED\n", []),
        ("question,status\na,\nb,\n", []),
        ("a\nb,ERROR\n", ["a"]),
    ],
)
def test_the_rows_above_the_first_error_are_those_that_the_original_tool_answered(
    text: str, above: list[str], clean_place: Path
) -> None:
    Path("q.csv").write_bytes(text.encode())
    with Sheet(Path("q.csv")) as sheet:
        assert [question.text for question in rows_above_bookmark(sheet, ())] == above


# --- any sheet

ROWS = st.lists(
    st.tuples(st.sampled_from(["a", "b", "c", " a ", ""]), st.sampled_from(["", "ERROR", "BLOCKED", "mine"])),
    max_size=9,
)
FAILURES = st.lists(
    st.builds(
        failure,
        st.sampled_from([CUT_SHORT, REFUSAL, OUTAGE, INVALID, INTERRUPTED]),
        st.integers(2, 11),
        st.sampled_from(["a", "b", "c"]),
        st.sampled_from([NOW, OTHER]),
        pending=st.booleans(),
    ),
    max_size=6,
)


@given(
    ROWS,
    st.lists(st.sampled_from(["a", "b", "c", "gone"]), max_size=9),
    FAILURES,
    st.integers(1, 3),
    st.none() | st.integers(1, 5),
    st.booleans(),
)
def test_in_any_sheet_no_answered_row_is_asked_and_the_counts_add_up(
    tmp_path_factory: pytest.TempPathFactory,
    rows: Sequence[tuple[str, str]],
    answered: list[str],
    failures: list[tuple[int, Known]],
    samples: int,
    limit: int | None,
    retry_failed: bool,
) -> None:
    path = tmp_path_factory.mktemp("any") / "q.csv"
    path.write_text("question,status\n" + "".join(f"{text},{status}\n" for text, status in rows))
    rules = Rules(NOW, samples=samples, limit=limit, retry_failed=retry_failed)
    with Sheet(path) as sheet:
        made = plan(sheet, tally_of(answered), register_of(failures), rules)
        questions = list(made.questions())
    waiting = {row for entries in (made.first, made.later) for row, _, _ in entries}
    assert made.rows + made.empty == len(rows)
    assert made.rows == made.done + made.blocked + sum(made.held.values()) + len(waiting)
    assert len(questions) == made.todo
    assert made.todo + made.beyond == len(made.first) + len(made.later)
    assert limit is None or made.todo <= limit
    assert len({question.id for question in questions}) == len(questions)
    wanted, have = Counter(text.strip() for text, _ in rows), Counter(answered)
    for text in "abc":
        mine = [question for question in questions if question.text.strip() == text]
        assert len(mine) <= max(0, wanted[text] * samples - have[text])
        assert all(question.number > have[text] for question in mine)
    if not failures and all(status in {"", "mine"} for _, status in rows):
        assert made.todo + made.beyond == sum(
            max(0, wanted[text] * samples - have[text]) for text in wanted if text
        )
    for row, word in made.cells.items():
        assert rows[row - 2][1] != "mine"
        assert word in {"", "ERROR", "BLOCKED"}
    assert made.bookmarked <= made.todo
    assert len(made.first) == 0 or failures or any(status in {"ERROR", "BLOCKED"} for _, status in rows)


def test_a_row_that_never_failed_is_the_first_to_try_whether_the_service_answers() -> None:
    made = planned("question,status\na,ERROR\nb,\nc,ERROR\nd,\n")
    queue = made.questions()
    probes = queue.probes()
    assert next(queue).text == "a"
    assert next(probes).text == "b"
    assert next(queue).text == "c"
    assert next(probes).text == "d"
    assert next(probes, None) is None
    assert next(queue, None) is None


def test_probes_count_against_the_limit() -> None:
    queue = planned("question,status\na,ERROR\nb,\nc,\n", limit=2).questions()
    assert next(queue.probes()).text == "b"
    assert [question.text for question in queue] == ["a"]


def test_a_status_cell_that_reads_like_the_rest_of_a_question_is_suspected() -> None:
    made = planned("question,status\nWhy, oh why?\nfine,mine\nalso fine, ERROR\n")
    assert made.suspects == [(2, " oh why?")]
