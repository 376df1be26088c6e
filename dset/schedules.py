"""How long a run takes: what each endpoint allows, how the rows fall to them, and which limit it is that holds. Pure."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from dset.prices import Price

DAY = 86_400.0  # seconds


@dataclass(frozen=True, slots=True)
class Terms:
    """What an endpoint asks and allows; None where that is not known or not limited."""

    price: Price | None = None
    rpm: int | None = None  # requests a minute
    rpd: int | None = None  # requests a day
    tpm: int | None = None  # tokens a minute, in and out
    concurrency: int | None = None  # requests at once
    thinks: bool = False


@dataclass(frozen=True, slots=True)
class Load:
    """What is to be done: `tokens` in and out and `seconds` of waiting are those of one request."""

    rows: int  # 1 or more
    tokens: float
    seconds: float
    at_once: int
    spread: bool = False  # over all endpoints at once, not in order


@dataclass(frozen=True, slots=True)
class Schedule:
    """How many rows fall to each endpoint, in seconds how long that takes, and which limit it is that holds.

    `is_stated`: the limit is one that the service names in requests, so that the time does not rest on the tokens and
    the seconds of the load.
    """

    parts: tuple[float, ...]
    seconds: float
    limit: str
    is_stated: bool


def plan(load: Load, endpoints: Sequence[Terms]) -> Schedule:
    """The schedule of a load on one endpoint or more.

    In order the first is used alone for as long as its day allows, then the next. Where no endpoint is without a limit
    for the day and all of them together are not enough for the rows, the run goes on day after day.
    """
    parts = _shared(load.rows, endpoints) if load.spread else _in_order(load.rows, endpoints)
    a_day = sum(one.rpd or 0 for one in endpoints)
    if sum(parts) < load.rows - 1e-6:  # thirds of a row do not add up to it
        parts = [load.rows * (one.rpd or 0) / a_day if a_day else 0.0 for one in endpoints]
        return Schedule(tuple(parts), load.rows / a_day * DAY if a_day else math.inf, _days(endpoints), True)
    used = [
        (part, *_pace(one, load, len(endpoints))) for part, one in zip(parts, endpoints, strict=True) if part
    ]
    times = [part / pace for part, pace, _, _ in used]
    longest = times.index(max(times))
    are_stated = all(is_stated for *_, is_stated in used)
    return Schedule(tuple(parts), max(times) if load.spread else sum(times), used[longest][2], are_stated)


def _in_order(rows: int, endpoints: Sequence[Terms]) -> list[float]:
    parts, left = [], float(rows)
    for one in endpoints:
        parts.append(left if one.rpd is None else min(left, one.rpd))
        left -= parts[-1]
    return parts


def _shared(rows: int, endpoints: Sequence[Terms]) -> list[float]:
    """Even parts; what is too much for the day of one falls to the others."""
    parts, left = [0.0] * len(endpoints), float(rows)
    allowed = [math.inf if one.rpd is None else one.rpd for one in endpoints]
    for done, index in enumerate(sorted(range(len(endpoints)), key=allowed.__getitem__)):
        parts[index] = min(allowed[index], left / (len(endpoints) - done))
        left -= parts[index]
    return parts


def _pace(one: Terms, load: Load, endpoints: int) -> tuple[float, str, bool]:
    """Requests a second, which limit that is, and whether it is stated in requests."""
    sharing = endpoints if load.spread else 1
    most = math.inf if one.concurrency is None else one.concurrency
    at_once = min(load.at_once / sharing, load.rows / sharing, most)
    paces = [(at_once / load.seconds, f"{at_once * sharing:,.0f} at once", False)]
    if one.rpm is not None:
        paces.append((one.rpm / 60, _each(sharing, f"{one.rpm:,} requests a minute"), True))
    if one.tpm is not None:
        pace = one.tpm / 60 / max(1.0, load.tokens)
        paces.append((pace, _each(sharing, f"{one.tpm:,} tokens a minute"), False))
    return min(paces)


def _days(endpoints: Sequence[Terms]) -> str:
    allowed = [one.rpd or 0 for one in endpoints]
    if len(set(allowed)) == 1:
        return _each(len(allowed), f"{allowed[0]:,} requests a day")
    return f"{sum(allowed):,} requests a day on {len(allowed)} endpoints"


def _each(endpoints: int, limit: str) -> str:
    return f"{endpoints} endpoints x {limit}" if endpoints > 1 else limit
