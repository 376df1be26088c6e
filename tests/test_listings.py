"""endpoints.toml: what it says, and what is said of one that is wrong."""

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dset import listings, providers
from dset.errors import UsageError
from dset.limits import Limits
from dset.listings import Listing, parse, read
from dset.prices import Price, Rate
from tests.running import SCRIPT

EXAMPLE = (SCRIPT.parent / "endpoints.example.toml").read_text(encoding="utf-8")
HEAD = "[[providers]]\n"
GEMINI = f'{HEAD}name = "gemini"\n'
KEY = "sk-0123456789abcdefcanary"


def listed(text: str) -> tuple[Listing, ...]:
    """The services in this TOML."""
    return parse(tomllib.loads(text))


def refused(text: str) -> str:
    """The one line on what is wrong with this endpoints.toml, without its beginning."""
    path = Path("endpoints.toml")
    path.write_bytes(text.encode())
    with pytest.raises(UsageError) as caught:
        read(path)
    said = str(caught.value)
    assert caught.value.exit_status == 2
    assert said.startswith("endpoints.toml: ")
    assert said.isprintable()
    assert len(said) < 400
    return said.removeprefix("endpoints.toml: ")


# --- What it says --------------------------------------------------------------------------------------------


def test_the_example_can_be_read_and_shows_each_provider_that_is_built_in_and_one_that_is_not() -> None:
    found = listed(EXAMPLE)
    assert {one.provider.name for one in found if one.provider} == {one.name for one in providers.PROVIDERS}
    assert any(one.provider is None for one in found)
    gemini = next(one for one in found if one.name == "gemini")
    assert len(gemini.keys or ()) == 5
    assert [model.name for model in gemini.models] == list(gemini.provider.models if gemini.provider else ())
    assert [model.limits.rpd for model in gemini.models] == [20, 20, 500, 500]
    assert [one.keys for one in found if one.provider and one.provider.is_keyless] == [None, ()]


def _settings(tables: Any) -> set[str]:
    """The names of all settings in parsed tables, those of a price and of a model too, not those of extra_body."""
    found: set[str] = set()
    for table in tables if isinstance(tables, list) else [tables]:
        if isinstance(table, dict):
            found |= table.keys()
            for name in table.keys() & {"models", "price", "peak"}:
                found |= _settings(table[name])
    return found


def test_every_setting_that_is_known_stands_in_the_example_and_no_other_does() -> None:
    prices = {"input", "cached", "output", "peak"}
    assert _settings(tomllib.loads(EXAMPLE)["providers"]) == {*listings._OF_PROVIDER, *prices}
    tables = [model for one in tomllib.loads(EXAMPLE)["providers"] for model in one.get("models", ())]
    assert _settings(tables) >= {"name", "rpm", "rpd", "concurrency", "price", "extra_body"}


def test_the_example_holds_the_names_of_keys_and_no_key_and_fits_a_screen() -> None:
    assert not re.search(r"sk-|AIza", EXAMPLE)
    assert max(map(len, EXAMPLE.split("\n"))) <= 120


def test_a_known_name_brings_its_address_and_its_models() -> None:
    [one] = listed(GEMINI)
    assert one.base_url == "https://generativelanguage.googleapis.com/v1beta/openai"
    assert one.models[0].name == "gemini-3.8-flash"
    assert one.keys is None


@pytest.mark.parametrize(
    ("entry", "name", "provider"),
    [
        ('base_url = "https://api.openai.com/v1"', "openai", "openai"),
        ('name = "work"\nbase_url = "https://api.openai.com/v1"', "work", "openai"),
        ('name = " OpenAI "', "OpenAI", "openai"),
        ('base_url = "https://Other.example/v1"', "other.example", None),
        ('base_url = "http://127.0.0.1:8000/v1"', "127.0.0.1:8000", None),
        ('name = "gemini"\nbase_url = "http://127.0.0.1:8000"', "gemini", "gemini"),
    ],
)
def test_a_service_is_called_as_the_file_says_else_by_its_address(
    entry: str, name: str, provider: str | None
) -> None:
    [one] = listed(f'{HEAD}{entry}\nmodels = ["m"]')
    assert one.name == name
    assert (one.provider.name if one.provider else None) == provider


def test_what_a_model_says_holds_before_what_its_provider_says_and_extra_fields_are_joined() -> None:
    [one] = listed(
        f"{GEMINI}rpm = 5\nrpd = 20\nconcurrency = 3\nprice = {{ input = 1, output = 2 }}\n"
        "extra_body = { a = 1, b = 1 }\n"
        'models = ["x", { name = "y", rpd = 500, tpm = 9, price = { input = 3, cached = 0, output = 4 }, '
        "extra_body = { b = 2 } }]"
    )
    first, second = one.models
    assert first.limits == Limits(rpm=5, rpd=20, concurrency=3)
    assert second.limits == Limits(rpm=5, rpd=500, tpm=9, concurrency=3)
    assert (first.price, second.price) == (Price(Rate(1, 2)), Price(Rate(3, 4, 0)))
    assert dict(first.extra_body) == {"a": 1, "b": 1}
    assert dict(second.extra_body) == {"a": 1, "b": 2}


def test_a_key_that_is_listed_twice_is_one_and_no_key_is_a_list_too() -> None:
    names = '["GEMINI_API_KEY_2", "GEMINI_API_KEY", "GEMINI_API_KEY_2"]'
    assert listed(f"{GEMINI}keys = {names}")[0].keys == ("GEMINI_API_KEY_2", "GEMINI_API_KEY")
    assert listed(f"{GEMINI}keys = []")[0].keys == ()


@pytest.mark.parametrize("host", ["https://api.deepseek.com", "http://127.0.0.1:1", "http://localhost/v1"])
def test_deepseeks_key_may_be_named_for_deepseek_and_for_this_machine(host: str) -> None:
    names = '["DEEPSEEK_API_KEY", "DEEPSEEK_API_KEY_2"]'
    assert listed(f'{HEAD}base_url = "{host}"\nmodels = ["m"]\nkeys = {names}')[0].keys


def test_the_same_service_may_stand_there_twice() -> None:
    found = listed(f'{GEMINI}keys = ["A_API_KEY"]\nrpd = 20\n{GEMINI}keys = ["B_API_KEY"]')
    assert [one.name for one in found] == ["gemini", "gemini"]


@pytest.mark.parametrize("written", ["bom", "crlf", "cr"])
def test_the_file_is_read_however_an_editor_wrote_it(written: str) -> None:
    data = f'# ภาษาไทย\n{GEMINI}models = ["m"]\n'.encode()
    ends = {"bom": b"\n", "crlf": b"\r\n", "cr": b"\r"}[written]
    path = Path("endpoints.toml")
    path.write_bytes((b"\xef\xbb\xbf" if written == "bom" else b"") + data.replace(b"\n", ends))
    assert read(path)[0].models[0].name == "m"


# --- What is wrong with it ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "it lists no provider; begin one with [[providers]]"),
        ("providers = []", "it lists no provider"),
        ("providers = 1", "it lists no provider"),
        ('[providers]\nname = "gemini"', "it lists no provider; begin one with [[providers]]"),
        ("providers = [1]", "provider 1 is no table"),
        ('[[provider]]\nname = "gemini"', "the file: provider is no setting there; did you mean providers?"),
        ("[[providers]]\nname = \n", "Invalid value (at line 2, column 8)"),
        (f'{GEMINI}name = "gemini"\n', "Cannot overwrite a value (at line 3, column 16)"),
        (f"{GEMINI}key = 1", "provider 1 (gemini): key is no setting there; did you mean keys?"),
        (f"{GEMINI}zzz = 1", "provider 1 (gemini): zzz is no setting there; known are name, base_url"),
        (f'{GEMINI}models = [{{ name = "m", keys = [] }}]', "model 1: keys is no setting there; known are"),
        (f"{HEAD}name = 1", "provider 1: name must be text"),
        (f'{HEAD}name = "a/b"', "provider 1: name must be a short word"),
        (f'{HEAD}name = "a\\nb"', "provider 1: name must be a short word"),
        (f'{HEAD}name = "\\u001b[31m"', "provider 1: name must be a short word"),
        (f'{HEAD}name = "{"x" * 999}"', "provider 1: name must be a short word"),
        (f'{HEAD}name = "gemni"', "provider 1 (gemni) needs a base_url, or one of the names that are known"),
        (f'{HEAD}base_url = "https://h.example"', 'provider 1 needs models = ["…"], best first'),
        (f"{GEMINI}models = []", 'provider 1 (gemini) needs models = ["…"]'),
        (f'{GEMINI}models = "m"', 'provider 1 (gemini) needs models = ["…"]'),
        (f"{GEMINI}models = [1]", "model 1 must be a name or a table with a name"),
        (f'{GEMINI}models = ["m", ["n"]]', "model 2 must be a name or a table with a name"),
        (f"{GEMINI}models = [{{ rpd = 1 }}]", "model 1: its name must be text"),
        (f'{GEMINI}models = [" "]', "model 1: needs the name of a model"),
        (f'{GEMINI}models = ["m\\n"]\nrpm = 1\nrpx = 1', "rpx is no setting there; did you mean rpm?"),
        (f'{GEMINI}models = ["a\\nb"]', "model 1: needs the name of a model"),
        (f'{GEMINI}models = ["m", "m"]', "a model stands there twice"),
        (f'{GEMINI}models = ["m", {{ name = " m " }}]', "a model stands there twice"),
        (f"{GEMINI}rpm = true", "model 1: rpm must be a whole number from 1 on"),
        (f"{GEMINI}rpd = 0", "model 1: rpd must be a whole number from 1 on"),
        (f"{GEMINI}tpm = -1", "model 1: tpm must be a whole number from 1 on"),
        (f"{GEMINI}concurrency = 1.5", "model 1: concurrency must be a whole number from 1 on"),
        (f'{GEMINI}rpm = "5"', "model 1: rpm must be a whole number from 1 on"),
        (f"{GEMINI}rpm = {'9' * 400}", "model 1: rpm must be a whole number from 1 on"),
        (f"{GEMINI}rpm = {'9' * 5000}", "Exceeds the limit"),
        (f"{GEMINI}rpm = nan", "model 1: rpm must be a whole number from 1 on"),
        (f'{GEMINI}price = "0.1"', "price must be a table like { input = 0.15, output = 0.6 }"),
        (f"{GEMINI}price = {{ input = 1 }}", "price lacks 'output'"),
        (f"{GEMINI}price = {{ input = -1, output = 1 }}", "price.input must be a number of USD"),
        (f"{GEMINI}price = {{ input = true, output = 1 }}", "price.input must be a number of USD"),
        (f"{GEMINI}price = {{ input = 1, output = inf }}", "price.output must be a number of USD"),
        (f'{GEMINI}price = {{ input = "{"1" * 9999}", output = 1 }}', "price.input must be a number of USD"),
        (f"{GEMINI}price = {{ input = 1, output = 1, peak = 3 }}", "price.peak must be a table"),
        (f"{GEMINI}price = {{ input = 1, output = 1, inputs = 3 }}", "price has no 'inputs'"),
        (f"{GEMINI}extra_body = [1]", "extra_body is a table like"),
        (f'{GEMINI}models = [{{ name = "m", extra_body = 1 }}]', "model 1: extra_body is a table like"),
        (
            f'{GEMINI}extra_body = {{ model = "x", messages = [] }}',
            "extra_body must not hold messages, model",
        ),
        (f"{GEMINI}extra_body = {{ stream = true }}", "extra_body must not hold stream"),
        (f"{GEMINI}extra_body = {{ n = 2 }}", "extra_body must not hold n"),
        (f"{GEMINI}extra_body = {{ since = 2026-01-01 }}", "extra_body holds what JSON cannot"),
        (f"{GEMINI}extra_body = {{ deep = [{{ top_p = nan }}] }}", "extra_body holds what JSON cannot"),
        (f"{GEMINI}extra_body.{'a.' * 3000}b = 1", "nested too deep"),
        (f"{GEMINI}x = {'[' * 5000}", "nested too deep"),
        (f'{GEMINI}extra_body = {{ max_tokens = "9" }}', "max_tokens in extra_body must be a whole number"),
        (f"{GEMINI}extra_body = {{ max_completion_tokens = -1 }}", "must be a whole number from 1 on"),
        (f'{GEMINI}keys = "GEMINI_API_KEY"', "keys must be a list of names like"),
        (f"{GEMINI}keys = [1]", "keys must be a list of names like"),
        (f'{GEMINI}keys = [""]', "key 1 is not the name of a variable like GEMINI_API_KEY_1"),
        (f'{GEMINI}keys = ["gemini_api_key"]', "key 1 is not the name of a variable"),
        (f'{GEMINI}keys = ["A_API_KEY", "B_API_KEY\\n"]', "key 2 is not the name of a variable"),
        (f'{GEMINI}base_url = "gemini.example"', "base_url: 'gemini.example' must look like https://host/v1"),
        (f'{GEMINI}base_url = ""', "base_url: '' must look like https://host/v1"),
        (f"{GEMINI}base_url = 1", "base_url: it must be text"),
        (f'{GEMINI}base_url = "file:///etc/passwd"', "must look like https://host/v1"),
        (f'{GEMINI}base_url = "http://[::1"', "is no URL"),
        (f'{GEMINI}base_url = "https://h\\u0000.example"', "base_url: it holds what no address has"),
        (
            f'{HEAD}name = "vllm"\nmodels = ["m"]\n{HEAD}name = "vllm"\nbase_url = "http://b:1"\nmodels = ["m"]',
            "two services are named vllm: give each a name of its own",
        ),
    ],
    ids=lambda text: text[-40:],
)
def test_what_is_wrong_is_told_in_one_line_with_its_place(text: str, why: str) -> None:
    assert why in refused(text)


@pytest.mark.parametrize(
    "text",
    [
        f'{GEMINI}keys = ["{KEY}"]',
        f'{GEMINI}keys = "{KEY}"',
        f'{GEMINI}key = "{KEY}"',
        f'{HEAD}name = "{KEY}"',
        f"{GEMINI}{KEY} = 1",
        f"{GEMINI}models = [{{ {KEY} = 1 }}]",
        f'{GEMINI}price = "{KEY}"',
        f"{GEMINI}price = {{ {KEY} = 1 }}",
        f'{GEMINI}base_url = "{KEY}"',
        f'{GEMINI}base_url = "https://user:{KEY}@h.example"',
        f'{GEMINI}base_url = "https://h.example/?key={KEY}"',
        f'{GEMINI}rpm = "{KEY}"',
        f"{GEMINI}[{KEY}]\n[{KEY}]",
        KEY,
    ],
    ids=lambda text: text[:50],
)
def test_a_key_that_stands_in_the_file_is_not_echoed_wherever_it_stands(text: str) -> None:
    assert KEY not in refused(text)


@pytest.mark.parametrize(
    "host", ["https://evil.example", "http://api.deepseek.com.example", "https://evil\\\\.deepseek.com"]
)
@pytest.mark.parametrize("key", ["DEEPSEEK_API_KEY", "DEEPSEEK_API_KEY_12"])
def test_deepseeks_key_cannot_be_named_for_another_host(host: str, key: str) -> None:
    text = f'{HEAD}name = "deepseek"\nbase_url = "{host}"\nkeys = ["A_API_KEY", "{key}"]\nmodels = ["m"]'
    assert "DEEPSEEK_API_KEY goes to DeepSeek and to this machine only" in refused(text)


@pytest.mark.parametrize(
    "data", ["x".encode("utf-16"), b"\xff", "# caf\xe9\n[[providers]]".encode("latin-1")]
)
def test_a_file_that_is_not_utf8_is_refused_as_that(data: bytes) -> None:
    path = Path("endpoints.toml")
    path.write_bytes(data)
    with pytest.raises(UsageError, match=r"\Aendpoints\.toml is not UTF-8 text; save it as UTF-8\Z"):
        read(path)


def test_a_folder_and_a_link_to_nothing_are_no_file() -> None:
    folder, link = Path("endpoints.toml"), Path("link.toml")
    folder.mkdir()
    with pytest.raises(UsageError, match=r"endpoints\.toml is no file"):
        read(folder)
    try:
        link.symlink_to("nowhere")
    except OSError:
        pytest.skip("no links here")
    with pytest.raises(UsageError, match=r"link\.toml is no file"):
        read(link)


# --- Whatever stands in it ------------------------------------------------------------------------------------

_plain = st.one_of(st.text(max_size=8), st.integers(), st.floats(), st.booleans(), st.dates())
_words = st.sampled_from(
    ["gemini", "deepseek", "m", "A_API_KEY", "https://h.example/v1", "http://127.0.0.1:9"]
)
_any = st.recursive(
    _plain | _words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
_model = st.fixed_dictionaries({}, optional=dict.fromkeys(("name", *listings._OF_MODEL), _any))
_entry = st.fixed_dictionaries(
    {"name": st.sampled_from(["gemini", "ollama", "x"]) | _any},
    optional={
        "base_url": _words | _any,
        "keys": st.lists(_words) | _any,
        "models": st.lists(_words | _model, max_size=3) | _any,
        **{name: st.integers(1, 99) | _any for name in listings._LIMITS},
        "price": _any,
        "extra_body": st.dictionaries(st.text(max_size=3), _any, max_size=2) | _any,
    },
)


@given(st.lists(_entry, max_size=3))
def test_any_tables_are_services_or_a_valueerror(entries: list[dict[str, Any]]) -> None:
    try:
        found = parse({"providers": entries})
    except ValueError:
        return
    for one in found:
        assert one.name.isprintable()
        assert "/" not in one.name
        assert one.models
        json.dumps([dict(model.extra_body) for model in one.models], allow_nan=False)
        for model in one.models:
            limits = [getattr(model.limits, name) for name in listings._LIMITS]
            assert all(limit is None or 1 <= limit <= 10**12 for limit in limits)
