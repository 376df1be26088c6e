"""`--schema FILE` of a plain run: each answer is a JSON object of this form, or it does not enter the outputs."""

import hashlib
import json
from dataclasses import replace
from typing import Any

from dset import answers, ends, texts
from dset.contents import Question
from dset.duplicates import Index
from dset.errors import UsageError
from dset.gates import Gate, Verdict
from dset.rehearsal import canned
from dset.rehearsal.instances import Maker
from dset.rehearsal.server import Behaviour, Request, Script
from dset.replies import Reply
from dset.settings import Settings
from dset.tasks import catalog, documents, requests
from dset.tasks.checks import Checks
from dset.tasks.definitions import Task
from dset.tasks.gate import TIMES
from dset.tasks.parsing import parse

_OF_FIELDS = {"properties", "patternProperties", "dependentSchemas", "$defs", "definitions"}  # by their names


def asked_for(settings: Settings) -> tuple[Settings, Gate]:
    """The settings that ask for the form, and the gate that checks it. Raises UsageError that names the file."""
    assert settings.schema is not None
    task = _read(settings)
    form = json.dumps(requests.lean(task.schema), ensure_ascii=False)
    appendix = f"Answer with one JSON object that follows this JSON Schema, and with nothing else:\n{form}"
    try:
        return replace(settings, appendix=appendix), FormGate(task, settings)
    except UsageError as error:
        raise UsageError(f"--schema {settings.schema}: {error}") from None


def invented(settings: Settings) -> Script:
    """What a rehearsal answers: objects of the form, where one can be invented."""
    task = _read(settings)
    maker = Maker(task.schema, [one for several in task.examples.values() for one in several])

    def reply(request: Request) -> Behaviour:
        number = int.from_bytes(hashlib.sha256(request.text.encode("utf-8", "replace")).digest()[:6])
        try:
            made = maker.make(number)
        except ValueError:
            return canned.answer(request)
        return canned.answer(request, json.dumps(made, ensure_ascii=False))

    return reply


def _read(settings: Settings) -> Task:
    """The one task of the file, or the JSON Schema that it is."""
    path = settings.schema
    assert path is not None
    try:
        document, beside = documents.parse(path.read_bytes(), str(path))
    except OSError as error:
        raise UsageError(f"--schema: cannot read {path} ({error.strerror})") from None
    if beside:
        raise UsageError(f"--schema: {beside[0]}")
    if isinstance(document, dict) and ("$schema" in document or not _holds_tasks(document)):
        return Task("schema", "", "", document, "", "", {}, {}, (), (), ())
    found = catalog.load(path)
    if len(found.own) != 1:
        raise UsageError(
            f"--schema: {path} holds {len(found.own)} tasks; name a file with one, or a JSON Schema"
        )
    return found.get(next(iter(found.own)))


def _holds_tasks(document: dict[str, Any]) -> bool:
    """Each of its values, or the task that it is, has a schema; a JSON Schema's own keywords have none."""
    return (
        isinstance(document.get("schema"), dict)
        or any(
            isinstance(value, dict) and isinstance(value.get("schema"), dict)
            for name, value in document.items()
            if name not in _OF_FIELDS
        )
        or isinstance(document.get("tasks"), dict | list)
    )


class FormGate:
    """Lets in what follows the form, and, where that was asked for, is like no answer that stands in the folder."""

    def __init__(self, task: Task, settings: Settings) -> None:
        self._checks = Checks(task, "")
        self._unique = task.unique
        self._near, self._journal = settings.near, settings.output / "output.json"
        self._index: Index | None = None

    def __call__(self, question: Question, reply: Reply, times: int) -> Verdict:
        """The verdict on one reply."""
        parsed = parse(reply.answer)
        faults = [parsed.fault] if parsed.fault else self._checks.faults(parsed.value, {})
        if not faults and self._near is not None:
            self._index = self._index or self._standing(self._near)
            faults = self._alike(self._index, parsed.value, f"row {question.row}")
        if not faults:
            return Verdict(data=parsed.value)
        return Verdict(tuple(faults), again=requests.refused(faults, is_many=False) if times < TIMES else "")

    def _standing(self, near: float) -> Index:
        """What earlier runs let in; read with the first answer, when the journal is mended."""
        index = Index(near)
        for line in answers.read(self._journal, ends.sound_size(self._journal)):
            data = (line["response"] or {}).get("data")
            if data is not None:
                index.add(f"row {line['metadata'].get('row')}", self._text(data))
        return index

    def _text(self, record: Any) -> str:
        return texts.text_of(record, self._unique) if isinstance(record, dict) else json.dumps(record)

    def _alike(self, index: Index, record: Any, name: str) -> list[str]:
        text = self._text(record)
        if found := index.find(text):
            return [requests.like(found)]
        index.add(name, text)
        return []
