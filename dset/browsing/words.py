"""The words of a line of output.json or rejected.json, whoever wrote it: question, answer, thoughts, reason."""

import json
from typing import Any, NamedTuple

from dset.answers import Record
from dset.browsing import shown

_encode = json.JSONEncoder(ensure_ascii=False).encode


class Words(NamedTuple):
    """As they stand, half characters too: `shown.text` before they are sent; '' for what is not there."""

    question: str
    answer: str
    thoughts: str
    reason: str


def of(record: Record, *, is_captions: bool = False) -> Words:
    """The words of a record. Of captions the answer is the caption as it was tidied, and not as it came."""
    about, response = record["metadata"], record["response"]
    answer = data = thoughts = None
    if isinstance(response, dict):
        answer, data, thoughts = response.get("answer"), response.get("data"), response.get("reasoning")
    elif isinstance(response, str):
        answer = response
    if is_captions and isinstance(data, dict) and isinstance(data.get("caption"), str):
        answer = data["caption"]
    said = _text(answer)
    # An object that came with escapes is read as what it says.
    if isinstance(data, (dict, list)) and (not said.strip() or "\\u" in said):
        said = _json(data)
    return Words(question(about), said, _text(thoughts), _text(record.get("reason")))


def question(about: dict[str, Any]) -> str:
    """What was asked: the question; without one the conversation, without that the picture."""
    for name in ("question", "messages", "image"):
        text = _text(about.get(name))
        if text and not text.isspace():
            return text
    return ""


def _text(value: object) -> str:
    if not isinstance(value, str):
        return ""
    return value if len(value) <= shown.LONGEST else shown.text(value)


def _json(data: Any) -> str:
    try:
        return shown.text(_encode(data))
    except (ValueError, RecursionError):
        return shown.text(_encode(shown.tree(data)))
