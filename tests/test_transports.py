"""The way from openai's client to a service and back."""

import asyncio
from collections.abc import Callable

import httpx2
import openai
import pytest

from dset import transports
from dset.failures import BodyTooLarge
from dset.rehearsal import faults
from dset.rehearsal.server import Behaviour, Script, Server
from dset.transports import Service

Serve = Callable[[Script], Server]
TIMEOUT = httpx2.Timeout(5)
PROXIES = ("http_proxy", "https_proxy", "all_proxy")
MOST = 10_000


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*PROXIES, "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def asked(url: str, *bodies: bytes, key: str | None = None, local: bool = True) -> list[httpx2.Response]:
    """The responses to these bodies, one after the other."""

    async def all_of_them(service: Service) -> list[httpx2.Response]:
        try:
            return [await service.ask(body) for body in bodies]
        finally:
            await service.close()

    async def whole() -> list[httpx2.Response]:
        return await all_of_them(transports.connect(url, key, TIMEOUT, 2, MOST, local=local))

    return asyncio.run(whole())


def ways(url: str, monkeypatch: pytest.MonkeyPatch) -> list[httpx2.Response]:
    """The response on the short way and on the long one."""
    short = asked(url, b"{}")
    monkeypatch.setattr(transports, "has_proxies", lambda: True)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    return short + asked(url, b"{}", local=False)


def test_the_body_and_the_key_are_sent_and_nothing_of_this_machine(serve: Serve) -> None:
    server = serve(faults.always(faults.ok()))
    asked(server.base_url + "/v1/", b'{"model":"m"}', b'{"model":"n"}', key="sk-1")
    first, second = server.questions
    assert (first.path, dict(first.body), dict(second.body)) == (
        "/v1/chat/completions",
        {"model": "m"},
        {"model": "n"},
    )
    assert first.headers["authorization"] == "Bearer sk-1"
    assert first.headers["user-agent"] == f"AsyncOpenAI/Python {openai.__version__}"
    assert set(first.headers) == set(
        "host accept accept-encoding authorization content-length content-type user-agent".split()
    )


def test_without_a_key_no_login_is_sent(serve: Serve) -> None:
    server = serve(faults.always(faults.ok()))
    asked(server.base_url, b"{}")
    assert "authorization" not in server.questions[0].headers


@pytest.mark.parametrize(
    "behaviour",
    [
        faults.ok(),
        faults.gzipped(),
        Behaviour(chunks=((0.0, b"in "), (0.0, b"pieces"))),
        Behaviour(headers=(("Content-Type", "text/plain"), ("X-Other", "a"), ("X-Other", "b")), body=b"t"),
        Behaviour(body=b""),
        faults.overloaded(),
        faults.redirect("http://elsewhere.example/"),
    ],
)
def test_both_ways_bring_the_same(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, behaviour: Behaviour
) -> None:
    server = serve(faults.always(behaviour))
    short, long = ways(server.base_url, monkeypatch)
    assert short.status_code == long.status_code == behaviour.status
    assert short.content == long.content
    for one in (short, long):
        del one.headers["date"]
    assert short.headers.multi_items() == long.headers.multi_items()
    first, second = server.questions
    assert dict(first.headers) | {"connection": "keep-alive"} == dict(
        second.headers
    )  # HTTP 1.1 keeps it anyway


@pytest.mark.parametrize("behaviour", [faults.dropped(), faults.stalls_midway(), faults.dropped_midway()])
def test_what_goes_wrong_has_aiohttps_error_as_its_cause(serve: Serve, behaviour: Behaviour) -> None:
    server = serve(faults.always(behaviour))

    async def whole() -> None:
        service = transports.connect(server.base_url, None, httpx2.Timeout(0.2), 2, MOST, local=True)
        try:
            await service.ask(b"{}")
        finally:
            await service.close()

    with pytest.raises(openai.APIConnectionError) as caught:
        asyncio.run(whole())
    error = caught.value
    assert error.request.url == server.base_url + "/chat/completions"
    assert isinstance(error.__cause__, httpx2.TransportError)
    assert type(error.__cause__.__cause__).__module__.startswith("aiohttp")


@pytest.mark.parametrize("size", [MOST, MOST + 1])
def test_a_body_is_read_up_to_the_cap_however_its_length_is_told(serve: Serve, size: int) -> None:
    body = b"x" * size
    for behaviour in (Behaviour(body=body), Behaviour(chunks=((0.0, body),))):
        server = serve(faults.always(behaviour))
        if size > MOST:
            with pytest.raises(BodyTooLarge):
                asked(server.base_url, b"{}")
        else:
            assert asked(server.base_url, b"{}")[0].content == body


@pytest.mark.parametrize("name", ["http_proxy", "ALL_PROXY"])
def test_a_proxy_of_the_environment_is_used_but_not_for_this_machine(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    proxy, server = serve(faults.always(faults.ok())), serve(faults.always(faults.ok()))
    monkeypatch.setenv(name, proxy.base_url)
    asked("http://service.invalid/v1", b"{}", local=False)
    assert [request.path for request in proxy.requests] == ["http://service.invalid/v1/chat/completions"]
    asked(server.base_url, b"{}", local=True)
    assert len(proxy.requests) == 1


def test_a_proxy_for_other_things_is_no_reason_for_the_long_way(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not transports.has_proxies()
    monkeypatch.setenv("ftp_proxy", "http://127.0.0.1:9")
    assert not transports.has_proxies()
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    assert transports.has_proxies()
