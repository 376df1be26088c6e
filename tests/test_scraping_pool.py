"""Which find is tried next: every source gives its share, and the others make up for one that cannot."""

from collections import Counter

from dset.scraping.finds import Find, known_by
from dset.scraping.pool import Pool


def finds(source: str, *numbers: int, host: str = "") -> list[Find]:
    return [
        Find(f"https://{host or source}.example/{number}.jpg", source, "q", "", "", "", 0, 0, "")
        for number in numbers
    ]


def taken(pool: Pool, count: int) -> list[Find]:
    """So many finds, all kept."""
    return [find for _ in range(count) if (find := pool.take())]


def filled(count: int, seed: str = "0", **each: int) -> Pool:
    pool = Pool(list(each), count, seed, ())
    for name, number in each.items():
        pool.add(finds(name, *range(number)), name)
        pool.end(name)
    return pool


def test_each_source_gives_its_share_rounded_up() -> None:
    given = Counter(find.source for find in taken(filled(10, a=50, b=50, c=50), 10))
    assert sum(given.values()) == 10
    assert max(given.values()) <= 4


def test_a_source_that_has_too_few_is_made_up_for_by_the_others() -> None:
    assert Counter(find.source for find in taken(filled(10, a=50, b=2), 10)) == {"a": 8, "b": 2}
    assert len(taken(filled(10, a=3, b=2), 10)) == 5


def test_a_find_that_came_to_nothing_gives_its_place_back_to_its_source() -> None:
    pool = filled(4, a=50, b=50)
    first = taken(pool, 4)
    lost = next(find for find in first if find.source == "b")
    pool.lost(lost)
    assert [find.source for find in taken(pool, 1)] == ["b"]


def test_what_two_sources_name_is_tried_once() -> None:
    pool = Pool(["a", "b"], 10, "0", {known_by("http://same.example/3.jpg")})
    pool.add(finds("a", 1, 2, 3, 1, host="same"), "a")
    pool.add(finds("b", 2, 3, 4, host="same"), "b")
    found = taken(pool, 10)
    assert sorted(find.url[-5] for find in found) == ["1", "2", "4"]


def test_the_seed_tells_the_order() -> None:
    orders = [[find.url for find in taken(filled(9, seed, a=30, b=30), 9)] for seed in ("1", "1", "2")]
    assert orders[0] == orders[1] != orders[2]
    alone = [find.url for find in taken(filled(9, a=9), 9)]
    assert alone != sorted(alone)


def test_a_page_is_wanted_of_each_source_at_first_and_then_of_one_below_its_share() -> None:
    pool = Pool(["a", "b"], 4, "0", ())
    assert pool.hungry() == "a"
    pool.add(finds("a", *range(9)), "a")
    assert pool.hungry() == "b"
    pool.add(finds("b", 1), "b")
    assert pool.hungry() == ""
    taken(pool, 3)  # two of a, the one of b
    assert pool.hungry() == "b"
    pool.end("b")
    assert pool.hungry() == ""  # a has some left
    taken(pool, 7)
    assert pool.hungry() == "a"  # beyond its share, since nobody else has any
    pool.end("a")
    assert pool.hungry() == ""
    assert pool.take() is None
