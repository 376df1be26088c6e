"""The terminal's streams without keys: packages log there, and so does Python itself."""

from collections.abc import Callable
from typing import Any, TextIO


class Scrubbed:
    """A text stream that takes the keys out of what is written to it; everything else is the stream's own."""

    def __init__(self, stream: TextIO, scrub: Callable[[str], str]) -> None:
        self._stream, self._scrub = stream, scrub

    def write(self, text: str) -> int:
        """Write it without keys; what one call writes is looked at as a whole."""
        self._stream.write(self._scrub(text))
        return len(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)
