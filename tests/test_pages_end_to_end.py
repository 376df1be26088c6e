"""Runs as they go on and the datasets that they leave, looked at in a real browser: no part of it is acted."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select

from tests import samples
from tests.captioning import SHORT, frames
from tests.running import SCRIPT, Run, environment, statuses
from tests.served import Served, requested, seen, serving, until

Rehearse = Callable[..., Run]
# A rehearsal that thinks quickly, and does not answer its fourth question before it is told to on its standard input.
HELD = """
import itertools, sys
import dset_generator
from dset.rehearsal import canned, stage
stage.THINKING["outage"] = 0.05
asked, answer = itertools.count(1), canned.answer
def held(request):
    next(asked) == 4 and sys.stdin.readline()
    return answer(request)
canned.answer = held
sys.exit(dset_generator.main(sys.argv[1:]))
"""
REHEARSAL = ("--rehearse", "--concurrency", "2", "--retry-waits", "2.5,0,0")


@contextmanager
def _held(place: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """The rehearsal of the q.csv in this folder, beside us; it does not outlast the block."""
    process = subprocess.Popen(
        [sys.executable, "-c", HELD, *REHEARSAL],
        cwd=place,
        env=environment({"PYTHONPATH": str(SCRIPT.parent)}),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def _key(served: Served, end: str) -> str:
    """The dataset whose name ends so."""
    datasets = served.get("/api/datasets").json["datasets"]
    [key] = [one["key"] for one in datasets if one["name"].endswith(end)]
    return str(key)


def _asked(driver: Any) -> dict[str, str]:
    """The parameters in the address."""
    return {name: values[0] for name, values in parse_qs(urlsplit(driver.current_url).query).items()}


def _quiet(driver: Any, served: Served) -> None:
    """The page had nothing to complain about, and spoke to nobody but its server."""
    assert [line for line in driver.get_log("browser") if line["level"] == "SEVERE"] == []
    assert [url for url in requested(driver) if not url.startswith((served.url, "data:"))] == []


@pytest.fixture
def driver(browser: Any) -> Iterator[Any]:
    """The browser, with nothing noted yet; afterwards it lets go of the server."""
    requested(browser), browser.get_log("browser")
    yield browser
    browser.get("about:blank")


def test_a_rehearsal_is_seen_to_go_on_to_meet_its_outage_and_to_finish(
    driver: Any, clean_place: Path, tmp_path: Path
) -> None:
    shutil.copy(SCRIPT.parent / "q.csv", clean_place)
    with serving(clean_place / "dset_generator", place=tmp_path / "kept") as served:
        driver.get(served.url)
        again = seen(driver, "main button", "Load again")
        with _held(clean_place) as process:
            assert process.stdin is not None
            until(
                driver,
                "return fetch('/api/datasets').then((told) => told.json()).then((told) => told.datasets.length)",
            )
            again.click()
            seen(driver, "#rows", "done: 3 of 12 rows")
            driver.execute_script("window.isSame = true")
            seen(driver, ".state", "Running")
            assert len(driver.find_elements("css selector", "#latest li")) == 3
            process.stdin.write(b"\n")
            process.stdin.flush()
            seen(driver, ".state", "Waiting")
            seen(driver, "#waiting", "Service is too busy")
            seen(driver, "#rows", "done: 6 of 12 rows")
            assert process.wait(60) == 1
        seen(driver, ".state", "Stopped early")
        seen(driver, "#headline", "Stopped by an outage: ")
        seen(driver, ".next", "Run the same command again; 6 left to ask.")
        seen(driver, "#failures .reasons", "Service is too busy")
        seen(driver, "#failures .advice", "Run the same command again later")
        assert driver.execute_script("return window.isSame") is True  # all that came without loading it again
        seen(driver, "#failures a", "See them among the answers").click()
        _is_filtered(driver, len(statuses(clean_place / "dset_generator/rehearsal")))
        driver.find_element("css selector", "nav a").click()
        seen(driver, ".state", "Stopped early")
        driver.execute_script("window.isSame = true")
        with _held(clean_place) as process:
            process.communicate(b"\n", 60)
            assert process.returncode == 0
        seen(driver, "#headline", "Finished: all 12 rows are answered.")
        seen(driver, "#failures", "None. No row failed")
        assert driver.execute_script("return window.isSame") is True
        _opens_from_the_latest(driver, clean_place)
        _quiet(driver, served)


def _is_filtered(driver: Any, failed: int) -> None:
    """From the failed rows to those that are answered, and to the one that is searched for."""
    assert _asked(driver)["status"] == "outage"
    seen(driver, ".count", f"of {failed} answers")
    seen(driver, "table.answers .reason", "e")
    Select(seen(driver, "select[name=status]", "answered (6)")).select_by_value("answered")
    seen(driver, ".count", "of 6 answers")
    driver.find_element("name", "q").send_keys("ต้มยำกุ้ง")
    seen(driver, ".count", "1–1 of 1 answer")
    seen(driver, "table.answers", "ต้มยำกุ้งมีส่วนผสมหลักอะไรบ้าง")
    assert (_asked(driver)["q"], _asked(driver)["status"]) == ("ต้มยำกุ้ง", "answered")


def _opens_from_the_latest(driver: Any, place: Path) -> None:
    """The newest answer, in full: its thoughts, and the prompt that was sent for it."""
    newest = json.loads((place / "dset_generator/rehearsal/output.json").read_text("utf-8").splitlines()[-1])
    question = newest["metadata"]["question"]
    seen(driver, "#latest li:first-child a", question).click()
    seen(driver, "dialog h2", f"Row {newest['metadata']['row']}")
    said = driver.find_element("css selector", "dialog").get_property("textContent")
    for part in (
        newest["response"]["answer"],
        newest["response"]["reasoning"],
        f"answer this question: {question}",
    ):
        assert part in said
    assert "id" not in _asked(driver)
    assert _asked(driver)["answer"].isdigit()


def test_the_labels_of_a_task_are_shown_filtered_by_and_charted(
    driver: Any, rehearse: Rehearse, clean_place: Path, tmp_path: Path
) -> None:
    assert rehearse("task", "sentiment_analysis", "6", "--rehearse=calm").exit_status == 0
    with serving(clean_place / "dset_generator", place=tmp_path / "kept") as served:
        driver.get(f"{served.url}/answers")
        seen(driver, ".count", "of 6 answers")
        assert sorted(_cells(driver, "label")) == [
            "negative",
            "negative",
            "neutral",
            "neutral",
            "positive",
            "positive",
        ]
        labels = Select(seen(driver, "select[name=label]", "negative (2)"))
        assert sorted(one.text for one in labels.options) == [
            "all",
            "negative (2)",
            "neutral (2)",
            "positive (2)",
        ]
        labels.select_by_value("neutral")
        seen(driver, ".count", "of 2 answers")
        assert _cells(driver, "label") == ["neutral", "neutral"]
        driver.get(f"{served.url}/charts")
        seen(driver, "main", "As of ", most=60)
        assert "neutral" in seen(driver, ".chart", "label").text
        drawn = (
            "return [...document.querySelectorAll('canvas')].map((one) => one.getContext('2d')"
            ".getImageData(0, 0, one.width, one.height).data.some(Boolean))"
        )
        assert until(
            driver, f"const all = (() => {{{drawn}}})(); return all.length > 3 && all.every(Boolean)"
        )
        _quiet(driver, served)


def _cells(driver: Any, name: str) -> list[str]:
    return list(
        driver.execute_script(
            "return [...document.querySelectorAll(`td.c-${arguments[0]}`)].map((one) => one.innerText)", name
        )
    )


def test_pictures_are_shown_with_their_captions(
    driver: Any, rehearse: Rehearse, clean_place: Path, tmp_path: Path
) -> None:
    frames(clean_place, 3)
    assert rehearse("caption", "frames", *SHORT, "--rehearse=calm").exit_status == 0
    with serving(clean_place / "dset_generator", place=tmp_path / "kept") as served:
        driver.get(f"{served.url}/answers?view=gallery&sort=row")
        seen(driver, ".count", "of 3 answers")
        captions = [one["response"]["data"]["caption"] for one in samples.read_lines(
            clean_place / "dset_generator/rehearsal/captions/frames/output.json"
        )]  # fmt: skip
        assert sorted(_texts(driver, ".gallery .caption")) == sorted(captions)
        loaded = "const all = [...document.images]; return all.length && all.every((one) => one.naturalWidth === 16) && all.length"
        assert until(driver, loaded) == 3
        driver.find_element("css selector", ".gallery a").click()
        assert seen(driver, "dialog figcaption", "Caption")
        assert until(driver, "return document.querySelector('dialog img').naturalWidth") == 16
        _quiet(driver, served)


def _texts(driver: Any, css: str) -> list[str]:
    return list(
        driver.execute_script(
            "return [...document.querySelectorAll(arguments[0])].map((one) => one.textContent)", css
        )
    )


@pytest.mark.skipif(sys.platform == "win32", reason="sends a POSIX signal")
def test_two_folders_are_compared_row_by_row(driver: Any, rehearse: Rehearse, clean_place: Path) -> None:
    shutil.copy(SCRIPT.parent / "q.csv", clean_place)
    for folder, more in (("first", ()), ("second", ("--limit", "9"))):
        assert rehearse("--rehearse=calm", "--output", folder, *more).exit_status == 0
    with _server(clean_place, "first", "second") as address:
        driver.get(f"{address}compare")
        seen(driver, ".count", "1–12 of 12 rows")
        assert _texts(driver, ".kinds .figure") == ["12", "9", "0", "9", "3", "0"]
        assert len(driver.find_elements("css selector", ".pair .status.good")) == 9
        assert _texts(driver, ".pair:first-child .side h3") == [
            "Left: first/rehearsal",
            "Right: second/rehearsal",
        ]
        seen(driver, ".kinds button", "Only left").click()
        seen(driver, ".count", "1–3 of 3 rows")
        seen(driver, ".pair a", "In full").click()
        seen(driver, "dialog .part", "[rehearsal] No model was asked.")


@contextmanager
def _server(place: Path, *folders: str) -> Iterator[str]:
    """`serve` of these folders, as somebody types it; where it is."""
    process = subprocess.Popen(
        [sys.executable, str(SCRIPT), "serve", *folders, "--no-browser", "--port", "0"],
        cwd=place,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        yield process.stdout.readline().decode().split(" at ")[1].split()[0]
    finally:
        process.terminate()
        _, said = process.communicate(timeout=20)
    assert (process.returncode, said) == (143, b"dset: ended; nothing in the datasets was changed\n")


def _written(folder: Path, *records: dict[str, Any]) -> Path:
    samples.write_lines(folder / "output.json", records)
    return folder


def test_an_answer_is_found_by_its_id_and_one_that_is_none_is_told(
    driver: Any, clean_place: Path, tmp_path: Path
) -> None:
    made = [samples.record(f"Question {row}", row=row) for row in range(2, 5)]
    folder = _written(clean_place / "dset_generator", *made, samples.original("An old one", "An old answer"))
    with serving(folder, place=tmp_path / "kept") as served:
        driver.get(f"{served.url}/answers?id={made[1]['metadata']['id']}")
        seen(driver, "dialog h2", "Row 3")
        seen(driver, "dialog .part", "Question 3")
        assert _asked(driver) == {"dataset": _key(served, "dset_generator"), "answer": "2"}
        driver.switch_to.active_element.send_keys(Keys.ESCAPE)
        until(driver, "return !document.querySelector('dialog').open")
        assert "answer" not in _asked(driver)
        driver.get(f"{served.url}/answers?id=2")
        seen(driver, "dialog .message", "There is no such answer here (any more).")
        driver.switch_to.active_element.send_keys(Keys.ESCAPE)
        until(driver, "return !location.search.includes('id=')")
        driver.get(served.url)
        links = "return [...document.querySelectorAll('#latest a')].map((one) => new URL(one.href).searchParams.get('id'))"
        ids = [None, *(one["metadata"]["id"] for one in reversed(made))]
        assert until(driver, f"const all = (() => {{{links}}})(); return all.length && all") == ids
        _quiet(driver, served)


def test_two_questions_at_once_about_what_nobody_read_yet_are_both_answered(tmp_path: Path) -> None:
    made = [samples.record(f"Question {row}", row=row) for row in range(2, 300)]
    for number in range(8):
        _written(tmp_path / "all" / str(number), *made)
    with serving(tmp_path / "all", place=tmp_path / "kept") as served, ThreadPoolExecutor(4) as pool:
        for one in served.get("/api/datasets").json["datasets"]:
            paths = [
                f"/api/datasets/{one['key']}/{what}" for what in ("facets", "answers", "facets", "answers")
            ]
            for told in [reply.json for reply in pool.map(served.get, paths)]:
                # On a slow machine it may be half read; but then it says so.
                assert told["reading"] or told.get("total", 298) == 298
                assert told["reading"] or told.get("models", [["deepseek-flash", 298]]) == [
                    ["deepseek-flash", 298]
                ]


def test_everything_is_reached_by_keyboard(driver: Any, clean_place: Path, tmp_path: Path) -> None:
    made = [samples.record(f"Question {row}", row=row) for row in range(2, 8)]
    for one in made:
        one["response"]["reasoning"] = "because of the sea"
    with serving(_written(clean_place / "dset_generator", *made), place=tmp_path / "kept") as served:
        driver.get(served.url)
        seen(driver, "#latest", "Question 7")
        _tab_to(driver, "Answers")
        _press(driver, Keys.ENTER)
        seen(driver, ".count", "of 6 answers")
        _tab_to(driver, "q")
        _press(driver, "Question 4")
        seen(driver, ".count", "1–1 of 1 answer")
        _tab_to(driver, "4")
        _press(driver, Keys.ENTER)
        seen(driver, "dialog h2", "Row 4")
        seen(driver, "dialog .part", "Question 4")
        _tab_to(driver, "Thoughts", most=12)
        _press(driver, Keys.SPACE)
        seen(driver, "dialog details[open]", "because of the sea")
        _press(driver, Keys.ESCAPE)
        until(driver, "return document.activeElement.textContent.includes('4')")
        assert _asked(driver)["q"] == "Question 4"
        _tab_to(driver, "Charts", back=True)
        _press(driver, Keys.ENTER)
        seen(driver, "h1", "Charts of dset_generator")
        _quiet(driver, served)


NOW = """const one = document.activeElement;
if (one === document.body) return [true, ""];
const isMarked = one.matches(":focus-visible") && getComputedStyle(one).outlineStyle !== "none";
return [isMarked, one.name || one.innerText.trim()]"""


def _press(driver: Any, *keys: str) -> None:
    ActionChains(driver).send_keys(*keys).perform()


def _tab_to(driver: Any, name: str, *, back: bool = False, most: int = 40) -> None:
    """Press Tab until the element of this name or text has the focus; each one on the way shows that it has."""
    for _ in range(most):
        chain = ActionChains(driver)
        (
            chain.key_down(Keys.SHIFT).send_keys(Keys.TAB).key_up(Keys.SHIFT)
            if back
            else chain.send_keys(Keys.TAB)
        ).perform()
        is_marked, here = driver.execute_script(NOW)
        assert is_marked, here
        if here == name:
            return
    raise AssertionError(f"{name} was not reached")
