"""The sources and tools of a real run, put together for as long as it lasts."""

import contextlib
import importlib.util
from collections.abc import AsyncIterator, Callable, Sequence

from dset.errors import UsageError
from dset.images import likeness, opening
from dset.keys import Secrets, is_placeholder
from dset.scraping import engines, folder, naming, page_cache, searching
from dset.scraping.engines import Engine
from dset.scraping.fetching import Fetcher, FetchError
from dset.scraping.pexels import Pexels
from dset.scraping.pixabay import Pixabay
from dset.scraping.searching import Api, Search
from dset.scraping.sources import Source
from dset.scraping.tools import Seen, Tools

_HOME = {"PEXELS_API_KEY": "https://www.pexels.com/api/", "PIXABAY_API_KEY": "https://pixabay.com/api/docs/"}


def apis() -> dict[str, Api]:
    """The services with a key, by name."""
    return {one.name: one for one in (Pexels(), Pixabay())}


def usable(names: Sequence[str], secrets: Secrets, tell: Callable[[str], None]) -> tuple[str, ...]:
    """Those that can be searched; `tell` takes a line for each that cannot. Raises UsageError where none is left."""
    found, missing = [], []
    known = apis()
    for name in names:
        if name in known and not _has_key(known[name].key_name, secrets):
            missing.append(f"{name} is left out: {known[name].key_name} is not set in .env")
        elif name in engines.NAMES and importlib.util.find_spec("ddgs") is None:
            missing.append(f"{name} is left out: it needs the package ddgs")
        else:
            found.append(name)
    if not found:
        variables = ", ".join(f"{one.key_name} ({_HOME[one.key_name]})" for one in known.values())
        raise UsageError(
            f"no source can be searched: {'; '.join(missing)}. Put a key into .env: {variables}; "
            "duckduckgo and bing need none"
        )
    for line in missing:
        tell(line)
    return tuple(found)


def _has_key(name: str, secrets: Secrets) -> bool:
    key = secrets.get(name)
    return key is not None and not is_placeholder(key)


@contextlib.asynccontextmanager
async def connected(names: Sequence[str], secrets: Secrets) -> AsyncIterator[tuple[list[Source], Tools]]:
    """The sources by these names, and the tools."""
    known, root = apis(), folder.ROOT
    page_cache.PageCache(root / page_cache.NAME).clear_old()
    async with searching.client() as client, Fetcher() as fetcher:
        sources: list[Source] = [
            Search(known[name], secrets, root, client) if name in known else Engine(name) for name in names
        ]
        yield sources, tools(fetcher)


def tools(fetcher: Fetcher) -> Tools:
    """What a real run downloads and looks at pictures with."""
    return Tools(
        fetch=fetcher.get,
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
