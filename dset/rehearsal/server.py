"""A real HTTP/1.1 server on loopback that answers, or misbehaves, as a script tells it to.

The HTTP is written by hand, since a library would refuse to send what the faults need: a length that lies,
half a body, nothing at all.
"""

import asyncio
import http
import json
import socket
import struct
import sys
import threading
from collections.abc import Callable, Generator, Iterable, Mapping
from dataclasses import dataclass, replace
from email.utils import formatdate
from time import time
from types import TracebackType
from typing import Any, Self, cast

ROOTS = ("", "/v1", "/v1beta/openai")
"""Where an OpenAI-compatible service may live below its host: DeepSeek's two ways, and Gemini's."""
_BACKLOG = 4096  # a benchmark opens its connections all at once
_REASONS = {status.value: status.phrase for status in http.HTTPStatus}


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it arrived. With `keep_bodies=False` the kept record has no headers and no body."""

    number: int  # 1, 2, 3 … in order of arrival over the whole server
    method: str
    path: str
    headers: Mapping[str, str]  # names in lower case
    body: Mapping[str, Any]  # {} where there is no JSON object
    attempt: int  # how often this same text has been asked so far, this time included
    in_flight: int  # questions under way, this one included

    @property
    def text(self) -> str:
        """The text of the last user message, its text parts joined; '' where there is none."""
        return _user_text(self.body)


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What to do on the wire. A header given here takes the place of the server's own."""

    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    delay: float = 0.0  # seconds of 'thinking' before the status line
    chunks: Iterable[tuple[float, bytes]] = ()  # pauses and pieces, sent in place of `body` after the headers
    content_length: int | None = None  # what the header claims; the connection closes afterwards
    cut: str = ""  # drop the socket: 'before' any byte, after the 'headers', in the middle of the 'body'
    hang: bool = False  # no byte at all until the client or the server closes


Script = Callable[[Request], Behaviour]


def json_reply(value: object, status: int = 200, headers: tuple[tuple[str, str], ...] = ()) -> Behaviour:
    """A reply with this JSON as its body: in UTF-8, or in escapes where UTF-8 cannot hold it."""
    try:
        body = json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:  # a lone surrogate
        body = json.dumps(value).encode()
    return Behaviour(status, headers, body)


def deepseek_pages(balance: str = "110.00") -> dict[str, Behaviour]:
    """What DeepSeek shows to a GET, by path; its amounts are strings."""
    names = ("deepseek-flash", "deepseek-v4-pro")
    models = [{"id": name, "object": "model", "owned_by": "deepseek"} for name in names]
    amounts = {"total_balance": balance, "granted_balance": "0.00", "topped_up_balance": balance}
    info = {"is_available": True, "balance_infos": [{"currency": "CNY", **amounts}]}
    return {"/models": json_reply({"object": "list", "data": models}), "/user/balance": json_reply(info)}


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
            lambda: _Connection(self._ledger), sock=self._socket, backlog=_BACKLOG
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
        self.connections: set[_Connection] = set()
        self.asked: dict[int, int] = {}  # hash of the text -> how often
        self.in_flight = self.peak = self.answered = 0
        self._date = (0, "")

    def arrive(self, method: str, path: str, headers: dict[str, str], raw: bytes) -> tuple[Behaviour, bool]:
        """Note the request; what to do with it, and whether it is a question."""
        question, number, body, attempt = _is_question(method, path), len(self.requests) + 1, _parse(raw), 1
        if question:
            key = hash(_user_text(body))
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


class _BadRequestError(Exception):
    """What arrived is not HTTP/1.1."""


class _Connection(asyncio.Protocol):
    """One connection: request, reply, request, reply …

    A protocol and not streams: a plain reply needs no task, and a client that goes away is noticed while its
    answer is still being thought about.
    """

    def __init__(self, ledger: _Ledger) -> None:
        self._ledger = ledger
        self._buffer = bytearray()
        self._conversation = self._converse()
        self._pending: asyncio.TimerHandle | asyncio.Task[None] | None = None
        self._reading = self._busy = self._question = False
        self._writable = asyncio.Event()
        self._writable.set()
        self._gone: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._keep = True

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._ledger.connections.add(self)

    def connection_lost(self, _exc: Exception | None) -> None:
        self._ledger.connections.discard(self)
        if self._pending is not None:
            self._pending.cancel()
        self._leave(whole=False)
        self._gone.set_result(None)

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        self._go_on()

    def abort(self) -> asyncio.Future[None]:
        """Drop the connection; the future is done when the socket is closed."""
        self._transport.abort()
        return self._gone

    def _go_on(self) -> None:
        self._reading = True
        try:
            next(self._conversation)
        except _BadRequestError as error:
            self._keep = False
            self._send(json_reply({"error": {"message": str(error)}}, 400))
        self._reading = False

    def _converse(self) -> Generator[None]:
        """Read and serve; each `yield` waits for more bytes, or for the end of the reply under way."""
        while True:
            method, path, version, headers = _parse_head((yield from self._until(b"\r\n\r\n")))
            if headers.get("expect", "").lower() == "100-continue":
                self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            body = yield from self._body(headers)
            self._keep = version == "HTTP/1.1" and headers.get("connection", "").lower() != "close"
            behaviour, self._question = self._ledger.arrive(method, path.partition("?")[0], headers, body)
            self._busy = True
            self._reply(behaviour)
            while self._busy:
                yield

    def _until(self, mark: bytes) -> Generator[None, None, bytes]:
        start = 0
        while (end := self._buffer.find(mark, start)) < 0:
            start = max(0, len(self._buffer) - len(mark))
            yield
        found = bytes(self._buffer[:end])
        del self._buffer[: end + len(mark)]
        return found

    def _exactly(self, size: int) -> Generator[None, None, bytes]:
        while len(self._buffer) < size:
            yield
        found = bytes(self._buffer[:size])
        del self._buffer[:size]
        return found

    def _body(self, headers: Mapping[str, str]) -> Generator[None, None, bytes]:
        if "chunked" not in headers.get("transfer-encoding", "").lower():
            return (yield from self._exactly(_size(headers.get("content-length", "0"), 10)))
        body = bytearray()
        while size := _size((yield from self._until(b"\r\n")).partition(b";")[0].decode("latin-1"), 16):
            body += yield from self._exactly(size)
            yield from self._exactly(2)
        while (yield from self._until(b"\r\n")):  # trailers
            pass
        return bytes(body)

    def _reply(self, behaviour: Behaviour) -> None:
        delay = behaviour.delay
        if self._question and behaviour.status == 200:
            delay += self._ledger.latency
        loop = asyncio.get_running_loop()
        if behaviour.hang or behaviour.cut or behaviour.chunks or behaviour.content_length is not None:
            self._pending = loop.create_task(self._perform(behaviour, delay))
        elif delay:
            self._pending = loop.call_later(delay, self._send, behaviour)
        else:
            self._send(behaviour)

    def _send(self, behaviour: Behaviour) -> None:
        self._leave(
            whole=behaviour.status == 200
        )  # before the bytes: whoever has the answer finds it counted
        self._transport.write(self._head(behaviour) + behaviour.body)
        self._finish()

    async def _perform(self, behaviour: Behaviour, delay: float) -> None:
        await asyncio.sleep(delay)
        if behaviour.hang:
            await asyncio.get_running_loop().create_future()  # until connection_lost cancels this task
        if behaviour.cut != "before":
            self._transport.write(self._head(behaviour))
        if behaviour.cut not in ("before", "headers"):
            await self._send_pieces(behaviour)
        if behaviour.cut:
            await self._drop(behaviour.cut)
        self._keep = self._keep and behaviour.content_length is None
        self._finish()

    async def _send_pieces(self, behaviour: Behaviour) -> None:
        half = behaviour.body[: len(behaviour.body) // 2] if behaviour.cut else behaviour.body
        framed = bool(behaviour.chunks) and behaviour.content_length is None
        for pause, piece in behaviour.chunks or ((0.0, half),):
            await asyncio.sleep(pause)
            await self._writable.wait()  # an endless body must not fill memory
            if piece:  # an empty chunk would be the end of the body
                self._transport.write(b"%x\r\n%b\r\n" % (len(piece), piece) if framed else piece)
        if framed and not behaviour.cut:
            self._leave(whole=behaviour.status == 200)
            self._transport.write(b"0\r\n\r\n")

    async def _drop(self, cut: str) -> None:
        if cut != "before":
            await asyncio.sleep(0.02)  # a reset may overtake, and so destroy, what was sent before it
        # Lingering for 0 seconds makes closing a reset; Windows has its own layout for the pair.
        linger = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)
        self._transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self._transport.abort()

    def _head(self, behaviour: Behaviour) -> bytes:
        given = {name.lower(): value for name, value in behaviour.headers}
        lines = [f"HTTP/1.1 {behaviour.status} {_REASONS.get(behaviour.status, 'Unknown')}"]
        lines += [f"{name}: {value}" for name, value in behaviour.headers]
        if "content-type" not in given:
            lines.append("Content-Type: application/json")
        if "date" not in given:
            lines.append(f"Date: {self._ledger.date()}")
        if "transfer-encoding" not in given:
            length = len(behaviour.body) if behaviour.content_length is None else behaviour.content_length
            framed = behaviour.chunks and behaviour.content_length is None
            lines.append("Transfer-Encoding: chunked" if framed else f"Content-Length: {length}")
        self._keep = self._keep and given.get("connection", "").lower() != "close"
        if not self._keep and "connection" not in given:
            lines.append("Connection: close")
        return "\r\n".join([*lines, "", ""]).encode("latin-1")

    def _finish(self) -> None:
        self._pending = None
        self._leave(whole=False)  # unless it has left
        if not self._keep:
            self._transport.close()
        elif not self._reading:  # else it goes on by itself
            self._go_on()

    def _leave(self, whole: bool) -> None:
        if self._busy and self._question:
            self._ledger.leave(whole)
        self._busy = False


def _is_question(method: str, path: str) -> bool:
    return method == "POST" and path.endswith("/chat/completions") and path[:-17] in ROOTS


def _parse(raw: bytes) -> dict[str, Any]:
    try:
        value = json.loads(raw) if raw else {}
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _user_text(body: Mapping[str, Any]) -> str:
    messages = body.get("messages")
    for message in reversed(messages if isinstance(messages, list) else []):
        if isinstance(message, dict) and message.get("role") == "user":
            content = message.get("content")
            parts = content if isinstance(content, list) else [{"text": content}]
            texts = [part.get("text") for part in parts if isinstance(part, dict)]
            return "".join(text for text in texts if isinstance(text, str))
    return ""


def _parse_head(head: bytes) -> tuple[str, str, str, dict[str, str]]:
    first, *lines = head.decode("latin-1").lstrip("\r\n").split("\r\n")
    words = first.split(" ")
    if len(words) != 3 or not words[2].startswith("HTTP/1."):
        raise _BadRequestError(f"not a request line: {first[:100]!r}")
    fields = (line.partition(":") for line in lines)
    return words[0], words[1], words[2], {name.lower(): value.strip() for name, _, value in fields}


def _size(digits: str, base: int) -> int:
    try:
        return int(digits, base)
    except ValueError:
        raise _BadRequestError(f"not a length: {digits[:100]!r}") from None
