"""The newest answers and the last lines of run.log, as they are shown."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from dset import answers
from dset.cleaning import clean
from dset.watching import lenient
from dset.watching.tailing import last_lines

ANSWERS = 20
_LINES = 30
_SHOWN = 300  # characters of a text
_READ = 1 << 20  # bytes of the journal's end, and eight times as many where that holds too few
_LOG = 1 << 16
_LONGEST = 500  # characters of a line of the log


def lines(journal: Path) -> list[bytes]:
    """The last whole lines of the journal."""
    found = last_lines(journal, ANSWERS, _READ)
    return found if len(found) == ANSWERS else last_lines(journal, ANSWERS, 8 * _READ)


def told(found: Sequence[bytes], count: int | None) -> list[dict[str, Any]]:
    """The records in these lines, newest first. `n` is the line in output.json, from 1; `count`: lines in all, None: not known yet."""
    shown = []
    for back, line in enumerate(reversed(found)):
        try:
            record = answers.parse(line)
        except ValueError:
            continue
        number = None if count is None else count - back
        shown.append(_told(record, number))
    return shown


def _told(record: answers.Record, number: int | None) -> dict[str, Any]:
    about, response = record["metadata"], record["response"]
    answer = response.get("answer") if isinstance(response, dict) else response
    return {
        "n": number,
        "id": lenient.text(about.get("id"), 100),
        "row": lenient.optional(about.get("row")),
        "at": lenient.stamp(about.get("timestamp")),
        "question": lenient.text(about.get("question"), _SHOWN),
        "answer": lenient.text(answer, _SHOWN),
        "model": lenient.text(about.get("model"), _SHOWN),
        "seconds": lenient.amount(about.get("seconds")),
        "cost_usd": lenient.amount(about.get("cost_usd")),
    }


def log(path: Path) -> list[str]:
    """The last lines of run.log, newest last."""
    return [
        clean(line.decode("utf-8", "replace"), _LONGEST)
        for line in last_lines(path, _LINES, _LOG)
        if line.strip()
    ]
