"""The offline endpoint, heard through the real SDK, and through bare sockets where the bytes matter."""

import asyncio
import gzip
import http.client
import inspect
import json
import signal
import socket
import subprocess
import sys
import time
import urllib.parse
from collections.abc import Callable, Iterator
from typing import Any

import openai
import pytest

from dset.rehearsal import canned, faults
from dset.rehearsal.server import Behaviour, Request, Script, Server
from tests.running import SCRIPT

KEY = "sk-canary-0123456789"
GEMINI_429 = b'[{"error": {"code": 429, "message": "'

# name, status on the wire (None: no status line), part of the body, what the SDK makes of it
FAULTS = [
    ("ok", 200, b'"content": "An answer."', "stop: An answer."),
    ("cut_short", 200, b'"finish_reason": "length"', "length: The first half of"),
    ("spent_by_reasoning", 200, b'"reasoning_content": "First of all"', "length: "),
    ("blank_content", 200, b'"content": "                                        "', "stop: " + " " * 40),
    ("only_reasoning", 200, b'"reasoning_content": "A thought', "stop: "),
    ("only_tool_calls", 200, b'"tool_calls": [{"id": "call_0"', "tool_calls: None"),
    ("list_content", 200, b'"content": [{"type": "text", "text": "An "}', "stop: [{'type': 'text', 'text': 'An '}"),
    ("insufficient_system_resource", 200, b"The first half", "insufficient_system_resource: The first half of"),
    ("content_filter", 200, b'"finish_reason": "content_filter"', "content_filter: "),
    ("refusal", 200, b'"refusal": "I\'m sorry', "stop: None"),
    ("odd_usage", 200, b'"usage": "unknown"', "stop: An answer."),
    ("no_choices", 200, b'"choices": []', "no choices: []"),
    ("no_choices_key", 200, b'"usage": {', "no choices: None"),
    ("huge_answer", 200, b"0123456789abcde\\n0123", "stop: 0123456789abcde"),
    ("content_exists_risk", 400, b"Content Exists Risk", "BadRequestError"),
    ("dead_model_name", 400, b"deepseek-v4-flash, but you passed deepseek-chat.", "BadRequestError"),
    ("reasoning_not_passed_back", 400, b"must be passed back to the API.", "BadRequestError"),
    ("unknown_role", 400, b"unknown variant `developer`", "BadRequestError"),
    ("context_too_long", 400, b"maximum context length is 1048576 tokens", "BadRequestError"),
    ("bad_key", 401, b"Your api key: ****fcc2 is invalid", "AuthenticationError"),
    ("insufficient_balance", 402, b"Insufficient Balance", "APIStatusError"),
    ("forbidden", 403, b"not allowed", "PermissionDeniedError"),
    ("not_found", 404, b"does not exist", "NotFoundError"),
    ("payload_too_large", 413, b"<title>413 Request Entity Too Large", "APIStatusError"),
    ("unprocessable", 422, b"Invalid max_tokens", "UnprocessableEntityError"),
    ("concurrency_429", 429, b"current concurrency is 40, which exceeds your concurrency limit of 39", "RateLimitError"),
    ("tpm_429", 429, b"Rate limit reached for TPM", "RateLimitError"),
    ("retry_after", 429, b"Rate limit reached", "RateLimitError"),
    ("insufficient_quota", 429, b'"code": "insufficient_quota"', "RateLimitError"),
    ("server_error", 500, b"Internal server error", "InternalServerError"),
    ("bad_gateway", 502, b"<title>502 Bad Gateway</title>", "InternalServerError"),
    ("overloaded", 503, b"Service is too busy", "InternalServerError"),
    ("redirect", 307, b"", "NotFoundError"),
    ("empty_body", 200, b"", "JSONDecodeError"),
    ("truncated_json", 200, b'{"id": "', "JSONDecodeError"),
    ("html_200", 200, b"<html><body>Log in", "str"),
    ("error_200", 200, b'{"error": {"message": "Internal error"', "no choices: None"),
    ("invalid_utf8", 200, b"caf\xe9", "UnicodeDecodeError"),
    ("huge_header", 200, b"An answer.", "ClientResponseError"),
    ("gzipped", 200, b"\x1f\x8b", "stop: An answer."),
    ("gzip_bomb", 200, b"\x1f\x8b", "stop: An answer."),
    ("keep_alive_then", 200, b"1\r\n\n\r\n1\r\n\n\r\n", "stop: An answer."),
    ("keep_alive_then_empty", 200, b"1\r\n\n\r\n1\r\n\n\r\n1\r\n\n\r\n0\r\n\r\n", "JSONDecodeError"),
    ("keep_alive_then_drop", 200, b"1\r\n\n\r\n1\r\n\n\r\n1\r\n\n\r\n", "APIConnectionError"),
    ("dropped", None, b"", "APITimeoutError"),
    ("dropped_after_headers", 200, b"", "APIConnectionError"),
    ("dropped_midway", 200, b'{"id": "', "APIConnectionError"),
    ("short_body", 200, b"An answer.", "APIConnectionError"),
    ("bad_chunk", 200, b"zz\r\n{", "ClientResponseError"),
    ("stalls", None, b"", "deadline"),
    ("stalls_midway", 200, b'{"id": "', "deadline"),
    ("drips", 200, b'40\r\n{"id": "', "stop: An answer."),
    ("endless", 200, b"1\r\n\n\r\n1\r\n\n\r\n1\r\n\n\r\n", "deadline"),
    ("sse", 200, b": keep-alive\n\n", "str"),
    ("sse_error", 200, b'data: {"error": ', "str"),
    ("sse_events", 200, b"data: [DONE]\n\n", "str"),
    ("gemini_per_minute", 429, GEMINI_429 + b"You exceeded your current quota", "RateLimitError"),
    ("gemini_free_per_day", 429, b'"quotaId": "GenerateRequestsPerDayPerProjectPerModel-FreeTier"', "RateLimitError"),
    ("gemini_paid_per_day", 429, b'"retryDelay": "39043s"', "RateLimitError"),
    ("gemini_limit_zero", 429, b"free_tier_requests, limit: 0, model: ", "RateLimitError"),
    ("gemini_spend_cap", 429, GEMINI_429 + b"Your project has exceeded its monthly spending cap.", "RateLimitError"),
    ("gemini_no_details", 429, b'(e.g. check quota).", "status": "RESOURCE_EXHAUSTED"}}]', "RateLimitError"),
    ("gemini_bad_key", 400, b'"reason": "API_KEY_INVALID"', "BadRequestError"),
    ("gemini_no_model", 404, b'"status": "NOT_FOUND"', "NotFoundError"),
    ("gemini_unavailable", 503, b'"status": "UNAVAILABLE"', "InternalServerError"),
    ("gemini_blocked", 200, b'[{"index": 0, "finish_reason": "content_filter: ', "content_filter: PROHIBITED_CONTENT: no message"),
    ("gemini_no_choices", 200, b'"completion_tokens": 0', "no choices: None"),
]  # fmt: skip


def by_name(request: Request) -> Behaviour:
    """The fault that the question names; a smaller bomb, so that the tests stay quick."""
    fault: Callable[..., Behaviour] = getattr(faults, request.text)
    return fault(4) if fault is faults.gzip_bomb else fault()


@pytest.fixture(scope="module")
def every_fault() -> Iterator[Server]:
    with Server(by_name) as server:
        yield server


def client(base_url: str) -> openai.AsyncOpenAI:
    transport = openai.DefaultAioHttpClient(trust_env=False)
    return openai.AsyncOpenAI(api_key=KEY, base_url=base_url, max_retries=0, http_client=transport)


async def create(service: openai.AsyncOpenAI, text: str) -> Any:
    messages: list[Any] = [{"role": "user", "content": text}]
    return await service.chat.completions.create(model="deepseek-flash", messages=messages)


def ask(server: Server, text: str = "Why?", root: str = "") -> Any:
    async def run() -> Any:
        async with client(server.base_url + root) as service:
            return await create(service, text)

    return asyncio.run(run())


@pytest.fixture(scope="module")
def service(every_fault: Server) -> Iterator[tuple[asyncio.Runner, openai.AsyncOpenAI]]:
    """One client for the whole table: making one takes longer than asking, and no fault may harm the next."""
    with asyncio.Runner() as runner:
        made = client(every_fault.base_url)
        yield runner, made
        runner.run(made.close())


async def outcome(service: openai.AsyncOpenAI, text: str) -> str:
    """What a caller of the SDK gets, in a few words."""
    try:
        async with asyncio.timeout(0.15 if text in ("stalls", "stalls_midway", "endless") else 5):
            reply = await create(service, text)
    except TimeoutError:
        return "deadline"
    except Exception as error:  # noqa: BLE001 - whatever it is, its type is what the test looks at
        return type(error).__name__
    if isinstance(reply, str):
        return "str"
    if not reply.choices:
        return f"no choices: {reply.choices}"
    message = reply.choices[0].message
    return f"{reply.choices[0].finish_reason}: {str(message.content) if message else 'no message'}"


def payload(text: str, **more: Any) -> bytes:
    return json.dumps({"messages": [{"role": "user", "content": text}], **more}).encode()


def post(text: str, path: str = "/chat/completions", *headers: str) -> bytes:
    body = payload(text)
    lines = [f"POST {path} HTTP/1.1", "Host: x", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + body


def connect(server: Server) -> socket.socket:
    return socket.create_connection(
        ("127.0.0.1", urllib.parse.urlsplit(server.base_url).port or 0), timeout=5
    )


def listen(line: socket.socket, patience: float = 5.0) -> tuple[bytes, str]:
    """All that comes, and how it ends: 'closed', 'reset', or 'waiting' when the patience is used up."""
    heard, end = b"", time.monotonic() + patience
    try:
        while (left := end - time.monotonic()) > 0:
            line.settimeout(left)
            piece = line.recv(1 << 20)
            if not piece:
                return heard, "closed"
            heard += piece
    except ConnectionError:
        return heard, "reset"
    except TimeoutError:
        pass
    return heard, "waiting"


def hear(line: socket.socket, part: bytes) -> bytes:
    """What comes until `part` has come."""
    heard = b""
    while part not in heard:
        piece = line.recv(1 << 20)
        assert piece, f"closed after {heard!r}"
        heard += piece
    return heard


def exchange(server: Server, sent: bytes, patience: float = 5.0) -> tuple[bytes, str]:
    with connect(server) as line:
        line.sendall(sent)
        return listen(line, patience)


def once(server: Server, text: str, patience: float = 5.0) -> tuple[bytes, str]:
    return exchange(server, post(text, "/chat/completions", "Connection: close"), patience)


def get(server: Server, path: str) -> tuple[int, Any]:
    line = http.client.HTTPConnection(urllib.parse.urlsplit(server.base_url).netloc, timeout=5)
    line.request("GET", path)
    reply = line.getresponse()
    found = reply.status, json.loads(reply.read())
    line.close()
    return found


def eventually(condition: Callable[[], bool]) -> bool:
    end = time.monotonic() + 5
    while not condition() and time.monotonic() < end:
        time.sleep(0.002)
    return condition()


def request(text: str = "Why?", attempt: int = 1, in_flight: int = 1, **body: Any) -> Request:
    whole = {"messages": [{"role": "user", "content": text}], **body}
    return Request(1, "POST", "/chat/completions", {}, whole, attempt, in_flight)


# What each fault is.


def test_every_fault_stands_in_the_table() -> None:
    functions = {name: value for name, value in vars(faults).items() if callable(value) and name[0] != "_"}
    own = {name: value for name, value in functions.items() if value.__module__ == faults.__name__}
    behaviours = {
        name for name, value in own.items() if inspect.signature(value).return_annotation is Behaviour
    }
    built = {
        "error",
        "gemini_error",
        "gemini_quota",
        "echoes_key",
    }  # these cannot be called without arguments
    assert behaviours - built == {name for name, *_ in FAULTS}


@pytest.mark.parametrize(("name", "status", "part", "_"), FAULTS, ids=[name for name, *_ in FAULTS])
def test_a_fault_is_on_the_wire_what_its_name_says(
    every_fault: Server, name: str, status: int | None, part: bytes, _: str
) -> None:
    heard, _end = once(
        every_fault, name, patience=0.15 if name in ("stalls", "stalls_midway", "endless") else 5
    )
    head, _mark, body = heard.partition(b"\r\n\r\n")
    assert (int(head[9:12]) if head else None) == status
    assert part in body


@pytest.mark.parametrize(("name", "_", "__", "expected"), FAULTS, ids=[name for name, *_ in FAULTS])
def test_the_sdk_meets_the_fault_as_it_would_outside(
    service: tuple[asyncio.Runner, openai.AsyncOpenAI], name: str, _: int, __: bytes, expected: str
) -> None:
    runner, made = service
    assert runner.run(outcome(made, name)).startswith(expected)


@pytest.mark.parametrize(
    ("name", "end"),
    [
        ("ok", "closed"),
        ("keep_alive_then_empty", "closed"),
        ("keep_alive_then_drop", "reset"),
        ("dropped", "reset"),
        ("dropped_after_headers", "reset"),
        ("dropped_midway", "reset"),
        ("short_body", "closed"),
        ("stalls", "waiting"),
        ("stalls_midway", "waiting"),
    ],
)
def test_a_connection_ends_as_the_fault_says(every_fault: Server, name: str, end: str) -> None:
    ended = once(every_fault, name, patience=0.05 if end == "waiting" else 5)[1]
    assert ended == end or (end == "reset" and sys.platform == "win32" and ended == "closed")


RISK = """{"error":{"message":"Content Exists Risk","type":"invalid_request_error","param":null,\
"code":"invalid_request_error"}}"""
BALANCE = """{"error":{"message":"Insufficient Balance","type":"unknown_error","param":null,\
"code":"invalid_request_error"}}"""
PER_DAY = r"""[{"error":{"code":429,"message":"You exceeded your current quota, please check your plan and billing \
details. For more information on this error, head to: https://ai.google.dev/gemini-api/docs/rate-limits. To monitor \
your current usage, head to: https://ai.dev/rate-limit. \n* Quota exceeded for metric: \
generativelanguage.googleapis.com/generate_requests_per_model_per_day, limit: 250, model: gemini-3.1-pro\n\
Please retry in 10h50m43.651927829s.",
 "status":"RESOURCE_EXHAUSTED","details":[
 {"@type":"type.googleapis.com/google.rpc.Help","links":[{"description":"Learn more about Gemini API quotas",\
"url":"https://ai.google.dev/gemini-api/docs/rate-limits"}]},
 {"@type":"type.googleapis.com/google.rpc.QuotaFailure","violations":[{"quotaMetric":\
"generativelanguage.googleapis.com/generate_requests_per_model_per_day","quotaId":\
"GenerateRequestsPerDayPerProjectPerModel","quotaDimensions":{"location":"global","model":"gemini-3.1-pro"},\
"quotaValue":"250"}]},
 {"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"39043s"}]}}]""".replace("\\\n", "")


@pytest.mark.parametrize(
    ("behaviour", "body"),
    [
        (faults.insufficient_balance(), BALANCE),
        (faults.content_exists_risk(), RISK),
        (faults.gemini_paid_per_day(), PER_DAY),
    ],
    ids=["balance", "risk", "per day"],
)
def test_a_body_is_word_for_word_what_the_service_sent(behaviour: Behaviour, body: str) -> None:
    assert json.loads(behaviour.body) == json.loads(body)


def test_the_usage_of_an_answer_adds_up() -> None:
    usage = json.loads(faults.ok(prompt_tokens=10, cached_tokens=4, completion_tokens=5).body)["usage"]
    assert (
        usage["prompt_cache_hit_tokens"] + usage["prompt_cache_miss_tokens"] == usage["prompt_tokens"] == 10
    )
    assert usage["prompt_tokens_details"]["cached_tokens"] == 4
    assert usage["total_tokens"] == 15


def test_an_answer_may_hold_what_utf8_cannot() -> None:
    with Server(faults.always(faults.ok("\ud800 and \N{THAI CHARACTER KO KAI}"))) as server:
        heard, _ = once(server, "Why?")
    content = json.loads(heard.partition(b"\r\n\r\n")[2])["choices"][0]["message"]["content"]
    assert content == "\ud800 and \N{THAI CHARACTER KO KAI}"


def test_a_bomb_is_small_on_the_wire_and_large_unpacked() -> None:
    bomb = faults.gzip_bomb(8)
    assert len(bomb.body) < 100_000
    assert len(gzip.decompress(bomb.body)) > 8_000_000


def test_a_key_comes_back_in_the_error_when_the_service_echoes_it() -> None:
    with Server(faults.echoes_key) as server, pytest.raises(openai.AuthenticationError, match=KEY):
        ask(server)


def test_retry_after_may_stand_twice_and_beside_the_services_own_date() -> None:
    behaviour = faults.retry_after(1.5, "Wed, 21 Oct 2026 07:28:00 GMT", date="Wed, 21 Oct 2026 07:27:00 GMT")
    with Server(faults.always(behaviour)) as server:
        head = once(server, "Why?")[0].partition(b"\r\n\r\n")[0].decode().split("\r\n")
    assert [line for line in head if line.startswith("Retry-After")] == [
        "Retry-After: 1.5",
        "Retry-After: Wed, 21 Oct 2026 07:28:00 GMT",
    ]
    assert [line for line in head if line.startswith("Date")] == ["Date: Wed, 21 Oct 2026 07:27:00 GMT"]


def test_a_redirect_to_another_host_is_seen_there_if_a_client_follows_it() -> None:
    with Server(canned.calm()) as other:
        target = faults.redirect(other.base_url + "/elsewhere")
        with Server(faults.always(target)) as server, pytest.raises(openai.NotFoundError):
            ask(server)
        assert [request.path for request in other.requests] == ["/elsewhere"]
        assert other.questions == []


def test_a_stream_is_read_to_its_end_by_the_sdk() -> None:
    async def read(base_url: str) -> list[str | None]:
        async with client(base_url) as service:
            stream = await service.chat.completions.create(
                model="m", messages=[{"role": "user", "content": "Why?"}], stream=True
            )
            return [chunk.choices[0].delta.content async for chunk in stream]

    with Server(faults.always(faults.sse("Because."))) as server:
        assert asyncio.run(read(server.base_url)) == [None, "Because.", None]
    with Server(faults.always(faults.sse(end="cut"))) as server, pytest.raises(openai.APIConnectionError):
        asyncio.run(read(server.base_url))
    with Server(faults.always(faults.sse("Because.", end="silent"))) as server:  # no error: a trap of the SDK
        assert asyncio.run(read(server.base_url)) == [None, "Because."]


# The server.


@pytest.mark.parametrize("root", ["", "/v1", "/v1beta/openai", "/v1/"])
def test_a_question_is_heard_at_each_usual_path(root: str) -> None:
    with Server(faults.echo()) as server:
        assert ask(server, "Why?", root).choices[0].message.content == "The answer to: Why?"
        (heard,) = server.questions
    assert (heard.number, heard.method, heard.attempt, heard.in_flight, heard.text) == (
        1,
        "POST",
        1,
        1,
        "Why?",
    )
    assert heard.path == root.rstrip("/") + "/chat/completions"
    assert heard.headers["authorization"] == f"Bearer {KEY}"
    assert heard.body["model"] == "deepseek-flash"


def test_models_and_balance_are_shown_as_deepseek_shows_them() -> None:
    with Server(canned.calm()) as server:
        assert get(server, "/user/balance") == (
            200,
            {
                "is_available": True,
                "balance_infos": [
                    {
                        "currency": "CNY",
                        "total_balance": "110.00",
                        "granted_balance": "0.00",
                        "topped_up_balance": "110.00",
                    }
                ],
            },
        )
        assert [model["id"] for model in get(server, "/v1/models")[1]["data"]] == [
            "deepseek-flash",
            "deepseek-v4-pro",
        ]
        assert [request.path for request in server.requests] == ["/user/balance", "/v1/models"]
        assert (server.questions, server.answered) == ([], 0)


def test_an_unknown_path_or_a_missing_page_is_a_404_in_json() -> None:
    with Server(canned.calm(), pages={}) as server:
        for path in ("/nowhere", "/models", "/user/balance", "/chat/completions"):
            status, body = get(server, path)
            assert (status, body["error"]["message"]) == (404, f"Not Found: GET {path}")


def test_its_counts_can_be_asked_for_over_http() -> None:
    with Server(faults.by_text({"bad": faults.server_error()}, canned.calm())) as server:
        once(server, "good")
        once(server, "bad")
        counts = {"questions": 2, "answered": 1, "in_flight": 0, "peak_in_flight": 1}
        assert get(server, "/rehearsal") == (200, counts)


def test_a_connection_carries_one_question_after_the_other() -> None:
    with Server(faults.echo()) as server, connect(server) as line:
        for text in ("one", "two", "three"):
            line.sendall(post(text))
            hear(line, f"The answer to: {text}".encode())
        assert server.answered == 3


def test_questions_sent_at_once_are_answered_in_order() -> None:
    with Server(faults.slow(0.005, faults.echo())) as server:
        last = post("three", "/chat/completions", "Connection: close")
        heard, end = exchange(server, post("one") + post("two") + last)
        assert end == "closed"
        assert [heard.index(f"The answer to: {text}".encode()) > 0 for text in ("one", "two", "three")]
        assert heard.index(b": one") < heard.index(b": two") < heard.index(b": three")
        assert server.peak_in_flight == 1


def test_a_question_may_come_byte_by_byte() -> None:
    with Server(faults.echo()) as server, connect(server) as line:
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in post("slowly", "/chat/completions", "Connection: close"):
            line.sendall(bytes([byte]))
        assert b"The answer to: slowly" in listen(line)[0]


def test_a_body_may_come_in_chunks_with_trailers() -> None:
    head = b"POST /chat/completions HTTP/1.1\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    body = payload("in chunks")
    chunks = b"5;x=y\r\n%b\r\n%X\r\n%b\r\n0\r\nX-Trailer: z\r\n\r\n" % (body[:5], len(body) - 5, body[5:])
    with Server(faults.echo()) as server:
        assert b"The answer to: in chunks" in exchange(server, head + chunks)[0]


def test_a_client_that_expects_100_is_told_to_continue() -> None:
    with Server(faults.echo()) as server, connect(server) as line:
        head, _, body = post("large", "/chat/completions", "Expect: 100-continue").partition(b"\r\n\r\n")
        line.sendall(head + b"\r\n\r\n")
        assert hear(line, b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        line.sendall(body)
        hear(line, b"The answer to: large")


def test_a_body_of_many_megabytes_is_read_whole() -> None:
    with Server(canned.calm()) as server:
        once(server, "x" * 10_000_000)
        assert len(server.questions[0].text) == 10_000_000


@pytest.mark.parametrize(
    "sent",
    [
        b"nonsense\r\n\r\n",
        b"POST /chat/completions HTTP/1.1\r\nContent-Length: many\r\n\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ],
)
def test_what_is_not_http_gets_a_400_and_harms_nobody(sent: bytes) -> None:
    with Server(faults.echo()) as server:
        heard, end = exchange(server, sent)
        assert heard.startswith(b"HTTP/1.1 400 ")
        assert end == "closed"
        assert ask(server).choices


def test_a_body_that_is_no_json_object_is_an_empty_one() -> None:
    with Server(canned.calm()) as server:
        for body in (b"", b"[1]", b"{", b"[" * 100_000):
            head = f"POST /v1/chat/completions HTTP/1.0\r\nContent-Length: {len(body)}\r\n\r\n"
            assert exchange(server, head.encode() + body)[1] == "closed"
        assert [(question.body, question.text) for question in server.questions] == [({}, "")] * 4


def test_the_text_of_a_question_is_that_of_the_last_user_message() -> None:
    parts = [{"type": "text", "text": "What is "}, {"type": "image_url"}, {"type": "text", "text": "this?"}]
    messages = [
        {"role": "user", "content": "earlier"},
        {"role": "user", "content": parts},
        {"role": "assistant", "content": "so far"},
    ]
    assert request(messages=messages).text == "What is this?"
    assert request(messages=[{"role": "system", "content": "x"}]).text == ""


def test_a_text_asked_again_is_counted() -> None:
    with Server(canned.calm()) as server:
        for text in ("one", "two", "one", "one"):
            once(server, text)
        assert [question.attempt for question in server.questions] == [1, 1, 2, 3]
        assert [question.number for question in server.questions] == [1, 2, 3, 4]


def test_light_records_keep_neither_headers_nor_bodies() -> None:
    with Server(faults.echo(), keep_bodies=False) as server:
        assert b"The answer to: Why?" in once(server, "Why?")[0]
        assert (server.questions[0].headers, server.questions[0].body) == ({}, {})


def test_hundreds_of_connections_are_served_at_once() -> None:
    async def one(port: int, text: str) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(post(text, "/chat/completions", "Connection: close"))
        heard = await reader.read()
        writer.close()
        await writer.wait_closed()
        return heard

    async def everyone(port: int) -> list[bytes]:
        return await asyncio.gather(*[one(port, f"<{number}>") for number in range(200)])

    with Server(faults.echo(), latency=0.3) as server:
        heard = asyncio.run(everyone(urllib.parse.urlsplit(server.base_url).port or 0))
        assert all(f"The answer to: <{number}>".encode() in reply for number, reply in enumerate(heard))
        assert (server.peak_in_flight, server.answered, server.in_flight) == (200, 200, 0)


@pytest.mark.parametrize(
    "script", [faults.slow(30, canned.calm()), by_name], ids=["thinking", "never answers"]
)
def test_a_client_that_goes_away_leaves_the_rest_alone(script: Script) -> None:
    with Server(script) as server:
        with connect(server) as line:
            line.sendall(post("stalls"))
            assert eventually(lambda: server.in_flight == 1)
        assert eventually(lambda: server.in_flight == 0)
        assert server.answered == 0
        assert get(server, "/models")[0] == 200


def test_a_client_that_leaves_in_the_middle_of_an_answer_breaks_nothing() -> None:
    replies = {"endless": faults.endless(b"x" * 100_000, 0.0), "huge": faults.huge_answer()}
    with Server(faults.by_text(replies, faults.echo())) as server:
        for text in replies:
            with connect(server) as line:
                line.sendall(post(text))
                assert line.recv(1000)
        assert eventually(lambda: server.in_flight == 0)
        assert ask(server).choices


def test_only_whole_replies_of_status_200_count_as_answered() -> None:
    with Server(by_name) as server:
        for name in ("dropped", "dropped_midway", "short_body", "overloaded", "keep_alive_then_drop"):
            once(server, name)
        assert server.answered == 0
        once(server, "keep_alive_then")
        once(server, "ok")
        assert server.answered == 2


def test_latency_is_thinking_and_so_holds_up_no_error() -> None:
    start = time.monotonic()
    with Server(canned.calm(), latency=0.05) as server:
        assert once(server, "good")[0]
    assert time.monotonic() - start >= 0.045
    with Server(faults.always(faults.overloaded()), latency=60) as server:
        assert b"too busy" in once(server, "bad")[0]


def test_closing_lets_no_client_wait() -> None:
    with Server(faults.always(faults.stalls())) as server:
        line = connect(server)
        line.sendall(post("Why?"))
        assert eventually(lambda: server.in_flight == 1)
    assert listen(line)[1] in ("closed", "reset")
    line.close()
    with pytest.raises(OSError, match=r"."):
        connect(server)


def test_a_mistake_in_a_script_comes_to_light_when_the_server_closes() -> None:
    server = Server(lambda request: faults.ok(str(request.body["missing"]))).start()
    assert once(server, "Why?")[0] == b""
    with pytest.raises(KeyError, match="missing"):
        server.close()
    server.close()


def test_a_port_that_is_taken_is_an_error_at_once() -> None:
    with Server(canned.calm()) as server:
        port = urllib.parse.urlsplit(server.base_url).port or 0
        with pytest.raises(OSError, match=r"."):
            Server(canned.calm(), port=port).start()


def test_a_server_may_go_away_and_come_back_on_the_same_port() -> None:
    server = Server(canned.calm()).start()
    url = server.base_url
    assert once(server, "before")[0]
    server.close()
    with server:
        assert server.base_url == url
        assert once(server, "after")[0]
        assert [question.text for question in server.questions] == ["before", "after"]


# Scripts.


def test_by_text_goes_through_a_list_once_for_each_time_a_text_is_asked() -> None:
    script = faults.by_text(
        {"bad": [faults.dropped(), faults.overloaded()], "risk": faults.tpm_429()}, faults.ok()
    )
    assert [script(request("a bad row", attempt)).status for attempt in (1, 2, 3)] == [200, 503, 200]
    assert script(request("a bad row", 1)).cut == "before"
    assert script(request("a risk", 7)).status == 429
    assert script(request("a good row")).status == 200


def test_a_sequence_and_after_count_what_arrives() -> None:
    script = faults.sequence([faults.overloaded(), faults.tpm_429()], faults.echo())
    assert [script(request()).status for _ in range(4)] == [503, 429, 200, 200]
    script = faults.after(2, faults.ok(), faults.insufficient_balance())
    assert [script(request()).status for _ in range(4)] == [200, 200, 402, 402]


def test_a_concurrency_limit_names_its_number_and_may_fall() -> None:
    script = faults.concurrency_limit(2, faults.ok())
    assert [script(request(in_flight=number)).status for number in (1, 2, 3)] == [200, 200, 429]
    assert b"concurrency limit of 2 based" in script(request(in_flight=3)).body
    falling = faults.concurrency_limit(lambda request: 3 - request.attempt, faults.ok())
    assert [falling(request(attempt=number, in_flight=2)).status for number in (1, 2)] == [200, 429]


def test_slow_adds_to_the_delay_of_any_script() -> None:
    assert faults.slow(2, faults.slow(1, faults.overloaded()))(request()).delay == 3


def test_an_invented_answer_says_so_and_is_the_same_each_time() -> None:
    first, second = canned.answer(request("Why?")), canned.answer(request("Why?"))
    assert first == second
    message = json.loads(first.body)["choices"][0]["message"]
    assert message["content"] == "[rehearsal] No model was asked. Your question was: Why?"
    assert message["reasoning_content"].startswith("[rehearsal] ")
    assert canned.answer(request("Who?")) != first


def test_an_invented_answer_has_a_plausible_bill() -> None:
    usage = json.loads(canned.answer(request("word " * 1000)).body)["usage"]
    thought = usage["completion_tokens_details"]["reasoning_tokens"]
    assert 0 < usage["prompt_cache_hit_tokens"] < usage["prompt_tokens"]
    assert 0 < thought < usage["completion_tokens"] < 1000


def test_an_invented_answer_does_as_the_request_asks() -> None:
    quiet = json.loads(canned.answer(request(thinking={"type": "disabled"}, model="mine")).body)
    assert "reasoning_content" not in quiet["choices"][0]["message"]
    assert quiet["usage"]["completion_tokens_details"]["reasoning_tokens"] == 0
    assert quiet["model"] == "mine"
    wanted = json.loads(canned.answer(request(response_format={"type": "json_object"})).body)
    assert json.loads(wanted["choices"][0]["message"]["content"])["rehearsal"].startswith("[rehearsal] ")


def test_the_outage_answers_so_many_paces_once_and_goes_down_for_good() -> None:
    script = canned.outage(3, latency=0.5)
    said = [script(request(f"row {number}")) for number in range(10)]
    assert [behaviour.cut or behaviour.status for behaviour in said] == [
        200, 429, 200, 200, 503, "headers", "before", 503, "headers", "before",
    ]  # fmt: skip
    assert said[1].headers == (("Retry-After", "1"),)
    assert [behaviour.delay for behaviour in said[:4]] == [0.5, 0, 0.5, 0.5]


# A process of its own.


def start_process(*arguments: str) -> tuple[subprocess.Popen[str], str]:
    command = [
        sys.executable,
        "-W",
        "error",
        str(SCRIPT.parent / "bench" / "server.py"),
        *arguments,
    ]
    pipe = subprocess.PIPE
    process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True)
    assert process.stdout is not None
    return process, process.stdout.readline().strip()


def test_the_process_writes_its_url_serves_and_ends_with_its_stdin() -> None:
    process, url = start_process("--script", "outage", "--after", "1")

    async def two() -> list[str]:
        async with client(url) as service:
            return [await outcome(service, "Why?") for _ in range(2)]

    answered, down = asyncio.run(two())
    assert answered.startswith("stop: [rehearsal] ")
    assert down == "InternalServerError"
    assert process.communicate(timeout=5) == ("", "")
    assert process.returncode == 0


@pytest.mark.skipif(sys.platform == "win32", reason="Windows ends a process without asking it")
def test_the_process_ends_in_good_order_at_sigterm() -> None:
    process, url = start_process()
    assert url.startswith("http://127.0.0.1:")
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=5) == 0
    assert process.communicate() == ("", "")
