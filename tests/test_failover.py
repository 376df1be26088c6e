"""Which endpoint takes the next request, in simulated time."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from dset.failover import Failover
from dset.failures import Failure, Kind
from dset.lanes import Lane
from dset.prices import Price, Rate
from dset.slots import Demand, Slot
from dset.stops import BUDGET, SPENT, Stopped
from tests import samples
from tests.simulation.clock import Clock

FREE = Demand(lambda: 10, lambda lane: 0.0)
DAY_SPENT = Failure(Kind.STOP, "You exceeded your current quota", reopens="pacific", quota=20)
KEY_DEAD = Failure(Kind.STOP, "bad key", "Check it.", scope="key")
BUSY = Failure(Kind.PACE, "too many")


def run(work: Callable[[Clock], Awaitable[Any]], clock: Clock | None = None) -> Any:
    """What comes of it, in simulated time."""
    used = clock or Clock()

    async def whole() -> Any:
        return await asyncio.wait_for(work(used), 30 * 86_400)

    return used.run(whole())


def two_keys(models: int = 2, **more: Any) -> list[Lane]:
    """k1/m1, k1/m2, k2/m1, k2/m2."""
    return [
        samples.lane(f"m{model}", key_name=f"k{key}", **more)
        for key in (1, 2)
        for model in range(1, models + 1)
    ]


async def taken(failover: Failover, count: int = 1, demand: Demand = FREE) -> list[str]:
    """Who takes the next requests, one after the other."""
    names = []
    for _ in range(count):
        slot = await failover.slot(demand)
        assert isinstance(slot, Slot), slot
        names.append(name_of(slot))
        done(failover, slot)
    return names


def name_of(slot: Slot) -> str:
    return f"{slot.lane.endpoint.key_name}/{slot.lane.endpoint.model}"


def done(failover: Failover, slot: Slot, usd: float | None = 0.0) -> None:
    """The request of this slot is answered."""
    slot.lane.pace.answered(slot.sent_at, slot.sent_at)
    failover.release(slot, tokens=5, usd=usd)


def test_the_first_endpoint_takes_all_that_it_bears() -> None:
    async def work(_: Clock) -> None:
        assert await taken(samples.failover(*two_keys()), 5) == ["k1/m1"] * 5

    run(work)


def test_a_spent_model_gives_way_to_the_next_of_its_key_and_then_to_the_next_key_from_its_first_model() -> (
    None
):
    async def work(_: Clock) -> list[str]:
        failover = samples.failover(*two_keys())
        seen = []
        for _number in range(4):
            seen += await taken(failover)
            lane = next(lane for lane in failover.fleet.lanes if failover.fleet.is_open(lane))
            failover.close(lane, DAY_SPENT)
        return seen

    assert run(work) == ["k1/m1", "k1/m2", "k2/m1", "k2/m2"]


def test_a_dead_key_closes_all_of_its_models_and_no_other_keys() -> None:
    async def work(_: Clock) -> None:
        failover = samples.failover(*two_keys())
        assert failover.close(failover.fleet.lanes[0], KEY_DEAD)
        assert await taken(failover) == ["k2/m1"]

    run(work)


def test_what_is_said_of_the_service_closes_every_key_there_and_no_other_service() -> None:
    async def work(_: Clock) -> None:
        other = samples.lane("x", key_name="k3", base_url="http://127.0.0.1:10")
        failover = samples.failover(*two_keys(), other)
        assert failover.close(failover.fleet.lanes[0], Failure(Kind.STOP, "gone", scope="service"))
        assert await taken(failover) == ["k3/x"]

    run(work)


def test_a_better_model_is_used_again_when_its_day_begins_at_midnight_in_california() -> None:
    async def work(clock: Clock) -> None:
        told: list[str] = []
        failover = samples.failover(*two_keys(), tell=told.append)
        failover.close(failover.fleet.lanes[0], DAY_SPENT)
        assert await taken(failover) == ["k1/m2"]
        clock.seconds += 14.9 * 3600  # 17:00 UTC is 9 o'clock there
        assert await taken(failover) == ["k1/m2"]
        clock.seconds += 0.2 * 3600
        assert await taken(failover) == ["k1/m1"]
        assert told == [
            "p/k1/m1: the quota of the day is spent (20 requests), until 08:00 UTC (in 14 h 59 min); p/k1/m2 takes over",
            "p/k1/m1 is open again and takes over",
        ]

    run(work)


def test_a_clock_that_is_ahead_of_the_services_costs_minutes_and_not_the_day() -> None:
    async def work(clock: Clock) -> None:
        clock.seconds = 15 * 3600 + 60  # a minute past midnight in California, by our clock alone
        failover = samples.failover(samples.lane())
        assert failover.close(failover.fleet.lanes[0], DAY_SPENT)  # it is waited for
        await taken(failover)
        assert 15 * 3600 + 60 < clock.seconds < 15 * 3600 + 600
        clock.seconds = 15 * 3600 + 660
        assert not failover.close(failover.fleet.lanes[0], DAY_SPENT)

    run(work)


def test_when_all_are_spent_the_run_ends_and_says_when_the_first_opens_again() -> None:
    async def work(clock: Clock) -> None:
        failover = samples.failover(*two_keys())
        for lane in failover.fleet.lanes[:2]:
            failover.close(lane, DAY_SPENT)
        assert not failover.close(failover.fleet.lanes[2], KEY_DEAD)
        stopped = await failover.slot(FREE)
        assert isinstance(stopped, Stopped)
        assert stopped == failover.fleet.ended()
        assert (stopped.kind, stopped.reason) == (SPENT, "all 4 endpoints are spent or refused")
        assert "p/k1/m1 and 1 more: the quota of the day is spent (20 requests)." in stopped.advice
        assert "p/k2/m1 and 1 more: bad key. Check it." in stopped.advice
        assert "p/k1/m1 opens again at 08:00 UTC (in 14 h 59 min)" in stopped.advice
        assert "--wait" in stopped.advice

    run(work)


def test_when_none_opens_by_itself_the_run_is_stopped_for_good() -> None:
    async def work(_: Clock) -> None:
        failover = samples.failover(*two_keys())
        for lane in failover.fleet.lanes:
            failover.close(lane, KEY_DEAD)
        stopped = await failover.slot(FREE)
        assert isinstance(stopped, Stopped)
        assert stopped.kind == Kind.STOP
        assert "--wait" not in stopped.advice

    run(work)


def test_of_a_single_endpoint_its_own_words_are_told() -> None:
    async def work(_: Clock) -> None:
        failover = samples.failover(samples.lane())
        assert not failover.close(
            failover.fleet.lanes[0], Failure(Kind.STOP, "no money", "Top up.", scope="key")
        )
        assert failover.fleet.ended() == Stopped(Kind.STOP, "no money", "Top up.")

    run(work)


def test_with_wait_it_sleeps_until_the_first_opens_and_says_so_once() -> None:
    async def work(clock: Clock) -> None:
        told: list[str] = []
        failover = samples.failover(samples.lane(), wait=True, tell=told.append)
        assert failover.close(failover.fleet.lanes[0], DAY_SPENT)
        assert len(await asyncio.gather(*(taken(failover) for _ in range(3)))) == 3
        assert clock.now().hour == 8
        [line] = told
        assert "until 08:00 UTC (in 14 h 59 min)" in line
        assert "the quota of the day is spent (20 requests)" in line

    run(work)


def test_an_endpoint_that_opens_in_minutes_is_waited_for_in_any_case() -> None:
    async def work(clock: Clock) -> None:
        failover = samples.failover(samples.lane())
        assert failover.close(failover.fleet.lanes[0], Failure(Kind.STOP, "later", wait=590.0))
        began = clock.seconds
        await taken(failover)
        assert 590 <= clock.seconds - began < 592

    run(work)


def test_who_sleeps_is_woken_by_the_end_of_the_run() -> None:
    async def work(_: Clock) -> None:
        failover = samples.failover(samples.lane(), wait=True)
        failover.close(failover.fleet.lanes[0], DAY_SPENT)
        waiting = [asyncio.ensure_future(failover.slot(FREE)) for _ in range(3)]
        await asyncio.sleep(5)
        failover.stop()
        assert await asyncio.gather(*waiting) == [None, None, None]
        assert await failover.slot(FREE) is None

    run(work)


def test_a_suspended_laptop_is_noticed_within_a_minute_of_its_waking() -> None:
    async def work(clock: Clock) -> None:
        failover = samples.failover(samples.lane(), wait=True)
        failover.close(failover.fleet.lanes[0], DAY_SPENT)
        waiting = asyncio.ensure_future(taken(failover))
        await asyncio.sleep(10)
        clock.start += timedelta(hours=20)  # the date moved on, the time that counts stood still
        began = clock.seconds
        await waiting
        assert clock.seconds - began <= 60

    run(work)


def test_a_rate_limit_that_stays_lets_the_next_take_over_for_a_while_that_grows() -> None:
    async def work(clock: Clock) -> None:
        failover = samples.failover(*two_keys())
        first = failover.fleet.lanes[0]
        for minutes in (5, 10, 20, 40, 60, 60):
            assert failover.rest(first, BUSY)
            assert await taken(failover) == ["k1/m2"]
            clock.seconds += minutes * 60 - 1
            assert not failover.fleet.is_open(first)
            clock.seconds += 2
            assert await taken(failover) == ["k1/m1"]
        first.answered(clock.seconds)
        failover.rest(first, BUSY)
        clock.seconds += 301
        assert failover.fleet.is_open(first)

    run(work)


def test_an_endpoint_does_not_rest_where_no_other_is_open() -> None:
    async def work(_: Clock) -> None:
        failover = samples.failover(samples.lane())
        assert not failover.rest(failover.fleet.lanes[0], BUSY)
        assert await taken(failover) == ["none/asked-for"]

    run(work)


@pytest.mark.parametrize(("scope", "next_one"), [("lane", "k1/m2"), ("model", "k1/m2"), ("service", "k3/x")])
def test_an_outage_rests_the_model_at_every_key_or_the_whole_service(scope: str, next_one: str) -> None:
    async def work(_: Clock) -> None:
        other = samples.lane("x", key_name="k3", base_url="http://127.0.0.1:10")
        failover = samples.failover(*two_keys(), other)
        assert failover.rest(failover.fleet.lanes[0], BUSY, scope)
        assert await taken(failover) == [next_one]
        assert failover.fleet.is_open(failover.fleet.lanes[2]) is (scope == "lane")

    run(work)


def test_spread_fills_all_that_are_open_evenly() -> None:
    async def work(_: Clock) -> None:
        failover = samples.failover(*two_keys(concurrency=3), spread=True)
        assert failover.capacity == 12
        slots = [await failover.slot(FREE) for _ in range(12)]
        names = [name_of(slot) for slot in slots if isinstance(slot, Slot)]
        assert sorted(names) == sorted(["k1/m1", "k1/m2", "k2/m1", "k2/m2"] * 3)
        assert len(set(names[:4])) == 4

    run(work)


def test_requests_at_once_are_bounded_over_all_endpoints_together() -> None:
    async def work(_: Clock) -> None:
        failover = samples.failover(*two_keys(concurrency=3), spread=True, most=5)
        assert failover.capacity == 5
        slots = [await failover.slot(FREE) for _ in range(5)]
        waiting = asyncio.ensure_future(failover.slot(FREE))
        await asyncio.sleep(1)
        assert not waiting.done()
        assert isinstance(slots[0], Slot)
        done(failover, slots[0])
        assert isinstance(await waiting, Slot)

    run(work)


def test_a_row_keeps_its_place_until_it_is_on_disk_and_its_endpoint_is_free_before() -> None:
    async def work(_: Clock) -> None:
        used = samples.lane(concurrency=2)
        failover = samples.failover(used, most=2)
        slots = [await failover.slot(FREE) for _ in range(2)]
        waiting = asyncio.ensure_future(failover.slot(FREE))
        assert isinstance(slots[0], Slot)
        used.pace.answered(2.0, slots[0].sent_at)
        failover.release(slots[0], leaves=False)
        await asyncio.sleep(1)
        assert used.pace.has_room
        assert not waiting.done()
        failover.leave()
        assert isinstance(await waiting, Slot)


def test_spread_takes_turns_where_requests_go_out_one_at_a_time() -> None:
    async def work(_: Clock) -> None:
        failover = samples.failover(*two_keys(), spread=True, most=1)
        names = []
        for _number in range(8):
            names += await taken(failover)
            await asyncio.sleep(1)
        assert names == ["k1/m1", "k1/m2", "k2/m1", "k2/m2"] * 2

    run(work)


@pytest.mark.parametrize("spread", [False, True])
def test_who_was_failed_by_one_endpoint_is_given_another_that_has_room(spread: bool) -> None:
    async def work(_: Clock) -> None:
        used = [samples.lane("a", concurrency=2), samples.lane("b", concurrency=1)]
        failover = samples.failover(*used, spread=spread)
        again = replace(FREE, avoid={used[0]})
        names = []
        for _number in range(2):
            slot = await failover.slot(again)
            assert isinstance(slot, Slot)
            names.append(slot.lane.endpoint.model)
        assert names == ["b", "a"]  # a full one is not waited for

    run(work)


def test_an_endpoint_is_down_where_it_fails_in_a_row_while_another_answers() -> None:
    async def work(clock: Clock) -> None:
        failover = samples.failover(samples.lane("a"), samples.lane("b"))
        first, other = failover.fleet.lanes
        for _number in range(3):
            assert not failover.fleet.is_down(first)
            first.failed(clock.seconds)
        assert not failover.fleet.is_down(first)  # nobody answers: it may be the rows, or the network
        other.answered(clock.seconds + 1)
        assert failover.fleet.is_down(first)
        first.answered(clock.seconds + 2)
        first.failed(clock.seconds + 3)
        assert not failover.fleet.is_down(first)

    run(work)


@pytest.mark.parametrize("spread", [False, True])
def test_what_the_budget_cannot_bear_at_one_endpoint_goes_to_a_cheaper_one(spread: bool) -> None:
    async def work(_: Clock) -> None:
        failover = samples.failover(*two_keys(models=1, concurrency=2), spread=spread, budget=1.5)
        demand = Demand(lambda: 10, lambda lane: 1.0 if lane is failover.fleet.lanes[0] else 0.0)
        names = []
        for _number in range(3):
            slot = await failover.slot(demand)
            assert isinstance(slot, Slot)
            names.append(name_of(slot))
            done(failover, slot, usd=1.0 if slot.lane is failover.fleet.lanes[0] else 0.0)
        assert names == ["k1/m1", "k2/m1", "k2/m1"]

    run(work)


def test_who_comes_first_is_served_first_and_who_has_gone_takes_no_place() -> None:
    async def work(_: Clock) -> None:
        failover = samples.failover(samples.lane(concurrency=1))
        first = await failover.slot(FREE)
        order: list[int] = []

        async def one(number: int) -> None:
            slot = await failover.slot(FREE)
            order.append(number)
            assert isinstance(slot, Slot)
            done(failover, slot)

        waiting = [asyncio.create_task(one(number)) for number in range(4)]
        await asyncio.sleep(1)
        waiting[1].cancel()
        assert isinstance(first, Slot)
        done(failover, first)
        await asyncio.gather(*waiting, return_exceptions=True)
        assert order == [0, 2, 3]

    run(work)


def test_requests_a_minute_are_held_where_the_limit_is_known() -> None:
    async def work(clock: Clock) -> None:
        failover = samples.failover(samples.lane(limits={"rpm": 5}))
        began = clock.seconds
        await taken(failover, 5)
        assert clock.seconds == began
        await taken(failover, 6)
        assert 120 <= clock.seconds - began < 130

    run(work)


def test_requests_a_day_are_held_and_the_next_model_takes_over() -> None:
    async def work(_: Clock) -> None:
        failover = samples.failover(*two_keys(limits={"rpd": 3}, zone="pacific"))
        names = await taken(failover, 12)
        assert names == ["k1/m1"] * 3 + ["k1/m2"] * 3 + ["k2/m1"] * 3 + ["k2/m2"] * 3
        stopped = await failover.slot(FREE)
        assert isinstance(stopped, Stopped)
        assert "its 3 requests of today are spent" in stopped.advice
        assert "08:00 UTC" in stopped.advice

    run(work)


def test_what_was_asked_today_is_noted_every_few_requests() -> None:
    async def work(_: Clock) -> None:
        noted: list[int] = []
        lane = samples.lane(limits={"rpd": 100})
        failover = samples.failover(lane, note=lambda: noted.append(1))
        await taken(failover, 25)
        assert len(noted) == 2
        await taken(samples.failover(samples.lane(), note=lambda: noted.append(1)), 25)
        assert len(noted) == 2

    run(work)


def test_off_peak_waits_for_the_cheap_hours_without_being_told_to_wait() -> None:
    async def work(clock: Clock) -> None:
        clock.seconds += 32 * 3600 + 300  # Monday, five past one in UTC: ten in the morning in Beijing
        told: list[str] = []
        lane = samples.lane("deepseek-flash", is_deepseek=True, off_peak=True)
        failover = samples.failover(lane, tell=told.append)
        await taken(failover)
        assert (clock.now().weekday(), clock.now().hour, clock.now().minute) == (0, 4, 0)
        assert "its cheap hours are over" in told[0]

    run(work)


# --- The budget --------------------------------------------------------------------------------------------

DEAR = Demand(lambda: 10, lambda lane: 1.0)


def test_a_request_that_could_pass_the_budget_waits_for_what_is_in_flight_and_then_ends_the_run() -> None:
    async def work(_: Clock) -> None:
        failover = samples.failover(samples.lane(concurrency=5), budget=2.5)
        slots = [await failover.slot(DEAR) for _ in range(2)]
        waiting = asyncio.ensure_future(failover.slot(DEAR))
        await asyncio.sleep(1)
        assert not waiting.done()
        assert isinstance(slots[0], Slot)
        done(failover, slots[0], usd=0.4)  # less than feared: there is room again
        third = await waiting
        assert isinstance(third, Slot)
        assert isinstance(slots[1], Slot)
        done(failover, slots[1], usd=None)  # nobody knows: all of it counts
        done(failover, third, usd=1.0)
        stopped = await failover.slot(DEAR)
        assert isinstance(stopped, Stopped)
        assert stopped.kind == BUDGET
        assert stopped.reason == "the budget of 2.50 USD is used up: 2.40 USD spent"
        assert "raise --budget" in stopped.advice

    run(work)


def test_a_budget_below_the_cost_of_one_request_says_so() -> None:
    async def work(_: Clock) -> None:
        stopped = await samples.failover(samples.lane(), budget=0.5).slot(DEAR)
        assert isinstance(stopped, Stopped)
        assert stopped.reason == "the budget of 0.50 USD does not bear a single request"
        assert stopped.advice.startswith("A request could cost 1.00 USD: raise --budget")

    run(work)


def test_without_a_budget_nobody_works_out_what_a_request_may_cost() -> None:
    def unknown(lane: Lane) -> float:
        raise AssertionError("its price is not known")

    async def work(_: Clock) -> None:
        await taken(samples.failover(samples.lane()), 2, Demand(lambda: 10, unknown))

    run(work)


def test_the_price_that_an_endpoint_states_is_the_one_that_counts() -> None:
    listed = Price(Rate(1.0, 2.0))
    assert samples.lane("gpt-5-mini", provider="openai", price=listed).price == listed
    assert samples.lane("llama3.2").price is None
