"""Text of strangers in HTML: as text, whatever it says."""

import html
import re

# What HTML cannot hold: lone surrogates, control characters, the code points that are no characters.
_NO_TEXT = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")


def printable(text: str) -> str:
    """The text with a replacement character for each that neither HTML nor UTF-8 can hold; lines and tabs stay."""
    return _NO_TEXT.sub("\N{REPLACEMENT CHARACTER}", text.replace("\r\n", "\n"))


def escaped(text: str) -> str:
    """The text as it may stand in an element or in a quoted attribute."""
    return html.escape(printable(text), quote=True)
