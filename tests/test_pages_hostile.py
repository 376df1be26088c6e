"""What strangers wrote is shown as text on every page: nothing of it runs, and nobody is asked."""

import socketserver
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dset.browsing import shown
from dset.locks import Lock
from dset.watching import lenient
from tests import hostile, samples
from tests.served import Served, requested, seen, serving, until
from tests.xss import towards


@pytest.fixture
def canary() -> Iterator[tuple[str, list[str]]]:
    """(its address, what was asked of it)"""
    asked: list[str] = []

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            asked.append(repr(self.request.recv(1_000)))

    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}", asked
    server.shutdown()
    thread.join()
    server.server_close()


HARM = """return {hurt: window.hurt ?? Object.prototype.hurt ?? null,
made: [...document.querySelectorAll(`script:not([src^="/static/"]), style, iframe, object, embed, video, form[action], base, meta[http-equiv],
svg, math, img:not([src^="/api/datasets/"]), [onerror], [onload], [style*="url"], a[href^="javascript:"], a[href^="data:"]`)].map((one) => one.outerHTML.slice(0, 99))}"""


def _is_harmless(driver: Any, served: Served, canary: tuple[str, list[str]]) -> None:
    """Nothing ran (an alert would raise), no element was made, nothing was asked, nothing had to be refused."""
    assert driver.execute_script(HARM) == {"hurt": None, "made": []}
    assert [line for line in driver.get_log("browser") if line["level"] == "SEVERE"] == []
    assert [url for url in requested(driver) if not url.startswith((f"{served.url}/", "data:"))] == []
    assert canary[1] == []


def _texts(driver: Any, css: str) -> list[str]:
    script = "return [...document.querySelectorAll(arguments[0])].map((one) => one.textContent)"
    return list(driver.execute_script(script, css))


WALK = """
const done = arguments[arguments.length - 1], dialog = document.querySelector("dialog"), found = [];
const text = (css) => [...dialog.querySelectorAll(css)].map((one) => one.textContent);
const press = (words) => [...dialog.querySelectorAll("button")].find((one) => one.textContent === words)?.click();
(async () => {
  for (;;) {
    press("As text");
    const one = { plain: text(".text, pre, th, h4, .status"), title: dialog.querySelector("h2").textContent };
    press("Formatted");
    const laid = dialog.querySelector(".formatted");
    one.laid = laid ? [...new Set([...laid.querySelectorAll("*")].map((each) => each.localName))] : [];
    one.links = laid ? [...laid.querySelectorAll("a")].map((each) => each.href) : [];
    found.push(one);
    const next = dialog.querySelector("[aria-label='Next answer']");
    if (next.getAttribute("aria-disabled") === "true") return done(found);
    const moved = new Promise((resolve) => new MutationObserver((_, watch) => {
      if (dialog.querySelector(".body").getAttribute("aria-busy") === "false") watch.disconnect(), resolve();
    }).observe(dialog.querySelector(".body"), { attributes: true }));
    next.click();
    await moved;
  }
})();
"""
LAID = set(
    "p ul ol li code pre em strong table thead tbody tr th td blockquote hr br del h4 h5 h6 a span div".split()
)


def test_hostile_texts_are_texts_on_every_page(
    browser: Any, canary: tuple[str, list[str]], clean_place: Path, tmp_path: Path
) -> None:
    texts = towards(canary[0])
    first = hostile.write(clean_place / hostile.folder_name(texts[0]), texts)
    hostile.write(clean_place / hostile.folder_name(texts[3]), texts, " and more words than that")
    for text in texts[4:]:
        samples.write_lines(clean_place / hostile.folder_name(text) / "runs.json", [])
    requested(browser), browser.get_log("browser")
    lock = Lock(first / ".lock", "x")
    lock.acquire()
    try:
        with serving(clean_place, place=tmp_path / "kept") as served:
            key, other = (
                next(
                    one["key"]
                    for one in served.get("/api/datasets").json["datasets"]
                    if one["name"].endswith(end)
                )
                for end in (hostile.folder_name(texts[0]), hostile.folder_name(texts[3]))
            )
            _run_page(browser, served, key, texts)
            _is_harmless(browser, served, canary)
            _lists(browser, served, key, texts)
            _is_harmless(browser, served, canary)
            _in_full(browser, served, key, texts)
            _is_harmless(browser, served, canary)
            _compared(browser, served, key, other, texts)
            _is_harmless(browser, served, canary)
            browser.get(f"{served.url}/charts?dataset={key}")
            seen(browser, "main", "As of ", most=60)
            _is_harmless(browser, served, canary)
            browser.get("about:blank")
    finally:
        lock.release()


def _run_page(driver: Any, served: Served, key: str, texts: tuple[str, ...]) -> None:
    driver.get(f"{served.url}/?dataset={key}")
    until(driver, "return document.querySelectorAll('#latest li').length === 20")
    newest = [lenient.text(text) for text in texts[:-21:-1]]
    assert _texts(driver, "#latest h3 a") == newest
    assert _texts(driver, "#latest p.text") == newest
    driver.execute_script("document.querySelector('#endpoints button')?.click()")  # all of them
    named = _texts(driver, "#endpoints th.name")
    assert {lenient.text(f"lane {text}") for text in texts} <= set(named)
    assert {lenient.text(text) for text in texts[:8]} <= set(_texts(driver, "#waiting li p"))
    assert texts[1] in _texts(driver, "#headline")
    assert shown.text(texts[0]) in _texts(driver, "#about dd.text")
    assert len(_texts(driver, "#dataset option")) >= len(texts) - 4


def _lists(driver: Any, served: Served, key: str, texts: tuple[str, ...]) -> None:
    for view, css in (("table", "td.c-answer .cut:first-child"), ("gallery", ".caption")):
        driver.get(f"{served.url}/answers?dataset={key}&view={view}&status=answered&sort=row")
        seen(driver, ".count", f"of {len(texts)} answers")
        for text, cell in zip(texts, _texts(driver, css), strict=True):
            assert cell.removesuffix("…") == shown.text(text)[: len(cell.removesuffix("…"))]
            assert len(cell) == min(len(shown.text(text)), 300)


def _in_full(driver: Any, served: Served, key: str, texts: tuple[str, ...]) -> None:
    driver.get(f"{served.url}/answers?dataset={key}&status=answered&sort=row&answer=0")
    seen(driver, ".count", f"of {len(texts)} answers")
    until(driver, "return document.querySelector('dialog .part')")
    driver.set_script_timeout(60)
    found = driver.execute_async_script(WALK)
    assert [one["title"] for one in found] == [f"Row {row}" for row in range(2, len(texts) + 2)]
    for text, one in zip(texts, found, strict=True):
        whole = shown.text(text)
        # Question, answer, thoughts, the names and cells of columns and metadata, the prompt.
        assert one["plain"].count(whole) >= 7, text
        assert any(f"{whole} {whole}" in said for said in one["plain"]), text
        assert set(one["laid"]) <= LAID
        assert [
            link for link in one["links"] if not link.startswith(("http://", "https://", "mailto:"))
        ] == []


def _compared(driver: Any, served: Served, key: str, other: str, texts: tuple[str, ...]) -> None:
    driver.get(f"{served.url}/compare?dataset={key}&right={other}&only=different")
    seen(driver, ".count", "1–25 of ")
    assert _texts(driver, ".pair .question")[:20] == [shown.text(text)[:300] for text in texts[:20]]
