"""The output folder: recovered, brought level, added to by the commit rule, and left in a known state."""

import errno
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path

from dset import answers, files, leveling, raw_bodies, recovery, rejections, runs, state, views
from dset.answers import Answer, Record
from dset.contents import Question
from dset.errors import JournalError
from dset.folders import Folder
from dset.recovery import Knowledge
from dset.rejections import RETRIED, Register, Rejection
from dset.replies import Reply
from dset.tallies import Tally
from dset.views import View


class Outputs:
    """The files of one output folder, under its lock. Not safe for two threads at once.

    The order is the promise: an answer is in output.json and on disk before anything says it is saved; views follow
    it, bookmarks in q.csv come last. A crash between any two of these costs only what a start can make again.
    """

    def __init__(self, folder: Path, say: Callable[[str], None]) -> None:
        self.folder = Folder(folder)
        self.say = say  # told one line whenever something was mended
        self._known = Knowledge(Tally(), Register(), runs.Past({}, ()), state.State())
        self._journal: files.AppendFile | None = None
        self._rejected: files.AppendFile | None = None
        self._views: list[tuple[View, files.AppendFile]] = []
        self._wanted_views: list[View] = []
        self.behind: list[str] = []  # views that could not be written; the journal has it all

    def recover(self, questions: Path) -> None:
        """Mend torn ends and read what is known. Raises JournalError for damage in the middle, OSError."""
        untouched = recovery.mend(self.folder, self.say)
        count = partial(answers.tally, trusted=untouched)
        self._known = recovery.read(self.folder, questions, count, self.say)

    @property
    def tally(self) -> Tally:
        """Who is answered."""
        return self._known.tally

    @property
    def register(self) -> Register:
        """Who failed, and why."""
        return self._known.register

    @property
    def past(self) -> runs.Past:
        """What earlier runs were told."""
        return self._known.past

    def reread(self) -> None:
        """Count the answers anew where somebody changed the journal while the run went on."""
        if self._journal is not None and self._journal.touched:
            self._known.tally = answers.tally(self.folder.journal, trusted=False)
            self._known.count_done_before()
            self.say("output.json was changed by another program meanwhile; what stands in it counts")

    def files(self) -> list[Path]:
        """The files that hold this dataset: the journal, the views that are wanted, rejected.json if it has lines."""
        views_wanted = [view.path for view in self._wanted_views]
        rejected = [self.folder.rejected] if (state.mark(self.folder.rejected) or (0, 0))[0] else []
        return [self.folder.journal, *views_wanted, *rejected]

    @property
    def is_broken(self) -> bool:
        """A write failed in a way that forbids to try again on the same file."""
        return any(file is not None and file.broken for file in (self._journal, self._rejected))

    def note_done_before(self, questions: Iterable[Question], fingerprint: str) -> int:
        """Note in rejected.json that the original tool answered these rows; returns how many were not yet noted."""
        return recovery.note_done_before(self.folder, self._known.done_before(questions, fingerprint))

    def open(self, columns: Sequence[str], names: Sequence[str], *, csv_exact: bool) -> None:
        """Open the journal, durably, before the first request is paid for, and bring the views level."""
        self._journal = files.AppendFile(self.folder.journal)
        self._rejected = files.AppendFile(self.folder.rejected)
        self._level(columns, names, csv_exact=csv_exact)

    def _level(self, columns: Sequence[str], names: Sequence[str], *, csv_exact: bool) -> None:
        left = self._known.state
        journal_known = left.knows(state.mark(self.folder.journal), left.journal)
        # Those of the last run even where no answer has them: its view shows them.
        own = list(dict.fromkeys([*left.columns, *self.tally.columns, *columns]))
        settings_stay = own == left.columns and csv_exact == left.csv_exact
        self._known.state.columns, self._known.state.csv_exact = own, csv_exact
        self._wanted_views = views.make(self.folder.path, names, own, exact=csv_exact)
        ours = [
            view.name
            for view in self._wanted_views
            if left.knows(state.mark(view.path), left.views.get(view.name))
        ]
        known = [name for name in ours if journal_known and (name != "csv" or settings_stay)]
        open_ones = [view for view in self._wanted_views if view.name not in known]
        outcomes = leveling.level(open_ones, self.records, ours) if open_ones else {}
        for view in self._wanted_views:
            outcome = outcomes.get(view.name, "")
            try:
                if isinstance(outcome, OSError):
                    raise outcome
                self._report(view, outcome)
                self._views.append((view, files.AppendFile(view.path)))
            except OSError as error:
                self._fell_behind(view, error)

    def _report(self, view: View, done: str) -> None:
        if done.startswith("set aside"):
            self.say(f"{view.path.name} was edited; it was {done} and made anew from output.json")
        elif done in {"completed", "rebuilt"}:
            self.say(f"{view.path.name} was {done} from output.json")

    def _fell_behind(self, view: View, error: OSError) -> None:
        self.behind.append(view.path.name)
        self.say(
            f"{view.path.name} cannot be written ({error.strerror}); close it in other programs. "
            "output.json goes on, the next run catches up"
        )

    def records(self) -> Iterator[Record]:
        """Every answer in the journal."""
        return answers.read(self.folder.journal)

    def commit(self, batch: Sequence[Answer]) -> None:
        """Make these answers durable with one write and one fsync, then add them to the views.

        Raises OSError if the journal could not be written: then none of them is saved.
        """
        if not batch or self._journal is None:
            return
        records = [self._with_raw(answers.as_record(answer), answer.reply) for answer in batch]
        lines = [answers.as_line(record) for record in records]
        self._journal.append(b"".join(lines))
        for answer in batch:
            self.tally.add(answer.question.key, answer.question.number)
        for view, file in list(self._views):
            try:
                if not file.is_as_left():
                    raise OSError(errno.EBUSY, "another program changed it", str(view.path))
                file.append(
                    b"".join(_as_read_back(view, *pair) for pair in zip(records, lines, strict=True)),
                    durable=False,
                )
            except OSError as error:
                file.close()
                self._views.remove((view, file))
                self._fell_behind(view, error)

    def _with_raw(self, record: Record, reply: Reply | None) -> Record:
        """The record, naming the file of its body where that was no UTF-8: on disk before the line that names it."""
        if reply is not None and reply.raw is not None:
            metadata = record["metadata"]
            try:
                metadata["raw"] = raw_bodies.keep(self.folder.raw, metadata["id"], reply.raw)
            except OSError as error:  # the text matters more
                self.say(
                    f"{self.folder.raw.name}/ cannot be written ({error.strerror}); the text itself is kept"
                )
        return record

    def reject(self, batch: Sequence[Rejection]) -> None:
        """Note rows that ended without an answer, and tries that were repeated, durably. Raises OSError."""
        if not batch or self._rejected is None:
            return
        records = [self._with_raw(rejections.as_record(one), one.reply) for one in batch]
        lines = map(answers.as_line, records)
        self._rejected.append(b"".join(lines))
        for one in batch:
            if one.kind != RETRIED:
                self.register.add(one.question.key, one.question.number, recovery.known_of(one))

    def close(self, questions: Path | None) -> None:
        """Catch up views that fell behind, and note what stands level. `questions`: the q.csv that holds all bookmarks."""
        level = {view.name for view, file in self._views if _is_durable(file)}
        for file in (self._journal, self._rejected, *(file for _, file in self._views)):
            if file is not None:
                file.close()
        for view in self._wanted_views:
            if view.path.name in self.behind and self._caught_up(view):
                level.add(view.name)
        if self._journal is not None and self._journal.touched:
            level &= {view.name for view in self._wanted_views if self._follows(view)}
        if not self._journal:
            return
        self._known.state.journal = _as_list(state.mark(self.folder.journal))
        self._known.state.views = {
            view.name: marked
            for view in self._wanted_views
            if view.name in level and (marked := _as_list(state.mark(view.path)))
        }
        if questions is not None:
            self._known.state.questions = state.name_of(questions, self.folder.path)
            self._known.state.bookmarked = (state.mark(self.folder.rejected) or (0, 0))[0]
        try:
            state.save(self.folder.state, self._known.state)
        except OSError:
            pass  # the next start compares everything, as after a crash

    def _follows(self, view: View) -> bool:
        """The view is what the journal, changed by somebody, renders to now."""
        try:
            return not isinstance(leveling.level([view], self.records, [view.name])[view.name], OSError)
        except (OSError, JournalError):
            return False

    def _caught_up(self, view: View) -> bool:
        try:
            if isinstance(leveling.level([view], self.records, [])[view.name], OSError):
                return False
        except (OSError, JournalError):  # the journal too: its end may be torn where it refused a write
            return False
        self.behind.remove(view.path.name)
        self.say(f"{view.path.name} caught up")
        return True


def _is_durable(file: files.AppendFile) -> bool:
    """The view is as we wrote it, and on disk: its size and time may be trusted, even after a power cut."""
    try:
        as_left = file.is_as_left()
        file.append(b"")
    except OSError:
        return False
    return as_left


def _as_list(marked: state.Mark | None) -> list[int] | None:
    return None if marked is None else list(marked)


def _as_read_back(view: View, record: Record, line: bytes) -> bytes:
    # Two lone surrogates side by side are one character when the line is read again: render what will be read.
    return view.render(answers.parse(line) if b"\\u" in line else record)
