"""A task that is handed in, and a record of one, judged as a run would judge them. No HTTP in it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from dset import errors
from dset.errors import UsageError
from dset.tasks import catalog, codes, paths, task_file
from dset.tasks.definitions import Task
from dset.tasks.documents import Stated

_PLACE = "the body"
_IMAGE = "image"  # as in picture_fields, which needs the package that checks records
_LINE = re.compile(r'((?:"(?:[^"\\]|\\.)*"|[^\s":])+): (.*)', re.DOTALL)


@dataclass(frozen=True, slots=True)
class Judged:
    """What is said of a task."""

    faults: tuple[str, ...]  # why it cannot be used, each with its place; () where it can
    notes: tuple[str, ...]  # what is left out of it, or worth knowing


def kind(task: Task) -> str:
    """What its records are about: text or image."""
    return "image" if _IMAGE in paths.properties(task.schema) else "text"


def judge(name: str, document: Any) -> Judged:
    """The task under this name, in either form."""
    if fault := task_file.name_fault(name):
        return Judged((fault,), ())
    stated = Stated(name, document, ())
    found = catalog.examine(stated, _PLACE)
    if found.task is None:
        return Judged(found.faults[: found.fatal], found.faults[found.fatal :])
    return _judged_whole(stated, found.task, found.faults)


def _judged_whole(stated: Stated, task: Task, notes: tuple[str, ...]) -> Judged:
    """As `task check` has it: the schema is one, and the examples follow it."""
    try:
        from dset.tasks import checking, picture_fields
    except ImportError as error:
        missing = errors.explain(error)[0]
        return Judged((), (*notes, f"whether its schema is a JSON Schema was not checked: {missing}"))
    try:
        checked = checking.check_task(stated, _PLACE)
        if kind(task) == "image":
            picture_fields.without(task)
    except UsageError as error:
        return Judged((f"{_PLACE}: {error}",), notes)
    if not checked.usable:
        return Judged(tuple(one for one in checked.faults if one not in notes), notes)
    return Judged((), (*checked.faults, *checked.notes))


def language(task: Task, asked: str) -> str:
    """The language in which a record is checked. Raises ValueError for what is no code."""
    code = asked or task.language
    base, mark, rest = code.partition("-")
    if not codes.is_code(base.lower() + mark + rest):
        raise ValueError(f"lang: {asked[:40]!r} is no language code; write th, en, vi …")
    return base.lower() + mark + rest


def faults(task: Task, record: Any, lang: str) -> Iterator[tuple[str, str]]:
    """(path, what is wrong there) of all that the gate of a run would refuse the record for, duplicates aside.

    Of a task about pictures the field `image` is left out: the program fills it in. Raises UsageError for a task that
    cannot be taken, ImportError where the package that checks is missing.
    """
    from dset.tasks import picture_fields
    from dset.tasks.checks import Checks

    if kind(task) == "image":
        task = picture_fields.without(task)
        record = picture_fields.stripped(record) if isinstance(record, dict) else record
    for line in Checks(task, lang).faults(record, {}):
        found = _LINE.fullmatch(line)
        path, message = (found[1], found[2]) if found else ("", line)
        yield ("" if path == "record" else path), message
