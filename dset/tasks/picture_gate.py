"""The gate of a task on pictures: a record that is right enters the outputs, with the path of its picture."""

from collections.abc import Mapping, Sequence
from typing import Any

from dset import texts
from dset.contents import Question
from dset.duplicates import Index
from dset.gates import Verdict
from dset.replies import Reply
from dset.tasks import picture_fields, requests
from dset.tasks.checks import Checks
from dset.tasks.gate import TIMES
from dset.tasks.parsing import parse
from dset.tasks.picture_orders import PictureOrder


class PictureGate:
    """Two pictures may have the same record, unless the order says how much alike two may not be."""

    def __init__(self, order: PictureOrder, standing: Mapping[str, Mapping[str, Any]]) -> None:
        """`standing`: the records that there are, by picture. Raises UsageError for a task that cannot be taken."""
        self._order = order
        self._checks = Checks(order.asked, order.lang)
        self._index = None if order.near is None else Index(order.near)
        for picture, record in standing.items():
            self._know(picture, picture_fields.stripped(record))

    def __call__(self, question: Question, reply: Reply, times: int) -> Verdict:
        """The verdict on one reply."""
        parsed = parse(reply.answer)
        if parsed.fault:
            return _refused([parsed.fault], times)
        record = picture_fields.stripped(parsed.value) if isinstance(parsed.value, dict) else parsed.value
        faults = self._checks.faults(record, {}) or self._alike(record)
        if faults:
            return _refused(faults, times)
        self._know(question.image, record)
        return Verdict(data=picture_fields.filled(self._order.task, record, question.image))

    def _alike(self, record: Mapping[str, Any]) -> list[str]:
        found = self._index.find(self._text(record)) if self._index is not None else None
        return [requests.like(found)] if found else []

    def _know(self, picture: str, record: Mapping[str, Any]) -> None:
        if self._index is not None:
            self._index.add(picture, self._text(record))

    def _text(self, record: Mapping[str, Any]) -> str:
        return texts.text_of(record, self._order.asked.unique)


def _refused(faults: Sequence[str], times: int) -> Verdict:
    return Verdict(tuple(faults), again=requests.refused(faults, is_many=False) if times < TIMES else "")
