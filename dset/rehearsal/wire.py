"""HTTP/1.1 by hand: a library would refuse to send what the faults need, a length that lies, half a body, nothing."""

import asyncio
import http
import socket
import struct
import sys
from collections.abc import Generator, Mapping
from typing import Protocol, cast

from dset.rehearsal.exchange import Behaviour, json_reply

_REASONS = {status.value: status.phrase for status in http.HTTPStatus}


class Ledger(Protocol):
    """Who keeps the books of a server: what arrives, what to do about it, what was sent whole."""

    latency: float
    connections: "set[Connection]"

    def arrive(self, method: str, path: str, headers: dict[str, str], raw: bytes) -> tuple[Behaviour, bool]:
        """A request has arrived: what to do, and whether it is a question."""

    def leave(self, whole: bool) -> None:
        """A question has been dealt with."""

    def date(self) -> str:
        """The Date header of this second."""


class _BadRequestError(Exception):
    """What arrived is not HTTP/1.1."""


class Connection(asyncio.Protocol):
    """One connection: request, reply, request, reply …

    A protocol and not streams: a plain reply needs no task, and a client that goes away is noticed while its
    answer is still being thought about.
    """

    def __init__(self, ledger: Ledger) -> None:
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
