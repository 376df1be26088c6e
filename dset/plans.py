"""A plan: which rows are asked, in which order, and what became of the others."""

import itertools
from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from dset.contents import BOOKMARKS, Question
from dset.questions import Sheet


@dataclass(frozen=True, slots=True)
class Rules:
    """What decides whether a row is asked, beside what is known of it."""

    fingerprint: str
    named: tuple[str, ...] = ()  # the user's columns that the prompt names: part of what a row is known by
    earlier: tuple[
        tuple[str, ...], ...
    ] = ()  # those that earlier runs named: a changed prompt buys nothing again
    samples: int = 1
    limit: int | None = None
    retry_failed: bool = False
    is_planned: bool = False  # a row that was paid for in vain or refused is replaced, never asked again

    @property
    def ways(self) -> tuple[tuple[str, ...], ...]:
        """The sets of columns by which rows are known: now, in earlier runs, and () for the original tool's records."""
        return tuple(dict.fromkeys((self.named, *self.earlier, ())))


class _Entries:
    """Answers to ask for, 12 bytes each: a million of them must fit beside everything else."""

    def __init__(self) -> None:
        self.rows, self.numbers, self.samples = array("I"), array("I"), array("I")
        self._in_order = True

    def __len__(self) -> int:
        return len(self.rows)

    def add(self, row: int, number: int, sample: int) -> None:
        self._in_order = self._in_order and (not self.rows or self.rows[-1] <= row)
        self.rows.append(row)
        self.numbers.append(number)
        self.samples.append(sample)

    def every(self, step: int) -> Iterator[tuple[int, int, int]]:
        """Every so many of them."""
        return ((self.rows[at], self.numbers[at], self.samples[at]) for at in range(0, len(self), step))

    def __iter__(self) -> Iterator[tuple[int, int, int]]:
        order: Sequence[int] = range(len(self))
        if not self._in_order:  # equal rows are decided together, and asked in file order all the same
            order = sorted(order, key=self.rows.__getitem__)
        return ((self.rows[at], self.numbers[at], self.samples[at]) for at in order)


@dataclass(slots=True)
class Plan:
    """The outcome. Counts are rows; `todo` counts requests (a row may want several answers)."""

    sheet: Sheet
    rules: Rules
    rows: int = 0  # rows with something to ask
    empty: int = 0
    done: int = 0
    by_earlier_prompt: int = 0  # of done: answered under a prompt that named other columns
    blocked: int = 0
    beyond: int = 0  # requests beyond --limit
    gone: int = 0  # answers whose rows are no longer in q.csv
    held: Counter[str] = field(default_factory=Counter)  # left alone by kind: their failure was paid for
    marked: dict[str, list[int]] = field(
        default_factory=lambda: {word: [] for word in BOOKMARKS}
    )  # rows by bookmark
    suspects: list[tuple[int, str]] = field(
        default_factory=list
    )  # (row, status cell) that looks like a cut question
    cells: dict[int, str] = field(default_factory=dict)  # status cells to change: row -> word
    unanswered: set[int] = field(
        default_factory=set
    )  # contents that rejected.json knows and that want an answer
    first: _Entries = field(default_factory=_Entries)
    later: _Entries = field(default_factory=_Entries)

    @property
    def todo(self) -> int:
        """Requests to make in this run."""
        return len(self.first) + len(self.later) - self.beyond

    @property
    def bookmarked(self) -> int:
        """Of those, rows that failed before; they come first."""
        return min(len(self.first), self.todo)

    def is_open(self, key: int) -> bool:
        """A row with this content has no answer yet."""
        return key in self.unanswered

    def narrow(self, wanted: Callable[[Question], bool]) -> None:
        """Ask only what is wanted; `wanted` is called once for each, in the order of their asking."""
        self.first, self.later = self._only(self.first, wanted), self._only(self.later, wanted)
        if self.rules.limit is not None:
            self.beyond = max(0, len(self.first) + len(self.later) - self.rules.limit)

    def _only(self, entries: _Entries, wanted: Callable[[Question], bool]) -> _Entries:
        kept, (read, again) = _Entries(), itertools.tee(entries)
        for entry, question in zip(again, self.read(read), strict=True):
            if wanted(question):
                kept.add(*entry)
        return kept

    def questions(self) -> "Queue":
        """The questions to ask."""
        return Queue(self)

    def all_questions(self) -> Iterator[Question]:
        """The questions to ask, those beyond --limit too."""
        return self.read(itertools.chain(self.first, self.later))

    def sample(self, count: int) -> Iterator[Question]:
        """Some of the questions to ask, from all over the plan."""
        entries = self.later if len(self.later) else self.first
        step = max(1, len(entries) // count)
        return self.read(entries.every(step))

    def read(self, entries: Iterable[tuple[int, int, int]]) -> Iterator[Question]:
        """The questions of these entries, read from q.csv as they are wanted."""
        for row, number, sample in entries:
            yield self.sheet.question(self.sheet.record(row), self.rules.named, number, sample or None)


class Queue(Iterator[Question]):
    """The questions of a plan: bookmarked rows first, then in file order."""

    def __init__(self, plan: Plan) -> None:
        self._failed, self._unfailed = plan.read(plan.first), plan.read(plan.later)
        self._left = plan.todo

    def __next__(self) -> Question:
        question = self._take(self._failed, self._unfailed)
        if question is None:
            raise StopIteration
        return question

    def probes(self) -> Iterator[Question]:
        """The same questions, those that never failed first: they tell best whether the service answers."""
        while (question := self._take(self._unfailed, self._failed)) is not None:
            yield question

    def _take(self, *sources: Iterator[Question]) -> Question | None:
        if not self._left:
            return None
        for source in sources:
            if (question := next(source, None)) is not None:
                self._left -= 1
                return question
        return None
