"""A few answers of many, spread over labels and over time, picked while they pass."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from dset.answers import Record
from dset.charts import amounts
from dset.charts.quantiles import LONGEST
from dset.costs import DEAREST
from dset.reports.classes import value_of
from dset.reports.subject import Subject

SHOWN = 30
_LABELS = 40  # that are kept apart
_TEXT = 4_000  # characters of a text
_FIELDS = 40  # of a record


@dataclass(frozen=True, slots=True)
class Sampled:
    """One answer. Texts are strangers', cut at 4,000 characters; `length` is that of the whole answer."""

    row: int  # 0 where it is not known
    at: str
    label: str  # '' where the dataset has none
    question: str
    answer: str
    length: int
    thoughts: str
    fields: tuple[tuple[str, str], ...]  # of the record, where the answer is one
    model: str
    endpoint: str
    usd: float | None
    seconds: float | None


class Samples:
    """Keeps so many of each label; where more come, every second one that is kept goes, and from then on fewer are taken."""

    def __init__(self, subject: Subject) -> None:
        self._subject = subject
        self._label = subject.task.label if subject.task else ""
        self._kept: dict[str, _Thinned] = {}

    def add(self, line: Record) -> None:
        """An answer, the next in time."""
        members = self._subject.members(line)
        member = members[0] if members else None
        label = value_of(member.get(self._label)) if self._label and isinstance(member, dict) else None
        name = (label or "")[:200]
        if name not in self._kept and len(self._kept) >= _LABELS:
            return
        thinned = self._kept.setdefault(name, _Thinned())
        if thinned.takes():
            thinned.keep(_sampled(line, member, name, self._label))

    def picked(self, most: int = SHOWN) -> list[Sampled]:
        """At most so many, of each label about as many, in the order in which they came."""
        kept = {name: one.spread(max(1, -(-most // len(self._kept)))) for name, one in self._kept.items()}
        places = sorted((at, place) for at, one in enumerate(kept.values()) for place in range(len(one)))
        by_turn = sorted(places, key=lambda found: found[1])[:most]
        lists = list(kept.values())
        return [lists[label][place] for label, place in sorted(by_turn)]


class _Thinned:
    """Of what comes `SHOWN` to twice as many, evenly spread; fewer only where fewer come."""

    def __init__(self) -> None:
        self._kept: list[Sampled] = []
        self._seen, self._step = 0, 1

    def takes(self) -> bool:
        """The next one is to be kept."""
        self._seen += 1
        return (self._seen - 1) % self._step == 0

    def keep(self, one: Sampled) -> None:
        if len(self._kept) >= 2 * SHOWN:
            del self._kept[1::2]
            self._step *= 2
            if (self._seen - 1) % self._step:
                return
        self._kept.append(one)

    def spread(self, most: int) -> list[Sampled]:
        """So many of them, from the first to the last."""
        if len(self._kept) <= most:
            return self._kept
        return [self._kept[at * len(self._kept) // most] for at in range(most)]


def _sampled(line: Record, member: Any, label: str, of_label: str) -> Sampled:
    about, response = line["metadata"], line["response"]
    told = response if isinstance(response, dict) else {"answer": response}
    answer = _text(told.get("answer"))
    row = about.get("row")
    return Sampled(
        row=row if isinstance(row, int) and 0 < row < 1 << 40 else 0,
        at=_text(about.get("timestamp"))[:40],
        label=label,
        question=_text(about.get("question"))[:_TEXT],
        answer=answer[:_TEXT],
        length=len(answer),
        thoughts=_text(told.get("reasoning"))[:_TEXT],
        fields=tuple(_fields(member, of_label)) if isinstance(member, dict) else (),
        model=_text(about.get("model"))[:200],
        endpoint=_text(about.get("endpoint"))[:200],
        usd=amounts.amount(about, "cost_usd", DEAREST),
        seconds=amounts.amount(about, "seconds", LONGEST),
    )


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _fields(record: Record, without: str) -> Iterator[tuple[str, str]]:
    """The fields of a record as texts, its label left out; what is inside of lists and objects stands as it is written in JSON."""
    for name, value in list(record.items())[:_FIELDS]:
        if name != without:
            yield str(name)[:200], (value if isinstance(value, str) else _json(value))[:_TEXT]


def _json(value: Any) -> str:
    try:
        return json.dumps(value, ensure_ascii=False)
    except (ValueError, RecursionError):
        return "..."
