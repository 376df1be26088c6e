"""Values of strangers made fit to be sent as JSON: whole characters, numbers that end, no more than a page can bear."""

import math
from typing import Any

LONGEST = 1_000_000  # characters of one text
_DEEPEST = 40
_MOST = 20_000  # values in one tree
_LARGEST = 1 << 63


def text(value: object, most: int = LONGEST) -> str:
    """The value where it is a text, else ''; at most `most` characters of it, the last an ellipsis where it was cut.

    Two halves of a character become that character, a lone half U+FFFD.
    """
    if not isinstance(value, str):
        return ""
    if len(value) > most:
        value = value[: most - 1] + "…"
    if value.isascii():
        return value
    try:
        value.encode()
    except UnicodeEncodeError:
        return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return value


def whole(value: object) -> int | None:
    """The value where it is a whole number that SQLite can hold."""
    return value if isinstance(value, int) and not isinstance(value, bool) and abs(value) < _LARGEST else None


def amount(value: object) -> float | None:
    """The value where it is a number from 0 on that ends."""
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if 0 <= number < math.inf else None


def tree(value: Any) -> Any:
    """A parsed JSON value as it can be sent: what is too much, too deep or no JSON stands there as a text."""
    return _tree(value, [_MOST], 0)


def _tree(value: Any, left: list[int], depth: int) -> Any:
    left[0] -= 1
    if isinstance(value, str):
        return text(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _number(value)
    if not isinstance(value, dict | list):
        return value if value is None or isinstance(value, bool) else "…"
    if depth >= _DEEPEST or left[0] <= 0:
        return "…"
    if isinstance(value, list):
        return [_tree(one, left, depth + 1) for one in value[: max(left[0], 0)]]
    pairs = list(value.items())[: max(left[0], 0)]
    return {text(name): _tree(one, left, depth + 1) for name, one in pairs}


def _number(value: float) -> Any:
    if isinstance(value, int):  # Python refuses to write one of thousands of digits
        return value if abs(value) < _LARGEST else f"a number of {value.bit_length():,} bits"
    return value if math.isfinite(value) else str(value)
