"""How often a service may be asked: counted over all runs, in a small file beside the scraped folders."""

import contextlib
import json
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dset import clocks, files
from dset.errors import AlreadyRunningError
from dset.locks import Lock

NAME = ".limits.json"
SHORT = 60.0  # seconds: a wait up to this is waited for
_EPOCH = 10**9  # a Reset beyond it is a moment in UNIX time (Pexels), one below it counts seconds (Pixabay)
_TRIES, _PAUSE = 200, 0.01  # at the file, and seconds between them: it is held for some milliseconds
_LONGEST_REST = 32 * 86_400.0  # seconds; what a header says beyond a month is a slip


@dataclass(frozen=True, slots=True)
class Rate:
    """At most so many requests in so many seconds."""

    most: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Allowance:
    """All that a service allows: FACTS of its documentation."""

    rates: tuple[Rate, ...]
    a_month: int = 0  # requests in a calendar month; 0: without a limit

    @property
    def longest(self) -> float:
        """Seconds for which requests are remembered."""
        return max((rate.seconds for rate in self.rates), default=0.0)


class Ledger:
    """What one service was asked, and until when it rests. Each change is on disk before the call returns."""

    def __init__(self, path: Path, name: str, allowance: Allowance) -> None:
        self._path, self._name, self._allowance = path, name, allowance

    def wait(self) -> float:
        """Seconds until it may be asked again; 0 or less for now."""
        now, entry = _now(), self._entry()
        rest = _number(entry.get("rest_until")) - now
        waits = [rest if rest <= _LONGEST_REST else 0.0]  # more is damage, or a clock that was set back
        times = self._times(entry, now)
        for rate in self._allowance.rates:
            inside = [time for time in times if now - time < rate.seconds]
            if len(inside) >= rate.most:
                waits.append(inside[-rate.most] + rate.seconds - now)
        if 0 < self._allowance.a_month <= _in_month(entry, now):
            waits.append(_next_month(now) - now)
        return max(waits)

    def count(self) -> None:
        """A request is about to be sent."""
        with self._locked():
            self._count()

    def _count(self) -> None:
        now, entry = _now(), self._entry()
        month = _month(now)
        entry |= {
            "times": [*self._times(entry, now), now],
            "month": month,
            "count": _in_month(entry, now) + 1,
        }
        self._save(entry)

    def heard(self, status: int, headers: Mapping[str, str]) -> None:
        """What an answer says of what is left; of a 429 without a word, that the shortest limit is used up."""
        now = _now()
        reset, said = _reset(headers, now), headers.get("x-ratelimit-remaining", "").strip()
        if status == 429:
            self._rest(reset or self._full_again(now))
        elif re.fullmatch(r"0+", said) and reset:
            self._rest(reset)

    def _full_again(self, now: float) -> float:
        """When a service that refused without a word may be asked again: its oldest request that counts has left."""
        rate = self._allowance.rates[0]
        times = self._times(self._entry(), now)
        inside = [time for time in times if now - time < rate.seconds]
        # Few of our own: somebody else uses the key, and when is not known.
        return inside[0] + rate.seconds if len(inside) > rate.most // 2 else now + rate.seconds

    def _rest(self, until: float) -> None:
        with self._locked():
            entry = self._entry()
            entry["rest_until"] = until
            self._save(entry)

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        """No other process changes the file meanwhile. One that holds it far too long is not waited for: a search goes on."""
        files.make_folder(self._path.parent)
        lock = Lock(self._path.with_name(f"{self._path.name}.lock"), str(self._path))
        for _ in range(_TRIES):
            try:
                lock.acquire()
                break
            except AlreadyRunningError:
                time.sleep(_PAUSE)
        try:
            yield
        finally:
            lock.release()

    def _times(self, entry: Mapping[str, Any], now: float) -> list[float]:
        """When it was asked, oldest first; moments to come are of a clock that was set back."""
        times = entry.get("times")
        known = [_number(time) for time in times] if isinstance(times, list) else []
        return sorted(time for time in known if 0 <= now - time < self._allowance.longest)

    def _entry(self) -> dict[str, Any]:
        entry = _document(self._path).get(self._name)
        return dict(entry) if isinstance(entry, dict) else {}

    def _save(self, entry: dict[str, Any]) -> None:
        files.make_folder(self._path.parent)
        whole = _document(self._path) | {self._name: entry}
        files.replace(self._path, [json.dumps(whole).encode()])


def _document(path: Path) -> dict[str, Any]:
    """The file; a damaged one is begun anew: the services count too."""
    try:
        found = json.loads(path.read_bytes())
    except (FileNotFoundError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _reset(headers: Mapping[str, str], now: float) -> float:
    """The moment that an answer names, in UNIX time; 0 where it names none."""
    for name in ("retry-after", "x-ratelimit-reset"):
        text = headers.get(name, "").strip()
        if re.fullmatch(r"[0-9]{1,12}(\.[0-9]{1,6})?", text):
            value = float(text)
            moment = value if value > _EPOCH else now + value
            return min(max(moment, now + 1), now + _LONGEST_REST)
    return 0.0


def _now() -> float:
    return clocks.now().timestamp()


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) and abs(value) < 1e12 else 0.0  # NaN is not


def _month(now: float) -> str:
    return datetime.fromtimestamp(now, UTC).strftime("%Y-%m")


def _in_month(entry: Mapping[str, Any], now: float) -> int:
    count = entry.get("count")
    return count if entry.get("month") == _month(now) and isinstance(count, int) else 0


def _next_month(now: float) -> float:
    at = datetime.fromtimestamp(now, UTC)
    year, month = (at.year + 1, 1) if at.month == 12 else (at.year, at.month + 1)
    return datetime(year, month, 1, tzinfo=UTC).timestamp()
