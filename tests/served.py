"""The pages served for a test, on loopback, in a thread; and a real browser to look at them."""

import contextlib
import json
import shutil
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
# It is not to speak to anybody but the server; the sandbox needs rights that a container has not.
_FLAGS = (
    "--headless=new --no-sandbox --disable-gpu --no-first-run --disable-background-networking --disable-component-update "
    "--disable-sync --disable-dev-shm-usage --disable-quic --window-size=1280,1000 --lang=en-GB"
)


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(slots=True)
class Served:
    """A server of pages that runs; `told` are the lines for who started it."""

    port: int
    token: str
    told: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def ask(
        self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> Reply:
        """One request, as a program sends it that is no browser."""
        with contextlib.closing(HTTPConnection("127.0.0.1", self.port, timeout=20)) as connection:
            connection.request(method, path, body, headers or {})
            response = connection.getresponse()
            found = {name.lower(): value for name, value in response.getheaders()}
            return Reply(response.status, found, response.read())

    def get(self, path: str, **headers: str) -> Reply:
        """GET; `_` in a header's name stands for `-`."""
        return self.ask("GET", path, headers={name.replace("_", "-"): text for name, text in headers.items()})

    def change(self, method: str, path: str, document: object = None) -> Reply:
        """As a program does that may change tasks."""
        body = b"" if document is None else json.dumps(document).encode()
        return self.ask(method, path, body, {"X-Dset-Token": self.token, "Content-Type": "application/json"})


@contextlib.contextmanager
def serving(
    *folders: Path, place: Path, host: str = "127.0.0.1", tasks: Path | None = None
) -> Iterator[Served]:
    """Serve the folders while the block runs; `place` is a folder for what is kept meanwhile."""
    from dset.pages import app, server  # half a second, and most tests serve nothing
    from dset.pages.desk import Desk
    from dset.pages.house import House
    from dset.pages.shelf import Shelf

    house = House(host, "a-token-for-the-tests")
    bound = server.listen("127.0.0.1", 0)
    served = Served(bound.getsockname()[1], house.token)
    place.mkdir(parents=True, exist_ok=True)
    desk, started = Desk(Shelf(tuple(folders)), place), threading.Event()
    running = server.Server(
        app.make(desk, house, tasks or Path("tasks.json"), served.told.append), started.set
    )
    with desk.until(running.closing):
        thread = threading.Thread(target=running.run_on, args=(bound,))
        thread.start()
        try:
            assert started.wait(20)
            yield served
        finally:
            running.end()
            thread.join(20)
            assert not thread.is_alive()


@contextlib.contextmanager
def browsing(profile: Path) -> Iterator[Any]:
    """A headless Chromium that notes its requests and what its pages say on the console."""
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    for flag in [*_FLAGS.split(), f"--user-data-dir={profile}"]:
        options.add_argument(flag)
    options.binary_location = CHROMIUM or ""
    options.set_capability("goog:loggingPrefs", {"performance": "ALL", "browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(executable_path=DRIVER or ""))
    driver.set_page_load_timeout(30)
    try:
        yield driver
    finally:
        driver.quit()


def requested(driver: Any) -> list[str]:
    """The addresses that the browser asked for since this was called last."""
    found = []
    for entry in driver.get_log("performance"):
        message = json.loads(entry["message"])["message"]
        if message["method"] == "Network.requestWillBeSent":
            found.append(message["params"]["request"]["url"])
    return [url for url in found if not url.startswith("chrome:")]  # its own first page


@contextlib.contextmanager
def emulated(driver: Any, media: Mapping[str, str] | None = None, width: int = 0) -> Iterator[None]:
    """The media features, and where it is given a telephone's width, hold while the block runs: other tests have the same browser."""
    features = [{"name": name, "value": value} for name, value in (media or {}).items()]
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
    if width:
        size = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": True}
        driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    try:
        yield
    finally:
        driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
        driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def until(driver: Any, script: str, *given: Any, most: float = 20) -> Any:
    """What the script returns once that is anything; a page that is being left is asked again."""
    from selenium.common.exceptions import JavascriptException
    from selenium.webdriver.support.ui import WebDriverWait

    waiting = WebDriverWait(driver, most, 0.03, (JavascriptException,))
    return waiting.until(lambda _: driver.execute_script(script, *given), f"never: {script} {given}")


def seen(driver: Any, css: str, text: str, most: float = 20) -> Any:
    """The first element of the selector that shows the text, once there is one."""
    script = (
        "return [...document.querySelectorAll(arguments[0])].find((one) => one.checkVisibility() "
        "&& one.innerText.includes(arguments[1]))"
    )
    return until(driver, script, css, text, most=most)
