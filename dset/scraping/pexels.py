"""Pexels: how a page of results is asked for and read (https://www.pexels.com/api/documentation/)."""

from collections.abc import Mapping
from typing import Any

from dset.scraping import finds, tongues
from dset.scraping.allowances import Allowance, Rate
from dset.scraping.finds import Asked, Find, Page

NAME = "pexels"
KEY = "PEXELS_API_KEY"
LICENCE = "Pexels License (https://www.pexels.com/license/)"
_A_PAGE = 80  # results; the most that it gives
_SIZES = ("large2x", "original", "large")  # the original may have 100 MB; large2x is 1,880 pixels wide
_NAMES = ("url", "photographer", "width", "height")


class Pexels:
    """What Pexels wants to be asked, and what it says."""

    name, key_name, longest_query = NAME, KEY, 0
    allowance = Allowance((Rate(200, 3600),), a_month=20_000)

    def __init__(self, base_url: str = "https://api.pexels.com") -> None:
        self.url = f"{base_url}/v1/search"

    def parameters(self, asked: Asked, number: int) -> dict[str, str]:
        """Of the request, without the key."""
        locale = tongues.locale(asked.query)
        found = {"query": asked.query, "page": str(number), "per_page": str(_A_PAGE)}
        return found | ({"locale": locale} if locale else {})

    def identified(self, key: str) -> tuple[dict[str, str], dict[str, str]]:
        """(headers, parameters) that carry the key: the header holds it alone, no Bearer."""
        return {"Authorization": key}, {}

    def read(self, body: bytes, asked: Asked, number: int) -> Page:
        """The page. Raises ValueError for a body that is none."""
        return read(body, asked, number)


def read(body: bytes, asked: Asked, _: int = 1) -> Page:
    """The page in an answer of Pexels; entries that are none are left out. Raises ValueError."""
    document = finds.document(body)
    photos = document.get("photos")
    if not isinstance(photos, list):
        raise ValueError("it lists no photos")
    found = tuple(one for photo in photos if isinstance(photo, dict) and (one := _find(photo, asked)))
    return Page(found, bool(photos and document.get("next_page")))


def _find(photo: Mapping[str, Any], asked: Asked) -> Find | None:
    sizes = photo.get("src")
    if not isinstance(sizes, dict):
        return None
    url = next((url for size in _SIZES if (url := finds.address(sizes.get(size)))), "")
    return finds.find(photo, asked, url, NAME, LICENCE, _NAMES) if url else None
