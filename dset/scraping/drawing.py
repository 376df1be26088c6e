"""A client of an OpenAI-compatible images endpoint: a prompt becomes a picture on disk, and its name the answer.

The picture is durable before its answer counts. What came whole and cannot be used fails the row: an outage would be
tried again, and each try would buy another picture. A download is tried again, which costs nothing.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from ipaddress import ip_address
from typing import Any, Protocol
from urllib.parse import urlsplit

from dset.clients import Client
from dset.downloads.failing import FetchError
from dset.downloads.fetching import Fetcher
from dset.endpoints import Endpoint
from dset.errors import StorageError
from dset.failures import Failure, Kind
from dset.images.opening import PictureError
from dset.messages import Messages
from dset.replies import Reply
from dset.scraping import drawn
from dset.settings import Settings

WAITS = (2.0, 8.0)  # seconds before a download is tried again; a server that asks for more is not waited for
_LONGEST_WAIT = 30.0
IN_PLACE = (
    "Where the service can send the picture itself, say so in endpoints.toml: "
    'extra_body = { response_format = "b64_json" }'
)
Allowed = frozenset[tuple[str, int]]


class Fetched(Protocol):
    """What a download brought."""

    @property
    def data(self) -> bytes: ...


Fetch = Callable[[str, Allowed], Awaitable[Fetched]]


async def download(url: str, allowed: Allowed) -> Fetched:
    """The picture at `url`; (address, port) pairs that are `allowed` need not be public. Raises FetchError."""
    async with Fetcher(allowed=allowed) as fetcher:
        return await fetcher.get(url)


class Drawer(Client):
    """Asks one endpoint for pictures."""

    path = "images/generations"

    def __init__(
        self,
        endpoint: Endpoint,
        settings: Settings,
        most: int,
        *,
        put: Callable[[bytes], str],
        size: str,
        fetch: Fetch = download,
        waits: tuple[float, ...] = WAITS,
    ) -> None:
        """`put` keeps a picture and names it, as Store.put; `size` is asked for unless it is ''."""
        super().__init__(endpoint, settings, most)
        self._put, self._size, self._fetch, self._waits = put, size, fetch, waits

    def body(self, messages: Messages) -> dict[str, Any]:
        """One picture of the last thing that the user said: of several only the first could be an answer."""
        prompt = next(str(one["content"]) for one in reversed(messages) if one["role"] == "user")
        size = {"size": self._size} if self._size else {}
        return {**self.endpoint.extra_body, "model": self.endpoint.model, "prompt": prompt, "n": 1, **size}

    def outcome(self, content: bytes, content_type: str) -> Reply | Failure:
        """The picture or its address as the answer's text."""
        return drawn.read(content, content_type, self.endpoint.model)

    async def kept(self, reply: Reply) -> Reply | Failure:
        """The reply with the name of its picture, which is on disk by then."""
        try:
            data = await self._picture(reply.answer)
            return replace(reply, answer=await asyncio.to_thread(self._put, data))
        except FetchError as error:
            # The address is kept in rejected.json: whoever can reach it has the picture.
            return drawn.useless(f"its address cannot be fetched: {error.reason}", IN_PLACE, reply=reply)
        except PictureError as error:
            return drawn.useless(f"what came {error}", usage=drawn.without_text(reply))
        except StorageError as error:
            advice = "Make room, then run the same command again."
            return Failure(Kind.STOP, str(error), advice, scope="service", usage=drawn.without_text(reply))

    async def _picture(self, answer: str) -> bytes:
        """Raises FetchError and PictureError."""
        if not drawn.is_address(answer):
            return await asyncio.to_thread(drawn.decoded, answer)
        allowed = own_origin(answer, self.endpoint)
        for wait in self._waits:
            try:
                return (await self._fetch(answer, allowed)).data
            except FetchError as error:
                if not error.again or (error.wait or 0) > _LONGEST_WAIT:
                    raise
                await asyncio.sleep(max(wait, error.wait or 0))
        return (await self._fetch(answer, allowed)).data


def own_origin(url: str, endpoint: Endpoint) -> Allowed:
    """What may be connected to though it is not public: the very host and port that are asked for pictures.

    Many a server on this machine answers with an address of its own. A host with a name is taken at its word only where
    it is this machine: what another name leads to may change between two looks.
    """
    try:
        home, there = urlsplit(endpoint.base_url), urlsplit(url)
        if (home.scheme, home.hostname, home.port) != (there.scheme, there.hostname, there.port):
            return frozenset()
        host, port = home.hostname or "", home.port or {"http": 80, "https": 443}[home.scheme]
        if host == "localhost":
            return frozenset({("127.0.0.1", port), ("::1", port)})
        return frozenset({(str(ip_address(host)), port)})
    except (ValueError, KeyError):
        return frozenset()
