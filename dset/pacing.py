"""The waits before another try, and the gate that an outage closes."""

import asyncio

# Waits after a 429 that names no time, in seconds. After the last one the row counts as hit by an outage.
PACE_WAITS = (5.0, 10.0, 20.0, 40.0, 80.0)


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

    async def passed_or(self, other: asyncio.Event) -> None:
        """Wait until new rows may start or the other event is set."""
        ends = [asyncio.create_task(event.wait()) for event in (self._open, other)]
        try:
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for end in ends:
                end.cancel()
