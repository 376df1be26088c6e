"""The charts of a dataset."""

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from dset.pages.chart_shapes import Charts
from dset.pages.desk import Desk
from dset.pages.parameters import Again, Key
from dset.pages.refusals import OF_DATASETS, PARAMETERS, sends


def router(desk: Desk) -> APIRouter:
    """`/api/datasets/{key}/charts`."""
    made = APIRouter(tags=["datasets"], responses=OF_DATASETS | PARAMETERS)

    @made.get(
        "/api/datasets/{key}/charts",
        summary="The figures of the dataset, as charts",
        responses=sends(Charts),
    )
    def charts(key: Key, again: Again = False) -> JSONResponse:
        """They are counted beside the server, which of a million answers takes minutes: ask again while it is counting."""
        return JSONResponse(desk.figures.charts(key, desk.dataset(key).folder, again=again))

    return made
