"""The web server on a socket of its own, from its first request to Ctrl-C."""

import asyncio
import contextlib
import errno
import socket
import sys
import threading
from collections.abc import Callable, Iterator

import uvicorn
from starlette.types import ASGIApp

from dset import process
from dset.errors import UsageError
from dset.pages.connections import MOST, Connection
from dset.pages.guard import where

_PATIENCE = 2  # seconds that answers on their way have once the end is asked for
_LAST = 5  # seconds until the end comes whatever is still going on
_BACKLOG = 128  # taken at once, before any of them can make room for another


def listen(host: str, port: int) -> socket.socket:
    """A socket that is bound there; port 0 takes a free one. Raises UsageError where that cannot be."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        # localhost is both; `ssh -L 8000:127.0.0.1:8000` finds this one.
        family, _, _, _, address = min(found, key=lambda one: one[0] != socket.AF_INET)
        bound = socket.socket(family, socket.SOCK_STREAM)
    except (OSError, ValueError):
        raise UsageError(f"--host {host}: is no address of this machine") from None
    try:
        # Elsewhere a port can be taken again at once; on Windows that would share one that is in use.
        if sys.platform == "win32":
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
        bound.listen(_BACKLOG)
    except OSError as error:
        bound.close()
        raise UsageError(_why(error, host, port)) from None
    return bound


def _why(error: OSError, host: str, port: int) -> str:
    if error.errno in {errno.EADDRINUSE, errno.EACCES, getattr(errno, "WSAEACCES", -1)}:
        another = "another one" if port == 0 or port > 65_000 else f"--port {max(port + 1, 8001)}"
        what = "is in use" if error.errno == errno.EADDRINUSE else "may not be used"
        return f"port {port} {what}; say {another}"
    return f"--host {host}: cannot be listened at ({error.strerror})"


class Server(uvicorn.Server):
    """Serves `app` until a signal, or until `end` is called; `ended_by` is the signal's number, 0 for none.

    `tell` takes a line for the person who started it. `leave`, if given, is called with a signal's number and does not
    come back: by a second signal, or where a thread is still at work long after the first (nothing can stop one).
    """

    def __init__(
        self,
        app: ASGIApp,
        started: Callable[[], None],
        tell: Callable[[str], object] = str,
        leave: Callable[[int], None] | None = None,
    ) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                http=Connection,
                loop="asyncio",
                backlog=_BACKLOG,
                log_config=None,
                log_level="critical",
                access_log=False,
                server_header=False,
                date_header=True,
                ws="none",
                timeout_graceful_shutdown=_PATIENCE,
                proxy_headers=False,
            )
        )
        self._started_here, self._tell, self._leave = started, tell, leave
        self.ended_by = 0
        self.closing = threading.Event()

    def run_on(self, bound: socket.socket) -> int:
        """Serve until the end; the number of the signal that brought it. Closes the socket."""
        process.allow_sockets(MOST + _BACKLOG)
        with contextlib.closing(bound):
            asyncio.run(self.serve(sockets=[bound]))
        return self.ended_by

    def end(self, number: int = 0) -> None:
        """Begin nothing new; a second call does not wait for what is on its way."""
        if number and self._leave:
            if self.should_exit:
                self._leave(number)
            last = threading.Timer(_LAST, self._leave, (number,))
            last.daemon = True  # where nothing is at work any more the process ends before
            last.start()
        self.ended_by = self.ended_by or number
        self.force_exit = self.should_exit
        self.should_exit = True
        self.closing.set()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """As uvicorn has it; from then on requests are taken."""
        asyncio.get_running_loop().set_exception_handler(self._gone_wrong)
        await super().startup(sockets)
        self._started_here()

    async def on_tick(self, counter: int) -> bool:
        """As uvicorn has it, ten times a second; ends those that only hold a place."""
        for one in list(self.server_state.connections):
            if isinstance(one, Connection):
                one.end_if_slow()
        return await super().on_tick(counter)

    def _gone_wrong(self, _: asyncio.AbstractEventLoop, context: dict[str, object]) -> None:
        """In place of asyncio's traceback on stderr. Connections break all the time."""
        error = context.get("exception")
        if isinstance(error, Exception) and not isinstance(error, OSError):
            self._tell(f"an error of dset's own: {where(error)}. Please report it")

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Ours in place of uvicorn's, which raises them again in the end."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        with process.signals(self.end):
            yield
