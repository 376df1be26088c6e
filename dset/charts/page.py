"""`report --html`: one file with the charts and a sample of the answers, for a browser, that needs and asks for nothing else.

Whatever a text says is text on it: everything is escaped, no script but the two of the page's own may run, and nothing
may be loaded or sent (its Content-Security-Policy). Without scripts the same figures stand there as tables.
"""

import json
import re
import secrets
from collections.abc import Iterator, Sequence
from importlib import resources
from pathlib import Path

from dset import __version__, files
from dset.charts import rendered, sampled, style
from dset.charts.gather import Charted
from dset.errors import UsageError
from dset.markup import escaped
from dset.wording import counted

_OURS = '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><meta name="generator" content="dset report">\n'
_UNSAFE = {ord(one): f"\\u{ord(one):04x}" for one in "<>&\u2028\u2029"}
_IMPORT = re.compile(r"^import .*;\n", re.MULTILINE)
_EXPORT = re.compile(r"^export ", re.MULTILINE)
_START = 'draw(document.getElementById("charts"), JSON.parse(document.getElementById("specs").textContent));'


def place(html: Path, folder: Path) -> Path:
    """Where the page on the dataset in `folder` is to be written. Raises UsageError where another file or a folder is."""
    path = Path(str(html).replace("{folder}", str(folder)))
    if path.is_dir():
        raise UsageError(
            f"--html {path}: is a folder; name the dataset first and the file last, as in report {path} --html"
        )
    if path.exists() and not _is_ours(path):
        raise UsageError(f"--html {path}: is there and is no report of ours; name another file, or remove it")
    return path


def _is_ours(path: Path) -> bool:
    """A page of ours, or nothing yet."""
    with path.open("rb") as stream:
        return stream.read(len(_OURS)) in {_OURS.encode(), b""}


def write(path: Path, charted: Charted, leveling: Sequence[str] = ()) -> None:
    """Put the page there in one step. `leveling`: the lines of --balance. Raises OSError."""
    files.make_folder(path.parent)
    pieces = (piece.encode("utf-8") for piece in page(charted, leveling))
    files.replace(path, files.in_blocks(pieces))


def page(charted: Charted, leveling: Sequence[str] = ()) -> Iterator[str]:
    """The page in pieces."""
    nonce = secrets.token_urlsafe(16)
    yield from _head(charted, nonce)
    yield from _header(charted, bool(leveling))
    yield '<main id="main">\n<h2 id="figures">Figures</h2>\n<div id="charts" class="charts">\n'
    yield from rendered.charts(charted.charts)
    yield "</div>\n"
    if leveling:
        yield f'<h2 id="level">What would level it</h2>\n<pre class="level" dir="auto">{escaped(chr(10).join(leveling))}</pre>\n'
    yield f'<h2 id="sample">Sample: {_of(charted)}</h2>\n<ul class="sample">\n'
    yield from sampled.cards(charted.sample)
    yield f"</ul>\n</main>\n<footer>Made by dset {escaped(__version__)}. All of it is in this one file; it loads nothing.</footer>\n"
    yield from _scripts(charted, nonce)
    yield "</body></html>\n"


def _of(charted: Charted) -> str:
    return f"{len(charted.sample):,} of {counted(charted.figures.answers, 'answer')}"


def _head(charted: Charted, nonce: str) -> Iterator[str]:
    policy = (
        f"default-src 'none'; img-src data:; style-src 'nonce-{nonce}'; script-src 'nonce-{nonce}'; "
        "base-uri 'none'; form-action 'none'"
    )
    yield _OURS
    yield f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
    yield '<meta name="color-scheme" content="light dark"><meta name="referrer" content="no-referrer">\n'
    yield f'<title>{escaped(charted.name)}: report</title><link rel="icon" href="data:,">\n'
    yield f'<style nonce="{nonce}">{style.STYLE}{_static("charts.css")}{_static("bars.css")}{rendered.WIDTHS}</style></head>\n'


def _header(charted: Charted, is_leveled: bool) -> Iterator[str]:
    figures = charted.figures
    yield '<body><a class="skip" href="#main">To the figures</a>\n'
    yield f'<header><h1>Report on <bdi dir="auto">{escaped(charted.name)}</bdi></h1>\n'
    task = f"{figures.task} ({figures.lang})" if figures.task else ""
    first, last = (_moment(one) for one in (figures.first, figures.last))
    told = filter(None, (task, f"{first} to {last} UTC" if first else ""))
    yield "".join(f'<p dir="auto">{escaped(one)}</p>\n' for one in told)
    yield "".join(f'<p class="told" dir="auto">{escaped(note)}</p>\n' for note in charted.notes)
    level = '<li><a href="#level">What would level it</a></li>' if is_leveled else ""
    yield (
        f'<nav aria-label="On this page"><ul><li><a href="#figures">Figures</a></li>{level}'
        '<li><a href="#sample">Sample of the answers</a></li></ul></nav></header>\n'
    )


def _moment(stamp: str) -> str:
    return stamp[:40].replace("T", " ").removesuffix("Z")


def _scripts(charted: Charted, nonce: str) -> Iterator[str]:
    """The figures, the library, and what draws the one with the other. Of the parts of charts.js one script is made."""
    yield f'<script type="application/json" id="specs">{as_json(charted.charts)}</script>\n'
    yield f'<script nonce="{nonce}">{_static("chart.umd.min.js")}</script>\n'
    parts = "".join(_static(name) for name in ("tables.js", "plots.js", "charts.js", "bars.js"))
    own = _EXPORT.sub("", _IMPORT.sub("", parts))
    yield f'<script type="module" nonce="{nonce}">{own}{_START}</script>\n'


def as_json(value: object) -> str:
    """JSON that may stand in a script element: what could end it, or a line of JavaScript, is written as an escape."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).translate(_UNSAFE)


def _static(name: str) -> str:
    return resources.files("dset.charts").joinpath("static", name).read_text(encoding="utf-8")
