"""An endpoint in use: how fast it may be asked, and until when it is closed."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from dset import prices
from dset.endpoints import Endpoint
from dset.failures import Failure
from dset.limits import Day, Window, midnight_after
from dset.pace import Pace
from dset.prices import Price

AUTO_START = 4  # requests at once that --concurrency auto begins with …
AUTO_MOST = 2_500  # … and ends with: the most that any known service allows (DeepSeek's flash)
_REST = 300.0  # seconds that an endpoint rests whose rate limit did not pass; doubled each time
_SKEW = timedelta(minutes=10)  # by which our clock may be ahead of a service's
_LONGEST_REST = 3600.0


@dataclass(frozen=True, slots=True)
class Closure:
    """An endpoint is not asked. `until`: when it opens again by itself, None where nobody knows."""

    reason: str
    advice: str = ""
    until: datetime | None = None
    quota: int | None = None  # the requests a day of which the service says that they are spent


@dataclass(slots=True, eq=False)
class Lane:
    """One endpoint in use."""

    endpoint: Endpoint
    pace: Pace
    price: Price | None
    day: Day
    window: Window
    off_peak: bool = False  # asked in its cheap hours only
    closure: Closure | None = None
    sent_at: float = 0.0  # its last request; by the monotonic clock, as the others
    answered_at: float = 0.0
    outages: int = 0  # one after the other, without an answer between them
    failing_since: float = 0.0  # when the first of them came
    _rests: int = field(default=0)

    @property
    def name(self) -> str:
        """The endpoint's name."""
        return self.endpoint.name

    @property
    def is_metered(self) -> bool:
        """What it grants a minute is known, and held."""
        return bool(self.endpoint.limits.rpm or self.endpoint.limits.tpm)

    @property
    def tariff(self) -> str:
        """Whose price list holds: what stands in for DeepSeek costs as much."""
        return "deepseek" if self.endpoint.is_deepseek else self.endpoint.provider

    def opens(self, now: datetime) -> datetime | None:
        """When it may be asked: `now` or earlier if it is open, None where nobody knows."""
        if self.closure is not None:
            if self.closure.until is None:
                return None
            if self.closure.until > now:
                return self.closure.until
            self.closure = None
        if self.day.left(now) == 0:
            return self.day.next_midnight(now)
        return prices.next_cheap(self.tariff, now) if self.off_peak else now

    def why_closed(self, now: datetime) -> str:
        """In words, for an endpoint that is closed."""
        if self.closure is not None:
            return self.closure.reason
        if self.day.left(now) == 0:
            return f"its {self.endpoint.limits.rpd:,} requests of today are spent"
        return "its cheap hours are over"

    def close(self, failure: Failure, now: datetime) -> Closure:
        """Close it for what the service said."""
        until = None
        if failure.wait is not None:  # kept where it is long: a short one does not lift a day's quota
            until = now + timedelta(seconds=failure.wait)
        elif failure.reopens and midnight_after(now - _SKEW, failure.reopens) <= now:
            until = now + _SKEW / 2  # its day has just begun by our clock, and not yet by the service's
        elif failure.reopens:
            until = midnight_after(now, failure.reopens)
        self.closure = Closure(in_short(failure), failure.advice, until, failure.quota)
        return self.closure

    def rest(self, failure: Failure, now: datetime) -> Closure:
        """Close it for a while: it may recover by itself."""
        seconds = min(_REST * 2**self._rests, _LONGEST_REST)
        self._rests += 1
        self.closure = Closure(failure.reason, failure.advice, now + timedelta(seconds=seconds))
        return self.closure

    def answered(self, at: float) -> None:
        """An answer came at that moment."""
        self.answered_at = at
        self._rests = self.outages = 0

    def failed(self, at: float) -> None:
        """An outage hit a request at that moment."""
        if not self.outages:
            self.failing_since = at
        self.outages += 1


def in_short(failure: Failure) -> str:
    """The reason, in our words where they are shorter."""
    if failure.reopens is None:
        return failure.reason
    return "the quota of the day is spent" + (f" ({failure.quota:,} requests)" if failure.quota else "")


def make(endpoint: Endpoint, concurrency: int | None, *, off_peak: bool) -> Lane:
    """The endpoint as it begins; `concurrency` is what the user set, None for auto."""
    limits = endpoint.limits
    most = min(concurrency or AUTO_MOST, limits.concurrency or AUTO_MOST)
    lane = Lane(
        endpoint=endpoint,
        pace=Pace(most, None if concurrency else min(AUTO_START, most)),
        price=None,
        day=Day(limits.rpd, endpoint.zone),
        window=Window(limits.rpm, limits.tpm),
        off_peak=off_peak,
    )
    lane.price = prices.find(lane.tariff, endpoint.model, endpoint.price, is_local=endpoint.is_local)
    return lane
