"""DuckDuckGo and Bing: what ddgs finds, and what is said where nothing comes."""

import asyncio
import inspect
import threading
from typing import Any

import pytest
from ddgs.exceptions import DDGSException, TimeoutException

from dset.scraping import engines
from dset.scraping.engines import Engine, Look
from dset.scraping.finds import Asked, Page
from dset.scraping.sources import NAMES, SourceError

DOG = Asked("dog", "dog")
RESULT = {
    "title": "A dog",
    "image": "https://a.example/dog.jpg",
    "thumbnail": "https://tse.example/1",
    "url": "https://a.example/dogs",
    "height": "1000",
    "width": "1500",
    "source": "Bing",
}


def searched(look: Look, number: int = 1, longest: float = 45) -> Page | SourceError:
    try:
        return asyncio.run(Engine("bing", look, longest).page(DOG, number))
    except SourceError as error:
        return error


def failing(error: Exception) -> Look:
    def look(*_: object) -> engines.Results:
        raise error

    return look


def test_what_ddgs_finds_has_no_licence_that_is_known() -> None:
    page = searched(lambda *_: [RESULT])
    assert isinstance(page, Page)
    (found,) = page.finds
    assert (found.url, found.page, found.author) == (
        "https://a.example/dog.jpg",
        "https://a.example/dogs",
        "",
    )
    assert (found.licence, found.source, found.label) == ("unknown", "bing", "dog")
    assert (found.width, found.height) == (1500, 1000)


def test_each_is_searched_by_its_own_name_page_by_page() -> None:
    seen: list[Any] = []

    def look(*asked: Any) -> engines.Results:
        seen.append(asked)
        return [RESULT]

    pages = [asyncio.run(Engine(name, look).page(DOG, number)) for name in engines.NAMES for number in (1, 5)]
    assert seen == [
        ("dog", "duckduckgo", 1),
        ("dog", "duckduckgo", 5),
        ("dog", "bing", 1),
        ("dog", "bing", 5),
    ]
    assert [page.has_next for page in pages] == [True, False, True, False]


def test_nothing_means_no_results_or_a_block_and_is_told_so() -> None:
    odd: Any = [{"image": None}, None, 3]
    looks: list[Look] = [failing(DDGSException("No results found.")), lambda *_: [], lambda *_: odd]
    for look in looks:
        error = searched(look)
        assert isinstance(error, SourceError)
        assert error.reason == "bing gave nothing for dog: no results, or it blocks this address"
        assert error.again
        assert not error.over


def test_an_empty_later_page_is_the_end_and_no_failure() -> None:
    assert searched(lambda *_: [], 2) == Page((), has_next=False)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (TimeoutError("operation timed out"), "bing does not answer in time"),
        (TimeoutException("x"), "bing does not answer in time"),
        (KeyError("d"), "bing cannot be searched (KeyError: 'd')"),
        (ValueError("\x1b[31mred\nline"), "bing cannot be searched (ValueError: red line)"),
        (StopIteration(), "bing cannot be searched (RuntimeError: coroutine raised StopIteration)"),
        (ImportError("no ddgs"), "bing needs the package ddgs"),
    ],
)
def test_whatever_a_search_raises_is_one_line(error: Exception, said: str) -> None:
    found = searched(failing(error))
    assert isinstance(found, SourceError)
    assert found.reason == said


def test_a_search_that_hangs_is_left_and_holds_nothing_up() -> None:
    forever = threading.Event()

    def look(*_: object) -> engines.Results:
        forever.wait()
        return [RESULT]

    found = searched(look, longest=0.01)
    assert isinstance(found, SourceError)
    assert found.reason == "bing does not answer in time"
    daemons = [thread.daemon for thread in threading.enumerate() if thread.name == "search"]
    forever.set()  # what it finds now comes too late for a loop that is closed
    for thread in threading.enumerate():
        if thread.name == "search":
            thread.join()
    assert daemons == [True]


def test_ddgs_has_both_engines_and_takes_what_it_is_told() -> None:
    from ddgs import DDGS
    from ddgs.engines import ENGINES

    assert set(engines.NAMES) <= set(ENGINES["images"])
    assert set(engines.NAMES) <= set(NAMES)
    inspect.signature(DDGS._search_sync).bind(
        None, "images", "dog", backend="bing", page=2, max_results=None, safesearch="moderate"
    )
