"""A task: what a record looks like, how it is asked for, and what varies; read from the JSON form and written in it."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dset.errors import UsageError
from dset.tasks import examples, parameters, paths, references
from dset.tasks.codes import is_code
from dset.tasks.findings import Finding, Findings, quoted
from dset.tasks.parameters import Parameter

__all__ = [
    "KEYS",
    "Parameter",
    "Task",
    "TaskError",
    "as_document",
    "examine",
    "labels",
    "read",
    "usual_prompt",
]
_NAME = re.compile(r"[a-z0-9_-]{1,64}\Z")
KEYS = "name description language schema label prompt examples parameters rules unique texts".split()


@dataclass(frozen=True, slots=True)
class Task:
    """A task as its file states it; nothing of it is changed after it was read."""

    name: str  # [a-z0-9_-]+, the name of its folder
    description: str
    language: str  # the code of the language that is asked for unless another is named
    schema: dict[str, Any]  # JSON Schema 2020-12 of one record, an object
    label: str  # the field that holds the label; '' for none
    prompt: str  # a template that may name {language}, the label and parameters
    examples: dict[str, tuple[dict[str, Any], ...]]  # by language code; '' for any language
    parameters: dict[str, Parameter]
    rules: tuple[dict[str, Any], ...]
    unique: tuple[str, ...]  # fields by which records are alike; none: all texts
    texts: tuple[str, ...]  # fields whose text must be in the language; none: every free text


class TaskError(UsageError):
    """A task that cannot be used. `faults`: a line for each mistake, with file, task and path."""

    def __init__(self, faults: tuple[str, ...]) -> None:
        self.faults = faults
        more = f" (and {len(faults) - 1} more; `task check` names them)" if len(faults) > 1 else ""
        super().__init__(faults[0] + more)


def read(name: str, document: object, path: Path | str = "") -> Task:
    """The task of this name from its JSON form; `path` is the file, for messages. Raises TaskError with every mistake."""
    task, findings = examine(name, document)
    if task is None or findings:
        place = f"{path}: {name}" if path else name
        raise TaskError(tuple(one.line(place) for one in findings))
    return task


def examine(name: str, document: object) -> tuple[Task | None, list[Finding]]:
    """What can be read of the task, None where there is no schema to speak of, and every mistake in it."""
    findings = Findings()
    table = findings.table(document, "")
    if not isinstance(document, dict):
        return None, findings
    findings.only(table, KEYS, "")
    _check_name(name, table.get("name"), findings)
    if "schema" not in table:
        findings.add("schema", "is missing: the JSON Schema of one record")
        return None, findings
    task = _task(name, table, findings)
    references.check(task, findings)
    return task, findings


def _task(name: str, table: dict[str, Any], findings: Findings) -> Task:
    text = {
        key: findings.text(table.get(key, ""), key) for key in ("description", "language", "label", "prompt")
    }
    records = examples.read(table.get("examples", []), findings)
    language = text["language"] or examples.language_of(records) or "en"
    if not is_code(language):
        findings.add("language", f"{quoted(language)} is no language code; write th, en, vi …")
    return Task(
        name=name,
        description=text["description"],
        language=language,
        schema=findings.table(table["schema"], "schema"),
        label=text["label"],
        prompt=text["prompt"] or usual_prompt(text["description"] or name),
        examples=records,
        parameters=parameters.read(table.get("parameters", {}), text["label"], findings),
        rules=_rules(table.get("rules", []), findings),
        unique=findings.words(table.get("unique", []), "unique"),
        texts=findings.words(table.get("texts", []), "texts"),
    )


def _check_name(name: str, stated: object, findings: Findings) -> None:
    if not _NAME.match(name):
        better = re.sub(r"[^a-z0-9_-]+", "_", name.lower()).strip("_")[:64]
        hint = f"; write {better}" if _NAME.match(better) else ""
        findings.add("", f"the name {quoted(name)} must be of a-z, 0-9, _ and -, at most 64 of them{hint}")
    if stated is not None and stated != name:
        findings.add("name", f"is {quoted(stated)}, but the task stands under {quoted(name)}")


def _rules(value: object, findings: Findings) -> tuple[dict[str, Any], ...]:
    if not isinstance(value, list):
        findings.add("rules", f"must be a list of objects, not {quoted(value)}")
        return ()
    tables = [findings.table(rule, f"rules[{number}]") for number, rule in enumerate(value)]
    return tuple(table for table in tables if table)


def usual_prompt(description: str) -> str:
    """The prompt of a task that brings none; braces in the description would be read as names."""
    plain = description.replace("{", "(").replace("}", ")")
    return f"Write one record of this kind in {{language}}: {plain}"


def as_document(task: Task) -> dict[str, Any]:
    """The JSON form, with everything stated and always in the same order; `read` gives the same task again."""
    return {
        "name": task.name,
        "description": task.description,
        "language": task.language,
        "schema": task.schema,
        "label": task.label,
        "prompt": task.prompt,
        "examples": {code: list(records) for code, records in task.examples.items()},
        "parameters": {name: one.as_document() for name, one in task.parameters.items()},
        "rules": list(task.rules),
        "unique": list(task.unique),
        "texts": list(task.texts),
    }


def labels(task: Task) -> tuple[str, ...]:
    """The values that the label may have, in the schema's order; () where the task has no label."""
    values = paths.enum(task.schema, task.label) if task.label else []
    return tuple(value for value in values if isinstance(value, str))
