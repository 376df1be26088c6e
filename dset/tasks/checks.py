"""What a record must be: valid by its schema, right by the task's rules, in its label and its language."""

from collections.abc import Mapping
from typing import Any

from dset.tasks import free_texts, languages, paths, rules
from dset.tasks.definitions import Task
from dset.tasks.schemas import Schema


class Checks:
    """The checks of one task in one language. Knows no other record."""

    def __init__(self, task: Task, lang: str) -> None:
        """Raises UsageError where the task's schema or rules cannot be taken."""
        self._task, self._lang = task, lang
        self._schema = Schema(task.schema)
        self._stated = stated(task)
        self._rules = [
            rules.read(rule, f"{task.name}.rules[{at}]", task.schema) for at, rule in enumerate(task.rules)
        ]

    def faults(self, record: Any, wanted: Mapping[str, str]) -> list[str]:
        """Everything that is wrong with the record, a line each; `wanted`: the label and parameters it was to have.

        A parameter counts where the record has a field of its name that takes such words, as `difficulty`.
        """
        found = self._schema.faults(record)
        if not isinstance(record, dict):
            return found
        found += rules.faults(self._rules, record, self._lang)
        for name in self._stated:
            fault = rules.wrong_label(record, name, wanted.get(name, ""))
            if fault and not _names(found, name):
                found.append(fault)
        return found + ([] if found else self._foreign(record))

    def _foreign(self, record: dict[str, Any]) -> list[str]:
        """Texts in another language. Told only of a record that is right otherwise: its fields are what they should be."""
        found = []
        for path, text in free_texts.in_language(self._task, record):
            if fault := languages.fault(text, self._lang):
                found.append(f"{path}: {fault}")
        return found


def _names(faults: list[str], label: str) -> bool:
    return any(fault.startswith(f"{label}:") for fault in faults)


def stated(task: Task) -> tuple[str, ...]:
    """The fields of a record that say what it was asked to be: the label, and parameters that are fields of their own."""
    enums = {name: paths.enum(task.schema, name) for name in task.parameters}
    alike = [
        name
        for name, one in task.parameters.items()
        if one.values and set(one.values) <= set(map(str, enums[name]))
    ]
    return tuple(dict.fromkeys([*([task.label] if task.label else []), *alike]))
