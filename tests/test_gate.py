"""The gate of a task: what enters, what is asked again, and what it says of the rest."""

import json
from typing import Any

import pytest

from dset.duplicates import Index
from dset.gates import Verdict
from dset.tasks.checks import Checks
from dset.tasks.factors import Factors
from dset.tasks.gate import Allowance, TaskGate
from dset.tasks.planfile import Order
from dset.tasks.stock import Stock
from tests import samples
from tests.tasks import feelings, order, words


class Desk:
    """A gate with what it works on."""

    def __init__(self, wanted: Order | None = None, left: int = 100, rows: int = 0) -> None:
        self.order = wanted or order(9)
        self.stock = Stock(Index(self.order.near), self.order.task.unique, self.order.count)
        self.factors = Factors(self.order)
        self.gate = TaskGate(
            Checks(self.order.task, self.order.lang),
            self.stock,
            self.factors.spec,
            Allowance(left, rows),
            is_many=self.order.per_request > 1,
        )

    def good(self, slot: int, **changes: Any) -> dict[str, Any]:
        return {"text": words(slot), "label": self.factors.spec(slot)["label"], **changes}

    def judge(self, answer: Any, *slots: int, times: int = 0) -> Verdict:
        text = answer if isinstance(answer, str) else json.dumps(answer)
        question = samples.question("q", columns={"slots": " ".join(map(str, slots or (1,)))})
        return self.gate(question, samples.reply(text), times)


def test_a_good_record_is_the_rows_data_and_fills_its_slot() -> None:
    desk = Desk()
    assert desk.judge(desk.good(4), 4) == Verdict(data=desk.good(4))
    assert desk.stock.good == {4}


@pytest.mark.parametrize(
    ("wrap", "passes"),
    [
        ("```json\n{}\n```", True),
        ("Here it is:\n\n{}\n\nI hope it helps.", True),
        ('{}{"text": "another", "label": "bad"}', False),
        ("'{}", True),
        ("no object at all", False),
    ],
)
def test_text_around_the_object_is_tolerated_and_nothing_else(wrap: str, passes: bool) -> None:
    desk = Desk()
    verdict = desk.judge(wrap.replace("{}", json.dumps(desk.good(1))))
    assert (not verdict.faults) is passes


def test_all_faults_are_named_at_once() -> None:
    desk = Desk()
    verdict = desk.judge({"text": "", "label": "odd", "more": 1})
    said = " ".join(verdict.faults)
    assert "text" in said
    assert "label" in said
    assert "more" in said
    for fault in verdict.faults:
        assert fault in verdict.again


def test_the_label_must_be_the_one_that_was_asked_for() -> None:
    desk = Desk()
    wanted = desk.factors.spec(1)["label"]
    other = next(one for one in ("good", "bad") if one != wanted)
    verdict = desk.judge(desk.good(1, label=other))
    assert len(verdict.faults) == 1
    assert wanted in verdict.faults[0]


def test_a_text_in_another_language_is_a_fault() -> None:
    desk = Desk()
    verdict = desk.judge(desk.good(1, text="ร้านนี้อาหารอร่อยมาก พนักงานบริการดีและราคาไม่แพงเลย"))
    assert "Thai" in verdict.reason
    assert desk.stock.good == set()


def test_a_duplicate_is_told_what_it_resembles() -> None:
    desk = Desk()
    desk.judge(desk.good(3), 3)
    same = desk.judge(desk.good(4, text=desk.good(3)["text"].upper()), 4)
    assert "the same as record 3" in same.reason
    assert desk.good(3)["text"][:30] in same.reason
    nearly = desk.judge(desk.good(4, text=desk.good(3)["text"] + " yes"), 4)
    assert "% like record 3" in nearly.reason


def test_a_row_is_asked_again_twice_and_not_where_no_request_is_left_for_it() -> None:
    assert [bool(Desk().judge("no", times=times).again) for times in (0, 1, 2)] == [True, True, False]
    desk = Desk(left=3, rows=3)
    assert not desk.judge("no").again  # two requests are left, and two rows wait for them
    desk = Desk(left=4, rows=3)
    assert desk.judge("no").again
    assert not desk.judge("no", times=1).again


def test_of_several_records_the_good_ones_are_taken_and_the_others_told() -> None:
    desk = Desk(order(9, per_request=4))
    answer = {"records": [desk.good(1), desk.good(2, label="odd"), desk.good(3)]}
    verdict = desk.judge(answer, 1, 2, 3, 4)
    assert verdict.faults == ()
    assert verdict.data["slots"] == [1, 3]
    assert [record["text"] for record in verdict.data["records"]] == [words(1), words(3)]
    assert [one["slot"] for one in verdict.data["lost"]] == [2, 4]
    assert "did not come" in verdict.data["lost"][1]["reason"]
    assert desk.stock.good == {1, 3}


@pytest.mark.parametrize("answer", [[], {}, {"records": {}}, {"records": []}, {"records": [1, None]}, "no"])
def test_of_several_records_none_that_is_good_has_the_row_asked_again(answer: Any) -> None:
    desk = Desk(order(9, per_request=2))
    verdict = desk.judge(answer, 1, 2)
    assert verdict.faults
    assert '"records"' in verdict.again


def test_two_records_of_one_answer_that_are_alike_count_once() -> None:
    desk = Desk(order(9, per_request=2))
    twin = {**desk.good(2), "text": words(1)}
    verdict = desk.judge({"records": [desk.good(1), twin]}, 1, 2)
    assert verdict.data["slots"] == [1]
    assert "the same as record 1" in verdict.data["lost"][0]["reason"]


def test_the_rules_of_a_task_are_checked_too() -> None:
    task = feelings(rules=[{"rule": "differ", "fields": ["text", "label"]}])
    desk = Desk(order(9, task))
    assert desk.judge(desk.good(1)).faults == ()
    assert desk.judge(desk.good(2, text="the bad"), 2).faults == ()


def test_a_parameter_that_is_a_field_too_must_be_what_was_asked_for() -> None:
    schema = feelings().schema
    properties = {**schema["properties"], "topic": {"enum": ["food", "work", "travel", "money"]}}
    desk = Desk(order(9, feelings(schema={**schema, "properties": properties})))
    wanted = desk.factors.spec(1)["topic"]
    other = "food" if wanted != "food" else "work"
    assert "topic" in desk.judge(desk.good(1, topic=other)).reason
    assert desk.judge(desk.good(1, topic=wanted)).faults == ()


def test_a_parameter_of_numbers_that_is_a_field_is_right_as_a_number() -> None:
    schema = {"type": "object", "properties": {"text": {"type": "string"}, "grade": {"enum": [1, 2]}}}
    desk = Desk(order(9, feelings(schema=schema, label="", parameters={"grade": ["1", "2"]})))
    wanted = int(desk.factors.spec(1)["grade"])
    assert desk.judge({"text": words(1), "grade": 3 - wanted}).faults[0].startswith("grade: it must be")
    assert not desk.judge({"text": words(1), "grade": wanted}).faults


def test_records_in_another_order_fill_the_slots_of_their_labels() -> None:
    desk = Desk(order(9, per_request=4))
    made = [desk.good(slot) for slot in (1, 2, 3, 4)]
    verdict = desk.judge({"records": made[::-1]}, 1, 2, 3, 4)
    assert verdict.data["slots"] == [1, 2, 3, 4]
    assert [one["label"] for one in verdict.data["records"]] == [one["label"] for one in made]
    assert sorted(one["text"] for one in verdict.data["records"]) == sorted(one["text"] for one in made)
    assert "lost" not in verdict.data


def test_a_record_too_many_stands_in_for_a_bad_one_and_otherwise_for_none() -> None:
    desk = Desk(order(9, per_request=2))
    bad = {**desk.good(1), "text": 5}
    verdict = desk.judge({"records": [bad, desk.good(2), desk.good(1), desk.good(1)]}, 1, 2)
    assert (verdict.data["slots"], verdict.data["records"]) == ([1, 2], [desk.good(1), desk.good(2)])
