"""--tasks-url: the program takes its tasks from a server, and bears whatever the server does."""

import gzip
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from fastapi import FastAPI

from dset.errors import UsageError
from dset.pages import task_routes
from dset.rehearsal.exchange import Behaviour, json_reply
from dset.rehearsal.server import Script, Server
from dset.tasks import catalog, definitions, older_writing, remote, remote_pages
from dset.tasks.remote import RemoteError
from tests import older_tasks
from tests.running import Run, at
from tests.tasks import FEELINGS, Writer, tasks_json

FOLDER = Path("dset_generator/tasks/feelings")
Open = Callable[[Mapping[str, Behaviour]], Server]


@pytest.fixture
def opened() -> Iterator[Open]:
    """A server that answers each path of /tasks as told."""
    servers = []

    def start(pages: Mapping[str, Behaviour]) -> Server:
        servers.append(Server(lambda _: Behaviour(404), pages=pages).start())
        return servers[-1]

    yield start
    for server in servers:
        server.close()


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """The program's own task API: its address, and its tasks.json, which lies elsewhere."""
    path = tmp_path / "theirs" / "tasks.json"
    path.parent.mkdir()
    app = FastAPI()
    app.include_router(task_routes.router(path))
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None, lifespan="off"))
    socket = server.config.bind_socket()
    socket.listen()  # who comes before the thread is up waits
    thread = threading.Thread(target=server.run, args=([socket],))
    thread.start()
    yield f"http://127.0.0.1:{socket.getsockname()[1]}", path
    server.should_exit = True
    thread.join()


def theirs(path: Path, **changes: Any) -> None:
    path.write_text(json.dumps({"feelings": FEELINGS | changes}), encoding="utf-8")


def pages(listing: Any, **tasks: Any) -> dict[str, Behaviour]:
    return {"/tasks": json_reply(listing)} | {
        f"/tasks/{name}": json_reply(one) for name, one in tasks.items()
    }


def test_the_tasks_of_a_server_go_before_the_built_in_ones_and_tasks_json_is_not_read(
    main: Callable[..., Run], served: tuple[str, Path], clean_place: Path
) -> None:
    url, path = served
    path.write_text(json.dumps({"feelings": FEELINGS, "ner": FEELINGS | {"description": "Names of theirs."}}))
    tasks_json(clean_place, mine=FEELINGS)
    listed = main("task", "list", "--tasks-url", url)
    assert listed.exit_status == 0
    assert "How somebody feels about something." in listed.out
    assert "Names of theirs." in listed.out
    assert "summarization" in listed.out
    assert "mine" not in listed.out
    shown = main("task", "show", "ner", "--tasks-url", f"{url}/tasks/")
    assert "Names of theirs." in shown.out
    unknown = main("task", "show", "feeling", "--tasks-url", url)
    assert unknown.exit_status == 2
    assert "did you mean feelings? There are" in unknown.err


def test_a_dataset_is_made_of_a_servers_task_and_gone_on_with_without_the_server(
    main: Callable[..., Run],
    serve: Callable[[Script], Server],
    served: tuple[str, Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (url, path), model = served, serve(Writer())

    def make(count: int) -> Run:
        return main("task", "feelings", str(count), *at(model.base_url))

    theirs(path)
    monkeypatch.setenv("DSET_TASKS_URL", url)
    assert make(2).exit_status == 0
    plan = json.loads((FOLDER / "plan.json").read_bytes())
    assert plan["task"]["prompt"] == FEELINGS["prompt"]

    theirs(path, prompt="Another one.")
    changed = make(3)
    assert changed.exit_status == 2
    assert "the task feelings has changed" in changed.err

    monkeypatch.setenv("DSET_TASKS_URL", "http://127.0.0.1:9")
    more = make(3)
    assert more.exit_status == 0, more.said
    said = "http://127.0.0.1:9/tasks: cannot be reached (Connection refused); going on with the task as it was planned"
    assert said in more.err
    assert len((FOLDER / "output.json").read_bytes().splitlines()) == 3


def test_without_a_plan_a_server_that_is_not_there_ends_the_command(
    rehearse: Callable[..., Run], clean_place: Path
) -> None:
    run = rehearse("task", "ner", "2", "--rehearse=calm", "--tasks-url", "http://127.0.0.1:9")
    assert (run.exit_status, run.out) == (2, "")
    assert run.err.strip().endswith("http://127.0.0.1:9/tasks: cannot be reached (Connection refused)")
    assert not [*clean_place.rglob("plan.json")]


OLDER_TASK = older_tasks.file()["ner_thai"]
LISTINGS: dict[str, dict[str, Behaviour]] = {
    "names": pages(["ner_thai"], ner_thai=OLDER_TASK),
    "tasks by name": pages({"ner_thai": OLDER_TASK}),
    "a list of tasks": pages([{"name": "ner_thai", **OLDER_TASK}]),
    "names in objects": pages([{"name": "ner_thai"}], ner_thai=OLDER_TASK),
    "under tasks": pages({"tasks": {"ner_thai": OLDER_TASK}}),
    "under tasks, a list": pages({"tasks": [{"name": "ner_thai", "url": "x"}]}, ner_thai=OLDER_TASK),
    "one below its name": pages(["ner_thai"], ner_thai={"ner_thai": OLDER_TASK}),
    "one below task": pages(["ner_thai"], ner_thai={"task": OLDER_TASK}),
    "descriptions by name": pages({"ner_thai": {"description": "x"}}, ner_thai=OLDER_TASK),
}


@pytest.mark.parametrize("how", LISTINGS)
def test_a_server_of_the_second_system_is_understood(opened: Open, how: str) -> None:
    known = catalog.of_server(opened(LISTINGS[how]).base_url)
    task = known.get("ner_thai")
    assert (
        older_writing.as_older_form(task)["schema"]["fields"].keys() == OLDER_TASK["schema"]["fields"].keys()
    )


def test_each_page_is_asked_for_once(opened: Open) -> None:
    server = opened(pages(["a", "b"], a=FEELINGS, b=FEELINGS))
    known = catalog.of_server(server.base_url)
    assert known.get("a") == definitions.read("a", FEELINGS)
    known.notes("a")
    known.names()
    assert [one.path for one in server.requests] == ["/tasks", "/tasks/a"]
    asked = server.requests[0].headers
    assert asked["accept"] == "application/json"
    assert not {"cookie", "authorization"} & asked.keys()


def packed(data: bytes) -> Behaviour:
    return Behaviour(headers=(("Content-Encoding", "gzip"),), body=gzip.compress(data, 9))


TASKS = b'{"tasks": []}'
BAD: dict[str, tuple[Behaviour, str]] = {
    "HTML": (Behaviour(body=b"<!doctype html><title>Hi</title>"), "answers with HTML, and JSON is wanted"),
    "nothing": (Behaviour(body=b" "), "answers with nothing"),
    "no JSON": (Behaviour(body=b"{'a': 1}"), "line 1, column 2: is no JSON"),
    "another thing": (json_reply({"status": "ok"}), "lists no tasks: is it a server of tasks?"),
    "a word": (json_reply("tasks"), "lists no tasks"),
    "no names": (json_reply([{"x": 1}]), "lists a task without a name"),
    "too deep": (Behaviour(body=b"[" * 100_000), "nested deeper than 60 levels"),
    "not UTF-8": (Behaviour(body=b'["\xff"]'), "is not UTF-8"),
    "NaN": (Behaviour(body=b'{"a": NaN}'), "NaN is no number"),
    "too large": (Behaviour(body=b" " * (5 << 20)), "it is larger than 4 MB"),
    "a length that is none": (Behaviour(body=TASKS, content_length=1 << 40), "it is larger than 4 MB"),
    "a bomb": (packed(b" " * (64 << 20)), "it is larger than 4 MB"),
    "broken packing": (Behaviour(headers=(("Content-Encoding", "gzip"),), body=b"x" * 50), "it cannot be unpacked"),
    "other packing": (Behaviour(headers=(("Content-Encoding", "br"),), body=b"x"), "packed in a way that nobody asked for"),
    "no page": (Behaviour(404), "there is no such page; name the address before /tasks"),
    "an error": (Behaviour(500, body=b"<h1>Oops</h1>"), "answers 500: Oops"),
    "an error of ours": (json_reply({"detail": "tasks.json: \x1b[2Jis broken"}, 409), "answers 409: tasks.json: is broken"),
    "a redirect": (Behaviour(302, (("Location", "http://evil.example/tasks"),)), "redirects to another server, http://evil.example:80"),
    "another port": (Behaviour(302, (("Location", "http://127.0.0.1:1/tasks"),)), "redirects to another server"),
    "a file": (Behaviour(302, (("Location", "file:///etc/passwd"),)), "does not begin with http"),
    "in a circle": (Behaviour(302, (("Location", "/tasks"),)), "redirects more than 3 times"),
    "nowhere": (Behaviour(302), "redirects to nowhere"),
    "cut short": (Behaviour(body=TASKS, cut="body"), "the connection broke off"),
    "hung up": (Behaviour(cut="before"), "cannot be reached ("),
}  # fmt: skip


@pytest.mark.parametrize("what", BAD)
def test_a_server_that_answers_wrongly_gets_one_line(
    main: Callable[..., Run], opened: Open, what: str
) -> None:
    behaviour, said = BAD[what]
    run = main("task", "list", "--tasks-url", opened({"/tasks": behaviour}).base_url)
    assert (run.exit_status, run.out) == (2, "")
    assert said in run.err
    assert len(run.err.strip().splitlines()) == 1
    assert "\x1b" not in run.err


@pytest.mark.parametrize(
    "behaviour",
    [
        Behaviour(hang=True),
        Behaviour(chunks=[(0.02, b" ")] * 100_000),
        Behaviour(chunks=[(0.0, b"[" + b" " * 1000)] + [(0.02, b" ")] * 100_000),
    ],
    ids=["silent", "dripping", "dripping behind a part"],
)
def test_a_server_that_never_ends_is_left_after_the_time_for_a_page(
    opened: Open, behaviour: Behaviour
) -> None:
    url = opened({"/tasks": behaviour}).base_url
    tasks = remote.RemoteTasks(url, remote_pages.Pages(timeout=0.2).fetch)
    with pytest.raises(RemoteError, match=r"no whole answer within 0\.2 s"):
        list(tasks)


def test_the_time_for_all_pages_is_bounded_too(opened: Open) -> None:
    names = [f"t{at}" for at in range(9)]
    server = opened(pages(names, t0=FEELINGS) | {"/tasks/t1": Behaviour(hang=True)})
    tasks = remote.RemoteTasks(server.base_url, remote_pages.Pages(timeout=0.3, total=0.5).fetch)
    assert tasks["t0"].name == "t0"
    for name in names[1:3]:
        with pytest.raises(RemoteError):
            tasks["t1"]
        assert name in tasks
    with pytest.raises(RemoteError, match=r"longer than 0\.5 s in all"):
        tasks["t1"]


def test_what_is_packed_and_what_moves_on_the_same_server_is_taken(opened: Open) -> None:
    moved = Behaviour(301, (("Location", "/tasks/list"),))
    server = opened({"/tasks": moved, "/tasks/list": packed(b'["a"]'), "/tasks/a": json_reply(FEELINGS)})
    assert catalog.of_server(server.base_url).get("a").label == "label"


def test_one_task_that_cannot_be_had_is_in_no_other_ones_way(main: Callable[..., Run], opened: Open) -> None:
    listing = pages(["bad", "\x1b[2Jodd", "good", "gone"], good=FEELINGS)
    server = opened(listing | {"/tasks/bad": json_reply({"detail": "it is broken"}, 409)})
    run = main("task", "list", "--tasks-url", server.base_url)
    assert run.exit_status == 0
    assert "answers 409: it is broken" in run.out
    assert "How somebody feels" in run.out
    assert "/tasks/gone: there is no such page, though the list names the task" in run.out
    assert "\x1b" not in run.out
    with pytest.raises(UsageError, match=r"There are .*odd") as caught:
        catalog.of_server(server.base_url).get("god")
    assert "\x1b" not in str(caught.value)


@pytest.mark.parametrize("name", ["../../x", "x/y", "con.", "A"])
def test_a_name_of_a_server_leads_to_no_other_folder(
    rehearse: Callable[..., Run], opened: Open, clean_place: Path, name: str
) -> None:
    server = opened(pages({name: FEELINGS}))
    run = rehearse("task", name, "1", "--rehearse=calm", "--tasks-url", server.base_url)
    assert run.exit_status == 2
    assert "must be of a-z, 0-9" in run.err
    assert not [*clean_place.parent.rglob("plan.json")]


def test_a_task_under_another_name_than_its_own_is_refused(opened: Open) -> None:
    known = catalog.of_server(opened(pages(["a"], a=FEELINGS | {"name": "../b"})).base_url)
    with pytest.raises(definitions.TaskError, match='the task stands under "a"'):
        known.get("a")


@pytest.mark.parametrize(
    "url", ["ftp://x/", "http://user:secret@host/", "http://host/?key=secret", "x", "http://", "http://a b/"]
)
def test_an_address_that_is_none_is_refused_and_no_password_shown(main: Callable[..., Run], url: str) -> None:
    run = main("task", "list", "--tasks-url", url)
    assert run.exit_status == 2
    assert "--tasks-url: " in run.err
    assert "secret" not in run.said


def test_no_proxy_of_the_environment_is_asked(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    proxy = opened({})
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, proxy.base_url)
    assert list(remote.RemoteTasks(opened(pages(["a"])).base_url)) == ["a"]
    assert not proxy.requests


@pytest.mark.parametrize(
    "body", [b"null", b"[]", b"{}", b'[["a"]]', b'{"tasks": null}', b'{"a": []}', b'[{"name": 5}]', b'{"tasks": {"a": 5}}', b'{"a": {"schema": 5}}']
)  # fmt: skip
def test_any_list_of_a_server_is_read_or_refused_with_its_address(body: bytes) -> None:
    tasks = remote.RemoteTasks("http://x", lambda url: body if url.endswith("/tasks") else None)
    said = ""
    try:
        for name in tasks:
            assert catalog.Catalog(tasks, "x").examined(name).faults
    except RemoteError as error:
        said = str(error)
    assert not said or "http://x/tasks: " in said
