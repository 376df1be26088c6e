"""The two clocks of a run: one that only counts, for waits and deadlines, and one that tells the date.

Called through this module, so that a simulation can run through days in seconds.
"""

import time
from datetime import UTC, datetime


def monotonic() -> float:
    """Seconds since some moment; never set back."""
    return time.monotonic()


def now() -> datetime:
    """This moment in UTC; it jumps where somebody sets the clock."""
    return datetime.now(UTC)
