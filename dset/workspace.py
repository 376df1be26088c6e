"""q.csv and its output folder, locked for one run: recovered, read, planned, bookmarked, closed."""

import contextlib
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

from dset import bearings, files, state, summary, swaps, worklist
from dset.contents import BOOKMARKS
from dset.errors import ChangedMeanwhileError, DsetError, QuestionsError, UsageError
from dset.live import Live
from dset.locks import Lock
from dset.outputs import Outputs
from dset.plans import Plan, Rules
from dset.prompts import Prompt
from dset.questions import Sheet
from dset.runlog import RunLog
from dset.settings import Settings
from dset.wording import counted

_LOOKED_AT = 60  # rows, of the plan
_TRIES = 5  # at writing the bookmarks while somebody keeps saving q.csv


class Workspace:
    """What a run works on, between its two locks. Use as a context manager; the methods in their order here."""

    def __init__(self, settings: Settings, tell: Callable[[str], None], pictures: Path) -> None:
        """`tell` takes lines for the user; paths in an `image` column start at the folder `pictures`."""
        self.settings, self._tell, self._pictures = settings, tell, pictures
        self.outputs = Outputs(settings.output, tell)
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> Self:
        try:
            self._lock()
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def _lock(self) -> None:
        settings, folder = self.settings, self.outputs.folder
        if folder.path.exists() and not folder.path.is_dir():
            raise UsageError(f"--output: {folder.path} is a file; name a folder")
        real = Path(os.path.realpath(settings.questions))  # a link and its target are one q.csv
        if not real.parent.exists() and real.parent != Path(os.path.realpath(folder.path)):
            raise QuestionsError(f"{settings.questions}: no such file, nor its folder")
        files.make_folder(folder.path)
        beside = real.parent / f".{real.name}.lock"
        for lock in (Lock(folder.lock, f"the folder {folder.path}"), Lock(beside, str(settings.questions))):
            lock.acquire()
            self._stack.callback(lock.release)
            if lock.warning:
                self._tell(lock.warning)

    def read(self) -> None:
        """Read q.csv, recover the folder and decide what is to do. Asks nothing; raises DsetError, OSError."""
        settings = self.settings
        self.log = RunLog(self.outputs.folder.log, settings.secrets.scrub)
        self._stack.callback(self.log.close)
        self.live = Live(self.outputs.folder.progress)
        self._stack.callback(self.live.close)
        self._clear_up()
        self.sheet = self._stack.enter_context(self._sheet())
        self.prompt = Prompt(
            settings.prompt, settings.system, self.sheet.columns, self._pictures, settings.appendix
        )
        self.outputs.recover(settings.questions)
        if self.outputs.folder.is_new and settings.is_default_output:
            above = worklist.rows_above_bookmark(self.sheet, self.prompt.named)
            self.outputs.note_done_before(above, settings.fingerprint)
        self._rules = Rules(
            fingerprint=settings.fingerprint,
            named=self.prompt.named,
            earlier=self.outputs.past.named,
            samples=settings.samples,
            limit=settings.limit,
            retry_failed=settings.retry_failed,
            is_planned=settings.is_planned,
        )
        self.plan = self._planned(self.sheet, self._rules)

    def replan(self) -> None:
        """Read q.csv anew, after rows were added to it under our locks, and decide again."""
        self.sheet = self._stack.enter_context(self._sheet())
        self.plan = self._planned(self.sheet, self._rules)

    def _clear_up(self) -> None:
        """What a run that was killed left beside q.csv; nothing depends on it."""
        path = self.settings.questions
        try:
            if saved := swaps.finish(path):
                self._tell(f"a run was killed just as {path} was saved: what was saved is in {saved.name}")
        except OSError as error:
            self._tell(f"what a killed run left beside {path} cannot be cleared away ({error.strerror})")

    def _sheet(self) -> Sheet:
        return Sheet(self.settings.questions, encoding=self.settings.encoding, column=self.settings.column)

    def notes(self) -> list[str]:
        """What a user should know before anything is asked; the last line counts what is to do."""
        lines = []
        if self.plan.rows and not self.sheet.columns.has_header:
            lines.append(
                f"{self.sheet.path} has no heading: row 1 is a question (if it is a heading, say --column)"
            )
        changed = self.outputs.past.differs(self.settings.request)
        lines += summary.notes(self.plan, self.outputs, changed, self.prompt)
        return [*lines, summary.opening(self.plan)]

    def picture_sizes(self) -> Iterator[int]:
        """Bytes of the pictures of some rows to ask, from all over the plan."""
        return map(self.prompt.picture_size, self.plan.sample(_LOOKED_AT))

    def open(self) -> None:
        """Open the journal, durably, before the first request is paid for, and bring the views level."""
        own = [name for _, name in self.sheet.columns.own]
        self.outputs.open(own, self.settings.views, csv_exact=self.settings.csv_exact)

    def bookmark(self) -> Plan:
        """Write ERROR and BLOCKED into q.csv as it stands now, last of all: nothing depends on it.

        A q.csv that cannot be written is told, and rejected.json stands in for it. Then what stands level is noted.
        Returns what the same command would find to do now.
        """
        self._after = self.plan
        try:
            self.outputs.reread()
            self._write_bookmarks()
        except (DsetError, OSError) as error:
            self._after.marked = {word: [] for word in BOOKMARKS}
            what = (
                str(error) if isinstance(error, DsetError) else f"{self.settings.questions}: {error.strerror}"
            )
            self._tell(
                f"the bookmarks could not be written ({what}); rejected.json keeps them for the next run"
            )
            self.outputs.close(None)
        else:
            self.outputs.close(self.settings.questions)
            self.live.left(bearings.of_plan(self._after) | {"questions": self._mark()})
        return self._after

    def _mark(self) -> list[Any] | None:
        """q.csv as the output folder sees it, its size and its time: whoever watches sees that it was saved since."""
        now = state.mark(self.settings.questions)
        return now and [state.name_of(self.settings.questions, self.outputs.folder.path), *now]

    def _write_bookmarks(self) -> None:
        for attempt in range(_TRIES):
            with contextlib.ExitStack() as stack:
                # Unless it was saved meanwhile, what was read stands: a million rows are not read twice.
                now = (
                    self.sheet
                    if self.sheet.is_current and not attempt
                    else stack.enter_context(self._sheet())
                )
                self._after = self._planned(now, replace(self._rules, limit=None))
                try:
                    if self._after.cells:
                        now.write_statuses(self._after.cells)
                    break
                except ChangedMeanwhileError as error:
                    self._tell(str(error))
                    if attempt == _TRIES - 1:
                        raise
        if (added := self._after.rows - self.plan.rows) > 0:
            self._tell(f"{counted(added, 'row')} came into q.csv meanwhile: the next run asks what is new")

    def _planned(self, sheet: Sheet, rules: Rules) -> Plan:
        self.outputs.tally.release()
        return worklist.plan(sheet, self.outputs.tally, self.outputs.register, rules)
