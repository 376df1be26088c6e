"""The swap of a file that others write too: whatever they save at the very moment of it wins."""

import errno
import stat
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from dset import digests, steps, swaps
from tests.test_files import POSIX, names


@pytest.fixture
def target(tmp_path: Path) -> Path:
    path = tmp_path / "r" / "q.csv"
    path.parent.mkdir()
    path.write_bytes(b"old")
    return path


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Do something at the first step of a kind, right before it happens."""

    def at(kind: str, path: Path, action: Callable[[], object], *, refuse_exchange: bool = False) -> None:
        left = [action]

        def watch(step: steps.Step) -> object:
            if refuse_exchange and step.call is steps._exchange:
                raise OSError(errno.EINVAL, "no exchange on this disk", step.path)
            if left and (step.kind, step.path) == (kind, str(path)):
                left.pop()()
            return step.take()

        monkeypatch.setattr(steps, "watch", watch)

    return at


def swap(target: Path, read: bytes = b"old", new: bytes = b"new") -> Path | None:
    """Swap as q.csv is: what is swapped out should be what was read."""
    return swaps.swap(target, [new], ready=lambda: None, read=digests.of([read]))


def waiting(target: Path, end: str = "", ours: bytes = b"new") -> Path:
    """Where a swap of `old` and `ours` keeps what is swapped."""
    read, new = digests.of([b"old"]).hex(), digests.of([ours]).hex()
    return target.with_name(f".{target.name}.{read}.{new}.swap{end}")


@pytest.mark.parametrize("refuse", [False, True], ids=["exchange", "link and rename"])
def test_a_swap_puts_the_new_content_in_place_and_leaves_nothing_beside_it(
    target: Path, meanwhile: Callable[..., None], refuse: bool
) -> None:
    meanwhile("none", target, lambda: None, refuse_exchange=refuse)
    target.chmod(0o640)
    assert swap(target) is None
    assert (target.read_bytes(), names(target.parent)) == (b"new", ["q.csv"])
    assert sys.platform == "win32" or stat.S_IMODE(target.stat().st_mode) == 0o640


@pytest.mark.parametrize("how", ["in place", "by a rename"])
@pytest.mark.parametrize("refuse", [False, True], ids=["exchange", "link and rename"])
def test_what_another_program_saves_at_the_very_moment_of_a_swap_wins(
    target: Path, meanwhile: Callable[..., None], how: str, refuse: bool
) -> None:
    def save() -> None:
        if how == "in place":
            target.write_bytes(b"edited")
        else:
            target.with_name("theirs").write_bytes(b"edited")
            target.with_name("theirs").replace(target)

    kind = "link" if refuse and how == "by a rename" else "rename"
    place = waiting(target, ".old") if kind == "link" else target
    meanwhile(kind, place, save, refuse_exchange=refuse)
    kept = swap(target)
    assert kept == target.with_name("q.csv.bak")
    assert (target.read_bytes(), kept.read_bytes()) == (b"edited", b"edited")
    assert names(target.parent) == ["q.csv", "q.csv.bak"]


def test_a_copy_of_what_was_saved_meanwhile_takes_no_name_that_is_taken(
    target: Path, meanwhile: Callable[..., None]
) -> None:
    target.with_name("q.csv.bak").write_bytes(b"the user's own")
    meanwhile("rename", target, lambda: target.write_bytes(b"edited"))
    assert swap(target) == target.with_name("q.csv.bak1")
    assert target.with_name("q.csv.bak").read_bytes() == b"the user's own"


@pytest.mark.skipif(sys.platform not in {"linux", "darwin"}, reason="needs the exchange of two names")
def test_even_a_second_save_while_the_first_is_put_back_is_kept(
    target: Path, meanwhile: Callable[..., None], tmp_path: Path
) -> None:
    def save_again() -> None:
        target.with_name("theirs").write_bytes(b"edited again")
        target.with_name("theirs").replace(target)

    meanwhile("link", target.with_name("q.csv.bak"), save_again)
    assert swaps.swap(target, [b"new"], ready=lambda: None, read=b"") is not None
    kept = {path.read_bytes() for path in target.parent.iterdir()}
    assert kept == {b"old", b"edited again"}


class KilledError(BaseException):
    pass


@pytest.mark.parametrize("after", range(1, 5), ids=lambda after: f"{after} steps after it")
def test_what_was_saved_at_the_moment_of_a_swap_outlives_a_kill(
    target: Path, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    since: list[str] = []

    def watch(step: steps.Step) -> object:
        if step.path == str(target) and not since:
            target.write_bytes(b"edited")
            since.append("")
        elif since and len(since) >= after:
            raise KilledError
        elif since:
            since.append("")
        return step.take()

    monkeypatch.setattr(steps, "watch", watch)
    with pytest.raises(KilledError):
        swap(target)
    monkeypatch.setattr(steps, "watch", None)
    swaps.finish(target)
    assert not swaps.is_unfinished(target)
    assert target.read_bytes() == b"edited"
    assert [name for name in names(target.parent) if not name.startswith("q.csv")] == []


@pytest.mark.parametrize("left", [b"old", b"new"])
def test_what_a_killed_swap_left_of_its_own_is_removed(target: Path, left: bytes) -> None:
    for end in ("", ".old"):
        waiting(target, end).write_bytes(left)
        assert swaps.finish(target) is None
        assert (target.read_bytes(), names(target.parent)) == (b"old", ["q.csv"])


def test_what_was_saved_before_a_kill_never_takes_the_place_of_what_was_saved_after_it(target: Path) -> None:
    waiting(target).write_bytes(b"edited")
    target.with_name(".q.csv.other.swap").write_bytes(b"not ours to touch")
    assert swaps.finish(target) == target.with_name("q.csv.bak")
    assert target.read_bytes() == b"old"
    assert target.with_name("q.csv.bak").read_bytes() == b"edited"
    assert names(target.parent) == [".q.csv.other.swap", "q.csv", "q.csv.bak"]


def test_a_swap_that_is_not_ready_or_has_no_target_any_more_changes_nothing(
    target: Path, meanwhile: Callable[..., None]
) -> None:
    def not_ready() -> None:
        raise ValueError("not ready")

    with pytest.raises(ValueError, match="not ready"):
        swaps.swap(target, [b"new"], ready=not_ready, read=b"")
    assert (target.read_bytes(), names(target.parent)) == (b"old", ["q.csv"])
    meanwhile("rename", target, target.unlink)
    with pytest.raises(FileNotFoundError):
        swap(target)
    assert names(target.parent) == []


@POSIX
def test_on_a_disk_without_links_a_swap_is_a_replace(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def watch(step: steps.Step) -> object:
        if step.call is steps._exchange or step.kind == "link":
            raise OSError(errno.EPERM, "no links on this disk", step.path)
        return step.take()

    monkeypatch.setattr(steps, "watch", watch)
    assert swap(target) is None
    assert (target.read_bytes(), names(target.parent)) == (b"new", ["q.csv"])
