"""One base URL × one key × one model; one request to one answer, through the openai package.

Asking touches no file and retries nothing: what goes wrong comes back as a Failure.
"""

import asyncio
import ipaddress
import json
import re
import urllib.parse
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Self

from dset import causes, failures
from dset.completions import read_completion
from dset.errors import UsageError
from dset.failures import Failure
from dset.keys import Secret, Secrets, is_placeholder
from dset.replies import Reply
from dset.settings import Settings

if TYPE_CHECKING:
    import httpx2
    import openai

Messages = list[dict[str, Any]]
LARGEST_BODY = 64 << 20  # bytes, unpacked: no answer is longer, a gzip bomb is
DEEPSEEK_MAX_TOKENS = 32_768  # without one the service stops itself near 7,400 (kolega-code#433, 2026-08)
_CONNECT = 20.0  # seconds
_SILENCE = 600.0  # seconds without a byte; DeepSeek sends blank lines while it works
# The names DeepSeek's own service has used; Ollama's `deepseek-r1:8b` and the like are other programs.
_DEEPSEEK_MODEL = re.compile(r"deepseek-(flash|pro|chat|reasoner|v\d[\w.-]*)\Z")
_HEADER = re.compile(r"(?i)accept|content-type|user-agent|x-stainless-.*")


@dataclass(frozen=True, slots=True)
class Provider:
    """A service that is known by its host."""

    name: str
    host: str
    keys: tuple[str, ...]  # variables that hold its key, the first one set is taken
    get_key: str  # where a user gets one
    max_tokens: str = "max_tokens"  # what it calls the longest answer


PROVIDERS = (
    Provider("deepseek", "deepseek.com", ("DEEPSEEK_API_KEY",), "https://platform.deepseek.com/api_keys"),
    Provider(
        "gemini",
        "generativelanguage.googleapis.com",
        ("GEMINI_API_KEY", "GOOGLE_API_KEY"),
        "https://aistudio.google.com/apikey",
    ),
    Provider(
        "openai",
        "openai.com",
        ("OPENAI_API_KEY",),
        "https://platform.openai.com/api-keys",
        max_tokens="max_completion_tokens",
    ),
    Provider("openrouter", "openrouter.ai", ("OPENROUTER_API_KEY",), "https://openrouter.ai/keys"),
)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where requests go and with which key. `key_name` is the key's variable, 'none' without one."""

    provider: str
    base_url: str
    model: str
    key_name: str
    key: Secret | None
    max_tokens_name: str
    is_deepseek: bool
    is_local: bool

    @property
    def name(self) -> str:
        """What the outputs call it: provider/name of the key's variable/model."""
        return f"{self.provider}/{self.key_name}/{self.model}"

    @property
    def warning(self) -> str:
        """One line on a key that would travel in clear, or ''."""
        if self.key and not self.is_local and self.base_url.startswith("http://"):
            return (
                f"{self.key_name} is sent unencrypted to {self.base_url}: use https:// if the service has it"
            )
        return ""


def is_loopback(host: str) -> bool:
    """`host` is this machine: 127.0.0.0/8, ::1, localhost."""
    if host.lower().rstrip(".") == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def choose(settings: Settings) -> Endpoint:
    """The endpoint that the settings name. Raises UsageError where its key is missing or cannot be one.

    DEEPSEEK_API_KEY goes to DeepSeek and to this machine only; any other service takes DSET_API_KEY or its own
    provider's variable, or no key.
    """
    host = (urllib.parse.urlsplit(settings.base_url).hostname or "").lower()
    local = is_loopback(host)
    provider = next((one for one in PROVIDERS if host == one.host or host.endswith("." + one.host)), None)
    if provider and provider.name == "deepseek":
        names: tuple[str, ...] = provider.keys
    else:
        names = (
            "DSET_API_KEY",
            *(provider.keys if provider else ()),
            *(("DEEPSEEK_API_KEY",) if local else ()),
        )
    name, key = _first_key(settings.secrets, names)
    if key is None and provider:
        raise UsageError(_no_key(provider, name, settings.secrets))
    return Endpoint(
        provider=provider.name if provider else "local" if local else host,
        base_url=settings.base_url,
        model=settings.model,
        key_name=name if key else "none",
        key=key,
        max_tokens_name=provider.max_tokens if provider else "max_tokens",
        is_deepseek=bool(
            (provider and provider.name == "deepseek") or (local and _DEEPSEEK_MODEL.match(settings.model))
        ),
        is_local=local,
    )


def _first_key(secrets: Secrets, names: tuple[str, ...]) -> tuple[str, Secret | None]:
    placeholder = ""
    for name in names:
        key = secrets.get(name)
        if key is None:
            continue
        if is_placeholder(key):
            placeholder = placeholder or name
            continue
        if not key.isascii() or not key.isprintable() or " " in key:
            raise UsageError(
                f"{name} holds blanks, line ends or letters that no key has: copy it again into .env"
            )
        return name, key
    return placeholder, None


def _no_key(provider: Provider, placeholder: str, secrets: Secrets) -> str:
    found = f"{placeholder} still holds its placeholder" if placeholder else f"no key for {provider.name}"
    others = [name for one in PROVIDERS for name in one.keys if secrets.get(name) and one is not provider]
    if others and not placeholder:
        found += f" (there is {others[0]}: for that service say --base-url and --model)"
    return (
        f"{found}: get one at {provider.get_key} and put {provider.keys[0]}=... into the file .env in this folder "
        "(to try without a key: python dset_generator.py --rehearse)"
    )


def request_body(endpoint: Endpoint, settings: Settings, messages: Messages) -> dict[str, Any]:
    """What is sent. To a service other than DeepSeek only the model, the messages and what the user set."""
    body: dict[str, Any] = {"model": endpoint.model, "messages": messages}
    longest = settings.max_tokens or (DEEPSEEK_MAX_TOKENS if endpoint.is_deepseek else None)
    if longest is not None:
        body[endpoint.max_tokens_name] = longest
    if settings.temperature is not None:
        body["temperature"] = settings.temperature
    if settings.thinking:
        body |= _thinking(endpoint, on=settings.thinking == "on")
    return body


def _thinking(endpoint: Endpoint, *, on: bool) -> dict[str, Any]:
    if endpoint.is_deepseek:
        return {"thinking": {"type": "enabled" if on else "disabled"}}
    if endpoint.provider == "openrouter":
        return {"reasoning": {"enabled": on}}
    return {"reasoning_effort": "medium" if on else "none"}


def read_messages(cell: str) -> Messages:
    """The conversation in a `messages` cell. Raises ValueError that says what is wrong with it."""
    try:
        messages = json.loads(cell)
    except (ValueError, RecursionError):
        raise ValueError("the messages cell is not JSON") from None
    if not isinstance(messages, list) or not messages:
        raise ValueError('the messages cell must be a list like [{"role": "user", "content": "..."}]')
    for number, message in enumerate(messages, 1):
        if not isinstance(message, dict) or not isinstance(message.get("role"), str):
            raise ValueError(f"message {number} of the messages cell has no role")
    return messages


class Client:
    """Asks one endpoint. Use as an async context manager."""

    def __init__(self, endpoint: Endpoint, settings: Settings) -> None:
        self.endpoint = endpoint
        self._settings = settings
        self._scrub = settings.secrets.scrub
        self._client: openai.AsyncOpenAI | None = None
        self._options: Any = {}

    async def __aenter__(self) -> Self:
        self._client = _openai_client(self.endpoint, self._settings)
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


def _openai_client(endpoint: Endpoint, settings: Settings) -> "openai.AsyncOpenAI":
    import httpx2
    import openai

    silence = min(settings.timeout, _SILENCE)
    timeout = httpx2.Timeout(silence, connect=min(_CONNECT, silence), pool=None)
    http_client = openai.DefaultAioHttpClient(
        timeout=timeout,
        limits=httpx2.Limits(
            max_connections=settings.concurrency + 1, max_keepalive_connections=settings.concurrency
        ),
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
