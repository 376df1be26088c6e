"""The body of a 200 and what it is: a reply, or a failure in the clothes of a success. Pure.

A 200 is sent before its outcome is known: https://api-docs.deepseek.com/quick_start/rate_limit. Shapes:
https://api-docs.deepseek.com/api/create-chat-completion, https://ai.google.dev/gemini-api/docs/openai
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

from dset import quick_json
from dset.cleaning import clean, page_text
from dset.error_bodies import error_facts
from dset.failures import REWORD, Failure, Kind, refuses
from dset.replies import Reply

REFUSING = {
    "content_filter",
    "safety",
    "recitation",
    "blocklist",
    "prohibited_content",
    "spii",
    "image_safety",
    "image_prohibited_content",
    "image_recitation",
}
_TOO_MANY = 10**19  # tokens: a number that nobody counted
CUTTING = {"length", "max_tokens", "model_length"}
BROKEN = {"insufficient_system_resource", "error"}

# Looked for where there is no answer: Gemini's promptFeedback, Azure's prompt_filter_results, a finish reason in
# the wrong place. Inside a text of the JSON the quotes are escaped, so nobody's words can look like this.
BLOCKED = re.compile(
    r'"block_?reason"\s*:\s*"(?!BLOCK_REASON_UNSPECIFIED)[^"]|"filtered"\s*:\s*true'
    r'|"finish_?reason"\s*:\s*"(?:content_filter|safety|prohibited_content)',
    re.IGNORECASE,
)
# Blank lines and comments of an event stream keep a slow connection open.
KEEP_ALIVE = re.compile(r"\A(?:\s++|:[^\n]*+\n)*+")
THINK = re.compile(r"\s*<think>(.*?)(?:</think>(?:[ \t]*\r?\n)*(.*)|\Z)", re.DOTALL)

WEB_PAGE = "Check --base-url, the proxy, and whether this network wants a login in a browser first."
RAISE_TOKENS = "Raise --max-tokens: reasoning counts too."


def read_completion(body: bytes, content_type: str = "application/json") -> Reply | Failure:
    """The reply in the body of a 200, or why there is none. Raises nothing, whatever the body."""
    try:
        return _read_text(body.decode("utf-8"), content_type)
    except UnicodeDecodeError:
        return _with_raw(_read_text(body.decode("utf-8", "replace"), content_type), body)


def _with_raw(outcome: Reply | Failure, body: bytes) -> Reply | Failure:
    """What was read with replacement characters is kept with the bytes that it was read from."""
    if isinstance(outcome, Reply):
        return replace(outcome, raw=body)
    return replace(outcome, reply=outcome.reply and replace(outcome.reply, raw=body))


def _read_text(body: str, content_type: str) -> Reply | Failure:
    text = KEEP_ALIVE.sub("", body.removeprefix("\ufeff"), count=1)
    if not text:
        return _outage("an empty body, as overloaded services send it")
    try:
        document = _parse(text)
    except (ValueError, RecursionError):
        return _unreadable(text, content_type)
    top = document[0] if isinstance(document, list) and document else document  # Gemini's errors: an array
    return _read(top, text) if isinstance(top, dict) else _outage(f"no completion: {text}")


def _parse(text: str) -> Any:
    try:
        return quick_json.parse(text.encode())
    except ValueError:
        # Not strict: a raw line break inside a string is bad JSON and still somebody's paid answer.
        return json.loads(text, strict=False, parse_constant=_null, parse_int=_integer)


def _null(_: str) -> None:
    """NaN and Infinity are no JSON, but where they stand nobody looks, and the answer was paid for."""


def _integer(digits: str) -> int | None:
    return int(digits) if len(digits) < 20 else None  # int() raises from 4,301 digits on


def _unreadable(text: str, content_type: str) -> Failure:
    if "html" in content_type.lower() or text.startswith("<"):
        return _outage(f"a web page: {page_text(text)}", WEB_PAGE)
    return _outage(f"cut off, or not JSON: {clean(text, 200)}")


def _read(top: dict[str, Any], text: str) -> Reply | Failure:
    choice = _dict(_first(top.get("choices")))
    message = _dict(choice.get("message"))
    reply = _reply(top, choice, message)
    outcome = _judged(reply, top, choice, message, text)
    if isinstance(outcome, Failure) and outcome.reply is None and reply.completion_tokens is not None:
        return replace(outcome, usage=reply)  # without a text, it stands on the bill all the same
    return outcome


def _judged(
    reply: Reply, top: dict[str, Any], choice: dict[str, Any], message: dict[str, Any], text: str
) -> Reply | Failure:
    finish = (reply.finish_reason or "").split(":")[0].strip().lower()
    partial = reply if reply.answer.strip() or reply.reasoning else None
    if finish in REFUSING:
        return _refusal(_text(message.get("refusal")) or f"finish_reason {reply.finish_reason}", partial)
    if finish in CUTTING:
        return Failure(Kind.CUT_SHORT, "the answer was cut short", RAISE_TOKENS, status=200, reply=reply)
    error = top.get("error") or choice.get("error")
    if error or finish in BROKEN:
        reason, facts = error_facts({"error": error}, "") if error else (f"finish_reason {finish}", "")
        if refuses(facts):
            return _refusal(reason, partial)
        return replace(_outage(reason or f"an error: {clean(text, 200)}"), reply=partial)
    return reply if reply.answer.strip() else _no_answer(top, choice, message, partial, text)


def _no_answer(
    top: dict[str, Any], choice: dict[str, Any], message: dict[str, Any], partial: Reply | None, text: str
) -> Failure:
    refusal = _text(message.get("refusal"))
    if refusal.strip() or BLOCKED.search(text):
        return _refusal(refusal or f"blocked: {text}", partial)
    if not choice:
        silent = _is_counted(top)
        return replace(_outage(f"no choices in it: {text}"), silent=silent, maybe_billed=not silent)
    rest = [name for name in ("tool_calls", "reasoning") if message.get(name) or getattr(partial, name, None)]
    return replace(_outage(f"no text in it{', only ' if rest else ''}{' and '.join(rest)}"), reply=partial)


def _is_counted(top: dict[str, Any]) -> bool:
    """The question was read, and nothing was written."""
    usage = _dict(top.get("usage"))
    read, written = _count(usage.get("prompt_tokens")), _count(usage.get("completion_tokens"))
    return not written and (bool(read) or written == 0)


def _outage(reason: str, advice: str = "") -> Failure:
    return Failure(
        Kind.OUTAGE, clean(reason) or "an error without words", advice, status=200, maybe_billed=True
    )


def _refusal(reason: str, partial: Reply | None) -> Failure:
    return Failure(Kind.REFUSAL, clean(reason) or "refused", REWORD, status=200, reply=partial)


# --- The parts of a completion -----------------------------------------------------------------------------


def _reply(top: dict[str, Any], choice: dict[str, Any], message: dict[str, Any]) -> Reply:
    answer, reasoning = _split(message)
    usage = _dict(top.get("usage"))
    cached = _count(_dict(usage.get("prompt_tokens_details")).get("cached_tokens"))
    return Reply(
        answer=answer,
        reasoning=reasoning,
        model=_text(top.get("model")) or None,
        finish_reason=_text(choice.get("finish_reason")) or None,
        prompt_tokens=_count(usage.get("prompt_tokens")),
        cached_tokens=_count(usage.get("prompt_cache_hit_tokens")) if cached is None else cached,
        completion_tokens=_completion(usage),
        reasoning_tokens=_count(_dict(usage.get("completion_tokens_details")).get("reasoning_tokens")),
    )


def _completion(usage: dict[str, Any]) -> int | None:
    """Tokens that came out, thoughts and all: Gemini counts its thoughts in the total alone (clarifai-python#978)."""
    out, came_in, total = (_count(usage.get(f"{name}_tokens")) for name in ("completion", "prompt", "total"))
    if out is None or came_in is None or total is None:
        return out
    return max(out, total - came_in)


def _split(message: dict[str, Any]) -> tuple[str, str | None]:
    """The answer and the reasoning: from a field of its own, else from a leading <think> block."""
    answer = _content(message.get("content"))
    for name in ("reasoning_content", "reasoning"):
        if (reasoning := _text(message.get(name))).strip():
            return answer, reasoning
    if think := THINK.match(answer):
        return think[2] or "", think[1].strip() or None
    return answer, None


def _content(content: object) -> str:
    """The text; of a list of parts, what its text parts hold, joined."""
    if not isinstance(content, list):
        return _text(content)
    parts = (part if isinstance(part, dict) else {"text": part} for part in content)
    return "".join(
        _text(part.get("text")) for part in parts if part.get("type", "text") in ("text", "output_text")
    )


def _first(choices: object) -> object:
    return choices[0] if isinstance(choices, list) and choices else None


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _count(value: object) -> int | None:
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _TOO_MANY:
        return value
    return None
