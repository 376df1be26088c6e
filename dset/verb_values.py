"""How the text of a verb's own flag becomes its value: each raises ValueError that says what is wrong with the text."""

import re

from dset import values

SOURCES = ("pexels", "pixabay", "duckduckgo", "bing", "generate")
FORMATS = ("json", "jsonl", "csv", "parquet", "arrow", "hf", "chat", "alpaca")


def formats(text: str) -> tuple[str, ...]:
    asked = [values.one_of(*FORMATS)(part) for part in text.split(",")]
    return tuple(dict.fromkeys(asked))


def split(text: str) -> tuple[int, ...]:
    parts = tuple(values.whole(1, 99)(part.strip()) for part in text.split("/"))
    if len(parts) not in {2, 3} or sum(parts) != 100:
        raise ValueError(f"{text!r} must be two or three parts of 100, like 90/5/5")
    return parts


def fixed(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not name.strip() or not equals or not value.strip():
        raise ValueError(f"{text!r} must be NAME=VALUE, like topic=food")
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise ValueError(f"{text!a} is not UTF-8 text")
    return name.strip(), value.strip()


def folder_name(text: str) -> str:
    if not values.is_name(text):
        raise ValueError(f"{text!r}: a name is letters, digits, - and _")
    return text


def dimensions(text: str) -> tuple[int, int]:
    match = re.fullmatch(r"\s*(\d{1,5})(?:\s*[x×*]\s*(\d{1,5}))?\s*", text)
    width, height = (int(match[1]), int(match[2] or match[1])) if match else (0, 0)
    if not (16 <= width <= 8192 and 16 <= height <= 8192):
        raise ValueError(f"{text!r} must be like 512 or 768x512, from 16 to 8192")
    return width, height


def span(text: str) -> tuple[int, int] | None:
    if text.strip().lower() == "none":
        return None
    match = re.fullmatch(r"\s*(\d{1,4})\s*[-–]\s*(\d{1,4})\s*", text)
    if not match or int(match[1]) > int(match[2]):
        raise ValueError(f"{text!r} must be like 20-30, or none")
    return int(match[1]), int(match[2])


def sources(text: str) -> tuple[str, ...]:
    asked = [values.one_of(*SOURCES)(part) for part in text.split(",")]
    return tuple(dict.fromkeys(asked))


def size_text(text: str) -> str:
    if text.strip().lower() == "auto":
        return "auto"
    width, height = dimensions(text)
    return f"{width}x{height}"


def repository(text: str) -> str:
    if not re.fullmatch(r"[\w.-]+/[\w.-]+", text):
        raise ValueError(f"{text!r} must look like user/name")
    return text
