""".state.json: what stood level at the last exit. To lose it costs time, never an answer."""

import os
from pathlib import Path

import pytest

from dset import state
from dset.state import State

PATH = Path(".state.json")


def test_what_is_saved_is_loaded_again() -> None:
    saved = State(
        [10, 20], {"csv": [1, 2]}, ["topic", "ทำไม"], csv_exact=True, questions="/q.csv", bookmarked=7
    )
    state.save(PATH, saved)
    assert state.load(PATH) == saved


@pytest.mark.parametrize(
    "content",
    [
        None,
        b"",
        b"\0" * 50,
        b'{"journal": [1',
        b"[]",
        b"7",
        b"[" * 9999,
        b'{"from": "the future"}',
        b'{"views": null}',
        b'{"columns": 5}',
        b'{"bookmarked": "x"}',
    ],
)
def test_a_state_that_cannot_be_read_is_an_empty_one(content: bytes | None) -> None:
    if content is not None:
        PATH.write_bytes(content)
    assert state.load(PATH) == State()


def test_a_file_is_known_while_its_size_and_time_are_those_noted() -> None:
    path = Path("output.json")
    path.write_bytes(b"one\n")
    marked = state.mark(path)
    assert marked is not None
    known = State(journal=list(marked))
    assert known.knows(state.mark(path), known.journal)
    os.utime(path, ns=(marked[1], marked[1] + 1))
    assert not known.knows(state.mark(path), known.journal)
    path.write_bytes(b"one\ntwo\n")
    os.utime(path, ns=(marked[1], marked[1]))
    assert not known.knows(state.mark(path), known.journal)


def test_a_file_that_is_missing_or_was_never_noted_is_not_known() -> None:
    assert state.mark(PATH) is None
    assert not State().knows(None, None)
    assert not State().knows((1, 2), None)
    assert not State().knows(None, [1, 2])
