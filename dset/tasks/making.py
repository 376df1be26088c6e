"""A task's dataset: planned, asked for, and planned anew until enough good records stand."""

import itertools
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from dset import gates, planned
from dset.contents import Question
from dset.duplicates import Index
from dset.errors import QuestionsError
from dset.failures import Kind
from dset.folders import Folder
from dset.gates import Gate
from dset.progress import Progress
from dset.settings import Settings
from dset.tasks import against, planfile, queue, requests
from dset.tasks.checks import Checks
from dset.tasks.coming import narrow
from dset.tasks.factors import Factors
from dset.tasks.gate import Allowance, TaskGate
from dset.tasks.planfile import Order
from dset.tasks.queue import SLOTS, Row, slots_of
from dset.tasks.spread import Spec
from dset.tasks.stock import Stock, take_in
from dset.wording import counted
from dset.workspace import Workspace

# Rows that ended without an answer for the gate, and cost a request all the same.
_ASKED = (Kind.REFUSAL.value, Kind.ROW_FAULT.value, Kind.CUT_SHORT.value)


class Making:
    """One dataset. Each round: `begin` under the folder's lock, ask what the workspace plans, `ended`."""

    def __init__(self, order: Order, settings: Settings, tell: Callable[[str], None]) -> None:
        """Its folder is below the output folder of `settings`. Raises UsageError for a task that cannot be taken and for an order that does not fit it."""
        self.home = settings  # where its folder is one of several
        folder = settings.output / "tasks" / order.folder
        self.order, self._folder, self._tell = order, folder, tell
        self._checks = Checks(order.task, order.lang)
        self._factors = Factors(order)
        self.stock: Stock | None = None
        self.gate: Gate = gates.open_to_all  # until `begin`
        self._rows: dict[str, tuple[int, ...]] = {}
        self.rounds: list[Progress] = []
        self.seconds = 0.0  # that they took
        self.settings = replace(
            settings,
            questions=folder / "q.csv",
            output=folder,
            given=settings.given | {"output"},
            beside=tuple(folder.with_name(name) for name in order.together if name != order.folder),
            prompt="{question}",
            system="",
            appendix=requests.system(order.task, order.lang, order.per_request),
            samples=1,
            is_planned=True,
            encoding="",
            column="",
        )

    def begin(self, work: Workspace) -> Stock:
        """Lay out what is not there, take in what stands, plan what is missing. Raises DsetError, OSError."""
        self._lay_out()
        try:
            work.read()
        except QuestionsError as error:
            raise planned.unreadable(error) from None
        if self.stock is None:
            self.stock = self._taken_in(work)
        left = max(0, self.order.most - self.stock.requests)
        coming = narrow(work.plan, self.order, self.stock.good, left)
        if coming.idle and not self.rounds:
            self._tell(
                f"not asked: {counted(coming.idle, 'row')} of {self.settings.questions}, "
                "for records that stand, that another row is for, or that are none of this plan"
            )
        rows = list(itertools.islice(self._missing(self.stock, coming.slots), left - len(coming.slots)))
        if rows:
            queue.add(self.settings.questions, rows)
            work.replan()
            coming = narrow(work.plan, self.order, self.stock.good, left)
        if self.settings.rehearse:
            self._rows = {asked.text: self._slots(asked) for asked in work.plan.all_questions()}
        self.gate = TaskGate(
            self._checks,
            self.stock,
            self._factors.spec,
            Allowance(left, len(coming.slots)),
            is_many=self.order.per_request > 1,
        )
        return self.stock

    def _lay_out(self) -> None:
        """plan.json and q.csv, where this is the first time; else the order must be the plan's, or a larger one."""
        path = self._folder / planfile.NAME
        known = planfile.read(path)
        if known is not None:
            planfile.agree(path, known, self.order)
        elif Folder(self._folder).journal.exists():
            self._tell(
                f"{path} is gone, and made anew from this command: the records that stand are taken for its own"
            )
        if known != self.order.as_document():
            planfile.write(path, self.order)
        if not self.settings.questions.exists():
            queue.create(self.settings.questions, self._factors.names)

    def _taken_in(self, work: Workspace) -> Stock:
        order = self.order
        stock = Stock(Index(order.near), order.task.unique, order.count)
        for number, example in enumerate(requests.examples(order.task, order.lang), 1):
            stock.know(f"example {number} of the task", example)
        for path in order.against:
            for name, record in against.records(path, self._tell):
                stock.know(name, record)
        take_in(stock, work.outputs.folder, self._tell)
        planned = queue.takes(work.sheet)
        for slot, count in planned.items():
            stock.takes[slot] = max(stock.takes[slot], count)
        return stock

    def _missing(self, stock: Stock, coming: Sequence[tuple[int, ...]]) -> Iterator[Row]:
        """Rows for the slots that hold no record and are not about to be asked."""
        held = stock.good.union(*coming)
        open_ones = (slot for slot in range(1, self.order.count + 1) if slot not in held)
        while slots := tuple(itertools.islice(open_ones, self.order.per_request)):
            take = 1 + max(stock.takes[slot] for slot in slots)
            stock.takes.update(dict.fromkeys(slots, 1))
            yield self._row(slots, take)

    def _row(self, slots: tuple[int, ...], take: int) -> Row:
        order, specs = self.order, [self._factors.spec(slot) for slot in slots]
        example = requests.example_for(order.task, order.lang, specs[0], f"{order.seed}/{slots[0]}/{take}")
        text = requests.question(order.task, order.lang, slots, specs, take, example)
        cells = dict(specs[0])
        if order.task.label in cells:
            cells[order.task.label] = " | ".join(spec[order.task.label] for spec in specs)
        return Row(text, slots, cells)

    @staticmethod
    def _slots(asked: Question) -> tuple[int, ...]:
        return slots_of(asked.columns.get(SLOTS, ""))

    def asked(self, text: str) -> list[tuple[int, Spec]]:
        """The slots that a question of a rehearsal asks for, and what their records are to be."""
        return [(slot, self._factors.spec(slot)) for slot in self._rows.get(text, ())]

    def notes(self, work: Workspace) -> list[str]:
        """What a user should know before a round."""
        order, count = self.order, work.plan.todo
        name = f"{order.task.name} ({order.lang})"
        if self.rounds:
            return (
                [f"{name}: {self.stands:,} records stand; {counted(count, 'request')} for what is missing"]
                if count
                else []
            )
        wanted = f"{counted(order.count, 'record')} wanted, {self.stands:,} stand"
        limited = " (--limit)" if work.plan.beyond else ""
        return [
            f"{name}: {wanted}, {counted(count, 'request')} to make{limited}, in {self._folder.as_posix()}"
        ]

    def ended(self, progress: Progress) -> bool:
        """A round is over: note what it paid for beside what its gate saw. Whether another one would lead on."""
        assert self.stock is not None
        self.rounds.append(progress)
        self.seconds += progress.seconds
        self.stock.requests += sum(progress.kinds[kind] for kind in _ASKED)
        came = progress.answered or progress.paid_in_vain or progress.blocked
        return bool(came) and not self.is_done and not self.settings.limit

    def counts(self) -> dict[str, Counter[str]]:
        """How often each value of label and parameters stands, for those that vary."""
        specs = [self._factors.spec(slot) for slot in sorted(self.stock.good)] if self.stock else []
        counted = {name: Counter(spec[name] for spec in specs) for name in self._factors.names}
        return {name: values for name, values in counted.items() if len(values) > 1}

    @property
    def stands(self) -> int:
        """Good records."""
        return len(self.stock.good) if self.stock else 0

    @property
    def is_done(self) -> bool:
        """As many records stand as were ordered."""
        return self.stands >= self.order.count
