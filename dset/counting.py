"""The progress of work that asks nobody: a bar on a terminal, else a plain line every few seconds."""

import contextlib
import shutil
import time
from collections.abc import Callable, Iterator
from typing import Any, TextIO

from dset.wording import counted, span

_PAUSE = 5.0  # seconds between plain lines


@contextlib.contextmanager
def counting(
    stream: TextIO | None, notice: Callable[[str], None], what: str, total: int
) -> Iterator[Callable[[], object]]:
    """Call what this yields after each of `total` pieces; `notice` takes lines for the user."""
    if stream is not None and stream.isatty():
        from tqdm import tqdm  # 0.1 s, and only a terminal needs it

        width = shutil.get_terminal_size().columns - 1
        with tqdm(total=total, unit=f" {what}", file=stream, ncols=width) as bar:
            yield bar.update
        return
    lines = _Lines(notice, what, total)
    yield lines.came
    lines.end()


class _Lines:
    def __init__(self, notice: Callable[[str], None], what: str, total: int) -> None:
        self._notice, self._what, self._total = notice, what, total
        self._done, self._began = 0, time.monotonic()
        self._said = self._began

    def came(self) -> Any:
        """One more."""
        self._done += 1
        now = time.monotonic()
        if now - self._said >= _PAUSE:
            self._said = now
            left = (now - self._began) / self._done * (self._total - self._done)
            self._notice(f"{self._done:,} of {self._total:,} {self._what}, about {span(left)} left")

    def end(self) -> None:
        """All came."""
        if self._said > self._began:
            self._notice(
                f"{counted(self._done, self._what.rstrip('s'))} in {span(time.monotonic() - self._began)}"
            )
