"""Which field tells answers apart by class: a task's own label, else what looks like one in the first answers."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from dset import planned
from dset.answers import Record
from dset.browsing.following import Following
from dset.folders import Folder
from dset.reports import classes
from dset.reports.classes import Guessed
from dset.tasks import stock
from dset.tasks.queue import column_of

_LOOKED_AT = (
    1_000  # answers: where a guess was made of fewer, it is made again when there are ten times as many
)
_FEW = 20  # of fewer, with each that comes
_MOST = 16 << 20  # bytes of them
_COLUMN, _FIELD, _ANSWER = _ROLES = "column", "field", "answer"


@dataclass(frozen=True, slots=True)
class Labels:
    """How the label of a line is found. `role`: "task", "column", "field", "answer", or '' where there is none."""

    name: str = ""
    role: str = ""
    is_captions: bool = False

    def of(self, record: Record) -> str:
        """The label of a line; of several records all of theirs; '' for none."""
        about, response = record["metadata"], record["response"]
        columns = about.get("columns")
        cells = columns if isinstance(columns, dict) else {}
        said = response if isinstance(response, dict) else {}
        if self.role == "task":
            found = dict.fromkeys(_named(one.get(self.name)) for _, one in stock.records_in(record))
            return ", ".join(filter(None, found)) or _named(cells.get(column_of(self.name)))
        if self.role == _COLUMN:
            return _named(cells.get(self.name))
        if self.role == _FIELD:
            data = said.get("data")
            return _named(data.get(self.name)) if isinstance(data, dict) else ""
        return _named(said.get("answer")) if self.role == _ANSWER else ""


def _named(value: Any) -> str:
    try:
        return classes.value_of(value) or ""
    except ValueError:  # a number of thousands of digits
        return ""


@dataclass(frozen=True, slots=True)
class Guess:
    """The labels, and from how many bytes of output.json on they must be looked for again; 0: never."""

    labels: Labels
    again_at: int = 0


def guess(folder: Folder) -> Guess:
    """The label of the dataset as it stands now. Raises OSError."""
    kind = planned.kind_of(folder.path)
    if kind == "captions":
        return Guess(Labels(is_captions=True))
    if kind:
        name = _of_task(folder)
        return Guess(Labels(name, "task" if name else ""))
    looked_at = list(islice(_sample(folder), _LOOKED_AT))
    if not looked_at:
        return Guess(Labels(), 1)
    size = folder.journal.stat().st_size
    if len(looked_at) == _LOOKED_AT or size > _MOST:
        return Guess(_guessed(looked_at))
    return Guess(_guessed(looked_at), size * 10 if len(looked_at) >= _FEW else size + 1)


def _of_task(folder: Folder) -> str:
    try:
        label = json.loads(folder.plan.read_bytes())["task"]["label"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return ""
    return label if isinstance(label, str) else ""


def _sample(folder: Folder) -> Iterator[Record]:
    journal = Following(folder.journal)
    journal.has_changed()
    for batch in journal.batches():
        yield from (line.record for line in batch if line.record is not None)
        if journal.at > _MOST:
            return


def _guessed(records: list[Record]) -> Labels:
    """The first column that looks like a class, else the first field of the answers' objects, else the answers."""
    guessed = Guessed()
    for record in records:
        try:
            _add(guessed, record)
        except ValueError:  # a number of thousands of digits
            continue
    told = [one for one in guessed.told(len(records)) if len(one.counts) > 1]
    for role in _ROLES:
        found = next((one for one in told if one.role == role), None)
        if found is not None:
            return Labels(found.name, role)
    return Labels()


def _add(guessed: Guessed, record: Record) -> None:
    columns, response = record["metadata"].get("columns"), record["response"]
    guessed.add(_COLUMN, columns if isinstance(columns, dict) else {})
    if isinstance(response, dict):
        data = response.get("data")
        fields = data.items() if isinstance(data, dict) else ()
        guessed.add(_FIELD, {name: one for name, one in fields if not isinstance(one, dict | list)})
        guessed.add(_ANSWER, {_ANSWER: response.get("answer")})
