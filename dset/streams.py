"""The terminal's streams: without keys, and no reason to end a run when they are closed or full."""

import contextlib
import os
from collections.abc import Callable
from typing import Any, TextIO


def hold() -> None:
    """Have 0, 1 and 2 taken. Closed ones would go to files of ours, and what a library prints would land in them."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest that is free


def silence(stream: Any) -> None:
    """Let what is written from now on, and what waits to be written, go nowhere."""
    with contextlib.suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        try:
            os.dup2(nowhere, stream.fileno())
        finally:
            os.close(nowhere)


class Scrubbed:
    """A text stream that takes the keys out of what is written to it, and falls silent where it cannot be written."""

    def __init__(self, stream: TextIO, scrub: Callable[[str], str]) -> None:
        self._stream, self._scrub = stream, scrub

    def write(self, text: str) -> int:
        """Write it without keys; what one call writes is looked at as a whole."""
        try:
            self._stream.write(self._scrub(text))
        except (OSError, ValueError):
            silence(self._stream)
        return len(text)

    def flush(self) -> None:
        """As any stream."""
        try:
            self._stream.flush()
        except (OSError, ValueError):
            silence(self._stream)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)
