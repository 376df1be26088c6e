"""An event loop whose time jumps to the next thing that is to happen."""

import asyncio
import selectors
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from unittest import mock

from dset import clocks

T = TypeVar("T")
START = datetime(2026, 11, 21, 17, 0, tzinfo=UTC)  # a Saturday morning in California


class Clock:
    """Simulated time: seconds since `start`, which no wait of the process makes pass."""

    def __init__(self, start: datetime = START) -> None:
        self.start = start
        self.seconds = 1.0
        self.threads = 0  # jobs in threads that are under way: they take real time

    def now(self) -> datetime:
        """The date."""
        return self.start + timedelta(seconds=self.seconds)

    def monotonic(self) -> float:
        """Seconds."""
        return self.seconds

    @contextmanager
    def ticking(self) -> Iterator[None]:
        """The program reads this clock within the block."""
        with mock.patch.multiple(clocks, now=self.now, monotonic=self.monotonic):
            yield

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """As asyncio.run, in simulated time."""
        with self.ticking(), asyncio.Runner(loop_factory=lambda: Loop(self)) as runner:
            return runner.run(work)


class _Selector(selectors.DefaultSelector):
    """Where nothing is to be read it does not wait: it lets the clock jump."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        events = super().select(0)
        if events or timeout == 0:
            return events
        if self._clock.threads:
            return super().select(0.05 if timeout is None else min(timeout, 0.05))
        if timeout is None:
            raise AssertionError("everybody waits for somebody: nothing will ever happen again")
        self._clock.seconds += timeout
        return []


class Loop(asyncio.SelectorEventLoop):
    """The loop that goes with it."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(_Selector(clock))
        self._clock = clock

    def time(self) -> float:
        return self._clock.seconds

    def run_in_executor(self, executor: Any, func: Any, *args: Any) -> Any:  # type: ignore[override]
        self._clock.threads += 1
        future = super().run_in_executor(executor, func, *args)
        future.add_done_callback(self._ended)
        return future

    def _ended(self, _: object) -> None:
        self._clock.threads -= 1
