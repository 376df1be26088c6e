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
    import contextlib
    import gc
    import os
    import traceback
    from pathlib import Path
    from typing import TYPE_CHECKING, Any

    from dset import commands, errors, streams
    from dset.screens import Screen
except KeyboardInterrupt:  # Ctrl-C in the first tenth of a second
    raise SystemExit(130) from None

if TYPE_CHECKING:
    from dset.gates import Gate
    from dset.settings import Settings
    from dset.verbs import Options


def run(settings: Settings, screen: Screen, _: Options) -> int:
    """One run: lock, recover, read q.csv, decide, ask and commit, bookmark, sum up."""
    from dset import choosing, summary
    from dset.images import sending
    from dset.progress import Progress
    from dset.rehearsal.stage import stage
    from dset.session import Session
    from dset.wording import sentences
    from dset.workspace import Workspace

    settings, gate, invented = _wider(settings, screen)
    with contextlib.ExitStack() as stack:
        rehearsal = stack.enter_context(stage(settings, invented)) if settings.rehearse else None
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
            session = Session(work, endpoints, screen.notice, gate, sending.for_services(lambda: endpoints))
        asked = session.notes() + sending.notes(work.picture_sizes(), endpoints) if session else []
        for line in work.notes() + asked:
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


def _wider(settings: Settings, screen: Screen) -> tuple[Settings, Gate, Any]:
    """Settings, gate and what a rehearsal invents, of a run over another run's answers or whose answers have a form."""
    from dset import gates

    gate: Gate = gates.open_to_all
    if settings.questions.is_dir():
        from dset.imports import second

        settings = second.prepare(settings, screen.notice)
    if settings.schema:
        from dset.tasks import forms

        return *forms.asked_for(settings), forms.invented(settings)
    return settings, gate, None


def _ask(session: Any, screen: Screen) -> Any:
    import asyncio

    # Many short-lived objects a row: 15 % of the start of a large run, 2 % of its rate.
    gc.set_threshold(20_000)
    asyncio.run(session.run(screen.follow))
    return session.progress, session.stopped, session.signal


def task(settings: Settings, screen: Screen, options: Options) -> int:
    """The verb `task`: tell of the tasks there are, or make the datasets that are ordered, one after the other."""
    from dset.tasks import command, showing

    if report := showing.asked(options["words"], options["tasks_url"]):
        return screen.told(report)
    exit_status = 0
    for order in command.ordered(settings, options, screen.notice):
        made = command.make(order, settings, options, screen.follow, screen.counting, screen.notice)
        exit_status = max(exit_status, screen.told(made))
        if exit_status > 1:  # interrupted, or something to mend first
            break
    return exit_status


def caption(settings: Settings, screen: Screen, options: Options) -> int:
    """The verb `caption`: pictures prepared, captioned, checked, and laid out for training."""
    from dset.captions import command

    return screen.told(command.caption(settings, options, screen.follow, screen.counting, screen.notice))


def scrape(settings: Settings, screen: Screen, options: Options) -> int:
    """The verb `scrape`: pictures collected by search, each with where it comes from."""
    from dset.scraping.scrape import scrape as collect

    return screen.told(collect(settings, options, screen.follow, screen.notice))


def export(settings: Settings, screen: Screen, options: Options) -> int:
    """The verb `export`: answers, or any table of records, as files that other tools read."""
    from dset.exports import orders
    from dset.exports.export import export as write

    sources = tuple(map(Path, options["words"])) or (settings.output,)
    for path in write(orders.read(settings, options, sources), screen.notice):
        screen.result(f"written: {path.as_posix()}")
    return 0


def status(settings: Settings, screen: Screen, _: Options) -> int:
    """The verb `status`: look, print, change nothing."""
    from dset import choosing, planned
    from dset.folders import Folder
    from dset.status import look

    if planned.kind_of(settings.output) == "captions":
        from dset.captions.standing import look
    elif Folder(settings.output).plan.exists():
        from dset.tasks.standing import look
    elif settings.questions.is_dir():
        from dset.imports import second

        settings = second.standing(settings, screen.notice)
    if settings.schema:
        from dset.tasks import forms

        settings, _gate = forms.asked_for(settings)
    return screen.told(look(choosing.with_services(settings, choosing.services(settings))))


def report(settings: Settings, screen: Screen, options: Options) -> int:
    """The verb `report`: the figures of a dataset, and what would level it."""
    from dset.reports.report import look

    near, balance, html = options["near"], options["balance"], options["html"]
    return screen.told(look(settings.output, near=near, balance=balance, html=html))


def serve(settings: Settings, screen: Screen, options: Options) -> int:
    """The verb `serve`: a run and its dataset in a browser, the tasks for other programs."""
    from dset.pages import serving

    return serving.serve(settings, options, screen.result, screen.notice)


def import_(_: Settings, screen: Screen, options: Options) -> int:
    """The verb `import`: a table becomes a q.csv."""
    from dset.imports import conversion

    screen.result(conversion.convert(options, screen.notice))
    return 0


def check(settings: Settings, screen: Screen, _: Options) -> int:
    """The verb `check`: ask each key and model once, print what came of it."""
    from dset import check, choosing
    from dset.outlook import RowPrices
    from dset.rehearsal.stage import offline

    with contextlib.ExitStack() as stack:
        if settings.rehearse:
            endpoints: Any = [stack.enter_context(offline(settings))]
        else:
            endpoints = choosing.choose(settings, choosing.services(settings), screen.notice)
        row = RowPrices(settings)
        found = check.run(endpoints, settings, lambda one: screen.result(one.line(row.at(one.endpoint))))
    screen.result(check.closing(found))
    return check.exit_status(found)


_STORIES = {
    "run": run,
    "status": status,
    "check": check,
    "task": task,
    "caption": caption,
    "scrape": scrape,
    "export": export,
    "report": report,
    "serve": serve,
    "import": import_,
}


def main(argv: list[str] | None = None) -> int:
    """Run the command line; returns the exit status. The one place that catches everything."""
    streams.hold()
    screen, settings = Screen(lambda: sys.stdout, lambda: sys.stderr), None
    try:
        program, about = os.path.basename(sys.argv[0]), (__doc__ or "").splitlines()[0]
        verb, settings, options = commands.read(sys.argv[1:] if argv is None else argv, program, about)
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
