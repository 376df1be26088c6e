"""What stands before every route, asked as strangers ask: byte by byte, on a real socket."""

import asyncio
import contextlib
import json
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from dset.pages import bodies, connections, server
from dset.pages.guard import ALWAYS, Guard
from dset.pages.house import House, is_loopback
from tests.served import Served, serving

TOKEN = "a-token-for-the-tests"
FOREIGN = "http://evil.example"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back on a socket, as far as it came."""

    status: int
    headers: dict[str, str]
    body: bytes


def parsed(raw: bytes) -> Answer:
    head, _, body = raw.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    found = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    return Answer(int([*first.split(), "", "0"][1]), found, body)


def sent(port: int, data: bytes, *, is_cut: bool = False) -> Answer:
    """Send these bytes, with nothing to follow where they are cut off, and read until the server closes."""
    raw = b""
    with socket.create_connection(("127.0.0.1", port), 20) as connection, contextlib.suppress(OSError):
        connection.sendall(data)
        if is_cut:
            connection.shutdown(socket.SHUT_WR)
        while piece := connection.recv(1 << 16):
            raw += piece
    return parsed(raw)


def ask(port: int, line: str = "GET / HTTP/1.1", *headers: str, host: str = "", body: bytes = b"") -> Answer:
    """One request whose head is written as it stands; the Host is ours unless it is given."""
    head = [line, f"Host: {host or f'127.0.0.1:{port}'}", "Connection: close", *headers]
    return sent(port, "\r\n".join([*head, "", ""]).encode("latin-1") + body)


def cookie_of(answer: Answer) -> str:
    return answer.headers["set-cookie"].partition(";")[0]


async def _echo(request: Request) -> Response:
    return JSONResponse({"method": request.method, "body": (await request.body()).decode()})


async def _broken(_: Request) -> Response:
    raise ZeroDivisionError("a secret of /home/somebody")


async def _events(_: Request) -> Response:
    async def forever() -> AsyncIterator[bytes]:
        yield b"event: run\ndata: 1\n\n"
        await asyncio.Event().wait()

    return StreamingResponse(forever(), media_type="text/event-stream")


@contextlib.contextmanager
def small() -> Iterator[Served]:
    """A server whose routes are as simple as can be, behind the guard."""
    app = Starlette(
        routes=[
            Route("/tasks/{name}", _echo, methods=["GET", "PUT", "DELETE"]),
            Route("/tasks/{name}/check", _echo, methods=["POST"]),
            Route("/broken", _broken),
            Route("/events", _events),
        ]
    )
    bound, started, told = server.listen("127.0.0.1", 0), threading.Event(), list[str]()
    served = Served(bound.getsockname()[1], TOKEN, told)
    running = server.Server(Guard(app, House("127.0.0.1", TOKEN), told.append), started.set, tell=told.append)
    thread = threading.Thread(target=running.run_on, args=(bound,))
    thread.start()
    try:
        assert started.wait(20)
        yield served
    finally:
        running.end()
        thread.join(20)
        assert not thread.is_alive()


@pytest.fixture(scope="module")
def routes() -> Iterator[Served]:
    with small() as served:
        yield served


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Only this machine can ask."""
    with serving(tmp_path_factory.mktemp("data"), place=tmp_path_factory.mktemp("kept")) as served:
        yield served


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """It takes itself for one that the network may ask."""
    place = tmp_path_factory.mktemp("kept")
    with serving(tmp_path_factory.mktemp("data"), place=place, host="0.0.0.0") as served:
        yield served


OURS = [
    "127.0.0.1",
    "127.0.0.1:{port}",
    "localhost:{port}",
    "LocalHost",
    "localhost.:{port}",
    "[::1]:{port}",
    "127.0.0.1:9",
]


@pytest.mark.parametrize("host", OURS)
def test_it_answers_to_the_names_of_this_machine(here: Served, host: str) -> None:
    assert ask(here.port, host=host.format(port=here.port)).status == 200


STRANGE = [
    "evil.example", "evil.example:{port}", "127.0.0.1.evil.example", "localhost.evil.example", "evil.example#127.0.0.1",
    "127.0.0.1@evil.example", "evil.example@127.0.0.1", "user:pw@localhost", "localhost:evil", "localhost:80:80",
    "localhost..", ".localhost", "local host", "localhost/", "127.0.0.1,evil.example", "127.1", "2130706433", "0x7f.1",
    "0.0.0.0", "[::]", "[::ffff:127.0.0.1]", "[::1", "::1", "[::1]evil", "192.168.1.5", "127.0.0.1%00", "\xff", "*", "null",
]  # fmt: skip


@pytest.mark.parametrize("host", STRANGE)
def test_another_name_is_refused_whoever_it_leads_to(here: Served, host: str) -> None:
    found = ask(here.port, host=host.format(port=here.port))
    assert found.status == 400
    assert b"<html" not in found.body


@pytest.mark.parametrize("hosts", ["", "Host: \r\n", "Host: localhost\r\nHost: localhost\r\n"])
def test_no_name_an_empty_one_and_two_are_refused(here: Served, hosts: str) -> None:
    found = sent(here.port, f"GET / HTTP/1.1\r\n{hosts}Connection: close\r\n\r\n".encode())
    assert found.status == 400
    assert found.headers.items() >= ALWAYS.items()


def test_who_asks_as_browsers_before_http_1_1_did_gives_a_name_too(here: Served) -> None:
    assert sent(here.port, b"GET / HTTP/1.0\r\n\r\n").status == 400
    assert sent(here.port, b"GET / HTTP/1.0\r\nHost: localhost\r\n\r\n").status == 200


@pytest.mark.parametrize("host", ["10.0.0.7:{port}", "[fe80::1]", socket.gethostname(), "localhost"])
def test_where_the_network_may_ask_any_address_in_figures_is_ours(network: Served, host: str) -> None:
    found = ask(network.port, "GET / HTTP/1.1", f"X-Dset-Token: {TOKEN}", host=host.format(port=network.port))
    assert found.status == 200


def test_where_the_network_may_ask_a_strangers_name_is_none_of_ours(network: Served) -> None:
    found = ask(network.port, "GET / HTTP/1.1", f"X-Dset-Token: {TOKEN}", host="evil.example")
    assert found.status == 400


@pytest.mark.parametrize(
    "target",
    [
        "http://evil.example/",
        "http://127.0.0.1/",
        "evil.example:443",
        "*",
        "evil",
        "@evil.example/",
        "\\evil",
    ],
)
def test_a_target_that_is_no_path_is_refused(here: Served, target: str) -> None:
    for method in ("GET", "OPTIONS", "CONNECT"):
        assert ask(here.port, f"{method} {target} HTTP/1.1", f"X-Dset-Token: {TOKEN}").status == 400


ORIGINS = [
    FOREIGN, "null", "", "http://127.0.0.1", "http://127.0.0.1:1", "http://localhost:{port}", "http://127.0.0.1.evil.example:{port}",
    "http://127.0.0.1:{port}@evil.example", "http://evil.example/127.0.0.1:{port}", "//127.0.0.1:{port}", "file://", "127.0.0.1:{port}",
    "chrome-extension://127.0.0.1:{port}", "http://[", "http://127.0.0.1:{port}, http://127.0.0.1:{port}",
]  # fmt: skip


@pytest.mark.parametrize("origin", ORIGINS)
def test_a_page_of_another_origin_gets_nothing(here: Served, origin: str) -> None:
    named = f"Origin: {origin.format(port=here.port)}"
    for line in ("GET /api/datasets HTTP/1.1", "OPTIONS /tasks/x HTTP/1.1", "PUT /tasks/x HTTP/1.1"):
        found = ask(here.port, line, named, f"X-Dset-Token: {TOKEN}")
        assert found.status == 403
        assert not any(name.startswith("access-control") for name in found.headers)


def test_one_foreign_origin_among_two_is_enough(here: Served) -> None:
    ours = f"Origin: http://127.0.0.1:{here.port}"
    assert ask(here.port, "GET / HTTP/1.1", ours).status == 200
    assert ask(here.port, "GET / HTTP/1.1", ours, f"Origin: {FOREIGN}").status == 403


@pytest.mark.parametrize("site", ["cross-site", "same-site", "", "Same-Origin", "same-origin, none"])
@pytest.mark.parametrize(
    "line", ["GET /api/datasets HTTP/1.1", "GET /static/dom.js HTTP/1.1", "HEAD / HTTP/1.1"]
)
def test_what_a_browser_fetches_for_another_site_is_refused(here: Served, line: str, site: str) -> None:
    assert ask(here.port, line, f"Sec-Fetch-Site: {site}").status == 403


@pytest.mark.parametrize(
    ("line", "dest", "status"),
    [
        ("GET / HTTP/1.1", "document", 200),
        ("GET / HTTP/1.1", "iframe", 403),
        ("GET / HTTP/1.1", "object", 403),
        ("GET /api/datasets HTTP/1.1", "document", 403),
        ("POST /tasks/x/check HTTP/1.1", "document", 403),
    ],
)
def test_a_link_on_another_page_opens_ours_whole_and_only_that(
    here: Served, line: str, dest: str, status: int
) -> None:
    headers = ("Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate", f"Sec-Fetch-Dest: {dest}")
    assert ask(here.port, line, *headers).status == status


@pytest.mark.parametrize("line", ["PUT /tasks/x", "DELETE /tasks/x", "PUT /tasks/check", "DELETE /tasks/check",
                                  "PUT /tasks/x/check", "PUT /tasks/x%2Fcheck", "POST /tasks/a/b/check", "PATCH /tasks/x",
                                  "TRACE /", "FOO /", "get /"])  # fmt: skip
def test_what_is_no_reading_takes_the_token(routes: Served, line: str) -> None:
    assert ask(routes.port, f"{line} HTTP/1.1").status == 401
    assert ask(routes.port, f"{line} HTTP/1.1", f"X-Dset-Token: {TOKEN}x").status == 401
    assert ask(routes.port, f"{line} HTTP/1.1", f"Cookie: dset-token-{routes.port}={TOKEN}").status == 401
    assert ask(routes.port, f"{line} HTTP/1.1", f"X-Dset-Token: {TOKEN}").status != 401


def test_a_check_changes_nothing_and_takes_no_token(routes: Served) -> None:
    found = ask(
        routes.port,
        "POST /tasks/x/check HTTP/1.1",
        "Content-Type: application/json",
        "Content-Length: 2",
        body=b"{}",
    )
    assert (found.status, json.loads(found.body)["body"]) == (200, "{}")


def test_a_header_that_names_another_method_means_nothing(routes: Served) -> None:
    for name in ("X-HTTP-Method-Override", "X-Method-Override", "X-HTTP-Method"):
        assert json.loads(ask(routes.port, "GET /tasks/x HTTP/1.1", f"{name}: PUT").body)["method"] == "GET"


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x",
                                  "application/json, text/plain", "text/plain; application/json", "application/jsonp", "",
                                  "application/json\r\nContent-Type: text/plain"])  # fmt: skip
def test_a_body_that_a_form_could_send_is_refused(routes: Served, kind: str) -> None:
    headers = (f"X-Dset-Token: {TOKEN}", f"Content-Type: {kind}", "Content-Length: 2")
    assert ask(routes.port, "PUT /tasks/x HTTP/1.1", *headers, body=b"{}").status == 415
    assert ask(routes.port, "POST /tasks/x/check HTTP/1.1", *headers, body=b"{}").status == 415


@pytest.mark.parametrize(
    "kind", ["application/json", "Application/JSON ; charset=utf-8", "application/json;charset=latin-1"]
)
def test_json_is_taken_however_its_type_is_written_and_in_chunks(routes: Served, kind: str) -> None:
    headers = (f"X-Dset-Token: {TOKEN}", f"Content-Type: {kind}", "Transfer-Encoding: chunked")
    found = ask(routes.port, "PUT /tasks/x HTTP/1.1", *headers, body=b"1\r\n{\r\n1\r\n}\r\n0\r\n\r\n")
    assert json.loads(found.body)["body"] == "{}"


def test_half_a_body_changes_nothing(routes: Served) -> None:
    head = f"PUT /tasks/x HTTP/1.1\r\nHost: localhost\r\nX-Dset-Token: {TOKEN}\r\nContent-Type: application/json\r\n"
    assert sent(routes.port, f"{head}Content-Length: 9\r\n\r\n{{}}".encode(), is_cut=True).status in {0, 400}
    chunks = f"{head}Transfer-Encoding: chunked\r\n\r\n2\r\n{{}}\r\n"
    assert sent(routes.port, chunks.encode(), is_cut=True).status in {0, 400}
    assert sent(routes.port, f"{chunks}zz\r\n".encode()).status == 400
    assert routes.told == []


def test_an_endless_body_is_refused(routes: Served) -> None:
    headers = (f"X-Dset-Token: {TOKEN}", "Content-Type: application/json", "Transfer-Encoding: chunked")
    piece = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
    found = ask(routes.port, "PUT /tasks/x HTTP/1.1", *headers, body=piece * 20 + b"0\r\n\r\n")
    assert found.status == 413
    assert "1,048,576 bytes" in json.loads(found.body)["detail"]


def test_a_body_that_drips_is_not_waited_for(routes: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "_SLOWEST", 0.05)
    head = f"PUT /tasks/x HTTP/1.1\r\nHost: localhost\r\nX-Dset-Token: {TOKEN}\r\n"
    head += "Content-Type: application/json\r\nContent-Length: 9\r\n\r\n{"
    with socket.create_connection(("127.0.0.1", routes.port), 20) as connection:
        connection.sendall(head.encode())
        assert parsed(connection.recv(1 << 16)).status == 408


@pytest.mark.parametrize(
    "data",
    [b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n", b"GET /\xff HTTP/1.1\r\n\r\n", b"\r\n\r\nhello\r\n\r\n",
     b"PUT /tasks/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
     b"PUT /tasks/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
     b"PUT /tasks/x HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip\r\n\r\n"],
)  # fmt: skip
def test_what_is_no_http_is_told_so(here: Served, data: bytes) -> None:
    found = sent(here.port, data)
    assert 400 <= found.status < 502
    assert found.headers.items() >= ALWAYS.items()
    assert "detail" in json.loads(found.body)


def test_an_endless_head_is_refused(here: Served) -> None:
    for data in (b"GET /" + b"a" * 70_000, b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"X: " + b"a" * 70_000):
        assert sent(here.port, data).status in {0, 400}  # 0: reset while we were still sending
    assert here.get("/").status == 200


def test_a_request_that_never_comes_is_not_waited_for(
    routes: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "PATIENCE", 0.0)
    for begun in (b"", b"GET /", b"GET / HTTP/1.1\r\nHost: localhost\r\nX"):
        with socket.create_connection(("127.0.0.1", routes.port), 20) as connection:
            connection.sendall(begun)
            with contextlib.suppress(ConnectionResetError):
                assert connection.recv(1) == b""


def test_a_flood_of_connections_keeps_nobody_out(here: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "MOST", 20)
    with contextlib.ExitStack() as stack:
        for _ in range(60):
            stack.enter_context(socket.create_connection(("127.0.0.1", here.port), 20))
        assert here.get("/").status == 200
        assert here.get("/api/datasets").status == 200


def test_events_pass_as_they_come_and_stop_with_the_server() -> None:
    with small() as served, socket.create_connection(("127.0.0.1", served.port), 20) as connection:
        connection.sendall(b"GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n")
        came = b""
        while b"data: 1" not in came:
            came += connection.recv(1 << 16)
        assert b"sandbox" in came
    assert served.told == []


def test_nonsense_behind_a_request_that_is_being_answered_ends_it(routes: Served) -> None:
    with socket.create_connection(("127.0.0.1", routes.port), 20) as connection:
        connection.sendall(b"GET /events HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n")
        came = b""
        while b"data: 1" not in came:
            came += connection.recv(1 << 16)
        connection.sendall(b"zz\r\n")
        with contextlib.suppress(ConnectionResetError):
            assert connection.recv(1 << 16) == b""
    assert routes.told == []


def test_whoever_leaves_in_the_middle_is_no_error(routes: Served) -> None:
    with socket.create_connection(("127.0.0.1", routes.port), 20) as connection:
        connection.sendall(b"GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert connection.recv(1)
    assert routes.get("/tasks/x").status == 200
    assert routes.told == []


def test_an_error_of_our_own_is_told_here_by_its_place_and_to_nobody_else(routes: Served) -> None:
    found = routes.get("/broken?token=" + TOKEN)
    for _ in range(200):  # it is told once the answer is on its way
        if not routes.told:
            assert routes.get("/tasks/x").status == 200
    said = routes.told.pop()
    assert found.status == 500
    assert b"secret" not in found.body
    assert "'/broken': ZeroDivisionError in test_pages_guard.py, line " in said
    assert "secret" not in said
    assert TOKEN not in said
    assert found.headers.items() >= ALWAYS.items()


@pytest.mark.parametrize(
    "path", ["/", "/answers", "/static/dom.js", "/favicon.ico", "/api/datasets", "/openapi.json", "/nowhere"]
)
def test_the_network_gets_nothing_without_the_token(network: Served, path: str) -> None:
    assert ask(network.port, f"GET {path} HTTP/1.1").status == 401
    for wrong in ("", "x", TOKEN[:-1], TOKEN + "x", TOKEN.upper()):
        assert ask(network.port, f"GET {path}?token={wrong} HTTP/1.1").status == 401
        assert ask(network.port, f"GET {path} HTTP/1.1", f"X-Dset-Token: {wrong}").status == 401
        assert (
            ask(network.port, f"GET {path} HTTP/1.1", f"Cookie: dset-token-{network.port}={wrong}").status
            == 401
        )


def test_a_browser_shows_the_token_once_and_has_a_cookie_from_then_on(network: Served) -> None:
    opened = ask(network.port, f"GET /answers?dataset=ab&token={TOKEN}&q= HTTP/1.1")
    assert (opened.status, opened.headers["location"]) == (303, "/answers?dataset=ab&q=")
    assert "HttpOnly" in opened.headers["set-cookie"]
    assert "SameSite=lax" in opened.headers["set-cookie"]
    # Other programs on the same host set cookies as well, some of them none by the book.
    cookies = f"Cookie: a[b]=1; theirs=é; {cookie_of(opened)}"
    assert ask(network.port, "GET /answers HTTP/1.1", cookies).status == 200
    assert ask(network.port, "PUT /tasks/x HTTP/1.1", cookies).status == 401


@pytest.mark.parametrize("path", ["//evil.example", "///evil.example", "/\\evil.example", "/%5Cevil.example", "/%2Fevil.example",
                                  "/%09/evil.example", "/a%0d%0aX-Injected:%201", "/a?%0d%0aX-Injected:1", "/@evil.example",
                                  "/;@evil.example"])  # fmt: skip
def test_the_way_to_the_page_leads_nowhere_else(network: Served, path: str) -> None:
    found = ask(network.port, f"GET {path}{'&' if '?' in path else '?'}token={TOKEN} HTTP/1.1")
    assert found.status == 303
    location = found.headers["location"]
    assert location.startswith("/")
    assert "evil" not in location
    assert "x-injected" not in found.headers


def test_the_token_and_our_paths_stand_in_no_answer(here: Served, network: Served) -> None:
    for served in (here, network):
        for line in (
            "GET /",
            "GET /static/shell.js",
            "GET /api/datasets",
            "GET /openapi.json",
            "GET /nowhere",
            "PUT /nowhere",
            "BAD",
        ):
            found = ask(served.port, f"{line} HTTP/1.1", f"X-Dset-Token: {TOKEN}")
            said = str(found.headers).encode() + found.body
            assert TOKEN.encode() not in said
            assert str(Path(__file__).parent.parent).encode() not in said
            assert "server" not in found.headers
        assert served.told == []


@pytest.mark.parametrize("path", ["/static/", "/static/..", "/static/../app.py", "/static/%2e%2e/app.py", "/static/..%2fapp.py",
                                  "/static/..%5capp.py", "/static//etc/passwd", "/static/%2fetc%2fpasswd", "/static/dom.js%00",
                                  "/static/dom.js/", "/static/DOM.js", "/static/C:%5cx", "/static/.", "/%00", "//", "/..",
                                  "/static/%ed%a0%80"])  # fmt: skip
def test_no_name_leads_out_of_the_files_of_the_pages(here: Served, path: str) -> None:
    assert ask(here.port, f"GET {path} HTTP/1.1").status == 404


@pytest.mark.parametrize(
    ("host", "is_local"),
    [("127.0.0.1", True), ("127.9.9.9", True), ("LOCALHOST", True), ("::1", True), ("0.0.0.0", False), ("::", False), ("", False),
     ("localhost.", False), ("127.1", False), ("0", False), ("10.0.0.1", False), ("localhost.evil.example", False)],
)  # fmt: skip
def test_only_an_address_of_this_machine_takes_no_token(host: str, is_local: bool) -> None:
    assert is_loopback(host) is is_local
    assert House(host, TOKEN).is_open is is_local


_TARGET = st.text("/.%abc0123456789:@?&=#\\;,-_~*[]{}\"'<>|", max_size=30)
_NAME = st.sampled_from(["Host", "Origin", "Sec-Fetch-Site", "Sec-Fetch-Mode", "Sec-Fetch-Dest", "Cookie", "X-Dset-Token",
                         "Content-Type", "Transfer-Encoding", "Upgrade", "Connection", "Expect", "Range",
                         "X-Forwarded-Host", "Accept"])  # fmt: skip
_VALUE = st.one_of(
    st.text(st.characters(codec="latin-1"), max_size=30),
    st.sampled_from(
        ["localhost", "127.0.0.1", "chunked", "application/json", TOKEN, "same-origin", "0", "5", "websocket"]
    ),
)


@settings(
    max_examples=100,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    method=st.sampled_from(["GET", "HEAD", "PUT", "POST", "DELETE", "OPTIONS", "TRACE", "X"]),
    target=_TARGET,
    headers=st.lists(st.tuples(_NAME, _VALUE), max_size=6),
    length=st.sampled_from([None, "0", "5", "20", "-1", "x", "05", "5, 5"]),
    body=st.binary(min_size=20, max_size=30),
    has_host=st.booleans(),
)
def test_whatever_is_sent_is_answered_without_an_error_of_ours(
    here: Served,
    method: str,
    target: str,
    headers: list[tuple[str, str]],
    length: str | None,
    body: bytes,
    has_host: bool,
) -> None:
    lines = [f"{method} /{target} HTTP/1.1", *(["Host: localhost"] if has_host else []), "Connection: close"]
    lines += [
        f"{name}: {value}" for name, value in [*headers, ("Content-Length", length)] if value is not None
    ]
    found = sent(here.port, "\r\n".join([*lines, "", ""]).encode("latin-1") + body)
    assert found.status < 500 or found.status == 501
    if found.status:  # 0: a body that was cut off by its sender
        assert (
            found.headers.items()
            >= (ALWAYS | {"content-security-policy": found.headers["content-security-policy"]}).items()
        )
    assert here.told == []
