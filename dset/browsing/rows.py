"""A line of a journal as what it is filtered and sorted by, and as the text in which it is searched."""

from typing import Any, NamedTuple

from dset import contents, rejections, tallies
from dset.answers import Record
from dset.browsing import folding, shown, words
from dset.browsing.following import Line
from dset.browsing.labels import Labels

ANSWERED = "answered"
PREVIEW = 300  # characters of a text in a table
_SHORT = 200  # characters of a label, a model, an id
_BOUNDARY = "\x1f"  # between the texts of a line: no folded text holds it


class Row(NamedTuple):
    """A row of the table `answers` (store.py), in its order: SQLite reads a row as far as what it filters by."""

    n: int
    shown: int  # 1; 0 where a later line is about the same row; 2: a try that was repeated, told only where it is asked for
    status: str
    label: str
    model: str
    length: int
    cost: float | None
    row: int | None
    seconds: float | None
    tokens: int | None
    at: str
    id: str
    picture: int
    likeness: int | None  # of the answer; None where there is none
    offset: int
    size: int
    crc: int


SHOWN, ASIDE = 1, 2


def of(line: Line, n: int, labels: Labels, *, is_rejected: bool) -> tuple[Row, bytes, words.Words]:
    """(row, folded texts in UTF-8, words) of a sound line."""
    record = line.record
    assert record is not None
    about, said = record["metadata"], words.of(record, is_captions=labels.is_captions)
    status = shown.text(record.get("kind"), 60) or "rejected" if is_rejected else ANSWERED
    answer = folding.folded(said.answer)
    texts = [
        folding.folded(said.question),
        answer,
        folding.folded(said.thoughts),
        folding.folded(said.reason),
    ]
    row = Row(
        n=n,
        id=identity(about),
        row=shown.whole(about.get("row")),
        at=shown.text(about.get("timestamp"), 40),
        status=status,
        label=shown.text(labels.of(record), _SHORT),
        model=shown.text(about.get("model"), _SHORT),
        length=len(said.answer),
        cost=shown.amount(about.get("cost_usd")),
        seconds=shown.amount(about.get("seconds")),
        tokens=_tokens(about),
        shown=ASIDE if status == rejections.RETRIED else SHOWN,
        picture=int(bool(shown.text(about.get("image")).strip())),
        likeness=folding.likeness(answer) if said.answer or not is_rejected else None,
        offset=line.offset,
        size=line.size,
        crc=line.crc,
    )
    return row, _BOUNDARY.join(texts).encode("utf-8", "replace"), said


def identity(about: dict[str, Any]) -> str:
    """The id of a line's row: the one in it, or where it has none that of its content, as the engine knows it."""
    given = about.get("id")
    if isinstance(given, str) and given.strip():
        return shown.text(given, _SHORT)
    texts = {name: about[name] for name in ("question", "image") if isinstance(about.get(name), str)}
    return contents.identity(*tallies.identify(texts))


def _tokens(about: Record) -> int | None:
    """What was read and written, as far as it is known."""
    counts = [shown.whole(about.get(name)) for name in ("prompt_tokens", "completion_tokens")]
    known = [count for count in counts if count is not None and 0 <= count < 1 << 60]
    return sum(known) if known else None
