"""One process that works on pieces, one after the other: how it is started, spoken to and ended."""

import contextlib
import multiprocessing
import pickle
import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from typing import Any


class Worker:
    """A process, the same on every platform, in which Ctrl-C is not heard: its parent ends it. Raises OSError."""

    def __init__(self, work: Callable[[Any], Any]) -> None:
        context = multiprocessing.get_context("spawn")
        self.connection, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, work), daemon=True)
        self.ready = False  # it has said so
        try:
            with _deaf():
                self._process.start()
        except BaseException:
            self.connection.close()
            raise
        finally:
            theirs.close()  # else its death would not be seen

    def send(self, piece: bytes) -> None:
        """Give it a pickled piece."""
        try:
            self.connection.send_bytes(piece)
        except OSError:
            pass  # it is dead, and is heard to be so

    def hear(self) -> tuple[Any, BaseException | None] | None:
        """What came of the oldest piece, result or what was raised; None: it is ready. Raises EOFError: it is dead."""
        try:
            answer = pickle.loads(self.connection.recv_bytes())  # noqa: S301 - from our own process
        except OSError:
            raise EOFError from None
        if answer is None:
            self.ready = True
        return answer  # type: ignore[no-any-return]

    def dismiss(self) -> None:
        """Nothing more comes: let it end by itself."""
        self.connection.close()

    def end(self, patience: float = 0) -> None:
        """End it, at once or after so many seconds; nothing is left of it."""
        self.connection.close()
        if patience:
            self._process.join(patience)
        self._process.kill()
        self._process.join()
        self._process.close()


@contextlib.contextmanager
def _deaf() -> Iterator[None]:
    """A process that is started within does not hear Ctrl-C, from its first moment."""
    if sys.platform == "win32":
        import ctypes

        # "This attribute … is inherited by child processes" (SetConsoleCtrlHandler)
        kernel = ctypes.windll.kernel32
        kernel.SetConsoleCtrlHandler(None, 1)
        try:
            yield
        finally:
            kernel.SetConsoleCtrlHandler(None, 0)
    else:
        from multiprocessing import resource_tracker

        resource_tracker.ensure_running()  # its start would unblock the signal
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            yield
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _serve(connection: "Connection[Any, Any]", work: Callable[[Any], Any]) -> None:
    """What a worker does, until its parent closes the connection or is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        connection.send_bytes(pickle.dumps(None))
        while True:
            connection.send_bytes(_answer(work, connection.recv_bytes()))
    except (EOFError, OSError):
        return


def _answer(work: Callable[[Any], Any], piece: bytes) -> bytes:
    """The pickle of what came of it, and of what was raised."""
    try:
        return pickle.dumps((work(pickle.loads(piece)), None))  # noqa: S301 - from our own process
    # It is raised again by the parent, whatever it is.
    except Exception as error:  # noqa: BLE001
        return _packed(error)


def _packed(error: Exception) -> bytes:
    told = traceback.format_exc()
    error.add_note(told)
    try:
        packed = pickle.dumps((None, error))
        pickle.loads(packed)  # noqa: S301 - many an exception can be pickled but not read back
    except Exception:  # noqa: BLE001
        return pickle.dumps((None, RuntimeError(told)))
    return packed
