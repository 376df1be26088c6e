"""What is built in about the services: address, variables of the keys, models, quirks. Pure.

Sources: https://api-docs.deepseek.com, https://ai.google.dev/gemini-api/docs/openai, https://platform.openai.com/docs,
https://openrouter.ai/docs, https://docs.ollama.com/api/openai-compatibility, https://docs.vllm.ai
"""

import ipaddress
import re
import urllib.parse
from collections.abc import Iterable
from dataclasses import dataclass

from dset.limits import Zone

# The names DeepSeek's own service has used; Ollama's `deepseek-r1:8b` and the like are other programs.
_DEEPSEEK_MODEL = re.compile(r"deepseek-(flash|pro|chat|reasoner|v\d[\w.-]*)\Z")


@dataclass(frozen=True, slots=True)
class Provider:
    """A service that is known by its name or its host."""

    name: str
    base_url: str
    keys: tuple[str, ...] = ()  # variables that hold its key; `_1`, `_2` … may follow the name
    get_key: str = ""  # where a user gets one; '' where none is needed
    host: str = ""  # by which its address is known, '' for programs on anybody's machine
    models: tuple[str, ...] = ()  # asked where nobody names one, best first
    named: str = r"(?!)"  # pattern of the names that its models have
    max_tokens: str = "max_tokens"  # what it calls the longest answer
    zone: Zone = "utc"  # at whose midnight its days begin
    balance: str = ""  # the page that tells what is left of the money

    @property
    def is_keyless(self) -> bool:
        """It answers without a key."""
        return not self.get_key


PROVIDERS = (
    Provider(
        "deepseek",
        "https://api.deepseek.com",
        ("DEEPSEEK_API_KEY",),
        "https://platform.deepseek.com/api_keys",
        "deepseek.com",
        models=("deepseek-flash",),
        named=r"deepseek-[^/:]*",
        balance="/user/balance",
    ),
    Provider(
        "gemini",
        "https://generativelanguage.googleapis.com/v1beta/openai",
        ("GEMINI_API_KEY", "GOOGLE_API_KEY"),
        "https://aistudio.google.com/apikey",
        "generativelanguage.googleapis.com",
        models=("gemini-3.8-flash", "gemini-3.6-flash", "gemini-3.5-flash-lite", "gemini-3.1-flash-lite"),
        named=r"(?:gemini|gemma)-[^/:]*",
        zone="pacific",  # https://ai.google.dev/gemini-api/docs/rate-limits
    ),
    Provider(
        "openai",
        "https://api.openai.com/v1",
        ("OPENAI_API_KEY",),
        "https://platform.openai.com/api-keys",
        "openai.com",
        models=("gpt-5.4-mini",),
        named=r"(?:gpt-(?!oss)|chatgpt-|o\d)[^/:]*",
        max_tokens="max_completion_tokens",
    ),
    Provider(
        "openrouter",
        "https://openrouter.ai/api/v1",
        ("OPENROUTER_API_KEY",),
        "https://openrouter.ai/keys",
        "openrouter.ai",
        models=("deepseek/deepseek-v4.1-flash",),
        named=r"~?[\w.-]+/[\w.:-]+",
        balance="/key",
    ),
    Provider("ollama", "http://localhost:11434/v1", ("OLLAMA_API_KEY",)),
    Provider("vllm", "http://localhost:8000/v1", ("VLLM_API_KEY",)),
)


def by_name(name: str) -> Provider | None:
    """The provider of that name."""
    return next((one for one in PROVIDERS if one.name == name.lower()), None)


def by_address(base_url: str) -> Provider | None:
    """The provider that lives at that host, or at a name below it."""
    host = host_of(base_url)
    if not re.fullmatch(r"[a-z0-9.-]+", host):  # what others may read as the end of a host
        return None
    return next((one for one in PROVIDERS if one.host and f".{host}".endswith("." + one.host)), None)


def by_model(model: str) -> Provider | None:
    """The provider whose own model names look so."""
    return next((one for one in PROVIDERS if re.fullmatch(one.named, model)), None)


def host_of(base_url: str) -> str:
    """The host in a URL, in lower case, '' where there is none."""
    return (urllib.parse.urlsplit(base_url).hostname or "").lower()


def place_of(base_url: str) -> str:
    """The host, and its port where the URL names one: what a service is called that nobody named."""
    port = urllib.parse.urlsplit(base_url).port
    return host_of(base_url) + (f":{port}" if port else "")


def is_home(provider: Provider, base_url: str) -> bool:
    """The provider's own keys may be sent there unasked: it is its address or this machine, or it has no address."""
    return not provider.host or by_address(base_url) is provider or is_loopback(host_of(base_url))


def is_loopback(host: str) -> bool:
    """`host` is this machine: 127.0.0.0/8, ::1, localhost."""
    if host.lower().rstrip(".") == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def speaks_deepseek(provider: Provider | None, model: str, *, local: bool) -> bool:
    """DeepSeek's own dialect is spoken there: by DeepSeek, and by what stands in for it on this machine."""
    return bool(
        (provider and provider.name == "deepseek")
        or (local and provider is None and _DEEPSEEK_MODEL.match(model))
    )


def numbered(name: str, known: Iterable[str]) -> list[str]:
    """`name`, then `name_1`, `name_2` …: those that are among `known`, in the order of their numbers."""
    pattern = re.compile(rf"{re.escape(name)}(?:_0*([0-9]*))?")
    found = [(match[1] or "", one) for one in known if (match := pattern.fullmatch(one))]
    # The longer number is the larger one: Python turns no endless row of digits into a number.
    return [one for digits, one in sorted(found, key=lambda each: (len(each[0]), each[0], len(each[1])))]
