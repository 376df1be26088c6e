"""A connection, with an end to what takes its time: a flood of them, or a request that never comes, ends no service.

uvicorn has a limit to what is answered at once, and refuses everybody beyond it: whoever holds the places open keeps
the others out. Here the one that has waited longest makes room.
"""

import asyncio
import contextlib
import json
import time
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from dset.pages.guard import ALWAYS

MOST = 256  # at once; a browser opens six for a page
PATIENCE = 10.0  # seconds until the head of a request is there


class Connection(H11Protocol):
    """As uvicorn has it."""

    idle_since = 0.0  # by the monotonic clock

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """The one that has waited longest makes room where there are too many; where all are at work, this one goes."""
        super().connection_made(transport)
        self.idle_since = time.monotonic()
        if len(self.connections) > MOST:
            idle = (one for one in self.connections if isinstance(one, Connection) and one.is_idle)
            min(idle, key=lambda one: one.idle_since).transport.abort()

    @property
    def is_idle(self) -> bool:
        """Nothing that was asked is being answered, though half of a request may be there; and it is not ended yet."""
        return (self.cycle is None or self.cycle.response_complete) and not self.transport.is_closing()

    def on_response_complete(self) -> None:
        """As uvicorn has it."""
        self.idle_since = time.monotonic()
        super().on_response_complete()

    def end_if_slow(self) -> None:
        """Called now and then: nobody waits for a request without an end."""
        if self.is_idle and time.monotonic() - self.idle_since > PATIENCE:
            self.transport.abort()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - uvicorn's words, in plain text
        """What is no HTTP is told so, with the headers that all answers have."""
        headers: list[tuple[str, str]] = [
            *ALWAYS.items(),
            ("content-type", "application/json"),
            ("connection", "close"),
        ]
        body = json.dumps({"detail": "this is no HTTP request, or one too long"}).encode()
        with contextlib.suppress(h11.LocalProtocolError):  # an answer is on its way already
            answer: list[Any] = [h11.Response(status_code=400, headers=headers, reason=b"Bad Request")]
            for event in [*answer, h11.Data(data=body), h11.EndOfMessage()]:
                self.transport.write(self.conn.send(event) or b"")
        self.transport.close()
