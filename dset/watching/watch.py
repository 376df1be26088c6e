"""A dataset that is watched: what its files tell now, as plain data for a page."""

import threading
import time
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from dset import clocks, live, planned
from dset.costs import Bill, Tokens
from dset.folders import Folder
from dset.watching import counts, lanes, lenient, newest, past, standing
from dset.watching.busy import Busy, mark_of
from dset.watching.past import Past
from dset.watching.reading import Reading

SLICE = 0.3  # seconds of reading in a snapshot at the most
_STALE = 10.0  # seconds: so long a rate that nothing new comes to is right
_Marks = tuple[object, ...]


class Watch:
    """One output folder. `snapshot` may be called from any thread, as often as once a second. Changes nothing."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self._one_by_one = threading.Lock()
        self._busy, self._reading = Busy(folder), Reading(folder)
        self._marks: _Marks | None = None
        self._was_running, self._looked_at = False, 0.0
        self._past: tuple[object, Past] = (object(), Past())
        self._log: tuple[object, list[str]] = (object(), [])

    def changed(self) -> bool:
        """Another snapshot would tell something new. Looks at the files' sizes and times alone."""
        if self._marks is None or self._reading.state is not None or self._marks != self._marked():
            return True
        is_running = bool(self._busy())
        if is_running != self._was_running:
            return True
        return is_running and time.monotonic() - self._looked_at >= _STALE

    def snapshot(self) -> dict[str, Any]:
        """What `GET /api/datasets/{key}/run` answers, and `reading`: bytes read of how many, None once all is."""
        with self._one_by_one:
            self._marks, self._looked_at = self._marked(), time.monotonic()
            holder = self._busy()
            self._was_running = bool(holder)
            told, note = self._past_now(), live.read(self._folder.progress) or {}
            if note.get("run") and told.run and note["run"] != told.run:
                note = {}  # of an earlier run: the last one could not write its own
            self._reading.go_on(note, told.run, SLICE)
            # What a run that was killed noted is not what the next one does.
            asking = note.get("state") == "running" and f"pid {note.get('pid')}," in holder
            return self._told(note, told, is_running=bool(holder), asking=asking)

    def _marked(self) -> _Marks:
        one = self._folder
        paths = (one.journal, one.rejected, one.runs, one.progress, one.log, one.endpoints, one.lock)
        return tuple(map(mark_of, paths))

    def _past_now(self) -> Past:
        mark = mark_of(self._folder.runs)
        if self._past[0] != mark:
            self._past = mark, past.read(self._folder.runs)
        return self._past[1]

    def _told(self, note: Mapping[str, Any], told: Past, *, is_running: bool, asking: bool) -> dict[str, Any]:
        reading, now = self._reading, clocks.now()
        rows = counts.rows(note, reading.ledger.answers, reading.failing.count(), reading.failing.in_vain)
        rate = self._rate(note, told, now, asking=asking)
        waiting = lanes.waiting(note, now) if asking else []
        endpoints = lanes.told(
            note,
            lanes.noted(self._folder.endpoints),
            reading.ledger.endpoints,
            now,
            running=asking,
        )
        sight = standing.Sight(
            is_running=is_running,
            is_asking=asking,
            note=note,
            rows=rows,
            answers=reading.ledger.answers,
            is_open=told.is_open,
            is_saved_since=self._is_saved_since(note),
            left_s=rate["left_s"],
            waiting=waiting,
            lanes=endpoints,
            now=now,
        )
        state, headline, following = standing.of(sight)
        return {
            "state": state,
            "headline": headline,
            "next": following,
            "run": told.told(is_rehearsal=self._is_rehearsal(endpoints)),
            "rows": rows,
            "rate": rate,
            "waiting": waiting,
            "endpoints": endpoints,
            "tokens": self._tokens(),
            "cost": self._cost(note, told),
            "failures": reading.failing.told(is_planned=planned.kind_of(self._folder.path) == "task"),
            "history": reading.history.told(),
            "latest": reading.newest(),
            "log": self._log_now(),
            "reading": reading.state,
        }

    def _rate(
        self,
        note: Mapping[str, Any],
        told: Past,
        now: datetime,
        *,
        asking: bool,
    ) -> dict[str, float | None]:
        ended = counts.ended(note)
        since = lenient.moment(note.get("started") or told.last.get("started"))
        until = now if asking else lenient.moment(told.last.get("ended"))
        seconds = (until - since).total_seconds() if since and until else 0.0
        whole = ended / seconds if seconds > 0 and ended else None
        recent = self._reading.history.recent(now, since) if asking else None
        left = max(0, lenient.whole(note.get("total")) - ended)
        pace = recent or whole
        return {
            "rows_per_s": whole,
            "recent_rows_per_s": recent,
            "left_s": left / pace if asking and pace else None,
        }

    def _tokens(self) -> dict[str, int]:
        tokens = Tokens()
        tokens.join(self._reading.ledger.tokens)
        tokens.join(self._reading.failing.tokens)
        return {name: getattr(tokens, name) for name in ("prompt", "cached", "completion", "reasoning")}

    def _cost(self, note: Mapping[str, Any], told: Past) -> dict[str, float | int | None]:
        bill = Bill()
        bill.join(self._reading.ledger.bill)
        bill.join(self._reading.failing.bill)
        budget = lenient.table(note.get("budget"))
        of_run = note or lenient.table(told.last.get("counts"))
        return {
            "usd": bill.usd if bill.known or not bill.unknown else None,
            "unknown": bill.unknown,
            "run_usd": lenient.amount(of_run.get("usd" if note else "cost_usd")),
            "budget_usd": lenient.amount(budget.get("most")),
            "spent_usd": lenient.amount(budget.get("spent")),
            "maybe_usd": told.maybe_usd,
        }

    def _is_rehearsal(self, endpoints: list[dict[str, Any]]) -> bool:
        return (self._folder.path / "rehearsal.json").exists() or any(
            one["name"].startswith("rehearsal/") for one in endpoints
        )

    def _is_saved_since(self, note: Mapping[str, Any]) -> bool:
        """q.csv is another one than when the last run ended."""
        noted = lenient.table(note.get("after")).get("questions")
        if not isinstance(noted, list) or len(noted) != 3 or not isinstance(noted[0], str):
            return False
        mark = mark_of(Path(self._folder.path) / noted[0])
        return mark is not None and list(mark[1:]) != noted[1:]

    def _log_now(self) -> list[str]:
        mark = mark_of(self._folder.log)
        if self._log[0] != mark:
            self._log = mark, newest.log(self._folder.log)
        return self._log[1]
