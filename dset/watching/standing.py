"""How it stands with a dataset, in plain words: the state, one sentence, and what to do. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dset.closures import clock
from dset.failures import Kind
from dset.stops import Stopped
from dset.summary import ending
from dset.watching import counts, lenient
from dset.wording import counted, sentences, span

SAFE = "Nothing need be done. Ctrl-C is safe: what is answered is saved."
_START = "Fill in q.csv, then run: python dset_generator.py"
_SAVED = "q.csv was saved since the last run: the same command asks what is new in it."


@dataclass(frozen=True, slots=True)
class Sight:
    """What is known of a dataset. `note` is {} where the last run left none; `is_open`: runs.json has no end of it."""

    is_running: bool
    is_asking: bool  # and the note is of the run that goes on
    note: Mapping[str, Any]
    rows: Mapping[str, int | None]
    answers: int
    is_open: bool
    is_saved_since: bool
    left_s: float | None
    waiting: Sequence[Mapping[str, Any]]
    lanes: Sequence[Mapping[str, Any]]
    now: datetime


Words = tuple[str, str, str]  # state, headline, what to do now or ""


def of(sight: Sight) -> Words:
    """The state is running, waiting, finished, stopped, idle or new."""
    if sight.is_running:
        return _going_on(sight)
    state, headline, following = _at_rest(sight)
    if sight.is_saved_since and state != "new":
        following = f"{following} {_SAVED}".strip()
    return state, headline, following


def _going_on(sight: Sight) -> Words:
    note, asked = sight.note, counts.ended(sight.note)
    if not sight.is_asking:
        if sight.is_open and not note:
            return "running", f"Asking: {counted(sight.answers, 'answer')} so far.", SAFE
        return "running", "A run is being prepared, or has just ended its asking.", ""
    if isinstance(note.get("stopped"), dict):
        why = ending(_stopped(note)).rstrip(".")
        return "running", f"{why}. What is in flight comes home and is saved.", ""
    if trouble := lenient.text(note.get("trouble"), 500):
        return (
            "waiting",
            trouble,
            "Make room on the disk, or mend what it refuses: the run goes on by itself.",
        )
    if why := _waits(sight):
        return "waiting", why, SAFE
    left = f", about {span(sight.left_s)} left" if sight.left_s is not None else ""
    return "running", f"Asking: {asked:,} of {lenient.whole(note.get('total')):,} done{left}.", ""


def _waits(sight: Sight) -> str:
    """Why all it can do now is wait; '' where something is on its way."""
    if any(lane.get("in_flight") for lane in sight.lanes):
        return ""
    if sight.waiting:
        row = sight.waiting[0]
        which = f", attempt {row['attempt']} of {row['attempts']}" if row["attempts"] else ""
        reason = row["reason"].rstrip(".") or "the service fails"
        when = f"in {span(row['in_s'])}" if row["in_s"] >= 1 else "now"
        return f"Waiting: {reason}. Row {row['row']} is asked again {when}{which}."
    closed = [lane for lane in sight.lanes if lane["state"] == "closed"]
    if not closed or len(closed) < len(sight.lanes):
        return ""
    opening = min(closed, key=lambda lane: lane["until"] or "~")
    at = lenient.moment(opening["until"])
    until = f" It opens again at {clock(at, sight.now)}." if at else ""
    return f"Waiting for {opening['name']}: {opening['reason'].rstrip('.')}.{until}"


def _at_rest(sight: Sight) -> Words:
    note = sight.note
    if not note:
        return _without_note(sight)
    if note.get("state") != "ended":
        return "stopped", _KILLED, _AGAIN
    left = counts.left_to_ask(note)
    if isinstance(note.get("stopped"), dict) and left != 0:
        return _broken_off(note, left)
    if left:
        headline = f"{counted(left, 'request')} left to make; {sight.rows['done'] or 0:,} done."
        return "idle", headline, "Run the same command again: it goes on where it stopped."
    return _finished(sight.rows)


_KILLED = "The last run ended without a word: it was killed, or the power went."
_AGAIN = "Run the same command again: nothing that was saved is lost or paid for twice."


def _without_note(sight: Sight) -> Words:
    if sight.is_open:
        return "stopped", _KILLED, _AGAIN
    if not sight.answers and not sight.rows["failed"] and not sight.rows["blocked"]:
        return "new", "Nothing was asked yet.", _START
    headline = f"{counted(sight.answers, 'answer')} stand here; nothing tells how many rows are left."
    return (
        "idle",
        headline,
        "python dset_generator.py status tells it; the same command again asks what is left.",
    )


def _broken_off(note: Mapping[str, Any], left: int | None) -> Words:
    stopped = _stopped(note)
    mend = stopped.kind in {Kind.STOP.value, Kind.ROW_FAULT.value}
    again = f"{'Mend this, then run' if mend else 'Run'} the same command again"
    again += f"; {left:,} left to ask." if left else "."
    said = stopped.advice if "same command" in stopped.advice else sentences(stopped.advice, again)
    return "stopped", ending(stopped), said


def _stopped(note: Mapping[str, Any]) -> Stopped:
    told = lenient.table(note.get("stopped"))
    texts = [lenient.text(told.get(name), 1_000) for name in ("kind", "reason", "advice")]
    return Stopped(*texts)


def _finished(rows: Mapping[str, int | None]) -> Words:
    total, failed, blocked = rows["all"] or 0, rows["failed"] or 0, rows["blocked"] or 0
    if not total:
        return "new", "Nothing to do: q.csv holds no question.", _START
    if not failed and not blocked:
        return "finished", f"Finished: all {counted(total, 'row')} are answered.", ""
    without = [f"{failed:,} failed"] if failed else []
    without += [f"{blocked:,} blocked"] if blocked else []
    headline = f"Finished: {rows['done'] or 0:,} of {counted(total, 'row')} answered, {', '.join(without)}."
    return "finished", headline, "See below why, and what to do about them." if failed else ""
