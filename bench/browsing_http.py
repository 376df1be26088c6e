"""The same over HTTP: what a browser waits for, from a `serve` process of its own; used by browsing.py --http."""

import contextlib
import http.client
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from dset.browsing.query import Query

_AGAIN = 5
_PAUSE = 0.05  # seconds between two requests while the answers are read


class Page:
    """Whoever asks; `process` is the server."""

    def __init__(self, port: int, process: "subprocess.Popen[str]") -> None:
        self.process, self._port = process, port

    def ask(self, path: str, **given: Any) -> Any:
        """What the server answers."""
        with contextlib.closing(
            http.client.HTTPConnection("127.0.0.1", self._port, timeout=300)
        ) as connection:
            connection.request("GET", path + ("?" + urlencode(given) if given else ""))
            response = connection.getresponse()
            body = response.read()
            if response.status != 200:
                raise RuntimeError(f"{path}: {response.status} {body[:200]!r}")
            return json.loads(body) if response.headers["content-type"] == "application/json" else body

    def first_event(self, key: str) -> None:
        """Listen until the run's state is told."""
        with contextlib.closing(
            http.client.HTTPConnection("127.0.0.1", self._port, timeout=300)
        ) as connection:
            connection.request("GET", f"/api/datasets/{key}/events")
            connection.getresponse().read1(1 << 16)

    def memory(self) -> str:
        """Of the server, where the system tells it."""
        try:
            said = Path(f"/proc/{self.process.pid}/status").read_text()
        except OSError:
            return ""
        lines = dict(line.split(":", 1) for line in said.splitlines())
        now, peak = (int(lines[name].split()[0]) / 1024 for name in ("VmRSS", "VmHWM"))
        return f"the server holds {now:,.0f} MB, at most {peak:,.0f} MB"


@contextlib.contextmanager
def served(place: Path) -> Iterator[Page]:
    """Within it, `serve` shows the datasets in the folder."""
    command = [
        sys.executable,
        str(ROOT / "dset_generator.py"),
        "serve",
        str(place),
        "--no-browser",
        "--port",
        "0",
    ]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert process.stdout is not None
    try:
        yield Page(int(process.stdout.readline().split("http://127.0.0.1:")[1].split("/")[0]), process)
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()


def look(place: Path, queries: list[tuple[str, Query]], tell: Callable[..., None]) -> None:
    """Everything a page asks for, each with its time."""
    began = time.perf_counter()
    with served(place) as page:
        tell("server there", time.perf_counter() - began)
        keys = {one["name"].rpartition("/")[2]: one["key"] for one in page.ask("/api/datasets")["datasets"]}
        ours, theirs = keys["a"], keys["b"]
        _read(page, ours, tell)
        for name, query in queries:
            given = _given(query)
            first, again, told = took(lambda given=given: page.ask(f"/api/datasets/{ours}/answers", **given))  # type: ignore[misc]
            tell(f"{name} ({told['total']:,})", again, f"the first time {first * 1e3:,.0f} ms")
        n = page.ask(f"/api/datasets/{ours}/answers", offset=500, limit=1)["rows"][0]["n"]
        for name, action in (
            ("facets", lambda: page.ask(f"/api/datasets/{ours}/facets")),
            ("one answer", lambda: page.ask(f"/api/datasets/{ours}/answers/{n}")),
            ("how the run stands", lambda: page.ask(f"/api/datasets/{ours}/run")),
            ("first event", lambda: page.first_event(ours)),
        ):
            first, again, _ = took(action)
            tell(name, again, f"the first time {first * 1e3:,.0f} ms")
        print(f"  {page.memory()}")
        _read(page, theirs, tell)
        for name, given in (
            ("two folders paired", {}),
            ("pairs searched", {"q": "Water", "only": "different"}),
        ):
            first, again, _ = took(
                lambda given=given: page.ask("/api/compare", left=ours, right=theirs, **given)
            )
            tell(name, again, f"the first time {first * 1e3:,.0f} ms")
        print(f"  {page.memory()}")
    with served(place) as page:
        page.ask(f"/api/datasets/{ours}/answers")
        began = time.perf_counter()
        page.process.terminate()
        page.process.wait()
        tell("the end while it reads", time.perf_counter() - began)


def _read(page: Page, key: str, tell: Callable[..., None]) -> None:
    """Ask for pages until all is read."""
    began, times = time.perf_counter(), []
    while True:
        asked = time.perf_counter()
        told = page.ask(f"/api/datasets/{key}/answers", q="", limit=50)
        times.append(time.perf_counter() - asked)
        if told["reading"] is None:
            break
        page.ask("/")
        time.sleep(_PAUSE)
    tell("first page", times[0])
    tell(
        "first reading",
        time.perf_counter() - began,
        f"pages meanwhile {statistics.median(times) * 1e3:,.0f} ms, the slowest {max(times) * 1e3:,.0f} ms",
    )


def _given(query: Query) -> dict[str, Any]:
    """The query as the parameters of an address."""
    values = ((one.name, getattr(query, one.name), one.default) for one in fields(query))
    return {name: value for name, value, default in values if value != default}


def took(action: Callable[[], Any]) -> tuple[float, float, Any]:
    """(seconds of the first call, median of five more, what the last one gave)."""
    times, told = [], None
    for _ in range(_AGAIN + 1):
        began = time.perf_counter()
        told = action()
        times.append(time.perf_counter() - began)
    return times[0], statistics.median(times[1:]), told
