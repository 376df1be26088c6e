"""Room in memory for what is on its way: rows that carry much wait until there is some."""

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncIterator


class Room:
    """So many bytes, given to rows in the order of their asking. Use within one event loop."""

    def __init__(self, size: int) -> None:
        """A row that takes more than `size` gets all of it, alone."""
        self._size = self._left = size
        self._waiting: deque[tuple[int, asyncio.Future[None]]] = deque()
        self._is_open = False

    @contextlib.asynccontextmanager
    async def taken(self, weight: int) -> AsyncIterator[None]:
        """Hold so many bytes while the block runs, as soon as they are free."""
        weight = min(weight, self._size)
        if not weight:
            yield
            return
        await self._enter(weight)
        try:
            yield
        finally:
            self._left += weight
            self._let_in()

    def open(self) -> None:
        """Nobody waits any longer: the run is to end."""
        self._is_open = True
        self._let_in()

    async def _enter(self, weight: int) -> None:
        entered = asyncio.get_running_loop().create_future()
        self._waiting.append((weight, entered))
        self._let_in()
        try:
            await entered
        except asyncio.CancelledError:
            if entered.done() and not entered.cancelled():
                self._left += weight
                self._let_in()
            raise

    def _let_in(self) -> None:
        while self._waiting and (self._is_open or self._waiting[0][0] <= self._left):
            weight, entered = self._waiting.popleft()
            if not entered.done():
                self._left -= weight
                entered.set_result(None)
