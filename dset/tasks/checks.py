"""What a record must be: valid by its schema, right by the task's rules, in its label and its language."""

from collections.abc import Mapping
from typing import Any

from dset.tasks import languages, rules
from dset.tasks.definitions import Task
from dset.tasks.schemas import Schema


class Checks:
    """The checks of one task in one language. Knows no other record."""

    def __init__(self, task: Task, lang: str) -> None:
        """Raises UsageError where the task's schema or rules cannot be taken."""
        self._task, self._lang = task, lang
        self._schema = Schema(task.schema)
        self._rules = [rules.read(rule, f"{task.name}.rules[{at}]") for at, rule in enumerate(task.rules)]

    def faults(self, record: Any, wanted: Mapping[str, str]) -> list[str]:
        """Everything that is wrong with the record, a line each; `wanted` holds the label it should have."""
        found = self._schema.faults(record)
        if not isinstance(record, dict):
            return found
        found += rules.faults(self._rules, record, self._lang)
        label = self._task.label
        if label in wanted and record.get(label) != wanted[label] and not _names(found, label):
            found.append(rules.wrong_label(record, label, wanted[label]))
        return found + ([] if found else self._foreign(record))

    def _foreign(self, record: Mapping[str, Any]) -> list[str]:
        """Texts in another language. Told only of a record that is right otherwise: its fields are what they should be."""
        found = []
        for path, text in rules.texts_of(record, self._task.texts):
            if fault := languages.fault(text, self._lang):
                found.append(f"{path}: {fault}")
        return found


def _names(faults: list[str], label: str) -> bool:
    return any(fault.startswith(f"{label}:") for fault in faults)
