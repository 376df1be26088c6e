"""What a run speaks through: openai's client without the headers that nobody needs, over a short way to aiohttp.

All of it stands on what the packages document. httpx2's own client parses the same URL and headers anew for each
request and reaches aiohttp through a dozen layers: half of what a row costs. Imported with the first request, since
openai takes half a second.
"""

import io
from collections.abc import AsyncIterator
from typing import Any
from urllib.request import getproxies

import aiohttp
import httpx2
import openai
from multidict import CIMultiDict

from dset import bodies

_LARGE = 1 << 20  # bytes of a request: more is sent piece by piece, so that others are heard meanwhile
_KEPT = 5.0  # seconds that an idle connection is kept, as httpx2 does


class Service(openai.AsyncOpenAI):
    """openai's client for one service: `ask` is all that a run needs of it."""

    def __init__(self, base_url: str, key: str | None, http_client: httpx2.AsyncClient, path: str) -> None:
        super().__init__(api_key=key or "none", base_url=base_url, max_retries=0, http_client=http_client)
        self._own: dict[str, str | openai.Omit] = {
            "Accept": "application/json",
            "Accept-Encoding": bodies.PACKING,
            "Content-Type": "application/json",
            "User-Agent": f"AsyncOpenAI/Python {openai.__version__}",
        }
        left_out = {"x-stainless-retry-count", "x-stainless-read-timeout"}
        if key:
            self._own["Authorization"] = f"Bearer {key}"
        else:
            left_out.add("Authorization")
        self._url = str(self.base_url.copy_with(raw_path=self.base_url.raw_path + path.encode("ascii")))
        # What is stated here is neither looked up nor copied for each request.
        self._options: Any = {
            "headers": dict.fromkeys(left_out, openai.Omit()),
            "security": {},
            "max_retries": 0,
            "timeout": http_client.timeout,
            "idempotency_key": "",
        }

    @property
    def default_headers(self) -> dict[str, str | openai.Omit]:
        """Ours, and nothing of what the package takes from the environment or tells of this machine."""
        return self._own

    async def ask(self, body: bytes) -> httpx2.Response:
        """The response to what is posted to the one path, whatever its status. Raises openai.APIConnectionError and more."""
        try:
            return await self.post(self._url, cast_to=httpx2.Response, content=body, options=self._options)
        except openai.APIStatusError as error:
            return error.response

    async def page(self, path: str) -> httpx2.Response:
        """A page below the base URL, whatever its status."""
        try:
            return await self.get(path, cast_to=httpx2.Response, options=self._options)
        except openai.APIStatusError as error:
            return error.response


class Transport(httpx2.AsyncBaseTransport):
    """aiohttp, for the requests that ShortWay makes: raises httpx2.TransportError with aiohttp's own error as its cause, and reads at most `most` bytes."""

    def __init__(self, timeout: httpx2.Timeout, connections: int, most: int, *, tls: bool) -> None:
        """`connections` at once; `tls` where they are encrypted. To be made in a running event loop."""
        self._most = most
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                limit=connections, keepalive_timeout=_KEPT, ssl=httpx2.create_ssl_context() if tls else True
            ),
            timeout=aiohttp.ClientTimeout(sock_connect=timeout.connect, sock_read=timeout.read),
            auto_decompress=False,  # that is done here, where it can be bounded
        )

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """One request; the body of the response is read."""
        body = request.read()
        sent = self._session.request(
            request.method,
            str(request.url),
            headers=request.extensions["headers"],
            data=body if len(body) < _LARGE else io.BytesIO(body),
            allow_redirects=False,  # never with the key to another host
        )
        try:
            async with sent as answer:
                length = answer.content_length
                if length is None or length > self._most or "Content-Encoding" in answer.headers:
                    return await self._bounded(answer, request)
                content = await answer.read()
        except aiohttp.ClientError as error:
            raise httpx2.TransportError(str(error), request=request) from error
        return _Whole(answer, content, request)

    async def _bounded(self, answer: aiohttp.ClientResponse, request: httpx2.Request) -> httpx2.Response:
        """A body that is packed, or whose length is not told."""
        response = httpx2.Response(
            answer.status, headers=answer.raw_headers, stream=_Chunks(answer), request=request
        )
        bodies.cap(response, self._most)
        await response.aread()
        return response

    async def aclose(self) -> None:
        """Close all connections."""
        await self._session.close()


class _Whole(httpx2.Response):
    """A response whose body is here: httpx2's own would take it apart and join it again."""

    def __init__(self, answer: aiohttp.ClientResponse, body: bytes, request: httpx2.Request) -> None:
        stream = httpx2.ByteStream(body)
        super().__init__(answer.status, headers=answer.raw_headers, stream=stream, request=request)
        self._whole = body

    @property
    def content(self) -> bytes:
        """The body."""
        return self._whole


class _Chunks(httpx2.AsyncByteStream):
    def __init__(self, answer: aiohttp.ClientResponse) -> None:
        self._answer = answer

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self._answer.content.iter_any():
            yield chunk


class ShortWay(httpx2.AsyncClient):
    """An HTTP client that goes straight to its transport: no redirects, no proxies, no login of its own."""

    def __init__(self, transport: Transport, timeout: httpx2.Timeout) -> None:
        super().__init__(transport=transport, timeout=timeout, trust_env=False)
        self._straight = transport
        self._last: tuple[object, object] = ("", [])
        self._url, self._headers = httpx2.URL(), httpx2.Headers()
        self._extensions: dict[str, Any] = {"timeout": timeout.as_dict()}

    def build_request(
        self, method: str, url: httpx2.URL | str, *, content: Any = None, headers: Any = None, **_: Any
    ) -> httpx2.Request:
        """A POST of openai's; a URL and headers that are those of the last one are not parsed again."""
        if self._last != (url, headers):
            self._url, self._headers, self._last = httpx2.URL(url), httpx2.Headers(headers), (url, headers)
            self._extensions["headers"] = CIMultiDict(self._headers.multi_items())  # as aiohttp takes them
        stream = httpx2.ByteStream(content or b"")
        return httpx2.Request(
            method, self._url, headers=self._headers, stream=stream, extensions=self._extensions
        )

    async def send(self, request: httpx2.Request, **_: Any) -> httpx2.Response:
        """The response, read."""
        return await self._straight.handle_async_request(request)


def connect(
    base_url: str,
    key: str | None,
    timeout: httpx2.Timeout,
    connections: int,
    most: int,
    *,
    path: str = "chat/completions",
    local: bool,
) -> Service:
    """The service at `base_url`, asked at `path` below it; `most` bytes of a body are read. To be called in a running event loop."""
    if not local and has_proxies():
        return Service(base_url, key, _long_way(timeout, connections, most), path)
    transport = Transport(timeout, connections, most, tls=base_url.startswith("https"))
    return Service(base_url, key, ShortWay(transport, timeout), path)


def has_proxies() -> bool:
    """The environment, or the system, names a proxy for web pages."""
    return not {"http", "https", "all"}.isdisjoint(getproxies())


def _long_way(timeout: httpx2.Timeout, connections: int, most: int) -> httpx2.AsyncClient:
    """httpx2's own client, which knows proxies."""

    async def capped(response: httpx2.Response) -> None:
        bodies.cap(response, most)

    return openai.DefaultAioHttpClient(
        timeout=timeout,
        limits=httpx2.Limits(max_connections=connections, max_keepalive_connections=connections),
        follow_redirects=False,
        event_hooks={"response": [capped]},
    )
