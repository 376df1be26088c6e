"""The whole program with several keys, services and prices: what a user sees, what is sent where, what is written."""

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import dset_generator
from dset import choosing, clocks, providers
from dset.rehearsal import faults
from dset.rehearsal.server import Behaviour, Request, Script, Server
from tests.running import Run, at, csv_rows, journal, questions_csv, rejected
from tests.samples import read_lines

Main = Callable[..., Run]
Serve = Callable[[Script], Server]
CANARY = "0123456789abcdefcanary"
TEN = [f"question {number}" for number in range(1, 11)]


def key(name: str) -> str:
    """The key in the variable of that name."""
    return f"sk-{CANARY}-{name.lower()}"


@pytest.fixture
def main(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, clean_place: Path
) -> Iterator[Main]:
    """The script's `main` in this process, on a Saturday. No key is in what it says or writes."""
    monkeypatch.setattr(clocks, "now", lambda: datetime(2026, 11, 21, 12, tzinfo=UTC))

    def run(*arguments: str) -> Run:
        exit_status = dset_generator.main(list(arguments))
        said = capsys.readouterr()
        assert CANARY not in said.out + said.err
        return Run(exit_status, said.out, said.err)

    yield run
    for path in clean_place.rglob("*"):
        if path.is_file() and path.name not in {".env", "endpoints.toml"}:
            assert CANARY.encode() not in path.read_bytes(), path


def env(*names: str, **values: str) -> None:
    """Write .env with a key of its own in each of these variables."""
    lines = {**{name: key(name) for name in names}, **values}
    path = Path(".env")
    path.write_text("".join(f"{name}={value}\n" for name, value in lines.items()), encoding="utf-8")
    path.chmod(0o600)


def listing(*entries: str) -> None:
    """Write endpoints.toml."""
    text = "\n".join(f"[[providers]]\n{entry}" for entry in entries)
    Path("endpoints.toml").write_text(text, encoding="utf-8")


def keys_sent(server: Server) -> list[str]:
    """Whose key came with each question, in order; '' where none did."""
    sent = [request.headers.get("authorization", "") for request in server.questions]
    return [one.removeprefix(f"Bearer sk-{CANARY}-").upper() for one in sent]


def by_key(**replies: Behaviour) -> Script:
    """What each key is answered; `OTHERS` for all others."""

    def script(request: Request) -> Behaviour:
        name = request.headers.get("authorization", "").removeprefix(f"Bearer sk-{CANARY}-").upper()
        return replies.get(name, replies.get("OTHERS", faults.ok()))

    return script


def used(place: Path) -> list[str]:
    return [record["metadata"]["endpoint"] for record in journal(place)]


FAST = ("--retry-waits", "0.05,0.1", "--concurrency", "1")


# --- Keys and services ------------------------------------------------------------------------------------------


def test_several_keys_in_env_alone_are_used_one_after_the_other(
    main: Main, serve: Serve, clean_place: Path
) -> None:
    env("DEEPSEEK_API_KEY_10", "DEEPSEEK_API_KEY_2", "DEEPSEEK_API_KEY")
    questions_csv(clean_place, "one", "two")
    empty = faults.insufficient_balance()
    server = serve(by_key(DEEPSEEK_API_KEY=empty, DEEPSEEK_API_KEY_2=empty))
    run = main(*at(server.base_url, "--concurrency", "1"))
    assert run.exit_status == 0
    assert keys_sent(server) == [
        "DEEPSEEK_API_KEY",
        "DEEPSEEK_API_KEY_2",
        "DEEPSEEK_API_KEY_10",
        "DEEPSEEK_API_KEY_10",
    ]
    assert used(clean_place) == ["local/DEEPSEEK_API_KEY_10/deepseek-flash"] * 2
    assert "endpoints, one after the other: local/DEEPSEEK_API_KEY/deepseek-flash, " in run.err


def test_without_the_file_each_provider_whose_key_is_in_env_is_used_deepseek_first(
    main: Main, serve: Serve, clean_place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deepseek = serve(faults.always(faults.insufficient_balance()))
    gemini = serve(faults.echo())
    here = {"deepseek": deepseek.base_url, "gemini": gemini.base_url + "/v1beta/openai"}
    moved = tuple(replace(one, base_url=here.get(one.name, one.base_url)) for one in providers.PROVIDERS)
    monkeypatch.setattr(choosing, "PROVIDERS", moved)
    env("GEMINI_API_KEY_2", "GOOGLE_API_KEY", "DEEPSEEK_API_KEY", "DSET_API_KEY")
    questions_csv(clean_place, "one", "two")
    run = main(*FAST)
    assert run.exit_status == 0
    assert keys_sent(deepseek) == ["DEEPSEEK_API_KEY"]
    assert keys_sent(gemini) == ["GEMINI_API_KEY_2"] * 2
    assert used(clean_place) == ["gemini/GEMINI_API_KEY_2/gemini-3.8-flash"] * 2


def test_two_providers_of_the_file_get_their_own_keys_fields_and_models(
    main: Main, serve: Serve, clean_place: Path
) -> None:
    first, second = serve(faults.always(faults.gemini_free_per_day())), serve(faults.echo())
    env("GEMINI_API_KEY_1", "MY_API_KEY", "DEEPSEEK_API_KEY", "DSET_API_KEY")
    listing(
        f'name = "gemini"\nbase_url = "{first.base_url}/v1beta/openai"\nkeys = ["GEMINI_API_KEY_1"]\nmodels = ["a", "b"]',
        f'name = "mine"\nbase_url = "{second.base_url}"\nkeys = ["MY_API_KEY"]\n'
        'models = [{ name = "m/n", extra_body = { top_k = 3 } }]\nextra_body = { seed = 1 }',
    )
    questions_csv(clean_place, "one", "two")
    run = main(*FAST)
    assert run.exit_status == 0
    assert keys_sent(first) == ["GEMINI_API_KEY_1"] * 2
    assert [request.body["model"] for request in first.questions] == ["a", "b"]
    assert keys_sent(second) == ["MY_API_KEY"] * 2
    sent = {name: value for name, value in second.questions[0].body.items() if name != "messages"}
    assert sent == {"model": "m/n", "top_k": 3, "seed": 1}
    assert used(clean_place) == ["mine/MY_API_KEY/m/n"] * 2
    [noted] = read_lines(clean_place / "dset_generator" / "runs.json")
    assert noted["settings"]["services"] == ["gemini/a", "gemini/b", 'mine/m/n{"seed": 1, "top_k": 3}']


@pytest.mark.parametrize("name", ["ollama", "vllm", "anything"])
def test_a_keyless_service_is_sent_no_key(main: Main, serve: Serve, clean_place: Path, name: str) -> None:
    env("DEEPSEEK_API_KEY", "DSET_API_KEY", "OPENAI_API_KEY")
    server = serve(faults.echo())
    listing(f'name = "{name}"\nbase_url = "{server.base_url}/v1"\nkeys = []\nmodels = ["qwen3:8b"]')
    questions_csv(clean_place, "one")
    assert main(*FAST).exit_status == 0
    [asked] = server.questions
    assert "authorization" not in asked.headers
    assert asked.body.keys() == {"model", "messages"}
    assert used(clean_place) == [f"{name}/none/qwen3:8b"]


def test_a_key_that_is_missing_is_told_and_the_others_are_used(
    main: Main, serve: Serve, clean_place: Path
) -> None:
    server = serve(faults.echo())
    listing(
        f'name = "gemini"\nbase_url = "{server.base_url}"\nkeys = ["GEMINI_API_KEY_1", "GEMINI_API_KEY_2", "GEMINI_API_KEY_3"]'
        '\nmodels = ["m"]'
    )
    questions_csv(clean_place, "one")
    env("GEMINI_API_KEY_2", GEMINI_API_KEY_3="your-key-here")
    run = main(*FAST)
    assert run.exit_status == 0
    assert "dset: GEMINI_API_KEY_1 is not set in .env: left out\n" in run.err
    assert "dset: GEMINI_API_KEY_3 is not set in .env: left out\n" in run.err
    assert keys_sent(server) == ["GEMINI_API_KEY_2"]


def test_where_every_key_is_missing_nothing_is_sent(main: Main, serve: Serve, clean_place: Path) -> None:
    server = serve(faults.echo())
    listing(f'name = "x"\nbase_url = "{server.base_url}"\nkeys = ["A_API_KEY", "B_API_KEY"]\nmodels = ["m"]')
    env("DEEPSEEK_API_KEY", "DSET_API_KEY", a_api_key=key("x"))
    questions_csv(clean_place, "one")
    run = main(*FAST)
    assert (run.exit_status, run.out, server.requests) == (2, "", [])
    assert "put A_API_KEY, B_API_KEY into .env" in run.err


def test_a_model_picks_from_the_file_and_one_that_it_lacks_is_refused(
    main: Main, serve: Serve, clean_place: Path
) -> None:
    first, second = serve(faults.echo()), serve(faults.echo())
    listing(
        f'name = "a"\nbase_url = "{first.base_url}"\nmodels = ["x"]',
        f'name = "b"\nbase_url = "{second.base_url}"\nmodels = ["x2", "y"]',
    )
    questions_csv(clean_place, "one")
    run = main("--model", "z", *FAST)
    assert (run.exit_status, run.out) == (2, "")
    assert run.err == "dset: --model: endpoints.toml has no model z; it has x, x2, y\n"
    assert main("--model", "y", *FAST).exit_status == 0
    assert first.requests == []
    assert used(clean_place) == ["b/none/y"]


def test_base_url_beats_the_file_even_a_broken_one(main: Main, serve: Serve, clean_place: Path) -> None:
    server = serve(faults.echo())
    Path("endpoints.toml").write_bytes(b"\xff\xfe")
    questions_csv(clean_place, "one")
    assert main(*at(server.base_url)).exit_status == 0
    assert used(clean_place) == ["local/none/deepseek-flash"]


BAD = {
    "syntax": b"[[providers]\n",
    "nothing": b"",
    "unknown name": b'[[providers]]\nname = "gemini"\nkye = 1\n',
    "unknown service": b'[[providers]]\nname = "gemnii"\n',
    "wrong type": b'[[providers]]\nname = "gemini"\nrpd = "20"\n',
    "no models": b'[[providers]]\nname = "gemini"\nmodels = []\n',
    "a key": f'[[providers]]\nname = "gemini"\nkeys = ["{key("x")}"]\n'.encode(),
    "a key as a setting": f'[[providers]]\nname = "gemini"\n{key("x")} = 1\n'.encode(),
    "a key as a name": f'[[providers]]\nname = "{key("x")}"\n'.encode(),
    "a password": f'[[providers]]\nbase_url = "https://u:{key("x")}@h"\nmodels = ["m"]\n'.encode(),
    "BOM and nothing": b"\xef\xbb\xbf",
    "UTF-16": '[[providers]]\nname = "gemini"\n'.encode("utf-16"),
    "NUL": b"[[providers]]\0",
    "deepseek's key elsewhere": b'[[providers]]\nbase_url = "https://e.invalid"\nkeys = ["DEEPSEEK_API_KEY"]\nmodels = ["m"]',
    "escapes": b'[[providers]]\nname = "\\u001b[2J"\n',
    "twice": b'[[providers]]\nname = "gemini"\nrpd = 1\nrpd = 2\n',
}


@pytest.mark.parametrize("what", [*BAD, "folder"])
@pytest.mark.parametrize("verb", [(), ("check",), ("status",)], ids=["run", "check", "status"])
def test_a_bad_file_is_one_line_and_nothing_is_sent_or_made(
    main: Main, clean_place: Path, what: str, verb: tuple[str, ...]
) -> None:
    env("DEEPSEEK_API_KEY", "GEMINI_API_KEY")
    questions_csv(clean_place, "one")
    path = clean_place / "endpoints.toml"
    if what == "folder":
        path.mkdir()
    else:
        path.write_bytes(BAD[what])
    run = main(*verb)
    assert (run.exit_status, run.out) == (2, "")
    assert run.err.startswith("dset: endpoints.toml")
    assert run.err.count("\n") == 1
    assert run.err.rstrip("\n").isprintable()
    assert not (clean_place / "dset_generator").exists()


def test_a_finished_dataset_and_a_rehearsal_need_no_key_of_the_file(
    main: Main, serve: Serve, clean_place: Path
) -> None:
    listing('name = "gemini"\nkeys = ["GEMINI_API_KEY_1"]')
    questions_csv(clean_place, "one")
    assert main("--rehearse=calm").exit_status == 0
    assert main(*at(serve(faults.echo()).base_url)).exit_status == 0
    assert "Nothing to do" in main().out


def test_a_file_with_a_bom_is_read(main: Main, serve: Serve, clean_place: Path) -> None:
    server = serve(faults.echo())
    listing(f'name = "x"\nbase_url = "{server.base_url}"\nmodels = ["m"]')
    path = clean_place / "endpoints.toml"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    questions_csv(clean_place, "one")
    assert main(*FAST).exit_status == 0


# --- Money --------------------------------------------------------------------------------------------------------

COST = (6 * 0.15 + 4 * 0.003 + 5 * 0.6) / 1e6  # of faults.ok() at DeepSeek on a Saturday


def test_what_a_row_cost_stands_in_every_output(main: Main, serve: Serve, clean_place: Path) -> None:
    questions_csv(clean_place, "one", "long", "two")
    server = serve(faults.by_text({"long": faults.cut_short()}, faults.echo()))
    run = main(*at(server.base_url, "--concurrency", "1"))
    assert [record["metadata"]["cost_usd"] for record in journal(clean_place)] == pytest.approx([COST] * 2)
    assert [float(row["cost_usd"]) for row in csv_rows(clean_place)] == pytest.approx([COST] * 2)
    assert [record["metadata"]["cost_usd"] for record in rejected(clean_place)] == pytest.approx([COST])
    [noted] = read_lines(clean_place / "dset_generator" / "runs.json")
    assert noted["counts"]["cost_usd"] == pytest.approx(3 * COST)
    assert noted["counts"]["cost_unknown"] == 0
    assert "cost: 0.0000117 USD" in run.out


def test_the_files_own_price_counts_and_an_unknown_one_is_called_so(
    main: Main, serve: Serve, clean_place: Path
) -> None:
    server = serve(faults.echo())
    listing(
        f'name = "x"\nbase_url = "{server.base_url}"\nmodels = [{{ name = "dear", price = {{ input = 1000, cached = 0, '
        'output = 2000 } }, "unknown"]'
    )
    questions_csv(clean_place, "one")
    assert "cost: 0.016 USD" in main("--model", "dear", *FAST).out
    questions_csv(clean_place, "one", "two")
    run = main("--model", "unknown", *FAST)
    assert "cost: unknown" in run.out
    assert [record["metadata"]["cost_usd"] for record in journal(clean_place)] == [0.016, None]
    assert [row["cost_usd"] for row in csv_rows(clean_place)] == ["0.016", ""]
    assert read_lines(clean_place / "dset_generator" / "runs.json")[-1]["counts"]["cost_usd"] is None


def test_an_estimate_comes_before_a_run_of_more_than_a_few_rows(
    main: Main, serve: Serve, clean_place: Path
) -> None:
    server = serve(faults.echo())
    questions_csv(clean_place, *TEN[:9])
    assert "estimate" not in main(*at(server.base_url)).said
    questions_csv(clean_place, *[f"{one}!" for one in TEN])
    run = main(*at(server.base_url))
    assert "estimate: about 0.0" in run.err
    assert "for 10 requests" in run.err
    assert "(from 9 answers so far)" in run.err
    assert "cost: estimated 0.0" in run.out


def dear(request: Request) -> Behaviour:
    """0.018 USD on a Saturday; the most that a request could cost then is a little under 0.02."""
    return faults.ok(f"answer to {request.text}", completion_tokens=30_000, cached_tokens=0)


def total(place: Path) -> float:
    """What all that was paid for has cost."""
    return sum(record["metadata"]["cost_usd"] or 0.0 for record in journal(place) + rejected(place))


@pytest.mark.parametrize("concurrency", ["1", "8", "auto"])
def test_a_budget_stops_before_it_is_exceeded_and_a_higher_one_goes_on(
    main: Main, serve: Serve, clean_place: Path, concurrency: str
) -> None:
    server = serve(dear)
    questions_csv(clean_place, *TEN[:6])
    flags = at(server.base_url, "--concurrency", concurrency)
    run = main(*flags, "--budget", "0.05")
    assert run.exit_status == 1
    assert len(server.questions) == 2
    assert "Stopped: the budget of 0.05 USD is used up: 0.036 USD spent" in run.out
    assert "raise --budget, then run the same command again" in run.out
    assert "4 left to ask" in run.out
    again = main(*flags, "--budget", "0.05")
    assert again.exit_status == 1
    assert len(server.questions) == 2
    more = main(*flags, "--budget", "0.1")
    assert more.exit_status == 1
    assert len(server.questions) == 5
    assert total(clean_place) == pytest.approx(0.09, rel=0.001)
    last = main(*flags, "--budget", "1")
    assert last.exit_status == 0
    assert len(server.questions) == len(journal(clean_place)) == 6


def test_what_was_paid_for_in_vain_counts_against_the_budget(
    main: Main, serve: Serve, clean_place: Path
) -> None:
    vain = faults.ok("half of", completion_tokens=30_000, cached_tokens=0, finish_reason="length")
    server = serve(faults.always(vain))
    questions_csv(clean_place, *TEN)
    flags = at(server.base_url, "--concurrency", "1", "--budget", "0.05")
    assert main(*flags).exit_status == 1
    assert main(*flags, "--retry-failed").exit_status == 1
    assert len(server.questions) == 2
    assert total(clean_place) <= 0.05


def test_what_nobody_knows_the_price_of_counts_at_its_most(
    main: Main, serve: Serve, clean_place: Path
) -> None:
    server = serve(faults.always(faults.dropped_midway()))
    questions_csv(clean_place, *TEN)
    flags = at(server.base_url, "--concurrency", "1", "--retry-waits", "0,0,0", "--budget", "0.05")
    assert main(*flags).exit_status == 1
    assert len(server.questions) == 2
    [noted] = read_lines(clean_place / "dset_generator" / "runs.json")
    assert 0.038 < noted["counts"]["maybe_billed_usd"] < 0.04
    assert main(*flags).exit_status == 1
    assert len(server.questions) == 2


@pytest.mark.parametrize("tokens", [None, 10**18])
def test_figures_that_nobody_counted_cost_their_most_now_and_in_the_next_run(
    main: Main, serve: Serve, clean_place: Path, tokens: int | None
) -> None:
    usage = {"prompt_tokens": tokens, "completion_tokens": tokens}
    server = serve(lambda _: faults.odd_usage(usage))
    env("DEEPSEEK_API_KEY")
    questions_csv(clean_place, *TEN)
    flags = (*at(server.base_url, "--concurrency", "1"), "--max-tokens", "1000")
    assert main(*flags, "--budget", "0.002").exit_status == 1
    asked = len(server.questions)
    assert 1 <= asked < 10
    run = main(*flags, "--budget", "0.002")
    assert "the budget of 0.002 USD is used up" in run.said
    assert "takes no account" not in run.err  # the run before has noted them at their most
    assert len(server.questions) == asked


def test_extra_fields_that_allow_a_longer_answer_count_for_the_budget(
    main: Main, serve: Serve, clean_place: Path
) -> None:
    server = serve(dear)
    listing(
        f'name = "deepseek"\nbase_url = "{server.base_url}"\nkeys = []\nmodels = ["deepseek-flash"]\n'
        "extra_body = { max_completion_tokens = 100000 }"
    )
    questions_csv(clean_place, "one")
    assert main(*FAST, "--budget", "0.05").exit_status == 1
    assert server.questions == []
    assert main(*FAST, "--budget", "0.07").exit_status == 0


def test_a_budget_of_nothing_asks_nothing(main: Main, serve: Serve, clean_place: Path) -> None:
    server = serve(dear)
    questions_csv(clean_place, "one")
    run = main(*at(server.base_url, "--budget", "0"))
    assert (run.exit_status, server.questions) == (1, [])
    assert "raise --budget" in run.out


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        (
            'models = ["nobody-knows"]',
            "no price is known for x/none/nobody-knows: state it in endpoints.toml",
        ),
        ('models = [{ name = "m", price = { input = 1, output = 2 } }]', "--budget needs --max-tokens"),
    ],
)
def test_a_budget_that_could_not_be_kept_is_refused_in_one_line(
    main: Main, serve: Serve, clean_place: Path, entry: str, why: str
) -> None:
    server = serve(faults.echo())
    listing(f'name = "x"\nbase_url = "{server.base_url}"\n{entry}')
    questions_csv(clean_place, "one")
    run = main(*FAST, "--budget", "2.50")
    assert (run.exit_status, run.out, server.requests) == (2, "", [])
    assert run.err.count("\n") == 1
    assert why in run.err
    assert journal(clean_place) == []


@pytest.mark.parametrize("value", ["-1", "nan", "inf", "much", "1e999", ""])
def test_a_budget_that_is_no_amount_is_refused(main: Main, clean_place: Path, value: str) -> None:
    questions_csv(clean_place, "one")
    run = main("--budget", value)
    assert (run.exit_status, run.out) == (2, "")
    assert run.err.startswith("dset: --budget: ")


# --- What is spent stays spent ----------------------------------------------------------------------------------

SPENT = faults.gemini_free_per_day()


def two_keys(server: Server) -> None:
    listing(
        f'name = "gemini"\nbase_url = "{server.base_url}/v1beta/openai"\nkeys = ["GEMINI_API_KEY_1", "GEMINI_API_KEY_2"]\n'
        'models = ["gemini-3.8-flash"]'
    )
    env("GEMINI_API_KEY_1", "GEMINI_API_KEY_2")


def quotas(place: Path) -> dict[str, Any]:
    document = json.loads((place / "dset_generator" / "endpoints.json").read_bytes())
    assert isinstance(document, dict)
    return document


def test_a_spent_quota_is_noted_and_kept_over_a_restart(main: Main, serve: Serve, clean_place: Path) -> None:
    server = serve(by_key(GEMINI_API_KEY_1=SPENT))
    two_keys(server)
    questions_csv(clean_place, "one")
    run = main(*FAST)
    assert run.exit_status == 0
    assert "gemini/GEMINI_API_KEY_1/gemini-3.8-flash: the quota of the day is spent" in run.err
    assert "gemini/GEMINI_API_KEY_2/gemini-3.8-flash takes over" in run.err
    assert keys_sent(server) == ["GEMINI_API_KEY_1", "GEMINI_API_KEY_2"]
    noted = quotas(clean_place)
    assert list(noted) == ["gemini/GEMINI_API_KEY_1/gemini-3.8-flash"]
    assert noted["gemini/GEMINI_API_KEY_1/gemini-3.8-flash"]["spent_until"].startswith("2026-11-22T08:00:00")
    questions_csv(clean_place, "one", "two")
    assert main(*FAST).exit_status == 0
    assert keys_sent(server) == ["GEMINI_API_KEY_1", "GEMINI_API_KEY_2", "GEMINI_API_KEY_2"]


def test_where_all_are_spent_the_next_run_sends_nothing_until_the_day_is_over(
    main: Main, serve: Serve, clean_place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = serve(by_key(OTHERS=SPENT))
    two_keys(server)
    questions_csv(clean_place, "one")
    run = main(*FAST)
    assert run.exit_status == 1
    assert "opens again at 08:00 UTC" in run.out
    assert len(server.questions) == 2
    assert main(*FAST).exit_status == 1
    assert len(server.questions) == 2
    monkeypatch.setattr(clocks, "now", lambda: datetime(2026, 11, 22, 8, 30, tzinfo=UTC))
    main(*FAST)
    assert len(server.questions) == 4


@pytest.mark.parametrize(
    "garbage", [b"", b"{", b"\xff", b"[1]", b'{"gemini/GEMINI_API_KEY_1/gemini-3.8-flash": 7}']
)
def test_garbage_in_the_note_costs_a_request_and_no_answer(
    main: Main, serve: Serve, clean_place: Path, garbage: bytes
) -> None:
    server = serve(by_key(GEMINI_API_KEY_1=SPENT))
    two_keys(server)
    questions_csv(clean_place, "one")
    main(*FAST)
    (clean_place / "dset_generator" / "endpoints.json").write_bytes(garbage)
    questions_csv(clean_place, "one", "two")
    assert main(*FAST).exit_status == 0
    assert keys_sent(server)[2:] == ["GEMINI_API_KEY_1", "GEMINI_API_KEY_2"]
    assert list(quotas(clean_place)) == ["gemini/GEMINI_API_KEY_1/gemini-3.8-flash"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names here")
def test_a_pipe_of_that_name_is_not_waited_for(
    dset: Callable[..., Run], serve: Serve, clean_place: Path
) -> None:
    two_keys(serve(faults.echo()))
    questions_csv(clean_place, "one")
    note = clean_place / "dset_generator" / "endpoints.json"
    note.parent.mkdir()
    os.mkfifo(note)
    assert dset("status", timeout=20).exit_status == 1


def test_a_moment_that_no_run_believes_is_not_told_either(
    main: Main, serve: Serve, clean_place: Path
) -> None:
    two_keys(serve(faults.echo()))
    questions_csv(clean_place, "one")
    note = clean_place / "dset_generator" / "endpoints.json"
    note.parent.mkdir()
    note.write_text(
        '{"a": {"spent_until": "9999-12-31T23:59:59-23:59"}, "b": {"spent_until": "2026-11-21T20:00:00+07:00"}}'
    )
    run = main("status")
    assert "a: spent" not in run.out
    assert "b: spent until 13:00 UTC (in 1 h 00 min)" in run.out


def test_another_key_in_the_same_variable_starts_afresh(main: Main, serve: Serve, clean_place: Path) -> None:
    server = serve(by_key(GEMINI_API_KEY_1=SPENT))
    two_keys(server)
    questions_csv(clean_place, "one")
    main(*FAST)
    env("GEMINI_API_KEY_2", GEMINI_API_KEY_1=key("a-new-one"))
    questions_csv(clean_place, "one", "two")
    assert main(*FAST).exit_status == 0
    assert keys_sent(server)[2:] == ["A-NEW-ONE"]


def test_a_note_that_cannot_be_written_costs_no_answer(main: Main, serve: Serve, clean_place: Path) -> None:
    server = serve(by_key(GEMINI_API_KEY_1=SPENT))
    two_keys(server)
    (clean_place / "dset_generator" / "endpoints.json").mkdir(parents=True)
    questions_csv(clean_place, "one")
    assert main(*FAST).exit_status == 0
    assert len(journal(clean_place)) == 1
    assert "endpoints.json could not be written" in (clean_place / "dset_generator" / "run.log").read_text(
        "utf-8"
    )


# --- As a user runs it --------------------------------------------------------------------------------------------


def test_the_program_takes_the_file_the_keys_and_the_budget_as_a_user_gives_them(
    serve: Serve, dset: Callable[..., Run], clean_place: Path
) -> None:
    server = serve(by_key(GEMINI_API_KEY_1=SPENT))
    two_keys(server)
    questions_csv(clean_place, "one", "two")
    run = dset(*FAST, "--budget", "2.50", "--max-tokens", "1000")
    assert run.exit_status == 0, run.said
    assert CANARY not in run.said
    assert len(journal(clean_place)) == 2
    assert sorted(keys_sent(server)) == ["GEMINI_API_KEY_1", "GEMINI_API_KEY_2", "GEMINI_API_KEY_2"]
