"""The first rows of a run: where they all fail alike, it is not the rows."""

import re

from dset.failures import Failure, Kind
from dset.stops import Stopped

_ROWS = 3
_OTHER: tuple[int | None, str] = (-1, "")  # a failure that is no fault of the row


class Firsts:
    """Looks at the first rows that came to nothing, while none was answered."""

    def __init__(self) -> None:
        self._faults: list[tuple[int | None, str]] = []

    def note(self, outcome: Failure) -> Stopped | None:
        """The end of the run, where the first three rows all end in the same row fault."""
        if len(self._faults) >= _ROWS:
            return None
        alike = (outcome.status, re.sub(r"\d+", "#", outcome.reason))
        self._faults.append(alike if outcome.kind is Kind.ROW_FAULT else _OTHER)
        if len(self._faults) < _ROWS or len(set(self._faults)) > 1 or self._faults[0] == _OTHER:
            return None
        advice = outcome.advice or "Check --model, --max-tokens, --temperature and the prompt."
        return Stopped(Kind.ROW_FAULT, f"the first rows all failed alike: {outcome.reason}", advice)
