"""All sources read once: their entries on disk in order, and their types."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from dset.errors import UsageError
from dset.exports import merging, shapes, sources
from dset.exports.origins import Origin
from dset.exports.shapes import Shape
from dset.exports.spool import Spool
from dset.wording import counted

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Gathered:
    """What is to be exported."""

    origins: tuple[Origin, ...]
    spool: Spool
    shape: Shape  # of an entry; without fields where no format asked for types
    label: str  # the tasks' label field, '' where there is none

    @property
    def name(self) -> str:
        """Of the task, folder or file; of all of them where there are several."""
        return "-".join(dict.fromkeys(origin.name for origin in self.origins))


def gather(origins: Sequence[Origin], spool: Spool, tell: Tell, *, typed: bool) -> Gathered:
    """Read every source. Raises UsageError: damage by its place, tasks that do not fit together, nothing to export."""
    merging.check_schemas(origins)
    labels = {origin.label for origin in origins if origin.label}
    typed = typed or len(origins) > 1
    found = [(origin, _take(origin, spool, tell, typed=typed)) for origin in origins]
    if not spool.order:
        raise UsageError(
            f"there is nothing to export: no answer stands in {', '.join(str(one.path) for one in origins)}"
        )
    shape = _whole_shape(found)
    if len(origins) > 1:
        merging.tell_conflicts(found, tell)
        dropped, renamed = merging.settle_ids(spool)
        if dropped or renamed:
            tell(
                f"ids that several sources have: {counted(dropped, 'equal entry', 'equal entries')} kept once, {renamed:,} renamed"
            )
    _tell_changes(spool, tell)
    return Gathered(tuple(origins), spool, shape, labels.pop() if len(labels) == 1 else "")


def _take(origin: Origin, spool: Spool, tell: Tell, *, typed: bool) -> Shape:
    shape, count = Shape(kinds={"object"}), len(spool.offsets)
    for row, sample, entry in sources.read(origin):
        try:
            spool.add(row, sample, entry)
        except RecursionError:
            place = f"entry {len(spool.offsets) - count + 1}"
            raise UsageError(f"{origin.path}: {place} is nested too deeply to be exported") from None
        if typed:
            shapes.observe(shape, entry)
    spool.end_source()
    tell(f"{origin.path}: {counted(len(spool.offsets) - count, 'entry', 'entries')}")
    return shape


def _whole_shape(found: Sequence[tuple[Origin, Shape]]) -> Shape:
    """The fields in the order in which they are met: the schemas' types where there are any, widened by the data."""
    whole = Shape(kinds={"object"})
    for _, shape in found:
        whole.fields.update({name: Shape() for name in shape.fields if name not in whole.fields})
    for origin, shape in found:
        for name, inner in shapes.from_schema(origin.schema).fields.items() if origin.schema else ():
            taken = f"record_{name}" if name in {"id", "metadata"} else name
            shapes.merge(whole.fields.setdefault(taken, Shape()), inner)
        shapes.merge(whole, shape)
    return whole


def _tell_changes(spool: Spool, tell: Tell) -> None:
    if spool.mended:
        tell(
            f"{counted(spool.mended, 'entry', 'entries')} held half a character, which UTF-8 cannot: it is U+FFFD now"
        )
    if spool.blanked:
        tell(
            f"{counted(spool.blanked, 'entry', 'entries')} held NaN or Infinity, which JSON cannot: it is null now"
        )
