"""The flags of `scrape`, read, and which sources can be searched."""

import importlib.util
from pathlib import Path
from typing import Any

import pytest

from dset import settings as settings_module
from dset.errors import UsageError
from dset.keys import KEY_NAME, Secrets
from dset.scraping import orders, selection
from dset.scraping.finds import Asked
from dset.scraping.plan import Order
from dset.scraping.sources import NAMES
from tests.picture_services import KEYS, PEXELS_KEY, PIXABAY_KEY, SECRETS

USUAL: dict[str, Any] = {
    "query": (), "words": [], "num_images": None, "source": (), "name": "", "seed": 0, "near": 0.85, "task": "",
    "per_label": None}  # fmt: skip


def order(labels: tuple[str, ...] = (), **options: Any) -> Order:
    environment = {"PEXELS_API_KEY": PEXELS_KEY, "PIXABAY_API_KEY": PIXABAY_KEY}
    return orders.read(USUAL | options, settings_module.load({}, environment), labels)


def refusal(labels: tuple[str, ...] = (), **options: Any) -> str:
    with pytest.raises(UsageError) as caught:
        order(labels, **options)
    said = str(caught.value)
    assert said.isprintable()
    assert not any(key in said for key in KEYS)
    return said


def test_queries_are_searched_for_at_all_sources_five_pictures_each() -> None:
    assert order(query=("  ป้าย  ประกาศ ", "dog", "dog ", "a\x1b[31m b")) == Order(
        (Asked("ป้าย ประกาศ"), Asked("dog"), Asked("a b")), 5, NAMES, "ป้าย-ประกาศ"
    )


def test_words_behind_the_flags_are_queries_too() -> None:
    found = order(
        query=("dog",), words=["big cat"], num_images=7, source=("bing",), seed=3, near=0.9, name="x"
    )
    assert found == Order((Asked("dog"), Asked("big cat")), 7, ("bing",), "x", 3, 0.9)


def test_the_labels_of_a_task_are_the_queries_and_are_kept() -> None:
    found = order(("Dog", "แมว / Cat", "Dog", " "), task="vision_animals", per_label=4)
    assert found.asked == (Asked("Dog", "Dog"), Asked("แมว / Cat", "แมว / Cat"))
    assert (found.count, found.name, found.task) == (4, "vision_animals", "vision_animals")
    assert order(("Dog",), task="t", num_images=9).count == 9


@pytest.mark.parametrize(
    ("options", "labels", "said"),
    [
        ({}, (), "scrape what?"),
        ({"query": ("dog", " \u200e")}, (), "scrape what?"),
        ({"query": ("dog",), "per_label": 3}, (), "--per-label goes with --task"),
        ({"query": ("dog",), "task": "t"}, ("Dog",), "--query and --task"),
        ({"task": "t"}, (), "the task t has no labels to search for"),
        ({"query": ("x" * 301,)}, (), "longer than 300 characters"),
        ({"query": ("\udcff",)}, (), "is not UTF-8 text"),
        ({"query": (f"dog {PEXELS_KEY}",)}, (), "a query holds a key of .env"),
    ],
)
def test_what_cannot_be_searched_for_is_refused(
    options: dict[str, Any], labels: tuple[str, ...], said: str
) -> None:
    assert said in refusal(labels, **options)


def test_a_folder_is_named_by_the_letters_of_any_script() -> None:
    assert orders.slug("ป้ายประกาศราชการ") == "ป้ายประกาศราชการ"
    assert orders.slug("../..\\Étiquette: 50% off?") == "étiquette-50-off"
    assert orders.slug("?!") == "images"
    assert len(orders.slug("ก" * 400).encode()) <= 120


def test_sources_are_named_once_each_in_any_case() -> None:
    assert orders.sources("Bing, pexels,bing,") == ("bing", "pexels")
    for wrong in ("", ",", "bing,google"):
        with pytest.raises(ValueError, match="is no source: name some of pexels,pixabay,duckduckgo,bing"):
            orders.sources(wrong)


def test_the_keys_of_both_services_are_keys() -> None:
    assert all(KEY_NAME.match(api.key_name) for api in selection.apis().values())
    assert [api.key_name for api in selection.apis().values()] == ["PEXELS_API_KEY", "PIXABAY_API_KEY"]


def test_a_source_without_its_key_is_left_out_with_one_line() -> None:
    said: list[str] = []
    secrets = Secrets({"PEXELS_API_KEY": "your-key-here", "PIXABAY_API_KEY": PIXABAY_KEY})
    assert selection.usable(NAMES, secrets, said.append) == ("pixabay", "duckduckgo", "bing")
    assert said == ["pexels is left out: PEXELS_API_KEY is not set in .env"]
    said.clear()
    assert selection.usable(NAMES, SECRETS, said.append) == NAMES
    assert not said


def test_no_source_left_says_which_variables_are_missing_and_where_keys_come_from() -> None:
    with pytest.raises(UsageError) as caught:
        selection.usable(("pexels", "pixabay"), Secrets({}), lambda _: None)
    for word in ("PEXELS_API_KEY", "PIXABAY_API_KEY", "https://www.pexels.com/api/", ".env"):
        assert word in str(caught.value)


def test_without_ddgs_the_two_engines_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    said: list[str] = []
    assert selection.usable(NAMES, SECRETS, said.append) == ("pexels", "pixabay")
    assert said[0].startswith("duckduckgo is left out: it needs the package ddgs")


def test_a_key_stands_in_no_order(tmp_path: Path) -> None:
    assert not any(key in repr(order(query=("dog",))) for key in KEYS)
