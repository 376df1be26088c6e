"""The verb `serve`, from outside."""

import errno
import os
import queue
import signal
import socket
import subprocess
import sys
import threading
import urllib.request
import webbrowser
from collections.abc import Callable
from pathlib import Path

import pytest

from dset import process
from dset.pages import server
from dset.pages import serving as serving_
from dset.pages.house import House
from dset.pages.shelf import Shelf
from tests.running import SCRIPT, Run, environment
from tests.served import serving

ASKS_NOBODY = ("serve", "--no-browser", "--port", "0")


def _started(place: Path, *arguments: str, lines: int = 3) -> tuple["subprocess.Popen[bytes]", list[str]]:
    flags = 0
    if sys.platform == "win32":
        flags = subprocess.CREATE_NEW_PROCESS_GROUP
    process = subprocess.Popen(
        [sys.executable, str(SCRIPT), *ASKS_NOBODY, *arguments],
        cwd=place,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        creationflags=flags,
    )
    assert process.stdout is not None
    return process, [process.stdout.readline().decode() for _ in range(lines)]


def _asked(address: str) -> int:
    with urllib.request.urlopen(address, timeout=20) as response:
        return int(response.status)


@pytest.mark.skipif(sys.platform == "win32", reason="sends POSIX signals")
@pytest.mark.parametrize(
    ("number", "exit_status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_a_signal_ends_it_without_a_traceback(clean_place: Path, number: int, exit_status: int) -> None:
    process, lines = _started(clean_place)
    assert "http://127.0.0.1:" in lines[0]
    process.send_signal(number)
    _, said = process.communicate(timeout=20)
    assert process.returncode == exit_status
    assert said.splitlines() == [
        b"dset: ended; nothing in the datasets was changed"
    ]  # and no browser was thought of
    assert list(clean_place.iterdir()) == []  # it wrote nothing


@pytest.mark.skipif(sys.platform == "win32", reason="sends POSIX signals")
def test_a_reader_who_leaves_and_an_impatient_one_get_what_they_asked_for(clean_place: Path) -> None:
    process, lines = _started(clean_place, "--quiet", lines=1)  # the address is the result: said in any case
    assert process.stdout is not None
    process.stdout.close()  # `| head -1`
    address = lines[0].split(" at ")[1].split()[0]
    assert _asked(address) == 200
    for _ in range(2):
        process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=20)
    assert process.returncode == 130
    assert said == b""


def test_no_browser_is_opened_where_none_is_wanted(
    main: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    monkeypatch.setattr(serving_, "_show", lambda address, *_: opened.append(address))
    monkeypatch.setattr(process, "give_way", lambda: None)  # it would hold for all tests to come
    # What stands in for the server has started, and ends at once.
    monkeypatch.setattr(
        server.Server, "run_on", lambda self, bound: (self._started_here(), bound.close(), 0)[2]
    )
    assert main("serve", "--no-browser", "--port", "0").exit_status == 0
    assert opened == []
    assert main("serve", "--port", "0").exit_status == 0
    assert opened[0].startswith("http://127.0.0.1:")


@pytest.mark.skipif(sys.platform == "win32", reason="sends POSIX signals")
def test_a_second_signal_ends_what_a_thread_holds_up(clean_place: Path) -> None:
    held = """
import os, signal, threading, time
from dset import process
from dset.pages import server
def started(): [os.kill(os.getpid(), signal.SIGINT) for _ in range(2)]
async def app(*_): pass
running = server.Server(app, started, leave=lambda number: os._exit(40 + number))
threading.Thread(target=threading.Event().wait).start()
running.run_on(server.listen("127.0.0.1", 0))
"""
    done = subprocess.run([sys.executable, "-c", held], cwd=SCRIPT.parent, env=environment(), timeout=30)
    assert done.returncode == 42


def test_a_port_in_use_is_told_in_one_line(main: Callable[..., Run], tmp_path: Path) -> None:
    with serving(tmp_path, place=tmp_path / "kept") as served:
        run = main("serve", "--no-browser", "--port", str(served.port))
    assert run.exit_status == 2
    assert run.err.count("\n") == 1
    assert f"port {served.port} is in use; say --port {served.port + 1}" in run.err


def test_the_network_is_served_only_with_a_token(main: Callable[..., Run]) -> None:
    run = main("serve", "--no-browser", "--host", "0.0.0.0")
    assert run.exit_status == 2
    assert "--token" in run.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--host", "8.8.8.8", "--token", "long-enough-it-is"), "--host 8.8.8.8: cannot be listened at"),
        (("--host", "x" * 300, "--token", "long-enough-it-is"), "is no address of this machine"),
        (("--host", "", "--token", "long-enough-it-is"), "is no address of this machine"),
        (("--host", "0.0.0.0", "--token", "a b"), "--token: takes letters, figures"),
        (("--token", "ไทย"), "--token: takes letters, figures"),
        (("--port", "70000"), "--port: 70000 must be from 0 to 65535"),
        (("--port", "-1"), "--port"),
    ],
)
def test_what_cannot_be_served_is_told_in_one_line(
    main: Callable[..., Run], arguments: tuple[str, ...], said: str
) -> None:
    run = main("serve", "--no-browser", *arguments)
    assert run.exit_status == 2
    assert said in run.err
    assert run.err.count("\n") == 1


def test_a_port_that_only_an_administrator_may_take_is_told() -> None:
    for port, said in ((80, "port 80 may not be used; say --port 8001"), (65_535, "say another one")):
        assert said in server._why(PermissionError(errno.EACCES, "Permission denied"), "127.0.0.1", port)


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", "http://127.0.0.1:80/"),
        ("localhost", "http://localhost:80/"),
        ("0.0.0.0", "http://127.0.0.1:80/"),
        ("::", "http://[::1]:80/"),
        ("fe80::1", "http://[fe80::1]:80/"),
    ],
)
def test_the_address_is_one_that_a_browser_takes(host: str, address: str) -> None:
    assert serving_._address(House(host, "x"), 80) == address


def test_who_comes_from_elsewhere_is_told_where_to_and_with_what(tmp_path: Path) -> None:
    house = House("0.0.0.0", "the-token")
    lines = serving_._greeting(Shelf((tmp_path,)), house, "http://127.0.0.1:8000/")
    assert lines[1] == f"from elsewhere: http://{socket.gethostname().lower()}:8000/?token=the-token"
    assert house.answers_to(f"{socket.gethostname()}:8000")
    assert not any("X-Dset-Token" in line for line in lines)


def test_localhost_is_the_address_that_a_tunnel_finds() -> None:
    with server.listen("localhost", 0) as bound:
        assert bound.getsockname()[0] == "127.0.0.1"


def test_a_name_that_says_this_machine_and_is_another_is_not_served_open(
    main: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda *_, **__: [(socket.AF_INET, socket.SOCK_STREAM, 0, "", ("0.0.0.0", 0))]
    )
    assert "--host localhost: is another address here" in main("serve", "--host", "localhost").err


def test_a_browser_that_cannot_be_opened_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BROWSER", "x")
    opened, told = queue.Queue[str](), queue.Queue[str]()
    monkeypatch.setattr(webbrowser, "open", opened.put)
    is_there = threading.Event()
    serving_._show("http://127.0.0.1:1/", told.put, is_there)
    assert opened.empty()
    is_there.set()
    assert opened.get(timeout=20) == "http://127.0.0.1:1/"
    assert "open the address yourself" in told.get(timeout=20)


def test_a_folder_that_is_not_there_is_told(main: Callable[..., Run], clean_place: Path) -> None:
    (clean_place / "notes.txt").write_text("x")
    assert "no such folder" in main("serve", "nowhere").err
    assert "is a file" in main("serve", "notes.txt").err


_BESIDE = """
import os, queue, threading, webbrowser
from dset import process
from dset.pages import serving
told, there = queue.Queue(), threading.Event()
webbrowser.open = lambda _: told.put(os.getpriority(os.PRIO_PROCESS, 0)) or True
before = os.getpriority(os.PRIO_PROCESS, 0)
serving._show("http://127.0.0.1:1/", str, there)
process.give_way()
there.set()
print(os.getpriority(os.PRIO_PROCESS, 0) > before, told.get(timeout=20) == before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere threads have no turn of their own")
def test_the_server_gives_way_and_the_browser_that_it_opens_does_not() -> None:
    env = environment() | {"BROWSER": "x"}
    done = subprocess.run(
        [sys.executable, "-c", _BESIDE], cwd=SCRIPT.parent, env=env, timeout=30, capture_output=True
    )
    assert done.stdout == b"True True\n"


@pytest.mark.skipif(sys.platform == "win32", reason="nothing changes there")
def test_a_server_goes_after_others(clean_place: Path) -> None:
    process, _ = _started(clean_place)
    ours, theirs = (os.getpriority(os.PRIO_PROCESS, number) for number in (0, process.pid))
    process.terminate()
    process.communicate(timeout=20)
    assert theirs > ours or ours >= 10
