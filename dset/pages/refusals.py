"""What is answered in place of what was asked: what the routes declare of it, and what becomes of an error."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, Response
from starlette.exceptions import HTTPException
from starlette.routing import Match

from dset.cleaning import clean
from dset.errors import DsetError, UsageError
from dset.pages import page_frame
from dset.pages.shelf import NotThereError

Responses = dict[int | str, dict[str, Any]]
_LONGEST = 2_000  # characters of a line
_METHODS = ("GET", "HEAD", "PUT", "POST", "DELETE")
_TOLD = 3  # parameters that cannot be read
# What pydantic says of a parameter, by its kind: https://docs.pydantic.dev/latest/errors/validation_errors
_SAID = {
    "missing": "is missing",
    "string_too_long": "must have at most {max_length:,} characters",
    "greater_than_equal": "must be {ge:,} or more",
    "less_than_equal": "must be {le:,} or less",
    "value_error": "{error}",
}


@dataclass(frozen=True)
class Refusal:
    """Why it could not be done."""

    detail: str  # one line: what is wrong, where, and what to do
    faults: list[str] = field(
        default_factory=list
    )  # where a task has several: a line for each, with its place


def declared(**causes: str) -> Responses:
    """The other answers of a route, by status: declared(s404="there is no such task")."""
    return {int(key[1:]): {"model": Refusal, "description": text} for key, text in causes.items()}


def sends(shape: type) -> Responses:
    """What a route answers with where nothing is wrong; only described, as nothing is checked by it."""
    return {200: {"model": shape, "description": shape.__doc__}}


EVERYWHERE = declared(
    s400="The request is no HTTP, or its Host header names another machine.",
    s401="Where others on the network may ask: the header X-Dset-Token is missing or wrong.",
    s403="The request comes from a page of another site.",
)
WITH_BODY = declared(
    s408="The body did not come to its end.",
    s413="The body is larger than 1 MB.",
    s415="The Content-Type of the body is not application/json.",
)
OF_DATASETS = EVERYWHERE | declared(
    s404="There is none, or none any more.",
    s503="The disk refuses a file just now; detail says which.",
)
PARAMETERS = declared(s422="A parameter cannot be taken; detail names it.")


def handle(app: FastAPI) -> None:
    """From here on whatever a route raises becomes an answer of one shape: a line under `detail`."""
    app.add_exception_handler(RequestValidationError, _unreadable)
    app.add_exception_handler(HTTPException, _unrouted)
    app.add_exception_handler(DsetError, _ours)
    app.add_exception_handler(OSError, _disk)
    app.add_exception_handler(Exception, _broken)


def said(status: int, detail: str, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """A refusal, its line harmless to show."""
    return JSONResponse({"detail": clean(detail, _LONGEST)}, status, headers)


def _unreadable(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    lines = [f"{one['loc'][-1]}: {_fault(one)}" for one in error.errors()[:_TOLD]]
    return said(422, "; ".join(lines))


def _fault(one: Mapping[str, Any]) -> str:
    template = _SAID.get(one["type"])
    return template.format(**one.get("ctx", {})) if template else str(one["msg"])


def _unrouted(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code == 405:
        allowed = _allowed(request)
        return said(405, f"this address takes {' and '.join(allowed)}", {"allow": ", ".join(allowed)})
    if error.status_code == 404 and _is_for_a_person(request):
        return HTMLResponse(page_frame.absent(), 404)
    if error.status_code == 404:
        return said(404, "there is nothing at this address; /docs tells what there is")
    return said(error.status_code, str(error.detail), error.headers)


def _allowed(request: Request) -> list[str]:
    """All methods of the address: the routers name those of the first route that has the path."""
    routes = request.app.routes

    def fits(method: str) -> bool:
        asked = {"type": "http", "path": request.scope["path"], "method": method, "headers": []}
        return any(route.matches(dict(asked))[0] is Match.FULL for route in routes)

    return [method for method in _METHODS if fits(method)]


def _is_for_a_person(request: Request) -> bool:
    is_page = request.method == "GET" and not request.scope["path"].startswith(("/api/", "/tasks/"))
    return is_page and "text/html" in request.headers.get("accept", "")


def _ours(_: Request, error: Exception) -> Response:
    """What is asked amiss is said so; any other error of ours is about a disk that refuses."""
    status = 404 if isinstance(error, NotThereError) else 422 if isinstance(error, UsageError) else 503
    return said(status, str(error))


def _disk(_: Request, error: Exception) -> Response:
    """A file cannot be read now: no mistake of who asks, and none of the program's."""
    reason = error.strerror if isinstance(error, OSError) else ""
    return said(503, f"a file cannot be read now ({reason or type(error).__name__})")


def _broken(_: Request, error: Exception) -> Response:
    """A mistake of ours: it goes on to the guard, which tells who started the server where it is."""
    return said(
        500, f"an error of dset's own ({type(error).__name__}); whoever runs the server is told where"
    )
