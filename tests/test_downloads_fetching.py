"""Downloads from web sites that lie in every way."""

import asyncio
import gc
import gzip
import shutil
import socket
import ssl
import subprocess
import tracemalloc
import zlib
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from random import Random

import pytest

from dset.downloads import naming
from dset.downloads.fetching import Bounds, Fetched, Fetcher, FetchError
from tests.imagehosts import PNG, ImageHost, Page, raw, redirect

# Where a deadline ends a download just as its connection is made, aiohttp leaves the transport to the collector.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
SMALL = Bounds(most=10_000)
HASTY = Bounds(most=10_000, deadline=0.2)
TRUSTS_NOBODY = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
PUBLIC, PRIVATE = "93.184.216.34", "10.0.0.1"


class Site:
    """Loopback hosts for one test, all that was fetched from them, and every address that was connected to."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self.connected: list[tuple[str, int]] = []
        self.resolved: list[str] = []
        self.names: dict[str, list[list[str]]] = {}

    def host(self, pages: Mapping[str, Page], tls: ssl.SSLContext | None = None) -> ImageHost:
        return self._stack.enter_context(ImageHost(pages, tls))

    def resolve(self, name: str) -> list[str]:
        """The next of a name's answers; the last one stays."""
        self.resolved.append(name)
        answers = self.names[name]
        return answers.pop(0) if len(answers) > 1 else answers[0]

    def get(
        self,
        *urls: str,
        bounds: Bounds = SMALL,
        allow: tuple[ImageHost, ...] = (),
        tls: ssl.SSLContext | None = TRUSTS_NOBODY,
    ) -> list[Fetched | FetchError]:
        """What came of these URLs, fetched at once; any other exception is raised."""

        async def all_of_them() -> list[Fetched | FetchError]:
            allowed = frozenset(host.address for host in allow)
            async with Fetcher(bounds, allowed=allowed, resolve=self.resolve, tls=tls) as fetcher:
                return await asyncio.gather(*[one(fetcher, url) for url in urls])

        async def one(fetcher: Fetcher, url: str) -> Fetched | FetchError:
            try:
                return await fetcher.get(url)
            except FetchError as error:
                return error

        return asyncio.run(all_of_them())

    def failure(self, url: str, *allow: ImageHost, bounds: Bounds = SMALL) -> tuple[str, bool]:
        """The reason why this URL cannot be fetched, and whether a later try may help."""
        (found,) = self.get(url, bounds=bounds, allow=allow)
        assert isinstance(found, FetchError)
        return found.reason, found.again

    def of_page(self, page: Page, bounds: Bounds = SMALL) -> tuple[str, bool]:
        """The same for a page of a host that may be connected to."""
        host = self.host({"/": page})
        return self.failure(host.url(), host, bounds=bounds)

    def picture(self, page: Page, bounds: Bounds = SMALL) -> Fetched:
        host = self.host({"/": page})
        (found,) = self.get(host.url(), bounds=bounds, allow=(host,))
        assert isinstance(found, Fetched), found
        return found


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    with ExitStack() as stack:
        site = Site(stack)
        connect = asyncio.SelectorEventLoop.sock_connect

        async def noted(loop: asyncio.SelectorEventLoop, sock: object, address: tuple[str, int]) -> None:
            site.connected.append(address[:2])
            assert address[0] == "127.0.0.1", "a test reaches for the network"
            await connect(loop, sock, address)  # type: ignore[arg-type]

        monkeypatch.setattr(asyncio.SelectorEventLoop, "sock_connect", noted)
        yield site


def test_a_picture_comes_with_its_address_its_bytes_and_its_kind(site: Site) -> None:
    host = site.host({"/a%20b/../%2Fc?d=e+f%2B": Page(PNG)})
    found = Fetched(host.url("/a%20b/../%2Fc?d=e+f%2B"), PNG, "png")
    assert site.get(host.url("/a b/../%2Fc?d=e+f%2B#g"), allow=(host,)) == [found]


def test_nothing_is_told_to_a_host_but_what_is_wanted(
    site: Site, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login me password secret\n")
    (tmp_path / ".netrc").chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    other = site.host({})
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, other.url())
    cookie = (("Set-Cookie", "a=b; Path=/"), ("Location", "/second"))
    host = site.host({"/": Page(status=302, headers=cookie), "/second": Page(PNG)})
    site.names["pictures.example"] = [["127.0.0.1"]]  # cookies are for names, not for addresses
    site.get(host.url("/", "pictures.example"), host.url("/second"), allow=(host, other))
    assert sorted(host.paths) == ["/", "/second", "/second"]
    assert other.connections == 0
    for request in host.requests:
        assert set(request.headers) == {"host", "user-agent", "accept", "accept-encoding", "connection"}
        assert request.headers["accept-encoding"] == "identity"
        assert request.headers["user-agent"].startswith("dset/")


# What is connected to


@pytest.mark.parametrize(
    "answer",
    [
        ["127.0.0.1"],
        [PRIVATE],
        ["169.254.169.254"],
        ["::1"],
        ["::ffff:127.0.0.1"],
        ["64:ff9b::7f00:1"],
        ["fe80::1%eth0"],
        [PUBLIC, PRIVATE],
        [PUBLIC, PUBLIC, "127.0.0.1"],
        ["127.0.0.1", PUBLIC],
        ["no address"],
    ],
)
def test_a_name_with_one_address_that_is_not_public_is_refused_and_nothing_connected_to(
    site: Site, answer: list[str]
) -> None:
    site.names["pictures.example"] = [answer]
    for url in ("http://pictures.example/", "https://pictures.example/"):
        reason, again = site.failure(url)
        assert reason.startswith("the host is at ")
        assert not again
    assert site.connected == []


@pytest.mark.parametrize(
    "url",
    "http://127.0.0.1/ http://[::1]/ http://[::ffff:7f00:1]/ http://10.0.0.1/ http://①②⑦.0.0.1/ http://127.1/ "
    "http://2130706433/ http://169.254.169.254/latest http://user@127.0.0.1/ file:///etc/passwd".split(),
)
def test_an_address_that_is_not_public_is_refused_as_it_stands(site: Site, url: str) -> None:
    assert not site.failure(url)[1]
    assert (site.connected, site.resolved) == ([], [])


def test_an_allowed_pair_is_one_address_at_one_port(site: Site) -> None:
    host, other = site.host({"/": Page(PNG)}), site.host({"/": Page(PNG)})
    assert site.failure(other.url(), host) == (
        f"the URL names port {other.port}, not one of web pages",
        False,
    )
    reason, _ = site.failure(f"http://127.0.0.2:{host.port}/", host)
    assert reason == "the host is at 127.0.0.2, a loopback address"
    reason, _ = site.failure(f"http://{PUBLIC}:{host.port}/", host)
    assert reason == f"the host is at {PUBLIC}, at port {host.port}, not one of web pages"
    assert site.connected == []
    site.names["pictures.example"] = [["127.0.0.1"]]
    (found,) = site.get(host.url("/", "pictures.example"), allow=(host,))
    assert isinstance(found, Fetched)
    assert host.requests[0].headers["host"] == f"pictures.example:{host.port}"


def test_what_is_connected_to_is_what_was_checked_whatever_the_name_means_a_moment_later(site: Site) -> None:
    host = site.host({"/": Page(PNG)})
    site.names["rebinding.example"] = [["127.0.0.1"], [PRIVATE]]
    url = host.url("/", "rebinding.example")
    (found,) = site.get(url, allow=(host,))
    assert isinstance(found, Fetched)
    assert site.resolved == ["rebinding.example"]
    assert site.connected == [host.address]
    assert site.failure(url, host) == (f"the host is at {PRIVATE}, a private address", False)
    assert site.connected == [host.address]


def test_a_name_is_looked_up_and_checked_anew_at_a_redirect_to_itself(site: Site) -> None:
    host = site.host({"/": redirect("/second"), "/second": Page(PNG)})
    site.names["rebinding.example"] = [["127.0.0.1"], [PRIVATE]]
    reason, _ = site.failure(host.url("/", "rebinding.example"), host)
    assert reason == (
        f"it redirects to {host.url('/second', 'rebinding.example')}: the host is at {PRIVATE}, a private address"
    )
    assert host.paths == ["/"]


def test_a_socket_is_not_made_for_an_address_that_came_past_the_check(site: Site) -> None:
    host = site.host({"/": Page(PNG)})

    async def get() -> None:
        async with Fetcher(SMALL) as fetcher:
            fetcher._gate.check = lambda found, port: None  # type: ignore[method-assign]
            fetcher._gate.ports = frozenset({host.port})
            await fetcher.get(host.url())

    with pytest.raises(FetchError, match="a loopback address"):
        asyncio.run(get())
    assert site.connected == []


@pytest.mark.parametrize(
    ("location", "reason"),
    {
        "http://127.0.0.1/": "a loopback address",
        "http://[::ffff:127.0.0.1]:80/": "a loopback address",
        "//10.0.0.1/": "a private address",
        "http://inside.example/": "a private address",
        "http://127.0.0.1:1/": "names port 1,",
        "file:///etc/passwd": "does not begin",
        "data:image/png;base64,iVBORw0KGgo=": "does not begin",
        "http://me:secret@example.org/": "login",
        "http://[/": "cannot be read",
        "http://a\\b/": "backslash",
        "http://exam\tple.org/": "control characters",
        "http://\xff\xfe.org/": "control characters",
        "": "nowhere",
        "/" + "a" * 3000: "longer than 2,048",
    }.items(),
)
def test_a_redirect_is_checked_like_a_url(site: Site, location: str, reason: str) -> None:
    site.names["inside.example"] = [[PRIVATE]]
    host = site.host({"/": redirect(location)})
    found, again = site.failure(host.url(), host)
    assert reason in found
    assert not again
    assert len(found) < 300
    assert site.connected == [host.address]


def test_a_redirect_to_another_port_of_loopback_is_refused(site: Site) -> None:
    other = site.host({"/": Page(PNG)})
    host = site.host({"/": redirect(other.url())})
    assert site.failure(host.url(), host) == (
        f"it redirects to {other.url()}: the URL names port {other.port}, not one of web pages",
        False,
    )
    assert other.connections == 0


def test_three_redirects_are_followed_and_no_fourth(site: Site) -> None:
    pages = {
        f"/{number}": redirect(f"/{number - 1}", 300 + status)
        for number, status in ((4, 1), (3, 7), (2, 8), (1, 3))
    }
    host = site.host({**pages, "/0": Page(PNG)})
    (found,) = site.get(host.url("/3"), allow=(host,))
    assert isinstance(found, Fetched)
    assert found.url == host.url("/0")
    host.requests.clear()
    assert site.failure(host.url("/4"), host) == ("it redirects more than 3 times", False)
    assert host.paths == ["/4", "/3", "/2", "/1"]


@pytest.mark.parametrize(
    ("error", "failure"),
    [
        (-2, ("its host is unknown", False)),
        (-3, ("its host's name cannot be looked up now", True)),
    ],
)
def test_a_name_that_cannot_be_looked_up_is_said(site: Site, error: int, failure: tuple[str, bool]) -> None:
    def resolve(name: str) -> list[str]:
        raise socket.gaierror(error, "said \x1b[31m")

    site.resolve = resolve  # type: ignore[method-assign]
    assert site.failure("http://pictures.example/") == failure


def test_a_name_without_addresses_is_unknown(site: Site) -> None:
    site.names["pictures.example"] = [[]]
    assert site.failure("http://pictures.example/") == ("its host is unknown", False)


def test_a_name_that_the_resolver_cannot_spell_is_unknown(site: Site) -> None:

    def resolve(name: str) -> list[str]:
        raise UnicodeError("label too long")

    site.resolve = resolve  # type: ignore[method-assign]
    assert site.failure("http://pictures.example/") == ("its host is unknown", False)


def test_a_port_at_which_nobody_listens_may_be_tried_again(site: Site) -> None:
    with ImageHost({}) as gone:
        pass
    reason, again = site.failure(gone.url(), gone)
    assert reason.startswith("no connection comes about: ")
    assert again


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """The two ends of an encrypted connection to pictures.example."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl makes the certificate")
    make = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    pair = ["-keyout", str(tmp_path / "key"), "-out", str(tmp_path / "cert"), "-days", "2"]
    whom = ["-subj", "/CN=pictures.example", "-addext", "subjectAltName=DNS:pictures.example"]
    subprocess.run([*make, *pair, *whom], check=True, capture_output=True)
    theirs = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    theirs.load_cert_chain(tmp_path / "cert", tmp_path / "key")
    return theirs, ssl.create_default_context(cafile=str(tmp_path / "cert"))


def test_the_certificate_must_be_that_of_the_name_not_of_the_address(
    site: Site, certificate: tuple[ssl.SSLContext, ssl.SSLContext]
) -> None:
    theirs, ours = certificate
    host = site.host({"/": Page(PNG)}, theirs)
    site.names = {"pictures.example": [["127.0.0.1"]], "other.example": [["127.0.0.1"]]}
    urls = [host.url("/", name) for name in ("pictures.example", "other.example", "127.0.0.1")]
    right, wrong, address = site.get(*urls, allow=(host,), tls=ours)
    assert isinstance(right, Fetched)
    for found in (wrong, address):
        assert isinstance(found, FetchError)
        assert found.reason.startswith("its certificate does not hold: ")
        assert not found.again
    (unknown,) = site.get(urls[0], allow=(host,), tls=None)
    assert isinstance(unknown, FetchError)
    assert unknown.reason.startswith("its certificate does not hold: ")
    assert len(host.requests) == 1


def test_a_port_that_does_not_speak_tls_is_said(site: Site) -> None:
    host = site.host({})
    assert site.failure(host.url().replace("http:", "https:"), host) == (
        "no encrypted connection comes about",
        False,
    )


# What a server says


@pytest.mark.parametrize(
    ("status", "failure"),
    {
        204: ("the server answers with status 204", False),
        206: ("the server answers with status 206", False),
        304: ("the server answers with status 304", False),
        401: ("it asks for a login (401)", False),
        403: ("the server refuses it (403)", False),
        404: ("it is not there (404)", False),
        410: ("it is gone (410)", False),
        418: ("the server answers with status 418", False),
        429: ("the server says: too many requests (429)", True),
        500: ("the server answers with status 500", True),
        503: ("the server answers with status 503", True),
        999: ("the server answers with status 999", False),
    }.items(),
)
def test_a_status_that_is_not_200_is_no_picture(site: Site, status: int, failure: tuple[str, bool]) -> None:
    assert site.of_page(Page(status=status)) == failure


@pytest.mark.parametrize(
    ("told", "wait"),
    [
        ("7", 7),
        ("Fri, 01 Jan 2027 00:01:30 GMT", 90),
        ("-1", None),
        ("soon", None),
        ("9" * 30, None),
        ("nan", None),
    ],
)
def test_the_wait_that_a_server_asks_for_is_told(site: Site, told: str, wait: float | None) -> None:
    headers = (("Retry-After", told), ("Date", "Fri, 01 Jan 2027 00:00:00 GMT"))
    host = site.host({"/": Page(status=429, headers=headers)})
    (found,) = site.get(host.url(), allow=(host,))
    assert isinstance(found, FetchError)
    assert (found.again, found.wait) == (True, wait)


BROKEN = "what the server sends is not HTTP"
LIES = {
    "nothing": (raw(b""), ("the server cut the connection", True)),
    "reset": (raw(b"", "reset"), ("the server cut the connection", True)),
    "half a head": (raw(OK + b"Content-"), ("the server cut the connection", True)),
    "early end": (raw(OK + b"Content-Length: 5000\r\n\r\n" + PNG), ("it breaks off", True)),
    "no last chunk": (raw(CHUNKED + b"8\r\n" + PNG[:8] + b"\r\n"), ("it breaks off", True)),
    "half a chunk": (raw(CHUNKED + b"FFFF\r\n" + PNG), ("it breaks off", True)),
    "wrong chunk": (raw(CHUNKED + b"xyz\r\n" + PNG), (BROKEN, False)),
    "chunk without its end": (raw(CHUNKED + b"8\r\n" + PNG[:8] + b"0\r\n\r\n"), (BROKEN, False)),
    "huge chunk": (raw(CHUNKED + b"f" * 40 + b"\r\n" + PNG), (BROKEN, False)),
    "not HTTP": (raw(b"SSH-2.0-OpenSSH_9.6\r\n"), (BROKEN, False)),
    "a picture alone": (raw(PNG), (BROKEN, False)),
    "no status": (raw(b"HTTP/1.1 \r\n\r\n"), (BROKEN, False)),
    "status in words": (raw(b"HTTP/1.1 two OK\r\n\r\n"), (BROKEN, False)),
    "long status": (raw(b"HTTP/1.1 20000000 OK\r\n\r\n"), (BROKEN, False)),
    "negative length": (raw(OK + b"Content-Length: -5\r\n\r\n" + PNG), (BROKEN, False)),
    "length in words": (raw(OK + b"Content-Length: five\r\n\r\n" + PNG), (BROKEN, False)),
    "two lengths": (raw(OK + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\n" + PNG), (BROKEN, False)),
    "length and chunks": (raw(OK + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"), (BROKEN, False)),
    "NUL in a header": (raw(OK + b"A: b\0c\r\n\r\n"), (BROKEN, False)),
    "a long header": (raw(OK + b"A: " + b"b" * 20_000 + b"\r\n\r\n"), (BROKEN, False)),
    "a long header's name": (raw(OK + b"A" * 20_000 + b": b\r\n\r\n"), (BROKEN, False)),
    "many headers": (raw(OK + b"A: b\r\n" * 5_000 + b"\r\n"), (BROKEN, False)),
    "a long status": (raw(b"HTTP/1.1 200 " + b"O" * 20_000 + b"\r\n\r\n"), (BROKEN, False)),
    "a lie of length": (Page(PNG, headers=(("Content-Length", "10001"),)), ("it is larger than 10,000 bytes", False)),
    "too long": (Page(PNG + bytes(10_000)), ("it is larger than 10,000 bytes", False)),
    "switching": (Page(status=101, headers=(("Upgrade", "websocket"), ("Connection", "upgrade"))), ("the server answers with status 101", False)),
    "said in escapes": (raw(b"HTTP/1.1 404 \x1b[31m\xe2\x80\xae\r\n\r\n"), ("it is not there (404)", False)),
}  # fmt: skip


@pytest.mark.parametrize("lie", LIES)
def test_what_is_wrong_with_an_answer_is_a_reason_and_no_traceback(site: Site, lie: str) -> None:
    page, failure = LIES[lie]
    host = site.host({"/": page})
    assert site.failure(host.url(), host) == failure
    assert host.connections == 1


@pytest.mark.parametrize(
    ("first", "then", "reason"),
    [
        (OK + b"\r\n" + PNG, bytes(65536), "it is larger than 1 MB"),
        (
            CHUNKED + b"8\r\n" + PNG[:8] + b"\r\n",
            b"400\r\n" + bytes(1024) + b"\r\n",
            "it is larger than 1 MB",
        ),
        (OK + b"\r\n", b"<html>" * 10_000, "it is a web page"),
        (OK, b"A: b\r\n" * 1000, BROKEN),
        (OK + b"A: ", b"b" * 65536, BROKEN),
        (b"HTTP/1.1 200 ", b"b" * 65536, BROKEN),
        (b"", b"b" * 65536, BROKEN),
    ],
)
def test_what_has_no_end_is_left(site: Site, first: bytes, then: bytes, reason: str) -> None:
    host = site.host({"/": Page(raw=first, endless=then)})
    assert site.failure(host.url(), host, bounds=Bounds(most=1 << 20)) == (reason, False)
    assert host.hung_up.wait(5)


def test_a_reset_in_the_body_may_be_tried_again(site: Site) -> None:
    reason, again = site.of_page(raw(OK + b"Content-Length: 5000\r\n\r\n" + PNG, "reset"))
    # A reset may overtake what was sent before it.
    assert reason in {"it breaks off", "the server cut the connection"}
    assert again


CUT_SHORT = "it breaks off"  # or BROKEN, as the pieces arrive
SLOW = "it took longer than 0.3 s"
BOMB = gzip.compress(PNG + bytes(50 << 20), compresslevel=1)


@pytest.mark.parametrize(
    ("first", "then", "reasons"),
    [
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 100, {SLOW}),
        (CHUNKED, b"1;" + b"a" * 65536, {SLOW}),
        (CHUNKED + b"8\r\n" + PNG[:8] + b"\r\n", b"0" * 65536, {SLOW}),
        (CHUNKED + b"8\r\n" + PNG[:8] + b"\r\n0\r\n", b"A: b\r\n" * 1000, {BROKEN, CUT_SHORT}),
        (
            OK + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(PNG),
            bytes(65536),
            {"it is larger than 10,000 bytes"},
        ),
        (OK + b"Content-Encoding: gzip\r\n\r\n", BOMB, {"it is larger than 10,000 bytes"}),
    ],
    ids="informational extension zeros trailers behind bomb".split(),
)
def test_what_has_no_end_and_is_no_body_is_left_without_filling_memory(
    site: Site, first: bytes, then: bytes, reasons: set[str]
) -> None:
    host = site.host({"/": Page(raw=first, endless=then)})
    tracemalloc.start()
    try:
        reason, _ = site.failure(host.url(), host, bounds=Bounds(most=10_000, deadline=0.3))
        assert tracemalloc.get_traced_memory()[1] < 20 << 20
    finally:
        tracemalloc.stop()
    assert reason in reasons
    assert host.hung_up.wait(5)


@pytest.mark.parametrize(
    "page",
    [
        raw(b"", "hang"),
        raw(OK, "hang"),
        raw(OK + b"Content-Length: 5000\r\n\r\n" + PNG, "hang"),
        Page(raw=OK, endless=b"A", pause=0.01),
        Page(raw=OK + b"\r\n" + PNG, endless=b"A", pause=0.01),
        Page(raw=b"", endless=b"HTTP/1.1 100 Continue\r\n\r\n", pause=0.01),
    ],
    ids="nothing head body slow-head slow-body slow-100".split(),
)
def test_the_deadline_holds_whatever_comes_how_slowly(site: Site, page: Page) -> None:
    assert site.of_page(page, HASTY) == ("it took longer than 0.2 s", True)


def test_silence_ends_a_download_before_its_deadline(site: Site) -> None:
    assert site.of_page(raw(OK, "hang"), Bounds(idle=0.1)) == ("nothing came for 0.1 s", True)


def test_the_deadline_covers_all_redirects_together(site: Site) -> None:
    host = site.host({"/": redirect("/hang"), "/hang": raw(b"", "hang")})
    assert site.failure(host.url(), host, bounds=HASTY) == ("it took longer than 0.2 s", True)
    host.requests.clear()
    loops = Bounds(deadline=0.3, redirects=10_000)
    host.pages["/"] = redirect("/")
    assert site.failure(host.url(), host, bounds=loops) == ("it took longer than 0.3 s", True)


def test_what_a_server_sends_unasked_is_not_the_next_picture(site: Site) -> None:
    unasked = CHUNKED + b"8\r\n" + KINDS["gif"][:8] + b"\r\n0\r\n\r\n"
    answer = OK + b"Connection: keep-alive\r\nContent-Length: %d\r\n\r\n" % len(PNG) + PNG
    host = site.host({"/": raw(answer + unasked, "hang")})

    async def twice() -> list[Fetched]:
        async with Fetcher(SMALL, allowed=frozenset({host.address})) as fetcher:
            return [await fetcher.get(host.url()), await fetcher.get(host.url())]

    assert [found.kind for found in asyncio.run(twice())] == ["png", "png"]
    assert host.connections == 2


# What is packed


def packed(data: bytes, how: str = "gzip") -> Page:
    return Page(data, headers=(("Content-Encoding", how),))


def test_what_is_packed_unasked_is_unpacked(site: Site) -> None:
    assert site.picture(packed(gzip.compress(PNG))).data == PNG
    assert site.picture(packed(zlib.compress(PNG), "Deflate")).data == PNG
    assert site.picture(packed(PNG, "identity")).data == PNG


@pytest.mark.parametrize(
    ("page", "failure"),
    {
        "bomb": (packed(BOMB), ("it is larger than 1 MB", False)),
        "bomb in two layers": (packed(gzip.compress(BOMB), "gzip, gzip"), ("it is packed in a way that nobody asked for", False)),
        "unknown": (packed(PNG, "br"), ("it is packed in a way that nobody asked for", False)),
        "not packed": (packed(PNG), ("it cannot be unpacked", False)),
        "broken off": (packed(gzip.compress(PNG + Random(1).randbytes(5000))[:-100]), ("it breaks off", True)),
    }.values(),
)  # fmt: skip
def test_what_is_packed_wrongly_is_refused(site: Site, page: Page, failure: tuple[str, bool]) -> None:
    assert site.of_page(page, Bounds(most=1 << 20)) == failure


# What it is


KINDS = {
    "jpeg": b"\xff\xd8\xff\xe0\0\x10JFIF",
    "png": PNG,
    "gif": b"GIF89a" + bytes(20),
    "webp": b"RIFF\x10\0\0\0WEBPVP8 ",
}


@pytest.mark.parametrize("kind", KINDS)
def test_the_kind_is_told_by_content_whatever_the_server_says(site: Site, kind: str) -> None:
    for said in ("text/html", "image/svg+xml", "\x1b[31m", ""):
        assert site.picture(Page(KINDS[kind], headers=(("Content-Type", said),))).kind == kind


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"", "an empty answer"),
        (b"<!DOCTYPE html><html>", "a web page"),
        (b"\xef\xbb\xbf \n<HTML>", "a web page"),
        (b"<html>" + bytes(5000), "a web page"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'>", "an SVG picture, which can hold scripts"),
        (b'<?xml version="1.0"?>\n<svg>', "an SVG picture, which can hold scripts"),
        (b"<?xml version='1.0'?><rss>", "a web page or XML"),
        (b'{"error": "no"}', "JSON"),
        (b"BM\x10\0\0\0\0\0\0\0\x36\0", "a BMP picture"),
        (b"II*\0\x08\0\0\0", "a TIFF picture"),
        (b"\0\0\0\x1cftypavif", "an AVIF picture"),
        (b"\0\0\0\x1cftypheic", "a HEIC picture"),
        (b"\0\0\0\x1cftypisom", "a film"),
        (b"%PDF-1.7", "a PDF or PostScript file"),
        (b"%!PS-Adobe", "a PDF or PostScript file"),
        (b"PK\x03\x04", "an archive"),
        (b"GIF88a", "no picture"),
        (b"gif89a", "no picture"),
        (b"RIFF\x10\0\0\0WAVE", "no picture"),
        (b"\x7fELF", "no picture"),
        (b"plain", "no picture"),
    ],
)
def test_what_is_no_picture_is_refused_by_its_name(site: Site, data: bytes, what: str) -> None:
    page = Page(data, headers=(("Content-Type", "image/png"),))
    assert site.of_page(page) == (f"it is {what}", False)


def test_a_picture_is_named_by_its_content_alone() -> None:
    assert naming.name(b"", "jpeg") == "e3b0c44298fc1c14.jpg"
    assert naming.name(b"", "webp") == "e3b0c44298fc1c14.webp"
    with pytest.raises(KeyError):
        naming.name(b"", "svg")


# How many at once


@pytest.mark.parametrize(("hosts", "most"), [(1, 2), (5, 3)])
def test_two_at_a_host_and_three_in_all(site: Site, hosts: int, most: int) -> None:
    host = site.host({"/": raw(b"", "hang")})
    site.names = {f"h{number}.example": [["127.0.0.1"]] for number in range(hosts)}

    async def crowd() -> int:
        bounds = Bounds(at_once=3, per_host=2)
        async with Fetcher(bounds, allowed=frozenset({host.address}), resolve=site.resolve) as fetcher:
            urls = [host.url("/", name) for name in site.names] * 5
            tasks = [asyncio.create_task(fetcher.get(url)) for url in urls]
            await asyncio.to_thread(host.wait_for, most)
            for _ in range(100):  # chances for one more
                await asyncio.sleep(0)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            return len(site.connected)

    assert asyncio.run(crowd()) == most


def test_a_crowded_host_keeps_no_place_from_the_others(site: Site) -> None:
    slow, quick = site.host({"/": raw(b"", "hang")}), site.host({"/": Page(PNG)})
    site.names = {"slow.example": [["127.0.0.1"]], "quick.example": [["127.0.0.1"]]}

    async def quickly() -> Fetched:
        allowed = frozenset({slow.address, quick.address})
        async with Fetcher(Bounds(at_once=2, per_host=1), allowed=allowed, resolve=site.resolve) as fetcher:
            crowd = [asyncio.create_task(fetcher.get(slow.url("/", "slow.example"))) for _ in range(3)]
            await asyncio.to_thread(slow.wait_for, 1)
            async with asyncio.timeout(5):
                found = await fetcher.get(quick.url("/", "quick.example"))
            for task in crowd:
                task.cancel()
            await asyncio.gather(*crowd, return_exceptions=True)
            return found

    assert asyncio.run(quickly()).data == PNG


def test_the_wait_for_a_place_does_not_count(site: Site) -> None:
    host = site.host({"/": raw(b"", "hang")})
    found = site.get(*[host.url()] * 3, allow=(host,), bounds=Bounds(deadline=0.1, per_host=1))
    assert [str(failure) for failure in found] == ["it took longer than 0.1 s"] * 3
    assert len(site.connected) == 3


def test_a_fetch_that_is_given_up_frees_its_place(site: Site) -> None:
    host = site.host({"/": raw(b"", "hang"), "/picture": Page(PNG)})

    async def given_up() -> Fetched:
        async with Fetcher(Bounds(at_once=1), allowed=frozenset({host.address})) as fetcher:
            task = asyncio.create_task(fetcher.get(host.url()))
            await asyncio.to_thread(host.wait_for, 1)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            found = await fetcher.get(host.url("/picture"))
            assert not fetcher._crowding._hosts
            return found

    assert asyncio.run(given_up()).data == PNG


@pytest.mark.parametrize("seed", range(3))
def test_an_answer_with_bytes_turned_about_is_a_picture_or_a_reason(site: Site, seed: int) -> None:
    chance = Random(seed)
    whole = [
        OK + b"Content-Length: 2008\r\nContent-Type: image/png\r\n\r\n" + PNG,
        CHUNKED + b"7d8;a=b\r\n" + PNG + b"\r\n0\r\nA: b\r\n\r\n",
        OK + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(PNG),
        b"HTTP/1.1 302 Found\r\nLocation: /0\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n" + OK + b"\r\n" + PNG,
    ]
    pages = {}
    for number in range(100):
        reply = bytearray(chance.choice(whole))
        for _ in range(chance.randint(1, 4)):
            place = chance.randrange(min(len(reply), 120))
            reply[place : place + chance.choice((0, 1, 1, 5))] = chance.choice(
                (b"", chance.randbytes(1), b"\r\n", b"\0", b":", b"\xff" * 9, b"9" * 25)
            )
        pages[f"/{number}"] = raw(bytes(reply))
    host = site.host(pages)
    bounds = Bounds(most=10_000, deadline=2, at_once=16, per_host=16)
    found = site.get(*[host.url(path) for path in pages], allow=(host,), bounds=bounds)
    assert len(found) == 100
    assert any(isinstance(one, FetchError) for one in found)
    gc.collect()
