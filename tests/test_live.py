"""The note of a run, .progress.json: whole or not there, without a key, and nothing to the run."""

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from dset import live
from dset.live import Live
from dset.rehearsal import faults
from dset.rehearsal.server import Script, Server
from tests.running import Run, at, journal, questions_csv

Serve = Callable[[Script], Server]
Main = Callable[..., Run]
PATH = Path("dset_generator/.progress.json")
KEY = "sk-0123456789abcdefghijklmnop"


def test_at_its_end_a_run_has_noted_how_it_went_and_what_is_left(
    main: Main, serve: Serve, clean_place: Path
) -> None:
    questions_csv(clean_place, "one", "bad", "three", "four")
    server = serve(faults.by_text({"bad": [faults.unprocessable()]}, faults.ok("yes")))
    main(*at(server.base_url, "--limit", "3", "--quiet"))
    note = live.read(PATH)
    assert note is not None
    assert (note["state"], note["stopped"], note["answered"], note["failed"]) == ("ended", None, 2, 1)
    assert (note["total"], note["plan"]["rows"], note["plan"]["beyond"]) == (3, 4, 1)
    after = note["after"]
    assert (after["rows"], after["done"], after["todo"], after["errors"]) == (4, 2, 2, 1)
    assert after["questions"][0] == os.path.join("..", "q.csv")
    [lane] = note["lanes"]
    assert (lane["answered"], lane["in_flight"], lane["is_open"]) == (2, 0, True)
    assert note["run"] == journal(clean_place)[0]["metadata"]["run"]


def test_why_a_run_stopped_is_noted_and_no_key_with_it(
    main: Main, serve: Serve, clean_place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEEPSEEK_API_KEY", KEY)
    questions_csv(clean_place, "one")
    main(*at(serve(faults.echoes_key).base_url))
    note = live.read(PATH)
    assert note is not None
    assert note["stopped"]["kind"] == "stop"
    assert KEY not in PATH.read_text()
    assert KEY[8:20] not in PATH.read_text()


def test_a_run_that_asks_nothing_leaves_the_note_but_for_what_it_found(
    main: Main, serve: Serve, clean_place: Path
) -> None:
    path = questions_csv(clean_place, "one", "two")
    server = serve(faults.echo())
    main(*at(server.base_url))
    before = PATH.read_bytes()
    main(*at(server.base_url))
    assert PATH.read_bytes() == before
    path.write_bytes(path.read_bytes().replace(b"two", b""))
    main(*at(server.base_url))
    note = live.read(PATH)
    assert note is not None
    assert (note["answered"], note["after"]["rows"]) == (2, 1)


def _folder() -> None:
    PATH.mkdir()


def _link() -> None:
    PATH.symlink_to(Path("mine").resolve())


def _pipe() -> None:
    os.mkfifo(PATH)


@pytest.mark.skipif(sys.platform == "win32", reason="links and pipes as on POSIX")
@pytest.mark.parametrize("put", [_folder, _link, _pipe])
def test_where_it_cannot_be_written_the_run_goes_on_without_it(
    main: Main, serve: Serve, clean_place: Path, put: Callable[[], None]
) -> None:
    questions_csv(clean_place, "one")
    Path("mine").write_text("mine")
    PATH.parent.mkdir()
    put()
    assert main(*at(serve(faults.echo()).base_url)).exit_status == 0
    assert Path("mine").read_text() == "mine"
    assert live.read(PATH) is None
    assert len(journal(clean_place)) == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a full disk, as Linux has it")
def test_a_full_disk_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "note"
    path.touch()
    one = Live(path)
    one._descriptor = os.open("/dev/full", os.O_WRONLY)
    assert one.note({"answered": 1})
    one.close()
    assert path.read_bytes() == b""


def test_of_a_longer_note_nothing_is_left_and_what_is_torn_is_none(tmp_path: Path) -> None:
    path = tmp_path / "note"
    one = Live(path)
    one.note({"reason": "x" * 5_000})
    one.note({"reason": "\ud800"})
    data = path.read_bytes()
    assert json.loads(data)["reason"] == (live.read(path) or {})["reason"] == "\ud800"
    assert b"xx" not in data
    for cut in (0, 1, 30, len(data.rstrip()) - 1):
        path.write_bytes(data[:cut])
        assert live.read(path) is None, cut
    path.write_bytes(data.replace(b'"at": "2', b'"at": "3'))  # half of one note, half of another
    assert live.read(path) is None
    one.close()


def test_a_note_that_was_deleted_is_there_again_with_the_next(tmp_path: Path) -> None:
    one = Live(tmp_path / "note")
    one.note({"answered": 1})
    (tmp_path / "note").unlink()
    assert not one.note({"answered": 1})  # nothing new: nothing is written
    assert one.note({"answered": 2})
    one.close()
    assert (live.read(tmp_path / "note") or {})["answered"] == 2
