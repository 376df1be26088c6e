"""A service like Gemini's free tier, in simulated time: limits by the minute and the day for each key and model."""

import asyncio
import json
import os
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self
from zoneinfo import ZoneInfo

from dset import failures
from dset.completions import read_completion
from dset.endpoints import Endpoint
from dset.failures import Failure
from dset.messages import Messages
from dset.rehearsal import faults
from dset.rehearsal.exchange import Behaviour
from dset.replies import Reply
from dset.settings import Settings
from tests.simulation.clock import Clock

PACIFIC = ZoneInfo("America/Los_Angeles")
MODELS = ("gemini-3.8-flash", "gemini-3.6-flash", "gemini-3.5-flash-lite", "gemini-3.1-flash-lite")


@dataclass(frozen=True)
class Plot:
    """What happens."""

    keys: int = 5
    rpm: int = 10
    rpd: int = 20
    blocked: frozenset[str] = frozenset()  # questions that are refused
    deadly: str = ""  # the key that is used for this question dies with it
    die_after: int = 0  # requests of this process, then it is killed


@dataclass
class Service:
    """Keeps its books in a file, so that they outlive the process that asks."""

    clock: Clock
    book: Path
    plot: Plot
    minutes: Counter[tuple[str, str, int]] = field(default_factory=Counter)
    days: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    dead: set[str] = field(default_factory=set)
    requests: int = 0

    def __post_init__(self) -> None:
        for line in entries(self.book):
            self.clock.seconds = max(self.clock.seconds, line["at"] + 30.0)
            self._count(line["key"], line["model"], line["day"], line["what"])

    def _count(self, key: str, model: str, day: str, what: str) -> None:
        if what == "dead":
            self.dead.add(key)
        elif what in {"ok", "blocked"}:
            self.days[key, model, day] += 1

    async def ask(self, endpoint: Endpoint, messages: Messages) -> Reply | Failure:
        """One request of some seconds; the process may be killed on the way."""
        self.requests += 1
        if self.plot.die_after and self.requests > self.plot.die_after:
            os._exit(9)
        text = messages[-1]["content"].removeprefix("answer this question: ")
        _, behaviour = self._decide(endpoint.key_name, endpoint.model, text)
        good = behaviour.status == 200
        await asyncio.sleep(1.5 + len(text) % 7 / 2 if good else 0.1)
        if good:
            return read_completion(behaviour.body)
        return failures.of_status(behaviour.status, {}, behaviour.body, now=self.clock.now())

    def _decide(self, key: str, model: str, text: str) -> tuple[str, Behaviour]:
        now = self.clock.now()
        day, minute = now.astimezone(PACIFIC).date().isoformat(), int(now.timestamp() // 60)
        if text == self.plot.deadly and not self.dead:
            self._note(key, model, text, day, "dead")
        if key in self.dead:
            what, behaviour = "bad key", faults.gemini_bad_key()
        elif self.days[key, model, day] >= self.plot.rpd:
            what, behaviour = "day", faults.gemini_free_per_day()
        elif self.minutes[key, model, minute] >= self.plot.rpm:
            left = 60 - now.timestamp() % 60
            what, behaviour = "minute", faults.gemini_per_minute(f"{left:.3f}s")
        elif text in self.plot.blocked:
            what, behaviour = "blocked", faults.gemini_blocked()
        else:
            what, behaviour = "ok", faults.ok(f"an answer to {text}", model=model)
        self.minutes[key, model, minute] += what in {"ok", "blocked"}
        self._note(key, model, text, day, what)
        return what, behaviour

    def _note(self, key: str, model: str, text: str, day: str, what: str) -> None:
        line = {"at": self.clock.seconds, "day": day, "key": key, "model": model, "text": text, "what": what}
        with self.book.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(line) + "\n")
        self._count(key, model, day, what)


def entries(book: Path) -> list[dict[str, Any]]:
    """The lines of the book; a torn last one is none."""
    if not book.exists():
        return []
    return [json.loads(line) for line in book.read_text("utf-8").split("\n") if line.endswith("}")]


class Client:
    """In the place of dset.clients.Client."""

    def __init__(
        self, endpoint: Endpoint, ask: Callable[[Endpoint, Messages], Awaitable[Reply | Failure]]
    ) -> None:
        self._endpoint, self._ask = endpoint, ask

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        pass

    async def ask(self, messages: Messages) -> Reply | Failure:
        """One request."""
        return await self._ask(self._endpoint, messages)


def made(service: Service) -> Callable[[Endpoint, Settings, int], Client]:
    """What makes clients of this service."""
    return lambda endpoint, settings, most: Client(endpoint, service.ask)
