"""The journal: the shape of its lines, who counts as answered, and its end made whole again."""

import os
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dset import answers, ends, tallies
from dset.answers import as_line, as_record, parse
from dset.contents import content_key, identity
from dset.errors import JournalError
from dset.tallies import Tally
from tests import samples

JOURNAL, TORN = Path("output.json"), Path("output.json.torn")
HEAD = b'{"metadata": {"id": "'
# Every character that some reader takes for the end of a line, what UTF-8 cannot hold, and what CSV cannot.
HARD = st.sampled_from('\0\t\n\v\f\r\x1c\x1d\x1e\x7f\x85\u2028\u2029\ufeff\ud800\udbff\udc00\udfff😀"\\,{}')
TEXT = st.text(st.one_of(HARD, st.characters(exclude_categories=())), max_size=30)


@pytest.fixture(autouse=True)
def no_syncs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Thousands of small files: what they hold is tested here, not that the disk has them."""
    monkeypatch.setattr(os, "fsync", lambda _: None)


def paired(text: str) -> str:
    """`text` with two surrogates that stand side by side as the one character that they are in JSON."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")


# --- The shape of a line -----------------------------------------------------------------------------------


def test_a_line_holds_the_question_and_how_it_was_answered_in_a_fixed_order() -> None:
    asked = samples.question("¿Por qué?", row=7, columns={"topic": "ทำไม", "empty": ""})
    line = as_line(as_record(samples.answer(asked, samples.reply("Por eso.", "mm"))))
    assert line == (
        '{"metadata": {"id": "0a8420b0036082364144", "row": 7, "timestamp": "2026-11-21T12:00:00Z", '
        '"question": "¿Por qué?", "model": "deepseek-flash", '
        '"endpoint": "deepseek/DEEPSEEK_API_KEY/deepseek-flash", "run": "20261121T120000Z-0000", '
        '"finish_reason": "stop", "prompt_tokens": 10, "cached_tokens": 4, "completion_tokens": 5, '
        '"reasoning_tokens": 0, "cost_usd": null, "seconds": 1.5, "attempts": 1, '
        '"columns": {"topic": "ทำไม", "empty": ""}}, "response": {"reasoning": "mm", "answer": "Por eso."}}\n'.encode()
    )


def test_picture_conversation_and_sample_stand_behind_the_question_only_where_there_are_any() -> None:
    asked = samples.question(image="cat.png", messages='[{"role": "user"}]', sample=3)
    names = list(as_record(samples.answer(asked))["metadata"])
    assert names[:8] == ["id", "row", "timestamp", "question", "image", "messages", "sample", "model"]
    assert names[-1] == "columns"
    plain = as_record(samples.answer())["metadata"]
    assert not {"image", "messages", "sample"} & plain.keys()


def test_figures_that_nobody_told_are_null() -> None:
    came = samples.reply(
        prompt_tokens=None, cached_tokens=None, completion_tokens=None, reasoning_tokens=None
    )
    metadata = as_record(samples.answer(came=came))["metadata"]
    figures = ("prompt_tokens", "cached_tokens", "completion_tokens", "reasoning_tokens", "cost_usd")
    assert [metadata[name] for name in figures] == [None] * 5


def test_a_parsed_object_stands_beside_the_answer() -> None:
    record = as_record(samples.answer(data={"colour": "red"}))
    assert list(record["response"]) == ["reasoning", "answer", "data"]
    assert record["response"]["data"] == {"colour": "red"}


@given(TEXT, TEXT, TEXT)
@settings(max_examples=150, deadline=None)
def test_every_text_comes_back_from_its_line_as_it_was(asked: str, said: str, thought: str) -> None:
    answer = samples.answer(samples.question(asked, columns={said: thought}), samples.reply(said, thought))
    line = as_line(as_record(answer))
    assert line.startswith(HEAD)
    assert line.count(b"\n") == 1
    assert line.endswith(b"}}\n")
    record = parse(line)
    assert record["metadata"]["question"] == paired(asked)
    assert record["metadata"]["columns"] == {paired(said): paired(thought)}
    assert record["response"] == {"reasoning": paired(thought), "answer": paired(said)}


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("สวัสดี 你好 😀 é", "สวัสดี 你好 😀 é"),
        ("a\u2028b\u0085c", "a\u2028b\u0085c"),
        ("a\0b\nc", "a\\u0000b\\nc"),
        ("half \ud83d of one", "half \\ud83d of one"),
    ],
)
def test_characters_stand_as_they_are_but_for_what_utf8_or_a_line_cannot_hold(
    text: str, written: str
) -> None:
    assert as_line({"answer": text}) == f'{{"answer": "{written}"}}\n'.encode()


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"null",
        b"[]",
        b"7",
        b'"text"',
        b"{}",
        b'{"metadata": {}}',
        b'{"response": {}}',
        b'{"metadata": [], "response": {}}',
        b'{"metadata": {}, "response": {}',
        b'{"metadata": {}, "response": {}} more',
        b'{"metadata": {}, "response": "\xff"}',
        b"[" * 100_000,
        b'{"metadata": ' + b"9" * 5000 + b', "response": {}}',
    ],
)
def test_what_is_no_record_is_a_value_error_and_nothing_else(line: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - of any wording
        parse(line)


def test_a_byte_order_mark_before_the_first_record_is_passed_over() -> None:
    assert parse(b"\xef\xbb\xbf" + as_line(samples.original()))["metadata"]["question"] == "Why?"


# --- Who is answered ---------------------------------------------------------------------------------------

Counts = dict[int, tuple[int, int, int]]


def counts(tally: Tally) -> Counts:
    return {key: tally._of(key) for key in tally._counts}


@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("add"), st.integers(0, 3), st.integers(1, 5)),
            st.tuples(st.sampled_from(["claim", "issue"]), st.integers(0, 3), st.just(1)),
            st.tuples(st.just("release"), st.just(0), st.just(1)),
        )
    )
)
@settings(max_examples=150, deadline=None)
def test_a_tally_counts_as_a_naive_one_does(steps: list[tuple[str, int, int]]) -> None:
    tally = Tally()
    stands: dict[int, int] = defaultdict(int)
    taken: dict[int, int] = defaultdict(int)
    numbers: dict[int, list[int]] = defaultdict(lambda: [0])
    for step, key, number in steps:
        if step == "add":
            tally.add(key, number)
            stands[key] += 1
            numbers[key].append(number)
        elif step == "claim":
            assert tally.claim(key) is (taken[key] < stands[key])
            taken[key] += taken[key] < stands[key]
        elif step == "issue":
            numbers[key].append(max(numbers[key]) + 1)
            assert tally.issue(key) == numbers[key][-1]
        else:
            tally.release()
            taken.clear()
    assert (tally.total, tally.claimed) == (sum(stands.values()), sum(taken.values()))


def test_equal_rows_are_interchangeable_and_as_many_count_as_there_are_answers() -> None:
    samples.write_lines(
        JOURNAL, [samples.record("twice"), samples.record("twice", number=2), samples.record("once")]
    )
    tally = answers.tally(JOURNAL, trusted=False)
    twice, once = content_key("twice"), content_key("once")
    assert [tally.claim(twice) for _ in range(3)] == [True, True, False]
    assert [tally.claim(once) for _ in range(2)] == [True, False]
    assert not tally.claim(content_key("never"))
    assert (tally.issue(twice), tally.issue(twice), tally.issue(once)) == (3, 4, 2)


def test_a_number_once_given_out_is_not_given_out_again_though_a_line_before_it_was_deleted() -> None:
    samples.write_lines(JOURNAL, [samples.record(number=5)])
    assert answers.tally(JOURNAL, trusted=False).issue(content_key("Why?")) == 6


@pytest.mark.parametrize("trusted", [True, False])
def test_records_of_the_original_tool_count_by_their_question(trusted: bool) -> None:
    samples.write_lines(JOURNAL, [samples.original("  what\r\nfor? "), samples.record(), samples.original()])
    tally = answers.tally(JOURNAL, trusted=trusted)
    assert tally.total == 3
    assert tally.claim(content_key("what\nfor?"))
    assert [tally.claim(content_key("Why?")) for _ in range(3)] == [True, True, False]


@pytest.mark.parametrize(
    ("metadata", "expected"),
    [
        ({"id": identity(255, 1)}, (255, 1)),
        ({"id": identity(255, 12)}, (255, 12)),
        ({"id": identity(2**80 - 1, 1)}, (2**80 - 1, 1)),
        ({"id": "0" * 19, "question": "q"}, (content_key("q"), 1)),
        ({"id": "0" * 20 + "-0", "question": "q"}, (content_key("q"), 1)),
        ({"id": "0" * 20 + "\n", "question": "q"}, (content_key("q"), 1)),
        ({"id": None, "question": "q", "image": "i"}, (content_key("q", "i"), 1)),
        ({"question": 7}, (content_key("7"), 1)),
        ({}, (content_key(""), 1)),
    ],
)
def test_a_record_is_known_by_its_id_and_without_one_by_its_question(
    metadata: dict[str, Any], expected: tuple[int, int]
) -> None:
    assert tallies.identify(metadata) == expected


RECORDS = st.lists(
    st.one_of(
        st.builds(samples.original, TEXT, TEXT),
        st.builds(lambda text, number: samples.record(text, number=number), TEXT, st.integers(1, 12)),
        st.builds(
            lambda text: as_record(samples.answer(samples.question(text), data=samples.record("inside"))),
            TEXT,
        ),
    ),
    max_size=6,
)


@given(RECORDS, st.booleans())
@settings(max_examples=100, deadline=None)
def test_taking_ids_without_parsing_counts_the_same(records: list[dict[str, Any]], newline: bool) -> None:
    samples.write_lines(JOURNAL, records)
    if not newline:
        JOURNAL.write_bytes(JOURNAL.read_bytes().removesuffix(b"\n"))
    quick = answers.tally(JOURNAL, trusted=True)
    slow = answers.tally(JOURNAL, trusted=False)
    assert counts(quick) == counts(slow)
    assert quick.total == slow.total == len(records)


def test_a_trusted_journal_is_not_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    samples.write_lines(JOURNAL, [samples.record(), samples.record("What?")])
    monkeypatch.setattr(answers, "parse", None)
    assert answers.tally(JOURNAL, trusted=True).total == 2


DAMAGED: dict[str, Callable[[bytes], bytes]] = {
    "torn": lambda line: line[: len(line) // 2] + b"\n",
    "torn within its id": lambda line: line[: len(HEAD) + 7] + b"\n",
    "fused with the next": lambda line: line[: len(line) // 2],
    "NULs in the middle": lambda line: line[:80] + b"\0" * 20 + line[100:],
    "NULs instead of it": lambda line: b"\0" * len(line[:-1]) + b"\n",
    "no JSON": lambda line: b"oops\n",
    "no record": lambda line: b'{"question": "Why?"}\n',
}


@pytest.mark.parametrize("trusted", [True, False])
@pytest.mark.parametrize("how", DAMAGED)
def test_a_damaged_line_in_the_middle_is_named_and_ends_everything(how: str, trusted: bool) -> None:
    lines = [as_line(samples.record(text)) for text in ("one", "two", "three", "four")]
    lines[1] = DAMAGED[how](lines[1])
    JOURNAL.write_bytes(b"\n" + b"".join(lines))
    before = JOURNAL.read_bytes()
    assert ends.recover(JOURNAL) == 0
    with pytest.raises(JournalError, match=r"output\.json line 3 is damaged") as caught:
        answers.tally(JOURNAL, trusted=trusted)
    assert caught.value.exit_status == 2
    assert "\n" not in str(caught.value)
    assert str(caught.value).isascii()
    with pytest.raises(JournalError, match="line 3"):
        list(answers.read(JOURNAL))
    assert JOURNAL.read_bytes() == before


def test_blank_lines_are_no_damage() -> None:
    JOURNAL.write_bytes(b"\n\r\n" + as_line(samples.record()) + b" \n\n")
    assert answers.tally(JOURNAL, trusted=True).total == 1
    assert len(list(answers.read(JOURNAL))) == 1


def test_lines_end_at_line_feeds_only() -> None:
    written = samples.write_lines(JOURNAL, [samples.record("a\u2028b\u0085c\vd\x1ee"), samples.record()])
    lines = list(answers.lines_of(JOURNAL))
    assert len(lines) == 2
    assert b"".join(lines) == written


def test_a_file_that_is_not_there_has_no_lines_and_no_answers() -> None:
    assert list(answers.lines_of(JOURNAL)) == []
    assert answers.tally(JOURNAL, trusted=False).total == 0
    assert ends.recover(JOURNAL) == 0
    assert not JOURNAL.exists()


# --- The end made whole ------------------------------------------------------------------------------------

LINES = [
    as_line(samples.record("one")),
    as_line(samples.original("สอง\u2028", "2\r\n3")),
    as_line(samples.record("\ud800")),
]


def recovered(content: bytes) -> tuple[bytes, int]:
    """(the journal, what `recover` said) after it; what was cut off must stand in the .torn file, and only that."""
    JOURNAL.write_bytes(content)
    TORN.unlink(missing_ok=True)
    sound = ends.sound_size(JOURNAL)
    cut = ends.recover(JOURNAL)
    left = JOURNAL.read_bytes()
    assert sound == len(content) - cut
    assert left.removesuffix(b"\n") == content[:sound].removesuffix(b"\n")
    assert (TORN.read_bytes() if TORN.exists() else b"") == (content[sound:] + b"\n" if cut else b"")
    assert left.endswith(b"\n") or not left
    assert ends.recover(JOURNAL) == 0
    assert JOURNAL.read_bytes() == left
    return left, cut


def test_every_torn_end_leaves_exactly_the_whole_records() -> None:
    for end in range(len(b"".join(LINES)) + 1):
        content = b"".join(LINES)[:end]
        whole = content.count(b"\n")
        if content and not content.endswith(b"\n") and content.endswith(LINES[whole][:-1]):
            whole += 1  # it lacks only its newline
        left, _ = recovered(content)
        assert left == b"".join(LINES[:whole])
        assert answers.tally(JOURNAL, trusted=False).total == whole


@given(st.integers(0, len(b"".join(LINES))), st.integers(1, 200), st.booleans(), st.integers(1, 64))
@settings(max_examples=120, deadline=None)
def test_nuls_at_the_end_are_damage_wherever_they_begin(
    end: int, nuls: int, newline: bool, block: int
) -> None:
    content = b"".join(LINES)[:end]
    size = ends._BLOCK
    ends._BLOCK = block  # many small blocks: lines and NULs reach over their borders
    try:
        left, cut = recovered(content + b"\0" * nuls + b"\n" * newline)
    finally:
        ends._BLOCK = size
    assert left == content[: content.rfind(b"\n") + 1]
    assert cut == len(content) - len(left) + nuls + newline


@given(
    st.lists(st.sampled_from([b"\n", b"\0", b"\0\n", b"x", *LINES, LINES[0][:40]]), max_size=8),
    st.integers(1, 300),
)
@settings(max_examples=120, deadline=None)
def test_the_end_is_found_the_same_in_blocks_of_any_size(pieces: list[bytes], block: int) -> None:
    JOURNAL.write_bytes(b"".join(pieces))
    expected = ends._tail(JOURNAL)
    size = ends._BLOCK
    ends._BLOCK = block
    try:
        assert ends._tail(JOURNAL) == expected
    finally:
        ends._BLOCK = size


def test_what_is_cut_off_twice_stands_in_the_torn_file_twice() -> None:
    for half in (b"one half", b"another"):
        JOURNAL.write_bytes(LINES[0] + half)
        assert ends.recover(JOURNAL) == len(half)
    assert TORN.read_bytes() == b"one half\nanother\n"


def test_a_line_that_is_whole_json_but_no_record_is_torn() -> None:
    assert recovered(LINES[0] + b"12") == (LINES[0], 2)
