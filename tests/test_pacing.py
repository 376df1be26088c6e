"""How many requests at once, and the gate of an outage."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

import pytest

from dset.pacing import PACE_WAITS, Limiter, OutageGate

T = TypeVar("T")


def run(work: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(asyncio.wait_for(work, 5))


def test_the_waits_that_the_design_names() -> None:
    assert PACE_WAITS == (5, 10, 20, 40, 80)


@pytest.mark.parametrize("most", [1, 3])
def test_at_most_so_many_are_in_flight_and_everybody_gets_a_turn(most: int) -> None:
    limiter, peak, done = Limiter(most), 0, 0

    async def one() -> None:
        nonlocal peak, done
        async with limiter.slot():
            peak = max(peak, limiter.in_flight)
            await asyncio.sleep(0.001)
        done += 1

    async def all_of_them() -> None:
        await asyncio.gather(*(one() for _ in range(20)))

    run(all_of_them())
    assert (peak, done, limiter.in_flight) == (most, 20, 0)


def test_a_request_that_fails_or_is_cancelled_gives_its_place_back() -> None:
    async def work() -> None:
        limiter = Limiter(1)
        with pytest.raises(ValueError, match="oops"):
            async with limiter.slot():
                raise ValueError("oops")

        async def hold() -> None:
            async with limiter.slot():
                await asyncio.sleep(5)

        holding, waiting = asyncio.create_task(hold()), asyncio.create_task(hold())
        await asyncio.sleep(0.01)
        waiting.cancel()
        holding.cancel()
        await asyncio.gather(holding, waiting, return_exceptions=True)
        async with limiter.slot():
            assert limiter.in_flight == 1

    run(work())


async def filled(limiter: Limiter, count: int) -> list[float]:
    """When each of `count` requests was granted, all of them in flight at the end."""
    granted = []
    for _ in range(count):
        slot = limiter.slot()
        granted.append(await slot.__aenter__())
        _held.append(slot)
    return granted


_held: list[Any] = []


async def emptied() -> None:
    while _held:
        await _held.pop().__aexit__(None, None, None)


def test_a_refusal_cuts_what_was_in_flight_once_for_all_that_were_sent_before_it() -> None:
    async def work() -> None:
        limiter = Limiter(100)
        sent = await filled(limiter, 39)
        await asyncio.sleep(0.001)
        limiter.slow_down(sent[0], None)
        assert limiter.limit == 30
        for at in sent[1:]:
            limiter.slow_down(at, None)
        assert limiter.limit == 30
        await asyncio.sleep(0.001)
        limiter.slow_down(asyncio.get_running_loop().time(), None)
        assert limiter.limit == 22.5
        await emptied()

    run(work())


def test_there_is_always_room_for_one() -> None:
    async def work() -> None:
        limiter = Limiter(2)
        for _ in range(20):
            await asyncio.sleep(0.001)
            limiter.slow_down(asyncio.get_running_loop().time(), None)
        limiter.slow_down(0, 0)
        assert limiter.limit == 1
        async with limiter.slot():
            pass

    run(work())


def test_answers_bring_the_number_back_little_by_little_and_no_higher_than_it_was() -> None:
    async def work() -> None:
        limiter = Limiter(8)
        await filled(limiter, 7)
        limiter.slow_down(asyncio.get_running_loop().time(), None)
        await emptied()
        assert limiter.limit == 6
        limiter.answered()
        assert 6 < limiter.limit < 6.1
        for _ in range(1000):
            limiter.answered()
        assert limiter.limit == 8

    run(work())


def test_a_limit_that_the_service_states_is_kept_for_good() -> None:
    async def work() -> None:
        limiter = Limiter(8)
        limiter.slow_down(0, 3)
        for _ in range(1000):
            limiter.answered()
        assert limiter.limit == 3
        limiter.slow_down(0, 500)
        assert limiter.limit == 3

    run(work())


def test_room_that_comes_back_is_given_to_those_who_wait() -> None:
    async def work() -> None:
        limiter = Limiter(4)
        limiter.limit = 1.0
        await filled(limiter, 1)
        waiting = asyncio.create_task(filled(limiter, 1))
        await asyncio.sleep(0.005)
        assert not waiting.done()
        for _ in range(20):
            limiter.answered()
        await asyncio.sleep(0.005)
        assert waiting.done()
        await emptied()

    run(work())


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
