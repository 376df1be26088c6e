"""Work on many pieces by all cores, in processes that may die of a piece without taking the others with them."""

import os
import pickle
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, islice
from multiprocessing import connection as connections
from typing import Any, Generic, TypeVar

from dset.images.workers import Worker

T = TypeVar("T")
R = TypeVar("R")

_FEW = 3  # pieces that are done sooner here than workers are started
_AHEAD = 8  # pieces a worker that may be begun before the oldest of them is finished
_MOST = 60  # workers: Windows waits for no more at once
_SMALL = 4096  # bytes that fit into any pipe: sending a piece to a worker at work does not wait for it
_PATIENCE = 5.0  # seconds for a worker to end by itself


def each(
    pieces: Iterable[T],
    work: Callable[[T], R],
    workers: int | None = None,
    *,
    died: Callable[[T], R],
) -> Generator[tuple[T, R]]:
    """Each piece with what `work` made of it, in the order of the pieces.

    `workers` processes, None for one a core; with one, or with few pieces, in this process. Only so many pieces are
    taken as are soon begun. `work`, pieces and results are pickled, and should be small. A piece whose worker dies is
    tried once more with nothing beside it; if that one dies too, its result is `died(piece)`, called here. What `work`
    raises is raised here, when it is the piece's turn. Ctrl-C, or closing the iterator, ends the workers at once.
    """
    pieces = iter(pieces)
    first = list(islice(pieces, _FEW + 1))
    count = min(workers or _cores(), _MOST)
    if count < 2 or len(first) <= _FEW:
        for piece in chain(first, pieces):
            yield piece, work(piece)
        return
    crew = _Crew(work, died, count)
    try:
        yield from crew.run(chain(first, pieces))
        crew.dismiss()
    finally:
        crew.end()


def _cores() -> int:
    """How many this process may use."""
    allowed = getattr(os, "sched_getaffinity", None)
    return len(allowed(0)) if allowed else os.cpu_count() or 1


@dataclass(slots=True)
class _Slot(Generic[T, R]):
    """A piece on its way, and what came of it."""

    piece: T
    packed: bytes
    done: bool = False
    result: R | None = None
    raised: BaseException | None = None
    deaths: int = 0

    def settle(self, result: R | None, raised: BaseException | None = None) -> None:
        self.done, self.result, self.raised = True, result, raised


class _Crew(Generic[T, R]):
    """The workers of one call of `each`, and the pieces that are on their way."""

    def __init__(self, work: Callable[[T], R], died: Callable[[T], R], count: int) -> None:
        self._work, self._died, self._most = work, died, count * _AHEAD
        self._sent: dict[Worker, deque[_Slot[T, R]]] = {}  # each works on the first of its pieces
        self._slots: deque[_Slot[T, R]] = deque()  # all, in order
        self._waiting: deque[_Slot[T, R]] = deque()
        self._suspects: deque[_Slot[T, R]] = deque()  # their worker died: each is tried alone
        self._wanted = count

    def run(self, pieces: Iterator[T]) -> Iterator[tuple[T, R]]:
        for _ in range(self._wanted):
            self._hire()
        while True:
            for piece in islice(pieces, self._most - len(self._slots)):
                slot: _Slot[T, R] = _Slot(piece, pickle.dumps(piece))
                self._slots.append(slot)
                self._waiting.append(slot)
            if not self._slots:
                return
            self._turn(wait=False)
            while not self._slots[0].done:
                self._turn(wait=True)
            slot = self._slots.popleft()
            if slot.raised:
                raise slot.raised
            yield slot.piece, slot.result  # type: ignore[misc]

    def _turn(self, *, wait: bool) -> None:
        """Hand out what can be, take in what came; with `wait` not before something came."""
        self._hand_out()
        if not self._sent:
            self._do_here(self._slots[0])
            return
        by_connection: dict[Any, Worker] = {worker.connection: worker for worker in self._sent}
        for one in connections.wait(list(by_connection), None if wait else 0):
            self._hear(by_connection[one])
        self._hand_out()

    def _hand_out(self) -> None:
        if any(sent and sent[0].deaths for sent in self._sent.values()):
            return  # a suspect is being tried: nothing beside it
        ready = [worker for worker in self._sent if worker.ready]
        if self._suspects:
            if ready and not any(self._sent.values()):
                self._send(ready[0], self._suspects.popleft())
            return
        for most in (0, 1):  # one for each that is free, then a second one, so that none waits for the next
            for worker in ready:
                if self._waiting and len(self._sent[worker]) == most:
                    if most and len(self._waiting[0].packed) > _SMALL:
                        return
                    self._send(worker, self._waiting.popleft())

    def _send(self, worker: Worker, slot: _Slot[T, R]) -> None:
        self._sent[worker].append(slot)
        worker.send(slot.packed)

    def _hear(self, worker: Worker) -> None:
        try:
            answer = worker.hear()
        except EOFError:
            self._bury(worker)
            return
        if answer is not None:
            self._sent[worker].popleft().settle(*answer)

    def _bury(self, worker: Worker) -> None:
        """A worker died: of the piece that it worked on, if it did."""
        sent = self._sent.pop(worker)
        worker.end()
        if sent:
            self._suspect(sent.popleft())
        self._waiting.extendleft(reversed(sent))
        if worker.ready:  # one that could not even begin would not be the last such
            self._hire()

    def _suspect(self, slot: _Slot[T, R]) -> None:
        slot.deaths += 1
        if slot.deaths > 1:
            slot.settle(self._died(slot.piece))
        else:
            self._suspects.append(slot)

    def _do_here(self, slot: _Slot[T, R]) -> None:
        """No process can be started."""
        if slot.done:
            return
        if slot.deaths:
            self._suspects.remove(slot)
            slot.settle(self._died(slot.piece))
        else:
            self._waiting.remove(slot)
            slot.settle(self._work(slot.piece))

    def _hire(self) -> None:
        try:
            self._sent[Worker(self._work)] = deque()
        except OSError:
            pass  # too many processes, too little memory: fewer workers

    def dismiss(self) -> None:
        """All is done: the workers end by themselves."""
        for worker in self._sent:
            worker.dismiss()
        while self._sent:
            self._sent.popitem()[0].end(_PATIENCE)

    def end(self) -> None:
        """End the workers at once."""
        while self._sent:
            self._sent.popitem()[0].end()
