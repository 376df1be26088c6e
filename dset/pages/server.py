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

_PATIENCE = 2  # seconds that answers on their way have once the end is asked for
_BACKLOG = 128


def listen(host: str, port: int) -> socket.socket:
    """A socket that is bound there; port 0 takes a free one. Raises UsageError where that cannot be."""
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        bound = socket.socket(family, socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise UsageError(f"--host {host}: is no address of this machine") from None
    try:
        # Elsewhere a port can be taken again at once; on Windows this would share one that is in use.
        if sys.platform != "win32":
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
    """Serves `app` until a signal, or until `end` is called; `ended_by` is the signal's number, 0 for none."""

    def __init__(self, app: ASGIApp, started: Callable[[], None]) -> None:
        super().__init__(
            uvicorn.Config(
                app,
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
        self._started_here = started
        self.ended_by = 0
        self.closing = threading.Event()

    def run_on(self, bound: socket.socket) -> int:
        """Serve until the end; the number of the signal that brought it. Closes the socket."""
        with contextlib.closing(bound):
            asyncio.run(self.serve(sockets=[bound]))
        return self.ended_by

    def end(self, number: int = 0) -> None:
        """Begin nothing new; a second call does not wait for what is on its way."""
        self.ended_by = self.ended_by or number
        self.force_exit = self.should_exit
        self.should_exit = True
        self.closing.set()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """As uvicorn has it; from then on requests are taken."""
        await super().startup(sockets)
        self._started_here()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Ours in place of uvicorn's, which raises them again in the end."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        with process.signals(self.end):
            yield
