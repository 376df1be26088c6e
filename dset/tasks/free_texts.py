"""The texts of a record: what stands at the task's paths, or every free text of it."""

from collections.abc import Iterator
from typing import Any

from dset.tasks import fields, paths
from dset.tasks.definitions import Task

# A string with one of these is a word of a list, an address or a date, and in no language.
_NOT_FREE = ("enum", "const", "format", "pattern")


def in_language(task: Task, record: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """(place, text) of each text that must be in the language: those at `task.texts`, else every free one."""
    if task.texts:
        yield from fields.texts_of(record, task.texts)
    else:
        yield from _free(task.schema, record, "", task.schema)


def _free(schema: object, value: Any, place: str, root: dict[str, Any]) -> Iterator[tuple[str, str]]:
    nodes = paths.variants(schema, root)
    if isinstance(value, str) and not any(key in node for node in nodes for key in _NOT_FREE):
        yield place, value
    if isinstance(value, list):
        items = {"allOf": [node["items"] for node in nodes if "items" in node]}
        for number, one in enumerate(value):
            yield from _free(items, one, f"{place}[{number}]", root)
    if isinstance(value, dict):
        named = paths.properties({"allOf": nodes}, root)
        for name, one in value.items():
            below = {"allOf": named.get(name, [])}
            yield from _free(below, one, f"{place}.{name}" if place else name, root)
