"""The verb `scrape` as a user types it: flags, exit statuses, interruptions, and a rehearsal that needs nothing."""

import contextlib
import json
import signal
import socket
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from dset.locks import Lock
from dset.scraping import scrape
from tests.picture_services import (
    KEYS,
    PEXELS_KEY,
    PIXABAY_KEY,
    Answer,
    Asked,
    as_json,
    photos,
    picture,
    serving,
)
from tests.running import Run, run_script
from tests.test_scraping_scrape import World

Main = Callable[..., Run]


def folders(root: str = "scraped_images") -> list[Path]:
    return sorted(Path(root).glob("scrape-*"))


def metadata(root: str = "scraped_images") -> list[dict[str, Any]]:
    (home,) = folders(root)
    return [json.loads(line) for line in (home / "scraped_metadata.jsonl").read_bytes().split(b"\n") if line]


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """Sources that are searched, in place of the real ones; their keys are set."""
    made = World()
    monkeypatch.setenv("PEXELS_API_KEY", PEXELS_KEY)
    monkeypatch.setenv("PIXABAY_API_KEY", PIXABAY_KEY)
    monkeypatch.setattr(scrape, "_usual", made.kit)
    with serving(made) as made.server:
        yield made


@pytest.mark.parametrize("spelling", [
    ("--query", "dog", "cat", "--num-images", "2", "--source", "pexels"),
    ("--num_images", "2", "--query", "dog", "cat", "--source", "pexels"),
    ("--source", "pexels", "--query", "dog", "--num_images=2", "--query", "cat", "dog")])  # fmt: skip
def test_queries_stand_behind_one_flag_or_several_and_num_images_in_both_spellings(
    world: World, main: Main, spelling: tuple[str, ...]
) -> None:
    run = main("scrape", *spelling)
    assert run.exit_status == 0, run.said
    assert Counter(one["query"] for one in metadata()) == {"dog": 2, "cat": 2}
    assert not any(key in run.said for key in KEYS)


def test_the_query_may_stand_in_a_variable(world: World, main: Main, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DSET_QUERY", "street sign")
    Path(".env").write_text("DSET_NUM_IMAGES=3\nDSET_SOURCE=pexels\n")
    assert main("scrape").exit_status == 0
    assert Counter(one["query"] for one in metadata()) == {"street sign": 3}


@pytest.mark.parametrize(("arguments", "said"), [
    ((), 'scrape what? As in: scrape --query "street sign" --num-images 10'),
    (("--query",), "expected at least one argument"),
    (("--query", " "), "scrape what?"),
    (("--query", "dog", "--num-images", "0"), "--num-images: 0 must be from 1"),
    (("--query", "dog", "--num_images", "many"), "--num-images: 'many' is no whole number"),
    (("--query", "dog", "--source", "flickr"), "must be one of pexels, pixabay, duckduckgo, bing, generate"),
    (("--query", "dog", "--per-label", "3"), "--per-label goes with --task"),
    (("--task", "nothing"), "nothing"),
    (("--query", "dog", "--name", "../up"), "a name is letters"),
    (("--query", "dog", "--near", "2"), "--near"),
    (("--query", PEXELS_KEY), "a query holds a key of .env"),
    (("dog",), "unrecognized arguments: dog"),
    (("--query", "dog", "--output", "there"), "unrecognized arguments")])  # fmt: skip
def test_what_cannot_be_taken_is_one_line_and_2_and_leaves_no_folder(
    world: World, main: Main, arguments: tuple[str, ...], said: str
) -> None:
    run = main("scrape", *arguments)
    assert (run.exit_status, run.out, run.err.count("\n")) == (2, "", 1)
    assert said in run.err
    assert PEXELS_KEY not in run.err
    assert not world.server.asked
    assert not list(Path().iterdir())


def test_the_labels_of_a_task_are_the_queries(world: World, main: Main) -> None:
    schema = {
        "type": "object",
        "properties": {"label_en": {"enum": ["Dog", "Cat"]}, "text": {"type": "string"}},
        "required": ["label_en", "text"],
        "additionalProperties": False,
    }
    tasks = [{"name": "animals", "description": "Animals", "schema": schema, "label": "label_en"}]
    Path("tasks.json").write_text(json.dumps(tasks))
    run = main("scrape", "--task", "animals", "--per-label", "2", "--source", "pexels")
    assert run.exit_status == 0, run.said
    assert Counter(one["label"] for one in metadata()) == {"Dog": 2, "Cat": 2}
    both = main("scrape", "--task", "animals", "--query", "dog")
    assert both.exit_status == 2
    assert "the labels of animals are the queries" in both.err


def test_fewer_than_wanted_is_1_and_nothing_searched_is_2(world: World, main: Main) -> None:
    assert main("scrape", "--query", "dog", "--num-images", "30", "--source", "pexels").exit_status == 1
    world.blocked = True
    run = main("scrape", "--query", "cat", "--source", "bing")
    assert run.exit_status == 2
    assert run.out.startswith("Nothing could be searched: 0 of 5 pictures stand")
    assert "no results, or it blocks this address" in run.said


def test_quiet_says_the_summary_and_nothing_else(world: World, main: Main) -> None:
    run = main("scrape", "--query", "dog", "--source", "pexels", "--quiet")
    assert (run.exit_status, run.err) == (0, "")
    assert run.out.startswith("Finished: 5 of 5 pictures stand, 5 of them new.")


def test_a_second_command_at_the_same_folder_is_told_so_at_once(world: World, main: Main) -> None:
    asked = ("scrape", "--query", "dog", "--source", "pexels")
    main(*asked)
    lock = Lock(folders()[0] / ".lock", "the folder")
    lock.acquire()
    run = main(*asked, "--num-images", "7")
    lock.release()
    assert (run.exit_status, run.out) == (2, "")
    assert "already running" in run.err
    assert main(*asked, "--num-images", "7").exit_status == 0


@pytest.mark.parametrize(("name", "status"), [("SIGINT", 130), ("SIGTERM", 143)])
def test_an_interrupted_search_keeps_what_came_and_says_how_to_go_on(
    world: World, main: Main, name: str, status: int
) -> None:
    if sys.platform == "win32" and name == "SIGTERM":
        pytest.skip("nobody sends it there")
    usual, hits = world.__call__, []

    def script(asked: Asked) -> Answer:
        if asked.path.startswith("/picture/"):
            hits.append(asked.path)
            if len(hits) == 12:  # of the second query: the first one has its nine
                signal.raise_signal(getattr(signal, name))
        return usual(asked)

    with serving(script) as world.server:
        asked = ("scrape", "--query", "dog", "cat", "--num-images", "9", "--source", "pexels")
        run = main(*asked)
        assert run.exit_status == status
        assert run.out.startswith(f"Interrupted by {'Ctrl-C' if name == 'SIGINT' else name}: ")
        assert "next: run the same command again: it goes on from here" in run.out
        assert "Traceback" not in run.said
        kept = len(metadata())
        assert 9 <= len(list((folders()[0] / "images").iterdir())) == kept < 18
        assert main(*asked).exit_status == 0
        assert len(metadata()) == 18
        assert len(folders()) == 1


def test_hostile_words_of_a_service_reach_neither_a_path_nor_the_terminal(
    main: Main, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = World()
    monkeypatch.setenv("PEXELS_API_KEY", PEXELS_KEY)
    monkeypatch.setattr(scrape, "_usual", made.kit)

    def script(asked: Asked) -> Answer:
        if asked.path.startswith("/picture/"):
            return Answer(
                200, picture(int(asked.path.rpartition("/")[2])), {"Content-Disposition": "../../evil.exe"}
            )
        page = photos([f"{made.server.url}/picture/{number}" for number in range(4)])
        for one in page["photos"]:
            one["photographer"] = "<script>alert(1)</script>\x1b[31m\x07\u202e" + "x" * 10_000
            one["url"] = "javascript:alert(1)"
            one["id"] = "../../../etc/passwd"
            one["alt"] = "y" * 1_000_000
            one["image_path"] = "../../.env"
        return as_json(page)

    with serving(script) as made.server:
        run = main("scrape", "--query", "dog", "--num-images", "4", "--source", "pexels")
    assert run.exit_status == 0, run.said
    assert all(line.isprintable() for line in run.said.splitlines())
    (home,) = folders()
    for one in metadata():
        assert (home / one["image_path"]).resolve().parent == (home / "images").resolve()
        assert one["page"] == ""
        assert len(json.dumps(one)) < 10_000
    assert not list(Path().glob("*.exe"))


# --- The rehearsal ------------------------------------------------------------------------------------------


@pytest.fixture
def sockets(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Hosts that were looked up or connected to; none is reached but loopback."""
    reached: list[str] = []
    look_up = socket.getaddrinfo

    def noting(host: Any, *arguments: Any, **more: Any) -> Any:
        reached.append(str(host))
        return look_up(host, *arguments, **more)

    class Noting(socket.socket):
        def connect(self, address: Any) -> None:
            reached.append(str(address[0]))
            super().connect(address)

        def connect_ex(self, address: Any) -> int:
            reached.append(str(address[0]))
            return super().connect_ex(address)

    monkeypatch.setattr(socket, "getaddrinfo", noting)
    monkeypatch.setattr(socket, "socket", Noting)
    return reached


@pytest.mark.parametrize("source", ["", "pexels,generate", "generate"])
def test_a_rehearsal_needs_no_key_no_network_and_no_model(
    main: Main, sockets: list[str], source: str
) -> None:
    named = ["--source", source] if source else []
    run = main("scrape", "--rehearse", "--query", "dog", "ป้าย", "--num-images", "6", *named)
    assert run.exit_status == 0, run.said
    assert set(sockets) <= {"127.0.0.1", "::1", "localhost"}
    assert not Path("scraped_images").exists()
    found = metadata("dset_generator/rehearsal/scraped_images")
    assert Counter(one["query"] for one in found) == {"dog": 6, "ป้าย": 6}
    assert {one["licence"] for one in found} == {"invented: no picture of anybody's"}
    assert len({one["hash"] for one in found}) == 12
    assert "rehearsal: invented pictures, no key, no network, nothing is billed" in run.err
    assert run.out.splitlines()[-1] == "  a rehearsal: no source was asked, every picture is invented"
    assert "licence" not in run.out  # of pictures that are nobody's
    if not source:
        assert {one["source"] for one in found} == {"pexels", "pixabay", "duckduckgo", "bing"}


def test_a_rehearsal_goes_on_and_a_larger_count_asks_only_for_the_rest(main: Main) -> None:
    asked = ("scrape", "--rehearse", "--query", "dog", "--num-images")
    main(*asked, "3")
    first = metadata("dset_generator/rehearsal/scraped_images")
    again = main(*asked, "3")
    assert again.out.startswith("Finished: 3 of 3 pictures stand, 0 of them new.")
    main(*asked, "5")
    assert metadata("dset_generator/rehearsal/scraped_images")[:3] == first


def test_the_pictures_of_a_rehearsal_are_told_apart_even_at_a_strict_likeness(main: Main) -> None:
    run = main("scrape", "--rehearse", "--query", "dog", "--num-images", "30", "--near", "0.85")
    assert run.exit_status == 0, run.said


def test_what_was_collected_can_be_captioned(main: Main) -> None:
    main("scrape", "--rehearse", "--query", "dog", "--num-images", "2")
    (home,) = folders("dset_generator/rehearsal/scraped_images")
    run = main("caption", str(home / "images"), "--rehearse=calm", "--name", "dogs")
    assert run.exit_status == 0, run.said


# --- Without what the extra brings --------------------------------------------------------------------------


def without(place: Path, package: str) -> dict[str, str]:
    """An environment in which the package cannot be imported."""
    folder = place / "missing"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(
        "import sys\nclass No:\n    def find_spec(self, name, *_):\n"
        f"        if name.partition('.')[0] == {package!r}:\n"
        f"            raise ModuleNotFoundError('no', name={package!r})\nsys.meta_path.insert(0, No())\n"
    )
    return {"PYTHONPATH": str(folder)}


def test_without_pillow_one_line_says_how_to_install_it(tmp_path: Path, clean_place: Path) -> None:
    for more in ([], ["--rehearse"]):
        env = without(tmp_path, "PIL") if not more else {"PYTHONPATH": str(tmp_path / "missing")}
        run = run_script(clean_place, "scrape", "--query", "dog", "--source", "bing", *more, env=env)
        lines = [line for line in run.err.splitlines() if "rehearsal:" not in line]
        assert (run.exit_status, run.out, len(lines)) == (2, "", 1), run.said
        assert lines[0].startswith("dset: the package pillow is missing or too old; run: ")
        assert lines[0].endswith('[images]"')
    assert not list(clean_place.iterdir())


def test_without_ddgs_a_rehearsal_runs_all_the_same(tmp_path: Path, clean_place: Path) -> None:
    env = without(tmp_path, "ddgs")
    run = run_script(clean_place, "scrape", "--rehearse", "--query", "dog", "--num-images", "2", env=env)
    assert run.exit_status == 0, run.said
    with contextlib.chdir(clean_place):
        assert len(metadata("dset_generator/rehearsal/scraped_images")) == 2
