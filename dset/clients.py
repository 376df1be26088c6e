"""One request to one endpoint, through the openai package.

Asking touches no file and retries nothing: what goes wrong comes back as a Failure.
"""

import asyncio
import re
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Self

from dset import causes, failures
from dset.completions import read_completion
from dset.endpoints import Endpoint, request_body
from dset.failures import Failure
from dset.keys import Secret
from dset.messages import Messages
from dset.replies import Reply
from dset.settings import Settings

if TYPE_CHECKING:
    import httpx2
    import openai

LARGEST_BODY = 64 << 20  # bytes, unpacked: no answer is longer, a gzip bomb is
_CONNECT = 20.0  # seconds
_SILENCE = 600.0  # seconds without a byte; DeepSeek sends blank lines while it works
_HEADER = re.compile(r"(?i)accept|content-type|user-agent|x-stainless-.*")


class Client:
    """Asks one endpoint. Use as an async context manager."""

    def __init__(self, endpoint: Endpoint, settings: Settings, most: int = 1_000) -> None:
        """`most` connections at once."""
        self.endpoint, self._most = endpoint, most
        self._settings = settings
        self._scrub = settings.secrets.scrub
        self._client: openai.AsyncOpenAI | None = None
        self._options: Any = {}

    async def __aenter__(self) -> Self:
        self._client = _openai_client(self.endpoint, self._settings, self._most)
        self._options = {"headers": _headers(self._client.default_headers, self.endpoint.key)}
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._client is not None:
            await self._client.close()

    async def ask(self, messages: Messages) -> Reply | Failure:
        """One request. The deadline covers all of it: a server that drips bytes cannot hold it for ever."""
        clock = asyncio.get_running_loop().time
        started = clock()
        try:
            body = request_body(self.endpoint, self._settings, messages)
            async with asyncio.timeout(self._settings.timeout):
                response = await self._post(body)
            return self._read(response, clock() - started)
        except asyncio.CancelledError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever one request does, it must not end the others
            return self._clean(causes.of_exception(error, clock() - started))

    async def get(self, path: str) -> bytes | Failure:
        """One page of the service, below its base URL."""
        import httpx2

        assert self._client is not None
        try:
            async with asyncio.timeout(self._settings.timeout):
                response = await self._client.get(path, cast_to=httpx2.Response, options=self._options)
            return self._scrubbed(response.content)
        except asyncio.CancelledError:
            raise
        except Exception as error:  # noqa: BLE001 - a page that is missing must not end anything
            return self._clean(causes.of_exception(error))

    async def _post(self, body: dict[str, Any]) -> "httpx2.Response":
        import httpx2
        import openai

        assert self._client is not None
        try:
            return await self._client.post(
                "/chat/completions", cast_to=httpx2.Response, body=body, options=self._options
            )
        except openai.APIStatusError as error:
            return error.response

    def _read(self, response: "httpx2.Response", seconds: float) -> Reply | Failure:
        # First of all: what is shortened later might end in half a key.
        content = self._scrubbed(response.content)
        if response.status_code != 200:
            headers = {name: self._scrub(value) for name, value in response.headers.items()}
            return self._clean(failures.of_status(response.status_code, headers, content, seconds))
        outcome = read_completion(content, response.headers.get("content-type", ""))
        return self._clean(outcome) if isinstance(outcome, Failure) else self._plain(outcome)

    def _scrubbed(self, content: bytes) -> bytes:
        """The body without the key, should the service echo it; bytes that are no UTF-8 pass through."""
        text = content.decode("utf-8", "surrogateescape")
        return self._scrub(text).encode("utf-8", "surrogateescape")

    def _plain(self, reply: Reply) -> Reply:
        """The reply without the key, should the service echo it in pieces that are joined here."""
        reasoning = reply.reasoning and self._scrub(reply.reasoning)
        raw = reply.raw and self._settings.secrets.scrub_bytes(reply.raw)
        return replace(reply, answer=self._scrub(reply.answer), reasoning=reasoning, raw=raw)

    def _clean(self, failure: Failure) -> Failure:
        named = "DSET_API_KEY" if self.endpoint.key is None else self.endpoint.key_name
        advice = failure.advice.replace("the key's variable", named)
        reply = failure.reply and self._plain(failure.reply)
        return replace(failure, reason=self._scrub(failure.reason), advice=self._scrub(advice), reply=reply)


def _headers(usual: Iterable[str], key: Secret | None) -> dict[str, Any]:
    """Our key, or none; and nothing that the package would take from the environment and send to any service."""
    import openai

    from dset import bodies

    headers: dict[str, Any] = {name: openai.Omit() for name in usual if not _HEADER.fullmatch(name)}
    ours = {"Authorization": f"Bearer {key}" if key else openai.Omit(), "Accept-Encoding": bodies.PACKING}
    return headers | ours


def _openai_client(endpoint: Endpoint, settings: Settings, most: int) -> "openai.AsyncOpenAI":
    import httpx2
    import openai

    silence = min(settings.timeout, _SILENCE)
    timeout = httpx2.Timeout(silence, connect=min(_CONNECT, silence), pool=None)
    http_client = openai.DefaultAioHttpClient(
        timeout=timeout,
        limits=httpx2.Limits(max_connections=most + 1, max_keepalive_connections=most),
        follow_redirects=False,  # never with the key to another host
        trust_env=not endpoint.is_local,  # a proxy for the network is none for this machine
        event_hooks={"response": [_cap_body]},
    )
    return openai.AsyncOpenAI(
        api_key=str(endpoint.key or "none"),
        base_url=endpoint.base_url,
        max_retries=0,
        timeout=timeout,
        http_client=http_client,
    )


async def _cap_body(response: "httpx2.Response") -> None:
    """Stop reading a body at LARGEST_BODY, unpacked."""
    from dset.bodies import cap

    cap(response, LARGEST_BODY)
