"""Every test runs in an empty folder of its own, with a clean environment and no key of anybody's."""

import os
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

import dset_generator
from dset.rehearsal import stage
from dset.rehearsal.server import Script, Server
from tests.running import Run, run_script
from tests.served import CHROMIUM, DRIVER, browsing


def pytest_xdist_auto_num_workers() -> int:
    """One more than there are cores, unless told: many a test waits for a process or a socket."""
    return int(os.environ.get("PYTEST_XDIST_AUTO_NUM_WORKERS") or (os.cpu_count() or 1) + 1)


@pytest.fixture(autouse=True, scope="session")
def heard_signals() -> None:
    """A test run that was started in the background ignores Ctrl-C, and so would every child of it."""
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, signal.default_int_handler if name == "SIGINT" else signal.SIG_DFL)


@pytest.fixture(autouse=True)
def clean_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory: empty, so that no .env and no q.csv of anybody's is read."""
    for name in list(os.environ):
        if name.startswith(("DSET_", "OPENAI_")) or name.upper().endswith(("_API_KEY", "_PROXY")):
            monkeypatch.delenv(name)
    place = tmp_path / "work"
    place.mkdir()
    # No certificates are in it, and a run of a test meets none: reading the machine's would be half of its time.
    monkeypatch.setenv("SSL_CERT_DIR", str(place))
    monkeypatch.chdir(place)
    return place


@pytest.fixture
def serve() -> Iterator[Callable[[Script], Server]]:
    """Start a loopback server with a script; all of them end with the test."""
    servers: list[Server] = []

    def start(script: Script) -> Server:
        server = Server(script)
        server.start()
        servers.append(server)
        return server

    yield start
    for server in servers:
        server.close()


@pytest.fixture
def dset(clean_place: Path) -> Callable[..., Run]:
    """Run dset_generator.py in a process of its own, in the test's folder."""

    def run(*arguments: str, **options: object) -> Run:
        return run_script(clean_place, *arguments, **options)  # type: ignore[arg-type]

    assert sys.executable
    return run


@pytest.fixture
def main(capsys: pytest.CaptureFixture[str], clean_place: Path) -> Callable[..., Run]:
    """The script's `main` in this process, in the test's folder."""

    def run(*arguments: str) -> Run:
        exit_status = dset_generator.main(list(arguments))
        said = capsys.readouterr()
        return Run(exit_status, said.out, said.err)

    return run


@pytest.fixture
def rehearse(main: Callable[..., Run], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Run]:
    """As `main`; the service of a rehearsal thinks a tenth as long."""
    for name, seconds in stage.THINKING.items():
        monkeypatch.setitem(stage.THINKING, name, seconds / 10)

    def run(*arguments: str, env: Mapping[str, str] | None = None) -> Run:
        with monkeypatch.context() as patch:
            for name, value in (env or {}).items():
                patch.setenv(name, value)
            return main(*arguments)

    return run


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A real browser, one for all tests of a process: starting it takes seconds."""
    if not CHROMIUM or not DRIVER:
        pytest.skip("needs Chromium and its driver: apt-get install chromium chromium-driver")
    with browsing(tmp_path_factory.mktemp("profile")) as driver:
        yield driver
