"""What a run will cost and how long it will take, said before it begins. Pure."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from dset import guesses
from dset.costs import Bill, figure
from dset.guesses import Guess, Past, Size
from dset.prices import Price, is_peak
from dset.schedules import DAY, Load, Schedule, Terms, plan
from dset.wording import counted

WORTH = 10  # requests; for fewer nobody needs an estimate
_FEWEST, _MOST = 24, 2000  # moments of a run at which its price is looked at
_LONGEST = 366 * DAY  # what prices do later nobody knows
_QUOTAS = {
    "gemini": "keys of one Google project share one quota: only keys of different projects add up",
    "deepseek": "keys of one DeepSeek account share one limit: several of them make nothing faster",
}


@dataclass(frozen=True, slots=True)
class Estimate:
    """Of a run: tokens are those of one request; USD are None where a price is not known, seconds where they are not."""

    rows: int
    tokens_in: int
    tokens_out: int
    usd: float | None
    low: float | None
    high: float | None
    seconds: float | None
    limit: str  # what holds the time
    basis: str  # what it rests on
    peak_share: float  # of the requests, 0 to 1, at a peak price

    def lines(self) -> list[str]:
        """The estimate in words, a line each for money, time and the peak where there is something to say."""
        each = f"{self.tokens_in:,} tokens in and {self.tokens_out:,} out each ({self.basis})"
        found = [f"estimate: {self._money()} for {counted(self.rows, 'request')}: {each}"]
        if self.seconds is not None:
            found.append(f"estimate: about {_about(self.seconds)}: {self.limit}")
        if self.peak_share >= 0.005:
            found.append(f"estimate: about {self.peak_share:.0%} of it at the peak price".replace("%", " %"))
        return found

    def _money(self) -> str:
        if self.usd is None or self.low is None or self.high is None:
            return "no price is known"
        if not self.high:
            return "0 USD"
        return f"about {_rough(self.usd)} USD ({_rough(self.low)} to {_rough(self.high)})"


def estimate(
    rows: int,
    sample: Sequence[Size],
    past: Sequence[Past],
    endpoints: Sequence[Terms],
    at_once: int,
    now: datetime,
    *,
    spread: bool = False,
) -> Estimate:
    """Estimate a run of `rows` requests, 1 or more, that begins at the aware moment `now`.

    `sample`: the sizes of some of its rows; `past`: some answers of before; `endpoints`: one or more, in the order of
    use, or with `spread` all at once; `at_once`: requests in flight at the most.
    """
    thinks = any(one.thinks for one in (endpoints if spread else endpoints[:1]))
    came_in, went_out = guesses.tokens_in(sample, past), guesses.tokens_out(past, thinks=thinks)
    tokens, wait = came_in.likely + went_out.likely, guesses.wait(past, went_out.likely)
    schedule = plan(Load(rows, tokens, wait, at_once, spread), endpoints)
    is_timed = any(one.seconds is not None for one in past) or schedule.is_stated
    money = _money(schedule, endpoints, (came_in, went_out), guesses.cached_share(past), now)
    likely, low, high = money or (None, None, None)
    return Estimate(
        rows=rows,
        tokens_in=round(came_in.likely),
        tokens_out=round(went_out.likely),
        usd=likely,
        low=low,
        high=high,
        seconds=schedule.seconds if is_timed and schedule.seconds < math.inf else None,
        limit=schedule.limit,
        basis=f"from {counted(len(past), 'answer')} so far"
        if past
        else f"answers guessed at {went_out.likely:,.0f} tokens until some have come",
        peak_share=_peak_share(schedule, endpoints, now),
    )


def compare(estimated: Estimate, bill: Bill) -> str:
    """What was estimated beside what was billed; "" where one of them is not known."""
    if estimated.usd is None or not bill.known:
        return ""
    count = bill.known + bill.unknown
    if count == estimated.rows:
        text = f"estimated {_rough(estimated.usd)} USD, billed {bill}"
    else:
        text = f"estimated {_rough(estimated.usd)} USD for {estimated.rows:,}, billed {bill} for {count:,}"
    if not estimated.usd:
        return text
    change = (bill.usd / bill.known) / (estimated.usd / estimated.rows) - 1
    how = f"{abs(change):.0%} {'less' if change < 0 else 'more'}".replace("%", " %")
    how = "far less" if change < -0.995 else how
    return f"{text} ({how if abs(change) >= 0.005 else 'the same'}{'' if bill.known == estimated.rows else ' each'})"


def shared_quota_notes(keys: Mapping[str, Sequence[str]]) -> list[str]:
    """A line for each provider whose keys may share one quota; `keys`: the names of its keys' variables."""
    return [
        f"{', '.join(names)}: {_QUOTAS[provider]}"
        for provider, names in keys.items()
        if provider in _QUOTAS and len(names) > 1
    ]


# --- Money over time ---------------------------------------------------------------------------------------


def _money(
    schedule: Schedule, endpoints: Sequence[Terms], tokens: tuple[Guess, Guess], cached: float, now: datetime
) -> tuple[float, float, float] | None:
    """USD, likely, at the least and at the most; None where a price is not known. The time may be wrong as well."""
    parts = [(part, one.price) for part, one in zip(schedule.parts, endpoints, strict=True) if part]
    priced = [(part, price) for part, price in parts if price is not None]
    if len(priced) < len(parts):
        return None
    came_in, went_out = tokens

    def total(came_in: float, went_out: float, seconds: float) -> float:
        return sum(
            part * _mean_cost(price, (came_in, cached * came_in, went_out), now, seconds)
            for part, price in priced
        )

    times = [schedule.seconds * factor for factor in (1, 1 / went_out.factor, went_out.factor)]
    low = min(total(came_in.likely / came_in.factor, went_out.likely / went_out.factor, one) for one in times)
    high = max(
        total(came_in.likely * came_in.factor, went_out.likely * went_out.factor, one) for one in times
    )
    return total(came_in.likely, went_out.likely, times[0]), low, high


def _mean_cost(price: Price, tokens: tuple[float, float, float], now: datetime, seconds: float) -> float:
    came_in, cached, went_out = map(round, tokens)
    moments = list(_moments(now, seconds)) if price.peak or price.later else [now]
    return sum(price.rate(one, came_in).cost(came_in, cached, went_out) for one in moments) / len(moments)


def _moments(now: datetime, seconds: float) -> Iterator[datetime]:
    """Moments all over a run, a quarter of an hour apart or less where it is not too long for that."""
    seconds = min(seconds, _LONGEST)
    count = min(max(_FEWEST, math.ceil(seconds / 900)), _MOST)
    return (now + timedelta(seconds=seconds * (number + 0.5) / count) for number in range(count))


def _peak_share(schedule: Schedule, endpoints: Sequence[Terms], now: datetime) -> float:
    moments = list(_moments(now, schedule.seconds))
    share = sum(is_peak("deepseek", one) for one in moments) / len(moments)
    dear = sum(
        part for part, one in zip(schedule.parts, endpoints, strict=True) if one.price and one.price.peak
    )
    return share * dear / sum(schedule.parts) if dear else 0.0


def _rough(amount: float) -> str:
    """USD with two digits that count, or to the dollar."""
    return f"{amount:,.{1 if amount < 9.95 else 0}f}" if amount >= 0.995 else figure(amount, 2)


def _about(seconds: float) -> str:
    """A time for people that does not pretend: 40 s, 25 min, 5.4 h, 12 days."""
    for unit, size, most in (("s", 1.0, 90.0), ("min", 60.0, 90.0), ("h", 3600.0, 48.0)):
        if seconds < most * size:
            return f"{seconds / size:.{1 if unit == 'h' else 0}f} {unit}".replace(".0 ", " ")
    return f"{math.ceil(seconds / DAY):,} days"
