"""The whole program over free Gemini keys, through simulated days, killed on the way."""

import json
from pathlib import Path

import pytest

from tests.running import SCRIPT, environment
from tests.simulation import money, program, verdict
from tests.simulation.gemini import Plot

AT_ONCE = 12


@pytest.mark.parametrize("limits", [{}, {"rpm": 10, "rpd": 20}], ids=["limits found", "limits known"])
def test_each_row_is_answered_once_or_blocked_in_the_order_of_failover_over_days(
    clean_place: Path, limits: dict[str, int]
) -> None:
    questions, blocked, plot = program.lay_out(clean_place, 300, 2, **limits)
    status, service = program.run(
        Plot(**{**plot, "blocked": blocked}), ["--wait", "--concurrency", str(AT_ONCE)]
    )
    assert status == 0
    told = verdict.check(clean_place, questions, blocked, 0, AT_ONCE)
    assert told["bought again"] == 0
    assert 1 < service.clock.seconds / 86_400 < 2
    if limits:  # what is known is kept
        assert "day" not in told
        assert "minute" not in told


def test_without_wait_the_run_ends_with_the_day_and_says_when_to_come_back(
    clean_place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, blocked, plot = program.lay_out(clean_place, 100, 1)
    status, _ = program.run(Plot(**{**plot, "blocked": blocked, "deadly": ""}), [])
    said = capsys.readouterr().out
    assert status == 1
    assert "Stopped, nothing is left to ask for now: all 4 endpoints are spent or refused" in said
    assert "opens again at 08:00 UTC" in said
    assert "next: run the same command again; 20 left to ask" in said
    noted = json.loads((clean_place / "dset_generator/endpoints.json").read_bytes())
    assert {entry["spent_until"] for entry in noted.values()} == {"2026-11-22T08:00:00Z"}
    status, service = program.run(Plot(**{**plot, "deadly": ""}), [])  # the same day: nobody is asked
    assert (status, service.requests) == (1, 0)


@pytest.mark.parametrize(
    ("rows", "keys", "kills"),
    [(130, 2, 3), pytest.param(4789, 5, 20, marks=pytest.mark.soak)],
    ids=["small", "whole"],
)
def test_the_same_holds_when_it_is_killed_again_and_again(
    clean_place: Path, rows: int, keys: int, kills: int
) -> None:
    questions, blocked, plot = program.lay_out(clean_place, rows, keys)
    program.killed(plot, rows, kills, AT_ONCE, environment({"PYTHONPATH": str(SCRIPT.parent)}))
    verdict.check(clean_place, questions, blocked, kills, AT_ONCE)


def test_no_run_is_billed_more_than_its_budget_whatever_the_service_does() -> None:
    found = [money.run(seed) for seed in range(120)]
    assert all(one.billed <= one.budget for one in found if one.stopped == "budget")
    assert sum(one.stopped == "budget" for one in found) > 30  # else they tell nothing
    assert sum(one.answered for one in found) > 500


@pytest.mark.soak
def test_of_a_thousand_runs_none_is_billed_more_than_its_budget() -> None:
    assert len([money.run(seed) for seed in range(1000)]) == 1000
