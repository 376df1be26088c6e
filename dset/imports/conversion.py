"""The verb `import`: a table in any of the known files becomes a q.csv."""

import contextlib
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from dset import files
from dset.errors import DsetError, UsageError
from dset.imports import kinds, naming
from dset.imports.tables import Asked, Cells, Table
from dset.imports.writing import Scribe
from dset.locks import Lock
from dset.questions import Sheet
from dset.rows import EMPTY
from dset.wording import counted


def convert(options: Mapping[str, Any], tell: Callable[[str], None]) -> str:
    """Make the q.csv that `options` ask for; the line that says what came of it. Raises DsetError, OSError."""
    if not options["words"]:
        raise UsageError("import what? A file, as in: import data.xlsx")
    source = Path(options["words"]).expanduser()
    target: Path = options["questions"] or Path("q.csv")
    if not source.is_file():
        raise UsageError(f"{source}: {'this is a folder' if source.is_dir() else 'no such file'}")
    real = Path(os.path.realpath(target))
    if not real.parent.is_dir():
        raise UsageError(f"--questions: {target.parent} is no folder")
    with _locked(real, target, tell):
        _check_is_free(target)
        asked = Asked(source, options["sheet"], options["column"], options["encoding"])
        table = kinds.reader_of(asked)(asked)
        return _write(table, asked.column, target, tell)


@contextlib.contextmanager
def _locked(real: Path, target: Path, tell: Callable[[str], None]) -> Iterator[None]:
    lock = Lock(real.parent / f".{real.name}.lock", str(target))  # the one that a run takes
    lock.acquire()
    try:
        if lock.warning:
            tell(lock.warning)
        yield
    finally:
        lock.release()


def _check_is_free(target: Path) -> None:
    """Raises UsageError where the file may hold questions."""
    if not target.exists():
        return
    other = "name another file with --questions, or move this one away"
    if target.is_file() and not target.stat().st_size:
        return
    try:
        with Sheet(target) as sheet:
            held = sum(not state & EMPTY for state in sheet.rows().states)
    except DsetError as error:
        raise UsageError(f"{target} is there already and cannot be read ({error}): {other}") from None
    if held:
        raise UsageError(f"{target} holds {counted(held, 'question')} already: {other}")


def _write(table: Table, column: str, target: Path, tell: Callable[[str], None]) -> str:
    question = table.question
    if question < 0 or not table.columns:
        question = naming.question_among(table.columns, column, table.name)
    order, names = _laid_out(table.columns, question)
    scribe = Scribe(("question", "status", *names))
    files.replace(target, scribe.chunks(_arranged(table.rows(), question, order)))
    for line in [*table.notes, *scribe.notes(), *_renamed(table.columns, order, names)]:
        tell(line)
    from_column = (
        f"question = column {table.columns[question]!r}" if question >= 0 else "conversations in messages"
    )
    return f"{target}: {counted(scribe.rows, 'row')} from {table.name}, {from_column}"


def _laid_out(columns: Sequence[str], question: int) -> tuple[list[int], tuple[str, ...]]:
    """(places, names) of the columns beside the question's.

    A column messages is sent as it is, in place of the prompt: only where no column holds questions is that meant.
    """
    order = [place for place in range(len(columns)) if place != question]
    reserved = {"question", "status"} | ({"messages"} if question >= 0 else set())
    return order, naming.free([columns[place] for place in order], reserved)


def _arranged(rows: Iterator[Cells], question: int, order: Sequence[int]) -> Iterator[list[str]]:
    for row in rows:
        cells = [row[place] if place < len(row) else "" for place in order]
        yield [row[question] if 0 <= question < len(row) else "", "", *cells]


def _renamed(columns: Sequence[str], order: Sequence[int], names: Sequence[str]) -> list[str]:
    pairs = zip((columns[place] for place in order), names, strict=True)
    changed = [f"{old or 'without a name'} -> {new}" for old, new in pairs if old.strip() != new]
    return [f"columns under another name: {', '.join(changed[:10])}"] if changed else []
