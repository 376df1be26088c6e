"""A service that costs next to nothing: one constant answer, for measuring clients. python bench/quick.py --help

It shares the machine with the client that is measured, so it parses no JSON and keeps no request.
"""

import argparse
import asyncio
import gzip
import json
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import cast

sys.path.insert(0, str(Path(__file__).resolve().parent))

import server  # the other service: how to end with whoever started it, and how to hold many sockets

WORDS = "It is what it is, said at some length, so that the answer looks like a real one. "
_BACKLOG = 4096


def answer(characters: int, *, packed: bool = False) -> bytes:
    """A completion of so many characters, as DeepSeek sends it, with its head; `packed`: by gzip, in one chunk."""
    text = (WORDS * (characters // len(WORDS) + 1))[:characters]
    message = {"role": "assistant", "content": text, "reasoning_content": None}
    usage = {
        "prompt_tokens": 12,
        "completion_tokens": characters // 4,
        "total_tokens": 12 + characters // 4,
        "prompt_tokens_details": {"cached_tokens": 0},
        "prompt_cache_hit_tokens": 0,
        "prompt_cache_miss_tokens": 12,
    }
    body = json.dumps({
        "id": "5e0a8f2c-0001",
        "object": "chat.completion",
        "created": 1_790_000_000,
        "model": "deepseek-flash",
        "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}],
        "usage": usage,
        "system_fingerprint": "fp_bench",
    }).encode()  # fmt: skip
    if not packed:
        return framed(body)
    head = b"Content-Type: application/json\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked"
    body = gzip.compress(body)
    return b"HTTP/1.1 200 OK\r\n%b\r\n\r\n%x\r\n%b\r\n0\r\n\r\n" % (head, len(body), body)


def framed(body: bytes, status: bytes = b"200 OK", more: bytes = b"") -> bytes:
    """A response with its head; `more`: lines of the head, each with its end."""
    head = b"HTTP/1.1 %b\r\nContent-Type: application/json\r\n%bContent-Length: %d\r\n\r\n"
    return head % (status, more, len(body)) + body


class Service:
    """What all connections share: the answer, the latency, and the figures of this round."""

    def __init__(self, reply: bytes, latency: float) -> None:
        self.reply, self.latency = reply, latency
        self.clear()

    def clear(self) -> None:
        """Begin another round."""
        self.arrived = self.answered = self.in_flight = self.peak = 0
        self.first = self.last = 0.0  # time.monotonic() of the first request and of the last answer

    def asked(self, send: Callable[[bytes], None]) -> None:
        """A question came; `send` takes the reply."""
        self.first = self.first or time.monotonic()
        self.arrived += 1
        self.in_flight += 1
        self.peak = max(self.peak, self.in_flight)
        if self.latency:
            asyncio.get_running_loop().call_later(self.latency, self._answer, send)
        else:
            self._answer(send)

    def _answer(self, send: Callable[[bytes], None]) -> None:
        self.in_flight -= 1
        self.answered += 1
        self.last = time.monotonic()
        send(self.reply)

    def figures(self) -> bytes:
        """The figures of this round as a reply; another round begins."""
        names = ("arrived", "answered", "peak", "first", "last")
        reply = framed(json.dumps({name: getattr(self, name) for name in names}).encode())
        self.clear()
        return reply


class Connection(asyncio.Protocol):
    """One connection: a POST gets the answer after the latency, a GET the figures."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        data = self._buffer + data if self._buffer else data
        end = data.find(b"\r\n\r\n") + 4
        if end < 4 or len(data) < end + _length(data[:end]):
            self._buffer = data
            return
        self._buffer = b""
        if data.startswith(b"GET"):
            self._transport.write(self._service.figures())
        else:
            self._service.asked(self._transport.write)


def _length(head: bytes) -> int:
    at = head.lower().find(b"content-length:")
    return int(head[at + 15 : head.index(b"\r", at)]) if at >= 0 else 0


async def serve(service: Service) -> None:
    """Serve until cancelled; the base URL is the one line written."""
    loop = asyncio.get_running_loop()
    listener = await loop.create_server(lambda: Connection(service), "127.0.0.1", 0, backlog=_BACKLOG)
    print(f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}", flush=True)
    await listener.serve_forever()


def run(service: Service) -> None:
    """Serve as a process of its own, until SIGTERM or the end of a piped stdin."""
    server.allow_many_sockets()
    # Not SIGINT: who is started in the background of a shell may not hear it.
    server.end_with_stdin(lambda: os.kill(os.getpid(), signal.SIGTERM))
    try:
        asyncio.run(serve(service))
    except KeyboardInterrupt:
        pass


def main(argv: Sequence[str] | None = None) -> int:
    """Serve until SIGTERM, Ctrl-C or the end of a piped stdin; the base URL is the one line written."""
    parser = argparse.ArgumentParser(prog="python bench/quick.py", description=main.__doc__)
    parser.add_argument("--latency", type=float, default=0.0, help="seconds before each answer")
    parser.add_argument("--characters", type=int, default=900, help="length of the answer")
    parser.add_argument("--packed", action="store_true", help="gzip, and no length told")
    options = parser.parse_args(argv)
    run(Service(answer(options.characters, packed=options.packed), options.latency))
    return 0


if __name__ == "__main__":
    sys.exit(main())
