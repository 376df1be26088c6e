"""endpoints.json: what is spent, and until when. By the endpoints' names; it holds no key.

Losing it costs a request at each spent endpoint, never an answer.
"""

import hashlib
import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from dset import files
from dset.cleaning import clean
from dset.closures import clock
from dset.endpoints import Endpoint
from dset.lanes import Closure, Lane

_LASTING = 600.0  # seconds: what opens again so soon is not worth a note
_LONGEST = timedelta(
    days=40
)  # no quota is for more than a month: what says so is a wrong clock's, or no file of ours
_MOST = 10**9  # requests a day
_LARGEST = 1 << 22  # bytes: more is no file of ours
_KNOWN = ("spent_until", "reason", "quota", "asked", "key")


class Quotas:
    """The file in the output folder. A key that was changed since starts afresh."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._written: bytes | None = None

    def restore(self, lanes: Iterable[Lane], now: datetime) -> None:
        """Close the lanes that the file says are spent, and count on from their counts of today."""
        noted = self.noted()
        for lane in lanes:
            entry = noted.get(lane.name)
            if not isinstance(entry, dict) or entry.get("key") != _digest(lane.endpoint):
                continue
            lane.day.restore(entry.get("asked"))
            if until := _still(entry, now):
                reason = clean(str(entry.get("reason") or "it was spent when it was asked last"))
                lane.closure = Closure(reason, until=until, quota=_count(entry.get("quota")))

    def save(self, lanes: Iterable[Lane], now: datetime) -> None:
        """Write what is spent and counted, in one step, where that changed. Raises OSError."""
        noted = {lane.name: entry for lane in lanes if (entry := _entry(lane, now))}
        if not noted and not self._path.exists():
            return
        ours = {one.name for one in lanes}
        others = {
            name: _plain(entry)
            for name, entry in self.noted().items()
            if name not in ours and isinstance(entry, dict)
        }
        text = (
            json.dumps({**others, **noted}, ensure_ascii=False, indent=1).encode("utf-8", "replace") + b"\n"
        )
        if text != self._written:
            files.replace(self._path, [text])
            self._written = text

    def noted(self) -> dict[str, Any]:
        """What stands in the file, {} where it cannot be read."""
        try:
            if not self._path.is_file() or self._path.stat().st_size > _LARGEST:  # a pipe would be waited for
                return {}
            noted = json.loads(self._path.read_bytes())
        except (OSError, ValueError, RecursionError):
            return {}
        return noted if isinstance(noted, dict) else {}


def _entry(lane: Lane, now: datetime) -> dict[str, Any]:
    entry: dict[str, Any] = {}
    closure = lane.closure
    if closure and closure.until and (closure.until - now).total_seconds() > _LASTING:
        entry = {"spent_until": closure.until.isoformat(timespec="seconds").replace("+00:00", "Z")}
        entry |= {"reason": closure.reason}
        entry |= {"quota": closure.quota} if closure.quota else {}
    if lane.endpoint.limits.rpd and (asked := lane.day.stored()):
        entry["asked"] = asked
    return entry | {"key": _digest(lane.endpoint)} if entry else {}


def _plain(entry: dict[str, Any]) -> dict[str, Any]:
    """The entry of an endpoint that is not in use now, without what this file never holds."""

    def is_plain(value: object) -> bool:
        return isinstance(value, str | int | float | None)

    return {
        name: value
        for name, value in entry.items()
        if name in _KNOWN
        and (is_plain(value) or (isinstance(value, dict) and all(map(is_plain, value.values()))))
    }


def _count(value: object) -> int | None:
    is_count = isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= _MOST
    return value if is_count else None  # type: ignore[return-value]


def _digest(endpoint: Endpoint) -> str:
    """Tells one key from another and says nothing about either."""
    return hashlib.blake2b(
        str(endpoint.key or "").encode(), digest_size=6, person=b"dset-endpoint"
    ).hexdigest()


def _still(entry: dict[str, Any], now: datetime) -> datetime | None:
    """Until when it is spent, in UTC; None where it is not, or nobody could say so."""
    try:
        until = datetime.fromisoformat(str(entry.get("spent_until")))
        return until.astimezone(UTC) if until.tzinfo and now < until < now + _LONGEST else None
    except (ValueError, OverflowError):
        return None


def still_spent(path: Path, now: datetime) -> list[str]:
    """What the file says is spent still, a line each."""
    lines = []
    for name, entry in Quotas(path).noted().items():
        until = _still(entry, now) if isinstance(entry, dict) else None
        if until is not None:
            lines.append(f"{clean(str(name))}: spent until {clock(until, now)}")
    return lines
