"""Journals of other programs, and of those who mean harm: whatever stands in them, an index shows it or passes over it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dset import answers
from dset.browsing import following, shown
from dset.browsing.index import Index
from dset.browsing.pairs import Comparison, Pairs
from dset.browsing.query import SORTS, Query
from dset.folders import Folder
from tests import samples

METADATA: tuple[Any, ...] = (
    {},
    {"id": None, "row": "two", "timestamp": 7, "question": ["a"], "model": {}, "columns": []},
    {
        "id": 12,
        "row": True,
        "cost_usd": "much",
        "seconds": [],
        "completion_tokens": -5,
        "prompt_tokens": True,
    },
    {"id": "x" * 100_000, "row": 10**30, "cost_usd": -1, "seconds": 1e308, "prompt_tokens": 10**25},
    {
        "id": "",
        "question": None,
        "image": 5,
        "messages": {},
        "run": ["r"],
        "attempts": "3",
        "columns": {"a": {"b": [1]}},
    },
    {
        "id": "\ud800",
        "question": "\ud83d half",
        "model": "\udfff",
        "columns": {"\udc00": "\udc01"},
        "timestamp": "\ud801",
    },
    {"id": "same", "question": "nul \0 in it"},
    {"id": "same", "question": "the same id again"},
    {"question": "deep", "more": json.loads("[" * 500 + "]" * 500)},
    {"question": "many", "more": list(range(50_000))},
    {"run": "no such run", "messages": "[{]", "question": ""},
    {"run": "r", "messages": '[{"role": "user", "content": [5, {"type": "x"}, null, {"text": 7}]}]'},
    {
        "run": "r",
        "messages": '[{"role": "user", "content": {"a": 1}}, {"role": "tool"}]',
        "image": "../../../etc/passwd",
    },
    {"run": "r", "question": "{prompt}", "columns": {"question": "not this one", "topic": None}},
)
RESPONSES: tuple[Any, ...] = (
    None, "a text alone", 5, [], {}, {"answer": 5, "reasoning": [1], "data": "no object"}, {"answer": None, "data": {"a": "\ud800"}},
    {"answer": "\\u0e01", "data": [[[]]]}, {"answer": "lone \ud83d half", "reasoning": "\ude00"},
)  # fmt: skip
RAW = (
    b'{"metadata": {"cost_usd": 1e309, "seconds": -1e400, "question": "endless"}, "response": null}\n',
    b'{"metadata": {"cost_usd": NaN, "question": "no number"}, "response": {"data": Infinity}}\n',
    b'{"metadata": {"row": '
    + b"9" * 5_000
    + b', "question": "long number", "columns": {"a": '
    + b"9" * 4_000
    + b'}}, "response": {}}\n',
    b"[" * 100_000 + b"\n",
    b'{"metadata": [], "response": {}}\n',
    b"\xff\xfe\x00\n",
    b"null\n",
    b'\xef\xbb\xbf{"metadata": {"question": "with a mark"}, "response": "x"}\n',
)


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    place = tmp_path_factory.mktemp("place")
    folder = Folder(tmp_path_factory.mktemp("out"))
    lines = [
        {"metadata": about, "response": response, "kind": ["no", "text"], "reason": {"a": 1}}
        for about in METADATA
        for response in RESPONSES
    ]
    lines += [samples.original(text, text, text) for text in samples.HOSTILE]
    data = samples.write_lines(folder.journal, lines) + b"".join(RAW)
    folder.journal.write_bytes(data)
    folder.rejected.write_bytes(data)
    folder.runs.write_bytes(
        b'{"run": "r", "settings": {"prompt": 5, "system": "{prompt} {topic}", "appendix": ["x"]}}\n{"run": []}\n['
    )
    with Index(folder, place) as made:
        made.refresh()
        yield made


def everything(index: Index) -> Iterator[Any]:
    for offset in range(0, index.page(Query())["total"], 200):
        yield index.page(Query(offset=offset, limit=200))["rows"]
    for n in range(2 * (len(METADATA) * len(RESPONSES) + len(samples.HOSTILE) + len(RAW))):
        yield index.entry(n)
        assert index.picture(n) is None
    yield index.facets()


def test_whatever_stands_there_is_told_as_json_that_any_page_can_read(index: Index) -> None:
    for told in everything(index):
        json.dumps(told, ensure_ascii=False, allow_nan=False).encode()


def test_every_sound_line_is_shown_and_every_other_one_counted(index: Index) -> None:
    page, lines = index.page(Query(status="answered")), list(answers.scan(index.folder.journal))
    sound = [record for _, record in lines if isinstance(record, dict)]
    assert page["total"] == len(sound) > 100
    assert page["damaged"] == 2 * (len(lines) - len(sound)) > 6


def test_figures_that_can_be_none_are_unknown(index: Index) -> None:
    for name in ("cost_usd", "seconds", "tokens"):
        rows = index.page(Query(q="endless"))["rows"] + index.page(Query(q="no number"))["rows"]
        assert {row[name] for row in rows} == {None}
    lengths = index.facets()["cost_usd"]
    assert lengths == {"least": None, "most": None}


def test_every_order_and_every_hostile_search_gives_a_page(index: Index) -> None:
    for sort in SORTS:
        assert index.page(Query(sort=sort, order="desc"))["rows"]
    for text in samples.HOSTILE:
        if len(text) < 10_000:
            index.page(Query(q=text, label=text, model=text, status=text))
    for text in ("nul \0 in it", "lone \ud83d half"):
        assert index.page(Query(q=text))["total"] > 1


def test_hostile_ids_are_paired(index: Index, tmp_path: Path) -> None:
    (tmp_path / "pairs").mkdir()
    with Pairs(index, index, tmp_path / "pairs") as pairs:
        page = pairs.page(Comparison(limit=200))
    assert page["counts"]["left"] == page["counts"]["right"] == page["counts"]["different"] == 0
    assert page["counts"]["same"] == page["total"] > 40


def test_a_line_without_end_is_passed_over_and_not_held_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "LONGEST", 2_000)
    monkeypatch.setattr(following, "_BLOCK", 1_000)
    folder = Folder(tmp_path / "out")
    (tmp_path / "place").mkdir()
    samples.write_lines(
        folder.journal, [samples.record("a"), samples.record("b" * 5_000), samples.record("c")]
    )
    with Index(folder, tmp_path / "place") as index:
        index.refresh()
        page = index.page(Query(sort="row"))
        assert sorted(row["question"] for row in page["rows"]) == ["a", "c"]
        assert page["damaged"] == 1
        samples.write_lines(folder.journal, [samples.record("a"), samples.record("c" * 5_000)])
        folder.journal.write_bytes(folder.journal.read_bytes()[:-1])
        assert index.refresh()  # it has no end yet
        assert index.page(Query())["total"] == 1


def test_texts_of_great_length_are_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shown, "LONGEST", 100)
    assert shown.text("x" * 101, shown.LONGEST) == "x" * 99 + "…"


def test_lines_are_taken_in_by_bytes_one_that_is_larger_by_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "_BLOCK", 1_000)
    folder = Folder(tmp_path / "out")
    (tmp_path / "place").mkdir()
    samples.write_lines(folder.journal, [samples.record(f"{at}" * 600) for at in range(5)])
    with Index(folder, tmp_path / "place") as index:
        index.refresh(0)
        assert index.page(Query())["total"] == 1
        index.refresh()
        assert index.page(Query())["total"] == 5
