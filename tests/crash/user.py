"""The person at the keyboard: saves q.csv anew while a run goes on, as an editor does. `python -m tests.crash.user VERB`.

What the person saved is remembered in `mine`, above the work copy: the judge compares q.csv with it. No shim runs
here, since an editor that is killed is no concern of the program's.
"""

import fcntl
import os
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from tests.crash.sheet import Sheet, on_disk, own_words, saved_by_user

ABOVE, HISTORY = Path(".."), Path(".crash")  # of this run; of the crashes that made this template
DRAFT = Path(".user.draft")
_QUESTIONS = Path("q.csv")


def _by_rename(sheet: Sheet, statuses: dict[str, str]) -> None:
    """As most editors: a new file takes the name."""
    _write(DRAFT, sheet.render(statuses), os.O_TRUNC)
    DRAFT.chmod(_QUESTIONS.stat().st_mode & 0o777)
    DRAFT.rename(_QUESTIONS)
    _sync_folder(Path())


def _in_place(sheet: Sheet, statuses: dict[str, str]) -> None:
    """As plain editors: the same file, emptied and written."""
    _write(_QUESTIONS, sheet.render(statuses), os.O_TRUNC)


def _appended(sheet: Sheet, _statuses: dict[str, str]) -> None:
    """As `>>` does: only what is new is written."""
    added = ("\r\n" + sheet.line(sheet.names[-1])).encode(sheet.codec.removesuffix("-sig"))
    _write(_QUESTIONS, added, os.O_APPEND)


def _write(path: Path, data: bytes, flags: int) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | flags, 0o666)
    try:
        os.write(descriptor, data)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    os.fsync(descriptor)
    os.close(descriptor)


Save = Callable[[Sheet, dict[str, str]], None]
VERBS: dict[str, tuple[Callable[[Sheet], Sheet], Save]] = {
    "edit": (lambda sheet: sheet.renamed("old", "new"), _by_rename),
    "append": (lambda sheet: replace(sheet, names=(*sheet.names, "added")), _appended),
    "insert": (lambda sheet: replace(sheet, names=("added", *sheet.names)), _by_rename),
    "sort": (lambda sheet: replace(sheet, names=tuple(sorted(sheet.names))), _in_place),
    "semicolon": (lambda sheet: replace(sheet, delimiter=";"), _by_rename),
    "utf16": (lambda sheet: replace(sheet, codec="utf-16"), _in_place),
}


def save(verb: str) -> None:
    """Do it once: a second time changes nothing."""
    with (ABOVE / "mine.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # the person does one thing at a time
        sheets = saved_by_user(HISTORY, ABOVE)
        found = on_disk(_QUESTIONS.read_bytes(), sheets)
        if found is None:
            raise SystemExit("q.csv is not what the user saved")
        sheet, statuses = found
        change, write = VERBS[verb]
        changed = change(sheet)
        if changed == sheet or ("added" in sheet.names and verb in {"append", "insert"}):
            return
        _write(ABOVE / "mine", changed.as_line().encode(), os.O_APPEND)
        _sync_folder(ABOVE)  # on a disk that loses its power, this too would be gone
        write(changed, own_words(changed.names) | statuses)


if __name__ == "__main__":
    save(sys.argv[1])
