"""The rehearsal of a search: pictures drawn here, from sources that do not exist; no network, nothing is billed."""

import contextlib
import io
import random
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from dset.downloads.fetching import Fetched, FetchError
from dset.keys import Secrets
from dset.scraping.finds import Asked, Find, Page
from dset.scraping.sources import Source
from dset.scraping.tools import Tools
from dset.scraping.wiring import tools_with

_A_PAGE = 20
_PAGES = 50
_SIZE = (640, 480)
_GONE = 0.1  # of the addresses lead to nothing


@dataclass(frozen=True, slots=True)
class Invented:
    """A source that finds whatever is asked."""

    name: str

    async def page(self, asked: Asked, number: int) -> Page:
        """Pictures of it that nobody has seen."""
        urls = [
            f"https://{self.name}.invalid/{hash_of(asked.query)}/{number}-{at}.jpg" for at in range(_A_PAGE)
        ]
        found = [
            Find(
                url,
                self.name,
                asked.query,
                url,
                "nobody",
                "invented: no picture of anybody's",
                *_SIZE,
                asked.label,
            )
            for url in urls
        ]
        return Page(tuple(found), number < _PAGES)


def hash_of(text: str) -> str:
    """A short name for a query, the same in each process."""
    return f"{random.Random(text).getrandbits(40):010x}"


async def draw(url: str) -> Fetched:
    """The picture at an invented address. Raises FetchError."""
    from PIL import Image, ImageDraw

    luck = random.Random(url)
    if luck.random() < _GONE:
        raise FetchError("the server says 404", again=False)
    image = Image.new("RGB", _SIZE, _colour(luck))
    pen = ImageDraw.Draw(image)
    for _ in range(40):
        left, top = luck.randrange(_SIZE[0]), luck.randrange(_SIZE[1])
        pen.ellipse((left, top, left + luck.randrange(20, 200), top + luck.randrange(20, 200)), _colour(luck))
    pen.text((10, 10), "[rehearsal]", fill=(255, 255, 255))
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=85)
    return Fetched(url, stream.getvalue(), "jpeg")


def _colour(luck: random.Random) -> tuple[int, int, int]:
    return luck.randrange(256), luck.randrange(256), luck.randrange(256)


@contextlib.asynccontextmanager
async def connected(names: Sequence[str], _: Secrets) -> AsyncIterator[tuple[list[Source], Tools]]:
    """Invented sources of these names, and the tools to look at what they give."""
    yield [Invented(name) for name in names], tools_with(draw)
