"""The texts of a record: what stands at the task's paths, or every free text of it."""

from collections.abc import Iterator
from typing import Any

from dset.tasks import paths
from dset.tasks.definitions import Task

# A string with one of these is a word of a list, an address or a date, and in no language.
_NOT_FREE = ("enum", "const", "format", "pattern")


def in_language(task: Task, record: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """(place, text) of each text that must be in the language: those at `task.texts`, else every free one."""
    if task.texts:
        for path in task.texts:
            yield from at(record, path)
    else:
        yield from _free(task.schema, record, "", task.schema)


def at(value: Any, path: str, place: str = "") -> Iterator[tuple[str, str]]:
    """(place, text) of each string at `path` in a record; "parts[].word" gives parts[0].word and so on."""
    step, _, rest = path.partition(".")
    name = step.rstrip("[]") if step.endswith("[]") else step
    if not isinstance(value, dict) or name not in value:
        return
    found = [(f"{place}.{name}" if place else name, value[name])]
    for _ in range(step.count("[]") if name != step else 0):
        found = [
            (f"{where}[{number}]", one)
            for where, listed in found
            if isinstance(listed, list)
            for number, one in enumerate(listed)
        ]
    for where, one in found:
        if rest:
            yield from at(one, rest, where)
        elif isinstance(one, str):
            yield where, one
        elif isinstance(one, list):
            yield from (
                (f"{where}[{number}]", text) for number, text in enumerate(one) if isinstance(text, str)
            )


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
