"""What varies from record to record of an order: the label and the parameters, as they were given and as they fall."""

from collections.abc import Mapping

from dset.errors import UsageError
from dset.tasks import paths
from dset.tasks.checks import stated
from dset.tasks.definitions import labels
from dset.tasks.planfile import Order
from dset.tasks.spread import Spec, Spread


class Factors:
    """The values of label and parameters, spread over the records."""

    def __init__(self, order: Order) -> None:
        """Raises UsageError for a value that is fixed and cannot be, and for one that is missing."""
        task, fixed = order.task, _fixed(order)
        label: dict[str, tuple[str, ...]] = {}
        if task.label:
            label[task.label] = _label_values(order, fixed)
        parameters = {
            name: (fixed[name],) if name in fixed else one.values or ((one.default,) if one.default else ())
            for name, one in task.parameters.items()
        }
        if missing := [
            name for name, one in task.parameters.items() if one.required and not parameters[name]
        ]:
            raise UsageError(f"the task {task.name} needs a value: --set {missing[0]}=…")
        self.names = [name for name, values in {**label, **parameters}.items() if values]
        self._label = label
        self._per_request = order.per_request
        # The records of one request share their parameters, and have each its label.
        together = order.per_request == 1
        self._each = Spread({**label, **parameters} if together else label, order.seed)
        self._shared = Spread({} if together else parameters, order.seed)

    def spec(self, slot: int) -> Spec:
        """What the record of that slot, counted from 1, is to be."""
        return self._each[slot - 1] | self._shared[(slot - 1) // self._per_request]


def _fixed(order: Order) -> Mapping[str, str]:
    fixed = dict(order.fixed)
    known = [*([order.task.label] if order.task.label else []), *order.task.parameters]
    if unknown := [name for name in fixed if name not in known]:
        have = f"it has {', '.join(known)}" if known else "it has none"
        raise UsageError(f"--set {unknown[0]}: the task {order.task.name} has no such parameter; {have}")
    for name in stated(order.task):
        allowed = list(map(str, paths.enum(order.task.schema, name)))
        if name in fixed and allowed and fixed[name] not in allowed:
            raise UsageError(f"--set {name}={fixed[name]}: it is one of {', '.join(allowed)}")
    return fixed


def _label_values(order: Order, fixed: Mapping[str, str]) -> tuple[str, ...]:
    wanted = fixed.get(order.task.label)
    return labels(order.task) if wanted is None else (wanted,)
