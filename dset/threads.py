"""Work beside the event loop, in threads for whose ends nobody waits: a second Ctrl-C ends a run at once."""

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor, Future
from functools import partial
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class Threads(Executor):
    """At most so many at once; the rest in the order of asking. The process may end while they work."""

    def __init__(self, most: int) -> None:
        self._most, self._busy = most, 0
        self._lock = threading.Lock()
        self._queue: deque[tuple[Future[Any], Callable[[], Any]]] = deque()

    def submit(self, work: Callable[P, T], /, *args: P.args, **more: P.kwargs) -> Future[T]:
        """Do it in a thread."""
        future: Future[T] = Future()
        with self._lock:
            self._queue.append((future, partial(work, *args, **more)))
            if self._busy < self._most:
                threading.Thread(target=self._work, name="dset-compose", daemon=True).start()
                self._busy += 1
        return future

    def _work(self) -> None:
        while True:
            with self._lock:
                if not self._queue:
                    self._busy -= 1
                    return
                future, work = self._queue.popleft()
            if not future.set_running_or_notify_cancel():
                continue  # nobody waits for it any more
            try:
                result = work()
            except BaseException as error:  # noqa: BLE001 - it is raised where the work is waited for
                future.set_exception(error)
            else:
                future.set_result(result)
