"""What the script says, on the two streams that it hands over: without keys, harmless, and never the end of a run."""

import contextlib
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from typing import TYPE_CHECKING, Any, TextIO

from dset import streams
from dset.cleaning import harmless
from dset.keys import Secrets

if TYPE_CHECKING:  # --help need not wait for it
    from dset.progress import Progress

Stream = Callable[[], TextIO | None]  # looked up for each line: it may be another one by then


class Screen:
    """Results to the first stream; notices, progress and errors to the second."""

    def __init__(self, out: Stream, err: Stream) -> None:
        self._out, self._err = out, err
        self.quiet = False
        self.scrub = Secrets({}).scrub
        self._follower: Any = None
        for stream in (out(), err()):
            if stream is not None and hasattr(stream, "reconfigure"):
                stream.reconfigure(errors="replace")  # a terminal that lacks a letter must not end the run

    def scrubbed_stderr(self) -> contextlib.AbstractContextManager[Any]:
        """Within it no key gets to stderr, whoever writes there: packages that log, Python's own last words."""
        stream = self._err()
        return contextlib.redirect_stderr(stream and streams.Scrubbed(stream, self.scrub))

    def _say(self, line: str, stream: TextIO | None) -> None:
        if not line or stream is None:
            return
        try:
            if self._follower is not None:
                self._follower.clear()
            stream.write(harmless(self.scrub(line)) + "\n")
            stream.flush()
        except (OSError, ValueError):  # a closed or full output (`| head`): the files are what counts
            streams.silence(stream)

    def result(self, line: str) -> None:
        """A line of the summary or of a report."""
        self._say(line, self._out())

    def notice(self, line: str) -> None:
        """A line on how things go; --quiet leaves it out."""
        if not self.quiet:
            self._say(line and f"dset: {line}", self._err())

    def error(self, line: str) -> None:
        """The one line on what is wrong and what to do."""
        self._say(f"dset: {line}", self._err())

    def told(self, report: Any) -> int:
        """A whole report: its one line on what is wrong, if there is one, then its lines; returns its exit status."""
        if report.error:
            self.error(report.error)
        for line in report.lines:
            self.result(line)
        return int(report.exit_status)

    def counting(self, what: str, total: int) -> AbstractContextManager[Callable[[], object]]:
        """Show the progress of work that asks nobody; call what it yields after each piece."""
        from dset.counting import counting

        stream = None if self.quiet else self._err()
        return counting(stream, self.notice, what, total)

    def follow(self, progress: "Progress") -> AbstractAsyncContextManager[None]:
        """Show the progress of a run while the block goes on, unless --quiet."""
        from dset.following import Follower

        if self.quiet:
            return contextlib.nullcontext()
        self._follower = Follower(self._err(), self.notice)
        shown: AbstractAsyncContextManager[None] = self._follower.follow(progress)
        return shown
