"""Which key goes where, what is sent, and what comes back: against a real server on loopback."""

import asyncio
import json
import time
import zlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from dset import choosing, clients, failures
from dset.clients import Client
from dset.endpoints import Endpoint, request_body
from dset.errors import UsageError
from dset.failures import Failure, Kind
from dset.messages import Messages, read_messages
from dset.providers import is_loopback
from dset.rehearsal import faults
from dset.rehearsal.server import Behaviour, Request, Script, Server, json_reply
from dset.replies import Reply
from dset.settings import Settings, load

Serve = Callable[[Script], Server]
KEY = "sk-0123456789abcdefcanary"
HI: Messages = [{"role": "user", "content": "hi"}]
LOCAL = "http://127.0.0.1:9"
DEEPSEEK = "https://api.deepseek.com"


def settings(base_url: str = DEEPSEEK, *, env: Mapping[str, str] | None = None, **given: Any) -> Settings:
    """The settings of a run with these flags and this environment."""
    return load({"base_url": base_url, **{name: str(value) for name, value in given.items()}}, env or {})


def choose(told: Settings) -> Endpoint:
    """The first endpoint of a run."""
    return choosing.choose(told, choosing.services(told))[0]


def ask(
    url: str, *, env: Mapping[str, str] | None = None, times: int = 1, messages: Messages = HI, **given: Any
) -> Any:
    """What came back (the last of `times`)."""
    told = settings(url, env=env, **given)

    async def asked() -> Any:
        async with Client(choose(told), told) as client:
            for _ in range(times):
                outcome = await client.ask(messages)
            return outcome

    return asyncio.run(asked())


def replied(outcome: Any) -> Reply:
    assert isinstance(outcome, Reply), outcome
    return outcome


def failed(outcome: Any) -> Failure:
    assert isinstance(outcome, Failure), outcome
    assert "\n" not in outcome.reason
    return outcome


# --- Which key goes where ----------------------------------------------------------------------------------

ALL_KEYS = {
    f"{name}_API_KEY": f"{name.lower()}-0123456789"
    for name in ("DEEPSEEK", "DSET", "OPENAI", "GEMINI", "GOOGLE", "OPENROUTER", "OTHER")
}


@pytest.mark.parametrize(
    ("url", "without", "name"),
    [
        (DEEPSEEK, "", "deepseek/DEEPSEEK_API_KEY/m"),
        ("https://API.DeepSeek.com/v1", "", "deepseek/DEEPSEEK_API_KEY/m"),
        ("https://deepseek.com", "", "deepseek/DEEPSEEK_API_KEY/m"),
        ("http://localhost:8000/v1", "", "local/DSET_API_KEY/m"),
        ("http://127.0.0.1:8000", "DSET", "local/DEEPSEEK_API_KEY/m"),
        ("http://127.8.8.8", "DSET", "local/DEEPSEEK_API_KEY/m"),
        ("http://[::1]:1/v1", "DSET", "local/DEEPSEEK_API_KEY/m"),
        ("http://127.0.0.1:8000", "DSET DEEPSEEK", "local/none/m"),
        ("https://api.openai.com/v1", "", "openai/DSET_API_KEY/m"),
        ("https://api.openai.com/v1", "DSET", "openai/OPENAI_API_KEY/m"),
        ("https://generativelanguage.googleapis.com/v1beta/openai", "DSET", "gemini/GEMINI_API_KEY/m"),
        ("https://generativelanguage.googleapis.com/v1beta/openai", "DSET GEMINI", "gemini/GOOGLE_API_KEY/m"),
        ("https://openrouter.ai/api/v1", "DSET", "openrouter/OPENROUTER_API_KEY/m"),
        ("https://other.example/v1", "", "other.example/DSET_API_KEY/m"),
        ("https://other.example/v1", "DSET", "other.example/none/m"),
        ("https://deepseek.com.example", "DSET", "deepseek.com.example/none/m"),
        ("https://notdeepseek.com", "DSET", "notdeepseek.com/none/m"),
        ("https://example/api.deepseek.com", "DSET", "example/none/m"),
        ("http://192.168.0.1:8000", "DSET", "192.168.0.1/none/m"),
        ("http://0.0.0.0:8000", "DSET", "0.0.0.0/none/m"),
        ("http://127.0.0.1.example", "DSET", "127.0.0.1.example/none/m"),
    ],
)
def test_a_key_goes_to_its_own_service_deepseeks_to_this_machine_too_and_dsets_to_any_other(
    url: str, without: str, name: str
) -> None:
    env = {
        variable: key
        for variable, key in ALL_KEYS.items()
        if variable.removesuffix("_API_KEY") not in without.split()
    }
    endpoint = choose(settings(url, env=env, model="m"))
    assert endpoint.name == name
    assert endpoint.key == (None if endpoint.key_name == "none" else ALL_KEYS[endpoint.key_name])


@pytest.mark.parametrize(
    ("host", "expected"),
    [("localhost", True), ("LOCALHOST.", True), ("127.0.0.1", True), ("127.1.2.3", True), ("::1", True)]
    + [
        (host, False)
        for host in ("", "127.1", "0.0.0.0", "localhost.example", "10.0.0.1", "2130706433", "::2")
    ],
)
def test_only_this_machine_is_loopback(host: str, expected: bool) -> None:
    assert is_loopback(host) is expected


@pytest.mark.parametrize(
    ("url", "variable", "page"),
    [
        (DEEPSEEK, "DEEPSEEK_API_KEY", "https://platform.deepseek.com/api_keys"),
        (
            "https://generativelanguage.googleapis.com/v1beta/openai",
            "GEMINI_API_KEY",
            "https://aistudio.google.com/apikey",
        ),
        ("https://api.openai.com/v1", "OPENAI_API_KEY", "https://platform.openai.com/api-keys"),
        ("https://openrouter.ai/api/v1", "OPENROUTER_API_KEY", "https://openrouter.ai/keys"),
    ],
)
@pytest.mark.parametrize(
    "placeholder", ["", "your-key-here", "YOUR_API_KEY", "<key>", "sk-...", "sk-xxxxxxxx", "changeme"]
)
def test_without_a_key_one_line_says_where_to_get_one_and_where_it_goes(
    url: str, variable: str, page: str, placeholder: str
) -> None:
    with pytest.raises(UsageError) as caught:
        choose(settings(url, env={variable: placeholder}))
    said = str(caught.value)
    assert "\n" not in said
    assert page in said
    assert f"put {variable}=... into the file .env" in said
    assert "--rehearse" in said
    assert said.startswith(f"{variable} still holds its placeholder" if placeholder else "no key for ")
    assert caught.value.exit_status == 2


def test_a_placeholder_gives_way_to_the_next_variable_and_on_this_machine_to_no_key() -> None:
    env = {"DSET_API_KEY": "your-key-here", "OPENAI_API_KEY": KEY}
    assert choose(settings("https://api.openai.com/v1", env=env)).key_name == "OPENAI_API_KEY"
    assert choose(settings(LOCAL, env={"DEEPSEEK_API_KEY": "your-key-here"})).key is None


@pytest.mark.parametrize(
    "key", ["sk-two words", "sk-คีย์", "sk-line\nbreak", "sk-tab\tbed", "sk-“quoted”", "sk-\x7f0123"]
)
@pytest.mark.parametrize("url", [DEEPSEEK, LOCAL])
def test_what_cannot_be_a_key_is_refused_in_one_line_that_does_not_show_it(key: str, url: str) -> None:
    with pytest.raises(UsageError) as caught:
        choose(settings(url, env={"DEEPSEEK_API_KEY": key}))
    said = str(caught.value)
    assert said.startswith("DEEPSEEK_API_KEY holds blanks")
    assert "\n" not in said
    assert "sk-" not in said


@pytest.mark.parametrize(
    ("url", "key", "warns"),
    [
        ("http://other.example/v1", KEY, True),
        ("https://other.example/v1", KEY, False),
        (LOCAL, KEY, False),
        ("http://other.example/v1", "", False),
    ],
)
def test_a_key_that_would_travel_in_clear_is_warned_of(url: str, key: str, warns: bool) -> None:
    warning = choose(settings(url, env={"DSET_API_KEY": key})).warning
    assert bool(warning) is warns
    assert KEY not in warning


def test_no_repr_shows_a_key() -> None:
    told = settings(env={"DEEPSEEK_API_KEY": KEY})
    endpoint = choose(told)
    assert KEY not in repr((endpoint, told, told.secrets, endpoint.key, endpoint.name))


# --- What is sent ------------------------------------------------------------------------------------------


def body_of(url: str = DEEPSEEK, model: str = "deepseek-flash", **given: Any) -> dict[str, Any]:
    told = settings(url, env={"DSET_API_KEY": KEY, "DEEPSEEK_API_KEY": KEY}, model=model, **given)
    return request_body(choose(told), told, HI)


OTHER = "https://other.example/v1"
OPENAI = "https://api.openai.com/v1"
ROUTER = "https://openrouter.ai/api/v1"
GEMINI = "https://generativelanguage.googleapis.com/v1beta/openai"


@pytest.mark.parametrize(
    ("url", "model", "given", "beside"),
    [
        (DEEPSEEK, "deepseek-flash", {}, {"max_tokens": 32768}),
        (DEEPSEEK, "anything", {"max_tokens": 5}, {"max_tokens": 5}),
        (DEEPSEEK, "m", {"thinking": "on"}, {"max_tokens": 32768, "thinking": {"type": "enabled"}}),
        (DEEPSEEK, "m", {"thinking": "off"}, {"max_tokens": 32768, "thinking": {"type": "disabled"}}),
        (LOCAL, "deepseek-v4-pro", {}, {"max_tokens": 32768}),
        (LOCAL, "deepseek-r1:8b", {}, {}),
        (LOCAL, "llama", {"thinking": "on"}, {"reasoning_effort": "medium"}),
        (OTHER, "deepseek-flash", {}, {}),
        (OTHER, "m", {"temperature": 0, "max_tokens": 7}, {"temperature": 0.0, "max_tokens": 7}),
        (OTHER, "m", {"thinking": "off"}, {"reasoning_effort": "none"}),
        (OPENAI, "m", {}, {}),
        (OPENAI, "m", {"max_tokens": 7}, {"max_completion_tokens": 7}),
        (OPENAI, "m", {"thinking": "on"}, {"reasoning_effort": "medium"}),
        (GEMINI, "m", {"max_tokens": 7, "thinking": "off"}, {"max_tokens": 7, "reasoning_effort": "none"}),
        (ROUTER, "m", {"thinking": "off"}, {"reasoning": {"enabled": False}}),
        (ROUTER, "m", {"thinking": "on"}, {"reasoning": {"enabled": True}}),
    ],
)
def test_a_request_is_the_model_the_messages_and_what_was_set(
    url: str, model: str, given: dict[str, Any], beside: dict[str, Any]
) -> None:
    assert body_of(url, model, **given) == {"model": model, "messages": HI} | beside


def test_what_is_sent_arrives_so_and_nothing_else_does(serve: Serve) -> None:
    server = serve(faults.always(faults.ok()))
    ask(server.base_url, model="llama", times=2)
    ask(server.base_url + "/v1", temperature=0.5)
    first, _, last = server.questions
    assert first.body == {"model": "llama", "messages": HI}
    assert last.body == {"model": "deepseek-flash", "messages": HI, "max_tokens": 32768, "temperature": 0.5}
    assert (first.path, last.path) == ("/chat/completions", "/v1/chat/completions")
    assert len(server.requests) == 3


AMBIENT = {
    "OPENAI_API_KEY": "sk-ambient-openai-key",
    "OPENAI_ADMIN_KEY": "sk-ambient-admin-key",
    "OPENAI_ORG_ID": "org-ambient",
    "OPENAI_PROJECT_ID": "proj-ambient",
    "OPENAI_BASE_URL": "http://127.0.0.1:9/ambient",
    "OPENAI_CUSTOM_HEADERS": "X-Ambient: ambient\nauthorization: Bearer ambient",
}


@pytest.mark.parametrize("key", ["", KEY])
def test_what_the_environment_holds_for_openai_is_neither_sent_nor_used(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    for name, value in AMBIENT.items():
        monkeypatch.setenv(name, value)
    server = serve(faults.always(faults.ok()))
    replied(ask(server.base_url, env=AMBIENT | {"DSET_API_KEY": key}))
    (request,) = server.questions
    assert request.headers.get("authorization") == (f"Bearer {key}" if key else None)
    assert "ambient" not in json.dumps([dict(request.headers), dict(request.body)])
    assert not {"openai-organization", "openai-project", "x-ambient"} & request.headers.keys()


def test_a_proxy_of_the_environment_is_not_used_for_this_machine(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy, server = serve(faults.always(faults.bad_gateway())), serve(faults.always(faults.ok()))
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, proxy.base_url)
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    replied(ask(server.base_url))
    assert not proxy.requests


@pytest.mark.parametrize("status", [300, 301, 302, 303, 304, 307, 308])
def test_a_redirect_is_not_followed(serve: Serve, status: int) -> None:
    elsewhere = serve(faults.always(faults.ok()))
    server = serve(faults.always(faults.redirect(elsewhere.base_url + "/chat/completions", status)))
    failure = failed(ask(server.base_url, env={"DSET_API_KEY": KEY}))
    assert (failure.kind, failure.status) == (Kind.STOP, status)
    assert failure.advice == "Check --base-url: it points to http://127.0.0.1."
    assert not elsewhere.requests
    assert len(server.requests) == 1


@pytest.mark.parametrize("text", ["ทำไม? 😀\u2028\0", "x" * 1_000_000])
def test_every_text_is_sent_as_it_is(serve: Serve, text: str) -> None:
    server = serve(faults.echo(""))
    assert replied(ask(server.base_url, messages=[{"role": "user", "content": text}])).answer == text


def test_what_utf8_cannot_hold_is_the_rows_fault_and_is_not_sent(serve: Serve) -> None:
    server = serve(faults.always(faults.ok()))
    failure = failed(ask(server.base_url, messages=[{"role": "user", "content": "\ud800"}]))
    assert (failure.kind, failure.maybe_billed) == (Kind.ROW_FAULT, False)
    assert not server.requests


@pytest.mark.parametrize(
    ("cell", "why"),
    [
        ("no JSON", "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        ("{}", "must be a list"),
        ("[]", "must be a list"),
        ('"text"', "must be a list"),
        ('[{"content": "hi"}]', "message 1 of the messages cell has no role"),
        ('[{"role": "user"}, 7]', "message 2 of the messages cell has no role"),
        ('[{"role": 7}]', "message 1"),
    ],
)
def test_a_conversation_that_cannot_be_sent_says_why(cell: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        read_messages(cell)


def test_a_conversation_is_taken_as_it_is() -> None:
    talk = [
        {"role": "system", "content": "s"},
        {"role": "user", "content": [{"type": "text", "text": "t"}], "name": "n"},
    ]
    assert read_messages(json.dumps(talk)) == talk


# --- What comes back ---------------------------------------------------------------------------------------


def test_a_good_answer_comes_back_with_its_figures(serve: Serve) -> None:
    server = serve(faults.always(faults.ok("So.", "mm", reasoning_tokens=3)))
    assert replied(ask(server.base_url)) == Reply("So.", "mm", "deepseek-flash", "stop", 10, 4, 5, 3)


def deflated() -> Behaviour:
    inner = faults.ok()
    return replace(inner, headers=(("Content-Encoding", "deflate"),), body=zlib.compress(inner.body))


@pytest.mark.parametrize(
    "behaviour",
    [
        faults.gzipped(),
        replace(faults.gzipped(), headers=(("Content-Encoding", "x-gzip"),)),
        deflated(),
        replace(faults.gzipped(), headers=(("Content-Encoding", "identity, GZIP"),)),
        replace(faults.ok(), headers=(("Content-Encoding", "identity"),)),
        faults.drips(pause=0.0001),
        faults.drips(faults.gzipped(), pause=0.0001, size=7),
        faults.keep_alive_then(),
        faults.huge_header(8_000),
    ],
    ids=[
        "gzip",
        "x-gzip",
        "deflate",
        "two names",
        "identity",
        "in pieces",
        "gzip in pieces",
        "blank lines first",
        "a long header",
    ],
)
def test_an_answer_is_read_however_it_is_packed(serve: Serve, behaviour: Behaviour) -> None:
    assert replied(ask(serve(faults.always(behaviour)).base_url)).answer == "An answer."


def test_ten_megabytes_of_answer_come_back_whole(serve: Serve) -> None:
    server = serve(faults.always(faults.huge_answer()))
    assert len(replied(ask(server.base_url)).answer) == 10_000_000


@pytest.mark.parametrize(
    ("behaviour", "kind", "status", "billed"),
    [
        (faults.bad_key(), Kind.STOP, 401, False),
        (faults.insufficient_balance(), Kind.STOP, 402, False),
        (faults.forbidden(), Kind.STOP, 403, False),
        (faults.not_found(), Kind.STOP, 404, False),
        (faults.dead_model_name(), Kind.STOP, 400, False),
        (faults.insufficient_quota(), Kind.STOP, 429, False),
        (faults.content_exists_risk(), Kind.REFUSAL, 400, False),
        (faults.content_filter(), Kind.REFUSAL, 200, False),
        (faults.context_too_long(), Kind.ROW_FAULT, 400, False),
        (faults.payload_too_large(), Kind.ROW_FAULT, 413, False),
        (faults.unprocessable(), Kind.ROW_FAULT, 422, False),
        (faults.cut_short(), Kind.CUT_SHORT, 200, False),
        (faults.tpm_429(), Kind.PACE, 429, False),
        (faults.server_error(), Kind.OUTAGE, 500, False),
        (faults.overloaded(), Kind.OUTAGE, 503, False),
        (faults.bad_gateway(), Kind.OUTAGE, 502, False),
        (faults.html_200(), Kind.OUTAGE, 200, True),
        (faults.empty_body(), Kind.OUTAGE, 200, True),
        (faults.truncated_json(), Kind.OUTAGE, 200, True),
        (faults.blank_content(), Kind.OUTAGE, 200, True),
        (faults.insufficient_system_resource(), Kind.OUTAGE, 200, True),
        (faults.dropped(), Kind.OUTAGE, None, True),
        (faults.dropped_after_headers(), Kind.OUTAGE, None, True),
        (faults.dropped_midway(), Kind.OUTAGE, None, True),
        (faults.short_body(), Kind.OUTAGE, None, True),
        (faults.bad_chunk(), Kind.OUTAGE, None, True),
        (replace(faults.gzipped(), body=b"no gzip"), Kind.OUTAGE, None, True),
        (replace(faults.gzipped(), body=faults.gzipped().body[:60]), Kind.OUTAGE, 200, True),
        (Behaviour(204), Kind.OUTAGE, 204, True),
    ],
)
def test_what_goes_wrong_comes_back_as_a_failure_of_its_kind_after_one_request(
    serve: Serve, behaviour: Behaviour, kind: Kind, status: int | None, billed: bool
) -> None:
    server = serve(faults.always(behaviour))
    failure = failed(ask(server.base_url))
    assert (failure.kind, failure.status, failure.maybe_billed) == (kind, status, billed)
    assert len(server.questions) == 1


@pytest.mark.parametrize(
    ("values", "name", "date", "wait"),
    [
        (("7",), "Retry-After", None, 7.0),
        (("1.5",), "Retry-After", None, 1.5),
        (("Sun, 06 Nov 1994 08:49:37 GMT",), "Retry-After", "Sun, 06 Nov 1994 08:49:07 GMT", 30.0),
        (("Sunday, 06-Nov-94 08:49:37 GMT",), "Retry-After", "Sun, 06 Nov 1994 08:49:07 GMT", 30.0),
        (("Sun Nov  6 08:49:37 1994",), "Retry-After", "Sun, 06 Nov 1994 08:49:07 GMT", 30.0),
        (("1500",), "retry-after-ms", None, 1.5),
        (("5", "10"), "Retry-After", None, 10.0),
        (("0",), "Retry-After", None, None),
        (("-5",), "Retry-After", None, None),
        (("inf",), "Retry-After", None, None),
        (("1e309",), "Retry-After", None, None),
        (("",), "Retry-After", None, None),
    ],
)
def test_a_wait_is_read_from_the_headers_as_they_arrive(
    serve: Serve, values: tuple[str, ...], name: str, date: str | None, wait: float | None
) -> None:
    server = serve(faults.always(faults.retry_after(*values, name=name, date=date)))
    failure = failed(ask(server.base_url))
    assert (failure.kind, failure.wait) == (Kind.PACE, wait)


@pytest.mark.parametrize(
    ("status", "headers", "billed"),
    [
        *((status, (), True) for status in (408, 500, 502, 503, 504, 529)),
        *((status, (), False) for status in (409, 425, 499)),
        (418, (("x-should-retry", "true"),), False),
    ],
)
def test_what_passes_is_an_outage_that_may_be_billed_where_the_service_worked_for_long(
    serve: Serve,
    monkeypatch: pytest.MonkeyPatch,
    status: int,
    headers: tuple[tuple[str, str], ...],
    billed: bool,
) -> None:
    server = serve(faults.slow(0.05, faults.server_error(status, headers)))
    quick = failed(ask(server.base_url))
    assert (quick.kind, quick.status, quick.maybe_billed) == (Kind.OUTAGE, status, False)
    monkeypatch.setattr(failures, "LONG_WORK", 0.05)
    assert failed(ask(server.base_url)).maybe_billed is billed
    assert len(server.questions) == 2


def test_nobody_listening_is_an_outage_that_costs_nothing(serve: Serve) -> None:
    server = serve(faults.always(faults.ok()))
    server.close()
    failure = failed(ask(server.base_url))
    assert (failure.kind, failure.maybe_billed) == (Kind.OUTAGE, False)
    assert "connection refused by 127.0.0.1" in failure.reason


@pytest.mark.parametrize(
    "behaviour",
    [
        faults.stalls(),
        faults.endless(),
        faults.stalls_midway(),
        faults.drips(faults.huge_answer(100_000), pause=0.01),
    ],
    ids=["silence", "blank lines for ever", "half of it", "drop by drop"],
)
def test_the_deadline_covers_the_whole_request(serve: Serve, behaviour: Behaviour) -> None:
    server = serve(faults.always(behaviour))
    started = time.monotonic()
    failure = failed(ask(server.base_url, timeout=0.25))
    assert time.monotonic() - started < 2
    assert (failure.kind, failure.maybe_billed) == (Kind.OUTAGE, True)


def test_silence_ends_a_request_before_its_deadline_and_blank_lines_are_no_silence(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clients, "_SILENCE", 0.3)
    started = time.monotonic()
    failure = failed(ask(serve(faults.always(faults.stalls_midway())).base_url, timeout=30))
    assert time.monotonic() - started < 5
    assert (failure.kind, failure.maybe_billed) == (Kind.OUTAGE, True)
    assert failure.reason.startswith("nothing came from 127.0.0.1")
    slow = faults.keep_alive_then(lines=8, pause=0.08)
    assert replied(ask(serve(faults.always(slow)).base_url, timeout=30)).answer == "An answer."


@pytest.mark.parametrize(
    "behaviour",
    [
        faults.gzip_bomb(10),
        replace(faults.gzip_bomb(10), status=500),
        faults.endless(b"x" * 100_000, pause=0),
        faults.huge_answer(3_000_000),
    ],
    ids=["bomb", "bomb in an error", "endless", "huge"],
)
def test_a_body_beyond_the_cap_is_given_up(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, behaviour: Behaviour
) -> None:
    monkeypatch.setattr(clients, "LARGEST_BODY", 2 << 20)
    failure = failed(ask(serve(faults.always(behaviour)).base_url))
    assert failure.kind is Kind.OUTAGE
    assert failure.reason == "the answer is larger than allowed: it is longer than 2 MB"


def test_no_packing_is_asked_for_but_the_one_that_is_unpacked_in_bounds(serve: Serve) -> None:
    server = serve(faults.always(faults.ok()))
    ask(server.base_url)
    assert server.questions[0].headers["accept-encoding"] == "gzip"


@pytest.mark.parametrize(
    ("packing", "said"),
    [
        ((("Content-Encoding", "br"),), "br"),
        ((("Content-Encoding", "zstd"),), "zstd"),
        ((("Content-Encoding", "gzip, GZIP"),), "gzip, gzip"),
        ((("Content-Encoding", "gzip"), ("Content-Encoding", "gzip")), "gzip, gzip"),
    ],
)
def test_a_packing_that_nobody_asked_for_is_not_unpacked(
    serve: Serve, packing: tuple[tuple[str, str], ...], said: str
) -> None:
    bomb = replace(faults.gzip_bomb(10), headers=packing)
    twice = replace(bomb, body=faults.gzipped(bomb).body)
    failure = failed(ask(serve(faults.always(twice)).base_url))
    assert (failure.kind, failure.maybe_billed) == (Kind.OUTAGE, True)
    assert failure.reason == f"the answer cannot be unpacked: it is packed as {said}, which nobody asked for"
    refused = replace(twice, status=401)
    assert failed(ask(serve(faults.always(refused)).base_url)).kind is Kind.STOP


def test_a_header_of_a_megabyte_is_an_outage_that_may_be_billed(serve: Serve) -> None:
    failure = failed(ask(serve(faults.always(faults.huge_header())).base_url))
    assert (failure.kind, failure.maybe_billed) == (Kind.OUTAGE, True)
    assert failure.reason.startswith("what came is not HTTP: 400, message: Got more than")


# --- A service that shows the key ---------------------------------------------------------------------------


def echo_in_answer(request: Request) -> Behaviour:
    return faults.ok(f"You sent {request.headers['authorization']}", f"a key: {KEY}")


def echo_in_text(request: Request) -> Behaviour:
    return Behaviour(500, (("Content-Type", "text/plain"),), f"oops {KEY}".encode())


def echo_in_location(request: Request) -> Behaviour:
    return faults.redirect(f"https://{KEY}.example/{KEY}")


def echo_in_200(request: Request) -> Behaviour:
    return json_reply({"error": {"message": f"key {KEY} is bad", "code": KEY}})


@pytest.mark.parametrize(
    "script", [faults.echoes_key, echo_in_answer, echo_in_text, echo_in_location, echo_in_200]
)
def test_a_service_that_echoes_the_key_finds_it_in_nothing_we_keep(serve: Serve, script: Script) -> None:
    outcome = ask(serve(script).base_url, env={"DEEPSEEK_API_KEY": KEY})
    assert KEY not in repr(outcome)
    assert KEY[3:] not in repr(outcome)


def test_a_scrubbed_answer_is_an_answer_all_the_same(serve: Serve) -> None:
    reply = replied(ask(serve(echo_in_answer).base_url, env={"DEEPSEEK_API_KEY": KEY}))
    assert (reply.answer, reply.reasoning) == ("You sent Bearer ***", "a key: ***")


def test_bytes_that_are_no_utf8_do_not_stop_the_scrubbing(serve: Serve) -> None:
    body = faults.ok(f"caf@ {KEY}").body.replace(b"@", b"\xe9")
    reply = replied(ask(serve(faults.always(Behaviour(body=body))).base_url, env={"DSET_API_KEY": KEY}))
    assert reply.answer == "caf\ufffd ***"


def test_the_bytes_that_were_no_utf8_come_along_without_the_key_in_escapes_or_not(serve: Serve) -> None:
    plain = faults.ok(f"caf@ {KEY}").body.replace(b"@", b"\xe9")
    escaped = plain.replace(KEY.encode(), "".join(f"\\u{ord(letter):04X}" for letter in KEY).encode())
    for body in (plain, escaped):
        server = serve(faults.always(Behaviour(body=body)))
        reply = replied(ask(server.base_url, env={"DSET_API_KEY": KEY}))
        assert reply.raw == plain.replace(KEY.encode(), b"***")
    assert replied(ask(serve(faults.always(faults.ok())).base_url)).raw is None


# --- Many at once ------------------------------------------------------------------------------------------


def test_a_request_that_fails_or_is_cancelled_disturbs_no_other(serve: Serve) -> None:
    special = {"bad": faults.dropped(), "never": faults.stalls()}
    server = serve(faults.by_text(special, faults.echo("")))
    told = settings(server.base_url)

    async def many() -> list[Any]:
        async with Client(choose(told), told) as client:
            texts = ["a", "bad", "b", "never", "c"]
            tasks = [asyncio.create_task(client.ask([{"role": "user", "content": text}])) for text in texts]
            await asyncio.wait(tasks, timeout=0.3)
            tasks[3].cancel()
            return await asyncio.gather(*tasks, return_exceptions=True)

    outcomes = asyncio.run(many())
    assert [one.answer for one in outcomes if isinstance(one, Reply)] == ["a", "b", "c"]
    assert isinstance(outcomes[1], Failure)
    assert isinstance(outcomes[3], asyncio.CancelledError)


def test_an_endpoint_that_was_never_opened_closes_without_a_word() -> None:
    endpoint = Endpoint("p", LOCAL, "m", "none", None, "max_tokens", is_deepseek=False, is_local=True)

    async def closed() -> None:
        await Client(endpoint, settings(LOCAL)).__aexit__(None, None, None)

    asyncio.run(closed())
