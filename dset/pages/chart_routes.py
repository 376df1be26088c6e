"""The charts of a dataset."""

from typing import Any

from fastapi import APIRouter

from dset.pages.desk import Desk


def router(desk: Desk) -> APIRouter:
    """`/api/datasets/{key}/charts`."""
    made = APIRouter(tags=["datasets"])

    @made.get("/api/datasets/{key}/charts", summary="The figures of the dataset, as charts")
    def charts(key: str, again: bool = False) -> dict[str, Any]:
        """`state` is `counting` until the figures are there; `again` counts them anew."""
        return desk.figures.charts(key, desk.dataset(key).folder, again=again)

    return made
