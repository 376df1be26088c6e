"""Room in memory, given in the order of asking, and threads that nobody waits for."""

import asyncio
import contextlib
import random
import subprocess
import sys
import threading
from collections.abc import Awaitable, Callable

import pytest

from dset.rooms import Room
from dset.threads import Threads
from tests.running import SCRIPT
from tests.simulation.clock import Clock

Guest = Callable[[int, float], Awaitable[None]]


def stays(room: Room, log: list[str]) -> Guest:
    """Somebody who takes so many bytes for so many seconds."""

    async def stay(weight: int, seconds: float) -> None:
        async with room.taken(weight):
            log.append(f"+{weight}")
            await asyncio.sleep(seconds)
        log.append(f"-{weight}")

    return stay


def visited(size: int, *guests: tuple[int, float]) -> list[str]:
    """Who came and went, in order."""
    log: list[str] = []

    async def whole() -> None:
        room = Room(size)
        stay = stays(room, log)
        await asyncio.gather(*(stay(*guest) for guest in guests))
        assert room.left == size

    Clock().run(whole())
    return log


def test_as_many_are_let_in_as_there_is_room_for() -> None:
    assert visited(10, (5, 1), (5, 2), (5, 1)) == ["+5", "+5", "-5", "+5", "-5", "-5"]


def test_who_asked_first_is_let_in_first_even_if_a_later_one_would_fit() -> None:
    assert visited(10, (6, 1), (7, 1), (1, 1)) == ["+6", "-6", "+7", "+1", "-7", "-1"]


def test_what_is_larger_than_the_room_has_it_alone() -> None:
    assert visited(10, (3, 1), (99, 1), (3, 1)) == ["+3", "-3", "+99", "-99", "+3", "-3"]


def test_what_weighs_nothing_never_waits() -> None:
    assert visited(10, (10, 1), (4, 1), (0, 0))[:2] == ["+10", "+0"]


def test_room_that_is_not_needed_any_more_is_given_on_at_once() -> None:
    seen: list[int] = []

    async def whole() -> None:
        room = Room(10)
        async with room.taken(9) as keep:
            keep(2)
            async with asyncio.timeout(1), room.taken(8):
                seen.append(room.left)
            keep(50)  # it never becomes more
            seen.append(room.left)
        seen.append(room.left)

    Clock().run(whole())
    assert seen == [0, 8, 10]


def test_when_it_is_opened_everybody_is_let_in() -> None:
    async def whole() -> None:
        room, log = Room(10), list[str]()
        stay = stays(room, log)
        guests = [asyncio.ensure_future(stay(10, 5)) for _ in range(4)]
        await asyncio.sleep(1)
        room.open()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert log == ["+10"] * 4
        await asyncio.gather(*guests)
        assert room.left == 10

    Clock().run(whole())


def test_who_gives_up_waiting_blocks_nobody_behind() -> None:
    async def whole() -> None:
        room, log = Room(10), list[str]()
        stay = stays(room, log)
        first, large, small = (asyncio.ensure_future(stay(*one)) for one in ((6, 9), (9, 1), (4, 1)))
        await asyncio.sleep(1)
        large.cancel()
        await asyncio.sleep(1.5)
        assert log == ["+6", "+4", "-4"]
        await asyncio.gather(first, small)

    Clock().run(whole())


def test_however_guests_come_go_and_give_up_nothing_of_it_is_lost() -> None:
    async def whole(draw: random.Random) -> None:
        room, log = Room(10), list[str]()
        stay = stays(room, log)
        guests = [asyncio.ensure_future(stay(draw.randint(0, 14), draw.random())) for _ in range(40)]
        for guest in guests:
            await asyncio.sleep(draw.choice((0, 0, 0.1)))
            if draw.random() < 0.4:
                guest.cancel()
        for guest in guests:
            with contextlib.suppress(asyncio.CancelledError):
                await guest
        assert room.left == 10

    for seed in range(60):
        Clock().run(whole(random.Random(seed)))


# --- Threads -----------------------------------------------------------------------------------------------


def test_work_is_done_in_so_many_threads_at_once_and_all_of_it() -> None:
    meet, lock, at_once, most = threading.Barrier(2, timeout=10), threading.Lock(), [0], [0]

    def work() -> None:
        with lock:
            at_once[0] += 1
            most[0] = max(most[0], at_once[0])
        meet.wait()
        with lock:
            at_once[0] -= 1
        meet.wait()

    threads = Threads(2)
    for one in [threads.submit(work) for _ in range(6)]:
        one.result(10)
    assert most == [2]


def test_an_error_is_raised_where_the_work_is_waited_for() -> None:
    def fail() -> None:
        raise MemoryError("large")

    threads = Threads(1)
    with pytest.raises(MemoryError, match="large"):
        threads.submit(fail).result(10)
    assert threads.submit(lambda: 7).result(10) == 7


def test_work_that_nobody_waits_for_any_more_is_not_begun() -> None:
    go, done = threading.Event(), list[int]()
    threads = Threads(1)
    first = threads.submit(go.wait, 10)
    second = threads.submit(done.append, 1)
    assert second.cancel()
    go.set()
    assert first.result(10)
    assert threads.submit(len, done).result(10) == 0


def test_the_process_ends_while_a_thread_still_works() -> None:
    code = (
        "import asyncio, time\n"
        "from dset.threads import Threads\n"
        "async def main():\n"
        "    asyncio.get_running_loop().run_in_executor(Threads(1), time.sleep, 60)\n"
        "asyncio.run(main())\n"
    )
    subprocess.run([sys.executable, "-c", code], cwd=SCRIPT.parent, check=True, timeout=30)
