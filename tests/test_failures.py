"""Each error body and each broken connection that was seen, one row each, and what it means."""

import asyncio
import contextlib
import errno
import json
import re
import shutil
import socket
import ssl
import struct
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import openai
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dset.causes import of_exception
from dset.cleaning import clean, harmless
from dset.failures import BodyTooLarge, Failure, Kind, of_status, refuses
from tests.running import SCRIPT

PACE, OUTAGE, STOP, REFUSAL, ROW_FAULT, CUT_SHORT = Kind
NOW = datetime(2026, 11, 21, 3, 30, tzinfo=UTC)


def openai_body(message: str, **error: Any) -> bytes:
    """As DeepSeek sends it: type and code tell nothing apart."""
    error = {"type": "invalid_request_error", "param": None, "code": "invalid_request_error"} | error
    return json.dumps({"error": {"message": message} | error}).encode()


def google_body(code: int, message: str, status: str = "", *details: Mapping[str, Any]) -> bytes:
    """As Gemini's OpenAI-compatible address sends it: an array."""
    return json.dumps(
        [{"error": {"code": code, "message": message, "status": status, "details": [*details]}}]
    ).encode()


def quota(
    *ids: str, metric: str = "generate_content_free_tier_requests", value: str = "20"
) -> dict[str, Any]:
    violations = [
        {"quotaMetric": f"generativelanguage.googleapis.com/{metric}", "quotaId": name, "quotaValue": value}
        for name in ids
    ]
    return {"@type": "type.googleapis.com/google.rpc.QuotaFailure", "violations": violations}


def retry(delay: str) -> dict[str, str]:
    return {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": delay}


EXCEEDED = (
    "You exceeded your current quota, please check your plan and billing details. For more information on this "
    "error, head to: https://ai.google.dev/gemini-api/docs/rate-limits. "
)
PAID_DAY = google_body(
    429,
    EXCEEDED
    + "\n* Quota exceeded for metric: generativelanguage.googleapis.com/generate_requests_per_model_per_day, "
    "limit: 250, model: gemini-3.1-pro\nPlease retry in 10h50m43.651927829s.",
    "RESOURCE_EXHAUSTED",
    {
        "@type": "type.googleapis.com/google.rpc.Help",
        "links": [{"description": "Learn more", "url": "https://x"}],
    },
    quota(
        "GenerateRequestsPerDayPerProjectPerModel", metric="generate_requests_per_model_per_day", value="250"
    ),
    retry("39043s"),
)
FREE_DAY = google_body(
    429,
    EXCEEDED + "Please retry in 28.1s.",
    "RESOURCE_EXHAUSTED",
    retry("28s"),
    quota(
        "GenerateRequestsPerMinutePerProjectPerModel-FreeTier",
        "GenerateRequestsPerDayPerProjectPerModel-FreeTier",
    ),
)
PER_MINUTE = google_body(
    429,
    EXCEEDED,
    "RESOURCE_EXHAUSTED",
    quota("GenerateContentInputTokensPerModelPerMinute-FreeTier", value="250000"),
    retry("26s"),
)
CONCURRENCY = (
    "Your current concurrency is 40, which exceeds your concurrency limit of 39 based on your remaining balance. "
    "Please top up your balance to restore your concurrency."
)
DEEPSEEK_MODEL = "The supported API model names are deepseek-v4-pro or deepseek-v4-flash, but you passed {}."
DESERIALIZE = (
    "Failed to deserialize the JSON body into the target type: messages[1].role: unknown variant `developer`, "
    "expected one of `system`, `user`, `assistant`, `tool`, `latest_reminder` at line 1 column 9"
)
OPENROUTER = {
    "error": {"message": "Provider returned error", "code": 400, "metadata": {"raw": "Content Exists Risk"}}
}


def status_of(
    status: int, body: bytes = b"", headers: Mapping[str, str] | None = None, seconds: float = 0
) -> Failure:
    return of_status(status, headers or {}, body, seconds, now=NOW)


@pytest.mark.parametrize(
    ("status", "body", "kind", "advice"),
    [
        # https://api-docs.deepseek.com/quick_start/error_codes; bodies from the issues that quote them
        (402, openai_body("Insufficient Balance", type="unknown_error"), STOP, "Top up"),
        (401, openai_body("Authentication Fails, Your api key: ****fcc2 is invalid"), STOP, ".env"),
        (400, openai_body("Content Exists Risk"), REFUSAL, "Reword"),
        (
            400,
            openai_body(DEEPSEEK_MODEL.format("deepseek-chat")),
            STOP,
            "deepseek-chat is gone: use --model deeps",
        ),
        (400, openai_body(DEEPSEEK_MODEL.format("deepseek-reasoner")), STOP, "deepseek-reasoner is gone"),
        (400, openai_body(DEEPSEEK_MODEL.format("gpt-9")), STOP, "Check --model"),
        (400, openai_body("Model Not Exist"), STOP, "Check --model"),
        (
            400,
            openai_body("The `reasoning_content` in the thinking mode must be passed back."),
            ROW_FAULT,
            "",
        ),
        (400, openai_body(DESERIALIZE), ROW_FAULT, ""),
        (
            400,
            openai_body("Invalid max_tokens value, the valid range is [1, 393216]"),
            ROW_FAULT,
            "--max-tokens",
        ),
        (400, openai_body("This model's maximum context length is 1048576 tokens."), ROW_FAULT, "Shorten"),
        (422, openai_body("temperature must be at most 2"), ROW_FAULT, ""),
        (429, openai_body("Rate limit reached for TPM"), PACE, ""),
        (429, openai_body(CONCURRENCY), PACE, ""),
        (500, openai_body("Internal server error"), OUTAGE, ""),
        (503, openai_body("The service is overloaded"), OUTAGE, ""),
        # https://ai.google.dev/gemini-api/docs/troubleshooting
        (429, PAID_DAY, STOP, "midnight Pacific time. Try again in 10 h 51 min, at about 14:21 UTC."),
        (429, FREE_DAY, STOP, "midnight Pacific time."),
        (
            429,
            google_body(429, "Quota exceeded for metric: x/generate_requests_per_model_per_day"),
            STOP,
            "Pacific",
        ),
        (429, PER_MINUTE, PACE, ""),
        (429, google_body(429, EXCEEDED, "", quota("PerMinute-FreeTier", value="0")), STOP, "--model"),
        (429, google_body(429, EXCEEDED + "metric: x, limit: 0, model: gemini-3.1-pro"), STOP, "--model"),
        (429, google_body(429, EXCEEDED + "metric: x, limit: 0.5"), PACE, ""),
        (
            429,
            google_body(429, "Your project has exceeded its monthly spending cap. Please go to AI"),
            STOP,
            "cap",
        ),
        (
            429,
            google_body(429, "Resource has been exhausted (e.g. check quota).", "RESOURCE_EXHAUSTED"),
            PACE,
            "",
        ),
        (
            400,
            google_body(400, "API key not valid. Please pass a valid API key.", "INVALID_ARGUMENT"),
            STOP,
            ".env",
        ),
        (400, google_body(400, "Bad.", "INVALID_ARGUMENT", {"reason": "API_KEY_INVALID"}), STOP, ".env"),
        (400, google_body(400, "User location is not supported.", "FAILED_PRECONDITION"), STOP, "region"),
        (400, google_body(400, "Request contains an invalid argument.", "INVALID_ARGUMENT"), ROW_FAULT, ""),
        (400, google_body(400, "The input token count (2000000) exceeds the maximum"), ROW_FAULT, "Shorten"),
        (402, google_body(402, "Payment required"), STOP, "Top up"),
        (403, google_body(403, "Permission denied", "PERMISSION_DENIED"), STOP, ".env"),
        (
            404,
            google_body(404, "models/gemini-9 is not found for API version v1main", "NOT_FOUND"),
            STOP,
            "--model",
        ),
        (500, google_body(500, "Internal", "INTERNAL"), OUTAGE, ""),
        (
            503,
            google_body(503, "The model is overloaded. Please try again later.", "UNAVAILABLE"),
            OUTAGE,
            "",
        ),
        (504, google_body(504, "Deadline", "DEADLINE_EXCEEDED"), OUTAGE, ""),
        # https://platform.openai.com/docs/guides/error-codes
        (429, openai_body(EXCEEDED, type="insufficient_quota", code="insufficient_quota"), STOP, "Top up"),
        (429, openai_body("Request too large for gpt-4o on tokens per min (TPM)"), ROW_FAULT, "Shorten"),
        (
            400,
            openai_body("Your prompt was flagged as potentially violating our usage policy."),
            REFUSAL,
            "Reword",
        ),
        (404, openai_body("The model `gpt-9` does not exist", code="model_not_found"), STOP, "--model"),
        (400, openai_body("too long", code="context_length_exceeded"), ROW_FAULT, "Shorten"),
        # https://learn.microsoft.com/azure/ai-foundry/openai/concepts/content-filter
        (400, openai_body("The response was filtered", code="content_filter", status=400), REFUSAL, ""),
        (400, openai_body("x", innererror={"code": "ResponsibleAIPolicyViolation"}), REFUSAL, ""),
        # https://openrouter.ai/docs/api-reference/errors
        (
            403,
            openai_body('m requires moderation and your input was flagged for "x". No credits.'),
            REFUSAL,
            "",
        ),
        (403, openai_body("Your account was flagged"), STOP, ""),
        (400, openai_body("foo/bar is not a valid model ID"), STOP, "--model"),
        (400, json.dumps(OPENROUTER).encode(), REFUSAL, ""),
        (429, openai_body("Rate limit exceeded: free-models-per-day. Add 10 credits"), STOP, "midnight UTC"),
        # https://platform.kimi.ai/docs/api/errors.md, https://github.com/camel-ai/owl/issues/432
        (400, openai_body("The request was rejected because it was considered high risk"), REFUSAL, ""),
        (400, openai_body("inappropriate content", code="data_inspection_failed"), REFUSAL, ""),
        (429, openai_body(EXCEEDED, type="exceeded_current_quota_error"), STOP, "Top up"),
        # other shapes
        (
            422,
            b'{"detail": [{"loc": ["body"], "msg": "field required", "input": {"code": "x"}}]}',
            ROW_FAULT,
            "",
        ),
        (400, b'{"error": "model \\"x\\" not found, try pulling it first"}', STOP, "--model"),
        (413, b"Request Entity Too Large", ROW_FAULT, ""),
        (407, b"", STOP, "HTTPS_PROXY"),
        (405, b"", STOP, "--base-url"),
        (410, b"", STOP, "--base-url"),
        (418, b"", ROW_FAULT, ""),
        (408, b"", OUTAGE, ""),
        (409, b"", OUTAGE, ""),
        (425, b"", OUTAGE, ""),
        (502, b"<html><title>502 Bad Gateway</title></html>", OUTAGE, ""),
        (
            529,
            b'{"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}',
            OUTAGE,
            "",
        ),
        (204, b"", OUTAGE, ""),
        (999, b"", OUTAGE, ""),
    ],
)
def test_a_status_and_its_message_tell_what_to_do(status: int, body: bytes, kind: Kind, advice: str) -> None:
    failure = status_of(status, body)
    assert (failure.kind, failure.status) == (kind, status)
    assert advice in failure.advice
    assert failure.reason


def test_the_reason_is_what_the_service_said() -> None:
    assert status_of(402, openai_body("Insufficient Balance")).reason == "Insufficient Balance"
    assert status_of(503).reason == "HTTP 503 Service Unavailable"
    assert status_of(599, b"{}").reason == "HTTP 599"
    assert status_of(400, b'{"foo": 1}').reason == '{"foo": 1}'
    assert (
        status_of(400, json.dumps(OPENROUTER).encode()).reason
        == "Provider returned error: Content Exists Risk"
    )
    assert status_of(422, b'{"detail": [{"msg": "one"}, {"msg": "two"}]}').reason == "one: two"


def test_the_reason_of_a_web_page_is_its_first_200_characters_without_tags() -> None:
    page = b"<html><style>p {}</style><body><h1>502</h1><p>Bad\nGateway</p>" + b"x" * 999
    failure = status_of(502, page)
    assert failure.reason.startswith("502 Bad Gateway xxx")
    assert len(failure.reason) == 200


def test_a_stated_limit_of_requests_at_once_is_read() -> None:
    assert status_of(429, openai_body(CONCURRENCY)).limit == 39
    assert status_of(429, openai_body(CONCURRENCY)).wait is None
    kimi = status_of(
        429, openai_body("reached max organization concurrency: 3, please try again after 1 seconds")
    )
    assert (kimi.limit, kimi.wait) == (3, 1.0)
    assert status_of(429, openai_body("a concurrency limit of 0")).limit is None


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"Retry-After": "7"}, 7.0),
        ({"retry-after": " 1.5 "}, 1.5),
        ({"RETRY-AFTER-MS": "1500", "retry-after": "1"}, 1.5),
        ({"retry-after": "Sun, 06 Nov 1994 08:49:37 GMT", "date": "Sun, 06 Nov 1994 08:49:07 GMT"}, 30.0),
        ({"retry-after": "Sunday, 06-Nov-94 08:49:37 GMT", "date": "Sun, 06 Nov 1994 08:49:07 GMT"}, 30.0),
        ({"retry-after": "Sun Nov  6 08:49:37 1994", "date": "Sun, 06 Nov 1994 08:49:07 GMT"}, 30.0),
        ({"retry-after": "Sat, 21 Nov 2026 03:31:00 GMT"}, 60.0),
        ({"retry-after": "Sat, 21 Nov 2026 03:29:00 GMT"}, None),
        ({"retry-after": "5, 10"}, 10.0),
        ({"retry-after": "5, Sat, 21 Nov 2026 03:31:00 GMT, inf"}, 60.0),
        ({"retry-after": "0"}, None),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "1e309"}, None),
        ({"retry-after": "9" * 5000}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": ""}, None),
        ({"retry-after-ms": "inf", "retry-after": "3"}, 3.0),
        ({}, None),
    ],
)
def test_a_header_tells_the_wait_and_nonsense_tells_none(headers: dict[str, str], wait: float | None) -> None:
    failure = status_of(429, b"", headers)
    assert (failure.kind, failure.wait) == (PACE, wait)


@pytest.mark.parametrize(
    ("body", "wait"),
    [
        (PER_MINUTE, 26.0),
        (google_body(429, "x", "", retry("38.601658672s")), 38.601658672),
        (google_body(429, "Please retry in 1m3.5s."), 63.5),
        (openai_body("Rate limit reached: Limit 3 / min. Please try again in 20s."), 20.0),
        (openai_body("Please try again in 345ms. Visit"), 0.345),
        (openai_body("Please retry after 10 seconds."), 10.0),
        (openai_body("Try again in 2 minutes."), 120.0),
        (openai_body("Try again in a while."), None),
    ],
)
def test_a_body_tells_the_wait(body: bytes, wait: float | None) -> None:
    assert status_of(429, body).wait == pytest.approx(wait)


def test_a_header_goes_before_the_body() -> None:
    assert status_of(429, PER_MINUTE, {"retry-after": "5"}).wait == 5.0


@pytest.mark.parametrize(
    ("seconds", "advice"),
    [
        ("601", "Try again in 11 min, at about 03:41 UTC."),
        ("39043", "Try again in 10 h 51 min, at about 14:21 UTC."),
        ("7200", "Try again in 2 h, at about 05:30 UTC."),
        ("1000000", "Try again in 11 d 13 h, at about 2026-12-02 17:17 UTC."),
    ],
)
def test_a_wait_of_more_than_ten_minutes_is_a_stop_that_says_when_to_come_back(
    seconds: str, advice: str
) -> None:
    failure = status_of(429, b"", {"retry-after": seconds})
    assert (failure.kind, failure.advice, failure.wait) == (STOP, advice, float(seconds))
    assert status_of(429, b"", {"retry-after": "600"}).kind is PACE


def test_the_short_wait_beside_a_daily_quota_is_not_believed() -> None:
    assert status_of(429, FREE_DAY).wait is None
    assert status_of(429, PAID_DAY).wait == pytest.approx(39043, abs=1)


@pytest.mark.parametrize(
    ("status", "kind"),
    [(400, OUTAGE), (418, OUTAGE), (401, STOP), (402, STOP), (403, STOP), (404, STOP), (429, PACE)],
)
def test_a_service_may_say_that_a_request_can_be_sent_again(status: int, kind: Kind) -> None:
    assert status_of(status, b"", {"X-Should-Retry": "true"}).kind is kind
    assert status_of(status, b"", {"X-Should-Retry": "false"}).kind is not OUTAGE


@pytest.mark.parametrize(
    ("location", "advice"),
    [
        (
            "https://user:secret@other.example/v1?key=secret",
            "Check --base-url: it points to https://other.example.",
        ),
        ("//other.example/x", "Check --base-url: it points to https://other.example."),
        ("/elsewhere?key=secret", "Check --base-url: it is the address before /chat/completions."),
        ("https://[bad", "Check --base-url: it is the address before /chat/completions."),
        ("", "Check --base-url: it is the address before /chat/completions."),
    ],
)
def test_a_redirect_is_a_stop_that_names_the_host_and_no_secret(location: str, advice: str) -> None:
    failure = status_of(307, b"", {"Location": location})
    assert (failure.kind, failure.advice) == (STOP, advice)


@pytest.mark.parametrize(
    ("status", "seconds", "billed"),
    [(500, 9.9, False), (500, 10, True), (408, 10, True), (409, 99, False), (400, 99, False), (204, 0, True)],
)
def test_a_failure_after_long_work_may_be_billed(status: int, seconds: float, billed: bool) -> None:
    assert status_of(status, b"", seconds=seconds).maybe_billed is billed


def test_a_refusal_is_told_by_words_that_only_a_refusal_has() -> None:
    assert refuses("Content Exists Risk")
    assert not refuses("the content of this request exists")


@settings(deadline=None)
@given(
    st.integers(100, 999),
    st.dictionaries(st.sampled_from(["retry-after", "date", "location"]), st.text()),
    st.binary(),
)
def test_no_response_raises(status: int, headers: dict[str, str], body: bytes) -> None:
    assert of_status(status, headers, body).reason


@pytest.mark.parametrize("body", [b"[" * 100_000, b'{"error":' + b"[" * 900 + b"]" * 900 + b"}", b"9" * 5000])
def test_no_hostile_body_raises(body: bytes) -> None:
    assert status_of(500, body).kind is OUTAGE


# --- clean -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("  two\r\nlines\t\x00and\u2028more ", "two lines and more"),
        ("\x1b[31mred\x1b[0m \x1b]0;title\x07ok \x9b2Jx", "red ok x"),
        ("a\u202eb\u2066c\ufeffd", "abcd"),
        ("half \ud800 pair", "half \N{REPLACEMENT CHARACTER} pair"),
        ("ภาษาไทย 日本語 👩‍👩‍👧", "ภาษาไทย 日本語 👩‍👩‍👧"),
        ("key sk-0123456789abcdef0123 is bad", "key sk-…0123 is bad"),
        ("sk-01234\x1b[0m56789abcdef", "sk-…cdef"),
        ("AIzaSyA0123456789-_x", "AIz…9-_x"),
        ("Authorization: Bearer abc.def+ghi/jkl=mno", "Authorization: Bearer abc…=mno"),
        ("a task-that-is-long-enough-for-sixteen", "a task-that-is-long-enough-for-sixteen"),
        ("****fcc2 and sk-short", "****fcc2 and sk-short"),
    ],
)
def test_text_becomes_one_safe_line(text: str, line: str) -> None:
    assert clean(text) == line


def test_a_line_for_the_screen_keeps_its_words_and_its_indentation() -> None:
    assert (
        harmless("  two  words\t\x1b[31mred\x1b[0m \u202e\ud800 " + "x" * 999)
        == "  two  words red \ufffd " + "x" * 999
    )


def test_a_long_text_is_cut_with_a_mark() -> None:
    assert clean("x" * 301) == "x" * 299 + "…"
    assert clean("x" * 300) == "x" * 300
    assert clean("x" * 10_000_000, 10) == "x" * 9 + "…"


@settings(deadline=None)
@given(st.text())
def test_a_clean_line_can_be_shown(text: str) -> None:
    line = clean(text)
    assert len(line) <= 300
    line.encode()
    assert not set(line) & {chr(code) for code in (*range(32), *range(127, 160), 0x202E, 0x2028)}


# --- Exceptions: real ones, from both transports of openai, over loopback ----------------------------------

CLIENTS: dict[str, Callable[..., Any]] = {
    "aiohttp": openai.DefaultAioHttpClient,
    "httpx2": openai.DefaultAsyncHttpx2Client,
}
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
RESET = b"RESET"
HANG = b"HANG"


@pytest.fixture(params=sorted(CLIENTS))
def transport(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def nobody() -> str:
    """An address at which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as closed:
        return f"127.0.0.1:{closed.getsockname()[1]}"


@contextlib.contextmanager
def serving(reply: bytes, tls: ssl.SSLContext | None = None) -> Iterator[str]:
    """A server at the address that comes back: it reads one request, sends these bytes and hangs up."""
    over = threading.Event()

    def serve() -> None:
        while True:
            try:
                connection, _ = listening.accept()
                break
            except TimeoutError:
                if over.is_set():  # the client gave up before it came
                    return
        with contextlib.suppress(OSError), connection:
            if tls:
                tls.wrap_socket(connection, server_side=True).close()
            elif reply is HANG:
                over.wait(10)
            elif reply is RESET:
                read_request(connection)
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            else:
                read_request(connection)
                connection.sendall(reply)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(0.1)  # a client that never comes must not keep the thread, and the tests, alive
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"127.0.0.1:{listening.getsockname()[1]}"
        over.set()
        thread.join(10)


def read_request(connection: socket.socket) -> None:
    """Read it whole: closing a socket with unread bytes resets the connection."""
    request = connection.recv(65536)
    if request.startswith(b"\x16"):
        return  # the hello of TLS
    while b"\r\n\r\n" not in request:
        request += connection.recv(65536)
    head, _, rest = request.partition(b"\r\n\r\n")
    length = re.search(rb"content-length: (\d+)", head.lower())
    while length and len(rest) < int(length[1]):
        rest += connection.recv(65536)


async def ask(transport: str, url: str, patience: float = 5.0, key: str = "k", **client: Any) -> None:
    http_client = CLIENTS[transport](trust_env=False, follow_redirects=False, **client)
    service = openai.AsyncOpenAI(
        api_key=key, base_url=url, max_retries=0, timeout=patience, http_client=http_client
    )
    async with service:
        await service.post("/chat/completions", cast_to=object, body={"model": "m", "messages": []})


def broken(transport: str, url: str, patience: float = 5.0, **client: Any) -> Failure:
    """What comes of asking this address."""
    with pytest.raises(Exception) as caught:  # noqa: PT011 - which one it is, is the question
        asyncio.run(ask(transport, url, patience, **client))
    return of_exception(caught.value)


def served(transport: str, reply: bytes, patience: float = 5.0, scheme: str = "http") -> Failure:
    """What comes of a server that answers so."""
    with serving(reply) as address:
        return broken(transport, f"{scheme}://{address}/v1", patience)


def outcome(failure: Failure) -> tuple[Kind, bool]:
    return failure.kind, failure.maybe_billed


def test_a_refused_connection_was_not_sent(transport: str, nobody: str) -> None:
    failure = broken(transport, f"http://{nobody}/v1")
    assert outcome(failure) == (OUTAGE, False)
    assert failure.reason == f"connection refused by {nobody}"


def test_an_unknown_host_was_not_sent(transport: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    failure = broken(transport, "https://no-such.example/v1")
    assert outcome(failure) == (OUTAGE, False)
    assert failure.reason == "cannot find the host no-such.example"
    assert "--base-url" in failure.advice


def test_too_many_open_files_name_the_flag_that_helps(
    transport: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def exhausted(*_: object, **__: object) -> None:
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr(socket, "getaddrinfo", exhausted)
    failure = broken(transport, "https://some.example/v1")
    assert outcome(failure) == (OUTAGE, False)
    assert "--concurrency" in failure.advice


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl makes the certificate")
def test_a_certificate_that_is_not_trusted_was_not_sent(transport: str, tmp_path: Path) -> None:
    pair = ["-keyout", str(tmp_path / "key"), "-out", str(tmp_path / "cert")]
    make = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    subprocess.run([*make, *pair, "-days", "2", "-subj", "/CN=127.0.0.1"], check=True, capture_output=True)
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(tmp_path / "cert", tmp_path / "key")
    with serving(b"", tls) as address:
        failure = broken(transport, f"https://{address}/v1")
    assert outcome(failure) == (OUTAGE, False)
    assert failure.reason.startswith("the certificate of 127.0.0.1:")
    assert "SSL_CERT_FILE" in failure.advice


def test_a_host_that_does_not_finish_the_connection_was_not_sent(transport: str) -> None:
    failure = served(transport, HANG, 0.05, "https")
    assert outcome(failure) == (OUTAGE, False)
    assert failure.reason == "no connection to 127.0.0.1 in time"


def test_a_port_without_tls_was_not_sent(transport: str) -> None:
    assert outcome(served(transport, b"HTTP/1.1 400 Bad Request\r\n\r\n", 5, "https")) == (OUTAGE, False)


def test_a_proxy_that_is_not_there_was_not_sent(transport: str, nobody: str) -> None:
    failure = broken(transport, "http://127.0.0.1:1/v1", proxy=f"http://{nobody}")
    assert outcome(failure) == (OUTAGE, False)
    assert "HTTPS_PROXY" in failure.advice


@pytest.mark.parametrize(
    ("status", "kind"), [("407 Proxy Authentication Required", STOP), ("502 Bad Gateway", OUTAGE)]
)
def test_a_proxy_that_refuses_was_not_sent(transport: str, status: str, kind: Kind) -> None:
    with serving(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n".encode()) as proxy:
        failure = broken(transport, "https://127.0.0.1:1/v1", proxy=f"http://{proxy}")
    assert outcome(failure) == (kind, False)
    assert "the proxy" in failure.reason


def test_an_address_that_is_none_is_a_stop(transport: str) -> None:
    failure = broken(transport, "ftp://127.0.0.1/v1")
    assert outcome(failure) == (STOP, False)
    assert "--base-url" in failure.advice


@pytest.mark.parametrize(
    "reply",
    [
        b"",
        RESET,
        HEAD + b'Content-Length: 100\r\n\r\n{"id":',
        HEAD + b"Content-Length: 100\r\n\r\n\n\n\n",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n10\r\nfoo",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nfoo",
        HEAD + b"Content-Encoding: gzip\r\nContent-Length: 5\r\n\r\nabcde",
        HEAD + b"X: " + b"a" * 1_000_000 + b"\r\n\r\n",
        b"HTTP/1.1 402 Payment Required\r\nContent-Length: 100\r\n\r\n{}",
        b"SSH-2.0 not HTTP\r\n",
    ],
    ids=[
        "drop",
        "reset",
        "cut",
        "cut-blank",
        "cut-chunk",
        "bad-chunk",
        "bad-gzip",
        "big-header",
        "cut-402",
        "ssh",
    ],
)
def test_a_connection_that_broke_after_sending_may_be_billed(transport: str, reply: bytes) -> None:
    failure = served(transport, reply)
    assert outcome(failure) == (OUTAGE, True)
    assert len(failure.reason) > 10


@pytest.mark.parametrize("reply", [RESET, HEAD + b"Content-Length: 100\r\n\r\n{"])
def test_a_cut_connection_is_told_in_plain_words(transport: str, reply: bytes) -> None:
    assert served(transport, reply).reason == "the connection was cut before the answer was whole"


def test_what_came_instead_of_an_answer_is_told() -> None:
    assert served("aiohttp", b"SSH-2.0 hello\r\n").reason.startswith("what came is not HTTP: ")
    packed = HEAD + b"Content-Encoding: gzip\r\nContent-Length: 5\r\n\r\nabcde"
    assert served("aiohttp", packed).reason.startswith("the answer cannot be unpacked: ")


def test_redirects_without_end_are_a_stop() -> None:
    # What the client raises after following twenty of them.
    cause = httpx2.TooManyRedirects("Exceeded maximum allowed redirects.")
    error = openai.APIConnectionError(request=httpx2.Request("POST", "https://some.example/v1"))
    error.__cause__ = cause
    failure = of_exception(error)
    assert outcome(failure) == (STOP, False)
    assert failure.reason == "some.example redirects without end"


def test_silence_after_sending_may_be_billed(transport: str) -> None:
    failure = served(transport, HANG, 0.05)
    assert outcome(failure) == (OUTAGE, True)
    assert failure.reason == "nothing came from 127.0.0.1 for 0.05 s"


def test_our_own_deadline_may_be_billed(transport: str) -> None:
    async def run(url: str) -> None:
        async with asyncio.timeout(0.05):
            await ask(transport, url)

    with serving(HANG) as address, pytest.raises(TimeoutError) as caught:
        asyncio.run(run(f"http://{address}/v1"))
    failure = of_exception(caught.value, 1800)
    assert outcome(failure) == (OUTAGE, True)
    assert failure.reason == "no answer within 1800 s"
    assert "--timeout" in failure.advice


def test_a_status_error_is_read_from_its_raw_body(transport: str) -> None:
    head = f"HTTP/1.1 429 Too Many\r\nContent-Length: {len(FREE_DAY)}\r\n\r\n"
    failure = served(transport, head.encode() + FREE_DAY)
    assert (failure.kind, failure.status) == (STOP, 429)
    assert "midnight" in failure.advice


def test_a_status_error_keeps_its_headers(transport: str) -> None:
    failure = served(
        transport, b"HTTP/1.1 429 Too Many\r\nRETRY-AFTER: 2\r\nRetry-After: 3\r\nContent-Length: 0\r\n\r\n"
    )
    assert (failure.kind, failure.wait) == (PACE, 3.0)
    moved = b"HTTP/1.1 302 Found\r\nLocation: https://x.example/?k=1\r\nContent-Length: 0\r\n\r\n"
    assert served(transport, moved).advice == "Check --base-url: it points to https://x.example."


def test_the_time_of_a_status_error_is_the_callers_or_else_the_responses(transport: str) -> None:
    reply = b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n"
    with serving(reply) as address, pytest.raises(openai.InternalServerError) as caught:
        asyncio.run(ask(transport, f"http://{address}/v1"))
    assert of_exception(caught.value).maybe_billed is False
    assert of_exception(caught.value, 12.0).maybe_billed is True
    caught.value.response.elapsed = timedelta(seconds=12)
    assert of_exception(caught.value).maybe_billed is True


def test_an_earlier_failure_in_the_context_does_not_count() -> None:
    error = TimeoutError()
    error.__context__ = ConnectionRefusedError("the attempt before")
    assert of_exception(error, 5).reason == "no answer within 5 s"


@pytest.mark.parametrize(
    "error",
    [RecursionError("too deep"), MemoryError(), UnicodeEncodeError("utf-8", "\ud800", 0, 1, "surrogate")],
    ids=lambda error: type(error).__name__,
)
def test_a_request_that_cannot_be_built_is_the_fault_of_its_row(error: Exception) -> None:
    failure = of_exception(error)
    assert outcome(failure) == (ROW_FAULT, False)
    assert failure.reason.startswith(type(error).__name__)


def test_a_body_over_the_cap_is_an_outage_that_may_be_billed() -> None:
    failure = of_exception(BodyTooLarge("more than 64 MB"))
    assert outcome(failure) == (OUTAGE, True)
    assert failure.reason == "the answer is larger than allowed: more than 64 MB"


def test_a_body_that_is_not_json_may_be_billed() -> None:
    assert outcome(of_exception(json.JSONDecodeError("Expecting value", "", 0))) == (OUTAGE, True)


def test_a_key_that_no_header_can_carry_is_not_shown() -> None:
    failure = served_with_key("secret\nkey")
    assert outcome(failure) == (ROW_FAULT, False)
    assert "secret" not in failure.reason
    assert ".env" in failure.advice


def served_with_key(key: str) -> Failure:
    listening = socket.create_server(("127.0.0.1", 0))  # the kernel accepts; nothing is ever read
    with listening:
        return broken("httpx2", f"http://127.0.0.1:{listening.getsockname()[1]}", key=key)


@pytest.mark.parametrize("order", [KeyboardInterrupt(), asyncio.CancelledError(), SystemExit()], ids=repr)
def test_an_order_to_stop_is_no_failure(order: BaseException) -> None:
    with pytest.raises(type(order)):
        of_exception(order)


def test_the_tables_do_not_load_the_clients() -> None:
    code = "import sys, dset.completions; sys.exit(bool({'openai', 'aiohttp', 'httpx2'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False, cwd=SCRIPT.parent).returncode == 0
