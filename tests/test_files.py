"""The dangerous lines: what is on disk after each way they can fail."""

import errno
import os
import stat
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dset import files, steps

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="mode bits, links and folder fsync are POSIX's")


class Calls:
    """Stands in for a call to the system: counts, and fails as told."""

    def __init__(
        self, real: Callable[..., object], fails: Callable[[int], OSError | None] = lambda _: None
    ) -> None:
        self.real, self.fails, self.count = real, fails, 0

    def __call__(self, *arguments: object) -> object:
        self.count += 1
        if error := self.fails(self.count):
            raise error
        return self.real(*arguments)


def always(number: int) -> Callable[[int], OSError]:
    return lambda _: OSError(number, os.strerror(number))


@pytest.fixture
def fsync(monkeypatch: pytest.MonkeyPatch) -> Calls:
    calls = Calls(os.fsync)
    monkeypatch.setattr(os, "fsync", calls)
    return calls


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses that would have been made."""
    made: list[float] = []
    monkeypatch.setattr(time, "sleep", made.append)
    return made


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


def names(folder: Path) -> list[str]:
    return sorted(one.name for one in folder.iterdir())


# --- append


def test_an_appended_piece_is_synced_before_append_returns(tmp_path: Path, fsync: Calls) -> None:
    file = files.AppendFile(tmp_path / "a")
    opened = fsync.count
    file.append(b"one\n")
    assert fsync.count == opened + 1
    file.append(b"two\n", durable=False)
    assert fsync.count == opened + 1
    assert (file.size, (tmp_path / "a").read_bytes()) == (8, b"one\ntwo\n")
    file.close()
    file.close()


@POSIX
def test_a_new_file_is_made_durable_with_its_name_before_anything_is_written(
    tmp_path: Path, fsync: Calls
) -> None:
    files.AppendFile(tmp_path / "a").close()
    assert fsync.count == 2
    files.AppendFile(tmp_path / "a").close()
    assert fsync.count == 2


def test_a_new_file_that_cannot_be_made_durable_is_closed_and_told(tmp_path: Path, fsync: Calls) -> None:
    fsync.fails = always(errno.EIO)
    with pytest.raises(OSError, match=os.strerror(errno.EIO)):
        files.AppendFile(tmp_path / "a")


def test_appending_goes_to_the_end_even_if_another_program_wrote_meanwhile(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"old\n")
    file = files.AppendFile(path)
    path.write_bytes(b"old\nforeign\n")
    file.append(b"new\n")
    file.close()
    assert path.read_bytes() == b"old\nforeign\nnew\n"


def test_short_writes_go_on_until_all_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: write(descriptor, bytes(data)[:3]))
    files.append(tmp_path / "a", b"0123456789")
    assert (tmp_path / "a").read_bytes() == b"0123456789"


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO, errno.EFBIG, errno.EROFS])
def test_a_piece_that_fails_half_way_is_cut_back_and_the_next_one_is_written_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    file = files.AppendFile(tmp_path / "a")
    file.append(b"first\n")
    write, full = os.write, True

    def half(descriptor: int, data: memoryview) -> int:
        if not full:
            return write(descriptor, data)
        if len(data) <= 4:
            raise OSError(number, os.strerror(number))
        return write(descriptor, data[:4])

    monkeypatch.setattr(os, "write", half)
    with pytest.raises(OSError, match=os.strerror(number)):
        file.append(b"second\n\n")
    assert (tmp_path / "a").read_bytes() == b"first\n"
    assert not file.broken
    full = False
    file.append(b"third\n")
    file.close()
    assert (tmp_path / "a").read_bytes() == b"first\nthird\n"


def test_after_a_failed_fsync_the_piece_is_taken_back_and_the_file_takes_no_more(
    tmp_path: Path, fsync: Calls
) -> None:
    file = files.AppendFile(tmp_path / "a")
    file.append(b"first\n")
    fsync.fails = always(errno.EIO)
    with pytest.raises(OSError, match=os.strerror(errno.EIO)):
        file.append(b"second\n")
    tried = fsync.count
    fsync.fails = lambda _: None
    for _ in range(2):
        with pytest.raises(OSError, match="an earlier write failed"):
            file.append(b"third\n")
    file.close()
    assert file.broken
    assert fsync.count == tried, "a second fsync would say that all is well"
    assert (tmp_path / "a").read_bytes() == b"first\n"


def test_a_piece_that_cannot_even_be_cut_back_breaks_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = files.AppendFile(tmp_path / "a")
    monkeypatch.setattr(os, "write", Calls(os.write, always(errno.ENOSPC)))
    monkeypatch.setattr(os, "ftruncate", Calls(os.ftruncate, always(errno.EIO)))
    with pytest.raises(OSError, match=os.strerror(errno.ENOSPC)):
        file.append(b"x")
    assert file.broken
    file.close()


def test_append_once_is_durable_and_closes_the_file_whatever_happens(tmp_path: Path, fsync: Calls) -> None:
    files.append(tmp_path / "a", b"one\n")
    before = fsync.count
    files.append(tmp_path / "a", b"two\n")
    assert fsync.count == before + 1
    fsync.fails = always(errno.EIO)
    with pytest.raises(OSError, match="error"):
        files.append(tmp_path / "a", b"three\n")
    assert (tmp_path / "a").read_bytes() == b"one\ntwo\n"


def test_cut_shortens_durably(tmp_path: Path, fsync: Calls) -> None:
    (tmp_path / "a").write_bytes(b"0123456789")
    files.cut(tmp_path / "a", 4)
    assert (tmp_path / "a").read_bytes() == b"0123"
    assert fsync.count == 1


# --- replace


@pytest.fixture
def target(tmp_path: Path) -> Path:
    (tmp_path / "r").mkdir()
    path = tmp_path / "r" / "q.csv"
    path.write_bytes(b"old")
    return path


def test_replace_puts_the_new_content_in_place_and_leaves_nothing_beside_it(target: Path) -> None:
    files.replace(target, iter([b"new ", b"", b"content"]))
    assert target.read_bytes() == b"new content"
    assert names(target.parent) == ["q.csv"]


def test_replace_makes_a_file_that_was_not_there(tmp_path: Path) -> None:
    files.replace(tmp_path / "new", [b"x"])
    assert (tmp_path / "new").read_bytes() == b"x"


def test_the_content_is_on_disk_before_the_swap_and_the_name_after_it(
    target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[str] = []
    fsync, swap = os.fsync, os.replace

    def synced(descriptor: int) -> None:
        order.append("folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file")
        fsync(descriptor)

    def swapped(source: Path, to: Path) -> None:
        order.append("swap")
        swap(source, to)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(os, "replace", swapped)
    files.replace(target, [b"new"])
    assert order == ["file", "swap", *([] if sys.platform == "win32" else ["folder"])]


@POSIX
@pytest.mark.parametrize("mode", [0o600, 0o644, 0o640, 0o755, 0o444])
def test_replace_keeps_the_mode(target: Path, mode: int) -> None:
    target.chmod(mode)
    files.replace(target, [b"new"])
    assert stat.S_IMODE(target.stat().st_mode) == mode


@POSIX
def test_replace_gives_a_file_of_somebody_else_s_back_to_them(
    target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[tuple[int, int]] = []
    monkeypatch.setattr(os, "chown", lambda _, user, group: given.append((user, group)))
    owner = (target.stat().st_uid, target.stat().st_gid)
    files.replace(target, [b"own"])
    assert given == []
    monkeypatch.setattr(os, "geteuid", lambda: owner[0] + 1)
    files.replace(target, [b"of another's"])
    assert given == [owner]
    monkeypatch.setattr(os, "chown", Calls(os.chown, always(errno.EPERM)))
    files.replace(target, [b"may not be given away"])
    assert target.read_bytes() == b"may not be given away"


@POSIX
def test_replace_follows_a_link_and_the_link_stays(target: Path, tmp_path: Path) -> None:
    (tmp_path / "inner").symlink_to(target)
    link = tmp_path / "link"
    link.symlink_to("inner")
    files.replace(link, [b"new"])
    assert link.is_symlink()
    assert target.read_bytes() == b"new"
    assert names(target.parent) == ["q.csv"]


@POSIX
def test_what_a_killed_run_left_beside_the_file_is_never_followed_or_kept(
    target: Path, tmp_path: Path
) -> None:
    (tmp_path / "precious").write_bytes(b"precious")
    target.with_name(".q.csv.new").symlink_to(tmp_path / "precious")
    files.replace(target, [b"new"])
    assert (tmp_path / "precious").read_bytes() == b"precious"
    assert (target.read_bytes(), names(target.parent)) == (b"new", ["q.csv"])


def broken_chunks() -> Iterator[bytes]:
    yield b"half"
    raise ValueError("the rest cannot be made")


@pytest.mark.parametrize("step", ["chunks", "write", "fsync", "replace"])
def test_a_replace_that_fails_leaves_the_old_file_and_no_litter(
    target: Path, monkeypatch: pytest.MonkeyPatch, waits: list[float], step: str
) -> None:
    if step in {"write", "fsync", "replace"}:
        monkeypatch.setattr(os, step, Calls(getattr(os, step), always(errno.ENOSPC)))
    chunks = broken_chunks() if step == "chunks" else iter([b"new"])
    with pytest.raises((OSError, ValueError)):
        files.replace(target, chunks)
    assert (target.read_bytes(), names(target.parent)) == (b"old", ["q.csv"])
    assert waits == []


def test_a_file_that_another_program_holds_for_a_moment_is_replaced_after_it(
    target: Path, monkeypatch: pytest.MonkeyPatch, waits: list[float]
) -> None:
    def held(count: int) -> OSError | None:
        return PermissionError(errno.EACCES, "held") if count <= 3 else None

    monkeypatch.setattr(os, "replace", Calls(os.replace, held))
    files.replace(target, [b"new"])
    assert target.read_bytes() == b"new"
    assert waits == [0.05, 0.1, 0.2]


def test_a_file_that_another_program_keeps_is_given_up_after_a_bounded_wait(
    target: Path, monkeypatch: pytest.MonkeyPatch, waits: list[float]
) -> None:
    monkeypatch.setattr(os, "replace", Calls(os.replace, always(errno.EACCES)))
    with pytest.raises(PermissionError):
        files.replace(target, [b"new"])
    assert sum(waits) < 2
    assert (target.read_bytes(), names(target.parent)) == (b"old", ["q.csv"])


# --- the rest


# --- swap


def swap(target: Path, read: bytes = b"old", new: bytes = b"new") -> Path | None:
    """Swap as q.csv is: what is swapped out should be what was read."""
    return files.swap(target, [new], ready=lambda: None, read=files.digest_of([read]))


def waiting(target: Path, end: str = "", ours: bytes = b"new") -> Path:
    """Where a swap of `old` and `ours` keeps what is swapped."""
    read, new = files.digest_of([b"old"]).hex(), files.digest_of([ours]).hex()
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
    assert files.swap(target, [b"new"], ready=lambda: None, read=b"") is not None
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
    assert files.is_swap_unfinished(target) == (target.read_bytes() != b"edited")
    files.finish_swap(target)
    assert not files.is_swap_unfinished(target)
    assert target.read_bytes() == b"edited"
    assert [name for name in names(target.parent) if not name.startswith("q.csv")] == []


@pytest.mark.parametrize("left", [b"old", b"new"])
def test_what_a_killed_swap_left_of_its_own_is_removed(target: Path, left: bytes) -> None:
    for end in ("", ".old"):
        waiting(target, end).write_bytes(left)
        assert files.finish_swap(target) is None
        assert (target.read_bytes(), names(target.parent)) == (b"old", ["q.csv"])


def test_what_was_saved_before_a_kill_never_takes_the_place_of_what_was_saved_after_it(target: Path) -> None:
    waiting(target).write_bytes(b"edited")
    target.with_name(".q.csv.other.swap").write_bytes(b"not ours to touch")
    assert files.finish_swap(target) == target.with_name("q.csv.bak")
    assert target.read_bytes() == b"old"
    assert target.with_name("q.csv.bak").read_bytes() == b"edited"
    assert names(target.parent) == [".q.csv.other.swap", "q.csv", "q.csv.bak"]


def test_a_swap_that_is_not_ready_or_has_no_target_any_more_changes_nothing(
    target: Path, meanwhile: Callable[..., None]
) -> None:
    def not_ready() -> None:
        raise ValueError("not ready")

    with pytest.raises(ValueError, match="not ready"):
        files.swap(target, [b"new"], ready=not_ready, read=b"")
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


# --- steps


def test_every_step_of_an_append_and_a_replace_is_seen_in_its_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[str, str]] = []

    def watch(step: steps.Step) -> object:
        seen.append((step.kind, Path(step.path).name))
        return step.take()

    monkeypatch.setattr(steps, "watch", watch)
    files.append(tmp_path / "a", b"x")
    files.replace(tmp_path / "a", [b"y"])
    folder = [] if sys.platform == "win32" else [("sync", tmp_path.name)]
    assert seen == [
        *[("open", "a"), ("sync", "a"), *folder, ("write", "a"), ("sync", "a")],
        *[("unlink", ".a.new"), ("open", ".a.new"), ("write", ".a.new"), ("sync", ".a.new")],
        *[("meta", ".a.new"), ("rename", "a"), *folder],
    ]


def test_a_call_that_a_signal_interrupts_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a").write_bytes(b"x")
    monkeypatch.setattr(
        os, "replace", Calls(os.replace, lambda count: InterruptedError() if count < 3 else None)
    )
    files.replace(tmp_path / "a", [b"y"])
    assert (tmp_path / "a").read_bytes() == b"y"


def test_a_file_is_set_aside_under_the_next_free_number(tmp_path: Path) -> None:
    path = tmp_path / "output.csv"
    for number in (1, 2, 3):
        path.write_text(str(number))
        assert files.set_aside(path) == tmp_path / f"output.csv.bak{number}"
    assert [(tmp_path / f"output.csv.bak{number}").read_text() for number in (1, 2, 3)] == ["1", "2", "3"]
    assert not path.exists()
    (tmp_path / "output.csv.bak2").unlink()
    path.write_text("4")
    assert files.set_aside(path).name == "output.csv.bak2"


def test_removing_what_is_not_there_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    files.remove(tmp_path / "a")
    files.remove(tmp_path / "a")
    assert names(tmp_path) == ["work"]


@POSIX
def test_a_folder_is_made_with_its_parents_and_each_name_is_synced(tmp_path: Path, fsync: Calls) -> None:
    files.make_folder(tmp_path / "a" / "b" / "c")
    assert (tmp_path / "a" / "b" / "c").is_dir()
    assert fsync.count == 3
    files.make_folder(tmp_path / "a" / "b" / "c")
    assert fsync.count == 3


@POSIX
@pytest.mark.parametrize("number", [errno.EINVAL, errno.EBADF])
def test_a_disk_that_cannot_sync_folders_is_taken_as_it_is(tmp_path: Path, fsync: Calls, number: int) -> None:
    fsync.fails = always(number)
    steps.sync_folder(tmp_path)
    fsync.fails = always(errno.EIO)
    with pytest.raises(OSError, match=os.strerror(errno.EIO)):
        steps.sync_folder(tmp_path)


def test_windows_syncs_no_folders(tmp_path: Path, fsync: Calls, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    steps.sync_folder(tmp_path / "not even there")
    assert fsync.count == 0


def test_a_file_that_is_held_for_a_moment_is_read_after_it(
    target: Path, monkeypatch: pytest.MonkeyPatch, waits: list[float]
) -> None:
    def held(count: int) -> OSError | None:
        return PermissionError(errno.EACCES, "held") if count <= 2 else None

    monkeypatch.setattr(os, "open", Calls(os.open, held))
    with files.patient_open(target) as descriptor:
        assert os.read(descriptor, 10) == b"old"
    assert waits == [0.05, 0.1]


def test_a_file_that_is_held_for_good_is_given_up_after_a_bounded_wait(
    target: Path, monkeypatch: pytest.MonkeyPatch, waits: list[float]
) -> None:
    monkeypatch.setattr(os, "open", Calls(os.open, always(errno.EACCES)))
    with pytest.raises(PermissionError), files.patient_open(target):
        pass
    assert 0 < sum(waits) < 2


def test_a_file_that_may_not_be_read_is_not_waited_for(
    target: Path, monkeypatch: pytest.MonkeyPatch, waits: list[float]
) -> None:
    monkeypatch.setattr(os, "open", Calls(os.open, always(errno.EACCES)))
    monkeypatch.setattr(os, "access", lambda *_: False)
    monkeypatch.setattr(sys, "platform", "linux")
    with pytest.raises(PermissionError), files.patient_open(target):
        pass
    assert waits == []


@pytest.mark.parametrize("whole", [b"theirs\n", b"theirs"])
def test_an_append_file_goes_on_with_what_somebody_put_in_its_place(tmp_path: Path, whole: bytes) -> None:
    path = tmp_path / "log"
    file = files.AppendFile(path)
    file.append(b"ours\n")
    assert file.is_as_left()
    (tmp_path / "new").write_bytes(whole)
    (tmp_path / "new").replace(path)
    assert not file.is_as_left()
    file.append(b"more\n")
    file.close()
    assert path.read_bytes() == b"theirs\nmore\n"
    assert file.touched


def test_an_append_file_that_somebody_else_cut_short_in_place_knows_it(tmp_path: Path) -> None:
    path = tmp_path / "log"
    file = files.AppendFile(path)
    file.append(b"one\ntwo\n")
    path.write_bytes(b"one\n")
    file.append(b"three\n")
    file.close()
    assert path.read_bytes() == b"one\nthree\n"
    assert file.touched


def test_an_append_file_that_nobody_touched_says_so(tmp_path: Path) -> None:
    file = files.AppendFile(tmp_path / "log")
    for _ in range(3):
        file.append(b"one\n")
    assert file.is_as_left()
    assert not file.touched
    file.close()
