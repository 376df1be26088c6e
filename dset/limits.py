"""What the user says that a service grants per minute and per day, kept so that it need not refuse."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

Zone = Literal["pacific", "utc"]

_MINUTE = 61.0  # seconds: requests may be a little faster or slower on their way than those before them
_PACIFIC = "America/Los_Angeles"


@dataclass(frozen=True)
class Limits:
    """What an endpoint grants; None: not limited, or not known."""

    rpm: int | None = None  # requests per minute
    rpd: int | None = None  # requests per day
    tpm: int | None = None  # tokens per minute
    concurrency: int | None = None  # requests at once


class Ticket:
    """A request that counts in the rolling minute."""

    __slots__ = ("counts", "started", "tokens")

    def __init__(self, started: float, tokens: int) -> None:
        self.started, self.tokens, self.counts = started, tokens, True


class Window:
    """Requests and tokens of the rolling minute. Times are seconds of one monotonic clock."""

    def __init__(self, rpm: int | None = None, tpm: int | None = None) -> None:
        self._rpm, self._tpm = None if rpm is None else max(1, rpm), tpm
        self._tickets: deque[Ticket] = deque()
        self._tokens = 0

    def wait(self, now: float, tokens: int) -> float:
        """Seconds until a request of about so many tokens may start; 0: now.

        One that is larger than the whole limit may start when the minute before it is empty.
        """
        self._expire(now)
        return max(0.0, max(self._requests_fit_at(), self._tokens_fit_at(tokens)) - now)

    def start(self, now: float, tokens: int) -> Ticket:
        """The request starts; the ticket is for `settle`."""
        ticket = Ticket(now, tokens)
        if self._rpm is None and self._tpm is None:
            ticket.counts = False
            return ticket
        self._expire(now)
        self._tickets.append(ticket)
        self._tokens += tokens
        return ticket

    def settle(self, ticket: Ticket, tokens: int) -> None:
        """The request took so many tokens, or so many are known by now."""
        if ticket.counts:
            self._tokens += tokens - ticket.tokens
        ticket.tokens = tokens

    def _expire(self, now: float) -> None:
        tickets = self._tickets
        while tickets and tickets[0].started + _MINUTE <= now:
            ticket = tickets.popleft()
            ticket.counts = False
            self._tokens -= ticket.tokens

    def _requests_fit_at(self) -> float:
        if self._rpm is None or len(self._tickets) < self._rpm:
            return 0.0
        return self._tickets[len(self._tickets) - self._rpm].started + _MINUTE

    def _tokens_fit_at(self, tokens: int) -> float:
        if self._tpm is None:
            return 0.0
        excess, at = self._tokens + tokens - self._tpm, 0.0
        for ticket in self._tickets:
            if excess <= 0:
                break
            excess, at = excess - ticket.tokens, ticket.started + _MINUTE
        return at


class Day:
    """Requests of the service's calendar day. Times are aware."""

    def __init__(self, limit: int | None, zone: Zone) -> None:
        self._limit, self._zone = limit, zone
        self._day = date.min
        self._count = 0

    def left(self, now: datetime) -> int | None:
        """Requests that may still start today; None: any number."""
        if self._limit is None:
            return None
        return max(0, self._limit - (self._count if self._day == _day(now, self._zone) else 0))

    def count(self, now: datetime) -> None:
        """A request starts."""
        today = _day(now, self._zone)
        if today != self._day:
            self._day, self._count = today, 0
        self._count += 1

    def next_midnight(self, now: datetime) -> datetime:
        """When the count begins anew, in UTC."""
        return midnight_after(now, self._zone)

    def stored(self) -> dict[str, str | int]:
        """The day and its count, for JSON."""
        return {"zone": self._zone, "day": self._day.isoformat(), "count": self._count}

    def restore(self, stored: object) -> None:
        """Go on with what `stored` gave; anything else, or of another zone, is passed over."""
        if not isinstance(stored, dict) or stored.get("zone") != self._zone:
            return
        day, count = stored.get("day"), stored.get("count")
        if not isinstance(day, str) or type(count) is not int or count < 0:
            return
        try:
            self._day, self._count = date.fromisoformat(day), count
        except ValueError:
            return


def midnight_after(now: datetime, zone: Zone) -> datetime:
    """The first midnight of the zone after `now`, in UTC."""
    offset = _offsets(zone)
    midnight = datetime.combine(_day(now, zone) + timedelta(days=1), time(), UTC)
    return midnight - offset(midnight - offset(now))


def pacific_offset(now: datetime) -> timedelta:
    """Pacific time minus UTC, by the rule of 2007: summer from March's second Sunday to November's first, at 2:00."""
    utc = now.astimezone(UTC)
    summer = datetime.combine(_first_sunday(utc.year, 3) + timedelta(days=7), time(10), UTC)
    winter = datetime.combine(_first_sunday(utc.year, 11), time(9), UTC)
    return timedelta(hours=-7 if summer <= utc < winter else -8)


def _first_sunday(year: int, month: int) -> date:
    first = date(year, month, 1)
    return first + timedelta(days=6 - first.weekday())


def _day(now: datetime, zone: Zone) -> date:
    return (now.astimezone(UTC) + _offsets(zone)(now)).date()


def _offsets(zone: Zone) -> Callable[[datetime], timedelta]:
    """How far local time is ahead of UTC at an instant; Windows may have no database of time zones."""
    try:
        local = UTC if zone == "utc" else ZoneInfo(_PACIFIC)
    except ZoneInfoNotFoundError:
        return pacific_offset
    return lambda now: now.astimezone(local).utcoffset() or timedelta()
