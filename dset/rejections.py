"""rejected.json: a line for each row that ended without an answer, and why; what was paid for is kept in it.

A try that brought a text and was repeated has a line too, which is no line about its row: the row may be answered since.
"""

from collections.abc import Iterator, KeysView
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dset import answers, ends, raw_bodies, tallies
from dset.answers import Record
from dset.contents import Question
from dset.failures import Kind
from dset.replies import Reply

DONE_BEFORE = "done before"  # answered by the original tool, whose bookmark said so
INTERRUPTED = "interrupted"  # stopped by the user while it waited for a retry
INVALID = "invalid"  # the answer did not pass its gate
RETRIED = "retried"  # of a try that was repeated: says nothing of the row, only keeps what was paid for
PAID = frozenset({Kind.CUT_SHORT.value, INVALID, Kind.REFUSAL.value})


@dataclass(frozen=True, slots=True)
class Rejection:
    """A row that ended without an answer, or a try of it that was paid for."""

    question: Question
    kind: str  # a failures.Kind, or one of the words above
    reason: str  # one line
    settings: str  # fingerprint of the request's settings
    reply: Reply | None = None  # what was paid for
    figures: tuple[tuple[str, Any], ...] = ()  # timestamp, model, endpoint, run, seconds, attempts

    @property
    def bookmark(self) -> str:
        """The word for the status cell."""
        return bookmark_of(self.kind)


def bookmark_of(kind: str) -> str:
    """The word in the status cell that a kind of failure leaves."""
    if kind in {DONE_BEFORE, RETRIED}:
        return ""
    return "BLOCKED" if kind == Kind.REFUSAL.value else "ERROR"


def as_record(rejection: Rejection) -> Record:
    """The rejection as rejected.json keeps it."""
    reply = rejection.reply
    response = None
    if reply is not None:
        response = {"reasoning": reply.reasoning, "answer": reply.answer}
    figures = {
        "finish_reason": reply.finish_reason if reply else None,
        "prompt_tokens": reply.prompt_tokens if reply else None,
        "cached_tokens": reply.cached_tokens if reply else None,
        "completion_tokens": reply.completion_tokens if reply else None,
        "reasoning_tokens": reply.reasoning_tokens if reply else None,
        **raw_bodies.mark(reply),
    }
    return {
        "metadata": answers.metadata(rejection.question, **dict(rejection.figures), **figures),
        "kind": rejection.kind,
        "reason": rejection.reason,
        "settings": rejection.settings,
        "response": response,
    }


@dataclass(frozen=True, slots=True)
class Known:
    """What rejected.json says of one row: the last line about it."""

    kind: str
    reason: str
    settings: str
    row: int
    pending: bool  # its bookmark is not known to stand in q.csv: this line stands in for it

    @property
    def bookmark(self) -> str:
        """The word for the status cell."""
        return bookmark_of(self.kind)


class Register:
    """rejected.json by content: for each, the last line about each of its rows."""

    def __init__(self) -> None:
        self._known: dict[int, dict[int, Known]] = {}
        self.damaged: list[int] = []

    def add(self, key: int, number: int, known: Known) -> None:
        """Take a line in; it replaces an earlier one about the same row."""
        numbers = self._known.setdefault(key, {})
        numbers.pop(number, None)  # the newest stands last
        numbers[number] = known

    def of(self, key: int) -> list[Known]:
        """What is known of the rows with this content, the newest last."""
        return list(self._known.get(key, {}).values())

    def contents(self) -> KeysView[int]:
        """The contents that some line is about."""
        return self._known.keys()

    def __iter__(self) -> Iterator[tuple[int, int, Known]]:
        for key, numbers in self._known.items():
            for number, known in numbers.items():
                yield key, number, known


def read(path: Path, bookmarked: int) -> Register:
    """What is known of rows, by the lines that stand whole.

    `bookmarked`: the length of the file when q.csv was last known to hold its bookmarks, in bytes.

    A damaged line is noted by its number and passed over: no answer stands in this file.
    """
    register, at = Register(), 0
    for count, line in enumerate(answers.lines_of(path, ends.sound_size(path)), 1):
        at += len(line)
        if not line.strip():
            continue
        try:
            record = answers.parse(line)
            key, number = tallies.identify(record["metadata"])
            row = record["metadata"].get("row")
        except ValueError:
            register.damaged.append(count)
            continue
        if record.get("kind") == RETRIED:
            continue
        known = Known(
            kind=str(record.get("kind", "")),
            reason=str(record.get("reason", "")),
            settings=str(record.get("settings", "")),
            row=row if isinstance(row, int) else 0,
            pending=at > bookmarked,
        )
        register.add(key, number, known)
    return register
