"""The figures of a dataset, from one pass over output.json and one over rejected.json."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Any, Protocol

from dset import answers, ends
from dset.answers import Record
from dset.errors import JournalError
from dset.rejections import DONE_BEFORE
from dset.reports import planned, twins
from dset.reports.classes import Guessed
from dset.reports.figures import Classes, Counts, Duplicates, Figures, Rejections
from dset.reports.lengths import Measure, texts_in
from dset.reports.likenesses import Placed
from dset.reports.payments import Payments
from dset.reports.reasons import Reasons
from dset.reports.subject import Subject
from dset.reports.tongues import Tongues
from dset.tasks.queue import SLOTS, column_of

_NAMED = 10  # damaged lines
_SOURCES = 1_000  # models and endpoints that are kept apart
_ANSWER = "answer"


class Onlooker(Protocol):
    """Looks at the same lines while they are counted, so that they are read once for both."""

    def answered(self, line: Record) -> None:
        """A line of output.json."""

    def rejected(self, line: Record) -> None:
        """A line of rejected.json that tells of an answer or a row that came to nothing."""


def count(
    subject: Subject, near: float, detect: Callable[[str], str] | None, onlooker: Onlooker | None = None
) -> Figures:
    """The figures; texts whose likeness is `near` are duplicates. `detect`: the code of a text's language, None: untold."""
    counting = Counting(subject, detect, onlooker)
    alike, why_not = twins.searched(subject, near)
    alike.take(counting.records())
    counting.rejected()
    classes = counting.classes()
    if any(one.role == _ANSWER for one in classes):
        found = twins.none_looked_for(near, "the answers are a few values")
    else:
        found = twins.told(subject, alike, near, why_not)
    return counting.figures(classes, found)


class Counting:
    """Counts while the records pass: `records` to its end, then `rejected`, then `classes` and `figures`."""

    def __init__(
        self, subject: Subject, detect: Callable[[str], str] | None, onlooker: Onlooker | None = None
    ) -> None:
        self._subject, task, self._onlooker = subject, subject.task, onlooker
        self._answers = self._members = self._damages = self._bad_rejections = 0
        self._damaged: list[str] = []
        self._label, self._parameters = planned.of(subject)
        self._guessed, self._measure, self._reasons = Guessed(), Measure(), Reasons()
        self._tongues = Tongues(detect, task.texts if task else (), subject.lines) if detect else None
        self._payments = Payments()
        self._models: Counter[str] = Counter()
        self._endpoints: Counter[str] = Counter()
        self._first = self._last = ""

    def records(self) -> Iterator[Placed]:
        """Count the journal; gives each record's text for comparing."""
        subject = self._subject
        for number, line in answers.scan(subject.folder.journal, subject.size):
            if isinstance(line, JournalError):
                self._damages += 1
                self._damaged += [str(line)] if len(self._damaged) < _NAMED else []
                continue
            self._answer(line)
            if self._onlooker is not None:
                self._onlooker.answered(line)
            row = whole(line["metadata"].get("row"))
            for part, member in enumerate(subject.members(line)):
                self._member(member, line["metadata"])
                yield Placed(number, part, row, subject.compared(member))

    def _answer(self, line: Record) -> None:
        """What is told once, however many records the answer holds."""
        about, response = line["metadata"], line["response"]
        self._answers += 1
        self._origin(about)
        if self._subject.task is not None:
            self._lost(response, whole(about.get("row")))
            return
        columns = about.get("columns")
        self._guessed.add("column", columns if isinstance(columns, dict) else {})
        asked, thoughts = about.get("question"), None
        if isinstance(response, dict):
            thoughts = response.get("reasoning")
        for name, text in (("question", asked), ("thoughts", thoughts)):
            if isinstance(text, str) and text:
                self._measure.add(name, text)

    def _origin(self, about: Record) -> None:
        self._payments.answered(about)
        for counter, name in ((self._models, "model"), (self._endpoints, "endpoint")):
            value = about.get(name)
            if isinstance(value, str) and value and (value in counter or len(counter) < _SOURCES):
                counter[value] += 1
        stamp = about.get("timestamp")
        if isinstance(stamp, str) and stamp:
            self._first = min(self._first or stamp, stamp)
            self._last = max(self._last, stamp)

    def _lost(self, response: Any, row: int) -> None:
        """Records of an answer that held several, which did not pass."""
        data = response.get("data") if isinstance(response, dict) else None
        lost = data.get("lost") if isinstance(data, dict) and SLOTS in data else None
        for one in lost if isinstance(lost, list) else ():
            if isinstance(one, dict):
                self._reasons.add("lost", str(one.get("reason", "")), row)

    def _member(self, member: Any, about: Record) -> None:
        self._members += 1
        if self._tongues is not None:
            self._tongues.add(member)
        columns = about.get("columns")
        cells = columns if isinstance(columns, dict) else {}
        for one in self._parameters:
            one.add(cells.get(column_of(one.name)))
        if not isinstance(member, dict):
            self._guessed.add(_ANSWER, {_ANSWER: member})
            self._measure.add(_ANSWER, member)
            return
        fields = {name: value for name, value in member.items() if not isinstance(value, dict | list)}
        if self._label is not None:
            self._label.add(fields.pop(self._label.name, None))
        self._guessed.add("field", fields)
        for path, text in texts_in(member):
            self._measure.add(path, text)

    def rejected(self) -> None:
        """Count rejected.json. What is no record in it is counted as damaged."""
        path = self._subject.folder.rejected
        for line in answers.lines_of(path, ends.sound_size(path)):
            try:
                self._rejected(answers.parse(line))
            except ValueError:
                self._bad_rejections += bool(line.strip())

    def _rejected(self, line: Record) -> None:
        about, kind = line["metadata"], str(line.get("kind", ""))
        if kind == DONE_BEFORE:
            return
        self._reasons.add(kind, str(line.get("reason", "")), whole(about.get("row")))
        if self._onlooker is not None:
            self._onlooker.rejected(line)
        if line.get("response") is not None or about.get("cost_usd") is not None:
            self._payments.rejected(about)

    def classes(self) -> tuple[Classes, ...]:
        """Label, parameters, and what looks like a class."""
        known = [one.told() for one in (self._label, *self._parameters) if one is not None]
        return (*known, *self._guessed.told(self._members))

    def figures(self, classes: Sequence[Classes], found: Duplicates) -> Figures:
        """All of it; `classes` as they were told, `found` as the duplicates are."""
        subject, task = self._subject, self._subject.task
        reasons, others = self._reasons.told()
        short = {one.name for one in classes if one.role in {"label", "field", _ANSWER}}
        return Figures(
            folder=subject.folder.path.as_posix(),
            task=task.name if task else "",
            lang=str(subject.plan.get("lang", "")),
            wanted=whole(subject.plan.get("count")),
            answers=self._answers,
            records=self._members,
            damaged=tuple(self._damaged),
            damages=self._damages,
            classes=tuple(classes),
            lengths=self._measure.told(short),
            languages=self._tongues.told() if self._tongues else None,
            duplicates=found,
            rejections=Rejections(self._reasons.kinds(), reasons, others, self._bad_rejections),
            spent=self._payments.told(sum(subject.maybe_usd())),
            models=_most(self._models),
            endpoints=_most(self._endpoints),
            first=self._first,
            last=self._last,
            is_invented=any(name.startswith("rehearsal/") for name in self._endpoints),
        )


def whole(value: Any) -> int:
    """A row or a count that can be one; else 0."""
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 1 << 40 else 0


def _most(counter: Counter[str]) -> Counts:
    return tuple(islice(counter.most_common(), 50))
