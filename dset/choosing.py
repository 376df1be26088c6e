"""Which endpoints a run asks, in which order: key by key, each with its models, best first."""

import json
import os
from collections.abc import Callable, Iterable
from dataclasses import replace

from dset import listings, providers
from dset.cleaning import clean
from dset.endpoints import Endpoint
from dset.errors import UsageError
from dset.keys import Secret, Secrets, is_placeholder
from dset.listings import Listing, Model
from dset.providers import PROVIDERS, Provider
from dset.settings import Settings

Tell = Callable[[str], None]


def services(settings: Settings) -> tuple[Listing, ...]:
    """The services to ask, in order: --base-url, else endpoints.toml beside q.csv, else each whose key is set.

    Raises UsageError for a file that cannot be understood, and for a --model that no service in it has.
    """
    if "base_url" in settings.given:
        told_one = "model" in settings.given or providers.by_address(settings.base_url) is None
        return (_at(settings.base_url, settings.model if told_one else ""),)
    path = settings.questions.parent / listings.NAME
    if os.path.lexists(path):
        return _only_model(listings.read(path), settings)
    ready = [one for one in PROVIDERS if one.get_key and _real_names(settings.secrets, one.keys)]
    if "model" in settings.given:
        meant = providers.by_model(settings.model)
        return (_named(meant or next(iter(ready), PROVIDERS[0]), settings.model),)
    return tuple(_named(one, *one.models) for one in ready) or (_named(PROVIDERS[0], settings.model),)


def _at(base_url: str, model: str) -> Listing:
    provider = providers.by_address(base_url)
    host = providers.host_of(base_url)
    name = provider.name if provider else "local" if providers.is_loopback(host) else host
    models = (model,) if model or provider is None else provider.models
    return Listing(name, base_url, tuple(map(Model, models)), provider=provider, is_base_url=True)


def _named(provider: Provider, *models: str) -> Listing:
    return Listing(provider.name, provider.base_url, tuple(map(Model, models)), provider=provider)


def _only_model(listed: tuple[Listing, ...], settings: Settings) -> tuple[Listing, ...]:
    """Where --model names one, the services that have it."""
    if "model" not in settings.given:
        return listed
    kept = [
        replace(one, models=(model,))
        for one in listed
        for model in one.models
        if model.name == settings.model
    ]
    if not kept:
        names = ", ".join(dict.fromkeys(model.name for one in listed for model in one.models))
        raise UsageError(clean(f"--model: {listings.NAME} has no model {settings.model}; it has {names}"))
    return tuple(kept)


def with_services(settings: Settings, listed: tuple[Listing, ...]) -> Settings:
    """The settings as they hold for these services: what tells one dataset's requests from another's."""
    first = listed[0]
    scrub = settings.secrets.scrub  # these words stand in runs.json
    names = [f"{one.name}/{model.name}{scrub(_as_text(model))}" for one in listed for model in one.models]
    is_plain = len(names) == 1 and not first.models[0].extra_body
    return replace(
        settings,
        base_url=first.base_url,
        model=first.models[0].name,
        services=() if is_plain else tuple(dict.fromkeys(names)),
    )


def _as_text(model: Model) -> str:
    return json.dumps(dict(model.extra_body), sort_keys=True) if model.extra_body else ""


def choose(
    settings: Settings, listed: tuple[Listing, ...], tell: Tell = lambda _: None
) -> tuple[Endpoint, ...]:
    """The endpoints in the order of their use. Raises UsageError where no key is there, or one cannot be a key.

    `tell` takes lines on keys that are not set, and on those that would travel in clear.
    """
    found: dict[tuple[str, str | None, str], Endpoint] = {}  # one key under two names is one
    lines: list[str] = []
    for one in listed:
        keys = _keys_of(one, settings.secrets, lines.append)
        for name, key in keys:
            for model in one.models:
                found.setdefault((one.base_url, key, model.name), _endpoint(one, model, name, key))
    if not found:
        raise UsageError(_no_key(listed[0], settings))
    for line in dict.fromkeys(lines + [one.warning for one in found.values() if one.warning]):
        tell(line)
    return tuple(found.values())


def _keys_of(listing: Listing, secrets: Secrets, tell: Tell) -> list[tuple[str, Secret | None]]:
    """(variable, key) of each key, without doubles; ('none', None) for a service that answers without one."""
    if listing.keys is not None:
        names = list(listing.keys)
        for name in names:
            if not _real(secrets, name):
                tell(f"{name} is not set in .env: left out")
    else:
        names = _built_in(listing, secrets)
    keys: dict[Secret, str] = {}
    for name in names:
        if key := _real(secrets, name):
            keys.setdefault(key, name)
    if keys or not _needs_key(listing):
        return [(name, key) for key, name in keys.items()] or [("none", None)]
    if listing.keys is None:
        tell(f"{listing.name}: no key for it is set in .env: left out")
    return []


def _needs_key(listing: Listing) -> bool:
    if listing.keys is not None:
        return bool(listing.keys)
    provider = listing.provider
    return bool(provider and not provider.is_keyless and providers.by_address(listing.base_url) is provider)


def _built_in(listing: Listing, secrets: Secrets) -> list[str]:
    """The variables that may hold its key. A provider's own are for its own address and for this machine only."""
    provider = listing.provider
    own = provider.keys if provider and providers.is_home(provider, listing.base_url) else ()
    if provider and (provider.name == "deepseek" or not listing.is_base_url) and own:
        return _real_names(secrets, own)
    families: list[tuple[str, ...]] = [("DSET_API_KEY",), own]
    families += [PROVIDERS[0].keys] if providers.is_loopback(providers.host_of(listing.base_url)) else []
    return next((names for family in families if (names := _real_names(secrets, family))), [])


def _real_names(secrets: Secrets, family: Iterable[str]) -> list[str]:
    """Of these variables and their numbered ones, those that hold a key."""
    names = [one for name in family for one in providers.numbered(name, secrets.names)]
    return [name for name in names if _real(secrets, name)]


def _real(secrets: Secrets, name: str) -> Secret | None:
    """The key in the variable, None where it is missing or a placeholder. Raises UsageError for what cannot be one."""
    key = secrets.get(name)
    if key is None or is_placeholder(key):
        return None
    if not key.isascii() or not key.isprintable() or " " in key:
        raise UsageError(
            f"{name} holds blanks, line ends or letters that no key has: copy it again into .env"
        )
    return key


def _endpoint(listing: Listing, model: Model, key_name: str, key: Secret | None) -> Endpoint:
    provider = listing.provider
    local = providers.is_loopback(providers.host_of(listing.base_url))
    deepseek = providers.speaks_deepseek(provider, model.name, local=local)
    balance = provider.balance if provider else PROVIDERS[0].balance if deepseek else ""
    service = provider.name if provider else listing.name
    return Endpoint(
        provider=service,
        base_url=listing.base_url,
        model=model.name,
        key_name=key_name,
        key=key,
        max_tokens_name=provider.max_tokens if provider else "max_tokens",
        is_deepseek=deepseek,
        is_local=local,
        limits=model.limits,
        price=model.price,
        extra_body=model.extra_body,
        zone=provider.zone if provider else "utc",
        balance=balance,
        label="" if listing.name == service else listing.name,
    )


def _no_key(listing: Listing, settings: Settings) -> str:
    provider, secrets = listing.provider, settings.secrets
    if listing.keys or provider is None:
        return f"none of the keys that {listings.NAME} names is set: put {', '.join(listing.keys or ())} into .env"
    names = [one for name in provider.keys for one in providers.numbered(name, secrets.names)]
    placeholder = next((name for name in names if secrets.get(name)), "")
    found = f"{placeholder} still holds its placeholder" if placeholder else f"no key for {provider.name}"
    others = [name for one in PROVIDERS for name in one.keys if secrets.get(name) and one is not provider]
    flag = next((name for name in ("base_url", "model") if name in settings.given), "")
    if others and flag and not placeholder:
        found += f" (there is {others[0]}: for that service leave --{flag.replace('_', '-')} away)"
    elsewhere = ""
    if provider is PROVIDERS[0] and not flag:
        elsewhere = f", or that of another service ({', '.join(one.keys[0] for one in PROVIDERS[1:] if one.get_key)}) "
    return (
        f"{found}: get one at {provider.get_key} and put {provider.keys[0]}=... into the file .env in this folder"
        f"{elsewhere or ' '}(to try without a key: the same command with --rehearse)"
    )
