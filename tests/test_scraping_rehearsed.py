"""Sources that do not exist: the same at each call, pictures that are told apart, and a few that lead to nothing."""

import asyncio

import pytest

from dset.downloads.fetching import Fetched, FetchError
from dset.keys import Secrets
from dset.scraping import rehearsed, wiring
from dset.scraping.finds import Asked


def drawn(url: str) -> Fetched:
    return asyncio.run(rehearsed.draw(url))


def test_an_invented_picture_is_the_same_at_each_call_and_unlike_any_other() -> None:
    first, again, other = (
        drawn("https://a.invalid/1"),
        drawn("https://a.invalid/1"),
        drawn("https://a.invalid/2"),
    )
    assert first.data == again.data != other.data
    seen = wiring.look(first.data)
    assert (seen.width, seen.height, first.kind) == (640, 480, "jpeg")
    assert seen.fingerprint != wiring.look(other.data).fingerprint


def test_some_addresses_lead_to_nothing_for_ever() -> None:
    gone = [number for number in range(40) if _is_gone(f"https://a.invalid/{number}")]
    assert 0 < len(gone) < 20


def _is_gone(url: str) -> bool:
    try:
        drawn(url)
    except FetchError as error:
        return not error.again
    return False


def test_no_address_of_an_invented_source_can_be_anybodys() -> None:
    page = asyncio.run(rehearsed.Invented("pexels").page(Asked("dog", "Dog"), 1))
    assert page.has_next
    assert len({one.url for one in page.finds}) == len(page.finds) == 20
    assert all(one.url.startswith("https://pexels.invalid/") for one in page.finds)
    assert {(one.source, one.query, one.label) for one in page.finds} == {("pexels", "dog", "Dog")}


@pytest.mark.parametrize("names", [(), ("pexels", "generate")])
def test_whatever_source_is_named_is_invented_without_a_key(names: tuple[str, ...]) -> None:
    async def whole() -> list[str]:
        async with rehearsed.connected(names, Secrets({})) as (sources, kit):
            assert kit.fetch is rehearsed.draw
            return [one.name for one in sources]

    assert asyncio.run(whole()) == list(names)
