"""The application: the routes together, behind the guard, and what an error becomes."""

from collections.abc import Callable
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response
from starlette.types import ASGIApp

from dset import __version__
from dset.cleaning import clean
from dset.errors import DsetError
from dset.pages import answer_routes, api_page, chart_routes, page_routes, run_routes, task_routes
from dset.pages.desk import Desk
from dset.pages.guard import Guard
from dset.pages.house import House
from dset.pages.shelf import NotThereError


def make(desk: Desk, house: House, tasks_path: Path, tell: Callable[[str], None]) -> ASGIApp:
    """The application on what lies on the desk; `tell` takes lines for who started it."""
    return Guard(routes(desk, tasks_path), house, tell)


def routes(desk: Desk, tasks_path: Path) -> FastAPI:
    """All routes, without the guard."""
    app = FastAPI(
        title="dset",
        version=__version__,
        summary="The tasks of this program for other programs, and its datasets to look at.",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.include_router(task_routes.router(tasks_path))  # first: it is what other programs come for
    for made in (page_routes, run_routes, answer_routes, chart_routes):
        app.include_router(made.router(desk))

    @app.get("/docs", include_in_schema=False)
    def docs() -> HTMLResponse:
        return HTMLResponse(api_page.page(app.openapi()))

    app.add_exception_handler(NotThereError, _not_there)
    app.add_exception_handler(DsetError, _ours)
    app.add_exception_handler(OSError, _disk)
    return app


def _not_there(_: Request, error: Exception) -> Response:
    return JSONResponse({"detail": clean(str(error), 2000)}, 404)


def _ours(_: Request, error: Exception) -> Response:
    return JSONResponse({"detail": clean(str(error), 2000)}, 422)


def _disk(_: Request, error: Exception) -> Response:
    """A file cannot be read now: no mistake of who asks, and none of the program's."""
    reason = error.strerror if isinstance(error, OSError) else ""
    return JSONResponse({"detail": f"a file cannot be read now ({reason or type(error).__name__})"}, 503)
