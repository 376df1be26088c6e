"""Downloads of pictures, safe against whatever the web site behind a URL does.

The sites are strangers': no key, cookie, login or address of another page goes there, no proxy or login is taken from
the environment, and nothing of this machine or its network is reached, at a redirect as little as at first.
"""

import asyncio
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import Self
from urllib.parse import urljoin

import aiohttp
import httpx2
import yarl

import dset
from dset.cleaning import clean
from dset.downloads import connecting, failing, kinds
from dset.downloads.addresses import UnsafeError, Url, parse
from dset.downloads.connecting import Gate, Resolve
from dset.downloads.crowding import Crowding
from dset.downloads.failing import FetchError
from dset.downloads.unpacking import BodyError, Unpacker, size

__all__ = ["Bounds", "FetchError", "Fetched", "Fetcher"]

AGENT = f"dset/{dset.__version__} (image search)"


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a download may take."""

    most: int = 32 << 20  # bytes of a picture
    deadline: float = 30.0  # seconds from its first connection to its last byte, redirects included
    idle: float = 10.0  # seconds without a byte
    redirects: int = 3
    at_once: int = 8
    per_host: int = 2


BOUNDS = Bounds()


@dataclass(frozen=True, slots=True)
class Fetched:
    """A picture: at least its first bytes are those of one."""

    url: str  # where it was in the end
    data: bytes
    kind: str  # jpeg, png, gif or webp


class Fetcher:
    """Downloads from `async with` on; several at once."""

    def __init__(
        self,
        bounds: Bounds = BOUNDS,
        *,
        allowed: frozenset[tuple[str, int]] = frozenset(),
        resolve: Resolve = connecting.system_resolve,
        tls: ssl.SSLContext | None = None,
        agent: str = AGENT,
    ) -> None:
        """`allowed`: (address, port) pairs that may be connected to though they are not public, for tests."""
        self._bounds, self._resolve, self._tls = bounds, resolve, tls
        self._gate = Gate(allowed)
        self._crowding = Crowding(bounds.at_once, bounds.per_host)
        self._headers = {
            "User-Agent": agent,
            "Accept": ", ".join(f"image/{kind}" for kind in kinds.EXTENSIONS),
            "Accept-Encoding": "identity",
        }

    async def __aenter__(self) -> Self:
        tls = self._tls or httpx2.create_ssl_context()
        self._session = aiohttp.ClientSession(
            connector=connecting.connector(self._gate, self._resolve, tls),
            headers=self._headers,
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(sock_connect=self._bounds.idle, sock_read=self._bounds.idle),
            auto_decompress=False,  # that is done here, where it can be bounded
            trust_env=False,
            middlewares=(_once,),
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._session.close()

    async def get(self, url: str) -> Fetched:
        """The picture at `url`. Raises FetchError and nothing else."""
        left = self._bounds.deadline
        redirected = ""
        for _ in range(self._bounds.redirects + 1):
            try:
                parsed = parse(url, self._gate.ports)
                found, took = await self._within(left, parsed)
            except UnsafeError as error:
                raise FetchError(f"{redirected}{error}", again=False) from None
            if isinstance(found, Fetched):
                return found
            left, url = left - took, found
            redirected = f"it redirects to {clean(url, 120)}: "
        raise FetchError(f"it redirects more than {self._bounds.redirects} times", again=False)

    async def _within(self, seconds: float, url: Url) -> tuple[Fetched | str, float]:
        """What `_ask` returns, and the seconds that took. The wait for a place does not count."""
        clock = asyncio.get_running_loop().time
        async with self._crowding.place(url.host):
            began = clock()
            try:
                async with asyncio.timeout(seconds):
                    return await self._ask(url), clock() - began
            except TimeoutError:
                raise FetchError(f"it took longer than {self._bounds.deadline:g} s", again=True) from None

    async def _ask(self, url: Url) -> Fetched | str:
        """The picture, or the URL that it redirects to. Raises FetchError and UnsafeError."""
        if url.is_address:  # aiohttp resolves names only
            self._gate.check([url.host], url.port)
        try:
            async with self._session.get(yarl.URL(str(url), encoded=True), allow_redirects=False) as answer:
                if answer.status in failing.REDIRECTS:
                    return _location(url, answer.headers.get("Location", ""))
                if answer.status != 200:
                    raise failing.of_status(answer.status, answer.headers, datetime.now(UTC))
                data = await self._read(answer)
        except BodyError as error:
            raise FetchError(str(error), again=error.broken) from None
        except failing.BROKEN as error:
            raise failing.of(error, self._bounds.idle) from error
        return Fetched(str(url), data, kinds.kind(data))

    async def _read(self, answer: aiohttp.ClientResponse) -> bytes:
        """The body, unpacked, once it is a picture's. Raises BodyError, and what aiohttp raises."""
        if (answer.content_length or 0) > self._bounds.most:
            raise BodyError(f"it is larger than {size(self._bounds.most)}")
        unpacker = Unpacker(answer.headers.getall("Content-Encoding", ()), self._bounds.most)
        data = bytearray()
        async for piece in answer.content.iter_any():
            known = len(data) >= kinds.ENOUGH
            data += unpacker.feed(piece)
            if not known and len(data) >= kinds.ENOUGH:
                _check(data)  # before the rest of it is waited for
        unpacker.end()
        _check(data)
        return bytes(data)


def _check(data: bytearray) -> None:
    start = bytes(data[: kinds.ENOUGH])
    if not kinds.kind(start):
        raise BodyError(f"it is {kinds.other(start)}")


def _location(url: Url, location: str) -> str:
    """Where a redirect leads, not yet checked."""
    if not location:
        raise FetchError("it redirects to nowhere", again=False)
    if not location.isprintable():  # urljoin drops line ends
        raise UnsafeError("it redirects to a URL that holds control characters")
    try:
        return urljoin(str(url), location)
    except ValueError:
        raise UnsafeError("it redirects to a URL that cannot be read") from None


async def _once(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    """Send a request once: aiohttp would send it anew where a server hangs up."""
    try:
        return await handler(request)
    except aiohttp.ClientConnectorError:
        raise
    except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError) as error:
        raise failing.CutError from error
