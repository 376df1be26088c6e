"""Values of files that anybody may have written, taken for what they should be or not at all; fit for JSON in UTF-8."""

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

MOST = 1 << 53  # what a number in JSON can be without losing digits
_HALVES = re.compile("[\ud800-\udfff]")


def text(value: object, most: int = 300) -> str:
    """The text, cut at so many characters; '' for anything else. What UTF-8 cannot hold is replaced."""
    if not isinstance(value, str):
        return ""
    kept = _HALVES.sub("\N{REPLACEMENT CHARACTER}", value[: most + 1])
    return kept if len(kept) <= most else f"{kept[: most - 1]}…"


def whole(value: object) -> int:
    """A count; 0 for what is none."""
    return optional(value) or 0


def optional(value: object) -> int | None:
    """A count; None for what is none."""
    is_count = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < MOST
    return value if is_count else None  # type: ignore[return-value]


def amount(value: object) -> float | None:
    """A number from 0 on that is finite; None for anything else."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    return float(value) if 0 <= value < MOST and math.isfinite(value) else None


def table(value: object) -> Mapping[str, Any]:
    """The object; an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def rows(value: object, most: int) -> list[Mapping[str, Any]]:
    """The objects of a list, so many at most."""
    return [one for one in value[:most] if isinstance(one, dict)] if isinstance(value, list) else []


def moment(value: object) -> datetime | None:
    """ISO 8601 with a zone, in UTC; None for anything else."""
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) else None
        return found.astimezone(UTC) if found and found.tzinfo else None
    except (ValueError, OverflowError):
        return None


def stamp(value: object) -> str | None:
    """The same as text, to the second, with Z."""
    found = moment(value)
    return found.isoformat(timespec="seconds").replace("+00:00", "Z") if found else None
