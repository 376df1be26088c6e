"""What Pexels and Pixabay answer, read: their exact shapes, and anything at all."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dset.scraping import finds, pexels, pixabay, tongues
from dset.scraping.finds import Asked, Page, known_by
from tests.picture_services import hit, hits, photo, photos

ASKED = Asked("street dog", "dog")
READERS = (pexels.read, pixabay.read)
Read = Callable[[bytes, Asked, int], Page]


def body(value: object) -> bytes:
    return json.dumps(value).encode()


def test_a_photo_of_pexels_has_its_page_its_author_the_licence_and_a_size_that_is_no_giant() -> None:
    (found,) = pexels.read(body(photos(["https://images.pexels.com/1.jpeg?w=940"])), ASKED).finds
    assert found == finds.Find(
        url="https://images.pexels.com/1.jpeg?w=940",
        source="pexels",
        query="street dog",
        page="https://www.pexels.com/photo/1/",
        author="Jo 1",
        licence="Pexels License (https://www.pexels.com/license/)",
        width=4000,
        height=6000,
        label="dog",
    )


def test_a_hit_of_pixabay_has_its_page_its_user_the_licence_and_the_large_picture() -> None:
    (found,) = pixabay.read(body(hits(["https://pixabay.com/get/1_1280.jpg"])), ASKED).finds
    assert found == finds.Find(
        url="https://pixabay.com/get/1_1280.jpg",
        source="pixabay",
        query="street dog",
        page="https://pixabay.com/photos/dog-1/",
        author="Ann1",
        licence="Pixabay Content License (https://pixabay.com/service/license-summary/)",
        width=4000,
        height=2250,
        label="dog",
    )


def test_without_the_usual_size_the_next_best_is_taken() -> None:
    one = photo(1, "https://a.example/1.jpg")
    del one["src"]["large2x"]
    other = hit(1, "https://a.example/1.jpg")
    del other["largeImageURL"]
    assert pexels.read(body({"photos": [one]}), ASKED).finds[0].url == "https://a.example/1.jpg?original"
    assert pixabay.read(body({"hits": [other]}), ASKED).finds[0].url == "https://a.example/1.jpg?web"


def test_pexels_has_a_next_page_where_it_names_one_and_pixabay_where_its_total_says_so() -> None:
    urls = ["https://a.example/1.jpg"]
    assert pexels.read(body(photos(urls, more=True)), ASKED).has_next
    assert not pexels.read(body(photos(urls)), ASKED).has_next
    assert not pexels.read(body(photos([], more=True)), ASKED).has_next  # an empty page is the last one
    assert pixabay.read(body(hits(urls, 500)), ASKED, 6).has_next
    assert not pixabay.read(body(hits(urls, 500)), ASKED, 7).has_next
    assert not pixabay.read(body(hits([], 500)), ASKED, 1).has_next


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b"<html>",
        b"\xff\xfe",
        b"[" * 200_000,
        b'{"photos":' + b"9" * 5_000 + b"}",
        b'{"photos": {}, "hits": "x"}',
    ],
)
def test_a_body_that_is_no_page_is_a_value_error(read: Read, data: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        read(data, ASKED, 1)


@pytest.mark.parametrize(
    "url",
    ["", "x", 1, None, [], "javascript:alert(1)", "file:///etc/passwd", "//a.example/1.jpg", "ftp://a.example/1",
     "http://", "http://a b/1.jpg", "http://[::1/1.jpg", "http://a.example:99999/1", "https://a.example/\n1",
     "https://a.example/" + "a" * 5_000],
)  # fmt: skip
def test_an_address_that_is_none_is_left_out(url: Any) -> None:
    one, other = photo(1, ""), hit(1, "")
    one["src"] = {"large2x": url}
    other |= {"largeImageURL": url, "webformatURL": url}
    assert not pexels.read(body({"photos": [one]}), ASKED).finds
    assert not pixabay.read(body({"hits": [other]}), ASKED).finds


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(st.sampled_from(sorted(photo(1, "https://a.example/1"))), ANYTHING)
def test_whatever_a_photo_of_pexels_holds_a_page_is_read(name: str, value: Any) -> None:
    one = photo(1, "https://a.example/1.jpg") | {name: value}
    page = pexels.read(body({"photos": [one, value, photo(2, "https://a.example/2.jpg")]}), ASKED)
    assert page.finds[-1].url == "https://a.example/2.jpg"
    assert all(isinstance(found.author, str) and isinstance(found.width, int) for found in page.finds)


@given(st.sampled_from(sorted(hit(1, "https://a.example/1"))), ANYTHING)
def test_whatever_a_hit_of_pixabay_holds_a_page_is_read(name: str, value: Any) -> None:
    one = hit(1, "https://a.example/1.jpg") | {name: value}
    page = pixabay.read(
        body({"totalHits": value, "hits": [one, value, hit(2, "https://a.example/2.jpg")]}), ASKED
    )
    assert page.finds[-1].url == "https://a.example/2.jpg"
    assert all(isinstance(found.author, str) and isinstance(found.width, int) for found in page.finds)


def test_addresses_of_one_picture_are_known_by_the_same() -> None:
    same = (
        "https://A.example/1.jpg?w=1",
        "http://a.example:80/1.jpg?w=1#x",
        " https://a.example:443/1.jpg?w=1",
    )
    assert len({known_by(url) for url in same}) == 1
    others = ("https://a.example/1.jpg?w=2", "https://a.example/2.jpg", "https://a.example:8/1.jpg?w=1")
    assert len({known_by(url) for url in (*same, *others)}) == 4


def test_the_language_is_told_by_the_letters() -> None:
    assert [tongues.language(one) for one in ("ป้าย sign", "犬の絵", "猫", "개", "собака", "dog")] == [
        "th", "ja", "zh", "ko", "ru", ""]  # fmt: skip
    assert pexels.Pexels().parameters(Asked("ป้าย"), 2) == {
        "query": "ป้าย", "page": "2", "per_page": "80", "locale": "th-TH"}  # fmt: skip
    assert pixabay.Pixabay().parameters(Asked("ป้าย"), 1)["lang"] == "th"
    assert "lang" not in pixabay.Pixabay().parameters(Asked("dog"), 1)
