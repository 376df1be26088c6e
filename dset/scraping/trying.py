"""One find is tried: downloaded, looked at, and, where it is kept, told of in a line."""

import asyncio
import hashlib
from dataclasses import dataclass
from typing import Any

from dset.runs import utc_now
from dset.scraping.finds import Find
from dset.scraping.tools import Seen, Tools


@dataclass(frozen=True, slots=True)
class Brought:
    """A picture that came and can be read."""

    data: bytes
    kind: str
    seen: Seen
    content: str  # sha256 of the data, in hex


@dataclass(frozen=True, slots=True)
class Loss:
    """Why nothing came of a find; `again`: another day something may."""

    reason: str
    again: bool = False


async def attempt(find: Find, tools: Tools) -> Brought | Loss:
    """The picture, downloaded and looked at, or why not."""
    try:
        fetched = await tools.fetch(find.url)
        seen = await asyncio.to_thread(tools.look, fetched.data)
    except tools.lost as error:
        return Loss(str(getattr(error, "reason", error)), bool(getattr(error, "again", False)))
    except tools.broken as error:
        return Loss(f"it {error}")
    content = hashlib.sha256(fetched.data).hexdigest()
    return Brought(fetched.data, fetched.kind, seen, content)


def record(find: Find, path: str, brought: Brought, *, labelled: bool) -> dict[str, Any]:
    """The line of a picture that is kept at `path`, relative to its folder."""
    label = {"label": find.label} if labelled else {}
    return {
        "image_path": path,
        "query": find.query,
        "source": find.source,
        "url": find.url,
        "page": find.page,
        "author": find.author,
        "licence": find.licence,
        **label,
        "width": brought.seen.width,
        "height": brought.seen.height,
        "size": len(brought.data),
        "hash": brought.content,
        "time": utc_now(),
    }
