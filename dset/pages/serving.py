"""The verb `serve`: a run and its dataset in a browser, and the tasks for other programs, until Ctrl-C."""

import os
import re
import secrets
import shutil
import socket
import sys
import tempfile
import threading
import webbrowser
from collections.abc import Callable
from pathlib import Path

from dset import process
from dset.errors import UsageError
from dset.pages import app, server
from dset.pages.desk import Desk
from dset.pages.house import House, is_loopback
from dset.pages.shelf import Shelf
from dset.settings import Settings
from dset.tasks import catalog
from dset.verbs import Options

Tell = Callable[[str], None]
_TOKEN = re.compile(r"[A-Za-z0-9._~-]{0,200}")
_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - and where this machine finds itself then
_SHORT = 12  # characters of a token that the network could guess


def serve(settings: Settings, options: Options, result: Tell, notice: Tell) -> int:
    """Serve until a signal ends it; returns 128 and its number. Raises UsageError for what cannot be served or bound."""
    shelf = Shelf(_folders(settings, options))
    house = House(str(options["host"]).strip("[]"), _token(options))
    if not house.is_open and len(house.token) < _SHORT:
        notice(f"the token has {len(house.token)} characters: others on the network may guess it")
    bound = server.listen(house.host, options["port"])
    if house.is_open and not is_loopback(bound.getsockname()[0]):
        bound.close()
        raise UsageError(f"--host {house.host}: is another address here; say --host 127.0.0.1")
    address = _address(house, bound.getsockname()[1])
    # Whatever the answers are searched by stands outside of the dataset, and goes with the server.
    with tempfile.TemporaryDirectory(prefix="dset-serve-", ignore_cleanup_errors=True) as place:
        desk, is_there = Desk(shelf, Path(place)), threading.Event()

        def started() -> None:
            for line in _greeting(shelf, house, address):
                result(line)
            is_there.set()

        def leave(number: int) -> None:
            shutil.rmtree(place, ignore_errors=True)
            os._exit(128 + number)

        running = server.Server(app.make(desk, house, Path(catalog.FILE), notice), started, notice, leave)
        if options["browser"]:
            _show(f"{address}{_with_token(house)}", notice, is_there)
        process.give_way()  # to a run beside it; the browser is opened by a thread that does not
        with desk.until(running.closing):
            number = running.run_on(bound)
    notice("ended; nothing in the datasets was changed")
    return 128 + number if number else 0


def _folders(settings: Settings, options: Options) -> tuple[Path, ...]:
    named = tuple(map(Path, options["words"]))
    for path in named:
        if not path.is_dir():
            what = "is a file; name the folder that holds output.json" if path.exists() else "no such folder"
            raise UsageError(f"{path}: {what}")
    return named or (settings.output,)


def _token(options: Options) -> str:
    given = str(options["token"])
    if not _TOKEN.fullmatch(given):
        raise UsageError("--token: takes letters, figures and . _ ~ - only, as it stands in addresses")
    if not given and not is_loopback(str(options["host"]).strip("[]")):
        raise UsageError(
            f"--host {options['host']}: others on the network could read everything; say --token TEXT as well"
        )
    return given or secrets.token_urlsafe(24)


def _address(house: House, port: int) -> str:
    host = _EVERYWHERE.get(house.host, house.host)
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


def _with_token(house: House) -> str:
    return "" if house.is_open else f"?token={house.token}"


def _greeting(shelf: Shelf, house: House, address: str) -> list[str]:
    lines = [f"{shelf.names} is shown at {address}{_with_token(house)} (Ctrl-C ends it)"]
    if house.host in _EVERYWHERE:
        port = address.rpartition(":")[2]
        lines.append(f"from elsewhere: http://{socket.gethostname().lower()}:{port}{_with_token(house)}")
    lines.append(f"tasks for other programs: {address}tasks, described at {address}docs")
    if house.is_open:
        lines.append(f"to change tasks, a program sends the header X-Dset-Token: {house.token}")
    return lines


def _show(address: str, notice: Tell, when: threading.Event) -> None:
    """Open it then in the user's browser, where there is a screen: a browser in the terminal would take the terminal."""
    has_screen = (
        sys.platform in {"win32", "darwin"}
        or os.environ.get("BROWSER")
        or os.environ.get("DISPLAY")
        or os.environ.get("WAYLAND_DISPLAY")
    )
    if not has_screen:
        notice("no screen to open a browser on; open the address yourself")
        return

    def opened() -> None:
        when.wait()
        if not webbrowser.open(address):
            notice("no browser could be opened; open the address yourself")

    threading.Thread(target=opened, daemon=True).start()
