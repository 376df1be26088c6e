"""The sources and tools of a real run, put together: a picture comes over loopback through all of the guards."""

import asyncio
from urllib.parse import urlsplit

import pytest

from tests.picture_services import SECRETS, Answer, picture, serving

pytest.importorskip("dset.downloads.fetching")
pytest.importorskip("dset.images.likeness")

from dset.downloads.fetching import Fetcher
from dset.scraping import wiring
from dset.scraping.finds import Find
from dset.scraping.sources import NAMES
from dset.scraping.tools import Tools
from dset.scraping.trying import Brought, Loss, attempt


def find(url: str) -> Find:
    return Find(url, "bing", "dog", "", "", "unknown", 0, 0, "")


def tried(answer: Answer) -> tuple[Brought | Loss, Tools]:
    """What comes of one picture."""

    async def whole(url: str) -> tuple[Brought | Loss, Tools]:
        place = (urlsplit(url).hostname or "", urlsplit(url).port or 0)
        async with Fetcher(allowed=frozenset({place})) as fetcher:
            kit = wiring.tools_with(fetcher.get)
            return await attempt(find(f"{url}/1.jpg"), kit), kit

    with serving(lambda _: answer) as server:
        return asyncio.run(whole(server.url))


def test_a_picture_comes_through_whatever_its_type_is_said_to_be() -> None:
    data = picture(1, size=64)
    brought, kit = tried(Answer(200, data, {"Content-Type": "text/html"}))
    assert isinstance(brought, Brought)
    assert (brought.data, brought.seen.width, brought.seen.height) == (data, 64, 64)
    assert kit.name(data, brought.kind) == f"{brought.content[:16]}.jpg"
    prints = kit.prints(0.85)
    prints.add("images/1.jpg", brought.seen.fingerprint)
    assert prints.find(brought.seen.fingerprint) == ("images/1.jpg", 1.0)
    assert prints.find(kit.look(picture(2, size=64)).fingerprint) is None


def test_what_is_cut_off_in_the_middle_is_a_loss_for_ever() -> None:
    loss, _ = tried(Answer(200, picture(1, size=400)[:2_000]))
    assert isinstance(loss, Loss)
    assert not loss.again
    assert loss.reason.startswith("it is ")


def test_what_a_later_try_may_bring_is_no_loss_for_ever() -> None:
    for status, again in ((404, False), (503, True)):
        loss, _ = tried(Answer(status))
        assert isinstance(loss, Loss)
        assert loss.again is again


def test_every_source_has_its_name() -> None:
    async def whole() -> list[str]:
        async with wiring.connected(NAMES, SECRETS) as (sources, kit):
            assert kit.lost.__name__ == "FetchError"
            return [one.name for one in sources]

    assert asyncio.run(whole()) == list(NAMES)


def test_nothing_of_this_machine_is_fetched() -> None:
    async def whole(url: str) -> Brought | Loss:
        async with wiring.connected(("bing",), SECRETS) as (_, kit):
            return await attempt(find(url), kit)

    with serving(lambda _: Answer(200, picture(1))) as server:
        loss = asyncio.run(whole(f"{server.url}/1.jpg"))
        assert isinstance(loss, Loss)
        assert not loss.again
        assert not server.asked
