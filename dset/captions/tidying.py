"""An answer without what is mended at no cost: blanks, a fence, a pair of quotation marks, "Caption:" before it."""

import re
import unicodedata

_FENCE = re.compile(r"(?s)\A(`{3,}|~{3,})[ \t]*[\w+-]*[ \t]*\n(.*?)\n?[ \t]*\1\Z")
_INLINE = re.compile(r"\A(`+)([^`]+)\1\Z")
_QUOTES = ('""', "''", "“”", "„“", "‘’", "«»", "‹›", "「」", "『』", "《》")
_LABEL = re.compile(
    r"(?i)\A[*_#\s]*(?:(?:sure|certainly|of course|okay|ok)\s*[,!.:]\s*)?"
    r"(?:here(?:['’]s|\s+is)\s+(?:the|a|an|your|my)\s+(?:[\w-]+\s+){0,3}?(?:caption|translation)(?:\s+[\w-]+){0,6}"
    r"|(?:(?:the|image|picture|photo|final|new|corrected|revised|translated|[a-z]+)\s+)?(?:caption|translation)"
    r"|คำบรรยาย(?:ภาพ|ใต้ภาพ)?|คำแปล|chú thích(?: ảnh)?|bản dịch|(?:图片|圖片)?(?:说明|說明|描述|标题|標題)|キャプション)"
    r"\s*[*_]*\s*[:：][*_]*\s*"
)


def tidy(answer: str) -> str:
    """The caption in an answer, NFC. No word and no full stop is changed.

    Runs of blanks become one, a line end inside a blank too; lines with an empty one between them stay apart:
    what stands there may be a remark, not the caption.
    """
    text = unicodedata.normalize("NFC", answer).replace("\ufeff", "")
    text = re.sub(r"\r\n?|[\u0085\u2028]", "\n", text).replace("\u2029", "\n\n").strip()
    for _ in range(4):  # a label in a fence, quotation marks behind it; more is nothing that a model writes
        before, text = text, _unwrapped(text)
        if text == before:
            break
    parts = (" ".join(part.split()) for part in re.split(r"\n\s*\n", text))
    return "\n\n".join(part for part in parts if part)


def _unwrapped(text: str) -> str:
    if found := _FENCE.match(text) or _INLINE.match(text):
        text = found[2].strip()
    if label := _LABEL.match(text):
        text = text[label.end() :].strip() or text
    return _unquoted(text)


def _unquoted(text: str) -> str:
    """Without the one pair around the whole; `"one" and "two"` has two pairs."""
    for pair in _QUOTES:
        opening, closing = pair[0], pair[1]
        inside = text[1:-1].strip()
        if len(text) < 3 or text[0] != opening or text[-1] != closing or not inside:
            continue
        others = re.findall(rf"(?<!\w)[{opening}{closing}]|[{opening}{closing}](?!\w)", inside)
        return text if others else inside
    return text
