"""The sources and tools of a real run, put together for as long as it lasts."""

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

from dset.downloads import naming
from dset.downloads.fetching import Fetched, Fetcher, FetchError
from dset.images import likeness, opening
from dset.keys import Secrets
from dset.scraping import folder, page_cache, searching
from dset.scraping.engines import Engine
from dset.scraping.searching import Search
from dset.scraping.selection import apis
from dset.scraping.sources import Source
from dset.scraping.tools import Seen, Tools


@contextlib.asynccontextmanager
async def connected(names: Sequence[str], secrets: Secrets) -> AsyncIterator[tuple[list[Source], Tools]]:
    """The sources by these names, and the tools."""
    known, root = apis(), folder.ROOT
    page_cache.PageCache(root / page_cache.NAME).clear_old()
    async with searching.client() as client, Fetcher() as fetcher:
        sources: list[Source] = [
            Search(known[name], secrets, root, client) if name in known else Engine(name) for name in names
        ]
        yield sources, tools_with(fetcher.get)


def tools_with(fetch: Callable[[str], Awaitable[Fetched]]) -> Tools:
    """What a run looks at pictures with, downloaded by `fetch`."""
    return Tools(
        fetch=fetch,
        lost=FetchError,
        look=look,
        broken=opening.PictureError,
        name=naming.name,
        prints=likeness.Prints,
    )


def look(data: bytes) -> Seen:
    """The picture, loaded whole: what is cut off shows only then. Raises PictureError."""
    with opening.open_picture(data) as picture, opening.reading():
        picture.load()
        return Seen(*picture.size, likeness.fingerprint(picture))
