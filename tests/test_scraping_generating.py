"""`scrape --source generate` through the command line: each picture is bought once, and stands with its line."""

import hashlib
import json
import shutil
import signal
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import dset_generator
from dset import commits, steps
from dset.scraping import scrape
from dset.scraping.tries import TWIN
from tests.crashes import Crash, CrashError, Fault, Refusal
from tests.images_endpoint import ORIGIN, Endpoint, at, drawing, drawn, each_another, error
from tests.picture_services import PEXELS_KEY, PIXABAY_KEY, Answer, serving
from tests.running import Run, rejected, statuses
from tests.test_scraping_scrape import World

Main = Callable[..., Run]
DOG, CAT = "dog", "แมวส้ม"


@pytest.fixture
def server() -> Iterator[Endpoint]:
    with drawing() as made:
        yield made


@pytest.fixture
def ask(main: Main, server: Endpoint) -> Main:
    """Generated pictures, two of each query unless said otherwise."""

    def run(*arguments: str) -> Run:
        usual = ["--num-images", "2"] if "--num-images" not in arguments else []
        source = ["--source", "generate"] if "--source" not in arguments else []
        return main("scrape", *source, *usual, *to(server), *arguments)

    return run


def to(server: Endpoint) -> list[str]:
    return [
        "--model",
        "gpt-image-1",
        "--base-url",
        server.base_url,
        "--retry-waits",
        "0",
        "--concurrency",
        "2",
    ]


def home() -> Path:
    """The folder; one that a crash left empty does not count."""
    (found,) = [one for one in Path("scraped_images").glob("scrape-*") if (one / "plan.json").exists()]
    return found


def metadata() -> list[dict[str, Any]]:
    return [
        json.loads(line) for line in (home() / "scraped_metadata.jsonl").read_bytes().split(b"\n") if line
    ]


def assert_whole() -> None:
    """Each picture has one line that is true of it, and each line its picture; none is left behind."""
    found = metadata()
    names = [one["image_path"] for one in found]
    assert sorted(names) == sorted(f"images/{one.name}" for one in (home() / "images").iterdir())
    assert all(
        hashlib.sha256((home() / one["image_path"]).read_bytes()).hexdigest() == one["hash"] for one in found
    )
    assert len({one["hash"] for one in found}) == len(found)
    assert not list((home() / "generate" / "pictures").glob("*"))


def test_so_many_pictures_of_each_query_are_rows_of_a_queue_and_lines_of_the_metadata(
    ask: Main, server: Endpoint
) -> None:
    run = ask("--query", DOG, CAT)
    assert run.exit_status == 0, run.said
    assert Counter(server.prompts) == {DOG: 2, CAT: 2}
    assert all(set(one) == {"model", "prompt", "n"} for one in server.asked)
    assert "authorization" not in server.headers[0]
    assert_whole()
    assert Counter(one["query"] for one in metadata()) == {DOG: 2, CAT: 2}
    line = metadata()[0]
    assert list(line) == [
        "image_path", "query", "source", "url", "page", "author", "licence", "width", "height", "size", "hash", "time"]  # fmt: skip
    assert (line["source"], line["author"], line["url"]) == ("generate", "gpt-image-1", "")
    assert line["licence"] == "made by gpt-image-1: the terms of its service hold"
    assert (home() / "generate" / "q.csv").read_text("utf-8-sig").splitlines() == [
        "question,status", *[f"{DOG},"] * 2, *[f"{CAT},"] * 2]  # fmt: skip
    assert run.out.splitlines()[0] == "Finished: 4 of 4 pictures stand, 4 of them new."
    assert "read them before you publish" in run.out
    assert "generate: cost: 0.169 USD" in run.out


def test_a_second_call_asks_nothing_and_a_larger_count_only_for_the_rest(ask: Main, server: Endpoint) -> None:
    ask("--query", DOG)
    again = ask("--query", DOG)
    assert (again.exit_status, len(server.asked)) == (0, 2)
    assert again.out.startswith("Finished: 2 of 2 pictures stand, 0 of them new.")
    assert ask("--query", DOG, "--num-images", "5").exit_status == 0
    assert len(server.asked) == len(metadata()) == 5
    assert_whole()


def test_a_picture_that_the_user_takes_out_stays_out_and_another_one_comes(
    ask: Main, server: Endpoint
) -> None:
    ask("--query", DOG)
    gone = home() / metadata()[0]["image_path"]
    gone.unlink()
    assert ask("--query", DOG).exit_status == 0
    assert len(server.asked) == 3
    assert not gone.exists()
    assert_whole()
    assert len(metadata()) == 2


def test_a_queue_that_somebody_deleted_is_planned_anew_from_the_answers(ask: Main, server: Endpoint) -> None:
    ask("--query", DOG)
    (home() / "generate" / "q.csv").unlink()
    assert ask("--query", DOG, "--num-images", "3").exit_status == 0
    assert len(server.asked) == len(metadata()) == 3


def test_a_flag_that_no_images_endpoint_knows_is_refused(ask: Main, server: Endpoint) -> None:
    for flag in ("--system", "--temperature", "--thinking", "--max-tokens"):
        run = ask("--query", DOG, f"{flag}=1")
        assert (run.exit_status, server.asked) == (2, [])
        assert f"unrecognized arguments: {flag}=1" in run.err


def test_prompt_and_size_shape_what_is_sent(ask: Main, server: Endpoint) -> None:
    ask("--query", DOG, "--size", "1024x1536", "--prompt", "a photo of a {question}, 35 mm")
    assert server.asked[0] == {
        "model": "gpt-image-1", "prompt": "a photo of a dog, 35 mm", "n": 1, "size": "1024x1536"}  # fmt: skip
    assert metadata()[0]["query"] == DOG


def test_limit_bounds_the_pictures_of_a_run(ask: Main, server: Endpoint) -> None:
    run = ask("--query", DOG, "--num-images", "5", "--limit", "3")
    assert (run.exit_status, len(server.asked), len(metadata())) == (1, 3, 3)
    assert "next: run the same command again; 2 left to ask" in run.out
    assert run.out.count("next:") == 1
    assert ask("--query", DOG, "--num-images", "5").exit_status == 0
    assert len(server.asked) == 5


@pytest.mark.parametrize(("arguments", "said"), [
    (("--budget", "5"), "--budget cannot be kept with --source generate"),
    (("--size", "big"), "--size"),
    (("--limit", "0"), "--limit")])  # fmt: skip
def test_what_cannot_be_kept_is_refused_before_anything_is_asked(
    ask: Main, server: Endpoint, arguments: tuple[str, str], said: str
) -> None:
    run = ask("--query", DOG, *arguments)
    assert (run.exit_status, run.out, run.err.count("\n")) == (2, "", 1)
    assert said in run.err
    assert not server.asked
    assert not list(Path().iterdir())


def test_without_a_model_nothing_is_guessed(main: Main) -> None:
    run = main("scrape", "--source", "generate", "--query", DOG)
    assert (run.exit_status, run.err.count("\n")) == (2, 1)
    assert "--source generate needs --model" in run.err


def test_endpoints_toml_stands_where_a_run_has_it(main: Main, server: Endpoint) -> None:
    Path("endpoints.toml").write_text(
        f'[[providers]]\nname = "draw"\nbase_url = "{server.base_url}"\nkeys = []\n'
        'models = ["chat", "flux"]\nextra_body = { response_format = "b64_json" }\n'
    )
    run = main("scrape", "--source", "generate", "--query", DOG, "--model", "flux", "--num-images", "1")
    assert run.exit_status == 0, run.said
    assert server.asked == [{"model": "flux", "prompt": DOG, "n": 1, "response_format": "b64_json"}]


def test_what_the_safety_filter_refuses_is_blocked_once_and_the_rest_stands(
    ask: Main, server: Endpoint
) -> None:
    server.script = lambda body, number: (
        error(400, "moderation_blocked", "rejected by the safety system")
        if body["prompt"] == CAT
        else drawn(number)
    )
    run = ask("--query", DOG, CAT)
    assert (run.exit_status, len(metadata())) == (1, 2)
    assert statuses(home() / "generate") == {4: "BLOCKED", 5: "BLOCKED"}
    assert "next: other words, another --prompt or another --model" in run.out
    asked = len(server.asked)
    assert ask("--query", DOG, CAT).exit_status == 1
    assert len(server.asked) == asked  # refused for ever, by these settings
    server.script = each_another
    assert ask("--query", DOG, CAT, "--prompt", "a nice {question}").exit_status == 0


def test_two_answers_that_are_the_same_picture_are_one_and_it_is_not_bought_for_ever(
    ask: Main, server: Endpoint
) -> None:
    server.script = lambda *_: drawn(1)
    run = ask("--query", DOG, "--num-images", "3")
    assert (run.exit_status, len(server.asked), len(metadata())) == (1, 3, 1)
    assert f"not kept: {TWIN} 2" in run.out
    assert_whole()
    assert ask("--query", DOG, "--num-images", "3").exit_status == 1
    assert len(server.asked) == 3
    server.script = each_another
    assert ask("--query", DOG, "--num-images", "3", "--retry-failed").exit_status == 0
    assert_whole()


def test_pictures_that_cannot_be_fetched_end_the_run_after_three_and_their_addresses_are_kept(
    ask: Main, server: Endpoint
) -> None:
    server.script = lambda *_: at("http://127.0.0.1/x.png")
    run = ask("--query", DOG, "--num-images", "9", "--concurrency", "1")
    assert (run.exit_status, len(server.asked)) == (2, 3)
    assert "its address cannot be fetched: the host is at 127.0.0.1, a loopback address" in run.err
    assert [one["response"]["answer"] for one in rejected(home(), "generate")] == [
        "http://127.0.0.1/x.png"
    ] * 3
    server.script = lambda *_: at(f"{ORIGIN}/own.png?{len(server.asked)}")
    server.pages = {f"/own.png?{number}": Answer(200, drawn_bytes(number)) for number in range(30)}
    assert ask("--query", DOG, "--num-images", "9").exit_status == 0
    assert_whole()


def drawn_bytes(number: int) -> bytes:
    from tests.picture_services import picture

    return picture(number, "PNG")


def test_a_wrong_key_is_one_line_and_no_key_stands_anywhere(
    main: Main, server: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = "sk-canary-0123456789abcdef"
    monkeypatch.setenv("DSET_API_KEY", key)
    server.script = lambda *_: error(401, "invalid_api_key", f"Incorrect API key provided: {key}")
    run = main("scrape", "--source", "generate", "--query", DOG, "--num-images", "2", *to(server))
    assert run.exit_status == 2
    assert "Incorrect API key provided: ***. Check DSET_API_KEY in .env." in run.err
    server.script = lambda _, number: drawn(number, revised_prompt=f"a dog {key}")
    again = main("scrape", "--source", "generate", "--query", DOG, "--num-images", "2", *to(server))
    assert again.exit_status == 0
    assert key not in run.said + again.said
    assert not [one for one in Path().rglob("*") if one.is_file() and key.encode() in one.read_bytes()]


def test_an_address_without_this_path_is_told_once(main: Main, server: Endpoint) -> None:
    run = main("scrape", "--source", "generate", "--query", DOG, "--model", "m", "--base-url", server.origin)
    assert (run.exit_status, server.strays) == (2, ["/images/generations"] * len(server.strays))
    assert "Check --model and --base-url" in run.err


def test_ctrl_c_lets_what_was_paid_for_come_home(ask: Main, server: Endpoint) -> None:
    def script(_: dict[str, Any], number: int) -> Answer:
        if number == 2:
            signal.raise_signal(signal.SIGINT)
        return drawn(number)

    server.script = script
    run = ask("--query", DOG, "--num-images", "6", "--concurrency", "1")
    assert run.exit_status == 130
    assert run.out.startswith("Interrupted by Ctrl-C: ")
    assert len(metadata()) == len(server.asked) < 6
    assert_whole()
    assert ask("--query", DOG, "--num-images", "6").exit_status == 0
    assert len(server.asked) == 6


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """Sources that are searched, in place of the real ones."""
    made = World()
    monkeypatch.setenv("PEXELS_API_KEY", PEXELS_KEY)
    monkeypatch.setenv("PIXABAY_API_KEY", PIXABAY_KEY)
    monkeypatch.setattr(scrape, "_usual", made.kit)
    with serving(made) as made.server:
        yield made


def sources() -> Counter[str]:
    return Counter(one["source"] for one in metadata())


def test_what_is_searched_for_and_what_is_made_have_a_share_each(
    world: World, ask: Main, server: Endpoint
) -> None:
    mixed = ("--query", DOG, "--source", "pexels,generate", "--num-images")
    assert ask(*mixed, "6").exit_status == 0
    assert sources() == {"pexels": 3, "generate": 3}
    assert ask(*mixed, "6").exit_status == 0
    assert len(server.asked) == 3
    assert ask(*mixed, "10").exit_status == 0
    assert sources() == {"pexels": 5, "generate": 5}
    assert_whole()


def test_what_the_search_does_not_find_is_made(world: World, ask: Main, server: Endpoint) -> None:
    world.blocked = True
    mixed = ("--query", DOG, "--source", "bing,generate", "--num-images")
    run = ask(*mixed, "4")
    assert run.exit_status == 0
    assert sources() == {"generate": 4}
    world.blocked = False
    assert ask(*mixed, "4").exit_status == 0  # full: nothing is searched for what was made in its place
    assert sources() == {"generate": 4}


def test_what_was_made_in_place_of_finds_counts_when_more_is_wanted(world: World, ask: Main) -> None:
    world.blocked = True
    mixed = ("--query", DOG, "--source", "bing,generate", "--num-images")
    ask(*mixed, "6")
    assert sources() == {"generate": 6}
    world.blocked = False
    assert ask(*mixed, "8").exit_status == 0
    assert sources() == {"generate": 6, "bing": 2}
    victim = next(one for one in metadata() if one["source"] == "generate")
    (home() / victim["image_path"]).unlink()
    assert ask(*mixed, "8").exit_status == 0
    assert sum(sources().values()) == 8
    assert_whole()


def test_no_model_is_paid_for_what_a_key_would_find(main: Main, server: Endpoint) -> None:
    run = main("scrape", "--source", "pexels,generate", "--query", DOG, *to(server))
    assert run.exit_status == 2
    assert "PEXELS_API_KEY is not set" in run.err
    assert not server.asked
    assert not Path("scraped_images").exists()


# --- The promise, at each disk step -------------------------------------------------------------------------


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Nothing waits; what a full disk cannot take goes to a folder of the test."""
    monkeypatch.setattr(commits, "PAUSE", 0.0)
    monkeypatch.setattr(commits, "PATIENCE", 0.0)
    monkeypatch.setattr(steps, "PATIENCE", ())
    rescue = tmp_path / "temporary"
    rescue.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(rescue))
    return rescue


def _run(server: Endpoint, fault: Fault | None) -> int | None:
    """One run with a fault; None where the process ended on the way."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(steps, "watch", fault or Fault(Path.cwd(), 0))
        arguments = [
            "--num-images",
            "2",
            "--query",
            DOG,
            *to(server),
            "--concurrency",
            "1",
            "--quiet",
        ]
        try:
            return dset_generator.main(["scrape", "--source", "generate", *arguments])
        except CrashError:
            return None


def _at_each(
    server: Endpoint, place: Path, make: Callable[[Path, int], Fault], first: int, every: int
) -> int:
    """A fault at every so many-th step, then the same command; what it bought beyond two is at most one."""
    step = first
    while True:
        for one in place.iterdir():
            shutil.rmtree(one)
        server.asked.clear()
        fault = make(place, step)
        _run(server, fault)
        if fault.hit is None:
            return fault.count
        where = f"step {step}, {fault.hit.kind} {Path(fault.hit.path).name}"
        assert _run(server, None) == 0, where
        assert len(metadata()) == 2, where
        assert_whole_after_crash(where)
        assert len(server.asked) <= 3, where
        step += every


def assert_whole_after_crash(where: str) -> None:
    names = {one["image_path"] for one in metadata()}
    assert names == {f"images/{one.name}" for one in (home() / "images").iterdir()}, where
    bought = [json.loads(line) for line in (home() / "generate" / "output.json").read_bytes().splitlines()]
    assert {f"images/{one['response']['answer']}" for one in bought} == names, where


@pytest.mark.parametrize("how", ["before", "after", "half"])
def test_a_run_that_ends_at_any_step_buys_at_most_what_was_in_flight_again(
    server: Endpoint, quick: Path, clean_place: Path, how: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert quick
    first = {"before": 1, "after": 2, "half": 1}[how]
    count = _at_each(
        server, clean_place, lambda place, at_: Crash(place, at_, how), first, 11 if how != "half" else 7
    )
    assert count > (20 if how == "half" else 60)
    capsys.readouterr()


@pytest.mark.parametrize("name", ["ENOSPC", "FULL", "EIO"])
def test_a_disk_that_refuses_a_step_loses_no_picture_that_was_paid_for(
    server: Endpoint, quick: Path, clean_place: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    step = 1 + ["ENOSPC", "FULL", "EIO"].index(name)
    while True:
        for one in clean_place.iterdir():
            shutil.rmtree(one)
        for one in quick.iterdir():
            one.unlink()
        server.asked.clear()
        fault = Refusal(clean_place, step, name)
        _run(server, fault)
        if fault.hit is None:
            break
        where = f"step {step}, {fault.hit.kind} {Path(fault.hit.path).name}"
        said = capsys.readouterr()
        kept = {hashlib.sha256(one.read_bytes()).hexdigest() for one in _pictures(clean_place, quick)}
        assert len(kept) >= len(server.asked), f"{where}: {said.err}"
        assert "Traceback" not in said.err, where
        assert _run(server, None) == 0, where
        assert len(metadata()) == 2, where
        step += 17  # some of them: the others are as likely
    assert fault.count > 60


def _pictures(*folders: Path) -> list[Path]:
    return [one for folder in folders for one in folder.rglob("*.png")]
