"""The pages, and the files that make them."""

from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response

from dset.pages import assets
from dset.pages.answer_shapes import Datasets
from dset.pages.desk import Desk
from dset.pages.refusals import EVERYWHERE, said, sends

_PAGES = {"/": "run.html", "/answers": "answers.html", "/charts": "charts.html", "/compare": "compare.html"}


def router(desk: Desk) -> APIRouter:
    """`/`, `/answers`, `/charts`, `/compare`, `/static/…`, and the list of datasets that each page begins with."""
    files, made = assets.read(), APIRouter()

    def sent(name: str) -> Response:
        asset = files.get(name)
        if asset is None:
            return said(404, "there is no such file")
        return Response(asset.body, media_type=asset.media_type, headers={"cache-control": "no-cache"})

    def add(path: str, name: str) -> None:
        made.add_api_route(path, lambda: sent(name), include_in_schema=False, methods=["GET", "HEAD"])

    for path, name in _PAGES.items():
        add(path, name)
    add("/favicon.ico", "icon.svg")

    @made.api_route("/static/{name}", methods=["GET", "HEAD"], include_in_schema=False)
    def static(name: str) -> Response:
        return sent(name)

    @made.get(
        "/api/datasets",
        tags=["datasets"],
        summary="The datasets that are served",
        responses=EVERYWHERE | sends(Datasets),
    )
    def datasets() -> JSONResponse:
        return JSONResponse({"datasets": [one.told() for one in desk.shelf.datasets()]})

    return made
