"""The verb `check`: each key and model, works or not and why, what is left and what a row would cost."""

import json
import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

import dset_generator
from dset import check, clocks
from dset.locks import Lock
from dset.rehearsal import faults
from dset.rehearsal.server import Behaviour, Request, Server, deepseek_pages, json_reply
from tests.running import Run, questions_csv

Main = Callable[..., Run]
Serve = Callable[..., Server]
KEY = "sk-0123456789abcdefcanary-7777"
SHOWN = "sk-…7777"
WHO = f"local/DEEPSEEK_API_KEY/deepseek-flash ({SHOWN})"


@pytest.fixture
def main(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Main:
    """The script's `main` in this process, on a Saturday; no key is in what it says."""
    monkeypatch.setattr(clocks, "now", lambda: datetime(2026, 11, 21, 12, tzinfo=UTC))

    def run(*arguments: str) -> Run:
        exit_status = dset_generator.main(list(arguments))
        said = capsys.readouterr()
        assert "0123456789" not in said.out + said.err
        return Run(exit_status, said.out, said.err)

    return run


@pytest.fixture
def pages() -> Iterator[Callable[..., Server]]:
    """Start a server that answers, with these pages."""
    servers: list[Server] = []

    def start(**shown: Behaviour) -> Server:
        servers.append(
            Server(faults.echo(), pages={f"/{name}": page for name, page in shown.items()}).start()
        )
        return servers[-1]

    yield start
    for server in servers:
        server.close()


@pytest.fixture(autouse=True)
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEEPSEEK_API_KEY", KEY)


def at(server: Server, *more: str) -> tuple[str, ...]:
    return ("check", "--base-url", server.base_url, *more)


def line(run: Run) -> str:
    """The only line on an endpoint."""
    [found, _] = run.out.splitlines()
    return found


# --- What came of it -------------------------------------------------------------------------------------------


def test_an_endpoint_that_works_has_its_time_its_price_and_its_balance(main: Main, serve: Serve) -> None:
    server = serve(faults.echo())
    run = main(*at(server))
    assert run.exit_status == 0
    assert run.err == ""
    first, last = run.out.splitlines()
    works, price, balance = first.removeprefix(f"{WHO}: ").split("; ")
    assert works.startswith("works, ")
    assert works.endswith(" s")
    assert price.startswith("about 0.0")
    assert price.endswith(" USD a row")
    assert balance == "balance 110.00 CNY"
    assert last == "it works"
    [asked] = server.questions
    assert asked.headers["authorization"] == f"Bearer {KEY}"
    assert asked.body["max_tokens"] == 256


def test_an_answer_that_was_cut_short_is_an_answer(main: Main, serve: Serve) -> None:
    for script in (faults.cut_short(), faults.spent_by_reasoning()):
        assert ": works, " in line(main(*at(serve(faults.always(script)))))


@pytest.mark.parametrize(
    ("behaviour", "why", "exit_status"),
    [
        (faults.bad_key(), "Check DEEPSEEK_API_KEY in .env.", 2),
        (faults.gemini_bad_key(), "a valid API key. Check DEEPSEEK_API_KEY in .env.", 2),
        (faults.insufficient_balance(), "Insufficient Balance. Top up the account", 2),
        (faults.not_found(), "Check --model and --base-url", 2),
        (faults.dead_model_name(), "use --model deepseek-flash", 2),
        (faults.gemini_limit_zero(), "The plan of this key has none of that model", 2),
        (
            faults.gemini_free_per_day(),
            "does not work: the quota of the day is spent (20 requests). The daily quota begins anew at midnight Pacific",
            1,
        ),
        (faults.gemini_per_minute(), "You exceeded your current quota", 1),
        (faults.concurrency_429(), "exceeds your concurrency limit of 39", 1),
        (faults.overloaded(), "Service is too busy", 1),
        (faults.html_200(), "Check --base-url", 1),
        (faults.dropped(), "", 1),
        (faults.redirect("https://elsewhere.example/x"), "it points to https://elsewhere.example", 2),
        (Behaviour(418, body=b"\x1b[2J\x1b]0;title\x07tea\n\npot"), "tea pot", 2),
    ],
    ids=range(14),
)
def test_what_does_not_work_says_why_in_one_line(
    main: Main, serve: Serve, behaviour: Behaviour, why: str, exit_status: int
) -> None:
    run = main(*at(serve(faults.always(behaviour))))
    assert run.exit_status == exit_status
    first, last = run.out.splitlines()
    assert first.startswith(f"{WHO}: does not work: ")
    assert why in first
    assert "USD a row" not in first
    assert first.isprintable()
    assert last == "it does not work"


def test_nobody_listening_is_something_that_may_pass(main: Main, serve: Serve) -> None:
    server = serve(faults.echo())
    server.close()
    run = main(*at(server))
    assert run.exit_status == 1
    assert "does not work" in line(run)


def test_a_service_that_never_answers_is_not_waited_for_without_end(
    main: Main, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(check, "_PATIENCE", 0.2)
    run = main(*at(serve(faults.always(faults.stalls()))))
    assert run.exit_status == 1
    assert "does not work" in line(run)


def test_a_key_that_the_service_echoes_is_not_printed(main: Main, serve: Serve) -> None:
    assert main(*at(serve(faults.echoes_key))).exit_status == 2


# --- Several endpoints -----------------------------------------------------------------------------------------


def by_key(request: Request) -> Behaviour:
    bad = request.headers.get("authorization", "").endswith("8888")
    return faults.bad_key() if bad or request.body["model"] == "gone" else faults.ok()


def test_each_key_and_model_has_its_line_in_their_order_and_one_that_works_is_enough(
    main: Main, serve: Serve, clean_place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = serve(by_key)
    for name, key in {"A": "7777", "B": "8888"}.items():
        monkeypatch.setenv(f"{name}_API_KEY", KEY[:-4] + key)
    (clean_place / "endpoints.toml").write_text(
        f'[[providers]]\nname = "mine"\nbase_url = "{server.base_url}"\nmodels = ["deepseek-flash", "gone"]\n'
        f'keys = ["A_API_KEY", "B_API_KEY", "C_API_KEY"]\n'
        f'[[providers]]\nname = "vllm"\nbase_url = "{server.base_url}"\nkeys = []\n'
        'models = [{ name = "m", price = { input = 0, output = 0 } }, "n"]',
        encoding="utf-8",
    )
    run = main("check")
    assert run.exit_status == 0
    assert run.err == "dset: C_API_KEY is not set in .env: left out\n"
    found = [one.split(": ")[0] for one in run.out.splitlines()]
    assert found == [
        f"mine/A_API_KEY/deepseek-flash ({SHOWN})",
        f"mine/A_API_KEY/gone ({SHOWN})",
        "mine/B_API_KEY/deepseek-flash (sk-…8888)",
        "mine/B_API_KEY/gone (sk-…8888)",
        "vllm/none/m (no key)",
        "vllm/none/n (no key)",
        "3 of 6 work",
    ]
    assert "about 0 USD a row" in run.out.splitlines()[4]
    assert "price unknown" in run.out.splitlines()[5]
    assert "authorization" not in server.questions[-1].headers


def test_a_balance_is_asked_for_once_for_each_key(
    main: Main, serve: Serve, clean_place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = serve(faults.echo())
    monkeypatch.setenv("DEEPSEEK_API_KEY_1", "sk-another-key-of-mine")
    (clean_place / "endpoints.toml").write_text(
        f'[[providers]]\nname = "deepseek"\nbase_url = "{server.base_url}"\nmodels = ["a", "b", "c"]',
        encoding="utf-8",
    )
    run = main("check")
    asked = [request for request in server.requests if request.path == "/user/balance"]
    assert sorted(request.headers["authorization"] for request in asked) == [
        f"Bearer {KEY}",
        "Bearer sk-another-key-of-mine",
    ]
    assert run.out.count("balance 110.00 CNY") == 6


def test_without_a_key_or_with_a_broken_file_one_line_says_so_and_nothing_is_sent(
    main: Main, clean_place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DEEPSEEK_API_KEY")
    for content, why in (("", "no key for deepseek"), ("providers = 1", "it lists no provider")):
        if content:
            (clean_place / "endpoints.toml").write_text(content, encoding="utf-8")
        run = main("check")
        assert (run.exit_status, run.out, run.err.count("\n")) == (2, "", 1)
        assert why in run.err


def test_a_key_that_would_travel_in_clear_is_told(
    main: Main, clean_place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("A_API_KEY", KEY)
    (clean_place / "endpoints.toml").write_text(
        '[[providers]]\nname = "x"\nbase_url = "http://x.invalid"\nkeys = ["A_API_KEY"]\nmodels = ["m"]',
        encoding="utf-8",
    )
    run = main("check")
    assert "A_API_KEY is sent unencrypted to http://x.invalid" in run.err
    assert run.exit_status == 1


def test_a_key_too_short_to_show_a_part_of_it_is_not_shown_at_all(
    main: Main, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEEPSEEK_API_KEY", "sk-short-7777")
    assert "deepseek-flash (…): works" in line(main(*at(serve(faults.echo()))))


# --- The balance -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "page",
    [
        None,
        Behaviour(),
        Behaviour(500),
        Behaviour(body=b"<html><body>Log in</body></html>"),
        Behaviour(body=b"[" * 200_000),
        json_reply({"balance_infos": [{"total_balance": {"a": KEY}}], "data": {"limit_remaining": 10**400}}),
        faults.redirect("https://elsewhere.example"),
        faults.dropped(),
        faults.short_body(),
        faults.huge_header(),
    ],
    ids=range(10),
)
def test_a_page_of_the_balance_that_is_missing_or_hostile_costs_only_the_balance(
    main: Main, pages: Callable[..., Server], page: Behaviour | None
) -> None:
    server = pages(**({} if page is None else {"user/balance": page}))
    run = main(*at(server))
    assert run.exit_status == 0
    assert line(run).endswith(" USD a row")


def test_a_balance_that_never_comes_is_not_waited_for(
    main: Main, pages: Callable[..., Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(check, "_PAGE_PATIENCE", 0.2)
    assert line(main(*at(pages(**{"user/balance": faults.stalls()})))).endswith(" USD a row")


def test_a_balance_that_holds_the_key_or_moves_the_terminal_shows_neither(
    main: Main, pages: Callable[..., Server]
) -> None:
    info = {"total_balance": "5", "currency": f"\x1b[2J{KEY}"}
    server = pages(**{"user/balance": json_reply({"balance_infos": [info]})})
    assert "; balance 5 " in line(main(*at(server)))


def test_what_is_left_of_a_keys_limit_is_told_where_the_service_has_such_a_page(
    main: Main, pages: Callable[..., Server], clean_place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = pages(key=json_reply({"data": {"limit_remaining": 7.5}}))
    monkeypatch.setenv("OPENROUTER_API_KEY", KEY)
    (clean_place / "endpoints.toml").write_text(
        f'[[providers]]\nname = "openrouter"\nbase_url = "{server.base_url}/v1"\nmodels = ["a/b"]',
        encoding="utf-8",
    )
    assert line(main("check")).endswith("; balance 7.50 USD left of the key's limit")


def test_an_account_that_is_empty_says_so_where_it_does_not_work(main: Main) -> None:
    shown = {"/user/balance": deepseek_pages("0.00")["/user/balance"]}
    with Server(faults.always(faults.insufficient_balance()), pages=shown) as server:
        assert line(main(*at(server))).endswith("; balance 0.00 CNY")


# --- What a row would cost, and what it leaves alone -------------------------------------------------------------


def price(run: Run) -> float:
    [amount] = [part.split()[1] for part in line(run).split("; ") if part.endswith(" a row")]
    return float(amount)


def test_a_row_costs_what_q_csv_and_the_answers_so_far_make_it_cost(
    main: Main, serve: Serve, clean_place: Path
) -> None:
    server = serve(lambda _: faults.ok(prompt_tokens=9000, cached_tokens=0, completion_tokens=1000))
    typical = price(main(*at(server)))
    questions_csv(clean_place, "x" * 100_000)
    longer = price(main(*at(server)))
    assert longer > 2 * typical
    main("--base-url", server.base_url, "--concurrency", "1", "--quiet")
    assert price(main(*at(server))) == pytest.approx((9000 * 0.15 + 1000 * 0.6) / 1e6, rel=0.05)


@pytest.mark.parametrize("data", [b"\xff\xfe\xff", b'question\n"open', b"question\nx,y,z\n", b"\0"])
def test_a_broken_q_csv_does_not_stop_a_check(
    main: Main, serve: Serve, clean_place: Path, data: bytes
) -> None:
    server = serve(faults.echo())
    typical = price(main(*at(server)))
    (clean_place / "q.csv").write_bytes(data)
    assert price(main(*at(server))) == typical


def tree(place: Path) -> dict[str, tuple[bytes, int]]:
    return {
        str(path): (path.read_bytes() if path.is_file() else b"", path.stat().st_mtime_ns)
        for path in sorted(place.rglob("*"))
    }


def test_a_check_changes_nothing_and_waits_for_nobody(main: Main, serve: Serve, clean_place: Path) -> None:
    server = serve(faults.echo())
    questions_csv(clean_place, "one", "two")
    main("--base-url", server.base_url, "--quiet")
    before = tree(clean_place)
    lock = Lock(clean_place / "dset_generator" / ".lock", "the folder")
    lock.acquire()
    try:
        held = tree(clean_place)
        assert main(*at(server)).exit_status == 0
        assert tree(clean_place) == held
    finally:
        lock.release()
    assert before.keys() <= tree(clean_place).keys()


def test_a_check_without_anything_makes_nothing(main: Main, serve: Serve, clean_place: Path) -> None:
    assert main(*at(serve(faults.echo()))).exit_status == 0
    assert os.listdir(clean_place) == []


def test_a_rehearsed_check_asks_nobody(main: Main, clean_place: Path) -> None:
    run = main("check", "--rehearse")
    assert run.exit_status == 0
    assert line(run).startswith("rehearsal/none/deepseek-flash (no key): works, ")


def test_the_program_checks_as_a_user_runs_it(
    serve: Serve, dset: Callable[..., Run], clean_place: Path
) -> None:
    (clean_place / ".env").write_text(f"DEEPSEEK_API_KEY={KEY}\n", encoding="utf-8")
    (clean_place / ".env").chmod(0o600)
    run = dset(*at(serve(faults.echo())))
    assert run.exit_status == 0
    assert run.err == ""
    assert run.out.startswith(f"{WHO}: works, ")
    assert KEY not in run.said


def test_a_script_of_the_server_sees_one_small_question(main: Main, serve: Serve) -> None:
    server = serve(faults.echo())
    main(*at(server, "--prompt", "x" * 9000, "--system", "y", "--max-tokens", "99999"))
    [asked] = server.questions
    assert len(json.dumps(asked.body)) < 300
    assert asked.text == "Reply with the word OK."
