"""One run at a time: refused at once, released by whatever ends a process."""

import errno
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from dset import locks
from dset.errors import AlreadyRunningError
from dset.locks import Lock

ROOT = Path(__file__).resolve().parent.parent
HOLDER = """
import sys
from pathlib import Path
from dset.locks import Lock
lock = Lock(Path(sys.argv[1]), "it")
lock.acquire()
print("held", flush=True)
sys.stdin.read()
lock.release()
"""


def hold(path: Path) -> subprocess.Popen[str]:
    """Another process that holds the lock until its stdin ends."""
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    return holder


def end(holder: subprocess.Popen[str]) -> None:
    holder.communicate(timeout=20)


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The temporary folder of this test."""
    place = tmp_path / "tmp"
    place.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    return place


def refusing(number: int, times: int = 1) -> Callable[[int], None]:
    """A `_take` that fails so many times, then works."""
    take, left = locks._take, [times]

    def refuse(descriptor: int) -> None:
        if left[0]:
            left[0] -= 1
            raise OSError(number, os.strerror(number))
        take(descriptor)

    return refuse


def test_a_second_lock_is_refused_at_once_and_says_who_holds_it_and_since_when(tmp_path: Path) -> None:
    holder = hold(tmp_path / ".lock")
    try:
        with pytest.raises(AlreadyRunningError) as caught:
            Lock(tmp_path / ".lock", "the folder x").acquire()
    finally:
        end(holder)
    said = str(caught.value)
    assert said.startswith("the folder x is in use: already running (")
    assert re.search(rf"\(pid {holder.pid}, since \d{{4}}-\d\d-\d\d \d\d:\d\d:\d\d\)", said)
    assert "Ctrl-C" in said
    assert caught.value.exit_status == 2


def test_a_lock_is_refused_within_one_process_too_and_free_after_its_release(tmp_path: Path) -> None:
    first, second = Lock(tmp_path / ".lock", "x"), Lock(tmp_path / ".lock", "x")
    first.acquire()
    with pytest.raises(AlreadyRunningError, match=f"pid {os.getpid()}"):
        second.acquire()
    first.release()
    second.acquire()
    second.release()
    assert first.warning == second.warning == ""


def test_a_released_lock_leaves_no_file_and_may_be_released_twice(tmp_path: Path) -> None:
    lock = Lock(tmp_path / ".lock", "x")
    lock.release()
    lock.acquire()
    assert lock.path.exists()
    lock.release()
    lock.release()
    assert not lock.path.exists()


def test_a_lock_dies_with_a_killed_process_whatever_file_it_leaves(tmp_path: Path) -> None:
    path = tmp_path / ".lock"
    holder = hold(path)
    holder.kill()
    end(holder)
    assert path.exists()
    lock = Lock(path, "x")
    lock.acquire()
    assert path.read_text().startswith(f"pid {os.getpid()}, since ")
    lock.release()


def test_a_file_left_with_a_longer_text_is_written_anew(tmp_path: Path) -> None:
    (tmp_path / ".lock").write_text("pid 1, since long ago" * 10)
    lock = Lock(tmp_path / ".lock", "x")
    lock.acquire()
    assert (tmp_path / ".lock").read_text().count("pid") == 1
    lock.release()


def test_a_file_that_its_last_holder_removed_in_between_is_not_taken_for_the_lock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / ".lock"
    take = locks._take
    taken: list[int] = []

    def removed_by_the_last_holder(descriptor: int) -> None:
        if not taken:
            path.unlink()
        taken.append(descriptor)
        take(descriptor)

    monkeypatch.setattr(locks, "_take", removed_by_the_last_holder)
    lock = Lock(path, "x")
    lock.acquire()
    assert len(taken) == 2
    assert path.exists()
    lock.release()


def test_the_holder_is_told_where_the_lock_is_a_byte_far_behind_the_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".lock").write_text("pid 77, since noon\n")

    def as_on_windows(descriptor: int) -> None:
        os.lseek(descriptor, 1 << 30, os.SEEK_SET)
        raise OSError(errno.EACCES, "held")

    monkeypatch.setattr(locks, "_take", as_on_windows)
    with pytest.raises(AlreadyRunningError, match=r"\(pid 77, since noon\)"):
        Lock(tmp_path / ".lock", "x").acquire()


def test_a_holder_that_has_not_yet_written_its_name_has_just_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(locks, "_take", refusing(errno.EAGAIN, times=locks._LOOKS + 1))
    with pytest.raises(AlreadyRunningError, match=r"\(just started\)"):
        Lock(tmp_path / ".lock", "x").acquire()


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.ENOSYS, errno.EINVAL, errno.EPERM, errno.EOPNOTSUPP])
def test_where_locks_do_not_work_one_in_the_temporary_folder_guards_this_machine(
    tmp_path: Path, temporary: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    first, second, other = (Lock(tmp_path / name, "the share") for name in ("a", "a", "b"))
    for lock in (first, other):
        with monkeypatch.context() as patched:
            patched.setattr(locks, "_take", refusing(number))
            lock.acquire()
    assert first.warning == "the share cannot be locked where it is: runs on other machines are not noticed"
    assert sorted(one.name for one in temporary.iterdir()) == sorted({first.path.name, other.path.name})
    monkeypatch.setattr(locks, "_take", refusing(number))
    with pytest.raises(AlreadyRunningError, match=f"pid {os.getpid()}"):
        second.acquire()
    first.release()
    other.release()
    assert list(temporary.iterdir()) == []


def test_the_lock_in_the_temporary_folder_is_known_by_the_real_path(
    tmp_path: Path, temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    first, second = Lock(tmp_path / "real" / ".lock", "x"), Lock(tmp_path / "link" / ".lock", "x")
    monkeypatch.setattr(locks, "_take", refusing(errno.ENOLCK))
    first.acquire()
    monkeypatch.setattr(locks, "_take", refusing(errno.ENOLCK))
    with pytest.raises(AlreadyRunningError):
        second.acquire()
    first.release()


@pytest.mark.parametrize("number", [errno.EACCES, errno.EROFS])
def test_where_no_lock_file_can_be_made_the_temporary_folder_takes_it(
    tmp_path: Path, temporary: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    opened = os.open

    def refused(path: Path, *arguments: int) -> int:
        if Path(path).parent == tmp_path:
            raise OSError(number, os.strerror(number))
        return opened(path, *arguments)

    monkeypatch.setattr(os, "open", refused)
    lock = Lock(tmp_path / ".lock", "x")
    lock.acquire()
    assert lock.path.parent == temporary
    assert lock.warning
    lock.release()


def test_another_fault_of_the_disk_is_told_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locks, "_take", refusing(errno.EIO))
    with pytest.raises(OSError, match=os.strerror(errno.EIO)):
        Lock(tmp_path / ".lock", "x").acquire()


@pytest.mark.skipif(not hasattr(os, "O_NOFOLLOW"), reason="Windows has no such links in its temporary folder")
def test_a_link_planted_in_the_place_of_a_lock_is_not_written_through(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("precious")
    (tmp_path / ".lock").symlink_to(tmp_path / "precious")
    with pytest.raises(OSError, match=os.strerror(errno.ELOOP)):
        Lock(tmp_path / ".lock", "x").acquire()
    assert (tmp_path / "precious").read_text() == "precious"


def test_who_holds_a_lock_is_told_without_touching_it(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    assert Lock(path, "it").holder() == ""
    assert not path.exists()
    process = hold(path)
    try:
        assert re.match(rf"pid {process.pid}, since ", Lock(path, "it").holder())
    finally:
        process.kill()
        process.communicate()
    left = path.read_bytes()
    assert Lock(path, "it").holder() == ""
    assert path.read_bytes() == left


def test_who_only_looks_whether_a_run_goes_on_keeps_none_from_starting(tmp_path: Path) -> None:
    path, done, seen = tmp_path / ".lock", threading.Event(), set[str]()

    def look() -> None:
        while not done.wait(0.001):  # a thousand times as often as anybody looks
            seen.add(Lock(path, "it").holder()[:4])

    looking = threading.Thread(target=look)
    looking.start()
    try:
        for _ in range(200):
            lock = Lock(path, "it")
            lock.acquire()
            lock.release()
    finally:
        done.set()
        looking.join(20)
    assert seen <= {"", "pid ", "just"}


def test_whoever_finds_a_run_going_on_tries_a_few_times_and_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    take, tried, waited = locks._take, list[int](), list[float]()

    def counted(descriptor: int) -> None:
        tried.append(descriptor)
        take(descriptor)

    first = Lock(tmp_path / ".lock", "x")
    first.acquire()
    monkeypatch.setattr(locks, "_take", counted)
    monkeypatch.setattr(time, "sleep", waited.append)
    with pytest.raises(AlreadyRunningError):
        Lock(tmp_path / ".lock", "x").acquire()
    first.release()
    assert len(tried) == locks._LOOKS + 1
    assert sum(waited) == pytest.approx(0.1)
