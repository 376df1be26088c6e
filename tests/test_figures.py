"""The figures of a dataset: counted from real folders, with what is damaged, hostile or unknown in them."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from dset import answers
from dset.errors import UsageError
from dset.reports import counting, lengths, reasons, subject, twins
from dset.reports.classes import Guessed
from dset.reports.figures import Classes, Figures, Group, Lengths
from dset.reports.reasons import Reasons, faults_of
from tests import samples

FOLDER = Path("dset_generator")
JOURNAL, REJECTED = FOLDER / "output.json", FOLDER / "rejected.json"
TASK = {
    "name": "mood",
    "schema": {
        "type": "object",
        "properties": {"text": {"type": "string"}, "label": {"enum": ["good", "bad", "so-so"]}},
        "required": ["text", "label"],
    },
    "label": "label",
    "unique": ["text"],
    "parameters": {"topic": ["food", "sport"], "style": {"default": "plain"}},
}


def count(near: float = 0.85, detect: Any = None) -> Figures:
    return counting.count(subject.named(FOLDER), near, detect)


def line(text: str = "Because.", row: int = 2, question: str = "Why?", **more: Any) -> dict[str, Any]:
    """A line of output.json; `more` as the metadata, `data` as the record of the answer."""
    data = more.pop("data", None)
    columns = more.pop("columns", {})
    asked = samples.question(f"{question} {row}", row, columns=columns)
    record = answers.as_record(samples.answer(asked, samples.reply(text), data=data))
    record["metadata"] |= more
    return record


def rejected(reason: str, kind: str = "invalid", row: int = 2, **more: Any) -> dict[str, Any]:
    return line(row=row, **more) | {"kind": kind, "reason": reason}


def task_folder(*records: dict[str, Any], **plan: Any) -> None:
    """A task's folder that holds these records, one an answer, topic food in odd rows."""
    FOLDER.mkdir(exist_ok=True)
    document = {"version": 1, "task": TASK, "lang": "en", "count": len(records), "set": {}} | plan
    (FOLDER / "plan.json").write_text(json.dumps(document), encoding="utf-8")
    topics = ("sport", "food")
    samples.write_lines(
        JOURNAL,
        [
            line(
                "{}",
                slot + 1,
                data=one,
                columns={"slots": str(slot), "topic": topics[slot % 2], "style": "plain"},
            )
            for slot, one in enumerate(records, 1)
        ],
    )


def mood(label: str, text: str) -> dict[str, Any]:
    return {"text": text, "label": label}


def test_answers_are_counted_with_their_models_tokens_cost_and_time() -> None:
    samples.write_lines(
        JOURNAL,
        [
            line("one", 2, cost_usd=0.25, timestamp="2026-11-21T12:00:05Z"),
            line("two", 3, cost_usd=0.5, timestamp="2026-11-21T12:00:01Z", model="other"),
            line("three", 4, prompt_tokens=None, completion_tokens=None),
        ],
    )
    found = count()
    assert (found.answers, found.records, found.task, found.wanted) == (3, 3, "", 0)
    assert found.models == (("deepseek-flash", 2), ("other", 1))
    assert found.endpoints == (("deepseek/DEEPSEEK_API_KEY/deepseek-flash", 3),)
    assert (found.first, found.last) == ("2026-11-21T12:00:00Z", "2026-11-21T12:00:05Z")
    spent = found.spent
    assert (spent.prompt, spent.cached, spent.completion, spent.untold) == (20, 12, 10, 1)
    assert (spent.usd, spent.unknown, spent.usd_rejected, spent.maybe_usd) == (0.75, 1, 0, 0)


def test_what_was_rejected_counts_into_tokens_and_cost_but_an_outage_does_not() -> None:
    samples.write_lines(JOURNAL, [line(cost_usd=0.25)])
    samples.write_lines(
        REJECTED,
        [
            rejected("text: is too short", cost_usd=0.5),
            rejected("text: is too short", "retried"),
            rejected("no connection", "outage") | {"response": None},
        ],
    )
    (FOLDER / "runs.json").write_bytes(
        b'{"counts": {"maybe_billed_usd": 0.125}}\n{broken\n{"counts": null}\n'
    )
    found = count()
    assert found.answers == 1
    assert (found.spent.prompt, found.spent.usd, found.spent.usd_rejected) == (30, 0.75, 0.5)
    assert (found.spent.unknown, found.spent.maybe_usd) == (1, 0.125)
    assert dict(found.rejections.kinds) == {"invalid": 1, "retried": 1, "outage": 1}


def test_rows_that_the_original_tool_had_done_are_no_rejections() -> None:
    samples.write_lines(JOURNAL, [line()])
    samples.write_lines(REJECTED, [rejected("the bookmark said so", "done before")])
    assert count().rejections.kinds == ()


def test_damaged_lines_are_counted_and_named_and_the_others_count() -> None:
    good = answers.as_line(line())
    FOLDER.mkdir()
    JOURNAL.write_bytes(good + b"{broken\n" + good + b'{"metadata": 1}\n')
    REJECTED.write_bytes(answers.as_line(rejected("x")) + b"{broken\n\n")
    found = count()
    assert (found.answers, found.damages) == (2, 2)
    assert "line 2 is damaged" in found.damaged[0]
    assert "line 4 is damaged" in found.damaged[1]
    assert (found.rejections.damaged, dict(found.rejections.kinds)) == (1, {"invalid": 1})


def test_of_many_damaged_lines_ten_are_named() -> None:
    FOLDER.mkdir()
    JOURNAL.write_bytes(answers.as_line(line()) + b"{broken\n" * 50)
    found = count()
    assert (found.damages, len(found.damaged)) == (50, 10)


def test_a_torn_last_line_is_left_out_as_somebody_may_be_writing_it() -> None:
    FOLDER.mkdir()
    JOURNAL.write_bytes(answers.as_line(line()) + answers.as_line(line())[:50])
    found = count()
    assert (found.answers, found.damages) == (1, 0)


def test_the_records_of_the_original_tool_count() -> None:
    samples.write_lines(JOURNAL, [samples.original("Why?"), samples.original("How?", "So.", "Hm.")])
    found = count()
    assert found.records == 2
    assert found.spent.untold == 2
    assert {one.name for one in found.lengths} == {"question", "thoughts", "answer"}


def test_a_response_that_is_no_object_is_its_text() -> None:
    samples.write_lines(JOURNAL, [line() | {"response": "just text"}, line() | {"response": 5}])
    assert [one for one in count().lengths if one.name == "answer"] == [Lengths("answer", 2, 0, 9, 9, 9)]


def test_a_column_with_few_values_looks_like_a_label_and_one_with_many_does_not() -> None:
    samples.write_lines(
        JOURNAL,
        [
            line(
                f"text {row}",
                row,
                columns={
                    "kind": "ab"[row % 2],
                    "number": str(row),
                    "same": "x",
                    "rare": "yz"[row % 2] * (row < 6),
                },
            )
            for row in range(2, 42)
        ],
    )
    assert count().classes == (Classes("kind", "column", (("a", 20), ("b", 20)), 0),)


def test_a_data_field_with_few_values_looks_like_a_label_and_its_length_is_not_told() -> None:
    samples.write_lines(
        JOURNAL,
        [
            line("{}", row, data={"text": f"text {row}", "label": ["x", "y", "y"][row % 3], "ok": True})
            for row in range(2, 11)
        ],
    )
    found = count()
    assert found.classes == (
        Classes("label", "field", (("y", 6), ("x", 3)), 0),
        Classes("ok", "field", (("true", 9),), 0),
    )
    assert [one.name for one in found.lengths] == ["question", "text"]


def test_answers_that_are_a_few_values_are_a_class_and_no_duplicates() -> None:
    samples.write_lines(JOURNAL, [line(["yes", "no"][row % 2], row) for row in range(2, 12)])
    found = count()
    assert found.classes == (Classes("answer", "answer", (("yes", 5), ("no", 5)), 0),)
    assert found.duplicates.compared == 0
    assert found.duplicates.why_not == "the answers are a few values"


def test_values_of_a_million_kinds_take_no_memory() -> None:
    guessed = Guessed()
    for number in range(10_000):
        guessed.add("column", {f"name {number}": "x", "id": number, "text": "y" * 100})
    assert guessed.told(10_000) == []
    assert len(guessed._counts) <= 200
    assert not any(counts and len(counts) > 20 for counts in guessed._counts.values())


def test_a_tasks_label_and_parameters_are_counted_with_values_that_never_came() -> None:
    task_folder(mood("good", "fine"), mood("good", "nice"), mood("bad", "poor"), {"text": "what"}, count=9)
    found = count()
    assert (found.task, found.lang, found.records, found.wanted) == ("mood", "en", 4, 9)
    assert found.classes[:3] == (
        Classes("label", "label", (("good", 2), ("bad", 1), ("so-so", 0)), 1),
        Classes("topic", "parameter", (("food", 2), ("sport", 2)), 0),
        Classes("style", "parameter", (("plain", 4),), 0, is_fixed=True),
    )
    assert [one.name for one in found.lengths] == ["text"]


def test_what_the_plan_fixes_is_marked() -> None:
    task_folder(mood("bad", "poor"), set={"label": "bad"})
    assert count().classes[0] == Classes("label", "label", (("bad", 1),), 0, is_fixed=True)


def test_records_that_came_together_count_each_and_the_lost_ones_are_rejections() -> None:
    task_folder()
    several = {
        "records": [mood("good", "one of two"), mood("bad", "quite another")],
        "slots": [1, 3],
        "lost": [{"slot": 2, "reason": "text: is too short"}],
    }
    samples.write_lines(JOURNAL, [line("{}", 7, data=several, columns={"slots": "1 2 3"})])
    found = count()
    assert (found.answers, found.records) == (1, 2)
    assert dict(found.classes[0].counts) == {"good": 1, "bad": 1, "so-so": 0}
    assert found.rejections.kinds == (("lost", 1),)
    assert found.rejections.reasons[0].row == 7


def test_a_plan_that_is_damaged_is_told_with_its_place() -> None:
    task_folder(mood("bad", "poor"))
    (FOLDER / "plan.json").write_text("{", encoding="utf-8")
    with pytest.raises(UsageError, match=r"plan\.json is damaged"):
        count()


@pytest.mark.parametrize(
    "task",
    [
        {},
        {"schema": []},
        {"schema": {}, "label": 5, "unique": 7, "parameters": []},
        TASK | {"name": None, "texts": [1]},
    ],
)
def test_a_plan_that_is_strange_ends_nothing(task: dict[str, Any]) -> None:
    task_folder(mood("good", "fine"), task=task, lang=None, count="x", set=[], near="y", against=3)
    assert count().answers == 1


def test_lengths_are_told_by_quantiles_that_occur() -> None:
    measure = lengths.Measure()
    for length in range(1, 101):
        measure.add("text", "ก" * length)
    assert measure.told() == (Lengths("text", 100, 1, 51, 91, 100),)


def test_lengths_go_into_nested_fields_and_deep_records() -> None:
    deep: Any = "x"
    for _ in range(5000):
        deep = [deep]
    assert [len(path) for path, _ in lengths.texts_in({"a": deep})] == [10_001]
    found = list(lengths.texts_in({"q": "a", "items": [{"text": "b"}, {"text": "c"}]}))
    assert found == [("q", "a"), ("items[].text", "b"), ("items[].text", "c")]


def test_languages_are_shared_out_over_texts_and_the_unknown_are_told() -> None:
    samples.write_lines(
        JOURNAL, [line(text, row) for row, text in enumerate(["ภาษาไทย", "ไทย", "Yes", ""], 2)]
    )
    found = count(detect=lambda text: "th" if "ไทย" in text else "").languages
    assert found is not None
    assert (found.texts, found.counts) == (3, (("th", 2), ("", 1)))


def test_of_a_record_without_named_texts_the_long_ones_tell_the_language() -> None:
    seen: list[str] = []
    data = {"id": "a1", "text": "a text that is long enough", "other": "and one more of this length"}
    samples.write_lines(JOURNAL, [line("{}", data=data)])
    count(detect=lambda text: seen.append(text) or "en")  # type: ignore[func-returns-value]
    assert seen == [data["text"], data["other"]]


def test_of_many_records_the_languages_of_some_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dset.reports.tongues._RECORDS", 10)
    samples.write_lines(JOURNAL, [line(f"text {row}", row) for row in range(2, 102)])
    found = count(detect=lambda _: "en").languages
    assert found is not None
    assert 9 <= found.texts <= 11


LONG = "The quick brown fox jumps over the lazy dog while the band plays on and the rain falls"


def test_duplicates_are_told_the_same_and_the_near_apart_with_the_largest_named() -> None:
    texts = [
        LONG,
        LONG + "!",
        "quite another thing",
        LONG.upper(),
        LONG.replace("lazy", "lame"),
        "quite  another thing",
    ]
    samples.write_lines(JOURNAL, [line(text, row) for row, text in enumerate(texts, 2)])
    found = count(near=0.8).duplicates
    assert (found.compared, found.same, found.same_groups) == (6, 3, 2)
    assert (found.nearly, found.near_groups, found.why_not) == (1, 1, "")
    assert found.largest == (Group(4, 2, (2, 3, 5, 6), LONG), Group(2, 1, (4, 7), "quite another thing"))


def test_a_task_s_records_are_compared_by_their_unique_fields() -> None:
    task_folder(mood("good", LONG), mood("bad", LONG))
    assert count().duplicates.same == 1


def test_near_ones_are_left_out_where_they_would_take_minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(twins, "MOST_RECORDS", 2)
    samples.write_lines(JOURNAL, [line(LONG, 2), line(LONG, 3), line(LONG + " again", 4)])
    found = count(near=0.5).duplicates
    assert (found.same, found.nearly, found.near_groups) == (1, None, None)
    assert "more than 2 lines" in found.why_not
    assert found.largest[0].records == 2


def test_near_ones_are_left_out_at_1_and_without_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    samples.write_lines(JOURNAL, [line(LONG, 2), line(LONG, 3)])
    assert count(near=1.0).duplicates.why_not == "--near 1 asks for the same only"
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    found = count().duplicates
    assert (found.same, found.why_not) == (1, "the package rensa is not installed")


def test_hostile_texts_of_every_kind_go_through() -> None:
    hostile = [
        line(text, row, question=text, columns={text[:50]: text}, data={text: text} if row % 2 else None)
        for row, text in enumerate(samples.HOSTILE, 2)
    ]
    samples.write_lines(JOURNAL, hostile)
    samples.write_lines(REJECTED, [rejected(text, text) for text in samples.HOSTILE])
    found = count(detect=lambda _: "en")
    assert found.records == len(samples.HOSTILE)
    assert sum(number for _, number in found.rejections.kinds) == len(samples.HOSTILE)


def test_metadata_of_other_types_ends_nothing() -> None:
    strange: list[Any] = [None, [], {}, "x", -1, 1e300, True, "é" * 5000]
    names = "row timestamp model endpoint columns cost_usd prompt_tokens question".split()
    records = [line() for _ in strange]
    for record, value in zip(records, strange, strict=True):
        record["metadata"] |= dict.fromkeys(names, value)
    samples.write_lines(JOURNAL, records)
    assert count().answers == len(strange)


def test_faults_that_differ_in_what_they_quote_are_one_group() -> None:
    found = Reasons()
    for row in range(2, 302):
        found.add(
            "invalid", f"text: has {row} characters, fewer than 999; label: is 'x{row}', not \"a; b\"", row
        )
    told, others = found.told()
    assert [(one.text, one.count, one.row) for one in told] == [
        ("text: has ... characters, fewer than 999", 300, 2),
        ('label: is ..., not "a; b"', 300, 2),
    ]
    assert told[0].example == "text: has 2 characters, fewer than 999"
    assert others == 0


def test_faults_of_two_fields_are_two_groups_and_places_in_lists_are_one() -> None:
    found = Reasons()
    for reason in ("a: is missing", "b: is missing", "items[1].x: is missing", "items[22].x: is missing"):
        found.add("invalid", reason, 0)
    told, _ = found.told()
    assert {(one.text, one.count) for one in told} == {
        ("a: is missing", 1),
        ("b: is missing", 1),
        ("items[].x: is missing", 2),
    }


def test_quoted_objects_are_one_value_and_braces_in_quotes_are_none() -> None:
    found = Reasons()
    for value in ('{"a": [1, {"b": "}"}]}', "[1, 2]", '{"c": null}'):
        found.add("retried", f'x: must be text, not {value}, and match "^[a-z]{{2}}$"', 0)
    told, _ = found.told()
    assert [(one.text, one.count) for one in told] == [
        ('x: must be text, not ..., and match "^[a-z]{2}$"', 3)
    ]


@pytest.mark.parametrize("char", ['"', "'", "[", "{", "\\", "; ", '{"', "['", '"\\'])
def test_a_reason_made_to_slow_the_patterns_down_does_not(char: str) -> None:
    found = Reasons()
    found.add("invalid", char * 100_000, 0)
    assert found.told()[0][0].count >= 1


def test_a_reason_is_parted_where_no_quotation_is_open() -> None:
    assert faults_of('a: is "x; y"; b: doesn\'t fit; c') == ['a: is "x; y"', "b: doesn't fit", "c"]
    assert faults_of("") == ["no reason is told"]


def test_of_faults_without_end_a_few_hundred_kinds_are_kept() -> None:
    found = Reasons()
    for number in range(2000):
        found.add("invalid", "word" + "x" * number, 0)
    told, others = found.told()
    assert (len(told), others) == (20, 1980)
    assert len(found._groups) == reasons._GROUPS


def test_the_figures_are_plain_data() -> None:
    task_folder(mood("good", "fine"), mood("bad", "poor"))
    assert json.loads(json.dumps(dataclasses.asdict(count())))["records"] == 2


def test_no_folder_a_file_and_a_folder_without_answers_are_told(clean_place: Path) -> None:
    with pytest.raises(UsageError, match="no such folder"):
        count()
    FOLDER.mkdir()
    with pytest.raises(UsageError, match="holds no answers: run first"):
        count()
    (FOLDER / "output.csv").write_text("question\n")
    with pytest.raises(UsageError, match=r"the next run makes it of output\.csv"):
        count()
    with pytest.raises(UsageError, match="is a file"):
        subject.named(FOLDER / "output.csv")


def test_the_folders_below_that_hold_answers_are_named() -> None:
    samples.write_lines(FOLDER / "tasks" / "mood" / "output.json", [line()])
    samples.write_lines(FOLDER / "rehearsal" / "output.json", [line()])
    with pytest.raises(UsageError, match="dset_generator/rehearsal, dset_generator/tasks/mood"):
        count()


def test_counting_changes_nothing() -> None:
    task_folder(mood("good", "fine"), mood("bad", "poor"))
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in FOLDER.iterdir()}
    count()
    assert {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in FOLDER.iterdir()} == before
