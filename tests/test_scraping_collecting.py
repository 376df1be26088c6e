"""Pictures are collected: quotas, duplicates, lies, sources and downloads that fail, and going on after a stop."""

import asyncio
import json
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dset.scraping import folder
from dset.scraping.collecting import Collector
from dset.scraping.finds import Asked, Find, Page
from dset.scraping.folder import ScrapeFolder
from dset.scraping.plan import Order
from dset.scraping.sources import Source, SourceError
from dset.scraping.tools import Tools
from dset.scraping.tries import Outcome
from tests.picture_services import Answer, BrokenError, Fetched, LostError, look, picture, serving, tools

DOG = Asked("dog")
ORDER = Order((DOG,), 6, ("a", "b"), "dog")
PICTURES = [picture(seed) for seed in range(60)]


class Listed:
    """A source with pages of addresses; an exception in place of a page is raised."""

    def __init__(self, name: str, *pages: Any) -> None:
        self.name, self._pages, self.asked = name, pages, list[tuple[str, int]]()

    async def page(self, asked: Asked, number: int) -> Page:
        self.asked.append((asked.query, number))
        page = self._pages[number - 1]
        if isinstance(page, Exception):
            raise page
        found = tuple(
            Find(url, self.name, asked.query, f"{url}#page", "Ann", "free", 0, 0, asked.label) for url in page
        )
        return Page(found, number < len(self._pages))


def urls(*numbers: int) -> list[str]:
    return [f"https://a.example/{number}" for number in numbers]


async def usual(url: str) -> Fetched:
    """The picture of the number that the address ends with."""
    return Fetched(url, PICTURES[int(url.rpartition("/")[2])], "jpeg")


def collect(
    sources: Sequence[Source], order: Order = ORDER, said: list[str] | None = None, **changed: Any
) -> Outcome:
    kit: Tools = tools(**{"fetch": usual} | changed)
    tell: Callable[[str], None] = (lambda _: None) if said is None else said.append
    path = folder.find(order) or folder.create(order)
    with ScrapeFolder(path) as home:
        return asyncio.run(Collector(order, home, sources, kit, tell).run())


def lines(name: str = "dog") -> list[dict[str, Any]]:
    """The metadata, each line checked against its picture."""
    (path,) = Path("scraped_images").glob(f"scrape-{name}-*")
    found = [json.loads(line) for line in (path / folder.METADATA).read_bytes().split(b"\n") if line]
    for one in found:
        assert (path / one["image_path"]).stat().st_size == one["size"]
    assert len({one["hash"] for one in found}) == len(found) == len(list((path / "images").iterdir()))
    return found


def refused() -> dict[str, str]:
    (path,) = Path("scraped_images").glob("scrape-dog-*")
    found = (path / folder.REFUSED).read_bytes().split(b"\n")
    return {one["url"]: one["reason"] for line in found if line and (one := json.loads(line))}


def by_source(found: list[dict[str, Any]]) -> Counter[str]:
    return Counter(one["source"] for one in found)


def test_each_source_gives_its_share_and_each_picture_a_line_with_all_that_is_known() -> None:
    order = replace(ORDER, asked=(Asked("dog", "Dog"),), task="animals")
    outcome = collect([Listed("a", urls(*range(20))), Listed("b", urls(*range(20, 40)))], order)
    found = lines()
    assert by_source(found) == {"a": 3, "b": 3}
    assert (outcome.all_missing, outcome.new) == (0, 6)
    assert list(found[0]) == (
        "image_path query source url page author licence label width height size hash time".split()
    )
    one = found[0]
    assert (one["query"], one["label"], one["width"], one["height"]) == ("dog", "Dog", 24, 24)
    assert one["image_path"] == f"images/{one['hash'][:16]}.jpg"
    assert one["time"].endswith("Z")


def test_without_a_task_there_is_no_label() -> None:
    collect([Listed("a", urls(*range(9)))])
    assert "label" not in lines()[0]


def test_a_source_that_fails_is_told_of_once_and_made_up_for() -> None:
    said: list[str] = []
    broken = Listed("b", SourceError("b gave nothing"))
    outcome = collect([Listed("a", urls(*range(20))), broken], said=said)
    assert by_source(lines()) == {"a": 6}
    assert said == ["b gave nothing", "dog: 6 of 6 (a 6)"]
    assert outcome.sources[1].reasons == {"b gave nothing": True}


def test_a_source_that_is_over_or_fails_three_times_in_a_row_is_left_alone() -> None:
    queries = tuple(map(Asked, "one two three four five".split()))
    over, failing = Listed("a", SourceError("no key", over=True)), Listed("b", SourceError("blocked"))
    picky = Listed("c", SourceError("too long", again=False))
    said: list[str] = []
    outcome = collect([over, failing, picky], replace(ORDER, asked=queries), said)
    assert [len(source.asked) for source in (over, failing, picky)] == [1, 3, 5]
    assert said.count("a is left out from now on") == said.count("b is left out from now on") == 1
    assert not outcome.was_searched
    assert outcome.all_missing == 30


def test_pages_are_turned_until_the_count_stands_and_no_further() -> None:
    source = Listed("a", urls(0, 1), urls(2, 3), urls(4, 5), urls(6, 7))
    assert collect([source]).all_missing == 0
    assert [number for _, number in source.asked] == [1, 2, 3]


def test_what_never_ends_is_not_turned_for_ever() -> None:
    source = Listed("a", *[urls(0, 1)] * 500)
    assert collect([source]).all_missing == 4
    assert len(source.asked) == 10


def test_downloads_that_fail_are_counted_by_reason_and_replaced() -> None:
    async def fetch(url: str) -> Fetched:
        if url.endswith(("/0", "/1", "/2")):
            raise LostError("it is gone (410)", again=False)
        if url.endswith("/3"):
            raise LostError("nothing came for 10 s", again=True)
        return await usual(url)

    outcome = collect([Listed("a", urls(*range(10)))], fetch=fetch)
    assert outcome.all_missing == 0
    assert {one["url"] for one in lines()} == set(urls(4, 5, 6, 7, 8, 9))
    assert outcome.lost == {"it is gone (410)": 3, "nothing came for 10 s": 1}
    assert outcome.again == 1
    assert refused() == dict.fromkeys(urls(0, 1, 2), "it is gone (410)")  # what may work is tried another day


def test_what_is_no_picture_is_told_by_its_content_and_never_fetched_again() -> None:
    bodies = {
        "0": Answer(200, b"<html>", {"Content-Type": "image/jpeg"}),
        "1": Answer(200, PICTURES[1], {"Content-Type": "text/html"}),
        "2": Answer(200, PICTURES[2][:200], {"Content-Type": "image/jpeg"}),
        "3": Answer(200, picture(3, "PNG"), {"Content-Type": "image/jpeg"}),
        "4": Answer(404),
        "5": Answer(503),
    }
    with serving(lambda asked: bodies[asked.path[1:]]) as server:
        sources = [Listed("a", [f"{server.url}/{number}" for number in bodies])]
        from tests.picture_services import fetch

        for _ in range(2):
            outcome = collect(sources, fetch=fetch)
        asked = Counter(one.path for one in server.asked)
    assert sorted(one["image_path"][-4:] for one in lines()) == [".jpg", ".png"]
    assert outcome.all_missing == 4
    assert set(refused().values()) == {"it is no picture", "it is damaged", "the server answers 404"}
    assert asked == {"/0": 1, "/1": 1, "/2": 1, "/3": 1, "/4": 1, "/5": 2}


def test_the_same_picture_and_one_much_like_it_are_kept_once_over_all_queries() -> None:
    order = replace(ORDER, asked=(Asked("dog"), Asked("hound")), count=1)
    alike = picture(7, size=40)

    async def fetch(url: str) -> Fetched:
        number = url.rpartition("/")[2]
        return Fetched(
            url, alike if number == "9" else PICTURES[7] if number in "78" else PICTURES[1], "jpeg"
        )

    class Second(Listed):
        async def page(self, asked: Asked, number: int) -> Page:
            return await (
                Listed("a", urls(7)) if asked.query == "dog" else Listed("a", urls(7, 8, 9, 1))
            ).page(asked, number)

    outcome = collect([Second("a")], order, fetch=fetch)
    assert outcome.all_missing == 0
    assert [one["url"] for one in lines()] == urls(7, 1)
    tried = {"the same picture as one that stands", "much like a picture that stands"}
    assert set(outcome.lost) <= tried


def test_what_stands_is_compared_with_even_where_its_fingerprint_is_lost() -> None:
    collect([Listed("a", urls(7))], replace(ORDER, count=1))
    (prints,) = Path("scraped_images").glob("*/.prints.jsonl")
    prints.unlink()

    async def fetch(url: str) -> Fetched:
        return Fetched(url, picture(7, size=40), "jpeg")

    outcome = collect([Listed("a", urls(8))], replace(ORDER, count=2), fetch=fetch)
    assert outcome.lost == {"much like a picture that stands": 1}
    assert prints.exists()


def test_a_second_call_goes_on_and_a_third_has_nothing_to_do() -> None:
    source = Listed("a", urls(*range(20)))
    collect([source], replace(ORDER, count=2))
    first = lines()
    outcome = collect([source], replace(ORDER, count=5))
    assert lines()[:2] == first
    assert (len(lines()), outcome.new) == (5, 3)
    asked = len(source.asked)
    assert collect([source], replace(ORDER, count=5)).new == 0
    assert len(source.asked) == asked


def test_the_same_bytes_at_two_addresses_are_told_as_such() -> None:
    async def fetch(url: str) -> Fetched:
        return Fetched(url, PICTURES[7], "jpeg")

    outcome = collect([Listed("a", urls(7, 8))], replace(ORDER, count=2), fetch=fetch)
    assert outcome.lost == {"the same picture as one that stands": 1}


def test_what_a_source_gave_in_an_earlier_call_counts_for_its_share() -> None:
    first, second = Listed("a", urls(*range(20))), Listed("b", urls(*range(20, 40)))
    collect([first, Listed("b", SourceError("down"))], replace(ORDER, count=4))
    collect([first, second], replace(ORDER, count=8))
    assert by_source(lines()) == {"a": 4, "b": 4}


def test_the_seed_tells_which_pictures_are_taken() -> None:
    taken = []
    for name, seed in (("x", 1), ("y", 1), ("z", 2)):
        collect([Listed("a", urls(*range(40)))], replace(ORDER, seed=seed, name=name))
        taken.append({one["url"] for one in lines(name)})
    assert taken[0] == taken[1] != taken[2]


def test_at_most_eight_are_fetched_at_once_and_never_more_than_are_wanted() -> None:
    under_way, most = 0, [0]

    async def fetch(url: str) -> Fetched:
        nonlocal under_way
        under_way += 1
        most[0] = max(most[0], under_way)
        await asyncio.sleep(0)
        under_way -= 1
        return await usual(url)

    collect([Listed("a", urls(*range(40)))], replace(ORDER, count=20), fetch=fetch)
    assert most == [8]
    most = [0]
    collect([Listed("a", urls(*range(40)))], replace(ORDER, count=3, name="few"), fetch=fetch)
    assert most == [3]


def test_a_picture_is_looked_at_beside_the_loop() -> None:
    threads = set()

    def watched(data: bytes) -> Any:
        threads.add(threading.current_thread() is threading.main_thread())
        return look(data)

    collect([Listed("a", urls(*range(9)))], look=watched)
    assert threads == {False}


def test_a_disk_that_is_full_ends_the_search_and_leaves_nothing_running(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from dset import steps

    def full(step: steps.Step) -> object:
        if step.kind == "write" and "images" in Path(step.path).parts:
            raise OSError(28, "No space left on device", step.path)
        return step.take()

    monkeypatch.setattr(steps, "watch", full)
    left: list[str] = []

    async def whole(home: ScrapeFolder) -> None:
        with pytest.raises(OSError, match="No space left"):
            await Collector(
                ORDER, home, [Listed("a", urls(*range(9)))], tools(fetch=usual), left.append
            ).run()
        left.extend(task.get_name() for task in asyncio.all_tasks() if task is not asyncio.current_task())

    with ScrapeFolder(folder.create(ORDER)) as home:
        asyncio.run(whole(home))
    assert not left
    monkeypatch.setattr(steps, "watch", None)
    assert collect([Listed("a", urls(*range(9)))]).all_missing == 0
    lines()


def test_a_picture_that_breaks_the_reader_is_one_loss() -> None:
    def picky(data: bytes) -> Any:
        if data == PICTURES[0]:
            raise BrokenError("is a JPEG of 99,999 × 99,999 pixels, which is too large")
        return look(data)

    outcome = collect([Listed("a", urls(*range(7)))], look=picky)
    assert outcome.all_missing == 0
    assert set(outcome.lost) <= {"it is a JPEG of 99,999 × 99,999 pixels, which is too large"}


def test_what_is_downloaded_is_kept_while_a_source_is_waited_for() -> None:
    """A service may have to be waited for a minute: a crash in that minute must not cost what came."""

    came = asyncio.Event()

    def name(data: bytes, kind: str) -> str:
        came.set()  # right before it is written
        return tools().name(data, kind)

    class Slow(Listed):
        async def page(self, asked: Asked, number: int) -> Page:
            if number > 1:
                async with asyncio.timeout(5):
                    await came.wait()
            return await super().page(asked, number)

    assert collect([Listed("a", urls(1, 2)), Slow("b", urls(3), urls(5, 6, 7, 8))], name=name).new == 6
