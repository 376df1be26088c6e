"""A response body that is read only so far."""

import asyncio
import itertools
import zlib
from collections.abc import AsyncIterator, Iterable

import httpx2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dset.bodies import Capped
from dset.failures import BodyTooLarge


class Source:
    """A stream of chunks that notes how many were taken and whether it was closed."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks, self.taken, self.closed = chunks, 0, False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for chunk in self._chunks:
            self.taken += 1
            yield chunk

    async def aclose(self) -> None:
        self.closed = True


def read(source: Source, cap: int, unpack: object = None) -> bytes:
    async def whole() -> bytes:
        return b"".join([chunk async for chunk in Capped(source, unpack, cap)])

    return asyncio.run(whole())


def gunzip() -> object:
    return zlib.decompressobj(wbits=31)


def packed(plain: bytes, wbits: int = 31) -> bytes:
    packer = zlib.compressobj(wbits=wbits)
    return packer.compress(plain) + packer.flush()


def pieces(data: bytes, size: int) -> list[bytes]:
    return [data[start : start + size] for start in range(0, len(data), size)]


@given(st.binary(max_size=300), st.integers(1, 50), st.booleans())
@settings(max_examples=100, deadline=None)
def test_a_body_up_to_the_cap_comes_through_whole_packed_or_not(body: bytes, size: int, zipped: bool) -> None:
    chunks = pieces(packed(body) if zipped else body, size)
    assert read(Source(chunks), len(body), gunzip() if zipped else None) == body


@pytest.mark.parametrize("zipped", [False, True])
def test_one_byte_more_than_the_cap_is_too_much(zipped: bool) -> None:
    body = packed(b"x" * 101) if zipped else b"x" * 101
    with pytest.raises(BodyTooLarge):
        read(Source([body]), 100, gunzip() if zipped else None)


def test_what_is_behind_the_cap_is_not_read() -> None:
    source = Source(b"x" * 10 for _ in range(1_000_000))
    with pytest.raises(BodyTooLarge, match="longer than 0 MB"):
        read(source, 100)
    assert source.taken == 11


def test_a_bomb_is_unpacked_to_the_cap_and_no_further() -> None:
    class Noting:
        def __init__(self) -> None:
            self.unpack, self.largest, self.eof = zlib.decompressobj(wbits=31), 0, False

        def decompress(self, chunk: bytes, most: int) -> bytes:
            plain = self.unpack.decompress(chunk, most)
            self.largest = max(self.largest, len(plain))
            return plain

    noting = Noting()
    with pytest.raises(BodyTooLarge):
        read(Source([packed(b"\0" * 10_000_000)]), 1000, noting)
    assert noting.largest == 1001


@pytest.mark.parametrize("endless", [b"\0" * 1000, packed(b"x") * 10], ids=["noise", "more of the same"])
def test_what_follows_the_end_of_a_packed_body_is_left_out_and_not_read_for_ever(endless: bytes) -> None:
    source = Source([packed(b"whole"), endless])
    assert read(source, 100, gunzip()) == b"whole"
    source = Source(itertools.chain([packed(b"whole")], itertools.repeat(endless, 50_000)))
    unpack = zlib.decompressobj(wbits=31)
    with pytest.raises(BodyTooLarge):
        read(source, 100, unpack)
    assert unpack.unused_data == b""  # else it would grow by each piece, and be copied each time


def test_a_packed_body_that_unpacks_to_nothing_for_ever_is_too_much() -> None:
    packer = zlib.compressobj(wbits=31)
    source = Source(packer.compress(b"") + packer.flush(zlib.Z_FULL_FLUSH) * 100 for _ in range(50_000))
    with pytest.raises(BodyTooLarge):
        read(source, 100, gunzip())


@pytest.mark.parametrize("body", [b"no gzip at all", b"\x1f\x8b\x08\0\0\0\0\0\0\0oops, not deflated"])
def test_what_cannot_be_unpacked_is_an_error_of_the_transport(body: bytes) -> None:
    with pytest.raises(httpx2.DecodingError):
        read(Source([body]), 1000, gunzip())


def test_the_stream_is_closed_with_the_body() -> None:
    source = Source([])
    asyncio.run(Capped(source, None, 1).aclose())
    assert source.closed
