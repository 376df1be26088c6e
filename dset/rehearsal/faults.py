"""What services really do, a function each: name them in a script and the server does them.

Called without arguments each shows the usual case. Bodies are word for word those of DeepSeek, Gemini (whose
errors are arrays) and OpenAI where these are known; the rest keeps their shape.
"""

import hashlib
import json
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from itertools import repeat
from typing import Any

from dset.rehearsal.server import Behaviour, Request, Script, json_reply

Reply = Behaviour | Script
Headers = tuple[tuple[str, str], ...]
_HTML = ("Content-Type", "text/html; charset=utf-8")
_A_DAY = 86_400.0

# Completions: replies of status 200 that are one.


def completion(
    content: object = "An answer.",
    reasoning: str | None = None,
    *,
    finish_reason: str = "stop",
    model: str = "deepseek-flash",
    prompt_tokens: int = 10,
    cached_tokens: int = 4,
    completion_tokens: int = 5,
    reasoning_tokens: int = 0,
    **message: object,
) -> dict[str, Any]:
    """The body of a chat completion in DeepSeek's shape; other keywords become keys of its message."""
    said = {"role": "assistant", "content": content, **message}
    if reasoning is not None:
        said["reasoning_content"] = reasoning
    return {
        "id": hashlib.sha256(repr(said).encode("utf-8", "replace")).hexdigest()[:32],
        "object": "chat.completion",
        "created": 1_700_000_000,
        "model": model,
        "system_fingerprint": "fp_rehearsal",
        "choices": [{"index": 0, "finish_reason": finish_reason, "logprobs": None, "message": said}],
        "usage": {
            "prompt_tokens": prompt_tokens,
            "completion_tokens": completion_tokens,
            "total_tokens": prompt_tokens + completion_tokens,
            "prompt_cache_hit_tokens": cached_tokens,
            "prompt_cache_miss_tokens": prompt_tokens - cached_tokens,
            "prompt_tokens_details": {"cached_tokens": cached_tokens},
            "completion_tokens_details": {"reasoning_tokens": reasoning_tokens},
        },
    }


def ok(content: object = "An answer.", reasoning: str | None = None, **more: Any) -> Behaviour:
    """A good answer; `more` as for `completion`."""
    return json_reply(completion(content, reasoning, **more))


def cut_short(content: str = "The first half of", reasoning: str | None = None) -> Behaviour:
    return ok(content, reasoning, finish_reason="length")


def spent_by_reasoning(reasoning: str = "First of all") -> Behaviour:
    """max_tokens went into the reasoning: no content is left."""
    return ok("", reasoning, finish_reason="length", reasoning_tokens=5)


def blank_content(content: str | None = " " * 40) -> Behaviour:
    """What JSON mode leaves of an answer that was no JSON; '' and None are seen too."""
    return ok(content)


def only_reasoning() -> Behaviour:
    return ok("", "A thought that led to nothing.", reasoning_tokens=5)


def only_tool_calls() -> Behaviour:
    call = {"id": "call_0", "type": "function", "function": {"name": "search", "arguments": "{}"}}
    return ok(None, finish_reason="tool_calls", tool_calls=[call])


def list_content(*texts: str) -> Behaviour:
    return ok([{"type": "text", "text": text} for text in texts or ("An ", "answer.")])


def insufficient_system_resource(content: str = "The first half of") -> Behaviour:
    return ok(content, finish_reason="insufficient_system_resource")


def content_filter() -> Behaviour:
    return ok("", finish_reason="content_filter")


def refusal(text: str = "I'm sorry, I can't help with that.") -> Behaviour:
    """OpenAI's: the message has a `refusal` in place of content."""
    return ok(None, refusal=text)


def odd_usage(usage: object = "unknown") -> Behaviour:
    """A good answer whose `usage` is of the wrong type; None is what some proxies send."""
    return json_reply({**completion(), "usage": usage})


def no_choices(*choices: object) -> Behaviour:
    """A completion whose choices are [] (or those given)."""
    return json_reply({**completion(), "choices": list(choices)})


def huge_answer(characters: int = 10_000_000) -> Behaviour:
    return ok("0123456789abcde\n" * (characters // 16) + "!" * (characters % 16))


# Errors of DeepSeek, by status.


def error(
    status: int, message: str, kind: str = "invalid_request_error", code: str | None = "invalid_request_error",
    headers: Headers = (),
) -> Behaviour:  # fmt: skip
    """An error in the shape that DeepSeek and OpenAI share."""
    return json_reply(
        {"error": {"message": message, "type": kind, "param": None, "code": code}}, status, headers
    )


def content_exists_risk() -> Behaviour:
    return error(400, "Content Exists Risk")


def dead_model_name(name: str = "deepseek-chat") -> Behaviour:
    names = "deepseek-v4-pro or deepseek-v4-flash"
    return error(400, f"The supported API model names are {names}, but you passed {name}.")


def reasoning_not_passed_back() -> Behaviour:
    return error(400, "The `reasoning_content` in the thinking mode must be passed back to the API.")


def unknown_role() -> Behaviour:
    roles = "`system`, `user`, `assistant`, `tool`, `latest_reminder`"
    what = f"messages[1].role: unknown variant `developer`, expected one of {roles} at line 1 column 80"
    return error(400, f"Failed to deserialize the JSON body into the target type: {what}")


def context_too_long() -> Behaviour:
    """The wording is OpenAI's, which DeepSeek and vLLM are known to follow."""
    asked = "However, you requested 1200000 tokens (1167232 in the messages, 32768 in the completion)."
    tail = "Please reduce the length of the messages or completion."
    message = f"This model's maximum context length is 1048576 tokens. {asked} {tail}"
    return error(400, message, code="context_length_exceeded")


def bad_key(key: str = "****fcc2") -> Behaviour:
    return error(401, f"Authentication Fails, Your api key: {key} is invalid", "authentication_error")


def echoes_key(request: Request) -> Behaviour:
    """A script: the error of a bad key, with the whole key that was sent in it."""
    return bad_key(request.headers.get("authorization", "").removeprefix("Bearer "))


def insufficient_balance() -> Behaviour:
    return error(402, "Insufficient Balance", "unknown_error")


def forbidden() -> Behaviour:
    return error(403, "You are not allowed to access this model.", "permission_denied", None)


def not_found() -> Behaviour:
    return error(
        404,
        "The model `deepseek-flesh` does not exist or you do not have access to it.",
        code="model_not_found",
    )


def payload_too_large() -> Behaviour:
    page = b"<html><head><title>413 Request Entity Too Large</title></head><body>nginx</body></html>"
    return Behaviour(413, (_HTML,), page)


def unprocessable(
    message: str = "Invalid max_tokens value, the valid range of max_tokens is [1, 393216]",
) -> Behaviour:
    return error(422, message)


def concurrency_429(limit: int = 39) -> Behaviour:
    """DeepSeek's limit, which shrinks with the balance. No Retry-After: only the text has the number."""
    seen = f"Your current concurrency is {limit + 1}, which exceeds your concurrency limit of {limit}"
    advice = "Please top up your balance to restore your concurrency."
    return error(429, f"{seen} based on your remaining balance. {advice}", "rate_limit_error", "rate_limit")


def tpm_429() -> Behaviour:
    return error(429, "Rate limit reached for TPM", "rate_limit_error", "rate_limit")


def retry_after(
    *values: float | str, date: str | None = None, status: int = 429, name: str = "Retry-After"
) -> Behaviour:
    """A header for each value (seconds, or a date as it shall stand there); `date`: the server's own clock."""
    dates = () if date is None else (("Date", date),)
    headers = (*((name, str(value)) for value in values or (1,)), *dates)
    return error(
        status, "Rate limit reached for requests", "rate_limit_error", "rate_limit_exceeded", headers
    )


def insufficient_quota() -> Behaviour:
    """OpenAI's 429 that no waiting cures."""
    text = "You exceeded your current quota, please check your plan and billing details."
    return error(429, text, "insufficient_quota", "insufficient_quota")


def server_error(status: int = 500, headers: Headers = ()) -> Behaviour:
    return error(status, "Internal server error", "server_error", None, headers)


def overloaded() -> Behaviour:
    text = (
        "Service is too busy. We advise users to temporarily switch to alternative LLM API service providers."
    )
    return error(503, text, "service_unavailable_error")


def bad_gateway(status: int = 502) -> Behaviour:
    page = b"<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>nginx</body>\r\n</html>\r\n"
    return Behaviour(status, (_HTML,), page.replace(b"502", str(status).encode()))


def redirect(url: str = "/elsewhere", status: int = 307) -> Behaviour:
    return Behaviour(status, (("Location", url),))


# A status of 200 that is no completion.


def empty_body() -> Behaviour:
    return Behaviour()


def truncated_json() -> Behaviour:
    """Half a completion, and a Content-Length that agrees with it."""
    body = ok().body
    return Behaviour(body=body[: len(body) // 2])


def html_200(body: bytes = b"<html><body>Log in to the hotel's network</body></html>") -> Behaviour:
    return Behaviour(200, (_HTML,), body)


def error_200(message: str = "Internal error", code: int | str | None = None) -> Behaviour:
    return replace(error(500, message, "server_error"), status=200) if code is None else json_reply(
        {"error": {"message": message, "code": code}})  # fmt: skip


def no_choices_key() -> Behaviour:
    return json_reply({key: value for key, value in completion().items() if key != "choices"})


def invalid_utf8() -> Behaviour:
    return Behaviour(body=ok("caf\N{LATIN SMALL LETTER E WITH ACUTE}").body.replace("é".encode(), b"\xe9"))


def huge_header(size: int = 1_000_000) -> Behaviour:
    return replace(ok(), headers=(("X-Padding", "x" * size),))


def gzipped(behaviour: Behaviour | None = None) -> Behaviour:
    inner = behaviour or ok()
    return replace(inner, headers=(*inner.headers, ("Content-Encoding", "gzip")), body=_gzip((inner.body,)))


@cache  # the packing takes a moment
def gzip_bomb(megabytes: int = 100) -> Behaviour:
    """Leading blanks, then a good answer: about a thousandth of its size on the wire."""
    return replace(gzipped(), body=_gzip((*repeat(b" " * 1_000_000, megabytes), ok().body)))


def _gzip(pieces: Sequence[bytes]) -> bytes:
    packer = zlib.compressobj(1, zlib.DEFLATED, 31)
    return b"".join([*(packer.compress(piece) for piece in pieces), packer.flush()])


# Waiting, and breaking off.


def keep_alive_then(behaviour: Behaviour | None = None, lines: int = 3, pause: float = 0.01) -> Behaviour:
    """DeepSeek while it is busy: status 200 and the headers at once, empty lines, then the body."""
    last = behaviour or ok()
    return replace(last, chunks=(*repeat((pause, b"\n"), lines), (pause, last.body)), body=b"")


def keep_alive_then_empty(lines: int = 3, pause: float = 0.01) -> Behaviour:
    return keep_alive_then(Behaviour(), lines, pause)


def keep_alive_then_drop(lines: int = 3, pause: float = 0.01) -> Behaviour:
    """What DeepSeek does after ten minutes in its queue, too."""
    return replace(keep_alive_then_empty(lines, pause), cut="body")


def dropped() -> Behaviour:
    return Behaviour(cut="before")


def dropped_after_headers() -> Behaviour:
    return replace(ok(), cut="headers")


def dropped_midway() -> Behaviour:
    return replace(ok(), cut="body")


def short_body() -> Behaviour:
    """Content-Length promises more than comes before the connection is closed in good order."""
    return replace(ok(), content_length=len(ok().body) + 100)


def bad_chunk() -> Behaviour:
    headers = (("Transfer-Encoding", "chunked"), ("Connection", "close"))
    return Behaviour(headers=headers, body=b"zz\r\n" + ok().body)


def stalls() -> Behaviour:
    return Behaviour(hang=True)


def stalls_midway() -> Behaviour:
    body = ok().body
    return Behaviour(chunks=((0.0, body[:50]), (_A_DAY, body[50:])))


def drips(behaviour: Behaviour | None = None, pause: float = 0.001, size: int = 64) -> Behaviour:
    """A few bytes at a time: each read is quick, the whole is slow."""
    whole = behaviour or ok()
    pieces = (whole.body[start : start + size] for start in range(0, len(whole.body), size))
    return replace(whole, chunks=tuple((pause, piece) for piece in pieces), body=b"")


def endless(piece: bytes = b"\n", pause: float = 0.001) -> Behaviour:
    return Behaviour(chunks=repeat((pause, piece)))


def sse(text: str = "An answer.", keep_alives: int = 1, end: str = "done") -> Behaviour:
    """A stream of comments, reasoning, content and usage.

    `end`: 'done' as it should be, 'silent' without finish_reason and [DONE], 'cut' dropped before them.
    """
    deltas: list[dict[str, Any]] = [
        {"role": "assistant", "content": None, "reasoning_content": ""},
        {"content": text},
    ]
    events = [_event(delta, None) for delta in deltas] + [_event({}, "stop")] * (end == "done")
    return sse_events(*events, keep_alives=keep_alives, end=end)


def sse_error() -> Behaviour:
    return sse_events(
        _event({"content": "An"}, None), error(500, "Internal error").body.decode(), end="silent"
    )


def sse_events(*events: str, keep_alives: int = 0, end: str = "done") -> Behaviour:
    said = (*events, "[DONE]") if end == "done" else events
    lines = [": keep-alive"] * keep_alives + [f"data: {event}" for event in said]
    chunks = tuple((0.001, f"{line}\n\n".encode()) for line in lines)
    kind = (("Content-Type", "text/event-stream"),)
    return Behaviour(headers=kind, chunks=chunks, cut="body" if end == "cut" else "")


def _event(delta: dict[str, Any], finish_reason: str | None) -> str:
    choice = {"index": 0, "delta": delta, "finish_reason": finish_reason}
    usage = completion()["usage"] if finish_reason else None
    return json.dumps(
        {**completion(), "object": "chat.completion.chunk", "choices": [choice], "usage": usage}
    )


# Gemini.


def gemini_error(code: int, message: str, status: str, *details: Mapping[str, Any]) -> Behaviour:
    inner: dict[str, Any] = {"code": code, "message": message, "status": status}
    if details:
        inner["details"] = [
            {**detail, "@type": f"type.googleapis.com/google.rpc.{detail['@type']}"} for detail in details
        ]
    return json_reply([{"error": inner}], code)


def gemini_quota(
    quota_id: str, metric: str, limit: int, retry: str, model: str = "gemini-3.8-flash", says: str = ""
) -> Behaviour:
    """A 429 with one violation: its quotaId tells a minute's limit from a day's, the message does not."""
    full = f"generativelanguage.googleapis.com/{metric}"
    links = "https://ai.google.dev/gemini-api/docs/rate-limits"
    message = (
        "You exceeded your current quota, please check your plan and billing details. For more information on "
        f"this error, head to: {links}. To monitor your current usage, head to: https://ai.dev/rate-limit. \n"
        f"* Quota exceeded for metric: {full}, limit: {limit}, model: {model}\nPlease retry in {says or retry}."
    )
    dimensions = {"location": "global", "model": model}
    violation = {
        "quotaMetric": full,
        "quotaId": quota_id,
        "quotaDimensions": dimensions,
        "quotaValue": str(limit),
    }
    return gemini_error(
        429, message, "RESOURCE_EXHAUSTED",
        {"@type": "Help", "links": [{"description": "Learn more about Gemini API quotas", "url": links}]},
        {"@type": "QuotaFailure", "violations": [violation]},
        {"@type": "RetryInfo", "retryDelay": retry},
    )  # fmt: skip


_FREE = "generate_content_free_tier_requests"


def gemini_per_minute(retry: str = "26s") -> Behaviour:
    tokens = "generate_content_free_tier_input_token_count"
    return gemini_quota("GenerateContentInputTokensPerModelPerMinute-FreeTier", tokens, 250_000, retry)


def gemini_free_per_day(retry: str = "38.601658672s") -> Behaviour:
    """The delay that it asks for does not lift the limit."""
    return gemini_quota("GenerateRequestsPerDayPerProjectPerModel-FreeTier", _FREE, 20, retry)


def gemini_paid_per_day() -> Behaviour:
    name, metric = "GenerateRequestsPerDayPerProjectPerModel", "generate_requests_per_model_per_day"
    return gemini_quota(name, metric, 250, "39043s", "gemini-3.1-pro", says="10h50m43.651927829s")


def gemini_limit_zero() -> Behaviour:
    """The model is not to be had on this tier."""
    return gemini_quota(
        "GenerateRequestsPerDayPerProjectPerModel-FreeTier", _FREE, 0, "36s", "gemini-3.1-pro"
    )


def gemini_spend_cap() -> Behaviour:
    text = "Your project has exceeded its monthly spending cap. Please go to AI Studio at https://ai.studio/spend"
    return gemini_error(429, f"{text} to raise it.", "RESOURCE_EXHAUSTED")


def gemini_no_details() -> Behaviour:
    return gemini_error(429, "Resource has been exhausted (e.g. check quota).", "RESOURCE_EXHAUSTED")


def gemini_bad_key() -> Behaviour:
    reason = {"reason": "API_KEY_INVALID", "domain": "googleapis.com"}
    text = "API key not valid. Please pass a valid API key."
    return gemini_error(400, text, "INVALID_ARGUMENT", {"@type": "ErrorInfo", **reason})


def gemini_no_model(model: str = "gemini-9-flash") -> Behaviour:
    text = f"models/{model} is not found for API version v1main, or is not supported for generateContent."
    return gemini_error(404, text, "NOT_FOUND")


def gemini_unavailable() -> Behaviour:
    return gemini_error(503, "The model is overloaded. Please try again later.", "UNAVAILABLE")


def gemini_blocked(reason: str = "content_filter: PROHIBITED_CONTENT") -> Behaviour:
    """A safety block: status 200, and a choice without a message."""
    return json_reply({**_gemini_empty(), "choices": [{"index": 0, "finish_reason": reason}]})


def gemini_no_choices() -> Behaviour:
    """The other form of a safety block."""
    return json_reply(_gemini_empty())


def _gemini_empty() -> dict[str, Any]:
    usage = {"prompt_tokens": 10, "completion_tokens": 0, "total_tokens": 10}
    return {"id": "x", "object": "chat.completion", "model": "gemini-3.8-flash", "created": 1, "usage": usage}


# Scripts made of behaviours, or of other scripts.


def always(reply: Reply) -> Script:
    """The same for every question."""
    return (lambda _: reply) if isinstance(reply, Behaviour) else reply


def echo(prefix: str = "The answer to: ") -> Script:
    """Good answers that show which question they belong to."""
    return lambda request: ok(prefix + request.text)


def by_text(special: Mapping[str, Reply | Sequence[Reply]], otherwise: Reply) -> Script:
    """By the first key that is part of the question's text; of a list, the next for each time it is asked.

    `otherwise` answers all other questions, and those whose list has come to its end.
    """

    def script(request: Request) -> Behaviour:
        found = next((reply for part, reply in special.items() if part in request.text), otherwise)
        if isinstance(found, Sequence):
            found = found[request.attempt - 1] if request.attempt <= len(found) else otherwise
        return always(found)(request)

    return script


def sequence(replies: Sequence[Reply], then: Reply) -> Script:
    """One after the other, in order of arrival, whatever is asked."""
    left = iter(tuple(replies))

    def script(request: Request) -> Behaviour:
        return always(next(left, then))(request)

    return script


def after(count: int, first: Reply, then: Reply) -> Script:
    """`first` for the first `count` questions that arrive, `then` for the rest."""
    return sequence([first] * count, then)


def concurrency_limit(limit: int | Callable[[Request], int], reply: Reply) -> Script:
    """DeepSeek's 429 for each question that finds more than `limit` under way, itself included."""

    def script(request: Request) -> Behaviour:
        allowed = limit if isinstance(limit, int) else limit(request)
        return concurrency_429(allowed) if request.in_flight > allowed else always(reply)(request)

    return script


def slow(seconds: float, reply: Reply) -> Script:
    """The same, so many seconds later."""

    def script(request: Request) -> Behaviour:
        behaviour = always(reply)(request)
        return replace(behaviour, delay=behaviour.delay + seconds)

    return script
