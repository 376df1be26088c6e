"""runs.json: one line a run, opened before the first request and closed at the end."""

import os
import re
from pathlib import Path
from typing import Any

import pytest

from dset import __version__, runs
from tests import samples

PATH = Path("runs.json")
REQUEST: dict[str, Any] = {
    "base_url": "u",
    "model": "m",
    "prompt": "{question}",
    "system": "s",
    "max_tokens": None,
}


def test_a_run_is_one_line_that_is_closed_with_its_end_and_its_counts() -> None:
    run = runs.Run(PATH, REQUEST, ("topic",))
    run.open()
    (opened,) = samples.read_lines(PATH)
    assert re.fullmatch(r"\d{8}T\d{6}Z-[0-9a-f]{4}", run.id)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", opened["started"])
    assert opened == {
        "run": run.id,
        "started": opened["started"],
        "ended": None,
        "version": __version__,
        "model": "m",
        "prompt": "{question}",
        "system": "s",
        "settings": REQUEST,
        "named": ["topic"],
        "counts": None,
    }
    run.close({"answered": 3})
    (closed,) = samples.read_lines(PATH)
    assert closed == opened | {"ended": closed["ended"], "counts": {"answered": 3}}
    assert closed["ended"] >= closed["started"]


def test_earlier_runs_keep_their_lines() -> None:
    PATH.write_bytes(b'{"run": "old"}\nno JSON\n')
    run = runs.Run(PATH, REQUEST, ())
    run.open()
    run.close({})
    lines = PATH.read_bytes().split(b"\n")
    assert lines[:2] == [b'{"run": "old"}', b"no JSON"]
    assert len(lines) == 4


@pytest.mark.parametrize("torn", [b'{"run": "x", "settings": {"mod', b"\0\0\0\0"])
def test_a_run_does_not_go_on_from_a_torn_line(torn: bytes) -> None:
    PATH.write_bytes(torn)
    run = runs.Run(PATH, REQUEST, ())
    run.open()
    assert list(runs.read(PATH).requests) == [run.id]
    run.close({"answered": 1})
    assert list(runs.read(PATH).requests) == [run.id]
    assert PATH.read_bytes().startswith(torn + b"\n")


def test_a_line_that_cannot_be_closed_stays_open(monkeypatch: pytest.MonkeyPatch) -> None:
    run = runs.Run(PATH, REQUEST, ())
    run.open()
    before = PATH.read_bytes()

    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(OSError, match="No space left"):
        run.close({"answered": 1})
    assert PATH.read_bytes() == before


def test_a_line_that_cannot_be_opened_is_an_error_before_anything_is_paid_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", refuse)
    with pytest.raises(OSError, match="No space left"):
        runs.Run(PATH, REQUEST, ()).open()


def test_past_runs_tell_their_settings_and_the_columns_they_named() -> None:
    for model, named in (("m1", ("a",)), ("m2", ("b", "c")), ("m2", ("a",))):
        runs.Run(PATH, REQUEST | {"model": model}, named).open()
    past = runs.read(PATH)
    assert [request["model"] for request in past.requests.values()] == ["m1", "m2", "m2"]
    assert past.named == (("a",), ("b", "c"))


def test_lines_that_cannot_be_read_are_passed_over() -> None:
    good = b'{"run": "r", "settings": {"model": "m"}}\n'
    PATH.write_bytes(
        b"\n".join(
            [b"", b"no JSON", b"7", b"{}", b'{"run": "x"}', b'{"run": "x", "settings": 7}', b"[" * 9999, good]
        )
    )
    assert runs.read(PATH) == runs.Past({"r": {"model": "m"}}, ((),))


def test_a_file_that_is_not_there_knows_no_run() -> None:
    assert runs.read(PATH) == runs.Past({}, ())


@pytest.mark.parametrize(
    ("now", "flags"),
    [
        (REQUEST, []),
        (REQUEST | {"model": "m2", "max_tokens": 5}, ["model", "max-tokens"]),
        ({"model": "m", "new_setting": 1}, []),
    ],
)
def test_what_changed_since_the_last_run_is_told_by_its_flags(now: dict[str, Any], flags: list[str]) -> None:
    older = REQUEST | {"model": "older"}
    assert runs.Past({"1": older, "2": REQUEST}, ()).differs(now) == flags
    assert runs.Past({}, ()).differs(now) == []
