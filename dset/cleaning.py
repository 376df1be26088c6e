"""What came from outside, made safe to show: one line for the screen and the log."""

import re

ESCAPES = (
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"  # CSI
    r"|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?"  # OSC, DCS and the like
    r"|\x1b[ -/]*[0-~]?"
)
INVISIBLE = r"[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\U000e0000-\U000e007f]"
KEYS = r"(?ai)(?<![a-z0-9])(?:(?<=bearer )[\w.~+/=-]{16,}|sk-[\w-]{13,}|AIza[\w-]{12,})"


def harmless(text: str) -> str:
    """`text` without what a terminal obeys: control characters, line ends too, escapes, bidi overrides."""
    text = re.sub(f"{ESCAPES}|{INVISIBLE}", "", text)
    text = re.sub(r"[\ud800-\udfff]", "\N{REPLACEMENT CHARACTER}", text)
    return re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]", " ", text)


def clean(text: str, limit: int = 300) -> str:
    """One line for screen and log: nothing that a terminal obeys, no whole keys."""
    text = " ".join(harmless(text[:20_000]).split())
    text = re.sub(KEYS, lambda key: f"{key[0][:3]}…{key[0][-4:]}", text)
    return text if len(text) <= limit else text[: limit - 1] + "…"


def page_text(text: str, limit: int = 200) -> str:
    """The first characters of a web page or plain text on one line, without tags, scripts and styles."""
    # Only the beginning is looked at: a hostile page makes this pattern quadratic.
    text = re.sub(r"(?is)<(script|style)\b.*?</\1\s*>|<!--.*?-->|<[^<>]*>", " ", text[:10_000])
    return clean(text, limit)
