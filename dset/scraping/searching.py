"""One service with a key is searched: its limits kept, its pages cached, its failures told without the key."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, Protocol

import httpx2

from dset import clocks
from dset.bodies import PACKING, cap
from dset.cleaning import clean, page_text
from dset.failures import BodyTooLarge
from dset.keys import Secrets
from dset.scraping import allowances, page_cache
from dset.scraping.allowances import Allowance, Ledger
from dset.scraping.finds import Asked, Page
from dset.scraping.page_cache import PageCache
from dset.scraping.sources import SourceError
from dset.wording import span

LARGEST = 8 << 20  # bytes of a page, unpacked
_TIMEOUT = 30.0  # seconds for one request, all of it
_TRIES = 4  # of one page: refused for its pace, or without an answer
_PAUSES = (2.0, 4.0)  # seconds after no answer
Sleep = Callable[[float], Awaitable[None]]


class Api(Protocol):
    """What one service wants to be asked and how its answers are read: pexels.py, pixabay.py."""

    @property
    def name(self) -> str: ...
    @property
    def key_name(self) -> str: ...
    @property
    def longest_query(self) -> int:  # characters; 0: any
        ...
    @property
    def allowance(self) -> Allowance: ...

    url: str

    def parameters(self, asked: Asked, number: int) -> dict[str, str]: ...
    def identified(self, key: str) -> tuple[dict[str, str], dict[str, str]]: ...
    def read(self, body: bytes, asked: Asked, number: int) -> Page: ...


class Search:
    """A Source: one service over HTTP. `folder` holds the limits and the cache that all runs share."""

    def __init__(
        self,
        api: Api,
        secrets: Secrets,
        folder: Path,
        client: httpx2.AsyncClient,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._api, self._secrets, self._client, self._sleep = api, secrets, client, sleep
        self._ledger = Ledger(folder / allowances.NAME, api.name, api.allowance)
        self._cache = PageCache(folder / page_cache.NAME)

    @property
    def name(self) -> str:
        """As --source names it."""
        return self._api.name

    async def page(self, asked: Asked, number: int) -> Page:
        """The page, out of the cache where it came within a day. Raises SourceError."""
        api, parameters = self._api, self._api.parameters(asked, number)
        if 0 < api.longest_query < len(asked.query):
            raise SourceError(f"{api.name} takes at most {api.longest_query} characters", again=False)
        body = self._cache.get(api.url, parameters)
        known = body is not None
        if body is None:
            body = await self._asked(parameters)
        try:
            page = api.read(body, asked, number)
        except ValueError as error:
            raise SourceError(f"{api.name} answers what cannot be read: {clean(str(error), 100)}") from None
        if not known:  # only what can be read: an error page of a day would be a day without this service
            self._cache.put(api.url, parameters, body)
        return page

    async def _asked(self, parameters: dict[str, str]) -> bytes:
        """The body of a 200, without the key, should the service echo it. Raises SourceError."""
        pauses = iter(_PAUSES)
        reason = ""
        for _ in range(_TRIES):
            await self._turn()
            self._ledger.count()
            try:
                status, headers, body = await self._sent(parameters)
            except SourceError as error:
                reason = error.reason
            else:
                self._ledger.heard(status, headers)
                if status == 200:
                    return body
                reason = self._refused(status, body)
                if status == 429:
                    continue  # the ledger knows how long
            pause = next(pauses, None)
            if pause is None:
                break
            await self._sleep(pause)
        raise SourceError(reason)

    async def _turn(self) -> None:
        """Wait until a request is allowed. Raises SourceError where that is not soon."""
        wait = self._ledger.wait()
        if wait > allowances.SHORT:
            at = clocks.now() + timedelta(seconds=wait)
            form = "%H:%M UTC" if wait < 86_400 else "%Y-%m-%d %H:%M UTC"
            reason = f"its limit is reached, it rests until {at.strftime(form)} (in {span(wait)})"
            raise SourceError(f"{self.name}: {reason}", over=True)
        if wait > 0:
            await self._sleep(wait)

    async def _sent(self, parameters: dict[str, str]) -> tuple[int, Any, bytes]:
        """(status, headers, body). Raises SourceError where no whole answer comes."""
        key = self._secrets.get(self._api.key_name) or ""
        headers, more = self._api.identified(str(key))
        try:
            async with (
                asyncio.timeout(_TIMEOUT),
                self._client.stream(
                    "GET", self._api.url, params=parameters | more, headers=headers
                ) as response,
            ):
                cap(response, LARGEST)
                body = await response.aread()
                return response.status_code, response.headers, self._secrets.scrub_bytes(body)
        except TimeoutError:
            raise SourceError(f"{self.name} does not answer within {_TIMEOUT:.0f} s") from None
        except BodyTooLarge as error:
            raise SourceError(f"{self.name}: its answer cannot be taken: {error}") from None
        # A key that is no header's text is a ValueError, which quotes it.
        except (httpx2.HTTPError, httpx2.InvalidURL, httpx2.StreamError, ValueError, OSError) as error:
            said = clean(self._secrets.scrub(str(error)), 100)
            raise SourceError(
                f"{self.name} cannot be reached ({type(error).__name__}{said and ': '}{said})"
            ) from None

    def _refused(self, status: int, body: bytes) -> str:
        """What an answer other than 200 means, where another try may help. Raises SourceError where none does."""
        said = page_text(body.decode("utf-8", "replace"), 120)
        name, key = self.name, self._api.key_name
        if status in {401, 403} or (status == 400 and "api key" in said.lower()):
            raise SourceError(
                f"{name} refuses the key ({status}): check {key} in .env", over=True, again=False
            )
        reason = f"{name} answers {status}" + (f": {said}" if said else "")
        if 300 <= status < 500 and status not in {408, 425, 429}:
            raise SourceError(reason, again=False)
        return f"{name} refuses for its pace (429)" if status == 429 else reason


@contextlib.asynccontextmanager
async def client() -> AsyncIterator[httpx2.AsyncClient]:
    """What the services with a key are asked through: no redirect is followed, since the key would go along."""
    headers = {"Accept-Encoding": PACKING, "Accept": "application/json", "User-Agent": "dset"}
    timeout = httpx2.Timeout(_TIMEOUT)
    async with httpx2.AsyncClient(timeout=timeout, headers=headers, follow_redirects=False) as made:
        yield made
