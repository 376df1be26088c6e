"""A client of an OpenAI-compatible images endpoint: a prompt becomes a picture on disk, and its name the answer.

Shapes: https://platform.openai.com/docs/api-reference/images/create. The picture is durable before its answer counts.
"""

import asyncio
import base64
import binascii
import json
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Protocol

from dset import files
from dset.cleaning import clean
from dset.clients import Client
from dset.completions import read_completion
from dset.endpoints import Endpoint
from dset.failures import Failure, Kind
from dset.images.opening import PictureError, open_picture, reading
from dset.messages import Messages
from dset.replies import Reply
from dset.scraping import kinds, naming
from dset.settings import Settings

_DATA = "data:;base64,"  # what a picture is kept as until it is written


class Fetched(Protocol):
    """What a download brought."""

    @property
    def data(self) -> bytes: ...


Fetch = Callable[[str], Awaitable[Fetched]]


class Drawer(Client):
    """Asks one endpoint for pictures."""

    path = "images/generations"

    def __init__(
        self, endpoint: Endpoint, settings: Settings, most: int, *, folder: Path, size: str, fetch: Fetch
    ) -> None:
        """Pictures come into `folder`; `size` is asked for unless it is ''; `fetch` downloads what comes as an address."""
        super().__init__(endpoint, settings, most)
        self._folder, self._size, self._fetch = folder, size, fetch

    def body(self, messages: Messages) -> dict[str, Any]:
        """One picture of the last thing that the user said."""
        prompt = next(str(one["content"]) for one in reversed(messages) if one["role"] == "user")
        size = {"size": self._size} if self._size else {}
        return {"model": self.endpoint.model, "prompt": prompt, "n": 1, **size, **self.endpoint.extra_body}

    def outcome(self, content: bytes, content_type: str) -> Reply | Failure:
        """The picture or its address as the answer's text; what has neither is read as a completion would be: for the reason."""
        try:
            document = json.loads(content)
            first = document["data"][0]
            usage = document.get("usage") if isinstance(document.get("usage"), dict) else {}
        except (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError):
            failure = read_completion(content, content_type)
            return failure if isinstance(failure, Failure) else _no_picture("a text came")
        if not isinstance(first, dict) or not (first.get("b64_json") or first.get("url")):
            return _no_picture("it holds neither a picture nor an address")
        text = _DATA + str(first["b64_json"]) if first.get("b64_json") else str(first["url"])
        revised = first.get("revised_prompt")
        return _reply(text, revised if isinstance(revised, str) else None, self.endpoint.model, usage)

    async def kept(self, reply: Reply) -> Reply | Failure:
        """The reply with the name of its picture, which is on disk by then."""
        try:
            data = await self._picture(reply.answer)
            name = await asyncio.to_thread(self._written, data)
        except (binascii.Error, PictureError, KeyError) as error:
            return _no_picture(f"what came {error}")
        except OSError as error:
            return _not_written(data, error)
        except Exception as error:  # noqa: BLE001 - a download fails in many ways, and its text says how
            return _no_picture(f"its address: {clean(str(error), 200)}")
        return _reply(name, reply.reasoning, reply.model or "", {}, reply)

    async def _picture(self, text: str) -> bytes:
        if text.startswith(_DATA):
            return base64.b64decode(text.removeprefix(_DATA), validate=False)
        return (await self._fetch(text)).data

    def _written(self, data: bytes) -> str:
        with reading(), open_picture(data) as picture:
            picture.load()
        name = naming.name(data, kinds.kind(data))
        files.make_folder(self._folder)
        files.replace(self._folder / name, [data])
        return name


def _reply(text: str, revised: str | None, model: str, usage: Any, earlier: Reply | None = None) -> Reply:
    figures = {name: usage.get(f"{name}_tokens") for name in ("input", "output")}
    known = {
        name: value if isinstance(value, int) and value >= 0 else None for name, value in figures.items()
    }
    return Reply(
        answer=text,
        reasoning=revised,  # what the service made of the prompt
        model=model,
        finish_reason=None,
        prompt_tokens=earlier.prompt_tokens if earlier else known["input"],
        cached_tokens=None,
        completion_tokens=earlier.completion_tokens if earlier else known["output"],
        reasoning_tokens=None,
    )


def _no_picture(reason: str) -> Failure:
    return Failure(Kind.OUTAGE, f"no picture: {clean(reason, 200)}", status=200, maybe_billed=True)


def _not_written(data: bytes, error: OSError) -> Failure:
    """The disk refuses a picture that was paid for: it is kept elsewhere if that can be, and nothing more is asked."""
    saved = "it is lost"
    try:
        with tempfile.NamedTemporaryFile(
            "wb", prefix="dset-rescue-", suffix=".picture", delete=False
        ) as file:
            file.write(data)
        saved = f"it is in {file.name}"
    except OSError:
        pass  # said below: nothing is left to try
    what = f"a picture could not be written ({error.strerror}); {saved}"
    return Failure(Kind.STOP, what, "Make room, then run the same command again.", scope="service")
