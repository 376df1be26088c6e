"""What is built in about the services."""

import re

import pytest

from dset import providers
from dset.keys import KEY_NAME
from dset.providers import PROVIDERS, by_address, by_model, by_name, is_home, numbered, place_of

GEMINI = "https://generativelanguage.googleapis.com/v1beta/openai"


def test_six_services_are_built_in_deepseek_first_and_two_of_them_need_no_key() -> None:
    names = [one.name for one in PROVIDERS]
    assert names == ["deepseek", "gemini", "openai", "openrouter", "ollama", "vllm"]
    assert [one.name for one in PROVIDERS if one.is_keyless] == ["ollama", "vllm"]


@pytest.mark.parametrize("one", PROVIDERS, ids=lambda one: one.name)
def test_each_is_found_by_its_name_its_address_and_its_models(one: providers.Provider) -> None:
    assert by_name(one.name) is by_name(one.name.upper()) is one
    assert all(KEY_NAME.match(name) for name in one.keys)
    if not one.is_keyless:
        assert by_address(one.base_url) is one
        assert one.base_url.startswith("https://")
        assert one.models
        assert {by_model(model) for model in one.models} == {one}


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("deepseek-flash", "deepseek"),
        ("deepseek-r1:8b", None),  # Ollama's
        ("deepseek/deepseek-v4.1-flash", "openrouter"),
        ("gemma-3-27b", "gemini"),
        ("gpt-oss-120b", None),
        ("o3", "openai"),
        ("chatgpt-4o-latest", "openai"),
        ("qwen/qwen3-8b:free", "openrouter"),
        ("~moonshotai/kimi", "openrouter"),
        ("kimi-k2", None),
        ("", None),
    ],
)
def test_whose_a_model_is_is_told_by_its_name(model: str, name: str | None) -> None:
    found = by_model(model)
    assert (found.name if found else None) == name


@pytest.mark.parametrize(
    "url",
    [
        "https://deepseek.com.example",
        "https://notdeepseek.com",
        "https://example/api.deepseek.com",
        "https://evil.example\\.deepseek.com",
        "https://evil.example%2f.deepseek.com",
        "https://evil.example;.deepseek.com",
        "https://evil.example,.deepseek.com",
        "https://ⓔvil.deepseek.com",
        "https://api.deepseek.com.",
        "https://",
    ],
)
def test_a_host_that_only_looks_like_a_services_is_not_that_service(url: str) -> None:
    assert by_address(url) is None


@pytest.mark.parametrize(
    ("name", "url", "expected"),
    [
        ("gemini", GEMINI, True),
        ("gemini", "http://127.0.0.1:9/v1", True),
        ("gemini", "https://proxy.example/v1", False),
        ("gemini", "https://api.openai.com/v1", False),
        ("deepseek", "http://192.168.0.1:8000", False),
        ("ollama", "http://192.168.0.1:11434/v1", True),  # on anybody's machine
    ],
)
def test_a_services_keys_are_at_home_at_its_address_and_on_this_machine(
    name: str, url: str, expected: bool
) -> None:
    one = by_name(name)
    assert one is not None
    assert is_home(one, url) is expected


def test_numbered_variables_come_in_the_order_of_their_numbers() -> None:
    known = [f"A_API_KEY_{number}" for number in ("10", "2", "01", "1", "009", "0")] + ["A_API_KEY"]
    assert numbered("A_API_KEY", known) == [
        "A_API_KEY",
        "A_API_KEY_0",
        "A_API_KEY_1",
        "A_API_KEY_01",
        "A_API_KEY_2",
        "A_API_KEY_009",
        "A_API_KEY_10",
    ]


def test_what_only_begins_alike_is_not_a_numbered_variable() -> None:
    known = [
        "A_API_KEYS",
        "A_API_KEY_X",
        "A_API_KEY_1_2",
        "MY_A_API_KEY",
        "A_API_KEY_-1",
        "a_api_key",
        "A_API_KEY_٣",
    ]
    assert numbered("A_API_KEY", known) == []


def test_a_number_of_any_length_is_one() -> None:
    huge = "A_API_KEY_" + "9" * 5000
    assert numbered("A_API_KEY", [huge, "A_API_KEY_7"]) == ["A_API_KEY_7", huge]


def test_a_service_that_nobody_named_is_called_by_its_host_and_port() -> None:
    assert place_of("https://Llm.Example/v1") == "llm.example"
    assert place_of("http://127.0.0.1:8001") == "127.0.0.1:8001"
    assert place_of("http://[::1]:8001/v1") == "::1:8001"


def test_the_pages_for_keys_are_on_the_web_and_a_balance_is_a_path() -> None:
    for one in PROVIDERS:
        assert one.is_keyless or one.get_key.startswith("https://")
        assert re.fullmatch(r"(/[a-z]+)*", one.balance)
