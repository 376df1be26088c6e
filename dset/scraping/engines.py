"""DuckDuckGo and Bing, searched through ddgs: their pages are read as a browser's, nobody promises that it works."""

import asyncio
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from dset.cleaning import clean
from dset.scraping import finds
from dset.scraping.finds import Asked, Find, Page
from dset.scraping.sources import SourceError

NAMES = ("duckduckgo", "bing")
LICENCE = "unknown"
_MOST_PAGES = 5
_TIMEOUT = 10  # seconds for one request of ddgs, which makes two for a page
_LONGEST = 45.0  # seconds for a page in all
Results = Sequence[Mapping[str, Any]]
Look = Callable[[str, str, int], Results]


def look(query: str, backend: str, number: int) -> Results:
    """Page `number` of the images that a backend of ddgs finds; raises whatever ddgs raises."""
    from ddgs import DDGS

    return DDGS(timeout=_TIMEOUT).images(query, backend=backend, page=number, max_results=None)


class Engine:
    """A Source: one of the two, by its name."""

    def __init__(self, name: str, look: Look = look, longest: float = _LONGEST) -> None:
        """`look` (query, backend, number of the page) does the search, in a thread; `longest`: seconds for it."""
        self.name, self._look, self._longest = name, look, longest

    async def page(self, asked: Asked, number: int) -> Page:
        """The page. Raises SourceError: that nothing came says little, since a blocked address looks the same."""
        nothing = (
            f"{self.name} gave nothing for {clean(asked.query, 60)}: no results, or it blocks this address"
        )
        try:
            async with asyncio.timeout(self._longest):
                results = await _in_thread(lambda: self._look(asked.query, self.name, number))
        except TimeoutError:
            raise SourceError(f"{self.name} does not answer in time") from None
        except ImportError:
            raise SourceError(f"{self.name} needs the package ddgs", over=True) from None
        except Exception as error:  # noqa: BLE001 - a page that is read as a browser's fails in any way
            raise SourceError(nothing if _is_nothing(error) else self._failed(error)) from None
        found = tuple(one for entry in results or () if (one := _find(entry, self.name, asked)))
        if not found and number == 1:
            raise SourceError(nothing)
        return Page(found, bool(found) and number < _MOST_PAGES)

    def _failed(self, error: Exception) -> str:
        said = clean(str(error), 100)
        if "timed out" in said.lower() or type(error).__name__ == "TimeoutException":
            return f"{self.name} does not answer in time"
        return f"{self.name} cannot be searched ({type(error).__name__}{said and ': '}{said})"


def _is_nothing(error: Exception) -> bool:
    """ddgs swallows every status but 200, and says of an empty page and of a refusal the same."""
    return type(error).__name__ == "DDGSException" and "no results" in str(error).lower()


def _find(entry: Any, name: str, asked: Asked) -> Find | None:
    url = finds.address(entry.get("image")) if isinstance(entry, Mapping) else ""
    if not url:
        return None
    return Find(
        url=url,
        source=name,
        query=asked.query,
        page=finds.address(entry.get("url")),
        author="",  # `source` names a site, or the engine
        licence=LICENCE,
        width=finds.whole(entry.get("width")),
        height=finds.whole(entry.get("height")),
        label=asked.label,
    )


async def _in_thread(call: Callable[[], Results]) -> Results:
    """Its result, from a thread that is not waited for at the end: an executor's would hold the program."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[tuple[Results, Exception | None]] = loop.create_future()

    def settle(result: Results, error: Exception | None) -> None:
        if not future.done():
            future.set_result((result, error))  # a future bears no StopIteration

    def run() -> None:
        result: Results = ()
        raised: Exception | None = None
        try:
            result = call()
        except Exception as error:  # noqa: BLE001 - handed on to who waits
            raised = error
        try:
            loop.call_soon_threadsafe(settle, result, raised)
        except RuntimeError:
            pass  # nobody waits any more, the loop is closed

    threading.Thread(target=run, name="search", daemon=True).start()
    result, error = await future
    if error is not None:
        raise error
    return result
