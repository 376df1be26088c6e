"""A web site on loopback for tests of downloads: its pages are a table, and they may lie in every way."""

import asyncio
import contextlib
import socket
import ssl
import struct
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

PNG = b"\x89PNG\r\n\x1a\n" + bytes(2000)
"""Enough of a picture for whoever looks at its first bytes."""


@dataclass(frozen=True)
class Page:
    """What a request of a path gets. `raw` stands in place of status, headers and Content-Length."""

    body: bytes = b""
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    raw: bytes | None = None
    endless: bytes = b""  # sent behind it, again and again, until the client hangs up
    pause: float = 0.0  # seconds between those
    ending: str = "close"  # or reset, or hang: the connection stays, and nothing comes

    def head(self) -> bytes:
        """The bytes before the body."""
        if self.raw is not None:
            return self.raw
        given = {name.lower() for name, _ in self.headers}
        length = (
            () if self.endless or "content-length" in given else (("Content-Length", str(len(self.body))),)
        )
        fields = "".join(f"{name}: {value}\r\n" for name, value in (*self.headers, *length))
        return f"HTTP/1.1 {self.status} Said So\r\n{fields}\r\n".encode("latin-1")


def redirect(location: str, status: int = 302) -> Page:
    """A page that leads elsewhere."""
    return Page(status=status, headers=(("Location", location),))


def raw(reply: bytes, ending: str = "close") -> Page:
    """These bytes and no others."""
    return Page(raw=reply, ending=ending)


@dataclass(frozen=True)
class Request:
    """What came in: path with query, and headers by lower-case name."""

    path: str
    headers: dict[str, str] = field(compare=False)


class ImageHost:
    """The site, in a thread of its own inside `with`. A path that is not in `pages` is a 404."""

    def __init__(self, pages: Mapping[str, Page], tls: ssl.SSLContext | None = None) -> None:
        self.pages = dict(pages)
        self.requests: list[Request] = []
        self.connections = 0
        self.hung_up = threading.Event()  # a client left before the end of an endless page
        self._news = threading.Condition()
        self._tls = tls
        self._tasks: set[asyncio.Task[None]] = set()

    def __enter__(self) -> Self:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)
        self._thread.start()
        self._ready.wait()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    @property
    def address(self) -> tuple[str, int]:
        """What a Fetcher is told to allow."""
        return "127.0.0.1", self.port

    def url(self, path: str = "/", host: str = "127.0.0.1") -> str:
        """The address of a page."""
        return f"{'https' if self._tls else 'http'}://{host}:{self.port}{path}"

    @property
    def paths(self) -> list[str]:
        """What was asked for, in order."""
        return [request.path for request in self.requests]

    def wait_for(self, count: int) -> None:
        """Block until so many requests have come; AssertionError after 10 s."""
        with self._news:
            assert self._news.wait_for(lambda: len(self.requests) >= count, 10), self.paths

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        # A client that hangs up, or does not trust the certificate, is what many a test is about.
        self._loop.set_exception_handler(lambda *_: None)
        server = await asyncio.start_server(self._accept, sock=self._socket, ssl=self._tls)
        self._ready.set()
        await self._stop.wait()
        server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.connections += 1
        try:
            await self._answer(reader, writer)
        except (OSError, asyncio.IncompleteReadError):
            self.hung_up.set()
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        first = await reader.readexactly(1)
        if first == b"\x16":  # the hello of TLS, where nobody speaks it
            writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            return
        head = (first + await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        fields = (line.partition(":") for line in head[1:] if line)
        path = head[0].split(" ")[1]
        with self._news:
            self.requests.append(Request(path, {name.lower(): value.strip() for name, _, value in fields}))
            self._news.notify_all()
        page = self.pages.get(path, Page(status=404))
        writer.write(page.head() + page.body)
        await writer.drain()
        while page.endless:
            writer.write(page.endless)
            await writer.drain()
            await asyncio.sleep(page.pause)
        if page.ending == "hang":
            with contextlib.suppress(OSError):
                await reader.read()
        elif page.ending == "reset":
            _reset(writer)


def _reset(writer: asyncio.StreamWriter) -> None:
    """Closing with a linger of 0 seconds is a reset."""
    linger = struct.pack("ii", 1, 0)
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    writer.transport.abort()
