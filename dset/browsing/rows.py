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
BOUNDARY, ANSWER = (
    b"\x1f",
    1,
)  # between the folded texts of a line: none holds it; which of them is the answer


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
    outline: int | None  # of the answer, as `folding` has it; None for a rejection
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
    texts = [folding.folded(text).encode("utf-8", "replace") if text else b"" for text in said]
    row = Row(  # by place: with names it takes twice the time
        n,
        ASIDE if status == rejections.RETRIED else SHOWN,
        status,
        shown.text(labels.of(record), _SHORT),
        shown.text(about.get("model"), _SHORT),
        len(said.answer),
        shown.amount(about.get("cost_usd")),
        shown.whole(about.get("row")),
        shown.amount(about.get("seconds")),
        _tokens(about),
        shown.text(about.get("timestamp"), 40),
        identity(about),
        int(bool(shown.text(about.get("image")).strip())),
        None if is_rejected else folding.outline(texts[ANSWER]),
        line.offset,
        line.size,
        line.crc,
    )
    return row, BOUNDARY.join(texts), said


def identity(about: dict[str, Any]) -> str:
    """The id of a line's row: the one in it, or where it has none that of its content, as the engine knows it."""
    given = about.get("id")
    if isinstance(given, str) and given.strip():
        return shown.text(given, _SHORT)
    texts = {name: about[name] for name in ("question", "image") if isinstance(about.get(name), str)}
    return contents.identity(*tallies.identify(texts))


def _tokens(about: Record) -> int | None:
    """What was read and written, as far as it is known."""
    counts = shown.whole(about.get("prompt_tokens")), shown.whole(about.get("completion_tokens"))
    known = [count for count in counts if count is not None and 0 <= count < 1 << 60]
    return sum(known) if known else None
