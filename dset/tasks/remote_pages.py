"""Pages of a server that the user named, fetched with bounds: size, time, redirects, and nothing from the environment."""

import asyncio
import json
import os
import ssl
import time
from urllib.parse import urljoin

import aiohttp
import httpx2
import yarl

import dset
from dset.cleaning import clean, page_text
from dset.downloads.addresses import UnsafeError, Url, parse
from dset.downloads.unpacking import BodyError, Unpacker, size
from dset.tasks.remote import RemoteError, shown

MOST = 4 << 20  # bytes of a page, unpacked
TIMEOUT = 10.0  # seconds for one page, from the first connection to the last byte, redirects included
TOTAL = 60.0  # for all pages of one command
_REDIRECTS = 3
_MOVED = frozenset({301, 302, 303, 307, 308})
_PORTS = range(1, 65536)
_HEADERS = {
    "User-Agent": f"dset/{dset.__version__}",
    "Accept": "application/json",
    "Accept-Encoding": "gzip, identity",
}


class Pages:
    """What one command fetches. Private addresses and this machine are allowed: the user named the server."""

    def __init__(self, timeout: float = TIMEOUT, total: float = TOTAL) -> None:
        self._timeout, self._left, self._total = timeout, total, total

    def fetch(self, url: str) -> bytes | None:
        """The body of the page; None for a 404. Raises RemoteError and nothing else."""
        began = time.monotonic()
        try:
            if self._left <= 0:
                raise RemoteError(f"{shown(url)}: the server took longer than {self._total:g} s in all")
            return asyncio.run(self._within(url))
        finally:
            self._left -= time.monotonic() - began

    async def _within(self, url: str) -> bytes | None:
        seconds = min(self._timeout, self._left)
        try:
            async with asyncio.timeout(seconds):
                return await _followed(url)
        except TimeoutError:
            raise RemoteError(f"{shown(url)}: no whole answer within {seconds:.3g} s") from None
        except UnsafeError as error:
            raise RemoteError(f"{shown(url)}: {error}") from None
        except BodyError as error:
            raise RemoteError(f"{shown(url)}: what it answers: {error}") from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise RemoteError(f"{shown(url)}: cannot be reached ({_reason(error)})") from None


async def _followed(url: str) -> bytes | None:
    asked = parse(url, _PORTS)
    connector = aiohttp.TCPConnector(ssl=_tls() if asked.scheme == "https" else False, force_close=True)
    async with aiohttp.ClientSession(
        connector=connector,
        headers=_HEADERS,
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,  # that is done here, where it can be bounded
        trust_env=False,
    ) as session:
        for _ in range(_REDIRECTS + 1):
            found = await _asked(session, asked)
            if not isinstance(found, Url):
                return found
            asked = found
    raise RemoteError(f"{shown(url)}: redirects more than {_REDIRECTS} times")


def _tls() -> ssl.SSLContext:
    return httpx2.create_ssl_context()


async def _asked(session: aiohttp.ClientSession, url: Url) -> bytes | Url | None:
    """The body, None for a 404, or where it redirects to."""
    async with session.get(yarl.URL(str(url), encoded=True), allow_redirects=False) as answer:
        if answer.status in _MOVED:
            return _redirect(url, answer.headers.get("Location", ""))
        if answer.status == 404:
            return None
        if answer.status != 200:
            said = _said(await _read(answer, 4_000))
            raise RemoteError(f"{shown(str(url))}: answers {answer.status}" + (f": {said}" if said else ""))
        return await _read(answer, MOST)


def _said(body: bytes) -> str:
    """What an error's page says, in a few words: its `detail` where it is JSON of a server like ours."""
    try:
        detail = json.loads(body)["detail"]
    except (ValueError, RecursionError, TypeError, KeyError):
        detail = None
    return clean(detail, 200) if isinstance(detail, str) else page_text(body.decode("utf-8", "replace"))


def _redirect(url: Url, location: str) -> Url:
    """Raises RemoteError for another host, and for one that leaves TLS."""
    if not location or not location.isprintable():
        raise RemoteError(f"{shown(str(url))}: redirects to nowhere")
    to = parse(urljoin(str(url), location), _PORTS)
    if to.host != url.host or (to.port != url.port and to.scheme == url.scheme) or to.scheme < url.scheme:
        place = clean(f"{to.scheme}://{to.host}:{to.port}", 100)
        raise RemoteError(
            f"{shown(str(url))}: redirects to another server, {place}: name that one, if you trust it"
        )
    return to


async def _read(answer: aiohttp.ClientResponse, most: int) -> bytes:
    """The body, unpacked. Raises BodyError for what is larger; of an error's page the beginning is enough."""
    is_page = answer.status == 200
    if is_page and (answer.content_length or 0) > most:
        raise BodyError(f"it is larger than {size(most)}")
    unpacker, data = Unpacker(answer.headers.getall("Content-Encoding", ()), most), bytearray()
    try:
        async for piece in answer.content.iter_any():
            data += unpacker.feed(piece)
        unpacker.end()
    except BodyError:
        if is_page:
            raise
    return bytes(data)


def _reason(error: Exception) -> str:
    """In a few words, without a URL."""
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return "there is no such host"
    if isinstance(error, aiohttp.ClientConnectorError):
        number = error.os_error.errno
        return (
            os.strerror(number)
            if number
            else clean(str(error.os_error) or type(error.os_error).__name__, 120)
        )
    if isinstance(error, aiohttp.ServerDisconnectedError | aiohttp.ClientPayloadError):
        return "the connection broke off"
    return clean(str(error) or type(error).__name__, 120)
