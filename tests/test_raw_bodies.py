"""raw/: what came that was no UTF-8."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dset import raw_bodies, steps
from tests import samples

FOLDER = Path("dset_generator") / "raw"


def test_a_body_is_kept_byte_for_byte_under_the_name_that_comes_back() -> None:
    body = bytes(range(256)) + b"\r\n\0"
    name = raw_bodies.keep(FOLDER, "0123-2", body)
    assert (FOLDER.parent / name).read_bytes() == body
    assert name.startswith("raw/0123-2.")
    assert name.endswith(".bin")


def test_the_same_body_is_one_file_and_another_one_is_another() -> None:
    names = [raw_bodies.keep(FOLDER, "id", body) for body in (b"\xff", b"\xff", b"\xfe")]
    assert names[0] == names[1] != names[2]
    assert len(list(FOLDER.iterdir())) == 2


def test_the_file_and_its_name_are_on_disk_when_the_call_returns(monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[tuple[str, str]] = []

    def noted(step: steps.Step) -> object:
        order.append((step.kind, Path(step.path).name))
        return step.take()

    monkeypatch.setattr(steps, "watch", noted)
    name = Path(raw_bodies.keep(FOLDER, "id", b"\xff")).name
    assert [step for step in order if step[0] != "meta"][-3:] == [
        ("sync", f".{name}.new"),
        ("rename", name),
        ("sync", "raw"),
    ]
    assert ("sync", "dset_generator") in order  # where the folder itself stands


@given(st.none() | st.binary(max_size=3))
def test_only_a_reply_with_a_body_of_its_own_is_marked(raw: bytes | None) -> None:
    assert raw_bodies.mark(samples.reply(raw=raw)) == ({} if raw is None else {"raw": None})
    assert raw_bodies.mark(None) == {}
