"""A task file: its bytes become JSON, and the JSON the tasks in it, in whichever way they stand there."""

import json
import math
from pathlib import Path
from typing import Any, NamedTuple

from dset.errors import UsageError
from dset.tasks.findings import Findings, quoted, under

_DEEPEST = 60  # levels; no schema that a person wrote comes near it
_BESIDE = ("tasks", "version", "$schema", "$comment")  # what may stand beside "tasks"


class _Pairs(list[tuple[str, Any]]):
    """An object as its pairs stand in the file, so that a key that stands twice is seen."""


class Stated(NamedTuple):
    """A task as it stands in a file."""

    name: str
    document: object
    doubled: tuple[str, ...]  # what stands twice in it, as paths


def read(path: Path) -> tuple[list[Stated], Findings]:
    """The tasks of the file in its order, and what is wrong beside them. Raises UsageError for what is no JSON."""
    return stated(_bytes(path), path)


def stated(data: bytes, path: Path) -> tuple[list[Stated], Findings]:
    """As `read`, of a file that holds `data`."""
    value, doubled = parse(data, path)
    findings = Findings()
    found = tasks_in(value, path.stem, findings)
    tasks = []
    for place, name, document in found:
        inside = tuple(one[len(place) :].lstrip(".") for one in doubled if _is_in(one, place))
        tasks.append(Stated(name, document, inside))
    for one in doubled:
        if not any(_is_in(one, place) for place, _, _ in found):
            findings.add(one, "stands there twice; the last one counts")
    for name in {one.name for one in tasks}:
        if sum(one.name == name for one in tasks) > 1:
            findings.add("", f"the task {quoted(name)} stands there twice; the last one counts")
    return tasks, findings


def _is_in(path: str, place: str) -> bool:
    """`path` leads to something inside `place`."""
    return path.startswith(place) and path != place and (not place or path[len(place)] in ".[")


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror})") from None


def parse(data: bytes, path: Path | str) -> tuple[Any, list[str]]:
    """The JSON value, and the paths of keys that stand twice in their object.

    Raises UsageError with the line and column of what is no JSON, and for what no task needs: NaN, halves of
    characters, numbers without end, many levels.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        wide = data[:2] in {b"\xff\xfe", b"\xfe\xff"}
        what = "is UTF-16" if wide else f"is not UTF-8 text (byte {error.start + 1})"
        raise UsageError(f"{path}: {what}; save it as UTF-8") from None
    try:
        pairs = json.loads(text, object_pairs_hook=_Pairs, parse_constant=_refuse, parse_float=_finite)
        doubled: list[str] = []
        return _plain(pairs, "", 0, doubled), doubled
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise UsageError(f"{path}: {where}: is no JSON: {error.msg[:1].lower()}{error.msg[1:]}") from None
    except RecursionError:
        raise UsageError(f"{path}: is nested deeper than {_DEEPEST} levels") from None
    except ValueError as error:
        raise UsageError(f"{path}: {error}") from None


def _refuse(word: str) -> None:
    raise ValueError(f"is no JSON: {word} is no number there")


def _finite(digits: str) -> float:
    number = float(digits)
    if number in {math.inf, -math.inf}:
        raise ValueError(f"the number {digits[:40]} is too large")
    return number


def _plain(value: Any, path: str, depth: int, doubled: list[str]) -> Any:
    if depth > _DEEPEST:
        raise RecursionError
    if isinstance(value, _Pairs):
        table: dict[str, Any] = {}
        for key, one in value:
            here = under(path, _whole(key, path))
            if key in table:
                doubled.append(here)
            table[key] = _plain(one, here, depth + 1, doubled)
        return table
    if isinstance(value, list):
        return [_plain(one, f"{path}[{number}]", depth + 1, doubled) for number, one in enumerate(value)]
    return _whole(value, path) if isinstance(value, str) else value


def _whole(text: str, path: str) -> str:
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise ValueError(f"{path or 'the file'}: holds half a character (a lone \\ud8.. or \\udc..)")
    return text


def tasks_in(value: object, stem: str, findings: Findings) -> list[tuple[str, str, object]]:
    """(place, name, document) of each task; `stem` is the name of one that stands alone and has none."""
    if isinstance(value, dict) and is_task(value):
        return [("", name_of(value) or stem, value)]
    if isinstance(value, dict) and "tasks" in value and not is_task(value["tasks"]):
        findings.only(value, _BESIDE, "")
        return _listed(value["tasks"], "tasks", findings)
    return _listed(value, "", findings)


def _listed(value: object, at: str, findings: Findings) -> list[tuple[str, str, object]]:
    if isinstance(value, dict):
        named = [(under(at, name), name, one) for name, one in value.items() if not name.startswith("$")]
        if not named:
            findings.add(at, "holds no task")
        return named
    if not isinstance(value, list) or not value:
        findings.add(at, f"must be an object of tasks by name, or a list of them, not {quoted(value)}")
        return []
    found = []
    for number, one in enumerate(value):
        name = name_of(one)
        if name:
            found.append((f"{at}[{number}]", name, one))
        else:
            findings.add(f"{at}[{number}]", 'must be a task with a "name"')
    return found


def is_task(value: object) -> bool:
    """One task, not an object of tasks by name: what stands under "schema" is a schema."""
    if not isinstance(value, dict):
        return False
    schema = value.get("schema")
    is_schema = isinstance(schema, dict) and any(
        key in schema for key in ("fields", "properties", "type", "$ref")
    )
    return is_schema or (isinstance(value.get("name"), str) and "schema" in value)


def name_of(task: object) -> str:
    """The name in the task, or in its schema, as the older form may have it; '' for none."""
    if not isinstance(task, dict):
        return ""
    schema = task.get("schema")
    stated = task.get("name") or (schema.get("name") if isinstance(schema, dict) else "")
    return stated if isinstance(stated, str) else ""
