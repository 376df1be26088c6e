"""The body of a request as JSON: bounded, and taken as strictly as a task file."""

from typing import Any

from fastapi import Request
from starlette.requests import ClientDisconnect

from dset.errors import UsageError
from dset.pages.task_refusals import Refused
from dset.tasks import documents, strict_json
from dset.wording import counted

LARGEST = 1 << 20  # bytes
_PLACE = "the body"


async def body(request: Request) -> bytes:
    """The bytes of the body. Raises Refused (413) where they are too many."""
    length = request.headers.get("content-length", "")
    if length.isdecimal() and int(length[:20]) > LARGEST:
        raise _too_large()
    data = bytearray()
    try:
        async for piece in request.stream():
            data += piece
            if len(data) > LARGEST:
                raise _too_large()
    except ClientDisconnect:
        raise Refused(400, f"{_PLACE}: it breaks off") from None
    return bytes(data)


def _too_large() -> Refused:
    return Refused(413, f"{_PLACE}: it is larger than {LARGEST >> 20} MB")


def value(data: bytes) -> Any:
    """The JSON value of the body.

    Raises Refused (422) for what is no JSON, and for NaN, numbers that no float holds, halves of characters, keys that
    stand twice, more than 60 levels.
    """
    if not data.strip():
        raise Refused(422, f"{_PLACE}: it is empty, and JSON is wanted")
    try:
        found, doubled = documents.parse(data, _PLACE)
        if doubled:
            lines = [f"{_PLACE}: {path}: stands there twice" for path in doubled[:20]]
            raise Refused(422, f"{_PLACE}: {counted(len(doubled), 'key')} stand there twice", lines)
        strict_json.load(data.decode("utf-8-sig"))  # numbers that no float holds, whole ones too
    except UsageError as error:
        raise Refused(422, str(error)) from None
    except ValueError as error:
        raise Refused(422, f"{_PLACE}: {error}") from None
    return found
