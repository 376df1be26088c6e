"""The frame that all pages have: the head, the links to the others, where the content stands."""

from collections.abc import Sequence
from html import escape

PAGES = (
    ("/", "Run"),
    ("/answers", "Answers"),
    ("/charts", "Charts"),
    ("/compare", "Compare"),
    ("/docs", "Task API"),
)
_CURRENT = ' aria-current="page"'
LIVE = {  # path: what its script is called, its style sheets
    "/": ("run", ("run.css",)),
    "/answers": ("answers", ("answers.css",)),
    "/charts": ("charts_page", ("charts_page.css",)),
    "/compare": ("compare", ("answers.css", "compare.css")),
}
_CHOICE = '<label><span>Dataset</span> <select id="dataset"></select></label>'
_WITHOUT = """<noscript><p class="message">This page needs JavaScript. Without it: <code>python dset_generator.py status</code>
tells how the run stands, and <code>report --html</code> makes a page that reads without.</p></noscript>"""


def live(path: str) -> str:
    """The page that a script fills with the dataset that is chosen; `path` is one of PAGES but the last."""
    name, (script, styles) = dict(PAGES)[path], LIVE[path]
    content = f"<h1>{name}</h1>\n{_WITHOUT}"
    return page(f"{name} · dset", content, here=path, styles=styles, script=f"{script}.js", choice=_CHOICE)


def page(
    title: str,
    content: str,
    *,
    here: str = "",
    styles: Sequence[str] = (),
    script: str = "",
    choice: str = "",
) -> str:
    """The whole page as HTML. `here`: its path; `content`, and `choice` beside the links: HTML; the rest: file names."""
    links = "".join(
        f'<li><a href="{path}"{" data-page" if path in LIVE else ""}{_CURRENT if path == here else ""}>{name}</a></li>'
        for path, name in PAGES
    )
    sheets = "".join(f'<link rel="stylesheet" href="/static/{name}">' for name in ("base.css", *styles))
    run = f'<script type="module" src="/static/{script}"></script>' if script else ""
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{escape(title)}</title>
<link rel="icon" href="/static/icon.svg">
{sheets}{run}
</head>
<body>
<a class="skip" href="#main">To the content</a>
<header class="top"><div><strong>dset</strong> <nav aria-label="Pages"><ul>{links}</ul></nav>{choice}</div></header>
<main id="main" tabindex="-1">
{content}
</main>
</body>
</html>
"""


def absent() -> str:
    """The page for a person who asks for an address where nothing is."""
    content = (
        "<h1>There is nothing at this address</h1>"
        '<p class="message">It may have been typed wrong. Go on to <a href="/">the run</a>, to <a href="/answers">its '
        'answers</a>, to <a href="/charts">its charts</a>, or to <a href="/docs">what programs can ask for</a>.</p>'
    )
    return page("Nothing here · dset", content)
