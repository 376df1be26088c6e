"""run.log: what happened when, a line each, without keys and without terminal escapes."""

import asyncio
import re
from collections.abc import Callable
from pathlib import Path

from dset import files
from dset.cleaning import clean
from dset.runs import utc_now

SOON = 0.2  # seconds that a line about a saved row may wait for others: a write each costs more than the row's line
_SAVED = re.compile(r"saved row \d+ [0-9a-f-]+")  # nothing in it to scrub or to clean


class RunLog:
    """Appends lines to run.log. A log that cannot be written never ends a run."""

    def __init__(self, path: Path, scrub: Callable[[str], str]) -> None:
        self._scrub = scrub
        self._lines: list[str] = []  # in order, not yet written
        self._timer: asyncio.TimerHandle | None = None
        self._file: files.AppendFile | None = None
        try:
            self._file = files.AppendFile(path)
        except OSError:
            pass  # the folder's own errors are told where they matter

    def __call__(self, line: str) -> None:
        """Add one line; of a traceback a line each, so that its end is not cut off."""
        if self._file is None:
            return
        now = utc_now()
        if _SAVED.fullmatch(line) and self._comes_soon():
            self._lines.append(f"{now} {line}\n")
            return
        parts = [part for part in self._scrub(line).split("\n") if part.strip()]
        self._lines += [f"{now} {clean(part, 2000)}\n" for part in parts]
        self._write()

    def _comes_soon(self) -> bool:
        """Have what waits written in a moment; False outside of an event loop."""
        if self._timer is None:
            try:
                self._timer = asyncio.get_running_loop().call_later(SOON, self._write)
            except RuntimeError:
                return False
        return True

    def _write(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        text, self._lines = "".join(self._lines), []
        if self._file is None or not text:
            return
        try:
            self._file.append(text.encode("utf-8", "replace"), durable=False)
        except OSError:
            self._file.close()
            self._file = None

    def close(self) -> None:
        """Close the file; further lines go nowhere."""
        self._write()
        if self._file is not None:
            self._file.close()
        self._file = None
