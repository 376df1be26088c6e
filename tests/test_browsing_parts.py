"""Queries, folded texts and the haystack, each by itself."""

import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dset import texts
from dset.browsing import folding, haystack, query
from dset.browsing.haystack import Haystack
from dset.browsing.query import Query
from dset.errors import UsageError
from tests.tables import each


def test_the_empty_query_is_all_the_newest_first() -> None:
    asked = query.read({"q": "", "limit": "", "unknown": "x"})
    assert asked == Query()
    assert asked.sort == "at"
    assert asked.is_descending
    assert not Query(sort="row").is_descending


def test_a_query_is_read_from_an_address() -> None:
    given = {
        "q": "x",
        "length_from": "3",
        "cost_to": "1e-3",
        "sort": "cost_usd",
        "order": "desc",
        "offset": "7",
    }
    assert query.read(given) == Query(
        q="x", length_from=3, cost_to=0.001, sort="cost_usd", order="desc", offset=7
    )


@each(
    [
        ({"limit": "201"}, "limit"),
        ({"limit": "0"}, "limit"),
        ({"offset": "-1"}, "offset"),
        ({"offset": "1e3"}, "offset"),
        ({"offset": "9" * 19}, "offset"),
        ({"length_from": "long"}, "length_from"),
        ({"cost_to": "nan"}, "cost_to"),
        ({"cost_to": "inf"}, "cost_to"),
        ({"cost_from": "1,5"}, "cost_from"),
        ({"sort": "n; DROP TABLE answers"}, "sort"),
        ({"order": "up\n\ud800"}, "order"),
        ({"q": "x" * 10_001}, "q"),
    ]
)
def test_what_cannot_be_asked_is_told_in_one_line_that_names_it(given: dict[str, str], name: str) -> None:
    with pytest.raises(UsageError) as told:
        query.read(given)
    assert str(told.value).startswith(f"{name}: ")
    assert "\n" not in str(told.value)


ALIKE = (
    ("Straße", "STRASSE"), ("ΟΔΟΣ", "οδος"), ("é", "e\u0301"), ("a  b\n c", "A b C"), ("น้ำ ไหล", "น้ำไหล"), ("น\u0e4d\u0e49า", "น้ำ"),
    ("เเมว", "แมว"), ("去 公园", "去公园"), ("zero\u200bwidth", "zerowidth"), ("⚠\ufe0f x", "⚠ x"), ("가 나", "가  나"), ("\ud800", "\ufffd"),
)  # fmt: skip


@each(ALIKE)
def test_what_a_reader_takes_for_the_same_is_folded_to_the_same(one: str, other: str) -> None:
    assert folding.folded(one) == folding.folded(other)


@each(
    [
        *ALIKE,
        ("Yes!", "yes"),
        ('"Yes."', "yes"),
        ("so...", "so"),
        ("a!!b", "a!b"),
        ("3+4", "3+5"),
        ("5", "-5"),
        ("", "."),
        ("a b", "ab"),
    ]
)
def test_answers_are_alike_where_texts_normal_says_so(one: str, other: str) -> None:
    ours, theirs = (folding.folded(text).encode("utf-8", "replace") for text in (one, other))
    are_alike = texts.normal(one) == texts.normal(other)
    assert folding.are_alike(ours, theirs) == are_alike
    assert folding.outline(ours) == folding.outline(theirs) or not are_alike


@each([("!" * 300 + "a b c" * 90, "!a b c" + "a b c" * 89), ("x" + "." * 500 + "y", "x.y"), ("…" * 400, "")])
def test_texts_that_are_alike_have_one_outline_however_many_marks_they_hold(one: str, other: str) -> None:
    ours, theirs = (folding.folded(text).encode() for text in (one, other))
    assert folding.are_alike(ours, theirs)
    assert folding.outline(ours) == folding.outline(theirs)


def test_texts_that_are_not_alike_seldom_have_one_outline() -> None:
    assert len({folding.outline(f"answer {number}, that".encode()) for number in range(1_000)}) == 1_000


_ODD = "aAß é\u0301\u0316Σςİ ก\u0e48\u0e32\u0e33\u0e40\u0e4d去。각\u1100.!\u200b\ufe0f\u034f\U000e0100\u180b\u3000\n\x1f\x85\u2028\ud800"


@given(text=st.text(st.one_of(st.characters(), st.sampled_from(_ODD)), max_size=20))
def test_whatever_is_folded_is_as_texts_normal_has_it_and_in_one_line(text: str) -> None:
    folded = folding.folded(text)
    assert folding.are_alike(folded.encode(), texts.normal(text).encode())
    assert folding.folded(folded) == folded
    assert len(folded.splitlines()) <= 1
    assert "\x1f" not in folded


def test_folding_takes_no_longer_for_piles_of_marks() -> None:
    pile = "a" + "\u0301\u0316" * 50_000  # 16 minutes where they are ordered as one
    assert folding.folded(pile)


def test_the_haystack_finds_what_a_look_at_each_row_finds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = random.Random(0)
    rows = ["".join(chance.choices("ab ", k=chance.randrange(12))).encode() for _ in range(400)]
    for block in (1, 2, 3, 7, 64, 1 << 20):
        monkeypatch.setattr(haystack, "_BLOCK", block)
        hay = Haystack(tmp_path / f"{block}")
        for needle in (b"a", b"ab", b"aba b", b"bbbbbb", b"never there"):
            hay.add(rows[len(hay) : len(hay) + 80])
            known = hay.search(needle)
            hay.add([b"ab aba b", b"", *rows[:3]])
            held = [*(needle in row for row in _rows(hay))]
            assert [bool(flag) for flag in hay.search(needle).flags] == held
            assert hay.search(needle, known).flags == hay.search(needle).flags


def _rows(hay: Haystack) -> list[bytes]:
    return hay.path.read_bytes().split(b"\n")[:-1]
