"""The body of a request, read to its end before any route: none waits for one, meets an endless one or half of one."""

import asyncio

from starlette.datastructures import Headers
from starlette.responses import JSONResponse, Response
from starlette.types import Message, Receive, Scope

LARGEST = 1 << 20  # bytes; a task of a thousand fields is a tenth of it
_SLOWEST = 30.0  # seconds


class GoneError(Exception):
    """Who asked went away before the end of what was sent."""


async def whole(scope: Scope, receive: Receive) -> tuple[Response | None, Receive]:
    """Why the body is not taken, None where it is; and a `receive` that has it in one piece. Raises GoneError."""
    headers = Headers(scope=scope)
    has_body = headers.get("content-length", "0") != "0" or "transfer-encoding" in headers
    kinds = [kind.partition(";")[0].strip().lower() for kind in headers.getlist("content-type")]
    if has_body and kinds != ["application/json"]:
        return _said(415, "the body must be application/json"), receive
    try:
        async with asyncio.timeout(_SLOWEST):
            body = await _read(receive)
    except TimeoutError:
        return _said(408, "the body did not come to its end"), receive
    if body is None:
        return _said(413, f"the body is larger than {LARGEST:,} bytes"), receive
    return None, _replayed(body, receive)


async def _read(receive: Receive) -> bytes | None:
    """All of the body; None where it is too large."""
    pieces, size = [], 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise GoneError
        pieces.append(message.get("body", b""))
        size += len(pieces[-1])
        if size > LARGEST:
            return None
        if not message.get("more_body"):
            return b"".join(pieces)


def _replayed(body: bytes, receive: Receive) -> Receive:
    left: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> Message:
        return left.pop() if left else await receive()

    return again


def _said(status: int, detail: str) -> Response:
    return JSONResponse({"detail": detail}, status)
