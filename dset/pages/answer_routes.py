"""The answers of a dataset: found, filtered, sorted, opened, paired with another one's."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response

from dset.browsing import pairs, query
from dset.pages.desk import Desk
from dset.pages.shelf import NotThereError

Key = Annotated[str, Path(max_length=40, description="a dataset, as /api/datasets has it")]
Number = Annotated[int, Path(ge=0, lt=1 << 62, description="an answer's `n`")]
Text = Annotated[str, Query(max_length=10_000)]
Figure = Annotated[str, Query(max_length=40, description="a number")]
Word = Annotated[str, Query(max_length=40)]
_GONE: dict[int | str, dict[str, Any]] = {404: {"description": "there is none"}}


def router(desk: Desk) -> APIRouter:
    """`/api/datasets/{key}/answers` and what goes with them, `/api/compare`."""
    made = APIRouter(tags=["datasets"], responses=_GONE)

    @made.get("/api/datasets/{key}/answers", summary="A page of the answers that are asked for")
    def answers(
        key: Key,
        id: Text = "",  # noqa: A002 - as the journal has it
        q: Annotated[
            str, Query(max_length=10_000, description="what stands in question, answer or thoughts")
        ] = "",
        label: Text = "",
        model: Text = "",
        status: Text = "",
        length_from: Figure = "",
        length_to: Figure = "",
        cost_from: Figure = "",
        cost_to: Figure = "",
        sort: Word = "",
        order: Word = "",
        offset: Figure = "",
        limit: Figure = "",
    ) -> dict[str, Any]:
        given = {name: value for name, value in locals().items() if isinstance(value, str) and name != "key"}
        return desk.index(key).page(query.read(given))

    @made.get("/api/datasets/{key}/facets", summary="What the answers can be filtered by")
    def facets(key: Key) -> dict[str, Any]:
        return desk.index(key).facets()

    @made.get("/api/datasets/{key}/answers/{n}", summary="One answer in full, with what was sent for it")
    def answer(key: Key, n: Number) -> dict[str, Any]:
        found = desk.index(key).entry(n)
        if found is None:
            raise NotThereError(f"this dataset has no answer {n} (any more)")
        return found

    @made.get(
        "/api/datasets/{key}/answers/{n}/picture",
        summary="The picture that was asked about",
        response_class=Response,
        responses={200: {"content": {"image/*": {}}}},
    )
    def picture(key: Key, n: Number) -> Response:
        found = desk.index(key).picture(n)
        if found is None:
            raise NotThereError("there is no picture, or none that can be shown")
        return Response(found.data, media_type=found.media_type)

    @made.get("/api/compare", summary="The answers of two datasets side by side, paired by id")
    def compare(
        left: Word, right: Word, q: Text = "", only: Word = "", offset: Figure = "", limit: Figure = ""
    ) -> dict[str, Any]:
        wanted = pairs.read({"q": q, "only": only, "offset": offset, "limit": limit})
        return desk.pairs(left, right).page(wanted)

    return made
