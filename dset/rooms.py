"""Room in memory for what is on its way: rows that carry much wait until there is some."""

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncIterator, Callable


class Room:
    """So many bytes, given to rows in the order of their asking. Use within one event loop."""

    def __init__(self, size: int) -> None:
        """A row that takes more than `size` gets all of it, alone."""
        self._size = self.left = size
        self._waiting: deque[tuple[int, asyncio.Future[None]]] = deque()
        self._is_open = False

    @contextlib.asynccontextmanager
    async def taken(self, weight: int) -> AsyncIterator[Callable[[int], None]]:
        """Hold so many bytes while the block runs, as soon as they are free.

        What it yields is called with the bytes that are still needed, where they have become fewer.
        """
        held = min(weight, self._size)
        if held:
            await self._enter(held)

        def keep(needed: int) -> None:
            nonlocal held
            before, held = held, min(needed, held)
            self._free(before - held)

        try:
            yield keep
        finally:
            self._free(held)

    def open(self) -> None:
        """Nobody waits any longer: the run is to end."""
        self._is_open = True
        self._let_in()

    def _free(self, count: int) -> None:
        if count:
            self.left += count
            self._let_in()

    async def _enter(self, weight: int) -> None:
        entered = asyncio.get_running_loop().create_future()
        self._waiting.append((weight, entered))
        self._let_in()
        try:
            await entered
        except asyncio.CancelledError:
            # It may have been let in before it heard; else others behind it may fit now.
            self._free(0 if entered.cancelled() else weight)
            self._let_in()
            raise

    def _let_in(self) -> None:
        while self._waiting:
            weight, entered = self._waiting[0]
            if not entered.done():
                if weight > self.left and not self._is_open:
                    return
                self.left -= weight
                entered.set_result(None)
            self._waiting.popleft()
