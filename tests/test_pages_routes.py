"""The routes of the server, asked as programs and browsers ask, whatever state the datasets behind them are in."""

import contextlib
import json
import os
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from starlette.testclient import TestClient

from dset.pages import app, figure_process
from dset.pages.desk import Desk
from dset.pages.page_frame import PAGES
from dset.pages.shelf import Shelf
from tests import hostile_datasets, samples
from tests.served import Reply, Served, serving

STATIC = Path(__file__).resolve().parents[1] / "dset" / "pages" / "static"
SHOWN, MORE, REFUSED = hostile_datasets.SHOWN, hostile_datasets.MORE, hostile_datasets.REFUSED
ROUTES = (
    "run",
    "answers",
    "answers?status=answered&sort=length&q=q",
    "facets",
    "answers/0",
    "answers/1",
    "answers/0/picture",
)


def strict(data: bytes) -> Any:
    """JSON as every reader of it takes it: in UTF-8, with numbers that end, each key once."""

    def refuse(word: str) -> None:
        raise AssertionError(f"{word} is no JSON")

    def pairs(found: list[tuple[str, Any]]) -> dict[str, Any]:
        assert len(dict(found)) == len(found)
        return dict(found)

    text = data.decode()
    text.encode()  # no half of a character by an escape either, once it is parsed
    found = json.loads(text, parse_constant=refuse, object_pairs_hook=pairs)
    json.dumps(found, ensure_ascii=False).encode()
    return found


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A dataset of each kind of damage."""
    root, made = tmp_path_factory.mktemp("hostile"), dict[str, Path]()
    for number, (name, build) in enumerate({**SHOWN, **MORE, **REFUSED}.items()):
        build(made.setdefault(name, root / f"d{number}"))
    return made


@pytest.fixture(scope="module")
def served(folders: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """All of them behind one server, which has nothing to tell of errors of its own when it ends."""
    place = tmp_path_factory.mktemp("kept")
    with serving(*folders.values(), place=place, tasks=place / "tasks.json") as running:
        yield running
    assert running.told == []


@pytest.fixture(scope="module")
def keys(served: Served) -> dict[str, str]:
    return {
        one["name"].rpartition("/")[2]: one["key"]
        for one in strict(served.get("/api/datasets").body)["datasets"]
    }


def ask_all(served: Served, key: str) -> dict[str, Reply]:
    """Each route that is about a dataset; that none of them hangs is seen by the patience of a request."""
    found = {route: served.get(f"/api/datasets/{key}/{route}") for route in ROUTES}
    found["compare"] = served.get(f"/api/compare?left={key}&right={key}")
    for route, reply in found.items():
        if reply.headers["content-type"] == "application/json":
            told = strict(reply.body)
            assert reply.status == 200 or (set(told) == {"detail"} and "\n" not in told["detail"]), route
    return found


@pytest.mark.parametrize("what", [*SHOWN, *MORE])
def test_whatever_lies_in_a_dataset_its_answers_are_shown(
    served: Served, folders: dict[str, Path], keys: dict[str, str], what: str
) -> None:
    found = ask_all(served, keys[folders[what].name])
    assert {reply.status for route, reply in found.items() if "answers/" not in route} == {200}
    assert found["answers/0"].status == 200
    assert {found["answers/0/picture"].status, found["answers/1"].status} <= {200, 404}
    answered = found["answers?status=answered&sort=length&q=q"].json["total"]
    assert answered == hostile_datasets.SOUND if what in SHOWN else answered >= hostile_datasets.SOUND


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_no_file_in_place_of_the_answers_is_told_and_waited_for_by_nobody(
    served: Served, folders: dict[str, Path], keys: dict[str, str], what: str
) -> None:
    found = ask_all(served, keys[folders[what].name])
    assert {reply.status for reply in found.values()} <= {200, 404, 503}
    assert found["run"].status == 200
    if "a folder" in what:
        assert found["answers"].json == {"detail": "a file cannot be read now (Is a directory)"}


@pytest.mark.parametrize(
    "what", [*MORE, *REFUSED, *(one for one in SHOWN if one.startswith(("journal", "kind", "a ")))]
)
def test_the_charts_of_any_dataset_are_figures_or_a_sentence(folders: dict[str, Path], what: str) -> None:
    told = figure_process._counted(folders[what], 1.0)
    strict(json.dumps(told).encode())
    if not told.get("charts"):
        said = told.get("failed") or told["message"]
        assert said.endswith(".")
        assert "own" not in said, said  # no error of the program's
        assert str(folders[what].parent) not in said


@contextlib.contextmanager
def alone(tmp_path: Path) -> Iterator[tuple[Served, Path, str]]:
    """A server of one sound dataset: (server, folder, key)."""
    folder = tmp_path / "one"
    hostile_datasets.sound(folder)
    with serving(folder, place=tmp_path / "kept", tasks=tmp_path / "tasks.json") as served:
        yield served, folder, served.get("/api/datasets").json["datasets"][0]["key"]
        assert served.told == []


def totals(served: Served, key: str) -> tuple[int, int]:
    """Answers as the table and as the run page count them."""
    page = served.get(f"/api/datasets/{key}/answers?status=answered").json
    return page["total"], len(served.get(f"/api/datasets/{key}/run").json["latest"])


def test_a_journal_that_is_changed_while_it_is_served_is_shown_as_it_stands_then(tmp_path: Path) -> None:
    with alone(tmp_path) as (served, folder, key):
        journal = folder / "output.json"
        lines = journal.read_bytes().splitlines(keepends=True)
        assert totals(served, key)[0] == 6
        for fresh in (lines[:2], [*lines, *lines], lines[3:], [lines[0][:-20]], []):
            journal.write_bytes(b"".join(fresh))
            assert {one.status for one in ask_all(served, key).values()} <= {200, 404}
            assert totals(served, key)[0] == (len(fresh) if len(fresh) != 1 else 0)
        draft = tmp_path / "fresh.json"
        draft.write_bytes(b"".join(lines[:4]))
        os.replace(draft, journal)
        assert totals(served, key)[0] == 4
        journal.unlink()
        assert totals(served, key)[0] == 0


def test_a_dataset_that_is_taken_away_while_it_is_served_is_not_there_and_there_again(tmp_path: Path) -> None:
    with alone(tmp_path) as (served, folder, key):
        assert totals(served, key)[0] == 6
        shutil.move(folder, tmp_path / "away")
        for reply in ask_all(served, key).values():
            assert reply.status == 404
            assert "any more" in reply.json["detail"]
        assert served.get("/api/datasets").json == {"datasets": []}
        shutil.move(tmp_path / "away", folder)
        assert totals(served, key)[0] == 6


def test_an_index_that_its_disk_refuses_is_no_mistake_of_who_asks(tmp_path: Path) -> None:
    hostile_datasets.sound(tmp_path / "one")
    (tmp_path / "kept").mkdir()
    desk = Desk(Shelf((tmp_path / "one",)), tmp_path / "kept")
    client, key = TestClient(app.routes(desk, tmp_path / "tasks.json")), desk.shelf.datasets()[0].key
    with desk.until(threading.Event()):
        assert client.get(f"/api/datasets/{key}/answers").status_code == 200
        desk.index(key).close()
        reply = client.get(f"/api/datasets/{key}/answers")
    assert (reply.status_code, list(reply.json())) == (503, ["detail"])


def test_what_may_not_be_read_is_told_in_a_line(tmp_path: Path) -> None:
    with alone(tmp_path) as (served, folder, key):
        (folder / "output.json").chmod(0)
        if os.access(folder / "output.json", os.R_OK):
            pytest.skip("nothing is forbidden here")
        assert served.get(f"/api/datasets/{key}/answers").json == {
            "detail": "a file cannot be read now (Permission denied)"
        }
        (folder / "output.json").chmod(0o644)
        (folder / "runs.json").chmod(0)
        assert {one.status for one in ask_all(served, key).values()} <= {200, 404, 503}
        folder.chmod(0)
        try:
            assert {one.status for one in ask_all(served, key).values()} <= {404, 503}
        finally:
            folder.chmod(0o755)


ALLOWED = {
    "/": "GET, HEAD", "/docs": "GET, HEAD", "/static/base.css": "GET, HEAD", "/tasks": "GET", "/tasks/ner": "GET, PUT, DELETE",
    "/tasks/ner/check": "POST", "/api/datasets": "GET", "/api/datasets/0/answers": "GET", "/api/compare": "GET",
}  # fmt: skip


@pytest.mark.parametrize("path", ALLOWED)
def test_a_method_that_an_address_does_not_take_is_told_those_that_it_takes(
    served: Served, path: str
) -> None:
    token = {"X-Dset-Token": served.token}
    for method in ("OPTIONS", "PATCH", "TRACE", "POST", "HEAD"):
        if method not in ALLOWED[path]:
            reply = served.ask(method, path, headers=token)
            assert (reply.status, reply.headers.get("allow")) == (405, ALLOWED[path]), method
            assert method == "HEAD" or "takes" in strict(reply.body)["detail"]
    if "HEAD" in ALLOWED[path]:
        reply = served.ask("HEAD", path)
        assert (reply.status, reply.body) == (200, b"")


@pytest.mark.parametrize(
    "path",
    [
        "/nothing",
        "/answers/",
        "/static/../app.py",
        "/static/none.js",
        "/api/nothing",
        "/tasks/a/b",
        "/%2e%2e/x",
        "/%E0%B8%81",
    ],
)
def test_an_address_where_nothing_is_says_so_to_a_program(served: Served, path: str) -> None:
    reply = served.get(path)
    assert reply.status == 404
    assert set(strict(reply.body)) == {"detail"}


def test_an_address_where_nothing_is_leads_a_person_on(served: Served) -> None:
    reply = served.get("/nothing", Accept="text/html,application/xhtml+xml,*/*;q=0.8")
    assert reply.status == 404
    assert reply.headers["content-type"].startswith("text/html")
    assert "script-src 'self'" in reply.headers["content-security-policy"]
    page = reply.body.decode()
    assert all(f'<a href="{path}"' in page for path, _ in PAGES)
    for path in ("/api/nothing", "/tasks/no-such-task"):
        assert strict(served.get(path, Accept="text/html").body)["detail"]


WRONG = {
    "answers?offset=x": "offset: must be a whole number", "answers?offset=": "offset: must be a whole number",
    "answers?limit=0": "limit: must be 1 or more", "answers?limit=201": "limit: must be 200 or less", "answers?limit=1_0": "limit: must be",
    "answers?offset=-1": "offset: must be 0 or more", "answers?offset=%D9%A3": "offset: must be", "answers?length_from=1.5": "length_from: must be",
    "answers?cost_to=nan": "cost_to: must be a number", "answers?cost_from=1e999": "cost_from: must be a number",
    "answers?sort=colour": "sort: must be one of at, row", "answers?order=up": "order: must be one of asc, desc",
    "answers?q=" + "x" * 4_001: "q: must have at most 4,000 characters", "answers/x": "n: must be a whole number",
    "answers/9007199254740993": "n: must be 9,007,199,254,740,992 or less", "charts?again=perhaps": "again: must be true or false",
    "answers?limit=x&offset=y": "offset: must be a whole number; limit: must be a whole number",
}  # fmt: skip


@pytest.mark.parametrize("asked", WRONG)
def test_a_parameter_that_cannot_be_taken_is_named_in_a_line(
    served: Served, keys: dict[str, str], asked: str
) -> None:
    reply = served.get(f"/api/datasets/{next(iter(keys.values()))}/{asked}")
    assert reply.status == 422
    assert strict(reply.body)["detail"].startswith(WRONG[asked])


def test_a_comparison_needs_both_sides(served: Served) -> None:
    reply = served.get("/api/compare?only=neither")
    assert reply.status == 422
    assert strict(reply.body) == {
        "detail": "left: is missing; right: is missing; only: must be one of both, left, right, different, same"
    }


def test_each_key_that_is_none_is_not_there(served: Served) -> None:
    for key in ("0", "0" * 12, "x" * 5_000, "%00", "..", "a b"):
        for reply in ask_all(served, urlencode({"": key})[1:] if "%" not in key else key).values():
            assert reply.status == 404


def test_searches_for_whatever_harms_find_or_find_nothing(served: Served, keys: dict[str, str]) -> None:
    key = next(iter(keys.values()))
    for text in [one for one in samples.HOSTILE if len(one) <= 200]:
        query = urlencode({"q": text, "label": text}, errors="replace")
        assert served.get(f"/api/datasets/{key}/answers?{query}").status == 200


def test_the_longest_that_may_be_asked_for_fits_into_an_address(served: Served, keys: dict[str, str]) -> None:
    longest = dict.fromkeys(("id", "label", "model", "status"), "\U0001f600" * 200) | {
        "q": "\U0001f600" * 4_000
    }
    reply = served.get(f"/api/datasets/{next(iter(keys.values()))}/answers?{urlencode(longest)}")
    assert (reply.status, reply.json["total"]) == (200, 0)


def test_the_api_page_shows_calls_to_the_address_under_which_it_was_opened(served: Served) -> None:
    page = served.ask("GET", "/docs", headers={"Host": f"localhost:{served.port}"}).body.decode()
    assert f"curl http://localhost:{served.port}/api/datasets/KEY/run" in page
    assert "/api/compare?left=LEFT&amp;right=RIGHT" in page
    assert "8000" not in page
    assert (
        page.index("Make a task, or replace it")
        < page.index('<h2 dir="auto">Datasets')
        < page.rindex("How the run stands")
    )
    assert '<a href="/">Back to the run</a>' in page
    assert '<a href="/docs" aria-current="page">' in page
    refused = served.ask("GET", "/docs", headers={"Host": 'x"><script>'})
    assert refused.status == 400


def test_what_the_api_page_says_of_the_token_is_what_the_program_prints(served: Served) -> None:
    from dset.pages import serving as verb
    from dset.pages.house import House
    from dset.pages.shelf import Shelf

    page = served.get("/docs").body.decode()
    here, elsewhere = (
        verb._greeting(Shelf(()), House(host, "TOKEN"), "http://h:1/") for host in ("127.0.0.1", "192.0.2.1")
    )
    said = next(line for line in here if "TOKEN" in line)
    assert f"<code>{said.replace('TOKEN', '…')}</code>" in page
    assert "?token=TOKEN" in elsewhere[0]
    assert "<code>?token=</code>" in page


def test_a_mistake_of_ours_is_json_for_who_asks_and_a_line_for_who_serves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise KeyError("secret")

    monkeypatch.setattr(Desk, "snapshot", broken)
    with serving(tmp_path, place=tmp_path / "kept") as served:
        reply = served.get("/api/datasets/x/run")
        assert served.get("/api/datasets").status == 200  # it goes on
    assert reply.status == 500
    assert reply.json["detail"].startswith("an error of dset's own (KeyError)")
    assert len(served.told) == 1
    assert "/api/datasets/x/run': KeyError in test_pages_routes.py, line" in served.told[0]
    assert "secret" not in served.told[0] + reply.body.decode()
