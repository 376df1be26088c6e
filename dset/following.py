"""The progress of a run as it is shown: a bar on a terminal, else a plain line every few seconds."""

import asyncio
import contextlib
import shutil
from collections.abc import AsyncIterator, Callable
from typing import Any, TextIO

from dset.progress import Progress

_LOOK = 0.25  # seconds
_PAUSE = 5.0  # seconds between plain lines, doubled while nothing happens …
_LONGEST_PAUSE = 600.0  # … as it may sleep until tomorrow


class Follower:
    """Shows one run at a time on one stream."""

    def __init__(self, stream: TextIO | None, notice: Callable[[str], None]) -> None:
        """`notice` takes lines for the user."""
        self._stream, self._notice = stream, notice
        self._bar: Any = None

    def clear(self) -> None:
        """Take the bar off the screen, for a line that is to be printed; it comes back by itself."""
        if self._bar is not None:
            self._bar.clear()

    @contextlib.asynccontextmanager
    async def follow(self, progress: Progress) -> AsyncIterator[None]:
        """Show the progress while the block runs."""
        if self._stream is not None and self._stream.isatty():
            from tqdm import tqdm  # 0.1 s, and only a terminal needs it

            self._bar = tqdm(total=progress.total, unit="row", file=self._stream, ncols=_width(), nrows=20)
        ticker = asyncio.create_task(self._tick(progress))
        try:
            yield
        finally:
            ticker.cancel()
            if self._bar is not None:
                self._draw(progress)
                with contextlib.suppress(OSError, ValueError):
                    self._bar.close()
                self._bar = None

    async def _tick(self, progress: Progress) -> None:
        waited_for, said_at, said, pause = None, 0.0, 0, _PAUSE
        while True:
            waiting = progress.next_try
            told = waiting and (waiting.attempt, waiting.attempts)
            if waiting and told != waited_for:  # at once, and once for all rows that wait alike
                self._notice(waiting.beginning)
            elif self._bar is None and progress.seconds - said_at >= pause:
                pause = _PAUSE if progress.ended > said else min(2 * pause, _LONGEST_PAUSE)
                said_at, said = progress.seconds, progress.ended
                self._notice(progress.line())
            waited_for = told
            self._draw(progress)
            await asyncio.sleep(_LOOK)

    def _draw(self, progress: Progress) -> None:
        if self._bar is not None:
            self._bar.n, self._bar.ncols = progress.ended, _width()
            with contextlib.suppress(OSError, ValueError):  # the terminal went away
                self._bar.set_postfix_str(progress.bar)


def _width() -> int:
    return shutil.get_terminal_size().columns - 1  # 80 where the terminal does not tell
