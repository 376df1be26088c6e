"""What a model puts around its JSON, which does no harm, and what makes its JSON none."""

import json
import random
import re
from collections.abc import Callable
from typing import Any

_BEFORE = (
    "Here is the JSON you asked for:",
    "Sure! The record follows.",
    "นี่คือข้อมูล JSON ที่คุณขอ:",
    "ได้เลยค่ะ ผลลัพธ์อยู่ด้านล่างนี้",
    "Đây là dữ liệu JSON theo yêu cầu của bạn:",
    "Dưới đây là kết quả.",
    "以下是您要的 JSON：",
    "Voici le résultat demandé :",
)
_AFTER = (
    "I hope this helps!",
    "Let me know if you need any changes.",
    "หวังว่าจะเป็นประโยชน์นะคะ",
    "Hy vọng điều này hữu ích cho bạn.",
    "希望对您有帮助。",
)


def wrapped(draw: random.Random, json_text: str) -> str:
    """A text that has this JSON object or array in it and no other bracket: fenced, in prose, with a comma too many."""
    body = json_text
    ways = draw.sample(("fence", "prose", "comma", "blank"), draw.choice((1, 1, 2, 3)))
    if "comma" in ways:
        body = _trailing_comma(body)
    if "fence" in ways:
        body = f"```{draw.choice(('json', '', 'JSON'))}\n{body}\n```"
    if "prose" in ways:
        body = _in_prose(draw, body)
    return "\n" * draw.randint(1, 3) + f" {body}\n\n" if "blank" in ways else body


def _in_prose(draw: random.Random, body: str) -> str:
    before, after = draw.choice(_BEFORE), draw.choice(_AFTER)
    gap = draw.choice(("\n", "\n\n")) if body.startswith("`") else draw.choice(("\n", "\n\n", " "))
    kept = draw.choice(((before, body), (body, after), (before, body, after)))
    return gap.join(kept)


def _trailing_comma(body: str) -> str:
    return re.sub(r"(?<![\[{\s])(\s*[\]}]\s*)\Z", r",\1", body)


def spoiled_text(draw: random.Random, text: str, way: str = "") -> str:
    """A JSON object made into what no strict parser takes; `way` asks for one of SPOILT.

    In `two-objects` each of the two, which differ, is JSON by itself; inside `truncated` and `no-braces` a smaller
    object may be whole. NaN and Infinity are taken by Python's parser unless told. Where a way leaves the text JSON, as
    no-commas does that of one field, plain prose comes back.
    """
    names = [way] if way else draw.sample(sorted(_SPOILERS), len(_SPOILERS))
    for name in names:
        said = _SPOILERS[name](draw, text)
        if not _parses(said):
            return said
    return _plain(draw, text)


def _parses(text: str) -> bool:
    try:
        json.loads(text, parse_constant=_refuse)
    except ValueError:
        return False
    return True


def _refuse(name: str) -> Any:
    raise ValueError(name)


def _cut(draw: random.Random, text: str) -> str:
    text = text.rstrip()
    return text[: draw.randint(min(2, len(text) - 1), len(text) - 1)]


def _single_quotes(_draw: random.Random, text: str) -> str:
    return repr(json.loads(text))  # None and True come with them, as from a model that thinks in Python


def _commented(draw: random.Random, text: str) -> str:
    return text.replace(
        "{", "{ " + draw.choice(("// the record\n", "/* the record */ ", "# the record\n")), 1
    )


def _not_a_number(draw: random.Random, text: str) -> str:
    found, value = json.loads(text), draw.choice(("NaN", "Infinity", "-Infinity"))
    if not isinstance(found, dict):
        return f"[{value}]"
    found[draw.choice(list(found) or ["value"])] = float("nan")
    return json.dumps(found, ensure_ascii=False).replace("NaN", value)


def _two(draw: random.Random, text: str) -> str:
    found = json.loads(text)
    names = list(found) if isinstance(found, dict) else []
    gone = draw.choice(names) if len(names) > 1 else ""
    other = {name: found[name] for name in names if name != gone} if gone else {"note": "a second one"}
    return f"{text}\n{json.dumps(other, ensure_ascii=False)}"


def _braceless(_draw: random.Random, text: str) -> str:
    return text.strip()[1:-1]


def _plain(draw: random.Random, _text: str) -> str:
    return draw.choice(
        _BEFORE[:1] + _AFTER + ("I'm sorry, I cannot help with that.", "ขออภัย ฉันไม่สามารถตอบได้")
    )


def _bare_names(_draw: random.Random, text: str) -> str:
    return re.sub(r'([{,]\s*)"(\w+)"(\s*:)', r"\1\2\3", text)


def _commas_gone(_draw: random.Random, text: str) -> str:
    return re.sub(r',(\s*"\w+"\s*:)', r"\1", text)


def _raw_lines(_draw: random.Random, text: str) -> str:
    return re.sub(r'(:\s*"[^"\\]{2})', "\\1\n", text, count=1)


def _bad_escape(_draw: random.Random, text: str) -> str:
    return re.sub(r'(:\s*")', r"\1\\q", text, count=1)


def _inner_quotes(_draw: random.Random, text: str) -> str:
    return re.sub(r'(:\s*")', r'\1"', text, count=1)


_SPOILERS: dict[str, Callable[[random.Random, str], str]] = {
    "truncated": _cut, "single-quotes": _single_quotes, "comment": _commented, "not-a-number": _not_a_number,
    "two-objects": _two, "no-braces": _braceless, "prose": _plain, "bare-names": _bare_names,
    "no-commas": _commas_gone, "raw-line-end": _raw_lines, "bad-escape": _bad_escape, "inner-quotes": _inner_quotes,
}  # fmt: skip
SPOILT = tuple(_SPOILERS)
"""The ways of `spoiled_text`."""
