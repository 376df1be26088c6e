"""One answer as JSON has it: its facts, and the whole of it."""

from typing import Any

from dset.answers import Record
from dset.browsing import markdown, shown
from dset.browsing.rows import Row
from dset.browsing.store import Reader
from dset.browsing.words import Words

_ELSEWHERE = {"columns", "question"}  # in the metadata, and told in fields of their own
_OLDER = "SELECT n FROM answers WHERE shown = 1 AND (at, n) < (?, ?) ORDER BY at DESC, n DESC LIMIT 1"
_NEWER = "SELECT n FROM answers WHERE shown = 1 AND (at, n) > (?, ?) ORDER BY at, n LIMIT 1"


def facts(row: Row) -> dict[str, Any]:
    """What a table shows of an answer besides its texts."""
    return {
        "n": row.n,
        "id": row.id,
        "row": row.row,
        "at": row.at or None,
        "status": row.status,
        "label": row.label,
        "model": row.model,
        "length": row.length,
        "cost_usd": row.cost,
        "seconds": row.seconds,
        "tokens": row.tokens,
        "has_picture": bool(row.picture),
    }


def of(row: Row, record: Record, said: Words) -> dict[str, Any]:
    """The answer in full. `answer_html`: its Markdown as HTML that is safe to show, or None."""
    about, response = record["metadata"], record["response"]
    columns, said = about.get("columns"), Words(*map(shown.text, said))
    return {
        **facts(row),
        "question": said.question,
        "answer": said.answer,
        "reason": said.reason,
        "thoughts": said.thoughts,
        "answer_html": markdown.html(said.answer),
        "data": shown.tree(response.get("data")) if isinstance(response, dict) else None,
        "metadata": shown.tree({name: one for name, one in about.items() if name not in _ELSEWHERE}),
        "columns": shown.tree(columns) if isinstance(columns, dict) else {},
    }


def neighbours(reader: Reader, row: Row) -> dict[str, int | None]:
    """Which answers come after and before it where the newest is first."""
    older, newer = (reader.one(sql, (row.at, row.n)) for sql in (_OLDER, _NEWER))
    return {"older": older[0] if older else None, "newer": newer[0] if newer else None}
