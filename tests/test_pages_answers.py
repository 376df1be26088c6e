"""The pages of the answers and of the comparison in a real browser, on an API that is acted."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select, WebDriverWait

from tests.served import requested

Row = dict[str, Any]
NASTY = "<img src=http://198.51.100.7/p onerror=alert(1)><script>alert(2)</script>\"'><svg onload=alert(3)> \u202e\u2028"
HOSTILE_HTML = (
    '<h1 onclick="alert(1)">Title</h1><p onmouseover="alert(2)" style="background:url(http://198.51.100.7/s)">kept '
    '<a href="javascript:alert(3)">script</a> <a href="/tasks">ours</a> <a href="data:text/html,x">data</a> '
    '<a href="https://example.org/x" onclick="alert(4)">good</a></p><script>alert(5)</script>'
    '<img src="http://198.51.100.7/i" onerror="alert(6)" alt="a cat"><iframe src="http://198.51.100.7/f"></iframe>'
    '<svg><a xlink:href="javascript:alert(7)">s</a></svg><style>body{display:none}</style>'
    "<form action=http://198.51.100.7/><button>x</button></form><ul><li><em>item</em></li></ul>"
)
DATASETS = [
    {"key": "plain", "name": "output", "kind": "run", "answers_bytes": 9, "is_running": False},
    {"key": "other", "name": "second pass", "kind": "second", "answers_bytes": 9, "is_running": False},
    {"key": "nasty", "name": NASTY, "kind": "captions", "answers_bytes": 9, "is_running": False},
    {"key": "empty", "name": "empty", "kind": "run", "answers_bytes": 0, "is_running": False},
]


def _row(n: int, **more: Any) -> Row:
    """As the list has it; what is left out is null to the page."""
    return {
        "n": n,
        "row": n + 1,
        "status": "answered",
        "question": f"Question {n}",
        "answer": f"Answer {n}",
    } | more


PLAIN = [
    _row(n, label=("odd" if n % 2 else "even"), length=n, at=f"2026-01-01T00:{n:02d}:00Z") for n in range(60)
]
_EVERY = ("id", "question", "answer", "label", "model", "status", "reason")
ROWS = {
    "plain": PLAIN,
    "other": PLAIN,
    "nasty": [_row(0, has_picture=True) | dict.fromkeys(_EVERY, NASTY)],
    "empty": [],
}
PAIRS = [
    {"id": "a", "row": 1, "question": "Colour?", "left": {"answer": "the sky is blue"}, "right": {"answer": "the sky is green"}},
    {"id": "b", "row": 2, "question": "จังหวัด", "left": {"answer": "ประเทศไทยมี 77 จังหวัด"}, "right": {"answer": "ประเทศไทยมี 76 จังหวัด"}},
    {"id": "c", "row": 3, "question": NASTY, "left": {"answer": NASTY, "label": NASTY}, "right": None},
]  # fmt: skip


def _one(row: Row) -> Row:
    if row["question"] != NASTY:
        sent = [{"role": "system", "content": "Be short."}, {"role": "user", "content": row["question"]}]
        return row | {"thoughts": "Let me think.", "sent": sent, "metadata": {"model": "m"}}
    told = {NASTY: NASTY}
    turns = [{"role": NASTY, "content": NASTY}, {"role": "user", "content": [{"type": NASTY}]}]
    more = {
        "thoughts": NASTY,
        "data": told,
        "metadata": told,
        "columns": told,
        "sent": turns,
        "sent_note": NASTY,
    }
    return row | more | {"answer_html": HOSTILE_HTML}


def _api() -> Any:
    from fastapi import FastAPI, Request  # most tests of a process ask for none of it
    from fastapi.responses import JSONResponse

    from dset.pages import page_routes
    from dset.pages.desk import Desk
    from dset.pages.shelf import Shelf

    app = FastAPI()

    def listed(key: str, request: "Request") -> Any:
        asked = request.query_params
        rows = [
            row
            for row in ROWS[key]
            if asked.get("q", "").lower() in f"{row['question']} {row['answer']}".lower()
        ]
        rows = [row for row in rows if asked.get("label", "") in {"", row.get("label")}]
        rows.sort(key=lambda row: str(row.get("at")), reverse=asked["order"] == "desc")
        at = int(asked["offset"])
        return {
            "total": len(rows),
            "reading": None,
            "offset": at,
            "rows": rows[at : at + int(asked["limit"])],
        }

    def facets(key: str) -> Any:
        if key == "nasty":
            return {"label_name": NASTY, "labels": [[NASTY, 1], ["b", 2]], "models": [[NASTY, 1], ["b", 2]]}
        return {"labels": [["odd", 30], ["even", 30]], "models": None}

    def one(key: str, n: int) -> Any:
        return _one(ROWS[key][n]) if n < len(ROWS[key]) else JSONResponse({"detail": "no such answer"}, 404)

    def compared() -> Any:
        counts = {"both": 2, "left": 1, "right": 0, "different": 2, "same": 0}
        return {"total": 3, "counts": counts, "reading": None, "offset": 0, "rows": PAIRS}

    listed.__annotations__["request"] = Request
    app.add_api_route("/api/datasets", lambda: {"datasets": DATASETS})
    app.add_api_route("/api/datasets/{key}/answers", listed)
    app.add_api_route("/api/datasets/{key}/facets", facets)
    app.add_api_route("/api/datasets/{key}/answers/{n}", one)
    app.add_api_route("/api/compare", compared)
    app.include_router(page_routes.router(Desk(Shelf(()), Path())))
    return app


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Where the pages are served, behind the guard as they are to users."""
    from dset.pages import server
    from dset.pages.guard import Guard
    from dset.pages.house import House

    bound, started = server.listen("127.0.0.1", 0), threading.Event()
    url = f"http://127.0.0.1:{bound.getsockname()[1]}"
    running = server.Server(Guard(_api(), House("127.0.0.1", "token"), lambda _: None), started.set)
    thread = threading.Thread(target=running.run_on, args=(bound,))
    thread.start()
    assert started.wait(20)
    yield url
    running.end()
    thread.join(20)


def _until(driver: Any, script: str, *given: Any) -> Any:
    """What the script says once it says something."""
    return WebDriverWait(driver, 10, 0.03).until(lambda _: driver.execute_script(script, *given))


def _seen(driver: Any, css: str, text: str) -> Any:
    """The first element of the selector, once it says the text."""
    waiting = WebDriverWait(driver, 10, 0.03, (StaleElementReferenceException, AttributeError, IndexError))
    found = waiting.until(
        lambda _: [one for one in driver.find_elements(By.CSS_SELECTOR, css) if text in one.text][:1]
    )
    return found[0]


def _opened(driver: Any, url: str, text: str, css: str = ".count") -> None:
    driver.get(url)
    _seen(driver, css, text)


def _asked(driver: Any) -> dict[str, list[str]]:
    return parse_qs(urlsplit(driver.current_url).query)


def test_typing_and_choosing_filter_the_list_and_back_brings_it_back(browser: Any, address: str) -> None:
    _opened(browser, f"{address}/answers?dataset=plain", "1–50 of 60")
    browser.find_element(By.NAME, "q").send_keys("answer 4")
    _seen(browser, ".count", "1–11 of 11")
    assert _asked(browser)["q"] == ["answer 4"]
    Select(browser.find_element(By.NAME, "label")).select_by_value("even")
    _seen(browser, ".count", "1–6 of 6")
    assert _asked(browser)["label"] == ["even"]
    browser.back()
    _seen(browser, ".count", "1–11 of 11")
    assert browser.find_element(By.NAME, "label").get_property("value") == ""
    browser.back()
    _seen(browser, ".count", "1–50 of 60")
    assert browser.find_element(By.NAME, "q").get_property("value") == ""


def test_sorting_and_paging_stand_in_the_address_and_are_read_from_it(browser: Any, address: str) -> None:
    _opened(browser, f"{address}/answers?dataset=plain&sort=at&order=asc&page=2", "51–60 of 60")
    assert _until(browser, "return document.querySelector('[aria-sort]').ariaSort") == "ascending"
    browser.find_element(By.CSS_SELECTOR, "[data-sort=at]").send_keys(Keys.ENTER)
    _seen(browser, ".count", "1–50 of 60")
    assert _asked(browser)["order"] == ["desc"]
    assert "page" not in _asked(browser)
    assert browser.switch_to.active_element.get_attribute("data-sort") == "at"


def test_an_answer_opens_with_its_thoughts_and_prompt_and_gives_the_focus_back(
    browser: Any, address: str
) -> None:
    _opened(browser, f"{address}/answers?dataset=plain", "1–50 of 60")
    browser.find_element(By.CSS_SELECTOR, "a[data-n='58']").send_keys(Keys.ENTER)
    _seen(browser, "dialog h2", "Row 59")
    said = browser.find_element(By.CSS_SELECTOR, "dialog").get_property("textContent")
    assert "Let me think." in said
    assert "Be short." in said
    browser.switch_to.active_element.send_keys(Keys.ARROW_RIGHT)
    _seen(browser, "dialog h2", "Row 58")
    assert _asked(browser)["answer"] == ["57"]
    browser.switch_to.active_element.send_keys(Keys.ESCAPE)
    WebDriverWait(browser, 10, 0.03).until(lambda _: "answer" not in _asked(browser))
    assert _until(browser, "return document.activeElement.dataset.n") == "57"
    assert not browser.find_element(By.CSS_SELECTOR, "dialog").is_displayed()


def test_hostile_text_stays_text_in_every_field_of_the_pages(browser: Any, address: str) -> None:
    requested(browser)
    places = {
        "answers?dataset=nasty&view=table": 8,
        "answers?dataset=nasty&answer=0": 10,
        "compare?dataset=plain": 3,
    }
    for path, least in places.items():
        _opened(browser, f"{address}/{path}", "1–")
        if "answer=" in path:
            _seen(browser, "dialog .summary", "onerror")
        # An alert would end this with an error, and so would a request that has to wait for the network.
        said, made = browser.execute_script(
            "return [document.body.textContent, document.querySelectorAll('script:not([src]), body svg, iframe, [onerror]').length]"
        )
        assert said.count("<img src=http://198.51.100.7/p onerror=alert(1)>") >= least, path
        assert made == 0, path
    assert [url for url in requested(browser) if not url.startswith(address)] == []


def test_hostile_html_of_an_answer_loses_all_that_could_run_or_ask(browser: Any, address: str) -> None:
    requested(browser)
    _opened(browser, f"{address}/answers?dataset=nasty&answer=0", "Formatted", ".toggle")
    _seen(browser, "dialog .toggle button", "Formatted").click()
    _seen(browser, ".formatted", "kept")
    attributes = "[...new Set([...document.querySelectorAll('.formatted *')].flatMap((one) => one.getAttributeNames()))]"
    names = "[...document.querySelectorAll('.formatted *')].map((one) => one.localName)"
    links = "[...document.querySelectorAll('.formatted a')].map((one) => one.href + ' ' + one.rel)"
    found = browser.execute_script(f"return [{attributes}, {names}, {links}]")
    assert set(found[0]) <= {"dir", "href", "title", "target", "rel"}
    assert found[1] == ["h4", "p", "span", "span", "span", "a", "ul", "li", "em"]
    assert found[2] == ["https://example.org/x noopener noreferrer nofollow"]
    assert "[picture: a cat]" in browser.find_element(By.CSS_SELECTOR, ".formatted").text
    assert [url for url in requested(browser) if not url.startswith(address)] == []


@pytest.mark.parametrize(
    "path", ["answers?dataset=plain", "answers?dataset=nasty&answer=0", "compare?dataset=plain"]
)
def test_nothing_is_wider_than_a_phone(browser: Any, address: str, path: str) -> None:
    browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": 390, "height": 800, "deviceScaleFactor": 1, "mobile": True},
    )
    try:
        _opened(browser, f"{address}/{path}", "1–")
        if "answer=" in path:
            _seen(browser, "dialog .summary", "onerror")
        too_wide = (
            "return [...document.querySelectorAll('body *')].filter((one) => one.offsetWidth && !one.closest('.skip, .sr') && "
            "one.getBoundingClientRect().right > 391).map((one) => one.outerHTML.slice(0, 80))"
        )
        assert browser.execute_script(too_wide) == []
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_a_list_without_answers_says_what_to_do(browser: Any, address: str) -> None:
    _opened(browser, f"{address}/answers?dataset=empty", "python dset_generator.py", ".advice")
    _opened(browser, f"{address}/answers?dataset=plain&q=nowhere", "Nothing is found", ".advice")
    _seen(browser, ".advice button", "Clear the filters").click()
    _seen(browser, ".count", "1–50 of 60")
    _opened(browser, f"{address}/answers?dataset=moved", "not there any more", ".message")


def test_the_comparison_marks_the_words_that_differ(browser: Any, address: str) -> None:
    _opened(browser, f"{address}/compare?dataset=plain", "1–3 of 3")
    marked = "[...document.querySelectorAll('del, ins')].map((one) => one.localName + ' ' + one.textContent)"
    assert browser.execute_script(f"return {marked}") == [
        "del [only left: blue]", "ins [only right: green]", "del [only left: 77]", "ins [only right: 76]",
    ]  # fmt: skip
    assert _seen(browser, ".pair:last-child .status", "only left")
