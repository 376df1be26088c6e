"""The waits before another try, and the gate of an outage."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from dset.pacing import PACE_WAITS, OutageGate

T = TypeVar("T")


def run(work: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(asyncio.wait_for(work, 5))


def test_the_waits_that_the_design_names() -> None:
    assert PACE_WAITS == (5, 10, 20, 40, 80)


def test_the_gate_is_closed_by_the_first_failure_and_opened_by_any_answer() -> None:
    gate = OutageGate()
    was_open = [gate.is_open]
    for change in (gate.enter, gate.open, gate.close):
        change()
        was_open.append(gate.is_open)
    assert was_open == [True, False, True, False]


def test_the_gate_opens_when_the_last_row_that_waited_is_decided() -> None:
    gate = OutageGate()
    gate.enter()
    gate.enter()
    was_open = []
    for _ in range(2):
        gate.leave()
        was_open.append(gate.is_open)
    assert was_open == [False, True]


def test_new_rows_pass_only_an_open_gate() -> None:
    async def work() -> None:
        gate = OutageGate()
        await gate.passed()
        gate.enter()
        waiting = asyncio.create_task(gate.passed())
        await asyncio.sleep(0.005)
        assert not waiting.done()
        gate.open()
        await waiting

    run(work())
