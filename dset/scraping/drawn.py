"""The body of a 200 of an images endpoint: a picture, the address of one, or why there is neither. Pure.

Shapes: https://platform.openai.com/docs/api-reference/images/create, https://docs.x.ai/docs/guides/image-generations
(which puts `data:image/…;base64,` before the picture), https://docs.siliconflow.cn (a list `images`).
"""

import base64
import binascii
import json
from dataclasses import replace
from typing import Any

from dset.cleaning import clean
from dset.completions import read_completion
from dset.failures import Failure, Kind
from dset.images.opening import PictureError
from dset.replies import Reply

_DATA = "data:"
_CHECK_MODEL = "Check --model: it must be one that makes pictures."
_TOO_MANY = 10**19  # tokens: a number that nobody counted


def read(body: bytes, content_type: str, model: str) -> Reply | Failure:
    """A reply whose answer is a data URI or a web address, and whose reasoning is what became of the prompt.

    What holds neither is read as a completion would be, for the reason; it was made and paid for, so that asking for
    it again would only buy the same: a row fault. Raises nothing, whatever the body.
    """
    document = _document(body)
    listed = document.get("data", document.get("images"))
    first = listed[0] if isinstance(listed, list) and listed else {}
    text = _picture(first) if isinstance(first, dict) else ""
    if text:
        revised = first.get("revised_prompt")
        return _reply(text, revised if isinstance(revised, str) else None, model, document.get("usage"))
    other = read_completion(body, content_type)
    if isinstance(other, Reply):
        return useless("a text came", reply=other)
    if not isinstance(listed, list) or other.kind is Kind.REFUSAL or document.get("error"):
        return other
    return useless(
        "the answer holds none, as where a filter of the service took it away",
        usage=_reply("", None, model, document.get("usage")),
    )


def useless(
    reason: str, advice: str = "", *, reply: Reply | None = None, usage: Reply | None = None
) -> Failure:
    """An answer that came whole and is no picture: the row fails, and nothing is bought again in this run."""
    said = f"no picture: {clean(reason, 300)}"
    return Failure(Kind.ROW_FAULT, said, advice, status=200, reply=reply, usage=usage)


def is_address(answer: str) -> bool:
    """The answer of `read` is a web address."""
    return not answer.startswith(_DATA)


def decoded(answer: str) -> bytes:
    """The bytes in a data URI. Raises PictureError."""
    try:
        # Line breaks may stand in it; whatever else is wrong shows when the picture is opened.
        return base64.b64decode(answer.partition(",")[2])
    except (binascii.Error, ValueError):
        raise PictureError("is no base64") from None


def without_text(reply: Reply) -> Reply:
    """The figures alone: 30 MB of what is no picture are not kept."""
    return replace(reply, answer="", reasoning=None)


def _document(body: bytes) -> dict[str, Any]:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}


def _picture(first: dict[str, Any]) -> str:
    for name in ("b64_json", "url"):
        value = first.get(name)
        if isinstance(value, str) and value.strip():
            text = value.strip()
            bare = name == "b64_json" and not text.startswith(_DATA)
            return f"{_DATA};base64,{text}" if bare else text
    return ""


def _reply(text: str, revised: str | None, model: str, usage: object) -> Reply:
    figures = usage if isinstance(usage, dict) else {}
    return Reply(
        answer=text,
        reasoning=revised,
        model=model,
        finish_reason=None,
        prompt_tokens=_count(figures, "input_tokens", "prompt_tokens"),
        cached_tokens=None,
        completion_tokens=_count(figures, "output_tokens", "completion_tokens"),
        reasoning_tokens=None,
    )


def _count(figures: dict[str, Any], *names: str) -> int | None:
    for name in names:
        value = figures.get(name)
        if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _TOO_MANY:
            return value
    return None
