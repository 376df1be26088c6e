"""A JSON array read element by element, so that a file of any size takes the memory of its largest element."""

import json
import re
from collections.abc import Iterator
from typing import Any, TextIO

_CHUNK = 1 << 20
_BLANKS = re.compile(r"[ \t\r\n]*")


class Window:
    """The part of a stream that is being read."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._text = ""
        self._at = 0
        self._decode = json.JSONDecoder().raw_decode

    def _more(self) -> bool:
        """Read on, twice as much as is left over: an element of n characters is tried log n times."""
        rest = self._text[self._at :]
        piece = self._stream.read(max(_CHUNK, 2 * len(rest)))
        self._text, self._at = rest + piece, 0
        return bool(piece)

    def next_character(self) -> str:
        """The next character that is no blank, not taken; '' at the end."""
        while True:
            match = _BLANKS.match(self._text, self._at)
            self._at = match.end() if match else self._at
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._more():
                return ""

    def take(self, wanted: str) -> None:
        """Pass over the next character, which is to be one of `wanted`. Raises JSONDecodeError."""
        found = self.next_character()
        if not found or found not in wanted:
            raise json.JSONDecodeError(f"no {wanted}", self._text, self._at)
        self._at += 1

    def value(self) -> Any:
        """The next value. Raises JSONDecodeError."""
        self.next_character()
        while True:
            try:
                value, end = self._decode(self._text, self._at)
            except json.JSONDecodeError:
                if not self._more():
                    raise
                continue
            # A number that reaches the end of what was read may go on.
            if end < len(self._text) or not self._more():
                self._at = min(end, len(self._text))
                return value


def elements(window: Window) -> Iterator[Any]:
    """The elements of the array that begins here. Raises JSONDecodeError."""
    window.take("[")
    while window.next_character() != "]":
        yield window.value()
        if window.next_character() != "]":
            window.take(",")
    window.take("]")
    if window.next_character():
        raise json.JSONDecodeError("something follows the array", "", 0)


def records_in(whole: dict[str, Any]) -> Iterator[Any]:
    """The records that an object holds: lists of them, one under each name, columns of equal length, or itself."""
    values = list(whole.values())
    if values and all(isinstance(value, list) for value in values):
        if all(isinstance(one, dict) for value in values for one in value):
            for value in values:
                yield from value
            return
        if len({len(value) for value in values}) == 1:
            for cells in zip(*values, strict=True):
                yield dict(zip(whole, cells, strict=True))
            return
    if values and all(isinstance(value, dict) for value in values):
        for name, value in whole.items():
            yield value if "id" in value else {"id": name, **value}
        return
    if whole:
        yield whole
