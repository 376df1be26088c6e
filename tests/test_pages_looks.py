"""All pages in a real browser: named, in order, large enough to hit, in colours that can be told apart, no wider than a phone."""

import re
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest

import dset_generator
from dset import answers, clocks, rejections
from dset.pages import assets
from tests import samples
from tests.served import Served, requested, serving

TEXTS = (
    "ที่นี่มีน้ำผึ้ง ปู่ ย่า ตู้ กี่ตัว ผู้ใหญ่บ้านซื้อขนมปังปิ้ง",
    "لماذا السماء زرقاء؟ لأنّ ضوء الشمس يتشتّت (1871)",
    "天空为什么是蓝色的？因为瑞利散射",
    "x" * 300,
    "**Bold**, עברית and more\n\n- a list",
)
# What each of them answers: the faults found on the page as it stands, as sentences.
CHECK = r"""
const faults = [], seen = (one) => one.checkVisibility({visibilityProperty: true}) && !one.closest('.sr, .skip, .chart-hidden, dialog:not([open])');
const all = (css) => [...document.querySelectorAll(css)].filter(seen), name = (one) => one.outerHTML.slice(0, 90);
const dialog = document.querySelector('dialog[open]'), within = (one) => !dialog || dialog.contains(one);
if (!document.documentElement.lang || !document.title) faults.push('no lang or title');
if (all('h1').length !== 1) faults.push(`${all('h1').length} h1`);
let level = 0;
for (const one of document.querySelectorAll('h1, h2, h3, h4, h5, h6')) {
  if (!one.checkVisibility() || !within(one)) continue;
  if (level && +one.localName[1] > level + 1) faults.push(`after h${level}: ${name(one)}`);
  level = +one.localName[1];
}
const ids = [...document.querySelectorAll('[id]')].map((one) => one.id);
faults.push(...ids.filter((id, at) => ids.indexOf(id) !== at).map((id) => `twice: #${id}`));
if (document.querySelectorAll('main').length !== 1 || !document.querySelector('header, footer')) faults.push('landmarks');
for (const one of all('nav, dialog')) if (!one.matches('[aria-label], [aria-labelledby]')) faults.push(`a part without a name: ${name(one)}`);
for (const one of all('[aria-labelledby]'))
  if (!one.getAttribute('aria-labelledby').split(' ').every((id) => document.getElementById(id)?.textContent.trim())) faults.push(`named by nothing: ${name(one)}`);
for (const one of all('a, button, input, select, summary, progress, [tabindex="0"]')) {
  const words = one.getAttribute('aria-label') || one.getAttribute('aria-labelledby') || [...(one.labels ?? [])].map((label) => label.textContent).join('') || (one.matches('input, select, progress') ? '' : one.textContent);
  if (!words.trim()) faults.push(`no name: ${name(one)}`);
  const box = one.getBoundingClientRect();
  if (one.matches('button, input, select, summary, nav a') && within(one) && (box.width < 24 || box.height < 24)) faults.push(`${box.width} x ${box.height}: ${name(one)}`);
}
for (const one of all('th')) if (!one.scope || !one.textContent.trim()) faults.push(`an empty head: ${name(one)}`);
for (const one of all('img')) if (!one.hasAttribute('alt')) faults.push(`no words: ${name(one)}`);
for (const one of all('body *')) {
  if (!within(one) || !['auto', 'scroll'].some((how) => [getComputedStyle(one).overflowX, getComputedStyle(one).overflowY].includes(how))) continue;
  if ((one.scrollHeight > one.clientHeight || one.scrollWidth > one.clientWidth) && one.tabIndex < 0 && !one.querySelector('a, button, [tabindex="0"]')) faults.push(`scrolls by the mouse alone: ${name(one)}`);
}
const wide = document.documentElement.scrollWidth;
if (wide > innerWidth) faults.push(`${wide} pixels wide`);
return faults;
"""
CONTRAST = r"""
const brush = document.createElement('canvas').getContext('2d', {willReadFrequently: true}), known = new Map();
const colour = (said) => {
  if (!known.has(said)) {
    brush.clearRect(0, 0, 1, 1);
    brush.fillStyle = said;
    brush.fillRect(0, 0, 1, 1);
    known.set(said, brush.getImageData(0, 0, 1, 1).data);
  }
  return known.get(said);
};
const light = (rgb) => [...rgb].slice(0, 3).map((one) => one / 255).map((one) => (one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4))
  .reduce((sum, one, at) => sum + one * [0.2126, 0.7152, 0.0722][at], 0);
const contrast = (one, other) => { const [a, b] = [light(one), light(other)].sort((x, y) => y - x); return (a + 0.05) / (b + 0.05); };
const ground = (one) => {
  for (let at = one; at; at = at.parentElement) { const found = colour(getComputedStyle(at).backgroundColor); if (found[3] === 255) return found; }
  return [255, 255, 255, 255];
};
const faults = new Set();
for (const one of document.querySelectorAll('body *')) {
  if (![...one.childNodes].some((node) => node.nodeType === 3 && node.data.trim()) || !one.checkVisibility() || one.closest('.sr, .skip, .chart-hidden, option, script, noscript, [aria-disabled=true], :disabled')) continue;
  const style = getComputedStyle(one), found = contrast(colour(style.color), ground(one)), isLarge = parseFloat(style.fontSize) >= 24;
  if (found < (isLarge ? 3 : 4.5)) faults.add(`${found.toFixed(2)}: ${one.outerHTML.slice(0, 90)}`);
}
for (const one of document.querySelectorAll('.charts:has(.chart)')) {
  const probe = one.appendChild(document.createElement('i'));
  const of = (name) => { probe.style.color = `var(${name})`; return colour(getComputedStyle(probe).color); };
  for (const at of [1, 2, 3, 4, 5, 6]) if (contrast(of(`--chart-${at}`), of('--chart-card')) < 3) faults.add(`--chart-${at}`);
  probe.remove();
}
return [...faults];
"""


def _write(folder: Path, *, is_full: bool) -> None:
    """A dataset, with all that a page may show or with nothing in it."""
    folder.mkdir(parents=True)
    made, failed, numbers = [], [], count(2)
    now = clocks.now().isoformat(timespec="seconds").replace("+00:00", "Z")
    for row, text in zip(numbers, TEXTS * 3 if is_full else (), strict=False):
        asked = samples.question(f"{row} {text}", row, columns={"tone": f"tone {row % 3}"})
        figures = {"timestamp": now, "cost_usd": 0.0001, "seconds": 0.4 * row, "model": f"model-{row % 2}"}
        made.append(answers.as_record(samples.answer(asked, samples.reply(text * 3, text), **figures)))
    for row, text in zip(numbers, TEXTS * 2 if is_full else (), strict=False):
        asked, reason = (
            samples.question(f"{text} {row}", row),
            f"{text} {'abcdefghijklmnopqrstuvwxyz'[row % 26]}",
        )
        failed.append(
            rejections.as_record(
                samples.rejection(asked, "cut short", reason=reason, figures=(("timestamp", now),))
            )
        )
    samples.write_lines(folder / "output.json", made)
    samples.write_lines(folder / "rejected.json", failed)
    run = {
        "run": "20261121T120000Z-0000",
        "started": now,
        "ended": now,
        "model": "model-0",
        "prompt": "{question}",
        "system": "",
    }
    samples.write_lines(folder / "runs.json", [run] if is_full else [])


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    place = tmp_path_factory.mktemp("looks")
    _write(place / "data" / "full", is_full=True)
    _write(place / "data" / "second", is_full=True)
    _write(place / "data" / "void", is_full=False)
    with serving(place / "data", place=place / "kept") as one:
        yield one


class _Looked:
    """A browser in front of the pages."""

    def __init__(self, driver: Any, served: Served) -> None:
        self.driver, self.url = driver, served.url
        self.keys = {
            one["name"].rpartition("/")[2]: one["key"] for one in served.get("/api/datasets").json["datasets"]
        }

    def open(self, path: str, until: str) -> None:
        """The page at `path`, in which `{full}` stands for a dataset's key, once it says `until`."""
        self.driver.get(self.url + path.format_map(self.keys))
        self.until("return document.body.innerText.includes(arguments[0])", until)

    def until(self, code: str, *given: Any) -> None:
        """The script says so, now or in a moment."""
        from selenium.webdriver.support.wait import WebDriverWait

        WebDriverWait(self.driver, 20, 0.05).until(lambda _: self.js(code, *given), f"{code} {given}")

    def js(self, code: str, *given: Any) -> Any:
        return self.driver.execute_script(code, *given)

    def as_(self, width: int, scheme: str) -> None:
        """From now on so wide, light or dark."""
        size = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 600}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        media = [("prefers-color-scheme", scheme), ("prefers-reduced-motion", "reduce")]
        features = [{"name": name, "value": value} for name, value in media]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
        self.js("return document.body?.offsetWidth")

    def faults(self) -> list[str]:
        """On a screen and on a phone, in light and in dark."""
        found = []
        for width, scheme in ((320, "dark"), (1280, "light")):
            self.as_(width, scheme)
            found += [f"{width}: {one}" for one in self.js(CHECK)] + [
                f"{scheme}: {one}" for one in self.js(CONTRAST)
            ]
        return found


@pytest.fixture
def looked(browser: Any, served: Served) -> Iterator[_Looked]:
    one = _Looked(browser, served)
    one.as_(1280, "light")
    yield one
    browser.get("about:blank")
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


PAGES = [
    ("/?dataset={full}", "The last answers"),
    ("/?dataset={void}", "Not begun"),
    ("/?dataset=gone", "not there any more"),
    ("/answers?dataset={full}", "of 25 answers"),
    ("/answers?dataset={full}&answer=0", "Copy everything"),
    ("/answers?dataset={full}&q=nowhere", "Nothing is found"),
    ("/answers?dataset={void}", "There are no answers yet"),
    ("/compare?dataset={full}&right={second}", "of 15 rows"),
    ("/charts?dataset={full}", "As of"),
    ("/docs", "All tasks"),
]


@pytest.mark.parametrize(("path", "until"), PAGES)
def test_every_page_is_for_everybody(looked: _Looked, path: str, until: str) -> None:
    looked.open(path, until)
    looked.js("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    assert looked.faults() == []


def test_so_is_the_report(looked: _Looked, tmp_path: Path) -> None:
    _write(tmp_path / "full", is_full=True)
    assert dset_generator.main(["report", str(tmp_path / "full"), "--html", "--near", "1"]) == 0
    looked.driver.get((tmp_path / "full" / "report.html").as_uri())
    looked.js("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    assert looked.faults() == []


def test_a_run_page_says_nothing_of_what_is_not_there(looked: _Looked) -> None:
    looked.open("/?dataset={void}", "Not begun")
    heads = "return [...document.querySelectorAll('h2')].filter((one) => one.checkVisibility()).map((one) => one.innerText)"
    assert looked.js(heads) == ["The last answers"]
    looked.open("/?dataset={full}", "What failed")
    assert looked.js(heads)[1:4] == ["Speed, tokens and cost", "What failed", "The last answers"]
    assert (
        len(
            looked.js(
                "return [...document.querySelectorAll('#failures details')].filter((one) => one.checkVisibility())"
            )
        )
        == 8
    )


def test_charts_are_fetched_when_they_come_near(looked: _Looked) -> None:
    looked.as_(390, "light")
    requested(looked.driver)
    looked.open("/?dataset={full}", "The last answers")
    assert [url for url in requested(looked.driver) if "chart.umd" in url] == []
    looked.js("document.querySelector('#history').scrollIntoView()")
    looked.until("return document.querySelectorAll('#history canvas').length === 2")


def test_a_moment_of_today_is_its_time_of_day(looked: _Looked) -> None:
    looked.open("/answers?dataset={full}", "of 25 answers")
    shown, title = looked.js(
        "const one = document.querySelector('td time'); return [one.innerText, one.title]"
    )
    assert re.fullmatch(r"\d?\d:\d\d( [AP]M)?", shown)
    assert str(time.gmtime().tm_year) in title


def test_what_is_sent_lacks_what_only_its_authors_read() -> None:
    body = b"// why\nconst one = 1; // stays\n  /** what\n   *  for */\n  f(`//`, '/* */');\n/* a */\np { q: r }\n"
    assert assets.light("a.js", body) == b"const one = 1; // stays\nf(`//`, '/* */');\np { q: r }\n"
    assert assets.light("chart.umd.min.js", body) == body
    own = [one for one in Path(assets.__file__).parents[1].glob("*/static/*.js") if ".min." not in one.name]
    lines = [line for one in own for line in one.read_text(encoding="utf-8").splitlines()]
    assert len(lines) > 1000
    # A text over several lines would lose its indentation.
    assert [
        line
        for line in lines
        if line.replace("/`([^`]+)`/", "").count("`") % 2 and not line.lstrip().startswith(("//", "/**"))
    ] == []
