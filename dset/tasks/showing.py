"""What `task list` and `task show NAME` say: the tasks in a table, one task in full."""

import itertools
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from dset.cleaning import clean, harmless
from dset.errors import UsageError
from dset.inspection import Report
from dset.tasks import catalog, checking, definitions, languages, paths
from dset.tasks.catalog import Catalog
from dset.tasks.definitions import Task
from dset.tasks.findings import quoted
from dset.tasks.parameters import Parameter
from dset.tasks.remote import RemoteError

_WANTED = {
    "list": "it takes no further word",
    "show": "which task? As in: task show ner",
    "check": "which file? As in: task check tasks.json",
}
Node = dict[str, Any]
_WORDS = {"string": "text", "array": "list", "object": "object", "integer": "whole number", "null": "nothing"}
_DEEPEST = 6  # levels of fields that are shown, and how many fields: a schema may refer to itself
_MOST = 400
_BOUNDS = (
    ("minLength", "maxLength", " characters"), ("minItems", "maxItems", " items"), ("minimum", "maximum", ""),
    ("exclusiveMinimum", "exclusiveMaximum", ", these not included"),
)  # fmt: skip


def asked(words: Sequence[str], tasks_url: str = "") -> Report | None:
    """What `task list`, `task show NAME` and `task check FILE` say; None for other words. Raises UsageError."""
    match words:
        case ["list"]:
            return Report(listed(_known(tasks_url)), 0)
        case ["show", name]:
            return Report(shown(_known(tasks_url).get(name)), 0)
        case ["check", path]:
            return checking.check(Path(path))
        case ["list" | "show" | "check" as verb, *_]:
            raise UsageError(f"task {verb}: {_WANTED[verb]}")
    return None


def _known(tasks_url: str) -> Catalog:
    return catalog.of_server(tasks_url) if tasks_url else catalog.load()


def listed(known: Catalog) -> list[str]:
    """A line for each task: name, label, languages of its examples, description; columns under each other."""
    rows = [("name", "label", "examples", "description")]
    for name in known.names():
        try:
            found = known.examined(name)
        except RemoteError as error:  # the server has the other ones all the same
            rows.append((clean(name), "", "", f"cannot be used: {clean(str(error))}"))
            continue
        if found.task is None:
            rows.append((clean(name), "", "", f"cannot be used: {clean(found.faults[0])}"))
            continue
        codes = ",".join(code or "any" for code in found.task.examples)
        rows.append((name, found.task.label or "-", codes or "-", clean(found.task.description, 120)))
    widths = [max(len(row[place]) for row in rows) for place in range(3)]
    return [
        "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[3]]).rstrip()
        for row in rows
    ]


def shown(task: Task) -> list[str]:
    """The task in full, for a person."""
    lines = [
        task.name,
        *_wrapped(task.description),
        f"language: {task.language} ({languages.name(task.language)})",
    ]
    fields = itertools.islice(_fields(task.schema, task.schema, "", 0), _MOST)
    lines += ["fields:", *(f"  {line}" for line in fields)]
    if task.label:
        lines.append(f"label: {clean(task.label)}: {clean(', '.join(definitions.labels(task)), 2000)}")
    if task.parameters:
        lines += ["parameters:", *(f"  {_parameter(name, one)}" for name, one in task.parameters.items())]
    if task.rules:
        lines += ["rules:", *(f"  {quoted(rule, 300)}" for rule in task.rules)]
    for key, named in (("alike by", task.unique), ("texts in the language", task.texts)):
        lines += [f"{key}: {clean(', '.join(named))}"] if named else []
    lines += ["prompt:", *(f"  {line}" for line in _wrapped(task.prompt))]
    return lines + _example(task)


def _wrapped(text: str) -> list[str]:
    return [harmless(line) for line in text.splitlines() if line.strip()]


def _example(task: Task) -> list[str]:
    """One example, in the task's language where there is one."""
    code = task.language if task.language in task.examples else next(iter(task.examples), None)
    if code is None:
        return ["example: none"]
    written = json.dumps(task.examples[code][0], ensure_ascii=False, indent=2)
    return [f"example ({code or 'any language'}):", *(f"  {harmless(line)}" for line in written.split("\n"))]


def _fields(node: Node, root: Node, at: str, depth: int) -> Iterator[str]:
    """A line for each field below this schema, the fields of fields under their own."""
    sure, required = paths.properties(node, root, sure=True), paths.required(node, root)
    for name, below in paths.properties(node, root).items():
        yield f"{clean(at + name)}: {_field(sure.get(name, below), root, required=name in required)}"
        if depth < _DEEPEST and below:
            yield from _fields(below[0], root, f"{at}{name}.", depth + 1)
            items: Node = next((one["items"] for one in below if isinstance(one.get("items"), dict)), {})
            yield from _fields(items, root, f"{at}{name}[].", depth + 1)


def _field(nodes: list[Node], root: Node, *, required: bool) -> str:
    """Type, constraints and description of a field on one line."""
    flat: Node = {}
    for node in reversed(nodes):
        flat |= node
    kinds = " or ".join(_WORDS.get(one, one) for one in sorted(paths.kinds(nodes))) or "anything"
    if "list" in kinds and isinstance(flat.get("items"), dict):
        inner = " or ".join(
            _WORDS.get(one, one) for one in sorted(paths.kinds(paths.variants(flat["items"], root)))
        )
        kinds += f" of {inner}" if inner else ""
    said = [kinds, *([] if required else ["optional"]), *_constraints(flat)]
    description = flat.get("description")
    return ", ".join(said) + (
        f" - {clean(description)}" if isinstance(description, str) and description else ""
    )


def _constraints(flat: Node) -> Iterator[str]:
    if isinstance(flat.get("enum"), list):
        yield "one of " + clean("|".join(str(value) for value in flat["enum"]))
    if "const" in flat:
        yield f"always {quoted(flat['const'])}"
    for low, high, unit in _BOUNDS:
        least, most = flat.get(low), flat.get(high)
        if least is not None and most is not None:
            yield f"{least} to {most}{unit}"
        elif least is not None or most is not None:
            yield f"at least {least}{unit}" if most is None else f"at most {most}{unit}"
    if flat.get("uniqueItems"):
        yield "no two alike"
    for key in ("format", "pattern"):
        if isinstance(flat.get(key), str):
            yield f"{key} {clean(flat[key])}"


def _parameter(name: str, one: Parameter) -> str:
    said = [clean(", ".join(one.values), 500)] if one.values else []
    said += [f"default {clean(one.default)}"] if one.default else []
    said += ["required"] if one.required else []
    return f"{clean(name)}: {'; '.join(said)}" + (f" - {clean(one.description)}" if one.description else "")
