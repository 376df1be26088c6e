"""Values and places as a fault names them: short, on one line, and harmless whatever a model wrote."""

import json
from collections.abc import Iterable
from typing import Any

from dset.cleaning import harmless

LIMIT = 80  # characters of a value that are shown


def value(what: Any, limit: int = LIMIT) -> str:
    """A value as JSON, cut to about `limit` characters; of a list or an object only how large it is."""
    if isinstance(what, list | tuple):
        return f"a list of {len(what)}"
    if isinstance(what, dict):
        return f"an object with {len(what)} fields" if len(what) != 1 else "an object with 1 field"
    if isinstance(what, str):
        cut = what if len(what) <= limit else what[: limit - 1] + "…"
        return harmless(json.dumps(cut, ensure_ascii=False))
    # A whole number can have more digits than Python writes.
    text = f"{what:.6g}" if isinstance(what, int) and abs(what) > 1 << 200 else json.dumps(what, default=str)
    return text if len(text) <= limit else text[: limit - 1] + "…"


def options(values: Iterable[Any], limit: int = 300) -> str:
    """Several values, with commas, cut to about `limit` characters."""
    text = ""
    for one in values:
        whole = harmless(json.dumps(one, ensure_ascii=False, default=str)[:LIMIT])
        text += (", " if text else "") + (whole if isinstance(one, list | dict) else value(one))
        if len(text) > limit:
            return text[: limit - 1] + "…"
    return text


def place(path: Iterable[str | int]) -> str:
    """["a", 0, "b"] as a[0].b; the record itself is "record"."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else ("." if text else "") + name(step)
    return text or "record"


def name(step: str, limit: int = 40) -> str:
    """A field's name as it stands in a path: quoted where a path could be misread."""
    plain = step.replace("_", "").replace("-", "").replace("$", "")
    return step if plain.isalnum() and len(step) <= limit else value(step, limit)


def plain(text: str, limit: int = 200) -> str:
    """A message of a library on one line, cut."""
    return harmless(text[:limit]) + ("…" if len(text) > limit else "")
