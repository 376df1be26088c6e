"""Frozen Settings: defaults < .env < environment < flags. The only reader of .env and of the environment."""

import argparse
import dataclasses
import difflib
import hashlib
import json
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

from dset.cleaning import clean
from dset.env_files import is_open_to_all, read_env_file
from dset.errors import UsageError
from dset.flags import FLAGS, Flag
from dset.keys import KEY_NAME, Secrets, is_placeholder
from dset.providers import PROVIDERS
from dset.verbs import VERBS

ENV_FILE = Path(".env")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What one run is told. Each field from `given` on is no flag; each other one is a flag of the same name (see dset/flags.py)."""

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
    concurrency: int | None  # None: auto
    spread: bool
    wait: bool
    budget: float | None  # USD
    off_peak: bool
    limit: int | None
    samples: int
    schema: Path | None
    near: float | None
    encoding: str
    column: str
    views: tuple[str, ...]
    csv_exact: bool
    retry_failed: bool
    rehearse: str
    quiet: bool
    given: frozenset[str]  # the flags that somebody set, by a flag or a variable
    appendix: str = ""  # sent behind the system message as it stands: the form of the answers
    is_planned: bool = (
        False  # q.csv is a plan's: another row replaces one that was paid for in vain or refused
    )
    second_opinion: bool = False  # a row that one model refuses is asked once at another one
    beside: tuple[Path, ...] = ()  # output folders whose cost counts for the budget as well
    services: tuple[str, ...] = ()  # provider/model of each, where more than base_url and model are asked
    secrets: Secrets
    warnings: tuple[str, ...]

    @property
    def request(self) -> dict[str, Any]:
        """What shapes a request, and so what an answer or a refusal depends on."""
        names = ("base_url", "model", "prompt", "system", "thinking", "temperature", "max_tokens")
        shared: dict[str, Any] = {"services": list(self.services)} if self.services else {}
        if self.appendix:
            shared["appendix"] = self.appendix
        return {name: getattr(self, name) for name in names} | shared

    @property
    def is_default_output(self) -> bool:
        """Nobody named --output."""
        return "output" not in self.given

    @property
    def fingerprint(self) -> str:
        """Short hash of `request`: rows that were paid for in vain are asked again only when it changes."""
        text = json.dumps(self.request, sort_keys=True)
        return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=6).hexdigest()


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{clean(message)} (see --help)")  # it quotes what was typed, and that may be a key


def parser(
    program: str, description: str, epilog: str = "", flags: Sequence[Flag] = FLAGS
) -> argparse.ArgumentParser:
    """These flags, each with its variable. A flag not given leaves no value behind."""
    made = _Parser(
        prog=program,
        description=description,
        epilog=epilog,
        allow_abbrev=False,
        argument_default=argparse.SUPPRESS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    for flag in flags:
        text = f"{flag.help} [{flag.variable}]".replace("%", "%%")
        if flag.is_switch:
            made.add_argument(flag.option, action=argparse.BooleanOptionalAction, help=text)
        elif flag.is_list:
            made.add_argument(flag.option, metavar=flag.metavar, nargs="+", action="extend", help=text)
        elif flag.is_many:
            made.add_argument(flag.option, metavar=flag.metavar, action="append", help=text)
        elif flag.bare:
            made.add_argument(flag.option, nargs="?", const=flag.bare, metavar=flag.metavar, help=text)
        else:
            names = [flag.option, flag.alias] if flag.alias else [flag.option]
            made.add_argument(*names, metavar=flag.metavar, dest=flag.field, help=text)
    return made


def load(given: Mapping[str, Any], environment: Mapping[str, str] | None = None) -> Settings:
    """Settings from parsed flags (`given`: field -> text, or bool for a switch), the environment and .env.

    Raises UsageError for a value that cannot be taken and for an .env that cannot be read.
    """
    environment = os.environ if environment is None else environment
    from_file, warnings = read_env_file(ENV_FILE)
    merged = {**from_file, **{name: value for name, value in environment.items() if value}}
    secrets = Secrets({name: value for name, value in merged.items() if KEY_NAME.match(name)})
    try:
        values = {flag.field: _value(flag, given, environment, from_file) for flag in FLAGS}
    except UsageError as error:
        raise UsageError(secrets.scrub(str(error))) from None  # a key pasted into the wrong variable
    warnings += _unknown_variables(merged) + _odd_keys(from_file)
    real = any(KEY_NAME.match(name) and not is_placeholder(value) for name, value in from_file.items())
    if real and not values["rehearse"] and is_open_to_all(ENV_FILE):
        warnings.append(
            f"every user of this machine can read {ENV_FILE} and the key in it: chmod 600 {ENV_FILE}"
        )
    named = frozenset(flag.field for flag in FLAGS if flag.field in given or merged.get(flag.variable))
    return Settings(**values, given=named, secrets=secrets, warnings=tuple(warnings))


def options_of(
    flags: Sequence[Flag], given: Mapping[str, Any], environment: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """The values of a verb's own flags, by field. Raises UsageError."""
    from_file, _ = read_env_file(ENV_FILE)
    return {
        flag.field: _value(flag, given, os.environ if environment is None else environment, from_file)
        for flag in flags
    }


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
            return _parsed(flag, value)
        except ValueError as error:
            raise UsageError(f"{source}: {error}") from None
    return flag.default


def _parsed(flag: Flag, value: Any) -> Any:
    if flag.is_list:
        return tuple(flag.parse(one) for one in ([value] if isinstance(value, str) else value))
    if flag.is_many:
        return tuple(flag.parse(one) for one in (value.split() if isinstance(value, str) else value))
    return flag.parse(value) if isinstance(value, str) else value


def _unknown_variables(values: Mapping[str, str]) -> list[str]:
    known = {"DSET_API_KEY", *(flag.variable for verb in VERBS.values() for flag in verb.all_flags)}
    found = []
    for name in sorted(values):
        if name.upper().startswith("DSET_") and name not in known and not KEY_NAME.match(name):
            near = difflib.get_close_matches(name.upper(), known, 1)
            found.append(f"{name} is no setting" + (f": did you mean {near[0]}?" if near else ""))
    return found


def _odd_keys(file: Mapping[str, str]) -> list[str]:
    """Names in .env that look like a key's and are none: the key would only be missing."""
    usual = ["DSET_API_KEY", *(name for one in PROVIDERS for name in one.keys)]
    meant = {
        name: _near_key(name.upper(), usual)
        for name in sorted(file)
        if not KEY_NAME.match(name) and not name.upper().startswith("DSET_")
    }
    return [f"{name} in .env is not read: did you mean {found}?" for name, found in meant.items() if found]


def _near_key(name: str, usual: Sequence[str]) -> str:
    """The variable that may be meant, with its number; '' where none is near."""
    word, number = re.fullmatch(r"(.*?)_?([0-9]*)", name, re.DOTALL).groups()  # type: ignore[union-attr]
    near = difflib.get_close_matches(word, usual, 1, 0.8)
    return f"{near[0]}_{number}" if near and number else next(iter(near), "")
