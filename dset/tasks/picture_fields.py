"""The field `image` of a task on pictures: the program fills it in with the picture's path, and no model is asked for it."""

import copy
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from dset.errors import UsageError
from dset.tasks import paths
from dset.tasks.definitions import Task
from dset.tasks.schemas import Schema

IMAGE = "image"
SHELF = "images"  # the folder of the pictures, beside q.csv
_LIKE = f"{SHELF}/1.jpg"


def is_on_pictures(task: Task) -> bool:
    """The task's records are about pictures: its schema has a property `image`."""
    return IMAGE in paths.properties(task.schema)


def without(task: Task) -> Task:
    """The task as a model is asked: nothing speaks of `image`, and nothing is spread, as the pictures decide.

    Raises UsageError where a picture's path could not stand in the field, or the prompt names what varies.
    """
    _check(task)
    schema = copy.deepcopy(task.schema)
    for node in paths.variants(schema, schema):
        if isinstance(node.get("properties"), dict):
            node["properties"].pop(IMAGE, None)
        if isinstance(node.get("required"), list):
            node["required"] = [name for name in node["required"] if name != IMAGE]
    return replace(
        task,
        schema=schema,
        label="",
        parameters={},
        examples={code: tuple(map(stripped, records)) for code, records in task.examples.items()},
        rules=tuple(rule for rule in task.rules if not _speaks_of_it(rule)),
        unique=_others(task.unique),
        texts=_others(task.texts),
    )


def stripped(record: Mapping[str, Any]) -> dict[str, Any]:
    """The record without the field."""
    return {name: value for name, value in record.items() if name != IMAGE}


def filled(task: Task, record: Mapping[str, Any], path: str) -> dict[str, Any]:
    """The record with `path` as its picture, its fields in the order of the task's schema."""
    whole = {**record, IMAGE: path}
    first = [name for name in paths.properties(task.schema) if name in whole]
    return {name: whole[name] for name in dict.fromkeys([*first, *whole])}


def _check(task: Task) -> None:
    nodes = paths.variants(task.schema, task.schema, sure=True)
    named = [node["properties"] for node in nodes if isinstance(node.get("properties"), dict)]
    wanted = {"allOf": [one[IMAGE] for one in named if IMAGE in one]}
    beside = {key: task.schema[key] for key in ("$defs", "definitions") if key in task.schema}
    if faults := Schema(beside | wanted).faults(_LIKE):
        raise UsageError(
            f"the task {task.name}: its field image must take the path of a picture, as {_LIKE}: {faults[0]}"
        )
    varied = [task.label, *task.parameters]
    if named_one := next((name for name in varied if name and "{" + name + "}" in task.prompt), ""):
        raise UsageError(
            f"the task {task.name}: its prompt names {{{named_one}}}, but of pictures nothing is planned: take that out of it"
        )


def _speaks_of_it(rule: Mapping[str, Any]) -> bool:
    named = [one for value in rule.values() for one in (value if isinstance(value, list | dict) else [value])]
    return any(isinstance(one, str) and _is_it(one) for one in named)


def _others(named: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(path for path in named if not _is_it(path))


def _is_it(path: str) -> bool:
    return path.replace("[", ".").partition(".")[0] == IMAGE
