"""What runs.json tells: the last run, and what requests of unknown outcome may have cost over all of them."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dset.costs import DEAREST
from dset.watching import lenient
from dset.watching.tailing import Tail

_TEXT = 4_000  # characters of prompt and system prompt


@dataclass(frozen=True, slots=True)
class Past:
    """`last` is the last run's line; {} where there is none."""

    last: Mapping[str, Any] = field(default_factory=dict)
    maybe_usd: float = 0.0

    @property
    def run(self) -> str:
        """The last run's id."""
        return lenient.text(self.last.get("run"), 200)

    @property
    def is_open(self) -> bool:
        """It noted no end."""
        return bool(self.last) and not lenient.stamp(self.last.get("ended"))

    def told(self, *, is_rehearsal: bool) -> dict[str, Any] | None:
        """The last run, as it is shown."""
        if not self.last:
            return None
        return {
            "id": self.run,
            "started": lenient.stamp(self.last.get("started")),
            "ended": lenient.stamp(self.last.get("ended")),
            "model": lenient.text(self.last.get("model")),
            "prompt": lenient.text(self.last.get("prompt"), _TEXT),
            "system": lenient.text(self.last.get("system"), _TEXT),
            "is_rehearsal": is_rehearsal,
        }


def read(path: Path) -> Past:
    """The runs of a folder. What cannot be read is passed over: no answer stands in it."""
    last: Mapping[str, Any] = {}
    maybe: list[float] = []
    for lines in Tail(path).lines(math.inf):
        for line in lines:
            try:
                run = json.loads(line)
            except (ValueError, RecursionError):
                continue
            if isinstance(run, dict) and isinstance(run.get("run"), str):
                last = run
                cost = lenient.amount(lenient.table(run.get("counts")).get("maybe_billed_usd"))
                maybe += [cost] if cost and cost <= DEAREST else []
    return Past(last, math.fsum(maybe))
