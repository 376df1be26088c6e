"""Pixabay: how a page of results is asked for and read (https://pixabay.com/api/docs)."""

from collections.abc import Mapping
from typing import Any

from dset.scraping import finds, tongues
from dset.scraping.allowances import Allowance, Rate
from dset.scraping.finds import Asked, Find, Page

NAME = "pixabay"
KEY = "PIXABAY_API_KEY"
LICENCE = "Pixabay Content License (https://pixabay.com/service/license-summary/)"
_A_PAGE = 80  # results; from 3 to 200
_SIZES = ("largeImageURL", "webformatURL")
_NAMES = ("pageURL", "user", "imageWidth", "imageHeight")


class Pixabay:
    """What Pixabay wants to be asked, and what it says."""

    name, key_name, longest_query = NAME, KEY, 100
    allowance = Allowance((Rate(100, 60),))

    def __init__(self, base_url: str = "https://pixabay.com") -> None:
        self.url = f"{base_url}/api/"

    def parameters(self, asked: Asked, number: int) -> dict[str, str]:
        """Of the request, without the key."""
        found = {"q": asked.query, "page": str(number), "per_page": str(_A_PAGE), "safesearch": "true"}
        language = tongues.language(asked.query)
        return found | ({"lang": language} if language else {})

    def identified(self, key: str) -> tuple[dict[str, str], dict[str, str]]:
        """(headers, parameters) that carry the key: it stands in the address, which is shown nowhere."""
        return {}, {"key": key}

    def read(self, body: bytes, asked: Asked, number: int) -> Page:
        """The page. Raises ValueError for a body that is none."""
        return read(body, asked, number)


def read(body: bytes, asked: Asked, number: int = 1) -> Page:
    """The page in an answer of Pixabay; entries that are none are left out. Raises ValueError."""
    document = finds.document(body)
    hits = document.get("hits")
    if not isinstance(hits, list):
        raise ValueError("it lists no hits")
    found = tuple(one for hit in hits if isinstance(hit, dict) and (one := _find(hit, asked)))
    return Page(found, bool(hits) and number * _A_PAGE < finds.whole(document.get("totalHits")))


def _find(hit: Mapping[str, Any], asked: Asked) -> Find | None:
    url = next((url for size in _SIZES if (url := finds.address(hit.get(size)))), "")
    return finds.find(hit, asked, url, NAME, LICENCE, _NAMES) if url else None
