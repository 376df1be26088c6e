"""What a token costs: rates by the hour, the day and the size of a prompt, and where they are known from."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import genai_prices
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dset.prices import Price, Rate, Tier, find, is_peak, next_cheap, parse_price

ROOT = Path(__file__).resolve().parent.parent
FLASH = Price(Rate(0.15, 0.6, 0.003), Rate(0.3, 1.2, 0.006))
BEIJING = timezone(timedelta(hours=8))


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("rate", "tokens", "usd"),
    [
        (Rate(0.15, 0.6, 0.003), (1_000_000, 0, 0), 0.15),
        (Rate(0.15, 0.6, 0.003), (1_000_000, 1_000_000, 1_000_000), 0.603),
        (Rate(0.15, 0.6), (1000, 500, 10), 0.000156),
        (Rate(0.15, 0.6, 0.0), (1000, 5000, 0), 0.0),  # more cached than there is: never below nothing
        (Rate(0, 0, 0), (9, 9, 9), 0.0),
    ],
)
def test_a_prompt_includes_what_was_cached(rate: Rate, tokens: tuple[int, int, int], usd: float) -> None:
    assert rate.cost(*tokens) == pytest.approx(usd, abs=1e-15)


@pytest.mark.parametrize(
    ("when", "peak"),
    [
        ("2026-11-20T00:59:59", False),  # a Friday
        ("2026-11-20T01:00", True),
        ("2026-11-20T03:59:59", True),
        ("2026-11-20T04:00", False),
        ("2026-11-20T05:59", False),
        ("2026-11-20T06:00", True),
        ("2026-11-20T09:59:59", True),
        ("2026-11-20T10:00", False),
        ("2026-11-21T02:00", False),  # Saturday
        ("2026-11-22T08:00", False),  # Sunday
        ("2026-11-23T02:00", True),
    ],
)
def test_deepseek_is_dear_on_weekdays_in_its_hours_only(when: str, peak: bool) -> None:
    assert is_peak("deepseek", moment(when)) is peak
    assert FLASH.at(moment(when)) == (FLASH.peak if peak else FLASH.usual)
    assert not is_peak("gemini", moment(when))


def test_the_hours_are_the_same_whatever_the_time_zone_of_the_moment() -> None:
    assert is_peak("deepseek", datetime(2026, 11, 23, 9, 30, tzinfo=BEIJING))
    assert not is_peak("deepseek", datetime(2026, 11, 23, 8, 59, tzinfo=BEIJING))
    assert not is_peak("deepseek", datetime(2026, 11, 21, 10, 0, tzinfo=BEIJING))


@pytest.mark.parametrize(
    ("when", "cheap"),
    [
        ("2026-11-20T00:30", "2026-11-20T00:30"),
        ("2026-11-20T01:00", "2026-11-20T04:00"),
        ("2026-11-20T09:59:59", "2026-11-20T10:00"),
        ("2026-11-21T02:00", "2026-11-21T02:00"),
    ],
)
def test_the_next_cheap_moment_is_now_or_the_end_of_the_peak(when: str, cheap: str) -> None:
    assert next_cheap("deepseek", moment(when)) == moment(cheap)
    assert next_cheap("openai", moment(when)) == moment(when)


def test_the_end_of_the_peak_is_found_from_a_time_zone_with_half_hours() -> None:
    india = timezone(timedelta(hours=5, minutes=30))
    assert next_cheap("deepseek", datetime(2026, 11, 20, 8, 45, tzinfo=india)) == moment("2026-11-20T04:00")


DATED = Price(Rate(1, 2, 0.1), later=((moment("2027-01-01"), Price(Rate(2, 4, 0.2))),))
FALLING = Price(Rate(2, 2), later=((moment("2027-01-01"), Price(Rate(1, 1))),))
TIERED = Price(Rate(1, 10), tiers=(Tier(200_000, Rate(2, 15)), Tier(500_000, Rate(3, 30))))


def test_a_dated_change_holds_from_its_first_moment_on() -> None:
    assert DATED.at(moment("2026-12-31T23:59:59")).input == 1
    assert DATED.at(moment("2027-01-01T00:00")).input == 2


@pytest.mark.parametrize(("tokens", "usd"), [(0, 1), (200_000, 1), (200_001, 2), (500_000, 2), (500_001, 3)])
def test_a_long_prompt_is_billed_by_its_tier(tokens: int, usd: float) -> None:
    assert TIERED.rate(moment("2026-11-21"), tokens).input == usd


@pytest.mark.parametrize(
    ("price", "start", "end", "size", "worst"),
    [
        (FLASH, "2026-11-20T00:40", "2026-11-20T00:59", 0, Rate(0.15, 0.6, 0.003)),
        (FLASH, "2026-11-20T00:40", "2026-11-20T01:00", 0, Rate(0.3, 1.2, 0.006)),  # ends in the peak
        (FLASH, "2026-11-20T03:59", "2026-11-20T04:10", 0, Rate(0.3, 1.2, 0.006)),  # begins in it
        (FLASH, "2026-11-20T10:00", "2026-11-23T00:59", 0, Rate(0.15, 0.6, 0.003)),  # the weekend
        (FLASH, "2026-11-20T10:00", "2026-11-30T00:00", 0, Rate(0.3, 1.2, 0.006)),
        (DATED, "2026-12-31T23:40", "2027-01-01T00:10", 0, Rate(2, 4, 0.2)),
        (DATED, "2026-12-31T23:40", "2026-12-31T23:50", 0, Rate(1, 2, 0.1)),
        (DATED, "2027-02-01T00:00", "2027-02-01T00:30", 0, Rate(2, 4, 0.2)),
        (
            FALLING,
            "2026-12-31T23:40",
            "2027-01-01T00:00",
            0,
            Rate(2, 2, 2),
        ),  # billed the moment before it falls
        (FALLING, "2027-01-01T00:00", "2027-01-01T00:30", 0, Rate(1, 1, 1)),
        (TIERED, "2026-11-20T10:00", "2026-11-20T10:00", 100, Rate(1, 10, 1)),
        (TIERED, "2026-11-20T10:00", "2026-11-20T10:00", 300_000, Rate(2, 15, 2)),
        (TIERED, "2026-11-20T10:00", "2026-11-20T10:00", None, Rate(3, 30, 3)),
    ],
)
def test_the_worst_of_a_time_is_the_dearest_that_it_touches(
    price: Price, start: str, end: str, size: int | None, worst: Rate
) -> None:
    assert price.worst(moment(start), moment(end), size) == worst


def test_the_worst_takes_the_dearest_of_each_part() -> None:
    price = Price(Rate(1, 9, 0.5), later=((moment("2027-01-01"), Price(Rate(2, 3, 0.1))),))
    assert price.worst(moment("2026-12-31"), moment("2027-01-02")) == Rate(2, 9, 0.5)


CHANGING = Price(
    Rate(1, 1),
    Rate(4, 1),
    tiers=(Tier(50, Rate(2, 3)),),
    later=((moment("2026-11-24T02:30"), Price(Rate(3, 2, 1), Rate(5, 1))), (moment("2026-11-26"), DATED)),
)


@given(
    start=st.datetimes(datetime(2026, 11, 20), datetime(2026, 11, 28), timezones=st.just(UTC)),
    minutes=st.integers(0, 9000),
    part=st.floats(0, 1),
    size=st.integers(0, 100),
)
def test_no_rate_in_a_time_is_above_the_worst_of_it(
    start: datetime, minutes: int, part: float, size: int
) -> None:
    end = start + timedelta(minutes=minutes)
    rate = CHANGING.rate(start + timedelta(minutes=minutes * part), size)
    worst = CHANGING.worst(start, end, size)
    assert (rate.input <= worst.input, rate.output <= worst.output, rate.hit <= worst.hit) == (True,) * 3


# --- Where a price is known from ---------------------------------------------------------------------------

SATURDAY, FRIDAY = moment("2026-11-21T02:00"), moment("2026-11-20T02:00")


@pytest.mark.parametrize(
    ("provider", "model", "when", "rate"),
    [
        ("deepseek", "deepseek-flash", SATURDAY, Rate(0.15, 0.6, 0.003)),
        ("deepseek", "deepseek-flash", FRIDAY, Rate(0.3, 1.2, 0.006)),
        ("deepseek", "deepseek-v4-flash", SATURDAY, Rate(0.15, 0.6, 0.003)),
        ("deepseek", "deepseek-v4-flash-vision-exp", FRIDAY, Rate(0.3, 1.2, 0.006)),
        ("deepseek", "deepseek-v4-pro", SATURDAY, Rate(0.66, 1.98, 0.022)),
        ("deepseek", "deepseek-v4-pro", FRIDAY, Rate(1.32, 3.96, 0.044)),
        ("gemini", "gemini-3.8-flash", FRIDAY, Rate(0.75, 3.75, 0.075)),
        ("gemini", "models/gemini-3.8-flash", moment("2027-01-01"), Rate(1.5, 7.5, 0.15)),
        ("gemini", "gemini-3.5-flash-lite", FRIDAY, Rate(0.3, 2.5, 0.03)),
        ("openai", "gpt-5", FRIDAY, Rate(1.25, 10, 0.125)),
        ("openrouter", "deepcoder-14b-preview:free", FRIDAY, Rate(0, 0)),
    ],
)
def test_the_prices_of_our_providers_are_known(provider: str, model: str, when: datetime, rate: Rate) -> None:
    price = find(provider, model, None, False)
    assert price is not None
    assert price.at(when) == rate
    assert price.source == f"genai-prices {genai_prices.__version__}"


def test_a_prompt_above_a_tier_of_genai_prices_is_billed_by_it() -> None:
    price = find("gemini", "gemini-2.5-pro", None, False)
    assert price is not None
    assert [price.rate(FRIDAY, tokens).output for tokens in (200_000, 200_001)] == [10, 15]


def test_a_service_that_bills_what_it_writes_into_its_cache_unasked_is_taken_at_that_price() -> None:
    price = find("openai", "gpt-5.6-luna", None, False)
    known = genai_prices.calc_price(
        genai_prices.Usage(input_tokens=10_000, cache_write_tokens=10_000, output_tokens=0),
        "gpt-5.6-luna",
        provider_id="openai",
        genai_request_timestamp=FRIDAY,
    )
    assert price is not None
    assert price.at(FRIDAY).cost(10_000, 0, 0) == pytest.approx(float(known.total_price))


def test_genai_prices_agrees_on_every_part_of_a_bill_off_peak() -> None:
    price = find("deepseek", "deepseek-flash", None, False)
    usage = genai_prices.Usage(input_tokens=12_345, cache_read_tokens=10_000, output_tokens=6_789)
    known = genai_prices.calc_price(
        usage, "deepseek-flash", provider_id="deepseek", genai_request_timestamp=moment("2026-11-20T12:00")
    )
    assert price is not None
    assert price.at(moment("2026-11-20T12:00")).cost(12_345, 10_000, 6_789) == float(known.total_price)


@pytest.mark.parametrize("local", [True, False])
@pytest.mark.parametrize(
    ("model", "known"),
    [
        ("deepseek-flash", True),
        ("deepseek-v4-flash", True),
        ("deepseek-v4-pro", True),
        ("gemini-3.8-flash", True),
        ("gpt-5", True),
        ("claude-haiku-4-5", True),
        ("gpt-oss-20b", False),  # anybody may run these
        ("deepseek-r1:8b", False),
        ("deepseek-r1-0528", False),
        ("deepseek-v3.2", False),
        ("llama3.2", False),
        ("gemma-3", False),
        ("gemini-3.8-flash-of-mine", False),  # no guess by the beginning of a name
        ("deepseek-v4-pro-awq", False),
        ("gpt-5-nonsense", False),
        ("", False),
    ],
)
def test_elsewhere_only_the_exact_names_of_a_maker_have_a_price(model: str, known: bool, local: bool) -> None:
    assert (find("local" if local else "llm.example.org", model, None, local) is not None) == known


def test_a_model_on_this_machine_is_never_billed_as_a_providers_own() -> None:
    assert find("gemini", "gemini-3.8-flash-of-mine", None, False) is not None  # genai-prices guesses there
    assert find("gemini", "gemini-3.8-flash-of-mine", None, True) is None


@pytest.mark.parametrize(
    ("provider", "model"),
    [
        ("deepseek", "deepseek-chat"),  # dead, and by hours of its own
        ("deepseek", "no-such-model"),
        ("gemini", "gemini-embedding-001"),  # no price for what comes out
        ("openrouter", "nobody/nothing:free"),
        ("openrouter", "stealth/crouton-alpha"),  # listed without prices, and not as free
    ],
)
def test_a_model_without_a_price_by_tokens_is_unknown(provider: str, model: str) -> None:
    assert find(provider, model, None, False) is None


def test_what_the_user_lists_comes_first() -> None:
    mine = Price(Rate(0, 0))
    assert find("deepseek", "deepseek-flash", mine, False) is mine
    assert find("local", "llama3.2", mine, True) is mine


def test_without_the_package_every_price_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "genai_prices", None)
    assert find("deepseek", "deepseek-flash", None, False) is None


@pytest.mark.parametrize("error", [LookupError("no"), ZeroDivisionError(), AttributeError("prices")])
def test_whatever_breaks_in_the_package_only_makes_the_price_unknown(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr(genai_prices, "calc_price", broken)
    assert find("deepseek", "deepseek-flash", None, False) is None


def test_rules_that_the_package_may_learn_later_make_the_price_unknown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    usage = genai_prices.Usage(input_tokens=1, output_tokens=1)
    model: Any = genai_prices.calc_price(usage, "deepseek-flash", provider_id="deepseek").model
    monkeypatch.setattr(model.prices[1].constraint, "weekdays", {1, 2, 3, 4, 5}, raising=False)
    assert find("deepseek", "deepseek-flash", None, False) is None


def test_nothing_is_loaded_before_a_price_is_looked_for() -> None:
    code = "import sys, dset.prices, dset.costs, dset.budgets; print('genai_prices' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "False"


# --- endpoints.toml ----------------------------------------------------------------------------------------


def test_a_listed_price_is_read_with_its_peak() -> None:
    price = parse_price({"input": 1, "output": 2.5, "peak": {"input": 2, "output": 5, "cached": 0.5}})
    assert price == Price(Rate(1, 2.5), Rate(2, 5, 0.5), "endpoints.toml")
    assert parse_price({"input": 0, "output": 0, "cached": 0}).at(FRIDAY) == Rate(0, 0, 0)


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("free", "price must be a table"),
        ({"input": 1}, "price lacks 'output'"),
        ({"output": 1}, "price lacks 'input'"),
        ({"input": 1, "output": 2, "cache": 1}, "price has no 'cache', only input, output, cached, peak"),
        ({"input": -1, "output": 2}, "price.input must be a number"),
        ({"input": float("nan"), "output": 2}, "price.input must be a number"),
        ({"input": float("inf"), "output": 2}, "price.input must be a number"),
        ({"input": 10**400, "output": 2}, "price.input must be a number"),
        ({"input": True, "output": 2}, "price.input must be a number"),
        ({"input": "1", "output": 2}, "price.input must be a number"),
        ({"input": 1, "output": 2, "cached": None}, "price.cached must be a number"),
        ({"input": 1, "output": 2, "peak": 3}, "price.peak must be a table"),
        ({"input": 1, "output": 2, "peak": {"input": 1}}, "price.peak lacks 'output'"),
        ({"input": 1, "output": 2, "peak": {"input": 1, "output": -1}}, "price.peak.output must be a number"),
        (
            {"input": 1, "output": 2, "peak": {"input": 1, "output": 2, "peak": {}}},
            "price.peak has no 'peak'",
        ),
    ],
)
def test_a_wrong_price_is_told_in_words(value: object, says: str) -> None:
    with pytest.raises(ValueError, match=says.replace(".", r"\.")):
        parse_price(value)
