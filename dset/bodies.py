"""A response body read up to a cap. Imported with the first request: httpx2 costs 0.15 s."""

import zlib
from collections.abc import AsyncIterator
from typing import Any

import httpx2

from dset.failures import BodyTooLarge

PACKING = "gzip"  # what is asked for: of others it could not be told in time what they unpack to
_WINDOWS = {"gzip": 31, "x-gzip": 31, "deflate": 15}  # how zlib is told the format

_OVERHEAD = 1 << 20  # bytes by which what cannot be packed may grow: far more than gzip adds


def cap(response: httpx2.Response, most: int) -> None:
    """Let at most `most` bytes of the body be read, unpacked: the unpacking is done here, where it can be bounded.

    Raises DecodingError for an answer in any other packing, as two layers of gzip are; the body of an error stays packed.
    """
    packing = response.headers.pop("content-encoding", "").lower()
    layers = [layer for part in packing.split(",") if (layer := part.strip()) not in {"", "identity"}]
    known = len(layers) == 1 and layers[0] in _WINDOWS
    if layers and not known and response.status_code == 200:
        raise httpx2.DecodingError(f"it is packed as {', '.join(layers)}, which nobody asked for")
    unpack = zlib.decompressobj(wbits=_WINDOWS[layers[0]]) if known else None
    response.stream = Capped(response.stream, unpack, most)


class Capped(httpx2.AsyncByteStream):
    """The bytes of `stream`, unpacked by `unpack` (a zlib decompressor, or None), at most `cap` of them."""

    def __init__(self, stream: Any, unpack: Any, cap: int) -> None:
        self._stream, self._unpack, self._left = stream, unpack, cap
        self._cap = cap
        self._packed = cap + _OVERHEAD

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self._stream:
            # One byte beyond what is left is enough to know, however much a bomb would unpack to.
            plain = self._plain(chunk)
            self._left -= len(plain)
            self._packed -= len(chunk)  # what comes behind the end, or unpacks to nothing, has no end either
            if self._left < 0 or self._packed < 0:
                raise BodyTooLarge(f"it is longer than {self._cap >> 20} MB")
            yield plain

    def _plain(self, chunk: bytes) -> bytes:
        if self._unpack is None:
            return chunk
        try:
            return b"" if self._unpack.eof else self._unpack.decompress(chunk, self._left + 1)
        except zlib.error as error:
            raise httpx2.DecodingError(str(error)) from None

    async def aclose(self) -> None:
        await self._stream.aclose()
