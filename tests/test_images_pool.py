"""Pieces of work on all cores: in order, few at a time, and a piece that kills its process costs only itself."""

import itertools
import multiprocessing
import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Iterator
from multiprocessing import connection as connections
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from dset.images import pool, workers
from tests import pieces, running

posix = pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")


def is_there(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.fixture(autouse=True)
def nobody_left() -> Iterator[None]:
    yield
    assert multiprocessing.active_children() == []


def test_results_come_in_the_order_of_the_pieces_from_other_processes() -> None:
    done = list(pool.each(range(60), pieces.whose, 2, died=pieces.whose))
    assert [(piece, result[0]) for piece, result in done] == [(number, number) for number in range(60)]
    processes = {process for _, (_, process) in done}
    assert os.getpid() not in processes
    assert not any(map(is_there, processes))


@pytest.mark.parametrize(("count", "workers"), [(0, None), (3, None), (3, 8), (20, 1)])
def test_few_pieces_or_one_worker_need_no_other_process(count: int, workers: int | None) -> None:
    done = list(pool.each(iter(range(count)), pieces.whose, workers, died=pieces.whose))
    assert done == [(number, (number, os.getpid())) for number in range(count)]


def test_of_endless_pieces_only_a_few_are_taken_ahead() -> None:
    taken = itertools.count()
    results = pool.each(taken, pieces.squared, 2, died=pieces.minus)
    done = list(itertools.islice(results, 100))
    results.close()
    assert done == [(number, number * number) for number in range(100)]
    assert next(taken) <= 100 + 2 * 8 + 4


@posix
def test_a_piece_that_kills_its_process_costs_only_itself() -> None:
    numbers = [3, 5, *range(9), 12]
    done = list(pool.each(numbers, pieces.deadly, 2, died=pieces.minus))
    fatal = {number for number in numbers if number % 7 in {3, 5}}
    assert done == [(number, -number - 1 if number in fatal else number * number) for number in numbers]


def test_a_piece_that_was_killed_for_no_fault_of_its_own_is_done_again_with_nothing_beside_it(
    tmp_path: Path,
) -> None:
    log = tmp_path / "log"
    done = list(pool.each([(str(log), number) for number in range(20)], pieces.unlucky, 2, died=str))
    assert [result for _, result in done] == list(range(20))
    lines = log.read_text().splitlines()
    again = len(lines) - 1 - lines[::-1].index("begin 5")
    assert lines[again + 1] == "end 5"
    begun, ended = (sum(line.startswith(word) for line in lines[:again]) for word in ("begin", "end"))
    assert begun == ended + 1  # the only one without an end is its own first try


def test_what_the_work_raises_is_raised_at_its_turn_and_ends_the_workers() -> None:
    results = pool.each(range(50), pieces.failing, 2, died=pieces.minus)
    done = [piece for piece, _ in itertools.islice(results, 6)]
    with pytest.raises(OSError, match="No space left") as raised:
        next(results)
    assert done == list(range(6))
    assert (raised.value.errno, raised.value.filename) == (28, "/disk/file")
    assert any("in failing" in note for note in raised.value.__notes__)


def test_an_exception_that_does_not_travel_is_told_in_another() -> None:
    with pytest.raises(RuntimeError, match=r"OddError: one and other"):
        list(pool.each(range(10, 30), pieces.failing, 2, died=pieces.minus))


def test_large_pieces_and_results_do_not_block_each_other() -> None:
    large = [bytes([number]) * 1_000_000 for number in range(12)]
    done = list(pool.each(large, pieces.echoed, 2, died=pieces.echoed))
    assert all(piece == result for piece, result in done)
    assert len(done) == 12


def test_closing_early_ends_the_workers() -> None:
    results = pool.each(itertools.count(), pieces.whose, 2, died=pieces.whose)
    processes = {next(results)[1][1] for _ in range(40)}
    results.close()
    assert not any(map(is_there, processes))


@posix
def test_ctrl_c_ends_the_workers_at_once_and_they_say_nothing() -> None:
    with started() as program:
        assert program.stdout is not None
        processes: set[int] = set()
        while len(processes) < 2:  # both are at work
            processes.add(int(program.stdout.readline()))
        os.killpg(program.pid, signal.SIGINT)  # as a terminal does: to all of them
        _, said = program.communicate(timeout=60)
    assert said == b"interrupted\n"
    assert not any(map(is_there, processes))


@posix
def test_ctrl_c_while_a_worker_is_only_starting_is_as_silent(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        f"import os, signal, sys\nsys.path.insert(0, {str(running.SCRIPT.parent)!r})\n"
        "if __name__ == '__mp_main__':\n"  # a worker on its way up
        "    os.write(1, f'{os.getpid()}\\n'.encode())\n"
        "    signal.sigwait([signal.SIGTERM, signal.SIGUSR1])\n"
        "from tests import pieces\n"
        "if __name__ == '__main__': pieces.main()\n"
    )
    with started(script) as program:
        assert program.stdout is not None
        processes = {int(program.stdout.readline()) for _ in range(2)}
        for process in processes:
            os.kill(process, signal.SIGINT)
        os.kill(program.pid, signal.SIGINT)
        _, said = program.communicate(timeout=60)
    assert said == b"interrupted\n"
    assert not any(map(is_there, processes))


@posix
def test_workers_end_with_a_parent_that_is_killed() -> None:
    program = (
        "import os; from dset.images import pool; from tests import pieces\n"
        "for number, _ in pool.each(range(99), pieces.squared, 2, died=pieces.minus):\n"
        "    number == 50 and os.kill(os.getpid(), 9)"
    )
    with started(program) as process:
        out, said = process.communicate(
            timeout=60
        )  # returns when the last process that holds its output is gone
    assert process.returncode == -signal.SIGKILL
    assert (out, said) == (b"", b"")


def started(program: str | Path = "from tests import pieces; pieces.main()") -> "subprocess.Popen[bytes]":
    """A program, its text or its file, in a process group of its own, as a terminal gives it."""
    what = [str(program)] if isinstance(program, Path) else ["-c", program]
    return subprocess.Popen(
        [sys.executable, *what],
        cwd=running.SCRIPT.parent,
        env=running.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )


class _Tame:
    """A worker that dies of its first piece 0, and answers the others only when nobody has anything else to do."""

    given: list[int]  # the pieces as they were handed out
    late: list[Any]  # answers that are still to be given

    def __init__(self, _: Any) -> None:
        self.connection, self._theirs = multiprocessing.Pipe()
        self.ready = False
        self._theirs.send(None)

    def send(self, piece: bytes) -> None:
        number = pickle.loads(piece)
        if self._theirs.closed:
            return  # as a dead one: what it is sent is not begun
        if number == 0 and 0 not in self.given:
            self._theirs.close()
        else:
            self.late.append((self._theirs, number))
        self.given.append(number)

    def hear(self) -> Any:
        answer = self.connection.recv()
        self.ready = True
        return answer

    def dismiss(self) -> None:
        pass

    def end(self, patience: float = 0) -> None:
        self._theirs.close()
        self.connection.close()


def test_a_suspect_is_tried_when_all_others_are_home_and_nothing_is_begun_beside_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given: list[int] = []
    answered: list[int] = []
    late: list[Any] = []
    beside: list[tuple[list[int], list[int]]] = []

    def wait(those: Any, timeout: float | None) -> Any:
        if not (heard := connections.wait(those, 0)) and late:
            worker, number = late.pop(0)
            if number == 0:
                beside.append((given[:], answered[:]))
            answered.append(number)
            worker.send((number, None))
            return connections.wait(those, None)
        return heard

    monkeypatch.setattr(_Tame, "given", given, raising=False)
    monkeypatch.setattr(_Tame, "late", late, raising=False)
    monkeypatch.setattr(pool, "Worker", _Tame)
    monkeypatch.setattr(pool, "connections", SimpleNamespace(wait=wait))
    done = list(pool.each(range(30), pieces.squared, 3, died=pieces.minus))
    assert [result for _, result in done] == list(range(30))
    ((begun, ended),) = beside
    assert sorted(begun) == sorted(
        [0, 0, *ended]
    )  # all that had been begun was over, but for its own two tries
    assert len(ended) <= 6  # those that were in flight when it was suspected


class _None:
    def __init__(self, _: Any) -> None:
        raise OSError("no more processes")


def test_where_no_process_can_be_started_the_work_is_done_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "Worker", _None)
    done = list(pool.each(range(20), pieces.whose, 2, died=pieces.whose))
    assert done == [(number, (number, os.getpid())) for number in range(20)]


def test_where_workers_die_before_they_begin_the_work_is_done_here(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "import sys\n"
        "if __name__ == '__mp_main__': sys.exit(3)\n"
        f"sys.path.insert(0, {str(running.SCRIPT.parent)!r})\n"
        "from dset.images import pool\n"
        "from tests import pieces\n"
        "print(sum(result for _, result in pool.each(range(10), pieces.squared, 2, died=pieces.minus)))\n"
    )
    done = subprocess.run(
        [sys.executable, script], env=running.environment(), capture_output=True, timeout=60
    )
    assert (done.stdout.strip(), done.stderr) == (b"285", b"")


def test_a_worker_is_ended_and_reaped() -> None:
    worker = workers.Worker(pieces.squared)
    assert worker.hear() is None
    assert worker.ready
    worker.send(pickle.dumps(9))
    assert worker.hear() == (81, None)
    worker.dismiss()
    worker.end(patience=30)
