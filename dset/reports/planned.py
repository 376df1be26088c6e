"""What the plan of a task spreads evenly: its label and its parameters, ready to be counted."""

from dset.reports.classes import Known
from dset.reports.subject import Subject
from dset.tasks import definitions


def of(subject: Subject) -> tuple[Known | None, list[Known]]:
    """(label, parameters); a parameter without a value is left out, as the task's q.csv has no column for it."""
    task, stated = subject.task, subject.plan.get("set")
    if task is None:
        return None, []
    fixed = {str(name): str(value) for name, value in (stated if isinstance(stated, dict) else {}).items()}
    label = None
    if task.label:
        values = definitions.labels(task)
        label = _known(task.label, "label", values, fixed)
    parameters = []
    for name, one in task.parameters.items():
        values = one.values or ((one.default,) if one.default else ())
        if values or name in fixed:
            parameters.append(_known(name, "parameter", values, fixed))
    return label, parameters


def _known(name: str, role: str, values: tuple[str, ...], fixed: dict[str, str]) -> Known:
    values = (fixed[name],) if name in fixed else values
    return Known(name, role, values, is_fixed=len(values) == 1)
