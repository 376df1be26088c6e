"""The endpoints: what the run found out about them, what is spent and until when, how much each has answered."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from dset.cleaning import clean
from dset.quotas import Quotas
from dset.watching import lenient

_MOST = 200
Told = dict[str, Any]


def told(
    note: Mapping[str, Any], noted: Mapping[str, Any], answers: Counter[str], now: datetime, *, running: bool
) -> list[Told]:
    """Those of the run in the order of their use, then others; `noted` is what endpoints.json holds."""
    found = {one["name"]: one for one in _of_run(note, now, running=running)}
    for name, entry in list(noted.items())[:_MOST]:
        until = lenient.moment(entry.get("spent_until")) if isinstance(entry, dict) else None
        shown = lenient.text(name)
        if until and until > now and not (running and shown in found):
            one = found.setdefault(shown, _plain(shown))
            reason = clean(lenient.text(entry.get("reason"), 1_000))
            one |= {"state": "closed", "until": lenient.stamp(entry["spent_until"]), "reason": reason}
    for name, count in answers.most_common(_MOST):
        if name:
            found.setdefault(lenient.text(name), _plain(lenient.text(name)))["answered"] = count
    return list(found.values())[:_MOST]


def noted(path: Path) -> dict[str, Any]:
    """What stands in endpoints.json."""
    return Quotas(path).noted()


def _of_run(note: Mapping[str, Any], now: datetime, *, running: bool) -> list[Told]:
    found = []
    used = False
    for lane in lenient.rows(note.get("lanes"), _MOST):
        until = lenient.moment(lane.get("until"))
        is_open = bool(lane.get("is_open")) or bool(until and until <= now)
        in_flight = lenient.whole(lane.get("in_flight")) if running else 0
        in_use = running and (in_flight > 0 or (is_open and not used))
        used = used or in_use
        found.append(
            _plain(lenient.text(lane.get("name")))
            | {
                "state": "in use" if in_use else "open" if is_open else "closed",
                "at_once": lenient.optional(lane.get("at_once")),
                "in_flight": in_flight if running else None,
                "until": None if is_open else lenient.stamp(lane.get("until")),
                "reason": "" if is_open else lenient.text(lane.get("reason")),
                "asked_today": lenient.optional(lane.get("asked_today")),
                "per_day": lenient.optional(lane.get("per_day")),
            }
        )
    return found


def _plain(name: str) -> Told:
    nothing = dict.fromkeys(("at_once", "in_flight", "until", "asked_today", "per_day"))
    return {"name": name, "state": "open", "answered": 0, "reason": "", **nothing}


def waiting(note: Mapping[str, Any], now: datetime) -> list[Told]:
    """Rows that wait for another try, the next one first."""
    found = []
    for one in lenient.rows(note.get("waiting"), 50):
        until = lenient.moment(one.get("until"))
        found.append(
            {
                "row": lenient.whole(one.get("row")),
                "reason": lenient.text(one.get("reason")),
                "in_s": max(0.0, (until - now).total_seconds()) if until else 0.0,
                "until": lenient.stamp(one.get("until")),
                "attempt": lenient.whole(one.get("attempt")),
                "attempts": lenient.whole(one.get("attempts")),
            }
        )
    return sorted(found, key=lambda one: one["in_s"])
