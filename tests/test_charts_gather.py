"""The charts of small datasets: what they show, what they leave out, and that no line of a journal can harm them."""

import json
import math
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from dset import answers, rejections
from dset.charts.gather import Charted, gather
from dset.charts.specs import Spec
from dset.errors import UsageError
from tests import samples
from tests.xss import XSS

FOLDER = Path("dset_generator")


def write(*records: Any, rejected: tuple[Any, ...] = ()) -> None:
    samples.write_lines(FOLDER / "output.json", records)
    samples.write_lines(FOLDER / "rejected.json", rejected)


def answer(number: int, said: str = "Because.", **more: Any) -> Any:
    columns = more.pop("columns", {})
    asked = samples.question(f"question {number}", number + 2, columns=columns)
    return answers.as_record(samples.answer(asked, samples.reply(said), **more))


def charts(near: float = 1) -> dict[str, Spec]:
    return {one["id"]: one for one in gather(FOLDER, near).charts}


def labels(spec: Spec) -> list[tuple[str, float, str]]:
    return [(row["label"], row["value"], row["detail"]) for row in spec["rows"]]


def test_labels_are_told_with_what_would_level_them() -> None:
    write(*(answer(at, columns={"topic": "food" if at % 3 else "ฟิสิกส์"}) for at in range(12)))
    found = charts()["balance-1"]
    assert found["title"] == "Balance: topic (column)"
    assert labels(found) == [("food", 8, ""), ("ฟิสิกส์", 4, "4 more would level it")]
    assert found["summary"] == "2 values, 4 to 8 each."


def test_a_task_tells_its_labels_in_its_order_and_what_the_plan_still_lacks() -> None:
    import dset_generator

    assert dset_generator.main("task sentiment_analysis 6 --rehearse=calm --quiet".split()) == 0
    folder = Path("dset_generator/rehearsal/tasks/sentiment_analysis")
    plan = json.loads((folder / "plan.json").read_bytes()) | {"count": 9}
    (folder / "plan.json").write_text(json.dumps(plan), encoding="utf-8")
    found = {one["id"]: one for one in gather(folder).charts}
    assert [row["label"] for row in found["balance-1"]["rows"]] == ["positive", "negative", "neutral"]
    assert found["balance-1"]["note"] == "3 of the 9 records that the plan asks for are not made yet."
    assert found["glance"]["rows"][0] == {"label": "Records", "value": "6 of 9"}
    assert found["parameters"]["title"] == "Parameters that are level"


def test_what_came_when_and_what_it_cost_is_told_over_time() -> None:
    stamps = [f"2026-11-21T12:00:{second:02}Z" for second in (0, 0, 1, 3)]
    made = [answer(at, timestamp=stamp, seconds=at + 1.0, cost_usd=0.5) for at, stamp in enumerate(stamps)]
    failed = samples.rejection(reason="503", figures=(("timestamp", stamps[1]),))
    write(*made, rejected=(rejections.as_record(failed),))
    found = charts()
    pace, slow, cost = found["pace"], found["latency-over-time"], found["cost"]
    first = pace["x"]["values"][0]
    assert pace["x"]["values"] == [first, first + 1, first + 2, first + 3]
    assert [one["values"] for one in pace["series"]] == [[2, 1, 0, 1], [1, 0, 0, 0]]
    assert slow["series"][0]["values"] == [
        pytest.approx(1, 0.02),
        pytest.approx(3, 0.02),
        None,
        pytest.approx(4, 0.02),
    ]
    assert cost["series"][0]["values"] == [2.0]
    assert "2.00 USD in all" in cost["summary"]


def test_lengths_tokens_sources_and_reasons_are_counted() -> None:
    failed = [
        samples.rejection(samples.question(str(at)), "outage", reason=f"503 after {at} s") for at in range(3)
    ]
    write(*(answer(at, "x" * (at + 1)) for at in range(4)), rejected=tuple(map(rejections.as_record, failed)))
    found = charts()
    assert sum(found["lengths"]["series"][0]["values"]) == 4
    assert labels(found["tokens"])[0] == ("prompt", 24, "not from a cache")
    assert [row["value"] for row in found["models"]["rows"] + found["endpoints"]["rows"]] == [4, 4]
    assert labels(found["reasons"]) == [("503 after ... s", 3, "first in row 2; for example: 503 after 0 s")]
    assert labels(found["rejected"]) == [("outage", 3, "")]


def test_the_largest_groups_of_duplicates_are_shown_with_their_text() -> None:
    write(*(answer(at, "one and the same" if at < 3 else f"another answer {at}") for at in range(5)))
    assert labels(charts()["duplicate-groups"]) == [("one and the same", 3, "the same; rows 2, 3, 4")]


def test_the_sample_is_spread_over_the_whole_time() -> None:
    write(*(answer(at) for at in range(500)))
    rows = [one.row for one in gather(FOLDER, 1).sample]
    assert len(rows) == 30
    assert rows == sorted(rows)
    assert rows[0] == 2
    assert rows[-1] > 400
    assert max(later - earlier for earlier, later in pairwise(rows)) <= 35


def test_a_line_of_any_figures_harms_no_chart() -> None:
    names = (
        "seconds",
        "cost_usd",
        "prompt_tokens",
        "cached_tokens",
        "completion_tokens",
        "reasoning_tokens",
        "row",
    )
    for value in ("1e309", "-1e309", "NaN", "-5", '"x"', "[]", "{}", "true", "1" + "0" * 400, "null"):
        line = json.loads(answers.as_line(answer(1)))
        text = json.dumps(line)
        for name in names:
            now = json.dumps(line["metadata"][name])
            text = text.replace(f'"{name}": {now}', f'"{name}": {value}')
        with_stamp = text.replace(samples.NOW, "9999-12-31T23:59:59Z")
        FOLDER.mkdir(exist_ok=True)
        (FOLDER / "output.json").write_text(
            f"{text}\n{with_stamp}\n" + json.dumps(line) + "\n", encoding="utf-8"
        )
        (FOLDER / "rejected.json").write_text(
            text.replace('"response"', '"kind": 5, "reason": [], "response"') + "\n"
        )
        sound(gather(FOLDER, 1))


def sound(charted: Charted) -> None:
    """Every number is finite and no text holds what UTF-8 cannot."""
    text = json.dumps(charted.charts, allow_nan=False, ensure_ascii=False)
    text.encode("utf-8")
    for one in charted.charts:
        for row in one.get("rows", ()):
            assert isinstance(row["value"], str) or math.isfinite(row["value"])
        assert all(len(each["values"]) == len(one["x"]["values"]) for each in one.get("series", ()))


def test_texts_of_any_kind_are_in_the_charts_as_they_stand() -> None:
    write(*(answer(at, text, columns={"topic": text}, model=text) for at, text in enumerate(XSS * 2)))
    charted = gather(FOLDER, 1)
    sound(charted)
    assert any(row["label"] == XSS[0] for one in charted.charts for row in one.get("rows", ()))


def test_no_answers_are_no_charts() -> None:
    with pytest.raises(UsageError, match="no such folder"):
        gather(FOLDER)
