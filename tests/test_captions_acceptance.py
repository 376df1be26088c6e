"""Frames of films, one bad service and two kills later: each good picture stands in train/ once with its one caption.

The frames are told by what they show (tests.frames), not by their names, so that a caption given to the wrong picture
is found out as well.
"""

import hashlib
import json
import os
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

import dset_generator
from dset.captions import orders, rules
from dset.rehearsal.server import Server
from tests import frames, gemini_images, kohya, watched
from tests.frames import COPY, GOOD, Frame
from tests.gemini_images import BLOCKS, MODELS, Grants, Service, Temper
from tests.running import journal
from tests.watched import Watched

pytestmark = pytest.mark.skipif(os.name == "nt", reason="process groups and SIGKILL")

DATASET = "dset_generator/captions/film"
COMMAND = ("caption", "frames", "--name", "film", "--trigger", gemini_images.TRIGGER, "--forbid", "names.txt",
           "--format", "kohya")  # fmt: skip


@dataclass(frozen=True)
class Scale:
    """How much of everything."""

    count: int
    corrupt: int
    bombs: int
    copies: int
    blocked: int  # at every model
    blocked_once: int  # at the first model that sees the picture
    grants: Grants
    temper: Temper
    kill_at: int  # captions in the journal
    kill_preparing_at: int = 0  # pictures in train/; 0: it is not killed there
    retry_waits: str = "0.02,0.05,0.1"
    seconds: float = 60.0  # that a run may take


SMALL = Scale(
    count=64,
    corrupt=3,
    bombs=2,
    copies=3,
    blocked=3,
    blocked_once=2,
    grants=Grants(12, 0.2, dict(zip(MODELS, (3, 4, 5, 10), strict=True))),
    temper=Temper(overloaded=0.02, dropped=0.01, seconds=0.02),
    kill_at=15,
)
WHOLE = Scale(
    count=4789,
    corrupt=40,
    bombs=8,
    copies=60,
    blocked=13,
    blocked_once=12,
    grants=Grants(60, 1.2, dict(zip(MODELS, (120, 200, 340, 440), strict=True))),
    temper=Temper(),
    kill_at=1143,
    kill_preparing_at=1500,
    retry_waits="0.2,0.4,0.8",
    seconds=1500.0,
)


@dataclass
class Shown:
    """What stands at the end, and how it came to that."""

    place: Path
    plan: list[Frame]
    service: Service
    never: Mapping[int, Mapping[str, Any]]
    before: dict[str, tuple[int, str]]
    runs: list[Watched] = field(default_factory=list)
    lost: set[int] = field(default_factory=set)  # bought, and not in the journal when it was killed
    in_flight: int = 0  # the most at once until then

    @property
    def folder(self) -> Path:
        """Of the dataset."""
        return self.place / DATASET

    @property
    def good(self) -> list[int]:
        """The frames that are pictures."""
        return [frame.number for frame in self.plan if frame.what == GOOD]

    @property
    def captioned(self) -> list[int]:
        """Those that get a caption."""
        return [number for number in self.good if number not in self.never]

    def captions(self) -> list[tuple[int, str]]:
        """(frame, caption) of each line of the journal."""
        lines = journal(self.place, DATASET)
        return [(_number(line), rules.tidy(line["response"]["answer"])) for line in lines]


def _number(record: Mapping[str, Any]) -> int:
    """The frame that a record is about: the n-th good one has the number n."""
    return int(Path(record["metadata"]["image"]).stem)


def show(place: Path, scale: Scale) -> Shown:
    """Make the frames, and give the same command until it is content."""
    plan = frames.plan(scale.count, corrupt=scale.corrupt, bombs=scale.bombs, copies=scale.copies)
    frames.write(place / "frames", plan, processes=(os.cpu_count() or 1) if scale.count > 200 else 1)
    (place / "names.txt").write_text("\n".join(gemini_images.NAMES), encoding="utf-8")
    good = [frame.number for frame in plan if frame.what == GOOD]
    never = {
        good[(place + 1) * len(good) // (scale.blocked + 2)]: BLOCKS[place] for place in range(scale.blocked)
    }
    once = [number + 3 for number in list(never)[: scale.blocked_once]]
    service = Service(scale.grants, never, once, scale.temper)
    shown = Shown(place, plan, service, never, _state(place / "frames"))
    with Server(service.script, keep_bodies=False) as server:
        (place / "endpoints.toml").write_text(gemini_images.endpoints_toml(server.base_url), encoding="utf-8")
        (place / ".env").write_text(gemini_images.dot_env(), encoding="utf-8")
        (place / ".env").chmod(0o600)
        _run_all(shown, server, scale)
    return shown


def _run_all(shown: Shown, server: Server, scale: Scale) -> None:
    def run(is_time: Callable[[], bool] | None = None) -> int:
        command = [*COMMAND, "--retry-waits", scale.retry_waits]
        shown.runs.append(watched.run(shown.place, command, is_time, scale.seconds))
        return shown.runs[-1].exit_status

    if scale.kill_preparing_at:
        assert run(_grown(shown.folder / "train", scale.kill_preparing_at)) == -9, shown.runs[-1].said
        assert not shown.service.book.requests
    assert run(_answered(shown.folder / "output.json", scale.kill_at)) == -9, shown.runs[-1].said
    shown.in_flight = server.peak_in_flight
    shown.lost = shown.service.book.good.keys() - {number for number, _ in shown.captions()}
    while run() != 0:
        assert len(shown.runs) < 8, "\n\n".join(one.said[-2000:] for one in shown.runs)


def _grown(folder: Path, count: int) -> Callable[[], bool]:
    return lambda: folder.is_dir() and len(os.listdir(folder)) >= count


def _answered(path: Path, count: int) -> Callable[[], bool]:
    return lambda: path.exists() and path.read_bytes().count(b"\n") >= count


def _state(folder: Path) -> dict[str, tuple[int, str]]:
    """What the sources are: (when changed, hash) by their path."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {
        path.relative_to(folder).as_posix(): (
            path.stat().st_mtime_ns,
            hashlib.sha256(path.read_bytes()).hexdigest(),
        )
        for path in files
    }


# --- What must be so at the end -------------------------------------------------------------------------------


def all_is_well(shown: Shown, tmp_path: Path, quiet_datasets: Callable[..., Any]) -> None:
    """Everything that the issue asks for."""
    _pictures_stand_where_they_belong(shown)
    _captions_are_those_of_their_pictures(shown)
    _nothing_was_bought_twice(shown)
    _loaders_read_all(shown, tmp_path, quiet_datasets)
    assert _state(shown.place / "frames") == shown.before
    assert dset_generator.main(["caption", "--check", "--name", "film"]) == 0
    book = shown.service.book
    assert not book.unknown  # nothing was sent but our frames, upright and whole
    assert all(len(book.asked[number]) >= 2 for number in shown.never)  # and not by one model alone
    assert all(len(set(book.asked[number])) >= 2 for number in shown.never)


def _pictures_stand_where_they_belong(shown: Shown) -> None:
    for shelf, wanted in (("train", shown.captioned), ("blocked", list(shown.never))):
        there = [path for path in (shown.folder / shelf).iterdir() if path.suffix == ".jpg"]
        assert sorted(int(path.stem) for path in there) == sorted(wanted), shelf
        wrong = [path.name for path in there if frames.number_in(path.read_bytes()) != int(path.stem)]
        assert not wrong, shelf
    others = [name for name in os.listdir(shown.folder / "train") if not name.endswith((".jpg", ".txt"))]
    assert others == ["metadata.jsonl"]
    assert not (shown.folder / ".coming").exists()
    states = Counter(line["state"] for line in _images(shown).values())
    what = Counter(frame.what for frame in shown.plan)
    assert states == {"ready": what[GOOD], "copy": what[COPY], "set aside": what["corrupt"] + what["bomb"]}
    sources = {line["source"]: line["number"] for line in _images(shown).values() if line["state"] == "ready"}
    assert sources == {frame.path: frame.number for frame in shown.plan if frame.what == GOOD}


def _images(shown: Shown) -> dict[str, dict[str, Any]]:
    lines = (json.loads(line) for line in (shown.folder / "images.jsonl").read_bytes().splitlines())
    return {line["source"]: line for line in lines}


def _captions_are_those_of_their_pictures(shown: Shown) -> None:
    names = orders.names_in(shown.place / "names.txt")
    wanted = rules.Rules(gemini_images.TRIGGER, (20, 30), "en", names)
    text = (shown.folder / "train/metadata.jsonl").read_text(encoding="utf-8")
    lines = [json.loads(line) for line in text.splitlines()]
    assert [line["file_name"] for line in lines] == [f"{number}.jpg" for number in shown.captioned]
    for number, line in zip(shown.captioned, lines, strict=True):
        assert line["text"] in gemini_images.captions(number), line
        assert not rules.faults(line["text"], wanted)
    assert len({line["text"] for line in lines}) == len(lines)


def _nothing_was_bought_twice(shown: Shown) -> None:
    said = shown.captions()
    assert Counter(number for number, _ in said) == Counter(shown.captioned)
    again = {number for number, texts in shown.service.book.good.items() if len(texts) > 1}
    assert again <= shown.lost, again - shown.lost
    assert (
        len(shown.lost) <= 2 * shown.in_flight + 4
    )  # on their way to the service, and from there to the disk
    assert all(text in shown.service.book.good[number] for number, text in said)


def _loaders_read_all(shown: Shown, tmp_path: Path, quiet_datasets: Callable[..., Any]) -> None:
    train = shown.folder / "train"
    texts = [json.loads(line)["text"] for line in (train / "metadata.jsonl").read_bytes().splitlines()]
    assert kohya.load(train) == dict(zip((f"{number}.jpg" for number in shown.captioned), texts, strict=True))
    rows = quiet_datasets("imagefolder", data_dir=str(shown.folder), split="train")
    assert rows.num_rows == len(shown.captioned)
    seen = set()
    for row in rows:
        number = frames.number_on(row["image"])
        assert (row["image"].size, row["image"].mode) == ((512, 512), "RGB")
        assert row["text"] in gemini_images.captions(number), number
        seen.add(number)
    assert seen == set(shown.captioned)


@pytest.fixture
def quiet_datasets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """The datasets package with its cache in the test's folder and no way to the network."""
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    datasets = pytest.importorskip("datasets")
    datasets.disable_progress_bars()
    return lambda *arguments, **more: datasets.load_dataset(
        *arguments, cache_dir=str(tmp_path / "cache"), **more
    )


def _figures(shown: Shown) -> str:
    book = shown.service.book
    lines = [
        f"run {place}: exit {one.exit_status}, {one.seconds:.1f} s, {one.peak:.0f} MiB, workers {one.workers_peak:.0f} MiB"
        f"; MiB each 10 s: {[round(size) for size in one.sizes[::10]]}\n{one.said[-1200:]}"
        for place, one in enumerate(shown.runs, 1)
    ]
    bought = {number: len(texts) for number, texts in book.good.items() if len(texts) > 1}
    return "\n".join(
        [
            *lines,
            f"requests {book.requests}: {dict(book.said)}; endpoints used {len(book.spent)}, spent {len(book.refused)}",
            f"lost by the kill {len(shown.lost)} of {shown.in_flight} in flight at most; bought twice {bought}",
        ]
    )


def test_a_folder_of_frames_survives_a_kill_and_a_bad_service(
    clean_place: Path, tmp_path: Path, quiet_datasets: Callable[..., Any]
) -> None:
    shown = show(clean_place, SMALL)
    all_is_well(shown, tmp_path, quiet_datasets)
    assert len(shown.service.book.refused) >= 8  # keys and models whose day is over


@pytest.mark.soak
def test_4789_frames_survive_two_kills_13_blocks_and_all_limits(
    clean_place: Path, tmp_path: Path, quiet_datasets: Callable[..., Any]
) -> None:
    began = time.monotonic()
    shown = show(clean_place, WHOLE)
    told = f"{_figures(shown)}\nin all {time.monotonic() - began:.0f} s"
    (tmp_path / "figures.txt").write_text(told, encoding="utf-8")
    all_is_well(shown, tmp_path, quiet_datasets)
    assert len(shown.service.book.refused) >= 12
