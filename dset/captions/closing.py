"""What the making of a caption dataset came to, as lines of text and an exit status."""

from collections import Counter

from dset.captions.making import CAPTION, KEEP, TRANSLATE, Making
from dset.captions.publishing import Published
from dset.failures import Kind
from dset.images import told
from dset.images.album import FILTERED, REPLACED
from dset.images.finding import Prepared
from dset.images.sources import EXTENSIONS
from dset.inspection import Report
from dset.queues import Asked
from dset.wording import counted, sentences

_TITLES = {KEEP: "asked whether to keep", CAPTION: "captions", TRANSLATE: "translations"}


def found(prepared: Prepared, making: Making) -> list[str]:
    """What a user should know of the pictures before anything is asked."""
    lines = told.found(making.order.name, making.order.source, prepared.found, prepared.new, making.album)
    if small := _enlarged(making):
        lines.append(f"{counted(small, 'picture')} smaller than the size wanted, and enlarged")
    return lines


def nothing(prepared: Prepared, making: Making) -> str:
    """The one line where there is no picture at all."""
    if count := len(prepared.found.pictures):
        why = f"none of the {counted(count, 'picture')} in it can be used; {making.place.path / 'images.jsonl'} says why"
    else:
        why = f"no pictures are in it, by their names ({', '.join(sorted(EXTENSIONS))})"
    return f"caption: {making.order.source}: {why}"


def _enlarged(making: Making) -> int:
    form = making.order.form
    if form is None or form.size is None:
        return 0
    width, height = form.size
    return sum(one.width < width or one.height < height for one in making.standing())


def report(making: Making, prepared: Prepared, filtered: int, published: Published) -> Report:
    """The summary and the exit status."""
    made = Report()
    del prepared
    states = Counter(one.state for one in making.album.by_source.values())
    blocked = len(making.blocked())
    total = len(making.standing())
    made.add(_headline(making, published.lines, total, blocked))
    if states[FILTERED]:
        fresh = f", {filtered:,} of them just now by their likeness" if filtered else ""
        made.add(f"  filtered out: {states[FILTERED]:,}, in {making.place.path.as_posix()}/filtered{fresh}")
    if states[REPLACED]:
        made.add(f"  replaced, as their sources changed: {states[REPLACED]:,}")
    if published.kept:
        made.add(f"  not read, and kept in {making.place.path.as_posix()}/aside: {told.some(published.kept)}")
    if published.edited:
        made.add(f"  captions of your own, kept: {told.some(published.edited)}")
    for step, asked in making.asked.items():
        _queue(made, _TITLES[step], asked, invented=bool(making.is_rehearsal))
    if making.is_rehearsal:
        made.add("  a rehearsal: no service was asked, every caption is invented, nothing is billed")
    train = making.place.train.as_posix()
    made.add(
        f"  for training: {train} ({counted(published.lines, 'caption')} in metadata.jsonl{_txt(making)})"
    )
    if made.exit_status == 0 and published.lines + blocked < total:
        held = sum(sum(asked.after.held.values()) for asked in making.asked.values())
        made.exit_status = 0 if making.is_limited and not held else 1
        made.add(
            f"  next: {_held() if held else 'run the same command again; some pictures have no caption yet'}"
        )
    elif made.exit_status == 0:
        made.add("  next: `caption --check` looks at every picture and caption, `caption --sheet` shows them")
    return made


def _held() -> str:
    return (
        "--retry-failed asks again for captions that were refused (rejected.json says why), --fix moves their "
        "pictures out of train/"
    )


def _txt(making: Making) -> str:
    return " and in a .txt beside each picture" if making.order.is_kohya else ""


def _headline(making: Making, captioned: int, total: int, blocked: int) -> str:
    stands = f"{captioned:,} of {counted(total, 'picture')} captioned"
    more = f", {blocked:,} blocked by the service" if blocked else ""
    word = "Finished" if captioned + blocked >= total else "Not finished"
    return f"{word} {making.order.name}: {stands}{more}."


def _queue(made: Report, title: str, asked: Asked, *, invented: bool) -> None:
    """The lines of one queue; one that had nothing to do and left nothing says nothing."""
    stopped, exit_status = asked.stopped, asked.exit_status
    if stopped is None and not asked.signal and not asked.progress.failed:
        exit_status = 0  # rows left alone may be of pictures that are not in train/ any more
    if exit_status == 2 and stopped is not None and stopped.kind in {Kind.STOP, Kind.ROW_FAULT}:
        made.error = sentences(stopped.reason, stopped.advice)
    if asked.progress.total or exit_status:
        first, *rest = asked.lines(invented=invented)
        made.add(f"  {title}: {first}", exit_status)
        for line in rest:
            made.add(f"  {line}")
