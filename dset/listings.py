"""Which services there are to ask: endpoints.toml, which stands beside q.csv, as records.

It holds the names of keys, never keys. endpoints.example.toml shows all of it.
"""

import difflib
import json
import os
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dset import endpoints, providers, values
from dset.cleaning import clean
from dset.errors import UsageError
from dset.keys import KEY_NAME
from dset.limits import Limits
from dset.prices import Price, parse_price
from dset.providers import Provider

NAME = "endpoints.toml"
_LIMITS = ("rpm", "rpd", "tpm", "concurrency")
_OF_MODEL = (*_LIMITS, "price", "extra_body")
_OF_PROVIDER = ("name", "base_url", "keys", "models", *_OF_MODEL)
_LARGEST = 10**12  # of a limit; more is a slip of the pen
_OURS = {"model", "messages", "stream", "n"}  # of a request; a row has one answer


@dataclass(frozen=True, slots=True)
class Model:
    """One model of a listing, with what holds for each key."""

    name: str
    limits: Limits = field(default_factory=Limits)
    price: Price | None = None
    extra_body: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Listing:
    """One service to ask. `keys` are names of variables; None: those that are built in for it."""

    name: str
    base_url: str
    models: tuple[Model, ...]
    keys: tuple[str, ...] | None = None
    provider: Provider | None = None
    is_base_url: bool = False  # --base-url names it: DSET_API_KEY is for it in the first place


def read(path: Path) -> tuple[Listing, ...]:
    """The services that the file lists, in its order. Raises UsageError that names the place and says what is wrong."""
    if os.path.lexists(path) and not os.path.isfile(path):  # a pipe would be waited for without end
        raise UsageError(f"{path} is no file that can be read; endpoints.example.toml shows what it holds")
    try:
        return parse(tomllib.loads(path.read_text(encoding="utf-8-sig")))
    except OSError as error:
        raise UsageError(f"{path} cannot be read ({error.strerror})") from None
    except UnicodeDecodeError:
        raise UsageError(f"{path} is not UTF-8 text; save it as UTF-8") from None
    except RecursionError:
        raise UsageError(f"{path}: nested too deep") from None
    except ValueError as error:  # it quotes the file, and in the wrong place that may be a key
        raise UsageError(f"{path}: {clean(str(error))}") from None


def parse(document: Mapping[str, Any]) -> tuple[Listing, ...]:
    """The listings in a parsed file. Raises ValueError."""
    _only(document, ("providers",), "the file")
    listed = document.get("providers")
    if not isinstance(listed, list) or not listed:
        raise ValueError("it lists no provider; begin one with [[providers]]")
    found = tuple(_listing(entry, f"provider {number}") for number, entry in enumerate(listed, 1))
    addresses: dict[str, str] = {}
    for one in found:
        if addresses.setdefault(one.name, one.base_url) != one.base_url:
            raise ValueError(f"two services are named {one.name}: give each a name of its own")
    return found


def _listing(entry: object, place: str) -> Listing:
    if not isinstance(entry, dict):
        raise ValueError(f"{place} is no table; begin it with [[providers]]")
    name = _text(entry.get("name", ""), f"{place}: name")
    if "/" in name or not name.isprintable() or len(name) > 60:  # it stands before a / in the outputs
        raise ValueError(f"{place}: name must be a short word without a /")
    place = f"{place} ({name})" if name else place
    _only(entry, _OF_PROVIDER, place)
    provider = providers.by_name(name)
    base_url = _address(entry, provider, place)
    provider = providers.by_address(base_url) or provider
    keys = _keys(entry.get("keys"), place)
    deepseek = providers.PROVIDERS[0]
    if providers.numbered(deepseek.keys[0], keys or ()) and not providers.is_home(deepseek, base_url):
        raise ValueError(f"{place}: DEEPSEEK_API_KEY goes to DeepSeek and to this machine only")
    name = name or (provider.name if provider else providers.place_of(base_url))
    return Listing(name, base_url, _models(entry, provider, place), keys, provider)


def _address(entry: Mapping[str, Any], provider: Provider | None, place: str) -> str:
    if "base_url" not in entry:
        if provider is None:
            known = ", ".join(one.name for one in providers.PROVIDERS)
            raise ValueError(f"{place} needs a base_url, or one of the names that are known: {known}")
        return provider.base_url
    try:
        if not (url := _text(entry["base_url"], "it")).isprintable():
            raise ValueError("it holds what no address has")
        return values.base_url(url)
    except ValueError as error:
        raise ValueError(f"{place}: base_url: {error}") from None


def _keys(value: object, place: str) -> tuple[str, ...] | None:
    if value is None:
        return None
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise ValueError(f'{place}: keys must be a list of names like ["GEMINI_API_KEY_1"]')
    for number, one in enumerate(value, 1):
        if not KEY_NAME.match(one):  # not quoted: it may be the key itself
            raise ValueError(
                f"{place}: key {number} is not the name of a variable like GEMINI_API_KEY_1; keys stand in .env"
            )
    return tuple(dict.fromkeys(value))


def _models(entry: Mapping[str, Any], provider: Provider | None, place: str) -> tuple[Model, ...]:
    listed = entry.get("models", list(provider.models) if provider else [])
    if not isinstance(listed, list) or not listed:
        raise ValueError(f'{place} needs models = ["…"], best first')
    found = []
    for number, one in enumerate(listed, 1):
        table = {"name": one} if isinstance(one, str) else one
        here = f"{place}: model {number}"
        if not isinstance(table, dict):
            raise ValueError(f"{here} must be a name or a table with a name")
        _only(table, ("name", *_OF_MODEL), here)
        found.append(_model(table, entry, here))
    if len({one.name for one in found}) < len(found):
        raise ValueError(f"{place}: a model stands there twice")
    return tuple(found)


def _model(table: Mapping[str, Any], entry: Mapping[str, Any], place: str) -> Model:
    def of(name: str) -> Any:
        return table.get(name, entry.get(name))

    extra = _extra((entry.get("extra_body", {}), table.get("extra_body", {})), place)
    try:
        name = values.model_name(_text(table.get("name"), "its name"))
        price = None if of("price") is None else parse_price(of("price"))
    except ValueError as error:
        raise ValueError(f"{place}: {error}") from None
    limits = Limits(**{limit: _limit(of(limit), f"{place}: {limit}") for limit in _LIMITS})
    return Model(name, limits, price, extra)


def _extra(tables: Sequence[object], place: str) -> dict[str, Any]:
    """The fields that are sent besides; what a later table says holds."""
    extra: dict[str, Any] = {}
    for table in tables:
        if not isinstance(table, dict):
            raise ValueError(f"{place}: extra_body is a table like {{ top_k = 20 }}")
        extra |= table
    if reserved := _OURS & extra.keys():
        raise ValueError(f"{place}: extra_body must not hold {', '.join(sorted(reserved))}")
    for name in endpoints.BOUNDS:
        _limit(extra.get(name), f"{place}: {name} in extra_body")
    try:
        json.dumps(extra, allow_nan=False)
    except (TypeError, ValueError):  # TOML has dates, and numbers without end
        raise ValueError(f"{place}: extra_body holds what JSON cannot: a date, inf or nan") from None
    return extra


def _limit(value: object, place: str) -> int | None:
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= _LARGEST:
        raise ValueError(f"{place} must be a whole number from 1 on")
    return value


def _text(value: object, place: str) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{place} must be text")
    return value.strip()


def _only(table: Mapping[str, Any], known: Sequence[str], place: str) -> None:
    for name in table:
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(known)}"
            raise ValueError(f"{place}: {name} is no setting there; {hint}")
