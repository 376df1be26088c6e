"""Every setting of a run, once: its flag, its variable, its default, how its text is read, its help."""

import codecs
import math
import urllib.parse
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

VIEWS = ("csv", "txt")


@dataclass(frozen=True, slots=True)
class Flag:
    """One setting. `parse` turns text from the command line or a variable into the value, or raises ValueError."""

    field: str
    metavar: str
    default: Any
    parse: Callable[[str], Any]
    help: str
    bare: str = ""  # what the flag means without a value, where it may stand alone

    @property
    def option(self) -> str:
        """The flag: --max-tokens."""
        return "--" + self.field.replace("_", "-")

    @property
    def variable(self) -> str:
        """Its twin in .env and in the environment: DSET_MAX_TOKENS."""
        return "DSET_" + self.field.upper()

    @property
    def is_switch(self) -> bool:
        """On or off, without a value."""
        return self.parse is _switch


def _switch(text: str) -> bool:
    if text.strip().lower() in {"1", "true", "yes", "on"}:
        return True
    if text.strip().lower() in {"0", "false", "no", "off"}:
        return False
    raise ValueError(f"{text!r} is neither on nor off")


def _path(text: str) -> Path:
    if not text.strip() or "\0" in text:
        raise ValueError("needs a path")
    return _expanded(text)


def _expanded(text: str) -> Path:
    try:
        return Path(text).expanduser()
    except RuntimeError:  # ~nobody
        raise ValueError(f"{text!r}: there is no such home folder") from None


def _template(text: str) -> str:
    if not text.startswith("@"):
        return text
    path = _expanded(text[1:])
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ValueError(f"cannot read {path} ({error.strerror})") from None
    except UnicodeDecodeError:
        raise ValueError(f"{path} is not UTF-8 text") from None


def _number(low: float, high: float = math.inf) -> Callable[[str], float]:
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


def _whole(low: int, high: int = 10**9) -> Callable[[str], int]:
    def parse(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            raise ValueError(f"{text!r} is no whole number") from None
        if not low <= value <= high:
            raise ValueError(f"{text} must be from {low} to {high}")
        return value

    return parse


def _concurrency(text: str) -> int | None:
    return None if text.strip().lower() == "auto" else _whole(1, 10_000)(text)


def _waits(text: str) -> tuple[float, ...]:
    if text.strip().lower() in {"", "none"}:
        return ()
    return tuple(_number(0)(part.strip()) for part in text.split(","))


def _one_of(*words: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        word = text.strip().lower()
        if word not in words:
            raise ValueError(f"{text!r} must be one of {', '.join(words)}")
        return word

    return parse


def _rehearse(text: str) -> str:
    try:
        return "outage" if _switch(text) else ""
    except ValueError:
        return _one_of("outage", "calm")(text)


def _views(text: str) -> tuple[str, ...]:
    if text.strip().lower() == "none":
        return ()
    asked = {_one_of(*VIEWS)(part) for part in text.split(",")}
    return tuple(view for view in VIEWS if view in asked)


def _encoding(text: str) -> str:
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


def _verbatim(text: str) -> str:
    return text


FLAGS = (
    Flag("questions", "FILE", Path("q.csv"), _path, "the CSV with the questions (q.csv)"),
    Flag("output", "FOLDER", Path("dset_generator"), _path, "where the dataset is written (dset_generator)"),
    Flag(
        "base_url",
        "URL",
        "https://api.deepseek.com",
        base_url,
        "any OpenAI-compatible service (https://api.deepseek.com)",
    ),
    Flag("model", "NAME", "deepseek-flash", model_name, "the model to ask (deepseek-flash)"),
    Flag(
        "prompt",
        "TEXT|@FILE",
        "answer this question: {question}",
        _template,
        "what is sent for a row; {column} is that row's cell (answer this question: {question})",
    ),
    Flag("system", "TEXT|@FILE", "", _template, "a system message before it (none)"),
    Flag("thinking", "on|off", "", _one_of("on", "off"), "let the model think first (as the service has it)"),
    Flag("temperature", "N", None, _number(0, 2), "0 to 2 (as the service has it; ignored while it thinks)"),
    Flag("max_tokens", "N", None, _whole(1), "longest answer, thinking included (DeepSeek: 32768)"),
    Flag("timeout", "SECONDS", 1800.0, _number(0.001), "longest wait for one answer (1800)"),
    Flag(
        "retry_waits",
        "S,S,S",
        (60.0, 120.0, 240.0),
        _waits,
        "waits before a failed request is tried again, or none (60,120,240)",
    ),
    Flag(
        "concurrency",
        "N|auto",
        None,
        _concurrency,
        "requests at once; auto finds out what the service bears (auto)",
    ),
    Flag("spread", "", False, _switch, "let all keys and models share the load, not one after the other"),
    Flag("wait", "", False, _switch, "where every key and model is spent, sleep until the first opens again"),
    Flag(
        "budget",
        "USD",
        None,
        _number(0),
        "start no request that could cost more than is left of it (no budget)",
    ),
    Flag("off_peak", "", False, _switch, "ask only in the cheap hours of a service that has them"),
    Flag("limit", "N", None, _whole(1), "ask at most N in this run (no limit)"),
    Flag("samples", "N", 1, _whole(1, 100_000), "answers to each question (1)"),
    Flag("encoding", "NAME", "", _encoding, "how the CSV is encoded (told from its first bytes, else UTF-8)"),
    Flag("column", "NAME", "", _verbatim, "the column that holds the questions (question)"),
    Flag("views", "csv,txt|none", VIEWS, _views, "which files to write beside output.json (csv,txt)"),
    Flag("csv_exact", "", False, _switch, "no ' before cells that a spreadsheet would run as a formula"),
    Flag("retry_failed", "", False, _switch, "ask again what was cut short, rejected or blocked"),
    Flag(
        "rehearse",
        "calm",
        "",
        _rehearse,
        "no key, no network: invented answers, an outage on the way; =calm: no outage",
        bare="outage",
    ),
    Flag("quiet", "", False, _switch, "only the summary and errors"),
)
