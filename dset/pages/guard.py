"""What stands before every route: strangers' pages, strangers' names, missing tokens and endless bodies are refused here.

A page of any other site can make a browser send requests to this machine. So a request is taken only under a name of
ours (DNS rebinding), never from another site (Origin, Sec-Fetch-Site), and what changes something needs a header that
no page of another site can send. Sources: https://fetch.spec.whatwg.org, https://www.w3.org/TR/fetch-metadata,
https://cheatsheetseries.owasp.org/cheatsheets/Cross-Site_Request_Forgery_Prevention_Cheat_Sheet.html
"""

import asyncio
from collections.abc import Callable
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs, urlencode

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dset.pages.house import HEADER, House

LARGEST_BODY = 1 << 20  # bytes; a task of a thousand fields is a tenth of it
_SLOWEST_BODY = 30.0  # seconds
_READING = frozenset({"GET", "HEAD", "OPTIONS"})
_CHANGING_NOTHING = ("/check",)  # a POST that only looks at what it is given
_PAGE = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_NO_PAGE = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox"
_ALWAYS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}


class Guard:
    """ASGI middleware. `tell` takes a line for the person who started the server."""

    def __init__(self, app: ASGIApp, house: House, tell: Callable[[str], None]) -> None:
        self._app, self._house, self._tell = app, house, tell

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return
        guarded = _Guarded(send)
        refused = refusal(scope, self._house)
        if refused is None and scope["method"] not in _READING:
            refused, receive = await _whole(scope, receive)
        try:
            await (refused or self._app)(scope, receive, guarded)
        except Exception as error:  # noqa: BLE001 - a mistake of ours must not take the server along
            self._tell(f"an error of dset's own at {scope['path']!r}: {_where(error)}. Please report it")
            if not guarded.is_begun:
                await _said(500, f"an error of dset's own ({type(error).__name__})")(scope, receive, guarded)


def refusal(scope: Scope, house: House) -> Response | None:
    """Why the request is not taken; None where it is."""
    headers = Headers(scope=scope)
    hosts = headers.getlist("host")
    if len(hosts) != 1 or not house.answers_to(hosts[0]):
        return _said(400, "this server is not known under that name (Host)")
    if not _is_from_here(scope, headers, house):
        return _said(403, "requests from pages of other sites are refused")
    changes = scope["method"] not in _READING and not scope["path"].endswith(_CHANGING_NOTHING)
    given = headers.get(HEADER, "")
    if changes or not house.is_open:
        if not given and not changes:
            return _by_cookie(scope, headers, house)
        if not house.knows(given):
            return _said(401, "the header X-Dset-Token must hold the token that the program printed")
    return None


def _is_from_here(scope: Scope, headers: Headers, house: House) -> bool:
    origin, site = headers.get("origin"), headers.get("sec-fetch-site", "none")
    if origin is not None and not house.is_own_origin(origin, headers["host"]):
        return False
    if site in {"same-origin", "none"}:
        return True
    # A link on another page leads to ours: it is opened whole, and tells that page nothing.
    is_opened = headers.get("sec-fetch-mode") == "navigate" and headers.get("sec-fetch-dest") == "document"
    return is_opened and scope["method"] == "GET" and "/api/" not in scope["path"]


def _by_cookie(scope: Scope, headers: Headers, house: House) -> Response | None:
    """How a browser shows the token: once in the address, from then on in a cookie of its own."""
    asked = parse_qs(scope.get("query_string", b"").decode("latin-1"))
    name = f"dset-token-{(scope.get('server') or ('', 0))[1]}"  # a cookie holds for all ports of a host
    if "token" in asked:
        if not house.knows(asked.pop("token")[0]):
            return _said(401, "that is not the token that the program was started with")
        rest = urlencode(asked, doseq=True)
        response = RedirectResponse(scope["path"].replace("//", "/") + (f"?{rest}" if rest else ""), 303)
        response.set_cookie(name, house.token, httponly=True, samesite="strict")
        return response
    if house.knows(_cookie(headers, name)):
        return None
    return _said(401, "open the address with its token, as the program printed it, or send X-Dset-Token")


def _cookie(headers: Headers, name: str) -> str:
    try:
        found = SimpleCookie(headers.get("cookie", "")).get(name)
    except CookieError:
        return ""
    return found.value if found else ""


async def _whole(scope: Scope, receive: Receive) -> tuple[Response | None, Receive]:
    """The body read to its end, so that no route waits for one or meets an endless one."""
    headers = Headers(scope=scope)
    has_body = headers.get("content-length", "0") != "0" or "transfer-encoding" in headers
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if has_body and kind != "application/json":
        return _said(415, "the body must be application/json"), receive
    try:
        async with asyncio.timeout(_SLOWEST_BODY):
            body = await _read(receive)
    except TimeoutError:
        return _said(408, "the body did not come to its end"), receive
    if body is None:
        return _said(413, f"the body is larger than {LARGEST_BODY:,} bytes"), receive
    return None, _replayed(body, receive)


async def _read(receive: Receive) -> bytes | None:
    """All of the body; None where it is too large."""
    pieces, size = [], 0
    while True:
        message = await receive()
        pieces.append(message.get("body", b""))
        size += len(pieces[-1])
        if size > LARGEST_BODY:
            return None
        if not message.get("more_body"):
            return b"".join(pieces)


def _replayed(body: bytes, receive: Receive) -> Receive:
    left: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> Message:
        return left.pop() if left else await receive()

    return again


class _Guarded:
    """A `send` that puts on every response what keeps a browser from doing more with it than showing it."""

    def __init__(self, send: Send) -> None:
        self._send, self.is_begun = send, False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.is_begun = True
            headers = MutableHeaders(scope=message)
            is_page = headers.get("content-type", "").startswith("text/html")
            for name, value in {**_ALWAYS, "content-security-policy": _PAGE if is_page else _NO_PAGE}.items():
                headers[name] = value
            headers.setdefault("cache-control", "no-store")
        await self._send(message)


def _said(status: int, detail: str) -> Response:
    return JSONResponse({"detail": detail}, status)


def _where(error: BaseException) -> str:
    """The kind of an error and where it arose, without a word of what it was about."""
    trace, place = error.__traceback__, ""
    while trace is not None:
        code = trace.tb_frame.f_code
        place = f"{code.co_filename.replace(chr(92), '/').rpartition('/')[2]}, line {trace.tb_lineno}"
        trace = trace.tb_next
    return f"{type(error).__name__} in {place}"
