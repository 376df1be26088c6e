"""The workers of a run: as many as the endpoints have room for, a few started at a time."""

import asyncio
import contextlib
from collections.abc import Callable, Coroutine
from typing import Any

_AT_ONCE = 8  # workers started per turn of the loop: thousands at once delay the first request by seconds


class Crew:
    """Runs the same work in as many tasks as are wanted. Use within one event loop."""

    def __init__(self, work: Callable[[], Coroutine[Any, Any, None]], wanted: Callable[[], int]) -> None:
        """`work` is what each does until it ends by itself; `wanted` says how many there should be by now."""
        self._work, self._wanted = work, wanted
        self.workers: set[asyncio.Task[None]] = set()
        self._broken: list[BaseException] = []  # what errors of ours have ended workers
        self._over = asyncio.Event()
        self._called_home = 0

    async def run(self, patience: float) -> None:
        """Until the last has gone or one is broken; after `call_home` for `patience` seconds more, after two not at all.

        Raises what has broken a worker.
        """
        while self.hire(_AT_ONCE):  # noqa: ASYNC110 - a turn of the loop for those that were started
            await asyncio.sleep(0)
        if self.workers:
            await self._over.wait()
        if self._called_home == 1 and self.workers and not self._broken:
            self._over.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(patience):
                    await self._over.wait()
        if self._broken:
            raise self._broken[0]

    async def dismiss(self) -> None:
        """Cancel those that are still at work, and wait for their ends."""
        for worker in self.workers:
            worker.cancel()
        await asyncio.gather(*self.workers, return_exceptions=True)

    def call_home(self, times: int = 1) -> None:
        """The run is to end soon; called twice, at once."""
        self._called_home += times
        self._over.set()

    def hire(self, at_most: int = 1) -> bool:
        """Start workers where more are wanted; whether any was started."""
        fresh = min(at_most, self._wanted() - len(self.workers))
        for _ in range(fresh):
            worker = asyncio.create_task(self._work())
            self.workers.add(worker)
            worker.add_done_callback(self._gone)
        return fresh > 0

    def _gone(self, worker: asyncio.Task[None]) -> None:
        self.workers.discard(worker)
        if not worker.cancelled() and (error := worker.exception()):
            self._broken.append(error)
        if not self.workers or self._broken:
            self._over.set()
