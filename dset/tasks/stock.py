"""What of a task's dataset stands already: the records by their slots, the requests they took, the texts they hold."""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from dset import answers, ends, texts
from dset.answers import Record
from dset.duplicates import Index, Likeness
from dset.failures import Kind
from dset.folders import Folder
from dset.rejections import INTERRUPTED, RETRIED
from dset.tasks.queue import SLOTS, slots_of
from dset.tasks.requests import MANY

_COST = {Kind.REFUSAL.value, Kind.ROW_FAULT.value}  # requests that brought no text
_SAME_ROW = {RETRIED, INTERRUPTED, Kind.OUTAGE.value, Kind.STOP.value}  # its row is asked again itself
_PICTURE = re.compile(r"images/([1-9][0-9]{0,8})\.[a-z]+")  # of a task on pictures: the number is its slot


@dataclass(slots=True)
class Stock:
    """Kept up to date by the gate while a run goes on."""

    index: Index
    unique: tuple[str, ...]  # the fields by which two records are compared; () for all texts
    count: int  # records that are wanted, the number of the last slot
    good: set[int] = field(default_factory=set)  # slots that hold a record
    takes: Counter[int] = field(default_factory=Counter)  # rows that were planned for a slot
    requests: int = 0  # that brought an answer of any kind

    def likeness(self, record: Mapping[str, Any]) -> Likeness | None:
        """The record that stands and is too much like this one."""
        return self.index.find(texts.text_of(record, self.unique))

    def take(self, slot: int, record: Mapping[str, Any]) -> None:
        """A record fills its slot, if there is such a one."""
        if 1 <= slot <= self.count:
            self.good.add(slot)
        self.know(f"record {slot}", record)

    def know(self, name: str, record: Mapping[str, Any]) -> None:
        """A text that no record may repeat."""
        self.index.add(name, texts.text_of(record, self.unique))


def records_in(record: Record) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """(slot, record) of each record in a line of a task's journal."""
    response = record["response"]
    data = response.get("data") if isinstance(response, dict) else None
    slots = _slots(record)
    if not isinstance(data, dict):
        return
    named, several = data.get(SLOTS), data.get(MANY)
    ours = data.keys() <= {MANY, SLOTS, "lost"}  # a record may have fields of these names, and others
    if (
        ours
        and isinstance(named, list)
        and isinstance(several, list)
        and all(slot in slots for slot in named)
    ):
        found = zip(named, several, strict=False)
        yield from ((slot, one) for slot, one in found if isinstance(slot, int) and isinstance(one, dict))
    elif len(slots) == 1:
        yield slots[0], data


def _slots(record: Record) -> tuple[int, ...]:
    picture = record["metadata"].get("image")
    if isinstance(picture, str) and (match := _PICTURE.fullmatch(picture)):
        return (int(match[1]),)
    columns = record["metadata"].get("columns")
    return slots_of(str(columns.get(SLOTS, ""))) if isinstance(columns, dict) else ()


def take_in(stock: Stock, folder: Folder, tell: Callable[[str], None]) -> None:
    """What the outputs in the folder hold. Raises JournalError."""
    twice = 0
    if folder.journal.exists():
        for line in answers.read(folder.journal):
            stock.requests += 1
            for slot, record in records_in(line):
                twice += slot in stock.good
                stock.take(slot, record)
    for line in _rejected(folder):
        kind = str(line.get("kind"))
        stock.requests += line["response"] is not None or kind in _COST
        stock.takes.update(_slots(line) if kind not in _SAME_ROW else ())
    if twice:
        tell(f"{twice:,} records stand for slots that were filled already: they count once")


def _rejected(folder: Folder) -> Iterator[Record]:
    if not folder.rejected.exists():
        return
    for line in answers.lines_of(folder.rejected, ends.sound_size(folder.rejected)):
        try:
            yield answers.parse(line)
        except ValueError:
            continue  # a damaged line is told when the folder is recovered
