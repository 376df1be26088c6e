"""The pages, and the files that make them."""

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, JSONResponse, Response

from dset.pages import assets, page_frame
from dset.pages.answer_shapes import Datasets
from dset.pages.desk import Desk
from dset.pages.refusals import EVERYWHERE, said, sends


def router(desk: Desk) -> APIRouter:
    """`/`, `/answers`, `/charts`, `/compare`, `/static/…`, and the list of datasets that each page begins with."""
    files, made = assets.read(), APIRouter()

    def sent(name: str) -> Response:
        asset = files.get(name)
        if asset is None:
            return said(404, "there is no such file")
        return Response(asset.body, media_type=asset.media_type, headers={"cache-control": "no-cache"})

    def add(path: str) -> None:
        page = page_frame.live(path)
        made.add_api_route(path, lambda: HTMLResponse(page), include_in_schema=False, methods=["GET", "HEAD"])

    for path in page_frame.LIVE:
        add(path)

    @made.api_route("/favicon.ico", methods=["GET", "HEAD"], include_in_schema=False)
    def icon() -> Response:
        return sent("icon.svg")

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
