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
    import traceback
    from collections.abc import Callable
    from pathlib import Path
    from typing import TYPE_CHECKING, Any, NamedTuple

    from dset import errors, streams
    from dset.cleaning import clean, harmless
    from dset.keys import Secrets
    from dset.settings import Settings, load, options_of, parser
    from dset.verbs import VERBS, Options
except KeyboardInterrupt:  # Ctrl-C in the first tenth of a second
    raise SystemExit(130) from None

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

    from dset.gates import Gate
    from dset.progress import Progress
    from dset.tasks.making import Making
    from dset.tasks.planfile import Order

EPILOG = """\
Each flag has a variable, in brackets, for .env or the environment. Keys live there only: DEEPSEEK_API_KEY,
GEMINI_API_KEY (_1, _2 …), OPENAI_API_KEY, OPENROUTER_API_KEY; DSET_API_KEY for another service. What is asked in which
order may stand in endpoints.toml beside q.csv (see endpoints.example.toml). Exit status: 0 done, 1 rows failed or an outage, 2 mend something first,
130 or 143 interrupted.
"""


def run(settings: Settings, screen: Screen, _: Options) -> int:
    """One run: lock, recover, read q.csv, decide, ask and commit, bookmark, sum up."""
    from dset import choosing, gates, summary
    from dset.progress import Progress
    from dset.rehearsal.stage import stage
    from dset.session import Session
    from dset.wording import sentences
    from dset.workspace import Workspace

    gate: Gate = gates.open_to_all
    if settings.schema:
        from dset.tasks import forms

        settings, gate = forms.asked_for(settings)
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
            session = Session(work, endpoints, screen.notice, gate)
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
    # Many short-lived objects a row: 15 % of the start of a large run, 2 % of its rate.
    gc.set_threshold(20_000)
    asyncio.run(session.run(screen.follow))
    return session.progress, session.stopped, session.signal


def task(settings: Settings, screen: Screen, options: Options) -> int:
    """The verb `task`: tell of the tasks there are, or make the datasets that are ordered, one after the other."""
    from dset.tasks import catalog, orders, showing

    if report := showing.asked(options["words"]):
        return _told(report, screen)
    exit_status = 0
    for order in orders.read(options, catalog.load(), screen.notice):
        exit_status = max(exit_status, _make(order, settings, screen, options))
        if exit_status > 1:  # interrupted, or something to mend first
            break
    return exit_status


def _make(order: Order, settings: Settings, screen: Screen, options: Options) -> int:
    """One dataset of a task: rounds of asking until enough good records stand, then the export."""
    from dset import choosing
    from dset.tasks import closing, rehearsed
    from dset.tasks.making import Making
    from dset.wording import sentences

    with contextlib.ExitStack() as stack:
        if settings.rehearse:
            screen.notice(
                "rehearsal: invented records, some of them bad; no key, no network, nothing is billed"
            )
            making = Making(order, rehearsed.settings_for(settings), screen.notice)
            endpoint = stack.enter_context(rehearsed.staged(making))
            outcome = _rounds(making, screen, lambda: [endpoint])
        else:
            listed = choosing.services(settings)
            making = Making(order, choosing.with_services(settings, listed), screen.notice)
            outcome = _rounds(making, screen, lambda: choosing.choose(settings, listed, screen.notice))

    exit_status = closing.exit_status(making, outcome)
    if exit_status == 2 and outcome.stopped:
        screen.error(sentences(outcome.stopped.reason, outcome.stopped.advice))
    for line in closing.lines(making, outcome):
        screen.result(line)
    if (options["format"] or options["push"]) and making.stands and exit_status < 2:
        _write(settings, screen, options, (making.settings.output,))
    return exit_status


def _rounds(making: Making, screen: Screen, endpoints: Callable[[], Any]) -> Any:
    """Ask for what is missing, and again for what came to nothing, while that leads on."""
    from dset.progress import Progress
    from dset.session import Session
    from dset.tasks.making import Outcome
    from dset.workspace import Workspace

    known: Any = None
    while True:
        with Workspace(making.settings, screen.notice, making.settings.output) as work:
            making.begin(work)
            session = None
            if work.plan.todo:
                known = known or endpoints()
                session = Session(work, known, screen.notice, making.gate)
            for line in making.notes(work) + (session.notes() if session and not making.rounds else []):
                screen.notice(line)
            work.open()
            progress, stopped, signal = _ask(session, screen) if session else (Progress(0), None, 0)
            work.bookmark()
            leads_on = making.ended(progress)
        if stopped or signal or not leads_on:
            return Outcome(stopped, signal, work.outputs)


def export(settings: Settings, screen: Screen, options: Options) -> int:
    """The verb `export`: answers, or any table of records, as files that other tools read."""
    _write(settings, screen, options, tuple(map(Path, options["words"])) or (settings.output,))
    return 0


def _write(settings: Settings, screen: Screen, options: Options, sources: tuple[Path, ...]) -> None:
    from dset.exports import export

    told = export.Options(
        sources=sources,
        formats=options["format"],
        split=options["split"],
        seed=options["seed"],
        out=options["out"],
        exports=settings.output / "exports",
        license=options["license"],
        push=options["push"],
        public=options["public"],
        token=settings.secrets.get("HF_TOKEN") or "",
        near=options["near"],
    )
    for path in export.export(told, screen.notice):
        screen.result(f"written: {path.as_posix()}")


def _told(report: Any, screen: Screen) -> int:
    for line in report.lines:
        screen.result(line)
    return int(report.exit_status)


def status(settings: Settings, screen: Screen, _: Options) -> int:
    """The verb `status`: look, print, change nothing."""
    from dset import choosing
    from dset.status import look

    if settings.schema:
        from dset.tasks import forms

        settings, _gate = forms.asked_for(settings)
    return _told(look(choosing.with_services(settings, choosing.services(settings))), screen)


def check(settings: Settings, screen: Screen, _: Options) -> int:
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


class Screen:
    """Everything that is printed: results to stdout; notices, progress and errors to stderr."""

    def __init__(self) -> None:
        self.quiet = False
        self.scrub = Secrets({}).scrub
        self._follower: Any = None
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
            if self._follower is not None:
                self._follower.clear()
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

    def follow(self, progress: Progress) -> AbstractAsyncContextManager[None]:
        """Show the progress of a run while the block goes on, unless --quiet."""
        from dset.following import Follower

        if self.quiet:
            return contextlib.nullcontext()
        self._follower = Follower(sys.stderr, self.notice)
        shown: AbstractAsyncContextManager[None] = self._follower.follow(progress)
        return shown


class Command(NamedTuple):
    """The command line, read."""

    verb: str
    settings: Settings
    options: Options


def _read_command(argv: list[str]) -> Command:
    """The verb, 'run' where none is named, the settings, and the verb's own options."""
    named = bool(argv) and not argv[0].startswith("-")
    name = argv[0] if named else "run"
    if name not in VERBS:
        raise errors.UsageError(
            f"{clean(name)!r} is no command: it is one of {', '.join(VERBS)} (see --help)"
        )
    verb = VERBS[name]
    program = os.path.basename(sys.argv[0])
    if named:
        reader = parser(f"{program} {name}", verb.help, EPILOG if verb.is_run else "", verb.all_flags)
    else:
        commands = "\n".join(f"  {one.usage:<22}{one.help}" for one in VERBS.values())
        about = f"commands, each with its own --help:\n{commands}\n\n{EPILOG}"
        reader = parser(program, (__doc__ or "").splitlines()[0], about)
    if verb.nargs:
        reader.add_argument("words", nargs=verb.nargs, metavar=verb.words)
    given = vars(reader.parse_args(argv[1:] if named else argv))
    if verb.looks_at_a_folder and given.get("words"):
        given["output"] = given["words"]
    settings = load(given)
    try:
        options = options_of(verb.flags, given)
    except errors.UsageError as error:
        raise errors.UsageError(settings.secrets.scrub(str(error))) from None  # as in `load`
    return Command(name, settings, options | {"words": given.get("words") or []})


_STORIES = {"run": run, "status": status, "check": check, "task": task, "export": export}


def main(argv: list[str] | None = None) -> int:
    """Run the command line; returns the exit status. The one place that catches everything."""
    streams.hold()
    screen, settings = Screen(), None
    try:
        verb, settings, options = _read_command(sys.argv[1:] if argv is None else argv)
        screen.quiet, screen.scrub = settings.quiet, settings.secrets.scrub
        for warning in settings.warnings:
            screen.notice(warning)
        with screen.scrubbed_stderr():
            return _STORIES[verb](settings, screen, options)
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - whatever it is, the user gets one line
        line, exit_status = errors.explain(error)
        screen.error(line)
        if errors.is_ours(error) and settings is not None:
            from dset.runlog import RunLog

            RunLog(settings.output / "run.log", screen.scrub)(traceback.format_exc())
        return exit_status


if __name__ == "__main__":
    sys.exit(main())
