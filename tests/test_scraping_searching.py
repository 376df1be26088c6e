"""Services with a key, asked over loopback: their limits, the cache of a day, and the key that nobody sees."""

import asyncio
import gzip
import json
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from dset.locks import Lock
from dset.scraping import allowances, searching
from dset.scraping.allowances import Ledger
from dset.scraping.finds import Asked, Page
from dset.scraping.pexels import Pexels
from dset.scraping.pixabay import Pixabay
from dset.scraping.searching import Search
from dset.scraping.sources import SourceError
from tests.picture_services import (
    PEXELS_KEY,
    PIXABAY_KEY,
    SECRETS,
    Answer,
    Script,
    Time,
    as_json,
    has_key,
    hits,
    photos,
    serving,
    stopped_time,
)

ROOT = Path("scraped_images")
ONE = ["https://a.example/1.jpg"]
DOG = Asked("dog")


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Time:
    return stopped_time(monkeypatch)


def search(
    url: str, time: Time, calls: Iterable[tuple[Asked, int]], api: Any = Pixabay
) -> list[Page | SourceError]:
    """What comes of these pages, asked for one after the other."""

    async def whole() -> list[Page | SourceError]:
        found: list[Page | SourceError] = []
        async with searching.client() as client:
            source = Search(api(url), SECRETS, ROOT, client, time.sleep)
            for asked, number in calls:
                try:
                    found.append(await source.page(asked, number))
                except SourceError as error:
                    found.append(error)
        return found

    return asyncio.run(whole())


def one(url: str, time: Time, api: Any = Pixabay) -> Page | SourceError:
    return search(url, time, [(DOG, 1)], api)[0]


def failure(url: str, time: Time, api: Any = Pixabay) -> SourceError:
    found = one(url, time, api)
    assert isinstance(found, SourceError)
    assert not has_key(str(found).encode())
    assert found.reason.isprintable()
    return found


def in_turn(*answers: Answer) -> Script:
    """These answers, the last one for ever."""
    left = list(answers)
    return lambda _: left.pop(0) if len(left) > 1 else left[0]


def test_the_key_of_pexels_is_the_whole_header_and_that_of_pixabay_stands_in_the_address(time: Time) -> None:
    with serving(lambda asked: as_json(photos(ONE) if "search" in asked.path else hits(ONE))) as server:
        assert isinstance(one(server.url, time, Pexels), Page)
        assert isinstance(one(server.url, time), Page)
    pexels, pixabay = server.asked
    assert (pexels.path, pexels.parameters) == ("/v1/search", {"query": "dog", "page": "1", "per_page": "80"})
    assert pexels.headers["authorization"] == PEXELS_KEY
    assert pixabay.path == "/api/"
    assert pixabay.parameters["key"] == PIXABAY_KEY
    assert "authorization" not in pixabay.headers


@pytest.mark.parametrize("api", [Pexels, Pixabay])
def test_a_page_is_asked_for_once_in_a_day(time: Time, api: Any) -> None:
    with serving(lambda asked: as_json(photos(ONE) if "search" in asked.path else hits(ONE))) as server:
        first = one(server.url, time, api)
        time.pass_by(86_399)
        assert one(server.url, time, api) == first
        assert len(server.asked) == 1
        time.pass_by(1)
        assert one(server.url, time, api) == first
        assert len(server.asked) == 2


def test_only_a_page_that_can_be_read_is_kept(time: Time) -> None:
    with serving(in_turn(Answer(200, b"<html>busy</html>"), as_json(hits(ONE)))) as server:
        assert "cannot be read" in failure(server.url, time).reason
        assert isinstance(one(server.url, time), Page)


def test_another_key_finds_the_same_page_in_the_cache_and_none_holds_a_key(time: Time) -> None:
    echo = as_json(hits(ONE) | {"you": PIXABAY_KEY, "next": f"/api/?key={PIXABAY_KEY}"})
    with serving(lambda _: echo) as server:
        assert isinstance(one(server.url, time), Page)
    files = [path for path in ROOT.rglob("*") if path.is_file()]
    assert len(files) == 2
    assert not any(has_key(path.read_bytes()) or has_key(path.name.encode()) for path in files)
    from dset.scraping.page_cache import PageCache

    body = PageCache(ROOT / ".cache").get(f"{server.url}/api/", Pixabay().parameters(DOG, 1))
    assert body
    assert not has_key(body)


def test_pixabay_is_asked_at_most_a_hundred_times_in_sixty_seconds(time: Time) -> None:
    moments: list[float] = []

    def script(_: object) -> Answer:
        moments.append(time.at.timestamp())
        time.pass_by(0.1)
        return as_json(hits(ONE, 10**6))

    with serving(script) as server:
        found = search(server.url, time, [(DOG, number) for number in range(1, 116)])
    assert all(isinstance(page, Page) for page in found)
    assert all(later - earlier >= 60 for earlier, later in zip(moments, moments[100:], strict=False))
    assert len(time.slept) == 1


def test_a_429_with_a_reset_in_seconds_is_waited_for(time: Time) -> None:
    refused = Answer(
        429, b"API rate limit exceeded", {"X-RateLimit-Reset": "37", "X-RateLimit-Remaining": "0"}
    )
    with serving(in_turn(refused, as_json(hits(ONE)))) as server:
        assert isinstance(one(server.url, time), Page)
    assert time.slept == [37]


def test_a_429_without_a_word_is_waited_for_as_long_as_the_limit_counts(time: Time) -> None:
    with serving(in_turn(Answer(429, b"slow down"), as_json(hits(ONE)))) as server:
        assert isinstance(one(server.url, time), Page)
    assert time.slept == [60]


def test_a_service_that_refuses_for_ever_is_asked_a_few_times(time: Time) -> None:
    with serving(lambda _: Answer(429, b"", {"Retry-After": "5"})) as server:
        assert failure(server.url, time).reason == "pixabay refuses for its pace (429)"
    assert len(server.asked) == 4


def test_the_last_answer_that_an_hour_bears_says_so_and_no_request_more_is_sent(time: Time) -> None:
    left = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "20"}
    with serving(lambda _: Answer(200, as_json(hits(ONE)).body, left)) as server:
        found = search(server.url, time, [(DOG, 1), (DOG, 2)])
    assert all(isinstance(page, Page) for page in found)
    assert time.slept == [20]


def test_pexels_refuses_and_rests_for_its_hour_in_later_runs_too(time: Time) -> None:
    with serving(in_turn(Answer(429), as_json(photos(ONE)))) as server:  # its 429 has no headers
        rests = failure(server.url, time, Pexels)
        assert rests.over
        assert rests.again
        assert rests.reason == "pexels: its limit is reached, it rests until 13:00 UTC (in 1 h 00 min)"
        time.pass_by(3_000)
        assert failure(server.url, time, Pexels).over
        assert len(server.asked) == 1
        time.pass_by(590)  # the rest is short enough to wait for
        assert isinstance(one(server.url, time, Pexels), Page)
    assert time.slept == [10]


def test_the_reset_of_pexels_is_a_moment_of_the_month(time: Time) -> None:
    reset = int(time.at.timestamp()) + 9 * 86_400
    headers = {"X-Ratelimit-Remaining": "0", "X-Ratelimit-Reset": str(reset), "X-Ratelimit-Limit": "20000"}
    with serving(lambda _: Answer(200, as_json(photos(ONE)).body, headers)) as server:
        page, rests = search(server.url, time, [(DOG, 1), (DOG, 2)], Pexels)
    assert isinstance(page, Page)
    assert isinstance(rests, SourceError)
    assert "rests until 2026-11-30 12:00 UTC (in 9 d 0 h)" in rests.reason
    assert len(server.asked) == 1


@pytest.mark.soak
def test_pexels_is_asked_at_most_two_hundred_times_in_an_hour(time: Time) -> None:
    with serving(lambda _: as_json(photos(ONE, more=True))) as server:
        found = search(server.url, time, [(DOG, number) for number in range(1, 203)], Pexels)
    assert [isinstance(page, Page) for page in found] == [True] * 200 + [False] * 2
    assert len(server.asked) == 200


def test_twenty_thousand_requests_are_the_month_of_pexels(time: Time) -> None:
    ROOT.mkdir()
    (ROOT / ".limits.json").write_text('{"pexels": {"month": "2026-11", "count": 19999}}')
    with serving(lambda _: as_json(photos(ONE, more=True))) as server:
        _, rests = search(server.url, time, [(DOG, 1), (DOG, 2)], Pexels)
        assert "2026-12-01 00:00 UTC" in str(rests)
        time.pass_by(10 * 86_400)
        assert isinstance(search(server.url, time, [(DOG, 2)], Pexels)[0], Page)


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b'{"pixabay": 3}', b'{"pixabay": {"rest_until": 9e99}}', b'{"pixabay": {"rest_until": 9e10, "times": [NaN]}}', b'{"pixabay": {"times": [null, "x", 9e99], "rest_until": {}, "count": "x"}}'])  # fmt: skip
def test_damaged_counts_are_begun_anew(time: Time, damage: bytes) -> None:
    ROOT.mkdir()
    (ROOT / ".limits.json").write_bytes(damage)
    with serving(lambda _: as_json(hits(ONE))) as server:
        assert isinstance(one(server.url, time), Page)


@pytest.mark.parametrize(
    ("api", "answer", "variable"),
    [
        (Pixabay, Answer(400, b"[ERROR 400] Invalid or missing API key (https://pixabay.com/api/docs/)."), "PIXABAY_API_KEY"),
        (Pexels, as_json({"status": 401, "code": "Unauthorized: " + PEXELS_KEY}, 401), "PEXELS_API_KEY"),
        (Pexels, Answer(403, b"Forbidden"), "PEXELS_API_KEY"),
    ],
)  # fmt: skip
def test_a_key_that_is_refused_names_its_variable_and_ends_the_source(
    time: Time, api: Any, answer: Answer, variable: str
) -> None:
    with serving(lambda _: answer) as server:
        error = failure(server.url, time, api)
    assert (error.over, error.again, len(server.asked)) == (True, False, 1)
    assert f"check {variable} in .env" in error.reason


def test_a_page_beyond_the_last_one_is_no_fault_of_the_source(time: Time) -> None:
    with serving(lambda _: Answer(400, b'[ERROR 400] "page" is out of valid range.')) as server:
        error = failure(server.url, time)
    assert (error.over, error.again, len(server.asked)) == (False, False, 1)


def test_the_key_goes_along_no_redirect(time: Time) -> None:
    with (
        serving(lambda _: as_json(hits(ONE))) as other,
        serving(lambda _: Answer(302, b"", {"Location": f"{other.url}/api/?key={PIXABAY_KEY}"})) as server,
    ):
        assert "answers 302" in failure(server.url, time).reason
        assert not other.asked


def test_a_service_that_echoes_the_key_in_its_error_is_quoted_without_it(time: Time) -> None:
    with serving(lambda _: Answer(404, f"no {PIXABAY_KEY} here".encode())) as server:
        assert failure(server.url, time).reason == "pixabay answers 404: no *** here"


def test_a_service_that_is_down_is_asked_three_times(time: Time) -> None:
    with serving(lambda _: Answer(503, b"<html><title>busy</title></html>")) as server:
        error = failure(server.url, time)
    assert (error.again, error.over, len(server.asked)) == (True, False, 3)
    assert time.slept == [2, 4]
    assert "cannot be reached" in failure(server.url, time).reason  # it is closed by now


def test_a_body_without_end_is_not_read(time: Time, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(searching, "LARGEST", 1 << 20)
    bomb = gzip.compress(b"0" * (8 << 20))
    with serving(
        in_turn(Answer(200, b"0" * (2 << 20)), Answer(200, bomb, {"Content-Encoding": "gzip"}))
    ) as server:
        assert failure(server.url, time).reason.endswith("it is longer than 1 MB")


def test_a_query_that_pixabay_does_not_take_is_not_sent(time: Time) -> None:
    with serving(lambda _: as_json(hits(ONE))) as server:
        page, error = search(server.url, time, [(Asked("d" * 100), 1), (Asked("d" * 101), 1)])
    assert isinstance(page, Page)
    assert isinstance(error, SourceError)
    assert error.reason == "pixabay takes at most 100 characters"
    assert len(server.asked) == 1


def test_a_key_that_no_header_can_hold_is_shown_nowhere(time: Time) -> None:
    from dset.keys import Secrets

    key = "key-กับ-อักษร\nไทย-0123456789"

    async def whole() -> str:
        async with searching.client() as client:
            source = Search(
                Pexels("http://127.0.0.1:9"), Secrets({"PEXELS_API_KEY": key}), ROOT, client, time.sleep
            )
            with pytest.raises(SourceError) as caught:
                await source.page(DOG, 1)
            return str(caught.value)

    said = asyncio.run(whole())
    assert "กับ" not in said
    assert "0123456789" not in said


def test_old_pages_are_cleared_and_nothing_else(time: Time) -> None:
    from dset.scraping.page_cache import PageCache

    cache = PageCache(ROOT / ".cache")
    cache.clear_old()
    cache.put("u", {"a": "1"}, b"{}")
    (ROOT / ".cache" / "mine.json").write_text("{}")
    import os

    for path in (ROOT / ".cache").iterdir():
        os.utime(path, (time.at.timestamp(), time.at.timestamp()))
    time.pass_by(86_400)
    cache.clear_old()
    assert [path.name for path in (ROOT / ".cache").iterdir()] == ["mine.json"]


def test_two_runs_that_count_at_once_lose_no_request() -> None:
    def count() -> None:
        ledger = Ledger(ROOT / allowances.NAME, "pixabay", Pixabay().allowance)
        for _ in range(15):
            ledger.count()

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (entry,) = json.loads((ROOT / allowances.NAME).read_bytes()).values()
    assert entry["count"] == len(entry["times"]) == 60
    assert [one.name for one in ROOT.iterdir()] == [allowances.NAME]


def test_a_lock_that_somebody_never_gives_back_does_not_end_a_search(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(allowances, "_TRIES", 2)
    ledger = Ledger(ROOT / allowances.NAME, "pixabay", Pixabay().allowance)
    ledger.count()
    lock = Lock(ROOT / f"{allowances.NAME}.lock", "it")
    lock.acquire()
    ledger.count()
    lock.release()
    assert json.loads((ROOT / allowances.NAME).read_bytes())["pixabay"]["count"] == 2
