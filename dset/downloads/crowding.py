"""How many downloads are under way at once: a bound for all, and a polite one for each host."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Crowding:
    """Places for `all_at_once` downloads, at most `per_host` of them at one host."""

    def __init__(self, all_at_once: int, per_host: int) -> None:
        self._all = asyncio.Semaphore(all_at_once)
        self._per_host = per_host
        self._hosts: dict[str, tuple[asyncio.Semaphore, int]] = {}  # and how many hold or await a place there

    @asynccontextmanager
    async def place(self, host: str) -> AsyncIterator[None]:
        """Wait for a place and hold it. Whoever holds one must not wait for another."""
        own, users = self._hosts.get(host) or (asyncio.Semaphore(self._per_host), 0)
        self._hosts[host] = own, users + 1
        try:
            # The host's first: whoever waits for a crowded host takes no place from the others.
            async with own, self._all:
                yield
        finally:
            own, users = self._hosts.pop(host)
            if users > 1:
                self._hosts[host] = own, users - 1
