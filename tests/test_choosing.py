"""Which endpoints a run asks, in which order, and with which key."""

from pathlib import Path
from typing import Any

import pytest

from dset import choosing, endpoints
from dset.endpoints import Endpoint
from dset.errors import UsageError
from dset.listings import NAME
from dset.settings import Settings, load
from tests.running import SCRIPT

LOCAL = "http://127.0.0.1:9/v1"
EVIL = "https://evil.example/v1"


def key(name: str) -> str:
    """What stands in the variable of that name."""
    return f"key-of-{name.lower()}"


def settings(*names: str, env: dict[str, str] | None = None, **given: object) -> Settings:
    """The settings where these variables hold a key of their own each."""
    flags = {name: str(value) for name, value in given.items()}
    return load(flags, {name: key(name) for name in names} | (env or {}))


def chosen(told: Settings) -> tuple[Endpoint, ...]:
    found = choosing.choose(told, choosing.services(told))
    for one in found:
        assert one.key is None or one.key == key(one.key_name)
    return found


def names(told: Settings) -> list[str]:
    return [one.name for one in chosen(told)]


def listing(text: str) -> None:
    Path(NAME).write_text(text, encoding="utf-8")


def told_while(told: Settings) -> list[str]:
    """The lines that are told while the endpoints are chosen."""
    lines: list[str] = []
    choosing.choose(told, choosing.services(told), lines.append)
    return lines


def refusal(told: Settings) -> str:
    with pytest.raises(UsageError) as caught:
        chosen(told)
    assert str(caught.value).isprintable()
    return str(caught.value)


# --- Without endpoints.toml ---------------------------------------------------------------------------------


def test_each_provider_whose_variable_is_set_is_used_deepseek_first() -> None:
    told = settings("OPENROUTER_API_KEY", "GOOGLE_API_KEY", "DEEPSEEK_API_KEY", "OPENAI_API_KEY")
    found = names(told)
    assert [name.split("/")[0] for name in found] == [
        "deepseek", "gemini", "gemini", "gemini", "gemini", "openai", "openrouter",
    ]  # fmt: skip
    assert found[0] == "deepseek/DEEPSEEK_API_KEY/deepseek-flash"


def test_several_keys_of_one_provider_are_used_key_by_key_each_with_its_models() -> None:
    told = settings(
        "GEMINI_API_KEY_10", "GEMINI_API_KEY_2", "GEMINI_API_KEY_01", "GOOGLE_API_KEY", "GEMINI_API_KEY"
    )
    found = [name.split("/") for name in names(told)]
    order = ["GEMINI_API_KEY", "GEMINI_API_KEY_01", "GEMINI_API_KEY_2", "GEMINI_API_KEY_10", "GOOGLE_API_KEY"]
    assert [name[1] for name in found[::4]] == order
    assert [name[2] for name in found[:4]] == [name[2] for name in found[4:8]]


def test_one_key_in_two_variables_is_one_key() -> None:
    told = settings(
        env={name: key("GEMINI_API_KEY") for name in ("GEMINI_API_KEY", "GEMINI_API_KEY_3", "GOOGLE_API_KEY")}
    )
    assert {one.key_name for one in chosen(told)} == {"GEMINI_API_KEY"}


def test_two_keys_of_one_number_are_two_keys() -> None:
    told = settings("GEMINI_API_KEY_1", "GEMINI_API_KEY_01", model="gemini-3.8-flash")
    assert len(chosen(told)) == 2


def test_a_placeholder_is_no_key_of_a_provider() -> None:
    told = settings("GEMINI_API_KEY", env={"DEEPSEEK_API_KEY": "your-key-here"})
    assert {one.provider for one in chosen(told)} == {"gemini"}


def test_a_key_for_another_service_does_not_go_to_the_built_in_ones() -> None:
    told = settings("DSET_API_KEY", "GEMINI_API_KEY", "OPENAI_API_KEY", "DEEPSEEK_API_KEY")
    assert "DSET_API_KEY" not in {one.key_name for one in chosen(told)}


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("gemini-3.1-flash-lite", "gemini/GEMINI_API_KEY/gemini-3.1-flash-lite"),
        ("deepseek-v4-pro", "deepseek/DEEPSEEK_API_KEY/deepseek-v4-pro"),
        ("whatever", "deepseek/DEEPSEEK_API_KEY/whatever"),
    ],
)
def test_a_model_goes_to_the_provider_that_has_it(model: str, expected: str) -> None:
    assert names(settings("GEMINI_API_KEY", "DEEPSEEK_API_KEY", model=model)) == [expected]


def test_a_model_of_a_provider_without_a_key_is_not_asked_for_elsewhere() -> None:
    said = refusal(settings("DEEPSEEK_API_KEY", model="gemini-3.8-flash"))
    assert said.startswith(
        "no key for gemini (there is DEEPSEEK_API_KEY: for that service leave --model away)"
    )
    assert "put GEMINI_API_KEY=... into the file .env" in said


# --- With endpoints.toml ------------------------------------------------------------------------------------

TWO = """
[[providers]]
name = "gemini"
keys = ["GEMINI_API_KEY_2", "GEMINI_API_KEY_1"]
models = ["gemini-a", "gemini-b"]
[[providers]]
base_url = "http://localhost:1/v1"
models = ["b", "gemini-b"]
"""


def test_the_file_is_taken_key_by_key_each_with_its_models_in_its_order() -> None:
    listing(TWO)
    assert names(settings("GEMINI_API_KEY_1", "GEMINI_API_KEY_2", "OPENAI_API_KEY")) == [
        "gemini/GEMINI_API_KEY_2/gemini-a",
        "gemini/GEMINI_API_KEY_2/gemini-b",
        "gemini/GEMINI_API_KEY_1/gemini-a",
        "gemini/GEMINI_API_KEY_1/gemini-b",
        "localhost:1/none/b",
        "localhost:1/none/gemini-b",
    ]


def test_the_example_works_as_it_stands() -> None:
    listing((SCRIPT.parent / "endpoints.example.toml").read_text(encoding="utf-8"))
    keys = [f"GEMINI_API_KEY_{number}" for number in range(1, 6)]
    keys += ["DEEPSEEK_API_KEY", "OPENAI_API_KEY", "OPENROUTER_API_KEY", "MY_HOST_API_KEY"]
    told = settings(*keys)
    found = names(told)
    assert told_while(told) == []
    assert len(found) == len(set(found)) == 1 + 5 * 4 + 1 + 2 + 1 + 1 + 1
    assert {name.split("/")[1] for name in found} == {*keys, "none"}


def test_the_file_stands_beside_q_csv(tmp_path: Path) -> None:
    listing(TWO)
    other = tmp_path / "other"
    other.mkdir()
    told = settings("DEEPSEEK_API_KEY", questions=other / "q.csv")
    assert names(told) == ["deepseek/DEEPSEEK_API_KEY/deepseek-flash"]
    (other / NAME).write_text('[[providers]]\nname = "ollama"\nmodels = ["m"]', encoding="utf-8")
    assert names(told) == ["ollama/none/m"]


def test_a_key_that_is_not_set_is_left_out_and_told_by_its_name() -> None:
    listing(TWO)
    told = settings("GEMINI_API_KEY_1")
    assert {one.key_name for one in chosen(told)} == {"GEMINI_API_KEY_1", "none"}
    assert told_while(told) == ["GEMINI_API_KEY_2 is not set in .env: left out"]


def test_a_provider_whose_own_variable_is_not_set_is_left_out_and_told() -> None:
    listing('[[providers]]\nname = "openai"\n[[providers]]\nname = "ollama"\nmodels = ["m"]')
    told = settings()
    assert names(told) == ["ollama/none/m"]
    assert told_while(told) == ["openai: no key for it is set in .env: left out"]


def test_where_no_key_of_the_file_is_set_one_line_says_which_to_set() -> None:
    listing('[[providers]]\nname = "gemini"\nkeys = ["GEMINI_API_KEY_1", "GEMINI_API_KEY_2"]')
    said = refusal(settings("DEEPSEEK_API_KEY"))
    assert "put GEMINI_API_KEY_1, GEMINI_API_KEY_2 into .env" in said
    listing('[[providers]]\nname = "gemini"')
    said = refusal(settings("DEEPSEEK_API_KEY"))
    assert said.startswith("no key for gemini: get one at https://aistudio.google.com/apikey")


@pytest.mark.parametrize("keys", ["", "keys = []", 'keys = ["MY_API_KEY"]'])
def test_a_provider_may_be_keyless(keys: str) -> None:
    listing(f'[[providers]]\nname = "vllm"\nbase_url = "http://192.168.0.9:8000/v1"\nmodels = ["m"]\n{keys}')
    every = settings("DEEPSEEK_API_KEY", "DSET_API_KEY", "MY_API_KEY", "GEMINI_API_KEY")
    assert names(every) == [f"vllm/{'MY_API_KEY' if 'MY' in keys else 'none'}/m"]


def test_a_keyless_service_of_the_file_is_sent_no_key_of_another_one() -> None:
    listing(
        f'[[providers]]\nbase_url = "{EVIL}"\nmodels = ["m"]\nkeys = []\n[[providers]]\nname = "ollama"\nmodels = ["m"]'
    )
    assert [one.key for one in chosen(settings("DEEPSEEK_API_KEY", "DSET_API_KEY"))] == [None, None]


@pytest.mark.parametrize("provider", ["deepseek", "gemini", "openai", "openrouter"])
@pytest.mark.parametrize("given", ["", "DSET_API_KEY"])
def test_no_service_gets_the_key_of_another_because_it_took_its_name(provider: str, given: str) -> None:
    listing(f'[[providers]]\nname = "{provider}"\nbase_url = "{EVIL}"\nmodels = ["m"]')
    every = ["DEEPSEEK_API_KEY", "GEMINI_API_KEY", "GOOGLE_API_KEY", "OPENAI_API_KEY", "OPENROUTER_API_KEY"]
    [one] = chosen(settings(*every, *filter(None, [given])))
    assert one.key_name == (given or "none")


def test_a_service_of_the_file_takes_its_own_key_before_the_one_for_any_other() -> None:
    listing('[[providers]]\nname = "gemini"\nmodels = ["m"]')
    assert names(settings("DSET_API_KEY", "GEMINI_API_KEY")) == ["gemini/GEMINI_API_KEY/m"]


def test_the_same_key_and_model_in_two_places_is_one_endpoint() -> None:
    entry = '[[providers]]\nname = "gemini"\nkeys = ["A_API_KEY", "B_API_KEY"]\nmodels = ["m"]\n'
    listing(entry + entry.replace("A_API", "C_API"))
    same = key("A_API_KEY")
    told = settings(env={"A_API_KEY": same, "B_API_KEY": same, "C_API_KEY": same})
    assert names(told) == ["gemini/A_API_KEY/m"]


def test_base_url_beats_the_file() -> None:
    listing("this is no TOML")
    assert names(settings("DSET_API_KEY", base_url=LOCAL, model="m")) == ["local/DSET_API_KEY/m"]


def test_a_model_names_the_endpoints_of_the_file_that_have_it() -> None:
    listing(TWO)
    told = settings("GEMINI_API_KEY_1", model="gemini-b")
    assert names(told) == ["gemini/GEMINI_API_KEY_1/gemini-b", "localhost:1/none/gemini-b"]
    said = refusal(settings("GEMINI_API_KEY_1", model="deepseek-flash"))
    assert said == "--model: endpoints.toml has no model deepseek-flash; it has gemini-a, gemini-b, b"


def test_a_folder_of_that_name_is_not_passed_over() -> None:
    Path(NAME).mkdir()
    assert "endpoints.toml is no file" in refusal(settings("DEEPSEEK_API_KEY"))


def test_a_name_of_ones_own_changes_nothing_of_what_is_known_of_the_service() -> None:
    listing(
        '[[providers]]\nname = "mine"\nbase_url = "https://openrouter.ai/api/v1"\nmodels = ["a/b"]\n'
        '[[providers]]\nname = "gpu"\nbase_url = "https://api.openai.com/v1"\nmodels = ["m"]'
    )
    told = settings("OPENROUTER_API_KEY", "OPENAI_API_KEY", max_tokens=9, thinking="on")
    router, openai = chosen(told)
    assert (router.name, openai.name) == ("mine/OPENROUTER_API_KEY/a/b", "gpu/OPENAI_API_KEY/m")
    assert (router.provider, router.balance) == ("openrouter", "/key")
    assert endpoints.request_body(router, told, [])["reasoning"] == {"enabled": True}
    assert endpoints.request_body(openai, told, [])["max_completion_tokens"] == 9


def test_what_the_file_says_of_a_model_comes_with_its_endpoint() -> None:
    listing(
        '[[providers]]\nname = "gemini"\nrpd = 20\nprice = { input = 1, output = 2 }\n'
        'extra_body = { top_k = 3 }\nmodels = ["m"]'
    )
    [one] = chosen(settings("GEMINI_API_KEY"))
    assert one.limits.rpd == 20
    assert one.price is not None
    assert one.zone == "pacific"
    assert endpoints.request_body(one, settings(), [])["top_k"] == 3


@pytest.mark.parametrize(
    ("extra", "flag", "sent", "bound"),
    [
        ("", None, {"max_tokens": 32_768}, 32_768),
        ("", 9, {"max_tokens": 9}, 9),
        ("max_tokens = 50", None, {"max_tokens": 50}, 50),
        ("max_tokens = 50", 9, {"max_tokens": 50}, 50),
        ("max_completion_tokens = 50", 9, {"max_tokens": 9, "max_completion_tokens": 50}, 50),
        ("max_completion_tokens = 50", 99, {"max_tokens": 99, "max_completion_tokens": 50}, 99),
    ],
)
def test_the_bound_of_an_answer_is_the_one_that_is_sent(
    extra: str, flag: int | None, sent: dict[str, int], bound: int
) -> None:
    listing(f'[[providers]]\nname = "deepseek"\nextra_body = {{ {extra} }}')
    given: dict[str, Any] = {"max_tokens": flag} if flag else {}
    told = settings("DEEPSEEK_API_KEY", **given)
    [one] = chosen(told)
    body = endpoints.request_body(one, told, [])
    assert {name: value for name, value in body.items() if "tokens" in name} == sent
    assert endpoints.longest_answer(one, told) == bound


def test_keys_that_would_travel_in_clear_are_told_once_for_all_models() -> None:
    listing('[[providers]]\nbase_url = "http://h.example"\nkeys = ["A_API_KEY"]\nmodels = ["m", "n"]')
    [line] = told_while(settings("A_API_KEY"))
    assert line.startswith("A_API_KEY is sent unencrypted to http://h.example")
    assert key("A_API_KEY") not in line


# --- What is noted of the choice ----------------------------------------------------------------------------


def test_the_settings_tell_one_list_of_models_from_another_and_one_model_as_ever() -> None:
    told = settings("DEEPSEEK_API_KEY")
    plain = choosing.with_services(told, choosing.services(told))
    assert (plain.services, plain.model, plain.base_url) == ((), "deepseek-flash", "https://api.deepseek.com")
    listing(TWO)
    noted = choosing.with_services(told, choosing.services(told))
    assert noted.services == ("gemini/gemini-a", "gemini/gemini-b", "localhost:1/b", "localhost:1/gemini-b")
    assert noted.model == "gemini-a"
    assert noted.fingerprint != plain.fingerprint


def test_extra_fields_count_whatever_their_order_and_no_key_in_them_is_noted() -> None:
    def noted(extra: str) -> tuple[str, ...]:
        listing(f'[[providers]]\nname = "deepseek"\nextra_body = {{ {extra} }}')
        told = settings("DEEPSEEK_API_KEY")
        return choosing.with_services(told, choosing.services(told)).services

    assert noted("a = 1, b = { d = 1, c = 2 }") == noted("b = { c = 2, d = 1 }, a = 1")
    assert noted("a = 1") != noted("a = 2") != noted("") == ()
    assert noted(f'token = "{key("DEEPSEEK_API_KEY")}"') == ('deepseek/deepseek-flash{"token": "***"}',)
