"""Frozen Settings: defaults < .env < environment < flags. The only reader of .env and of the environment."""

import argparse
import base64
import dataclasses
import difflib
import hashlib
import io
import json
import logging
import os
import re
import stat
import sys
import urllib.parse
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

from dset.errors import UsageError
from dset.flags import FLAGS, Flag

ENV_FILE = Path(".env")
_KEY_NAME = re.compile(r"[A-Z0-9_]*API_KEY(_\d+)?\Z")
_BOMS = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe", "utf-16-le"),  # what PowerShell's > writes
    (b"\xfe\xff", "utf-16-be"),
)


class Secret(str):
    """A key. Its repr is `***`; only the endpoint that sends it takes its text."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "***"


class Secrets:
    """Every key that .env and the environment hold, by the name of its variable."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = {name: Secret(value.strip()) for name, value in values.items() if value.strip()}
        forms = [form for value in self._values.values() if len(value) >= 8 for form in _forms(value)]
        self._pattern = (
            re.compile("|".join(map(re.escape, sorted(forms, key=len, reverse=True)))) if forms else None
        )

    def __repr__(self) -> str:
        return f"Secrets({', '.join(self._values)})"

    def get(self, name: str) -> Secret | None:
        """The key in variable `name`, or None where it is missing or empty."""
        return self._values.get(name)

    def scrub(self, text: str) -> str:
        """`text` without any key in it, plain, base64 or URL-encoded."""
        return self._pattern.sub("***", text) if self._pattern else text


def _forms(value: str) -> set[str]:
    encoded = base64.b64encode(value.encode()).decode()
    return {value, encoded, encoded.rstrip("="), urllib.parse.quote(value, safe=""), json.dumps(value)[1:-1]}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What one run is told. Each field but the last three is a flag of the same name (see dset/flags.py)."""

    questions: Path
    output: Path
    base_url: str
    model: str
    prompt: str
    system: str
    thinking: str
    temperature: float | None
    max_tokens: int | None
    timeout: float
    retry_waits: tuple[float, ...]
    concurrency: int
    limit: int | None
    samples: int
    encoding: str
    column: str
    views: tuple[str, ...]
    csv_exact: bool
    retry_failed: bool
    rehearse: str
    quiet: bool
    is_default_output: bool  # nobody named --output
    secrets: Secrets
    warnings: tuple[str, ...]

    @property
    def request(self) -> dict[str, Any]:
        """What shapes a request, and so what an answer or a refusal depends on."""
        names = ("base_url", "model", "prompt", "system", "thinking", "temperature", "max_tokens")
        return {name: getattr(self, name) for name in names}

    @property
    def fingerprint(self) -> str:
        """Short hash of `request`: rows that were paid for in vain are asked again only when it changes."""
        text = json.dumps(self.request, sort_keys=True)
        return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=6).hexdigest()


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message} (see --help)")


def parser(program: str, description: str, epilog: str = "") -> argparse.ArgumentParser:
    """The run's flags, each with its variable. A flag not given leaves no value behind."""
    made = _Parser(
        prog=program,
        description=description,
        epilog=epilog,
        allow_abbrev=False,
        argument_default=argparse.SUPPRESS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    for flag in FLAGS:
        text = f"{flag.help} [{flag.variable}]".replace("%", "%%")
        if flag.is_switch:
            made.add_argument(flag.option, action=argparse.BooleanOptionalAction, help=text)
        elif flag.bare:
            made.add_argument(flag.option, nargs="?", const=flag.bare, metavar=flag.metavar, help=text)
        else:
            made.add_argument(flag.option, metavar=flag.metavar, help=text)
    return made


def load(given: Mapping[str, Any], environment: Mapping[str, str] | None = None) -> Settings:
    """Settings from parsed flags (`given`: field -> text, or bool for a switch), the environment and .env.

    Raises UsageError for a value that cannot be taken and for an .env that cannot be read.
    """
    environment = os.environ if environment is None else environment
    from_file, warnings = read_env_file(ENV_FILE)
    merged = {**from_file, **{name: value for name, value in environment.items() if value}}
    secrets = Secrets({name: value for name, value in merged.items() if _KEY_NAME.match(name)})
    try:
        values = {flag.field: _value(flag, given, environment, from_file) for flag in FLAGS}
    except UsageError as error:
        raise UsageError(secrets.scrub(str(error))) from None  # a key pasted into the wrong variable
    warnings += _unknown_variables(merged)
    is_default_output = "output" not in given and not merged.get("DSET_OUTPUT")
    return Settings(**values, is_default_output=is_default_output, secrets=secrets, warnings=tuple(warnings))


def _value(
    flag: Flag, given: Mapping[str, Any], environment: Mapping[str, str], file: Mapping[str, str]
) -> Any:
    for source, name, values in (
        (flag.option, flag.field, given),
        (flag.variable, flag.variable, environment),
        (f"{flag.variable} in .env", flag.variable, file),
    ):
        value = values.get(name)
        if value is None or (value == "" and values is not given):
            continue
        try:
            return flag.parse(value) if isinstance(value, str) else value
        except ValueError as error:
            raise UsageError(f"{source}: {error}") from None
    return flag.default


def _unknown_variables(values: Mapping[str, str]) -> list[str]:
    known = {"DSET_API_KEY", *(flag.variable for flag in FLAGS)}
    found = []
    for name in sorted(values):
        if name.upper().startswith("DSET_") and name not in known and not _KEY_NAME.match(name):
            near = difflib.get_close_matches(name.upper(), known, 1)
            found.append(f"{name} is no setting" + (f": did you mean {near[0]}?" if near else ""))
    return found


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
    warnings = [f"{path}: {line}" for line in complaints.lines]
    if (
        sys.platform != "win32"
        and stat.S_IMODE(path.stat().st_mode) & 0o004
        and any(map(_KEY_NAME.match, values))
    ):
        warnings.append(f"{path} holds a key and everybody on this machine can read it: chmod 600 {path}")
    return {name: value for name, value in values.items() if value}, warnings


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
        return [f"found {wrong}, but it must be named {path} (turn on file name extensions, then rename it)"]
    return []


class _Complaints(logging.Handler):
    """python-dotenv tells of lines it cannot read by logging; collected here to be told in our words."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        number = record.args[0] if isinstance(record.args, tuple) and record.args else "?"
        self.lines.append(f"line {number} is no NAME=value and was left out")
