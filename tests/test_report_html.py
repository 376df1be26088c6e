"""`report --html`: one file that asks for nothing, says everything as text, and is read with scripts and without."""

import http.server
import json
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

import dset_generator
from dset import answers, rejections
from dset.charts import page, rendered
from dset.markup import printable
from tests import samples
from tests.served import emulated
from tests.xss import CANARY, XSS

STATIC = Path(page.__file__).parent / "static"
FOLDER = Path("dset_generator")


def report(*arguments: str) -> int:
    return dset_generator.main(["report", *arguments, "--near", "1"])


def write(folder: Path = FOLDER, texts: tuple[str, ...] = ("Because.", "It is so."), **more: Any) -> Path:
    """A dataset whose answers say these texts in every place that a page shows; where its page will be."""
    made, failed = [], []
    for row, text in enumerate(texts * 2, 2):
        stamp = f"2026-11-21T12:00:{row % 60:02}Z"
        asked = samples.question(text, row, columns={"topic": text})
        figures = {"timestamp": stamp, "model": text, "endpoint": text, "cost_usd": 0.25, "seconds": 2.0}
        made.append(answers.as_record(samples.answer(asked, samples.reply(text, text), **(figures | more))))
        failed.append(rejections.as_record(samples.rejection(asked, text, reason=text)))
    samples.write_lines(folder / "output.json", made)
    samples.write_lines(folder / "rejected.json", failed)
    return folder / "report.html"


class Page(HTMLParser):
    """What a page is made of."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def without_scripts(text: str) -> str:
    return re.sub(r"(?s)<(script|style)\b.*?</\1>", "", text)


def test_the_page_is_written_into_the_dataset_and_said(capsys: pytest.CaptureFixture[str]) -> None:
    path = write()
    assert report("--html") == 0
    assert capsys.readouterr().out.endswith("written: dset_generator/report.html\n")
    assert read(path).startswith('<!DOCTYPE html>\n<html lang="en">')


def test_a_file_may_be_named_and_a_page_of_ours_is_made_anew(capsys: pytest.CaptureFixture[str]) -> None:
    write()
    assert report("--html", "out/mine.html") == 0
    first = Path("out/mine.html").read_bytes()
    assert report("--html", "out/mine.html", "--balance") == 0
    assert b"What would level it" not in first
    assert "What would level it" in read(Path("out/mine.html"))
    assert not (FOLDER / "report.html").exists()
    assert [file.name for file in Path("out").iterdir()] == ["mine.html"]


def test_a_file_that_is_not_ours_is_left_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    path = write()
    path.write_text("<!DOCTYPE html>my own", encoding="utf-8")
    assert report("--html") == 2
    assert capsys.readouterr().err == (
        "dset: --html dset_generator/report.html: is there and is no report of ours; name another file, or remove it\n"
    )
    assert read(path) == "<!DOCTYPE html>my own"


def test_a_folder_after_the_flag_is_no_file(capsys: pytest.CaptureFixture[str]) -> None:
    write()
    assert report("--html", "dset_generator") == 2
    assert "--html dset_generator: is a folder; name the dataset first" in capsys.readouterr().err


def test_damage_is_said_on_the_page_and_by_the_status() -> None:
    path = write()
    with (FOLDER / "output.json").open("ab") as stream:
        stream.write(b"{broken\n")
    assert report("--html") == 2
    assert "1 line of output.json damaged and left out" in read(path)


def test_all_of_it_is_readable_without_scripts() -> None:
    path = write(texts=("ทำไมท้องฟ้าเป็นสีฟ้า", "لماذا السماء زرقاء؟"))
    assert report("--html", "--balance") == 0
    text = without_scripts(read(path))
    found = Page(text)
    words = " ".join(found.words)
    for said in (
        "Balance: topic (column)",
        "ทำไมท้องฟ้าเป็นสีฟ้า",
        "Cost per minute",
        "2026-11-21 12:00:00",
        "1.00 USD",
    ):
        assert said in words
    tags = [tag for tag, _ in found.tags]
    assert [tags.count(name) for name in ("h1", "main", "header", "footer", "nav")] == [1, 1, 1, 1, 1]
    assert all("scope" in about for tag, about in found.tags if tag == "th")
    assert tags.count("caption") == tags.count("table") > 5


def test_the_file_refers_to_nothing_outside_and_allows_nothing(tmp_path: Path) -> None:
    path = write(texts=XSS)
    assert report("--html") == 0
    text = read(path)
    found = Page(without_scripts(text))
    for _, about in found.tags:
        assert not {
            name for name in about if name.startswith("on") or name in {"src", "style", "action", "srcdoc"}
        }
        assert about.get("href", "#").startswith(("#", "data:,"))  # type: ignore[union-attr]
    policies = [
        about["content"] for _, about in found.tags if about.get("http-equiv") == "Content-Security-Policy"
    ]
    [policy] = policies
    assert policy is not None
    assert re.fullmatch(
        r"default-src 'none'; img-src data:; style-src 'nonce-[\w-]+'; script-src 'nonce-[\w-]+'; base-uri 'none'; form-action 'none'",
        policy,
    )
    assert "sourceMappingURL" not in text
    assert text.count("<script") == text.count("</script>") == 3
    data = re.search(r'(?s)<script type="application/json" id="specs">(.*?)</script>', text)
    assert data is not None
    assert not set("<>&\u2028\u2029") & set(data[1])
    assert isinstance(json.loads(data[1]), list)


def test_the_nonce_is_another_one_each_time() -> None:
    path = write()
    nonces = set()
    for _ in range(2):
        assert report("--html") == 0
        nonces |= set(re.findall(r'nonce="([^"]+)"', read(path)))
    assert len(nonces) == 2


@dataclass
class Site:
    """A server on loopback: the files of `pages` and charts' static ones under a strict policy; `asked` notes every path."""

    pages: dict[str, bytes] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    address: str = ""


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    made = Site()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            made.asked.append(self.path)
            name = self.path.strip("/")
            body = made.pages.get(name) or (STATIC / Path(name).name).read_bytes()
            kind = {".js": "text/javascript", ".css": "text/css"}.get(Path(name).suffix, "text/html")
            self.send_response(200)
            self.send_header("Content-Type", f"{kind}; charset=utf-8")
            self.send_header(
                "Content-Security-Policy",
                "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:",
            )
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield made
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def still(browser: Any) -> Iterator[Any]:
    """The browser, with nothing on its console; charts are drawn at once."""
    browser.get_log("browser")
    with emulated(browser, {"prefers-reduced-motion": "reduce", "prefers-color-scheme": "light"}):
        yield browser


def shown(still: Any, path: Path) -> None:
    still.get(path.resolve().as_uri())


LOOK = """
const text = (chosen) => [...document.querySelectorAll(chosen)].map((one) => one.textContent).join(" ");
const section = (id) => text(`section[aria-labelledby="chart-${id}"]`);
return {hurt: window.hurt, title: document.title, shown: [section("models"), section("endpoints"), text(".sample")],
  drawn: document.querySelectorAll("canvas").length,
  foreign: document.querySelectorAll("img,iframe,object,embed,video,form,base,svg,math,[onerror],[onload]").length,
  loaded: performance.getEntriesByType("resource").map((one) => one.name)};
"""


def harmless(still: Any, site: Site) -> None:
    """Nothing ran, nobody was asked, and not even the policy had something to refuse."""
    assert site.asked == []
    assert [line for line in still.get_log("browser") if line["level"] == "SEVERE"] == []


def test_hostile_texts_are_text_and_nothing_runs_and_nobody_is_asked(still: Any, site: Site) -> None:
    hostile = [text.replace(CANARY, f"{site.address}/canary") for text in XSS]
    folder = FOLDER / "a<b>'&\"=;c"
    site.asked.clear()
    for few in (hostile[at : at + 12] for at in range(0, len(hostile), 12)):  # a chart names twelve models
        path = write(folder, tuple(few))
        assert report(str(folder), "--html", "--balance") == 0
        shown(still, path)
        told = still.execute_script(LOOK)
        assert (told["hurt"], told["foreign"], told["loaded"]) == (None, 0, [])
        assert told["title"] == f"{folder.name}: report"
        assert told["drawn"] >= 4
        for text in few:
            assert all(printable(text) in place for place in told["shown"]), text
        harmless(still, site)


def test_each_drawn_chart_says_its_summary_and_has_its_figures_as_a_table(still: Any) -> None:
    path = write()
    assert report("--html") == 0
    shown(still, path)
    charts = still.execute_script(
        "return [...document.querySelectorAll('canvas')].map((one) => { const chart = one.closest('section');"
        "const pixels = one.getContext('2d').getImageData(0, 0, one.width, one.height).data;"
        "return [one.getAttribute('role'), one.getAttribute('aria-label'), chart.querySelectorAll('details table th[scope=row]').length,"
        "chart.querySelector('h3').textContent, pixels.some((value) => value)]; })"
    )
    assert [name for *_, name, _ in charts] == [
        "Length of the answers", "Answers per second", "Time to an answer, over time", "Cost per minute", "Tokens per answer"
    ]  # fmt: skip
    for role, label, rows, name, is_drawn in charts:
        assert role == "img"
        assert label.startswith(f"{name}. ")
        assert rows > 0
        assert is_drawn


def test_no_page_is_wider_than_a_phone(still: Any) -> None:
    path = write(texts=("x" * 3000, "ฟ" * 3000))
    assert report("--html") == 0
    with emulated(still, width=390):
        shown(still, path)
        assert still.execute_script("return document.documentElement.scrollWidth") == 390


DRAW = b"""import { draw } from "./charts.js";
import "./bars.js";
window.again = (specs) => draw(document.getElementById("here"), specs);"""
HTML = b"""<!DOCTYPE html><meta charset="utf-8"><title>x</title><link rel="icon" href="data:,"><link rel="stylesheet" href="charts.css"><div id="here"></div>
<script src="chart.umd.min.js"></script><script type="module" src="draw.js"></script>"""


def lines_of(*values: float | None) -> dict[str, Any]:
    axis = {
        "kind": "time",
        "values": [1_795_000_000 + 60 * at for at in range(len(values))],
        "unit": "",
        "step": 60,
    }
    series = [{"name": "rate", "unit": "per minute", "values": list(values)}]
    return {
        "id": "rate",
        "title": "Rate",
        "kind": "lines",
        "x": axis,
        "series": series,
        "note": "",
        "summary": f"{len(values)}",
    }


def hostile_specs(hostile: list[str]) -> list[dict[str, Any]]:
    """Each kind of chart, with these texts wherever one may stand."""
    everywhere = " ".join(hostile)
    about = {"title": everywhere, "note": everywhere, "summary": everywhere}
    axis = {"kind": "category", "values": hostile, "unit": everywhere}
    series = [{"name": everywhere, "unit": everywhere, "values": list(range(len(hostile)))}]
    bars = [{"label": text, "value": 1, "detail": text} for text in hostile]
    figures = [{"label": text, "value": text} for text in hostile]
    plots = [{"id": kind, "kind": kind, "x": axis, "series": series} | about for kind in ("lines", "columns")]
    return [
        *plots,
        {"id": '"><b>', "kind": "bars", "unit": everywhere, "rows": bars} | about,
        {"id": "__proto__", "kind": "figures", "rows": figures} | about,
    ]


def test_whatever_a_chart_says_is_text_where_it_is_drawn(still: Any, site: Site) -> None:
    hostile = [printable(text.replace(CANARY, f"{site.address}/canary")) for text in XSS]
    site.pages.update({"draw.js": DRAW, "index.html": HTML})
    still.get(f"{site.address}/index.html")
    site.asked.clear()
    still.get_log("browser")
    still.execute_script("again(arguments[0])", hostile_specs(hostile))
    found = still.execute_script(
        "return {hurt: window.hurt, charts: [...document.querySelectorAll('.chart')].map((one) => one.textContent),"
        "foreign: document.querySelectorAll('#here :is(script,img,iframe,object,embed,video,form,base,svg,math,style,link,meta,b,a)').length}"
    )
    assert (found["hurt"], found["foreign"], len(found["charts"])) == (None, 0, 4)
    for chart in found["charts"]:
        assert [text for text in hostile if text not in chart] == []
    harmless(still, site)


def test_whatever_a_chart_says_is_text_where_it_is_written() -> None:
    for spec in hostile_specs([printable(text) for text in XSS]):
        found = Page(rendered.chart(spec))
        assert {tag for tag, _ in found.tags} <= set(
            "section h3 p div dl dt dd table caption thead tbody tr th td span".split()
        )
        said = "".join(found.words)
        assert [text for text in XSS if printable(text) not in said] == []


def test_the_figures_of_a_chart_keep_their_focus_and_their_place_when_it_is_drawn_again(
    still: Any, site: Site
) -> None:
    site.pages.update({"draw.js": DRAW, "index.html": HTML})
    still.get(f"{site.address}/index.html")
    still.execute_script("again(arguments[0])", [lines_of(*range(60))])
    there = "const frame = document.querySelector('.chart-scroll');"
    still.execute_script(
        f"{there} document.querySelector('details').open = true; frame.focus(); frame.scrollTop = 200"
    )
    still.execute_script("again(arguments[0])", [lines_of(*range(61))])
    state = f"{there} return [document.activeElement === frame, frame.scrollTop, frame.querySelectorAll('tbody tr').length]"
    assert still.execute_script(state) == [True, 200, 61]


def test_of_many_bars_ten_are_shown_until_all_are_asked_for(still: Any, site: Site) -> None:
    site.pages.update({"draw.js": DRAW, "index.html": HTML})
    still.get(f"{site.address}/index.html")
    rows = [{"label": f"label {at}", "value": at, "detail": ""} for at in range(60)]
    bars = {"id": "b", "title": "B", "kind": "bars", "unit": "rows", "rows": rows, "note": "", "summary": ""}
    seen = "return [...document.querySelectorAll('.chart-bars tbody tr')].filter((one) => one.checkVisibility()).length"
    still.execute_script("again(arguments[0])", [bars])
    assert still.execute_script(seen) == 10
    still.execute_script(
        "const one = document.querySelector('.chart-more'); one.focus(); one.click(); again(arguments[0])",
        [bars | {"rows": rows[1:]}],
    )
    assert still.execute_script(seen) == 59
    assert still.execute_script("return document.activeElement.textContent") == "Show the first 10"


def test_the_first_and_the_last_column_are_whole(still: Any, site: Site) -> None:
    site.pages.update({"draw.js": DRAW, "index.html": HTML})
    still.get(f"{site.address}/index.html")
    axis = {"kind": "number", "values": [100, 200, 300], "unit": "characters"}
    series = [{"name": "answers", "unit": "answers", "values": [3, 1, 2]}]
    chart = {
        "id": "c",
        "title": "C",
        "kind": "columns",
        "x": axis,
        "series": series,
        "note": "",
        "summary": "",
    }
    still.execute_script("again(arguments[0])", [chart])
    area, edges = still.execute_script(
        "const chart = Chart.getChart(document.querySelector('canvas'));"
        "return [[chart.chartArea.left, chart.chartArea.right], chart.getDatasetMeta(0).data.map((one) => [one.x - one.width / 2, one.x + one.width / 2])]"
    )
    assert area[0] <= edges[0][0]
    assert edges[-1][1] <= area[1]


def test_charts_drawn_again_keep_their_canvas_and_follow_light_and_dark(still: Any, site: Site) -> None:
    site.pages.update({"draw.js": DRAW, "index.html": HTML})
    still.get(f"{site.address}/index.html")
    bars = {"id": "b", "title": "B", "kind": "bars", "unit": "rows", "rows": [], "note": "", "summary": ""}
    still.execute_script("again(arguments[0])", [lines_of(1, 2, None, 4), bars])
    state = (
        "const canvas = document.querySelector('canvas'); const same = canvas === window.kept; window.kept = canvas;"
        "document.querySelector('details').open = true;"
        "return [same, canvas.getAttribute('aria-label'), document.querySelectorAll('tbody tr').length,"
        "Chart.getChart(canvas).data.datasets[0].borderColor, document.querySelector('.chart-is-bars').textContent]"
    )
    assert still.execute_script(state) == [False, "Rate. 4", 4, "#0072b2", "BNothing to show here yet."]
    full = bars | {
        "rows": [{"label": "<b>x</b>", "value": 3, "detail": ""}, {"label": "y", "value": 1, "detail": ""}]
    }
    still.execute_script("again(arguments[0])", [lines_of(1, 2, None, 4, 5), full])
    same, label, rows, _, text = still.execute_script(state)
    assert (same, label, rows) == (True, "Rate. 5", 7)
    assert "<b>x</b>375.0%y125.0%" in text
    assert still.execute_script("return document.querySelector('.chart-bar').style.inlineSize") == "100%"
    dark = {"features": [{"name": "prefers-color-scheme", "value": "dark"}]}
    still.execute_cdp_cmd("Emulation.setEmulatedMedia", dark)
    still.execute_async_script("requestAnimationFrame(() => setTimeout(arguments[0], 0))")
    assert still.execute_script(state)[3] == "#56b4e9"
    still.execute_script("again(arguments[0])", [full])
    assert still.execute_script("return document.getElementById('here').children.length") == 1
    assert [
        line
        for line in still.get_log("browser")
        if line["level"] == "SEVERE" and "favicon" not in line["message"]
    ] == []
