"""One request to one endpoint, through the openai package.

Asking touches no file and retries nothing: what goes wrong comes back as a Failure.
"""

import asyncio
import json
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Self

from dset import causes, failures
from dset.completions import read_completion
from dset.endpoints import Endpoint, request_body
from dset.failures import Failure
from dset.messages import Messages
from dset.replies import Reply
from dset.settings import Settings

if TYPE_CHECKING:
    import httpx2

    from dset.transports import Service

LARGEST_BODY = 64 << 20  # bytes, unpacked: no answer is longer, a gzip bomb is
_CONNECT = 20.0  # seconds
_SILENCE = 600.0  # seconds without a byte; DeepSeek sends blank lines while it works
_ENCODE = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode


class Client:
    """Asks one endpoint for chat completions. Use as an async context manager."""

    path = "chat/completions"  # below the base URL

    def __init__(self, endpoint: Endpoint, settings: Settings, most: int = 1_000) -> None:
        """`most` connections at once."""
        self.endpoint, self._most = endpoint, most
        self._settings = settings
        self._scrub = settings.secrets.scrub
        self._service: Service | None = None

    async def __aenter__(self) -> Self:
        self._service = _connected(self.endpoint, self.path, self._settings, self._most)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._service is not None:
            await self._service.close()

    async def ask(self, messages: Messages) -> Reply | Failure:
        """One request. The deadline covers all of it: a server that drips bytes cannot hold it for ever."""
        assert self._service is not None
        started = time.monotonic()
        try:
            body = _ENCODE(self.body(messages)).encode()
            async with asyncio.timeout(self._settings.timeout):
                response = await self._service.ask(body)
            outcome = self._read(response, time.monotonic() - started)
            if isinstance(outcome, Reply):
                outcome = await self.kept(outcome)
            return self._clean(outcome) if isinstance(outcome, Failure) else outcome
        except asyncio.CancelledError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever one request does, it must not end the others
            return self._clean(causes.of_exception(error, time.monotonic() - started))

    def body(self, messages: Messages) -> dict[str, Any]:
        """What a request says."""
        return request_body(self.endpoint, self._settings, messages)

    def outcome(self, content: bytes, content_type: str) -> Reply | Failure:
        """What the body of a 200 says."""
        return read_completion(content, content_type)

    async def kept(self, reply: Reply) -> Reply | Failure:
        """The reply, after what must be on disk before it; within the deadline of no request."""
        return reply

    async def get(self, path: str) -> bytes | Failure:
        """One page of the service, below its base URL."""
        assert self._service is not None
        try:
            async with asyncio.timeout(self._settings.timeout):
                response = await self._service.page(path)
            return self._scrubbed(response.content)
        except asyncio.CancelledError:
            raise
        except Exception as error:  # noqa: BLE001 - a page that is missing must not end anything
            return self._clean(causes.of_exception(error))

    def _read(self, response: "httpx2.Response", seconds: float) -> Reply | Failure:
        # First of all: what is shortened later might end in half a key.
        content = self._scrubbed(response.content)
        if response.status_code != 200:
            headers = {name: self._scrub(value) for name, value in response.headers.items()}
            return failures.of_status(response.status_code, headers, content, seconds)
        outcome = self.outcome(content, response.headers.get("content-type", ""))
        return outcome if isinstance(outcome, Failure) else self._plain(outcome)

    def _scrubbed(self, content: bytes) -> bytes:
        """The body without the key, should the service echo it; bytes that are no UTF-8 pass through."""
        text = content.decode("utf-8", "surrogateescape")
        return self._scrub(text).encode("utf-8", "surrogateescape")

    def _plain(self, reply: Reply) -> Reply:
        """The reply without the key, should the service echo it in pieces that are joined here."""
        answer = self._scrub(reply.answer)
        reasoning = reply.reasoning and self._scrub(reply.reasoning)
        raw = reply.raw and self._settings.secrets.scrub_bytes(reply.raw)
        if answer is reply.answer and reasoning is reply.reasoning and raw is reply.raw:
            return reply
        return replace(reply, answer=answer, reasoning=reasoning, raw=raw)

    def _clean(self, failure: Failure) -> Failure:
        named = "DSET_API_KEY" if self.endpoint.key is None else self.endpoint.key_name
        advice = failure.advice.replace("the key's variable", named)
        reply = failure.reply and self._plain(failure.reply)
        return replace(failure, reason=self._scrub(failure.reason), advice=self._scrub(advice), reply=reply)


def _connected(endpoint: Endpoint, path: str, settings: Settings, most: int) -> "Service":
    import httpx2

    from dset import transports  # openai takes half a second

    silence = min(settings.timeout, _SILENCE)
    timeout = httpx2.Timeout(silence, connect=min(_CONNECT, silence), pool=None)
    key = endpoint.key and str(endpoint.key)
    return transports.connect(
        endpoint.base_url, key, timeout, most + 1, LARGEST_BODY, path=path, local=endpoint.is_local
    )
