"""What a token costs at which moment, in USD per million tokens, and where that is known from. No network.

Prices are what endpoints.toml says, or else what the package genai-prices says. DeepSeek's hours:
https://api-docs.deepseek.com/zh-cn/quick_start/pricing (2026-10).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from typing import Any

LISTED = "endpoints.toml"
_HOUR = timedelta(hours=1)
_DEAREST = 1e6  # USD per million tokens; more is a slip of the pen
_PEAK_HOURS = frozenset({1, 2, 3, 6, 7, 8, 9})  # UTC; in Beijing 9 to 12 and 14 to 18, on the same day


@dataclass(frozen=True, slots=True)
class Rate:
    """USD per million tokens. `cached`: of a prompt token that the service had in its cache, None as `input`."""

    input: float
    output: float
    cached: float | None = None

    @property
    def hit(self) -> float:
        """What a cached token of the prompt costs."""
        return self.input if self.cached is None else self.cached

    def cost(self, prompt_tokens: int, cached_tokens: int, completion_tokens: int) -> float:
        """USD. The prompt includes what was cached, the completion what was thought."""
        cached = min(cached_tokens, prompt_tokens)
        new = prompt_tokens - cached
        return (new * self.input + cached * self.hit + completion_tokens * self.output) / 1e6


@dataclass(frozen=True, slots=True)
class Tier:
    """The rate of a request whose prompt is longer than `above` tokens: of all its tokens, not of the rest."""

    above: int
    rate: Rate


@dataclass(frozen=True, slots=True)
class Price:
    """What an endpoint costs. Read it by `rate`, `at` or `worst`: the fields alone are what holds at first.

    `peak` holds in DeepSeek's hours, `tiers` (rising) by the size of the prompt, `later` (rising) from a moment on.
    """

    usual: Rate
    peak: Rate | None = None
    source: str = LISTED
    tiers: tuple[Tier, ...] = ()
    later: tuple[tuple[datetime, "Price"], ...] = ()

    def rate(self, when: datetime, prompt_tokens: int = 0) -> Rate:
        """The rate of a request of this size at an aware moment."""
        price = self
        for since, changed in self.later:
            if when >= since:
                price = changed
        if price.peak is not None and _in_peak(when):
            return price.peak
        fitting = [tier.rate for tier in price.tiers if prompt_tokens > tier.above]
        return fitting[-1] if fitting else price.usual

    def at(self, when: datetime) -> Rate:
        """The rate of a short request at an aware moment."""
        return self.rate(when)

    def worst(self, start: datetime, end: datetime, prompt_tokens: int | None = None) -> Rate:
        """The dearest of each part between two aware moments, for any prompt of up to so many tokens; None: of any size.

        A request that starts off-peak may be billed at peak if it ends there.
        """
        found = [
            rate
            for price, since, until in self._spans(start, max(start, end))
            for rate in price.possible(since, until, prompt_tokens)
        ]
        return Rate(max(r.input for r in found), max(r.output for r in found), max(r.hit for r in found))

    def _spans(self, start: datetime, end: datetime) -> Iterator[tuple["Price", datetime, datetime]]:
        price, since = self, start
        for moment, changed in self.later:
            if start < moment <= end:
                yield price, since, moment
                since = moment
            if moment <= end:
                price = changed
        yield price, since, end

    def possible(self, since: datetime, until: datetime, prompt_tokens: int | None) -> Iterator[Rate]:
        """Every rate that holds at some time between two aware moments, but for `later`."""
        if self.peak is not None and _within(since, until, peak=True):
            yield self.peak
        if self.peak is None or _within(since, until, peak=False):
            yield self.usual
            yield from (one.rate for one in self.tiers if prompt_tokens is None or prompt_tokens > one.above)


# --- Hours -------------------------------------------------------------------------------------------------


def is_peak(provider: str, when: datetime) -> bool:
    """The provider asks more at this aware moment: DeepSeek, Monday to Friday 1 to 4 and 6 to 10 UTC.

    On Chinese public holidays DeepSeek asks no more than usual. Which days these are is announced year by year, so
    they are taken for peak: what is said of the price may be too dear on them, never too cheap.
    """
    return provider == "deepseek" and _in_peak(when)


def next_cheap(provider: str, when: datetime) -> datetime:
    """The first moment from `when` on that is not at peak: `when` itself, or a whole hour in UTC."""
    return _next(when, peak=False) if provider == "deepseek" else when


def _in_peak(when: datetime) -> bool:
    there = when.astimezone(UTC)
    return there.hour in _PEAK_HOURS and there.weekday() < 5


def _next(when: datetime, *, peak: bool) -> datetime:
    return next(moment for moment in _hours(when) if _in_peak(moment) == peak)


def _within(since: datetime, until: datetime, *, peak: bool) -> bool:
    """Some moment between the two is at peak, or not."""
    return any(_in_peak(moment) == peak for moment in takewhile(lambda one: one <= until, _hours(since)))


def _hours(when: datetime) -> Iterator[datetime]:
    """`when` and every whole hour after it: nothing changes between them."""
    yield when
    hour = when.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    while True:
        hour += _HOUR
        yield hour


# --- Where a price is known from ---------------------------------------------------------------------------


def find(provider: str, model: str, listed: Price | None, is_local: bool) -> Price | None:
    """The price of `model` at one of our providers or at another host, None where it is not known.

    What endpoints.toml lists comes first. On another host or on this machine (`is_local`) only names that are one
    maker's own are known, as a proxy passes them on: "deepseek-flash", but not Ollama's "deepseek-r1:8b".
    """
    if listed is not None:
        return listed
    try:
        from dset import price_lists

        return price_lists.look_up(provider, model, is_local=is_local)
    except Exception:  # noqa: BLE001 - whatever is wrong with a list of prices, it must not end a run
        return None


def parse_price(value: object) -> Price:
    """The price in a table {input, output, cached, peak = {input, output, cached}} of endpoints.toml; the hours of a
    peak are DeepSeek's. Raises ValueError that says in words what is wrong with it.
    """
    usual, peak = _table(value, "price", ("input", "output", "cached", "peak")), None
    if "peak" in usual:
        peak = _rate(_table(usual.pop("peak"), "price.peak", ("input", "output", "cached")), "price.peak")
    return Price(_rate(usual, "price"), peak)


def _table(value: object, where: str, names: tuple[str, ...]) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError(f"{where} must be a table like {{ input = 0.15, output = 0.6 }}, not {value!r}")
    for name in value:
        if name not in names:
            raise ValueError(f"{where} has no {name!r}, only {', '.join(names)}")
    return dict(value)


def _rate(table: dict[str, Any], where: str) -> Rate:
    for name in ("input", "output"):
        if name not in table:
            raise ValueError(f"{where} lacks {name!r}")
    for name, value in table.items():
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= _DEAREST:
            raise ValueError(f"{where}.{name} must be a number of USD per million tokens, not {value!r}")
    return Rate(**{name: float(value) for name, value in table.items()})
