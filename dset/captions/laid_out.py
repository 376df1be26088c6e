"""train/ as trainers read it: metadata.jsonl for `datasets` and diffusers, a .txt beside each picture for kohya.

Both hold the same one line a picture, in image order, in UTF-8 without a byte order mark. Sources: the page image_dataset
of https://huggingface.co/docs/datasets, and `read_caption` in library/train_util.py of https://github.com/kohya-ss/sd-scripts.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from dset import answers

METADATA = "metadata.jsonl"
_PAIRS = re.compile("[\ud800-\udbff][\udc00-\udfff]|[\ud800-\udfff]")
_NOT_TEXT = re.compile("[\x00-\x08\x0e-\x1f\x7f]")
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Line:
    """A line of metadata.jsonl. `more`: its further fields, `text_th` and what the user added."""

    name: str
    text: str
    more: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Metadata:
    """What metadata.jsonl says; `damaged` is (line number, what is wrong) of each line that no loader can take."""

    lines: tuple[Line, ...]
    damaged: tuple[tuple[int, str], ...]


def plain(caption: str) -> str:
    """The caption as a trainer gets it: one line, no control characters, whole characters only.

    A lone surrogate, which neither UTF-8 nor the reader of `datasets` takes, becomes U+FFFD; two halves of one
    character become that character. U+FEFF goes: at the beginning of a .txt it would be a byte order mark.
    """
    return " ".join(_NOT_TEXT.sub(" ", _PAIRS.sub(_whole, caption.replace("\ufeff", ""))).split())


def _whole(match: re.Match[str]) -> str:
    return match[0].encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def line_of(line: Line) -> bytes:
    """One line of metadata.jsonl, newline included."""
    return answers.as_line({"file_name": line.name, "text": line.text} | dict(line.more))


def parse_metadata(data: bytes) -> Metadata:
    """Every line of metadata.jsonl, whoever wrote it; never raises."""
    lines: list[Line] = []
    damaged = [(1, "begins with a byte order mark")] if data.startswith(_BOM) else []
    for number, raw in enumerate(data.removeprefix(_BOM).split(b"\n"), 1):
        if not raw.strip():
            continue
        try:
            lines.append(_parsed(raw))
        except ValueError as error:
            damaged.append((number, str(error)))
    return Metadata(tuple(lines), tuple(damaged))


def _parsed(raw: bytes) -> Line:
    try:
        record = json.loads(raw.decode("utf-8"))
    except UnicodeDecodeError:
        raise ValueError("is not UTF-8") from None
    except (ValueError, RecursionError):
        raise ValueError("is no JSON") from None
    if not isinstance(record, dict):
        raise ValueError("is no JSON object")
    name, text = record.pop("file_name", None), record.pop("text", None)
    if not isinstance(name, str) or not name:
        raise ValueError("has no file_name")
    if not isinstance(text, str):
        raise ValueError("has no text")
    return Line(name, text, record)


def txt_name(picture: str) -> str:
    """The caption file of a picture: its stem and .txt."""
    return f"{picture.rpartition('.')[0] or picture}.txt"


def txt_of(caption: str) -> bytes:
    """The caption file's content."""
    return plain(caption).encode() + b"\n"


def txt_fault(data: bytes) -> str:
    """What kohya's loader would stumble over in a caption file, '' for nothing.

    It reads strict UTF-8, keeps a byte order mark as a letter of the caption, and takes the first line alone.
    """
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        return f"is not UTF-8 (byte 0x{data[error.start]:02x})"
    if data.startswith(_BOM):
        return "begins with a byte order mark"
    lines = re.split("\r\n|\r|\n", text.strip())
    if not lines[0]:
        return "is empty"
    if re.match(r"\s*[\r\n]", text):
        return "begins with an empty line"
    return "has more than one line" if len(lines) > 1 else ""
