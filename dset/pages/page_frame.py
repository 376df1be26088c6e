"""The frame of a page that the server makes itself: its head and the links to the other pages, as they all have it."""

from html import escape

PAGES = (
    ("/", "Run"),
    ("/answers", "Answers"),
    ("/charts", "Charts"),
    ("/compare", "Compare"),
    ("/docs", "Task API"),
)
_CURRENT = ' aria-current="page"'


def page(title: str, content: str, *, here: str = "", style: str = "") -> str:
    """The whole page as HTML. `content`: HTML; `here`: the path of the page that it is; `style`: a further style sheet."""
    links = "".join(
        f'<li><a href="{path}"{_CURRENT if path == here else ""}>{name}</a></li>' for path, name in PAGES
    )
    sheets = "".join(f'<link rel="stylesheet" href="/static/{name}">' for name in ("base.css", style) if name)
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{escape(title)}</title>
<link rel="icon" href="/static/icon.svg">
{sheets}
</head>
<body>
<a class="skip" href="#main">To the content</a>
<header class="top"><div><strong>dset</strong><nav aria-label="Pages"><ul>{links}</ul></nav></div></header>
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
