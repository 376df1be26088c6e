"""Two datasets side by side, paired by id."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from dset import answers, rejections
from dset.browsing import pairs as pairing
from dset.browsing.index import Index
from dset.browsing.pairs import Comparison, Pairs
from dset.errors import UsageError
from dset.folders import Folder
from tests import samples
from tests.tables import each


def write(folder: Path, **said: str) -> None:
    folder.mkdir(exist_ok=True)
    with (folder / "output.json").open("ab") as stream:
        for row, (question, text) in enumerate(said.items(), 2):
            asked = samples.answer(samples.question(question, row), samples.reply(text))
            stream.write(answers.as_line(answers.as_record(asked)))


@pytest.fixture
def pairs(tmp_path: Path) -> Iterator[Pairs]:
    write(tmp_path / "left", a="Yes!", b="one", c="left alone", d="first")
    write(tmp_path / "right", a="yes", b="two", e="right alone", d="first")
    refusal = rejections.as_record(samples.rejection(samples.question("c")))
    samples.write_lines(tmp_path / "right" / "rejected.json", [refusal])
    with ExitStack() as stack:
        indexes = []
        for side in ("left", "right"):
            (tmp_path / f"{side}.index").mkdir()
            indexes.append(stack.enter_context(Index(Folder(tmp_path / side), tmp_path / f"{side}.index")))
            indexes[-1].refresh()
        (tmp_path / "pairs").mkdir()
        yield stack.enter_context(Pairs(indexes[0], indexes[1], tmp_path / "pairs"))


def shown(pairs: Pairs, asked: Comparison) -> list[tuple[str | None, str | None]]:
    rows = pairs.page(asked)["rows"]
    return [tuple(one[side] and one[side]["answer"] for side in ("left", "right")) for one in rows]


def test_answers_are_paired_by_id_in_the_order_of_rows(pairs: Pairs) -> None:
    page = pairs.page(Comparison())
    assert page["counts"] == {"both": 3, "left": 1, "right": 1, "different": 1, "same": 2}
    assert page["total"] == 5
    assert page["reading"] is None
    assert [row["question"] for row in page["rows"]] == ["a", "b", "c", "e", "d"]
    assert page["rows"][0]["id"] == samples.question("a").id
    assert shown(pairs, Comparison(limit=2, offset=1)) == [("one", "two"), ("left alone", None)]


@each([("both", 3), ("left", 1), ("right", 1), ("different", 1), ("same", 2), ("", 5)])
def test_only_is_one_of_the_kinds(only: str, total: int) -> None:
    assert len(Comparison(only=only).kinds) == (2 if only == "both" else 1 if only else 4)


def test_each_kind_is_shown_by_itself(pairs: Pairs) -> None:
    assert shown(pairs, Comparison(only="same")) == [("Yes!", "yes"), ("first", "first")]
    assert shown(pairs, Comparison(only="right")) == [(None, "right alone")]
    assert pairs.page(Comparison(only="both"))["total"] == 3


def test_a_search_finds_what_stands_on_either_side(pairs: Pairs) -> None:
    assert shown(pairs, Comparison(q="ALONE")) == [("left alone", None), (None, "right alone")]
    assert shown(pairs, Comparison(q="two")) == [("one", "two")]
    assert pairs.page(Comparison(q="two"))["counts"]["both"] == 1


def test_pairs_follow_datasets_that_grow(
    pairs: Pairs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pairing, "_PATIENCE", 0)
    assert pairs.page(Comparison())["counts"]["left"] == 1
    write(tmp_path / "right", c="there now")
    pairs._right.refresh()
    assert shown(pairs, Comparison(only="left")) == []
    assert ("left alone", "there now") in shown(pairs, Comparison(only="different"))


def test_of_several_answers_to_an_id_the_last_one_counts(pairs: Pairs, tmp_path: Path) -> None:
    write(tmp_path / "left", b="two")
    pairs._left.refresh()
    assert ("two", "two") in shown(pairs, Comparison(only="same"))


def test_answers_that_begin_alike_are_told_apart(pairs: Pairs, tmp_path: Path) -> None:
    beginning = "It is a long story, and one that begins like many others do; " * 5
    for side, end in (("left", "The end is good!"), ("right", "The end is bad.")):
        write(tmp_path / side, f=beginning + end, g=beginning)
    pairs._left.refresh()
    pairs._right.refresh()
    page = pairs.page(Comparison(only="different"))
    assert {row["question"] for row in page["rows"]} == {"b", "f"}
    assert page["counts"]["same"] == 3


@each(
    [
        ({"only": "neither"}, "only"),
        ({"limit": "x"}, "limit"),
        ({"limit": "1000"}, "limit"),
        ({"offset": "-2"}, "offset"),
    ]
)
def test_what_cannot_be_asked_of_pairs_is_told(given: dict[str, str], name: str) -> None:
    with pytest.raises(UsageError, match=name):
        pairing.read(given)
    assert pairing.read({"q": "x", "only": "same", "limit": "7"}) == Comparison(q="x", only="same", limit=7)
