"""Markdown of strangers as HTML that can do nothing."""

import re
import sys

import pytest

from dset.browsing import markdown
from tests.tables import each

HOSTILE = (
    "*x* <script>alert(1)</script>",
    "*x* <img src=x onerror=alert(1)>",
    "# x\n\n<div onclick='alert(1)'>\n\n</div>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](&#106;avascript:alert(1))",
    "[x](java&#10;script:alert(1))",
    "[x](data:text/html,<script>alert(1)</script>)",
    "[x](vbscript:alert(1)) [y](file:///etc/passwd) [z](//evil.example) [w](/api/datasets)",
    "<javascript:alert(1)> <data:text/html,x>",
    '[x](https://a.example "\\" onmouseover=alert(1) \\"")',
    "![x](https://a.example/pixel.png) ![y](data:image/png;base64,AAAA)",
    "[a]\n\n[a]: javascript:alert(1)",
    '```html"><script>alert(1)</script>\ncode\n```',
    "`<b>` &lt;script&gt; &#60;script&#62;",
    "|a|\n|:-:|\n|<script>alert(1)</script>|",
    "[![x](https://a.example/y.png)](javascript:alert(1))",
    '[x](https://a.example\\"onclick=alert(1))',
)
ALLOWED = set(
    "h1 h2 h3 h4 h5 h6 p em strong s code pre a ul ol li blockquote hr br table thead tbody tr th td".split()
)


@each(HOSTILE)
def test_no_markup_of_a_stranger_becomes_anything_that_acts(text: str) -> None:
    html = markdown.html(text)
    assert html is not None
    tags = re.findall(r"<\s*/?\s*([a-zA-Z0-9]+)([^>]*)>", html)
    assert {name for name, _ in tags} <= ALLOWED
    assert html.count("<") == len(tags)
    for _, more in tags:
        names = set(re.findall(r'([a-z-]+)="[^"]*"', more))
        assert names <= {"href", "title", "rel", "target", "class", "align", "start"}
        for url in re.findall(r'href="([^"]*)"', more):
            assert re.match(r"https?://[a-z]|mailto:", url)
            assert 'rel="noopener noreferrer nofollow" target="_blank"' in more


def test_what_people_write_looks_as_they_meant_it() -> None:
    html = markdown.html(
        "# Title\n\n- **bold** [link](https://a.example)\n\n|a|b|\n|-|-:|\n|1|2|\n\n1. one\n"
    )
    assert html is not None
    for part in (
        "<h1>Title</h1>",
        "<strong>bold</strong>",
        '<td align="right">2</td>',
        "<ol>",
        '<a href="https://a.example"',
    ):
        assert part in html


def test_what_is_too_long_or_has_no_markup_is_shown_as_it_is() -> None:
    assert markdown.html("**x** " * 10_000) is None
    assert markdown.html("plain words, and nothing else") is None
    assert markdown.html(" \n ") is None


def test_without_the_package_answers_are_shown_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "markdown_it", None)
    markdown._renderer.cache_clear()
    try:
        assert markdown.html("**x**") is None
    finally:
        markdown._renderer.cache_clear()


@each([">" * 4_000, "[" * 4_000, "- " * 2_000, "![[" * 1_000, "*a_" * 1_000])
def test_nesting_without_end_ends(text: str) -> None:
    markdown.html(text)
