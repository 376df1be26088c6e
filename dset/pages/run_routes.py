"""How a run stands: asked once, or told each time that it changed (server-sent events)."""

import asyncio
import json
from collections.abc import AsyncIterator

from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response, StreamingResponse

from dset.pages.desk import Desk
from dset.pages.parameters import Key
from dset.pages.refusals import OF_DATASETS, said, sends
from dset.pages.run_shapes import Run

_LOOK = 1.0  # seconds between two looks at the files
_ALIVE = 15.0  # seconds after which a page is told that the server is still there
_STREAMS = 50  # pages that may listen at once: each costs a look a second


def router(desk: Desk) -> APIRouter:
    """`/api/datasets/{key}/run` and its events."""
    made, listening = APIRouter(tags=["datasets"], responses=OF_DATASETS), set[object]()

    @made.get("/api/datasets/{key}/run", summary="How the run stands", responses=sends(Run))
    def run(key: Key) -> JSONResponse:
        """The same comes each time that it changes from /api/datasets/{key}/events, as server-sent events named `run`."""
        return JSONResponse(desk.snapshot(key))

    @made.get("/api/datasets/{key}/events", include_in_schema=False)  # it has no end
    async def events(key: str) -> Response:
        await asyncio.to_thread(desk.dataset, key)
        if len(listening) >= _STREAMS:
            return said(503, "too many pages listen; close some")
        return StreamingResponse(
            _told(desk, key, listening),
            media_type="text/event-stream",
            headers={"x-accel-buffering": "no", "cache-control": "no-store"},
        )

    return made


async def _told(desk: Desk, key: str, listening: set[object]) -> AsyncIterator[bytes]:
    me, quiet, last = object(), 0.0, b""
    listening.add(me)
    try:
        while not desk.closing.is_set():
            told = await asyncio.to_thread(_event, desk, key)
            if told != last:
                last, quiet = told, 0.0
                yield told
            elif quiet >= _ALIVE:
                quiet = 0.0
                yield b": still here\n\n"
            quiet += _LOOK
            await asyncio.sleep(_LOOK)
    finally:
        listening.discard(me)


def _event(desk: Desk, key: str) -> bytes:
    """The event for how it stands now; its JSON has no line end in it."""
    return b"event: run\ndata: " + json.dumps(desk.snapshot(key)).encode() + b"\n\n"
