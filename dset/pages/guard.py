"""What stands before every route: strangers' pages, strangers' names and missing tokens are refused here.

A page of any other site can make a browser send requests to this machine. So a request is taken only under a name of
ours (DNS rebinding), never from another site (Origin, Sec-Fetch-Site), and what changes something needs a header that
no page of another site can send. Sources: https://fetch.spec.whatwg.org, https://www.w3.org/TR/fetch-metadata,
https://cheatsheetseries.owasp.org/cheatsheets/Cross-Site_Request_Forgery_Prevention_Cheat_Sheet.html
"""

import re
from collections.abc import Callable
from urllib.parse import parse_qs, urlencode

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dset.pages import bodies
from dset.pages.house import HEADER, House

_READING = frozenset({"GET", "HEAD", "OPTIONS"})
_CHECK = re.compile(r"/tasks/[^/]+/check")  # a POST that only looks at what it is given
_PLACE = re.compile(r"(/[\w.-]+)*/?", re.ASCII)  # an address that leads nowhere else
_PAGE = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_NO_PAGE = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox"
ALWAYS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "content-security-policy": _NO_PAGE,
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
        try:
            refused = refusal(scope, self._house)
            if refused is None and scope["method"] not in _READING:
                refused, receive = await bodies.whole(scope, receive)
            await (refused or self._app)(scope, receive, guarded)
        except bodies.GoneError:
            return  # nobody is there to be answered
        except Exception as error:  # noqa: BLE001 - a mistake of ours must not take the server along
            self._tell(f"an error of dset's own at {scope['path']!r}: {where(error)}. Please report it")
            if not guarded.is_begun:
                await _said(500, f"an error of dset's own ({type(error).__name__})")(scope, receive, guarded)


def refusal(scope: Scope, house: House) -> Response | None:
    """Why the request is not taken; None where it is."""
    headers = Headers(scope=scope)
    hosts = headers.getlist("host")
    if len(hosts) != 1 or not house.answers_to(hosts[0]):
        return _said(400, f"this server is not known under that name (Host); open it as {house.known_as}")
    if not scope["path"].startswith("/"):
        return _said(400, "the address must begin with /; this is no proxy")
    if not _is_from_here(scope, headers, house):
        return _said(403, "requests from pages of other sites are refused")
    given, changes = headers.get(HEADER, ""), _changes(scope)
    if house.is_open and not changes:
        return None
    if not given and not changes:
        return _by_cookie(scope, headers, house)
    if not house.knows(given):
        return _said(401, "the header X-Dset-Token must hold the token of the program that serves this")
    return None


def _changes(scope: Scope) -> bool:
    if scope["method"] == "POST" and _CHECK.fullmatch(scope["path"]):
        return False
    return scope["method"] not in _READING


def _is_from_here(scope: Scope, headers: Headers, house: House) -> bool:
    origins, sites = headers.getlist("origin"), headers.getlist("sec-fetch-site")
    if any(not house.is_own_origin(origin, headers["host"]) for origin in origins):
        return False
    if all(site in {"same-origin", "none"} for site in sites):
        return True
    # A link on another page leads to ours: it is opened whole, and tells that page nothing.
    is_opened = headers.get("sec-fetch-mode") == "navigate" and headers.get("sec-fetch-dest") == "document"
    return is_opened and scope["method"] == "GET" and not scope["path"].startswith("/api/")


def _by_cookie(scope: Scope, headers: Headers, house: House) -> Response | None:
    """How a browser shows the token: once in the address, from then on in a cookie of its own."""
    asked = parse_qs(scope.get("query_string", b"").decode("latin-1"), keep_blank_values=True)
    name = f"dset-token-{(scope.get('server') or ('', 0))[1]}"  # a cookie holds for all ports of a host
    if "token" in asked:
        if not house.knows(asked.pop("token")[0]):
            return _said(401, "that is not the token that the program was started with")
        place = scope["path"] if _PLACE.fullmatch(scope["path"]) else "/"
        response = RedirectResponse(f"{place}?{urlencode(asked, doseq=True)}".removesuffix("?"), 303)
        # Lax: a link in somebody's mail is opened with it; no page of another site can read what it brings.
        response.set_cookie(name, house.token, httponly=True, samesite="lax")
        return response
    # What other programs on this host have set may be no cookies by the book.
    if house.knows(cookie_parser(headers.get("cookie", "")).get(name, "")):
        return None
    return _said(401, "open the address with its token, as the program printed it, or send X-Dset-Token")


class _Guarded:
    """A `send` that puts on every response what keeps a browser from doing more with it than showing it."""

    def __init__(self, send: Send) -> None:
        self._send, self.is_begun = send, False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.is_begun = True
            headers = MutableHeaders(scope=message)
            is_page = headers.get("content-type", "").startswith("text/html")
            for name, value in ALWAYS.items():
                headers[name] = value
            if is_page:
                headers["content-security-policy"] = _PAGE
            headers.setdefault("cache-control", "no-store")
        await self._send(message)


def _said(status: int, detail: str) -> Response:
    return JSONResponse({"detail": detail}, status)


def where(error: BaseException) -> str:
    """The kind of an error and where it arose, without a word of what it was about."""
    trace, place = error.__traceback__, ""
    while trace is not None:
        code = trace.tb_frame.f_code
        place = f"{code.co_filename.replace(chr(92), '/').rpartition('/')[2]}, line {trace.tb_lineno}"
        trace = trace.tb_next
    return f"{type(error).__name__} in {place}"
