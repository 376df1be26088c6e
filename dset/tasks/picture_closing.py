"""What a task on pictures came to, as lines of text and an exit status."""

from dset.failures import Kind
from dset.inspection import Report
from dset.queues import Asked
from dset.tasks import closing, picture_requests
from dset.tasks.picture_tasks import PictureMaking
from dset.wording import counted, sentences


def report(making: PictureMaking) -> Report:
    """The summary of one dataset."""
    made, asked, order = Report(), making.asked, making.order
    total, stand = len(making.pictures()), len(making.records())
    blocked = asked.after.blocked if asked else 0
    made.add(_headline(making, stand, total, blocked), 0 if total and stand + blocked >= total else 1)
    if counts := making.counts():
        made.add(f"  {order.task.label}: {closing.shares(counts)}")
    if making.replaced:
        made.add(
            f"  {counted(making.replaced, 'record')} of pictures as they were before their sources changed"
        )
    if asked:
        _asked(made, asked, making)
        made.add(f"  files: {', '.join(path.as_posix() for path in asked.outputs.files())}")
    return made


def _headline(making: PictureMaking, stand: int, total: int, blocked: int) -> str:
    order = making.order
    name = f"{order.task.name} ({order.lang})"
    if not total:
        return f"Nothing to do {name}: {order.source.as_posix()} holds no picture that can be read."
    word = "Finished" if stand + blocked >= total else "Not finished"
    more = f", {blocked:,} blocked by the service" if blocked else ""
    return f"{word} {name}: {stand:,} of {counted(total, 'picture')} have a record{more}."


def _asked(made: Report, asked: Asked, making: PictureMaking) -> None:
    stopped = asked.stopped
    if asked.exit_status == 2 and stopped is not None and stopped.kind in {Kind.STOP, Kind.ROW_FAULT}:
        made.error = sentences(stopped.reason, stopped.advice)
        made.exit_status = 2
    if asked.signal:
        made.exit_status = asked.exit_status
    if asked.progress.total or asked.exit_status:
        first, *rest = asked.lines(invented=bool(making.settings.rehearse))
        made.add(f"  asked: {first}", asked.exit_status)
        for line in rest:
            made.add(f"  {picture_requests.mended(line)}")
    if making.settings.rehearse:
        made.add("  a rehearsal: no service was asked, every record is invented, nothing is billed")
