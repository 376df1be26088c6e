"""One base URL × one key × one model, and the body of a request to it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from dset.keys import Secret
from dset.limits import Limits, Zone
from dset.messages import Messages
from dset.prices import Price
from dset.settings import Settings

BOUNDS = ("max_tokens", "max_completion_tokens")  # what services call the longest answer
DEEPSEEK_MAX_TOKENS = 32_768  # without one the service stops itself near 7,400 (kolega-code#433, 2026-08)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where requests go and with which key. `key_name` is the key's variable, 'none' without one."""

    provider: str
    base_url: str
    model: str
    key_name: str
    key: Secret | None
    max_tokens_name: str
    is_deepseek: bool  # it speaks DeepSeek's dialect
    is_local: bool
    limits: Limits = field(default_factory=Limits)
    price: Price | None = None  # as endpoints.toml states it
    extra_body: Mapping[str, Any] = field(default_factory=dict)
    zone: Zone = "utc"  # at whose midnight its days begin
    balance: str = ""  # the page that tells what is left of the money
    label: str = ""  # what endpoints.toml calls the provider, where it has a word of its own for it

    @property
    def name(self) -> str:
        """What the outputs call it: provider/name of the key's variable/model."""
        return f"{self.label or self.provider}/{self.key_name}/{self.model}"

    @property
    def account(self) -> tuple[str, str]:
        """What its key stands for: a spent balance closes all of it."""
        return self.base_url, self.key_name

    @property
    def warning(self) -> str:
        """One line on a key that would travel in clear, or ''."""
        if self.key and not self.is_local and self.base_url.startswith("http://"):
            return (
                f"{self.key_name} is sent unencrypted to {self.base_url}: use https:// if the service has it"
            )
        return ""


def longest_answer(endpoint: Endpoint, settings: Settings) -> int | None:
    """The bound of an answer in tokens that a request states, None where it states none."""
    stated = [int(endpoint.extra_body[name]) for name in BOUNDS if name in endpoint.extra_body]
    if endpoint.max_tokens_name not in endpoint.extra_body and (usual := _usual_bound(endpoint, settings)):
        stated.append(usual)
    return max(stated, default=None)  # of two under two names a service may take either


def _usual_bound(endpoint: Endpoint, settings: Settings) -> int | None:
    return settings.max_tokens or (DEEPSEEK_MAX_TOKENS if endpoint.is_deepseek else None)


def request_body(endpoint: Endpoint, settings: Settings, messages: Messages) -> dict[str, Any]:
    """What is sent. To a service other than DeepSeek only the model, the messages and what the user set."""
    body: dict[str, Any] = {"model": endpoint.model, "messages": messages}
    longest = _usual_bound(endpoint, settings)
    if longest is not None:
        body[endpoint.max_tokens_name] = longest
    if settings.temperature is not None:
        body["temperature"] = settings.temperature
    if settings.thinking:
        body |= _thinking(endpoint, on=settings.thinking == "on")
    return {**body, **endpoint.extra_body}


def _thinking(endpoint: Endpoint, *, on: bool) -> dict[str, Any]:
    if endpoint.is_deepseek:
        return {"thinking": {"type": "enabled" if on else "disabled"}}
    if endpoint.provider == "openrouter":
        return {"reasoning": {"enabled": on}}
    if endpoint.provider == "vllm":  # the switch that the chat templates of open models know
        return {"chat_template_kwargs": {"enable_thinking": on}}
    return {"reasoning_effort": "medium" if on else "none"}
