"""The run page and the charts page in a real browser, on what a server tells that is only a script."""

import asyncio
import contextlib
import json
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest

from tests.served import requested

HOSTILE = "<img src=/stolen onerror=alert(1)><script>alert(2)</script>" + "x" * 300
ADVICE = "Raise the limit: `--max-tokens 65536` asks these rows again."
PATIENCE = 10  # seconds


def _answer(number: int, question: str = "Why?") -> dict[str, Any]:
    return {
        "n": number,
        "id": f"id {number}",
        "row": number + 2,
        "at": "2026-01-02T03:04:05Z",
        "question": question,
        "answer": f"answer {number}",
        "model": "m",
        "seconds": 2.5,
        "cost_usd": 0.01,
    }


def _run(**changes: Any) -> dict[str, Any]:
    rows = {"all": 1_000_000, "done": 612_345, "pending": 387_638, "failed": 12, "blocked": 5, "rejected": 17}
    return {
        "state": "running",
        "headline": "Running well.",
        "next": "",
        "run": {"id": "r1", "model": "m", "prompt": "{question}"},
        "rows": rows,
        "rate": {"rows_per_s": 3.0, "recent_rows_per_s": 4.5, "left_s": 1200.0},
        "waiting": [],
        "endpoints": [
            {"name": "one/KEY/m", "state": "closed", "until": "2026-01-02T03:04:05Z", "reason": "spent"}
        ],
        "tokens": {"prompt": 1_234_567, "cached": 0, "completion": 89, "reasoning": 0},
        "cost": {
            "usd": 3.5,
            "unknown": 0,
            "run_usd": 4.5,
            "budget_usd": 5.0,
            "spent_usd": 4.5,
            "maybe_usd": 0,
        },
        "failures": [
            {
                "kind": "row fault",
                "reason": "400: too long",
                "count": 2,
                "rows": [7],
                "advice": "Shorten them.",
            },
            {
                "kind": "cut short",
                "reason": "cut at 32768 tokens",
                "count": 12,
                "rows": [4, 8],
                "advice": ADVICE,
            },
        ],
        "history": {
            "bucket_s": 10,
            "points": [{"at": 1e9 + 10 * at, "answered": 9, "p50": 2} for at in range(5)],
        },
        "latest": [_answer(1)],
        "log": ["a line"],
    } | changes


@dataclass
class _Script:
    """What the server tells: `told` of the run, `charts` one after the other; `streams` are open at the moment."""

    port: int = 0
    told: dict[str, Any] = field(default_factory=_run)
    charts: list[dict[str, Any]] = field(default_factory=list)
    is_there: bool = True
    streams: int = 0

    async def events(self, is_closing: Callable[[], bool]) -> AsyncIterator[str]:
        last = None
        self.streams += 1
        try:
            while self.is_there and not is_closing():
                if self.told is not last:
                    last = self.told
                    yield f"event: run\ndata: {json.dumps(last)}\n\n"
                await asyncio.sleep(0.02)
        finally:
            self.streams -= 1


@pytest.fixture(scope="module")
def served() -> Iterator[_Script]:
    """The pages, and the script in place of datasets."""
    from fastapi import FastAPI, Response
    from fastapi.responses import StreamingResponse

    from dset.pages import page_routes, server
    from dset.pages.guard import Guard
    from dset.pages.house import House

    one = SimpleNamespace(
        told=lambda: {"key": "k", "name": "words", "kind": "run", "changed": "2026-01-02T03:04:05Z"}
    )
    app, script = FastAPI(), _Script()
    app.include_router(page_routes.router(SimpleNamespace(shelf=SimpleNamespace(datasets=lambda: [one]))))  # type: ignore[arg-type]
    bound = server.listen("127.0.0.1", 0)
    script.port, started = bound.getsockname()[1], threading.Event()
    running = server.Server(Guard(app, House("127.0.0.1", "t"), lambda _: None), started.set)

    @app.get("/api/datasets/k/run", response_model=None)
    def run() -> dict[str, Any] | Response:
        return script.told if script.is_there else Response('{"detail": "the disk is away"}', 503)

    @app.get("/api/datasets/k/events")
    def events() -> StreamingResponse:
        return StreamingResponse(script.events(running.closing.is_set), media_type="text/event-stream")

    @app.get("/api/datasets/k/charts")
    def charts() -> dict[str, Any]:
        return script.charts.pop(0) if len(script.charts) > 1 else script.charts[0]

    thread = threading.Thread(target=running.run_on, args=(bound,))
    thread.start()
    assert started.wait(20)
    yield script
    running.end()
    thread.join(20)


@dataclass
class _Page:
    """A page that was opened, and the words for looking at it."""

    driver: Any

    def open(self, port: int, path: str = "/") -> None:
        requested(self.driver)
        self.driver.get(f"http://127.0.0.1:{port}{path}")

    def text(self, selector: str = "main") -> str:
        return str(
            self.driver.execute_script(
                "return document.querySelector(arguments[0])?.innerText ?? ''", selector
            )
        )

    def until(self, text: str, selector: str = "main") -> str:
        """What stands there once the text is in it."""
        self.holds(
            "(document.querySelector(arguments[1])?.innerText ?? '').includes(arguments[0])", text, selector
        )
        return self.text(selector)

    def holds(self, code: str, *arguments: Any) -> None:
        """Now or in a moment."""
        from selenium.webdriver.support.wait import WebDriverWait

        WebDriverWait(self.driver, PATIENCE, 0.03).until(
            lambda _: self.js(code, *arguments), f"{code} {arguments}"[:300]
        )

    def js(self, code: str, *arguments: Any) -> Any:
        return self.driver.execute_script(f"return {code}", *arguments)


@pytest.fixture
def page(browser: Any, served: _Script) -> Iterator[_Page]:
    served.told, served.charts, served.is_there = _run(), [], True
    yield _Page(browser)
    with contextlib.suppress(Exception):
        browser.get("about:blank")


def test_a_look_tells_whether_the_run_is_well(page: _Page, served: _Script) -> None:
    page.open(served.port)
    shown = page.until("Running well.")
    assert page.text("h1") == "Running well."
    told = [
        "Running",
        "612,345 of 1,000,000 rows",
        "387,638",
        "4.5 rows/s",
        "20 min",
        "1,234,567",
        "3.50 USD",
    ]
    told += [
        "4.50 USD of 5.00 USD spent (90 %)",
        "nearly used up",
        "one/KEY/m",
        "spent",
        "answer 1",
        "Live, as of",
    ]
    assert [text for text in told if text not in shown] == []
    assert page.js(
        "document.querySelector('progress').value / document.querySelector('progress').max"
    ) == pytest.approx(0.612345)


def test_failures_say_what_to_do_open_by_the_keyboard_and_stay_open(page: _Page, served: _Script) -> None:
    from selenium.webdriver.common.keys import Keys

    page.open(served.port)
    shown = page.until("400: too long", "#failures")
    assert "rows 4, 8 and 10 more" in shown
    assert (
        "What to do: Raise the limit: --max-tokens 65536 asks" in shown
    )  # the biggest is open from the start
    assert "Shorten them." not in shown
    page.js("document.querySelector('.live button').focus()")
    keys = page.driver.switch_to
    for _ in range(10):
        keys.active_element.send_keys(Keys.TAB)
        if page.js("document.activeElement.innerText.includes('400: too long')"):
            break
    assert page.js("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    keys.active_element.send_keys(Keys.ENTER)
    page.until("Shorten them.", "#failures")
    failures = [one | {"count": one["count"] + 20} for one in served.told["failures"]]
    served.told = _run(failures=failures)
    assert "Shorten them." in page.until("22 ×", "#failures")
    assert page.js("document.activeElement.localName") == "summary"


def test_news_change_the_page_without_a_reload(page: _Page, served: _Script) -> None:
    page.open(served.port)
    page.until("answer 1")
    assert page.text("[role=status]") == ""
    served.told = _run(
        state="stopped", headline="Stopped: 402.", next="Add credit.", latest=[_answer(2), _answer(1)]
    )
    shown = page.until("Stopped: 402.")
    assert "What to do: Add credit." in shown
    assert "Stopped early" in shown
    page.until("Stopped: 402.", "[role=status]")
    assert page.js("[...document.querySelectorAll('.latest p.text')].map(one => one.textContent)") == [
        "answer 2",
        "answer 1",
    ]
    assert page.js("document.querySelector('.latest a').search") == "?dataset=k&id=id+2"


def test_who_reads_an_answer_is_not_moved_by_newer_ones(page: _Page, served: _Script) -> None:
    page.open(served.port)
    page.until("answer 1")
    page.js("document.querySelector('.latest a').focus()")
    served.told = _run(headline="Two more.", latest=[_answer(3), _answer(2), _answer(1)])
    page.until("Show 2 new")
    assert "answer 2" not in page.text(".latest")
    page.js("document.querySelector('.news button').click()")
    page.until("answer 3", ".latest")


def test_a_server_that_is_away_is_told_and_nothing_pretends_to_be_live(page: _Page, served: _Script) -> None:
    page.open(served.port)
    page.until("Live, as of")
    served.is_there = False
    shown = page.until("Not live.", ".live")
    assert "the disk is away" in shown
    assert "as of" in shown
    served.is_there = True
    page.until("Live, as of", ".live")


def test_a_page_that_nobody_looks_at_asks_for_nothing_until_it_is_seen_again(
    page: _Page, served: _Script
) -> None:
    from selenium.webdriver.support.wait import WebDriverWait

    hide = "Object.defineProperty(document, 'hidden', {configurable: true, value: arguments[0]})"
    turn = f"[{hide}, document.dispatchEvent(new Event('visibilitychange'))].length"
    page.open(served.port)
    page.until("Live, as of")
    page.js(turn, True)
    page.until("Not live while the page is hidden.", ".live")
    WebDriverWait(page.driver, PATIENCE, 0.03).until(lambda _: served.streams == 0)
    requested(page.driver)
    served.told = _run(headline="Something new.")
    assert [url for url in requested(page.driver) if "/api/" in url] == []
    assert page.text("h1") == "Running well."
    page.js(turn, False)
    page.until("Something new.", "h1")


def test_whatever_is_missing_breaks_nothing(page: _Page, served: _Script) -> None:
    served.told = {
        "state": None,
        "rows": None,
        "failures": [None, {}],
        "endpoints": [{}],
        "latest": [{}],
        "waiting": [{}],
    }
    page.open(served.port)
    page.until("More about this run")
    page.until("Live, as of")
    assert [entry for entry in page.driver.get_log("browser") if "Uncaught" in entry["message"]] == []


def test_strangers_texts_stay_texts(page: _Page, served: _Script) -> None:
    from selenium.common.exceptions import NoAlertPresentException

    failure = {"kind": HOSTILE, "reason": HOSTILE, "count": 1, "rows": [HOSTILE], "advice": HOSTILE}
    endpoint = {"name": HOSTILE, "state": HOSTILE, "reason": HOSTILE, "until": HOSTILE}
    wait = {"row": HOSTILE, "reason": HOSTILE, "in_s": 5, "attempt": HOSTILE, "attempts": HOSTILE}
    answer = dict.fromkeys(_answer(1), HOSTILE)
    served.told = _run(
        state=HOSTILE,
        headline=HOSTILE,
        next=HOSTILE,
        run=dict.fromkeys(["id", "started", "ended", "model", "prompt", "system"], HOSTILE),
        failures=[failure],
        endpoints=[endpoint],
        waiting=[wait],
        latest=[answer],
        log=[HOSTILE],
    )
    page.open(served.port)
    page.until(HOSTILE, "h1")
    for selector in ("#failures", "#endpoints", "#waiting", ".latest"):
        assert HOSTILE in page.text(selector)
    assert page.js("document.querySelectorAll('main img, main script').length") == 0
    with pytest.raises(NoAlertPresentException):
        _ = page.driver.switch_to.alert.text
    assert [
        url for url in requested(page.driver) if f"//127.0.0.1:{served.port}/" not in url or "stolen" in url
    ] == []
    page.driver.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": 390, "height": 844, "deviceScaleFactor": 1, "mobile": True},
    )
    try:
        page.holds("document.documentElement.scrollWidth <= 390")
    finally:
        page.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_the_run_page_weighs_less_than_300_kb_with_its_charts(page: _Page, served: _Script) -> None:
    page.open(served.port)
    page.until("Live, as of")
    page.until("Figures as a table", "#history")
    weights = "[...performance.getEntriesByType('resource'), ...performance.getEntriesByType('navigation')]"
    pieces = page.js(f"{weights}.map(one => [one.name, one.decodedBodySize])")
    loaded = {name.rpartition("/")[2]: size for name, size in pieces}
    assert loaded["chart.umd.min.js"] > 100_000
    assert sum(loaded.values()) < 300_000


def test_charts_are_told_to_be_counted_and_then_drawn(page: _Page, served: _Script) -> None:
    rows = [{"label": HOSTILE, "value": 3, "detail": ""}]
    chart = {
        "id": "labels",
        "title": "Labels",
        "kind": "bars",
        "unit": "answers",
        "rows": rows,
        "note": "",
        "summary": "",
    }
    ready = {"state": "ready", "message": "", "as_of": "2026-01-01T00:00:00Z", "charts": [chart]}
    served.charts = [{"state": "counting", "message": "half of it is read"}, ready]
    page.open(served.port, "/charts")
    assert "half of it is read" in page.until("Counting the answers")
    assert HOSTILE in page.until("As of")
    assert page.js("document.querySelector('main nav a').hash") == "#chart-labels"
    assert page.js("document.querySelector('#chart-labels').textContent") == "Labels"


def test_charts_that_cannot_be_are_told_with_what_to_do(page: _Page, served: _Script) -> None:
    served.charts = [
        {"state": "failed", "message": "Line 12 is damaged.", "as_of": None, "charts": []},
        {"state": "empty", "message": "", "as_of": None, "charts": []},
    ]
    page.open(served.port, "/charts")
    page.until("Line 12 is damaged.")
    page.js("document.querySelector('main button').click()")
    page.until("A run brings them")
