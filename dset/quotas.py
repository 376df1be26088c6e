"""endpoints.json: what is spent, and until when. By the endpoints' names; it holds no key.

Losing it costs a request at each spent endpoint, never an answer.
"""

import hashlib
import json
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

from dset import files
from dset.cleaning import clean
from dset.closures import clock
from dset.endpoints import Endpoint
from dset.lanes import Closure, Lane

_LASTING = 600.0  # seconds: what opens again so soon is not worth a note


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
            until = _moment(entry.get("spent_until"))
            if until is not None and until > now:
                quota = entry.get("quota")
                lane.closure = Closure(
                    str(entry.get("reason", "")), until=until, quota=quota if isinstance(quota, int) else None
                )

    def save(self, lanes: Iterable[Lane], now: datetime) -> None:
        """Write what is spent and counted, in one step, where that changed. Raises OSError."""
        noted = {lane.name: entry for lane in lanes if (entry := _entry(lane, now))}
        if not noted and not self._path.exists():
            return
        others = {
            name: entry for name, entry in self.noted().items() if name not in {one.name for one in lanes}
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


def _digest(endpoint: Endpoint) -> str:
    """Tells one key from another and says nothing about either."""
    return hashlib.blake2b(
        str(endpoint.key or "").encode(), digest_size=6, person=b"dset-endpoint"
    ).hexdigest()


def _moment(text: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def told(path: Path, now: datetime) -> list[str]:
    """What the file says is spent still, a line each."""
    lines = []
    for name, entry in Quotas(path).noted().items():
        until = _moment(entry.get("spent_until")) if isinstance(entry, dict) else None
        if until is not None and until > now:
            lines.append(f"{clean(str(name))}: spent until {clock(until, now)}")
    return lines
