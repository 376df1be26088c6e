"""The .env file: its variables, and what is wrong with it in words."""

import io
import logging
import stat
import sys
from pathlib import Path

from dset.errors import UsageError

_BOMS = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe", "utf-16-le"),  # what PowerShell's > writes
    (b"\xfe\xff", "utf-16-be"),
)


def read_env_file(path: Path) -> tuple[dict[str, str], list[str]]:
    """The variables in the .env file at `path` ({} where there is none) and warnings about it.

    UTF-8 with or without BOM and UTF-16 with BOM are read; anything else raises UsageError.
    """
    if not path.exists():
        return {}, _misnamed(path)
    try:
        data = path.read_bytes()
    except OSError as error:
        kind = "is a folder" if path.is_dir() else f"cannot be read ({error.strerror})"
        raise UsageError(
            f"{path} {kind}: it must be a text file with lines like DEEPSEEK_API_KEY=sk-..."
        ) from None
    from dotenv import dotenv_values

    complaints = _Complaints()
    logger = logging.getLogger("dotenv.main")
    logger.addHandler(complaints)
    logger.propagate = False
    try:
        values = dotenv_values(stream=io.StringIO(_text(path, data)))
    finally:
        logger.removeHandler(complaints)
    bare = [
        f"{path}: {_hidden(name)} has no =; write NAME=value"
        for name, value in values.items()
        if value is None
    ]
    warnings = [*(f"{path}: {line}" for line in complaints.lines), *bare]
    return {name: value for name, value in values.items() if value}, warnings


def is_open_to_all(path: Path) -> bool:
    """Every user of this machine can read the file."""
    return sys.platform != "win32" and path.is_file() and bool(stat.S_IMODE(path.stat().st_mode) & 0o004)


def _hidden(word: str) -> str:
    """A word that may be a key, pasted without its name."""
    return f"{word[:3]}…" if len(word) > 8 else word


def _text(path: Path, data: bytes) -> str:
    bom, encoding = next(((bom, codec) for bom, codec in _BOMS if data.startswith(bom)), (b"", "utf-8"))
    data = data[len(bom) :]
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise UsageError(f"{path} line {line}: not UTF-8 text; save it as UTF-8") from None
    if "\0" in text:
        raise UsageError(f"{path}: holds NUL characters; save it as UTF-8 text")
    return text


def _misnamed(path: Path) -> list[str]:
    wrong = path.with_name(path.name + ".txt")
    if wrong.exists():
        return [
            f"found {wrong}, but it must be named {path} (on Windows turn on file name extensions, then rename it)"
        ]
    return []


class _Complaints(logging.Handler):
    """python-dotenv tells of lines it cannot read by logging; collected here to be told in our words."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        number = record.args[0] if isinstance(record.args, tuple) and record.args else "?"
        self.lines.append(f"line {number} is no NAME=value and was left out")
