"""The folder of scraped pictures: found again, whole after any crash, one picture for each line."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from dset import steps
from dset.errors import AlreadyRunningError, UsageError
from dset.scraping import folder, plan, records
from dset.scraping.finds import Asked
from dset.scraping.folder import ScrapeFolder
from dset.scraping.plan import Order
from tests.crashes import Crash, CrashError
from tests.picture_services import Time, stopped_time

ORDER = Order((Asked("dog"), Asked("cat")), 5, ("pexels", "bing"), "animals")
HOME = Path("scraped_images/scrape-animals-20261121-120000")


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Time:
    return stopped_time(monkeypatch)


def record(number: int) -> tuple[dict[str, Any], bytes]:
    data = f"picture {number} \ud800".encode("utf-8", "surrogatepass") * 50
    content = hashlib.sha256(data).hexdigest()
    line = {"image_path": f"images/{content[:16]}.jpg", "query": "dog", "source": "pexels",
            "url": f"https://a.example/{number}.jpg", "author": "\ud800 ก\u2028", "hash": content}  # fmt: skip
    return line, data


def lines(home: Path = HOME) -> list[dict[str, Any]]:
    path = home / folder.METADATA
    return [json.loads(line) for line in path.read_bytes().split(b"\n") if line] if path.exists() else []


def keep(home: ScrapeFolder, *numbers: int) -> None:
    for number in numbers:
        home.keep(*record(number))


def assert_whole(home: Path = HOME) -> None:
    """Each line has its picture, byte for byte, and each picture its line."""
    found = lines(home)
    for one in found:
        data = (home / one["image_path"]).read_bytes()
        assert hashlib.sha256(data).hexdigest() == one["hash"]
    names = [one["image_path"] for one in found]
    assert sorted(names) == sorted(f"images/{path.name}" for path in (home / "images").iterdir())


# --- Which folder --------------------------------------------------------------------------------------------


def test_the_folder_is_named_by_the_moment_and_found_again(time: Time) -> None:
    assert folder.find(ORDER) is None
    assert folder.create(ORDER) == HOME
    assert folder.find(ORDER) == HOME
    assert json.loads((HOME / "plan.json").read_bytes()) == {
        "version": 1, "queries": ["dog", "cat"], "labels": ["", ""], "sources": ["pexels", "bing"],
        "seed": 0, "near": 0.85, "task": "", "count": 5}  # fmt: skip


def test_the_newest_of_equal_orders_counts(time: Time) -> None:
    folder.create(ORDER)
    second = folder.create(ORDER)
    assert second.name.endswith("-120000-2")
    assert folder.find(ORDER) == second
    for _ in range(9):
        last = folder.create(ORDER)
    assert folder.find(ORDER) == last  # -11 comes after -9
    time.pass_by(1)
    assert folder.create(ORDER) == folder.find(ORDER)


@pytest.mark.parametrize(
    "change",
    [{"asked": (Asked("dog"),)}, {"asked": (Asked("dog", "x"), Asked("cat"))}, {"sources": ("bing",)}, {"seed": 1},
     {"near": 0.9}, {"task": "t"}, {"name": "animal"}, {"name": "animals-2"}],
)  # fmt: skip
def test_another_order_has_another_folder(time: Time, change: dict[str, Any]) -> None:
    from dataclasses import replace

    folder.create(ORDER)
    assert folder.find(replace(ORDER, **change)) is None


def test_a_larger_count_is_the_same_order_and_stays_noted(time: Time) -> None:
    from dataclasses import replace

    folder.create(ORDER)
    for count in (9, 5):
        assert folder.find(replace(ORDER, count=count)) == HOME
        plan.write(HOME / plan.NAME, replace(ORDER, count=count))
        assert json.loads((HOME / "plan.json").read_bytes())["count"] == 9


def test_a_plan_that_cannot_be_read_is_nobodys(time: Time) -> None:
    folder.create(ORDER)
    (HOME / "plan.json").write_bytes(b"{")
    assert folder.find(ORDER) is None


def test_one_run_at_a_time(time: Time) -> None:
    folder.create(ORDER)
    with ScrapeFolder(HOME), pytest.raises(AlreadyRunningError), ScrapeFolder(HOME):
        pass


# --- What it keeps -------------------------------------------------------------------------------------------


def test_what_was_kept_and_refused_is_known_to_the_next_run(time: Time) -> None:
    folder.create(ORDER)
    with ScrapeFolder(HOME) as home:
        keep(home, 1, 2)
        home.refuse("https://a.example/9.jpg", "it is gone (410)")
        home.note_print("h", "p")
    with ScrapeFolder(HOME) as home:
        assert home.kept("dog") == {"pexels": 2}
        assert home.known() == {"//a.example/1.jpg", "//a.example/2.jpg", "//a.example/9.jpg"}
        assert home.print_of("h") == "p"
    assert_whole()
    assert not (HOME / ".lock").exists()


def ways(place: Path) -> list[Crash]:
    """A crash at each step of keeping two pictures."""
    found = []
    for how in ("before", "after", "1 byte", "half", "all but one"):
        count = Crash(place, 10**9, how)
        found += [Crash(place, at, how) for at in range(1, steps_of(count) + 1)]
    return found


def steps_of(count: Crash) -> int:
    return run(count, "counted")


def run(crash: Crash, name: str) -> int:
    """A run that keeps three pictures in a folder of this name, under this watch; the steps that it took."""
    from dataclasses import replace

    path = folder.create(replace(ORDER, name=name))
    steps.watch = crash
    try:
        with ScrapeFolder(path) as home:
            keep(home, 1, 2)
            home.refuse("https://a.example/9.jpg", "gone")
            keep(home, 3)
    except CrashError:
        pass
    finally:
        steps.watch = None
    return crash.count


def test_a_crash_at_any_step_leaves_no_line_without_its_picture_and_no_picture_without_its_line(
    clean_place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.fsync", lambda _: None)  # a crash of the process, not of the disk
    crashes = ways(clean_place)
    assert len(crashes) > 100
    taken_up = 0
    for number, crash in enumerate(crashes):
        name = f"c{number}"
        run(crash, name)
        assert crash.hit
        (path,) = Path("scraped_images").glob(f"scrape-{name}-*")
        for one in lines_that_are_whole(path):
            assert (path / one["image_path"]).exists()
        with ScrapeFolder(path) as home:
            taken_up += home.taken_up
            assert_whole(path)
            assert not list(path.rglob(".*.new"))
            missing = {1, 2, 3} - {int(one["url"][18:-4]) for one in home.records}
            keep(home, *sorted(missing))
        assert_whole(path)
        assert sorted(one["url"] for one in lines(path)) == [record(one)[0]["url"] for one in (1, 2, 3)]
    assert taken_up > 10


def lines_that_are_whole(home: Path) -> list[dict[str, Any]]:
    path = home / folder.METADATA
    data = path.read_bytes() if path.exists() else b""
    return [json.loads(line) for line in data.split(b"\n")[:-1]]


def test_a_picture_that_somebody_takes_out_loses_its_line_and_does_not_come_back(time: Time) -> None:
    folder.create(ORDER)
    with ScrapeFolder(HOME) as home:
        keep(home, 1, 2, 3)
    (HOME / record(2)[0]["image_path"]).unlink()
    (HOME / record(3)[0]["image_path"]).unlink()
    with ScrapeFolder(HOME) as home:
        assert home.taken_away == 2
        assert home.kept("dog").total() == 1
        assert "//a.example/2.jpg" in home.known()
    assert_whole()
    with ScrapeFolder(HOME) as home:
        assert home.taken_away == 0
        assert "//a.example/3.jpg" in home.known()


def test_where_the_pictures_are_gone_with_their_folder_nothing_is_dropped(time: Time) -> None:
    folder.create(ORDER)
    with ScrapeFolder(HOME) as home:
        keep(home, 1)
    (HOME / "images").rename(HOME / "moved")
    with pytest.raises(UsageError, match=r"images is gone, .* put it back"), ScrapeFolder(HOME):
        pass
    assert len(lines()) == 1
    assert not (HOME / ".lock").exists()


def test_a_picture_of_somebodys_own_is_left_alone(time: Time) -> None:
    folder.create(ORDER)
    with ScrapeFolder(HOME) as home:
        keep(home, 1)
    (HOME / "images" / "mine.jpg").write_bytes(b"mine")
    with ScrapeFolder(HOME) as home:
        assert len(home.records) == 1
    assert (HOME / "images" / "mine.jpg").read_bytes() == b"mine"


def test_damage_in_the_middle_is_named_by_its_line_and_nothing_is_changed(time: Time) -> None:
    folder.create(ORDER)
    with ScrapeFolder(HOME) as home:
        keep(home, 1, 2)
    path = HOME / folder.METADATA
    damaged = path.read_bytes().replace(b"{", b"(", 1)
    path.write_bytes(damaged)
    with (
        pytest.raises(UsageError, match=r"scraped_metadata\.jsonl line 1 is no JSON object"),
        ScrapeFolder(HOME),
    ):
        pass
    assert path.read_bytes() == damaged


def test_a_whole_last_line_that_lacks_its_newline_is_kept() -> None:
    path = Path("x.jsonl")
    path.write_bytes(b'{"a": 1}\n\n{"a": 2}')
    assert records.read(path) == [{"a": 1}, {"a": 2}]
    assert path.read_bytes() == b'{"a": 1}\n\n{"a": 2}\n'
    path.write_bytes(b'{"a": 1}\n{"a"')
    assert records.read(path) == [{"a": 1}]
    assert path.read_bytes() == b'{"a": 1}\n'
