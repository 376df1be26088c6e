"""Fill in q.csv, run this script, get a dataset. Run it again after an outage: it goes on where it stopped.

What comes in: q.csv and the settings. What goes out: output.json, output.csv and output.txt in dset_generator/, and
ERROR or BLOCKED in q.csv where a row failed. This file is the story and prints every line; the nouns are in dset/.
"""

from __future__ import annotations

import sys

if sys.version_info < (3, 11):  # before any import that needs it
    sys.stderr.write(
        "dset needs Python 3.11 or newer; this is %s, at %s; "
        "install a newer one from python.org and make .venv again with it\n"
        % (sys.version.split()[0], sys.executable)
    )
    raise SystemExit(2)

try:
    import asyncio
    import contextlib
    import gc
    import os
    import shutil
    import traceback
    from collections.abc import AsyncIterator
    from typing import TYPE_CHECKING, Any

    from dset import errors, streams
    from dset.cleaning import clean, harmless
    from dset.keys import Secrets
    from dset.settings import Settings, load, parser
except KeyboardInterrupt:  # Ctrl-C in the first tenth of a second
    raise SystemExit(130) from None

if TYPE_CHECKING:
    from dset.progress import Progress

VERBS = ("run", "status", "check")
EPILOG = """\
commands:
  run                   ask what is to be asked; the same as no command
  status [FOLDER]       what is done, what is left, whether the files agree; asks nothing
  check                 one small request to each key and model: works or not, how fast, what a row would cost

Each flag has a variable, in brackets, for .env or the environment. Keys live there only: DEEPSEEK_API_KEY,
GEMINI_API_KEY (_1, _2 …), OPENAI_API_KEY, OPENROUTER_API_KEY; DSET_API_KEY for another service. What is asked in which
order may stand in endpoints.toml beside q.csv (see endpoints.example.toml). Exit status: 0 done, 1 rows failed or an outage, 2 mend something first,
130 or 143 interrupted.
"""


def run(settings: Settings, screen: Screen) -> int:
    """One run: lock, recover, read q.csv, decide, ask and commit, bookmark, sum up."""
    from dset import choosing, summary
    from dset.progress import Progress
    from dset.rehearsal.stage import stage
    from dset.session import Session
    from dset.wording import sentences
    from dset.workspace import Workspace

    gc.set_threshold(
        20_000
    )  # many short-lived objects a row: 15 % of the start of a large run, 2 % of its rate
    with contextlib.ExitStack() as stack:
        rehearsal = stack.enter_context(stage(settings)) if settings.rehearse else None
        pictures = settings.questions.parent
        listed = () if rehearsal else choosing.services(settings)
        settings = rehearsal.settings if rehearsal else choosing.with_services(settings, listed)
        work = stack.enter_context(Workspace(settings, screen.notice, pictures))
        if rehearsal:
            screen.notice("rehearsal: invented answers, no key, no network, nothing is billed")
            settings = work.settings = rehearsal.prepare()
        work.read()
        session = None
        if work.plan.todo:  # a finished run needs no key
            endpoints = (
                [rehearsal.endpoint] if rehearsal else choosing.choose(settings, listed, screen.notice)
            )
            session = Session(work, endpoints, screen.notice)
        for line in work.notes() + (session.notes() if session else []):
            screen.notice(line)

        work.open()  # before the first request is paid for
        progress, stopped, signal = _ask(session, screen) if session else (Progress(0), None, 0)
        after = work.bookmark()  # last of all: nothing depends on it

        exit_status = summary.exit_status(work.plan, progress, stopped, signal)
        if exit_status == 2 and stopped:  # nothing was answered: the one line on what to mend
            screen.error(sentences(stopped.reason, stopped.advice))
        for line in summary.closing(
            work.plan, after, progress, stopped, work.outputs, invented=bool(rehearsal)
        ):
            screen.result(line)
        if rehearsal:
            rehearsal.finished = exit_status == 0 and not after.todo
        return exit_status


def _ask(session: Any, screen: Screen) -> Any:
    asyncio.run(session.run(screen.follow))
    return session.progress, session.stopped, session.signal


def status(settings: Settings, screen: Screen) -> int:
    """The verb `status`: look, print, change nothing."""
    from dset import choosing
    from dset.status import look

    report = look(choosing.with_services(settings, choosing.services(settings)))
    for line in report.lines:
        screen.result(line)
    return report.exit_status


def check(settings: Settings, screen: Screen) -> int:
    """The verb `check`: ask each key and model once, print what came of it."""
    from dset import check, choosing
    from dset.outlook import RowPrices
    from dset.rehearsal.stage import offline

    async def look(endpoints: Any) -> list[Any]:
        found = []
        async for one in check.findings(endpoints, settings):
            found.append(one)
            screen.result(one.line(row.at(one.endpoint)))
        return found

    with contextlib.ExitStack() as stack:
        if settings.rehearse:
            endpoints: Any = [stack.enter_context(offline(settings))]
        else:
            endpoints = choosing.choose(settings, choosing.services(settings), screen.notice)
        row = RowPrices(settings)
        found = asyncio.run(look(endpoints))
    screen.result(check.closing(found))
    return check.exit_status(found)


def _width() -> int:
    return shutil.get_terminal_size().columns - 1  # 80 where the terminal does not tell


class Screen:
    """Everything that is printed: results to stdout; notices, progress and errors to stderr."""

    def __init__(self) -> None:
        self.quiet = False
        self.scrub = Secrets({}).scrub
        self._bar: Any = None
        for stream in (sys.stdout, sys.stderr):
            if stream is not None and hasattr(stream, "reconfigure"):
                stream.reconfigure(errors="replace")  # a terminal that lacks a letter must not end the run

    def scrubbed_stderr(self) -> contextlib.AbstractContextManager[Any]:
        """Within it no key gets to stderr, whoever writes there: packages that log, Python's own last words."""
        return contextlib.redirect_stderr(sys.stderr and streams.Scrubbed(sys.stderr, self.scrub))

    def _print(self, line: str, stream: Any) -> None:
        if not line or stream is None:
            return
        try:
            if self._bar is not None:
                self._bar.clear()
            print(harmless(self.scrub(line)), file=stream, flush=True)
        except (OSError, ValueError):  # a closed or full output (`| head`): the files are what counts
            streams.silence(stream)

    def result(self, line: str) -> None:
        """A line of the summary or of a report."""
        self._print(line, sys.stdout)

    def notice(self, line: str) -> None:
        """A line on how things go; --quiet leaves it out."""
        if not self.quiet:
            self._print(line and f"dset: {line}", sys.stderr)

    def error(self, line: str) -> None:
        """The one line on what is wrong and what to do."""
        self._print(f"dset: {line}", sys.stderr)

    @contextlib.asynccontextmanager
    async def follow(self, progress: Progress) -> AsyncIterator[None]:
        """Show the progress while the block runs: a bar on a terminal, else a plain line every few seconds."""
        if self.quiet:
            yield
            return
        if sys.stderr is not None and sys.stderr.isatty():
            from tqdm import tqdm  # 0.1 s, and only a terminal needs it

            self._bar = tqdm(total=progress.total, unit="row", file=sys.stderr, ncols=_width(), nrows=20)
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
        waited_for, said_at, said, pause = None, 0.0, 0, 5.0
        while True:
            waiting = progress.next_try
            told = waiting and (waiting.attempt, waiting.attempts)
            if waiting and told != waited_for:  # at once, and once for all rows that wait alike
                self.notice(waiting.beginning)
            elif self._bar is None and progress.seconds - said_at >= pause:
                # Less and less often while nothing happens: it may sleep until tomorrow.
                pause = 5.0 if progress.ended > said else min(2 * pause, 600.0)
                said_at, said = progress.seconds, progress.ended
                self.notice(progress.line())
            waited_for = told
            self._draw(progress)
            await asyncio.sleep(0.25)

    def _draw(self, progress: Progress) -> None:
        if self._bar is not None:
            self._bar.n, self._bar.ncols = progress.ended, _width()
            with contextlib.suppress(OSError, ValueError):  # the terminal went away
                self._bar.set_postfix_str(progress.bar)


def _read_command(argv: list[str]) -> tuple[str, Settings]:
    """The verb, 'run' where none is named, and the settings."""
    named = bool(argv) and not argv[0].startswith("-")
    verb = argv[0] if named else "run"
    if verb not in VERBS:
        raise errors.UsageError(
            f"{clean(verb)!r} is no command: it is one of {', '.join(VERBS)} (see --help)"
        )
    reader = parser(os.path.basename(sys.argv[0]), (__doc__ or "").splitlines()[0], EPILOG)
    if verb == "status":
        reader.add_argument("output", nargs="?", metavar="FOLDER", help="the output folder to look at")
    given = vars(reader.parse_args(argv[1:] if named else argv))
    return verb, load(given)


def main(argv: list[str] | None = None) -> int:
    """Run the command line; returns the exit status. The one place that catches everything."""
    streams.hold()
    screen, settings = Screen(), None
    try:
        verb, settings = _read_command(sys.argv[1:] if argv is None else argv)
        screen.quiet, screen.scrub = settings.quiet, settings.secrets.scrub
        for warning in settings.warnings:
            screen.notice(warning)
        with screen.scrubbed_stderr():
            return {"run": run, "status": status, "check": check}[verb](settings, screen)
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - whatever it is, the user gets one line
        line, exit_status = errors.explain(error)
        screen.error(line)
        if errors.is_ours(error) and settings is not None:
            from dset.runlog import RunLog

            RunLog(settings.output / "run.log", screen.scrub)(traceback.format_exc())
        return exit_status


if __name__ == "__main__":
    sys.exit(main())
