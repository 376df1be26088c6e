"""Limits: stub until merged."""

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Limits:
    rpm: int | None = None
    rpd: int | None = None
    tpm: int | None = None
    concurrency: int | None = None


class Window:
    def __init__(self, limits: Limits) -> None:
        self.holds = False

    def wait(self, now: float, tokens: int) -> float:
        return 0.0

    def start(self, now: float, tokens: int) -> object:
        return None

    def settle(self, ticket: object, tokens: int) -> None:
        pass


def midnight_after(now: datetime, zone: str) -> datetime:
    return (now + timedelta(days=1)).replace(hour=8, minute=0, second=0, microsecond=0)


class Day:
    def __init__(self, limit: int | None, zone: str) -> None:
        self.limit = limit

    def left(self, now: datetime) -> int:
        return 1

    def count(self, now: datetime) -> None:
        pass

    def next_midnight(self, now: datetime) -> datetime:
        return midnight_after(now, "pacific")

    def stored(self) -> dict[str, object]:
        return {}

    def restore(self, value: object) -> None:
        pass
