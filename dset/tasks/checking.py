"""What `task check` says of a task file: each task is right, or every mistake in it is named with its place."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dset.cleaning import clean
from dset.errors import UsageError
from dset.inspection import Report
from dset.tasks import catalog, definitions, documents, free_texts, languages, picture_fields, rules
from dset.tasks.definitions import Task
from dset.tasks.documents import Stated
from dset.tasks.schemas import Schema
from dset.wording import counted


@dataclass(frozen=True, slots=True)
class Checked:
    """One task: its mistakes as lines, and what is no mistake but worth knowing."""

    name: str
    faults: tuple[str, ...]
    notes: tuple[str, ...]
    usable: bool


def check(path: Path) -> Report:
    """All that is wrong in the file. Raises UsageError for what cannot be read, or is no JSON."""
    stated, beside = documents.read(path)
    lines = [one.line_of_file(path) for one in beside]
    checked = [check_task(one, str(path)) for one in stated]
    for one in checked:
        lines += _lines(one)
    wrong = sum(bool(one.faults) for one in checked)
    right = "all right" if not wrong else f"{wrong} with mistakes"
    lines.append(f"{path}: {counted(len(checked), 'task')}, {right}" if checked else f"{path}: no task")
    return Report(lines, 1 if wrong or beside or not checked else 0)


def _lines(one: Checked) -> Iterator[str]:
    if not one.faults:
        yield f"{clean(one.name)}: right"
    else:
        use = "can be used" if one.usable else "cannot be used"
        yield f"{clean(one.name)}: {counted(len(one.faults), 'mistake')}; {use}"
    yield from (f"  {line}" for line in one.faults)
    yield from (f"  note: {line}" for line in one.notes)


def check_task(stated: Stated, place: str) -> Checked:
    """The task as its file has it, with its own examples; `place` is the file, for the lines."""
    found = catalog.examine(stated, place)
    here = f"{place}: {stated.name}"
    if found.task is None:
        return Checked(stated.name, found.faults, (), usable=False)
    try:
        schema = Schema(found.task.schema)
    except UsageError as error:
        path, _, message = str(error).partition(": ")
        line = f"{here}.{found.place(path)}: {message}"
        return Checked(stated.name, (*found.faults, line), (), usable=False)
    faults = [f"{here}.{line}" for line in _faults_of_examples(found.task, schema)]
    return Checked(stated.name, (*found.faults, *faults), tuple(_notes(found.task, stated.name)), usable=True)


def _faults_of_examples(task: Task, schema: Schema) -> Iterator[str]:
    read = tuple(rules.read(rule, f"rules[{number}]", task.schema) for number, rule in enumerate(task.rules))
    for code, records in task.examples.items():
        for number, record in enumerate(records):
            where = f"examples.{code}[{number}]" if code else f"examples[{number}]"
            found = schema.faults(record) or [
                *rules.faults(read, record, code),
                *_in_language(task, record, code),
            ]
            yield from (f"{where}: {fault}" for fault in found)


def _in_language(task: Task, record: dict[str, Any], code: str) -> Iterator[str]:
    for place, text in free_texts.in_language(task, record) if code else ():
        if fault := languages.fault(text, code):
            yield f"{place}: {fault}"


def _notes(task: Task, name: str) -> Iterator[str]:
    records = [record for records in task.examples.values() for record in records]
    if name in catalog.builtin():
        yield "goes before the built-in task of this name"
    unknown = [code for code in (task.language, *task.examples) if code and not languages.is_known(code)]
    if unknown:
        yield f"whether a text is in {clean(', '.join(dict.fromkeys(unknown)))} is not told: those are not known here"
    if not records:
        yield "has no examples: a model that sees some does better"
        return
    seen = Counter(_text(record.get(task.label)) for record in records)
    missing = [value for value in definitions.labels(task) if not seen[value]]
    if missing and not picture_fields.is_on_pictures(task):
        yield f"no example has the {task.label} {clean(', '.join(missing))}"


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
