"""A value of any kind as the text of a cell."""

import json
import math
from datetime import date, time, timedelta
from typing import Any

_EXACT = 1e15  # whole numbers above it are not all to be had as a float


def text_of(value: Any) -> str:
    """The value as a person sees it: 3 for 3.0, dates as ISO 8601, true and false, '' for nothing; else JSON.

    Bytes that are no UTF-8 become their number in brackets: no cell and no prompt holds them.
    """
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, dict | list | tuple):
        return json.dumps(value, ensure_ascii=False, default=text_of)
    if isinstance(value, date | time):  # a datetime is a date
        return value.isoformat()
    if isinstance(value, timedelta):
        return _hours(value)
    return _bytes(value) if isinstance(value, bytes) else str(value)


def _number(value: float) -> str:
    if math.isnan(value):
        return ""  # what tables have in place of nothing
    return str(int(value)) if value.is_integer() and abs(value) < _EXACT else repr(value)


def _hours(value: timedelta) -> str:
    seconds = abs(value.total_seconds())
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(int(minutes), 60)
    fraction = f"{rest % 1:.6f}"[1:].rstrip("0").rstrip(".")
    sign = "-" if value < timedelta(0) else ""
    return f"{sign}{hours}:{minutes:02}:{int(rest):02}{fraction}"


def _bytes(value: bytes) -> str:
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return f"[{len(value):,} bytes]"
