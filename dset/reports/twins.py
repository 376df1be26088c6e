"""Whether duplicates of a dataset are looked for, and what was found of them."""

import importlib.util

from dset import answers
from dset.errors import JournalError
from dset.reports.figures import Duplicates, Group
from dset.reports.likenesses import Alike, Likenesses
from dset.reports.subject import Subject

# Near ones cost 0.4 ms and 1 KB a record, and its text: where that is more than a minute only the same are looked for.
MOST_RECORDS = 100_000
MOST_BYTES = 1 << 30
_SHOWN = 200  # characters of a text


def searched(subject: Subject, near: float) -> tuple[Likenesses, str]:
    """What looks for duplicates, and why it does not look for near ones."""
    why_not = _why_not(subject, near)
    return Likenesses(None if why_not else near), why_not


def _why_not(subject: Subject, near: float) -> str:
    if near >= 1:
        return "--near 1 asks for the same only"
    if subject.lines > MOST_RECORDS or subject.size > MOST_BYTES:
        return f"output.json has more than {MOST_RECORDS:,} lines or {MOST_BYTES >> 30} GB"
    return "" if importlib.util.find_spec("rensa") else "the package rensa is not installed"


def none_looked_for(near: float, why_not: str) -> Duplicates:
    """Where records are alike by their nature."""
    return Duplicates(0, 0, 0, near, None, None, why_not, ())


def told(subject: Subject, alike: Likenesses, near: float, why_not: str) -> Duplicates:
    """The figures of what was found; the journal is read once more for the texts that are named."""
    groups, same = alike.same()
    near_groups, nearly = (None, None) if why_not else alike.nearly()
    largest = alike.largest()
    texts = _texts(subject, {(one.line, one.part) for one in largest})
    named = tuple(Group(one.records, one.texts, one.rows, texts.get(_place(one), "")) for one in largest)
    return Duplicates(len(alike), groups, same, near, near_groups, nearly, why_not, named)


def _place(one: Alike) -> tuple[int, int]:
    return one.line, one.part


def _texts(subject: Subject, places: set[tuple[int, int]]) -> dict[tuple[int, int], str]:
    """The texts that stand there, by line and part."""
    found: dict[tuple[int, int], str] = {}
    lines = {line for line, _ in places}
    last = max(lines, default=0)
    for number, line in enumerate(answers.lines_of(subject.folder.journal, subject.size), 1):
        if number > last:
            break
        if number in lines:
            found |= _of_line(subject, number, line)
    return found


def _of_line(subject: Subject, number: int, line: bytes) -> dict[tuple[int, int], str]:
    try:
        members = subject.members(answers.parse(line))
    except (ValueError, JournalError):
        return {}  # somebody mended the file meanwhile
    return {(number, part): subject.compared(member)[:_SHOWN] for part, member in enumerate(members)}
