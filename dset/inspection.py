"""What a folder holds, looked at without touching it: the journal line by line, the views against it."""

from dataclasses import dataclass, field
from pathlib import Path

from dset import adoption, answers, ends, leveling, state, tallies, views
from dset.costs import Bill, Tokens
from dset.errors import JournalError
from dset.folders import Folder
from dset.settings import Settings
from dset.tallies import Tally
from dset.wording import counted

_SHOWN = 10  # damaged lines at most


@dataclass(slots=True)
class Report:
    """What was found. `exit_status`: 0 all level and done, 1 a run has something to do, 2 a person must look."""

    lines: list[str] = field(default_factory=list)
    exit_status: int = 0
    is_damaged: bool = False  # the journal: what follows from it is not told
    error: str = ""  # the one line on what must be mended first

    def add(self, line: str, status: int = 0) -> None:
        """One more line, and what it means for the exit status."""
        self.lines.append(line)
        self.exit_status = max(self.exit_status, status)


def counted_journal(folder: Folder, report: Report, journal: Path, sound: int) -> Tally:
    """Count the journal up to byte `sound`, and say what is wrong with it."""
    if not journal.exists():
        return _to_adopt(folder, report)
    tally, ids, tokens, bill, raw = Tally(), Tally(), Tokens(), Bill(), 0
    damaged: list[JournalError] = []
    for _, record in answers.scan(journal, sound):
        if isinstance(record, JournalError):
            damaged.append(record)
            continue
        metadata = record["metadata"]
        tally.add_record(metadata)
        tokens.count(metadata)
        bill.count(metadata)
        if metadata.get("id"):
            ids.add(*tallies.identify(metadata))
        named = metadata.get("raw")
        raw += isinstance(named, str) and not (folder.path / named).exists()
    report.add(f"{journal}: {counted(tally.total, 'answer')}; tokens: {tokens}; cost: {bill}")
    if cut := torn(journal):
        report.add(f"{journal}: {cut:,} bytes of a torn last line; the next run cuts them off", 1)
    if twice := ids.twice:
        report.add(
            f"{journal}: {counted(twice, 'answer')} under an id that another line has; delete one of each", 2
        )
    if raw:
        report.add(
            f"{journal}: {counted(raw, 'file')} that it names in {folder.raw} missing; the texts are here"
        )
    for damage in damaged[:_SHOWN]:
        report.add(str(damage), 2)
    if len(damaged) > _SHOWN:
        report.add(f"{journal}: {len(damaged) - _SHOWN:,} more lines are damaged", 2)
    report.is_damaged = bool(damaged)
    return tally


def torn(path: Path) -> int:
    """The bytes at its end that the next run cuts off."""
    return path.stat().st_size - ends.sound_size(path) if path.exists() else 0


def _to_adopt(folder: Folder, report: Report) -> Tally:
    tally = Tally()
    if not folder.csv.exists():
        report.add(f"{folder.journal}: no answers yet", 1)
        return tally
    for record in adoption.read(folder.csv, exact=state.load(folder.state).csv_exact):
        tally.add_record(record["metadata"])
    report.add(f"{folder.journal}: missing; the next run takes {tally.total:,} answers from output.csv", 1)
    return tally


def compare_views(folder: Folder, settings: Settings, columns: list[str], report: Report) -> None:
    """How the views stand; `columns` are the user's."""
    if not folder.journal.exists() or report.is_damaged:
        return
    left = state.load(folder.state)
    wanted = views.make(folder.path, settings.views, columns, exact=settings.csv_exact)
    records = answers.read(folder.journal, ends.sound_size(folder.journal))
    for view, found in zip(wanted, leveling.compare(wanted, records), strict=True):
        if not view.path.exists():
            report.add(f"{view.path}: missing; the next run writes it", 1)
        elif not found.fits and left.knows(state.mark(view.path), left.views.get(view.name)):
            report.add(f"{view.path}: has other columns or guards; the next run makes it anew", 1)
        elif not found.fits:
            report.add(
                f"{view.path}: was edited, from byte {found.sound + 1:,} on; the next run sets it aside and makes it anew",
                1,
            )
        elif found.sound < found.wanted:
            report.add(f"{view.path}: behind the journal; the next run completes it", 1)
        else:
            report.add(f"{view.path}: level with the journal")
