"""Bringing the views level: a prefix is completed, what was edited is set aside, all in one pass over the journal."""

import errno
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from dset import leveling, steps, views
from dset.answers import Record
from dset.views import View
from tests import samples
from tests.test_views import BOM, HEADING, PLACE, record, view_of


def level(view: View, *, ours: bool = False) -> str | OSError:
    return leveling.level([view], lambda: RECORDS, [view.name] if ours else [])[view.name]


def standing(view: View) -> tuple[bool, int]:
    found = leveling.compare([view], RECORDS)[0]
    assert found.wanted == len(content_of(view))
    return found.fits, found.sound


RECORDS = [record("one", note="x"), record("=สอง\r\n", "mm", note=""), samples.original("three")]
NAMES = st.sampled_from(["csv", "txt"])


def content_of(view: View) -> bytes:
    return b"".join(view.content(RECORDS))


def levelled(view: View, content: bytes | None, *, ours: bool = False) -> tuple[str | OSError, list[str]]:
    """(what was done, which files are there then) with `content` in the view; it must be level afterwards."""
    for path in PLACE.glob("output.*"):
        path.unlink()
    if content is not None:
        view.path.write_bytes(content)
    done = level(view, ours=ours)
    assert view.path.read_bytes() == content_of(view)
    return done, sorted(path.name for path in PLACE.glob("output.*.bak*"))


@pytest.mark.parametrize("name", ["csv", "txt"])
def test_every_prefix_of_a_view_is_completed(name: str) -> None:
    view = view_of(name, ("note",))
    whole = content_of(view)
    for end in range(len(whole)):
        view.path.write_bytes(whole[:end])
        assert standing(view) == (True, end)
        if end % 5 == 0:
            assert levelled(view, whole[:end]) == ("completed", [])
    view.path.write_bytes(whole)
    assert standing(view) == (True, len(whole))
    assert levelled(view, whole) == ("", [])
    assert levelled(view, None) == ("written", [])


@given(NAMES, st.integers(0, 10_000), st.integers(1, 50))
@settings(max_examples=100, deadline=None)
def test_nuls_that_a_power_cut_left_are_no_edit(name: str, end: int, nuls: int) -> None:
    view = view_of(name, ("note",))
    whole = content_of(view)
    end = min(end, len(whole))
    view.path.write_bytes(whole[:end] + b"\0" * nuls)
    assert standing(view) == (True, end)
    assert levelled(view, whole[:end] + b"\0" * nuls) == ("completed" if end < len(whole) else "", [])


@given(NAMES, st.integers(0, 10_000), st.sampled_from(["change", "insert", "delete"]), st.integers(1, 255))
@settings(max_examples=100, deadline=None)
def test_a_view_with_one_byte_edited_is_set_aside_and_made_anew(
    name: str, at: int, edit: str, byte: int
) -> None:
    view = view_of(name, ("note",))
    whole = content_of(view)
    at %= len(whole)
    edited = whole[:at] + (bytes([byte]) if edit != "delete" else b"") + whole[at + (edit != "insert") :]
    assume(not whole.startswith(edited))
    done, aside = levelled(view, edited)
    assert done == f"set aside as output.{name}.bak1"
    assert aside == [f"output.{name}.bak1"]
    assert Path(aside[0]).read_bytes() == edited


def test_text_added_behind_the_last_answer_is_an_edit() -> None:
    view = view_of("txt")
    assert levelled(view, content_of(view) + b"my note")[0] == "set aside as output.txt.bak1"


def test_what_was_set_aside_is_never_overwritten() -> None:
    view = view_of("txt")
    for number in (1, 2, 3):
        view.path.write_bytes(b"mine %d" % number)
        assert level(view) == f"set aside as output.txt.bak{number}"
    assert [Path(f"output.txt.bak{number}").read_bytes() for number in (1, 2, 3)] == [
        b"mine 1",
        b"mine 2",
        b"mine 3",
    ]


def test_our_own_view_with_other_columns_is_rebuilt_and_leaves_no_copy() -> None:
    old = view_of("csv", ())
    assert levelled(view_of("csv", ("note",)), content_of(old), ours=True) == ("rebuilt", [])


def test_a_view_without_records_is_its_head() -> None:
    view = view_of("csv")
    assert leveling.level([view], list, [])[view.name] == "written"
    assert view.path.read_bytes() == BOM + HEADING.encode() + b"\r\n"


def test_both_views_are_completed_in_one_pass_over_the_journal() -> None:
    both = [view_of("csv", ("note",)), view_of("txt")]
    wholes = [content_of(view) for view in both]
    for view, whole in zip(both, wholes, strict=True):
        view.path.write_bytes(whole[: len(whole) // 2])
    passes: list[int] = []

    def records() -> Iterable[Record]:
        passes.append(1)
        return RECORDS

    assert leveling.level(both, records, []) == {"csv": "completed", "txt": "completed"}
    assert [view.path.read_bytes() for view in both] == wholes
    assert len(passes) == 1


def test_a_view_that_cannot_be_written_holds_up_no_other_one(monkeypatch: pytest.MonkeyPatch) -> None:
    both = [view_of("csv"), view_of("txt")]
    for view in both:
        view.path.write_bytes(b"")

    def refuse(step: steps.Step) -> object:
        if step.path.endswith(".csv") and step.kind == "write":
            raise OSError(errno.ENOSPC, "full", step.path)
        return step.take()

    monkeypatch.setattr(steps, "watch", refuse)
    done = leveling.level(both, lambda: RECORDS, [])
    assert isinstance(done["csv"], OSError)
    assert done["txt"] == "completed"
    assert both[1].path.read_bytes() == content_of(both[1])


def test_a_large_view_is_written_in_few_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    view = view_of("txt")
    many = [record("x" * 1000)] * 3000
    view.path.write_bytes(views.render_txt(many[0])[:10])
    writes: list[str] = []

    def count(step: steps.Step) -> object:
        if step.kind == "write":
            writes.append(step.path)
        return step.take()

    monkeypatch.setattr(steps, "watch", count)
    assert leveling.level([view], lambda: many, [])["txt"] == "completed"
    assert view.path.read_bytes() == views.render_txt(many[0]) * 3000
    assert len(writes) <= 5
    view.path.unlink()
    assert leveling.level([view], lambda: many, [])["txt"] == "written"
    assert len(writes) <= 10
