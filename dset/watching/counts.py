"""How many rows there are and what became of them: by the note of the run, or by what stands in the files. Pure."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from dset.watching import lenient

Note = Mapping[str, Any]


def rows(note: Note, answers: int, failing: Counter[str], in_vain: int) -> dict[str, int | None]:
    """The rows; with `note` {} only what the files hold is known, and not what is left.

    `failing`: rows without an answer by the word in their status cell.
    """
    if not note.get("plan") and not note.get("after"):
        told = {"done": answers, "failed": failing["ERROR"], "blocked": failing["BLOCKED"]}
        return {"all": None, "pending": None, "rejected": in_vain} | told
    return _rows(note) | {"rejected": in_vain}


def _rows(note: Note) -> dict[str, int | None]:
    """Requests, where a row is asked several times; else rows."""
    after, plan = lenient.table(note.get("after")), lenient.table(note.get("plan"))
    failed, blocked = lenient.whole(note.get("failed")), lenient.whole(note.get("blocked"))
    if after:
        total, done, blocked, held = _of_plan(after)
        left = max(0, total - done - blocked)
        # Where the bookmarks could not be written nobody counted them.
        failed = min(left, lenient.whole(after.get("errors")) or failed + held)
        return {"all": total, "done": done, "pending": left - failed, "failed": failed, "blocked": blocked}
    total, done, before, held = _of_plan(plan)
    done, blocked, failed = done + lenient.whole(note.get("answered")), blocked + before, failed + held
    left = max(0, total - done - blocked - failed)
    return {"all": total, "done": done, "pending": left, "failed": failed, "blocked": blocked}


def _of_plan(plan: Mapping[str, Any]) -> tuple[int, int, int, int]:
    """(all, done, blocked, held)."""
    each = max(1, lenient.whole(plan.get("samples")))
    total, blocked, held = (lenient.whole(plan.get(name)) * each for name in ("rows", "blocked", "held"))
    if each == 1:
        return total, lenient.whole(plan.get("done")), blocked, held
    open_ones = lenient.whole(plan.get("todo")) + lenient.whole(plan.get("beyond"))
    return total, max(0, total - open_ones - blocked - held), blocked, held


def left_to_ask(note: Note) -> int | None:
    """Requests that the same command would make now; None where nobody knows."""
    after = note.get("after")
    return lenient.optional(after.get("todo")) if isinstance(after, dict) else None


def ended(note: Note) -> int:
    """Rows that came to an end in this run."""
    return sum(lenient.whole(note.get(name)) for name in ("answered", "failed", "blocked"))
