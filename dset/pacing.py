"""How fast: how many requests at once, the gate that an outage closes, the waits before another try."""

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncIterator

# Waits after a 429 that names no time, in seconds. After the last one the row counts as hit by an outage.
PACE_WAITS = (5.0, 10.0, 20.0, 40.0, 80.0)
_CUT = 0.75  # of what was in flight when the service refused
_RECOVERY = 0.2  # requests more per round of answers without a refusal


class Limiter:
    """At most `most` requests at once; fewer while the service says that it is too many."""

    def __init__(self, most: int) -> None:
        self.limit = float(most)
        self._ceiling = float(most)
        self.in_flight = 0
        self._cut_at = 0.0
        self._queue: deque[asyncio.Future[None]] = deque()

    @contextlib.asynccontextmanager
    async def slot(self) -> AsyncIterator[float]:
        """Room for one request, as long as that takes; gives the time of the event loop when it was granted."""
        loop = asyncio.get_running_loop()
        while self.in_flight >= int(self.limit):
            turn = loop.create_future()
            self._queue.append(turn)
            try:
                await turn
            finally:
                if turn in self._queue:
                    self._queue.remove(turn)
        self.in_flight += 1
        try:
            yield loop.time()
        finally:
            self.in_flight -= 1
            self._call_next()

    def _call_next(self) -> None:
        room = int(self.limit) - self.in_flight
        while self._queue and room > 0:
            turn = self._queue.popleft()
            if not turn.done():
                turn.set_result(None)
                room -= 1

    def slow_down(self, sent_at: float, stated: int | None) -> None:
        """A request sent at `sent_at` was one too many; `stated` is the limit that the service named."""
        if stated is not None:
            self._ceiling = self.limit = max(1.0, min(float(stated), self._ceiling))
        elif sent_at > self._cut_at:  # those sent before the last cut say nothing new
            self._cut_at = asyncio.get_running_loop().time()
            self.limit = max(1.0, min(self.limit, self.in_flight + 1.0) * _CUT)

    def answered(self) -> None:
        """An answer came: a little more may be tried."""
        if self.limit < self._ceiling:
            self.limit = min(self._ceiling, self.limit + _RECOVERY / self.limit)
            self._call_next()


class OutageGate:
    """Closed while rows wait for an outage to pass: no new row starts. Any answer that arrives opens it."""

    def __init__(self) -> None:
        self._open = asyncio.Event()
        self._open.set()
        self._hit = 0

    def enter(self) -> None:
        """A row's request failed for the first time."""
        self._hit += 1
        self._open.clear()

    def close(self) -> None:
        """A row's request failed again."""
        self._open.clear()

    def leave(self) -> None:
        """A row that had entered is decided."""
        self._hit -= 1
        if not self._hit:
            self._open.set()

    def open(self) -> None:
        """An answer has arrived, or the run stops."""
        self._open.set()

    @property
    def is_open(self) -> bool:
        """New rows may start."""
        return self._open.is_set()

    async def passed(self) -> None:
        """Wait until new rows may start."""
        await self._open.wait()
