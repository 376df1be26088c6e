"""An output folder at the start of a run: its torn ends mended, and all that is known from it read."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from dataclasses import replace as with_changes
from itertools import islice
from pathlib import Path

from dset import adoption, answers, ends, files, rejections, runs, state
from dset.answers import Record
from dset.contents import Question
from dset.folders import Folder
from dset.rejections import DONE_BEFORE, Known, Register, Rejection
from dset.tallies import Tally
from dset.wording import counted

_NOTED_AT_ONCE = 10_000  # rows above an old bookmark: a million of them need not be in memory


@dataclass(slots=True)
class Knowledge:
    """Who is answered, who failed and why, what earlier runs were told, and how the last one left it all."""

    tally: Tally
    register: Register
    past: runs.Past
    state: state.State

    def count_done_before(self) -> None:
        """Rows that only the original tool's bookmark says are answered count as answered."""
        for key, number, known in self.register:
            if known.kind == DONE_BEFORE:
                self.tally.add(key, number)

    def done_before(self, questions: Iterable[Question], fingerprint: str) -> Iterator[Rejection]:
        """Count these rows as answered by the original tool; what is to be noted of those that were not yet."""
        for question in questions:
            if self.tally.claim(question.key):
                continue
            number = self.tally.issue(question.key)
            noted = _done_before(question, number, fingerprint)
            self.register.add(question.key, number, known_of(noted))
            self.tally.add(question.key, number)
            self.tally.claim(question.key)
            yield noted
        self.tally.release()


def mend(folder: Folder, say: Callable[[str], None]) -> bool:
    """Make the ends of the files whole and take up what stands elsewhere, telling each in a line.

    Returns whether the journal is as the last run left it. Raises OSError, and JournalError where it is missing and
    output.csv cannot be read.
    """
    files.make_folder(folder.path)
    for litter in folder.litter:
        files.remove(litter)
    left = state.load(folder.state)
    # Looked at before mending: a mended journal is one that something touched.
    untouched = left.knows(state.mark(folder.journal), left.journal)
    for path in (folder.journal, folder.rejected):
        if cut := ends.recover(path):
            say(f"{path.name}: {cut:,} bytes of a torn last line were cut off and kept in {path.name}.torn")
    if not folder.journal.exists() and folder.csv.exists():
        adopted = adoption.from_csv(folder.csv, folder.journal, exact=left.csv_exact)
        say(f"output.json is missing: {adopted:,} answers were taken over from output.csv")
    if folder.rescue.exists():
        ends.recover(folder.rescue)
        saved, failed = rescued(folder)
        files.append(folder.journal, b"".join(map(answers.as_line, saved)))
        files.append(folder.rejected, b"".join(map(answers.as_line, failed)))
        files.remove(folder.rescue)
        say(f"took up {counted(len(saved), 'answer')} from {folder.rescue}")
        return False
    return untouched


def rescued(folder: Folder) -> tuple[list[Record], list[Record]]:
    """(answers, failures) that an earlier run had to write outside the folder, without answers that are home."""
    if not folder.rescue.exists():
        return [], []
    records = list(answers.read(folder.rescue, ends.sound_size(folder.rescue)))
    home = {record["metadata"].get("id") for record in _journal(folder)}
    saved = [one for one in records if "kind" not in one and one["metadata"].get("id") not in home]
    return saved, [one for one in records if "kind" in one]


def _journal(folder: Folder) -> Iterator[Record]:
    return answers.read(folder.journal, ends.sound_size(folder.journal))


def read(
    folder: Folder, questions: Path, tally: Callable[[Path, int], Tally], say: Callable[[str], None]
) -> Knowledge:
    """What the folder knows; changes nothing. `tally` counts the journal up to a byte. Raises JournalError, OSError."""
    left = state.load(folder.state)
    bookmarked = left.bookmarked if left.questions == state.name_of(questions, folder.path) else 0
    if bookmarked > (state.mark(folder.rejected) or (0, 0))[0]:
        bookmarked = 0  # another file than the one we left
    answered = tally(folder.journal, ends.sound_size(folder.journal))
    register = rejections.read(folder.rejected, bookmarked)
    if register.damaged:
        listed = ", ".join(map(str, register.damaged[:5]))
        say(f"rejected.json: cannot read line {listed}; passed over")
    known = Knowledge(answered, register, runs.read(folder.runs), left)
    known.count_done_before()
    return known


def note_done_before(folder: Folder, noted: Iterator[Rejection]) -> int:
    """Append what is to be noted of rows that the original tool answered, durably; how many. Raises OSError."""
    count = 0
    while lines := [answers.as_line(rejections.as_record(one)) for one in islice(noted, _NOTED_AT_ONCE)]:
        files.append(folder.rejected, b"".join(lines))
        count += len(lines)
    return count


def known_of(rejection: Rejection) -> Known:
    """What is known of its row from now on; its bookmark does not stand in q.csv yet."""
    row = rejection.question.row
    return Known(rejection.kind, rejection.reason, rejection.settings, row, pending=True)


def _done_before(question: Question, number: int, fingerprint: str) -> Rejection:
    reason = "the original tool's bookmark stands below this row"
    return Rejection(with_changes(question, number=number), DONE_BEFORE, reason, fingerprint)
