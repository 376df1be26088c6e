"""How the text of a setting becomes its value: each raises ValueError that says what is wrong with the text."""

import codecs
import math
import unicodedata
import urllib.parse
from collections.abc import Callable
from pathlib import Path

VIEWS = ("csv", "txt")


def switch(text: str) -> bool:
    if text.strip().lower() in {"1", "true", "yes", "on"}:
        return True
    if text.strip().lower() in {"0", "false", "no", "off"}:
        return False
    raise ValueError(f"{text!r} is neither on nor off")


def path(text: str) -> Path:
    if not text.strip() or "\0" in text:
        raise ValueError("needs a path")
    return _expanded(text)


def _expanded(text: str) -> Path:
    try:
        return Path(text).expanduser()
    except RuntimeError:  # ~nobody
        raise ValueError(f"{text!r}: there is no such home folder") from None


def template(text: str) -> str:
    if not text.startswith("@"):
        return text
    file = _expanded(text[1:])
    try:
        return file.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ValueError(f"cannot read {file} ({error.strerror})") from None
    except UnicodeDecodeError:
        raise ValueError(f"{file} is not UTF-8 text") from None


def number(low: float, high: float = math.inf) -> Callable[[str], float]:
    def parse(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            hint = ": write a point, not a comma" if text.count(",") == 1 else ""
            raise ValueError(f"{text!r} is no number{hint}") from None
        if not low <= value <= high or math.isinf(value):
            raise ValueError(
                f"{text} must be at least {low:g}" + (f" and at most {high:g}" if high < math.inf else "")
            )
        return value

    return parse


def whole(low: int, high: int = 10**9) -> Callable[[str], int]:
    def parse(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            raise ValueError(f"{text!r} is no whole number") from None
        if not low <= value <= high:
            raise ValueError(f"{text} must be from {low} to {high}")
        return value

    return parse


def concurrency(text: str) -> int | None:
    return None if text.strip().lower() == "auto" else whole(1, 10_000)(text)


def waits(text: str) -> tuple[float, ...]:
    if text.strip().lower() in {"", "none"}:
        return ()
    return tuple(number(0)(part.strip()) for part in text.split(","))


def one_of(*words: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        word = text.strip().lower()
        if word not in words:
            raise ValueError(f"{text!r} must be one of {', '.join(words)}")
        return word

    return parse


def rehearse(text: str) -> str:
    try:
        return "outage" if switch(text) else ""
    except ValueError:
        return one_of("outage", "calm")(text)


def views(text: str) -> tuple[str, ...]:
    if text.strip().lower() == "none":
        return ()
    asked = {one_of(*VIEWS)(part) for part in text.split(",")}
    return tuple(view for view in VIEWS if view in asked)


def encoding(text: str) -> str:
    try:
        "a".encode(text.strip())  # base64 and the like have a name, but make no text
        return codecs.lookup(text.strip()).name
    except LookupError:
        raise ValueError(
            f"{text!r} is no encoding that Python knows; try utf-8, utf-16, cp874, cp1252 …"
        ) from None


def base_url(text: str) -> str:
    url = text.strip().rstrip("/").removesuffix("/chat/completions").rstrip("/")
    if "@" in url or "?" in url or "#" in url:  # looked at first, and not quoted: it may hold a key
        raise ValueError("the URL must hold no password and no query; keys belong in .env")
    try:
        parts = urllib.parse.urlsplit(url)
        port_is_number = parts.port is None or parts.port > 0
    except ValueError:
        raise ValueError(f"{text!r} is no URL") from None
    if parts.scheme not in {"http", "https"} or not parts.hostname or not port_is_number:
        raise ValueError(f"{text!r} must look like https://host/v1")
    if any(character.isspace() for character in url):
        raise ValueError(f"{text!r} has blanks in it")
    if not url.isprintable():
        raise ValueError(f"{text!r} holds what no address has")
    return url


def model_name(text: str) -> str:
    if not text.strip() or not text.strip().isprintable():
        raise ValueError("needs the name of a model")
    return text.strip()


def verbatim(text: str) -> str:
    return text


def is_name(text: str) -> bool:
    """It can be the name of a folder on any system: letters of any script, digits, blanks, '.', '-' and '_'."""
    begins = text[:1] == "_" or unicodedata.category(text[:1] or " ")[0] in "LN"
    return begins and text[-1] not in " ." and all(map(_is_of_name, text))


def as_name(text: str) -> str:
    """The text with `_` for what no such name can hold; '' where nothing is left of it."""
    return "".join(one if _is_of_name(one) else "_" for one in text).strip(" ._")


def _is_of_name(character: str) -> bool:
    # M: the vowels and tones that many scripts write above and below their letters
    return character in " .-_" or unicodedata.category(character)[0] in "LMN"
