"""Figures that a line of the journal states, taken only where they can be true."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from dset.wording import span

# Before the first services of this kind, and far beyond any clock that is set at all right: one wrong stamp would
# press all others into a corner of the chart.
_EARLIEST = datetime(2020, 1, 1, tzinfo=UTC).timestamp()
_LATEST = datetime(2100, 1, 1, tzinfo=UTC).timestamp()


def moment(about: Mapping[str, Any]) -> float | None:
    """When the answer came, epoch seconds; None where no time or no believable one is told."""
    stamp = about.get("timestamp")
    if not isinstance(stamp, str) or len(stamp) > 40:
        return None
    try:
        read = datetime.fromisoformat(stamp)
        at = (read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError, OSError):
        return None
    return at if _EARLIEST <= at < _LATEST else None


def took(seconds: float) -> str:
    """A time for people, to the millisecond where it is short."""
    return f"{1000 * seconds:.0f} ms" if seconds < 1 else span(seconds)


def amount(about: Mapping[str, Any], name: str, most: float) -> float | None:
    """The number of that name, from 0 to `most`; None for anything else."""
    value = about.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if 0 <= value <= most else None  # NaN is neither
