"""The verb `check`: one small request to each key × model, and what came of it in words."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, replace

from dset import balances, clocks, lanes
from dset.clients import Client
from dset.endpoints import Endpoint
from dset.failures import Failure, Kind
from dset.messages import Messages
from dset.replies import Reply
from dset.settings import Settings
from dset.wording import sentences, span

_QUESTION: Messages = [{"role": "user", "content": "Reply with the word OK."}]
_LONGEST_ANSWER = 256  # tokens: enough for a model that thinks before it speaks, and a fraction of a cent
_PATIENCE = 60.0  # seconds
_PAGE_PATIENCE = 10.0  # seconds: nobody waits long for a page that is only nice to have
_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class Finding:
    """What became of the request to one endpoint."""

    endpoint: Endpoint
    works: bool
    passes: bool  # it does not work now, but may by itself later
    seconds: float
    said: str  # one line: how it works, or why not
    balance: str = ""

    def line(self, row_cost: str) -> str:
        """For the screen; `row_cost` is what a row would cost there."""
        end = self.endpoint
        key = end.key.shown if end.key else "no key"
        parts = [f"{end.name} ({key}): {self.said}", row_cost if self.works else "", self.balance]
        return "; ".join(part for part in parts if part)


def run(endpoints: Sequence[Endpoint], settings: Settings, show: Callable[[Finding], None]) -> list[Finding]:
    """What came of each endpoint, in their order; `show` is told each as soon as it is known."""

    async def look() -> list[Finding]:
        found = []
        async for one in findings(endpoints, settings):
            found.append(one)
            show(one)
        return found

    return asyncio.run(look())


async def findings(endpoints: Sequence[Endpoint], settings: Settings) -> AsyncIterator[Finding]:
    """What became of a request to each, in their order; several are asked at once."""
    asked = replace(settings, max_tokens=_LONGEST_ANSWER, timeout=min(settings.timeout, _PATIENCE))
    room = asyncio.Semaphore(_AT_ONCE)
    pages: dict[tuple[str, str], asyncio.Task[str]] = {}

    async def one(endpoint: Endpoint) -> Finding:
        async with room, Client(endpoint, asked) as client:
            if endpoint.balance and endpoint.account not in pages:
                pages[endpoint.account] = asyncio.create_task(_balance(client, endpoint.balance))
            started = clocks.monotonic()
            outcome = await client.ask(_QUESTION)
            seconds = clocks.monotonic() - started
            balance = await pages[endpoint.account] if endpoint.account in pages else ""
        return _finding(endpoint, outcome, seconds, balance)

    tasks = [asyncio.create_task(one(endpoint)) for endpoint in endpoints]
    try:
        for task in tasks:
            yield await task
    finally:
        for task in tasks:
            task.cancel()


async def _balance(client: Client, path: str) -> str:
    try:
        async with asyncio.timeout(_PAGE_PATIENCE):
            page = await client.get(path)
    except TimeoutError:
        return ""
    told = balances.read(page) if isinstance(page, bytes) else ""
    return f"balance {told}" if told else ""


def _finding(endpoint: Endpoint, outcome: Reply | Failure, seconds: float, balance: str) -> Finding:
    # An answer that was cut short is an answer here.
    if isinstance(outcome, Reply) or outcome.kind is Kind.CUT_SHORT:
        return Finding(endpoint, True, True, seconds, f"works, {span(seconds)}", balance)
    passes = outcome.kind in {Kind.OUTAGE, Kind.PACE} or bool(outcome.reopens) or outcome.wait is not None
    why = sentences(lanes.in_short(outcome), outcome.advice)
    return Finding(endpoint, False, passes, seconds, f"does not work: {why}", balance)


def exit_status(found: Sequence[Finding]) -> int:
    """0 something works; 1 nothing does now, but some of it may by itself; 2 something must be mended first."""
    if any(one.works for one in found):
        return 0
    return 1 if any(one.passes for one in found) else 2


def closing(found: Sequence[Finding]) -> str:
    """The last line."""
    working = sum(one.works for one in found)
    return (
        f"{working:,} of {len(found):,} work"
        if len(found) > 1
        else ("it works" if working else "it does not work")
    )
