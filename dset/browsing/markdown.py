"""An answer's Markdown as HTML that can do nothing: no HTML of its own, no pictures, links to web and mail only."""

import functools
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

LONGEST = 50_000  # characters: a longer answer is shown as it is
_DEEPEST = 20  # quotes and lists in each other: one more costs all of them again
_SAFE = re.compile(r"(?:https?://[^/\\?#\s]|mailto:)", re.IGNORECASE)
_NOTHING_TO_DO = re.compile(r"[*_`#>|~\[\]<&\\\n-]|\d[.)]|https?:")


def html(text: str) -> str | None:
    """The text as HTML; None where it is too long, blank, has no markup, or where markdown-it-py is not there."""
    if not text.strip() or len(text) > LONGEST or not _NOTHING_TO_DO.search(text):
        return None
    try:
        return str(_renderer().render(text))
    except (ImportError, RecursionError):
        return None


@functools.cache
def _renderer() -> "MarkdownIt":
    from markdown_it import MarkdownIt

    made = MarkdownIt("commonmark", {"html": False, "maxNesting": _DEEPEST})
    made.enable(["table", "strikethrough"]).disable(["image", "html_block", "html_inline"])
    made.validateLink = _is_safe  # type: ignore[method-assign]
    made.add_render_rule("link_open", _link)
    for name in ("th_open", "td_open"):
        made.add_render_rule(name, _cell)
    return made


def _is_safe(url: str) -> bool:
    """A whole address: a link within the page would lead to what this program serves."""
    return bool(_SAFE.match(url))


def _link(renderer: Any, tokens: Sequence[Any], at: int, options: Any, _env: Any) -> str:
    tokens[at].attrSet("rel", "noopener noreferrer nofollow")
    tokens[at].attrSet("target", "_blank")
    return str(renderer.renderToken(tokens, at, options, _env))


def _cell(renderer: Any, tokens: Sequence[Any], at: int, options: Any, _env: Any) -> str:
    """A column's side as an attribute: the page's policy takes no styles but its own."""
    if style := str(tokens[at].attrs.pop("style", "")):
        tokens[at].attrSet("align", style.removeprefix("text-align:"))
    return str(renderer.renderToken(tokens, at, options, _env))
