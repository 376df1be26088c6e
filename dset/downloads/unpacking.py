"""A body unpacked piece by piece, up to a bound, however much a bomb would unpack to."""

import zlib
from collections.abc import Iterable

_WINDOWS = {"gzip": 31, "x-gzip": 31, "deflate": 15}  # how zlib is told the format
_OVERHEAD = 1 << 20  # bytes by which what cannot be packed may grow: far more than gzip adds


class BodyError(Exception):
    """A body that is not taken; its text is the reason, `broken` where another try may bring it whole."""

    def __init__(self, reason: str, broken: bool = False) -> None:
        super().__init__(reason)
        self.broken = broken


class Unpacker:
    """What is behind the layers of a Content-Encoding: at most `most` bytes, packed and unpacked."""

    def __init__(self, encodings: Iterable[str], most: int) -> None:
        """`encodings`: the values of all headers. Raises BodyError for what nobody asked for, such as two layers."""
        names = [name.strip().lower() for value in encodings for name in value.split(",")]
        layers = [name for name in names if name not in {"", "identity"}]
        if len(layers) > 1 or not _WINDOWS.keys() >= set(layers):
            raise BodyError("it is packed in a way that nobody asked for")
        self._unpack = zlib.decompressobj(wbits=_WINDOWS[layers[0]]) if layers else None
        self._most, self._left, self._packed = most, most, most + _OVERHEAD

    def feed(self, piece: bytes) -> bytes:
        """The bytes that `piece` adds. Raises BodyError where they are too many or cannot be unpacked."""
        # One byte beyond what is left is enough to know.
        plain = self._plain(piece)
        self._left -= len(plain)
        self._packed -= len(piece)  # what comes behind the end, or unpacks to nothing, has no end either
        if self._left < 0 or self._packed < 0:
            raise BodyError(f"it is larger than {size(self._most)}")
        return plain

    def end(self) -> None:
        """Raises BodyError where the packed bytes break off."""
        if self._unpack is not None and not self._unpack.eof:
            raise BodyError("it breaks off", broken=True)

    def _plain(self, piece: bytes) -> bytes:
        if self._unpack is None:
            return piece
        try:
            return b"" if self._unpack.eof else self._unpack.decompress(piece, self._left + 1)
        except zlib.error:
            raise BodyError("it cannot be unpacked") from None


def size(count: int) -> str:
    """A bound in words: 32 MB, 10,000 bytes."""
    return f"{count >> 20} MB" if count >= 1 << 20 else f"{count:,} bytes"
