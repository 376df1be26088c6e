"""Prices that the package genai-prices knows, as Price. The only user of that package; no network.

It is taken as it was installed and never brings its list up to date by itself.
"""

import math
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from dset.prices import Price, Rate, Tier

if TYPE_CHECKING:
    from genai_prices.types import ModelInfo, ModelPrice

_PROVIDERS = {"deepseek": "deepseek", "gemini": "google", "openai": "openai", "openrouter": "openrouter"}
_ALIASES = {"deepseek-v4-flash": "deepseek-flash", "deepseek-v4-flash-vision-exp": "deepseek-flash"}
# Names that only their maker's service has. Weights that anybody may run (gpt-oss, gemma, deepseek-r1) are not here:
# on another host they cost what that host asks.
_MAKERS = (
    (re.compile(r"deepseek-(flash|v\d+-pro)"), "deepseek"),
    (re.compile(r"gemini-.+"), "google"),
    (re.compile(r"gpt-(?!oss).+|o\d.*"), "openai"),
    (re.compile(r"claude-.+"), "anthropic"),
)
_PEAKS = {(time(1, tzinfo=UTC), time(4, tzinfo=UTC)), (time(6, tzinfo=UTC), time(10, tzinfo=UTC))}
_CONDITIONS = ({"start_date"}, {"start_time", "end_time"})
_ANY_DAY = date(2026, 1, 1)
# The dearest of these is what a token may cost: a request does not tell all of them apart.
_INPUT = ("input_mtok", "input_image_mtok")
_OUTPUT = ("output_mtok", "output_reasoning_mtok")


def look_up(provider: str, model: str, *, is_local: bool) -> Price | None:
    """The price of `model` at one of our providers, or at another host or on this machine (`is_local`): there only
    where the name is one maker's own. None for other names.

    Raises LookupError where it is not known, ValueError where its price has parts that a Price has not, and whatever
    else the package may raise.
    """
    name = _ALIASES.get(model, model)
    if provider in _PROVIDERS and not is_local:
        return _at_maker(name.removeprefix("models/"), _PROVIDERS[provider], exact=False)
    maker = next((maker for pattern, maker in _MAKERS if pattern.fullmatch(name)), None)
    return _at_maker(name, maker, exact=True) if maker else None


def _at_maker(model: str, maker: str, *, exact: bool) -> Price:
    import genai_prices

    usage = genai_prices.Usage(input_tokens=1, output_tokens=1)
    found = genai_prices.calc_price(usage, model, provider_id=maker).model
    if exact and model not in {found.id, *_equals(found.match)}:
        raise LookupError(f"{model} is not the name of a model of {maker}")
    # OpenAI writes its cache unasked and bills that; others do so only where a request says so, and ours do not.
    inputs = (*_INPUT, "cache_write_mtok") if model.startswith("openai/") or maker == "openai" else _INPUT
    return _convert(found, f"genai-prices {genai_prices.__version__}", inputs)


def _equals(match: Any) -> list[str]:
    """The names that a rule of genai-prices takes letter by letter."""
    return [one.equals for one in getattr(match, "or_", [match]) if hasattr(one, "equals")]


def _convert(model: "ModelInfo", source: str, inputs: tuple[str, ...]) -> Price:
    days, has_peaks = _conditions(model)

    def since(day: date) -> Price:
        def tiers(hour: int) -> list[Tier]:
            price = model.get_prices(datetime(day.year, day.month, day.day, hour, tzinfo=UTC))
            return _tiers(price, inputs, is_free=model.id.endswith(":free"))

        usual = tiers(0)
        return Price(usual[0].rate, tiers(2)[0].rate if has_peaks else None, source, tuple(usual[1:]))

    first = since((days[0] if days else _ANY_DAY) - timedelta(days=1))
    later = tuple((datetime(day.year, day.month, day.day, tzinfo=UTC), since(day)) for day in days)
    return Price(first.usual, first.peak, source, first.tiers, later)


def _conditions(model: "ModelInfo") -> tuple[list[date], bool]:
    """The days on which its price changes, and whether it has DeepSeek's hours. Raises ValueError for any other rule.

    genai-prices knows no weekdays: of the hours only that they are the usual ones is taken, `Price` knows the rest.
    """
    from genai_prices.types import StartDateConstraint, TimeOfDateConstraint

    prices = model.prices if isinstance(model.prices, list) else []
    rules = [one.constraint for one in prices if one.constraint]
    if any(set(vars(rule)) not in _CONDITIONS for rule in rules):
        raise ValueError("a price under conditions that are not known here")
    hours = {(rule.start_time, rule.end_time) for rule in rules if isinstance(rule, TimeOfDateConstraint)}
    if hours and hours != _PEAKS:
        raise ValueError("a price by hours that are not DeepSeek's of today")
    return sorted({rule.start_date for rule in rules if isinstance(rule, StartDateConstraint)}), bool(hours)


def _tiers(price: "ModelPrice", inputs: tuple[str, ...], *, is_free: bool) -> list[Tier]:
    """The rates by size of the prompt, rising from 0 tokens."""
    told = {name: value for name, value in vars(price).items() if value is not None}
    if not told and is_free:
        return [Tier(0, Rate(0.0, 0.0))]
    if not {"input_mtok", "output_mtok"} <= set(told) or "requests_kcount" in told:
        raise ValueError("not a price by tokens in and out alone")
    starts = {tier.start for value in told.values() for tier in getattr(value, "tiers", ())}
    return [
        Tier(
            start,
            Rate(
                max(_above(start, told, inputs)),
                max(_above(start, told, _OUTPUT)),
                max(_above(start, told, ("cache_read_mtok",)), default=None),
            ),
        )
        for start in sorted({0} | starts)
    ]


def _above(start: int, told: Mapping[str, Any], names: Iterable[str]) -> list[float]:
    """What these cost in a request whose prompt is longer than `start` tokens."""
    found = []
    for value in (told[name] for name in names if name in told):
        fitting = [tier.price for tier in getattr(value, "tiers", ()) if tier.start <= start]
        found.append(float(fitting[-1] if fitting else getattr(value, "base", value)))
    if not all(math.isfinite(usd) and usd >= 0 for usd in found):
        raise ValueError("a price that is no price")
    return found
