"""What a search finds: a picture's address and what its source says of it."""

import json
import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_LONGEST_URL = 4096
_LONGEST_TEXT = 500
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Asked:
    """What is searched for; `label` is the task's, '' without one."""

    query: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class Find:
    """One picture that a source names. What the source does not tell is '' or 0."""

    url: str
    source: str
    query: str
    page: str  # where a person sees it
    author: str
    licence: str  # as the source states it
    width: int  # pixels, as the source says; nothing is checked yet
    height: int
    label: str


@dataclass(frozen=True, slots=True)
class Page:
    """One page of results, and whether there is a next one."""

    finds: tuple[Find, ...]
    has_next: bool


def known_by(url: str) -> str:
    """The part of an address by which two are the same picture: neither the scheme nor a fragment."""
    parts = urllib.parse.urlsplit(url.strip())
    host, port = (parts.hostname or "").rstrip("."), parts.port
    if port is not None and port != _PORTS.get(parts.scheme):
        host = f"{host}:{port}"
    query = f"?{parts.query}" if parts.query else ""
    return f"//{host}{parts.path or '/'}{query}"


def document(body: bytes) -> dict[str, Any]:
    """The object in an answer's body. Raises ValueError."""
    try:
        found = json.loads(body)
    except RecursionError:
        raise ValueError("it is nested too deep") from None
    if not isinstance(found, dict):
        raise ValueError("it is no object")
    return found


def address(value: Any) -> str:
    """A web address as it stands in an answer; '' for anything else."""
    if not isinstance(value, str) or not 8 < len(value) <= _LONGEST_URL or not value.isprintable():
        return ""
    try:
        parts = urllib.parse.urlsplit(value)
        is_one = parts.scheme in _PORTS and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return ""
    return value if is_one and " " not in value else ""


def text(value: Any) -> str:
    """A short text as it stands in an answer; '' for anything else."""
    return value.strip()[:_LONGEST_TEXT] if isinstance(value, str) else ""


def find(
    entry: Mapping[str, Any],
    asked: Asked,
    url: str,
    source: str,
    licence: str,
    names: tuple[str, str, str, str],
) -> Find:
    """What a service's entry says of the picture at `url`; `names`: its fields for page, author, width and height."""
    page, author, width, height = (entry.get(name) for name in names)
    return Find(
        url=url,
        source=source,
        query=asked.query,
        page=address(page),
        author=text(author),
        licence=licence,
        width=whole(width),
        height=whole(height),
        label=asked.label,
    )


def whole(value: Any) -> int:
    """A number of pixels or pictures, given as a number or in digits; 0 for anything else."""
    if isinstance(value, str) and len(value) < 10 and value.isascii() and value.isdecimal():
        return int(value)
    is_one = isinstance(value, int) and not isinstance(value, bool) and 0 < value < 10**9
    return value if is_one else 0
