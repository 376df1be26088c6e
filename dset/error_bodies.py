"""What the response of a failed request states: its message, its facts, how long to wait. Pure.

Shapes: https://api-docs.deepseek.com/quick_start/error_codes, https://ai.google.dev/gemini-api/docs/troubleshooting (an
array round the object, details four deep), https://openrouter.ai/docs/api-reference/errors (`metadata.raw`).
"""

from __future__ import annotations

import email.utils
import json
import math
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from dset.cleaning import page_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

FACTS = frozenset({"code", "type", "status", "reason", "quotaId", "quotaMetric", "quotaValue", "retryDelay"})
DURATION = r"(?:\d{1,9}(?:\.\d{1,9})?\s*(?:milli|ms|[dhms])[a-z]*\s*)+"
UNITS = {"d": 86_400.0, "h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001, "milli": 0.001}
NUMBER = r"\s*[0-9]{1,400}(?:\.[0-9]*)?(?:[eE][0-9]{1,4})?\s*"
WEEKDAY = r"(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*,\s)?"


def error_facts(document: object, text: str) -> tuple[str, str]:
    """The message in the parsed body of an error, and its facts; `text`, the body, where it has no message."""
    if isinstance(document, list) and document:
        document = document[0]  # Gemini wraps the object in an array
    error = (document.get("error") or document) if isinstance(document, dict) else document
    message = (": ".join(_messages(error)) or text)[:4000]
    marks = [f"{name}={str(value)[:200]}" for name, value in _leaves(error) if name in FACTS]
    return message, "\n".join([message, *marks[:200]])


def _messages(error: object, depth: int = 0) -> Iterator[str]:
    """The sentences for people: OpenAI's, FastAPI's `detail`, and what OpenRouter passes on as `raw`."""
    if isinstance(error, str) and error:
        yield error
    elif isinstance(error, (dict, list)) and depth < 6:
        names = ("message", "msg", "detail", "errors", "metadata", "raw")
        for part in error[:3] if isinstance(error, list) else map(error.get, names):
            yield from _messages(part, depth + 1)


def _leaves(node: object, depth: int = 0) -> Iterator[tuple[str, object]]:
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for name, value in items:
        if not isinstance(value, (dict, list)):
            yield str(name), value
        elif depth < 8:  # Google nests four deep; a hostile body must not exhaust the stack
            yield from _leaves(value, depth + 1)


def read_error(body: bytes) -> tuple[str, str]:
    text = body.decode("utf-8", "replace").strip()
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return page_text(text), page_text(text, 4000)
    return error_facts(document, text) if document else ("", "")


def header_facts(fields: Mapping[str, str]) -> Iterator[str]:
    yield f"x-should-retry={fields.get('x-should-retry', '').strip()}"
    try:
        location = urlsplit(fields.get("location", ""))
    except ValueError:
        return
    if location.hostname:  # neither path nor query nor a password: they may hold secrets
        yield f"location={location.scheme or 'https'}://{location.hostname}"


def told_wait(fields: Mapping[str, str], facts: str, now: datetime) -> float | None:
    """The seconds that the service asks to wait; None where it asks for none, or for nonsense."""
    sent = _date(fields.get("date", "")) or now  # a date is told by the service's clock, and read by it
    waits = [_number(fields.get("retry-after-ms", "")) / 1000]
    # Two headers arrive as one, joined by a comma, and a date has a comma of its own. The longest counts.
    for value in re.findall(rf"\s*{WEEKDAY}[^,]+", fields.get("retry-after", "").lower()):
        date = _date(value)
        waits.append((date - sent).total_seconds() if date else _number(value))
    told = re.search(
        rf"(?:^retryDelay=|try (?:again )?(?:in|after) )({DURATION})", facts, re.IGNORECASE | re.MULTILINE
    )
    pairs = re.findall(r"([\d.]+)\s*(milli|ms|[dhms])", told[1].lower() if told else "")
    spoken = sum(float(number) * UNITS[unit] for number, unit in pairs)
    return max(filter(_is_wait, waits), default=spoken if _is_wait(spoken) else None)


def _is_wait(seconds: float) -> bool:
    """0 or less would ask again at once and for ever; more than a year is nobody's wait."""
    return 0 < seconds <= 366 * 86_400


def _number(text: str) -> float:
    return float(text) if re.fullmatch(NUMBER, text) else math.nan


def _date(text: str) -> datetime | None:
    """An HTTP date in any of its three forms (RFC 9110, 5.6.7)."""
    try:
        date = email.utils.parsedate_to_datetime(text.strip())
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)
