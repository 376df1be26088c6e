"""Why a run ended before its questions did."""

from dataclasses import dataclass

STORAGE = "storage"  # the disk refuses what was paid for
SPENT = "spent"  # every endpoint is closed, and one of them opens again by itself
BUDGET = "budget"  # another request could cost more than --budget leaves


@dataclass(frozen=True, slots=True)
class Stopped:
    """The end of a run, and what to do about it."""

    kind: str  # a failures.Kind, rejections.INTERRUPTED, or one of the words above
    reason: str
    advice: str = ""
