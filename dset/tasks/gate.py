"""The gate of a task: an answer enters the outputs as records that are right, and like no other."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dset.contents import Question
from dset.gates import Verdict
from dset.replies import Reply
from dset.tasks import requests
from dset.tasks.checks import Checks
from dset.tasks.parsing import parse
from dset.tasks.queue import SLOTS, slots_of
from dset.tasks.requests import MANY
from dset.tasks.stock import Stock

TIMES = 2  # that a row is asked again with the faults of its answer
_TOLD = 12  # faults of several records that a model is told


@dataclass(slots=True)
class Allowance:
    """Requests that may still be paid for, and the rows that were not asked yet and have the first claim on them."""

    left: int
    rows: int

    def began(self, times: int) -> None:
        """A row was answered, for the first time or again."""
        self.left -= 1
        self.rows -= not times

    @property
    def has_more(self) -> bool:
        """One row may be asked again."""
        return self.left > self.rows


class TaskGate:
    """Lets records in, notes them in the stock, and says of each refused one what is wrong."""

    def __init__(
        self,
        checks: Checks,
        stock: Stock,
        spec: Callable[[int], Mapping[str, str]],
        allowance: Allowance,
        *,
        is_many: bool = False,
    ) -> None:
        """`spec`: what the record of a slot was to be. `is_many`: an answer holds a list of records."""
        self._checks, self._stock = checks, stock
        self._spec, self._allowance, self._is_many = spec, allowance, is_many

    def __call__(self, question: Question, reply: Reply, times: int) -> Verdict:
        """The verdict on one reply."""
        self._allowance.began(times)
        self._stock.requests += 1
        slots = slots_of(question.columns.get(SLOTS, ""))
        parsed = parse(reply.answer)
        if parsed.fault:
            return self._refused([parsed.fault], times)
        if self._is_many:
            return self._several(parsed.value, slots, times)
        faults = self._faults(parsed.value, slots[0])
        if faults:
            return self._refused(faults, times)
        self._stock.take(slots[0], parsed.value)
        return Verdict(data=parsed.value)

    def _several(self, value: Any, slots: Sequence[int], times: int) -> Verdict:
        """What is good is taken, so that it is not paid for again; the other slots are planned anew."""
        records = value.get(MANY) if isinstance(value, dict) else None
        if not isinstance(records, list):
            return self._refused([f'there must be one object {{"{MANY}": [...]}}'], times)
        taken, lost = self._let_in(records, slots)
        if not taken:
            told = [f"{MANY}[{slots.index(slot)}]: {fault}" for slot in lost for fault in lost[slot]]
            return self._refused(told[:_TOLD], times)
        filled = [slot for slot in slots if slot in taken]
        data: dict[str, Any] = {MANY: [taken[slot] for slot in filled], SLOTS: filled}
        if lost:
            data["lost"] = [{"slot": slot, "reason": "; ".join(faults)} for slot, faults in lost.items()]
        return Verdict(data=data)

    def _let_in(
        self, records: Sequence[Any], slots: Sequence[int]
    ) -> tuple[dict[int, Any], dict[int, list[str]]]:
        """(record by slot, faults by slot that got none). In another order than asked, or one too many, is no fault."""
        taken: dict[int, Any] = {}
        lost = {slot: ["it did not come"] for slot in slots}
        spare = list(records[len(slots) :])
        for slot, record in zip(slots, records, strict=False):
            lost[slot] = self._faults(record, slot)
            if lost[slot]:
                spare.append(record)
            else:
                self._stock.take(slot, record)
                taken[slot] = record
        for record in spare:
            slot = next((one for one in self._unlike(slots, taken) if not self._faults(record, one)), 0)
            if slot:
                self._stock.take(slot, record)
                taken[slot] = record
        return taken, {slot: faults for slot, faults in lost.items() if slot not in taken}

    def _unlike(self, slots: Sequence[int], taken: Mapping[int, Any]) -> list[int]:
        """Slots without a record, one for each label."""
        left = [slot for slot in slots if slot not in taken]
        return list({tuple(self._spec(slot).items()): slot for slot in reversed(left)}.values())

    def _faults(self, record: Any, slot: int) -> list[str]:
        faults = self._checks.faults(record, self._spec(slot))
        if not faults and (found := self._stock.likeness(record)):
            faults.append(requests.like(found))
        return faults

    def _refused(self, faults: Sequence[str], times: int) -> Verdict:
        again = times < TIMES and self._allowance.has_more
        return Verdict(tuple(faults), again=requests.refused(faults, is_many=self._is_many) if again else "")
