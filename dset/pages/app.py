"""The application: the routes together, behind the guard, and how they are described."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse
from starlette.types import ASGIApp

from dset import __version__
from dset.pages import (
    answer_routes,
    api_page,
    chart_routes,
    page_routes,
    refusals,
    run_routes,
    task_routes,
)
from dset.pages.desk import Desk
from dset.pages.guard import Guard
from dset.pages.house import House

_TAGS = [
    {"name": "tasks", "description": "The tasks of this program, which other programs can fetch, add to and check records by."},
    {"name": "datasets", "description": "What the pages show: the datasets that are served, their runs and answers. Read only."},
]  # fmt: skip


def make(desk: Desk, house: House, tasks_path: Path, tell: Callable[[str], None]) -> ASGIApp:
    """The application on what lies on the desk; `tell` takes lines for who started it."""
    return Guard(routes(desk, tasks_path), house, tell)


def routes(desk: Desk, tasks_path: Path) -> FastAPI:
    """All routes, without the guard."""
    app = _Described(
        title="dset",
        version=__version__,
        summary="The tasks of this program for other programs, and its datasets to look at.",
        openapi_tags=_TAGS,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.include_router(task_routes.router(tasks_path))  # first: it is what other programs come for
    for made in (page_routes, run_routes, answer_routes, chart_routes):
        app.include_router(made.router(desk))

    @app.api_route("/docs", methods=["GET", "HEAD"], include_in_schema=False)
    def docs(request: Request) -> HTMLResponse:
        return HTMLResponse(api_page.page(app.openapi(), f"http://{request.headers['host']}"))

    refusals.handle(app)
    return app


class _Described(FastAPI):
    """Its description declares what is answered, and no more."""

    def openapi(self) -> dict[str, Any]:
        """As FastAPI makes it, without the body that it gives to parameters which cannot be taken: ours have another."""
        if self.openapi_schema is None:
            found = super().openapi()
            for one in (one for methods in found["paths"].values() for one in methods.values()):
                if "HTTPValidationError" in str(one["responses"].get("422")):
                    del one["responses"]["422"]
            for name in ("HTTPValidationError", "ValidationError"):
                found["components"]["schemas"].pop(name, None)
        return super().openapi()
