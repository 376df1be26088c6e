"""`scrape` as a whole: both services and both engines, over loopback, with what is said and written."""

import contextlib
import json
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from dset import settings as settings_module
from dset.errors import AlreadyRunningError, UsageError
from dset.inspection import Report
from dset.keys import Secrets
from dset.scraping import folder, scrape, searching, selection
from dset.scraping.engines import Engine, Results
from dset.scraping.folder import ScrapeFolder
from dset.scraping.pexels import Pexels
from dset.scraping.pixabay import Pixabay
from dset.scraping.scrape import Kit
from dset.scraping.searching import Api, Search
from dset.scraping.sources import NAMES, Source
from dset.scraping.tools import Tools
from tests.picture_services import (
    KEYS,
    PEXELS_KEY,
    PIXABAY_KEY,
    Answer,
    Asked,
    Services,
    as_json,
    has_key,
    hits,
    photos,
    picture,
    serving,
    tools,
)
from tests.test_scraping_orders import USUAL

SIGN, LABEL = "ป้ายประกาศราชการ", "ฉลากสินค้าไทย"


class World:
    """The two services and the hosts of pictures; what the engines find."""

    def __init__(self) -> None:
        self.server: Services
        self.blocked = False  # the engines
        self.limited = False  # the services, from now on

    def __call__(self, asked: Asked) -> Answer:
        path = asked.path
        if path.startswith("/picture/"):
            return Answer(200, picture(int(path.rpartition("/")[2])), {"Content-Type": "text/html"})
        if self.limited:
            return Answer(429, f"slow down {asked.parameters.get('key')}".encode())
        if path == "/v1/search":
            return as_json(photos(self.urls(asked.parameters["query"], 0)), X_Ratelimit_Remaining="19999")
        if path == "/api/":
            return as_json(hits(self.urls(asked.parameters["q"], 10)) | {"key": asked.parameters["key"]})
        return Answer(404)

    def urls(self, query: str, start: int) -> list[str]:
        base = sum(query.encode()) * 100 + start
        return [f"{self.server.url}/picture/{base + number}" for number in range(10)]

    def look(self, query: str, backend: str, number: int) -> Results:
        if self.blocked or number > 1:
            return []
        start = 25 if backend == "bing" else 20  # bing names in part what duckduckgo names
        return [{"image": url, "url": "https://a.example", "width": "9"} for url in self.urls(query, start)]

    def kit(self) -> Kit:
        @contextlib.asynccontextmanager
        async def connected(
            names: Sequence[str], secrets: Secrets
        ) -> AsyncIterator[tuple[list[Source], Tools]]:
            apis: dict[str, Api] = {"pexels": Pexels(self.server.url), "pixabay": Pixabay(self.server.url)}
            async with searching.client() as client:
                yield (
                    [
                        Search(apis[name], secrets, folder.ROOT, client)
                        if name in apis
                        else Engine(name, self.look)
                        for name in names
                    ],
                    tools(),
                )

        return Kit(selection.usable, connected)


@pytest.fixture
def world() -> Any:
    made = World()
    with serving(made) as made.server:
        yield made


def ask(
    world: World, said: list[str] | None = None, env: dict[str, str] | None = None, **options: Any
) -> Report:
    keys = {"PEXELS_API_KEY": PEXELS_KEY, "PIXABAY_API_KEY": PIXABAY_KEY} if env is None else env
    settings = settings_module.load({}, keys)
    told = [] if said is None else said
    report = scrape.scrape(
        settings, USUAL | options, lambda _: contextlib.nullcontext(), told.append, world.kit()
    )
    told += report.lines
    return report


def metadata() -> list[dict[str, Any]]:
    (path,) = Path("scraped_images").glob("scrape-*/scraped_metadata.jsonl")
    return [json.loads(line) for line in path.read_bytes().split(b"\n") if line]


def assert_no_key(said: list[str]) -> None:
    assert not has_key("\n".join(said).encode())
    for path in Path().rglob("*"):
        assert not any(key in path.name for key in KEYS)
        assert not (path.is_file() and has_key(path.read_bytes())), path


def test_two_queries_at_four_sources_come_to_ten_pictures_each(world: World) -> None:
    said: list[str] = []
    report = ask(world, said, query=(SIGN, LABEL), num_images=10)
    assert report.exit_status == 0
    found = metadata()
    assert Counter(one["query"] for one in found) == {SIGN: 10, LABEL: 10}
    for query in (SIGN, LABEL):
        given = Counter(one["source"] for one in found if one["query"] == query)
        assert set(given) == set(NAMES)
        assert max(given.values()) <= 3
    assert len({one["hash"] for one in found}) == 20
    assert {one["licence"].partition(" (")[0] for one in found} == {
        "Pexels License", "Pixabay Content License", "unknown"}  # fmt: skip
    (home,) = Path("scraped_images").glob("scrape-*")
    assert home.name.startswith(f"scrape-{SIGN}-20")
    assert report.lines[0] == "Finished: 20 of 20 pictures stand, 20 of them new."
    assert f"  next: caption {home.as_posix()}/images, or task NAME --images {home.as_posix()}/images" in said
    assert any("unknown licences: check each" in line for line in said)
    assert any('"Photo by X on Pexels"' in line for line in said)
    assert_no_key(said)


def test_the_same_command_again_needs_no_request_no_source_and_no_key(world: World) -> None:
    ask(world, query=("dog",), num_images=4, source=("pexels",))
    before = len(world.server.asked)
    report = ask(world, env={}, query=("dog",), num_images=4, source=("pexels",))
    assert (report.exit_status, len(world.server.asked)) == (0, before)
    assert report.lines[0] == "Finished: 4 of 4 pictures stand, 0 of them new."


def test_a_larger_count_costs_the_services_no_request_within_a_day(world: World) -> None:
    ask(world, query=("dog",), num_images=4)
    ask(world, query=("dog",), num_images=12)
    assert len(metadata()) == 12
    assert len(world.server.of("/v1/search")) == len(world.server.of("/api/")) == 1
    fetched = Counter(one.path for one in world.server.asked if one.path.startswith("/picture/"))
    assert set(fetched.values()) == {1}


def test_with_a_task_the_labels_are_searched_for_and_kept(world: World) -> None:
    Path("tasks.json").write_text(
        json.dumps(
            [
                {
                    "name": "animals",
                    "description": "Animals",
                    "schema": {
                        "type": "object",
                        "properties": {"label_en": {"enum": ["Dog", "Cat"]}, "text": {"type": "string"}},
                        "required": ["label_en", "text"],
                        "additionalProperties": False,
                    },
                    "label": "label_en",
                }
            ]
        )
    )
    report = ask(world, task="animals", per_label=3)
    assert report.exit_status == 0
    assert Counter(one["label"] for one in metadata()) == {"Dog": 3, "Cat": 3}
    assert any("task animals --images scraped_images/scrape-animals-" in line for line in report.lines)


def test_engines_that_are_blocked_leave_it_to_the_services(world: World) -> None:
    world.blocked = True
    said: list[str] = []
    assert ask(world, said, query=("dog",), num_images=8).exit_status == 0
    assert {one["source"] for one in metadata()} == {"pexels", "pixabay"}
    assert "bing gave nothing for dog: no results, or it blocks this address" in said


def test_what_is_missing_ends_with_1_and_says_why_and_what_to_do(world: World) -> None:
    world.blocked = True
    report = ask(world, query=("dog",), num_images=30)
    assert report.exit_status == 1
    assert report.lines[:2] == [
        "Not finished: 20 of 30 pictures stand, 20 of them new.",
        "  dog: 20 of 30, 10 missing (pexels 10, pixabay 10)",
    ]
    assert "  duckduckgo gave nothing for dog: no results, or it blocks this address" in report.lines
    assert report.lines[-1] == "  next: run the same command again, or add a source by --source"


def test_where_the_sources_have_no_more_another_try_is_not_promised(world: World) -> None:
    report = ask(world, query=("dog",), num_images=30, source=("pexels",))
    assert report.exit_status == 1
    assert "the sources have no more" in report.lines[-1]


def test_where_nothing_can_be_searched_it_ends_with_2(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.blocked = world.limited = True
    said: list[str] = []
    report = ask(world, said, query=("dog",), source=("pexels", "bing"))
    assert report.exit_status == 2
    assert report.lines[0] == "Nothing could be searched: 0 of 5 pictures stand, 0 of them new."
    assert any("pexels: its limit is reached, it rests until" in line for line in report.lines)
    assert_no_key(said)


def test_without_a_key_and_without_an_engine_no_folder_is_begun(world: World) -> None:
    with pytest.raises(UsageError, match="PEXELS_API_KEY is not set"):
        ask(world, env={}, query=("dog",), source=("pexels", "pixabay"))
    assert not Path("scraped_images").exists()


def test_a_folder_in_use_is_left_alone(world: World) -> None:
    ask(world, query=("dog",), num_images=1)
    (home,) = Path("scraped_images").glob("scrape-*")
    with ScrapeFolder(home), pytest.raises(AlreadyRunningError):
        ask(world, query=("dog",), num_images=2)


def test_other_arguments_begin_another_folder(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    ask(world, query=("dog",), num_images=1)
    ask(world, query=("dog",), num_images=1, seed=1)
    assert len(list(Path("scraped_images").glob("scrape-dog-*"))) == 2


def test_pictures_taken_out_are_made_up_for(world: World) -> None:
    ask(world, query=("dog",), num_images=4)
    gone = metadata()[0]
    next(Path("scraped_images").glob(f"*/{gone['image_path']}")).unlink()
    said: list[str] = []
    assert ask(world, said, query=("dog",), num_images=4).exit_status == 0
    assert len(metadata()) == 4
    assert gone["url"] not in {one["url"] for one in metadata()}
    assert any("1 picture taken out of the folder" in line for line in said)


def test_many_queries_make_no_endless_summary(world: World) -> None:
    from dset.scraping import closing
    from dset.scraping.finds import Asked as Query
    from dset.scraping.plan import Order
    from dset.scraping.tries import Outcome

    asked = tuple(Query(f"q{number}") for number in range(80))
    kept = {one.query: Counter(pexels=5) for one in asked[:-1]}
    outcome = Outcome(asked, 5, [], kept)
    lines = closing.lines(Order(asked, 5, NAMES, "x"), outcome, Path("f"))
    assert len(lines) < 60
    assert "  q79: 0 of 5, 5 missing" in lines
    assert "  and 30 more queries" in lines
