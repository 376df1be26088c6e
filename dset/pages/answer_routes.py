"""The answers of a dataset: found, filtered, sorted, opened, paired with another one's."""

from typing import Any

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse

from dset.browsing import pairs, query
from dset.pages.answer_shapes import Compared, Facets, Page, Whole
from dset.pages.desk import Desk
from dset.pages.parameters import (
    Cost,
    Key,
    KeyAsked,
    Length,
    Limit,
    Number,
    Offset,
    Only,
    Order,
    Sort,
    Sought,
    Text,
)
from dset.pages.refusals import OF_DATASETS, PARAMETERS, sends
from dset.pages.shelf import NotThereError

_PICTURE: dict[str, Any] = {
    "description": "The picture.",
    "content": {f"image/{kind}": {} for kind in ("jpeg", "png", "gif", "webp")},
}


def router(desk: Desk) -> APIRouter:
    """`/api/datasets/{key}/answers` and what goes with them, `/api/compare`.

    What is sent is described and not checked: a value that nobody foresaw is better shown than made an error.
    """
    made = APIRouter(tags=["datasets"], responses=OF_DATASETS)
    _many(made, desk)
    _one(made, desk)
    _paired(made, desk)
    return made


def _many(made: APIRouter, desk: Desk) -> None:
    @made.get(
        "/api/datasets/{key}/answers",
        summary="A page of the answers that are asked for",
        responses=PARAMETERS | sends(Page),
    )
    def answers(
        key: Key,
        id: Text = "",  # noqa: A002 - as the journal has it
        q: Sought = "",
        label: Text = "",
        model: Text = "",
        status: Text = "",
        length_from: Length = None,
        length_to: Length = None,
        cost_from: Cost = None,
        cost_to: Cost = None,
        sort: Sort = "at",
        order: Order = None,
        offset: Offset = 0,
        limit: Limit = 50,
    ) -> JSONResponse:
        given = {name: str(value) for name, value in locals().items() if value is not None}
        return JSONResponse(desk.index(key).page(query.read(given)))

    @made.get(
        "/api/datasets/{key}/facets",
        summary="What the answers can be filtered by",
        responses=sends(Facets),
    )
    def facets(key: Key) -> JSONResponse:
        return JSONResponse(desk.index(key).facets())


def _one(made: APIRouter, desk: Desk) -> None:
    @made.get(
        "/api/datasets/{key}/answers/{n}",
        summary="One answer in full, with what was sent for it",
        responses=PARAMETERS | sends(Whole),
    )
    def answer(key: Key, n: Number) -> JSONResponse:
        found = desk.index(key).entry(n)
        if found is None:
            raise NotThereError(f"this dataset has no answer {n} (any more)")
        return JSONResponse(found)

    @made.get(
        "/api/datasets/{key}/answers/{n}/picture",
        summary="The picture that was asked about",
        response_class=Response,
        responses=PARAMETERS | {200: _PICTURE},
    )
    def picture(key: Key, n: Number) -> Response:
        found = desk.index(key).picture(n)
        if found is None:
            raise NotThereError("there is no picture, or none that can be shown")
        return Response(found.data, media_type=found.media_type)


def _paired(made: APIRouter, desk: Desk) -> None:
    @made.get(
        "/api/compare",
        summary="The answers of two datasets side by side, paired by id",
        responses=PARAMETERS | sends(Compared),
    )
    def compare(
        left: KeyAsked,
        right: KeyAsked,
        q: Sought = "",
        only: Only = None,
        offset: Offset = 0,
        limit: Limit = 50,
    ) -> JSONResponse:
        wanted = pairs.Comparison(q=q, only=only or "", offset=offset, limit=limit)
        return JSONResponse(desk.pairs(left, right).page(wanted))
