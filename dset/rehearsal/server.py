"""A real HTTP/1.1 server on loopback that answers, or misbehaves, as a script tells it to."""

import asyncio
import json
import socket
import threading
from collections.abc import Mapping
from dataclasses import replace
from email.utils import formatdate
from time import time
from types import TracebackType
from typing import Any, Self

from dset.rehearsal.exchange import Behaviour, Request, Script, deepseek_pages, json_reply, user_text
from dset.rehearsal.wire import Connection

__all__ = ["ROOTS", "Behaviour", "Request", "Script", "Server", "deepseek_pages", "json_reply"]

ROOTS = ("", "/v1", "/v1beta/openai")
"""Where an OpenAI-compatible service may live below its host: DeepSeek's two ways, and Gemini's."""
_BACKLOG = 4096  # a benchmark opens its connections all at once


class Server:
    """The server, in a thread of its own from `start` (or `with`) to `close`.

    `script` decides on every POST to …/chat/completions; `pages` on every GET, by path (DeepSeek's unless
    given; {} for none); the rest is a 404. `latency` is added to the delay of each 200 that `script` gives.
    """

    def __init__(
        self,
        script: Script,
        *,
        port: int = 0,
        latency: float = 0.0,
        pages: Mapping[str, Behaviour] | None = None,
        keep_bodies: bool = True,
    ) -> None:
        self._ledger = _Ledger(script, latency, deepseek_pages() if pages is None else pages, keep_bodies)
        self._port = port
        self._failures: list[BaseException] = []
        self._thread: threading.Thread | None = None

    def start(self) -> Self:
        """Listen on 127.0.0.1; OSError where the port is taken. Connections may come once this returns."""
        # Bound here and not in the thread, so that a taken port is the caller's exception.
        self._socket = socket.create_server(("127.0.0.1", self._port), backlog=_BACKLOG)
        self._port = self._socket.getsockname()[1]
        self._loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()
        self._thread = threading.Thread(target=self._run, name="rehearsal", daemon=True)
        self._thread.start()
        return self

    def close(self) -> None:
        """Drop every connection and join the thread. Raises what the script raised, if it did.

        `start` brings the server back on the same port, its counts as they were.
        """
        if self._thread is not None:
            self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join()
            self._thread = None
            if self._failures:
                raise self._failures[0]

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, _: object, trace: TracebackType | None) -> None:
        self.close()

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    @property
    def requests(self) -> list[Request]:
        """Everything that arrived so far, pages and strays too."""
        return list(self._ledger.requests)

    @property
    def questions(self) -> list[Request]:
        """What arrived at …/chat/completions so far: the bill."""
        return [request for request in self._ledger.requests if _is_question(request.method, request.path)]

    @property
    def answered(self) -> int:
        """How many questions got a whole reply of status 200."""
        return self._ledger.answered

    @property
    def in_flight(self) -> int:
        return self._ledger.in_flight

    @property
    def peak_in_flight(self) -> int:
        return self._ledger.peak

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        self._loop.set_exception_handler(self._note)
        listener = await self._loop.create_server(
            lambda: Connection(self._ledger), sock=self._socket, backlog=_BACKLOG
        )
        await self._stop.wait()
        listener.close()
        for _ in range(3):  # what was accepted a moment ago becomes a connection first
            await asyncio.sleep(0)
        # Waiting until each socket is closed leaves none for the interpreter to warn about.
        await asyncio.gather(*[connection.abort() for connection in list(self._ledger.connections)])

    def _note(self, _: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        exception = context.get("exception")
        if isinstance(exception, Exception) and not (
            isinstance(exception, ConnectionError) or self._stop.is_set()
        ):
            self._failures.append(exception)


class _Ledger:
    """What came in and what went out. Only the server's thread writes here."""

    def __init__(
        self, script: Script, latency: float, pages: Mapping[str, Behaviour], keep_bodies: bool
    ) -> None:
        self.script, self.latency, self.keep_bodies = script, latency, keep_bodies
        self.pages = {root + path: page for root in ROOTS for path, page in pages.items()}
        self.requests: list[Request] = []
        self.connections: set[Connection] = set()
        self.asked: dict[int, int] = {}  # hash of the text -> how often
        self.in_flight = self.peak = self.answered = 0
        self._date = (0, "")

    def arrive(self, method: str, path: str, headers: dict[str, str], raw: bytes) -> tuple[Behaviour, bool]:
        """Note the request; what to do with it, and whether it is a question."""
        question, number, body, attempt = _is_question(method, path), len(self.requests) + 1, _parse(raw), 1
        if question:
            key = hash(user_text(body))
            attempt = self.asked[key] = self.asked.get(key, 0) + 1
            self.in_flight += 1
            self.peak = max(self.peak, self.in_flight)
        request = Request(number, method, path, headers, body, attempt, self.in_flight)
        record = request if self.keep_bodies else replace(request, headers={}, body={})
        self.requests.append(record)
        return (self.script(request) if question else self._page(method, path)), question

    def leave(self, whole: bool) -> None:
        self.in_flight -= 1
        self.answered += whole

    def date(self) -> str:
        """Now, as a header; formatted once a second, since a benchmark asks thousands of times."""
        now = int(time())
        if self._date[0] != now:
            self._date = (now, formatdate(now, usegmt=True))
        return self._date[1]

    def _page(self, method: str, path: str) -> Behaviour:
        if method == "GET" and path == "/rehearsal":
            return json_reply({"questions": sum(self.asked.values()), "answered": self.answered,
                               "in_flight": self.in_flight, "peak_in_flight": self.peak})  # fmt: skip
        if method == "GET" and path in self.pages:
            return self.pages[path]
        error = {"message": f"Not Found: {method} {path}", "type": "invalid_request_error"}
        return json_reply({"error": {**error, "param": None, "code": None}}, 404)


def _is_question(method: str, path: str) -> bool:
    return method == "POST" and path.endswith("/chat/completions") and path[:-17] in ROOTS


def _parse(raw: bytes) -> dict[str, Any]:
    try:
        value = json.loads(raw) if raw else {}
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
