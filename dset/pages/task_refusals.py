"""What the task API answers where it cannot do what is asked: one line, and the faults where there are several."""

from collections.abc import Awaitable, Callable, Sequence

from fastapi import Request, Response
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute

from dset import errors
from dset.cleaning import clean
from dset.errors import AlreadyRunningError, DsetError


class Refused(Exception):  # noqa: N818 - it is an answer
    """An answer other than the one that was asked for."""

    def __init__(self, status: int, detail: str, faults: Sequence[str] = ()) -> None:
        super().__init__(detail)
        self.status, self.detail, self.faults = status, detail, tuple(faults)

    def response(self) -> JSONResponse:
        """The answer itself."""
        more = {"faults": [clean(one, 1000) for one in self.faults]} if self.faults else {}
        return JSONResponse({"detail": clean(self.detail, 2000), **more}, self.status)


class PlainRoute(APIRoute):
    """A route whose user errors become answers: 409 for what a file of the user's says, 503 for what is missing here."""

    def get_route_handler(self) -> Callable[[Request], Awaitable[Response]]:  # type: ignore[override]
        handle = super().get_route_handler()

        async def handled(request: Request) -> Response:
            try:
                return await handle(request)
            except Refused as refused:
                return refused.response()
            except (DsetError, ImportError, OSError) as error:
                return _refused(error).response()

        return handled


def _refused(error: DsetError | ImportError | OSError) -> Refused:
    if isinstance(error, AlreadyRunningError):
        return Refused(503, f"{error}; try again")
    if isinstance(error, DsetError):
        return Refused(409, str(error))
    if isinstance(error, ImportError):
        return Refused(503, errors.explain(error)[0])
    return Refused(503, f"{error.filename or 'the disk'}: {error.strerror or error}; nothing was changed")
