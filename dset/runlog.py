"""run.log: what happened when, a line each, without keys and without terminal escapes."""

from collections.abc import Callable
from pathlib import Path

from dset import files
from dset.cleaning import clean
from dset.runs import utc_now


class RunLog:
    """Appends lines to run.log. A log that cannot be written never ends a run."""

    def __init__(self, path: Path, scrub: Callable[[str], str]) -> None:
        self._scrub = scrub
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
        parts = [part for part in self._scrub(line).split("\n") if part.strip()]
        text = "".join(f"{now} {clean(part, 2000)}\n" for part in parts)
        try:
            self._file.append(text.encode("utf-8", "replace"), durable=False)
        except OSError:
            self.close()

    def close(self) -> None:
        """Close the file; further lines go nowhere."""
        if self._file is not None:
            self._file.close()
        self._file = None
